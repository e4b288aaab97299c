# What was replayed (crates/estimate), with prices: what it cost, and what it would have cost. Everything is counted.
include "money";
$prices.Regions[$region] as $here
| $question[0] as $asked
| $prices.HoursPerMonth as $month
# A load balancer of our own, with the fewest subnets that AWS takes: an address in each.
| standing($here; $month; ""; 2; 0) as $standing
| associated($here; $asked.subnets) as $an_hour
| (.connection_hours * $here.ConnectionHour) as $connections
| (.hours * $an_hour) as $always
| (.hours * $standing / $month) as $stood
| {
  endpoint: (if $endpoint == "" then null else $endpoint end), $region, from: $asked.from, until: $asked.until, subnets: $asked.subnets,
  idle_minutes: $asked.idle_minutes,
  hours: (.hours | cents), hours_used: (.hours_used | cents), hours_without_data: (.hours_without_data | cents),
  hours_on: {from: (.hours_on | cents), to: (.hours_begun | cents)},
  share_on: (.hours_on / .hours * 10000 | round / 10000),
  connection_hours: (.connection_hours | cents),
  turn_ons, first_of_the_day,
  usd_connections: ($connections | cents),
  usd_standing: ($stood | cents),
  usd_paid: ($always + $connections | cents),
  usd_would_have_paid: {from: (.hours_on * $an_hour + $stood + $connections | cents), to: (.hours_begun * $an_hour + $stood + $connections | cents)},
  usd_saved: {from: ($always - .hours_begun * $an_hour - $stood | cents), to: ($always - .hours_on * $an_hour - $stood | cents)},
  hours_on_a_month: {from: (.hours_on / .hours * $month | cents), to: (.hours_begun / .hours * $month | cents)},
  break_even_hours_a_month: ($month - $standing / $an_hour | cents),
  prices_of: $prices.Date, sure: $prices.Sure,
  days
}
