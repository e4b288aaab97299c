# shellcheck shell=bash
# The emulated VPC Lattice, resource endpoints and resource shares, asked by the real AWS CLI: what it takes apart is in the
# models' form.
set -Eeuo pipefail

# elsewhere COMMAND...: as somebody of another account.
elsewhere() { AWS_ACCESS_KEY_ID=test-ELSEWHERE "$@"; }
lattice() { aws vpc-lattice "$@" --output json; }

# aws_says CODE COMMAND...: that AWS refuses it so.
aws_says() {
  local code=$1
  shift
  if "$@" >"$WORK/out" 2>&1; then
    printf 'AWS takes it: %s\n' "$*" >&2
    return 1
  fi
  has "($code)"
}

# proof VERIFICATION: the TXT record that it waits for.
proof() {
  aws route53 change-resource-record-sets --hosted-zone-id "$(sed -n 's/^HOSTED_ZONE_ID=//p' "$WORK/good.env")" --change-batch "$(jq -n --argjson v "$1" '{
    Changes: [{Action: "CREATE", ResourceRecordSet: {Name: $v.txtMethodConfig.name, Type: "TXT", TTL: 60, ResourceRecords: [{Value: "\"\($v.txtMethodConfig.value)\""}]}}]}')" >/dev/null
}

