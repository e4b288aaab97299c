# shellcheck shell=bash
# How each wire of the egress is cut, what status says of it then, and what nobody has to notice.
# shellcheck disable=SC2034 # run.sh reads the rows
set -Eeuo pipefail

wires::table_egress() {
  wires::not_noticed
  wires::network
  wires::rights
  wires::proxies
  wires::lattice
  wires::balancer
  wires::consumed
}

# The short list of what nobody notices.
wires::not_noticed() {
  excused '* create-hosted-zone *: CallerReference' 'the same'
  excused '* change-resource-record-sets *: ChangeBatch.Comment' 'what people read'
  excused '* change-resource-record-sets *: ChangeBatch.Changes.0.Action' 'how, and nothing that is left'
  excused '* create-auto-scaling-group *: Tags.vpn-on-demand:part.value' 'groups are found by their names'
  excused '* create-auto-scaling-group *: Tags.*.PropagateAtLaunch' 'false, as it is where nobody says so: the launch template has the tags of instances'
  excused '* allocate-address *: Domain' 'AWS has no other addresses any more'
  excused '* allocate-address *: TagSpecifications.*.vpn*' 'whose address it is matters at removal: one that is not ours is not released'
  excused '* create-nat-gateway *: AllocationId' 'any address leads out; ours goes at removal'
  excused '* put-role-policy *: PolicyName' 'a policy of another name is one more, which is taken away, and ours is missing'
  excused '* create-launch-template *: LaunchTemplateName' 'it is found by its tags'
  excused '* create-hosted-zone *: VPC.VPCRegion' 'no VPC of ours is in another one'
  excused '* create-hosted-zone *: HostedZoneConfig.*' 'by these it is found, and no call changes one that is in use: it is another zone then'
  excused '* create-resource-share *: principals.0' 'who is let in stands on the command line alone; status tells who is'
  excused '* create-resource-share *: allowExternalPrincipals' 'where it is off AWS lets nobody in who is not of the organization, and share says so'
  excused '* create-resource-share *: tags.*' 'a share is found by its tag, and without it there is none: status says so'
  excused 'nlb elbv2 create-listener lb: Tags.*' 'a listener goes with its balancer'
  excused 'consumer ec2 create-vpc-endpoint entrance: VpcEndpointType' 'AWS knows one type for it'
  excused 'consumer ec2 create-vpc-endpoint entrance: SubnetIds.*' 'which subnets were chosen stands on the command line alone: where it is it stays'
}

