# shellcheck shell=bash
# What is proven. Each case begins with a fresh account.
set -Eeuo pipefail

readonly CASES=(command_line settings account story broken_off denied refusals connect listener own_pool directory drift)

case_command_line() {
  local script
  fresh
  for script in deploy.sh destroy.sh status.sh; do
    try 0 "$script" --help
    has 'USAGE: infra/'
    try 2 "$script" --no-such-option
    has 'unknown option: --no-such-option'
    try 2 "$script" --settings
  done
  try 2 deploy.sh --only nonsense
  try 2 destroy.sh --turn-off --leave-on
  try 1 deploy.sh --packages "$WORK/packages"
  has 'nobody is there to confirm'
  is 'writes' 0 "$(writes)"
}

# Everything that is wrong is told at once, and nothing is written.
case_settings() {
  local text
  fresh
  cat >>"$WORK/settings.env" <<'SETTINGS'
COLOUR=blue
export HOST=vpn
KEEP_LIMIT="8h"
HOST=vpn.example.com
SETTINGS
  setting IDLE_TIME 32m
  setting ROUTES 10.0.0.1/8
  setting NOTICE_AFTER 200h
  setting CONNECT_HANDLER perhaps
  setting SIGN_IN_DOMAIN my-cognito
  setting INSTALLATION 'Rather Long Name'
  setting DIRECTORY oidc
  setting OIDC_CLIENT_SECRET_FILE /nonexistent
  setting ACCOUNT_ID 210987654321
  deploy 1
  for text in 'COLOUR is not a setting' 'is not KEY=VALUE' 'KEEP_LIMIT has quotes' 'HOST is set twice' 'IDLE_TIME=32m' \
    '10.0.0.1/8 is no IPv4 block' 'NOTICE_AFTER=200h' 'CONNECT_HANDLER=perhaps' 'Cognito refuses' 'INSTALLATION=' \
    'OIDC_CLIENT_SECRET_FILE' 'OIDC_ISSUER=' 'ACCOUNT_ID=210987654321'; do
    has "$text"
  done
  is 'writes' 0 "$(writes)"
  for text in cn-north-1 us-gov-west-1; do
    fresh
    setting REGION "$text"
    deploy 1
    has 'cannot sign people in with Cognito in China, GovCloud'
    is 'writes' 0 "$(writes)"
  done
}

# What only AWS knows is told at once too.
case_account() {
  local text other
  fresh
  other=$(aws ec2 create-vpc --cidr-block 10.9.0.0/16 --query Vpc.VpcId --output text)
  other=$(aws ec2 create-subnet --vpc-id "$other" --cidr-block 10.9.0.0/28 --availability-zone us-east-1a --query Subnet.SubnetId --output text)
  setting SUBNET_IDS "$(sed -n 's/^SUBNET_IDS=//p' "$WORK/settings.env"),$other,subnet-0123456789abcdef0"
  setting ALB_SUBNET_IDS "$other,subnet-0123456789abcdef0"
  setting HOST vpn.other.example
  gaps '{"vpc": "", "groups": [], "routes": ["10.5.0.0/16", "0.0.0.0/0"], "status": "deleting"}' >/dev/null
  faults
  deploy 1
  for text in 'the endpoint is deleting' 'aws ec2 modify-client-vpn-endpoint' 'ROUTES=0.0.0.0/0,10.5.0.0/16' "$other is smaller than /27" \
    'are both in us-east-1a' 'subnet-0123456789abcdef0 does not exist' 'all subnets are in one availability zone' \
    'the certificate is for vpn.example.com' 'is example.com, and HOST'; do
    has "$text"
  done
  is 'writes' 0 "$(writes)"
  fresh
  setting ENDPOINT_ID cvpn-endpoint-0000
  deploy 1
  has 'cvpn-endpoint-0000 does not exist in account 123456789012'
  fresh
  gaps '{"routes": ["10.5.0.0/16"]}' >/dev/null
  deploy 1
  try 0 deploy.sh --packages "$WORK/packages" --dry-run --forget-routes
}

