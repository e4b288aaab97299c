# shellcheck shell=bash
# The server's certificate: made, renewed, and in ACM, where its chain is what lets clients in. Nothing else goes to AWS: no key of
# the CA and none of a client. Source it through pki.sh.
set -Eeuo pipefail

# Whether this pass has made a new one, or would.
RENEWED=false

# server::usable: whether the certificate that is there, or is about to be copied, will do; why not, in WHY.
server::usable() {
  local at=$PKI certificate
  [[ -f $PKI/ca.crt || -z $FROM_DIR ]] || at=$FROM_DIR
  certificate=$at/issued/$SERVER_NAME.crt
  WHY='there is none'
  [[ -f $certificate ]] && x509::read "$certificate" || return 1
  x509::left
  WHY=''
  [[ $CN == "$SERVER_NAME" && ", $NAMES," == *", DNS:$SERVER_NAME,"* ]] || WHY="it is for \"$CN\" ($NAMES)"
  [[ $USES == *'TLS Web Server Authentication'* ]] || WHY='it is not for servers'
  [[ $KEY == "$KEY_WANTED" && $SIGNED == sha256* ]] || WHY="it is $KEY, $SIGNED"
  ((LEFT > 0)) || WHY='it has ended'
  [[ $'\n'$(x509::index "$at/index.txt" R)$'\n' != *$'\n'"$SERIAL"$'\n'* ]] || WHY='it is revoked'
  PASSPHRASE='' x509::is_pair "$certificate" "$at/private/$SERVER_NAME.key" || WHY='its key is not there, or encrypted'
  [[ -z $WHY ]]
}

server::issue() {
  authority::issue server "$SERVER_NAME" "subjectAltName = DNS:$SERVER_NAME"
  pending::commit
}

# In the same moment it is noted that ACM has another one still.
server::renew() {
  authority::issue server "$SERVER_NAME" "subjectAltName = DNS:$SERVER_NAME"
  printf '%s\n' "$SERIAL" >"$PKI/pending/renewal"
  pending::move renewal renewal
  pending::commit
}

ensure_server() {
  if server::usable; then return 0; fi
  [[ ! -f $PKI/issued/$SERVER_NAME.crt ]] || say "  [$STEP] the certificate of $SERVER_NAME that is there is of no use: $WHY"
  CA_IS_USED=true RENEWED=true
  change_here "make the certificate of $SERVER_NAME: $KEY_WANTED, SHA-256, $CERTIFICATE_DAYS days" server::issue
}

# Renewing goes on with the one that a run before has made and not brought to ACM.
ensure_renewal() {
  if [[ -f $PKI/renewal ]]; then return 0; fi
  ca::check "$PKI"
  problems::stop
  acm::find
  problems::stop
  [[ -n $CERTIFICATE ]] || die 'ACM has no server certificate of this CA that could be renewed' 'pki.sh init imports it.'
  CA_IS_USED=true RENEWED=true
  change_here "make a new certificate for $SERVER_NAME: $KEY_WANTED, SHA-256, $CERTIFICATE_DAYS days" server::renew
}

# acm::find: our server certificate in ACM, by its name and this CA in its chain, so that one that was imported by hand keeps
# its ARN: that in CERTIFICATE, '' for none; its tags in TAGS; whether it is the one that stands here, in IS_SAME.
acm::find() {
  local arn tags found=() ours=''
  CERTIFICATE='' IS_SAME=false TAGS='{}'
  [[ ! -f $PKI/ca.crt ]] || { x509::read "$PKI/ca.crt" && ours=$FINGERPRINT; }
  aws::read acm list-certificates --includes '{"keyTypes": ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]}'
  mapfile -t found < <(json '.CertificateSummaryList[] | select(.Type == "IMPORTED" and .DomainName == $name) | .CertificateArn' --arg name "$SERVER_NAME")
  for arn in "${found[@]}"; do
    # For a while ACM lists what is gone.
    aws::find 'ResourceNotFoundException' acm list-tags-for-certificate --certificate-arn "$arn" || continue
    tags=$(json .Tags | tags_map)
    aws::find 'ResourceNotFoundException' acm get-certificate --certificate-arn "$arn" || continue
    json '.CertificateChain // ""' >"$WORK/chain"
    json '.Certificate' >"$WORK/certificate"
    # The chain begins with the one that signed; whether AWS adds others of its own is nowhere written.
    if ! x509::read "$WORK/chain" || [[ $FINGERPRINT != "$ours" ]]; then
      ! is_ours "$tags" || problem "the installation \"$NAME\" has a server certificate of another CA in ACM: $arn" \
        'Name the directory of that CA (--directory), or another installation (--installation). If nothing needs it any more, delete it.'
    elif [[ -n $CERTIFICATE ]]; then
      problem "two certificates of this CA for $SERVER_NAME are in ACM: $CERTIFICATE and $arn" 'Delete the one that no endpoint uses.'
    else
      CERTIFICATE=$arn TAGS=$tags
      acm::compare
    fi
  done
}

# acm::compare: with what ACM told last, in $WORK/certificate.
acm::compare() {
  local there
  x509::read "$WORK/certificate" || die "ACM does not tell the certificate of $CERTIFICATE" 'Look at it in the console.'
  there=$FINGERPRINT
  if [[ -f $PKI/issued/$SERVER_NAME.crt ]]; then
    x509::read "$PKI/issued/$SERVER_NAME.crt"
    [[ $FINGERPRINT != "$there" ]] || IS_SAME=true
  fi
}

# The one thing that goes to AWS: the certificate, its key, and the chain, which is this CA and nothing else. Files are named, not
# given: arguments can be seen by others. Tags are for a new one only (fact 14.6).
ensure_acm() {
  local files=(--certificate "fileb://$PKI/issued/$SERVER_NAME.crt" --private-key "fileb://$PKI/private/$SERVER_NAME.key" --certificate-chain "fileb://$PKI/ca.crt") owner
  acm::find
  ((${#PROBLEMS[@]} == 0)) || return 0
  if [[ -z $CERTIFICATE ]]; then
    change "import the certificate of $SERVER_NAME into ACM, with its key and the CA's certificate" '' acm import-certificate "${files[@]}" --tags "$(own_tags | jq -c .)"
    CERTIFICATE=$(json '.CertificateArn // ""')
    return 0
  fi
  owner=$(jq -r --arg key "$TAG" '.[$key] // ""' <<<"$TAGS")
  if [[ -z $owner ]]; then
    change "tag the certificate of $SERVER_NAME in ACM as ours" "$(jq -n --arg arn "$CERTIFICATE" --argjson tags "$(own_tags)" '{CertificateArn: $arn, Tags: $tags}')" acm add-tags-to-certificate
  elif [[ $owner != "$NAME" ]]; then
    problem "the certificate of $SERVER_NAME in ACM belongs to the installation \"$owner\": $CERTIFICATE" 'Name that one (--installation), or use a CA of its own for each endpoint.'
    return 0
  fi
  [[ $IS_SAME == true && ($RENEWED == false || $MODE == apply) ]] ||
    change "import the certificate of $SERVER_NAME into ACM anew, in place of the one that is there" '' acm import-certificate --certificate-arn "$CERTIFICATE" "${files[@]}"
}

# The last step of a renewal.
ensure_renewed() {
  if [[ -f $PKI/renewal || ($RENEWED == true && $MODE == plan) ]]; then change_here 'note that ACM has it' rm -f -- "$PKI/renewal"; fi
}
