# shellcheck shell=bash
# How wires of the egress are cut.
# shellcheck disable=SC2154 # harness.sh, run.sh
set -Eeuo pipefail

# take_over ID: the tags of what a wire is about go to another thing of the same kind.
take_over() {
  local part=${ABOUT#*/}
  aws ec2 delete-tags --resources "$(at "$ABOUT")" --tags Key=vpn-on-demand:part
  aws ec2 create-tags --resources "$1" --tags "Key=vpn-on-demand:installation,Value=egress/default" "Key=vpn-on-demand:part,Value=$part"
}
another_vpc() { take_over "$(aws ec2 create-vpc --cidr-block 10.254.0.0/24 --query Vpc.VpcId --output text)"; }
other_block() { aws ec2 associate-vpc-cidr-block --vpc-id "$(at vpc/vpc)" --cidr-block 10.254.0.0/24; }
another_subnet() {
  other_block
  take_over "$(aws ec2 create-subnet --vpc-id "$(at vpc/vpc)" --cidr-block 10.254.0.0/26 --availability-zone "$1" --query Subnet.SubnetId --output text)"
}
# in_another_vpc subnet|table: the same one, elsewhere.
in_another_vpc() {
  local vpc
  vpc=$(aws ec2 create-vpc --cidr-block 10.255.0.0/24 --query Vpc.VpcId --output text)
  case $1 in
  subnet)
    take_over "$(aws ec2 create-subnet --vpc-id "$vpc" --cidr-block "$(jq -r .CidrBlock <<<"$INPUT")" --availability-zone "$(jq -r .AvailabilityZone <<<"$INPUT")" --query Subnet.SubnetId --output text)"
    ;;
  table) take_over "$(aws ec2 create-route-table --vpc-id "$vpc" --query RouteTable.RouteTableId --output text)" ;;
  *) take_over "$(aws ec2 create-vpc-endpoint --vpc-endpoint-type Gateway --vpc-id "$vpc" --service-name com.amazonaws.us-east-1.s3 --query VpcEndpoint.VpcEndpointId --output text)" ;;
  esac
}
another_service() {
  take_over "$(aws ec2 create-vpc-endpoint --vpc-endpoint-type Gateway --vpc-id "$(at vpc/vpc)" --service-name com.amazonaws.us-east-1.dynamodb --query VpcEndpoint.VpcEndpointId --output text)"
}
another_nat() {
  local gateway
  gateway=$(aws ec2 create-nat-gateway --subnet-id "$(at subnet/private-1)" --allocation-id "$(aws ec2 allocate-address --domain vpc --query AllocationId --output text)" --query NatGateway.NatGatewayId --output text)
  step 300
  take_over "$gateway"
}
detached() {
  local association
  aws ec2 delete-nat-gateway --nat-gateway-id "$(at nat/nat-1)"
  step 300
  association=$(aws ec2 describe-addresses --allocation-ids "$(at eipalloc/nat-1)" --query 'Addresses[0].AssociationId' --output text)
  [[ $association == None ]] || aws ec2 disassociate-address --association-id "$association"
  aws ec2 release-address --allocation-id "$(at eipalloc/nat-1)"
  aws ec2 detach-internet-gateway --internet-gateway-id "$(at igw/internet)" --vpc-id "$(at vpc/vpc)"
}
unassociated() {
  aws ec2 disassociate-route-table --association-id "$(aws ec2 describe-route-tables --route-table-ids "$(at "$ABOUT")" --output json |
    jq -r --arg subnet "$(jq -r .SubnetId <<<"$INPUT")" '.RouteTables[0].Associations[] | select(.SubnetId == $subnet) | .RouteTableAssociationId')"
}
names_off() { aws ec2 modify-vpc-attribute --vpc-id "$(at vpc/vpc)" --no-enable-dns-hostnames; }
another_type() {
  take_over "$(aws ec2 create-vpc-endpoint --vpc-endpoint-type Interface --vpc-id "$(at vpc/vpc)" --subnet-ids "$(at subnet/private-1)" --service-name com.amazonaws.us-east-1.s3 --query VpcEndpoint.VpcEndpointId --output text)"
}
no_table() { aws ec2 modify-vpc-endpoint --vpc-endpoint-id "$(at vpce/storage)" --remove-route-table-ids "$(at "rtb/private-$(($(jq -r .[-1] <<<"$LEAF") + 1))")"; }
no_route() { aws ec2 delete-route --route-table-id "$(at "$ABOUT")" --destination-cidr-block 0.0.0.0/0; }
other_route() { aws ec2 replace-route --route-table-id "$(at "$ABOUT")" --destination-cidr-block 0.0.0.0/0 "$1" "$(at "$2")"; }