case_story() {
  local before planned
  fresh
  before=$(inventory)
  faults
  deploy 0 --dry-run
  is 'writes of a dry run' 0 "$(writes)"
  planned=$(changes 'Changes, in this order:')
  deploy 0
  is 'planned and made' "$planned" "$(changes 'Changing:')"
  is 'writes' "$(wc -l <<<"$planned")" "$(writes)"
  off_before_on
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
  faults
  gaps '{"associations": ["subnet-1"], "tags": {"vpn-on-demand:last-request": "2026-01-01T00:00:00Z", "mine": "stays"}}' >/dev/null
  try 1 destroy.sh --yes
  has '1 subnet(s) are associated: $0.10 an hour'
  try 0 destroy.sh --turn-off --dry-run
  is 'writes of a dry destroy' 0 "$(writes)"
  planned=$(changes 'To be removed, in this order:')
  try 0 destroy.sh --turn-off --yes
  is 'planned and removed' "$planned" "$(changes 'Removing:')"
  is 'the order of removing' "rules use dns associator balancer sign_in connect notices watch disassociator topics claim" \
    "$(sed -E 's/^  \[([a-z_]+)\].*/\1/' <<<"$planned" | uniq | paste -sd' ')"
  before=$(jq -s 'map(if (.tags? // null) == {} then .tags = {mine: "stays"} else . end)' <<<"$before")
  is 'what is left' "$before" "$(inventory | jq -s .)"
  faults
  try 0 destroy.sh --yes
  has 'there is nothing of ours'
  is 'writes of a second destroy' 0 "$(writes)"
}

# off_before_on: in the log of writes everything that turns off comes before the first rule.
off_before_on() {
  log | jq -e '[.log[] | select(.write) | .operation] | index("elbv2:CreateRule") as $on
    | [index("events:PutTargets"), rindex("cloudwatch:PutMetricAlarm"), index("lambda:PutFunctionEventInvokeConfig"), index("sns:Subscribe")]
    | $on != null and all(. != null and . < $on)' >/dev/null
}

# Broken off after each number of writes, again and again, until it is complete. Whatever is there, nothing can turn on
# what nothing can turn off.
case_broken_off() {
  local each=9 runs=0 status listener rules
  [[ $ALL == false ]] || each=1
  fresh
  while true; do
    runs=$((runs + 1))
    faults "{\"writes\": $each}"
    status=0
    "$INFRA/deploy.sh" --settings "$WORK/settings.env" --packages "$WORK/packages" --yes >"$WORK/out" 2>&1 </dev/null || status=$?
    if ((status == 0)); then break; fi
    has 'InternalFailure while trying to'
    has 'run the same command again'
    is 'no write after the one that failed' "$((each + 1))" "$(writes)"
    listener=$(aws elbv2 describe-load-balancers --query 'LoadBalancers[].LoadBalancerArn' --output text)
    [[ -z $listener ]] || listener=$(aws elbv2 describe-listeners --load-balancer-arn "$listener" --query 'Listeners[?Port==`443`].ListenerArn' --output text)
    rules=0
    [[ -z $listener ]] || rules=$(aws elbv2 describe-rules --listener-arn "$listener" --query 'length(Rules)' --output text)
    if ((rules > 1)); then
      is 'the alarms that stand' 4 "$(aws cloudwatch describe-alarms --query 'length(MetricAlarms)' --output text)"
      is 'the schedule that stands' 1 "$(aws events list-targets-by-rule --rule AWSClientVPN-EveryFiveMinutes --query 'length(Targets)' --output text)"
      is 'the permissions that stand' 2 "$(aws lambda get-policy --function-name AWSClientVPN-DisassociatingSubnets --query Policy --output text | jq '.Statement | length')"
    fi
    ((runs < 200))
  done
  faults
  deploy 0
  has 'none: everything is as the settings say'
  printf '    broken off %d times, after %d write(s) each\n' "$((runs - 1))" "$each"
}

# A call that is refused never reads as "not there": a refused read writes nothing at all, a refused write is the last.
case_denied() {
  local operation operations codes='AccessDenied|UnauthorizedOperation' count=0
  fresh
  deploy 0 --dry-run
  mapfile -t operations < <(log | jq -r '[.log[].operation] | unique - ["cognito-idp:CreateManagedLoginBranding"] | .[]')
  [[ $ALL == true ]] || operations=(iam:GetRole lambda:GetFunction elbv2:DescribeLoadBalancers cognito-idp:ListUserPools ec2:DescribeClientVpnEndpoints)
  for operation in "${operations[@]}"; do
    count=$((count + 1))
    faults "{\"operations\": [\"$operation\"], \"kind\": \"denied\"}"
    deploy 1
    grep -qE "Error: ($codes)[A-Za-z]* while" "$WORK/out"
    has 'You may not do this.'
    is "writes when $operation is refused" 0 "$(writes)"
  done
  operations=(iam:CreateRole events:PutRule elbv2:CreateRule)
  if [[ $ALL == true ]]; then
    deploy 0
    mapfile -t operations < <(log | jq -r '[.log[] | select(.write) | .operation] | unique[]')
  fi
  for operation in "${operations[@]}"; do
    count=$((count + 1))
    fresh
    faults "{\"operations\": [\"$operation\"], \"kind\": \"denied\"}"
    deploy 1
    grep -qE "Error: ($codes)[A-Za-z]* while trying to" "$WORK/out"
    is "the last write" "$operation" "$(log | jq -r '[.log[] | select(.write) | .operation] | last')"
  done
  printf '    %d operations refused\n' "$count"
}

