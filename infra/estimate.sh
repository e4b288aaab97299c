#!/usr/bin/env bash
# Says before anything is deployed what turning on and off would have meant; changes nothing. See README.md beside it.
set -Eeuo pipefail
# shellcheck source=lib/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/lib.sh"
# shellcheck source=lib/estimate.sh
source "$INFRA/lib/estimate.sh"

usage() {
  cat <<'USAGE'
Replays what AWS measured of an endpoint, its ActiveConnectionsCount, through the rule that would turn it on and off: what it
cost, what it would have cost, and how often somebody would have waited. Only reads; nothing has to be deployed. Times are UTC.

USAGE: infra/estimate.sh [OPTIONS] ENDPOINT_ID
       infra/estimate.sh [OPTIONS] --people P --hours H

OPTIONS:
  --days N         how many days back: 1 to 63, as long as AWS keeps it (default: 63)
  --region REGION  where the endpoint is (default: the AWS CLI's)
  --subnets N      how many subnets are associated while it is on (default: as many as are now; without an endpoint 2)
  --people P       without an endpoint: so many people, all at once,
  --hours H        so many hours on each of a month's 22 working days: 0.5 to 24
  --svg FILE       the chart as a picture too
  --json           for programs
  --packages DIR   the program `estimate` is there, beside the packages (default: where cargo builds it)
  --help           this text
USAGE
}

# shellcheck disable=SC2034 # lib/rights.sh reads it
CALLER=estimate
ENDPOINT_ID='' DAYS='' SUBNETS='' PEOPLE='' HOURS='' SVG=''
JSON=false

options() {
  while (($# > 0)); do
    case $1 in
    --days | --region | --subnets | --people | --hours | --svg | --packages)
      # A number may be less than nothing, and is refused with the others.
      [[ $# -gt 1 && -n $2 && $2 != --* ]] || usage_error "$1 needs a value"
      case $1 in
      --days) DAYS=$2 ;;
      --region) REGION=$2 ;;
      --subnets) SUBNETS=$2 ;;
      --people) PEOPLE=$2 ;;
      --hours) HOURS=$2 ;;
      --svg) SVG=$2 ;;
      *) PACKAGES=$2 ;;
      esac
      shift
      ;;
    --json) JSON=true ;;
    --help)
      usage
      exit 0
      ;;
    -*) usage_error "unknown option: $1" ;;
    *)
      [[ -z $ENDPOINT_ID ]] || usage_error "one endpoint only: $ENDPOINT_ID or $1"
      ENDPOINT_ID=$1
      ;;
    esac
    shift
  done
  [[ -n $ENDPOINT_ID || -n $PEOPLE$HOURS ]] || usage_error 'which endpoint? Or, without one: --people and --hours'
  [[ -z $ENDPOINT_ID || -z $PEOPLE$HOURS ]] || usage_error 'of an endpoint, people and hours are measured: leave --people and --hours out'
}

main() {
  options "$@"
  if [[ -n $ENDPOINT_ID ]]; then start; else start_here; fi
  [[ -n $REGION ]] || REGION=$(settings::default_region)
  estimate::check
  problems::stop
  if [[ -n $ENDPOINT_ID ]]; then estimate::measured; else estimate::supposed; fi
  estimate::show
}

main "$@"
