# shellcheck shell=bash
# The endpoint's security group and log group. Source it through endpoint.sh.
set -Eeuo pipefail

# The groups that the endpoint is to have, as a JSON list; set by ensure_group.
ENDPOINT_GROUPS='[]'

# Nothing in: clients come from the endpoint, and nobody comes to it. Everything out: the authorization rules say what.
ensure_group() {
  ENDPOINT_GROUPS=$(jq -nc --arg ids "$SECURITY_GROUP_IDS" '$ids | split(",")')
  [[ -z $SECURITY_GROUP_IDS ]] || return 0
  security_group::ensure "$ENDPOINT_GROUP" "$VPC_ID" 'The Client VPN endpoint: where connected devices come from' 'nothing in, everything out'
  [[ $SECURITY_GROUP_IS_OURS == true ]] || return 0
  ENDPOINT_GROUPS=$(jq -nc '$ARGS.positional' --args "$SECURITY_GROUP")
  group::only ingress '[]' "$(security_group::permissions IpPermissions "$SECURITY_GROUP_NOW")"
  # ::/0 does no harm: the endpoint carries IPv4.
  group::only egress '[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]' \
    "$(security_group::permissions IpPermissionsEgress "$SECURITY_GROUP_NOW" | jq '. - [{IpProtocol: "-1", Ipv6Ranges: [{CidrIpv6: "::/0"}]}]')"
}

# group::only ingress|egress WANTED NOW: exactly these permissions.
group::only() {
  local missing extra
  missing=$(jq -n --argjson w "$2" --argjson n "$3" '$w - $n') extra=$(jq -n --argjson w "$2" --argjson n "$3" '$n - $w')
  [[ $missing == '[]' ]] || change "open $1 of the security group $ENDPOINT_GROUP to everywhere" \
    "$(jq -n --arg id "$SECURITY_GROUP" --argjson p "$missing" '{GroupId: $id, IpPermissions: $p}')" ec2 "authorize-security-group-$1"
  [[ $extra == '[]' ]] || change "close $(jq length <<<"$extra") permission(s) of $1 of $ENDPOINT_GROUP that were added by hand" \
    "$(jq -n --arg id "$SECURITY_GROUP" --argjson p "$extra" '{GroupId: $id, IpPermissions: $p}')" ec2 "revoke-security-group-$1"
}

ensure_removed_group() { security_group::remove "$ENDPOINT_GROUP" "$ENDPOINT_INTERFACES"; }

ensure_log() {
  [[ $CONNECTION_LOG == on && -z $LOG_GROUP ]] || return 0
  roles::ensure_log_group "$ENDPOINT_LOG" "$LOG_RETENTION"
}

ensure_removed_log() { roles::ensure_removed_logs "$ENDPOINT_LOG"; }
