# What it costs, from the gauge (each scheduled run puts how many subnets are associated: twelve an hour) and prices.json.
def money: if . == null then null else (. * 100 | round / 100) end;
([.Datapoints[].Sum] | add // 0) as $samples
| ([.Datapoints[].Maximum] | add // 0) as $begun
| ($subnets | split(",") | length) as $n
| (($now | fromdate) - ($now[0:7] + "-01T00:00:00Z" | fromdate)) as $seconds
| ($prices.AssociationHour // null) as $price
| def priced(f): if $price == null then null else f | money end;
{
  associated_hours: {from: ($samples / 12 | money), to: $begun},
  usd_an_hour_now: priced($price * ($use.networks | length) + $prices.ConnectionHour * ($use.connected | length)),
  usd_this_month: (if $price == null then null else {from: ($samples / 12 * $price | money), to: ($begun * $price | money)} end),
  usd_always_on_so_far: priced($price * $n * $seconds / 3600),
  usd_always_on_a_month: priced($price * $n * 730),
  usd_other_a_month: priced((if $listener == "" then 730 * ($prices.LoadBalancerHour + 2 * $prices.PublicAddressHour) else 0 end)
    + $prices.CustomMetricMonth + 7 * $prices.AlarmMetricMonth)
}
