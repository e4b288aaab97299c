# shellcheck shell=bash
# The endpoint that lets in whoever has a certificate of this CA, and the revocation list that AWS has of it. Source it through
# people.sh or endpoint.sh.
set -Eeuo pipefail

# The list at AWS: its serials, one a line and sorted; its end; its state, '' for none.
REVOKED_THERE='' UNTIL_THERE=0 STATE_THERE=''
# As person::read has them; nothing where nobody looks at people.
ISSUED=()
declare -A STATE_OF=()
# What AWS says while it takes no list since no subnet is associated; which of these is nowhere documented.
readonly NOT_WHILE_OFF='InvalidClientVpnActiveAssociationNotFound|IncorrectState'
# Which it has said in this run.
REFUSED=''
# Until when what AWS calls active may not be in force everywhere (fact 7.17).
# shellcheck disable=SC2034 # receipt.sh reads it
readonly IN_FORCE_HOURS=4

# serving::find: its id in ENDPOINT_ID; the one that is named, where several have this CA.
serving::find() {
  local id arn ours found=() all=()
  x509::read "$PKI/ca.crt"
  ours=$FINGERPRINT
  aws::read ec2 describe-client-vpn-endpoints
  while read -r id arn; do
    all+=("$id")
    if serving::has_ca "$arn" "$ours"; then found+=("$id"); fi
  done < <(json '.ClientVpnEndpoints[] | select(.Status.Code | IN("deleting", "deleted") | not) | .ClientVpnEndpointId as $id
    | .AuthenticationOptions[]? | .MutualAuthentication.ClientRootCertificateChain // empty | "\($id) \(.)"')
  if [[ -n $ENDPOINT_ID ]]; then
    [[ " ${found[*]-} " == *" $ENDPOINT_ID "* ]] || die "the endpoint $ENDPOINT_ID lets in the people of another CA, or is not in $REGION" \
      "That of this directory: ${found[*]:-none}. Leave --endpoint out, or name the directory of the right CA (--directory). Nothing was changed."
  elif ((${#found[@]} == 0)); then
    die "no endpoint in $REGION lets in the people of the CA in $PKI" \
      "There are: ${all[*]:-none}. Is it the directory of the right CA (--directory)? infra/endpoint/endpoint.sh ensure makes an endpoint for it. Nothing was changed."
  elif ((${#found[@]} > 1)); then
    die "several endpoints let in the people of this CA: ${found[*]}" 'Name one with --endpoint. Whoever is removed must be removed from each; better is a CA for each.'
  fi
  ENDPOINT_ID=${ENDPOINT_ID:-${found[0]}}
  note "Endpoint:     $ENDPOINT_ID"
  endpoint::find || die "the endpoint $ENDPOINT_ID is gone" 'Run the same command again.'
}

# serving::has_ca ARN FINGERPRINT: whether the CA behind this certificate in ACM is that one.
serving::has_ca() {
  aws::find 'ResourceNotFoundException' acm get-certificate --certificate-arn "$1" || return 1
  json '.CertificateChain // .Certificate // ""' >"$WORK/chain"
  x509::read "$WORK/chain" && [[ $FINGERPRINT == "$2" ]]
}

# serving::list: what AWS has.
serving::list() {
  REVOKED_THERE='' UNTIL_THERE=0
  endpoint::export_list
  [[ -n $STATE_THERE ]] || return 0
  x509::list "$WORK/there.pem" || die 'what AWS has as a revocation list cannot be read' 'Look at it in the console. Nothing was changed.'
  REVOKED_THERE=$REVOKED UNTIL_THERE=$UNTIL
}

# serving::wanted: the serials that AWS is to have; while planning with those that would be revoked.
serving::wanted() {
  local serial
  {
    x509::index "$PKI/index.txt" R
    for serial in "${ISSUED[@]+"${ISSUED[@]}"}"; do [[ ${STATE_OF[$serial]} != R ]] || printf '%s\n' "$serial"; done
  } | sort -u
}

# serving::forgotten: what AWS's list keeps out and ours would let in again. What has ended is let in by neither.
serving::forgotten() {
  local serial
  while IFS= read -r serial; do
    if [[ -z $serial ]] || { x509::read "$PKI/certs_by_serial/$serial.pem" && x509::left && ((LEFT < 0)); }; then continue; fi
    printf '%s\n' "$serial"
  done < <(comm -23 <(printf '%s\n' "$REVOKED_THERE") <(serving::wanted))
}

# serving::is_same: whether AWS has the list that it is to have, with the end of the CA as its own.
serving::is_same() {
  if [[ $(serving::wanted) == '' && -z $STATE_THERE ]]; then return 0; fi
  x509::read "$PKI/ca.crt"
  [[ -n $STATE_THERE && $(serving::wanted) == "$REVOKED_THERE" ]] && ((UNTIL_THERE >= UNTIL - 86400))
}

# serving::import: fails as aws::call does, but not where AWS takes none while it is off.
serving::import() {
  if change::send "$(jq -n --arg id "$ENDPOINT_ID" --rawfile list "$PKI/crl.pem" '{ClientVpnEndpointId: $id, CertificateRevocationList: $list}')" \
    ec2 import-client-vpn-client-certificate-revocation-list; then
    return 0
  fi
  [[ "|$NOT_WHILE_OFF|" == *"|$AWS_CODE|"* && $(jq -r .Status.Code <<<"$ENDPOINT") == pending-associate ]] || return 1
  REFUSED=$AWS_CODE
}

# The whole list, and until it is active. A list cannot be added to, and importing one ends everybody's connections (fact 7.17): only
# where AWS has another.
ensure_at_aws() {
  local forgotten marked
  REFUSED='' REVOKED_THERE='' UNTIL_THERE=0 STATE_THERE=''
  # endpoint.sh may be about to make it.
  if [[ $ENDPOINT_ID != "$NOT_YET" ]]; then
    endpoint::find || die "the endpoint $ENDPOINT_ID is gone" 'Run the same command again.'
    serving::list
  fi
  forgotten=$(serving::forgotten)
  if [[ -n $forgotten ]]; then
    problem "AWS's revocation list keeps out what this CA's would let in again: ${forgotten//$'\n'/ }" "Is $PKI an older copy? Restore the last backup: index.txt must know all that was ever revoked."
    return 0
  fi
  marked=$(endpoint::tag "$TAG_LIST")
  if ! serving::is_same; then
    change_with "import the revocation list, $(serving::wanted | wc -l | tr -d ' ') certificate(s): AWS ENDS EVERYBODY'S CONNECTIONS; who is not revoked is back by herself within a minute" serving::import
    STATE_THERE=pending
  fi
  if [[ -n $REFUSED ]]; then
    say "      AWS takes no list while no subnet is associated ($REFUSED)"
    [[ -n $marked ]] || endpoint::set_tag "$TAG_LIST" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" 'mark the endpoint: its revocation list is not at AWS yet'
    return 0
  fi
  if [[ $STATE_THERE == pending ]]; then
    change_here 'wait until AWS has the list active' wait_for 'the revocation list to be active' '.Status.Code == "active"' \
      ec2 export-client-vpn-client-certificate-revocation-list --client-vpn-endpoint-id "$ENDPOINT_ID"
  fi
  [[ -z $marked ]] || endpoint::remove_tags 'take the mark from the endpoint: AWS has the list' "$TAG_LIST"
}
