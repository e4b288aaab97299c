# shellcheck shell=bash
# Things of our names that were there before us (--adopt): what they were is kept for destroy.sh, as the very calls that
# put it back, in a parameter of Systems Manager. Source it through lib.sh.
set -Eeuo pipefail

# adopt::name THING: its parameter.
adopt::name() { printf '/vpn-on-demand/%s/%s' "$NAME" "$(tr -s '/' <<<"$1" | tr -c 'A-Za-z0-9_./\n-' '-')"; }

# adopt::keep THING CALLS: CALLS is a list of [service, operation, input]. What was kept first stays: a run that was
# broken off has changed things since.
adopt::keep() {
  local name
  name=$(adopt::name "$1")
  if aws::find 'ParameterNotFound' ssm get-parameter --name "$name"; then return 0; fi
  change "keep what $1 was, for destroy" "$(jq -n --arg name "$name" --argjson calls "$2" --argjson tags "$(own_tags)" \
    '{Name: $name, Type: "String", Tier: "Intelligent-Tiering", Value: ($calls | tojson), Tags: $tags}')" ssm put-parameter
}

# adopt::put_back THING: makes the calls; run again they do no harm.
adopt::put_back() {
  local call calls
  if ! aws::find 'ParameterNotFound' ssm get-parameter --name "$(adopt::name "$1")"; then
    say "  [$STEP] left as it is, what it was is not known any more: $1"
    return 0
  fi
  calls=$(json '.Parameter.Value | fromjson | .[] | select(.[0] != "version") | tojson')
  while IFS= read -r call; do
    change_with "put back $1: $(jq -r '.[1]' <<<"$call")" patiently "$FUNCTION_BUSY" adopt::call "$(jq -c '.[2]' <<<"$call")" "$(jq -r '.[0]' <<<"$call")" "$(jq -r '.[1]' <<<"$call")"
    [[ $1 != function/* ]] || functions::wait "${1#function/}"
  done <<<"$calls"
}

# What is to be deleted may be gone from a run that was broken off.
adopt::call() {
  if change::send "$@"; then return 0; fi
  [[ $3 == delete-* && $AWS_CODE =~ ^(NoSuchEntity|ResourceNotFoundException)$ ]]
}

# adopt::forget: everything that was kept; the last of all.
adopt::forget() {
  local name
  aws::read ssm get-parameters-by-path --path "/vpn-on-demand/$NAME" --recursive
  for name in $(json '.Parameters[].Name'); do
    change "forget $name" "$(jq -n --arg name "$name" '{Name: $name}')" ssm delete-parameter
  done
}
