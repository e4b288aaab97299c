# shellcheck shell=bash
# What makes the disassociator look: idle alarm and schedule; and the notices. Source it through lib.sh.
set -Eeuo pipefail

# watch::ensure_alarm NAME WANTED: an alarm exactly as the input of PutMetricAlarm says.
watch::ensure_alarm() {
  local name=$1 wanted=$2 current
  if ! watch::find_alarm "$name"; then
    change "create the alarm $name" "$(jq --argjson tags "$(own_tags)" '. + {Tags: $tags}' <<<"$wanted")" cloudwatch put-metric-alarm
    return 0
  fi
  owned "alarm/$name" "$TAGS" || return 0
  # What an alarm does not have, AWS lists empty.
  current=$(jq 'with_entries(select(.key | IN("AlarmName", "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions",
      "InsufficientDataActions", "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit", "EvaluationPeriods",
      "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile", "Metrics"))
      | select(.value != [] and .value != null))' <<<"$ALARM_NOW")
  if [[ $TAKE_OVER == true ]]; then
    adopt::keep "alarm/$name" "$(jq --arg arn "$(arn cloudwatch "alarm:$name")" --argjson keys "$(both_keys)" '[
      ["cloudwatch", "put-metric-alarm", .], ["cloudwatch", "untag-resource", {ResourceARN: $arn, TagKeys: $keys}]]' <<<"$current")"
    change "take over the alarm $name" \
      "$(jq -n --arg arn "$(arn cloudwatch "alarm:$name")" --argjson tags "$(adopted_tags)" '{ResourceARN: $arn, Tags: $tags}')" cloudwatch tag-resource
  fi
  same "alarm $name" "$wanted" "$(jq '.Threshold += 0' <<<"$current")" ||
    change "put the alarm $name right" "$wanted" cloudwatch put-metric-alarm
}

# watch::find_alarm NAME: the alarm in ALARM_NOW, its tags in TAGS.
watch::find_alarm() {
  aws::read cloudwatch describe-alarms --alarm-names "$1"
  ALARM_NOW=$(json '.MetricAlarms[0] // ""')
  [[ -n $ALARM_NOW ]] || return 1
  aws::read cloudwatch list-tags-for-resource --resource-arn "$(arn cloudwatch "alarm:$1")"
  TAGS=$(json .Tags | tags_map)
}

watch::ensure_removed_alarm() {
  if watch::find_alarm "$1" && removable "alarm/$1" "$TAGS"; then
    change "delete the alarm $1" "$(jq -n --arg name "$1" '{AlarmNames: [$name]}')" cloudwatch delete-alarms
  fi
}

# The idle alarm and the schedule: either alone turns off.
ensure_watch() {
  local periods=$((${IDLE_TIME%m} / 5))
  watch::ensure_alarm "$ALARM" "$(roles::fill alarm.json "$DISASSOCIATOR" | jq --argjson n "$periods" '.EvaluationPeriods = $n | .DatapointsToAlarm = $n')"
  watch::ensure_schedule
}

# watch::find_schedule: the rule in RULE_NOW, its tags in TAGS.
watch::find_schedule() {
  aws::find 'ResourceNotFoundException' events describe-rule --name "$SCHEDULE" || return 1
  RULE_NOW=$AWS_OUT
  aws::read events list-tags-for-resource --resource-arn "$(arn events "rule/$SCHEDULE")"
  TAGS=$(json .Tags | tags_map)
}

