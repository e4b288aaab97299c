# shellcheck shell=bash
# The functions themselves: package, configuration, permissions. Source it through lib.sh.
set -Eeuo pipefail

# functions::find NAME: configuration in FUNCTION_NOW, tags in TAGS.
functions::find() {
  aws::find 'ResourceNotFoundException' lambda get-function --function-name "$1" || return 1
  FUNCTION_NOW=$(json .Configuration)
  TAGS=$(json '.Tags // {}')
}

# functions::ensure NAME ROLE PACKAGE SECONDS MEGABYTES VARIABLES
functions::ensure() {
  local name=$1 wanted current digest zip=$PACKAGES/$3.zip
  wanted=$(jq -n --arg name "$name" --arg role "arn:$PARTITION:iam::$ACCOUNT:role/$2" --argjson time "$4" --argjson memory "$5" --argjson vars "$6" '{
    FunctionName: $name, Role: $role, Runtime: "provided.al2023", Handler: "bootstrap", Timeout: $time, MemorySize: $memory,
    Environment: {Variables: $vars}, LoggingConfig: {LogFormat: "JSON", LogGroup: "/aws/lambda/\($name)"}}')
  if ! functions::find "$name"; then
    [[ -n $PACKAGES ]] || functions::no_package "$name"
    change_patiently 'cannot be assumed' "create the function $name" "$(jq --argjson tags "$(own_tags_map)" --arg arch "$ARCHITECTURE" \
      '. + {PackageType: "Zip", Architectures: [$arch], Tags: $tags}' <<<"$wanted")" lambda create-function --zip-file "fileb://$zip"
    functions::wait "$name"
    return 0
  fi
  owned "function/$name" "$TAGS" || return 0
  [[ $TAKE_OVER == false ]] || change "take over the function $name" \
    "$(jq -n --arg arn "$(function_arn "$name")" --argjson tags "$(adopted_tags_map)" '{Resource: $arn, Tags: $tags}')" lambda tag-resource
  current=$(jq '{FunctionName, Role, Runtime, Handler, Timeout, MemorySize, Environment: {Variables: (.Environment.Variables // {})},
    LoggingConfig: (.LoggingConfig // {} | {LogFormat, LogGroup})}' <<<"$FUNCTION_NOW")
  # The code first: new variables may mean nothing to old code, but code without its variables fails.
  [[ -z $PACKAGES ]] || digest=$(openssl dgst -sha256 -binary "$zip" | openssl base64 -A)
  if ! same "configuration of $name" "$wanted" "$current"; then
    change_patiently 'cannot be assumed' "configure $name" "$wanted" lambda update-function-configuration
    functions::wait "$name"
  fi
  if [[ -n $PACKAGES && ($digest != $(jq -r .CodeSha256 <<<"$FUNCTION_NOW") || $ARCHITECTURE != $(jq -r '.Architectures[0]' <<<"$FUNCTION_NOW")) ]]; then
    change "replace the code of $name" "$(jq -n --arg name "$name" --arg arch "$ARCHITECTURE" '{FunctionName: $name, Architectures: [$arch]}')" \
      lambda update-function-code --zip-file "fileb://$zip"
    functions::wait "$name"
  fi
}

# Without packages a function can be looked at but not made.
functions::no_package() {
  if [[ $QUIET == false ]]; then problem "$1 does not exist, and there is no package for it" 'Name the directory of the three zip files: --packages DIR.'; fi
}

functions::wait() {
  wait_for "the function $1" '.Configuration | (.State // "Active") == "Active" and (.LastUpdateStatus // "Successful") == "Successful"' \
    lambda get-function --function-name "$1"
}

# functions::policy NAME: its statements as an object by id, {} when it has none.
functions::policy() {
  STATEMENTS='{}'
  aws::find 'ResourceNotFoundException' lambda get-policy --function-name "$1" || return 0
  STATEMENTS=$(json '.Policy | fromjson | .Statement | if type == "array" then . else [.] end | map({key: .Sid, value: .}) | from_entries')
}

# functions::ensure_permissions NAME [ID SERVICE SOURCE]...: these may invoke it, and nobody else.
functions::ensure_permissions() {
  local name=$1 id wanted current keep=()
  shift
  functions::policy "$name"
  while (($# > 0)); do
    id=$1
    keep+=("$id")
    wanted=$(jq -n --arg sid "$id" --arg service "$2" --arg source "$3" --arg account "$ACCOUNT" --arg arn "$(function_arn "$name")" '{
      Sid: $sid, Effect: "Allow", Principal: {Service: $service}, Action: "lambda:InvokeFunction", Resource: $arn,
      Condition: {StringEquals: {"AWS:SourceAccount": $account}, ArnLike: {"AWS:SourceArn": $source}}}')
    current=$(jq --arg id "$id" '.[$id] // null' <<<"$STATEMENTS")
    if ! same "permission $id of $name" "$wanted" "$current"; then
      [[ $current == null ]] || functions::remove_permission "$name" "$id"
      change "let $2 invoke $name ($id)" "$(jq -n --arg name "$name" --arg id "$id" --arg service "$2" --arg source "$3" --arg account "$ACCOUNT" '{
        FunctionName: $name, StatementId: $id, Action: "lambda:InvokeFunction", Principal: $service, SourceArn: $source, SourceAccount: $account}')" \
        lambda add-permission
    fi
    shift 3
  done
  for id in $(jq -r 'keys - $ARGS.positional | .[]' --args "${keep[@]}" <<<"$STATEMENTS"); do
    functions::remove_permission "$name" "$id"
  done
}

functions::remove_permission() {
  change "take the permission $2 from $1" "$(jq -n --arg name "$1" --arg id "$2" '{FunctionName: $name, StatementId: $id}')" lambda remove-permission
}

# functions::vpn_variables: what both functions that change the endpoint are told.
functions::vpn_variables() {
  jq -n --arg endpoint "$ENDPOINT_ID" --arg subnets "$SUBNET_IDS" --arg routes "$ROUTES" --arg idle "$IDLE_TIME" --arg keep "$KEEP_LIMIT" '
    {VPN_ENDPOINT_ID: $endpoint, VPN_SUBNET_IDS: $subnets, VPN_IDLE_TIME: $idle, VPN_KEEP_LIMIT: $keep}
    + if $routes == "" then {} else {VPN_ROUTES: $routes} end'
}

functions::ensure_removed() {
  if functions::find "$1" && removable "function/$1" "$TAGS"; then
    change "delete the function $1" "$(jq -n --arg name "$1" '{FunctionName: $name}')" lambda delete-function
  fi
}

ensure_disassociator() {
  local variables wanted current=null
  roles::ensure "$ROLE_DISASSOCIATOR" "$DISASSOCIATOR" iam/disassociator.json
  variables=$(functions::vpn_variables | jq --arg alarm "$ALARM" '. + {VPN_ALARM_NAME: $alarm}')
  functions::ensure "$DISASSOCIATOR" "$ROLE_DISASSOCIATOR" disassociator 60 128 "$variables"
  wanted=$(jq -n --arg topic "$(arn sns "$TOPIC_FAILURES")" '{MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 21600, DestinationConfig: {OnFailure: {Destination: $topic}}}')
  if aws::find 'ResourceNotFoundException' lambda get-function-event-invoke-config --function-name "$DISASSOCIATOR"; then
    current=$(json '{MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig: {OnFailure: (.DestinationConfig.OnFailure // {})}}')
  fi
  same "retries of $DISASSOCIATOR" "$wanted" "$current" || change_patiently 'permissions' "retry a failed turning off twice, then tell $TOPIC_FAILURES" \
    "$(jq --arg name "$DISASSOCIATOR" '. + {FunctionName: $name}' <<<"$wanted")" lambda put-function-event-invoke-config
  functions::ensure_permissions "$DISASSOCIATOR" \
    AWS-CW_Invoke-alarm lambda.alarms.cloudwatch.amazonaws.com "$(arn cloudwatch "alarm:$ALARM")" \
    AllowSchedule events.amazonaws.com "$(arn events "rule/$SCHEDULE")"
}

ensure_removed_disassociator() {
  functions::ensure_removed "$DISASSOCIATOR"
  roles::ensure_removed "$ROLE_DISASSOCIATOR" "$DISASSOCIATOR"
}

# The last function: it can turn on as soon as the load balancer's rules reach it.
ensure_associator() {
  local variables
  sign_in::need
  balancer::need
  variables=$(functions::vpn_variables | jq --arg host "$HOST" --arg balancer "$BALANCER_ARN" \
    --arg keys "https://public-keys.auth.elb.$REGION.amazonaws.com" --arg issuer "https://cognito-idp.$REGION.amazonaws.com/$POOL_ID" \
    --arg client "$CLIENT_ID" --arg out "https://$DOMAIN_HOST/logout" '. + {
      VPN_HOST: $host, VPN_LOAD_BALANCER_ARN: $balancer, VPN_KEY_SERVER: $keys, VPN_OIDC_ISSUER: $issuer,
      VPN_OIDC_CLIENT_ID: $client, VPN_SIGN_OUT_URL: $out}')
  roles::ensure "$ROLE_ASSOCIATOR" "$ASSOCIATOR" iam/associator.json
  functions::ensure "$ASSOCIATOR" "$ROLE_ASSOCIATOR" associator 20 128 "$variables"
  functions::ensure_permissions "$ASSOCIATOR" AllowLoadBalancer elasticloadbalancing.amazonaws.com "$GROUP_ARN"
  balancer::ensure_target
}

ensure_removed_associator() {
  functions::ensure_removed "$ASSOCIATOR"
  roles::ensure_removed "$ROLE_ASSOCIATOR" "$ASSOCIATOR"
}