# too_much ROLE: attaches a policy to it that is not ours, such as AmazonEC2FullAccess.
too_much() {
  aws iam attach-role-policy --role-name "$1" --policy-arn "$(aws iam create-policy --policy-name TooMuch --query Policy.Arn --output text \
    --policy-document '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}')"
}

# Things of our names that are not ours stop everything, each by its name; --adopt takes one over.
case_refusals() {
  local text
  fresh
  aws iam create-role --role-name LambdaRole-ClientVPN-Associator --assume-role-policy-document '{"Version":"2012-10-17","Statement":[]}' >/dev/null
  too_much LambdaRole-ClientVPN-Associator
  aws sns create-topic --name AWSClientVPN-Notices >/dev/null
  aws logs create-log-group --log-group-name /aws/lambda/AWSClientVPN-AssociatingSubnets
  aws events put-rule --name AWSClientVPN-EveryFiveMinutes --schedule-expression 'rate(1 day)' >/dev/null
  aws cloudwatch put-metric-alarm --alarm-name AWSClientVPN-DisassociatingSubnets --namespace a --metric-name b --statistic Sum --period 60 \
    --evaluation-periods 1 --threshold 1 --comparison-operator LessThanThreshold
  aws elbv2 create-target-group --name vpn-on-demand --target-type lambda >/dev/null
  # Ours is on the second page.
  aws cognito-idp create-user-pool --pool-name another >/dev/null
  aws cognito-idp create-user-pool --pool-name vpn-on-demand >/dev/null
  export VPN_PAGE_SIZE=1
  gaps '{"handler": "arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-Other"}' >/dev/null
  faults
  deploy 1
  for text in role/LambdaRole-ClientVPN-Associator topic/AWSClientVPN-Notices log-group//aws/lambda/AWSClientVPN-AssociatingSubnets \
    rule/AWSClientVPN-EveryFiveMinutes alarm/AWSClientVPN-DisassociatingSubnets target-group/vpn-on-demand user-pool/vpn-on-demand \
    'another connect handler already: arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-Other'; do
    has "$text"
  done
  is 'writes' 0 "$(writes)"
  deploy 0 --adopt role/LambdaRole-ClientVPN-Associator --adopt topic/AWSClientVPN-Notices --adopt rule/AWSClientVPN-EveryFiveMinutes \
    --adopt log-group//aws/lambda/AWSClientVPN-AssociatingSubnets --adopt alarm/AWSClientVPN-DisassociatingSubnets \
    --adopt target-group/vpn-on-demand --adopt user-pool/vpn-on-demand --adopt connect-handler
  has 'take arn:aws:iam::123456789012:policy/TooMuch from LambdaRole-ClientVPN-Associator'
  deploy 0
  has 'none: everything is as the settings say'
  setting INSTALLATION second
  setting HOST vpn2.example.com
  sed -i '/^HOSTED_ZONE_ID/d' "$WORK/settings.env"
  faults
  deploy 1
  has 'belongs to the installation "default"'
  is 'writes' 0 "$(writes)"
  setting INSTALLATION ''
  setting HOST vpn.example.com
  try 0 destroy.sh --yes
  has 'left alone, it was there before us (--adopt): role/LambdaRole-ClientVPN-Associator'
  is 'the connect handler that was there' arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-Other "$(gaps | jq -r .endpoint.handler)"
  unset VPN_PAGE_SIZE
  is 'the role that was there' LambdaRole-ClientVPN-Associator "$(aws iam list-roles --query 'Roles[].RoleName' --output text)"
}

