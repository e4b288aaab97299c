# shellcheck shell=bash
# Things of EC2 that are ours: found by our tag and by what they are. Source it through lib.sh.
set -Eeuo pipefail

# What a thing is, such as private-2.
readonly TAG_PART=vpn-on-demand:part

# part::tags PART: its tags, with a name for people.
part::tags() {
  jq -n --arg k "$TAG" --arg v "$NAME" --arg part_key "$TAG_PART" --arg part "$1" --arg name "$EGRESS $1" '[{Key: $k, Value: $v}, {Key: $part_key, Value: $part}, {Key: "Name", Value: $name}]'
}

# part::made KIND PART: how EC2 wants them where something is made.
part::made() { jq -n --arg kind "$1" --argjson tags "$(part::tags "$2")" '[{ResourceType: $kind, Tags: $tags}]'; }

# part::filters PART: of what is ours.
part::filters() {
  jq -nc --arg k "tag:$TAG" --arg v "$NAME" --arg part_key "tag:$TAG_PART" --arg part "$1" '[{Name: $k, Values: [$v]}, {Name: $part_key, Values: [$part]}]'
}

# Once more than by filters: what is taken for ours is changed and deleted.
readonly PART_IS='def is_part($k; $v; $part_key; $part): (.Tags // []) as $tags | any($tags[]; .Key == $k and .Value == $v) and ($part == "" or any($tags[]; .Key == $part_key and .Value == $part));
  '

# part::find PART LIST ID OPERATION: ours in PART_NOW, its id in PART_ID; of LIST in the answer, with ID as the name of its id. What
# is going away, or has failed, does not count.
part::find() {
  local option=--filters
  PART_ID=$NOT_YET PART_NOW='{}'
  [[ $4 != describe-nat-gateways ]] || option=--filter
  aws::read ec2 "$4" "$option" "$(part::filters "$1")"
  PART_NOW=$(json "$PART_IS"'[.[$list][]? | select(is_part($k; $v; $part_key; $part) and (.State // "" | ascii_downcase | IN("deleted", "deleting", "failed") | not))]' \
    --arg list "$2" --arg k "$TAG" --arg v "$NAME" --arg part_key "$TAG_PART" --arg part "$1")
  (($(jq length <<<"$PART_NOW") < 2)) || die "several things carry our tags $TAG=$NAME and $TAG_PART=$1: $(jq -r --arg id "$3" 'map(.[$id]) | join(", ")' <<<"$PART_NOW")" 'Take the tags from those that are not meant, or delete them.'
  PART_NOW=$(jq '.[0] // {}' <<<"$PART_NOW")
  [[ $PART_NOW != '{}' ]] || return 1
  PART_ID=$(jq -r --arg id "$3" '.[$id]' <<<"$PART_NOW")
}

# part::ids LIST ID OPERATION: of all that is ours of a kind, in PART_IDS, one a line.
part::ids() {
  local option=--filters
  [[ $3 != describe-nat-gateways ]] || option=--filter
  aws::read ec2 "$3" "$option" "$(jq -nc --arg k "tag:$TAG" --arg v "$NAME" '[{Name: $k, Values: [$v]}]')"
  PART_IDS=$(json "$PART_IS"'.[$list][]? | select(is_part($k; $v; ""; "") and (.State // "" | ascii_downcase | IN("deleted", "failed") | not)) | .[$id]' --arg list "$1" --arg id "$2" --arg k "$TAG" --arg v "$NAME")
}

# part::new FILTER: the id of what was just made, by a jq filter of the answer; a name for it while planning.
part::new() { PART_ID=$(json "$1 // \"$NOT_YET\""); }