# other_permission: the permission with another value of this argument. opened: with one that was taken away.
direction() { if [[ $ABOUT != '' && $(jq -r '.name' <<<"$WIRE") == *-egress\ * ]]; then printf egress; else printf ingress; fi; }
closed() { sent ec2 "revoke-security-group-$(direction)" < <(jq -c '{GroupId, IpPermissions}' <<<"$INPUT"); }
opened() { sent ec2 "authorize-security-group-$(direction)" < <(jq -c '{GroupId, IpPermissions}' <<<"$INPUT"); }
other_permission() {
  closed
  sent ec2 "authorize-security-group-$(direction)" < <(jq -c --argjson path "$LEAF" --arg own "$(at "$ABOUT")" --slurpfile ids "$SHARED/wires/$SCENE.ids" '{GroupId, IpPermissions: [.IpPermissions[$path[1]]]} | ($path[:1] + [0] + $path[2:]) as $path
    | ([$ids[0] | to_entries[] | select(.value == "sg/egress-gateway") | .key][0]) as $gateway | (if getpath($path) == $own then $gateway else $own end) as $other
    | setpath($path; {FromPort: 1, ToPort: 65535, IpProtocol: "udp", CidrIp: "10.0.0.0/8", GroupId: $other}[$path | last])' <<<"$INPUT")
}

# other_rights FILTER: the role's document, changed. other_trust: with another value, since none is empty.
other_rights() {
  local role=vpn-on-demand-egress document
  document=$(aws iam get-role-policy --role-name "$role" --policy-name vpn-on-demand --query PolicyDocument --output json | jq -c --argjson wire "$WIRE" "$1")
  aws iam put-role-policy --role-name "$role" --policy-name vpn-on-demand --policy-document "$document"
}
# Of a wire's path, the third is the Sid of its statement. IAM tells lists in another order, and of one only that one: hence by what it is.
other_statement() { other_rights "(.Statement[] | select(.Sid == \$wire.path[2])) |= ($1)"; }
other_right() { other_statement ".[\$wire.path[3]] |= ([.] | flatten | map(if . == \$wire.value then \"$1\" else . end))"; }
without_condition() { other_statement 'del(.Condition)'; }
allowed_otherwise() { other_statement '.Effect = "Deny"'; }
# The one statement of its trust is no list.
other_trust() {
  aws iam update-assume-role-policy --role-name vpn-on-demand-egress --policy-document "$(aws iam get-role --role-name vpn-on-demand-egress --query Role.AssumeRolePolicyDocument --output json |
    jq -c --argjson path "$LEAF" --arg to "$1" 'setpath(if $path[1] == "Statement" then ["Statement"] + $path[3:] else $path[1:] end; $to)')"
}
role_untagged() { aws iam untag-role --role-name vpn-on-demand-egress --tag-keys vpn-on-demand:installation; }
profile_untagged() { aws iam untag-instance-profile --instance-profile-name vpn-on-demand-egress --tag-keys vpn-on-demand:installation; }
no_role() {
  local name=vpn-on-demand-egress
  aws iam remove-role-from-instance-profile --instance-profile-name "$name" --role-name "$name"
}

# other_template: a new version without this argument, or with another value.
other_template() {
  local id
  id=$(at lt/template)
  aws ec2 describe-launch-template-versions --launch-template-id "$id" --versions '$Latest' --output json | jq --arg id "$id" --argjson path "$LEAF" --argjson sent "$INPUT" '
    {LaunchTemplateId: $id, LaunchTemplateData: (.LaunchTemplateVersions[0].LaunchTemplateData | if $path[1] == "TagSpecifications"
      then (.TagSpecifications[] | select(.ResourceType == ($sent | getpath($path[:3]).ResourceType)).Tags) |= map(select(.Key != $path[4])) else delpaths([$path[1:]]) end)}' >"$WORK/template.json"
  aws ec2 create-launch-template-version --cli-input-json "file://$WORK/template.json"
}

group_is() { aws autoscaling update-auto-scaling-group --auto-scaling-group-name "$ABOUT" "$@"; }
group_untagged() { aws autoscaling delete-tags --tags "ResourceId=$ABOUT,ResourceType=auto-scaling-group,Key=$(jq -r '.[-2]' <<<"$LEAF")"; }
group_in_public() { group_is --vpc-zone-identifier "$(at subnet/public-1)"; }
group_of_newest() { group_is --launch-template "LaunchTemplateId=$(at lt/template),Version=\$Latest"; }
group_of_another() {
  group_is --launch-template "LaunchTemplateId=$(aws ec2 create-launch-template --launch-template-name other --launch-template-data ImageId=ami-12c6146b,InstanceType=t4g.small --query LaunchTemplate.LaunchTemplateId --output text),Version=1"
}
group_without_targets() { aws autoscaling detach-load-balancer-target-groups --auto-scaling-group-name "$ABOUT" --target-group-arns "$(at targets)"; }
no_group() { aws autoscaling delete-auto-scaling-group --auto-scaling-group-name "$ABOUT" --force-delete; }

