# shellcheck shell=bash
# The CA: its key, its certificate, and the two things that it signs, certificates and lists of those that are revoked.
# Source it through pki.sh.
set -Eeuo pipefail

# Days. Nothing outlives the CA. It cannot be renewed: whoever has a certificate needs a new one when it ends.
readonly CA_DAYS=3650 CERTIFICATE_DAYS=825

# authority::failed DOING: ends the script with openssl's own words.
authority::failed() { die "openssl could not $1" "It says: $(brief "$(tail -n 3 "$WORK/stderr" | tr '\n' ' ')")" 'Nothing that counts was changed. Put right what it names, then run the same command again.'; }

# authority::openssl DOING ARGUMENTS...: in the directory, where a passphrase is wanted with that of the CA's key.
authority::openssl() {
  local doing=$1
  shift
  (cd "$PKI" && openssl "$@" >"$WORK/stdout" 2>"$WORK/stderr" 3< <(printf '%s\n' "$PASSPHRASE")) || authority::failed "$doing"
}

# authority::configure [LINE...]: openssl.cnf for the change that is pending, with what only this one has.
authority::configure() {
  cat "$INFRA/endpoint/openssl.cnf" - >"$PKI/pending/openssl.cnf" <<<"$(printf '%s\n' '' "$@")"
}

# authority::key FILE: a new key, not encrypted.
authority::key() { (cd "$PKI" && openssl genrsa -out "$1" 2048 2>"$WORK/stderr") || authority::failed 'make a key'; }

# authority::serial: a new one, which nobody can guess; in hexadecimal digits, the first of them no zero.
authority::serial() { printf '4%s' "$(openssl rand -hex 16 | cut -c2-)"; }

# authority::make: the CA's key and certificate.
authority::make() {
  pending::begin
  if [[ $ENCRYPTED == true ]]; then
    openssl genrsa 2048 2>"$WORK/stderr" | passphrase::seal "$PKI/pending/ca.key"
  else
    authority::key pending/ca.key
  fi
  authority::configure '[subject]' "CN = $SERVER_NAME CA"
  authority::openssl 'make the certificate of the CA' req -new -x509 -config pending/openssl.cnf -extensions root -key pending/ca.key -passin fd:3 \
    -days "$CA_DAYS" -set_serial "0x$(authority::serial)" -out pending/ca.crt
  pending::move index.txt index.txt
  pending::move ca.key private/ca.key
  pending::move ca.crt ca.crt
  pending::commit
}

# authority::encrypt: a key that was kept without a passphrase gets one.
authority::encrypt() {
  pending::begin
  passphrase::seal "$PKI/pending/ca.key" <"$PKI/private/ca.key"
  pending::move ca.key private/ca.key
  pending::commit
}

# authority::days: for how long something may be issued now, in FOR_DAYS.
authority::days() {
  x509::read "$PKI/ca.crt"
  x509::left
  FOR_DAYS=$((LEFT < CERTIFICATE_DAYS ? LEFT : CERTIFICATE_DAYS))
  ((FOR_DAYS > 0)) || die 'the CA has ended' 'Make another one in a new directory, and an endpoint for it: everybody needs a new certificate.'
}

# authority::issue KIND NAME [LINE...]: a new key and a certificate for it, as private/NAME.key and issued/NAME.crt; what stood
# there is in certs_by_serial. KIND is a section of openssl.cnf, LINEs are added to it.
authority::issue() {
  local kind=$1 name=$2 serial
  shift 2
  authority::days
  pending::begin
  serial=$(authority::serial)
  printf '%s\n' "$serial" >"$PKI/pending/serial"
  authority::configure "[$kind]" "$@" '[subject]' "CN = $name"
  authority::key pending/key
  authority::openssl "make a request for $name" req -new -config pending/openssl.cnf -key pending/key -out pending/request
  authority::openssl "sign the certificate of $name" ca -batch -notext -config pending/openssl.cnf -passin fd:3 -extensions "$kind" -days "$FOR_DAYS" \
    -in pending/request -out pending/certificate
  authority::openssl "verify the certificate of $name" verify -CAfile ca.crt -purpose "ssl$kind" pending/certificate
  x509::read "$PKI/pending/certificate"
  [[ $CN == "$name" && $SERIAL == "${serial^^}" && $KEY == "$KEY_WANTED" ]] || die "internal: openssl made another certificate than was asked for: \"$CN\", $SERIAL, $KEY"
  cp "$PKI/pending/certificate" "$PKI/pending/copy"
  pending::move index.txt index.txt
  pending::move copy "certs_by_serial/$SERIAL.pem"
  pending::move key "private/$name.key"
  pending::move certificate "issued/$name.crt"
}

