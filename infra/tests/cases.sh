# shellcheck shell=bash
# What is proven. Each case begins with a fresh account.
set -Eeuo pipefail

readonly CASES=(command_line tools settings account packages story cargo broken_off refusals adopted connect options listener own_pool directory page
  drift status history people turned_on second)

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
  try 2 status.sh --only nonsense
  try 2 destroy.sh --turn-off --leave-on
  try 1 deploy.sh --packages "$WORK/packages"
  has 'nobody is there to confirm'
  is 'writes' 0 "$(writes)"
}

# tool NAME TEXT: a program of this name that says TEXT and fails at everything else, before all others.
tool() {
  mkdir -p "$WORK/tools"
  printf '#!/bin/sh\n[ "$*" = --version ] || [ "$*" = "lambda --version" ] || exit 1\necho "%s"\n' "$2" >"$WORK/tools/$1"
  chmod +x "$WORK/tools/$1"
}

# Tools that are missing or too old are named with the version that is needed, before anything is asked of AWS.
case_tools() {
  local text status
  fresh
  faults
  tool aws 'aws-cli/1.39.9 Python/3.11.7 Linux/6.1 botocore/1.37.9'
  tool jq jq-1.5
  PATH=$WORK/tools:$PATH deploy 1
  has 'the AWS CLI is 1.39.9, and these scripts need 1.40'
  has 'jq is jq-1.5, and these scripts need 1.6'
  tool aws 'aws-cli/2.26.7 Python/3.11.7'
  PATH=$WORK/tools:$PATH deploy 1
  has 'the AWS CLI is 2.26.7, and these scripts need 2.27'
  rm "$WORK/tools/aws" "$WORK/tools/jq"
  tool cargo 'cargo-lambda 1.8.9 (0000000 2025-01-01Z)'
  PATH=$WORK/tools:$PATH try 1 deploy.sh --yes
  has 'cargo-lambda is 1.8.9, and these scripts need 1.9'
  printf '#!/bin/sh\nexit 101\n' >"$WORK/tools/cargo"
  PATH=$WORK/tools:$PATH try 1 deploy.sh --yes
  has 'cargo-lambda is not installed, and there are no packages'
  rm -r "$WORK/tools"
  try 1 deploy.sh --packages "$WORK/nothing" --yes
  has 'nothing/disassociator.zip is not there'
  is 'writes' 0 "$(writes)"
  # dash stands for a bash of other days: it can read the file too.
  for text in 3.2.57 4.3.48 ''; do
    status=0
    BASH_VERSION=$text dash "$INFRA/lib/bash.sh" 2>"$WORK/out" || status=$?
    is "bash $text" 1 "$status"
    has 'is too old: these scripts need 4.4 or newer'
  done
  for text in 4.4.0 5.2.15 10.0.1; do BASH_VERSION=$text dash "$INFRA/lib/bash.sh"; done
}

