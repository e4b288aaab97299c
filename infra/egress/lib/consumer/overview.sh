# shellcheck shell=bash
# What is there, what is missing or was changed, and what the VPC's NAT gateways still do. Only reads. Source it through consumer.sh.
set -Eeuo pipefail

overview::all() {
  local to_do=()
  STEP=check
  if entrance::find; then
    CONFIGURATION_ARN=$(jq -r .ResourceConfigurationArn <<<"$ENTRANCE")
    OWNER=$(cut -d: -f5 <<<"$CONFIGURATION_ARN")
    overview::endpoint
  else
    to_do+=("$VPC_ID has no endpoint for the proxy: infra/egress/consumer.sh ensure")
    place::vpc
  fi
  STEP=''
  nat::say
  changes::left consumer.sh 'it was made' "${to_do[@]+"${to_do[@]}"}" "${FOUND[@]+"${FOUND[@]}"}" "${PROBLEMS[@]+"${PROBLEMS[@]}"}"
}

overview::endpoint() {
  say "Endpoint:     $ENTRANCE_ID, $(jq -r .State <<<"$ENTRANCE")"
  say "Proxy:        $CONFIGURATION_ARN"
  if configuration::find; then
    configuration::read
  else
    # AWS forbids what is another's; of our own it tells the truth.
    if [[ $OWNER == "$ACCOUNT" ]] && rights::denied; then aws::failed 'reading: vpc-lattice get-resource-configuration'; fi
    problem "$CONFIGURATION_ARN is not there for this account any more" "Ask account $OWNER: is the proxy still shared with $ACCOUNT?"
    place::vpc
    return 0
  fi
  entrance::check
  changes::find "${PARTS[@]}"
  clients::say
  say
  say "Reached:      ${ACCESSIBLE:-not told}"
}
