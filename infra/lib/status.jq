def dollars: if . == null then "unknown (no price of this region in prices.json)" else "$\(.)" end;
"",
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
"Cost now: \(.cost.usd_an_hour_now | dollars) an hour",
"This month so far: " + (.cost.usd_this_month | if . == null then (null | dollars) else "$\(.from) to $\(.to)" end) + " for \(.cost.associated_hours.from) to \(.cost.associated_hours.to) associated hours (what AWS bills of a begun hour is not documented)",
"  always on it would be: \(.cost.usd_always_on_so_far | dollars), and \(.cost.usd_always_on_a_month | dollars) in a whole month",
"  beside that, on or off: \(.cost.usd_other_a_month | dollars) a month for load balancer, alarms and gauge",
"  \(.cost.sure)")