# lattice_tells NAME FIELDS: as if somebody had made it so.
lattice_tells() { ask --json "$(jq -n --arg id "$(at "$1")" --argjson fields "$2" '{$id, $fields}')" "$AWS_ENDPOINT_URL/_local/lattice"; }
lattice_untagged() { aws vpc-lattice untag-resource --resource-arn "arn:aws:vpc-lattice:us-east-1:123456789012:$1/$(at "$2")" --tag-keys vpn-on-demand:installation; }
gateway_of_proxies() { gateway_is --security-group-ids "$(at sg/egress-proxies)"; }
nothing_shared() { aws ram disassociate-resource-share --resource-share-arn "$(at share)" --resource-arns "$(at rcfg/arn)"; }
gateway_is() { aws vpc-lattice update-resource-gateway --resource-gateway-identifier "$(at rgw)" "$@"; }
configuration_is() { aws vpc-lattice update-resource-configuration --resource-configuration-identifier "$(at rcfg)" "$@"; }

# other_record FILTER: the TXT record, changed; no_record: deleted.
other_record() {
  aws route53 change-resource-record-sets --hosted-zone-id "$(at zone/public)" --change-batch "$(jq -c '.ChangeBatch | .Changes[0].Action = "DELETE"' <<<"$INPUT")"
  [[ -z ${1-} ]] || aws route53 change-resource-record-sets --hosted-zone-id "$(at zone/public)" --change-batch "$(jq -c ".ChangeBatch | $1" <<<"$INPUT")"
}
no_zone() { aws route53 delete-hosted-zone --id "$(at zone/private)"; }
zone_elsewhere() {
  local vpc
  vpc=$(aws ec2 create-vpc --cidr-block 10.254.0.0/24 --query Vpc.VpcId --output text)
  aws route53 associate-vpc-with-hosted-zone --hosted-zone-id "$(at zone/private)" --vpc "VPCRegion=us-east-1,VPCId=$vpc"
  aws route53 disassociate-vpc-from-hosted-zone --hosted-zone-id "$(at zone/private)" --vpc "VPCRegion=us-east-1,VPCId=$(at vpc/vpc)"
}

entrance_is() { aws ec2 modify-vpc-endpoint --vpc-endpoint-id "$(at entrance)" "$@"; }
no_entrance() { aws ec2 delete-vpc-endpoints --vpc-endpoint-ids "$(at entrance)"; }
entrance_of_all() { entrance_is --add-security-group-ids "$(default_group "$VPC")"; }

elb_untagged() { aws elbv2 remove-tags --resource-arns "$(at "$1")" --tag-keys vpn-on-demand:installation; }
targets_are() { aws elbv2 modify-target-group --target-group-arn "$(at targets)" "$@"; }
no_listener() { aws elbv2 delete-listener --listener-arn "$(listener)"; }
listener() { aws elbv2 describe-listeners --load-balancer-arn "$(at lb)" --query 'Listeners[0].ListenerArn' --output text; }

# Of what AWS changes of none: made anew, with this argument otherwise.
other_balancer() {
  aws elbv2 delete-load-balancer --load-balancer-arn "$(at lb)"
  step 60
  sent elbv2 create-load-balancer < <(jq -c --argjson path "$LEAF" --arg group "$(at sg/egress-proxies)" 'if $path[0] == "Subnets" then delpaths([$path])
    else setpath($path; {IpAddressType: "dualstack", Scheme: "internet-facing", Type: "application", SecurityGroups: $group}[$path[0]]) end' <<<"$INPUT")
}
other_targets() {
  local name
  no_listener
  for name in 1 2; do aws autoscaling detach-load-balancer-target-groups --auto-scaling-group-name "vpn-on-demand-egress-$name" --target-group-arns "$(at targets)"; done
  aws elbv2 delete-target-group --target-group-arn "$(at targets)"
  sent elbv2 create-target-group < <(jq -c --argjson path "$LEAF" 'setpath($path; {Port: 80, Protocol: "TCP_UDP", TargetType: "ip"}[$path[0]])' <<<"$INPUT")
}
other_listener() {
  aws elbv2 modify-listener --listener-arn "$(listener)" --default-actions "Type=forward,TargetGroupArn=$(aws elbv2 create-target-group --name other --protocol TCP --port 3128 --vpc-id "$(at vpc/vpc)" --query 'TargetGroups[0].TargetGroupArn' --output text)"
}
older_rights() { other_rights '.Version = "2008-10-17"'; }