watch::ensure_schedule() {
  local wanted targets current='[]'
  wanted=$(jq -n --arg name "$SCHEDULE" '{Name: $name, ScheduleExpression: "rate(5 minutes)", State: "ENABLED",
    Description: "Looks whether the VPN is to be turned off, or a turning on finished."}')
  if ! watch::find_schedule; then
    change "create the schedule $SCHEDULE" "$(jq --argjson tags "$(own_tags)" '. + {Tags: $tags}' <<<"$wanted")" events put-rule
  else
    owned "rule/$SCHEDULE" "$TAGS" || return 0
    [[ $TAKE_OVER == false ]] || watch::adopt_schedule
    same "schedule $SCHEDULE" "$wanted" "$(jq '{Name, ScheduleExpression, State, Description}' <<<"$RULE_NOW")" ||
      change "put the schedule $SCHEDULE right" "$wanted" events put-rule
    aws::read events list-targets-by-rule --rule "$SCHEDULE"
    current=$(json '[.Targets[] | {Id, Arn}]')
  fi
  targets=$(jq -n --arg arn "$(function_arn "$DISASSOCIATOR")" '[{Id: "disassociator", Arn: $arn}]')
  if same "targets of $SCHEDULE" "$targets" "$current"; then return 0; fi
  change "let $SCHEDULE invoke $DISASSOCIATOR" "$(jq -n --arg rule "$SCHEDULE" --argjson targets "$targets" '{Rule: $rule, Targets: $targets}')" events put-targets
  watch::put_targets_worked
  current=$(jq '[.[] | select(.Id != "disassociator")]' <<<"$current")
  [[ $current == '[]' ]] || watch::remove_targets other "$current"
}

# What it was: its own fields and its targets.
watch::adopt_schedule() {
  local resource
  resource=$(arn events "rule/$SCHEDULE")
  aws::read events list-targets-by-rule --rule "$SCHEDULE"
  adopt::keep "rule/$SCHEDULE" "$(json '.Targets as $targets
    | [["events", "put-rule", ($rule | {Name, ScheduleExpression, EventPattern, State, Description, RoleArn} | with_entries(select(.value != null and .value != "")))]]
    + if $targets == [] then [] else [["events", "put-targets", {Rule: $rule.Name, Targets: $targets}]] end
    + if any($targets[]; .Id == "disassociator") then [] else [["events", "remove-targets", {Rule: $rule.Name, Ids: ["disassociator"]}]] end
    + [["events", "untag-resource", {ResourceARN: $arn, TagKeys: $keys}]]' \
    --argjson rule "$RULE_NOW" --arg arn "$resource" --argjson keys "$(both_keys)")"
  change "take over the schedule $SCHEDULE" "$(jq -n --arg arn "$resource" --argjson tags "$(adopted_tags)" '{ResourceARN: $arn, Tags: $tags}')" events tag-resource
}

# PutTargets and RemoveTargets succeed even where they failed.
watch::put_targets_worked() {
  [[ $MODE == plan || $(json '.FailedEntryCount // 0') == 0 ]] || die "EventBridge did not take the target of $SCHEDULE" "$(json '.FailedEntries | tostring')"
}

# watch::remove_targets all|other TARGETS
watch::remove_targets() {
  change "take $1 targets from $SCHEDULE" "$(jq -n --arg rule "$SCHEDULE" --argjson targets "$2" '{Rule: $rule, Ids: [$targets[].Id]}')" events remove-targets
  watch::put_targets_worked
}

ensure_removed_watch() {
  if watch::find_schedule && removable "rule/$SCHEDULE" "$TAGS"; then
    aws::read events list-targets-by-rule --rule "$SCHEDULE"
    [[ $(json '.Targets | length') == 0 ]] || watch::remove_targets all "$(json .Targets)"
    change "delete the schedule $SCHEDULE" "$(jq -n --arg name "$SCHEDULE" '{Name: $name}')" events delete-rule
  fi
  watch::ensure_removed_alarm "$ALARM"
}

# The gauge, as the disassociator puts it at every scheduled run.
watch::gauge_alarm() {
  jq -n --arg name "$1" --arg text "$2" --arg topic "$(arn sns "$TOPIC_NOTICES")" --arg endpoint "$ENDPOINT_ID" '{
    AlarmName: $name, AlarmDescription: $text, ActionsEnabled: true, AlarmActions: [$topic],
    Namespace: "ClientVpnOnDemand", MetricName: "AssociatedSubnets", Dimensions: [{Name: "Endpoint", Value: $endpoint}]}'
}

# The endpoint's server certificate, where it is one of endpoint/pki.sh's, whose revocation lists and certificates nobody else
# looks after; '' otherwise.
OUR_CERTIFICATE=''
# Days before the end from which on it is said: of a list as status.sh does; of a certificate as ACM does (fact 7.8).
readonly LIST_SOON=180 CERTIFICATE_SOON=45

