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
  local trust rights
  trust=$(role::trust)
  rights=$(role::rights)
  roles::ensure_role "$PROXY_ROLE" "$trust" instances "$rights" 'Remove it, or give this installation a name of its own (INSTALLATION).'
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
  local role
  if aws::find 'NoSuchEntity|NoSuchEntityException' iam get-instance-profile --instance-profile-name "$PROXY_ROLE" && removable "instance-profile/$PROXY_ROLE" "$(json '.InstanceProfile.Tags' | tags_map)"; then
    for role in $(json '.InstanceProfile.Roles[].RoleName'); do
      change 'take the role from the instance profile' "$(jq -n --arg name "$PROXY_ROLE" --arg role "$role" '{InstanceProfileName: $name, RoleName: $role}')" iam remove-role-from-instance-profile
    done
    change "delete the instance profile $PROXY_ROLE" "$(jq -n --arg name "$PROXY_ROLE" '{InstanceProfileName: $name}')" iam delete-instance-profile
  fi
  roles::delete "$PROXY_ROLE"
}
