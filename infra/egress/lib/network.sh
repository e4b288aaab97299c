# shellcheck shell=bash
# The VPC: a public and a private subnet in each of two zones, their routes, and S3 without a NAT gateway. Source it through lib.sh.
set -Eeuo pipefail

# Set by ensure_network: the ids of what others stand in.
EGRESS_VPC='' PUBLIC_SUBNET_IDS=() PRIVATE_SUBNET_IDS=() PRIVATE_TABLE_IDS=()

ensure_network() {
  local number
  network::vpc
  network::gateway
  PUBLIC_SUBNET_IDS=() PRIVATE_SUBNET_IDS=() PRIVATE_TABLE_IDS=()
  for number in 1 2; do
    network::subnet "public-$number" "$(zone::public "$number")" "$(zone::name "$number")"
    PUBLIC_SUBNET_IDS+=("$PART_ID")
  done
  for number in 1 2; do
    network::subnet "private-$number" "$(zone::private "$number")" "$(zone::name "$number")"
    PRIVATE_SUBNET_IDS+=("$PART_ID")
  done
  network::table public "${PUBLIC_SUBNET_IDS[@]}"
  network::route "$PART_ID" GatewayId "$EGRESS_GATEWAY" 'the internet gateway'
  for number in 1 2; do
    network::table "private-$number" "${PRIVATE_SUBNET_IDS[number - 1]}"
    PRIVATE_TABLE_IDS+=("$PART_ID")
  done
  network::storage
}

network::vpc() {
  local attribute
  if part::find vpc Vpcs VpcId describe-vpcs; then
    [[ $(jq -r .CidrBlock <<<"$PART_NOW") == "$VPC_CIDR" ]] || problem "VPC_CIDR is to be $VPC_CIDR, and $PART_ID was made with $(jq -r .CidrBlock <<<"$PART_NOW"): AWS changes it of no VPC" \
      "Set it to $(jq -r .CidrBlock <<<"$PART_NOW") again. Or make everything anew: infra/egress/provider.sh remove, then ensure."
  else
    change "create the VPC $VPC_CIDR" "$(jq -n --arg cidr "$VPC_CIDR" --argjson tags "$(part::made vpc vpc)" '{CidrBlock: $cidr, TagSpecifications: $tags}')" ec2 create-vpc
    part::new .Vpc.VpcId
    wait_for 'AWS to tell the VPC' "any(.Vpcs[]; .VpcId == \"$PART_ID\" and .State == \"available\")" ec2 describe-vpcs --filters "$(part::filters vpc)"
  fi
  EGRESS_VPC=$PART_ID
  # A private zone needs both; the first is AWS's default.
  for attribute in EnableDnsSupport EnableDnsHostnames; do
    [[ $EGRESS_VPC == "$NOT_YET" ]] || aws::read ec2 describe-vpc-attribute --vpc-id "$EGRESS_VPC" --attribute "${attribute,}"
    [[ $EGRESS_VPC != "$NOT_YET" || $attribute == EnableDnsHostnames ]] || continue
    [[ $EGRESS_VPC != "$NOT_YET" && $(json ".$attribute.Value") == true ]] || change "switch $attribute on in the VPC" "$(jq -n --arg id "$EGRESS_VPC" --arg key "$attribute" '{VpcId: $id, ($key): {Value: true}}')" ec2 modify-vpc-attribute
  done
}

network::gateway() {
  local attached=''
  if part::find internet InternetGateways InternetGatewayId describe-internet-gateways; then
    attached=$(jq -r '.Attachments[0].VpcId // ""' <<<"$PART_NOW")
  else
    change 'create the internet gateway' "$(jq -n --argjson tags "$(part::made internet-gateway internet)" '{TagSpecifications: $tags}')" ec2 create-internet-gateway
    part::new .InternetGateway.InternetGatewayId
  fi
  EGRESS_GATEWAY=$PART_ID
  [[ $attached == "$EGRESS_VPC" && $attached != '' ]] || change 'attach it to the VPC' "$(jq -n --arg id "$EGRESS_GATEWAY" --arg vpc "$EGRESS_VPC" '{InternetGatewayId: $id, VpcId: $vpc}')" ec2 attach-internet-gateway
}