watch::find_certificate() {
  local arn
  OUR_CERTIFICATE=''
  endpoint::find || die "the endpoint $ENDPOINT_ID is gone"
  arn=$(jq -r '.ServerCertificateArn // ""' <<<"$ENDPOINT")
  [[ $arn == arn:*:acm:* ]] && aws::find 'ResourceNotFoundException' acm list-tags-for-certificate --certificate-arn "$arn" || return 0
  if is_ours "$(json .Tags | tags_map)"; then OUR_CERTIFICATE=$arn; fi
}

# watch::ensure_end ALARM TEXT NAMESPACE METRIC DIMENSION VALUE DAYS: says that something ends in fewer days than these. What
# ends is not published all the time: a list's only while the VPN is on.
watch::ensure_end() {
  watch::ensure_alarm "$1" "$(jq -n --arg name "$1" --arg text "$2" --arg topic "$(arn sns "$TOPIC_NOTICES")" --arg space "$3" --arg metric "$4" --arg key "$5" --arg value "$6" --argjson days "$7" '{
    AlarmName: $name, AlarmDescription: $text, ActionsEnabled: true, AlarmActions: [$topic], Namespace: $space, MetricName: $metric, Dimensions: [{Name: $key, Value: $value}],
    Statistic: "Minimum", Period: 86400, EvaluationPeriods: 1, DatapointsToAlarm: 1, Threshold: $days, ComparisonOperator: "LessThanThreshold", TreatMissingData: "ignore"}')"
}

# Four notices, and two more for the certificates of endpoint/pki.sh; the normal turning off mails nobody.
ensure_notices() {
  local wanted hours=${NOTICE_AFTER%h}
  watch::find_certificate
  if [[ -n $OUR_CERTIFICATE ]]; then
    watch::ensure_end "$ALARM_LIST" "The revocation list of the endpoint ends soon, and then nobody can connect: infra/status.sh." AWS/ClientVPN CrlDaysToExpiry Endpoint "$ENDPOINT_ID" "$LIST_SOON"
    watch::ensure_end "$ALARM_CERTIFICATE" "The server certificate of the endpoint ends soon, and then nobody can connect: infra/endpoint/pki.sh renew-server." \
      AWS/CertificateManager DaysToExpiry CertificateArn "$OUR_CERTIFICATE" "$CERTIFICATE_SOON"
  fi
  wanted=$(watch::gauge_alarm "$ALARM_SILENT" 'The gauge has been missing for 15 minutes: the schedule that turns the VPN off is dead, or AWS has no time for what it reads.')
  watch::ensure_alarm "$ALARM_SILENT" "$(jq '. + {Statistic: "SampleCount", Period: 300, EvaluationPeriods: 3, DatapointsToAlarm: 3,
    Threshold: 1, ComparisonOperator: "LessThanThreshold", TreatMissingData: "breaching"}' <<<"$wanted")"
  wanted=$(watch::gauge_alarm "$ALARM_LONG" "The VPN has been on for $hours hours, in use or kept on, which an administrator may do for 14 days: infra/vpn.sh status.")
  watch::ensure_alarm "$ALARM_LONG" "$(jq --argjson hours "$hours" '. + {Statistic: "Minimum", Period: 3600, EvaluationPeriods: $hours, DatapointsToAlarm: $hours,
    Threshold: 1, ComparisonOperator: "GreaterThanOrEqualToThreshold", TreatMissingData: "notBreaching"}' <<<"$wanted")"
  # The disassociator sets it; by itself it never is in ALARM.
  wanted=$(watch::gauge_alarm "$ALARM_MONTH" 'Nothing is wrong. At the beginning of a month, the reason of this state says what the month before cost.')
  watch::ensure_alarm "$ALARM_MONTH" "$(jq '. + {Statistic: "Maximum", Period: 300, EvaluationPeriods: 1, DatapointsToAlarm: 1,
    Threshold: 1000000, ComparisonOperator: "GreaterThanThreshold", TreatMissingData: "notBreaching"}' <<<"$wanted")"
  watch::ensure_alarm "$ALARM_ERRORS" "$(jq -n --arg name "$ALARM_ERRORS" --arg topic "$(arn sns "$TOPIC_NOTICES")" '
    def errors($id; $function): {Id: $id, ReturnData: false, MetricStat: {Metric: {Namespace: "AWS/Lambda", MetricName: "Errors",
      Dimensions: [{Name: "FunctionName", Value: $function}]}, Period: 300, Stat: "Sum"}};
    {AlarmName: $name, AlarmDescription: "A function of the VPN failed: see its log.", ActionsEnabled: true, AlarmActions: [$topic],
     EvaluationPeriods: 1, DatapointsToAlarm: 1, Threshold: 1, ComparisonOperator: "GreaterThanOrEqualToThreshold", TreatMissingData: "notBreaching",
     Metrics: ([{Id: "e1", Label: "Errors", Expression: "m1+m2+m3", ReturnData: true}]
       + [$ARGS.positional | to_entries[] | errors("m\(.key + 1)"; .value)])}' --args "$ASSOCIATOR" "$DISASSOCIATOR" "$CONNECTOR")"
}

