# Dollars a month of the proxy, and of what it is compared with, by the number of VPCs that it serves.
include "money";

. as $p | def month: . * $p.HoursPerMonth;
(if $nat == "each" then 2 else 1 end) as $gateways
| ($p.LoadBalancerHour | month) as $balancer_month
| (($gateways * ($p.NatGatewayHour + $p.PublicAddressHour) + 2 * $proxies * $p.InstanceHour | month) + 2 * $proxies * $p.DiskGigabytes * $p.DiskGigabyteMonth) as $base
| ($base + if $balancer == "nlb" then $balancer_month else 0 end) as $fixed
# A NAT gateway of its own, in one zone.
| ($p.NatGatewayHour + $p.PublicAddressHour | month) as $own
# An endpoint in two zones, of an endpoint service, which always stands behind a balancer.
| (2 * $p.InterfaceEndpointHour | month) as $service
| (if $endpoint == "" then null else 2 * ($endpoint | tonumber) | month end) as $resource
| "Prices of \($p.Date) in us-east-1, a month, without traffic: the proxies with \($gateways) NAT gateway(s)\(if $balancer == "nlb" then " and the load balancer (\($balancer_month | dollars))" else "" end) cost \($fixed | dollars),",
  "each VPC's own NAT gateway \($own | dollars), an endpoint in two zones \(if $resource == null then "an amount that is not known" else $resource | dollars end).",
  if $resource == null then
    "What a resource endpoint costs by the hour and zone no source of ours gives: set PRICE_RESOURCE_ENDPOINT_HOUR from your bill, and this",
    "is computed. Until then: the proxy is cheaper than own NAT gateways from N VPCs on if that endpoint costs less than \($own | dollars) - \($fixed | dollars) / N."
  else
    "  VPCs  own NAT gateways  this  an endpoint service behind a load balancer",
    ($numbers[] | "  \(.)  \(. * $own | dollars)  \($fixed + . * $resource | dollars)  \($base + $balancer_month + . * $service | dollars)"),
    (if $resource >= $own then "It is never cheaper than own NAT gateways: the endpoint alone costs as much."
     else "It is cheaper than own NAT gateways from \($fixed / ($own - $resource) | floor + 1) VPCs on." end),
    (if $resource <= $service then "An endpoint service behind a load balancer is never cheaper."
     else "An endpoint service behind a load balancer is cheaper from \(($base + $balancer_month - $fixed) / ($resource - $service) | floor + 1) VPCs on." end)
  end,
  "Each GB costs \($p.NatGatewayGigabyte | unit_price) at the NAT gateway, with an own one as with this; at the endpoint and the gateway \(if $gigabyte == "" then "an amount that no source of ours gives (PRICE_RESOURCE_GATEWAY_GB)" else ($gigabyte | tonumber | unit_price) + " more" end)."
