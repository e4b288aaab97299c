# shellcheck shell=bash
# What was made has names of its own in the list of wires, since ids differ from run to run.
# shellcheck disable=SC2154 # harness.sh, run.sh
set -Eeuo pipefail

# wires::ids: {ID: NAME} of everything that the scripts made: KIND/PART, sg/NAME and others.
wires::ids() {
  {
    aws ec2 describe-tags --filters Name=key,Values=vpn-on-demand:part --output json | jq '.Tags | map({key: .ResourceId, value: "\(.ResourceId | split("-")[0])/\(.Value)"}) | from_entries'
    aws ec2 describe-security-groups --output json | jq '.SecurityGroups | map(select(.GroupName | startswith("vpn-on-demand-")) | {key: .GroupId, value: "sg/\(.GroupName[14:])"}) | from_entries'
    aws vpc-lattice list-resource-gateways --output json | jq '.items | map({key: .id, value: "rgw"}) | from_entries'
    aws vpc-lattice list-resource-configurations --output json | jq '.items | map({key: .id, value: "rcfg"}, {key: .arn, value: "rcfg/arn"}) | from_entries'
    aws vpc-lattice list-domain-verifications --output json | jq '.items | map({key: .id, value: "dv"}) | from_entries'
    aws ram get-resource-shares --resource-owner SELF --output json | jq '.resourceShares | map({key: .resourceShareArn, value: "share"}) | from_entries'
    aws route53 list-hosted-zones --output json | jq '.HostedZones | map({key: (.Id | split("/")[-1]), value: "zone/\(if .Config.PrivateZone then "private" else "public" end)"}) | from_entries'
    aws elbv2 describe-load-balancers --output json | jq '.LoadBalancers | map({key: .LoadBalancerArn, value: "lb"}) | from_entries'
    aws elbv2 describe-target-groups --output json | jq '.TargetGroups | map({key: .TargetGroupArn, value: "targets"}) | from_entries'
    aws ec2 describe-vpc-endpoints --output json | jq '[.VpcEndpoints[] | select(.VpcEndpointType == "Resource" and (.Tags | length > 0)) | {key: .VpcEndpointId, value: "entrance"}] | from_entries'
    aws ec2 describe-client-vpn-endpoints --output json | jq '[.ClientVpnEndpoints[] | select(.Status.Code != "deleted")] | map(select(any(.Tags[]?; .Key == "vpn-on-demand:made-by"))) + . | .[:1] | map({key: .ClientVpnEndpointId, value: "endpoint"}, {key: .ServerCertificateArn, value: "certificate"}) | from_entries'
  } | jq -s add
}

# at NAME: its id.
at() {
  local id
  id=$(jq -r --arg name "$1" 'to_entries[] | select(.value == $name) | .key' "$SHARED/wires/$SCENE.ids")
  [[ -n $id ]] || {
    printf 'nothing is called %s\n' "$1" >&2
    return 1
  }
  printf '%s' "$id"
}
