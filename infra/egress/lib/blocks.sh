# shellcheck shell=bash
# The address blocks of the VPC and of its four subnets. Source it through lib.sh.
set -Eeuo pipefail

# wanted::blocks: VPC_CIDR, and its four subnets: quarters of it unless they are named.
wanted::blocks() {
  local key count
  for key in VPC_CIDR PUBLIC_CIDRS PRIVATE_CIDRS; do
    count=2
    [[ $key != VPC_CIDR ]] || count=1
    [[ $key != VPC_CIDR && -z ${!key} ]] || wanted::are_blocks "$key" "$count"
  done
  settings::right VPC_CIDR PUBLIC_CIDRS PRIVATE_CIDRS || return 0
  if ((${VPC_CIDR#*/} < SUBNET_LARGEST || ${VPC_CIDR#*/} > SUBNET_SMALLEST - 2)); then
    settings::wrong VPC_CIDR "VPC_CIDR=$VPC_CIDR: expected a block from /$SUBNET_LARGEST to /$((SUBNET_SMALLEST - 2)), which holds four subnets of at least /$SUBNET_SMALLEST" 'Choose a block of these sizes.'
    return 0
  fi
  [[ -n $PUBLIC_CIDRS ]] || PUBLIC_CIDRS=$(wanted::quarters 0 1)
  [[ -n $PRIVATE_CIDRS ]] || PRIVATE_CIDRS=$(wanted::quarters 2 3)
  wanted::apart
}

# wanted::are_blocks KEY COUNT: so many blocks of IPv4.
wanted::are_blocks() {
  local key=$1 block blocks
  settings::expect "$key" "[0-9.]+/[0-9]+$([[ $2 == 1 ]] || echo ',[0-9.]+/[0-9]+')" "$([[ $2 == 1 ]] && echo 'an IPv4 block, such as 10.255.0.0/24' || echo 'two IPv4 blocks separated by a comma, one for each zone')"
  blocks=$(settings::blocks "${!key}")
  for block in $(jq -r '.[] | select(.value == null) | .given' <<<"$blocks"); do
    settings::wrong "$key" "$key: $block is not an IPv4 block" 'Write the first address of the block and its length, such as 10.255.0.0/24.'
  done
}

wanted::quarters() {
  jq -rn --arg vpc "$VPC_CIDR" --argjson first "$1" --argjson last "$2" "$SPANS"'($vpc | split("/")) as $b | ($b[1] | tonumber + 2) as $length
    | [range($first; $last + 1) | "\(($b[0] | number) + . * ($length | size) | address)/\($length)"] | join(",")'
}

# wanted::apart: the subnets are in the VPC, not in each other, and large enough.
wanted::apart() {
  local text
  while IFS= read -r text; do
    [[ -z $text ]] || settings::wrong PRIVATE_CIDRS "PUBLIC_CIDRS, PRIVATE_CIDRS: $text" 'Name four blocks of the VPC that do not overlap, or leave both out: then they are its quarters.'
  done < <(jq -rn --arg vpc "$VPC_CIDR" --arg all "$PUBLIC_CIDRS,$PRIVATE_CIDRS" --argjson smallest "$SUBNET_SMALLEST" "$SPANS"'($all | split(",")) as $all
    | ($all[] | select(within($vpc) | not) | "\(.) is not in \($vpc)"),
      (range($all | length) as $i | range($i) as $j | select($all[$i] | overlaps($all[$j])) | "\($all[$j]) overlaps with \($all[$i])"),
      ($all[2:][] | select((split("/")[1] | tonumber) > $smallest) | "\(.) is too small for the gateway and the proxies, which need a /\($smallest)")')
}

# zone::number N / zone::public N / zone::private N: of the first or second zone.
zone::name() { cut -d, -f"$1" <<<"$ZONES"; }
zone::public() { cut -d, -f"$1" <<<"$PUBLIC_CIDRS"; }
zone::private() { cut -d, -f"$1" <<<"$PRIVATE_CIDRS"; }
