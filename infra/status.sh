#!/usr/bin/env bash
# Shows what is deployed and what it does; changes nothing. See README.md beside it.
set -Eeuo pipefail
# shellcheck source=lib/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/lib.sh"
# shellcheck source=lib/status.sh
source "$INFRA/lib/status.sh"

usage() {
  cat <<'USAGE'
Shows what is there, missing or changed by hand; whether the VPN is on and who is connected; and what it costs.
Only reads.

USAGE: infra/status.sh [OPTIONS]

OPTIONS:
  --settings FILE     the settings (default: settings.env beside this script)
  --packages DIR      compare the deployed code with these packages too
  --only STEP         one part only, as deploy.sh knows them; nothing of use and cost
  --json              for programs
  --history [DAYS]    who turned it on, what turned it off, what held that back, what failed (default: 7 days)
  --reference REF     the log lines behind a reference that somebody read on the page
  --help              this text

EXIT STATUS: 0 all as the settings say, 1 an error, 3 something is missing or changed
USAGE
}

JSON=false
# shellcheck disable=SC2034 # lib/rights.sh reads it
CALLER=operator
ONLY=''
SHOW=status
DAYS=7
REFERENCE=''

options() {
  while (($# > 0)); do
    case $1 in
    --settings | --packages | --only | --reference)
      option::value "$@"
      case $1 in
      --settings) SETTINGS=$2 ;;
      --packages) PACKAGES=$2 ;;
      --only)
        option::step "$2"
        ONLY=$2
        ;;
      *)
        SHOW=reference
        REFERENCE=$2
        [[ $REFERENCE =~ ^[A-Za-z0-9-]{4,64}$ ]] || usage_error 'a reference has letters, digits and hyphens only'
        ;;
      esac
      shift
      ;;
    --json) JSON=true ;;
    --history)
      SHOW=history
      if [[ ${2:-} =~ ^[1-9][0-9]?$ ]]; then
        DAYS=$2
        shift
      fi
      ;;
    --help)
      usage
      exit 0
      ;;
    *) usage_error "unknown option: $1" ;;
    esac
    shift
  done
}

main() {
  options "$@"
  start
  target
  problems::stop
  [[ -z $PACKAGES ]] || packages::with_entities
  case $SHOW in
  history) status::history ;;
  reference) status::reference ;;
  *) status::all ;;
  esac
}

main "$@"
