# shellcheck shell=bash
# The functions themselves: package, configuration, permissions. Source it through lib.sh.
set -Eeuo pipefail

# The alias that stands on what was deployed; the endpoint asks the connect handler by it.
readonly ALIAS=live

# functions::find NAME: configuration in FUNCTION_NOW, tags in TAGS.
functions::find() {
  aws::find 'ResourceNotFoundException' lambda get-function --function-name "$1" || return 1
  FUNCTION_NOW=$(json .Configuration)
  TAGS=$(json '.Tags // empty')
  if [[ -n $TAGS ]]; then return 0; fi
  # AWS tells tags only to whoever has lambda:ListTags, and answers without them all the same: asked for alone, they are
  # told or refused.
  aws::read lambda list-tags --resource "$(function_arn "$1")"
  TAGS=$(json '.Tags // {}')
}

# functions::limit BINARY memory|timeout: what package.metadata.lambda.deploy says, in megabytes or seconds.
functions::limit() {
  local value
  value=$(sed -n "/^\[package\.metadata\.lambda\.deploy\]/,/^\[dep/ s/^$2 = \([0-9]*\)\$/\1/p" "$ROOT/crates/$1/Cargo.toml")
  [[ -n $value ]] || die "crates/$1/Cargo.toml has no $2 in package.metadata.lambda.deploy"
  printf '%s' "$value"
}

