# shellcheck shell=bash
# The VPC's NAT gateways: what they still carry, what they cost, and how those that carry nothing are removed. Only reads. Source it
# through consumer.sh.
set -Eeuo pipefail

# Days that are looked back. One without a byte in all of them is idle.
readonly NAT_DAYS=14

nat::say() {
  local gateways id from now bytes text
  aws::read ec2 describe-nat-gateways --filter "$(jq -nc --arg vpc "$VPC_ID" '[{Name: "vpc-id", Values: [$vpc]}, {Name: "state", Values: ["pending", "available"]}]')"
  gateways=$(json '[.NatGateways[] | select(.ConnectivityType != "private")]' -c)
  say
  if [[ $gateways == '[]' ]]; then
    say "$VPC_ID has no NAT gateway."
    return 0
  fi
  aws::read ec2 describe-route-tables --filters "$(jq -nc --arg vpc "$VPC_ID" '[{Name: "vpc-id", Values: [$vpc]}]')"
  ROUTES_OF_NAT=$(json '[.RouteTables[] | .RouteTableId as $table | .Routes[]? | select(.NatGatewayId) | {table: $table, nat: .NatGatewayId, to: (.DestinationCidrBlock // .DestinationIpv6CidrBlock // .DestinationPrefixListId)}]' -c)
  now=$(date -u +%s)
  from=$(nat::time $((now - NAT_DAYS * 86400)))
  say "NAT gateways of $VPC_ID, and what they carried in $NAT_DAYS days:"
  for id in $(jq -r '.[].NatGatewayId' <<<"$gateways"); do
    bytes='[]'
    nat::bytes BytesOutToDestination "$id" "$from" "$(nat::time "$now")"
    nat::bytes BytesInFromDestination "$id" "$from" "$(nat::time "$now")"
    text=$(jq -rn -L "$INFRA/lib" -f "$INFRA/egress/lib/consumer/nat.jq" --argjson gateway "$(jq --arg id "$id" '.[] | select(.NatGatewayId == $id)' <<<"$gateways")" --argjson bytes "$bytes" \
      --argjson routes "$ROUTES_OF_NAT" --arg region "$REGION" --argjson days "$NAT_DAYS" --arg from "$from" --argjson prices "$(prices::all)")
    say "$text"
  done
}

# nat::bytes METRIC GATEWAY FROM TO: its sums of each day, added to bytes.
nat::bytes() {
  aws::read cloudwatch get-metric-statistics --namespace AWS/NATGateway --metric-name "$1" --dimensions "$(jq -nc --arg id "$2" '[{Name: "NatGatewayId", Value: $id}]')" \
    --start-time "$3" --end-time "$4" --period 86400 --statistics '["Sum"]'
  bytes=$(json '$before + [.Datapoints[] | {at: .Timestamp, sum: .Sum}]' -c --argjson before "$bytes")
}

nat::time() { jq -nr --argjson at "$1" '$at | todate'; }
