// The panel: it looks once a second, and everything that it does is a JSON call; see the README beside it.
import { $, act, call, clock, draw, h, run, setLook, problem } from "./draw.js";
import { bill } from "./bill.js";
import { off } from "./off.js";
import { clients, vpn } from "./vpn.js";
import { happened, lanes, last } from "./log.js";

function functions({ build, deployed, environments }) {
  const rows = deployed.map((one) => {
    const used = environments?.[one.name];
    const code = one.built ? h("span", { className: "state good" }, "built") : h("span", { className: "state busy" }, "being built");
    return h("tr", {}, h("td", {}, one.name), h("td", {}, code), h("td", {}, used ? `${used.busy} busy, ${used.idle} idle` : "none"));
  });
  const heads = ["Name", "Code", "Environments"].map((text) => h("th", { scope: "col" }, text));
  const parts = [h("div", { className: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows)))];
  if (build?.error) parts.unshift(h("pre", { className: "bad", tabIndex: 0 }, build.error));
  else if (build?.total && deployed.some((one) => !one.built)) {
    const progress = h("progress", { max: build.total, value: build.compiled, ariaLabel: "Built" });
    parts.unshift(h("p", {}, progress, ` ${build.compiled} of ${build.total}: ${build.current}`));
  }
  return parts;
}

function faults(list) {
  if (list.length === 0) return h("p", { className: "muted" }, "Nothing is broken.");
  const rows = list.map(({ id, action, times, effect, message, status, ...rest }) => {
    const more = Object.values(rest).filter((value) => value !== null).join(" ");
    const remove = act("Remove", `fault ${id}, ${action}`, () => call("DELETE", `/api/faults/${id}`));
    return h("tr", {}, h("td", {}, `${action}: ${[effect, more].filter(Boolean).join(" ")}, ${times ? `${times}×` : "for ever"}`), h("td", {}, remove));
  });
  return h("div", { className: "scroll" }, h("table", {}, h("tbody", {}, rows)));
}

const filled = {};
function options(select, names, chosen) {
  if (filled[select.name] === names.join()) return;
  filled[select.name] = names.join();
  select.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
  if (names.includes(chosen)) select.value = chosen;
}

function show(all) {
  $("now").textContent = all.now.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");
  const due = all.timeline?.due?.[0];
  const next = due ? `; ${due.what} at ${clock(due.at)}` : "";
  $("running").textContent = (all.speed === 0 ? "stands" : `runs ${all.speed}× as fast`) + next;
  for (const button of document.querySelectorAll("[data-speed]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === all.speed));
  }
  $("employee").hidden = !all.employee_page;
  if (all.employee_page) $("employee").href = all.employee_page;
  const { Associations, Routes, Endpoint, Tags } = all.ec2 ?? {};
  draw("vpn", { deployment: all.deployment, Associations, Routes, Endpoint, Tags }, vpn);
  draw("clients", (all.ec2?.Connections ?? []).map(({ Timestamp, ...rest }) => rest), clients);
  draw("off", {
    alarms: all.cloudwatch?.alarms ?? [], schedules: all.deployment.schedules, deployed: all.deployment.alarms,
  }, off);
  draw("bill", all.bill, bill);
  draw("functions", { build: all.build, deployed: all.deployment.functions, environments: all.functions }, functions);
  draw("faults", all.ec2?.Faults ?? [], faults);
  draw("lanes", { now: all.now, last: last() }, lanes);
  const scheduled = all.deployment.schedules.map((schedule) => schedule.target.split(":").pop());
  options($("invoke").elements.function, all.deployment.functions.map((one) => one.name), scheduled[0]);
  $("banner").checked = all.banner;
  $("published").checked = all.timeline?.metrics_published ?? false;
  $("while-off").checked = all.timeline?.metrics_published_while_off ?? false;
}

let looking = null;
function look() {
  looking ??= (async () => {
    try {
      happened((await call("GET", `/api/journal?after=${last()}`)).entries);
      show(await call("GET", "/api/state"));
      document.querySelector("main").classList.add("drawn");
      if ($("problem").dataset.lost) problem("");
    } catch (error) {
      problem(`Nothing comes from this computer's AWS at present: ${error.message}`);
      $("problem").dataset.lost = "yes";
    }
  })().finally(() => (looking = null));
  return looking;
}
setLook(look);

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

const STATUS = { InternalError: 500, UnauthorizedOperation: 403 };
onSubmit("fault", ({ action, effect, times }) => {
  const message = "broken at the control panel";
  const what = {
    "no-answer": { effect: "no-answer" },
    fails: { effect: "fails", message },
  }[effect.value] ?? { effect: "error", code: effect.value, message, status: STATUS[effect.value] ?? 400 };
  return call("POST", "/api/faults", { action: action.value, ...(times.value && { times: Number(times.value) }), ...what });
});

options($("fault").elements.action, [
  "AssociateClientVpnTargetNetwork", "DisassociateClientVpnTargetNetwork", "DescribeClientVpnTargetNetworks",
  "DescribeClientVpnEndpoints", "DescribeClientVpnConnections", "DescribeClientVpnRoutes", "CreateClientVpnRoute",
  "DeleteClientVpnRoute", "TerminateClientVpnConnections", "CreateTags", "DeleteTags", "*",
]);

look();
setInterval(() => document.hidden || look(), 1000);
