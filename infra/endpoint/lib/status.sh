# shellcheck shell=bash
# What the directory and ACM have, and what of it needs doing. Only reads. Source it through pki.sh.
set -Eeuo pipefail

# Days before the end from which on something is to be done: a CA needs new certificates for everybody; ACM itself warns of a
# server's 45 days before (fact 7.8a).
readonly CA_SOON=180 SERVER_SOON=45 CLIENT_SOON=30

TO_DO=()
todo() { TO_DO+=("$1"); }

# status::line KIND DAYS TEXT SOON TODO: a certificate, as x509::read has it.
status::line() {
  x509::left
  say "$(printf '%-8s %6s days left, until %s  %s' "$1" "$LEFT" "$UNTIL_DAY" "$2")"
  ((LEFT >= $3)) || todo "$2 $([[ $LEFT -ge 0 ]] && echo ends || echo ended) on $UNTIL_DAY: $4"
}

status::all() {
  local text
  ca::check "$PKI"
  declare -gA FILE_OF=()
  # Without these nothing else can be read.
  if [[ -f $PKI/ca.crt && -f $PKI/index.txt ]]; then
    ca::strangers "$PKI"
    status::certificates
    status::list
    status::acm
  fi
  [[ ! -e $PKI/pending && ! -e $PKI/renewal ]] || todo 'a run was broken off: run the same command again, it goes on from there'
  for text in "${PROBLEMS[@]+"${PROBLEMS[@]}"}"; do TO_DO+=("$text"); done
  PROBLEMS=()
  ((${#TO_DO[@]} > 0)) || return 0
  say
  say "${#TO_DO[@]} thing(s) to do:"
  for text in "${TO_DO[@]}"; do say "  - $text"; done
  exit "$TO_BE_DONE"
}

status::certificates() {
  local serial encrypted='its key is encrypted'
  authority::is_encrypted "$PKI/private/ca.key" 2>/dev/null || encrypted='its key is NOT ENCRYPTED'
  x509::read "$PKI/ca.crt"
  status::line CA "$CN, $encrypted" "$CA_SOON" 'everybody needs a new certificate of a new CA, and another endpoint'
  if server::usable; then
    x509::read "$PKI/issued/$SERVER_NAME.crt"
    status::line server "$CN" "$SERVER_SOON" 'pki.sh renew-server'
  else
    todo "the server's certificate is of no use, $WHY: pki.sh init"
  fi
  people::serials V
  for serial in $SERIALS; do
    x509::read "${FILE_OF[$serial]:-/dev/null}" || continue
    if [[ $USES == *'TLS Web Client Authentication'* ]]; then
      status::line client "$CN, serial $serial$([[ $KEY == "$KEY_WANTED" ]] || echo ", $KEY")" "$CLIENT_SOON" 'give this device a new certificate, or revoke this one'
      [[ $KEY == "$KEY_WANTED" ]] || todo "$CN has a key of the kind $KEY, which Client VPN may not take (fact 7.8): give this device a new certificate"
    elif [[ $CN != "$SERVER_NAME" ]]; then
      status::line other "$CN, serial $serial, for ${USES:-anything}" 0 'nothing, it lets nobody in any more'
    fi
  done
}

# Certificates that are let in no more: those of the index that are revoked, in the list that AWS is to have.
status::list() {
  people::serials R
  if people::is_list_right; then
    x509::list "$PKI/crl.pem"
    x509::left
    say "$(printf '%-8s %6s days left, until %s  %s revoked' list "$LEFT" "$UNTIL_DAY" "$(grep -c . <<<"$SERIALS" || true)")"
  else
    todo 'the revocation list crl.pem is missing, ends before the CA, or is not what index.txt says: pki.sh init makes it anew'
  fi
}

status::acm() {
  local before=${#PROBLEMS[@]}
  acm::find
  if ((${#PROBLEMS[@]} > before)); then
    return 0
  elif [[ -z $CERTIFICATE ]]; then
    todo "ACM in $REGION has no server certificate of this CA: pki.sh init"
  elif [[ $IS_SAME == true ]]; then
    say "ACM      has the same server certificate, $CERTIFICATE"
    is_ours "$TAGS" || todo "the certificate in ACM does not carry our tag: pki.sh init"
  else
    x509::read "$WORK/certificate"
    status::line ACM "another server certificate, serial $SERIAL, $CERTIFICATE" 0 'replace it'
    todo "ACM has another server certificate than stands here: pki.sh $([[ -e $PKI/renewal ]] && echo renew-server || echo init) imports this one"
  fi
}
