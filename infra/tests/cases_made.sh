# shellcheck shell=bash
# What deploying makes, and how: in order, broken off, with each option, and with the real cargo-lambda.
set -Eeuo pipefail

# With everything switched on: planned, made, made again, looked at, removed.
case_story() {
  local before planned text
  fresh
  everything
  before=$(inventory)
  faults
  deploy 0 --dry-run
  is 'writes of a dry run' 0 "$(writes)"
  planned=$(changes 'Changes, in this order:')
  # shellcheck disable=SC2016 # dollars
  for text in 'What it will cost: $0.21 for each hour that it is on (always on: $153.30 a month),' \
    'and $24.83 a month, on or off. CONNECT_PROVISIONED and DASHBOARD cost more'; do has "$text"; done
  deploy 0
  is 'planned and made' "$planned" "$(changes 'Changing:')"
  for text in "  1/$(wc -l <<<"$planned") [" "  $(wc -l <<<"$planned")/$(wc -l <<<"$planned") [" 'e-mail that AWS has sent to admin@example.com' 'Then CONNECT_HANDLER=on'; do has "$text"; done
  is 'writes' "$(wc -l <<<"$planned")" "$(made)"
  off_before_on
  somebody_added
  faults
  deploy 0
  has 'none: everything is as the settings say'
  is 'writes of a second deploy' 0 "$(writes)"
  try 0 status.sh --packages "$WORK/packages"
  has 'Everything is as the settings say.'
  try 0 status.sh --json
  try 0 status.sh --history 30
  is 'writes of status' 0 "$(writes)"
  harness::packages two
  try 3 status.sh --packages "$WORK/packages"
  deploy 0
  is 'new code' 9 "$(writes)"
  harness::packages one
  turn_on "$(subnet 1)"
  aws ec2 create-tags --resources "$ENDPOINT" --tags "Key=vpn-on-demand:last-request,Value=$(now)" Key=mine,Value=stays
  faults
  try 1 destroy.sh --yes
  has '1 subnet(s) are associated: $0.105 an hour'
  try 0 destroy.sh --turn-off --dry-run
  is 'writes of a dry destroy' 0 "$(writes)"
  planned=$(changes 'To be removed, in this order:')
  for text in 'For good goes: ' 'the user pool vpn-on-demand and everybody in it: 1;' 'the log group /aws/lambda/AWSClientVPN-DisassociatingSubnets' \
    'delete the rule of ours: GET ' '(authenticate)'; do has "$text"; done
  try 0 destroy.sh --turn-off --yes
  is 'planned and removed' "$planned" "$(changes 'Removing:')"
  is 'the order of removing' "rules use dns associator profiles balancer sign_in connect dashboard notices watch disassociator topics claim" \
    "$(sed -E 's/^  \[([a-z_]+)\].*/\1/' <<<"$planned" | uniq | paste -sd' ')"
  is 'marks of others' '{"mine":"stays"}' "$(emulated | jq -c .tags)"
  aws ec2 delete-tags --resources "$ENDPOINT" --tags Key=mine
  is 'what is left' "$before" "$(inventory)"
  faults
  try 0 destroy.sh --yes
  has 'there is nothing of ours'
  is 'writes of a second destroy' 0 "$(writes)"
}

# What README.md shows of a deployment is what is printed.
case_readme() {
  local line shown=0
  fresh
  try 0 deploy.sh --dry-run --packages "$WORK/packages"
  cp "$WORK/out" "$WORK/printed"
  deploy 0
  cat "$WORK/out" >>"$WORK/printed"
  cp "$WORK/printed" "$WORK/out"
  while IFS= read -r line; do
    has "$line"
    shown=$((shown + 1))
  done < <(awk '/^\$ infra\/deploy.sh --dry-run/ {on = 1} /^\$ aws cognito-idp/ {on = 0} on && !/^(\$ |\.\.\.|$)/' "$INFRA/../README.md")
  is 'lines of README.md' 6 "$shown"
}

# The command that was printed, as an operator gives it: Cognito invites her by mail, and she may reset her password.
somebody_added() {
  local command
  command=$(sed -n 's/^To add somebody: *//p' "$WORK/out")
  [[ $command == *' --desired-delivery-mediums EMAIL' ]]
  AWS_ACCESS_KEY_ID=OPERATOR bash -c "${command//E-MAIL/ann@example.com}" | jq -e '.User | .UserStatus == "FORCE_CHANGE_PASSWORD"
    and ([.Attributes[] | {(.Name): .Value}] | add | .email == "ann@example.com" and .email_verified == "true")' >/dev/null
}

