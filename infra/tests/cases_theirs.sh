# shellcheck shell=bash
# What is there already, and stays theirs.
set -Eeuo pipefail

# too_much ROLE: attaches a policy to it that is not ours, such as AmazonEC2FullAccess.
too_much() {
  aws iam attach-role-policy --role-name "$1" --policy-arn "$(aws iam create-policy --policy-name TooMuch --query Policy.Arn --output text \
    --policy-document '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}')"
}

# Things of our names that are not ours stop everything, each by its name; --adopt takes one over.
case_refusals() {
  local text group balancer pool
  fresh
  aws iam create-role --role-name LambdaRole-ClientVPN-Associator --assume-role-policy-document \
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}, "Action": "sts:AssumeRole"}}' >/dev/null
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
  their_record CREATE CNAME elsewhere.example.com
  export VPN_PAGE_SIZE=1
  aws ec2 modify-client-vpn-endpoint --client-vpn-endpoint-id "$ENDPOINT" \
    --client-connect-options Enabled=true,LambdaFunctionArn=arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-Other >/dev/null
  faults
  deploy 1
  for text in role/LambdaRole-ClientVPN-Associator topic/AWSClientVPN-Notices log-group//aws/lambda/AWSClientVPN-AssociatingSubnets \
    rule/AWSClientVPN-EveryFiveMinutes alarm/AWSClientVPN-DisassociatingSubnets target-group/vpn-on-demand user-pool/vpn-on-demand \
    'vpn.example.com has a CNAME record' load-balancer/vpn-on-demand security-group/vpn-on-demand 'Use its HTTPS listener (LISTENER_ARN)' "USER_POOL_ID=$pool" 'a name of its own (INSTALLATION)' 'another connect handler already: arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-Other'; do
    has "$text"
  done
  is 'writes' 0 "$(writes)"
  aws elbv2 delete-load-balancer --load-balancer-arn "$balancer"
  # AWS knows of that after a while only.
  step 300
  aws elbv2 delete-target-group --target-group-arn "$group"
  aws ec2 delete-security-group --group-name vpn-on-demand >/dev/null
  aws cognito-idp delete-user-pool --user-pool-id "$pool"
  their_record DELETE CNAME elsewhere.example.com
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
  is 'the connect handler that was there' arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-Other "$(connect_handler)"
  unset VPN_PAGE_SIZE
  is 'the role that was there' LambdaRole-ClientVPN-Associator "$(aws iam list-roles --query 'Roles[].RoleName' --output text)"
}

# What was there before us is taken over and, by destroy, put back as it was.
case_adopted() {
  local text before function=AWSClientVPN-DisassociatingSubnets
  fresh
  theirs
  before=$(what_theirs_are)
  faults
  deploy 1
  for text in "function/$function" "alarm/$function" "log-group//aws/lambda/$function" role/LambdaRole-ClientVPN-Disassociator topic/AWSClientVPN-Notices rule/AWSClientVPN-EveryFiveMinutes record/vpn.example.com; do
    has "$text exists and is not ours"
  done
  is 'writes' 0 "$(writes)"
  try 2 deploy.sh --packages "$WORK/packages" --adopt user-pool/vpn-on-demand
  deploy 0 --adopt "function/$function" --adopt "alarm/$function" --adopt "log-group//aws/lambda/$function" --adopt role/LambdaRole-ClientVPN-Disassociator \
    --adopt topic/AWSClientVPN-Notices --adopt rule/AWSClientVPN-EveryFiveMinutes --adopt record/vpn.example.com
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
  # Lambda can assume a role only when IAM has known it for some seconds.
  step 30
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
  their_record CREATE A 192.0.2.1
  aws sns create-topic --name AWSClientVPN-Notices >/dev/null
  aws sns subscribe --topic-arn arn:aws:sns:us-east-1:123456789012:AWSClientVPN-Notices --protocol email --notification-endpoint theirs@example.com >/dev/null
  aws events put-rule --name AWSClientVPN-EveryFiveMinutes --schedule-expression 'rate(1 day)' >/dev/null
  aws events put-targets --rule AWSClientVPN-EveryFiveMinutes --targets Id=theirs,Arn=arn:aws:lambda:us-east-1:123456789012:function:theirs >/dev/null
}

