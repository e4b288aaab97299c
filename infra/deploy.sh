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
       infra/deploy.sh --init ENDPOINT_ID [--host HOST] [--region REGION] [--settings FILE]

OPTIONS:
  --settings FILE    the settings (default: settings.env beside this script)
  --init ENDPOINT_ID write that file, from what the endpoint tells: only reads from AWS, overwrites nothing. --host HOST is
                     the page's host name, --region REGION the endpoint's region (default: the AWS CLI's)
  --packages DIR     associator.zip, disassociator.zip and connect-handler.zip, as package.sh makes them; without it the
                     functions are built here (Rust and cargo-lambda)
  --dry-run          show what would change, and change nothing
  --yes              do not ask
  --only STEP        one step only, of an installation that is there: claim certificate topics disassociator watch
                     notices dashboard connect sign_in balancer profiles associator dns
                     rules
  --adopt THING      take over something of our name that is not ours, as an error message names it (repeatable): a role,
                     function, log group, topic, alarm, rule, record, or connect-handler; destroy.sh puts back what
                     it was
  --forget-routes    go on although the endpoint has routes that are not in the settings
  --help             this text

The credentials are the AWS CLI's: AWS_PROFILE and its other variables count. The region is REGION of the settings.

EXAMPLES:
  infra/deploy.sh --init cvpn-endpoint-0123456789abcdef0 --host vpn.example.com
  infra/deploy.sh --dry-run
  infra/deploy.sh
USAGE
}

ONLY=''
FORGET_ROUTES=false
INIT_ENDPOINT=''

options() {
  while (($# > 0)); do
    case $1 in
    --settings | --packages | --only | --adopt | --init | --host | --region)
      option::value "$@"
      case $1 in
      --settings) SETTINGS=$2 ;;
      --packages) PACKAGES=$2 ;;
      --only)
        option::step "$2"
        ONLY=$2
        ;;
      --init) INIT_ENDPOINT=$2 ;;
      --host) HOST=$2 ;;
      --region) REGION=$2 ;;
      *)
        # What can be put back; for the rest there is another way, or none.
        [[ $2 =~ ^((role|function|log-group|topic|alarm|rule|record)/[A-Za-z0-9_./-]+|connect-handler)$ ]] || usage_error "$2 cannot be taken over: the message that named it says what to do instead"
        ADOPT+=("$2")
        ;;
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
  [[ -n $INIT_ENDPOINT || -z $HOST$REGION ]] || usage_error '--host and --region go with --init; else the settings say them'
}

# Steps that have code: only they need packages.
needs_packages() { [[ -z $ONLY || " disassociator connect associator " == *" $ONLY "* ]]; }

# What a month will cost, by the prices of the region.
before_asking() {
  [[ -z $ONLY ]] || return 0
  say "$(cost::jq -nr --arg more "$([[ $DASHBOARD == off && $CONNECT_PROVISIONED == 0 ]] || echo yes)" 'include "money";
    $prices | .Regions[$region] as $here | ($subnets | many) as $n
    | if $here == null then "What it will cost: \(no_price($region))."
      else "What it will cost: \(associated($here; $n) | unit_price) for each hour that it is on (always on: \(associated($here; $n) * .HoursPerMonth | dollars) a month),",
        "  and \(standing($here; .HoursPerMonth; $listener; $balancer_subnets | many; $ends) | dollars) a month, on or off.\(if $more == "" then "" else " CONNECT_PROVISIONED and DASHBOARD cost more: infra/README.md" end) Prices of \(.Date)."
      end')"
}

ready() {
  say
  say "Ready. The page: https://$HOST/"
  [[ -n $HOSTED_ZONE_ID ]] || say "Its record, to be made by you:  $HOST  CNAME  ${DNS_NAME:-of the load balancer}"
  # Left to itself Cognito invites by SMS, and lets nobody reset a password with an address that is not verified.
  [[ -n $USER_POOL_ID ]] || say "To add somebody:  aws cognito-idp admin-create-user --region $REGION --user-pool-id $POOL_ID --username E-MAIL" \
    '--user-attributes Name=email,Value=E-MAIL Name=email_verified,Value=true --desired-delivery-mediums EMAIL'
  say 'Next:'
  [[ -z $NOTICE_EMAIL ]] || say "  - Confirm the e-mail that AWS has sent to $NOTICE_EMAIL, if you have not yet: before, no notice arrives."
  say "  - Add somebody${USER_POOL_ID:+ to your user pool}, open the page, wait until it says ready, and connect. People with certificates: infra/endpoint/people.sh."
  say '  - infra/status.sh says what is going on, who is connected and what it costs.'
  [[ $CONNECT_HANDLER != shadow ]] || say '  - The log of the connect handler says whom it would turn away. Nobody who should get in? Then CONNECT_HANDLER=on, and deploy again.'
}

main() {
  local steps=("${STEPS[@]}")
  options "$@"
  [[ -z $ONLY ]] || steps=("$ONLY")
  start
  if [[ -n $INIT_ENDPOINT ]]; then
    ENDPOINT_ID=$INIT_ENDPOINT
    init::run
    exit 0
  fi
  target
  note "Mode:         $([[ $DRY_RUN == true ]] && echo 'dry run, nothing is changed' || echo 'deploy')"
  if [[ -n $PACKAGES ]]; then
    packages::given
  elif needs_packages; then
    checks::cargo_lambda
  fi
  checks::account
  problems::stop
  if [[ -n $PACKAGES ]]; then packages::with_entities; elif needs_packages; then packages::build; fi
  changes::make ensure "${steps[@]}"
  [[ $MADE == false || -n $ONLY ]] || ready
}

main "$@"
