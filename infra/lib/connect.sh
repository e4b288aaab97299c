# shellcheck shell=bash
# The connect handler, and the endpoint's connect options. Source it through lib.sh.
set -Eeuo pipefail

ensure_connect() {
  local mode=shadow target current variables
  endpoint::find || die "the endpoint $ENDPOINT_ID is gone"
  current=$(jq -r '.ClientConnectOptions | if .Enabled then .LambdaFunctionArn else "off" end' <<<"$ENDPOINT")
  if [[ $CONNECT_HANDLER == off ]]; then
    ensure_removed_connect
    return 0
  fi
  target=$(function_arn "$CONNECTOR"):$ALIAS
  if [[ $current != off && $current != "$target" && $current != "$(function_arn "$CONNECTOR")"* && " ${ADOPT[*]-} " != *' connect-handler '* && -z $(endpoint::tag "$TAG_PREVIOUS") ]]; then
    problem "the endpoint asks another connect handler already: $current" 'Set CONNECT_HANDLER=off, or put ours in its place (destroy puts it back): --adopt connect-handler'
    return 0
  fi
  [[ $CONNECT_HANDLER != on ]] || mode=enforce
  roles::ensure "$ROLE_CONNECTOR" "$CONNECTOR" iam/connect-handler.json
  variables=$(jq -n --arg mode "$mode" '{VPN_CONNECT_MODE: $mode}')
  # Nobody reads it there but status.sh and people.sh: whether what is deployed has this file.
  [[ -z $CONNECT_ENTITIES ]] || variables=$(jq --arg digest "$(sha256 "$CONNECT_ENTITIES")" '.VPN_ENTITIES = $digest' <<<"$variables")
  functions::ensure "$CONNECTOR" "$ROLE_CONNECTOR" connect-handler "$variables"
  # Client VPN comes with its own role: no policy of the function is needed.
  functions::ensure_permissions "$CONNECTOR"
  connect::ensure_provisioned
  if [[ $current == "$target" ]]; then return 0; fi
  # What was there is written down before it is replaced.
  [[ -n $(endpoint::tag "$TAG_PREVIOUS") ]] || endpoint::set_tag "$TAG_PREVIOUS" "$current" "keep the endpoint's connect options ($current) for destroy"
  connect::set "$target" "let the endpoint ask $CONNECTOR ($CONNECT_HANDLER) about every connection"
}

# connect::set ARN-OR-off WHAT
connect::set() {
  local options='{"Enabled": false}'
  [[ $1 == off ]] || options=$(jq -n --arg arn "$1" '{Enabled: true, LambdaFunctionArn: $arn}')
  change "$2" "$(jq -n --arg id "$ENDPOINT_ID" --argjson options "$options" '{ClientVpnEndpointId: $id, ClientConnectOptions: $options}')" \
    ec2 modify-client-vpn-endpoint
  wait_for 'the connect options to be applied' '.ClientVpnEndpoints[0].ClientConnectOptions.Status.Code // "applied" | . == "applied"' \
    ec2 describe-client-vpn-endpoints --client-vpn-endpoint-ids "$ENDPOINT_ID"
}

connect::ensure_provisioned() {
  local now=0
  if aws::find 'ProvisionedConcurrencyConfigNotFoundException|ResourceNotFoundException' lambda get-provisioned-concurrency-config \
    --function-name "$CONNECTOR" --qualifier "$ALIAS"; then
    now=$(json .RequestedProvisionedConcurrentExecutions)
  fi
  if [[ $now != "$CONNECT_PROVISIONED" && $CONNECT_PROVISIONED == 0 ]]; then
    change "keep no $CONNECTOR ready any more" "$(jq -n --arg name "$CONNECTOR" --arg q "$ALIAS" '{FunctionName: $name, Qualifier: $q}')" lambda delete-provisioned-concurrency-config
  elif [[ $now != "$CONNECT_PROVISIONED" ]]; then
    change "keep $CONNECT_PROVISIONED of $CONNECTOR ready (about \$2 a month each at 256 MB)" \
      "$(jq -n --arg name "$CONNECTOR" --arg q "$ALIAS" --argjson n "$CONNECT_PROVISIONED" '{FunctionName: $name, Qualifier: $q, ProvisionedConcurrentExecutions: $n}')" \
      lambda put-provisioned-concurrency-config
  fi
  [[ $CONNECT_PROVISIONED != 0 ]] || return 0
  wait_for 'provisioned concurrency' '.Status != "IN_PROGRESS"' lambda get-provisioned-concurrency-config --function-name "$CONNECTOR" --qualifier "$ALIAS"
  [[ $MODE == plan || $(json .Status) == READY ]] ||
    die "AWS keeps no $CONNECTOR ready: $(json '.StatusReason // .Status')" 'Put right what it names, or set CONNECT_PROVISIONED=0, then run the same command again.'
}

# Puts back what the endpoint had; its other fields stay as they are.
ensure_removed_connect() {
  local current previous
  if endpoint::find; then
    previous=$(endpoint::tag "$TAG_PREVIOUS")
    current=$(jq -r '.ClientConnectOptions | if .Enabled then .LambdaFunctionArn else "off" end' <<<"$ENDPOINT")
    if [[ $current == "$(function_arn "$CONNECTOR")"* ]]; then
      connect::set "${previous:-off}" "put back the endpoint's connect options (${previous:-off})"
    fi
    [[ -z $previous ]] || endpoint::remove_tags 'forget the kept connect options' "$TAG_PREVIOUS"
  fi
  functions::ensure_removed "$CONNECTOR"
  roles::ensure_removed "$ROLE_CONNECTOR" "$CONNECTOR"
}
