# shellcheck shell=bash
# The proxy of many VPCs, on the provider's side: made, changed, shared, looked at, removed, and what is refused before anything is
# made.
set -Eeuo pipefail

# provider STATUS COMMAND [OPTION...]: with the rights of iam/egress-provider.json and the settings of $WORK/egress.env.
provider() {
  AWS_ACCESS_KEY_ID=${AS:-PROVIDER} runs "$1" "$INFRA/egress/provider.sh" "${@:2}" --settings "$WORK/egress.env" || return 1
  has_not 'internal:'
}

# want KEY VALUE: changes the proxy's settings; without a value it is left out.
want() {
  sed -i "/^$1=/d" "$WORK/egress.env"
  [[ -z ${2-} ]] || printf '%s=%s\n' "$1" "$2" >>"$WORK/egress.env"
}
wants() { cp "$WORK/wants.env" "$WORK/egress.env"; }

# fresh_egress: an account with nothing of the proxy, and good settings for it.
fresh_egress() {
  fresh
  printf '%s\n' REGION=us-east-1 VPC_CIDR=10.255.0.0/24 PROXY_NAME=proxy.egress.example.com "$(grep '^HOSTED_ZONE_ID=' "$WORK/good.env")" >"$WORK/wants.env"
  wants
  faults
}

# egress_things: everything that the scripts make, whoever made it. What is deleted is told for a while.
egress_things() {
  local kind
  for kind in vpcs subnets route-tables internet-gateways addresses security-groups launch-templates; do aws ec2 "describe-$kind" --output json | jq -S .; done
  aws ec2 describe-nat-gateways --output json | jq -S '[.NatGateways[] | select(.State != "deleted")]'
  aws ec2 describe-vpc-endpoints --output json | jq -S '[.VpcEndpoints[] | select(.State != "deleted")]'
  aws ec2 describe-instances --output json | jq -S '[.Reservations[].Instances[] | select(.State.Name != "terminated") | .InstanceId]'
  aws autoscaling describe-auto-scaling-groups --output json | jq -S .
  aws elbv2 describe-load-balancers --output json | jq -S .
  aws elbv2 describe-target-groups --output json | jq -S .
  aws iam list-roles --output json | jq -S '[.Roles[].RoleName]'
  aws iam list-instance-profiles --output json | jq -S .
  aws logs describe-log-groups --output json | jq -S '[.logGroups[].logGroupName]'
  aws route53 list-hosted-zones --output json | jq -S '[.HostedZones[] | del(.CallerReference)]'
  aws route53 list-resource-record-sets --hosted-zone-id "$(sed -n 's/^HOSTED_ZONE_ID=//p' "$WORK/good.env")" --output json | jq -S .
  inventory | grep '"lattice/' || true
}

# made_egress: one that is finished, made once in each process.
made_egress() {
  if [[ ! -s $WORK/once/egress.url ]]; then
    fresh_egress
    egress_things >"$WORK/once/egress.before"
    provider 0 ensure --yes
    copy_of "$AWS_ENDPOINT_URL" >"$WORK/once/egress.url"
    cp "$WORK/wants.env" "$WORK/once/egress.env"
  fi
  copy "$(<"$WORK/once/egress.url")"
  cp "$WORK/once/egress.env" "$WORK/wants.env"
  wants
  faults
}