case_lattice() {
  local VPC SUBNETS GROUP gateway configuration arn verification endpoint='' share invitation theirs
  fresh
  network 10.30.0.0/16
  gateway=$(lattice create-resource-gateway --name egress --vpc-identifier "$VPC" --subnet-ids "${SUBNETS%,*}" "${SUBNETS#*,}" --security-group-ids "$GROUP" \
    --resource-config-dns-resolution IN_VPC --tags k=v | jq -r .id)
  is 'a new gateway' CREATE_IN_PROGRESS "$(lattice get-resource-gateway --resource-gateway-identifier "$gateway" | jq -r .status)"
  aws_says DependencyViolation aws ec2 delete-subnet --subnet-id "${SUBNETS%,*}"
  step 60
  is 'the gateways' "egress ACTIVE $VPC" "$(lattice list-resource-gateways | jq -r '.items[] | "\(.name) \(.status) \(.vpcIdentifier)"')"
  verification=$(lattice start-domain-verification --domain-name egress.example.com)
  proof "$verification"
  is 'seen just now' PENDING "$(lattice get-domain-verification --domain-verification-identifier "$(jq -r .id <<<"$verification")" | jq -r .status)"
  step 60
  is 'verified' VERIFIED "$(lattice get-domain-verification --domain-verification-identifier "$(jq -r .id <<<"$verification")" | jq -r .status)"
  configuration=$(lattice create-resource-configuration --name egress --type SINGLE --port-ranges 3128 --protocol TCP --resource-gateway-identifier "$gateway" \
    --resource-configuration-definition '{"dnsResource": {"domainName": "proxy.internal", "ipAddressType": "IPV4"}}' --custom-domain-name proxy.egress.example.com \
    --domain-verification-identifier "$(jq -r .id <<<"$verification")")
  arn=$(jq -r .arn <<<"$configuration")
  step 20
  aws_says ConflictException lattice delete-resource-gateway --resource-gateway-identifier "$gateway"
  aws_says ValidationException lattice create-resource-gateway --name rgw-no --vpc-identifier "$VPC" --subnet-ids "${SUBNETS%,*}"
  # Another account: invited, accepted, with an endpoint in a VPC of the same range.
  theirs=$(elsewhere aws ec2 create-vpc --cidr-block 10.30.0.0/16 --query Vpc.VpcId --output text)
  theirs+=" $(elsewhere aws ec2 create-subnet --vpc-id "$theirs" --cidr-block 10.30.0.0/24 --availability-zone us-east-1a --query Subnet.SubnetId --output text)"
  elsewhere aws ec2 modify-vpc-attribute --vpc-id "${theirs% *}" --enable-dns-hostnames
  is 'who sees that VPC' 0 "$(aws ec2 describe-vpcs --query 'length(Vpcs[?OwnerId==`210987654321`])')"
  share=$(aws ram create-resource-share --name egress --resource-arns "$arn" --principals 210987654321 --query resourceShare.resourceShareArn --output text)
  aws_says ResourceNotFoundException elsewhere aws vpc-lattice get-resource-configuration --resource-configuration-identifier "$arn"
  invitation=$(elsewhere aws ram get-resource-share-invitations --query 'resourceShareInvitations[0].resourceShareInvitationArn' --output text)
  elsewhere aws ram accept-resource-share-invitation --resource-share-invitation-arn "$invitation" >/dev/null
  is 'what is shared with them' "$arn" "$(elsewhere aws ram list-resources --resource-owner OTHER-ACCOUNTS --query 'resources[].arn' --output text)"
  endpoint=$(elsewhere aws ec2 create-vpc-endpoint --vpc-endpoint-type Resource --resource-configuration-arn "$arn" --vpc-id "${theirs% *}" --subnet-ids "${theirs#* }" \
    --private-dns-enabled --tag-specifications 'ResourceType=vpc-endpoint,Tags=[{Key=k,Value=v}]' --query VpcEndpoint.VpcEndpointId --output text)
  step 60
  is 'their endpoint' "available Resource $arn v" "$(elsewhere aws ec2 describe-vpc-endpoints --filters Name=tag:k,Values=v --output json | jq -r '.VpcEndpoints[] | "\(.State) \(.VpcEndpointType) \(.ResourceConfigurationArn) \(.Tags[0].Value)"')"
  elsewhere aws ec2 create-tags --resources "$endpoint" "${theirs% *}" --tags Key=more,Value=w
  is 'tags of both' 'w w' "$(elsewhere aws ec2 describe-vpc-endpoints --filters Name=tag:more,Values=w --query 'VpcEndpoints[0].Tags[?Key==`more`].Value' --output text) $(elsewhere aws ec2 describe-vpcs --vpc-ids "${theirs% *}" --query 'Vpcs[0].Tags[?Key==`more`].Value' --output text)"
  elsewhere aws ec2 delete-tags --resources "$endpoint" --tags Key=more
  is 'its tags' v "$(elsewhere aws ec2 describe-vpc-endpoints --vpc-endpoint-ids "$endpoint" --query 'VpcEndpoints[0].Tags[].Value' --output text)"
  aws_says InvalidVpcEndpointId.NotFound aws ec2 create-tags --resources "$endpoint" --tags Key=more,Value=w
  is 'what it leads to' "Accessible proxy.egress.example.com true" "$(elsewhere aws ec2 describe-vpc-endpoint-associations --vpc-endpoint-ids "$endpoint" --output json |
    jq -r --arg id "$endpoint" '.VpcEndpointAssociations[] | "\(.AssociatedResourceAccessibility) \(.PrivateDnsEntry.DnsName) \(.DnsEntry.DnsName | startswith($id))"')"
  is 'what the provider sees' "$endpoint 210987654321" "$(lattice list-resource-endpoint-associations --resource-configuration-identifier "$arn" | jq -r '.items[] | "\(.vpcEndpointId) \(.vpcEndpointOwner)"')"
  aws_says ConflictException lattice delete-resource-configuration --resource-configuration-identifier "$arn"
  elsewhere aws ec2 delete-vpc-endpoints --vpc-endpoint-ids "$endpoint" >/dev/null
  step 60
  aws ram delete-resource-share --resource-share-arn "$share" >/dev/null
  lattice delete-resource-configuration --resource-configuration-identifier "$arn"
  step 20
  lattice delete-resource-gateway --resource-gateway-identifier "$gateway" >/dev/null
  step 60
  is 'the gateways at last' 0 "$(lattice list-resource-gateways | jq '.items | length')"
}