# network::subnet PART BLOCK ZONE: found in PART_ID. Neither gives public addresses: nothing but NAT gateways has one.
network::subnet() {
  local now
  if part::find "$1" Subnets SubnetId describe-subnets; then
    now=$(jq -r '"\(.CidrBlock) in \(.AvailabilityZone)"' <<<"$PART_NOW")
    [[ $now == "$2 in $3" ]] || problem "the subnet $1 is to be $2 in $3, and $PART_ID was made with $now: AWS changes it of no subnet" \
      'Set the blocks and ZONES as they were. Or make everything anew: infra/egress/provider.sh remove, then ensure.'
    network::fixed "the subnet $1, $PART_ID," "$(jq -r '"in \(.VpcId)"' <<<"$PART_NOW")" "in $EGRESS_VPC"
    [[ $(jq -r '.MapPublicIpOnLaunch // false' <<<"$PART_NOW") == false ]] || change "give nothing in the subnet $1 a public address" "$(jq -n --arg id "$PART_ID" '{SubnetId: $id, MapPublicIpOnLaunch: {Value: false}}')" ec2 modify-subnet-attribute
    return 0
  fi
  change "create the subnet $1, $2 in $3" "$(jq -n --arg vpc "$EGRESS_VPC" --arg cidr "$2" --arg zone "$3" --argjson tags "$(part::made subnet "$1")" \
    '{VpcId: $vpc, CidrBlock: $cidr, AvailabilityZone: $zone, TagSpecifications: $tags}')" ec2 create-subnet
  part::new .Subnet.SubnetId
}

# network::table PART SUBNET...: a route table of these subnets; found in PART_ID, as AWS tells it in TABLE_NOW.
network::table() {
  local subnet now part=$1
  if part::find "$part" RouteTables RouteTableId describe-route-tables; then
    TABLE_NOW=$PART_NOW
  else
    change "create the route table $part" "$(jq -n --arg vpc "$EGRESS_VPC" --argjson tags "$(part::made route-table "$part")" '{VpcId: $vpc, TagSpecifications: $tags}')" ec2 create-route-table
    part::new .RouteTable.RouteTableId
    TABLE_NOW='{}'
  fi
  for subnet in "${@:2}"; do
    now=$(jq -r --arg id "$subnet" 'any(.Associations[]?; .SubnetId == $id)' <<<"$TABLE_NOW")
    [[ $now == true && $subnet != "$NOT_YET" ]] || change "let its subnet have the route table $part" "$(jq -n --arg table "$PART_ID" --arg subnet "$subnet" '{RouteTableId: $table, SubnetId: $subnet}')" ec2 associate-route-table
  done
}

# network::route TABLE FIELD TARGET WHAT: the way to the internet, in the table of TABLE_NOW.
network::route() {
  local now input
  now=$(jq -r --arg field "$2" '[.Routes[]? | select(.DestinationCidrBlock == "0.0.0.0/0")][0] | if . then (.[$field] // "another") + if .State == "blackhole" then " (leads nowhere)" else "" end else "" end' <<<"$TABLE_NOW")
  [[ $now != "$3" || $3 == "$NOT_YET" ]] || return 0
  input=$(jq -n --arg table "$1" --arg field "$2" --arg id "$3" '{RouteTableId: $table, DestinationCidrBlock: "0.0.0.0/0", ($field): $id}')
  if [[ -n $now ]]; then
    change "lead its route to the internet to $4" "$input" ec2 replace-route
  else
    change "make its route to the internet, by $4" "$input" ec2 create-route
  fi
}

# network::fixed WHAT NOW WANTED: what AWS changes of nothing, and somebody made otherwise.
network::fixed() {
  [[ $2 == "$3" || $3 == *"$NOT_YET"* ]] || problem "$1 is $2, and is to be $3: AWS changes that of none" 'Delete it, then run ensure: it is made anew.'
}

