#!/usr/bin/env bash
# Runs the scripts with the real AWS CLI against a moto server, with a proxy between them that plays what moto lacks.
#
#   infra/tests/run.sh              a sample of faults, in minutes
#   infra/tests/run.sh --all        every break-off and every refused call
#   infra/tests/run.sh story ...    only these cases
set -Eeuo pipefail
shopt -s inherit_errexit

TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly TESTS
INFRA=$(cd "$TESTS/.." && pwd)
readonly INFRA
readonly PYTHON=$INFRA/../target/python

# shellcheck source=tests/harness.sh
source "$TESTS/harness.sh"
# shellcheck source=tests/cases.sh
source "$TESTS/cases.sh"

main() {
  local name began wanted=()
  ALL=false RECORD=true
  while (($# > 0)); do
    case $1 in
    --all) ALL=true ;;
    -*)
      printf 'unknown option: %s\n' "$1" >&2
      exit 2
      ;;
    *) wanted+=("$1") ;;
    esac
    shift
  done
  ((${#wanted[@]} > 0)) || wanted=("${CASES[@]}")
  harness::start
  for name in "${wanted[@]}"; do
    began=$SECONDS
    CASE=$name
    "case_$name"
    printf 'ok  %-18s %4d s\n' "$name" "$((SECONDS - began))"
  done
  printf '%d cases in %d s\n' "${#wanted[@]}" "$SECONDS"
}

main "$@"
