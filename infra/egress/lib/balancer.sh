# shellcheck shell=bash
# The network load balancer of PROXY_BALANCER=nlb: a dead proxy gets no new request after a few looks. Source it through lib.sh.
set -Eeuo pipefail

# Set by ensure_balancer: the target group that the proxies belong to, and the balancer's name.
PROXY_TARGETS='' BALANCER_NAME=''

ensure_balancer() {
  local balancer
  PROXY_TARGETS='' BALANCER_NAME=''
  [[ $PROXY_BALANCER == nlb ]] || return 0
  nlb::targets
  if aws::find LoadBalancerNotFound elbv2 describe-load-balancers --names "$EGRESS"; then
    balancer=$(json '.LoadBalancers[0].LoadBalancerArn') BALANCER_NAME=$(json '.LoadBalancers[0].DNSName')
    nlb::fixed
    nlb::owned "load-balancer/$EGRESS" "$balancer" || return 0
  else
    # Its groups are given now: one that is made without has none for ever.
    change "create the network load balancer $EGRESS: it costs money by the hour, used or not (infra/egress/README.md)" "$(jq -n --arg name "$EGRESS" --arg group "${GROUP_OF[balancer]}" --argjson tags "$(own_tags)" \
      '{Name: $name, Type: "network", Scheme: "internal", IpAddressType: "ipv4", SecurityGroups: [$group], Tags: $tags, Subnets: $ARGS.positional}' --args "${PRIVATE_SUBNET_IDS[@]}")" elbv2 create-load-balancer
    balancer=$(json ".LoadBalancers[0].LoadBalancerArn // \"$NOT_YET\"") BALANCER_NAME=$(json ".LoadBalancers[0].DNSName // \"$NOT_YET\"")
    wait_for 'the load balancer' "any(.LoadBalancers[]; .LoadBalancerArn == \"$balancer\" and .State.Code == \"active\")" elbv2 describe-load-balancers
  fi
  nlb::listener "$balancer"
}

# nlb::fixed: of the last answer, what somebody has changed, or made otherwise.
nlb::fixed() {
  network::fixed "the load balancer $EGRESS" "$(json '.LoadBalancers[0] | "\(.Type), \(.Scheme), \(.IpAddressType // "ipv4"), with \(.SecurityGroups // [] | join(", ")) in \([.AvailabilityZones[].SubnetId] | sort | join(", "))"')" \
    "network, internal, ipv4, with ${GROUP_OF[balancer]} in $(jq -rn '$ARGS.positional | sort | join(", ")' --args "${PRIVATE_SUBNET_IDS[@]}")"
}

# nlb::owned THING ARN: its tags are asked for by its ARN.
nlb::owned() {
  aws::read elbv2 describe-tags --resource-arns "$2"
  owned "$1" "$(json '.TagDescriptions[0].Tags' | tags_map)" 'Remove it, or give this installation a name of its own (INSTALLATION).'
}

nlb::health() {
  jq -n --argjson every "$HEALTH_SECONDS" --argjson failures "$HEALTH_FAILURES" '{HealthCheckProtocol: "TCP", HealthCheckPort: "traffic-port", HealthCheckIntervalSeconds: $every, HealthyThresholdCount: 2, UnhealthyThresholdCount: $failures}'
}

nlb::targets() {
  local now
  if aws::find TargetGroupNotFound elbv2 describe-target-groups --names "$EGRESS"; then
    now=$(json '.TargetGroups[0]') PROXY_TARGETS=$(json '.TargetGroups[0].TargetGroupArn')
    nlb::owned "target-group/$EGRESS" "$PROXY_TARGETS" || return 0
    network::fixed "the target group $EGRESS" "$(jq -r '"\(.Protocol) \(.Port), \(.TargetType) in \(.VpcId)"' <<<"$now")" "TCP $PROXY_PORT, instance in $EGRESS_VPC"
    same "looks at the proxies" "$(nlb::health)" "$(jq '{HealthCheckProtocol, HealthCheckPort, HealthCheckIntervalSeconds, HealthyThresholdCount, UnhealthyThresholdCount}' <<<"$now")" ||
      change "look at the proxies every $HEALTH_SECONDS s, $HEALTH_FAILURES times" "$(nlb::health | jq --arg arn "$PROXY_TARGETS" '. + {TargetGroupArn: $arn}')" elbv2 modify-target-group
    return 0
  fi
  change "create the target group $EGRESS" "$(nlb::health | jq --arg name "$EGRESS" --arg vpc "$EGRESS_VPC" --argjson port "$PROXY_PORT" --argjson tags "$(own_tags)" \
    '. + {Name: $name, Protocol: "TCP", Port: $port, VpcId: $vpc, TargetType: "instance", Tags: $tags}')" elbv2 create-target-group
  PROXY_TARGETS=$(json ".TargetGroups[0].TargetGroupArn // \"$NOT_YET\"")
}

nlb::listener() {
  local now=''
  if [[ $1 != "$NOT_YET" ]]; then
    aws::read elbv2 describe-listeners --load-balancer-arn "$1"
    now=$(json '[.Listeners[] | select(.Port == $port) | .ListenerArn][0] // ""' --argjson port "$PROXY_PORT")
    [[ -z $now ]] || network::fixed "the listener $now" "$(json '.Listeners[] | select(.Port == $port) | "\(.Protocol), \([.DefaultActions[] | "\(.Type) to \(.TargetGroupArn)"] | join(", "))"' --argjson port "$PROXY_PORT")" "TCP, forward to $PROXY_TARGETS"
  fi
  [[ -n $now ]] || change "let it listen on $PROXY_PORT" "$(jq -n --arg balancer "$1" --arg targets "$PROXY_TARGETS" --argjson port "$PROXY_PORT" --argjson tags "$(own_tags)" \
    '{LoadBalancerArn: $balancer, Protocol: "TCP", Port: $port, DefaultActions: [{Type: "forward", TargetGroupArn: $targets}], Tags: $tags}')" elbv2 create-listener
}

ensure_removed_balancer() {
  local arn
  if aws::find LoadBalancerNotFound elbv2 describe-load-balancers --names "$EGRESS"; then
    arn=$(json '.LoadBalancers[0].LoadBalancerArn')
    aws::read elbv2 describe-tags --resource-arns "$arn"
    if removable "load-balancer/$EGRESS" "$(json '.TagDescriptions[0].Tags' | tags_map)"; then
      change "delete the network load balancer $EGRESS" "$(jq -n --arg arn "$arn" '{LoadBalancerArn: $arn}')" elbv2 delete-load-balancer
    fi
  fi
  if aws::find TargetGroupNotFound elbv2 describe-target-groups --names "$EGRESS"; then
    arn=$(json '.TargetGroups[0].TargetGroupArn')
    aws::read elbv2 describe-tags --resource-arns "$arn"
    if removable "target-group/$EGRESS" "$(json '.TagDescriptions[0].Tags' | tags_map)"; then
      change_patiently "$GROUP_IN_USE" "delete the target group $EGRESS" "$(jq -n --arg arn "$arn" '{TargetGroupArn: $arn}')" elbv2 delete-target-group
    fi
  fi
}

# What other settings needed, when nothing leads there any more.
ensure_unneeded() {
  [[ $NAT_GATEWAYS == each ]] || nat::remove 2
  [[ $PROXY_BALANCER == none ]] || return 0
  ensure_removed_balancer
  security_group::remove "$(groups::name balancer)" "$ENDPOINT_INTERFACES"
}