# Packages of Amazon Linux come from S3: that costs nothing so.
network::storage() {
  local missing
  if part::find storage VpcEndpoints VpcEndpointId describe-vpc-endpoints; then
    network::fixed "the gateway endpoint $PART_ID" "$(jq -r '"\(.VpcEndpointType) of \(.ServiceName)"' <<<"$PART_NOW")" "Gateway of com.amazonaws.$REGION.s3"
    network::fixed "the gateway endpoint $PART_ID" "$(jq -r '"in \(.VpcId)"' <<<"$PART_NOW")" "in $EGRESS_VPC"
    missing=$(jq -c '[$ARGS.positional[] as $id | select(.RouteTableIds | index([$id]) == null) | $id]' --args "${PRIVATE_TABLE_IDS[@]}" <<<"$PART_NOW")
    [[ $missing == '[]' ]] || change 'let both private route tables have the gateway endpoint of S3' "$(jq -n --arg id "$PART_ID" --argjson add "$missing" '{VpcEndpointId: $id, AddRouteTableIds: $add}')" ec2 modify-vpc-endpoint
    return 0
  fi
  change 'create the gateway endpoint of S3' "$(jq -n --arg vpc "$EGRESS_VPC" --arg service "com.amazonaws.$REGION.s3" --argjson tags "$(part::made vpc-endpoint storage)" \
    '{VpcEndpointType: "Gateway", VpcId: $vpc, ServiceName: $service, RouteTableIds: $ARGS.positional, TagSpecifications: $tags}' --args "${PRIVATE_TABLE_IDS[@]}")" ec2 create-vpc-endpoint
}

# What AWS lets go of last keeps all of it: hence so patiently.
ensure_removed_network() {
  local id vpc association
  part::ids VpcEndpoints VpcEndpointId describe-vpc-endpoints
  for id in $PART_IDS; do
    network::delete "delete the gateway endpoint of S3" '' "$(jq -n --arg id "$id" '{VpcEndpointIds: [$id]}')" delete-vpc-endpoints
  done
  part::ids RouteTables RouteTableId describe-route-tables
  for id in $PART_IDS; do
    aws::read ec2 describe-route-tables --route-table-ids "$id"
    for association in $(json '.RouteTables[].Associations[]? | select(.Main | not) | .RouteTableAssociationId'); do
      network::delete "take a subnet from the route table $id" '' "$(jq -n --arg id "$association" '{AssociationId: $id}')" disassociate-route-table
    done
    network::delete "delete the route table $id" "$NETWORK_IN_USE" "$(jq -n --arg id "$id" '{RouteTableId: $id}')" delete-route-table
  done
  part::ids Subnets SubnetId describe-subnets
  for id in $PART_IDS; do
    network::delete "delete the subnet $id" "$NETWORK_IN_USE" "$(jq -n --arg id "$id" '{SubnetId: $id}')" delete-subnet
  done
  part::ids InternetGateways InternetGatewayId describe-internet-gateways
  for id in $PART_IDS; do
    aws::read ec2 describe-internet-gateways --internet-gateway-ids "$id"
    vpc=$(json '.InternetGateways[0].Attachments[0].VpcId // ""')
    [[ -z $vpc ]] || network::delete "detach the internet gateway" "$ADDRESSES_MAPPED" "$(jq -n --arg id "$id" --arg vpc "$vpc" '{InternetGatewayId: $id, VpcId: $vpc}')" detach-internet-gateway
    network::delete "delete the internet gateway" '' "$(jq -n --arg id "$id" '{InternetGatewayId: $id}')" delete-internet-gateway
  done
  part::ids Vpcs VpcId describe-vpcs
  for id in $PART_IDS; do
    network::delete "delete the VPC $id" "$NETWORK_IN_USE" "$(jq -n --arg id "$id" '{VpcId: $id}')" delete-vpc
  done
}

# network::delete WHAT BUSY INPUT OPERATION
network::delete() {
  if [[ -z $2 ]]; then change "$1" "$3" ec2 "$4"; else change_patiently "$2" "$1" "$3" ec2 "$4"; fi
}
