# shellcheck shell=bash
# The role and the log group of a function. Source it through lib.sh.
set -Eeuo pipefail

# The name of our one inline policy.
readonly POLICY=vpn-on-demand

# roles::fill FILE FUNCTION: a document of infra/iam with every {{placeholder}} filled; "{{subnet_arns}}" becomes many.
roles::fill() {
  local values subnets
  subnets=$(jq -n --arg ids "$SUBNET_IDS" --arg prefix "$(arn ec2 subnet/)" '$ids | split(",") | map($prefix + .)')
  values=$(jq -n '$ARGS.named' --arg account "$ACCOUNT" --arg alarm_name "$ALARM" --arg month_alarm_name "$ALARM_MONTH" --arg function "$2" \
    --arg endpoint_arn "$(arn ec2 "client-vpn-endpoint/$ENDPOINT_ID")" --arg endpoint_id "$ENDPOINT_ID" \
    --arg failure_topic_arn "$(arn sns "$TOPIC_FAILURES")" --arg partition "$PARTITION" --arg region "$REGION" \
    --arg profiles_bucket "$PROFILES_BUCKET" --arg associator "$ASSOCIATOR" --arg disassociator_arn "$(function_arn "$DISASSOCIATOR")")
  jq --argjson subnets "$subnets" --argjson one "$values" -f "$INFRA/lib/fill.jq" "$INFRA/$1"
}

# roles::wanted FILE FUNCTION: the rights of its role. The page's may read what waits in the bucket, where there is one.
roles::wanted() {
  local more='{"Statement": []}'
  if [[ $2 == "$ASSOCIATOR" && $PROFILES == on ]]; then more=$(roles::fill iam/associator-profiles.json "$2"); fi
  roles::fill "$1" "$2" | jq --argjson more "$more" '.Statement += $more.Statement'
}

# roles::find ROLE: the role in ROLE_NOW, its tags in TAGS.
roles::find() {
  aws::find 'NoSuchEntity|NoSuchEntityException' iam get-role --role-name "$1" || return 1
  ROLE_NOW=$(json .Role)
  TAGS=$(jq .Tags <<<"$ROLE_NOW" | tags_map)
}

# roles::ensure ROLE FUNCTION DOCUMENT: the role with exactly this policy, and the function's log group.
roles::ensure() {
  local trust rights
  roles::ensure_logs "$2"
  trust=$(roles::fill iam/trust.json "$2")
  rights=$(roles::wanted "$3" "$2")
  roles::ensure_role "$1" "$trust" Lambda "$rights"
}

# roles::ensure_role ROLE TRUST WHO RIGHTS [INSTEAD]: the role that WHO, and nobody else, assumes, with exactly these rights. INSTEAD is
# what to do with one that is not ours and cannot be taken over.
roles::ensure_role() {
  local role=$1 now=null extra
  if ! roles::find "$role"; then
    change "create the role $role" "$(jq -n --arg name "$role" --argjson trust "$2" --argjson tags "$(own_tags)" --arg boundary "$PERMISSIONS_BOUNDARY" \
      '{RoleName: $name, AssumeRolePolicyDocument: ($trust | tojson), Tags: $tags} + if $boundary == "" then {} else {PermissionsBoundary: $boundary} end')" iam create-role
    roles::ensure_policy "$role" "$4" null
    return 0
  fi
  owned "role/$role" "$TAGS" "${5-}" || return 0
  [[ $TAKE_OVER == false ]] || roles::adopt "$role"
  roles::ensure_boundary "$role"
  same "who may assume $role" "$2" "$(jq .AssumeRolePolicyDocument <<<"$ROLE_NOW")" ||
    change "let $3, and nobody else, assume $role" \
      "$(jq -n --arg name "$role" --argjson trust "$2" '{RoleName: $name, PolicyDocument: ($trust | tojson)}')" iam update-assume-role-policy
  if aws::find 'NoSuchEntity|NoSuchEntityException' iam get-role-policy --role-name "$role" --policy-name "$POLICY"; then now=$(json .PolicyDocument); fi
  roles::ensure_policy "$role" "$4" "$now"
  # More rights than ours, such as AmazonEC2FullAccess, are drift.
  aws::read iam list-attached-role-policies --role-name "$role"
  for extra in $(json '.AttachedPolicies[].PolicyArn'); do roles::detach "$role" "$extra"; done
  aws::read iam list-role-policies --role-name "$role"
  for extra in $(json '.PolicyNames[] | select(. != $ours)' --arg ours "$POLICY"); do
    roles::delete_policy "$role" "$extra"
  done
}

