#!/usr/bin/env bash
# Makes the packages of the functions, for deploy.sh --packages. See README.md beside it.
set -Eeuo pipefail
# shellcheck source=lib/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/lib.sh"

usage() {
  cat <<'USAGE'
Makes associator.zip, disassociator.zip and connect-handler.zip. The same content gives the same bytes. Beside them goes the
program estimate, for a computer like this one: infra/estimate.sh --packages DIR. Changes nothing in AWS. Needed only where deploy.sh runs without Rust: without --packages it does this by itself.

USAGE: infra/package.sh [OPTIONS] DIR

OPTIONS:
  --binaries FROM      takes the executables of that directory, instead of building them with cargo-lambda
  --architecture ARCH  what they are built for: arm64 or x86_64 (default: arm64)
  --help               this text

EXAMPLE:
  infra/package.sh packages
USAGE
}

FROM=''
OUT=''

options() {
  while (($# > 0)); do
    case $1 in
    --binaries | --architecture)
      option::value "$@"
      if [[ $1 == --binaries ]]; then FROM=$2; else ARCHITECTURE=$2; fi
      shift
      ;;
    --help)
      usage
      exit 0
      ;;
    -*) usage_error "unknown option: $1" ;;
    *)
      [[ -z $OUT ]] || usage_error "one directory only: $OUT or $1"
      OUT=$1
      ;;
    esac
    shift
  done
  [[ -n $OUT ]] || usage_error 'which directory?'
  [[ $ARCHITECTURE == arm64 || $ARCHITECTURE == x86_64 ]] || usage_error "no such architecture: $ARCHITECTURE"
}

main() {
  local name
  ARCHITECTURE=arm64
  options "$@"
  start
  mkdir -p "$OUT"
  OUT=$(cd "$OUT" && pwd)
  if [[ -z $FROM ]]; then
    checks::cargo_lambda
    problems::stop
    packages::build
    for name in "${BINARIES[@]}"; do cp "$PACKAGES/$name.zip" "$OUT"; done
    packages::estimate "$OUT"
  else
    for name in "${BINARIES[@]}"; do [[ -r $FROM/$name ]] || problem "$FROM/$name is not there" 'Build it: cargo build --release --workspace --bins.'; done
    command -v zip >/dev/null || problem 'zip is not installed' 'Install it: packages are made with it.'
    problems::stop
    PACKAGES=$WORK/packages
    for name in "${BINARIES[@]}"; do
      packages::pack "$name" "$FROM/$name"
      cp "$PACKAGES/$name.zip" "$OUT"
    done
    [[ ! -x $FROM/estimate ]] || packages::beside "$FROM/estimate" "$OUT"
  fi
  for name in "${BINARIES[@]}"; do say "$OUT/$name.zip"; done
}

main "$@"
