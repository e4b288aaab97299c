// The endpoint with its subnets, routes and tags, and who is connected.
import { act, call, h, state, table } from "./draw.js";

export function vpn({ deployment, Associations, Routes, Endpoint, Tags }) {
  const { endpoint, wanted } = deployment;
  const associations = Associations ?? [];
  const routes = (subnet) => (Routes ?? []).filter((route) => route.TargetSubnet === subnet);
  const row = (subnet) => {
    const association = associations.findLast((one) => one.TargetNetworkId === subnet.id);
    const there = routes(subnet.id).map((route) =>
      h("div", { title: route.Origin }, state(route.Status.Code), ` ${route.DestinationCidr}`));
    const change = association
      ? act("Disassociate", subnet.id, () =>
          call("POST", "/api/disassociate", { association: association.AssociationId }))
      : act("Associate", subnet.id, () => call("POST", "/api/associate", { subnet: subnet.id }));
    return [
      h("div", {}, h("span", { className: "id" }, subnet.id), h("div", { className: "muted" }, subnet.availability_zone)),
      association ? state(association.Status.Code) : h("span", { className: "state muted" }, "not associated"),
      there.length ? there : h("span", { className: "muted" }, "none"),
      change,
    ];
  };
  const isWanted = (subnet) => wanted.includes(subnet.id) || associations.some((one) => one.TargetNetworkId === subnet.id);
  const subnets = endpoint.subnets ?? [];
  const others = subnets.filter((subnet) => !isWanted(subnet));
  const done = associations.filter((one) => wanted.includes(one.TargetNetworkId) && one.Status.Code === "associated").length;
  const tags = Object.entries(Tags ?? {}).map(([key, value]) => [
    key, value, act("Remove", `the tag ${key}`, () => call("POST", "/api/tags", { [key]: null })),
  ]);
  const heads = ["Subnet", "State", "Routes", ""];
  return [
    h("p", { className: "headline" }, `${done} of ${wanted.length} subnets associated`),
    h("p", { className: "row muted" }, h("span", { className: "id" }, endpoint.id), state(Endpoint?.Status?.Code ?? "unknown")),
    table(heads, subnets.filter(isWanted).map(row), "The VPC has no subnets."),
    others.length
      ? h("details", {}, h("summary", {}, `${others.length} other subnets, for settings that are wrong`), table(heads, others.map(row)))
      : null,
    h("h3", {}, "Tags: all that the functions remember"),
    table(["Key", "Value", ""], tags, "None."),
  ];
}

export function clients(connections) {
  const rows = connections.map((connection) => [
    h("div", {}, connection.CommonName, h("div", { className: "muted" }, connection.ClientIp)),
    state(connection.Status.Code),
    (connection.ConnectionEstablishedTime ?? "").slice(11),
    connection.Status.Code === "active"
      ? act("Disconnect", `${connection.CommonName}, ${connection.ClientIp}`, () =>
          call("DELETE", `/api/clients/${connection.ConnectionId}`))
      : null,
  ]);
  return table(["Certificate", "State", "Since", ""], rows, "No connections within the last hour.");
}