# roles::ensure_boundary ROLE: before the role gets rights, which may be forbidden without it. One that nobody asked for
# here is somebody's, and stays.
roles::ensure_boundary() {
  [[ -n $PERMISSIONS_BOUNDARY ]] || return 0
  same "permissions boundary of $1" "$(jq -n --arg arn "$PERMISSIONS_BOUNDARY" '$arn')" "$(jq '.PermissionsBoundary.PermissionsBoundaryArn' <<<"$ROLE_NOW")" ||
    change "limit $1 by the permissions boundary $PERMISSIONS_BOUNDARY" \
      "$(jq -n --arg name "$1" --arg arn "$PERMISSIONS_BOUNDARY" '{RoleName: $name, PermissionsBoundary: $arn}')" iam put-role-permissions-boundary
}

# What it was: who may assume it, its own policies and the attached ones. Another permissions boundary is put back; where
# there was none, ours stays: taking a limit away is not for whoever removes this.
roles::adopt() {
  local role=$1 calls name
  calls=$(jq --arg name "$role" '[["iam", "update-assume-role-policy", {RoleName: $name, PolicyDocument: (.AssumeRolePolicyDocument | tojson)}]]' <<<"$ROLE_NOW")
  aws::read iam list-role-policies --role-name "$role"
  for name in $(json '.PolicyNames[]'); do
    aws::read iam get-role-policy --role-name "$role" --policy-name "$name"
    calls=$(json '$calls + [["iam", "put-role-policy", {RoleName, PolicyName, PolicyDocument: (.PolicyDocument | tojson)}]]' --argjson calls "$calls")
  done
  calls=$(jq --arg role "$role" --arg ours "$POLICY" 'if any(.[]; .[2].PolicyName == $ours) then . else . + [["iam", "delete-role-policy", {RoleName: $role, PolicyName: $ours}]] end' <<<"$calls")
  aws::read iam list-attached-role-policies --role-name "$role"
  calls=$(json '$calls + [.AttachedPolicies[] | ["iam", "attach-role-policy", {RoleName: $role, PolicyArn}]] + [["iam", "untag-role", {RoleName: $role, TagKeys: $keys}]]' \
    --argjson calls "$calls" --arg role "$role" --argjson keys "$(both_keys)")
  calls=$(jq --argjson calls "$calls" --arg role "$role" '.PermissionsBoundary.PermissionsBoundaryArn as $arn
    | if $arn then [["iam", "put-role-permissions-boundary", {RoleName: $role, PermissionsBoundary: $arn}]] else [] end + $calls' <<<"$ROLE_NOW")
  adopt::keep "role/$role" "$calls"
  change "take over the role $role" "$(jq -n --arg name "$role" --argjson tags "$(adopted_tags)" '{RoleName: $name, Tags: $tags}')" iam tag-role
}

roles::ensure_policy() {
  same "rights of $1" "$2" "$3" ||
    change "give $1 its rights" "$(jq -n --arg name "$1" --arg policy "$POLICY" --argjson doc "$2" \
      '{RoleName: $name, PolicyName: $policy, PolicyDocument: ($doc | tojson)}')" iam put-role-policy
}

roles::delete_policy() {
  change "take the policy $2 from $1" "$(jq -n --arg name "$1" --arg policy "$2" '{RoleName: $name, PolicyName: $policy}')" iam delete-role-policy
}

# roles::find_logs GROUP: the log group in LOGS_NOW, its tags in TAGS.
roles::find_logs() {
  aws::read logs describe-log-groups --log-group-name-prefix "$1"
  LOGS_NOW=$(json '[.logGroups[] | select(.logGroupName == $name)][0] // ""' --arg name "$1")
  [[ -n $LOGS_NOW ]] || return 1
  aws::read logs list-tags-for-resource --resource-arn "$(arn logs "log-group:$1")"
  TAGS=$(json '.tags // {}')
}

roles::ensure_logs() { roles::ensure_log_group "/aws/lambda/$1" "$LOG_DAYS"; }

# roles::ensure_log_group GROUP DAYS: a log group of ours that keeps what it has for so many days.
roles::ensure_log_group() {
  local group=$1 wanted=$2 days=''
  if ! roles::find_logs "$group"; then
    change "create the log group $group" "$(jq -n --arg name "$group" --argjson tags "$(own_tags_map)" '{logGroupName: $name, tags: $tags}')" logs create-log-group
  else
    owned "log-group/$group" "$TAGS" || return 0
    [[ $TAKE_OVER == false ]] || roles::adopt_logs "$group"
    days=$(jq -r '.retentionInDays // ""' <<<"$LOGS_NOW")
  fi
  [[ $days == "$wanted" ]] || change "keep the logs of $group for $wanted days" \
    "$(jq -n --arg name "$group" --argjson days "$wanted" '{logGroupName: $name, retentionInDays: $days}')" logs put-retention-policy
}

# What it was: how long it keeps logs.
roles::adopt_logs() {
  local resource
  resource=$(arn logs "log-group:$1")
  adopt::keep "log-group/$1" "$(jq --arg arn "$resource" --argjson keys "$(both_keys)" '[
    (if .retentionInDays then ["logs", "put-retention-policy", {logGroupName, retentionInDays}] else ["logs", "delete-retention-policy", {logGroupName}] end),
    ["logs", "untag-resource", {resourceArn: $arn, tagKeys: $keys}]]' <<<"$LOGS_NOW")"
  change "take over the log group $1" "$(jq -n --arg arn "$resource" --argjson tags "$(adopted_tags_map)" '{resourceArn: $arn, tags: $tags}')" logs tag-resource
}