# off_before_on: in the log of writes everything that turns off comes before the first rule.
off_before_on() {
  log | jq -e '[.calls[] | select(.write) | .operation] | index("elbv2:CreateRule") as $on
    | [index("events:PutTargets"), rindex("cloudwatch:PutMetricAlarm"), index("lambda:PutFunctionEventInvokeConfig"), index("sns:Subscribe")]
    | $on != null and all(. != null and . < $on)' >/dev/null
}

# Broken off after each number of writes, again and again, until it is complete. Whatever is there, nothing can turn on
# what nothing can turn off.
case_broken_off() {
  local each=9 runs=0 status
  fresh
  while true; do
    runs=$((runs + 1))
    faults "{\"writes\": $each}"
    status=0
    AWS_ACCESS_KEY_ID=DEPLOYER "$INFRA/deploy.sh" --settings "$WORK/settings.env" --packages "$WORK/packages" --yes >"$WORK/out" 2>&1 </dev/null || status=$?
    if ((status == 0)); then break; fi
    grep -qE 'Error: [A-Za-z]+ while trying to' "$WORK/out"
    has 'run the same command again'
    is 'no write after the one that failed' "$((each + 1))" "$(writes)"
    faults
    faults::safe
    ((runs < 200))
  done
  faults
  deploy 0
  has 'none: everything is as the settings say'
  printf '    broken off %d times, after %d write(s) each\n' "$((runs - 1))" "$each"
}

# The connect handler: modes, provisioned concurrency, a new version for each change, and off again.
case_connect() {
  local live=arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-ConnectHandler:live
  fresh
  setting CONNECT_PROVISIONED 1
  deploy 0 --only claim
  deploy 0 --only connect
  is 'asked' "$live" "$(connect_handler)"
  is 'kept ready' 1 "$(emulated | jq -r '.provisioned | length')"
  is 'mode' shadow "$(live_mode)"
  setting CONNECT_HANDLER on
  setting CONNECT_PROVISIONED 0
  deploy 0 --only connect
  is 'mode' enforce "$(live_mode)"
  is 'kept ready' 0 "$(emulated | jq -r '.provisioned | length')"
  faults
  deploy 0 --only connect
  is 'writes' 0 "$(writes)"
  setting CONNECT_HANDLER off
  deploy 0 --only connect
  is 'asked' '' "$(connect_handler)"
  is 'functions' '' "$(aws lambda list-functions --query 'Functions[].FunctionName' --output text)"
}

live_mode() {
  aws lambda get-function-configuration --function-name AWSClientVPN-ConnectHandler --query Environment.Variables.VPN_CONNECT_MODE --output text \
    --qualifier "$(aws lambda get-alias --function-name AWSClientVPN-ConnectHandler --name live --query FunctionVersion --output text)"
}

# What can be switched on and off: dashboard, notices.
case_options() {
  deployed
  setting DASHBOARD on
  setting NOTICE_EMAIL second@example.com,third@example.com
  deploy 0
  has 'send no notices to admin@example.com any more'
  is 'who is told' 'second@example.com third@example.com' "$(aws sns list-subscriptions --query 'Subscriptions[].Endpoint' --output json | jq -r 'sort | join(" ")')"
  aws cloudwatch get-dashboard --dashboard-name vpn-on-demand >/dev/null
  deploy 0
  has 'none: everything is as the settings say'
  setting DASHBOARD off
  deploy 0 --only dashboard
  is 'dashboards' 0 "$(aws cloudwatch list-dashboards --query 'length(DashboardEntries)')"
}

