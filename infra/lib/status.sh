# shellcheck shell=bash
# What status.sh reads and shows. Source it after lib.sh.
set -Eeuo pipefail

# shellcheck source=endpoint/lib/x509.sh
source "$INFRA/endpoint/lib/x509.sh"

REVOKED_TO_DO=()

status::all() {
  local report PARTS=("${STEPS[@]}")
  [[ -z $ONLY ]] || PARTS=("$ONLY")
  endpoint::find || die "the endpoint $ENDPOINT_ID does not exist in account $ACCOUNT, region $REGION" 'Correct ENDPOINT_ID or REGION.'
  NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  [[ -n $ONLY ]] || status::ahead
  # What deploying would change is what is missing or was changed: the same comparison, done quietly.
  changes::find "${PARTS[@]}"
  report=$(jq -n --arg account "$ACCOUNT" --arg region "$REGION" --arg installation "$NAME" --arg endpoint "$ENDPOINT_ID" \
    --argjson parts "$(status::parts)" --argjson drift "$(status::list "${FOUND[@]+"${FOUND[@]}"}")" --argjson foreign "$(status::list "${PROBLEMS[@]+"${PROBLEMS[@]}"}")" \
    '$ARGS.named')
  if [[ -z $ONLY ]]; then
    status::use "$report"
    status::cost
    status::revoked
    report=$(jq -n --argjson a "$report" --argjson use "$USE" --argjson cost "$COST" --argjson revoked "$(status::list "${REVOKED_TO_DO[@]+"${REVOKED_TO_DO[@]}"}")" '$a + {use: $use, cost: $cost, revoked: $revoked}')
  fi
  if [[ $JSON == true ]]; then
    jq -a . <<<"$report"
  else
    say "$(jq -r -L "$INFRA/lib" -f "$INFRA/lib/status.jq" <<<"$report")"
  fi
  [[ ${#FOUND[@]} -eq 0 && ${#PROBLEMS[@]} -eq 0 && ${#REVOKED_TO_DO[@]} -eq 0 ]] || exit "$TO_BE_DONE"
}

# status::ahead: all that is asked, side by side; the last parts, which need what is found for those before them, first.
status::ahead() {
  local part commands=()
  for part in "${PARTS[@]}"; do commands=("pass plan ensure $part" "${commands[@]+"${commands[@]}"}"); done
  commands+=(status::use status::gauge status::revoked)
  QUIET=true
  aws::ahead "${commands[@]}"
  QUIET=false
}

# status::parts: how much is missing or was changed in each.
status::parts() {
  status::list "${FOUND[@]+"${FOUND[@]}"}" | jq -c 'map(split(":")[0]) as $found | [$ARGS.positional[] | {key: ., value: (. as $part | [$found[] | select(. == $part)] | length)}] | from_entries' --args "${PARTS[@]}"
}

status::list() { jq -nc '$ARGS.positional' --args "$@"; }

# On or off since when, and who is connected: in USE.
status::use() {
  endpoint::find
  endpoint::networks
  aws::read ec2 describe-client-vpn-connections --client-vpn-endpoint-id "$ENDPOINT_ID"
  USE=$(json '{on: ($networks | length > 0), networks: ($networks | map({subnet, state})), marks: ($tags | with_entries(select(.key | startswith("vpn-on-demand:")))),
    connected: '"$CONNECTED_NOW"'}' \
    --argjson networks "$NETWORKS" --argjson tags "$ENDPOINT_TAGS")
}

# What is wrong with the list of revoked certificates, as AWS has it: in REVOKED_TO_DO. One that has ended lets nobody in (fact 7.13).
status::revoked() {
  local since
  since=$(endpoint::tag "$TAG_LIST")
  [[ -z $since ]] || REVOKED_TO_DO+=("since $since its revocation list is not at AWS, and somebody who was removed could connect: infra/endpoint/people.sh remove, as then, while the VPN is on")
  [[ $(jq 'any(.AuthenticationOptions[]?; .Type == "certificate-authentication")' <<<"$ENDPOINT") == true ]] || return 0
  endpoint::export_list
  [[ -n $STATE_THERE ]] || return 0
  if ! x509::list "$WORK/there.pem"; then
    REVOKED_TO_DO+=('the revocation list that AWS has cannot be read')
    return 0
  fi
  x509::left
  ((LEFT >= LIST_SOON)) || REVOKED_TO_DO+=("the revocation list that AWS has ends on $UNTIL_DAY, and then NOBODY CAN CONNECT: import one that is good until the CA ends, as infra/endpoint/people.sh does")
}

# From the gauge of this month: in COST. What AWS bills of a part of an hour is not documented, hence from and to.
status::cost() {
  status::gauge
  COST=$(cost::jq -f "$INFRA/lib/cost.jq" --argjson use "$USE" --arg now "$NOW" <<<"$AWS_OUT")
}
status::gauge() {
  local until
  # A minute on: at midnight the month would end when it begins, and CloudWatch takes no such span.
  until=$(jq -nr --arg now "$NOW" '$now | fromdate + 60 | todate')
  aws::read cloudwatch get-metric-statistics --namespace ClientVpnOnDemand --metric-name AssociatedSubnets --dimensions "$(jq -nc --arg id "$ENDPOINT_ID" '[{Name: "Endpoint", Value: $id}]')" \
    --start-time "${NOW:0:7}-01T00:00:00Z" --end-time "$until" --period 3600 --statistics '["Sum", "Maximum"]'
}

# status::logs FUNCTION PATTERN: the log lines of DAYS days, oldest first, as a JSON list in LINES.
status::logs() {
  local since=$((($(date +%s) - DAYS * 86400) * 1000))
  LINES_FOUND='[]'
  aws::find 'ResourceNotFoundException' logs filter-log-events --log-group-name "/aws/lambda/$1" --start-time "$since" --filter-pattern "$2" || return 0
  LINES_FOUND=$(json '[.events[] | {at: .timestamp, function: $f, line: (.message | . as $text | (fromjson? // {message: $text}))}]' --arg f "$1")
}

# Who turned on, what turned off, what held it back, what failed.
status::history() {
  local all='[]' function subjects names='{}' subject
  for function in "$ASSOCIATOR" "$DISASSOCIATOR"; do
    status::logs "$function" '{ ($.message = "audit") || ($.level = "ERROR") || ($.answer = "*HeldBack*") }'
    # Once more here: the same three kinds of lines.
    all=$(jq --argjson more "$LINES_FOUND" '. + [$more[] | select(.line | .message == "audit" or .level == "ERROR" or (.answer // "" | tostring | contains("HeldBack")))]' <<<"$all")
  done
  # Names are looked up only here; the log has none.
  subjects=$(jq -r '[.[].line["audit.subject"] // empty] | unique[]' <<<"$all")
  if [[ -n $subjects ]] && sign_in::find_pool; then
    for subject in $subjects; do
      # It becomes a part of a filter.
      [[ $subject =~ ^[A-Za-z0-9_-]+$ ]] || continue
      aws::read cognito-idp list-users --user-pool-id "$POOL_ID" --filter "sub = \"$subject\"" --attributes-to-get email
      names=$(json '$names + {($subject): (.Users[0] | if . then ([.Attributes[]? | select(.Name == "email") | .Value][0] // .Username) else "somebody who was removed" end)}' \
        --arg subject "$subject" --argjson names "$names")
    done
  fi
  all=$(jq --argjson names "$names" 'sort_by(.at) | map(.at = (.at / 1000 | floor | todate)
    | if .line["audit.subject"] then .who = $names[.line["audit.subject"]] else . end)' <<<"$all")
  if [[ $JSON == true ]]; then
    jq -a . <<<"$all"
    return 0
  fi
  note "The last $DAYS day(s):"
  say "$(jq -r 'if length == 0 then "nothing" else .[] | .line as $l | "\(.at)  "
    + if $l.message == "audit" then "\($l["audit.action"]) \($l["audit.change"] // "") by \(.who // $l["audit.trigger"]): \($l["audit.outcome"])"
        + if $l["aws.code"] then " (\($l["aws.code"]), request \($l["aws.request_id"] // "?"))" else "" end
      elif $l.answer then "held back: \($l.answer)"
      else "failed: \($l.error // $l.message) (request \($l.span.requestId // $l["aws.request_id"] // "?"))" end end' <<<"$all")"
}

status::reference() {
  local function found=false
  for function in "$ASSOCIATOR" "$DISASSOCIATOR" "$CONNECTOR"; do
    DAYS=90 status::logs "$function" "\"$REFERENCE\""
    if [[ $LINES_FOUND == '[]' ]]; then continue; fi
    found=true
    say "$(jq -r '.[] | "\(.at / 1000 | floor | todate)  \(.function)  \(.line | tojson)"' <<<"$LINES_FOUND")"
  done
  [[ $found == true ]] || die "no log line has the reference $REFERENCE" 'Logs are kept for 90 days; check the reference for typing errors.'
}
