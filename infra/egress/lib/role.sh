# shellcheck shell=bash
# The proxies' role and instance profile: Session Manager, their log, their record, their health. Source it through lib.sh.
set -Eeuo pipefail

# role::rights: with a balancer, which looks at their health itself, they change neither record nor health.
role::rights() {
  jq --argjson subnets '[]' --argjson one "$(jq -n '$ARGS.named' --arg partition "$PARTITION" --arg region "$REGION" --arg account "$ACCOUNT" --arg log_group "$LOG_GROUP" \
    --arg egress "$EGRESS" --arg tag "$TAG" --arg name "$NAME" --arg zone "$ZONE_ID" --arg record "$RECORD_NAME")" -f "$INFRA/lib/fill.jq" "$INFRA/iam/egress-proxy.json" |
    jq --arg balancer "$PROXY_BALANCER" 'if $balancer == "nlb" then .Statement |= map(select(.Sid | IN("OwnHealth", "SeeRecords", "OwnRecord", "SeeChange") | not)) else . end'
}

role::trust() {
  jq -n '{Version: "2012-10-17", Statement: [{Sid: "Instances", Effect: "Allow", Principal: {Service: "ec2.amazonaws.com"}, Action: "sts:AssumeRole"}]}'
}

ensure_role() {
  local now=null extra
  if ! roles::find "$PROXY_ROLE"; then
    change "create the role $PROXY_ROLE" "$(jq -n --arg name "$PROXY_ROLE" --argjson trust "$(role::trust)" --argjson tags "$(own_tags)" --arg boundary "$PERMISSIONS_BOUNDARY" \
      '{RoleName: $name, AssumeRolePolicyDocument: ($trust | tojson), Tags: $tags} + if $boundary == "" then {} else {PermissionsBoundary: $boundary} end')" iam create-role
  else
    owned "role/$PROXY_ROLE" "$TAGS" 'Remove it, or give this installation a name of its own (INSTALLATION).' || return 0
    roles::ensure_boundary "$PROXY_ROLE"
    same "who may assume $PROXY_ROLE" "$(role::trust)" "$(jq .AssumeRolePolicyDocument <<<"$ROLE_NOW")" ||
      change "let instances, and nobody else, assume $PROXY_ROLE" "$(jq -n --arg name "$PROXY_ROLE" --argjson trust "$(role::trust)" '{RoleName: $name, PolicyDocument: ($trust | tojson)}')" iam update-assume-role-policy
    if aws::find 'NoSuchEntity|NoSuchEntityException' iam get-role-policy --role-name "$PROXY_ROLE" --policy-name "$POLICY"; then now=$(json .PolicyDocument); fi
    # More rights than ours are drift.
    aws::read iam list-attached-role-policies --role-name "$PROXY_ROLE"
    for extra in $(json '.AttachedPolicies[].PolicyArn'); do
      change "take $extra from $PROXY_ROLE" "$(jq -n --arg name "$PROXY_ROLE" --arg arn "$extra" '{RoleName: $name, PolicyArn: $arn}')" iam detach-role-policy
    done
  fi
  roles::ensure_policy "$PROXY_ROLE" "$(role::rights)" "$now"
  role::profile
}

role::profile() {
  if aws::find 'NoSuchEntity|NoSuchEntityException' iam get-instance-profile --instance-profile-name "$PROXY_ROLE"; then
    owned "instance-profile/$PROXY_ROLE" "$(json '.InstanceProfile.Tags' | tags_map)" 'Remove it, or give this installation a name of its own (INSTALLATION).' || return 0
  else
    change "create the instance profile $PROXY_ROLE" "$(jq -n --arg name "$PROXY_ROLE" --argjson tags "$(own_tags)" '{InstanceProfileName: $name, Tags: $tags}')" iam create-instance-profile
  fi
  [[ $(json 'any(.InstanceProfile.Roles[]?; .RoleName == $name)' --arg name "$PROXY_ROLE") == true ]] ||
    change 'put the role into it' "$(jq -n --arg name "$PROXY_ROLE" '{InstanceProfileName: $name, RoleName: $name}')" iam add-role-to-instance-profile
}

ensure_removed_role() {
  local role policy
  if aws::find 'NoSuchEntity|NoSuchEntityException' iam get-instance-profile --instance-profile-name "$PROXY_ROLE" && removable "instance-profile/$PROXY_ROLE" "$(json '.InstanceProfile.Tags' | tags_map)"; then
    for role in $(json '.InstanceProfile.Roles[].RoleName'); do
      change 'take the role from the instance profile' "$(jq -n --arg name "$PROXY_ROLE" --arg role "$role" '{InstanceProfileName: $name, RoleName: $role}')" iam remove-role-from-instance-profile
    done
    change "delete the instance profile $PROXY_ROLE" "$(jq -n --arg name "$PROXY_ROLE" '{InstanceProfileName: $name}')" iam delete-instance-profile
  fi
  if roles::find "$PROXY_ROLE" && removable "role/$PROXY_ROLE" "$TAGS"; then
    aws::read iam list-attached-role-policies --role-name "$PROXY_ROLE"
    for policy in $(json '.AttachedPolicies[].PolicyArn'); do
      change "take $policy from $PROXY_ROLE" "$(jq -n --arg name "$PROXY_ROLE" --arg arn "$policy" '{RoleName: $name, PolicyArn: $arn}')" iam detach-role-policy
    done
    aws::read iam list-role-policies --role-name "$PROXY_ROLE"
    for policy in $(json '.PolicyNames[]'); do roles::delete_policy "$PROXY_ROLE" "$policy"; done
    change "delete the role $PROXY_ROLE" "$(jq -n --arg name "$PROXY_ROLE" '{RoleName: $name}')" iam delete-role
  fi
}
