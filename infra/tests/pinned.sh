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

# models VENV DIR LIST: the data of each version of botocore that LIST names, as DIR/VERSION. A wheel is opened, not installed.
models() {
  local line version part=$2/part
  while IFS= read -r line; do
    [[ $line == botocore==* ]] || continue
    version=${line#botocore==}
    version=${version%% *}
    if [[ -d $2/$version ]]; then continue; fi
    rm -rf "$part"
    mkdir -p "$part"
    printf '%s\n' "$line" >"$part/pin"
    "$1/bin/pip" download --quiet --disable-pip-version-check --no-deps --require-hashes --requirement "$part/pin" --dest "$part"
    (cd "$part" && "$1/bin/python" -m zipfile --extract botocore-*.whl . && mv botocore/data "../$version")
    rm -r "$part"
  done <"$3"
}
