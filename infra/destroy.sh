#!/usr/bin/env bash
# Removes what deploy.sh made, and nothing else. See README.md beside it.
set -Eeuo pipefail
# shellcheck source=lib/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/lib.sh"

usage() {
  cat <<'USAGE'
Removes everything that deploy.sh made: what carries the installation's tag. The load balancer's rules go first, so that
nobody turns on any more, and what turns off goes last. Endpoint, certificates, and everything that was there before stay;
the endpoint gets back the connect options that it had.

USAGE: infra/destroy.sh [OPTIONS]

OPTIONS:
  --settings FILE    the settings it was deployed with (default: settings.env beside this script)
  --turn-off         while subnets are associated: turn off first, and wait until they are gone
  --leave-on         while subnets are associated: leave them so. Nothing turns them off any more; AWS bills every hour
  --dry-run          show what would be removed, and change nothing
  --yes              do not ask
  --help             this text

EXAMPLE:
  infra/destroy.sh --turn-off
USAGE
}

WHEN_ON=''

options() {
  while (($# > 0)); do
    case $1 in
    --settings)
      option::value "$@"
      SETTINGS=$2
      shift
      ;;
    --turn-off | --leave-on)
      [[ -z $WHEN_ON || $WHEN_ON == "$1" ]] || usage_error '--turn-off and --leave-on exclude each other'
      WHEN_ON=$1
      ;;
    --dry-run) DRY_RUN=true ;;
    --yes) YES=true ;;
    --help)
      usage
      exit 0
      ;;
    *) usage_error "unknown option: $1" ;;
    esac
    shift
  done
}

# How many subnets AWS bills.
associated() {
  ASSOCIATED=0
  aws::find 'InvalidClientVpnEndpointId.NotFound' ec2 describe-client-vpn-target-networks --client-vpn-endpoint-id "$ENDPOINT_ID" || return 0
  ASSOCIATED=$(json '[.ClientVpnTargetNetworks[] | select(.Status.Code != "disassociated")] | length')
}

# What it costs while nothing turns it off.
must_decide() {
  local price
  associated
  if ((ASSOCIATED == 0)); then return 0; fi
  # From and to where the region's prices are not known.
  price=$(jq -r -L "$INFRA/lib" --arg region "$REGION" --argjson n "$ASSOCIATED" 'include "money"; [(.Regions[$region] // .Regions[]) | associated(.; $n)]
    | unique | [first, last] | unique | map(unit_price) | join(" to ")' "$INFRA/prices.json")
  note "$ASSOCIATED subnet(s) are associated: $price an hour, and more for each connection."
  [[ -n $WHEN_ON ]] || problem 'the VPN is on, and after this nothing turns it off any more' 'Decide: --turn-off or --leave-on.'
}

# wanted: whether somebody asked for it: then the schedule would still turn it on.
wanted() {
  endpoint::find || return 1
  [[ -n $(endpoint::tag vpn-on-demand:last-request)$(endpoint::tag vpn-on-demand:keep-until) ]]
}

# The step between the rules and everything else: the function itself turns off, and waits for nobody.
ensure_removed_use() {
  associated
  if [[ $WHEN_ON == --leave-on ]]; then return 0; fi
  if ((ASSOCIATED == 0)) && ! wanted; then return 0; fi
  # Turned on since the question was asked: it is to be asked again.
  [[ $ASSOCIATED == 0 || $WHEN_ON == --turn-off ]] ||
    die "$ASSOCIATED subnet(s) are associated now, and after this nothing turns them off any more" 'Nobody can turn it on any more. Decide and run it again: --turn-off or --leave-on.'
  if ! functions::find "$DISASSOCIATOR"; then
    if ((ASSOCIATED == 0)); then return 0; fi
    die "the function $DISASSOCIATOR is not there any more" 'Disassociate the subnets in the console, then run this again.'
  fi
  printf '{"force": true}' >"$WORK/force.json"
  change_patiently "$FUNCTION_BUSY" 'turn the VPN off for everybody' '' lambda invoke --function-name "$DISASSOCIATOR" --payload "fileb://$WORK/force.json" "$WORK/answer.json"
  [[ $MODE == plan || -z $(json '.FunctionError // ""') ]] || die "$DISASSOCIATOR failed: $(<"$WORK/answer.json")" 'See its log. Then run this again.'
  wait_for 'the subnets to be disassociated' '[.ClientVpnTargetNetworks[] | select(.Status.Code != "disassociated")] == []' \
    ec2 describe-client-vpn-target-networks --client-vpn-endpoint-id "$ENDPOINT_ID"
}

before_asking() {
  local good=''
  if ((${#GONE[@]} > 0)); then
    say "For good goes: $(printf '%s; ' "${GONE[@]}" | sed 's/; $/./')"
    good=", and for good ${#GONE[@]} things that are named above"
  fi
  # shellcheck disable=SC2034 # lib/lib.sh asks it
  QUESTION="Remove the installation $NAME from account $ACCOUNT, $REGION$good?"
}

main() {
  local steps=(rules use) i
  options "$@"
  for ((i = ${#STEPS[@]} - 1; i >= 0; i--)); do [[ ${STEPS[i]} == rules ]] || steps+=("${STEPS[i]}"); done
  start
  target
  note "Mode:         $([[ $DRY_RUN == true ]] && echo 'dry run, nothing is changed' || echo 'destroy')"
  STEP=check
  if settings::right ENDPOINT_ID; then must_decide; fi
  problems::stop
  changes::make ensure_removed "${steps[@]}"
  [[ $MADE == false ]] || say "The installation $NAME is gone."
}

main "$@"