# No secret in arguments, output or what is printed of differences.
case_directory() {
  local pool client
  fresh
  everything
  (umask 077 && printf '%s\n' "$SECRET" >"$WORK/secret")
  setting OIDC_CLIENT_SECRET_FILE "$WORK/secret"
  chmod 644 "$WORK/secret"
  deploy 1
  has 'can be read by others'
  chmod 600 "$WORK/secret"
  deploy 0
  cp "$WORK/out" "$WORK/all"
  deploy 0
  has 'none: everything is as the settings say'
  try 0 status.sh
  cat "$WORK/out" >>"$WORK/all"
  setting OIDC_CLIENT_ID other
  deploy 0
  has 'put the directory Company right'
  cat "$WORK/out" >>"$WORK/all"
  pool=$(aws cognito-idp list-user-pools --max-results 60 --query 'UserPools[0].Id' --output text)
  client=$(aws cognito-idp list-user-pool-clients --user-pool-id "$pool" --query 'UserPoolClients[0].ClientId' --output text)
  client=$(aws cognito-idp describe-user-pool-client --user-pool-id "$pool" --client-id "$client" --query UserPoolClient.ClientSecret --output text)
  is 'the secret arrived' "$SECRET" "$(aws cognito-idp describe-identity-provider --user-pool-id "$pool" --provider-name Company --query IdentityProvider.ProviderDetails.client_secret --output text)"
  is 'the secret of the app client in the output' '' "$(grep -F -- "$client" "$WORK/all" || true)"
  is 'and in arguments' '' "$(grep -F -- "$client" "$ARGUMENTS" || true)"
  grep -q create-identity-provider "$ARGUMENTS"
}

