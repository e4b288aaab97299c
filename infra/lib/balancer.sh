# shellcheck shell=bash
# The load balancer, its security group and listeners, and the target group. Source it through lib.sh.
set -Eeuo pipefail

readonly TLS_POLICY=ELBSecurityPolicy-TLS13-1-2-2021-06

balancer::forget() { BALANCER_ARN='' GROUP_ARN='' LISTENER='' SECURITY_GROUP=''; }

# balancer::tags ARN: the tags of something of the load balancer in TAGS.
balancer::tags() {
  aws::read elbv2 describe-tags --resource-arns "$1"
  TAGS=$(json '.TagDescriptions[0].Tags' | tags_map)
}

balancer::find() {
  BALANCER_ARN='' BALANCER_NOW='{}'
  aws::find 'LoadBalancerNotFound|LoadBalancerNotFoundException' elbv2 describe-load-balancers --names "$BALANCER" || return 1
  BALANCER_NOW=$(json '.LoadBalancers[0] // ""')
  [[ -n $BALANCER_NOW ]] || return 1
  BALANCER_ARN=$(jq -r .LoadBalancerArn <<<"$BALANCER_NOW")
}

balancer::find_group() {
  GROUP_ARN=''
  aws::find 'TargetGroupNotFound|TargetGroupNotFoundException' elbv2 describe-target-groups --names "$GROUP" || return 1
  GROUP_NOW=$(json '.TargetGroups[0] // ""')
  [[ -n $GROUP_NOW ]] || return 1
  GROUP_ARN=$(jq -r .TargetGroupArn <<<"$GROUP_NOW")
}

# balancer::find_listener PORT: the listener in LISTENER_NOW.
balancer::find_listener() {
  LISTENER_NOW=''
  aws::find 'LoadBalancerNotFound|ListenerNotFound' elbv2 describe-listeners --load-balancer-arn "${BALANCER_ARN:-$NOT_YET}" || return 1
  LISTENER_NOW=$(json '[.Listeners[] | select(.Port == $port)][0] // ""' --argjson port "$1")
  [[ -n $LISTENER_NOW ]]
}

# balancer::need: load balancer, HTTPS listener and target group for the steps that come after.
balancer::need() {
  if [[ -n $LISTENER_ARN ]]; then
    LISTENER=$LISTENER_ARN
    aws::read elbv2 describe-listeners --listener-arns "$LISTENER_ARN"
    BALANCER_ARN=$(json '.Listeners[0].LoadBalancerArn')
  else
    [[ -n $BALANCER_ARN ]] || balancer::find || sign_in::missing 'the load balancer'
    BALANCER_ARN=${BALANCER_ARN:-$NOT_YET}
    if [[ -z $LISTENER ]]; then
      if balancer::find_listener 443; then LISTENER=$(jq -r .ListenerArn <<<"$LISTENER_NOW"); else sign_in::missing 'the HTTPS listener'; fi
    fi
  fi
  LISTENER=${LISTENER:-$NOT_YET}
  [[ -n $GROUP_ARN ]] || balancer::find_group || sign_in::missing 'the target group'
  GROUP_ARN=${GROUP_ARN:-$NOT_YET}
}

ensure_balancer() {
  if [[ -z $LISTENER_ARN ]]; then
    balancer::ensure_security_group
    balancer::ensure_balancer
    certificate::need
    certificate::issued
    balancer::ensure_listeners
  fi
  balancer::ensure_group
}

# From everywhere by HTTP and HTTPS; out only by HTTPS, to Cognito.
balancer::ensure_security_group() {
  aws::read ec2 describe-subnets --subnet-ids "${ALB_SUBNET_IDS%%,*}"
  BALANCER_VPC=$(json '.Subnets[0].VpcId')
  security_group::ensure "$BALANCER" "$BALANCER_VPC" 'The load balancer of the VPN page: HTTPS for everybody, HTTPS to Cognito'
  [[ $SECURITY_GROUP_IS_OURS == true ]] || return 0
  security_group::only ingress "$BALANCER" "$(balancer::ports 80 443)"
  security_group::only egress "$BALANCER" "$(balancer::ports 443)"
}

# balancer::ports PORT...: these, from or to everywhere.
balancer::ports() { jq -n '[$ARGS.positional[] | tonumber | {IpProtocol: "tcp", FromPort: ., ToPort: ., IpRanges: [{CidrIp: "0.0.0.0/0"}]}]' --args "$@"; }

