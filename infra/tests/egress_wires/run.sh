# shellcheck shell=bash
# Every wire of the egress cut: each argument of what provider.sh and consumer.sh wrote is taken away or changed in a copy of the
# account, `status` names it, and `ensure` mends it. table.sh says how each is cut.
# shellcheck disable=SC2154 # harness.sh, run.sh
set -Eeuo pipefail

# shellcheck source=tests/egress_wires/ids.sh
source "$TESTS/egress_wires/ids.sh"
# shellcheck source=tests/egress_wires/cuts.sh
source "$TESTS/egress_wires/cuts.sh"
# shellcheck source=tests/egress_wires/table.sh
source "$TESTS/egress_wires/table.sh"

# The rows of the table: for each its pattern, its kind, what status says or why nobody has to, and its cut.
ROW_PATTERNS=() ROW_KINDS=() ROW_TEXTS=() ROW_CUTS=()
row() {
  ROW_PATTERNS+=("$2") ROW_KINDS+=("$1") ROW_TEXTS+=("$3")
  ROW_CUTS+=("${*:4}")
}
# wire PATTERN TEXT CUT...: status says TEXT, and ensure mends it. told: what AWS changes of none, or what is not ours any more: ensure
# has to be told what to do. excused PATTERN REASON: nobody notices, and nobody has to.
wire() { row wire "$@"; }
told() { row told "$@"; }
excused() { row excused "$@"; }

# wires::scene NAME COMMAND...: what COMMAND writes, in $SHARED/wires/NAME.json; the account after it stays.
wires::scene() {
  local before
  SCENE=$1
  before=$(wc -l <"$ARGUMENTS.calls")
  "${@:2}"
  wires::ids >"$WORK/wires/$SCENE.ids"
  tail -n "+$((before + 1))" "$ARGUMENTS.calls" | jq -cs --arg scene "$SCENE" --argjson ids "$(<"$WORK/wires/$SCENE.ids")" -f "$TESTS/egress_wires/listed.jq" >"$WORK/wires/$SCENE.json"
  copy_of "$AWS_ENDPOINT_URL" >"$WORK/wires/$SCENE.url"
  [[ ! -f $WORK/egress.env ]] || cp "$WORK/egress.env" "$WORK/wires/$SCENE.env"
}

wires::provider() {
  provider 0 ensure --yes
  provider 0 share 210987654321 --yes
}
wires::consumer() { ensure_consumer 0 --yes; }

# wires::prepare: the three accounts, and the name of every wire that is to be cut in $WORK/cases.
wires::prepare() {
  # shellcheck disable=SC2034 # shared_proxy sets GROUP
  local VPC SUBNETS GROUP PROXY_ARN
  mkdir -p "$WORK/wires" "$WORK/once"
  fresh_egress
  wires::scene provider wires::provider
  fresh_egress
  want PROXY_BALANCER nlb
  want NAT_GATEWAYS each
  wires::scene nlb provider 0 ensure --yes
  # Of these only what the other ones have not.
  jq -c --slurpfile known "$WORK/wires/provider.json" '(.name | sub("^[a-z]+ "; "")) as $name | .value as $value
    | select(any($known[]; .value == $value and (.name | sub("^[a-z]+ "; "")) == $name) | not)' "$WORK/wires/nlb.json" >"$WORK/wires/nlb.new"
  mv "$WORK/wires/nlb.new" "$WORK/wires/nlb.json"
  rm "$WORK/egress.env"
  shared_proxy
  printf '%s %s %s\n' "$VPC" "$PROXY_ARN" "$SUBNETS" >"$WORK/wires/consumer.place"
  wires::scene consumer wires::consumer
  cat "$WORK"/wires/{provider,nlb,consumer}.json | jq -cs 'group_by(.name) | map(.[0])[]' >"$WORK/wires/all.json"
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
      printf 'in %d rows of infra/tests/egress_wires/table.sh: %s\n' "${#found[@]}" "$name" >&2
      status=1
      continue
    fi
    index=${found[0]} used[index]=yes
    if [[ ${ROW_KINDS[index]} == excused ]]; then excused=$((excused + 1)); else printf '%s\t%s\n' "$name" "$index" >>"$WORK/wires/rows"; fi
  done < <(jq -r .name "$WORK/wires/all.json")
  for index in "${!ROW_PATTERNS[@]}"; do
    [[ -n ${used[index]-} ]] || {
      printf 'no wire is %s\n' "${ROW_PATTERNS[index]}" >&2
      status=1
    }
  done
  cut -f1 "$WORK/wires/rows" | sort >"$WORK/cases"
  printf '%d wires of the egress, %d of them excused\n' "$(wc -l <"$WORK/wires/all.json")" "$excused"
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

wires::says() {
  if [[ $SCENE != consumer ]]; then
    provider "$1" "${@:2}"
  elif [[ $2 == ensure ]]; then
    ensure_consumer "$1" "${@:3}"
  else
    consumes "$1" "$2" --vpc "$VPC"
  fi
}

# Set by wires::cut for what cuts.
INPUT='' LEAF='' ABOUT='' WIRE=''

wires::cut() {
  local index cut VPC='' PROXY_ARN='' SUBNETS=''
  SCENE=${1%% *}
  index=$(awk -F '\t' -v name="$1" '$1 == name {print $2}' "$SHARED/wires/rows")
  WIRE=$(jq -c --arg name "$1" 'select(.name == $name)' "$SHARED/wires/all.json")
  INPUT=$(jq .given <<<"$WIRE") LEAF=$(jq -c .path <<<"$WIRE") ABOUT=$(jq -r .about <<<"$WIRE")
  copy "$(<"$SHARED/wires/$SCENE.url")"
  if [[ $SCENE == consumer ]]; then read -r VPC PROXY_ARN SUBNETS <"$SHARED/wires/consumer.place"; else cp "$SHARED/wires/$SCENE.env" "$WORK/egress.env"; fi
  wires::table
  # What is cut has to be there: a cut that AWS refuses fails here.
  read -ra cut <<<"${ROW_CUTS[index]}"
  "${cut[@]}" >/dev/null
  step 120
  wires::says 3 status
  has "${ROW_TEXTS[index]}"
  [[ ${ROW_KINDS[index]} == wire ]] || return 0
  wires::says 0 ensure --yes
  wires::says 0 status
}

# wires::all PART/OF|COUNT|TEXT: that part of the sorted list, or so many, of the change first, or those that the expression TEXT fits.
wires::all() {
  local began=$SECONDS
  ask --data '{"on": false}' --output /dev/null "$AWS/_local/delays"
  wires::prepare
  if [[ $1 == list ]]; then
    jq -r '"\(.name) = \(.value | tostring | .[:80])"' "$WORK/wires/all.json"
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
  printf 'wires of the egress: %d of %d cut and noticed in %d s (%s)\n' "$(wc -l <"$WORK/held")" "$(wc -l <"$WORK/cases")" "$((SECONDS - began))" "$1"
  if [[ -s $WORK/failed ]]; then
    printf 'not noticed, or not mended:\n%s\n' "$(<"$WORK/failed")" >&2
    return 1
  fi
}
