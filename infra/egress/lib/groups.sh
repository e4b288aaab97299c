# shellcheck shell=bash
# The security groups: from the resource gateway to the proxies on their port, and nothing else; with a balancer by way of its
# group. Source it through lib.sh.
set -Eeuo pipefail

# The ids of the groups, and the groups as AWS tells them, by what they are of.
declare -gA GROUP_OF=() GROUP_NOW=()

groups::name() { printf '%s-%s' "$EGRESS" "$1"; }

ensure_groups() {
  local one peers foreign=false names=(gateway proxies)
  GROUP_OF=() GROUP_NOW=()
  [[ $PROXY_BALANCER == none ]] || names+=(balancer)
  for one in "${names[@]}"; do
    security_group::ensure "$(groups::name "$one")" "$EGRESS_VPC" "The $one of the proxy of many VPCs: vpn-on-demand"
    # Of somebody else's too what names it can be compared; its rules are left alone.
    GROUP_OF[$one]=$SECURITY_GROUP GROUP_NOW[$one]=$SECURITY_GROUP_NOW
    [[ $SECURITY_GROUP_IS_OURS == true ]] || foreign=true
  done
  [[ $foreign == false ]] || return 0
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

# groups::rules WHICH INGRESS EGRESS: exactly these.
groups::rules() {
  SECURITY_GROUP=${GROUP_OF[$1]} SECURITY_GROUP_NOW=${GROUP_NOW[$1]}
  security_group::only ingress "$(groups::name "$1")" "$2"
  security_group::only egress "$(groups::name "$1")" "$3"
}

# A group that another one names is not deleted: first nobody names any.
ensure_removed_groups() {
  local one
  for one in gateway balancer proxies; do
    aws::read ec2 describe-security-groups --filters "$(jq -nc --arg name "$(groups::name "$one")" --arg tag "tag:$TAG" --arg ours "$NAME" '[{Name: "group-name", Values: [$name]}, {Name: $tag, Values: [$ours]}]')"
    SECURITY_GROUP=$(json '.SecurityGroups[0].GroupId // ""') SECURITY_GROUP_NOW=$(json '.SecurityGroups[0] // {}')
    [[ -n $SECURITY_GROUP ]] || continue
    security_group::only ingress "$(groups::name "$one")" "$(groups::unnamed IpPermissions)"
    security_group::only egress "$(groups::name "$one")" "$(groups::unnamed IpPermissionsEgress)"
  done
  for one in gateway balancer proxies; do security_group::remove "$(groups::name "$one")" "$ENDPOINT_INTERFACES"; done
}

# groups::unnamed FIELD: what the group has that names no other one.
groups::unnamed() { security_group::permissions "$1" "$SECURITY_GROUP_NOW" | jq -c 'map(select(.UserIdGroupPairs | not))'; }
