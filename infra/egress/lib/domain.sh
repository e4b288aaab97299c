# shellcheck shell=bash
# The proof that PROXY_NAME is ours: consumers' VPCs resolve a verified name to the proxy. Source it through lib.sh.
set -Eeuo pipefail

# Set by domain::find: the verification, and the TXT record that proves it.
VERIFICATION='' VERIFICATION_NOW='{}' PROOF_NAME='' PROOF_VALUE=''
# Seconds that resolvers keep the record.
readonly PROOF_TTL=300

# domain::find: that for PROXY_NAME, in VERIFICATION_NOW.
domain::find() {
  VERIFICATION=$NOT_YET VERIFICATION_NOW='{}'
  aws::read vpc-lattice list-domain-verifications
  VERIFICATION_NOW=$(json '[.items[] | select(.domainName == $name)][0] // {}' --arg name "$PROXY_NAME")
  domain::took
}

domain::took() {
  [[ $VERIFICATION_NOW != '{}' ]] || return 1
  VERIFICATION=$(jq -r '.id // $none' --arg none "$NOT_YET" <<<"$VERIFICATION_NOW")
  PROOF_NAME=$(jq -r '.txtMethodConfig.name // "" | rtrimstr(".")' <<<"$VERIFICATION_NOW") PROOF_VALUE=$(jq -r '.txtMethodConfig.value // ""' <<<"$VERIFICATION_NOW")
}

ensure_domain() {
  PROOF_NAME='' PROOF_VALUE=''
  if domain::find; then
    owned "domain-verification/$PROXY_NAME" "$(jq '.tags // {}' <<<"$VERIFICATION_NOW")" 'Choose another PROXY_NAME, or delete that verification if nobody needs it.' || return 0
    if [[ $(jq -r .status <<<"$VERIFICATION_NOW") == VERIFICATION_TIMED_OUT ]]; then
      change "give up the verification of $PROXY_NAME, whose record AWS did not find in time" "$(jq -n --arg id "$VERIFICATION" '{domainVerificationIdentifier: $id}')" vpc-lattice delete-domain-verification
      domain::start
    fi
  else
    domain::start
  fi
  domain::record
}

domain::start() {
  change "begin the verification of $PROXY_NAME" "$(jq -n --arg name "$PROXY_NAME" --argjson tags "$(own_tags_map)" --arg token "$(openssl rand -hex 16)" '{domainName: $name, tags: $tags, clientToken: $token}')" vpc-lattice start-domain-verification
  VERIFICATION_NOW=$AWS_OUT
  [[ $MODE == apply ]] || VERIFICATION_NOW='{"new": true}'
  domain::took
}

# domain::zone_record NAME: the TXT record of this name in HOSTED_ZONE_ID, in TEXT_NOW.
domain::zone_record() {
  aws::read route53 list-resource-record-sets --hosted-zone-id "$HOSTED_ZONE_ID" --start-record-name "$1" --start-record-type TXT --max-items 1
  TEXT_NOW=$(json '[.ResourceRecordSets[] | select(.Name == $name and .Type == "TXT")][0] // null' --arg name "$1.")
}

domain::text() {
  jq -n --arg name "$PROOF_NAME." --arg value "\"$PROOF_VALUE\"" --argjson ttl "$PROOF_TTL" '{Name: $name, Type: "TXT", TTL: $ttl, ResourceRecords: [{Value: $value}]}'
}

# The record is AWS's word for word. Where the zone is, it is made; a name that AWS made up has no record of somebody else.
domain::record() {
  [[ -n $HOSTED_ZONE_ID ]] || return 0
  if [[ -z $PROOF_NAME && $MODE == apply ]]; then
    wait_for 'AWS to tell the record' '.txtMethodConfig.name' vpc-lattice get-domain-verification --domain-verification-identifier "$VERIFICATION"
    VERIFICATION_NOW=$AWS_OUT
    domain::took
  fi
  if [[ -z $PROOF_NAME ]]; then
    change "make the TXT record that proves $PROXY_NAME" '' route53 change-resource-record-sets
    return 0
  fi
  domain::zone_record "$PROOF_NAME"
  same "record $PROOF_NAME" "$(domain::text)" "$TEXT_NOW" ||
    change "make the TXT record that proves $PROXY_NAME" "$(dns::batch UPSERT "$(domain::text)")" route53 change-resource-record-sets
}

# domain::tell: for whoever has the zone.
domain::tell() {
  say
  say "To prove that $PROXY_NAME is yours, make this record in public DNS, and leave it there:"
  say "  name   $PROOF_NAME"
  say '  type   TXT'
  say "  value  $PROOF_VALUE"
}

# domain::finish: last, when everything else stands. A run that is broken off here is finished by the same command. VERIFIED_YET is what it
# ends with.
domain::finish() {
  VERIFIED_YET=true
  MODE=apply
  if ! domain::find; then return 0; fi
  if domain::is_verified; then return 0; fi
  VERIFIED_YET=false
  [[ -n $HOSTED_ZONE_ID ]] || domain::tell
  domain::await
}

domain::is_verified() { [[ $(jq -r '.status // ""' <<<"$VERIFICATION_NOW") == VERIFIED ]]; }

# domain::await: for WAIT seconds.
domain::await() {
  local began=$SECONDS
  say "      waiting for AWS to find the record, for at most $((WAIT / 60)) minutes"
  while ((SECONDS - began < WAIT && DOMAIN_LOOKS < WAIT / POLL)); do
    aws::read vpc-lattice get-domain-verification --domain-verification-identifier "$VERIFICATION"
    case $(json .status) in
    VERIFIED)
      VERIFIED_YET=true
      return 0
      ;;
    PENDING) ;;
    *) return 0 ;;
    esac
    DOMAIN_LOOKS=$((DOMAIN_LOOKS + 1))
    sleep "$POLL"
  done
}
DOMAIN_LOOKS=0

ensure_removed_domain() {
  if ! domain::find; then return 0; fi
  removable "domain-verification/$PROXY_NAME" "$(jq '.tags // {}' <<<"$VERIFICATION_NOW")" || return 0
  if [[ -n $HOSTED_ZONE_ID && -n $PROOF_NAME ]]; then
    domain::zone_record "$PROOF_NAME"
    if [[ $TEXT_NOW != null && $(jq -S . <<<"$TEXT_NOW") == "$(domain::text | jq -S .)" ]]; then
      change "delete the TXT record $PROOF_NAME" "$(dns::batch DELETE "$TEXT_NOW")" route53 change-resource-record-sets
    fi
  fi
  change "end the verification of $PROXY_NAME" "$(jq -n --arg id "$VERIFICATION" '{domainVerificationIdentifier: $id}')" vpc-lattice delete-domain-verification
  [[ -n $HOSTED_ZONE_ID ]] || say "      the record $PROOF_NAME in your DNS is of no use any more"
}