# rules_of GROUP: its permissions, one a line.
rules_of() {
  aws ec2 describe-security-groups --output json | jq -r --arg name "vpn-on-demand-egress-$1" '(.SecurityGroups | map({key: .GroupId, value: .GroupName}) | from_entries) as $names
    | def other: ($names[.UserIdGroupPairs[0].GroupId // ""] // .IpRanges[0].CidrIp);
    .SecurityGroups[] | select(.GroupName == $name) | (.IpPermissions[] | "in \(.FromPort) \(other)"), (.IpPermissionsEgress[] | "out \(.FromPort) \(other)")' | sort
}

# not_taken TEXT...: ensure names these and writes nothing.
not_taken() {
  local text
  faults
  provider 1 ensure --yes
  for text in "$@"; do has "$text"; done
  is 'writes' 0 "$(writes)"
}

case_egress() {
  local planned text group data
  fresh_egress
  egress_things >"$WORK/before"
  provider 0 ensure --dry-run
  planned=$(changes 'Changes, in this order:')
  is 'writes until then' 0 "$(writes)"
  provider 0 ensure --yes
  is 'planned and made' "$planned" "$(changes 'Changing:')"
  faults
  provider 0 ensure --yes
  has 'none: everything is as the settings say'
  is 'writes of a second run' 0 "$(writes)"
  is 'rules of the gateway' 'out 3128 vpn-on-demand-egress-proxies' "$(rules_of gateway)"
  is 'rules of the proxies' $'in 3127 vpn-on-demand-egress-proxies\nin 3128 vpn-on-demand-egress-gateway\nout 3127 vpn-on-demand-egress-proxies\nout 443 0.0.0.0/0\nout 80 0.0.0.0/0' "$(rules_of proxies)"
  data=$(aws ec2 describe-launch-template-versions --launch-template-name vpn-on-demand-egress --versions '$Latest' --query 'LaunchTemplateVersions[0].LaunchTemplateData' --output json)
  is 'what a proxy is' 'required 1 false true null' "$(jq -r '"\(.MetadataOptions.HttpTokens) \(.MetadataOptions.HttpPutResponseHopLimit) \(.NetworkInterfaces[0].AssociatePublicIpAddress) \(.BlockDeviceMappings[0].Ebs.Encrypted) \(.KeyName)"' <<<"$data")"
  is 'its zones' 'us-east-1a us-east-1b' "$(aws autoscaling describe-auto-scaling-instances --query 'AutoScalingInstances[].AvailabilityZone' --output text | tr '\t' '\n' | sort | xargs)"
  is 'the configuration' '3128 proxy.vpn-on-demand-egress.internal proxy.egress.example.com VERIFIED false' "$(aws vpc-lattice get-resource-configuration --output json \
    --resource-configuration-identifier "$(aws vpc-lattice list-resource-configurations --query 'items[0].id' --output text)" |
    jq -r '"\(.portRanges[0]) \(.resourceConfigurationDefinition.dnsResource.domainName) \(.customDomainName) \(.domainVerificationStatus) \(.allowAssociationToShareableServiceNetwork)"')"
  provider 0 status
  for text in 'ACTIVE' 'proxy.egress.example.com, VERIFIED' 'fail for at most 114 s' 'set PRICE_RESOURCE_ENDPOINT_HOUR from your bill' 'Everything is as the settings say.'; do has "$text"; done
  provider 0 remove --dry-run
  planned=$(changes 'To be removed, in this order:')
  provider 0 remove --yes
  is 'planned and removed' "$planned" "$(changes 'Removing:')"
  is 'what is left' "$(<"$WORK/before")" "$(egress_things)"
}

# Other settings: new proxies one zone after the other, a NAT gateway and a balancer come and go, and nobody is in both ways at once.
case_egress_changed() {
  local text
  made_egress
  want INSTANCE_TYPE t4g.medium
  want NAT_GATEWAYS each
  want PROXY_BALANCER nlb
  want DENIED_DESTINATIONS .example.net
  provider 0 ensure --yes
  for text in 'make a new version of the launch template' 'create the NAT gateway in us-east-1b' 'create the network load balancer' 'replace 1 proxies of vpn-on-demand-egress-2' \
    'change the resource configuration: resourceConfigurationDefinition'; do has "$text"; done
  is 'rules of the gateway' 'out 3128 vpn-on-demand-egress-balancer' "$(rules_of gateway)"
  is 'rules of the balancer' $'in 3128 vpn-on-demand-egress-gateway\nout 3128 vpn-on-demand-egress-proxies' "$(rules_of balancer)"
  is 'rules of the proxies' $'in 3128 vpn-on-demand-egress-balancer\nout 443 0.0.0.0/0\nout 80 0.0.0.0/0' "$(rules_of proxies)"
  faults
  provider 0 ensure --yes
  is 'writes of a second run' 0 "$(writes)"
  wants
  provider 0 ensure --yes
  for text in 'delete the network load balancer' 'delete the security group vpn-on-demand-egress-balancer' 'release its public address'; do has "$text"; done
  provider 0 remove --yes
  is 'what is left' "$(<"$WORK/once/egress.before")" "$(egress_things)"
}

# Whatever somebody changed by hand is put right by one run, with the rights of the documents.
case_egress_mended() {
  local text role=vpn-on-demand-egress storage
  made_egress
  want PROXY_BALANCER nlb
  provider 0 ensure --yes
  aws ec2 modify-subnet-attribute --map-public-ip-on-launch --subnet-id "$(aws ec2 describe-subnets --filters Name=tag:vpn-on-demand:part,Values=private-1 --query 'Subnets[0].SubnetId' --output text)"
  storage=$(aws ec2 describe-vpc-endpoints --filters Name=vpc-endpoint-type,Values=Gateway --query 'VpcEndpoints[0]' --output json)
  aws ec2 modify-vpc-endpoint --vpc-endpoint-id "$(jq -r .VpcEndpointId <<<"$storage")" --remove-route-table-ids "$(jq -r '.RouteTableIds[0]' <<<"$storage")" >/dev/null
  aws iam create-policy --policy-name theirs --policy-document '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}' >/dev/null
  aws iam attach-role-policy --role-name "$role" --policy-arn arn:aws:iam::123456789012:policy/theirs
  aws iam update-assume-role-policy --role-name "$role" --policy-document "$(aws iam get-role --role-name "$role" --query Role.AssumeRolePolicyDocument --output json | jq -c '.Statement |= (if type == "array" then .[0] else . end) | .Statement.Principal.Service = "lambda.amazonaws.com"')"
  aws elbv2 modify-target-group --health-check-interval-seconds 300 --target-group-arn "$(aws elbv2 describe-target-groups --names "$role" --query 'TargetGroups[0].TargetGroupArn' --output text)" >/dev/null
  aws vpc-lattice update-resource-gateway --resource-gateway-identifier "$(aws vpc-lattice list-resource-gateways --query 'items[0].id' --output text)" \
    --security-group-ids "$(aws ec2 describe-security-groups --filters Name=group-name,Values=vpn-on-demand-egress-proxies --query 'SecurityGroups[0].GroupId' --output text)" >/dev/null
  step 60
  provider 0 ensure --yes
  for text in 'give nothing in the subnet private-1 a public address' 'let both private route tables have the gateway endpoint of S3' 'take arn:aws:iam::123456789012:policy/theirs from' \
    'let instances, and nobody else, assume' 'look at the proxies every' 'change the resource gateway: securityGroupIds'; do has "$text"; done
  provider 0 status
  has 'Everything is as the settings say.'
}

# Others are let in, and not cut off unawares.
case_egress_shared() {
  made_egress
  provider 2 share 12345
  has 'is no account'
  provider 0 share 210987654321 --yes
  has '--resource-configuration arn:aws:vpc-lattice:'
  faults
  provider 0 share 210987654321 --yes
  is 'writes of a second run' 0 "$(writes)"
  provider 0 share 333333333333 --yes
  has 'share the proxy with 333333333333'
  provider 0 status
  has '210987654321 (has not accepted)'
  network 10.40.0.0/16
  aws ec2 create-vpc-endpoint --vpc-endpoint-type Resource --vpc-id "$VPC" --subnet-ids "${SUBNETS%,*}" \
    --resource-configuration-arn "$(aws vpc-lattice list-resource-configurations --query 'items[0].arn' --output text)" >/dev/null
  step 60
  faults
  provider 1 remove --yes
  has 'endpoints of consumers lead here'
  is 'writes' 0 "$(writes)"
  provider 0 remove --cut-off --yes
  has 'cut off the endpoint vpce-'
  is 'gateways that are left' 0 "$(aws vpc-lattice list-resource-gateways --query 'length(items)')"
}

# A name whose record somebody else has to make: all else stands, and the same command goes on.
case_egress_proof() {
  local record
  fresh_egress
  want HOSTED_ZONE_ID
  provider 3 ensure --yes
  has 'make this record in public DNS'
  has 'NOT VERIFIED YET'
  is 'the configurations' 1 "$(aws vpc-lattice list-resource-configurations --query 'length(items)')"
  provider 3 status
  has 'proxy.egress.example.com is not verified yet'
  record=$(aws vpc-lattice list-domain-verifications --query 'items[0].txtMethodConfig' --output json)
  aws route53 change-resource-record-sets --hosted-zone-id "$(sed -n 's/^HOSTED_ZONE_ID=//p' "$WORK/good.env")" --change-batch "$(jq -n --argjson r "$record" '{
    Changes: [{Action: "CREATE", ResourceRecordSet: {Name: $r.name, Type: "TXT", TTL: 60, ResourceRecords: [{Value: "\"\($r.value)\""}]}}]}')" >/dev/null
  faults
  provider 0 ensure --yes
  is 'writes' 0 "$(writes)"
}

