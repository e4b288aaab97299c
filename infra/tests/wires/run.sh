# shellcheck shell=bash
# Every wire that infra/endpoint and infra/egress lay: each argument of each write is taken away or changed in a copy of the account,
# `status` names it, and `ensure` mends it. (Those of deploy.sh: crates/harness/tests/wires.) A wire is called SCENE SERVICE OPERATION
# THING: ARGUMENT; the tables say how each is cut, by calls that anybody in the account could make, and where AWS has none, by what AWS
# tells.
# shellcheck disable=SC2154 # harness.sh, run.sh
set -Eeuo pipefail

# shellcheck source=tests/wires/ids.sh
source "$TESTS/wires/ids.sh"
# shellcheck source=tests/wires/everywhere.sh
source "$TESTS/wires/everywhere.sh"
# shellcheck source=tests/wires/endpoint.sh
source "$TESTS/wires/endpoint.sh"
# shellcheck source=tests/wires/egress.sh
source "$TESTS/wires/egress.sh"

# The rows of the table: for each its pattern, its kind, what status says or why nobody has to, and its cut.
ROW_PATTERNS=() ROW_KINDS=() ROW_TEXTS=() ROW_CUTS=()
row() {
  ROW_PATTERNS+=("$2") ROW_KINDS+=("$1") ROW_TEXTS+=("$3")
  ROW_CUTS+=("${*:4}")
}
# wire PATTERN TEXT CUT...: status says TEXT, and ensure mends it. again: only ensure says it, when it is to be run again. told: what AWS
# changes of none, or what is not ours any more: ensure has to be told what to do. excused PATTERN REASON: nobody notices, and nobody
# has to.
wire() { row wire "$@"; }
again() { row again "$@"; }
told() { row told "$@"; }
excused() { row excused "$@"; }

wires::table() {
  ROW_PATTERNS=() ROW_KINDS=() ROW_TEXTS=() ROW_CUTS=()
  wires::everywhere
  wires::table_endpoint
  wires::table_egress
}

# wires::scene NAME COMMAND...: what COMMAND writes, in $SHARED/wires/NAME.json; the account after it stays. wires::says_NAME STATUS
# status|ensure [OPTION...] is who looks at it, and mends it.
wires::scene() {
  local before
  SCENE=$1
  before=$(wc -l <"$ARGUMENTS.calls")
  "${@:2}"
  wires::ids >"$WORK/wires/$SCENE.ids"
  tail -n "+$((before + 1))" "$ARGUMENTS.calls" | jq -cs --arg scene "$SCENE" --argjson ids "$(<"$WORK/wires/$SCENE.ids")" -f "$TESTS/wires/listed.jq" >"$WORK/wires/$SCENE.json"
  harness::keep "wires/$SCENE"
}

# wires::new_in SCENE OTHER: of the one only what the other has not.
wires::new_in() {
  jq -c --slurpfile known "$WORK/wires/$2.json" '(.name | sub("^[a-z]+ "; "")) as $name | .value as $value
    | select(any($known[]; .value == $value and (.name | sub("^[a-z]+ "; "")) == $name) | not)' "$WORK/wires/$1.json" >"$WORK/wires/new"
  mv "$WORK/wires/new" "$WORK/wires/$1.json"
}

