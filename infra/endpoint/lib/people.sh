# shellcheck shell=bash
# Certificates of people's devices, and how they are taken back. Source it through pki.sh.
set -Eeuo pipefail

# What a person and a device may be called. It becomes the name of a file: in small letters, since not every disk knows others;
# 64 characters in all, as many as a common name has.
readonly PERSON='[a-z0-9][a-z0-9._-]{0,39}' DEVICE='[a-z0-9][a-z0-9._-]{0,22}'

# people::check NAME: that it is PERSON/DEVICE.
people::check() {
  [[ $1 =~ ^$PERSON/$DEVICE$ && ! ${1%/*} =~ \.(key|crt|pem)$ ]] || die "\"$(brief "$1")\" is no PERSON/DEVICE" \
    'Small letters, digits, dots, hyphens and underscores, beginning with a letter or digit; up to 40 for the person, not ending in .key, .crt or .pem, and 23 for the device, such as mei.tanaka/ipad.'
}

# people::serials STATE [NAME]: the serials in the index, as x509::index has them, in SERIALS; those of this common name, as the
# certificates themselves say it.
people::serials() {
  local serial all
  all=$(x509::index "$PKI/index.txt" "$1")
  SERIALS=$all
  [[ $# -gt 1 ]] || return 0
  SERIALS=''
  for serial in $all; do
    x509::read "$PKI/certs_by_serial/$serial.pem" || die "the certificate $serial stands in index.txt, and is not in $PKI/certs_by_serial" \
      'Restore it from the backup: without it nobody can say whose it is. Nothing was changed.'
    [[ $CN != "$2" ]] || SERIALS+=${SERIALS:+$'\n'}$serial
  done
}

# people::issue NAME: a certificate for this device, whatever it had before.
people::issue() {
  people::check "$1"
  authority::issue client "$1"
  pending::commit
}

# people::revoke_serials SERIAL...: all or none of them, and the new list with them.
people::revoke_serials() {
  local serial
  pending::begin
  authority::configure
  for serial in "$@"; do
    authority::openssl "revoke $serial" ca -config pending/openssl.cnf -passin fd:3 -revoke "certs_by_serial/$serial.pem"
  done
  authority::list
  pending::commit
}

# people::list: the list anew, from what is revoked.
people::list() {
  pending::begin
  authority::list
  pending::commit
}

# people::is_list_right: whether crl.pem has exactly what the index says is revoked, and is good until the CA ends.
people::is_list_right() {
  local until
  [[ -f $PKI/crl.pem ]] && x509::list "$PKI/crl.pem" || return 1
  until=$UNTIL
  x509::read "$PKI/ca.crt"
  people::serials R
  ((until >= UNTIL - 86400)) && [[ $REVOKED == "$SERIALS" ]]
}