case_egress_refused() {
  fresh_egress
  want VPC_CIDR 10.255.0.0/28
  want ZONES us-east-1a,us-east-1a
  want PROXY_NAME Proxy
  want NAT_GATEWAYS two
  want HEALTH_SECONDS 1
  printf 'PROXI=1\n' >>"$WORK/egress.env"
  not_taken 'VPC_CIDR=10.255.0.0/28: expected a block from /16 to /24' 'ZONES names one zone twice' 'PROXY_NAME=Proxy' 'NAT_GATEWAYS=two' 'HEALTH_SECONDS=1' 'PROXI is not a setting'
  wants
  want PUBLIC_CIDRS 10.255.0.0/25,10.255.0.64/26
  want PRIVATE_CIDRS 10.255.0.128/27,10.254.0.0/26
  not_taken '10.255.0.0/25 overlaps with 10.255.0.64/26' '10.254.0.0/26 is not in 10.255.0.0/24' '10.255.0.128/27 is too small'
  wants
  want VPC_CIDR 10.255.0.1/24
  not_taken 'VPC_CIDR: 10.255.0.1/24 is not an IPv4 block'
  wants
  want ZONES us-east-1a,us-east-1z
  want PROXY_NAME proxy.example.org
  want HOSTED_ZONE_ID ZNOTTHERE00000
  not_taken 'us-east-1z is no availability zone' 'ZNOTTHERE00000 does not exist'
  wants
  want PROXY_NAME proxy.example.org
  not_taken 'HOSTED_ZONE_ID is example.com, and PROXY_NAME=proxy.example.org is not in it'
  wants
  aws vpc-lattice start-domain-verification --domain-name proxy.egress.example.com >/dev/null
  not_taken 'domain-verification/proxy.egress.example.com exists and is not ours'
  # Whoever may not make a VPC learns it before anything is made.
  fresh_egress
  faults '{"lacks": ["ec2:CreateVpc"]}'
  provider 1 ensure --yes
  has 'UnauthorizedOperation'
  has 'iam/egress-provider-network.json'
  is 'writes' 0 "$(writes)"
}

