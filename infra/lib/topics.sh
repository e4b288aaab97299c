# shellcheck shell=bash
# The two topics: failed turnings-off, and notices for the administrator. Source it through lib.sh.
set -Eeuo pipefail

ensure_topics() {
  watch::find_certificate
  topics::ensure "$TOPIC_FAILURES"
  topics::ensure_policy "$TOPIC_FAILURES" "$DISASSOCIATOR" "$(topics::from_role)"
  topics::ensure "$TOPIC_NOTICES"
  topics::ensure_policy "$TOPIC_NOTICES" 'our alarms' "$(topics::from_alarms)"
  topics::ensure_email
}

# topics::find NAME: attributes in AWS_OUT, tags in TAGS.
topics::find() {
  local topic
  topic=$(arn sns "$1")
  TAGS='{}' TAKE_OVER=false
  aws::find 'NotFound|NotFoundException' sns get-topic-attributes --topic-arn "$topic" || return 1
  ATTRIBUTES=$(json .Attributes)
  aws::read sns list-tags-for-resource --resource-arn "$topic"
  TAGS=$(json .Tags | tags_map)
}

topics::ensure() {
  if ! topics::find "$1"; then
    ATTRIBUTES='{}'
    change "create the topic $1" "$(jq -n --arg name "$1" --argjson tags "$(own_tags)" '{Name: $name, Tags: $tags}')" sns create-topic
    return 0
  fi
  owned "topic/$1" "$TAGS" || return 0
  if [[ $TAKE_OVER == true ]]; then
    # What it was: who may publish. Subscriptions stay as they are.
    adopt::keep "topic/$1" "$(jq --arg arn "$(arn sns "$1")" --argjson keys "$(both_keys)" '[
      ["sns", "set-topic-attributes", {TopicArn: $arn, AttributeName: "Policy", AttributeValue: .Policy}],
      ["sns", "untag-resource", {ResourceArn: $arn, TagKeys: $keys}]]' <<<"$ATTRIBUTES")"
    change "take over the topic $1" "$(jq -n --arg arn "$(arn sns "$1")" --argjson tags "$(adopted_tags)" '{ResourceArn: $arn, Tags: $tags}')" sns tag-resource
  fi
}

# A function publishes under its role, whose own policy allows it: here everybody else is denied it.
topics::from_role() {
  jq -n --arg role "arn:$PARTITION:iam::$ACCOUNT:role/$ROLE_DISASSOCIATOR" \
    '{Sid: "NobodyElse", Effect: "Deny", Principal: "*", Condition: {ArnNotEquals: {"aws:PrincipalArn": $role}}}'
}

topics::from_alarms() {
  local ends=()
  [[ -z $OUR_CERTIFICATE ]] || ends=("$(arn cloudwatch "alarm:$ALARM_LIST")" "$(arn cloudwatch "alarm:$ALARM_CERTIFICATE")")
  jq -n --arg account "$ACCOUNT" '{Sid: "OurAlarms", Effect: "Allow", Principal: {Service: "cloudwatch.amazonaws.com"},
    Condition: {StringEquals: {"aws:SourceAccount": $account}, ArnEquals: {"aws:SourceArn": $ARGS.positional}}}' \
    --args "$(arn cloudwatch "alarm:$ALARM_SILENT")" "$(arn cloudwatch "alarm:$ALARM_LONG")" "$(arn cloudwatch "alarm:$ALARM_ERRORS")" "$(arn cloudwatch "alarm:$ALARM_MONTH")" "${ends[@]+"${ends[@]}"}"
}

# topics::ensure_policy TOPIC WHO STATEMENT: they may publish, and nobody else; a new topic's policy lets the whole account.
# Of the topic that was looked for last.
topics::ensure_policy() {
  local topic wanted current
  topic=$(arn sns "$1")
  wanted=$(jq -n --arg topic "$topic" --argjson statement "$3" '{Version: "2012-10-17", Statement: [$statement + {Action: "sns:Publish", Resource: $topic}]}')
  current=$(jq '.Policy // "null" | fromjson' <<<"$ATTRIBUTES")
  same "policy of the topic $1" "$wanted" "$current" ||
    change "let $2, and nobody else, publish to $1" \
      "$(jq -n --arg arn "$topic" --argjson policy "$wanted" '{TopicArn: $arn, AttributeName: "Policy", AttributeValue: ($policy | tojson)}')" \
      sns set-topic-attributes
}

# Exactly these addresses. AWS lists one that was not confirmed without an ARN, and forgets it by itself.
topics::ensure_email() {
  local address topic now='[]' gone
  topic=$(arn sns "$TOPIC_NOTICES")
  if aws::find 'NotFound|NotFoundException' sns list-subscriptions-by-topic --topic-arn "$topic"; then
    now=$(json '[.Subscriptions[] | select(.Protocol == "email")]')
  fi
  for address in ${NOTICE_EMAIL//,/ }; do
    [[ $(jq --arg to "$address" 'any(.[]; .Endpoint == $to)' <<<"$now") == true ]] ||
      change "send notices to $address (AWS asks there for confirmation)" \
        "$(jq -n --arg arn "$topic" --arg to "$address" '{TopicArn: $arn, Protocol: "email", Endpoint: $to}')" sns subscribe
  done
  # Whoever was told by a topic that was there before us still is.
  if [[ -n $(jq -r --arg k "$TAG_ADOPTED" '.[$k] // ""' <<<"$TAGS") || $TAKE_OVER == true ]]; then return 0; fi
  for gone in $(jq -r --arg keep "$NOTICE_EMAIL" '($keep | split(",")) as $keep | .[]
    | select((.Endpoint | IN($keep[]) | not) and (.SubscriptionArn | startswith("arn:"))) | .Endpoint + "=" + .SubscriptionArn' <<<"$now"); do
    change "send no notices to ${gone%%=*} any more" "$(jq -n --arg arn "${gone#*=}" '{SubscriptionArn: $arn}')" sns unsubscribe
  done
}

ensure_removed_topics() {
  local topic
  for topic in "$TOPIC_NOTICES" "$TOPIC_FAILURES"; do
    topics::find "$topic" || continue
    removable "topic/$topic" "$TAGS" || continue
    change "delete the topic $topic" "$(jq -n --arg arn "$(arn sns "$topic")" '{TopicArn: $arn}')" sns delete-topic
  done
}