wires::network() {
  local kind
  told 'provider ec2 create-vpc vpc/vpc: CidrBlock' 'and vpc-' another_vpc
  told '* ec2 create-vpc *: TagSpecifications.*.vpn*' 'create the VPC' untagged
  for kind in subnet/public-1 subnet/public-2 subnet/private-1 subnet/private-2; do
    told "provider ec2 create-subnet $kind: TagSpecifications.*.vpn*" "create the subnet ${kind#*/}" untagged
    told "provider ec2 create-subnet $kind: CidrBlock" "the subnet ${kind#*/} is to be" another_subnet "us-east-1$(if [[ $kind == *1 ]]; then echo a; else echo b; fi)"
    told "provider ec2 create-subnet $kind: AvailabilityZone" 'in us-east-1c' another_subnet us-east-1c
    told "provider ec2 create-subnet $kind: VpcId" 'AWS changes that of none' in_another_vpc subnet
  done
  for kind in public private-1 private-2; do
    told "provider ec2 create-route-table rtb/$kind: TagSpecifications.*.vpn*" "create the route table $kind" untagged
    told "provider ec2 create-route-table rtb/$kind: VpcId" "let its subnet have the route table $kind" in_another_vpc table
    wire "provider ec2 associate-route-table rtb/$kind: SubnetId" "let its subnet have the route table $kind" unassociated
    wire "provider ec2 create-route rtb/$kind: DestinationCidrBlock" 'make its route to the internet' no_route
  done
  wire 'provider ec2 create-route rtb/public: GatewayId' 'lead its route to the internet' other_route --nat-gateway-id nat/nat-1
  wire 'provider ec2 create-route rtb/private-?: NatGatewayId' 'lead its route to the internet' other_route --gateway-id igw/internet
  wire 'nlb ec2 create-route rtb/private-2: NatGatewayId' 'lead its route to the internet' other_route --nat-gateway-id nat/nat-1
  wire 'provider ec2 modify-vpc-attribute vpc/vpc: EnableDnsHostnames.Value' 'switch EnableDnsHostnames on' names_off
  told 'provider ec2 create-internet-gateway igw/internet: TagSpecifications.*.vpn*' 'create the internet gateway' untagged
  wire 'provider ec2 attach-internet-gateway igw/internet: VpcId' 'attach it to the VPC' detached
  told 'provider ec2 create-vpc-endpoint vpce/storage: TagSpecifications.*.vpn*' 'create the gateway endpoint of S3' untagged
  told 'provider ec2 create-vpc-endpoint vpce/storage: ServiceName' 'is to be Gateway of com.amazonaws.us-east-1.s3' another_service
  told 'provider ec2 create-vpc-endpoint vpce/storage: VpcEndpointType' 'is to be Gateway of com.amazonaws.us-east-1.s3' another_type
  told 'provider ec2 create-vpc-endpoint vpce/storage: VpcId' 'AWS changes that of none' in_another_vpc endpoint
  wire 'provider ec2 create-vpc-endpoint vpce/storage: RouteTableIds.?' 'let both private route tables have the gateway endpoint' no_table
  told '* ec2 create-nat-gateway nat/nat-?: TagSpecifications.*.vpn*' 'create the NAT gateway' untagged
  told '* ec2 create-nat-gateway nat/nat-?: SubnetId' 'the NAT gateway nat-' another_nat
  told 'provider route53 create-hosted-zone *: VPC.VPCId' 'is not that of the VPC' zone_elsewhere
}