# roles::ensure_removed ROLE FUNCTION
roles::ensure_removed() {
  roles::delete "$1"
  roles::ensure_removed_logs "/aws/lambda/$2"
}

# roles::delete ROLE: ours, with all its rights.
roles::delete() {
  local role=$1 policy
  if ! roles::find "$role" || ! removable "role/$role" "$TAGS"; then return 0; fi
  aws::read iam list-attached-role-policies --role-name "$role"
  for policy in $(json '.AttachedPolicies[].PolicyArn'); do roles::detach "$role" "$policy"; done
  aws::read iam list-role-policies --role-name "$role"
  for policy in $(json '.PolicyNames[]'); do roles::delete_policy "$role" "$policy"; done
  change "delete the role $role" "$(jq -n --arg name "$role" '{RoleName: $name}')" iam delete-role
}

# roles::detach ROLE POLICY
roles::detach() { change "take $2 from $1" "$(jq -n --arg name "$1" --arg arn "$2" '{RoleName: $name, PolicyArn: $arn}')" iam detach-role-policy; }

# roles::ensure_removed_logs GROUP
roles::ensure_removed_logs() {
  if roles::find_logs "$1" && removable "log-group/$1" "$TAGS"; then
    goes_for_good "the log group $1"
    change "delete the log group $1" "$(jq -n --arg name "$1" '{logGroupName: $name}')" logs delete-log-group
  fi
}