# The connect handler: modes, provisioned concurrency, a new version for each change, and off again.
case_connect() {
  local live=arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-ConnectHandler:live
  fresh
  setting CONNECT_PROVISIONED 1
  deploy 0 --only claim
  deploy 0 --only connect
  is 'asked' "$live" "$(gaps | jq -r .endpoint.handler)"
  is 'kept ready' 1 "$(gaps | jq -r '.provisioned | length')"
  is 'mode' shadow "$(live_mode)"
  setting CONNECT_HANDLER on
  setting CONNECT_PROVISIONED 0
  deploy 0 --only connect
  is 'mode' enforce "$(live_mode)"
  is 'kept ready' 0 "$(gaps | jq -r '.provisioned | length')"
  faults
  deploy 0 --only connect
  is 'writes' 0 "$(writes)"
  setting CONNECT_HANDLER off
  deploy 0 --only connect
  is 'asked' '' "$(gaps | jq -r .endpoint.handler)"
  is 'functions' '' "$(aws lambda list-functions --query 'Functions[].FunctionName' --output text)"
}

live_mode() {
  aws lambda get-function-configuration --function-name AWSClientVPN-ConnectHandler --query Environment.Variables.VPN_CONNECT_MODE --output text \
    --qualifier "$(aws lambda get-alias --function-name AWSClientVPN-ConnectHandler --name live --query FunctionVersion --output text)"
}