# authority::list: the list of everything that is revoked in the pending index, good until the CA ends. One that forgets what
# was revoked before is not made.
authority::list() {
  local before='' until
  [[ ! -f $PKI/crl.pem ]] || { x509::list "$PKI/crl.pem" && before=$REVOKED; } || die "$PKI/crl.pem is no revocation list" 'Restore it from the backup: it says who must not get in.'
  x509::read "$PKI/ca.crt"
  until=$UNTIL
  authority::configure
  # Numbers that only grow: the time.
  printf '%016X\n' "$(date +%s)" >"$PKI/pending/crlnumber"
  authority::openssl 'sign the revocation list' ca -gencrl -config pending/openssl.cnf -passin fd:3 -crlsec "$((until - $(date +%s)))" -out pending/crl.pem
  authority::openssl 'verify the revocation list' crl -in pending/crl.pem -CAfile ca.crt -noout
  x509::list "$PKI/pending/crl.pem"
  before=$(comm -23 <(printf '%s' "$before${before:+$'\n'}") <(printf '%s' "$REVOKED${REVOKED:+$'\n'}"))
  [[ -z $before ]] || die "the new revocation list would let in again what was revoked: ${before//$'\n'/ }" "index.txt in $PKI does not know it any more. Restore it from the backup: nothing was changed."
  pending::move index.txt index.txt
  pending::move crl.pem crl.pem
}

# authority::is_encrypted FILE: whether a key has a passphrase, as openssl's two forms say it.
authority::is_encrypted() { grep -q ENCRYPTED "$1"; }

ensure_authority() {
  if [[ -f $PKI/ca.crt ]]; then
    [[ -f $PKI/private/ca.key ]] || { problem "the CA's key is missing: $PKI/private/ca.key" 'Restore it from the backup: without it nobody can be added, and nobody taken away.' && return 0; }
    ca::check "$PKI"
    if [[ $ENCRYPTED == true ]] && ! authority::is_encrypted "$PKI/private/ca.key"; then
      PASSPHRASE_IS_NEW=true
      change_here 'encrypt the CA key, which has no passphrase' authority::encrypt
    fi
    return 0
  fi
  if [[ -d $PKI && ! -d $PKI/pending && -n $(find "$PKI" -type f ! -name pki.env ! -name pki.env.part | head -1) ]]; then
    problem "the CA's certificate is missing: $PKI/ca.crt" 'Restore it from the backup. With a new CA nobody who has a certificate could connect any more.'
    return 0
  fi
  if [[ -z $FROM_DIR ]]; then
    PASSPHRASE_IS_NEW=$ENCRYPTED
    change_here "make the CA: $KEY_WANTED, SHA-256, $CA_DAYS days, its key $([[ $ENCRYPTED == true ]] && echo 'encrypted with a passphrase' || echo NOT ENCRYPTED)" authority::make
    return 0
  fi
  easy_rsa::check
  ((${#PROBLEMS[@]} == 0)) || return 0
  CA_KEY=$FROM_DIR/private/ca.key
  authority::is_encrypted "$CA_KEY" || PASSPHRASE_IS_NEW=$ENCRYPTED
  [[ $MODE == apply ]] || easy_rsa::show
  CA_IS_USED=true
  change_here "copy the CA and what it has issued from $FROM_DIR" easy_rsa::copy
}

ensure_list() {
  if [[ -f $PKI/ca.crt ]] && people::is_list_right; then return 0; fi
  CA_IS_USED=true
  change_here 'make the revocation list, which is good until the CA ends' people::list
}
