# shellcheck shell=bash
# What vpn.sh reads, orders and waits for. Source it after lib.sh.
set -Eeuo pipefail

# How the VPN stands (vpn.jq), and why it is not known who is connected, '' where it is.
VPN='{}' UNKNOWN=''
# What Lambda lets the function take at most, in seconds; the CLI would wait for a minute, and invoke it again.
readonly ANSWERS_WITHIN=200

# vpn::deployed: that the function is there, and of this installation.
vpn::deployed() {
  functions::find "$DISASSOCIATOR" || die "the function $DISASSOCIATOR is not there: nothing is deployed as $NAME in account $ACCOUNT, $REGION" 'Correct INSTALLATION or REGION, or deploy first: infra/deploy.sh.'
  is_ours "$TAGS" || die "the function $DISASSOCIATOR is not of the installation $NAME" 'infra/deploy.sh says what is wrong, and how to take it over.'
}

# vpn::look: reads how it stands.
vpn::look() {
  local connected=null routes
  endpoint::find || die "the endpoint $ENDPOINT_ID does not exist in account $ACCOUNT, region $REGION" 'Correct ENDPOINT_ID or REGION.'
  endpoint::networks
  aws::read ec2 describe-client-vpn-routes --client-vpn-endpoint-id "$ENDPOINT_ID"
  routes=$(json '.Routes // []')
  UNKNOWN=''
  if aws::call ec2 describe-client-vpn-connections --client-vpn-endpoint-id "$ENDPOINT_ID"; then
    connected=$(json "$CONNECTED_NOW")
  else
    # Whoever may switch it may do so without the right to see who uses it.
    rights::denied || aws::failed 'reading: ec2 describe-client-vpn-connections'
    UNKNOWN=$AWS_CODE
  fi
  VPN=$(jq -n -f "$INFRA/lib/vpn.jq" --argjson networks "$NETWORKS" --argjson routes "$routes" --argjson connected "$connected" \
    --arg subnets "$SUBNET_IDS" --argjson wanted "$(settings::blocks "$ROUTES")" --argjson as_given "$(settings::blocks "$(jq -r '[.[].DestinationCidr] | unique | join(",")' <<<"$routes")")")
}

# vpn::is FILTER: whether it is true of how it stands.
vpn::is() { jq -e "$1" >/dev/null <<<"$VPN"; }

# vpn::mark NAME: what a mark says, '' for none.
vpn::mark() { endpoint::tag "vpn-on-demand:$1"; }

# vpn::progress: how far it is, in one line.
vpn::progress() { jq -r '"\(.subnets.done) of \(.subnets.of) subnets associated, \(.routes.done) of \(.routes.of) routes active"' <<<"$VPN"; }

vpn::left() { jq -r '"\(.networks | length) subnet(s) still there"' <<<"$VPN"; }

# vpn::who: who is connected.
vpn::who() {
  if [[ -n $UNKNOWN ]]; then
    printf 'not known (%s: you may not see connections)' "$UNKNOWN"
  else
    jq -r 'if .connected == [] then "nobody" else [.connected[] | "\(.name) since \(.since)"] | join(", ") end' <<<"$VPN"
  fi
}

vpn::show() {
  local mark
  say "The VPN is $(jq -r .state <<<"$VPN"): $(vpn::progress)"
  for mark in keep-until closed-until; do
    [[ -z $(vpn::mark "$mark") ]] || say "  $mark: $(vpn::mark "$mark") (it is now $(date -u +%Y-%m-%dT%H:%M:%SZ))"
  done
  say "Connected: $(vpn::who)"
}

# vpn::cut_off: whom turning off cuts off, for the question.
vpn::cut_off() {
  if [[ -n $UNKNOWN ]]; then
    printf 'whoever is connected is cut off (%s: you may not see who)' "$UNKNOWN"
  else
    jq -r '.connected | if . == [] then "nobody is connected" else "\(length) connection(s) are cut off: \(map(.name) | join(", "))" end' <<<"$VPN"
  fi
}

# vpn::order WHAT ORDER QUESTION: says what would be done, asks, has the function do it, and says what it answers, with the answer's
# body in BODY. With --dry-run the script ends before it asks.
vpn::order() {
  STEP=$COMMAND
  say
  MODE=plan vpn::invoke "$1" "$2"
  if [[ $DRY_RUN == true ]]; then exit 0; fi
  confirm "$3"
  say
  say 'Changing:'
  MODE=apply vpn::invoke "$1" "$2"
  vpn::answered
}

