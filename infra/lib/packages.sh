# shellcheck shell=bash
# The packages of the functions: prebuilt ones (--packages), or built here with cargo-lambda. Source it through lib.sh.
set -Eeuo pipefail

readonly BINARIES=(associator disassociator connect-handler)

# The directory of NAME.zip; empty: the code that is deployed stays.
PACKAGES=''
# Whether they were built here: then cargo-lambda deploys them.
BUILT=false

# packages::given: that all three are there.
packages::given() {
  local name
  for name in "${BINARIES[@]}"; do
    [[ -r $PACKAGES/$name.zip ]] || problem "$PACKAGES/$name.zip is not there" 'Make the packages with infra/package.sh, or name another directory with --packages.'
  done
}

# packages::with_entities: packages that were given get CONNECT_ENTITIES in place of the entities.json that is in them.
packages::with_entities() {
  local stage=$WORK/entities name
  [[ -n $CONNECT_ENTITIES ]] || return 0
  command -v zip >/dev/null || die 'zip is not installed' 'Install it, or leave CONNECT_ENTITIES out: the file is put into the package with it.'
  mkdir -p "$stage/policy" "$WORK/packages"
  for name in "${BINARIES[@]}"; do cp "$PACKAGES/$name.zip" "$WORK/packages/$name.zip"; done
  PACKAGES=$WORK/packages
  cp "$CONNECT_ENTITIES" "$stage/policy/entities.json"
  chmod 644 "$stage/policy/entities.json"
  env TZ=UTC touch -t 202001010000 "$stage/policy/entities.json"
  chmod u+w "$PACKAGES/connect-handler.zip"
  (cd "$stage" && TZ=UTC zip -q -X "$PACKAGES/connect-handler.zip" policy/entities.json) || die 'CONNECT_ENTITIES cannot be put into the package of the connect handler' 'Make the packages anew: infra/package.sh.'
}

# packages::build: release builds of all three in one command, so that the EC2 SDK is compiled once; then packed.
packages::build() {
  local target=${CARGO_TARGET_DIR:-$ROOT/target} name arguments=()
  for name in "${BINARIES[@]}"; do arguments+=(--bin "$name"); done
  note 'Building the functions; the first time takes minutes.'
  (cd "$ROOT" && cargo lambda build --release --locked "--${ARCHITECTURE//_/-}" --lambda-dir "$target/lambda" "${arguments[@]}") >&2 ||
    die 'the functions could not be built' 'Put right what cargo says above, or name prebuilt packages: --packages DIR.'
  PACKAGES=$target/packages
  BUILT=true
  for name in "${BINARIES[@]}"; do packages::pack "$name" "$target/lambda/$name/bootstrap"; done
}

# packages::estimate DIRECTORY: the program of estimate.sh, which runs here and not in Lambda; without the EC2 SDK, in a minute.
packages::estimate() {
  note 'Building the program of infra/estimate.sh.'
  (cd "$ROOT" && cargo build --quiet --release --locked --package estimate) >&2 || die 'the program estimate could not be built' 'Put right what cargo says above.'
  packages::beside "${CARGO_TARGET_DIR:-$ROOT/target}/release/estimate" "$1"
}
packages::beside() {
  cp "$1" "$2/estimate"
  chmod 755 "$2/estimate"
  say "$2/estimate"
}

# packages::pack NAME BINARY: $PACKAGES/NAME.zip, and the same as NAME/bootstrap.zip for cargo-lambda. The same content
# gives the same bytes: fixed order, time and modes.
packages::pack() {
  local stage=$WORK/stage/$1 out=$PACKAGES/$1
  mkdir -p "$stage" "$out"
  cp "$2" "$stage/bootstrap"
  # Their licences want to go with what is built in.
  cp "$INFRA/licences.txt" "$stage/licences.txt"
  [[ ! -d $ROOT/crates/$1/policy ]] || cp -R "$ROOT/crates/$1/policy" "$stage/policy"
  [[ $1 != connect-handler || -z $CONNECT_ENTITIES ]] || cp "$CONNECT_ENTITIES" "$stage/policy/entities.json"
  find "$stage" -type d -exec chmod 755 {} +
  find "$stage" -type f -exec chmod 644 {} +
  chmod 755 "$stage/bootstrap"
  find "$stage" -exec env TZ=UTC touch -t 202001010000 {} +
  rm -f "$out/bootstrap" "$out/bootstrap.zip"
  (cd "$stage" && find . -type f | sed 's|^\./||' | LC_ALL=C sort | TZ=UTC zip -q -X "$out/bootstrap.zip" -@)
  if [[ $BUILT == true ]]; then packages::as_sent "$1"; fi
  cp "$out/bootstrap.zip" "$out.zip"
}

# Where `include` of Cargo.toml says what goes into a package, cargo-lambda writes ours anew before it sends it: the same
# entries, always in the same form. Doing that now gives the bytes that Lambda will have.
packages::as_sent() {
  packages::cargo_lambda "$1" --dry "$1" || die "cargo-lambda cannot read the package of $1" "$AWS_TEXT"
}

# packages::deploy BINARY FUNCTION [OPTIONS...]: code and alias; what cargo-lambda says is in AWS_TEXT.
packages::deploy() {
  packages::cargo_lambda "$1" --region "$REGION" "${@:3}" "$2"
}

# The paths of `include` are seen from where it runs: from infra they lead nowhere, and our package is complete.
packages::cargo_lambda() {
  local binary=$1 words
  shift
  AWS_CODE=''
  if AWS_TEXT=$(cd "$INFRA" && cargo lambda deploy --manifest-path "$ROOT/Cargo.toml" --lambda-dir "$PACKAGES" --binary-name "$binary" "$@" 2>&1); then return 0; fi
  # It breaks lines in the middle of AWS's words, for the width of the terminal, and draws a line before the rest.
  read -r -d '' -a words <<<"${AWS_TEXT//│/ }" || true
  AWS_TEXT=${words[*]}
  if [[ $AWS_TEXT =~ ([A-Z][A-Za-z]*Exception|AccessDenied|ExpiredToken) ]]; then AWS_CODE=${BASH_REMATCH[1]}; fi
  return 1
}

# packages::digest NAME: as Lambda gives it.
packages::digest() { openssl dgst -sha256 -binary "$PACKAGES/$1.zip" | openssl base64 -A; }
