#!/usr/bin/env bash
# Deploys AWS Client VPN on demand, or brings it up to date. See README.md beside it.
set -Eeuo pipefail
# shellcheck source=lib/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/lib.sh"

usage() {
  cat <<'USAGE'
Deploys the VPN on demand, or brings it up to date: shows what would change, asks, and does it.
Whatever turns off is complete before anything can turn on. Safe to run again at any time.

USAGE: infra/deploy.sh [OPTIONS]

OPTIONS:
  --settings FILE    the settings (default: settings.env beside this script)
  --packages DIR     associator.zip, disassociator.zip and connect-handler.zip; without it the deployed code stays
  --dry-run          show what would change, and change nothing
  --yes              do not ask
  --only STEP        one step only, of an installation that is there: claim topics disassociator watch notices
                     dashboard connect sign_in balancer associator dns rules
  --adopt THING      take over something of our name that is not ours, as an error message names it (repeatable);
                     destroy.sh leaves it where it is
  --forget-routes    go on although the endpoint has routes that are not in the settings
  --help             this text

The credentials are the AWS CLI's: AWS_PROFILE and its other variables count. The region is REGION of the settings.

EXAMPLES:
  infra/deploy.sh --packages packages --dry-run
  infra/deploy.sh --packages packages
USAGE
}

DRY_RUN=false
PACKAGES=''
ONLY=''
FORGET_ROUTES=false

options() {
  while (($# > 0)); do
    case $1 in
    --settings | --packages | --only | --adopt)
      (($# > 1)) || usage_error "$1 needs a value"
      case $1 in
      --settings) SETTINGS=$2 ;;
      --packages) PACKAGES=$2 ;;
      --only) ONLY=$2 ;;
      *) ADOPT+=("$2") ;;
      esac
      shift
      ;;
    --dry-run) DRY_RUN=true ;;
    --yes) YES=true ;;
    --forget-routes) FORGET_ROUTES=true ;;
    --help)
      usage
      exit 0
      ;;
    *) usage_error "unknown option: $1" ;;
    esac
    shift
  done
  [[ -z $ONLY || " ${STEPS[*]} " == *" $ONLY "* ]] || usage_error "no step is called $ONLY"
}

packages() {
  local name
  [[ -n $PACKAGES ]] || return 0
  for name in associator disassociator connect-handler; do
    [[ -r $PACKAGES/$name.zip ]] || problem "$PACKAGES/$name.zip is not there" 'Build it, or name another directory with --packages.'
  done
}

ready() {
  say
  say "Ready. The page: https://$HOST/"
  [[ -n $HOSTED_ZONE_ID ]] || say "Its record, to be made by you:  $HOST  CNAME  ${DNS_NAME:-of the load balancer}"
  [[ -n $USER_POOL_ID ]] || say "People are added in the user pool $POOL: aws cognito-idp admin-create-user --region $REGION --user-pool-id $POOL_ID --username E-MAIL"
}

main() {
  local steps=("${STEPS[@]}")
  options "$@"
  [[ -z $ONLY ]] || steps=("$ONLY")
  start
  target
  note "Mode:         $([[ $DRY_RUN == true ]] && echo 'dry run, nothing is changed' || echo 'deploy')"
  packages
  checks::account
  problems::stop
  say
  say 'Changes, in this order:'
  pass plan ensure "${steps[@]}"
  problems::stop
  if ((CHANGES == 0)); then
    say '  none: everything is as the settings say.'
    exit 0
  fi
  say "$CHANGES change(s)."
  if [[ $DRY_RUN == true ]]; then exit 0; fi
  confirm "Make $CHANGES change(s) in account $ACCOUNT, $REGION?"
  say
  say 'Changing:'
  pass apply ensure "${steps[@]}"
  problems::stop
  say "$CHANGES change(s) made."
  [[ -n $ONLY ]] || ready
}

main "$@"
