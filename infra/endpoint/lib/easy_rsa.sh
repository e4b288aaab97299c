# shellcheck shell=bash
# A CA that was made before, with easy-rsa or openssl: what can be known of it, and copying it. Source it through pki.sh.
set -Eeuo pipefail

FROM_DIR=''

# ca::check DIR: everything that makes a CA one whose certificate may let people in: a problem for each that is not so.
ca::check() {
  local ca=$1/ca.crt
  if ! x509::read "$ca"; then
    problem "$ca is no certificate" 'Restore it from a backup.'
    return 0
  fi
  [[ $(grep -c 'BEGIN CERTIFICATE' "$ca") == 1 ]] || problem "$ca has several certificates: whatever chains to any of them would be let in" 'Use a CA of its own for the VPN.'
  [[ $KEY == "$KEY_WANTED" ]] || problem "the CA has a key of the kind $KEY, and Client VPN takes RSA with 1024 or 2048 bits only" "Make a new CA: pki.sh init without --from. Clients of today refuse 1024 bits."
  [[ $IS_CA == true ]] || problem "$ca is no certificate of a CA" 'Name the directory that has the CA.'
  x509::left
  # Nothing that this computer trusts is to help. Out of its time even a CA of its own does not verify.
  if ((LEFT <= 0)); then
    problem "the CA ended on $UNTIL_DAY" 'Make a new one: pki.sh init without --from.'
  elif ((FROM > $(date +%s))); then
    problem "the CA is not good yet" 'Is the clock of this computer right?'
  elif ! SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/dev/null openssl verify -CAfile "$ca" "$ca" >/dev/null 2>&1; then
    problem "the CA \"$CN\" did not sign itself: above it stands another, of a company or of the public" 'Use a CA of its own for the VPN: whatever chains to it is let in.'
  elif openssl verify "$ca" >/dev/null 2>&1; then
    problem "the CA \"$CN\" is trusted by this computer: it is a public one, or your company's for other things too" 'Use a CA of its own for the VPN: whatever chains to it is let in.'
  fi
  [[ -f $1/private/ca.key ]] || problem "the CA's key is missing: $1/private/ca.key" 'Restore it from a backup: without it nobody can be added, and nobody taken away.'
  [[ -f $1/index.txt ]] || problem "index.txt is missing in $1: nobody knows what this CA has issued, and whatever it has is let in" 'Restore it from a backup, or make a new CA: pki.sh init without --from.'
}

