# shellcheck shell=bash
# Python's tools, as a list of pins with hashes names them. For the tests here and for .ci.
set -Eeuo pipefail

# pinned DIR LIST: a virtual environment with exactly these, made anew when the list is another one.
pinned() {
  local pins
  pins=$(sha256sum <"$2")
  if [[ -r $1/pins && $(<"$1/pins") == "$pins" ]]; then return 0; fi
  python3 -m venv --clear "$1"
  "$1/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement "$2"
  printf '%s\n' "$pins" >"$1/pins"
}
