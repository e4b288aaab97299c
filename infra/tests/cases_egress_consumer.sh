# shellcheck shell=bash
# A project's way to the shared proxy: made, mended, removed, in the proxy's account and in another; its NAT gateways.
set -Eeuo pipefail

readonly EGRESS_NAME=proxy.egress.example.com

# consumes STATUS COMMAND [OPTION...]: consumer.sh with the rights of iam/egress-consumer.json, of the account CONSUMER.
consumes() {
  AWS_ACCESS_KEY_ID=${AS:-CONSUMER} runs "$1" "$INFRA/egress/consumer.sh" "${@:2}" --region us-east-1 || return 1
  has_not 'internal:'
}

# shared_proxy: a proxy as provider.sh makes it, with a verified name, in two zones: its ARN in PROXY_ARN; made once in each process.
# A project's VPC with the same addresses, in VPC, SUBNETS and GROUP.
shared_proxy() {
  local gateway verification
  fresh
  if [[ ! -s $WORK/once/proxy.url ]]; then
    network 10.30.0.0/16
    gateway=$(aws vpc-lattice create-resource-gateway --name egress --vpc-identifier "$VPC" --subnet-ids "${SUBNETS%,*}" "${SUBNETS#*,}" --security-group-ids "$GROUP" --query id --output text)
    verification=$(aws vpc-lattice start-domain-verification --domain-name egress.example.com --output json)
    proof "$verification"
    step 60
    aws vpc-lattice get-domain-verification --domain-verification-identifier "$(jq -r .id <<<"$verification")" >/dev/null
    step 60
    aws vpc-lattice create-resource-configuration --name egress --type SINGLE --port-ranges 3128 --protocol TCP --resource-gateway-identifier "$gateway" \
      --resource-configuration-definition '{"dnsResource": {"domainName": "proxy.internal", "ipAddressType": "IPV4"}}' --custom-domain-name "$EGRESS_NAME" \
      --domain-verification-identifier "$(jq -r .id <<<"$verification")" --query arn --output text >"$WORK/once/proxy.arn"
    step 30
    network 10.30.0.0/16
    aws ec2 modify-vpc-attribute --vpc-id "$VPC" --enable-dns-hostnames
    printf '%s %s\n' "$VPC" "$SUBNETS" >"$WORK/once/proxy.network"
    copy_of "$AWS_ENDPOINT_URL" >"$WORK/once/proxy.url"
  fi
  read -r VPC SUBNETS <"$WORK/once/proxy.network"
  PROXY_ARN=$(<"$WORK/once/proxy.arn")
  copy "$(<"$WORK/once/proxy.url")"
  faults
}

# entrance: the endpoint in the project's VPC; entrance_group: what its group has.
entrance() { aws ec2 describe-vpc-endpoints --filters "Name=vpc-id,Values=$VPC" Name=vpc-endpoint-type,Values=Resource --query "VpcEndpoints[?State!='deleting']" --output json | jq -r "${1:-.[].VpcEndpointId}"; }
entrance_group() {
  aws ec2 describe-security-groups --filters Name=group-name,Values=vpn-on-demand-egress "Name=vpc-id,Values=$VPC" --output json |
    jq -r '.SecurityGroups[] | [(.IpPermissions[] | "\(.IpProtocol) \(.FromPort)-\(.ToPort) \([.IpRanges[].CidrIp] | join(","))"), "\(.IpPermissionsEgress | length) out"] | join("; ")'
}
ensure_consumer() { consumes "$1" ensure --vpc "$VPC" --resource-configuration "$PROXY_ARN" "${@:2}"; }

