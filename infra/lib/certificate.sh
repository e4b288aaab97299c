# shellcheck shell=bash
# The page's certificate, where none is given: requested from ACM, and proven by a record in DNS (facts 14.1 to 14.4).
# Source it through lib.sh.
set -Eeuo pipefail

certificate::forget() { CERTIFICATE='' OURS='[]' THEIRS='[]'; }

# Whether the certificate is ours to request.
certificate::wanted() { [[ -z $LISTENER_ARN$CERTIFICATE_ARN ]]; }

# certificate::find: the certificates that carry our tag, [{arn, name, record}], in OURS; the names of others in THEIRS. ACM
# tells what it lists without tags, and for a while lists what is gone.
certificate::find() {
  local arn name requested
  OURS='[]' THEIRS='[]'
  aws::read acm list-certificates
  mapfile -t requested < <(json '.CertificateSummaryList[] | select((.Type // "AMAZON_ISSUED") == "AMAZON_ISSUED") | "\(.CertificateArn) \(.DomainName)"')
  for name in "${requested[@]}"; do
    arn=${name%% *} name=${name#* }
    aws::find 'ResourceNotFoundException' acm list-tags-for-certificate --certificate-arn "$arn" || continue
    TAGS=$(json .Tags | tags_map)
    if ! is_ours "$TAGS"; then
      THEIRS=$(jq --arg name "$name" '. + [$name]' <<<"$THEIRS")
      continue
    fi
    OURS=$(jq --arg arn "$arn" --arg name "$name" --argjson tags "$TAGS" --arg k "$TAG_RECORD" '. + [{arn: $arn, name: $name, record: ($tags[$k] // "")}]' <<<"$OURS")
  done
}

# certificate::need: ours for the host in CERTIFICATE, for the steps that come after.
certificate::need() {
  certificate::wanted || return 0
  [[ -n $CERTIFICATE ]] || certificate::find
  CERTIFICATE=${CERTIFICATE:-$(jq -r --arg host "$HOST" '[.[] | select(.name == $host) | .arn][0] // ""' <<<"$OURS")}
  [[ -n $CERTIFICATE ]] || sign_in::missing 'the certificate'
  CERTIFICATE=${CERTIFICATE:-$NOT_YET}
}

ensure_certificate() {
  local status='' noted='' failed
  certificate::wanted || return 0
  certificate::find
  CERTIFICATE=$(jq -r --arg host "$HOST" '[.[] | select(.name == $host) | .arn][0] // ""' <<<"$OURS")
  if [[ -n $CERTIFICATE ]] && certificate::see; then status=$(json .Certificate.Status); fi
  if [[ $status =~ ^(FAILED|VALIDATION_TIMED_OUT|EXPIRED|REVOKED|INACTIVE)$ ]]; then
    failed="that ACM did not issue ($status$(json '.Certificate.FailureReason // "" | if . == "" then "" else ": " + . end'))"
    certificate::discard "$(jq -c --arg arn "$CERTIFICATE" '.[] | select(.arn == $arn)' <<<"$OURS")" "$failed"
    CERTIFICATE=''
  fi
  if [[ -z $CERTIFICATE ]]; then
    # Each request has a token of its own: for an hour ACM would answer an old one with what was made for it then, and that
    # may be gone. A run that is broken off finds the certificate by its tag.
    change "request a certificate for $HOST" "$(jq -n --arg host "$HOST" --arg token "$(openssl rand -hex 16)" --argjson tags "$(own_tags)" \
      '{DomainName: $host, ValidationMethod: "DNS", IdempotencyToken: $token, Tags: $tags}')" acm request-certificate
    CERTIFICATE=$(json '.CertificateArn // ""')
    CERTIFICATE=${CERTIFICATE:-$NOT_YET}
    status=requested
  else
    noted=$(jq -r --arg arn "$CERTIFICATE" '.[] | select(.arn == $arn) | .record' <<<"$OURS")
  fi
  certificate::record "$status" "$noted"
}

# certificate::see: what ACM knows of it; for some seconds after the request that is nothing.
certificate::see() { aws::find 'ResourceNotFoundException' acm describe-certificate --certificate-arn "$CERTIFICATE"; }

# certificate::wait WHAT FILTER: looks until the jq FILTER is true of it, for at most WAIT seconds.
certificate::wait() {
  local began=$SECONDS
  [[ $MODE == apply ]] || return 0
  until certificate::see && jq -e "$2" >/dev/null <<<"$AWS_OUT"; do
    [[ -z $AWS_OUT || $(json .Certificate.Status) =~ ^(PENDING_VALIDATION|ISSUED)$ ]] ||
      die "ACM does not issue the certificate for $HOST: $(json '.Certificate | .Status + (.FailureReason // "" | if . == "" then "" else ", " + . end)')" \
        'A CAA record in your DNS may forbid Amazon to. Put right what it names, then run the same command again: it asks anew.'
    ((SECONDS - began < WAIT)) || die "waited $((WAIT / 60)) minutes for $1" "Look whether its record is in your DNS, then run the same command again: it goes on from here."
    sleep "$POLL"
  done
}

# certificate::record STATUS NOTED: the record by which ACM sees that the host is ours, and sees it again at each renewal.
certificate::record() {
  local record='' wanted name
  certificate::wait 'ACM to name the record of the certificate' '.Certificate.DomainValidationOptions[0].ResourceRecord != null'
  if certificate::see; then record=$(json '.Certificate.DomainValidationOptions[0].ResourceRecord // ""'); fi
  name=$(jq -r '.Name // ""' <<<"${record:-null}")
  if [[ -z $HOSTED_ZONE_ID ]]; then
    certificate::ask "$1" "$record"
    return 0
  fi
  wanted=$(jq '{Name, Type, TTL: 300, ResourceRecords: [{Value}]}' <<<"${record:-null}")
  certificate::find_record "$HOSTED_ZONE_ID" "${name:-$NOT_YET}"
  # The record is the same for all certificates of this host in this account: what is there already stays when ours goes.
  if [[ $2 != "$HOSTED_ZONE_ID/$name" ]]; then
    [[ -z $2 ]] || certificate::remove_record "$2"
    if [[ $(jq '.ResourceRecords' <<<"$PROOF_NOW") == "$(jq '.ResourceRecords // 0' <<<"$wanted")" ]]; then return 0; fi
    change 'note on the certificate that its record is ours' "$(jq -n --arg arn "$CERTIFICATE" --arg k "$TAG_RECORD" --arg v "$HOSTED_ZONE_ID/$name" \
      '{CertificateArn: $arn, Tags: [{Key: $k, Value: $v}]}')" acm add-tags-to-certificate
  fi
  same 'record of the certificate' "$wanted" "$PROOF_NOW" ||
    change "show ACM by a record that $HOST is ours" "$(dns::batch UPSERT "$wanted")" route53 change-resource-record-sets
}

# certificate::ask STATUS RECORD: whoever has the zone makes it. The run that asks for the certificate ends here.
certificate::ask() {
  local words
  words=$(jq -r '"\(.Name)  \(.Type)  \(.Value)"' <<<"${2:-null}")
  if [[ $1 == ISSUED || -z $2 ]]; then return 0; fi
  [[ $1 != requested || $MODE == plan ]] || die "the certificate for $HOST waits for a record in your DNS, to be made by you: $words" \
    'Leave it there, ACM renews by it. Then run the same command again: it goes on from here.'
  [[ $MODE == apply || $QUIET == true ]] || say "  The certificate waits for a record in your DNS, to be made by you: $words"
}

# certificate::find_record ZONE NAME: the CNAME record in PROOF_NOW, null for none.
certificate::find_record() {
  PROOF_NOW=null
  aws::find 'NoSuchHostedZone' route53 list-resource-record-sets --hosted-zone-id "$1" --start-record-name "$2" --max-items 20 || return 0
  PROOF_NOW=$(json '[.ResourceRecordSets[] | select(.Name == $name and .Type == "CNAME")][0]' --arg name "$2")
}

# certificate::remove_record ZONE/NAME
certificate::remove_record() {
  local HOSTED_ZONE_ID=${1%%/*} PROOF_NOW
  certificate::find_record "$HOSTED_ZONE_ID" "${1#*/}"
  [[ $PROOF_NOW == null ]] || change "delete the record of the certificate: ${1#*/}" "$(dns::batch DELETE "$PROOF_NOW")" route53 change-resource-record-sets
}

# certificate::issued: the listener takes no other. Minutes, once ACM sees the record.
certificate::issued() {
  if [[ $MODE == plan || -z $CERTIFICATE ]]; then return 0; fi
  certificate::see || true
  [[ -n $AWS_OUT && $(json .Certificate.Status) == ISSUED ]] || say "  [$STEP] waiting for ACM to see the record and issue the certificate; minutes, as a rule"
  certificate::wait 'the certificate to be issued' '.Certificate.Status == "ISSUED"'
}

# certificate::delete ARN WHAT: ACM sees a little later that a listener is gone.
certificate::delete() {
  change_patiently "$CERTIFICATE_IN_USE" "delete the certificate $2" "$(jq -n --arg arn "$1" '{CertificateArn: $arn}')" acm delete-certificate
}

# certificate::discard ONE WHAT: with the record that we made for it, unless another one needs it.
certificate::discard() {
  local noted
  noted=$(jq -r --argjson theirs "$THEIRS" 'select(.name as $name | $theirs | index([$name]) == null) | .record' <<<"$1")
  [[ -z $noted ]] || certificate::remove_record "$noted"
  certificate::delete "$(jq -r .arn <<<"$1")" "$2"
}

# certificate::remove KEEP: all of ours but this one.
certificate::remove() {
  local one
  certificate::find
  while IFS= read -r one; do
    certificate::discard "$one" "for $(jq -r .name <<<"$one")"
  done < <(jq -c --arg keep "$1" '.[] | select(.arn != $keep)' <<<"$OURS")
}

# certificate::remove_unused: what was requested before the settings named another host, a certificate or a listener.
certificate::remove_unused() {
  certificate::need
  certificate::remove "$CERTIFICATE"
}

ensure_removed_certificate() { certificate::remove ''; }