# What people read: in the function's variables, and in the answer after signing out, which no function gives.
case_page() {
  local body headline
  fresh
  setting COMPANY_NAME "McDonald's \"社\""
  setting SUPPORT_CONTACT '+81 3-1234-5678'
  setting LINKS 'Profile|ja:プロファイル=https://intranet.example.com/vpn.ovpn?a=1&b=2;Help=https://intranet.example.com/'
  deploy 0
  is 'variables' "McDonald's \"社\"|+81 3-1234-5678|Profile|ja:プロファイル=https://intranet.example.com/vpn.ovpn?a=1&b=2;Help=https://intranet.example.com/" \
    "$(aws lambda get-function-configuration --function-name AWSClientVPN-AssociatingSubnets --query Environment.Variables |
      jq -r '[.VPN_COMPANY_NAME, .VPN_SUPPORT_CONTACT, .VPN_LINKS] | join("|")')"
  body=$(aws elbv2 describe-rules --listener-arn "$(https_of vpn-on-demand)" --query "Rules[?Priority=='1'].Actions[0].FixedResponseConfig.MessageBody" --output text)
  ((${#body} <= 1024))
  printf '%s' "$body" | LC_ALL=C grep -qv '[^ -~[:space:]]'
  python3 -c 'import html, sys; print(html.unescape(sys.stdin.read()))' <<<"$body" >"$WORK/out"
  while IFS= read -r headline; do has "$headline"; done < <(grep -h -A2 'signed_out: Saying' "$INFRA"/../crates/associator/src/texts/*.rs | sed -nE 's/.*headline: "(.*)",/\1/p')
  is 'languages' 4 "$(grep -c '<p[ >].*\(You are\|您\|었습니다\|ました\)' "$WORK/out")"
}

# cargo_lambda: a cargo that builds the programs of the tests, and deploys with the real cargo-lambda.
cargo_lambda() {
  mkdir -p "$WORK/tools"
  cat >"$WORK/tools/cargo" <<SCRIPT
#!/bin/bash
PATH=\${PATH#"$WORK/tools:"}
if [[ \$1 == lambda && \$2 == build ]]; then
  printf '%s\n' "\$*" >>"$WORK/built"
  for name in associator disassociator connect-handler; do
    mkdir -p "$PYTHON/lambda/\$name"
    cat /bin/true "$WORK/programs/\$name" >"$PYTHON/lambda/\$name/bootstrap"
  done
elif [[ \$1 == lambda ]]; then
  "$PYTHON/venv/bin/cargo-lambda" "\$@" 2> >(tee -a "$WORK/cargo" >&2)
else
  exec cargo "\$@"
fi
SCRIPT
  chmod +x "$WORK/tools/cargo"
}

# Without --packages cargo-lambda builds and deploys; only what differs is uploaded; what it does not set is set.
case_cargo() {
  local planned before
  fresh
  cargo_lambda
  export CARGO_TARGET_DIR=$PYTHON PATH=$WORK/tools:$PATH
  try 0 deploy.sh --dry-run
  planned=$(changes 'Changes, in this order:')
  has_not 'arm64 is not'
  grep -qx -- "lambda build --release --locked --[ax][a-z0-9-]*64 --lambda-dir $PYTHON/lambda --bin associator --bin disassociator --bin connect-handler" "$WORK/built"
  faults
  try 0 deploy.sh --yes
  is 'planned and made' "$planned" "$(changes 'Changing:')"
  # A new role cannot be assumed at once.
  is 'functions made, and refused at first' '3 3' "$(log | jq -r '[.calls[] | select(.operation == "lambda:CreateFunction") | .status < 300] | "\(map(select(.)) | length) \(map(select(. | not)) | length)"')"
  faults
  try 0 deploy.sh --yes
  has 'none: everything is as the settings say'
  is 'writes of a second deploy' 0 "$(writes)"
  is 'log format' JSON "$(aws lambda get-function-configuration --function-name AWSClientVPN-AssociatingSubnets --query LoggingConfig.LogFormat --output text)"
  echo more >>"$WORK/programs/connect-handler"
  faults
  try 0 deploy.sh --yes
  has 'replace the code of AWSClientVPN-ConnectHandler'
  is 'writes for new code' 'UpdateFunctionCode UpdateAlias' "$(log | jq -r '[.calls[] | select(.write) | .operation | ltrimstr("lambda:")] | join(" ")')"
  # What is deployed holds the whole package.
  is 'the package' "$(unzip -Z1 "$PYTHON/packages/connect-handler.zip")" "$(deployed_code AWSClientVPN-ConnectHandler)"
  # By hand, with nothing but the names: the code changes, the alias moves, and nothing else.
  echo more >>"$WORK/programs/associator"
  cargo lambda build >/dev/null
  before=$(all_but_code)
  (cd "$INFRA/.." && cargo lambda deploy --lambda-dir "$PYTHON/lambda" --binary-name associator AWSClientVPN-AssociatingSubnets >"$WORK/out" 2>&1)
  has 'alias: live'
  # Lambda is done with it.
  step 15
  is 'everything but the code' "$before" "$(all_but_code)"
  try 0 deploy.sh --dry-run
  has 'replace the code of AWSClientVPN-AssociatingSubnets'
  # A refusal is no absence.
  faults '{"operations": ["lambda:UpdateFunctionCode"], "kind": "denied"}'
  try 1 deploy.sh --yes
  has 'Error: AccessDeniedException while trying to replace the code of AWSClientVPN-AssociatingSubnets'
  has 'You may not do this.'
  rm -r "$WORK/tools" "$PYTHON/lambda" "$PYTHON/packages"
  PATH=${PATH#"$WORK/tools:"}
  unset CARGO_TARGET_DIR
  harness::packages one
}

deployed_code() {
  ask --output "$WORK/code.zip" "$(aws lambda get-function --function-name "$1" --query Code.Location --output text)"
  unzip -Z1 "$WORK/code.zip"
}

all_but_code() {
  aws lambda get-function-configuration --function-name AWSClientVPN-AssociatingSubnets |
    jq 'del(.CodeSha256, .CodeSize, .LastModified, .RevisionId, .Version)'
  aws lambda get-policy --function-name AWSClientVPN-AssociatingSubnets --query Policy
  aws lambda list-tags --resource arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-AssociatingSubnets
  aws lambda list-aliases --function-name AWSClientVPN-AssociatingSubnets --query 'Aliases[].Name'
}

# The real thing, once: needs cargo-lambda and zig (.ci/cargo-lambda.txt), and some minutes for the release build.
case_release() {
  local name
  fresh
  sed -i '/^ARCHITECTURE=/d' "$WORK/settings.env"
  try 0 deploy.sh --yes
  for name in AssociatingSubnets DisassociatingSubnets ConnectHandler; do
    is 'architecture' arm64 "$(aws lambda get-function-configuration --function-name "AWSClientVPN-$name" --query 'Architectures[0]' --output text)"
    deployed_code "AWSClientVPN-$name" >/dev/null
    unzip -qo "$WORK/code.zip" bootstrap -d "$WORK"
    # The machine in an executable's head: 183 is AArch64.
    is 'machine' 183 "$(od -An -t u2 -j 18 -N 2 "$WORK/bootstrap" | tr -d ' ')"
  done
  faults
  try 0 deploy.sh --yes
  has 'none: everything is as the settings say'
  is 'writes' 0 "$(writes)"
}
