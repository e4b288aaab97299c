// The idle alarm with its datapoints, and the schedule.
import { act, call, clock, h, minute, state, table } from "./draw.js";

// How high a value stands: one request has to be seen beside a hundred.
const height = (value, highest) => (100 * Math.log2(1 + Math.max(0, value))) / Math.log2(1 + highest);

function chart(alarm) {
  const points = alarm.points ?? [];
  if (points.length === 0) return h("p", { className: "muted" }, "Not judged yet: CloudWatch looks at each full minute.");
  const value = (point) => point.values?.[alarm.watched];
  const highest = Math.max(3, alarm.threshold, ...points.map((point) => value(point) ?? 0)) * 1.25;
  const columns = points.map((point) => {
    const kind = point.missing ? "missing" : point.breaching ? "idle" : "used";
    const bar = h("span", { className: "bar", style: { height: `${point.missing ? 12 : height(value(point), highest)}%` } });
    const title = `${minute(point.time)}: ${point.missing ? "no data" : JSON.stringify(point.values)}`;
    return h("div", { className: `column ${kind}`, title }, h("span", {}, point.missing ? "–" : String(value(point))), bar);
  });
  const threshold = h("div", { className: "threshold", style: { bottom: `${height(alarm.threshold, highest)}%` } });
  const said = points.map((point) => `${minute(point.time)} ${point.missing ? "no data" : value(point)}`).join(", ");
  return h("figure", { className: "chart" },
    h("div", { className: "columns", role: "img", ariaLabel: `Datapoints: ${said}. Threshold: ${alarm.threshold}.` }, columns, threshold),
    h("div", { className: "times", ariaHidden: "true" }, points.map((point) => h("span", {}, minute(point.time)))),
    h("figcaption", { className: "row muted" },
      h("span", {}, h("span", { className: "key line" }), `threshold ${alarm.threshold}`),
      h("span", {}, h("span", { className: "key used" }), "in use"), h("span", {}, h("span", { className: "key idle" }), "idle"),
      h("span", {}, h("span", { className: "key missing" }), `no data (${alarm.treat_missing_data})`),
      h("span", {}, `each is ${alarm.period / 60} min from the time below it; requests to the page plus connections`)));
}

function told(alarm) {
  const change = (what) => () => call("POST", "/api/alarm", { name: alarm.name, do: what });
  return h("div", {},
    h("p", { className: "row" }, h("strong", {}, `Alarm ${alarm.name}`), state(alarm.state),
      h("span", { className: "muted" }, `since ${clock(alarm.since)}${alarm.actions_enabled ? "" : "; its actions are off"}`)),
    h("p", {}, `ALARM when ${alarm.datapoints_to_alarm} of ${alarm.evaluation_periods} datapoints are below ${alarm.threshold}. It calls only when its state changes.`),
    chart(alarm),
    h("p", { className: "row" },
      act("Set ALARM", alarm.name, change("set-alarm")),
      act("Set OK", alarm.name, change("set-ok")),
      alarm.actions_enabled
        ? act("Actions off", alarm.name, change("disable-actions"))
        : act("Actions on", alarm.name, change("enable-actions")),
      act("Delete", alarm.name, change("delete"))));
}

export function off({ alarms, schedules, deployed }) {
  const gone = deployed.filter((name) => !alarms.some((alarm) => alarm.name === name));
  const missing = gone.map((name) =>
    h("p", { className: "row" }, `Alarm ${name} is deleted.`,
      act("Restore", name, () => call("POST", "/api/alarm", { name, do: "restore" }))));
  const rules = schedules.map((schedule) => [
    schedule.name,
    `every ${schedule.rate_seconds / 60} min`,
    schedule.enabled ? h("span", { className: "state good" }, "enabled") : h("span", { className: "state muted" }, "disabled"),
    act(schedule.enabled ? "Disable" : "Enable", schedule.name, () =>
      call("POST", "/api/schedule", { name: schedule.name, enabled: !schedule.enabled })),
  ]);
  return [...alarms.map(told), ...missing, h("h3", {}, "Schedule"), table(["Rule", "Rate", "State", ""], rules, "None.")];
}
