# shellcheck shell=bash
# Authorization rules: who may reach which network. Without one nobody reaches anything. Source it through endpoint.sh.
set -Eeuo pipefail

# Rules of the endpoint that somebody made otherwise, and that the settings do not name, one a line.
FOREIGN_RULES=()

# Rules have no tags: what is ours says so in its description.
ingress::description() { printf 'vpn-on-demand: %s' "$NAME"; }

# ingress::wanted: [{cidr, group}]: of the settings, or the VPC's blocks for everybody.
ingress::wanted() { jq -c --argjson vpc "$VPC_BLOCKS" 'if . == [] then [$vpc[] | {cidr: ., group: null}] else . end' <<<"$AUTHORIZED"; }

# ingress::read: those of the endpoint in RULES: [{cidr, group, ours, state, why}].
ingress::read() {
  RULES='[]'
  aws::find 'InvalidClientVpnEndpointId.NotFound' ec2 describe-client-vpn-authorization-rules --client-vpn-endpoint-id "$ENDPOINT_ID" || return 0
  RULES=$(json '[.AuthorizationRules[] | {cidr: .DestinationCidr, group: (if .AccessAll or (.GroupId // "") == "" then null else .GroupId end),
    ours: (.Description == $ours), state: .Status.Code, why: (.Status.Message // "")}]' --arg ours "$(ingress::description)")
}

ensure_ingress() {
  local wanted one state
  FOREIGN_RULES=()
  wanted=$(ingress::wanted)
  ingress::read
  while IFS= read -r one; do
    state=$(jq -r --argjson one "$one" '[.[] | select(.cidr == $one.cidr and .group == $one.group) | .state][0] // ""' <<<"$RULES")
    case $state in
    active | authorizing) continue ;;
    failed) ingress::revoke "$one" 'that failed' ;;
    revoking) ingress::settled ;;
    *) ;;
    esac
    ingress::authorize "$one"
  done < <(jq -c '.[]' <<<"$wanted")
  # What is not wanted any more goes last, so that nobody is shut out between the two.
  while IFS= read -r one; do
    if [[ $(jq .ours <<<"$one") == true ]]; then
      ingress::revoke "$one" 'that the settings do not name any more'
    else
      FOREIGN_RULES+=("$(ingress::words "$one")")
      [[ $QUIET == true || $MODE == apply ]] || say "  [$STEP] left alone, not ours: the rule $(ingress::words "$one")"
    fi
  done < <(jq -c --argjson wanted "$wanted" '.[] | select(.state != "revoking") | select({cidr, group} as $r | $wanted | index([$r]) == null)' <<<"$RULES")
  ingress::settled
  ingress::failed
}

# ingress::words RULE: how it stands in the settings.
ingress::words() { jq -r '.cidr + if .group then "=\(.group)" else " for everybody" end' <<<"$1"; }

ingress::authorize() {
  change_patiently "$RULES_UNDER_WAY" "authorize $(ingress::words "$1")" "$(jq --arg id "$ENDPOINT_ID" --arg ours "$(ingress::description)" --arg token "$(openssl rand -hex 16)" \
    '{ClientVpnEndpointId: $id, TargetNetworkCidr: .cidr, Description: $ours, ClientToken: $token} + if .group then {AccessGroupId: .group} else {AuthorizeAllGroups: true} end' <<<"$1")" \
    ec2 authorize-client-vpn-ingress
}

# ingress::revoke RULE WHY
ingress::revoke() {
  change_patiently "$RULES_UNDER_WAY" "revoke the rule $2: $(ingress::words "$1")" "$(jq --arg id "$ENDPOINT_ID" \
    '{ClientVpnEndpointId: $id, TargetNetworkCidr: .cidr} + if .group then {AccessGroupId: .group} else {RevokeAllGroups: true} end' <<<"$1")" ec2 revoke-client-vpn-ingress
  if [[ $2 == 'that failed' ]]; then ingress::settled; fi
}

# ingress::settled: AWS takes half a minute and more for each, and refuses the same rule meanwhile.
ingress::settled() {
  [[ $ENDPOINT_ID != "$NOT_YET" ]] || return 0
  wait_for 'the authorization rules to be in force' 'all(.AuthorizationRules[]; .Status.Code | IN("authorizing", "revoking") | not)' \
    ec2 describe-client-vpn-authorization-rules --client-vpn-endpoint-id "$ENDPOINT_ID"
}

# A rule that failed lets nobody in.
ingress::failed() {
  local failed
  [[ $MODE == apply ]] || return 0
  ingress::read
  failed=$(jq -r '[.[] | select(.state == "failed" and .ours) | "\(.cidr): \(.why)"] | join("; ")' <<<"$RULES")
  [[ -z $failed ]] || die "AWS could not put these authorization rules in force: $failed" 'Put right what AWS names, then run the same command again.'
}

# ingress::uncovered LIST: which of these blocks, a JSON list, are in no rule for everybody that is in force or about to be. One a line.
ingress::uncovered() {
  jq -r --argjson rules "$RULES" "$SPANS"'.[] | . as $block | select(any($rules[]; .group == null and (.state | IN("active", "authorizing")) and (.cidr | test("^[0-9.]+/")) and (.cidr as $c | $block | within($c))) | not)' <<<"$1"
}
