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
  security_group::only ingress "$ENDPOINT_GROUP" '[]'
  security_group::only egress "$ENDPOINT_GROUP" '[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]'
}

ensure_removed_group() { security_group::remove "$ENDPOINT_GROUP" "$ENDPOINT_INTERFACES"; }

ensure_log() {
  [[ $CONNECTION_LOG == on && -z $LOG_GROUP ]] || return 0
  roles::ensure_log_group "$ENDPOINT_LOG" "$LOG_RETENTION"
}

ensure_removed_log() { roles::ensure_removed_logs "$ENDPOINT_LOG"; }