balancer::ensure_balancer() {
  local subnets now
  subnets=$(jq -n --arg ids "$ALB_SUBNET_IDS" '$ids | split(",") | sort')
  if ! balancer::find; then
    change "create the load balancer $BALANCER" "$(jq -n --arg name "$BALANCER" --arg group "$SECURITY_GROUP" --argjson subnets "$subnets" --argjson tags "$(own_tags)" '{
      Name: $name, Type: "application", Scheme: "internet-facing", IpAddressType: "ipv4", Subnets: $subnets, SecurityGroups: [$group], Tags: $tags}')" \
      elbv2 create-load-balancer
    BALANCER_ARN=$(json '.LoadBalancers[0].LoadBalancerArn // ""')
    BALANCER_ARN=${BALANCER_ARN:-$NOT_YET}
  else
    balancer::tags "$BALANCER_ARN"
    owned "load-balancer/$BALANCER" "$TAGS" 'Use its HTTPS listener (LISTENER_ARN), or remove it.' || return 0
    now=$(jq '[.AvailabilityZones[].SubnetId] | sort' <<<"$BALANCER_NOW")
    same "subnets of $BALANCER" "$subnets" "$now" || change "move $BALANCER to its subnets" \
      "$(jq -n --arg arn "$BALANCER_ARN" --argjson s "$subnets" '{LoadBalancerArn: $arn, Subnets: $s}')" elbv2 set-subnets
    same "security groups of $BALANCER" "$(jq -n --arg g "$SECURITY_GROUP" '[$g]')" "$(jq .SecurityGroups <<<"$BALANCER_NOW")" ||
      change "give $BALANCER its security group" "$(jq -n --arg arn "$BALANCER_ARN" --arg g "$SECURITY_GROUP" '{LoadBalancerArn: $arn, SecurityGroups: [$g]}')" elbv2 set-security-groups
  fi
  balancer::ensure_attribute load-balancer "$BALANCER_ARN" routing.http.drop_invalid_header_fields.enabled true "let $BALANCER drop invalid headers"
}

# balancer::ensure_attribute load-balancer|target-group ARN KEY VALUE WHAT
balancer::ensure_attribute() {
  local now='' field=LoadBalancerArn
  [[ $1 == load-balancer ]] || field=TargetGroupArn
  if aws::find 'LoadBalancerNotFound|TargetGroupNotFound' elbv2 "describe-$1-attributes" "--$1-arn" "$2"; then
    now=$(json '.Attributes[] | select(.Key == $k) | .Value' --arg k "$3")
  fi
  [[ $now == "$4" ]] || change "$5" "$(jq -n --arg field "$field" --arg arn "$2" --arg k "$3" --arg v "$4" '{($field): $arn, Attributes: [{Key: $k, Value: $v}]}')" \
    elbv2 "modify-$1-attributes"
}

balancer::ensure_listeners() {
  local wanted
  wanted=$(jq -n --arg policy "$TLS_POLICY" --arg certificate "${CERTIFICATE_ARN:-$CERTIFICATE}" '{Protocol: "HTTPS", Port: 443, SslPolicy: $policy, Certificates: [{CertificateArn: $certificate}],
    DefaultActions: [{Type: "fixed-response", FixedResponseConfig: {StatusCode: "404", ContentType: "text/plain", MessageBody: "Not found"}}]}')
  balancer::ensure_listener 443 "$wanted" 'the HTTPS listener, which answers 404 to everything for now'
  LISTENER=$(jq -r '.ListenerArn // ""' <<<"${LISTENER_NOW:-null}")
  LISTENER=${LISTENER:-$NOT_YET}
  wanted=$(jq -n '{Protocol: "HTTP", Port: 80, DefaultActions: [{Type: "redirect", RedirectConfig: {
    Protocol: "HTTPS", Port: "443", Host: "#{host}", Path: "/#{path}", Query: "#{query}", StatusCode: "HTTP_301"}}]}')
  balancer::ensure_listener 80 "$wanted" 'the HTTP listener, which leads to HTTPS'
}

# balancer::ensure_listener PORT WANTED WHAT
balancer::ensure_listener() {
  local now
  if ! balancer::find_listener "$1"; then
    change "create $3" "$(jq --arg arn "$BALANCER_ARN" --argjson tags "$(own_tags)" '. + {LoadBalancerArn: $arn, Tags: $tags}' <<<"$2")" elbv2 create-listener
    LISTENER_NOW=$(json '.Listeners[0] // ""')
    return 0
  fi
  balancer::tags "$(jq -r .ListenerArn <<<"$LISTENER_NOW")"
  owned "listener/$BALANCER:$1" "$TAGS" 'Remove it.' || return 0
  now=$(jq --argjson wanted "$2" 'with_entries(select(.key | in($wanted))) | .DefaultActions |= map(del(.Order)) | if .Certificates then .Certificates |= map({CertificateArn}) else . end' <<<"$LISTENER_NOW")
  same "listener on port $1" "$2" "$now" || change "put $3 right" "$(jq --arg arn "$(jq -r .ListenerArn <<<"$LISTENER_NOW")" '. + {ListenerArn: $arn}' <<<"$2")" elbv2 modify-listener
}

