# One NAT gateway: what it carried, what it costs, and where it is idle the commands that remove it, and those that bring it back.
include "money";
include "time";
def kind: if startswith("pl-") then "prefix-list-id" elif contains(":") then "ipv6-cidr-block" else "cidr-block" end;
def gigabytes: . / 1000000000 * 100 | round / 100;
$gateway.NatGatewayId as $id
| ([$bytes[].sum] | add // 0) as $sum
| ([$bytes[] | select(.sum > 0) | .at | instant] | max) as $last
| [$gateway.NatGatewayAddresses[]? | .AllocationId | values] as $addresses
| [$routes[] | select(.nat == $id)] as $mine
| ($gateway.AvailabilityMode == "regional") as $regional
| ($prices.HoursPerMonth * ($prices.NatGatewayHour + ($addresses | length) * $prices.PublicAddressHour)) as $month
| "about \($month | dollars) a month, \(if $regional then "for each zone, " else "" end)without what it carries, by the prices of us-east-1" as $cost
| "aws ec2" as $aws | "--region \($region)" as $in
| "  \($id): \($sum | gigabytes) GB\(if $last then ", the last on \($last | todate[:10])" else "" end); \($cost)",
  if $sum > 0 then empty
  elif ($gateway.CreateTime // 0 | instant) > ($from | instant) then "    It is younger than \($days) days: look again later."
  else
    "    It carries nothing. Once you are sure that nothing needs it, these remove it:",
    ($mine[] | "      \($aws) delete-route \($in) --route-table-id \(.table) --destination-\(.to | kind) \(.to)"),
    "      \($aws) delete-nat-gateway \($in) --nat-gateway-id \($id)",
    "      \($aws) wait nat-gateway-deleted \($in) --nat-gateway-ids \($id)",
    ($addresses[] | "      \($aws) release-address \($in) --allocation-id \(.)"),
    "    The way back, with another public address:",
    if $regional then "      \($aws) create-nat-gateway \($in) --availability-mode regional --vpc-id \($gateway.VpcId)"
    else "      \($aws) allocate-address \($in) --domain vpc", "      \($aws) create-nat-gateway \($in) --subnet-id \($gateway.SubnetId) --allocation-id THE_NEW_ADDRESS" end,
    ($mine[] | "      \($aws) create-route \($in) --route-table-id \(.table) --destination-\(.to | kind) \(.to) --nat-gateway-id THE_NEW_GATEWAY")
  end
