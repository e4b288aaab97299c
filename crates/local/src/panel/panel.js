"use strict";

// Everything the panel does is a JSON call; see the README beside it.
async function call(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

const $ = (id) => document.getElementById(id);

// An element; text never becomes markup.
function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function table(heads, rows, empty) {
  if (rows.length === 0) return h("p", { className: "muted" }, empty);
  const head = h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text)));
  const body = rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell ?? ""))));
  return h("div", { className: "scroll" }, h("table", {}, h("thead", {}, head), h("tbody", {}, body)));
}

function act(text, what) {
  const button = h("button", { type: "button" }, text);
  button.addEventListener("click", () => run(button, what));
  return button;
}

async function run(button, what) {
  if (button) button.disabled = true;
  try {
    await what();
    problem("");
  } catch (error) {
    problem(error.message);
  } finally {
    if (button) button.disabled = false;
  }
  await look();
}

function problem(text) {
  $("problem").hidden = text === "";
  $("problem").textContent = text;
}

const clock = (text) => (text ? new Date(text).toISOString().slice(11, 19) : "");
const dollars = (value) => `$${Number(value).toFixed(2)}`;

function state(code) {
  const good = ["associated", "active", "available", "OK", "done"];
  const bad = ["association-failed", "failed", "failed-to-terminate"];
  const name = good.includes(code) ? "good" : bad.includes(code) ? "bad" : "busy";
  return h("span", { className: name }, code);
}

// Sections are drawn again only when they changed, so that nothing moves under a finger.
const drawn = {};
function draw(id, data, make) {
  const text = JSON.stringify(data);
  if (drawn[id] === text) return;
  drawn[id] = text;
  $(id).replaceChildren(...[make(data)].flat().filter(Boolean));
}

function vpn({ deployment, ec2 }) {
  const associations = ec2?.Associations ?? [];
  const taken = new Set(associations.map((association) => association.TargetNetworkId));
  const free = (deployment.endpoint.subnets ?? []).filter((subnet) => !taken.has(subnet.id));
  const rows = associations.map((association) => [
    association.TargetNetworkId,
    state(association.Status.Code),
    act("Disassociate", () => call("POST", "/api/disassociate", { association: association.AssociationId })),
  ]);
  rows.push(
    ...free.map((subnet) => [
      subnet.id,
      h("span", { className: "muted" }, "not associated"),
      act("Associate", () => call("POST", "/api/associate", { subnet: subnet.id })),
    ]),
  );
  const routes = (ec2?.Routes ?? []).map((route) => [
    route.DestinationCidr, route.TargetSubnet, route.Origin, state(route.Status.Code),
  ]);
  const tags = Object.entries(ec2?.Tags ?? {}).map(([key, value]) => [
    key, value, act("Remove", () => call("POST", "/api/tags", { [key]: null })),
  ]);
  const status = ec2?.Endpoint?.Status?.Code;
  return [
    h("p", {}, deployment.endpoint.id, " ", status ? state(status) : ""),
    table(["Subnet", "State", ""], rows, "The VPC has no subnets."),
    h("h3", {}, "Routes"),
    table(["To", "Through", "Origin", "State"], routes, "None."),
    h("h3", {}, "Tags"),
    table(["Key", "Value", ""], tags, "None."),
  ];
}

function clients(connections) {
  const rows = connections.map((connection) => [
    connection.CommonName,
    connection.ClientIp,
    state(connection.Status.Code),
    (connection.ConnectionEstablishedTime ?? "").slice(11),
    connection.Status.Code === "active"
      ? act("Disconnect", () => call("DELETE", `/api/clients/${connection.ConnectionId}`))
      : "",
  ]);
  return table(["Certificate", "Address", "State", "Since", ""], rows, "No connections within the last hour.");
}

