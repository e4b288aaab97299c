# shellcheck shell=bash
# What estimate.sh asks, has replayed, and shows. Source it after lib.sh.
set -Eeuo pipefail

# AWS keeps values of five minutes for so many days, and gives 1,440 of them at once: those of five days.
readonly DAYS_KEPT=63 DAYS_AT_ONCE=5
# estimate::check: everything that can be seen without asking AWS.
estimate::check() {
  estimate::program
  [[ -z $ENDPOINT_ID || $ENDPOINT_ID =~ ^cvpn-endpoint-[0-9a-f]+$ ]] || problem "\"$(brief "$ENDPOINT_ID")\" is no endpoint" 'Name one such as cvpn-endpoint-0123456789abcdef0: aws ec2 describe-client-vpn-endpoints lists them.'
  if [[ ! $REGION =~ ^[a-z]{2}(-[a-z]+)+-[0-9]$ ]]; then
    problem "--region is \"$(brief "$REGION")\", and no region" 'Name one such as us-east-1.'
  elif ! jq -e --arg region "$REGION" '.Regions[$region]' "$INFRA/prices.json" >/dev/null; then
    problem "no prices of $REGION are known, only of $(jq -r '.Regions | keys | join(", ")' "$INFRA/prices.json")" 'Add them to infra/prices.json, from the price pages that it names.'
  fi
  [[ -z $DAYS ]] || { [[ $DAYS =~ ^[1-9][0-9]?$ ]] && ((DAYS <= DAYS_KEPT)); } || problem "--days is \"$(brief "$DAYS")\"" "Give a number from 1 to $DAYS_KEPT: AWS keeps no more."
  [[ -z $SUBNETS || ($SUBNETS =~ ^[1-9][0-9]?$) ]] || problem "--subnets is \"$(brief "$SUBNETS")\"" 'Give a number from 1 to 99.'
  if [[ -z $ENDPOINT_ID ]]; then
    [[ $PEOPLE =~ ^[1-9][0-9]{0,4}$ ]] || problem "--people is \"$(brief "$PEOPLE")\"" 'Give a number from 1 to 99999.'
    [[ $HOURS =~ ^(0\.5|(1?[1-9]|10|2[0-3])(\.[05])?|24(\.0)?)$ ]] || problem "--hours is \"$(brief "$HOURS")\"" 'Give hours of a day from 0.5 to 24, in halves.'
    [[ -z $DAYS ]] || problem '--days is for an endpoint' 'Leave it out: without one a month is reckoned.'
  fi
}

# estimate::program: where it is, in PROGRAM: beside the packages, or where cargo builds it.
estimate::program() {
  local target=${CARGO_TARGET_DIR:-$ROOT/target} place
  PROGRAM=''
  if [[ -n $PACKAGES ]]; then
    [[ -x $PACKAGES/estimate ]] || problem "$PACKAGES/estimate is not there" 'Make it with the packages, on a computer like this one: infra/package.sh.'
    PROGRAM=$PACKAGES/estimate
    return 0
  fi
  for place in release debug; do
    [[ -n $PROGRAM || ! -x $target/$place/estimate ]] || PROGRAM=$target/$place/estimate
  done
  [[ -n $PROGRAM ]] || problem 'the program estimate is not built' 'Build it, in a minute: cargo build --release --locked -p estimate. Or name packages that were made on a computer like this one: --packages DIR.'
}

