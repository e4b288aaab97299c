# shellcheck shell=bash
# What must be true in the account before an endpoint is made. Only reads. Source it through endpoint.sh.
set -Eeuo pipefail

# The VPC's IPv4 blocks, as a JSON list.
VPC_BLOCKS='[]'

# network::check: everything that only AWS knows about the settings; all of it is told at once.
network::check() {
  STEP=check
  ENDPOINT_VPC='' TRAFFIC=ipv4 VPC_BLOCKS='[]'
  if settings::right VPC_ID; then network::vpc; fi
  checks::subnets
  network::groups
  network::log
  root::check
  made::check
  STEP=''
}

network::vpc() {
  if ! aws::find 'InvalidVpcID.NotFound' ec2 describe-vpcs --vpc-ids "$VPC_ID"; then
    problem "VPC_ID: $VPC_ID does not exist in account $ACCOUNT, region $REGION" 'Correct VPC_ID or REGION, or sign in to the right account.'
    return 0
  fi
  ENDPOINT_VPC=$VPC_ID
  VPC_BLOCKS=$(vpc_blocks)
  if settings::right CLIENT_CIDR; then network::overlaps; fi
}

# Whoever has an address of these blocks would be taken for a device, and the other way round.
network::overlaps() {
  local block theirs
  for block in $(jq -r --arg mine "$CLIENT_CIDR" "$SPANS"'.[] | select(overlaps($mine))' <<<"$VPC_BLOCKS"); do
    problem "CLIENT_CIDR=$CLIENT_CIDR overlaps with the VPC's block $block" 'Choose a block that nobody uses.'
  done
  for block in $(jq -rn --arg routes "$ROUTES" --arg mine "$CLIENT_CIDR" "$SPANS"'$routes | split(",")[] | select(. != "0.0.0.0/0" and overlaps($mine))'); do
    problem "CLIENT_CIDR=$CLIENT_CIDR overlaps with $block in ROUTES" 'Choose a block that nobody uses.'
  done
  aws::read ec2 describe-route-tables --filters "$(jq -nc --arg vpc "$VPC_ID" '[{Name: "vpc-id", Values: [$vpc]}]')"
  theirs=$(json '[.RouteTables[].Routes[]? | select(.GatewayId != "local") | .DestinationCidrBlock // empty] | unique - ["0.0.0.0/0"]' -c)
  for block in $(jq -r --arg mine "$CLIENT_CIDR" "$SPANS"'.[] | select(overlaps($mine))' <<<"$theirs"); do
    problem "CLIENT_CIDR=$CLIENT_CIDR overlaps with $block, which the VPC has a route to" 'Choose a block that nobody uses.'
  done
}

network::groups() {
  local id
  for id in ${SECURITY_GROUP_IDS//,/ }; do
    if ! aws::find 'InvalidGroup.NotFound|InvalidGroupId.NotFound' ec2 describe-security-groups --group-ids "$id"; then
      problem "SECURITY_GROUP_IDS: $id does not exist" 'Correct it, or leave it out: then one is made.'
    elif [[ -n $ENDPOINT_VPC && $(json '.SecurityGroups[0].VpcId') != "$ENDPOINT_VPC" ]]; then
      problem "SECURITY_GROUP_IDS: $id is not in the VPC $ENDPOINT_VPC" 'Name groups of that VPC, or leave it out: then one is made.'
    fi
  done
}

network::log() {
  [[ -n $LOG_GROUP && $CONNECTION_LOG == on ]] || return 0
  aws::read logs describe-log-groups --log-group-name-prefix "$LOG_GROUP"
  [[ $(json 'any(.logGroups[]; .logGroupName == $name)' --arg name "$LOG_GROUP") == true ]] ||
    problem "LOG_GROUP: there is no log group $LOG_GROUP" 'Correct it, or leave it out: then one is made.'
}
