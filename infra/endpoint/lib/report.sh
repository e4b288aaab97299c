# shellcheck shell=bash
# What is there, and what else has to be right so that people reach something. Only reads. Source it through endpoint.sh.
set -Eeuo pipefail

# Beside what ensure would change: what it leaves alone, and what lets people reach nothing.
report::all() {
  local text uncovered to_do=()
  network::check
  changes::find "${PARTS[@]}"
  to_do=("${FOUND[@]+"${FOUND[@]}"}" "${PROBLEMS[@]+"${PROBLEMS[@]}"}")
  for text in "${FOREIGN_RULES[@]+"${FOREIGN_RULES[@]}"}"; do to_do+=("an authorization rule that is not in AUTHORIZE, and not ours: $text"); done
  if [[ $ENDPOINT == '{}' ]]; then
    say 'There is no endpoint.'
  else
    report::endpoint
    uncovered=$(ingress::uncovered "$VPC_BLOCKS")
    for text in $uncovered; do to_do+=("no authorization rule for everybody covers the VPC's block $text: people connect, and reach nothing there"); done
    uncovered=$(ingress::uncovered "$(jq -nc --arg routes "$ROUTES" '$routes | split(",")')")
    for text in $uncovered; do to_do+=("no authorization rule for everybody covers $text of ROUTES: people do not reach it"); done
  fi
  changes::left endpoint.sh 'the settings say' "${to_do[@]+"${to_do[@]}"}"
}

report::endpoint() {
  local state dns owner one
  state=$(jq -r .Status.Code <<<"$ENDPOINT") dns=$(jq -r '.DnsName // "not told"' <<<"$ENDPOINT") owner=$(endpoint::tag "$TAG")
  say "Endpoint:     $ENDPOINT_ID, $state"
  say "Address:      ${dns#\*.}, $TRANSPORT $(jq -r .VpnPort <<<"$ENDPOINT")"
  say "Clients get:  $(jq -r .ClientCidrBlock <<<"$ENDPOINT")"
  say "Turned on by: ${owner:-nobody yet, deploy.sh claims it}"
  while IFS= read -r one; do
    say "Reachable:    $(ingress::words "$one"), $(jq -r '.state + if .group then "; people with certificates are in no group: it lets none of them in" else "" end' <<<"$one")"
  done < <(jq -c '.[]' <<<"$RULES")
  report::targets
}

# Clients arrive with an address of the associated subnet, and with the endpoint's groups.
report::targets() {
  local group subnets
  group=$(jq -r '.SecurityGroupIds[0] // ""' <<<"$ENDPOINT")
  aws::find 'InvalidSubnetID.NotFound' ec2 describe-subnets --subnet-ids "$(jq -nc --arg ids "$SUBNET_IDS" '$ids | split(",")')" || return 0
  subnets=$(json '[.Subnets[] | .CidrBlock] | join(", ")')
  say
  say 'What people are to reach must let them in: they arrive from addresses of the associated subnets'
  say "($subnets), not of CLIENT_CIDR, and with the security group $group. For each port and target:"
  say "  aws ec2 authorize-security-group-ingress --region $REGION --group-id THE_TARGET'S --protocol tcp --port PORT --source-group $group"
}

# report::next: what comes after ensure.
report::next() {
  [[ $ENDPOINT_ID != "$NOT_YET" ]] || return 0
  say
  say "The endpoint: $ENDPOINT_ID. Nobody can connect, and it costs nothing, while no subnet is associated."
  say "What people reach, and what must let them in: infra/endpoint/endpoint.sh status --settings $SETTINGS"
  if [[ -n $HANDOVER ]]; then
    say "To turn it on and off: infra/deploy.sh --settings $HANDOVER, when that is filled in."
  else
    say 'To turn it on and off: --write-settings infra/settings.env writes the settings for infra/deploy.sh.'
  fi
  [[ -n $REFUSED ]] || return 0
  say
  say "REVOKED, NOT YET AT AWS: it takes no list while no subnet is associated ($REFUSED). Once the VPN is on, whoever is revoked is let in"
  say 'until this is finished: run the same command again then. infra/status.sh says so until it is.'
  exit "$TO_BE_DONE"
}