# wires::prepare: the accounts, and the name of every wire that is to be cut in $WORK/cases.
wires::prepare() {
  mkdir -p "$WORK/wires" "$WORK/once"
  wires::prepare_endpoint
  wires::prepare_egress
  cat "$WORK"/wires/*.json | jq -cs 'group_by(.name) | map(.[0])[]' >"$WORK/wires/all"
  wires::sort
}

# wires::sort: each wire is in exactly one row, and each row has one.
wires::sort() {
  local name index found used=() status=0 excused=0
  wires::table
  while IFS= read -r name; do
    found=()
    # shellcheck disable=SC2053 # a pattern
    for index in "${!ROW_PATTERNS[@]}"; do [[ $name != ${ROW_PATTERNS[index]} ]] || found+=("$index"); done
    if ((${#found[@]} != 1)); then
      printf 'in %d rows of infra/tests/wires/*_table.sh: %s\n' "${#found[@]}" "$name" >&2
      status=1
      continue
    fi
    index=${found[0]} used[index]=yes
    if [[ ${ROW_KINDS[index]} == excused ]]; then excused=$((excused + 1)); else printf '%s\t%s\n' "$name" "$index" >>"$WORK/wires/rows"; fi
  done < <(jq -r .name "$WORK/wires/all")
  for index in "${!ROW_PATTERNS[@]}"; do
    [[ -n ${used[index]-} ]] || {
      printf 'no wire is %s\n' "${ROW_PATTERNS[index]}" >&2
      status=1
    }
  done
  cut -f1 "$WORK/wires/rows" | sort >"$WORK/cases"
  printf '%d wires of endpoint and egress, %d of them excused\n' "$(wc -l <"$WORK/wires/all")" "$excused"
  return "$status"
}

# wires::one NAME: in a process of its own.
wires::one() {
  local began=$SECONDS
  wires::cut "$1" &
  if wait "$!"; then
    printf '%s\n' "$1" >>"$SHARED/held"
  else
    printf '%s\n' "$1" >>"$SHARED/failed"
    printf 'FAILED  %s (%d s)\n' "$1" "$((SECONDS - began))"
  fi
}

# Set by wires::cut for what cuts: what the script had sent, the path of the argument in it, and the thing's name.
INPUT='' LEAF='' ABOUT='' WIRE=''

wires::cut() {
  local index cut VPC='' PROXY_ARN='' SUBNETS=''
  SCENE=${1%% *}
  index=$(awk -F '\t' -v name="$1" '$1 == name {print $2}' "$SHARED/wires/rows")
  WIRE=$(jq -c --arg name "$1" 'select(.name == $name)' "$SHARED/wires/all")
  INPUT=$(jq .given <<<"$WIRE") LEAF=$(jq -c .path <<<"$WIRE") ABOUT=$(jq -r .about <<<"$WIRE")
  harness::begin "wires/$SCENE"
  if declare -F "wires::begin_$SCENE" >/dev/null; then "wires::begin_$SCENE"; fi
  wires::table
  # What is cut has to be there: a cut that AWS refuses fails here.
  read -ra cut <<<"${ROW_CUTS[index]}"
  "${cut[@]}" >/dev/null
  step 120
  if [[ ${ROW_KINDS[index]} == again ]]; then
    "wires::says_$SCENE" 0 ensure --dry-run
  else
    "wires::says_$SCENE" 3 status
  fi
  has "${ROW_TEXTS[index]}"
  [[ ${ROW_KINDS[index]} != told ]] || return 0
  "wires::says_$SCENE" 0 ensure --yes
  "wires::says_$SCENE" 0 status
}

# wires::all PART/OF|COUNT|TEXT: that part of the sorted list, or so many, of the change first, or those that the expression TEXT fits.
wires::all() {
  local began=$SECONDS
  ask --data '{"on": false}' --output /dev/null "$AWS/_local/delays"
  wires::prepare
  if [[ $1 == list ]]; then
    jq -r '"\(.name) = \(.value | tostring | .[:80])"' "$WORK/wires/all"
    return 0
  fi
  if [[ $1 == *[!0-9]* ]]; then
    harness::choose "$1"
  else
    sed 's/^[a-z]* //' "$WORK/cases" | "$INFRA/../.ci/change.py" sample "$1" >"$WORK/drawn"
    awk 'NR == FNR {drawn[$0]; next} {name = $0; sub(/^[a-z]* /, "", name)} name in drawn' "$WORK/drawn" "$WORK/cases" >"$WORK/mine"
  fi
  printf 'accounts prepared in %s s\n' "$((SECONDS - began))"
  touch "$WORK/held" "$WORK/failed"
  harness::side_by_side "$WORK/mine" wires::one
  printf 'wires of endpoint and egress: %d of %d cut and noticed in %d s (%s)\n' "$(wc -l <"$WORK/held")" "$(wc -l <"$WORK/cases")" "$((SECONDS - began))" "$1"
  if [[ -s $WORK/failed ]]; then
    printf 'not noticed, or not mended:\n%s\n' "$(<"$WORK/failed")" >&2
    return 1
  fi
}
