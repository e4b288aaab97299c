# shellcheck shell=bash
# The security groups: from the resource gateway to the proxies on their port, and nothing else; with a balancer by way of its
# group. Source it through lib.sh.
set -Eeuo pipefail

# The ids of the groups, and the groups as AWS tells them, by what they are of.
declare -gA GROUP_OF=() GROUP_NOW=()

groups::name() { printf '%s-%s' "$EGRESS" "$1"; }

ensure_groups() {
  local one peers names=(gateway proxies)
  GROUP_OF=() GROUP_NOW=()
  [[ $PROXY_BALANCER == none ]] || names+=(balancer)
  for one in "${names[@]}"; do
    security_group::ensure "$(groups::name "$one")" "$EGRESS_VPC" "The $one of the proxy of many VPCs: vpn-on-demand"
    [[ $SECURITY_GROUP_IS_OURS == true ]] || return 0
    GROUP_OF[$one]=$SECURITY_GROUP GROUP_NOW[$one]=$SECURITY_GROUP_NOW
  done
  if [[ $PROXY_BALANCER == none ]]; then
    groups::rules gateway '[]' "[$(groups::to proxies)]"
    # They look at each other, since nobody else does.
    peers=$(groups::to proxies "$HEALTH_PORT")
    groups::rules proxies "[$(groups::to gateway), $peers]" "$(groups::web | jq -c --argjson peers "$peers" '. + [$peers]')"
  else
    groups::rules gateway '[]' "[$(groups::to balancer)]"
    # Its health checks go the same way.
    groups::rules balancer "[$(groups::to gateway)]" "[$(groups::to proxies)]"
    groups::rules proxies "[$(groups::to balancer)]" "$(groups::web)"
  fi
}

# groups::to OTHER [PORT]: the proxy's port, or that one, from or to that group.
groups::to() { jq -nc --argjson port "${2:-$PROXY_PORT}" --arg group "${GROUP_OF[$1]}" '{IpProtocol: "tcp", FromPort: $port, ToPort: $port, UserIdGroupPairs: [{GroupId: $group}]}'; }

# HTTP and HTTPS, and nothing else; the VPC's resolver is not asked by security groups.
groups::web() { jq -nc '[80, 443 | {IpProtocol: "tcp", FromPort: ., ToPort: ., IpRanges: [{CidrIp: "0.0.0.0/0"}]}]'; }

# groups::rules WHICH INGRESS EGRESS: exactly these. What is missing comes first: nobody is cut off between the two.
groups::rules() {
  local direction now wanted missing extra name
  name=$(groups::name "$1")
  for direction in ingress egress; do
    wanted=$2
    [[ $direction == ingress ]] || wanted=$3
    now=$(security_group::permissions "$([[ $direction == ingress ]] && echo IpPermissions || echo IpPermissionsEgress)" "${GROUP_NOW[$1]}" |
      jq 'map(if .UserIdGroupPairs then .UserIdGroupPairs[0] |= del(.UserId) else . end)')
    missing=$(jq -nc --argjson w "$wanted" --argjson n "$now" '$w - $n') extra=$(jq -nc --argjson w "$wanted" --argjson n "$now" '$n - $w')
    [[ $missing == '[]' ]] || change "open $direction of $name: $(groups::words "$missing" plainly)" "$(groups::input "$1" "$missing")" ec2 "authorize-security-group-$direction"
    [[ $extra == '[]' ]] || change "close $direction of $name: $(groups::words "$extra")" "$(groups::input "$1" "$extra")" ec2 "revoke-security-group-$direction"
  done
}

groups::input() { jq -n --arg id "${GROUP_OF[$1]}" --argjson p "$2" '{GroupId: $id, IpPermissions: $p}'; }

# groups::words PERMISSIONS [plainly]: a group of ours may have no id yet.
groups::words() {
  jq -r --arg plainly "${2-}" 'map("\(if .IpProtocol == "-1" then "everything" else "\(.IpProtocol) \(.FromPort)" end) \(
    if .UserIdGroupPairs and $plainly != "" then "of the group beside it" else .UserIdGroupPairs[0].GroupId // .IpRanges[0].CidrIp // .Ipv6Ranges[0].CidrIpv6 // .PrefixListIds[0].PrefixListId end)") | join(", ")' <<<"$1"
}

# A group that another one names is not deleted: first nobody names any.
ensure_removed_groups() {
  local one now
  for one in gateway balancer proxies; do
    aws::read ec2 describe-security-groups --filters "$(jq -nc --arg name "$(groups::name "$one")" --arg tag "tag:$TAG" --arg ours "$NAME" '[{Name: "group-name", Values: [$name]}, {Name: $tag, Values: [$ours]}]')"
    GROUP_OF[$one]=$(json '.SecurityGroups[0].GroupId // ""')
    [[ -n ${GROUP_OF[$one]} ]] || continue
    now=$(json '.SecurityGroups[0]')
    groups::close "$one" ingress "$(security_group::permissions IpPermissions "$now")"
    groups::close "$one" egress "$(security_group::permissions IpPermissionsEgress "$now")"
  done
  for one in gateway balancer proxies; do security_group::remove "$(groups::name "$one")" "$ENDPOINT_INTERFACES"; done
}

# groups::close WHICH DIRECTION NOW: what names another group.
groups::close() {
  local named
  named=$(jq -c 'map(select(.UserIdGroupPairs) | .UserIdGroupPairs[0] |= del(.UserId))' <<<"$3")
  [[ $named == '[]' ]] || change "close $2 of $(groups::name "$1"): $(groups::words "$named")" "$(groups::input "$1" "$named")" ec2 "revoke-security-group-$2"
}
