# shellcheck shell=bash
# The proxies: an Auto Scaling group in each zone, which makes another one where one is gone. Source it through lib.sh.
set -Eeuo pipefail

# Seconds that a new proxy has until it is looked at.
readonly PROXY_GRACE=300

proxies::name() { printf '%s-%s' "$EGRESS" "$1"; }

# proxies::wanted: what can be changed of a group.
proxies::wanted() {
  jq -n --argjson size "$PROXIES_PER_ZONE" --arg health "$([[ $PROXY_BALANCER == nlb ]] && echo ELB || echo EC2)" --argjson grace "$PROXY_GRACE" --arg template "$TEMPLATE_ID" --arg version "$TEMPLATE_VERSION" --arg subnet "$1" '{
    MinSize: $size, MaxSize: $size, DesiredCapacity: $size, HealthCheckType: $health, HealthCheckGracePeriod: $grace, VPCZoneIdentifier: $subnet,
    LaunchTemplate: {LaunchTemplateId: $template, Version: $version}}'
}

# proxies::find NUMBER: in PROXIES_NOW.
proxies::find() {
  aws::read autoscaling describe-auto-scaling-groups --auto-scaling-group-names "$(jq -nc --arg name "$(proxies::name "$1")" '[$name]')"
  PROXIES_NOW=$(json '[.AutoScalingGroups[] | select(.Status == null)][0] // {}')
  PROXIES_LEAVING=$(json 'any(.AutoScalingGroups[]; .Status != null)')
  [[ $PROXIES_NOW != '{}' ]]
}

ensure_proxies() {
  local number
  for number in 1 2; do proxies::ensure "$number"; done
  # One zone after the other: somebody always serves.
  for number in 1 2; do proxies::renew "$number"; done
}

# proxies::ensure NUMBER
proxies::ensure() {
  local name wanted targets
  name=$(proxies::name "$1")
  wanted=$(proxies::wanted "${PRIVATE_SUBNET_IDS[$1 - 1]}")
  if ! proxies::find "$1"; then
    change_patiently "$NEW_PROFILE" "create the Auto Scaling group $name: $PROXIES_PER_ZONE in $(zone::name "$1")" "$(jq --arg name "$name" --arg targets "$PROXY_TARGETS" --argjson tags "$(part::tags "proxies-$1")" \
      '. + {AutoScalingGroupName: $name, Tags: ($tags | map(. + {PropagateAtLaunch: false}))} + if $targets == "" then {} else {TargetGroupARNs: [$targets]} end' <<<"$wanted")" autoscaling create-auto-scaling-group
    return 0
  fi
  owned "auto-scaling-group/$name" "$(jq .Tags <<<"$PROXIES_NOW" | tags_map)" 'Remove it, or give this installation a name of its own (INSTALLATION).' || return 0
  same "Auto Scaling group $name" "$wanted" "$(jq '{MinSize, MaxSize, DesiredCapacity, HealthCheckType, HealthCheckGracePeriod, VPCZoneIdentifier, LaunchTemplate: (.LaunchTemplate // {} | {LaunchTemplateId, Version})}' <<<"$PROXIES_NOW")" ||
    change "change the Auto Scaling group $name" "$(jq --arg name "$name" '. + {AutoScalingGroupName: $name}' <<<"$wanted")" autoscaling update-auto-scaling-group
  targets=$(jq -r '.TargetGroupARNs // [] | join(" ")' <<<"$PROXIES_NOW")
  if [[ -n $PROXY_TARGETS && $targets != "$PROXY_TARGETS" ]]; then
    change "put $name behind the load balancer" "$(proxies::targets "$name" "$PROXY_TARGETS")" autoscaling attach-load-balancer-target-groups
  elif [[ -z $PROXY_TARGETS && -n $targets ]]; then
    change "take $name from the load balancer" "$(proxies::targets "$name" "$targets")" autoscaling detach-load-balancer-target-groups
  fi
}

proxies::targets() { jq -n --arg name "$1" --arg targets "$2" '{AutoScalingGroupName: $name, TargetGroupARNs: ($targets | split(" "))}'; }

# proxies::renew NUMBER: those of an older version of the template are replaced: first another one starts, then the old one goes.
proxies::renew() {
  local name old
  name=$(proxies::name "$1")
  if ! proxies::find "$1"; then return 0; fi
  is_ours "$(jq .Tags <<<"$PROXIES_NOW" | tags_map)" || return 0
  old=$(jq --arg version "$TEMPLATE_VERSION" '[.Instances[]? | select(.LaunchTemplate.Version != $version)] | length' <<<"$PROXIES_NOW")
  ((old > 0)) || return 0
  aws::read autoscaling describe-instance-refreshes --auto-scaling-group-name "$name"
  # One that is under way is of an older version, if somebody's run was broken off: it is waited for.
  if [[ $(json 'any(.InstanceRefreshes[]; .Status | IN("Pending", "InProgress", "Cancelling", "RollbackInProgress"))') == true ]]; then
    proxies::wait "$name" 'the replacement of proxies that was begun'
    if ! proxies::find "$1"; then return 0; fi
    old=$(jq --arg version "$TEMPLATE_VERSION" '[.Instances[]? | select(.LaunchTemplate.Version != $version)] | length' <<<"$PROXIES_NOW")
    ((old > 0)) || return 0
  fi
  change "replace $old proxies of $name by new ones, one after the other" "$(jq -n --arg name "$name" --argjson warmup "$PROXY_GRACE" '{AutoScalingGroupName: $name,
    Preferences: {MinHealthyPercentage: 100, MaxHealthyPercentage: 200, InstanceWarmup: $warmup, SkipMatching: true}}')" autoscaling start-instance-refresh
  proxies::wait "$name" "the new proxies in $(zone::name "$1")"
}

proxies::wait() {
  wait_for "$2" 'all(.InstanceRefreshes[]; .Status | IN("Pending", "InProgress", "Cancelling", "RollbackInProgress") | not)' autoscaling describe-instance-refreshes --auto-scaling-group-name "$1"
  [[ $MODE == plan || $(json '.InstanceRefreshes[0].Status // "Successful"') == Successful ]] || die "the proxies of $1 are not replaced: $(json '.InstanceRefreshes[0] | "\(.Status), \(.StatusReason // "")"')" \
    'The new ones may not start, or not serve: look at the log and into one by Session Manager, then run the same command again.'
}

ensure_removed_proxies() {
  local number name
  for number in 1 2; do
    name=$(proxies::name "$number")
    if proxies::find "$number" && removable "auto-scaling-group/$name" "$(jq .Tags <<<"$PROXIES_NOW" | tags_map)"; then
      change "delete the Auto Scaling group $name with its proxies" "$(jq -n --arg name "$name" '{AutoScalingGroupName: $name, ForceDelete: true}')" autoscaling delete-auto-scaling-group
      PROXIES_LEAVING=true
    fi
    [[ $PROXIES_LEAVING == false ]] || wait_for 'the proxies to be gone' '.AutoScalingGroups == []' autoscaling describe-auto-scaling-groups --auto-scaling-group-names "$(jq -nc --arg name "$name" '[$name]')"
  done
}
