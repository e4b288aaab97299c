// What happens: the last hour on a time line, and everything in words, the newest first.
import { $, clock, h, minute } from "./draw.js";

const KINDS = {
  employee: "page", invocation: "invocations", "aws-call": "AWS calls", read: "reads", client: "clients", alarm: "alarm", schedule: "schedule",
  fault: "faults", "on-failure": "failures", time: "time", build: "building", environment: "processes", "function-log": "logs",
};
const LANES = ["employee", "invocation", "aws-call", "client", "alarm", "schedule"];
const hidden = new Set(["read", "environment", "function-log"]);
const KEPT = 2000;
const HOUR = 3600_000;
const TICK = 15 * 60_000;

let kept = [];
let number = 0;
export const last = () => number;

const failed = ({ data }) => Boolean(data?.error_type || data?.error || data?.status >= 400 || (data?.outcome ?? "OK") !== "OK");

// Calls that change nothing; one that failed is listed with what changes, for it is what somebody looks for.
const READS = /^(Describe|Get|List)/;
const listed = (entry) => {
  const reads = entry.kind === "aws-call" && (READS.test(entry.data?.action) || entry.data?.method === "GET");
  return reads && !failed(entry) ? "read" : entry.kind;
};

export function happened(entries) {
  for (const entry of entries) {
    number = Math.max(number, entry.number);
    const { kind, at, text } = entry;
    const shown = listed(entry);
    const item = h("li", { hidden: hidden.has(shown) },
      h("time", { dateTime: at }, clock(at)), h("span", { className: "muted" }, KINDS[shown] ?? shown), h("span", {}, text));
    item.dataset.kind = shown;
    $("log").prepend(item);
    if (LANES.includes(kind)) kept.push({ kind, text, time: Date.parse(at), failed: failed(entry) });
  }
  while ($("log").children.length > KEPT) $("log").lastChild.remove();
}

export function lanes({ now }) {
  const end = Date.parse(now), start = end - HOUR;
  kept = kept.filter((one) => one.time >= start);
  const place = (time) => ({ left: `${(100 * (time - start)) / HOUR}%` });
  const lane = (kind) =>
    h("div", { className: "lane" }, h("span", { className: "muted" }, KINDS[kind]), h("div", {},
      kept.filter((one) => one.kind === kind).map((one) =>
        h("span", { className: one.failed ? "dot failed" : "dot", style: place(one.time), title: `${clock(new Date(one.time).toISOString())} ${one.text}` }))));
  const ticks = [];
  for (let time = Math.ceil(start / TICK) * TICK; time < end - TICK / 5; time += TICK) {
    ticks.push(h("span", { style: place(time) }, minute(new Date(time).toISOString())));
  }
  // The list below says the same in words.
  return h("div", { className: "lanes", ariaHidden: "true" }, LANES.map(lane),
    h("div", { className: "lane" }, h("span"), h("div", { className: "ticks" }, ticks)));
}

$("kinds").append(...Object.entries(KINDS).map(([kind, name]) => {
  const box = h("input", { type: "checkbox", value: kind, checked: !hidden.has(kind) });
  box.addEventListener("change", () => {
    if (box.checked) hidden.delete(kind);
    else hidden.add(kind);
    for (const item of $("log").children) item.hidden = hidden.has(item.dataset.kind);
  });
  return h("label", {}, box, name);
}));