# ca::strangers DIR: what the CA has signed and the index does not know, and what may not be there at all: a problem for each.
ca::strangers() {
  local file serial known valid=() missing='' revoked
  known=$'\n'$(awk -F '\t' '{print $4}' "$1/index.txt")$'\n'
  while IFS= read -r file; do
    if ! x509::read "$file"; then
      problem "$file is no certificate" 'Move it away, if it is nothing.'
      continue
    fi
    [[ $known == *$'\n'"$SERIAL"$'\n'* ]] || problem "$file ($CN, serial $SERIAL) does not stand in index.txt: nobody could take it back" 'Make a new CA, or have easy-rsa or openssl put it into the index.'
    [[ $IS_CA == false ]] || problem "$file ($CN) is a CA itself: whatever it signs is let in" 'Make a new CA: pki.sh init without --from.'
    x509::left
    # What has ended lets nobody in.
    ((LEFT < 0)) || SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/dev/null openssl verify -CAfile "$1/ca.crt" "$file" >/dev/null 2>&1 || problem "$file ($CN) is not signed by this CA" 'Move it away.'
    FILE_OF[$SERIAL]=$file
  done < <(find "$1/certs_by_serial" "$1/issued" "$1/renewed" -type f \( -name '*.crt' -o -name '*.pem' \) 2>/dev/null | sort)
  mapfile -t valid < <(x509::index "$1/index.txt" V)
  for serial in "${valid[@]}"; do
    [[ -v FILE_OF[$serial] ]] || missing+=" $serial"
  done
  [[ -z $missing ]] || problem "these are valid, and their certificates are not there:$missing" 'Restore issued and certs_by_serial from a backup: nobody can say whose they are.'
  [[ -f $1/crl.pem ]] || return 0
  if x509::list "$1/crl.pem"; then
    revoked=$(comm -23 <(printf '%s\n' "$REVOKED") <(x509::index "$1/index.txt" R))
    [[ -z ${revoked//$'\n'/} ]] || problem "crl.pem has what index.txt does not call revoked: ${revoked//$'\n'/ }" 'Restore index.txt from a backup: a new list would let these in again.'
  else
    problem "$1/crl.pem is no revocation list" 'Restore it from a backup, or move it away if nothing was ever revoked.'
  fi
}

# easy_rsa::check: the directory of --from, or "pki" in it.
easy_rsa::check() {
  local file
  [[ -f $FROM_DIR/ca.crt || ! -d $FROM_DIR/pki ]] || FROM_DIR=$FROM_DIR/pki
  if [[ ! -f $FROM_DIR/ca.crt ]]; then
    problem "there is no CA in $FROM_DIR: ca.crt is missing" 'Name the directory "pki" of easy-rsa: --from DIR.'
    return 0
  fi
  ca::check "$FROM_DIR"
  ((${#PROBLEMS[@]} == 0)) || return 0
  declare -gA FILE_OF=()
  ca::strangers "$FROM_DIR"
  while IFS= read -r file; do
    [[ ${file##*/} =~ ^[A-Za-z0-9@_.-]+\.crt$ && ${file##*/} != ca.crt ]] || problem "$file has a name that cannot be kept" 'Rename it, and its key: letters, digits, @, dots, hyphens and underscores.'
  done < <(find "$FROM_DIR/issued" -type f -name '*.crt' 2>/dev/null)
}

# easy_rsa::show: whom the CA lets in, with what it has left valid (fact 7.13), and what nobody can know.
easy_rsa::show() {
  local serial valid
  local -A names=()
  valid=$(x509::index "$FROM_DIR/index.txt" V)
  say '  This CA lets in whoever has one of these certificates:'
  for serial in $valid; do
    x509::read "${FILE_OF[$serial]}"
    x509::left
    [[ ! -v names[$CN] ]] || say "      $CN twice: what was renewed is valid still, until it is revoked"
    names[$CN]=1
    say "      $CN, $KEY, $LEFT days left, serial $serial"
  done
  say '      Whether somebody else has its key, or has signed others with it that stand in no index, cannot be seen.'
}

# easy_rsa::copy: what is valid, the index, the list, and the CA; its key gets a passphrase, if it has none.
easy_rsa::copy() {
  local serial valid file name number=0
  pending::begin
  cp "$FROM_DIR/index.txt" "$PKI/pending/index.txt"
  if [[ $ENCRYPTED == true ]] && ! authority::is_encrypted "$FROM_DIR/private/ca.key"; then
    passphrase::seal "$PKI/pending/ca.key" <"$FROM_DIR/private/ca.key"
  else
    cp "$FROM_DIR/private/ca.key" "$PKI/pending/ca.key"
  fi
  valid=$(x509::index "$FROM_DIR/index.txt" V)
  for serial in $valid; do
    easy_rsa::plain "${FILE_OF[$serial]}" "$serial.pem" "certs_by_serial/$serial.pem"
  done
  while IFS= read -r file; do
    x509::read "$file"
    [[ $'\n'$valid$'\n' == *$'\n'"$SERIAL"$'\n'* ]] || continue
    number=$((number + 1)) name=$(basename "$file" .crt)
    easy_rsa::plain "$file" "issued.$number" "issued/$name.crt"
    [[ -f $FROM_DIR/private/$name.key ]] || continue
    cp "$FROM_DIR/private/$name.key" "$PKI/pending/key.$number"
    pending::move "key.$number" "private/$name.key"
  done < <(find "$FROM_DIR/issued" -type f -name '*.crt' 2>/dev/null | sort)
  if [[ -f $FROM_DIR/crl.pem ]]; then
    cp "$FROM_DIR/crl.pem" "$PKI/pending/crl.pem"
    pending::move crl.pem crl.pem
  fi
  pending::move index.txt index.txt
  pending::move ca.key private/ca.key
  easy_rsa::plain "$FROM_DIR/ca.crt" ca.crt ca.crt
  find "$PKI/pending" -type f -exec chmod 600 {} +
  pending::commit
}

# easy_rsa::plain FILE PENDING TO: a certificate without the text that may stand before it: ACM takes none.
easy_rsa::plain() {
  openssl x509 -in "$1" -out "$PKI/pending/$2" 2>"$WORK/stderr" || authority::failed "read $1"
  pending::move "$2" "$3"
}
