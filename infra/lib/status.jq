include "money";
.region as $region
| def price_or(show): if . == null then "unknown: \(no_price($region))" else show end;
"",
# What an admin wants to know first. Both readings of a begun hour, as below.
(select(.cost.usd_saved_this_month) | .cost
| "\(if (.since // "")[8:13] | IN("01T00", "") then "This month so far" else "This month since \(.since[:10]) \(.since[11:16]) UTC" end): \(.usd_all_this_month | from_to); always on would be \(.usd_always_on_so_far | dollars); "
  + (.usd_saved_this_month | if .to < 0 then "that is \({from: -.to, to: -.from} | from_to) MORE" else "saved \(from_to)" end),
(select(.usd_saved_this_month.to < 0) | "  If it stays so, go back: infra/README.md, \"From always on, and back\"."), ""),
(if .foreign == [] then empty else "Not ours, or in the way:", (.foreign[] | "  - \(.)") end),
"Parts: " + ([.parts | to_entries[] | .key + (if .value == 0 then " ok" else " CHANGED (\(.value))" end)] | join(", ")),
(if .drift == [] then "Everything is as the settings say."
 else "Missing, or not as the settings say (deploy.sh would do this):", (.drift[] | "  - \(.)") end),
(select((.revoked // []) != []) | "Who is to be kept out:", (.revoked[] | "  - \(.)")),
(select(.use) |
"",
"The VPN is " + (if .use.on then "ON" else "off" end) + (.use.marks["vpn-on-demand:on-since"] // null | if . then " since \(.)" else "" end),
(.use.networks[] | "  \(.subnet): \(.state)"),
(.use.marks | to_entries[] | select(.key | test("last-request|keep-until|ready-since|closed-until")) | "  \(.key | ltrimstr("vpn-on-demand:")): \(.value)"),
"Connected: " + (if .use.connected == [] then "nobody" else ([.use.connected[] | "\(.name) since \(.since)"] | join(", ")) end),
"",
"Cost now: " + (.cost.usd_an_hour_now | price_or(unit_price)) + " an hour",
"Associations this month: " + (.cost.usd_this_month | price_or(from_to)) + " for \(.cost.associated_hours.from) to \(.cost.associated_hours.to) associated hours (what AWS bills of a begun hour is not documented)",
(select(.cost.usd_this_month) | .cost
| "  always on that would have been: \(.usd_always_on_so_far | dollars), and \(.usd_always_on_a_month | dollars) in a whole month",
  "  beside that, on or off: \(.usd_other_a_month | dollars) a month for load balancer, alarms and gauge, of which so far \(.usd_other_this_month | dollars)"),
"  \(.cost.sure)")
