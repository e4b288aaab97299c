# shellcheck shell=bash
# The endpoint's security group and log group. Source it through endpoint.sh.
set -Eeuo pipefail

# The groups that the endpoint is to have, as a JSON list; set by ensure_group.
ENDPOINT_GROUPS='[]'

# group::find: ours in the VPC, in ENDPOINT_GROUP_NOW, its tags in TAGS.
group::find() {
  aws::read ec2 describe-security-groups --filters "$(jq -nc --arg name "$ENDPOINT_GROUP" --arg vpc "$VPC_ID" '[{Name: "group-name", Values: [$name]}, {Name: "vpc-id", Values: [$vpc]}]')"
  ENDPOINT_GROUP_NOW=$(json '.SecurityGroups[0] // ""')
  [[ -n $ENDPOINT_GROUP_NOW ]] || return 1
  TAGS=$(jq .Tags <<<"$ENDPOINT_GROUP_NOW" | tags_map)
}

# Nothing in: clients come from the endpoint, and nobody comes to it. Everything out: the authorization rules say what.
ensure_group() {
  # What AWS gives a new group, and ::/0 too in a VPC with IPv6 (fact 11.9), which does no harm: the endpoint carries IPv4.
  local now='{"IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}' id
  ENDPOINT_GROUPS=$(jq -nc --arg ids "$SECURITY_GROUP_IDS" '$ids | split(",")')
  [[ -z $SECURITY_GROUP_IDS ]] || return 0
  if group::find; then
    owned "security-group/$ENDPOINT_GROUP" "$TAGS" 'Remove it, or give this installation a name of its own (INSTALLATION).' || return 0
    now=$ENDPOINT_GROUP_NOW
    id=$(jq -r .GroupId <<<"$now")
  else
    change "create the security group $ENDPOINT_GROUP: nothing in, everything out" "$(jq -n --arg name "$ENDPOINT_GROUP" --arg vpc "$VPC_ID" --argjson tags "$(own_tags)" '{
      GroupName: $name, VpcId: $vpc, Description: "The Client VPN endpoint: where connected devices come from",
      TagSpecifications: [{ResourceType: "security-group", Tags: $tags}]}')" ec2 create-security-group
    id=$(json '.GroupId // ""')
    wait_for "the security group $ENDPOINT_GROUP to be there" "any(.SecurityGroups[]; .GroupId == \"$id\")" ec2 describe-security-groups --filters "Name=group-id,Values=$id"
    [[ $MODE == plan ]] || now=$(json '.SecurityGroups[] | select(.GroupId == $id)' --arg id "$id")
    id=${id:-$NOT_YET}
  fi
  ENDPOINT_GROUPS=$(jq -nc '$ARGS.positional' --args "$id")
  group::only ingress "$id" '[]' "$(balancer::permissions IpPermissions "$now")"
  group::only egress "$id" '[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]' \
    "$(balancer::permissions IpPermissionsEgress "$now" | jq '. - [{IpProtocol: "-1", Ipv6Ranges: [{CidrIpv6: "::/0"}]}]')"
}

# group::only ingress|egress ID WANTED NOW: exactly these permissions.
group::only() {
  local missing extra
  missing=$(jq -n --argjson w "$3" --argjson n "$4" '$w - $n') extra=$(jq -n --argjson w "$3" --argjson n "$4" '$n - $w')
  [[ $missing == '[]' ]] || change "open $1 of the security group $ENDPOINT_GROUP to everywhere" \
    "$(jq -n --arg id "$2" --argjson p "$missing" '{GroupId: $id, IpPermissions: $p}')" ec2 "authorize-security-group-$1"
  [[ $extra == '[]' ]] || change "close $(jq length <<<"$extra") permission(s) of $1 of $ENDPOINT_GROUP that were added by hand" \
    "$(jq -n --arg id "$2" --argjson p "$extra" '{GroupId: $id, IpPermissions: $p}')" ec2 "revoke-security-group-$1"
}

# In whatever VPC: the settings may name another one by now.
ensure_removed_group() {
  local id
  aws::read ec2 describe-security-groups --filters "$(jq -nc --arg name "$ENDPOINT_GROUP" --arg tag "tag:$TAG" --arg ours "$NAME" '[{Name: "group-name", Values: [$name]}, {Name: $tag, Values: [$ours]}]')"
  for id in $(json '.SecurityGroups[].GroupId'); do
    change_patiently "$ENDPOINT_INTERFACES" "delete the security group $ENDPOINT_GROUP" "$(jq -n --arg id "$id" '{GroupId: $id}')" ec2 delete-security-group
  done
}

ensure_log() {
  [[ $CONNECTION_LOG == on && -z $LOG_GROUP ]] || return 0
  roles::ensure_log_group "$ENDPOINT_LOG" "$LOG_RETENTION"
}

ensure_removed_log() { roles::ensure_removed_logs "$ENDPOINT_LOG"; }
