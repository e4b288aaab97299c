# shellcheck shell=bash
# The endpoint: our claim on it. Nothing else of it is changed but the connect options (connect.sh).
# Source it through lib.sh.
set -Eeuo pipefail

ENDPOINT='{}'

# endpoint::find: the endpoint in ENDPOINT, its tags in ENDPOINT_TAGS.
endpoint::find() {
  ENDPOINT='{}' ENDPOINT_TAGS='{}'
  aws::find 'InvalidClientVpnEndpointId.NotFound' ec2 describe-client-vpn-endpoints --client-vpn-endpoint-ids "$ENDPOINT_ID" || return 1
  ENDPOINT=$(json '.ClientVpnEndpoints[0]')
  ENDPOINT_TAGS=$(jq .Tags <<<"$ENDPOINT" | tags_map)
}

# endpoint::export_list: the revocation list that AWS has, in $WORK/there.pem, and its state in STATE_THERE, '' for none.
endpoint::export_list() {
  local text
  STATE_THERE=''
  aws::read ec2 export-client-vpn-client-certificate-revocation-list --client-vpn-endpoint-id "$ENDPOINT_ID"
  text=$(json '.CertificateRevocationList // ""')
  [[ -n $text ]] || return 0
  # shellcheck disable=SC2034 # endpoint/lib/serving.sh reads it
  STATE_THERE=$(json '.Status.Code // "unknown"')
  printf '%s\n' "$text" >"$WORK/there.pem"
}

# endpoint::networks: what is associated, or on its way there or away: [{id, subnet, state}] in NETWORKS.
endpoint::networks() {
  aws::read ec2 describe-client-vpn-target-networks --client-vpn-endpoint-id "$ENDPOINT_ID"
  # shellcheck disable=SC2034 # status.sh and vpn.sh read it
  NETWORKS=$(json '[.ClientVpnTargetNetworks[] | select(.Status.Code != "disassociated") | {id: .AssociationId, subnet: .TargetNetworkId, state: .Status.Code}]')
}

# Of the answer about connections, in jq: who is connected now, by the name of the sign-in or of the certificate.
# shellcheck disable=SC2034 # status.sh and vpn.sh read it
readonly CONNECTED_NOW='[.Connections[] | select(.Status.Code == "active") | {name: (if (.Username // "") != "" then .Username else .CommonName end), since: .ConnectionEstablishedTime}]'

endpoint::tag() { jq -r --arg k "$1" '.[$k] // ""' <<<"$ENDPOINT_TAGS"; }

# endpoint::set_tag KEY VALUE WHAT
endpoint::set_tag() {
  change "$3" "$(jq -n --arg id "$ENDPOINT_ID" --arg k "$1" --arg v "$2" '{Resources: [$id], Tags: [{Key: $k, Value: $v}]}')" ec2 create-tags
}

# endpoint::remove_tags WHAT KEY...
endpoint::remove_tags() {
  local what=$1
  shift
  change "$what" "$(jq -n --arg id "$ENDPOINT_ID" '{Resources: [$id], Tags: [$ARGS.positional[] | {Key: .}]}' --args "$@")" ec2 delete-tags
}

# Of several installations only one may turn an endpoint on and off.
ensure_claim() {
  local owner
  endpoint::find || die "the endpoint $ENDPOINT_ID is gone"
  owner=$(endpoint::tag "$TAG")
  if [[ -z $owner ]]; then
    endpoint::set_tag "$TAG" "$NAME" "claim the endpoint $ENDPOINT_ID for this installation"
  elif [[ $owner != "$NAME" ]]; then
    problem "the endpoint $ENDPOINT_ID belongs to the installation \"$owner\"" "Deploy with INSTALLATION=${owner/#default/} to change that one, or remove it first."
  fi
}

# Our marks go with the claim, the last of all, in one call. The functions write marks too, so they are named whether they
# are there or not; the kept connect options went with the connect handler, and who made the endpoint stays on it.
ensure_removed_claim() {
  local keys
  adopt::forget
  endpoint::find || return 0
  if [[ $(endpoint::tag "$TAG") != "$NAME" ]]; then return 0; fi
  mapfile -t keys < <(jq -r '(keys | map(select(startswith("vpn-on-demand:")))) + $ARGS.positional | unique - [$ARGS.named.previous, $ARGS.named.made] | .[]' \
    --arg previous "$TAG_PREVIOUS" --arg made "$TAG_MADE" --args vpn-on-demand:last-request vpn-on-demand:keep-until vpn-on-demand:on-since vpn-on-demand:ready-since vpn-on-demand:closed-until "$TAG" <<<"$ENDPOINT_TAGS")
  endpoint::remove_tags 'remove our marks and the claim from the endpoint' "${keys[@]}"
}
