# shellcheck shell=bash
# Every call fails once in each way, and every write is once the last before the network is cut. Each on a copy of an
# account that is just so far: before a step (deploy), finished (again), or to be removed (destroy).
set -Eeuo pipefail

readonly FAULT_STEPS=(endpoint people provider consumer claim topics disassociator watch notices dashboard connect sign_in balancer profiles associator dns rules)

# faults::prepare STEP...: the accounts, side by side, and all cases, sorted, in $WORK/cases: RUN/STEP/CALL/KIND. In $WORK/calls each
# stands behind the call that it refuses, as the scripts name it. A step that has a faults::prepare_STEP of its own is the script
# of that name.
faults::prepare() {
  local run step checks=0
  STEPS=()
  for step in "$@"; do
    if declare -F "faults::prepare_$step" >/dev/null; then printf '%s\n' "$step"; else STEPS+=("$step"); fi
  done >"$WORK/others"
  # The longest comes first.
  { ((${#STEPS[@]} == 0)) || printf 'steps\n'; } | cat - "$WORK/others" >"$WORK/families"
  harness::side_by_side "$WORK/families" faults::family
  : >"$WORK/calls"
  [[ ! -s $WORK/checks ]] || checks=$(<"$WORK/checks")
  while IFS= read -r run; do
    jq -r --arg run "$run" --argjson checks "$checks" '
      def number: tostring | "000"[length:] + .;
      def call: .operation | sub(":"; " ") | gsub("(?<end>[a-z0-9])(?<begin>[A-Z])"; "\(.end)-\(.begin)") | ascii_downcase;
      (to_entries[] | select(.key >= $checks or ($run | IN("deploy/claim", "destroy/all") or (test("^(deploy|again|destroy)/") | not)))
        | ("denied", "throttled", "broken") as $kind | "\(.value | call) \($run)/\(.key + 1 | number)/\($kind)"),
      ([.[] | select(.write)] | to_entries[] | "\(.value | call) \($run)/\(.key | number)/cut")' "$(faults::normal "$run")" >>"$WORK/calls"
  done < <(cd "$WORK/begins" && printf '%s\n' */*)
  cut -d' ' -f3 "$WORK/calls" | sort >"$WORK/cases"
}

# faults::family NAME: in a process of its own.
faults::family() {
  if [[ $1 == steps ]]; then faults::prepare_steps "${STEPS[@]}"; else "faults::prepare_$1"; fi
}

# faults::normal RUN: the file with the calls of it that nothing refuses. faults::watch RUN COMMAND...: writes that file.
faults::normal() { printf '%s' "$SHARED/begins/$1/calls"; }
faults::watch() {
  faults
  "${@:2}"
  faults::calls >"$(faults::normal "$1")"
}

# faults::prepare_steps STEP...: deploy.sh step by step, once more when all is there, and destroy.sh.
faults::prepare_steps() {
  local step run finished
  fresh
  everything
  # shfmt takes a slash in a subscript for a division: hence variables.
  for step in "$@"; do
    run=deploy/$step
    harness::keep "$run"
    faults::watch "$run" deploy 0 --only "$step"
  done
  # Calls that every run of one step begins with: who acts, and whether the settings are right.
  jq -n --slurpfile first "$(faults::normal "deploy/$1")" --slurpfile last "$(faults::normal "$run")" '
    $first[0] as $a | $last[0] as $b | [range($a | length)] | map(select($a[.] != $b[.]))[0]' >"$SHARED/checks"
  finished=$(copy_of "$AWS_ENDPOINT_URL")
  for step in "$@"; do
    run=again/$step
    harness::keep "$run" "$finished"
    copy "$finished"
    faults::watch "$run" deploy 0 --only "$step"
  done
  run=destroy/all
  harness::keep "$run" "$finished"
  copy "$finished"
  faults::watch "$run" try 0 destroy.sh --yes
}

# faults::prepare_endpoint: an endpoint that is made, looked at, and removed.
faults::prepare_endpoint() {
  local run VPC SUBNETS GROUP
  fresh_vpc
  everything_there >"$SHARED/no_endpoint"
  for run in endpoint/ensure endpoint/status endpoint/remove; do
    harness::keep "$run"
    faults::watch "$run" faults::run "$run"
  done
}

# faults::prepare_people: somebody who is added, looked at, disconnected, and removed.
faults::prepare_people() {
  local run
  people_account
  people_claimed
  turn_on "$(subnet 1)"
  for run in people/add people/list people/disconnect people/remove; do
    [[ $run != people/list ]] || joins alice/ipad >/dev/null
    [[ $run != people/remove ]] || joins alice/ipad >/dev/null
    harness::keep "$run"
    faults::watch "$run" faults::run "$run"
  done
}

# faults::prepare_provider: the proxy of many VPCs that is made, shared, looked at, and removed.
faults::prepare_provider() {
  local run
  fresh_egress
  egress_things >"$SHARED/no_egress"
  for run in provider/ensure provider/share provider/status provider/remove; do
    harness::keep "$run"
    faults::watch "$run" faults::run "$run"
  done
}

# faults::prepare_consumer: a project's way to the proxy, made, looked at, removed; and made where an invitation comes first.
faults::prepare_consumer() {
  local run VPC SUBNETS GROUP PROXY_ARN
  shared_proxy
  printf '%s %s\n' "$VPC" "$PROXY_ARN" >"$SHARED/consumer"
  inventory >"$SHARED/no_consumer"
  for run in consumer/ensure consumer/status consumer/remove consumer/invited; do
    [[ $run != consumer/invited ]] || consumer_invited >"$SHARED/consumer_invited"
    harness::keep "$run"
    faults::watch "$run" faults::run "$run"
  done
}

# faults::provider COMMAND: of the account that begins without a proxy.
faults::provider() {
  local words=("$1" --yes)
  [[ $1 != share ]] || words+=(210987654321)
  AWS_ACCESS_KEY_ID=PROVIDER "$INFRA/egress/provider.sh" "${words[@]}" --settings "$WORK/egress.env" >"$WORK/out" 2>&1 </dev/null
}

# faults::consumer COMMAND: of the proxy's account, or of the one that was invited.
faults::consumer() {
  local vpc arn who=CONSUMER command=$1 words=()
  read -r vpc arn <"$SHARED/consumer"
  if [[ $1 == invited ]]; then who=CONSUMER-ELSEWHERE vpc=$(<"$SHARED/consumer_invited") command=ensure; fi
  [[ $command != ensure ]] || words=(--resource-configuration "$arn")
  AWS_ACCESS_KEY_ID=$who "$INFRA/egress/consumer.sh" "$command" --vpc "$vpc" --region us-east-1 "${words[@]+"${words[@]}"}" --yes >"$WORK/out" 2>&1 </dev/null
}

# faults::people COMMAND: of alice; what was done already is no error here.
faults::people() {
  local status=0 words=("$1" alice --yes)
  case $1 in
  add) words+=(--device ipad --email alice@example.com --to-page) ;;
  list) words=(list) ;;
  *) ;;
  esac
  AWS_ACCESS_KEY_ID=ENDPOINT "$INFRA/endpoint/people.sh" "${words[@]}" --directory "$WORK/pki" --passphrase-file "$WORK/passphrase" >"$WORK/out" 2>&1 </dev/null || status=$?
  if ((status == 1)) && grep -qE ' (has all this|is removed) already' "$WORK/out"; then status=0; fi
  return "$status"
}

# faults::calls: what was called since the log was begun.
faults::calls() { log | jq -c '[.calls[] | {operation, write}]'; }
# faults::first COUNT: of calls on standard input so many, one a line: a difference is then seen.
faults::first() { jq -r --argjson n "$1" '.[:$n][] | .operation + if .write then " writes" else "" end'; }

# faults::run RUN/STEP: its script; ends with its status.
faults::run() {
  local status=0
  if [[ $1 == endpoint/* ]]; then
    AWS_ACCESS_KEY_ID=ENDPOINT "$INFRA/endpoint/endpoint.sh" "${1#*/}" --settings "$WORK/endpoint.env" --yes >"$WORK/out" 2>&1 </dev/null || status=$?
  elif [[ $1 == people/* || $1 == provider/* || $1 == consumer/* ]]; then
    "faults::${1%%/*}" "${1#*/}" || status=$?
  elif [[ $1 == destroy/* ]]; then
    AWS_ACCESS_KEY_ID=DEPLOYER "$INFRA/destroy.sh" --settings "$WORK/settings.env" --yes >"$WORK/out" 2>&1 </dev/null || status=$?
  else
    AWS_ACCESS_KEY_ID=DEPLOYER "$INFRA/deploy.sh" --settings "$WORK/settings.env" --packages "$WORK/packages" --yes --only "${1#*/}" >"$WORK/out" 2>&1 </dev/null || status=$?
  fi
  return "$status"
}

# faults::one CASE: in a process of its own; what fails is written down, and the next one is tried.
faults::one() {
  local run call kind status=0
  run=$(cut -d/ -f1,2 <<<"$1")
  call=$((10#$(cut -d/ -f3 <<<"$1")))
  kind=$(cut -d/ -f4 <<<"$1")
  if ((LIMIT > 0 && SECONDS > LIMIT)); then return 0; fi
  harness::begin "$run"
  if [[ $kind == cut ]]; then
    faults::cut "$run" "$call" &
  else
    faults::refused "$run" "$call" "$kind" &
  fi
  wait "$!" || status=1
  if ((status == 0)) && grep -qxF "$1" "$SHARED/plain"; then
    harness::begin "$run"
    faults::plain "$run" "$call" "$kind" &
    wait "$!" || status=1
    ((status > 0)) || printf '%s\n' "$1" >>"$SHARED/plain_held"
  fi
  if ((status == 0)) && grep -qxF "$1" "$SHARED/second"; then
    harness::begin "$run"
    faults::second "$run" "$call" "$kind" &
    wait "$!" || status=1
    ((status > 0)) || printf '%s\n' "$1" >>"$SHARED/second_held"
  fi
  if ((status == 0)); then printf '%s\n' "$1" >>"$SHARED/held"; else printf '%s\n' "$1" >>"$SHARED/failed"; fi
}

# Once more with the CLI as it is installed, and the system's jq: they must agree.
faults::plain() {
  cp "$WORK/out" "$WORK/quick"
  PATH=$PLAIN_PATH
  faults::refused "$@"
  is 'the plain CLI says' "$(grep -v '^Sent to:' "$WORK/quick")" "$(grep -v '^Sent to:' "$WORK/out")"
}

# Once more with AWS CLI 2: the same calls, and the same is said of them.
faults::second() {
  with_cli_2
  if [[ $3 == cut ]]; then faults::cut "$1" "$2"; else faults::refused "$@"; fi
}

# The script ends with the call that failed, says so, and has done until then what it always does.
faults::refused() {
  local calls hint='AWS is busy or has a fault.'
  faults "{\"call\": $2, \"kind\": \"$3\"}"
  if faults::run "$1"; then
    printf 'it goes on\n' >&2
    return 1
  fi
  calls=$(faults::calls)
  if [[ $3 == denied ]]; then
    hint='You may not do this.'
    # Reads may follow, at most one for each other file of rights: they tell which are missing.
    is 'after a refusal' true "$(jq --argjson n "$2" '.[$n:] | length <= 3 and all(.write == false)' <<<"$calls")"
    calls=$(jq -c --argjson n "$2" '.[:$n]' <<<"$calls")
  fi
  is 'calls' "$(faults::first "$2" <"$(faults::normal "$1")")" "$(faults::first 1000 <<<"$calls")"
  grep -qE 'Error: [A-Za-z.]+ while (reading: |trying to )' "$WORK/out" || {
    tail -5 "$WORK/out" >&2
    return 1
  }
  has "$hint"
  has_not 'internal:'
}

# What was cut off is completed by the next run; and at no moment anything can turn on what nothing turns off.
faults::cut() {
  faults "{\"writes\": $2}"
  if faults::run "$1"; then
    printf 'it goes on\n' >&2
    return 1
  fi
  is 'writes' "$(($2 + 1))" "$(writes)"
  faults
  faults::safe
  faults::run "$1"
  faults
  faults::run "$1"
  is 'writes of one more run' 0 "$(writes)"
  [[ $1 != destroy/* ]] || is 'what is left' "$(<"$SHARED/nothing")" "$(inventory)"
  [[ $1 != provider/remove ]] || is 'what is left' "$(<"$SHARED/no_egress")" "$(egress_things)"
  [[ $1 != consumer/remove ]] || is 'what is left' "$(<"$SHARED/no_consumer")" "$(inventory)"
  [[ $1 != endpoint/remove ]] || is 'what is left' "$(<"$SHARED/no_endpoint")" "$(everything_there)"
}

# Rules that reach the function are there only together with everything that turns off.
faults::safe() {
  local listener rules=0 function=AWSClientVPN-DisassociatingSubnets
  listener=$(aws elbv2 describe-load-balancers --query 'LoadBalancers[].LoadBalancerArn' --output text)
  [[ -z $listener ]] || listener=$(aws elbv2 describe-listeners --load-balancer-arn "$listener" --query 'Listeners[?Port==`443`].ListenerArn' --output text)
  [[ -z $listener ]] || rules=$(aws elbv2 describe-rules --listener-arn "$listener" --query 'length(Rules)' --output text)
  if ((rules <= 1)); then return 0; fi
  is 'the alarms that stand' 5 "$(aws cloudwatch describe-alarms --query 'length(MetricAlarms)' --output text)"
  is 'the schedule that stands' 1 "$(aws events list-targets-by-rule --rule AWSClientVPN-EveryFiveMinutes --query 'length(Targets)' --output text)"
  is 'the permissions that stand' 2 "$(aws lambda get-policy --function-name "$function" --query Policy --output text | jq '.Statement | length')"
}

# faults::all PART/OF|COUNT|TEXT: that part of the sorted list, every OF-th case; so many, of the change first; or those that the
# expression fits; prints a table.
faults::all() {
  local chosen=$1 began=$SECONDS total steps=()
  # What AWS refuses for a time only is tried by the cases.
  ask --data '{"on": false}' --output /dev/null "$AWS/_local/delays"
  mkdir "$WORK/once"
  fresh
  inventory >"$WORK/nothing"
  if [[ -n ${VPN_TEST_STEPS:-} ]]; then
    read -ra steps <<<"$VPN_TEST_STEPS"
  else
    steps=("${FAULT_STEPS[@]}")
  fi
  faults::prepare "${steps[@]}"
  total=$(wc -l <"$WORK/cases")
  if [[ $chosen == *[!0-9]* ]]; then
    harness::choose "$chosen"
  else
    "$INFRA/../.ci/change.py" sample "$chosen" <"$WORK/calls" | cut -d' ' -f3 | sort >"$WORK/mine"
  fi
  printf 'accounts prepared in %s s\n' "$((SECONDS - began))"
  # Ten of those that are refused, spread over the part.
  if [[ $CLI == 1 ]]; then
    grep -v '/cut$' "$WORK/mine" | awk -v all="$(grep -vc '/cut$' "$WORK/mine")" 'BEGIN {n = int(all / 10) + 1} NR % n == 1 % n' >"$WORK/plain"
  fi
  if [[ $BOTH == true ]]; then awk -v all="$(wc -l <"$WORK/mine")" 'BEGIN {n = int(all / 4) + 1} NR % n == 1 % n' "$WORK/mine" >"$WORK/second"; fi
  touch "$WORK/held" "$WORK/failed" "$WORK/plain" "$WORK/plain_held" "$WORK/second" "$WORK/second_held"
  began=$SECONDS
  ((LIMIT == 0)) || LIMIT=$((began + LIMIT))
  harness::side_by_side "$WORK/mine" faults::one
  awk -F/ '{n[$1 " " $4]++} END {for (k in n) printf "  %-20s %5d ok\n", k, n[k]}' "$WORK/held" | sort
  printf '%d of them again with the plain CLI\n' "$(wc -l <"$WORK/plain_held")"
  printf '%d of them again with AWS CLI 2\n' "$(wc -l <"$WORK/second_held")"
  printf 'cases %d of %d in %d s (%s)\n' "$(wc -l <"$WORK/held")" "$total" "$((SECONDS - began))" "$chosen"
  if [[ -s $WORK/failed ]]; then
    printf '%d failed:\n%s\n' "$(wc -l <"$WORK/failed")" "$(<"$WORK/failed")" >&2
    return 1
  fi
}
