# shellcheck shell=bash
# A security group of ours. Source it through lib.sh.
set -Eeuo pipefail

# security_group::find NAME VPC: as AWS tells it in SECURITY_GROUP_NOW, its id in SECURITY_GROUP, its tags in TAGS.
security_group::find() {
  SECURITY_GROUP=''
  aws::read ec2 describe-security-groups --filters "$(jq -nc --arg name "$1" --arg vpc "$2" '[{Name: "group-name", Values: [$name]}, {Name: "vpc-id", Values: [$vpc]}]')"
  SECURITY_GROUP_NOW=$(json '.SecurityGroups[0] // ""')
  [[ -n $SECURITY_GROUP_NOW ]] || return 1
  SECURITY_GROUP=$(jq -r .GroupId <<<"$SECURITY_GROUP_NOW")
  TAGS=$(jq .Tags <<<"$SECURITY_GROUP_NOW" | tags_map)
}

# security_group::ensure NAME VPC DESCRIPTION [WHAT]: that it is there, found as above. Whether it is ours, in SECURITY_GROUP_IS_OURS: no
# condition around what changes something, or bash would go on after an error in it.
security_group::ensure() {
  local id
  SECURITY_GROUP_IS_OURS=true
  if security_group::find "$1" "$2"; then
    owned "security-group/$1" "$TAGS" 'Remove it, or give this installation a name of its own (INSTALLATION).' || SECURITY_GROUP_IS_OURS=false
    return 0
  fi
  change "create the security group $1${4:+: $4}" "$(jq -n --arg name "$1" --arg vpc "$2" --arg description "$3" --argjson tags "$(own_tags)" '{
    GroupName: $name, VpcId: $vpc, Description: $description, TagSpecifications: [{ResourceType: "security-group", Tags: $tags}]}')" ec2 create-security-group
  id=$(json '.GroupId // ""')
  wait_for "the security group $1 to be there" "any(.SecurityGroups[]; .GroupId == \"$id\")" ec2 describe-security-groups --filters "Name=group-id,Values=$id"
  # What AWS gives a new group: everything out, and in a VPC with IPv6 to ::/0 too (fact 11.9).
  SECURITY_GROUP_NOW='{"IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}'
  [[ $MODE == plan ]] || SECURITY_GROUP_NOW=$(json '.SecurityGroups[] | select(.GroupId == $id)' --arg id "$id")
  SECURITY_GROUP=${id:-$NOT_YET}
}

# security_group::only ingress|egress GROUP WANTED: that the group, found as above, has exactly these permissions, one by one. What is
# missing comes first: nobody is cut off between the two.
security_group::only() {
  local field=IpPermissions now missing extra
  [[ $1 == ingress ]] || field=IpPermissionsEgress
  # Where everything may go to all of IPv4, all of IPv6 does no harm: what has such a group carries IPv4.
  now=$(security_group::permissions "$field" "$SECURITY_GROUP_NOW" | jq --argjson w "$3" '
    if any($w[]; . == {IpProtocol: "-1", IpRanges: [{CidrIp: "0.0.0.0/0"}]}) then . - [{IpProtocol: "-1", Ipv6Ranges: [{CidrIpv6: "::/0"}]}] else . end')
  missing=$(jq -n --argjson w "$3" --argjson n "$now" '$w - $n') extra=$(jq -n --argjson w "$3" --argjson n "$now" '$n - $w')
  [[ $missing == '[]' ]] || change "open $1 of the security group $2: $(security_group::words "$missing")" \
    "$(jq -n --arg id "$SECURITY_GROUP" --argjson p "$missing" '{GroupId: $id, IpPermissions: $p}')" ec2 "authorize-security-group-$1"
  [[ $extra == '[]' ]] || change "close $(jq length <<<"$extra") permission(s) of $1 of $2: $(security_group::words "$extra")" \
    "$(jq -n --arg id "$SECURITY_GROUP" --argjson p "$extra" '{GroupId: $id, IpPermissions: $p}')" ec2 "revoke-security-group-$1"
}

# security_group::words PERMISSIONS: for people. A group that is made in the same run has no id while planning.
security_group::words() {
  jq -r 'map("\(.FromPort // "everything") for \([.. | .CidrIp?, .CidrIpv6?, .PrefixListId? | values][0] // "another group")") | join(", ")' <<<"$1"
}

# security_group::remove NAME BUSY [VPC]: ours of this name, in whatever VPC where none is named: the settings may name another one by
# now. BUSY is how AWS refuses while interfaces still have it, which takes minutes.
security_group::remove() {
  local id
  aws::read ec2 describe-security-groups --filters "$(jq -nc --arg name "$1" --arg tag "tag:$TAG" --arg ours "$NAME" --arg vpc "${3-}" '[{Name: "group-name", Values: [$name]}, {Name: $tag, Values: [$ours]}]
    + if $vpc == "" then [] else [{Name: "vpc-id", Values: [$vpc]}] end')"
  for id in $(json '.SecurityGroups[].GroupId'); do
    change_patiently "$2" "delete the security group $1" "$(jq -n --arg id "$id" '{GroupId: $id}')" ec2 delete-security-group
  done
}

# security_group::permissions FIELD GROUP: AWS answers with one permission for all that have the same ports, and tells what people
# wrote beside each: one by one. Of a group of this account the account says nothing more.
security_group::permissions() {
  jq --arg field "$1" --arg account "$ACCOUNT" '[.[$field][]? | ({IpProtocol} + if .IpProtocol == "-1" then {} else {FromPort, ToPort} end) as $ports
    | to_entries[] | select(.key | IN("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")) | .key as $kind | .value[]
    | $ports + {($kind): [{CidrIp, CidrIpv6, GroupId, UserId, PrefixListId} | if .UserId == $account then del(.UserId) else . end | with_entries(select(.value != null))]}]' <<<"$2"
}
