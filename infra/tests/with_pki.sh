#!/usr/bin/env bash
# Calls one function of endpoint/lib, as a script does that looks after people: with_pki.sh DIRECTORY PASSPHRASE_FILE FUNCTION
# [ARGUMENT...]
set -Eeuo pipefail
# shellcheck source=lib/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/lib.sh"
# shellcheck source=endpoint/lib/pki.sh
source "$INFRA/endpoint/lib/pki.sh"
# shellcheck source=endpoint/lib/profile_check.sh
source "$INFRA/endpoint/lib/profile_check.sh"
# shellcheck source=endpoint/lib/profile.sh
source "$INFRA/endpoint/lib/profile.sh"

# revoke NAME [KEEP]: all serials of this common name but KEEP, and the new list with them. Run again, it changes nothing but
# the list's date.
revoke() {
  local serial revoked=()
  people::serials V "$1"
  for serial in $SERIALS; do
    [[ $serial == "${2-}" ]] || revoked+=("$serial")
  done
  people::revoke_serials "${revoked[@]+"${revoked[@]}"}"
}

main() {
  # shellcheck disable=SC2034 # pki.sh reads them
  DIRECTORY=$1 PASSPHRASE_FILE=$2 CA_IS_USED=true MODE=apply
  start
  directory::find
  directory::check
  problems::stop
  pki::unlock
  directory::lock
  [[ ! -e $PKI/pending ]] || pending::finish
  "${@:3}"
}

main "$@"