function off({ alarms, schedules, deployed }) {
  const change = (name, what) => () => call("POST", "/api/alarm", { name, do: what });
  const shown = alarms.map((alarm) =>
    h(
      "div",
      {},
      h("p", {}, `Alarm ${alarm.name}: `, state(alarm.state), alarm.actions_enabled ? "" : " (its actions are off)"),
      h("div", { className: "points" }, (alarm.points ?? []).map((point) =>
        h(
          "span",
          {
            className: point.missing ? "missing" : point.breaching ? "breaching" : "",
            title: `${clock(point.time)} ${JSON.stringify(point.values)}`,
          },
          point.missing ? "–" : String(point.values?.[alarm.watched] ?? ""),
        ),
      )),
      h("p", { className: "muted" }, alarm.reason ?? ""),
      h(
        "p",
        { className: "row" },
        act("Delete", change(alarm.name, "delete")),
        alarm.actions_enabled
          ? act("Actions off", change(alarm.name, "disable-actions"))
          : act("Actions on", change(alarm.name, "enable-actions")),
        act("Set ALARM", change(alarm.name, "set-alarm")),
        act("Set OK", change(alarm.name, "set-ok")),
      ),
    ),
  );
  const gone = deployed.filter((name) => !alarms.some((alarm) => alarm.name === name));
  const missing = gone.map((name) =>
    h("p", { className: "row" }, `Alarm ${name} is deleted.`, act("Restore", change(name, "restore"))),
  );
  const rules = schedules.map((schedule) => [
    schedule.name,
    `every ${schedule.rate_seconds / 60} min`,
    act(schedule.enabled ? "Disable" : "Enable", () =>
      call("POST", "/api/schedule", { name: schedule.name, enabled: !schedule.enabled }),
    ),
  ]);
  return [...shown, ...missing, h("h3", {}, "Schedules"), table(["Name", "Rate", ""], rules, "None.")];
}

