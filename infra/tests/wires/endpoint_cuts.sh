# shellcheck shell=bash
# How wires of the endpoint are cut.
# shellcheck disable=SC2154 # harness.sh, run.sh
set -Eeuo pipefail

endpoint_is() { aws ec2 modify-client-vpn-endpoint --client-vpn-endpoint-id "$(at endpoint)" "$@"; }
endpoint_with_another_certificate() {
  another_server other.example.com
  endpoint_is --server-certificate-arn "$(certificate_of "$WORK/other.pem" "$WORK/other.key")"
}
vpc_of_it() { jq -r .VpcId <<<"$INPUT"; }
endpoint_of_all() { endpoint_is --vpc-id "$(vpc_of_it)" --security-group-ids "$(default_group "$(vpc_of_it)")"; }
endpoint_logs_elsewhere() {
  aws logs create-log-group --log-group-name /elsewhere
  endpoint_is --connection-log-options Enabled=true,CloudwatchLogGroup=/elsewhere
}

# Of what AWS changes of none: made anew, with another value; another one of ours stands in its place.
another_endpoint() { endpoint_anew < <(jq -c --argjson path "$LEAF" --arg to "$1" 'setpath($path; $to)' <<<"$INPUT"); }
endpoint_anew() {
  aws ec2 delete-client-vpn-endpoint --client-vpn-endpoint-id "$(at endpoint)"
  step 120
  sent ec2 create-client-vpn-endpoint < <(jq -c '.ClientToken = "another"')
}
endpoint_elsewhere() {
  local vpc
  vpc=$(aws ec2 create-vpc --cidr-block 10.30.0.0/16 --query Vpc.VpcId --output text)
  endpoint_anew < <(jq -c --arg vpc "$vpc" --arg group "$(default_group "$vpc")" '.VpcId = $vpc | .SecurityGroupIds = [$group]' <<<"$INPUT")
}
another_root() {
  another_server other.example.com
  endpoint_anew < <(jq -c --arg root "$(certificate_of "$WORK/other.pem" "$WORK/other.key")" '.AuthenticationOptions[0].MutualAuthentication.ClientRootCertificateChainArn = $root' <<<"$INPUT")
}
revoked() {
  sent ec2 revoke-client-vpn-ingress < <(jq -c '{ClientVpnEndpointId, TargetNetworkCidr} + if .AccessGroupId then {AccessGroupId} else {RevokeAllGroups: true} end' <<<"$INPUT")
}

# another_server NAME: a certificate of nobody's CA, in $WORK/other.pem and .key.
another_server() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$WORK/other.key" -out "$WORK/other.pem" -days 30 -subj "/CN=$1" -addext "subjectAltName=DNS:$1" 2>/dev/null
}
# Renewed elsewhere, with a copy of the directory.
other_server() {
  cp -Rp "$WORK/pki" "$WORK/elsewhere"
  pki 0 renew-server --yes
  rm -r "$WORK/pki"
  mv "$WORK/elsewhere" "$WORK/pki"
}
other_ca() {
  another_server vpn.example.com
  aws acm import-certificate --certificate-arn "$(acm_of_pki)" --certificate "fileb://$WORK/other.pem" --private-key "fileb://$WORK/other.key" --certificate-chain "fileb://$WORK/other.pem"
}
certificate_untagged() { aws acm remove-tags-from-certificate --certificate-arn "$(acm_of_pki)" --tags "Key=$(jq -r '.[-2]' <<<"$LEAF")"; }

no_user() { aws cognito-idp admin-delete-user --user-pool-id "$(pool_of)" --username "$ABOUT"; }
unverified() { aws cognito-idp admin-update-user-attributes --user-pool-id "$(pool_of)" --username "$ABOUT" --user-attributes Name=email_verified,Value=false; }
user_enabled() { aws cognito-idp admin-enable-user --user-pool-id "$(pool_of)" --username "$ABOUT"; }
no_profile() { aws s3api delete-object --bucket "$(bucket_of)" --key "$(jq -r .Key <<<"$INPUT")"; }
# An empty list of the same CA, as it was before.
other_list() {
  aws ec2 import-client-vpn-client-certificate-revocation-list --client-vpn-endpoint-id "$ENDPOINT" --certificate-revocation-list "$(<"$SHARED/once/made/crl.pem")"
}
