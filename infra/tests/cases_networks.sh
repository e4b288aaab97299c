# shellcheck shell=bash
# The networks that an endpoint may be in.
set -Eeuo pipefail

# network BLOCK [OPTIONS...]: a VPC with a subnet in each of two zones; sets VPC, SUBNETS and GROUP, its default group.
network() {
  local zone number=0
  VPC=$(aws ec2 create-vpc --cidr-block "$1" "${@:2}" --query Vpc.VpcId --output text)
  SUBNETS=''
  for zone in us-east-1a us-east-1b; do
    SUBNETS+=${SUBNETS:+,}$(aws ec2 create-subnet --vpc-id "$VPC" --availability-zone "$zone" --query Subnet.SubnetId --output text \
      --cidr-block "${1%.0.0/*}.$number.0/24")
    number=$((number + 1))
  done
  GROUP=$(default_group "$VPC")
}

# gateway VPC: gives it an internet gateway, and prints that.
gateway() {
  local made
  made=$(aws ec2 create-internet-gateway --query InternetGateway.InternetGatewayId --output text)
  aws ec2 attach-internet-gateway --internet-gateway-id "$made" --vpc-id "$1"
  printf '%s' "$made"
}

# with_ipv6 VPC SUBNET...: gives each an IPv6 block of the VPC's.
with_ipv6() {
  local subnet block number=0
  block=$(aws ec2 describe-vpcs --vpc-ids "$1" --query 'Vpcs[0].Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock' --output text)
  for subnet in "${@:2}"; do
    aws ec2 associate-subnet-cidr-block --subnet-id "$subnet" --ipv6-cidr-block "${block%00::/56}0$number::/64" >/dev/null
    number=$((number + 1))
  done
}

# main_table VPC: its main route table.
main_table() { aws ec2 describe-route-tables --filters "Name=vpc-id,Values=$1" Name=association.main,Values=true --query 'RouteTables[0].RouteTableId' --output text; }

# A VPC for the VPN that has no way to the internet, and the page's load balancer in another one.
case_networks() {
  local VPC SUBNETS GROUP
  fresh
  network 10.20.0.0/16
  endpoint "{\"vpc\": \"$VPC\", \"security_groups\": [\"$GROUP\"]}"
  setting SUBNET_IDS "$SUBNETS"
  faults
  private_subnets
  deploy 0
  is 'the VPC of the load balancer' "$(aws ec2 describe-vpcs --filters Name=is-default,Values=true --query 'Vpcs[0].VpcId' --output text)" \
    "$(aws elbv2 describe-load-balancers --query 'LoadBalancers[0].VpcId' --output text)"
  is 'the subnets to associate' "$SUBNETS" "$(aws lambda get-function-configuration --function-name AWSClientVPN-AssociatingSubnets --query Environment.Variables.VPN_SUBNET_IDS --output text)"
  deploy 0
  has 'none: everything is as the settings say'
  endpoint '{"vpc": "", "security_groups": [], "transit_gateway": "tgw-0123456789abcdef0"}'
  faults
  deploy 1
  has 'the endpoint belongs to a Transit Gateway: tgw-0123456789abcdef0'
  has_not 'no security groups and VPC of its own'
  is 'writes' 0 "$(writes)"
}

