# What it costs, from the gauge (each scheduled run puts how many subnets are associated: twelve an hour) and prices.json.
def money: if . == null then null else (. * 100 | round / 100) end;
def many: split(",") | map(select(. != "")) | length;
([.Datapoints[].Sum] | add // 0) as $samples
| ([.Datapoints[].Maximum] | add // 0) as $begun
| ($subnets | many) as $n
| (($now | fromdate) - ($now[0:7] + "-01T00:00:00Z" | fromdate)) as $seconds
| $prices.Regions[$region] as $here
# The public address that each association gets is billed too (fact 7.4a).
| (if $here then $here.AssociationHour + $here.PublicAddressHour else null end) as $price
| def priced(f): if $price == null then null else f | money end;
{
  associated_hours: {from: ($samples / 12 | money), to: $begun},
  usd_an_hour_now: (if $price == null then null else $price * ($use.networks | length) + $here.ConnectionHour * ($use.connected | length) | . * 1000 | round / 1000 end),
  usd_this_month: (if $price == null then null else {from: ($samples / 12 * $price | money), to: ($begun * $price | money)} end),
  usd_always_on_so_far: priced($price * $n * $seconds / 3600),
  usd_always_on_a_month: priced($price * $n * $prices.HoursPerMonth),
  # Our load balancer has a public address in each of its subnets.
  usd_other_a_month: priced((if $listener == "" then $prices.HoursPerMonth * ($here.LoadBalancerHour + ($balancer_subnets | many) * $here.PublicAddressHour) else 0 end)
    + $here.CustomMetricMonth + (7 + $ends) * $here.AlarmMetricMonth),
  sure: $prices.Sure
}