# Where every role must have a permissions boundary: it is there from the beginning, put where another is, and nothing is made without.
case_egress_boundary() {
  local ours other role=vpn-on-demand-egress
  fresh_egress
  want PERMISSIONS_BOUNDARY arn:aws:iam::123456789012:policy/vpn-on-demand-boundary
  not_taken 'PERMISSIONS_BOUNDARY: arn:aws:iam::123456789012:policy/vpn-on-demand-boundary does not exist'
  ours=$(aws iam create-policy --policy-name vpn-on-demand-boundary --policy-document "file://$INFRA/iam/boundary.json" --query Policy.Arn --output text)
  other=$(aws iam create-policy --policy-name other --policy-document "file://$INFRA/iam/boundary.json" --query Policy.Arn --output text)
  provider 0 ensure --yes
  is 'the boundary' "$ours" "$(boundary "$role")"
  provider 0 status
  aws iam put-role-permissions-boundary --role-name "$role" --permissions-boundary "$other"
  provider 3 status
  has "limit $role by the permissions boundary $ours"
  faults
  provider 0 ensure --yes
  is 'writes' 1 "$(writes)"
  is 'the boundary' "$ours" "$(boundary "$role")"
  # One that nobody asked for here stays.
  want PERMISSIONS_BOUNDARY
  provider 0 status
  is 'the boundary' "$ours" "$(boundary "$role")"
}

# lattice_fails gateway|configuration [REASON]: the next one that is made cannot be made, as turns out after its time.
lattice_fails() { ask --json "$(jq -n --arg kind "$1" --arg reason "${2-}" '{fails: $kind, $reason}')" --output /dev/null "$AWS_ENDPOINT_URL/_local/lattice"; }

# What AWS could not make is said, with its reason where AWS gives one; it is neither waited for nor taken for made.
case_egress_failed() {
  local id
  fresh_egress
  lattice_fails gateway
  provider 1 ensure --yes
  id=$(aws vpc-lattice list-resource-gateways --query 'items[0].id' --output text)
  has "the resource gateway $id is CREATE_FAILED"
  provider 3 status
  has "the resource gateway $id is CREATE_FAILED"
  has_not 'Everything is as the settings say'
  # The same command does not go on as if it stood, nor make a second one of the name.
  faults
  provider 1 ensure --yes
  has "the resource gateway $id is CREATE_FAILED"
  is 'writes' 0 "$(writes)"
  aws vpc-lattice delete-resource-gateway --resource-gateway-identifier "$id" >/dev/null
  step 120
  lattice_fails configuration 'Domain proxy.vpn-on-demand-egress.internal cannot be resolved'
  provider 1 ensure --yes
  id=$(aws vpc-lattice list-resource-configurations --query 'items[0].id' --output text)
  has "the resource configuration $id is CREATE_FAILED: Domain proxy.vpn-on-demand-egress.internal cannot be resolved"
  provider 3 status
  has "the resource configuration $id is CREATE_FAILED: Domain proxy.vpn-on-demand-egress.internal cannot be resolved"
  faults
  provider 1 ensure --yes
  is 'writes' 0 "$(writes)"
  aws vpc-lattice delete-resource-configuration --resource-configuration-identifier "$id"
  step 60
  provider 0 ensure --yes
  provider 0 status
  provider 0 remove --yes
}
