# shellcheck shell=bash
# The settings for deploy.sh (--write-settings). Source it through endpoint.sh.
set -Eeuo pipefail

# What deploy.sh is told of the endpoint.
handover::values() {
  printf '%s\n' "REGION=$REGION" "ACCOUNT_ID=$ACCOUNT" "ENDPOINT_ID=$ENDPOINT_ID" "SUBNET_IDS=$SUBNET_IDS"
  # A setting that is not there is empty.
  [[ -z $ROUTES ]] || printf '%s\n' "ROUTES=$ROUTES"
  [[ -z $INSTALLATION ]] || printf '%s\n' "INSTALLATION=$INSTALLATION"
}

# The last step: the endpoint has its id then. A file that is there may have been filled in since: it must say the same of the
# endpoint, and is never written.
ensure_handover() {
  local line other=''
  [[ -n $HANDOVER ]] || return 0
  if [[ ! -e $HANDOVER && ! -L $HANDOVER ]]; then
    change_here "write $HANDOVER for deploy.sh" handover::write
    return 0
  fi
  [[ -f $HANDOVER && -r $HANDOVER ]] || die "$HANDOVER is there already, and no file that can be read" 'Name another file: --write-settings FILE.'
  while IFS= read -r line; do
    grep -qxF -e "$line" -e "$line"$'\r' -- "$HANDOVER" || other+="${other:+ }$line"
  done < <(handover::values)
  for line in ROUTES INSTALLATION; do
    [[ -n ${!line} ]] || ! grep -qE "^$line=." -- "$HANDOVER" || other+="${other:+ }$line="
  done
  if [[ -n $other ]]; then
    problem "$HANDOVER is there already, says something else of the endpoint, and is not overwritten" "Write these lines into it yourself, or name another file: $other"
  elif [[ $MODE == plan && $QUIET == false ]]; then
    say "  [$STEP] left as it is, it says the same: $HANDOVER"
  fi
}

# As deploy.sh --init writes it, but with what is known here. The public subnets that could be the page's stand beside it.
handover::write() {
  local SETTINGS=$HANDOVER line HOST=''
  ENDPOINT_VPC=$VPC_ID
  init::balancer_subnets
  init::host
  init::certificate
  while IFS= read -r line; do INIT[${line%%=*}]=$line; done < <(handover::values)
  init::write
}
