# What it costs, from the gauge (each scheduled run puts how many subnets are associated: twelve an hour) and prices.json.
include "money";
include "time";
([.Datapoints[].Sum] | add // 0 | . / 12) as $sure
| ([.Datapoints[].Maximum] | add // 0) as $begun
| ($subnets | many) as $n
# What was deployed in the middle of the month has stood since the gauge began.
| ($now | fromdate) as $until
| ([.Datapoints[].Timestamp | instant] | min // $until) as $since
| (($until - $since) / 3600) as $hours
| $prices.Regions[$region] as $here
# Dollars, or null where no price is known.
| def priced(f): if $here == null then null else f | cents end;
def between(f): if $here == null then null else {from: ($sure | f | cents), to: ($begun | f | cents)} end;
def associated: associated($here; .);
def other: standing($here; $prices.HoursPerMonth; $listener; $balancer_subnets | many; $ends);
def other_so_far: other * $hours / $prices.HoursPerMonth;
def always: $n * $hours | associated;
{
  associated_hours: {from: ($sure | cents), to: ($begun | cents)},
  since: ($since | todate),
  usd_an_hour_now: (if $here == null then null else ($use.networks | length | associated) + $here.ConnectionHour * ($use.connected | length) | . * 1000 | round / 1000 end),
  usd_this_month: between(associated),
  usd_other_this_month: priced(other_so_far),
  usd_all_this_month: between(associated + other_so_far),
  usd_always_on_so_far: priced(always),
  # With what stands there on or off; an endpoint that is always on needs none of it.
  usd_saved_this_month: (between(always - associated - other_so_far) | if . then {from: .to, to: .from} else null end),
  usd_always_on_a_month: priced($n * $prices.HoursPerMonth | associated),
  usd_other_a_month: priced(other),
  sure: $prices.Sure
}