case_consumer() {
  local VPC SUBNETS GROUP PROXY_ARN planned text id
  shared_proxy
  inventory >"$WORK/before"
  consumes 3 status --vpc "$VPC"
  has 'has no endpoint for the proxy'
  ensure_consumer 0 --dry-run
  planned=$(changes 'Changes, in this order:')
  ensure_consumer 1
  has 'nobody is there to confirm'
  is 'writes until then' 0 "$(writes)"
  ensure_consumer 0 --yes
  is 'planned and made' "$planned" "$(changes 'Changing:')"
  for text in "The proxy of $VPC: http://$EGRESS_NAME:3128" "export http_proxy=http://$EGRESS_NAME:3128" '169.254.169.254' '10.30.0.0/16' '.ec2.internal' 'Acquire::https::Proxy'; do has "$text"; done
  has_not "endpoint's own name"
  id=$(entrance)
  is 'it' "available true VERIFIED_DOMAINS_ONLY $(tr ',' '\n' <<<"$SUBNETS" | sort | paste -sd, -)" \
    "$(entrance '.[] | "\(.State) \(.PrivateDnsEnabled) \(.DnsOptions.PrivateDnsPreference) \(.SubnetIds | sort | join(","))"')"
  is 'its group' 'tcp 3128-3128 10.30.0.0/16; 0 out' "$(entrance_group)"
  # Again, nothing.
  faults
  ensure_consumer 0 --yes
  has 'none: everything is as'
  consumes 0 status --vpc "$VPC"
  for text in "$id, available" 'Reached:      Accessible' 'has no NAT gateway' 'Everything is as it was made.'; do has "$text"; done
  is 'writes of a second run' 0 "$(writes)"
  consumer_mended
  consumes 0 remove --vpc "$VPC" --dry-run
  planned=$(changes 'To be removed, in this order:')
  consumes 0 remove --vpc "$VPC" --yes
  is 'planned and removed' "$planned" "$(changes 'Removing:')"
  is 'what is left' "$(<"$WORK/before")" "$(inventory)"
  faults
  consumes 0 remove --vpc "$VPC" --yes
  is 'writes' 0 "$(writes)"
}

# What somebody changed is named and put right.
consumer_mended() {
  local group id text
  id=$(entrance) group=$(aws ec2 describe-security-groups --filters Name=group-name,Values=vpn-on-demand-egress --query 'SecurityGroups[0].GroupId' --output text)
  aws ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 22 --cidr 0.0.0.0/0 >/dev/null
  aws ec2 authorize-security-group-egress --group-id "$group" --protocol tcp --port 80 --cidr 0.0.0.0/0 >/dev/null
  aws ec2 modify-vpc-endpoint --vpc-endpoint-id "$id" --no-private-dns-enabled --add-security-group-ids "$(default_group "$VPC")" >/dev/null
  step 120
  consumes 3 status --vpc "$VPC"
  for text in 'close 1 permission(s) of ingress' 'close 1 permission(s) of egress' "change the endpoint $id"; do has "$text"; done
  ensure_consumer 0 --yes
  is 'its group, mended' 'tcp 3128-3128 10.30.0.0/16; 0 out' "$(entrance_group)"
  is 'it, mended' 'true 1' "$(entrance '.[] | "\(.PrivateDnsEnabled) \(.Groups | length)"')"
  # One zone by choice.
  ensure_consumer 0 --yes --subnets "${SUBNETS%,*}"
  is 'one zone' "${SUBNETS%,*}" "$(entrance '.[].SubnetIds | join(",")')"
}