# No health checks: each would be a request, and requests count as use.
balancer::ensure_group() {
  if ! balancer::find_group; then
    change "create the target group $GROUP, without health checks" "$(jq -n --arg name "$GROUP" --argjson tags "$(own_tags)" '{Name: $name, TargetType: "lambda", HealthCheckEnabled: false, Tags: $tags}')" \
      elbv2 create-target-group
    GROUP_ARN=$(json '.TargetGroups[0].TargetGroupArn // ""')
    GROUP_ARN=${GROUP_ARN:-$NOT_YET}
  else
    balancer::tags "$GROUP_ARN"
    owned "target-group/$GROUP" "$TAGS" 'Remove it, or give this installation a name of its own (INSTALLATION).' || return 0
    [[ $(jq .HealthCheckEnabled <<<"$GROUP_NOW") == false ]] || change "switch the health checks of $GROUP off: each counts as use" \
      "$(jq -n --arg arn "$GROUP_ARN" '{TargetGroupArn: $arn, HealthCheckEnabled: false}')" elbv2 modify-target-group
  fi
  balancer::ensure_attribute target-group "$GROUP_ARN" lambda.multi_value_headers.enabled true "let $GROUP pass headers with several values"
}

# The permission comes first: without it AWS refuses the target.
balancer::ensure_target() {
  local now='[]' wanted other
  wanted=$(function_arn "$ASSOCIATOR")
  if aws::find 'TargetGroupNotFound' elbv2 describe-target-health --target-group-arn "$GROUP_ARN"; then
    now=$(json '[.TargetHealthDescriptions[].Target.Id]')
  fi
  for other in $(jq -r --arg arn "$wanted" '.[] | select(. != $arn)' <<<"$now"); do
    change "take $other from $GROUP" "$(jq -n --arg arn "$GROUP_ARN" --arg id "$other" '{TargetGroupArn: $arn, Targets: [{Id: $id}]}')" elbv2 deregister-targets
  done
  [[ $(jq --arg arn "$wanted" 'index($arn) != null' <<<"$now") == true ]] || change_patiently "$NEW_PERMISSION" "let $GROUP reach $ASSOCIATOR" \
    "$(jq -n --arg arn "$GROUP_ARN" --arg id "$wanted" '{TargetGroupArn: $arn, Targets: [{Id: $id}]}')" elbv2 register-targets
}

# Whatever the settings say by now: found by name and tag.
ensure_removed_balancer() {
  balancer::remove
  if balancer::find_group; then
    balancer::tags "$GROUP_ARN"
    ! removable "target-group/$GROUP" "$TAGS" ||
      change_patiently "$GROUP_IN_USE" "delete the target group $GROUP" "$(jq -n --arg arn "$GROUP_ARN" '{TargetGroupArn: $arn}')" elbv2 delete-target-group
  fi
  security_group::remove "$BALANCER" "$INTERFACES"
}

balancer::remove() {
  local port
  balancer::find || return 0
  balancer::tags "$BALANCER_ARN"
  removable "load-balancer/$BALANCER" "$TAGS" || return 0
  for port in 80 443; do
    balancer::find_listener "$port" || continue
    change "delete the listener on port $port" "$(jq -n --arg arn "$(jq -r .ListenerArn <<<"$LISTENER_NOW")" '{ListenerArn: $arn}')" elbv2 delete-listener
  done
  change "delete the load balancer $BALANCER" "$(jq -n --arg arn "$BALANCER_ARN" '{LoadBalancerArn: $arn}')" elbv2 delete-load-balancer
}

# balancer::remove_unused: the load balancer that was made before LISTENER_ARN was set.
balancer::remove_unused() {
  # The steps after this one still need the listener's.
  local BALANCER_ARN BALANCER_NOW
  if balancer::find; then
    balancer::tags "$BALANCER_ARN"
    if is_ours "$TAGS"; then balancer::remove; fi
  fi
  security_group::remove "$BALANCER" "$INTERFACES"
}