# The same content gives the same bytes, whenever and in whatever order it was written; other content does not.
case_packages() {
  local before
  try_package 0 --binaries "$WORK/programs" "$WORK/one"
  before=$(cd "$WORK/one" && sha256sum ./*.zip)
  touch "$WORK/programs"/*
  chmod 700 "$WORK/programs"/*
  TZ=Asia/Tokyo try_package 0 --binaries "$WORK/programs" "$WORK/one"
  is 'packages' "$before" "$(cd "$WORK/one" && sha256sum ./*.zip)"
  is 'what is in it' 'bootstrap policy/default.cedar policy/entities.json' "$(unzip -Z1 "$WORK/one/connect-handler.zip" | paste -sd' ')"
  is 'its modes' '-rwxr-xr-x -rw-r--r-- -rw-r--r--' "$(unzip -Z "$WORK/one/connect-handler.zip" | awk '/^-/ {print $1}' | paste -sd' ')"
  echo more >>"$WORK/programs/associator"
  try_package 0 --binaries "$WORK/programs" "$WORK/one"
  is 'packages that are the same' 2 "$(cd "$WORK/one" && sha256sum ./*.zip | grep -cxF "$before")"
  try_package 1 --binaries "$WORK/nowhere" "$WORK/one"
  has 'nowhere/associator is not there'
  try_package 2
  try_package 2 --architecture mips "$WORK/one"
  harness::packages one
}

try_package() {
  local expected=$1 status=0
  shift
  "$INFRA/package.sh" "$@" >"$WORK/out" 2>&1 || status=$?
  is "package.sh $*" "$expected" "$status"
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
  setting COMPANY_NAME 'A company whose name is longer than forty characters'
  setting LINKS 'Profile=http://intranet.example.com'
  deploy 1
  for text in 'COLOUR is not a setting' 'is not KEY=VALUE' 'KEEP_LIMIT has quotes' 'HOST is set twice' 'IDLE_TIME=32m' \
    '10.0.0.1/8 is no IPv4 block' 'NOTICE_AFTER=200h' 'CONNECT_HANDLER=perhaps' 'Cognito refuses' 'INSTALLATION=' \
    'OIDC_CLIENT_SECRET_FILE' 'OIDC_ISSUER=' 'ACCOUNT_ID=210987654321' 'at most 40 characters' 'expected at most 4 links'; do
    has "$text"
  done
  is 'writes' 0 "$(writes)"
  # The example has every setting, and every line of it is understood.
  sed -nE 's/^#?([A-Z][A-Z0-9_]*)=.*/\1/p' "$INFRA/settings.example.env" | sort >"$WORK/example"
  grep -oE '^ *(\[[A-Z_]+\]=[^ ]* ?)+$' "$INFRA/lib/settings.sh" | grep -oE '\[[A-Z_]+\]' | tr -d '[]' | sort >"$WORK/known"
  is 'the settings of the example' "$(<"$WORK/known")" "$(<"$WORK/example")"
  sed -E 's/^#([A-Z][A-Z0-9_]*=)/\1/' "$INFRA/settings.example.env" >"$WORK/settings.env"
  deploy 1
  has 'LISTENER_ARN stands beside CERTIFICATE_ARN'
  has_not ' expected '
  has_not 'is not a setting'
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

# too_much ROLE: attaches a policy to it that is not ours, such as AmazonEC2FullAccess.
too_much() {
  aws iam attach-role-policy --role-name "$1" --policy-arn "$(aws iam create-policy --policy-name TooMuch --query Policy.Arn --output text \
    --policy-document '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}')"
}

# Things of our names that are not ours stop everything, each by its name; --adopt takes one over.
case_refusals() {
  local text group balancer pool
  fresh
  aws iam create-role --role-name LambdaRole-ClientVPN-Associator --assume-role-policy-document '{"Version":"2012-10-17","Statement":[]}' >/dev/null
  too_much LambdaRole-ClientVPN-Associator
  aws sns create-topic --name AWSClientVPN-Notices >/dev/null
  aws logs create-log-group --log-group-name /aws/lambda/AWSClientVPN-AssociatingSubnets
  aws events put-rule --name AWSClientVPN-EveryFiveMinutes --schedule-expression 'rate(1 day)' >/dev/null
  aws cloudwatch put-metric-alarm --alarm-name AWSClientVPN-DisassociatingSubnets --namespace a --metric-name b --statistic Sum --period 60 \
    --evaluation-periods 1 --threshold 1 --comparison-operator LessThanThreshold
  group=$(aws elbv2 create-target-group --name vpn-on-demand --target-type lambda --query 'TargetGroups[0].TargetGroupArn' --output text)
  # shellcheck disable=SC2046 # one word for each subnet
  balancer=$(aws elbv2 create-load-balancer --name vpn-on-demand --subnets $(sed -n 's/^ALB_SUBNET_IDS=//p' "$WORK/settings.env" | tr , ' ') --query 'LoadBalancers[0].LoadBalancerArn' --output text)
  aws ec2 create-security-group --group-name vpn-on-demand --description theirs >/dev/null
  # Ours is on the second page.
  aws cognito-idp create-user-pool --pool-name another >/dev/null
  pool=$(aws cognito-idp create-user-pool --pool-name vpn-on-demand --query UserPool.Id --output text)
  export VPN_PAGE_SIZE=1
  gaps '{"handler": "arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-Other"}' >/dev/null
  faults
  deploy 1
  for text in role/LambdaRole-ClientVPN-Associator topic/AWSClientVPN-Notices log-group//aws/lambda/AWSClientVPN-AssociatingSubnets \
    rule/AWSClientVPN-EveryFiveMinutes alarm/AWSClientVPN-DisassociatingSubnets target-group/vpn-on-demand user-pool/vpn-on-demand \
    load-balancer/vpn-on-demand security-group/vpn-on-demand 'another connect handler already: arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-Other'; do
    has "$text"
  done
  is 'writes' 0 "$(writes)"
  aws elbv2 delete-load-balancer --load-balancer-arn "$balancer"
  aws elbv2 delete-target-group --target-group-arn "$group"
  aws ec2 delete-security-group --group-name vpn-on-demand >/dev/null
  aws cognito-idp delete-user-pool --user-pool-id "$pool"
  deploy 0 --adopt role/LambdaRole-ClientVPN-Associator --adopt topic/AWSClientVPN-Notices --adopt rule/AWSClientVPN-EveryFiveMinutes \
    --adopt log-group//aws/lambda/AWSClientVPN-AssociatingSubnets --adopt alarm/AWSClientVPN-DisassociatingSubnets \
    --adopt connect-handler
  has 'take arn:aws:iam::123456789012:policy/TooMuch from LambdaRole-ClientVPN-Associator'
  deploy 0
  has 'none: everything is as the settings say'
  setting INSTALLATION second
  sed -i '/^HOSTED_ZONE_ID/d' "$WORK/settings.env"
  faults
  deploy 1
  has 'belongs to the installation "default"'
  is 'writes' 0 "$(writes)"
  setting INSTALLATION ''
  try 0 destroy.sh --yes
  has 'it was there before us (--adopt), and stays: role/LambdaRole-ClientVPN-Associator'
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
  try 0 status.sh
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
  local group arn pool
  deployed
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
  aws elbv2 modify-target-group --target-group-arn "$group" --health-check-enabled >/dev/null
  aws elbv2 deregister-targets --target-group-arn "$group" --targets Id=arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-AssociatingSubnets
  aws elbv2 register-targets --target-group-arn "$group" --targets Id=arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-DisassociatingSubnets
  aws elbv2 modify-listener --listener-arn "$arn" --ssl-policy ELBSecurityPolicy-2016-08 >/dev/null
  arn=$(aws elbv2 describe-load-balancers --query 'LoadBalancers[0].LoadBalancerArn' --output text)
  aws elbv2 set-security-groups --load-balancer-arn "$arn" --security-groups "$(aws ec2 describe-security-groups --group-names default --query 'SecurityGroups[0].GroupId' --output text)" >/dev/null
  # shellcheck disable=SC2046 # one word for each subnet
  aws elbv2 set-subnets --load-balancer-arn "$arn" --subnets $(aws ec2 describe-subnets --query 'sort_by(Subnets, &AvailabilityZone)[1:3].SubnetId' --output text) >/dev/null
  pool=$(aws cognito-idp list-user-pools --max-results 60 --query 'UserPools[0].Id' --output text)
  aws cognito-idp update-user-pool-client --user-pool-id "$pool" --access-token-validity 60 \
    --client-id "$(aws cognito-idp list-user-pool-clients --user-pool-id "$pool" --query 'UserPoolClients[0].ClientId' --output text)" >/dev/null
  aws cognito-idp update-user-pool-domain --user-pool-id "$pool" --domain vpn-on-demand-123456789012 --managed-login-version 1 >/dev/null
  aws iam update-assume-role-policy --role-name LambdaRole-ClientVPN-Associator --policy-document \
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
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
    'close everything else in ingress of vpn-on-demand' 'switch the health checks of vpn-on-demand off' 'put the HTTPS listener' 'give vpn-on-demand its security group' \
    'move vpn-on-demand to its subnets' 'put the app client vpn-on-demand right' 'use managed login' \
    'take arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-DisassociatingSubnets from vpn-on-demand' 'let Lambda, and nobody else, assume LambdaRole-ClientVPN-Associator'; do
    has "$text"
  done
}

# What people read: in the function's variables, and in the answer after signing out, which no function gives.
case_page() {
  local body headline
  fresh
  setting COMPANY_NAME "McDonald's \"社\""
  setting SUPPORT_CONTACT '+81 3-1234-5678'
  setting LINKS 'Profile=https://intranet.example.com/vpn.ovpn?a=1&b=2;Help=https://intranet.example.com/'
  deploy 0
  is 'variables' "McDonald's \"社\"|+81 3-1234-5678|Profile=https://intranet.example.com/vpn.ovpn?a=1&b=2;Help=https://intranet.example.com/" \
    "$(aws lambda get-function-configuration --function-name AWSClientVPN-AssociatingSubnets --query Environment.Variables |
      jq -r '[.VPN_COMPANY_NAME, .VPN_SUPPORT_CONTACT, .VPN_LINKS] | join("|")')"
  body=$(aws elbv2 describe-rules --listener-arn "$(https_listener)" --query "Rules[?Priority=='1'].Actions[0].FixedResponseConfig.MessageBody" --output text)
  ((${#body} <= 1024))
  printf '%s' "$body" | LC_ALL=C grep -qv '[^ -~[:space:]]'
  python3 -c 'import html, sys; print(html.unescape(sys.stdin.read()))' <<<"$body" >"$WORK/out"
  while IFS= read -r headline; do has "$headline"; done < <(grep -h -A2 'signed_out: Saying' "$INFRA"/../crates/associator/src/texts/*.rs | sed -nE 's/.*headline: "(.*)",/\1/p')
  is 'languages' 4 "$(grep -c '<p[ >].*\(You are\|您\|었습니다\|ました\)' "$WORK/out")"
}

https_listener() {
  aws elbv2 describe-listeners --load-balancer-arn "$(aws elbv2 describe-load-balancers --query 'LoadBalancers[0].LoadBalancerArn' --output text)" \
    --query 'Listeners[?Port==`443`].ListenerArn' --output text
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
  setting ARCHITECTURE "$([[ $(uname -m) == aarch64 ]] && echo arm64 || echo x86_64)"
  export CARGO_TARGET_DIR=$PYTHON PATH=$WORK/tools:$PATH
  try 0 deploy.sh --dry-run
  planned=$(changes 'Changes, in this order:')
  has_not 'arm64 is not'
  grep -qx -- "lambda build --release --locked --[ax][a-z0-9-]*64 --lambda-dir $PYTHON/lambda --bin associator --bin disassociator --bin connect-handler" "$WORK/built"
  # A new role cannot be assumed at once.
  faults '{"operations": ["lambda:CreateFunction"], "kind": "assumed", "times": 2}'
  try 0 deploy.sh --yes
  is 'planned and made' "$planned" "$(changes 'Changing:')"
  is 'functions made, and refused at first' 5 "$(log | jq '[.log[] | select(.operation == "lambda:CreateFunction")] | length')"
  faults
  try 0 deploy.sh --yes
  has 'none: everything is as the settings say'
  is 'writes of a second deploy' 0 "$(writes)"
  is 'log format' JSON "$(aws lambda get-function-configuration --function-name AWSClientVPN-AssociatingSubnets --query LoggingConfig.LogFormat --output text)"
  echo more >>"$WORK/programs/connect-handler"
  faults
  try 0 deploy.sh --yes
  has 'replace the code of AWSClientVPN-ConnectHandler'
  is 'writes for new code' 'UpdateFunctionCode UpdateAlias' "$(log | jq -r '[.log[] | select(.write) | .operation | ltrimstr("lambda:")] | join(" ")')"
  # What is deployed holds the whole package.
  is 'the package' "$(unzip -Z1 "$PYTHON/packages/connect-handler.zip")" "$(deployed_code AWSClientVPN-ConnectHandler)"
  # By hand, with nothing but the names: the code changes, the alias moves, and nothing else.
  echo more >>"$WORK/programs/associator"
  cargo lambda build >/dev/null
  before=$(all_but_code)
  (cd "$INFRA/.." && cargo lambda deploy --lambda-dir "$PYTHON/lambda" --binary-name associator AWSClientVPN-AssociatingSubnets >"$WORK/out" 2>&1)
  has 'alias: live'
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
  curl --silent --fail --output "$WORK/code.zip" "$(aws lambda get-function --function-name "$1" --query Code.Location --output text)"
  unzip -Z1 "$WORK/code.zip"
}

all_but_code() {
  aws lambda get-function-configuration --function-name AWSClientVPN-AssociatingSubnets |
    jq 'del(.CodeSha256, .CodeSize, .LastModified, .RevisionId, .Version)'
  aws lambda get-policy --function-name AWSClientVPN-AssociatingSubnets --query Policy
  aws lambda list-tags --resource arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-AssociatingSubnets
  aws lambda list-aliases --function-name AWSClientVPN-AssociatingSubnets --query 'Aliases[].Name'
}

# What was there before us is taken over and, by destroy, put back as it was.
case_adopted() {
  local text before function=AWSClientVPN-DisassociatingSubnets
  fresh
  theirs
  before=$(what_theirs_are)
  faults
  deploy 1
  for text in "function/$function" "alarm/$function" "log-group//aws/lambda/$function" role/LambdaRole-ClientVPN-Disassociator topic/AWSClientVPN-Notices rule/AWSClientVPN-EveryFiveMinutes; do
    has "$text exists and is not ours"
  done
  is 'writes' 0 "$(writes)"
  try 2 deploy.sh --packages "$WORK/packages" --adopt user-pool/vpn-on-demand
  deploy 0 --adopt "function/$function" --adopt "alarm/$function" --adopt "log-group//aws/lambda/$function" --adopt role/LambdaRole-ClientVPN-Disassociator \
    --adopt topic/AWSClientVPN-Notices --adopt rule/AWSClientVPN-EveryFiveMinutes
  is 'runtime' provided.al2023 "$(aws lambda get-function-configuration --function-name "$function" --query Runtime --output text)"
  deploy 0
  has 'none: everything is as the settings say'
  try 0 destroy.sh --yes
  has "it was there before us (--adopt), and stays: function/$function"
  is 'what was there' "$before" "$(what_theirs_are)"
  is 'what was kept' '' "$(aws ssm describe-parameters --query 'Parameters[].Name' --output text)"
  try 0 destroy.sh --yes
  has 'there is nothing of ours'
}

# theirs: as somebody has it who followed the articles that describe the idea.
theirs() {
  local function=AWSClientVPN-DisassociatingSubnets
  local trust='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
  aws iam create-role --role-name LambdaRole-ClientVPN --assume-role-policy-document "$trust" >/dev/null
  aws iam create-role --role-name LambdaRole-ClientVPN-Disassociator --assume-role-policy-document "$trust" >/dev/null
  aws iam put-role-policy --role-name LambdaRole-ClientVPN-Disassociator --policy-name theirs --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}]}'
  too_much LambdaRole-ClientVPN-Disassociator
  mkdir -p "$WORK/theirs"
  printf 'print("theirs")\n' >"$WORK/theirs/lambda_function.py"
  (cd "$WORK/theirs" && zip -qX theirs.zip lambda_function.py)
  aws lambda create-function --function-name "$function" --runtime python3.13 --handler lambda_function.lambda_handler --timeout 60 \
    --role arn:aws:iam::123456789012:role/LambdaRole-ClientVPN --environment 'Variables={THEIRS=yes}' --zip-file "fileb://$WORK/theirs/theirs.zip" >/dev/null
  aws lambda add-permission --function-name "$function" --statement-id theirs --action lambda:InvokeFunction \
    --principal lambda.alarms.cloudwatch.amazonaws.com --source-arn "arn:aws:cloudwatch:us-east-1:123456789012:alarm:$function" >/dev/null
  aws logs create-log-group --log-group-name "/aws/lambda/$function"
  aws cloudwatch put-metric-alarm --alarm-name "$function" --namespace AWS/ClientVPN --metric-name ActiveConnectionsCount --statistic Average --period 300 \
    --evaluation-periods 6 --threshold 1 --comparison-operator LessThanThreshold --treat-missing-data missing
  aws sns create-topic --name AWSClientVPN-Notices >/dev/null
  aws sns subscribe --topic-arn arn:aws:sns:us-east-1:123456789012:AWSClientVPN-Notices --protocol email --notification-endpoint theirs@example.com >/dev/null
  aws events put-rule --name AWSClientVPN-EveryFiveMinutes --schedule-expression 'rate(1 day)' >/dev/null
  aws events put-targets --rule AWSClientVPN-EveryFiveMinutes --targets Id=theirs,Arn=arn:aws:lambda:us-east-1:123456789012:function:theirs >/dev/null
}

what_theirs_are() {
  local function=AWSClientVPN-DisassociatingSubnets role=LambdaRole-ClientVPN-Disassociator
  aws lambda get-function-configuration --function-name "$function" | jq '{Runtime, Handler, Timeout, MemorySize, Role, Environment, CodeSha256, Architectures}'
  aws lambda get-policy --function-name "$function" --query Policy --output text | jq .Statement
  aws lambda list-tags --resource "arn:aws:lambda:us-east-1:123456789012:function:$function"
  aws lambda list-aliases --function-name "$function" --query 'Aliases[].Name'
  aws cloudwatch describe-alarms --alarm-names "$function" | jq '.MetricAlarms[0] | del(.StateUpdatedTimestamp, .AlarmConfigurationUpdatedTimestamp, .StateValue, .StateReason, .StateReasonData, .StateTransitionedTimestamp)'
  aws cloudwatch list-tags-for-resource --resource-arn "arn:aws:cloudwatch:us-east-1:123456789012:alarm:$function"
  aws logs describe-log-groups --log-group-name-prefix "/aws/lambda/$function" --query 'logGroups[].retentionInDays'
  aws iam get-role --role-name "$role" --query 'Role.[AssumeRolePolicyDocument,Tags]'
  aws iam list-role-policies --role-name "$role"
  aws iam list-attached-role-policies --role-name "$role"
  aws sns get-topic-attributes --topic-arn arn:aws:sns:us-east-1:123456789012:AWSClientVPN-Notices --query Attributes.Policy --output text | jq .
  aws events describe-rule --name AWSClientVPN-EveryFiveMinutes --query '[ScheduleExpression,State]'
  aws events list-targets-by-rule --rule AWSClientVPN-EveryFiveMinutes
}

# What it costs: now by the hour with who is connected, and this month between what is certain and what AWS may bill.
case_status() {
  local month
  deployed
  month=$(date -u +%Y-%m)
  # Two hours: half of the first with two subnets, all of the second with one.
  for minute in 00 05 10 15 20 25; do gauge "$month-01T00:$minute:00Z" 2; done
  for minute in 00 05 10 15 20 25 30 35 40 45 50 55; do gauge "$month-01T01:$minute:00Z" 1; done
  gaps '{"associations": ["subnet-1", "subnet-2"], "connections": [
    {"connectionId": "cvpn-connection-1", "status": {"code": "active"}, "commonName": "ipad-01", "connectionEstablishedTime": "2026-01-01 09:00:00"},
    {"connectionId": "cvpn-connection-2", "status": {"code": "terminated"}, "commonName": "ipad-02", "connectionEstablishedTime": "2026-01-01 08:00:00"}],
    "tags": {"vpn-on-demand:on-since": "2026-01-01T08:55:00Z"}}' >/dev/null
  try 0 status.sh --json
  is 'cost' '{"associated_hours":{"from":2,"to":3},"usd_an_hour_now":0.25,"usd_this_month":{"from":0.2,"to":0.3}}' \
    "$(sed -n '/^{/,$p' "$WORK/out" | jq -c '.cost | {associated_hours, usd_an_hour_now, usd_this_month}')"
  is 'parts that are not as the settings say' 0 "$(sed -n '/^{/,$p' "$WORK/out" | jq '[.parts[]] | add')"
  try 0 status.sh
  has 'The VPN is ON since 2026-01-01T08:55:00Z'
  has 'Connected: ipad-01 since 2026-01-01 09:00:00'
  has_not ipad-02
  # shellcheck disable=SC2016 # dollars
  has 'This month so far: $0.2 to $0.3 for 2 to 3 associated hours'
  # shellcheck disable=SC2016 # dollars
  has '$146 in a whole month'
  # shellcheck disable=SC2016 # dollars
  has 'beside that, on or off: $24.73 a month'
  aws events disable-rule --name AWSClientVPN-EveryFiveMinutes
  try 3 status.sh
  has 'watch CHANGED (1)'
  has 'topics ok'
}

gauge() {
  aws cloudwatch put-metric-data --namespace ClientVpnOnDemand --metric-data "MetricName=AssociatedSubnets,Dimensions=[{Name=Endpoint,Value=$ENDPOINT}],Timestamp=$1,Value=$2"
}

# Who turned it on and what turned it off, with names that stand only in the user pool; and the lines behind a reference.
case_history() {
  local pool subject
  deployed
  pool=$(aws cognito-idp list-user-pools --max-results 60 --query 'UserPools[0].Id' --output text)
  subject=$(aws cognito-idp admin-create-user --user-pool-id "$pool" --username ann@example.com --user-attributes Name=email,Value=ann@example.com |
    jq -r '.User.Attributes[] | select(.Name == "sub") | .Value')
  line AssociatingSubnets "{\"message\": \"audit\", \"level\": \"INFO\", \"audit.action\": \"associate\", \"audit.trigger\": \"opening\", \"audit.subject\": \"$subject\",
    \"audit.change\": \"associate subnet-1\", \"audit.outcome\": \"accepted\", \"span\": {\"requestId\": \"11111111-0000\"}}"
  line AssociatingSubnets '{"message": "audit", "level": "INFO", "audit.action": "associate", "audit.trigger": "opening", "audit.subject": "gone",
    "audit.change": "associate subnet-2", "audit.outcome": "failed", "aws.code": "ClientVpnEndpointLimitExceeded", "aws.request_id": "22222222-0000"}'
  line DisassociatingSubnets '{"message": "done", "level": "INFO", "answer": "{\"HeldBack\": \"a client is connected\"}"}'
  line DisassociatingSubnets '{"message": "audit", "level": "INFO", "audit.action": "disassociate", "audit.trigger": "schedule", "audit.change": "disassociate subnet-1", "audit.outcome": "accepted"}'
  line DisassociatingSubnets '{"message": "failed", "level": "ERROR", "error": "not all could be disassociated", "span": {"requestId": "33333333-0000"}}'
  line DisassociatingSubnets '{"message": "nothing to do", "level": "INFO"}'
  faults
  try 0 status.sh --history 30
  for text in 'associate associate subnet-1 by ann@example.com: accepted' \
    'by somebody who was removed: failed (ClientVpnEndpointLimitExceeded, request 22222222-0000)' 'a client is connected' \
    'disassociate disassociate subnet-1 by schedule: accepted' 'failed: not all could be disassociated (request 33333333-0000)'; do
    has "$text"
  done
  is 'lines' 5 "$(grep -c '^20' "$WORK/out")"
  try 0 status.sh --reference 11111111-0000
  has 'AWSClientVPN-AssociatingSubnets'
  has_not 22222222-0000
  has_not ann@example.com
  try 1 status.sh --reference 99999999-0000
  has 'no log line has the reference 99999999-0000'
  try 2 status.sh --reference 'x; y'
  is 'writes' 0 "$(writes)"
}

# line FUNCTION JSON: in its log, now.
line() {
  local group=/aws/lambda/AWSClientVPN-$1
  aws logs create-log-stream --log-group-name "$group" --log-stream-name one 2>/dev/null || true
  aws logs put-log-events --log-group-name "$group" --log-stream-name one \
    --log-events "$(jq -nc --arg message "$(jq -c . <<<"$2")" --argjson at "$(date +%s%3N)" '[{timestamp: $at, message: $message}]')" >/dev/null
}

# What somebody with the rights of operator.json does day by day, as README.md says it.
case_people() {
  local pool
  deployed
  pool=$(aws cognito-idp list-user-pools --max-results 60 --query 'UserPools[0].Id' --output text)
  export AWS_ACCESS_KEY_ID=OPERATOR
  aws cognito-idp admin-create-user --user-pool-id "$pool" --username ann@example.com --user-attributes Name=email,Value=ann@example.com Name=email_verified,Value=true >/dev/null
  aws cognito-idp list-users --user-pool-id "$pool" --query 'Users[].Username' >/dev/null
  aws cognito-idp admin-disable-user --user-pool-id "$pool" --username ann@example.com
  aws cognito-idp admin-enable-user --user-pool-id "$pool" --username ann@example.com
  # She has signed in once.
  AWS_ACCESS_KEY_ID='test' aws cognito-idp admin-set-user-password --user-pool-id "$pool" --username ann@example.com --password 'Secret-of-12-characters' --permanent
  aws cognito-idp admin-reset-user-password --user-pool-id "$pool" --username ann@example.com
  aws cognito-idp admin-delete-user --user-pool-id "$pool" --username ann@example.com
  printf '{"force": true, "closed_for": "2h"}' >"$WORK/force.json"
  aws lambda invoke --function-name AWSClientVPN-DisassociatingSubnets --payload "fileb://$WORK/force.json" "$WORK/answer.json" >/dev/null
  if [[ $RECORD == false ]]; then
    # And nothing else.
    forbidden lambda delete-function --function-name AWSClientVPN-DisassociatingSubnets
    forbidden cognito-idp delete-user-pool --user-pool-id "$pool"
  fi
  export AWS_ACCESS_KEY_ID=test
}

forbidden() {
  if aws "$@" 2>"$WORK/out"; then return 1; fi
  has AccessDenied
}

# Between the question and the end of destroy somebody may turn it on, or have asked for it.
case_turned_on() {
  deployed
  gaps '{"tags": {"vpn-on-demand:last-request": "2026-01-01T00:00:00Z"}}' >/dev/null
  try 0 destroy.sh --yes
  has 'turn the VPN off for everybody'
  deployed
  gaps '{"associations": ["subnet-1"]}' >/dev/null
  try 0 destroy.sh --leave-on --yes
  is 'what is on' '["subnet-1"]' "$(gaps | jq -c .associations)"
  is 'tags' '{}' "$(gaps | jq -c .tags)"
}

# A second installation beside the first, on an endpoint of its own; it goes without taking anything of the first.
case_second() {
  local before first
  deployed
  first=$(gaps | jq -c '{tags, handler: .endpoint.handler}')
  gaps '{"id": "cvpn-endpoint-0fedcba9876543210", "handler": "", "tags": null}' >/dev/null
  before=$(inventory | jq -s .)
  setting INSTALLATION tokyo
  setting ENDPOINT_ID cvpn-endpoint-0fedcba9876543210
  setting HOST tokyo.vpn.example.com
  sed -i '/^HOSTED_ZONE_ID/d' "$WORK/settings.env"
  deploy 1
  has 'not for HOST=tokyo.vpn.example.com'
  setting HOST vpn.example.com
  deploy 0
  deploy 0
  has 'none: everything is as the settings say'
  is 'functions' 6 "$(aws lambda list-functions --query 'length(Functions)' --output text)"
  try 0 destroy.sh --yes
  cp "$WORK/good.env" "$WORK/settings.env"
  is 'the first one' "$before" "$(inventory | jq -s .)"
  gaps "$(jq -c --arg id "$ENDPOINT" '{id: $id, tags, handler}' <<<"$first")" >/dev/null
  try 0 status.sh
}

# The real thing, once: needs cargo-lambda and zig (.ci/cargo-lambda.txt), and some minutes for the release build.
case_release() {
  local name
  fresh
  try 0 deploy.sh --yes
  for name in AssociatingSubnets DisassociatingSubnets ConnectHandler; do
    is 'architecture' arm64 "$(aws lambda get-function-configuration --function-name "AWSClientVPN-$name" --query 'Architectures[0]' --output text)"
    deployed_code "AWSClientVPN-$name" >/dev/null
    # The machine in an executable's head: 183 is AArch64.
    is 'machine' 183 "$(unzip -p "$WORK/code.zip" bootstrap | od -An -t u2 -j 18 -N 2 | tr -d ' ')"
  done
  faults
  try 0 deploy.sh --yes
  has 'none: everything is as the settings say'
  is 'writes' 0 "$(writes)"
}
