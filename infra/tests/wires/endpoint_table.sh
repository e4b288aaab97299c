# shellcheck shell=bash
# How each wire of the endpoint is cut, what status says of it then, and what nobody has to notice.
set -Eeuo pipefail

wires::table_endpoint() {
  wires::server
  wires::endpoint
  wires::people
}

wires::server() {
  wire 'pki acm import-certificate certificate: certificate' 'ACM has another server certificate' other_server
  excused 'pki acm import-certificate certificate: private-key' 'it goes with the certificate: ACM takes no other'
  told 'pki acm import-certificate certificate: certificate-chain' 'has a server certificate of another CA' other_ca
  wire 'pki acm import-certificate certificate: tags.vpn*' 'does not carry our tag' certificate_untagged
}

wires::endpoint() {
  local create='endpoint ec2 create-client-vpn-endpoint endpoint:'
  excused "$create Description" 'what people read'
  told "$create TagSpecifications.*.vpn*" 'give it its tag back' untagged endpoint
  told "$create ClientCidrBlock" 'CLIENT_CIDR is to be' another_endpoint 10.252.0.0/22
  told "$create TransportProtocol" 'TRANSPORT is to be udp' another_endpoint tcp
  told "$create VpcId" 'VPC_ID is to be' endpoint_elsewhere
  told "$create AuthenticationOptions.0.Type" 'the client root is to be' another_root
  told "$create AuthenticationOptions.0.*ChainArn" 'the client root is to be' another_root
  wire "$create ServerCertificateArn" ': ServerCertificateArn' endpoint_with_another_certificate
  wire "$create SplitTunnel" ': SplitTunnel' endpoint_is --split-tunnel
  wire "$create VpnPort" ': VpnPort' endpoint_is --vpn-port 443
  wire "$create DnsServers.?" ': DnsServers' endpoint_is --dns-servers CustomDnsServers=10.20.0.9,Enabled=true
  wire "$create SecurityGroupIds.0" ': SecurityGroupIds' endpoint_of_all
  wire "$create SessionTimeoutHours" ': SessionTimeoutHours' endpoint_is --session-timeout-hours 24
  wire "$create DisconnectOnSessionTimeout" ': DisconnectOnSessionTimeout' endpoint_is --disconnect-on-session-timeout
  wire "$create ConnectionLogOptions.Enabled" ': ConnectionLogOptions' endpoint_is --connection-log-options Enabled=false
  wire "$create ConnectionLogOptions.CloudwatchLogGroup" ': ConnectionLogOptions' endpoint_logs_elsewhere
  wire "$create ClientLoginBannerOptions.Enabled" ': ClientLoginBannerOptions' endpoint_is --client-login-banner-options Enabled=false
  wire "$create ClientLoginBannerOptions.BannerText" ': ClientLoginBannerOptions' endpoint_is --client-login-banner-options Enabled=true,BannerText=Welcome
  wire "$create ClientRouteEnforcementOptions.Enforced" ': ClientRouteEnforcementOptions' endpoint_is --client-route-enforcement-options Enforced=false
  wire 'endpoint ec2 authorize-client-vpn-ingress rule *: ClientVpnEndpointId' 'authorize 10.' revoked
  wire 'endpoint ec2 authorize-client-vpn-ingress rule *: AuthorizeAllGroups' 'authorize 10.' revoked
  wire 'endpoint ec2 authorize-client-vpn-ingress rule *: AccessGroupId' 'authorize 10.' revoked
  excused 'endpoint ec2 authorize-client-vpn-ingress rule *: Description' 'whose rule it is matters at removal: the endpoint takes all of them with it'
}

wires::people() {
  wire 'people cognito-idp admin-create-user *: UserPoolId' 'is not in the user pool' no_user
  excused 'people cognito-idp admin-create-user *: DesiredDeliveryMediums.0' 'how the invitation was sent: it is sent'
  told 'people cognito-idp admin-create-user *: UserAttributes.*' 'is not verified' unverified
  again 'people s3api put-object *: Bucket' 'let the profile of alice/ipad wait' no_profile
  again 'people s3api put-object *: Key' 'let the profile of alice/ipad wait' no_profile
  excused 'people s3api put-object *: ExpectedBucketOwner' 'who the bucket has to belong to when it is written'
  excused 'people s3api put-object *: C*' 'the link of the page says both itself'
  excused 'people s3api put-object *: ServerSideEncryption' 'the bucket encrypts whatever it gets'
  wire 'removed cognito-idp admin-disable-user *: UserPoolId' 'is enabled again' user_enabled
  excused 'removed cognito-idp admin-user-global-sign-out *: UserPoolId' 'AWS tells nobody: that it was done is noted'
  wire 'removed ec2 import-client-vpn-client-certificate-revocation-list *: *' 'AWS has not the revocation list' other_list
  excused 'removed s3api delete-objects *: *' 'nothing of it is left'
  excused 'off ec2 import-client-vpn-client-certificate-revocation-list *: *' 'AWS took none'
  excused 'off ec2 create-tags *: *' 'it is for infra/status.sh: people.sh list looks at the list itself'
}