wires::rights() {
  told 'provider iam create-role *: Tags.*' 'is not ours' role_untagged
  wire 'provider iam create-role *: AssumeRolePolicyDocument.Statement.*Action' 'let instances, and nobody else, assume' other_trust sts:TagSession
  wire 'provider iam create-role *: AssumeRolePolicyDocument.Statement.*Effect' 'let instances, and nobody else, assume' other_trust Deny
  wire 'provider iam create-role *: AssumeRolePolicyDocument.Statement.*Service' 'let instances, and nobody else, assume' other_trust lambda.amazonaws.com
  wire 'provider iam create-role *: AssumeRolePolicyDocument.Version' 'let instances, and nobody else, assume' other_trust 2008-10-17
  wire 'provider iam put-role-policy *: PolicyDocument.Statement.*.Action.*' 'its rights' other_right s3:GetObject
  wire 'provider iam put-role-policy *: PolicyDocument.Statement.[!S]*.Resource.*' 'its rights' other_right '*'
  wire 'provider iam put-role-policy *: PolicyDocument.Statement.See*.Resource.*' 'its rights' other_right '*'
  wire 'provider iam put-role-policy *: PolicyDocument.Statement.SessionManager.Resource.*' 'its rights' other_right arn:aws:ssm:us-east-1:123456789012:session/*
  wire 'provider iam put-role-policy *: PolicyDocument.Statement.*.Effect' 'its rights' allowed_otherwise
  wire 'provider iam put-role-policy *: PolicyDocument.Statement.*.Condition.*' 'its rights' without_condition
  wire 'provider iam put-role-policy *: PolicyDocument.Version' 'its rights' older_rights
  told 'provider iam create-instance-profile *: Tags.*' 'is not ours' profile_untagged
  wire 'provider iam add-role-to-instance-profile *: InstanceProfileName' 'put the role into it' no_role
}

wires::proxies() {
  wire '* authorize-security-group-ingress *: *' 'of ingress' other_permission
  wire '* authorize-security-group-egress *: *' 'of egress' other_permission
  wire '* revoke-security-group-egress *: *' 'close 1 permission(s) of egress' opened
  told 'provider ec2 create-launch-template lt/template: TagSpecifications.*.vpn*' 'create the launch template' untagged
  wire '* create-launch-template lt/template: LaunchTemplateData.[!T]*' 'make a new version of the launch template' other_template
  wire '* create-launch-template lt/template: LaunchTemplateData.TagSpecifications.*.vpn*' 'make a new version of the launch template' other_template
  told '* create-auto-scaling-group *: Tags.vpn-on-demand:installation.value' 'is not ours' group_untagged
  wire 'provider * create-auto-scaling-group *: DesiredCapacity' 'change the Auto Scaling group' group_is --max-size 2 --desired-capacity 2
  wire 'provider * create-auto-scaling-group *: MinSize' 'change the Auto Scaling group' group_is --min-size 0
  wire 'provider * create-auto-scaling-group *: MaxSize' 'change the Auto Scaling group' group_is --max-size 3
  wire 'provider * create-auto-scaling-group *: HealthCheckGracePeriod' 'change the Auto Scaling group' group_is --health-check-grace-period 0
  wire 'provider * create-auto-scaling-group *: HealthCheckType' 'change the Auto Scaling group' group_is --health-check-type ELB
  wire 'nlb * create-auto-scaling-group *: HealthCheckType' 'change the Auto Scaling group' group_is --health-check-type EC2
  wire 'provider * create-auto-scaling-group *: VPCZoneIdentifier' 'change the Auto Scaling group' group_in_public
  wire 'provider * create-auto-scaling-group *: LaunchTemplate.Version' 'change the Auto Scaling group' group_of_newest
  wire 'provider * create-auto-scaling-group *: LaunchTemplate.LaunchTemplateId' 'change the Auto Scaling group' group_of_another
  wire 'nlb * create-auto-scaling-group *: TargetGroupARNs.0' 'behind the load balancer' group_without_targets
}

wires::lattice() {
  told '* create-resource-gateway *: tags.*' 'is not ours' lattice_untagged resourcegateway rgw
  told '* create-resource-gateway *: vpcIdentifier' 'is in another VPC' lattice_tells rgw '{"vpcIdentifier":"vpc-0123456789abcdef0"}'
  told '* create-resource-gateway *: subnetIds.*' 'is to be IPV4 in' lattice_tells rgw '{"subnetIds":["subnet-0123456789abcdef0"]}'
  told '* create-resource-gateway *: ipAddressType' 'is IPV6 in' lattice_tells rgw '{"ipAddressType":"IPV6"}'
  wire '* create-resource-gateway *: securityGroupIds.0' 'change the resource gateway: securityGroupIds' gateway_of_proxies
  told '* create-resource-gateway *: resourceConfigDnsResolution' 'asks PUBLIC DNS' lattice_tells rgw '{"resourceConfigDnsResolution":"PUBLIC"}'
  told '* start-domain-verification *: tags.*' 'is not ours' lattice_untagged domainverification dv
  wire '* change-resource-record-sets *: ChangeBatch.*.ResourceRecordSet.Name' 'make the TXT record' other_record
  wire '* change-resource-record-sets *: ChangeBatch.*.ResourceRecordSet.Type' 'make the TXT record' other_record
  wire '* change-resource-record-sets *: ChangeBatch.*.ResourceRecordSet.TTL' 'make the TXT record' other_record '.Changes[0].ResourceRecordSet.TTL=1'
  wire '* change-resource-record-sets *: ChangeBatch.*.Value' 'make the TXT record' other_record '.Changes[0].ResourceRecordSet.ResourceRecords=[{"Value":"\"x\""}]'
  told '* create-resource-configuration *: tags.*' 'is not ours' lattice_untagged resourceconfiguration rcfg
  told '* create-resource-configuration *: customDomainName' 'PROXY_NAME is to be' lattice_tells rcfg '{"customDomainName":"other.example.com"}'
  told '* create-resource-configuration *: domainVerificationIdentifier' 'another verification' lattice_tells rcfg '{"domainVerificationId":"dv-00000000000000000"}'
  told '* create-resource-configuration *: resourceGatewayIdentifier' 'is of another gateway' lattice_tells rcfg '{"resourceGatewayId":"rgw-00000000000000000"}'
  told '* create-resource-configuration *: type' 'is to be SINGLE for TCP' lattice_tells rcfg '{"type":"GROUP"}'
  told '* create-resource-configuration *: protocol' 'is to be SINGLE for TCP' lattice_tells rcfg '{"protocol":"UDP"}'
  wire '* create-resource-configuration *: portRanges.0' 'change the resource configuration: portRanges' configuration_is --port-ranges 1-65535
  wire '* create-resource-configuration *: allowAssociationToShareableServiceNetwork' 'change the resource configuration: allow' configuration_is --allow-association-to-shareable-service-network
  wire '* create-resource-configuration *: resourceConfigurationDefinition.*domainName' 'change the resource configuration: resourceConfigurationDefinition' configuration_is --resource-configuration-definition 'dnsResource={domainName=other.internal,ipAddressType=IPV4}'
  wire '* create-resource-configuration *: resourceConfigurationDefinition.*ipAddressType' 'change the resource configuration: resourceConfigurationDefinition' configuration_is --resource-configuration-definition 'dnsResource={domainName=proxy.vpn-on-demand-egress.internal,ipAddressType=DUALSTACK}'
  told 'provider ram create-resource-share *: resourceArns.0' 'does not have the proxy' nothing_shared
}

wires::balancer() {
  told 'nlb elbv2 create-load-balancer *: Tags.*' 'is not ours' elb_untagged lb
  told 'nlb elbv2 create-load-balancer *: [!T]*' 'the load balancer vpn-on-demand-egress is' other_balancer
  told 'nlb elbv2 create-load-balancer *: Type' 'the load balancer vpn-on-demand-egress is' other_balancer
  told 'nlb elbv2 create-target-group *: Tags.*' 'is not ours' elb_untagged targets
  wire 'nlb elbv2 create-target-group *: Health*IntervalSeconds' 'look at the proxies every' targets_are --health-check-interval-seconds 300
  wire 'nlb elbv2 create-target-group *: HealthCheckPort' 'look at the proxies every' targets_are --health-check-port 22
  wire 'nlb elbv2 create-target-group *: HealthCheckProtocol' 'look at the proxies every' targets_are --health-check-protocol HTTP
  wire 'nlb elbv2 create-target-group *: HealthyThresholdCount' 'look at the proxies every' targets_are --healthy-threshold-count 9
  wire 'nlb elbv2 create-target-group *: UnhealthyThresholdCount' 'look at the proxies every' targets_are --unhealthy-threshold-count 9
  excused 'nlb elbv2 create-target-group *: Name' 'it is found by it'
  told 'nlb elbv2 create-target-group *: P*' 'the target group vpn-on-demand-egress is' other_targets
  told 'nlb elbv2 create-target-group *: TargetType' 'the target group vpn-on-demand-egress is' other_targets
  wire 'nlb elbv2 create-listener lb: P*' 'let it listen on 3128' no_listener
  told 'nlb elbv2 create-listener lb: DefaultActions.*' 'forward to' other_listener
}

wires::consumed() {
  told 'consumer ec2 create-vpc-endpoint entrance: TagSpecifications.*' 'has no endpoint for the proxy' untagged entrance
  told 'consumer ec2 create-vpc-endpoint entrance: VpcId' 'has no endpoint for the proxy' no_entrance
  told 'consumer ec2 create-vpc-endpoint entrance: ResourceConfigurationArn' 'has no endpoint for the proxy' no_entrance
  wire 'consumer ec2 create-vpc-endpoint entrance: SecurityGroupIds.0' 'change the endpoint' entrance_of_all
  wire 'consumer ec2 create-vpc-endpoint entrance: PrivateDnsEnabled' 'change the endpoint' entrance_is --no-private-dns-enabled
  wire 'consumer ec2 create-vpc-endpoint entrance: DnsOptions.PrivateDnsPreference' 'change the endpoint' entrance_is --private-dns-enabled --dns-options PrivateDnsPreference=ALL_DOMAINS
}
