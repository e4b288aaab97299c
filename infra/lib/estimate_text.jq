include "money";
def span: if .from == .to then "\(.from)" else "\(.from) to \(.to)" end;
"",
(if .endpoint then "\(.endpoint), \(.from[:10]) \(.from[11:16]) to \(.until[:10]) \(.until[11:16]) UTC, \(.subnets) subnet(s)"
 else "A month of 22 working days, \(.subnets) subnet(s)" end) + ", prices of \(.prices_of), \(.region)",
"",
(if .usd_saved.to < 0 then "This does NOT pay: it would have cost \({from: -.usd_saved.to, to: -.usd_saved.from} | from_to) MORE."
 elif .usd_saved.from < 0 then "This may not pay: between \(-.usd_saved.from | dollars) MORE and \(.usd_saved.to | dollars) saved."
 else "It would have saved \(.usd_saved | from_to)." end),
"  always on        \(.usd_paid | dollars), of which \(.usd_connections | dollars) for \(.connection_hours) connection hours",
"  on demand        \(.usd_would_have_paid | from_to), with the same connection hours and \(.usd_standing | dollars) for load balancer, alarms and gauge",
"  time on          \(.hours_on | span) of \(.hours) hours (\(.share_on * 1000 | round / 10) %); somebody was connected for \(.hours_used)",
"  waits            turned on \(.turn_ons) time(s), each a wait of 2 to 10 minutes; \(.first_of_the_day) of them a day's first",
"  pays off below   \(.break_even_hours_a_month) hours a month; this is \(.hours_on_a_month | span)",
"",
"Hours, UTC       0     6     12    18",
(.days[] | "\(.date)       \(.chart) \(.hours_on * 10 | round / 10) h"),
"# somebody connected   - on, and nobody   . off   ? nothing measured",
"",
"What this cannot know:",
"- What AWS bills of a begun hour: the two ends of each span are minutes, and every begun hour of each time on.",
(select(.endpoint) | "- Whether the subnets were associated all the time: it is taken that they were.",
"- Who came and left within the same five minutes: a value stands for all of them.",
"- Who would have opened the page and not connected, kept it on, or done without."),
(select(.hours_without_data > 0) | "- \(.hours_without_data) hours have no value: nobody is taken to have been connected. AWS may have measured nothing."),
"- \(.sure)"
