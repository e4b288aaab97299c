# What it costs, from the gauge (each scheduled run puts how many subnets are associated: twelve an hour) and prices.json.
include "money";
def money: if . == null then null else (. * 100 | round / 100) end;
def many: split(",") | map(select(. != "")) | length;
([.Datapoints[].Sum] | add // 0) as $samples
| ([.Datapoints[].Maximum] | add // 0) as $begun
| ($subnets | many) as $n
# What was deployed in the middle of the month has stood since the gauge began. CLIs tell a time as text or as seconds.
| ($now | fromdate) as $until
| ([.Datapoints[].Timestamp | if type == "number" then . else .[:19] + "Z" | fromdate end] | min // $until) as $since
| ($until - $since) as $seconds
| $prices.Regions[$region] as $here
| (if $here then associated($here; 1) else null end) as $price
| def priced(f): if $price == null then null else f | money end;
def other: standing($here; $prices.HoursPerMonth; $listener; $balancer_subnets | many; $ends);
def always: $price * $n * $seconds / 3600;
def other_so_far: other * ($seconds / 3600 / $prices.HoursPerMonth);
{
  associated_hours: {from: ($samples / 12 | money), to: ($begun | money)},
  since: ($since | todate),
  usd_an_hour_now: (if $price == null then null else $price * ($use.networks | length) + $here.ConnectionHour * ($use.connected | length) | . * 1000 | round / 1000 end),
  usd_this_month: (if $price == null then null else {from: ($samples / 12 * $price | money), to: ($begun * $price | money)} end),
  usd_other_this_month: priced(other_so_far),
  usd_all_this_month: (if $price == null then null else {from: ($samples / 12 * $price + other_so_far | money), to: ($begun * $price + other_so_far | money)} end),
  usd_always_on_so_far: priced(always),
  # With what stands there on or off; an endpoint that is always on needs none of it.
  usd_saved_this_month: (if $price == null then null else {from: (always - $begun * $price - other_so_far | money), to: (always - $samples / 12 * $price - other_so_far | money)} end),
  usd_always_on_a_month: priced($price * $n * $prices.HoursPerMonth),
  usd_other_a_month: priced(other),
  sure: $prices.Sure
}