function bill(bill) {
  if (!bill) return h("p", { className: "muted" }, "Nothing is known of prices.");
  if (bill.error) return h("p", {}, bill.error);
  const rows = [
    ["Time so far", `${Number(bill.hours).toFixed(1)} h`],
    ["Associated", `${Number(bill.associated_hours).toFixed(1)} h`],
    ["Associations", dollars(bill.associations)],
    ["What stands there anyway", dollars(bill.standing)],
    ["On demand, together", dollars(bill.on_demand)],
    ["Always on", dollars(bill.always_on)],
  ];
  return [
    h("dl", {}, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h("p", { className: "muted" }, `Prices of ${bill.prices_of}, ${bill.region}.`),
  ];
}

function functions({ build, deployed, environments }) {
  const rows = deployed.map((one) => {
    const used = environments?.[one.name];
    return [one.name, one.built ? state("done") : state("being built"), used ? `${used.busy} busy, ${used.idle} idle` : ""];
  });
  const parts = [table(["Name", "Code", "Environments"], rows, "None.")];
  if (build?.error) parts.unshift(h("pre", { className: "bad" }, build.error));
  else if (build?.total && deployed.some((one) => !one.built)) {
    parts.unshift(
      h("p", {}, h("progress", { max: build.total, value: build.compiled }), ` ${build.compiled} of ${build.total}: ${build.current}`),
    );
  }
  return parts;
}

function faults(list) {
  const rows = list.map((fault) => {
    const { id, action, times, effect, ...rest } = fault;
    const more = Object.values(rest).filter((value) => value !== null).join(" ");
    return [
      action, `${effect} ${more}`, times ? `${times}×` : "for ever",
      act("Remove", () => call("DELETE", `/api/faults/${id}`)),
    ];
  });
  return table(["Action", "What", "Times", ""], rows, "Nothing is broken.");
}

function options(select, names, chosen) {
  if (drawn[`options-${select.name}`] === names.join()) return;
  drawn[`options-${select.name}`] = names.join();
  select.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
  if (names.includes(chosen)) select.value = chosen;
}

function show(all) {
  $("now").textContent = all.now.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");
  $("running").textContent = all.speed === 0 ? "stands" : `runs ${all.speed}×`;
  for (const button of document.querySelectorAll("[data-speed]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === all.speed));
  }
  if (all.employee_page) $("employee").href = all.employee_page;
  draw("vpn", { deployment: all.deployment, ec2: { ...all.ec2, Connections: null, ConnectionLog: null, BilledHours: null } }, vpn);
  draw("clients", (all.ec2?.Connections ?? []).map(({ Timestamp, ...rest }) => rest), clients);
  draw("off", {
    alarms: all.cloudwatch?.alarms ?? [], schedules: all.deployment.schedules, deployed: all.deployment.alarms,
  }, off);
  draw("bill", all.bill, bill);
  draw("functions", { build: all.build, deployed: all.deployment.functions, environments: all.functions }, functions);
  draw("faults", all.ec2?.Faults ?? [], faults);
  const scheduled = all.deployment.schedules.map((schedule) => schedule.target.split(":").pop());
  options($("invoke").elements.function, all.deployment.functions.map((one) => one.name), scheduled[0]);
  $("banner").checked = all.banner;
  $("published").checked = all.timeline?.metrics_published ?? false;
  $("while-off").checked = all.timeline?.metrics_published_while_off ?? false;
}

// What happened: the newest first, of the kinds that are wanted.
const KINDS = ["employee", "client", "invocation", "alarm", "schedule", "aws-call", "fault", "on-failure", "time", "build", "function-log"];
const hidden = new Set(["function-log"]);
const KEPT = 500;
let last = 0;

function log(happenings) {
  for (const happening of happenings) {
    last = Math.max(last, happening.number);
    const item = h("li", { hidden: hidden.has(happening.kind) },
      h("time", {}, clock(happening.at)), h("span", { className: "muted" }, happening.kind), h("span", {}, happening.text));
    item.dataset.kind = happening.kind;
    $("log").prepend(item);
  }
  while ($("log").children.length > KEPT) $("log").lastChild.remove();
}

$("kinds").append(...KINDS.map((kind) => {
  const box = h("input", { type: "checkbox", checked: !hidden.has(kind) });
  box.addEventListener("change", () => {
    if (box.checked) hidden.delete(kind);
    else hidden.add(kind);
    for (const item of $("log").children) item.hidden = hidden.has(item.dataset.kind);
  });
  return h("label", {}, box, kind);
}));

let looking = false;
async function look() {
  if (looking) return;
  looking = true;
  try {
    show(await call("GET", "/api/state"));
    log((await call("GET", `/api/happenings?after=${last}`)).happenings);
    if ($("problem").dataset.lost) {
      delete $("problem").dataset.lost;
      problem("");
    }
  } catch (error) {
    $("problem").dataset.lost = "yes";
    problem(`Nothing comes from this computer's AWS at present: ${error.message}`);
  } finally {
    looking = false;
  }
}

for (const button of document.querySelectorAll("[data-speed]")) {
  button.addEventListener("click", () => run(button, () => call("POST", "/api/speed", { speed: Number(button.dataset.speed) })));
}
for (const button of document.querySelectorAll("[data-step]")) {
  button.addEventListener("click", () => run(button, () => call("POST", "/api/step", { seconds: Number(button.dataset.step) })));
}
for (const [id, path, name] of [
  ["banner", "/api/banner", "shown"], ["published", "/api/metrics", "published"], ["while-off", "/api/metrics", "while_off"],
]) {
  $(id).addEventListener("change", () => run(null, () => call("POST", path, { [name]: $(id).checked })));
}

function onSubmit(id, what) {
  $(id).addEventListener("submit", (event) => {
    event.preventDefault();
    run(event.submitter, () => what(event.target.elements));
  });
}

onSubmit("connect", async ({ common_name, platform, minutes }) => {
  const attempt = { common_name: common_name.value, platform: platform.value };
  if (minutes.value) attempt.minutes = Number(minutes.value);
  const answer = await call("POST", "/api/clients", attempt);
  $("connected").className = answer.connected ? "good" : "bad";
  $("connected").textContent = answer.connected ? "Connected." : `${answer.message} (${answer.reason})`;
});

onSubmit("invoke", async (elements) => {
  const answer = await call("POST", "/api/invoke", {
    function: elements.function.value, payload: JSON.parse(elements.payload.value || "null"),
  });
  $("invoked").hidden = false;
  $("invoked").textContent = JSON.stringify(answer, null, 2);
});

onSubmit("fault", ({ action, effect, times }) => {
  const fault = { action: action.value };
  if (times.value) fault.times = Number(times.value);
  if (effect.value === "no-answer") fault.effect = "no-answer";
  else if (effect.value === "fails") Object.assign(fault, { effect: "fails", message: "broken at the control panel" });
  else {
    const status = effect.value === "InternalError" ? 500 : effect.value === "UnauthorizedOperation" ? 403 : 400;
    Object.assign(fault, { effect: "error", code: effect.value, message: "broken at the control panel", status });
  }
  return call("POST", "/api/faults", fault);
});

options($("fault").elements.action, [
  "AssociateClientVpnTargetNetwork", "DisassociateClientVpnTargetNetwork", "DescribeClientVpnTargetNetworks",
  "DescribeClientVpnEndpoints", "DescribeClientVpnConnections", "DescribeClientVpnRoutes", "CreateClientVpnRoute",
  "DeleteClientVpnRoute", "TerminateClientVpnConnections", "CreateTags", "DeleteTags", "*",
]);

look();
setInterval(look, 1000);
