# shellcheck shell=bash
# The listener's rules: with them, people can turn the VPN on. Source it through lib.sh.
set -Eeuo pipefail

# rules::find: the listener's rules in RULES_NOW, each with its tags.
rules::find() {
  local arns tags='{}' part
  RULES_NOW='[]'
  aws::find 'ListenerNotFound' elbv2 describe-rules --listener-arn "$LISTENER" || return 1
  RULES_NOW=$(json '[.Rules[] | select(.Priority != "default")]')
  mapfile -t arns < <(jq -r '.[].RuleArn' <<<"$RULES_NOW")
  # DescribeTags takes twenty at a time.
  while ((${#arns[@]} > 0)); do
    aws::read elbv2 describe-tags --resource-arns "$(jq -nc '$ARGS.positional' --args "${arns[@]:0:20}")"
    part=$(json '[.TagDescriptions[] | {key: .ResourceArn, value: ([.Tags[] | {key: .Key, value: .Value}] | from_entries)}] | from_entries')
    tags=$(jq --argjson part "$part" '. + $part' <<<"$tags")
    arns=("${arns[@]:20}")
  done
  RULES_NOW=$(jq --argjson tags "$tags" 'map(. + {Tags: ($tags[.RuleArn] // {})})' <<<"$RULES_NOW")
}

# rules::foreign ARNS WHAT: rules among ARNS that are not ours are a problem.
rules::foreign() {
  local arn
  for arn in $1; do
    balancer::tags "$arn"
    is_ours "$TAGS" || problem "the listener $2 that is not ours: $arn" 'Remove that rule, or choose another HOST or RULE_PRIORITY.'
  done
}

rules::wanted() {
  local first=1
  [[ -z $LISTENER_ARN ]] || first=$RULE_PRIORITY
  jq --arg host "$HOST" --arg group "$GROUP_ARN" --arg pool "$(arn cognito-idp "userpool/$POOL_ID")" --arg client "$CLIENT_ID" \
    --arg domain "$DOMAIN" --argjson first "$first" --argjson profiles "$([[ $PROFILES == on ]] && echo true || echo false)" --rawfile signed_out "$INFRA/signed-out.html" --rawfile not_found "$INFRA/not-found.html" -f "$INFRA/lib/rules.jq" "$INFRA/rules.json"
}

ensure_rules() {
  local wanted rule now priority arn
  sign_in::need
  balancer::need
  rules::move
  rules::find || RULES_NOW='[]'
  wanted=$(rules::wanted)
  while IFS= read -r rule; do
    priority=$(jq -r .Priority <<<"$rule")
    now=$(jq --arg p "$priority" '[.[] | select(.Priority == $p)][0] // empty' <<<"$RULES_NOW")
    if [[ -z $now ]]; then
      # AWS may take a moment to see that the rules before are gone, and that the domain is there.
      change_patiently "$OLD_RULES|$NEW_DOMAIN" "add rule $priority: $(rules::words "$rule")" "$(jq --arg arn "$LISTENER" --argjson tags "$(own_tags)" '. + {ListenerArn: $arn, Tags: $tags}
        | if .Actions | length > 1 then .Actions |= [to_entries[] | .value + {Order: (.key + 1)}] else . end' <<<"$rule")" elbv2 create-rule
      continue
    fi
    arn=$(jq -r .RuleArn <<<"$now")
    if ! is_ours "$(jq .Tags <<<"$now")"; then
      problem "the listener has a rule of priority $priority that is not ours: $arn" 'Choose another RULE_PRIORITY: ours are eleven in a row.'
      continue
    fi
    # What AWS adds when it answers is left out. Of the actions AWS tells the order by a number.
    now=$(jq '{Priority: (.Priority | tonumber),
      Conditions: [.Conditions[] | del(.Values)],
      Actions: [.Actions | sort_by(.Order // 1) | to_entries[] | {Order: (.key + 1)} + (.value | {Type}
        + (with_entries(select(.key | IN("TargetGroupArn", "AuthenticateCognitoConfig", "FixedResponseConfig"))))
        | if .AuthenticateCognitoConfig.AuthenticationRequestExtraParams == {} then del(.AuthenticateCognitoConfig.AuthenticationRequestExtraParams) else . end)]}' <<<"$now")
    same "rule $priority" "$(jq '.Actions |= [to_entries[] | .value + {Order: (.key + 1)}]' <<<"$rule")" "$now" || change_patiently "$NEW_DOMAIN" "put rule $priority right: $(rules::words "$rule")" \
      "$(jq --arg arn "$arn" '{RuleArn: $arn, Conditions, Actions: (.Actions | if length > 1 then [to_entries[] | .value + {Order: (.key + 1)}] else . end)}' <<<"$rule")" elbv2 modify-rule
  done < <(jq -c '.[]' <<<"$wanted")
  for arn in $(jq -r --arg k "$TAG" --arg name "$NAME" --argjson wanted "$wanted" '[$wanted[].Priority | tostring] as $keep
    | .[] | select(.Tags[$k] == $name) | select(.Priority as $p | $keep | index($p) | not) | .RuleArn' <<<"$RULES_NOW"); do
    rules::delete "$arn" 'that is not wanted any more'
  done
  # Somebody's listener instead of ours: our load balancer is of no use any more, and costs.
  [[ -z $LISTENER_ARN ]] || balancer::remove_unused
  certificate::remove_unused
}

# rules::noted: the listener that our rules are on, as the target group says; whatever the settings say by now.
rules::noted() {
  if [[ $GROUP_ARN == "$NOT_YET" ]]; then return 0; fi
  balancer::tags "$GROUP_ARN"
  if is_ours "$TAGS"; then jq -r --arg k "$TAG_LISTENER" '.[$k] // ""' <<<"$TAGS"; fi
}

# A target group serves one load balancer (AWS: TargetGroupAssociationLimit): rules on another listener go first.
rules::move() {
  local noted
  noted=$(rules::noted) || exit 1
  if [[ $noted == "$LISTENER" ]]; then return 0; fi
  [[ -z $noted ]] || rules::delete_ours "$noted" 'on the listener before'
  change 'note on the target group where its rules are' \
    "$(jq -n --arg arn "$GROUP_ARN" --arg k "$TAG_LISTENER" --arg v "$LISTENER" '{ResourceArns: [$arn], Tags: [{Key: $k, Value: $v}]}')" elbv2 add-tags
}

# rules::delete_ours LISTENER WHAT
rules::delete_ours() {
  local arn LISTENER=$1
  rules::find || return 0
  for arn in $(jq -r --arg k "$TAG" --arg name "$NAME" '.[] | select(.Tags[$k] == $name) | .RuleArn' <<<"$RULES_NOW"); do
    rules::delete "$arn" "$2"
  done
}

# rules::words RULE: one line for people.
rules::words() {
  jq -r '(.Conditions | map(select(.Field == "http-request-method") | .HttpRequestMethodConfig.Values[0])[0] // "everything else") + " "
    + (.Conditions | map(select(.Field == "path-pattern") | .PathPatternConfig.Values | join(" "))[0] // "")
    + (.Conditions | map(select(.Field == "http-header") | " (\(.HttpHeaderConfig.Values[0]))")[0] // "")
    + " -> " + (.Actions | sort_by(.Order // 1)[0] | if .Type == "fixed-response" then .FixedResponseConfig.StatusCode
        else "signed-in people only (\(.AuthenticateCognitoConfig.OnUnauthenticatedRequest))" end) | gsub(" +"; " ")' <<<"$1"
}

# rules::delete ARN WHAT: one of RULES_NOW.
rules::delete() {
  change "delete the rule $2: $(rules::words "$(jq --arg arn "$1" '.[] | select(.RuleArn == $arn)' <<<"$RULES_NOW")")" "$(jq -n --arg arn "$1" '{RuleArn: $arn}')" elbv2 delete-rule
}

ensure_removed_rules() {
  local listener=''
  if balancer::find_group; then listener=$(rules::noted) || exit 1; fi
  listener=${listener:-$LISTENER_ARN}
  if [[ -z $listener ]]; then
    balancer::find || return 0
    balancer::find_listener 443 || return 0
    listener=$(jq -r .ListenerArn <<<"$LISTENER_NOW")
  fi
  rules::delete_ours "$listener" 'of ours'
}
