# shellcheck shell=bash
# The NAT gateways: one for both zones, or one in each. Source it through lib.sh.
set -Eeuo pipefail

# Set by ensure_nat, for each zone: the gateway that its private subnet leads to.
NAT_IDS=()

ensure_nat() {
  local number made=()
  NAT_IDS=()
  for number in 1 2; do
    if [[ $number == 1 || $NAT_GATEWAYS == each ]]; then
      nat::ensure "$number"
      made+=("$PART_ID")
    fi
    NAT_IDS+=("$PART_ID")
  done
  for number in "${!made[@]}"; do
    [[ ${made[number]} == "$NOT_YET" ]] || nat::wait "${made[number]}"
  done
  for number in 1 2; do
    TABLE_NOW='{}'
    if part::find "private-$number" RouteTables RouteTableId describe-route-tables; then TABLE_NOW=$PART_NOW; fi
    network::route "$PART_ID" NatGatewayId "${NAT_IDS[number - 1]}" "the NAT gateway in $(zone::name "$([[ $NAT_GATEWAYS == one ]] && echo 1 || echo "$number")")"
  done
}

# nat::ensure NUMBER: found in PART_ID. Its address first: a run that is broken off finds it by its tag.
nat::ensure() {
  local address
  if part::find "nat-$1" NatGateways NatGatewayId describe-nat-gateways; then
    # In a private subnet it would lead to itself.
    network::fixed "the NAT gateway $PART_ID" "$(jq -r '"in \(.SubnetId)"' <<<"$PART_NOW")" "in ${PUBLIC_SUBNET_IDS[$1 - 1]}"
    return 0
  fi
  if ! part::find "nat-$1" Addresses AllocationId describe-addresses; then
    change "allocate a public address for the NAT gateway in $(zone::name "$1")" "$(jq -n --argjson tags "$(part::made elastic-ip "nat-$1")" '{Domain: "vpc", TagSpecifications: $tags}')" ec2 allocate-address
    part::new .AllocationId
  fi
  address=$PART_ID
  change "create the NAT gateway in $(zone::name "$1")" "$(jq -n --arg subnet "${PUBLIC_SUBNET_IDS[$1 - 1]}" --arg address "$address" --argjson tags "$(part::made natgateway "nat-$1")" --arg token "$(openssl rand -hex 16)" \
    '{SubnetId: $subnet, AllocationId: $address, TagSpecifications: $tags, ClientToken: $token}')" ec2 create-nat-gateway
  part::new .NatGateway.NatGatewayId
}

nat::wait() {
  wait_for 'the NAT gateway' "any(.NatGateways[]; .NatGatewayId == \"$1\" and (.State | IN(\"available\", \"failed\")))" ec2 describe-nat-gateways --filter "$(jq -nc --arg id "$1" '[{Name: "nat-gateway-id", Values: [$id]}]')"
  [[ $MODE == plan || $(json '.NatGateways[0].State') != failed ]] || die "AWS could not make the NAT gateway $1: $(json '.NatGateways[0] | "\(.FailureCode): \(.FailureMessage)"')" 'Put right what AWS names, then run the same command again: another one is made.'
}

# nat::remove NUMBER|'': ours of that zone, or all.
nat::remove() {
  local id filters ids left addresses part=${1:+nat-$1}
  filters=$(jq -nc --arg k "tag:$TAG" --arg v "$NAME" '[{Name: $k, Values: [$v]}]')
  aws::read ec2 describe-nat-gateways --filter "$filters"
  ids=$(nat::ours NatGateways "$part" | jq -c 'map(select(.State | IN("deleted", "failed") | not))')
  for id in $(jq -r '.[] | select(.State != "deleting") | .NatGatewayId' <<<"$ids"); do
    change "delete the NAT gateway $id" "$(jq -n --arg id "$id" '{NatGatewayId: $id}')" ec2 delete-nat-gateway
  done
  left=$(jq -c 'map(.NatGatewayId)' <<<"$ids")
  [[ $left == '[]' ]] || wait_for 'the NAT gateway to be gone' "all(.NatGateways[] | select(.NatGatewayId | IN(${left}[])); .State | IN(\"deleted\", \"failed\"))" ec2 describe-nat-gateways --filter "$filters"
  # Each address costs money, used or not.
  aws::read ec2 describe-addresses --filters "$filters"
  addresses=$(nat::ours Addresses "$part")
  for id in $(jq -r '.[].AllocationId' <<<"$addresses"); do
    change "release its public address" "$(jq -n --arg id "$id" '{AllocationId: $id}')" ec2 release-address
  done
}

# nat::ours LIST PART: of the last answer, those of ours of this part, or all.
nat::ours() { json "$PART_IS"'[.[$list][] | select(is_part($k; $v; $part_key; $part))]' -c --arg list "$1" --arg k "$TAG" --arg v "$NAME" --arg part_key "$TAG_PART" --arg part "$2"; }

ensure_removed_nat() { nat::remove ''; }
