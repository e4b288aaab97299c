# shellcheck shell=bash
# Where in the VPC the endpoint gets its network interfaces: what must be true before anything is made. Only reads. Source it
# through consumer.sh.
set -Eeuo pipefail

# The VPC's IPv4 blocks, the zones that the gateway has ('' where nobody says), and the subnets that are wanted; as JSON lists.
VPC_BLOCKS='[]' GATEWAY_ZONES='' SUBNETS='[]'

# place::vpc: that it is there, its blocks, and whether private names work in it.
place::vpc() {
  local attribute
  aws::find 'InvalidVpcID.NotFound' ec2 describe-vpcs --vpc-ids "$VPC_ID" || die "$VPC_ID does not exist in account $ACCOUNT, region $REGION" 'Correct --vpc or --region, or sign in to the right account.'
  VPC_BLOCKS=$(vpc_blocks)
  for attribute in Support Hostnames; do
    aws::read ec2 describe-vpc-attribute --vpc-id "$VPC_ID" --attribute "enableDns$attribute"
    if [[ $(json ".EnableDns$attribute.Value") != true && -n $PROXY_NAME ]]; then
      PROXY_NAME='' NO_NAME="the VPC has enableDns$attribute off, which private names need. On with it: aws ec2 modify-vpc-attribute --region $REGION --vpc-id $VPC_ID --enable-dns-${attribute,,} '{\"Value\": true}', then the same command again"
    fi
  done
}

# place::zones: those of the gateway. Only its own account may ask.
place::zones() {
  local gateway subnets
  GATEWAY_ZONES=$GIVEN_ZONES
  [[ -z $GATEWAY_ZONES && $OWNER == "$ACCOUNT" ]] || return 0
  gateway=$(jq -r '.resourceGatewayId // ""' <<<"$CONFIGURATION")
  aws::read vpc-lattice get-resource-gateway --resource-gateway-identifier "$gateway"
  subnets=$(json '.subnetIds // []' -c)
  aws::read ec2 describe-subnets --subnet-ids "$subnets"
  GATEWAY_ZONES=$(json '[.Subnets[].AvailabilityZoneId] | unique | join(",")')
}

# place::subnets: those that were named, or for each zone that both have the one with the most free addresses; in SUBNETS.
place::subnets() {
  local there shared
  aws::read ec2 describe-subnets --filters "$(jq -nc --arg vpc "$VPC_ID" '[{Name: "vpc-id", Values: [$vpc]}]')"
  there=$(json '[.Subnets[] | select((.State // "available") == "available") | {id: .SubnetId, zone: .AvailabilityZoneId, free: .AvailableIpAddressCount}]' -c)
  shared=$(jq -c --arg zones "$GATEWAY_ZONES" '($zones | split(",")) as $zones | map(select($zones == [] or (.zone | IN($zones[]))))' <<<"$there")
  if [[ $there == '[]' ]]; then
    problem "$VPC_ID has no subnet" 'Make one, in a zone of the gateway.'
  elif [[ $shared == '[]' ]]; then
    problem "no subnet of $VPC_ID is in a zone of the gateway: it has $GATEWAY_ZONES, and the VPC $(jq -r 'map(.zone) | unique | join(",")' <<<"$there")" \
      'Make a subnet in one of the gateway'\''s zones, or have the gateway get one in yours.'
  elif [[ -n $GIVEN_SUBNETS ]]; then
    place::named "$there" "$shared"
  else
    SUBNETS=$(jq -c --argjson enough "$ZONES_ENOUGH" '[.[] | select(.free > 0)] | group_by(.zone) | map(max_by(.free)) | sort_by(-.free, .zone) | .[:$enough] | map(.id)' <<<"$shared")
    [[ $SUBNETS != '[]' ]] || problem "no subnet of $VPC_ID in a zone of the gateway has a free address" 'Make room, or another subnet.'
  fi
}

# place::named THERE SHARED
place::named() {
  local id zone
  SUBNETS=$(jq -nc --arg ids "$GIVEN_SUBNETS" '$ids | split(",") | unique')
  for id in $(jq -r --argjson there "$1" '. - ($there | map(.id)) | .[]' <<<"$SUBNETS"); do problem "--subnets: $id is not a subnet of $VPC_ID" 'Correct it.'; done
  for id in $(jq -r --argjson there "$1" --argjson shared "$2" '. as $ids | ($there - $shared)[] | select(.id | IN($ids[])) | .id' <<<"$SUBNETS"); do
    problem "--subnets: $id is in a zone that the gateway does not have ($GATEWAY_ZONES)" 'Name a subnet of one of these.'
  done
  for zone in $(jq -r --argjson there "$1" '. as $ids | $there | map(select(.id | IN($ids[]))) | group_by(.zone)[] | select(length > 1) | .[0].zone' <<<"$SUBNETS"); do
    problem "--subnets names two of the zone $zone" 'AWS takes one for each zone.'
  done
}
