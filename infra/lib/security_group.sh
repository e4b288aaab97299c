# shellcheck shell=bash
# A security group of ours: the load balancer's, or an endpoint's. Source it through lib.sh.
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

# security_group::remove NAME BUSY: ours of this name, in whatever VPC: the settings may name another one by now. BUSY is how AWS
# refuses while interfaces still have it, which takes minutes.
security_group::remove() {
  local id
  aws::read ec2 describe-security-groups --filters "$(jq -nc --arg name "$1" --arg tag "tag:$TAG" --arg ours "$NAME" '[{Name: "group-name", Values: [$name]}, {Name: $tag, Values: [$ours]}]')"
  for id in $(json '.SecurityGroups[].GroupId'); do
    change_patiently "$2" "delete the security group $1" "$(jq -n --arg id "$id" '{GroupId: $id}')" ec2 delete-security-group
  done
}

# security_group::permissions FIELD GROUP: AWS answers with one permission for all that have the same ports, and tells what people
# wrote beside each: one by one.
security_group::permissions() {
  jq --arg field "$1" '[.[$field][]? | ({IpProtocol} + if .IpProtocol == "-1" then {} else {FromPort, ToPort} end) as $ports
    | to_entries[] | select(.key | IN("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")) | .key as $kind | .value[]
    | $ports + {($kind): [{CidrIp, CidrIpv6, GroupId, UserId, PrefixListId} | with_entries(select(.value != null))]}]' <<<"$2"
}
