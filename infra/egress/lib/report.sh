# shellcheck shell=bash
# What there is, what it does, what it carries and costs. Source it through lib.sh.
set -Eeuo pipefail

# shellcheck source=egress/lib/traffic.sh
source "$INFRA/egress/lib/traffic.sh"
# shellcheck source=egress/lib/prices.sh
source "$INFRA/egress/lib/prices.sh"
# shellcheck source=egress/lib/price.sh
source "$INFRA/egress/lib/price.sh"

# report::all: beside what ensure would change, how each part stands.
report::all() {
  local to_do=()
  check::all
  changes::find "${PARTS[@]}"
  to_do=("${FOUND[@]+"${FOUND[@]}"}" "${PROBLEMS[@]+"${PROBLEMS[@]}"}")
  if domain::find && ! domain::is_verified; then
    to_do+=("$PROXY_NAME is not verified yet: AWS has not seen the TXT record $PROOF_NAME with the value $PROOF_VALUE")
  fi
  if configuration::find && share::find && ! share::has_proxy; then
    to_do+=("the resource share $SHARE does not have the proxy: nobody is let in by it. Once more: infra/egress/provider.sh share $(jq -r 'map(.account) | join(" ")' <<<"$SHARED_WITH")")
  fi
  report::parts
  report::inside
  traffic::tell
  price::tell
  changes::left provider.sh 'the settings say' "${to_do[@]+"${to_do[@]}"}" "${NOT_SERVING[@]+"${NOT_SERVING[@]}"}"
}

report::line() { say "$(printf '%-14s' "$1:") $2"; }

report::parts() {
  local number
  say
  report::line VPC "${EGRESS_VPC/"$NOT_YET"/none}, $VPC_CIDR in $ZONES"
  aws::read ec2 describe-nat-gateways --filter "$(jq -nc --arg k "tag:$TAG" --arg v "$NAME" '[{Name: $k, Values: [$v]}]')"
  report::line 'NAT gateways' "$(json '[.NatGateways[] | select(.State != "deleted") | "\(.NatGatewayId) \(.State)"] | join(", ") | if . == "" then "none" else . end')"
  for number in 1 2; do
    if proxies::find "$number"; then
      report::line "Proxies $number" "$(jq -r '[.Instances[] | "\(.InstanceId) \(.LifecycleState) \(.HealthStatus) in \(.AvailabilityZone)"] | join(", ") | if . == "" then "none" else . end' <<<"$PROXIES_NOW")"
    else
      report::line "Proxies $number" none
    fi
  done
  if gateway::find; then report::line Gateway "$RESOURCE_GATEWAY, $(jq -r .status <<<"$GATEWAY_NOW")"; else report::line Gateway none; fi
  if domain::find; then report::line Name "$PROXY_NAME, $(jq -r '.status // "not begun"' <<<"$VERIFICATION_NOW")"; else report::line Name "$PROXY_NAME, no verification"; fi
  if configuration::find; then
    report::line Configuration "$CONFIGURATION_ARN, $(jq -r .status <<<"$CONFIGURATION_NOW")"
    aws::read vpc-lattice list-resource-endpoint-associations --resource-configuration-identifier "$CONFIGURATION"
    CONSUMERS=$(json '.items | length')
    report::line Consumers "$CONSUMERS$(json '[.items[] | "\(.vpcEndpointId) of \(.vpcEndpointOwner)"] | join(", ") | if . == "" then "" else ": " + . end')"
  else
    report::line Configuration none
  fi
  if share::find; then report::line 'Shared with' "$(jq -r 'map("\(.account) (\(if .status == "ASSOCIATING" then "has not accepted" else .status | ascii_downcase end))") | join(", ")' <<<"$SHARED_WITH")"; else report::line 'Shared with' 'no other account'; fi
  report::line Gap "when a proxy dies, some new requests fail for at most $(egress::gap) s ($HEALTH_FAILURES looks, one in $HEALTH_SECONDS s, PROXY_BALANCER=$PROXY_BALANCER)"
}

# How many endpoints lead here.
CONSUMERS=0
# Proxies that do not serve, one a line.
NOT_SERVING=()
# What is asked on each proxy: a page through itself, as a consumer would.
readonly FROM_INSIDE='curl --silent --show-error --max-time 20 --output /dev/null --write-out "%{http_code}" --proxy http://127.0.0.1:3128 https://sts.amazonaws.com/'

# report::inside: by Systems Manager, which needs no way in.
report::inside() {
  local instance command said
  NOT_SERVING=()
  aws::read ec2 describe-instances --filters "$(part::filters proxy | jq -c '. + [{Name: "instance-state-name", Values: ["running"]}]')"
  for instance in $(json '.Reservations[].Instances[].InstanceId'); do
    jq -n --arg id "$instance" --arg run "$FROM_INSIDE" '{DocumentName: "AWS-RunShellScript", InstanceIds: [$id], Comment: "vpn-on-demand: whether the proxy serves", TimeoutSeconds: 60, Parameters: {commands: [$run]}}' >"$WORK/input.json"
    if ! aws::find InvalidInstanceId ssm send-command --cli-input-json "file://$WORK/input.json"; then
      NOT_SERVING+=("Systems Manager does not reach the proxy $instance: it may still be starting")
      continue
    fi
    command=$(json .Command.CommandId)
    MODE=apply
    wait_for "what $instance says" '.Status | IN("Pending", "InProgress", "Delayed") | not' ssm get-command-invocation --command-id "$command" --instance-id "$instance"
    MODE=plan
    said=$(json '"\(.Status) \(.StandardOutputContent | .[:200] | gsub("\\s+$"; ""))"')
    report::line "From $instance" "$said"
    [[ $(json .Status) == Success ]] || NOT_SERVING+=("the proxy $instance does not get through: $said")
  done
}

# report::next: what comes after ensure.
report::next() {
  [[ $CONFIGURATION_ARN != "$NOT_YET" ]] || return 0
  say
  say "The proxy: http://$PROXY_NAME:$PROXY_PORT, for every VPC that has an endpoint for it:"
  say "  infra/egress/consumer.sh ensure --vpc VPC --resource-configuration $CONFIGURATION_ARN"
  say "When a proxy dies, some new requests fail for at most $(egress::gap) s; PROXY_BALANCER=nlb makes that shorter, and costs more."
  [[ $VERIFIED_YET == false ]] || return 0
  say
  say "NOT VERIFIED YET: AWS has not found the TXT record of $PROXY_NAME in public DNS: $PROOF_NAME with the value $PROOF_VALUE."
  say 'Until then no consumer resolves the name. Run the same command again when it is there: it goes on from here.'
  exit "$TO_BE_DONE"
}
