// What it has cost so far, on demand and always on.
import { dollars, h } from "./draw.js";

export function bill(bill) {
  if (!bill) return h("p", { className: "muted" }, "Nothing is known of prices.");
  if (bill.error) return h("p", {}, bill.error);
  const most = Math.max(bill.on_demand, bill.always_on, 0.01);
  const part = (name, value) => h("span", { className: name, style: { width: `${(100 * value) / most}%` } });
  const line = (name, total, ...parts) => [
    h("div", {}, h("span", {}, name), h("strong", {}, dollars(total))),
    h("div", { className: "track", ariaHidden: "true" }, parts),
  ];
  const saved = bill.always_on - bill.on_demand;
  const rows = [
    ["Time", `${Number(bill.hours).toFixed(1)} h`],
    ["Associated, all subnets together", `${Number(bill.associated_hours).toFixed(2)} h`],
    ["For associations", dollars(bill.associations)],
    ["For what stands there anyway", dollars(bill.standing)],
  ];
  return [
    h("div", { className: "bills" },
      line("On demand", bill.on_demand, part("associations", bill.associations), part("standing", bill.standing)),
      line("Always on", bill.always_on, part("always", bill.always_on))),
    h("p", { className: saved >= 0 ? "good" : "busy" }, saved >= 0 ? `Saved: ${dollars(saved)}` : `On demand costs ${dollars(-saved)} more so far.`),
    h("h3", {}, "In numbers"),
    h("dl", {}, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h("p", { className: "muted", title: bill.sure }, `Prices of ${bill.prices_of}, ${bill.region}. On demand pays below ${Math.round(bill.break_even_hours_a_month)} h a month.`),
  ];
}
