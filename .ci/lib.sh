# shellcheck shell=bash
# What the scripts of this directory share: strict mode, the root of the repository, parts with their times. Sourced first.
set -Eeuo pipefail
shopt -s inherit_errexit nullglob
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

# shellcheck disable=SC2034 # for those who source this
readonly TARGET="${CARGO_TARGET_DIR:-target}"
# Those of all tests that need more than Rust. One set for whoever needs one of them: another builds `harness` again.
# shellcheck disable=SC2034
readonly FEATURES=harness/e2e,harness/exhaustive

PART=none
trap 'printf "\n%s: part \"%s\" failed after %s s\n" "$0" "$PART" "$SECONDS" >&2' ERR

# part NAME COMMAND...: runs one part and prints how long it took.
part() {
  PART=$1
  shift
  local began=$SECONDS
  printf '\n== %s\n' "$PART"
  "$@"
  printf -- '-- %s: %s s\n' "$PART" "$((SECONDS - began))"
}

# changed PATH...: whether any of these differs from the base (.ci/change.py), and which. Where no base is known, all may.
changed() {
  local files
  files=$(.ci/change.py files "$@") || return 0
  printf '%s\n' "$files"
  [[ -n $files ]]
}

# installed PACKAGE...: installs what Debian or Ubuntu has not installed yet, as root or with sudo.
installed() {
  local package missing=() root=()
  for package in "$@"; do
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]} > 0)) || return 0
  printf 'installing: %s\n' "${missing[*]}"
  ((EUID == 0)) || root=(sudo)
  # Two parts may want something at once.
  mkdir -p "$TARGET"
  (
    flock 8
    "${root[@]}" apt-get update --quiet=2
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends "${missing[@]}"
  ) 8>"$TARGET/apt.lock"
}