# their_record ACTION TYPE VALUE: for the host of the page.
their_record() {
  aws route53 change-resource-record-sets --hosted-zone-id "$(sed -n 's/^HOSTED_ZONE_ID=//p' "$WORK/settings.env")" --change-batch \
    "{\"Changes\": [{\"Action\": \"$1\", \"ResourceRecordSet\": {\"Name\": \"vpn.example.com\", \"Type\": \"$2\", \"TTL\": 60, \"ResourceRecords\": [{\"Value\": \"$3\"}]}}]}" >/dev/null
}

# what_theirs_are: lists as sets, and a list of one as its value: AWS promises neither order nor wording (fact 11.7).
what_theirs_are() { their_answers | jq 'walk(if type == "array" then if length == 1 and (.[0] | type) == "string" then .[0] else sort end else . end)'; }

their_answers() {
  local function=AWSClientVPN-DisassociatingSubnets role=LambdaRole-ClientVPN-Disassociator
  aws route53 list-resource-record-sets --hosted-zone-id "$(sed -n 's/^HOSTED_ZONE_ID=//p' "$WORK/settings.env")" --query "ResourceRecordSets[?Name=='vpn.example.com.']"
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
  # It is provisioning until somebody looks.
  aws elbv2 describe-load-balancers >/dev/null
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

# moved_to BALANCER ALL: our rules are there, our record leads there, and these are all load balancers.
moved_to() {
  deploy 0
  is 'load balancers' "$2" "$(aws elbv2 describe-load-balancers --query 'LoadBalancers[].LoadBalancerName | join(`" "`, sort(@))' --output text)"
  is "rules of $1" 12 "$(aws elbv2 describe-rules --listener-arn "$(https_of "$1")" --query 'length(Rules)' --output text)"
  is 'records' "A $(sed -n 's/^HOST=//p' "$WORK/settings.env"). dualstack.$1-" "$(records | sed -E 's/-[0-9].*/-/')"
  deploy 0
  has 'none: everything is as the settings say'
}

records() {
  aws route53 list-resource-record-sets --hosted-zone-id "$(sed -n 's/^HOSTED_ZONE_ID=//p' "$WORK/settings.env")" --query "ResourceRecordSets[?Type=='A'].[Type,Name,AliasTarget.DNSName]" --output text | tr '\t' ' '
}

# From our load balancer to somebody's and back (a target group serves one, and ours costs while it is there), and to
# another host name.
case_moved() {
  local balancer certificate
  deployed
  certificate=$(sed -n 's/^CERTIFICATE_ARN=//p' "$WORK/settings.env")
  setting LISTENER_ARN "$(https_of vpn-on-demand)"
  sed -i '/^CERTIFICATE_ARN/d; /^ALB_SUBNET_IDS/d' "$WORK/settings.env"
  deploy 1
  has 'LISTENER_ARN is of the load balancer that was made here'
  cp "$WORK/good.env" "$WORK/settings.env"
  # shellcheck disable=SC2046 # one word for each subnet
  balancer=$(aws elbv2 create-load-balancer --name theirs --subnets $(sed -n 's/^ALB_SUBNET_IDS=//p' "$WORK/settings.env" | tr , ' ') --query 'LoadBalancers[0].LoadBalancerArn' --output text)
  setting LISTENER_ARN "$(aws elbv2 create-listener --load-balancer-arn "$balancer" --protocol HTTPS --port 443 --default-actions Type=fixed-response,FixedResponseConfig={StatusCode=404} \
    --certificates "CertificateArn=$certificate" --query 'Listeners[0].ListenerArn' --output text)"
  sed -i '/^CERTIFICATE_ARN/d; /^ALB_SUBNET_IDS/d' "$WORK/settings.env"
  moved_to theirs theirs
  is 'our security groups' None "$(aws ec2 describe-security-groups --filters Name=group-name,Values=vpn-on-demand --query 'SecurityGroups[0].GroupId' --output text)"
  # Settings that name another listener than the one that the rules are on.
  cp "$WORK/good.env" "$WORK/settings.env"
  try 0 destroy.sh --dry-run
  is 'rules to be deleted' 11 "$(changes 'To be removed' | grep -c 'delete the rule of ours')"
  moved_to vpn-on-demand 'theirs vpn-on-demand'
  is 'rules of theirs' 1 "$(aws elbv2 describe-rules --listener-arn "$(https_of theirs)" --query 'length(Rules)' --output text)"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$WORK/key.pem" -out "$WORK/cert.pem" -days 30 -subj /CN=page.example.com \
    -addext subjectAltName=DNS:page.example.com 2>/dev/null
  setting HOST page.example.com
  setting CERTIFICATE_ARN "$(aws acm import-certificate --certificate "fileb://$WORK/cert.pem" --private-key "fileb://$WORK/key.pem" --query CertificateArn --output text)"
  moved_to vpn-on-demand 'theirs vpn-on-demand'
  try 0 destroy.sh --yes
  is 'records' '' "$(records)"
}

# A user pool that is there already: it gets an app client, a directory and marks, and keeps everything else. Ours, from
# before, stays until all is removed.
case_own_pool() {
  local pool before
  deployed
  everything
  pool=$(aws cognito-idp create-user-pool --pool-name staff --user-pool-tags theirs=yes --query UserPool.Id --output text)
  setting USER_POOL_ID "$pool"
  deploy 1
  has "the user pool $pool has no domain"
  aws cognito-idp create-user-pool-domain --domain staff --user-pool-id "$pool" >/dev/null
  # It takes a minute until there is one (fact 11.5).
  step 60
  before=$(their_pool "$pool")
  deploy 0
  deploy 0
  has 'none: everything is as the settings say'
  is 'clients' vpn-on-demand "$(aws cognito-idp list-user-pool-clients --user-pool-id "$pool" --max-results 9 --query 'UserPoolClients[].ClientName' --output text)"
  is 'directories' Company "$(aws cognito-idp list-identity-providers --user-pool-id "$pool" --query 'Providers[].ProviderName' --output text)"
  is 'user pools' 'staff vpn-on-demand' "$(aws cognito-idp list-user-pools --max-results 9 --query 'UserPools[].Name | join(`" "`, sort(@))' --output text)"
  try 0 destroy.sh --yes
  is 'user pools' staff "$(aws cognito-idp list-user-pools --max-results 9 --query 'UserPools[].Name' --output text)"
  is 'their user pool' "$before" "$(their_pool "$pool")"
  # A directory of theirs is used, and neither changed nor taken away.
  aws cognito-idp create-identity-provider --user-pool-id "$pool" --provider-name Company --provider-type OIDC \
    --provider-details oidc_issuer=https://theirs.example.com,client_id=theirs,authorize_scopes=openid,attributes_request_method=GET >/dev/null
  before=$(their_pool "$pool")
  deploy 0 --only sign_in
  is 'what people sign in with' 'COGNITO Company' "$(aws cognito-idp describe-user-pool-client --user-pool-id "$pool" --query 'UserPoolClient.SupportedIdentityProviders | join(`" "`, sort(@))' --output text \
    --client-id "$(aws cognito-idp list-user-pool-clients --user-pool-id "$pool" --query 'UserPoolClients[0].ClientId' --output text)")"
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
  aws cognito-idp list-identity-providers --user-pool-id "$1" --query 'Providers[].ProviderName'
  aws cognito-idp describe-identity-provider --user-pool-id "$1" --provider-name Company --query IdentityProvider.ProviderDetails 2>/dev/null || true
}

# A second installation beside the first, on an endpoint of its own; it goes without taking anything of the first.
case_second() {
  local before first
  deployed
  first=$(connect_handler)
  endpoint '{"id": "cvpn-endpoint-0fedcba9876543210", "connect_handler": ""}'
  before=$(inventory)
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
  is 'the first one' "$before" "$(inventory)"
  endpoint "{\"id\": \"$ENDPOINT\", \"connect_handler\": \"$first\"}"
  try 0 status.sh
}