# The load balancer's subnets in that VPC: a missing gateway and missing routes are named before anything is written, with
# what else is wrong. AWS looks at the gateway only (fact 11.13).
private_subnets() {
  local made table good
  good=$(sed -n 's/^ALB_SUBNET_IDS=//p' "$WORK/settings.env")
  setting ALB_SUBNET_IDS "$SUBNETS"
  setting USER_POOL_ID us-east-1_none
  deploy 1
  has "ALB_SUBNET_IDS: the VPC $VPC has no internet gateway"
  has 'USER_POOL_ID: us-east-1_none does not exist'
  has '2 thing(s) to put right'
  sed -i '/^USER_POOL_ID=/d' "$WORK/settings.env"
  is 'AWS itself says' "VPC $VPC has no internet gateway" \
    "$({ aws elbv2 create-load-balancer --name theirs --subnets "${SUBNETS%%,*}" "${SUBNETS##*,}" 2>&1 || true; } | sed -n 's/.*(InvalidSubnet) when calling the CreateLoadBalancer operation: //p')"
  made=$(gateway "$VPC")
  deploy 1
  has "ALB_SUBNET_IDS: ${SUBNETS%%,*} is not public: its route table has no route for 0.0.0.0/0 to an internet gateway"
  has "ALB_SUBNET_IDS: ${SUBNETS##*,} is not public"
  # The main table leads there now, and one subnet has a table of its own that does not.
  aws ec2 create-route --route-table-id "$(main_table "$VPC")" --destination-cidr-block 0.0.0.0/0 --gateway-id "$made" >/dev/null
  table=$(aws ec2 create-route-table --vpc-id "$VPC" --query RouteTable.RouteTableId --output text)
  aws ec2 associate-route-table --route-table-id "$table" --subnet-id "${SUBNETS##*,}" >/dev/null
  faults
  deploy 1
  has "ALB_SUBNET_IDS: ${SUBNETS##*,} is not public"
  has_not "${SUBNETS%%,*} is not public"
  is 'writes' 0 "$(writes)"
  aws ec2 create-route --route-table-id "$table" --destination-cidr-block 0.0.0.0/0 --gateway-id "$made" >/dev/null
  deploy 0 --dry-run
  setting ALB_SUBNET_IDS "$good"
}

# Routes of both kinds are compared by what they mean; what the endpoint cannot carry, and subnets that it cannot use, are
# named. A security group of a VPC with IPv6 lets everything out to ::/0 (fact 11.9) until that is closed.
case_ipv6() {
  local VPC SUBNETS GROUP text
  fresh
  network 10.20.0.0/16 --amazon-provided-ipv6-cidr-block
  aws ec2 create-route --route-table-id "$(main_table "$VPC")" --destination-cidr-block 0.0.0.0/0 --gateway-id "$(gateway "$VPC")" >/dev/null
  endpoint "{\"vpc\": \"$VPC\", \"security_groups\": [\"$GROUP\"], \"traffic\": \"dual-stack\", \"routes\": [\"0.0.0.0/0\", \"2001:db8::/32\", \"2600:1f18:0:1000::/56\"]}"
  setting SUBNET_IDS "$SUBNETS"
  setting ALB_SUBNET_IDS "$SUBNETS"
  setting ROUTES 0.0.0.0/0,2001:DB8:0:0::/32
  faults
  deploy 1
  has 'turning off deletes them: 2600:1f18:0:1000::/56'
  has 'ROUTES=0.0.0.0/0,2001:DB8:0:0::/32,2600:1f18:0:1000::/56 (or go on'
  setting ROUTES 0.0.0.0/0,2001:DB8:0:0::/32,2001:db8::/32,2001:db8::1/32,::/129,10.1.0.0/16
  deploy 1
  for text in '2001:db8::1/32 is not an IPv4 or IPv6 block' '::/129 is not an IPv4 or IPv6 block' 'ROUTES names a block twice'; do has "$text"; done
  setting ROUTES 0.0.0.0/0,2001:DB8:0:0::/32,2600:1f18:0:1000::/56
  endpoint '{"traffic": "ipv4"}'
  deploy 1
  has 'the endpoint carries ipv4 traffic only, and that is fixed: 2001:DB8:0:0::/32,2600:1f18:0:1000::/56'
  endpoint '{"traffic": "dual-stack"}'
  deploy 1
  for text in "${SUBNETS%%,*}" "${SUBNETS##*,}"; do has "SUBNET_IDS: $text has no IPv6 block, and the endpoint carries dual-stack traffic"; done
  is 'writes' 0 "$(writes)"
  with_ipv6 "$VPC" "${SUBNETS%%,*}" "${SUBNETS##*,}"
  faults
  deploy 0
  is 'routes' 0.0.0.0/0,2001:DB8:0:0::/32,2600:1f18:0:1000::/56 \
    "$(aws lambda get-function-configuration --function-name AWSClientVPN-AssociatingSubnets --query Environment.Variables.VPN_ROUTES --output text)"
  is 'what the load balancer lets out' '[{"FromPort":443,"IpRanges":[{"CidrIp":"0.0.0.0/0"}],"Ipv6Ranges":[]}]' "$(aws ec2 describe-security-groups --filters Name=group-name,Values=vpn-on-demand |
    jq -c '[.SecurityGroups[].IpPermissionsEgress[] | {FromPort, IpRanges, Ipv6Ranges}]')"
  deploy 0
  has 'none: everything is as the settings say'
  # By hand, beside what is ours: AWS answers with both in one permission.
  aws ec2 authorize-security-group-egress --group-id "$(aws ec2 describe-security-groups --filters Name=group-name,Values=vpn-on-demand --query 'SecurityGroups[0].GroupId' --output text)" \
    --ip-permissions 'IpProtocol=tcp,FromPort=443,ToPort=443,Ipv6Ranges=[{CidrIpv6=::/0,Description=theirs}]' >/dev/null
  deploy 0
  has '1 change(s) made'
  deploy 0
  has 'none: everything is as the settings say'
}