# functions::ensure NAME ROLE BINARY VARIABLES: code, configuration, and the alias on a version of exactly these.
functions::ensure() {
  local name=$1 role binary=$3 wanted current before=$CHANGES
  # Whether the alias has to move whatever it stands on.
  MOVE_ALIAS=true
  role=arn:$PARTITION:iam::$ACCOUNT:role/$2
  wanted=$(jq -n --arg name "$name" --arg role "$role" --argjson time "$(functions::limit "$binary" timeout)" \
    --argjson memory "$(functions::limit "$binary" memory)" --argjson vars "$4" '{
    FunctionName: $name, Role: $role, Runtime: "provided.al2023", Handler: "bootstrap", Timeout: $time, MemorySize: $memory,
    Environment: {Variables: $vars}, LoggingConfig: {LogFormat: "JSON", LogGroup: "/aws/lambda/\($name)"}}')
  if ! functions::find "$name"; then
    functions::create "$name" "$role" "$binary" "$wanted"
    functions::ensure_alias "$name"
    return 0
  fi
  owned "function/$name" "$TAGS" || return 0
  [[ $TAKE_OVER == false ]] || functions::adopt "$name"
  current=$(jq '{FunctionName, Role, Runtime, Handler, Timeout, MemorySize, Environment: {Variables: (.Environment.Variables // {})},
    LoggingConfig: (.LoggingConfig // {} | {LogFormat, LogGroup})}' <<<"$FUNCTION_NOW")
  # Configuration first: cargo-lambda publishes a version, and moves the alias to it, right after the code.
  if ! same "configuration of $name" "$wanted" "$current"; then
    change_patiently "$NEW_ROLE|$FUNCTION_BUSY" "configure $name" "$wanted" lambda update-function-configuration
    functions::wait "$name"
  fi
  if functions::has_other_code "$binary"; then
    functions::replace_code "$name" "$role" "$binary"
  elif [[ $CHANGES == "$before" ]]; then
    MOVE_ALIAS=false
  fi
  functions::ensure_alias "$name"
}

# What it was: the code and configuration as a version, who may invoke it, and its retries.
functions::adopt() {
  local name=$1 calls version
  calls=$(jq '[["lambda", "update-function-configuration", ({FunctionName, Role, Runtime, Handler, Timeout, MemorySize,
    Environment: {Variables: (.Environment.Variables // {})}, LoggingConfig} | with_entries(select(.value != null)))]]' <<<"$FUNCTION_NOW")
  functions::policy "$name"
  calls=$(jq --argjson calls "$calls" --arg name "$name" '$calls + [.[] | ["lambda", "add-permission", ({FunctionName: $name, StatementId: .Sid, Action,
    Principal: (.Principal | if type == "object" then .Service // .AWS else . end),
    SourceArn: .Condition.ArnLike["AWS:SourceArn"], SourceAccount: .Condition.StringEquals["AWS:SourceAccount"]} | with_entries(select(.value != null)))]]' <<<"$STATEMENTS")
  if aws::find 'ResourceNotFoundException' lambda get-function-event-invoke-config --function-name "$name"; then
    calls=$(json '$calls + [["lambda", "put-function-event-invoke-config",
      {FunctionName: $name, MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig} | with_entries(select(.value != null))]]' \
      --argjson calls "$calls" --arg name "$name")
  elif [[ $name == "$DISASSOCIATOR" ]]; then
    calls=$(jq --arg name "$name" '. + [["lambda", "delete-function-event-invoke-config", {FunctionName: $name}]]' <<<"$calls")
  fi
  change_patiently "$FUNCTION_BUSY" "keep the code of $name as a version" "$(jq -n --arg name "$name" '{FunctionName: $name}')" lambda publish-version
  version=$(json '.Version // ""')
  adopt::keep "function/$name" "$(jq --arg version "$version" --arg arn "$(function_arn "$name")" --argjson keys "$(both_keys)" \
    '[["version", $version]] + . + [["lambda", "untag-resource", {Resource: $arn, TagKeys: $keys}]]' <<<"$calls")"
  change "take over the function $name" \
    "$(jq -n --arg arn "$(function_arn "$name")" --argjson tags "$(adopted_tags_map)" '{Resource: $arn, Tags: $tags}')" lambda tag-resource
}

# functions::put_back NAME: the code from its version, and nobody may invoke it any more; then its own calls.
functions::put_back() {
  local name=$1 id version place
  aws::read ssm get-parameter --name "$(adopt::name "function/$name")"
  version=$(json '.Parameter.Value | fromjson | .[] | select(.[0] == "version")[1]')
  functions::policy "$name"
  for id in $(jq -r 'keys[]' <<<"$STATEMENTS"); do functions::remove_permission "$name" "$id"; done
  if aws::find 'ResourceNotFoundException' lambda get-alias --function-name "$name" --name "$ALIAS"; then
    change "delete the alias $ALIAS of $name" "$(jq -n --arg name "$name" --arg alias "$ALIAS" '{FunctionName: $name, Name: $alias}')" lambda delete-alias
  fi
  aws::read lambda get-function --function-name "$name" --qualifier "$version"
  place=$(json .Code.Location)
  if [[ $MODE == apply ]]; then
    # The address is a secret for ten minutes: not an argument. A quotation mark would end it in curl's file.
    [[ $place =~ ^https?://[^\"\\[:space:]]+$ ]] || die "AWS gave no address for the old code of $name" 'Run the same command again.'
    printf 'url = "%s"\n' "$place" >"$WORK/curl"
    curl --disable --silent --show-error --fail --config "$WORK/curl" --output "$WORK/old.zip" 2>"$WORK/stderr" ||
      die "the old code of $name could not be fetched: $(<"$WORK/stderr")" "It is version $version of the function. Install curl if it is missing, then run the same command again."
  fi
  change_patiently "$FUNCTION_BUSY" "put back the code of $name (version $version)" "$(jq -n --arg name "$name" --argjson arch "$(json .Configuration.Architectures)" '{FunctionName: $name, Architectures: $arch}')" \
    lambda update-function-code --zip-file "fileb://$WORK/old.zip"
  functions::wait "$name"
}

# functions::create NAME ROLE-ARN BINARY CONFIGURATION
functions::create() {
  [[ -n $PACKAGES ]] || functions::no_package "$1"
  if [[ $BUILT == true ]]; then
    change_with "create the function $1" patiently "$NEW_ROLE|$FUNCTION_BUSY" packages::deploy "$3" "$1" --iam-role "$2" --tags "$TAG=$NAME"
    functions::wait "$1"
    # What cargo-lambda does not set: variables and logging.
    change_patiently "$NEW_ROLE|$FUNCTION_BUSY" "configure $1" "$4" lambda update-function-configuration
  else
    change_patiently "$NEW_ROLE" "create the function $1" "$(jq --argjson tags "$(own_tags_map)" --arg arch "$ARCHITECTURE" \
      '. + {PackageType: "Zip", Architectures: [$arch], Tags: $tags}' <<<"$4")" lambda create-function --zip-file "fileb://$PACKAGES/$3.zip"
  fi
  functions::wait "$1"
}

# functions::has_other_code BINARY: than the package that there is.
functions::has_other_code() {
  [[ -n $PACKAGES ]] || return 1
  [[ $(packages::digest "$1") != $(jq -r .CodeSha256 <<<"$FUNCTION_NOW") || $ARCHITECTURE != $(jq -r '.Architectures[0]' <<<"$FUNCTION_NOW") ]]
}

functions::replace_code() {
  local architecture
  architecture=$(jq -r '.Architectures[0]' <<<"$FUNCTION_NOW")
  # cargo-lambda sends no architecture with new code.
  if [[ $BUILT == true && $architecture == "$ARCHITECTURE" ]]; then
    change_with "replace the code of $1" patiently "$FUNCTION_BUSY" packages::deploy "$3" "$1" --iam-role "$2"
    MOVE_ALIAS=done
  else
    change_patiently "$FUNCTION_BUSY" "replace the code of $1" "$(jq -n --arg name "$1" --arg arch "$ARCHITECTURE" '{FunctionName: $name, Architectures: [$arch]}')" \
      lambda update-function-code --zip-file "fileb://$PACKAGES/$3.zip"
  fi
  functions::wait "$1"
}

# The alias stands on a version of exactly what was configured: the endpoint asks it, and it is the way back by hand.
functions::ensure_alias() {
  local name=$1 version='' filter='{CodeSha256, Role, Timeout, MemorySize, Environment, Architectures, LoggingConfig}' published
  if aws::find 'ResourceNotFoundException' lambda get-alias --function-name "$name" --name "$ALIAS"; then
    version=$(json .FunctionVersion)
    if [[ $MOVE_ALIAS == done ]]; then return 0; fi
    aws::read lambda get-function-configuration --function-name "$name" --qualifier "$version"
    published=$(json "$filter")
    if [[ $MOVE_ALIAS == false ]] && same "version $version of $name" "$(jq "$filter" <<<"$FUNCTION_NOW")" "$published"; then return 0; fi
  fi
  change_patiently "$FUNCTION_BUSY" "publish a version of $name" "$(jq -n --arg name "$name" '{FunctionName: $name}')" lambda publish-version
  published=$(json '.Version // ""')
  [[ $MODE == plan ]] || wait_for "version $published of $name" '.State != "Pending"' \
    lambda get-function-configuration --function-name "$name" --qualifier "$published"
  change "let the alias $ALIAS of $name stand on that version" \
    "$(jq -n --arg name "$name" --arg alias "$ALIAS" --arg version "$published" '{FunctionName: $name, Name: $alias, FunctionVersion: $version}')" \
    lambda "$([[ -n $version ]] && echo update-alias || echo create-alias)"
}

# Without packages a function can be looked at but not made.
functions::no_package() {
  if [[ $QUIET == false ]]; then problem "$1 does not exist, and there is no package for it" 'Name the directory of the three zip files: --packages DIR.'; fi
}

# functions::wait NAME: until Lambda has done what was asked (fact 11.12), or says that it cannot.
functions::wait() {
  local failed
  wait_for "Lambda to be done with the function $1" '.Configuration | .State != "Pending" and .LastUpdateStatus != "InProgress"' \
    lambda get-function --function-name "$1"
  [[ $MODE == apply ]] || return 0
  failed=$(json '.Configuration | select(.State == "Failed" or .LastUpdateStatus == "Failed") | if .State == "Failed" then .StateReason else .LastUpdateStatusReason end')
  [[ -z $failed ]] || die "Lambda could not make the function $1 ready: $failed" 'Put right what AWS names, then run the same command again: it goes on from here.'
}

# functions::policy NAME: its statements as an object by id, {} when it has none.
functions::policy() {
  STATEMENTS='{}'
  aws::find 'ResourceNotFoundException' lambda get-policy --function-name "$1" || return 0
  STATEMENTS=$(json '.Policy | fromjson | .Statement | if type == "array" then . else [.] end | map({key: .Sid, value: .}) | from_entries')
}

# functions::ensure_permissions NAME [ID SERVICE SOURCE]...: these may invoke it, and nobody else. EventBridge is said not to
# tell the account it invokes for, so a condition on that would keep it out (fact 11.6); its rule's ARN has the account.
functions::ensure_permissions() {
  local name=$1 id wanted current account keep=()
  shift
  functions::policy "$name"
  while (($# > 0)); do
    id=$1
    keep+=("$id")
    account=$ACCOUNT
    [[ $2 != events.amazonaws.com ]] || account=''
    wanted=$(jq -n --arg sid "$id" --arg service "$2" --arg source "$3" --arg account "$account" --arg arn "$(function_arn "$name")" '{
      Sid: $sid, Effect: "Allow", Principal: {Service: $service}, Action: "lambda:InvokeFunction", Resource: $arn,
      Condition: ({ArnLike: {"AWS:SourceArn": $source}} + if $account == "" then {} else {StringEquals: {"AWS:SourceAccount": $account}} end)}')
    current=$(jq --arg id "$id" '.[$id] // null' <<<"$STATEMENTS")
    if ! same "permission $id of $name" "$wanted" "$current"; then
      [[ $current == null ]] || functions::remove_permission "$name" "$id"
      change "let $2 invoke $name ($id)" "$(jq -n --arg name "$name" --arg id "$id" --arg service "$2" --arg source "$3" --arg account "$account" '{
        FunctionName: $name, StatementId: $id, Action: "lambda:InvokeFunction", Principal: $service, SourceArn: $source}
        + if $account == "" then {} else {SourceAccount: $account} end')" \
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

# functions::costs: US dollars an hour, as variables of the disassociator; none where no price of the region is known.
functions::costs() {
  cost::jq -n 'include "money";
    def unit: . * 1000000 | round / 1000000 | tostring;
    $prices.Regions[$region] as $here | if $here == null then {} else {
      VPN_COST_ASSOCIATED_HOUR: (associated($here; 1) | unit),
      VPN_COST_STANDING_HOUR: (standing($here; $prices.HoursPerMonth; $listener; $balancer_subnets | many; $ends) / $prices.HoursPerMonth | unit)} end'
}

ensure_disassociator() {
  local variables wanted current=null
  roles::ensure "$ROLE_DISASSOCIATOR" "$DISASSOCIATOR" iam/disassociator.json
  watch::find_certificate
  variables=$(functions::vpn_variables | jq --arg alarm "$ALARM" --arg month "$ALARM_MONTH" --argjson costs "$(functions::costs)" '. + {VPN_ALARM_NAME: $alarm, VPN_MONTH_ALARM_NAME: $month} + $costs')
  functions::ensure "$DISASSOCIATOR" "$ROLE_DISASSOCIATOR" disassociator "$variables"
  wanted=$(jq -n --arg topic "$(arn sns "$TOPIC_FAILURES")" '{MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 21600, DestinationConfig: {OnFailure: {Destination: $topic}}}')
  if aws::find 'ResourceNotFoundException' lambda get-function-event-invoke-config --function-name "$DISASSOCIATOR"; then
    current=$(json '{MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig: {OnFailure: (.DestinationConfig.OnFailure // {})}}')
  fi
  same "retries of $DISASSOCIATOR" "$wanted" "$current" || change_patiently "$NEW_RIGHTS" "retry a failed turning off twice, then tell $TOPIC_FAILURES" \
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
    --arg client "$CLIENT_ID" --arg out "https://$DOMAIN_HOST/logout" \
    --arg company "$COMPANY_NAME" --arg support "$SUPPORT_CONTACT" --arg links "$LINKS" --arg bucket "$([[ $PROFILES == off ]] || printf '%s' "$PROFILES_BUCKET")" '. + {
      VPN_HOST: $host, VPN_LOAD_BALANCER_ARN: $balancer, VPN_KEY_SERVER: $keys, VPN_OIDC_ISSUER: $issuer,
      VPN_OIDC_CLIENT_ID: $client, VPN_SIGN_OUT_URL: $out}
    + ({VPN_COMPANY_NAME: $company, VPN_SUPPORT_CONTACT: $support, VPN_LINKS: $links, VPN_PROFILES_BUCKET: $bucket} | with_entries(select(.value != "")))')
  roles::ensure "$ROLE_ASSOCIATOR" "$ASSOCIATOR" iam/associator.json
  functions::ensure "$ASSOCIATOR" "$ROLE_ASSOCIATOR" associator "$variables"
  functions::ensure_permissions "$ASSOCIATOR" AllowLoadBalancer elasticloadbalancing.amazonaws.com "$GROUP_ARN"
  balancer::ensure_target
}

ensure_removed_associator() {
  functions::ensure_removed "$ASSOCIATOR"
  roles::ensure_removed "$ROLE_ASSOCIATOR" "$ASSOCIATOR"
}