case_consumer_names() {
  local VPC SUBNETS GROUP PROXY_ARN text
  shared_proxy
  # Without names of its own in the VPC: the endpoint's, and why; with them, by the same command.
  aws ec2 modify-vpc-attribute --vpc-id "$VPC" --no-enable-dns-hostnames
  ensure_consumer 0 --yes
  for text in '.vpc-lattice-rsc.us-east-1.on.aws:3128' 'the VPC has enableDnsHostnames off' "--enable-dns-hostnames '{\"Value\": true}'"; do has "$text"; done
  aws ec2 modify-vpc-attribute --vpc-id "$VPC" --enable-dns-hostnames
  # What has an endpoint in the VPC is not asked of the proxy.
  aws ec2 create-vpc-endpoint --vpc-id "$VPC" --vpc-endpoint-type Gateway --service-name com.amazonaws.us-east-1.s3 --route-table-ids "$(aws ec2 describe-route-tables --filters "Name=vpc-id,Values=$VPC" --query 'RouteTables[0].RouteTableId' --output text)" >/dev/null
  aws ec2 create-vpc-endpoint --vpc-id "$VPC" --vpc-endpoint-type Gateway --service-name com.amazonaws.us-east-1.dynamodb >/dev/null
  ensure_consumer 0 --yes
  has "http://$EGRESS_NAME:3128"
  has ',s3.us-east-1.amazonaws.com,.s3.us-east-1.amazonaws.com,.s3.dualstack.us-east-1.amazonaws.com'
  # No route leads to it.
  has_not dynamodb
}

# consumer_vpc_elsewhere: a VPC of another account, with the proxy's range. consumer_invited: that, and the proxy is shared with it.
consumer_vpc_elsewhere() {
  local vpc
  vpc=$(elsewhere aws ec2 create-vpc --cidr-block 10.30.0.0/16 --query Vpc.VpcId --output text)
  elsewhere aws ec2 create-subnet --vpc-id "$vpc" --cidr-block 10.30.0.0/24 --availability-zone us-east-1a >/dev/null
  elsewhere aws ec2 modify-vpc-attribute --vpc-id "$vpc" --enable-dns-hostnames
  printf '%s' "$vpc"
}
consumer_invited() {
  aws ram create-resource-share --name other --resource-arns "$PROXY_ARN" --principals 210987654321 >/dev/null
  consumer_vpc_elsewhere
}

case_consumer_elsewhere() {
  local VPC SUBNETS GROUP PROXY_ARN AS=CONSUMER-ELSEWHERE own theirs
  shared_proxy
  own=$VPC
  theirs=$(consumer_vpc_elsewhere)
  VPC=$theirs
  ensure_consumer 1 --yes
  has "is not shared with account 210987654321"
  aws ram create-resource-share --name other --resource-arns "$PROXY_ARN" --principals 210987654321 >/dev/null
  faults
  ensure_consumer 0 --dry-run
  is 'writes' 0 "$(writes)"
  has 'accept the invitation of account 123456789012'
  ensure_consumer 0 --yes
  has "http://$EGRESS_NAME:3128"
  is 'theirs' 1 "$(elsewhere aws ec2 describe-vpc-endpoints --query 'length(VpcEndpoints)')"
  # Not in a zone that the gateway does not have, as provider.sh says which it has.
  consumes 0 remove --vpc "$VPC" --yes
  ensure_consumer 1 --yes --zones use1-az9
  has 'no subnet of'
  VPC=$own
  AS='' ensure_consumer 0 --dry-run
}

case_consumer_refused() {
  local VPC SUBNETS GROUP PROXY_ARN text other
  shared_proxy
  consumes 1 ensure --vpc vpc-xyz --resource-configuration arn:aws:s3:::bucket --subnets nothing --zones us-east-1a
  for text in '--vpc: "vpc-xyz"' '--resource-configuration: "arn:aws:s3:::bucket"' '--subnets: "nothing"' '--zones: "us-east-1a"'; do has "$text"; done
  consumes 1 ensure --vpc vpc-0123456789abcdef0 --resource-configuration "$PROXY_ARN"
  has 'vpc-0123456789abcdef0 does not exist'
  ensure_consumer 1 --yes --subnets "$(subnet 1),${SUBNETS%,*}"
  has "$(subnet 1) is not a subnet of $VPC"
  consumes 1 ensure --vpc "$VPC" --resource-configuration "${PROXY_ARN%rcfg-*}rcfg-00000000000000000" --yes
  has 'does not exist'
  consumes 1 ensure --vpc "$VPC" --resource-configuration "${PROXY_ARN/us-east-1/eu-west-1}" --yes
  has 'reaches what is in its own region'
  is 'writes' 0 "$(writes)"
  # Somebody else's endpoint for the same proxy is not ours.
  other=$(aws ec2 create-vpc-endpoint --vpc-endpoint-type Resource --resource-configuration-arn "$PROXY_ARN" --vpc-id "$VPC" --subnet-ids "${SUBNETS%,*}" --query VpcEndpoint.VpcEndpointId --output text)
  step 60
  ensure_consumer 1 --yes
  has "which is not ours: $other"
  # The proxy is being changed.
  consumes 2 ensure --vpc "$VPC"
  consumes 2 status
}