ensure_removed_notices() {
  watch::ensure_removed_alarm "$ALARM_CERTIFICATE"
  watch::ensure_removed_alarm "$ALARM_LIST"
  watch::ensure_removed_alarm "$ALARM_ERRORS"
  watch::ensure_removed_alarm "$ALARM_MONTH"
  watch::ensure_removed_alarm "$ALARM_LONG"
  watch::ensure_removed_alarm "$ALARM_SILENT"
}

# A dashboard has no tags: its first widget says whose it is.
watch::dashboard() {
  jq -n --arg mark "$TAG=$NAME" --arg region "$REGION" --arg endpoint "$ENDPOINT_ID" '
    def graph($y; $title; $metric; $stat): {type: "metric", x: 0, y: $y, width: 24, height: 6,
      properties: {title: $title, region: $region, view: "timeSeries", period: 300, stat: $stat, metrics: [$metric]}};
    {widgets: [
      {type: "text", x: 0, y: 0, width: 24, height: 1, properties: {markdown: $mark}},
      graph(1; "Associated subnets"; ["ClientVpnOnDemand", "AssociatedSubnets", "Endpoint", $endpoint]; "Maximum"),
      graph(7; "Connections"; ["AWS/ClientVPN", "ActiveConnectionsCount", "Endpoint", $endpoint]; "Maximum")]}'
}

# watch::find_dashboard: its body in DASHBOARD_NOW; TAGS as its mark says.
watch::find_dashboard() {
  aws::find 'ResourceNotFound|DashboardNotFoundError' cloudwatch get-dashboard --dashboard-name "$DASHBOARD_NAME" || return 1
  DASHBOARD_NOW=$(json .DashboardBody)
  TAGS=$(jq --arg tag "$TAG" '[.widgets[]? | .properties.markdown? // "" | select(startswith($tag + "=")) | {key: $tag, value: .[$tag | length + 1:]}] | from_entries' <<<"$DASHBOARD_NOW")
}

ensure_dashboard() {
  local wanted
  if [[ $DASHBOARD == off ]]; then
    ensure_removed_dashboard
    return 0
  fi
  wanted=$(watch::dashboard)
  if watch::find_dashboard; then
    owned "dashboard/$DASHBOARD_NAME" "$TAGS" 'Remove it, or set DASHBOARD=off.' || return 0
    if same "dashboard $DASHBOARD_NAME" "$wanted" "$DASHBOARD_NOW"; then return 0; fi
  fi
  change "put the dashboard $DASHBOARD_NAME (\$3 a month beyond an account's first three)" \
    "$(jq -n --arg name "$DASHBOARD_NAME" --argjson body "$wanted" '{DashboardName: $name, DashboardBody: ($body | tojson)}')" cloudwatch put-dashboard
}

ensure_removed_dashboard() {
  watch::find_dashboard || return 0
  # Somebody else's dashboard of this name is of no interest while ours is off.
  if [[ $(jq -r --arg tag "$TAG" '.[$tag] // ""' <<<"$TAGS") != "$NAME" ]]; then return 0; fi
  change "delete the dashboard $DASHBOARD_NAME" "$(jq -n --arg name "$DASHBOARD_NAME" '{DashboardNames: [$name]}')" cloudwatch delete-dashboards
}