# vpn::invoke WHAT ORDER
vpn::invoke() {
  printf '%s' "$2" >"$WORK/order.json"
  change_patiently "$FUNCTION_BUSY" "$1" '' lambda invoke --function-name "$DISASSOCIATOR" --cli-read-timeout "$ANSWERS_WITHIN" --payload "fileb://$WORK/order.json" "$WORK/answer.json"
}

# vpn::answered: what the function answers; ends the script unless it did what was ordered.
vpn::answered() {
  local answer
  answer=$(<"$WORK/answer.json")
  if [[ -n $(json '.FunctionError // ""') ]]; then
    die "$DISASSOCIATOR failed, and not all of it may be done: $(jq -r '"\(.errorType // "?"): \(.errorMessage // "?" | . as $text | try (fromjson | [.Message, (.Results, .Changes | .[]?.Error | values)] | join(" ")) catch $text)"' <<<"$answer")" \
      'infra/status.sh --history says more. Put right what it names, then run the same command again: it goes on from here.'
  fi
  BODY=$(jq '.body | fromjson' <<<"$answer")
  # 404: there was nothing to turn off.
  case $(jq .statusCode <<<"$answer") in
  200 | 404) ;;
  *) die "$(jq -r .Message <<<"$BODY")" ;;
  esac
  jq -e '[.Results, .Changes | .[]?.Error | values] == []' >/dev/null <<<"$BODY" ||
    note "AWS did not take all of it at once: $(jq -r '[.Results, .Changes | .[]?.Error | values] | join("; ")' <<<"$BODY")"
  say "$(jq -r .Message <<<"$BODY")"
}

# vpn::wait WHAT FILTER FAR CHECK: looks until the FILTER is true of it, for at most WAIT seconds, and says how far it is, as FAR has it;
# CHECK ends the script when that cannot come any more.
vpn::wait() {
  local began=$SECONDS said='' now
  while true; do
    vpn::look
    if vpn::is "$2"; then return 0; fi
    "$4"
    now=$("$3")
    [[ $now == "$said" ]] || say "      waiting for $1: $now"
    said=$now
    ((SECONDS - began < WAIT)) || die "waited $((WAIT / 60)) minutes for $1: $now" 'Nothing is lost: AWS goes on. Run infra/vpn.sh status later, or the same command again.'
    sleep "$POLL"
  done
}

# What was there before the order: what has failed since is news, and so is what somebody has turned on.
BEFORE='[]'
vpn::new() { jq -r --argjson before "$BEFORE" --arg state "$1" '[.networks[] | select(.state == $state and (.id as $id | $before | index([$id]) == null)) | .subnet] | join(", ")' <<<"$VPN"; }

vpn::on() {
  BEFORE=$(jq '[.networks[] | select(.state == "association-failed") | .id]' <<<"$VPN")
  vpn::order 'turn the VPN on' '{"on": true}' "Turn the VPN on? AWS bills each of its $(jq .subnets.of <<<"$VPN") subnet(s) by the hour."
  vpn::wait 'it to be ready' .ready vpn::progress vpn::not_failed
  say 'The VPN is ready.'
}

vpn::not_failed() {
  local failed
  failed=$(vpn::new association-failed)
  [[ -z $failed ]] || die "AWS could not associate $failed; what else was begun goes on" 'infra/status.sh --history has what AWS says. Put that right, then run the same command again.'
}

vpn::off() {
  local what='turn the VPN off for everybody' order='{"force": true}'
  BEFORE=$(jq '[.networks[].id]' <<<"$VPN")
  if [[ -n $CLOSED_FOR ]]; then
    what+=", and close it for $CLOSED_FOR"
    order=$(jq -nc --arg time "$CLOSED_FOR" '{force: true, closed_for: $time}')
  fi
  vpn::order "$what: $(vpn::cut_off)" "$order" "Turn it off? $(vpn::cut_off)."
  vpn::wait 'AWS to take the subnets away' '.networks == []' vpn::left vpn::not_on_again
  say "The VPN is off$(jq -r '.Closed.Until // "" | if . == "" then . else ", and closed until \(.)" end' <<<"$BODY")."
}

vpn::not_on_again() {
  local again
  again=$(vpn::new associating)
  [[ -z $again ]] || die "somebody has turned it on again meanwhile: $again" 'Run it again with --closed-for TIME: then nobody can.'
}

vpn::open() {
  if [[ -z $(vpn::mark closed-until) ]]; then
    say 'It is not closed: nothing to do.'
    return 0
  fi
  vpn::order 'open the VPN: people can turn it on again' '{"open": true}' 'Open it?'
}

vpn::keep() {
  vpn::order "keep the VPN on for $TIME, though nobody uses it" "$(jq -nc --arg time "$TIME" '{keep: $time}')" "Keep it on for $TIME? AWS bills each subnet by the hour."
}