case_consumer_nat() {
  local VPC SUBNETS GROUP PROXY_ARN address gateway table text carried
  shared_proxy
  address=$(aws ec2 allocate-address --domain vpc --query AllocationId --output text)
  gateway=$(aws ec2 create-nat-gateway --subnet-id "${SUBNETS%,*}" --allocation-id "$address" --query NatGateway.NatGatewayId --output text)
  table=$(aws ec2 describe-route-tables --filters "Name=vpc-id,Values=$VPC" --query 'RouteTables[0].RouteTableId' --output text)
  aws ec2 create-route --route-table-id "$table" --destination-cidr-block 0.0.0.0/0 --nat-gateway-id "$gateway" >/dev/null
  consumes 3 status --vpc "$VPC"
  for text in "$gateway: 0 GB; about \$36.50 a month" 'It is younger than 14 days'; do has "$text"; done
  has_not 'delete-nat-gateway'
  # Three weeks later it carries something, or nothing.
  carried=$(date -u -d 'now + 10 days' +%Y-%m-%dT%H:%M:%SZ)
  ask --json "$(jq -n --arg id "$gateway" --arg at "$carried" '{namespace: "AWS/NATGateway", name: "BytesOutToDestination", dimensions: {NatGatewayId: $id}, values: {($at): 2500000000}}')" \
    --output /dev/null "$AWS_ENDPOINT_URL/_local/measured"
  clock_at "$carried + 11 days" consumes 3 status --vpc "$VPC"
  has "$gateway: 2.5 GB, the last on ${carried%T*}"
  has_not 'delete-nat-gateway'
  clock_at "$carried + 18 days" consumes 3 status --vpc "$VPC"
  has "$gateway: 0 GB; about"
  # The commands are right: they are run, and then those of the way back.
  sed -n '/these remove it/,/The way back/s/^ *aws /aws /p' "$WORK/out" >"$WORK/removed"
  sed -n '/The way back/,$s/^ *aws /aws /p' "$WORK/out" >"$WORK/back"
  is 'the commands' '4 3' "$(grep -c . "$WORK/removed") $(grep -c . "$WORK/back")"
  bash -eu <<<"$(sed -n 1,2p "$WORK/removed")" >/dev/null
  # What is waited for takes a while on this clock.
  step 300
  bash -eu <<<"$(sed -n '3,$p' "$WORK/removed")" >/dev/null
  consumes 3 status --vpc "$VPC"
  has "$VPC has no NAT gateway."
  is 'its address' 0 "$(aws ec2 describe-addresses --query 'length(Addresses)')"
  address=$(bash -eu <<<"$(sed -n 1p "$WORK/back") --query AllocationId --output text")
  gateway=$(bash -eu <<<"$(sed -n "2s/THE_NEW_ADDRESS/$address/p" "$WORK/back") --query NatGateway.NatGatewayId --output text")
  bash -eu <<<"$(sed -n "3s/THE_NEW_GATEWAY/$gateway/p" "$WORK/back")" >/dev/null
  consumes 3 status --vpc "$VPC"
  has "$gateway: 0 GB"
}