# On a listener that is there already: only rules are added, and only ours go.
case_listener() {
  local balancer listener subnets before
  fresh
  subnets=$(sed -n 's/^ALB_SUBNET_IDS=//p' "$WORK/settings.env")
  # shellcheck disable=SC2086 # one word for each subnet
  balancer=$(aws elbv2 create-load-balancer --name theirs --subnets ${subnets//,/ } --query 'LoadBalancers[0].LoadBalancerArn' --output text)
  listener=$(aws elbv2 create-listener --load-balancer-arn "$balancer" --protocol HTTPS --port 443 --default-actions Type=fixed-response,FixedResponseConfig={StatusCode=200} \
    --certificates "CertificateArn=$(sed -n 's/^CERTIFICATE_ARN=//p' "$WORK/settings.env")" --query 'Listeners[0].ListenerArn' --output text)
  aws elbv2 create-rule --listener-arn "$listener" --priority 1005 --conditions Field=path-pattern,Values=/theirs \
    --actions Type=fixed-response,FixedResponseConfig={StatusCode=200} >/dev/null
  setting LISTENER_ARN "$listener"
  deploy 1
  has 'LISTENER_ARN stands beside CERTIFICATE_ARN'
  sed -i '/^CERTIFICATE_ARN/d; /^ALB_SUBNET_IDS/d' "$WORK/settings.env"
  before=$(inventory)
  deploy 1
  has 'a rule of priority 1005 that is not ours'
  setting RULE_PRIORITY 2000
  deploy 0
  deploy 0
  has 'none: everything is as the settings say'
  is 'rules' 13 "$(aws elbv2 describe-rules --listener-arn "$listener" --query 'length(Rules)' --output text)"
  try 0 destroy.sh --yes
  is 'rules' 2 "$(aws elbv2 describe-rules --listener-arn "$listener" --query 'length(Rules)' --output text)"
  is 'what is left' "$before" "$(inventory)"
}

# A user pool that is there already: it gets an app client and a mark, and keeps everything else.
case_own_pool() {
  local pool before
  fresh
  pool=$(aws cognito-idp create-user-pool --pool-name staff --user-pool-tags theirs=yes --query UserPool.Id --output text)
  setting USER_POOL_ID "$pool"
  deploy 1
  has "the user pool $pool has no domain"
  aws cognito-idp create-user-pool-domain --domain staff --user-pool-id "$pool" >/dev/null
  before=$(their_pool "$pool")
  deploy 0
  deploy 0
  has 'none: everything is as the settings say'
  is 'clients' vpn-on-demand "$(aws cognito-idp list-user-pool-clients --user-pool-id "$pool" --max-results 9 --query 'UserPoolClients[].ClientName' --output text)"
  try 0 destroy.sh --yes
  is 'their user pool' "$before" "$(their_pool "$pool")"
  aws cognito-idp create-user-pool-client --client-name vpn-on-demand --user-pool-id "$pool" --query UserPoolClient.ClientId >/dev/null
  faults
  deploy 1
  has 'client/vpn-on-demand exists in the user pool and is not ours'
  is 'writes' 0 "$(writes)"
}

their_pool() {
  aws cognito-idp describe-user-pool --user-pool-id "$1" --query 'UserPool.[UserPoolTags,Policies,MfaConfiguration,DeletionProtection]'
  aws cognito-idp describe-user-pool-domain --domain staff
  aws cognito-idp list-user-pool-clients --user-pool-id "$1" --max-results 9
}

# No secret in arguments, output or what is printed of differences.
case_directory() {
  local pool client
  fresh
  (umask 077 && printf '%s\n' "$SECRET" >"$WORK/secret")
  setting DIRECTORY oidc
  setting OIDC_ISSUER https://login.example.com
  setting OIDC_CLIENT_ID client
  setting OIDC_CLIENT_SECRET_FILE "$WORK/secret"
  chmod 644 "$WORK/secret"
  deploy 1
  has 'can be read by others'
  chmod 600 "$WORK/secret"
  : >"$WORK/arguments"
  deploy 0
  has_not "$SECRET"
  cp "$WORK/out" "$WORK/all"
  deploy 0
  has 'none: everything is as the settings say'
  setting OIDC_CLIENT_ID other
  deploy 0
  has 'put the directory Company right'
  cat "$WORK/out" >>"$WORK/all"
  pool=$(aws cognito-idp list-user-pools --max-results 60 --query 'UserPools[0].Id' --output text)
  client=$(aws cognito-idp list-user-pool-clients --user-pool-id "$pool" --query 'UserPoolClients[0].ClientId' --output text)
  client=$(aws cognito-idp describe-user-pool-client --user-pool-id "$pool" --client-id "$client" --query UserPoolClient.ClientSecret --output text)
  is 'the secret arrived' "$SECRET" "$(aws cognito-idp describe-identity-provider --user-pool-id "$pool" --provider-name Company --query IdentityProvider.ProviderDetails.client_secret --output text)"
  for pool in "$SECRET" "$client"; do
    is 'a secret in the output' '' "$(grep -F -- "$pool" "$WORK/all" || true)"
    is 'a secret in arguments' '' "$(grep -F -- "$pool" "$WORK/arguments" || true)"
  done
  grep -q create-identity-provider "$WORK/arguments"
}

# What was changed by hand is named by status, shown as a difference, and mended.
case_drift() {
  local group arn
  fresh
  deploy 0
  too_much LambdaRole-ClientVPN-Disassociator
  aws lambda remove-permission --function-name AWSClientVPN-DisassociatingSubnets --statement-id AWS-CW_Invoke-alarm
  aws lambda add-permission --function-name AWSClientVPN-AssociatingSubnets --statement-id everybody --principal '*' --action lambda:InvokeFunction >/dev/null
  aws lambda update-function-configuration --function-name AWSClientVPN-AssociatingSubnets --environment 'Variables={VPN_HOST=elsewhere.example}' >/dev/null
  aws events disable-rule --name AWSClientVPN-EveryFiveMinutes
  group=$(aws elbv2 describe-target-groups --query 'TargetGroups[0].TargetGroupArn' --output text)
  aws elbv2 modify-target-group-attributes --target-group-arn "$group" --attributes Key=lambda.multi_value_headers.enabled,Value=false >/dev/null
  arn=$(aws elbv2 describe-load-balancers --query 'LoadBalancers[0].LoadBalancerArn' --output text)
  arn=$(aws elbv2 describe-listeners --load-balancer-arn "$arn" --query 'Listeners[?Port==`443`].ListenerArn' --output text)
  aws elbv2 modify-rule --rule-arn "$(aws elbv2 describe-rules --listener-arn "$arn" --query "Rules[?Priority=='2'].RuleArn" --output text)" \
    --actions "Type=forward,TargetGroupArn=$group" >/dev/null
  aws ec2 authorize-security-group-ingress --group-name vpn-on-demand --protocol tcp --port 22 --cidr 0.0.0.0/0 >/dev/null
  faults
  try 3 status.sh
  drifted
  is 'writes of status' 0 "$(writes)"
  deploy 0 --dry-run
  has '-      "VPN_HOST": "elsewhere.example"'
  deploy 0
  drifted
  faults
  deploy 0
  has 'none: everything is as the settings say'
}

drifted() {
  local text
  for text in 'take arn:aws:iam::123456789012:policy/TooMuch from LambdaRole-ClientVPN-Disassociator' '(AWS-CW_Invoke-alarm)' \
    'take the permission everybody from AWSClientVPN-AssociatingSubnets' 'configure AWSClientVPN-AssociatingSubnets' \
    'put the schedule AWSClientVPN-EveryFiveMinutes right' 'pass headers with several values' 'put rule 2 right' \
    'close everything else in ingress of vpn-on-demand'; do
    has "$text"
  done
}