# estimate::measured: what AWS has measured of the endpoint, as a question, in ASKED.
estimate::measured() {
  local until from at next
  identity
  note "Endpoint:     $ENDPOINT_ID"
  endpoint::find || die "the endpoint $ENDPOINT_ID does not exist in account $ACCOUNT, region $REGION" 'Correct it, or --region.'
  if [[ -z $SUBNETS ]]; then
    endpoint::networks
    SUBNETS=$(jq length <<<"$NETWORKS")
    ((SUBNETS > 0)) || die "no subnet is associated with $ENDPOINT_ID now" 'Say how many there are while it is on: --subnets N.'
  fi
  until=$(date -u +%s)
  until=$((until - until % 300))
  from=$((until - 86400 * ${DAYS:-$DAYS_KEPT}))
  # What is older than the endpoint is nobody's.
  at=$(jq -L "$INFRA/lib" 'include "time"; (.CreationTime // 0) | instant | . - . % 300' <<<"$ENDPOINT")
  if ((at > from)); then from=$at; fi
  ((from < until)) || die "$ENDPOINT_ID was made only now: nothing is measured yet" 'Try again in some days.'
  : >"$WORK/points"
  for ((at = from; at < until; at = next)); do
    next=$((at + 86400 * DAYS_AT_ONCE))
    ((next < until)) || next=$until
    progress "asking AWS for $(((at - from) / 86400 + 1)) of $(((until - from + 86399) / 86400)) days"
    aws::read cloudwatch get-metric-statistics --namespace AWS/ClientVPN --metric-name ActiveConnectionsCount --dimensions "$(jq -nc --arg id "$ENDPOINT_ID" '[{Name: "Endpoint", Value: $id}]')" \
      --start-time "$(estimate::time "$at")" --end-time "$(estimate::time "$next")" --period 300 --statistics '["Average", "Maximum"]'
    json 'include "time"; .Datapoints[] | {at: (.Timestamp | instant | todate), most: .Maximum, average: .Average}' -c -L "$INFRA/lib" >>"$WORK/points"
  done
  progress ''
  [[ -s $WORK/points ]] || die "AWS has measured nothing of $ENDPOINT_ID in these days" 'Without a datapoint nothing can be replayed: reckon with --people and --hours.'
  estimate::ask "$(estimate::time "$from")" "$(estimate::time "$until")"
}

# estimate::supposed: people who all come at nine on each working day of a month, in ASKED: 730 hours from a Monday the first on.
estimate::supposed() {
  SUBNETS=${SUBNETS:-2}
  jq -n --argjson people "$PEOPLE" --argjson hours "$HOURS" '"2026-06-01T00:00:00Z" | fromdate as $first
    | range(8760) | . as $number | ($number * 300) as $at | ($at / 86400 | floor) as $day | ([9, 24 - $hours] | min) as $comes
      | ($at % 86400 / 3600) as $hour | (if $day < 30 and $day % 7 < 5 and $hour >= $comes and $hour < $comes + $hours then $people else 0 end)
      | {at: ($first + $at | todate), most: ., average: .}' >"$WORK/points"
  estimate::ask 2026-06-01T00:00:00Z 2026-07-01T10:00:00Z
}

estimate::ask() {
  # Its points are a line each: what AWS answered page by page.
  jq -sc --argjson subnets "$SUBNETS" --argjson idle "${IDLE_TIME%m}" --arg from "$1" --arg until "$2" '{$subnets, idle_minutes: $idle, $from, $until, points: .}' "$WORK/points" >"$WORK/question.json"
}

estimate::time() { jq -nr --argjson at "$1" '$at | todate'; }

# estimate::show: replays what is asked, and tells it.
estimate::show() {
  local report status=0
  "$PROGRAM" <"$WORK/question.json" >"$WORK/replayed.json" 2>"$WORK/said" || status=$?
  ((status != 126)) || die "$PROGRAM is not for this computer" 'Build it here: cargo build --release --locked -p estimate.'
  ((status == 0)) || die "$PROGRAM ended with $status" "It says: $(<"$WORK/said")" 'It may be of another version than these scripts: build it again.'
  report=$(jq -L "$INFRA/lib" -f "$INFRA/lib/estimate.jq" --slurpfile question "$WORK/question.json" --argjson prices "$(<"$INFRA/prices.json")" --arg region "$REGION" --arg endpoint "$ENDPOINT_ID" "$WORK/replayed.json")
  if [[ -n $SVG ]]; then
    jq -r -f "$INFRA/lib/estimate_svg.jq" <<<"$report" >"$SVG" || die "$SVG cannot be written"
    note "The chart:    $SVG"
  fi
  if [[ $JSON == true ]]; then
    jq -a . <<<"$report"
  else
    say "$(jq -r -L "$INFRA/lib" -f "$INFRA/lib/estimate_text.jq" <<<"$report")"
  fi
}
