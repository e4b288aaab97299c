# shellcheck shell=bash
# What comes after deploying: looking at it, changes by hand, people, removing it while it is on.
set -Eeuo pipefail

# What was changed by hand is named by status, shown as a difference, and mended.
case_drift() {
  local group arn pool mail=EmailSendingAccount=DEVELOPER,SourceArn=arn:aws:ses:us-east-1:123456789012:identity/example.com
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
  # A function that does not let the load balancer in cannot be registered; later nobody looks.
  aws lambda add-permission --function-name AWSClientVPN-DisassociatingSubnets --statement-id theirs --principal elasticloadbalancing.amazonaws.com --action lambda:InvokeFunction >/dev/null
  step 30
  aws elbv2 register-targets --target-group-arn "$group" --targets Id=arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-DisassociatingSubnets
  aws lambda remove-permission --function-name AWSClientVPN-DisassociatingSubnets --statement-id theirs
  aws elbv2 modify-listener --listener-arn "$arn" --ssl-policy ELBSecurityPolicy-2016-08 >/dev/null
  arn=$(aws elbv2 describe-load-balancers --query 'LoadBalancers[0].LoadBalancerArn' --output text)
  aws elbv2 set-security-groups --load-balancer-arn "$arn" --security-groups "$(aws ec2 describe-security-groups --group-names default --query 'SecurityGroups[0].GroupId' --output text)" >/dev/null
  # shellcheck disable=SC2046 # one word for each subnet
  aws elbv2 set-subnets --load-balancer-arn "$arn" --subnets $(aws ec2 describe-subnets --query 'sort_by(Subnets, &AvailabilityZone)[1:3].SubnetId' --output text) >/dev/null
  pool=$(aws cognito-idp list-user-pools --max-results 60 --query 'UserPools[0].Id' --output text)
  aws cognito-idp update-user-pool-client --user-pool-id "$pool" --access-token-validity 60 \
    --client-id "$(aws cognito-idp list-user-pool-clients --user-pool-id "$pool" --query 'UserPoolClients[0].ClientId' --output text)" >/dev/null
  aws cognito-idp update-user-pool-domain --user-pool-id "$pool" --domain vpn-on-demand-123456789012 --managed-login-version 1 >/dev/null
  # Mail that goes another way is not for us to judge; what an update is not given is reset.
  aws cognito-idp update-user-pool --user-pool-id "$pool" --user-pool-tags vpn-on-demand:installation=default --deletion-protection INACTIVE \
    --email-configuration "$mail" --admin-create-user-config "AllowAdminCreateUserOnly=false,InviteMessageTemplate={EmailSubject=Welcome}" >/dev/null
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
  is 'how mail is sent, and what it says' 'arn:aws:ses:us-east-1:123456789012:identity/example.com Welcome True' "$(aws cognito-idp describe-user-pool --user-pool-id "$pool" --output text \
    --query 'UserPool.[EmailConfiguration.SourceArn, AdminCreateUserConfig.InviteMessageTemplate.EmailSubject, AdminCreateUserConfig.AllowAdminCreateUserOnly]' | tr '\t' ' ')"
  faults
  deploy 0
  has 'none: everything is as the settings say'
}

drifted() {
  local text
  for text in 'take arn:aws:iam::123456789012:policy/TooMuch from LambdaRole-ClientVPN-Disassociator' '(AWS-CW_Invoke-alarm)' \
    'take the permission everybody from AWSClientVPN-AssociatingSubnets' 'configure AWSClientVPN-AssociatingSubnets' \
    'put the schedule AWSClientVPN-EveryFiveMinutes right' 'pass headers with several values' 'put rule 2 right' \
    'permission(s) of ingress of vpn-on-demand' 'switch the health checks of vpn-on-demand off' 'put the HTTPS listener' 'give vpn-on-demand its security group' \
    'move vpn-on-demand to its subnets' 'put the app client vpn-on-demand right' 'use managed login' 'put the user pool vpn-on-demand right' \
    'take arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-DisassociatingSubnets from vpn-on-demand' 'let Lambda, and nobody else, assume LambdaRole-ClientVPN-Associator'; do
    has "$text"
  done
}

# money_leads COST: the first lines of status.sh with these numbers instead.
money_leads() { jq --argjson cost "$(jq -nc "$1")" '.cost += $cost' "$WORK/status.json" | jq -r -L "$INFRA/lib" -f "$INFRA/lib/status.jq" | sed -n '2,/^$/p'; }

# What it costs: now by the hour with who is connected, and this month between what is certain and what AWS may bill.
case_status() {
  local month name since text
  deployed
  month=$(now)
  month=${month:0:7}
  # The month begins: CloudWatch takes no span of nothing.
  clock_at "$month-01T00:00:00Z" try 0 status.sh
  # shellcheck disable=SC2016 # dollars
  has 'This month so far: $0.00; always on would be $0.00; saved $0.00'
  # Two hours: half of the first with two subnets, all of the second with one.
  for minute in 00 05 10 15 20 25; do gauge "$month-01T00:$minute:00Z" 2; done
  for minute in 00 05 10 15 20 25 30 35 40 45 50 55; do gauge "$month-01T01:$minute:00Z" 1; done
  # Nothing else is to measure, nor to turn it off.
  aws events disable-rule --name AWSClientVPN-EveryFiveMinutes
  turn_on "$(subnet 1)" "$(subnet 2)"
  aws events enable-rule --name AWSClientVPN-EveryFiveMinutes
  since=$(now)
  aws ec2 create-tags --resources "$ENDPOINT" --tags "Key=vpn-on-demand:on-since,Value=$since"
  for name in ipad-01 ipad-02; do panel clients "{\"common_name\": \"$name\"}" >"$WORK/client.json"; done
  ask --request DELETE --output /dev/null "$AWS_ENDPOINT_URL/_local/panel/api/clients/$(jq -r .connection_id "$WORK/client.json")"
  clock_at "$month-03T07:30:00Z" try 0 status.sh --json
  is 'cost' '{"associated_hours":{"from":2,"to":3},"usd_an_hour_now":0.26,"usd_this_month":{"from":0.21,"to":0.32}}' \
    "$(sed -n '/^{/,$p' "$WORK/out" | jq -c '.cost | {associated_hours, usd_an_hour_now, usd_this_month}')"
  sed -n '/^{/,$p' "$WORK/out" >"$WORK/status.json"
  is 'saved: what always on would be, without what it was and what stands there anyway' 'true true' "$(jq -r '.cost | (.usd_always_on_so_far - .usd_other_this_month) as $rest
    | [.usd_saved_this_month.from - ($rest - 0.32), .usd_saved_this_month.to - ($rest - 0.21)] | map(fabs < 0.02) | map(tostring) | join(" ")' "$WORK/status.json")"
  is 'parts that are not as the settings say' 0 "$(sed -n '/^{/,$p' "$WORK/out" | jq '[.parts[]] | add')"
  clock_at "$month-03T07:30:00Z" try 0 status.sh
  has "The VPN is ON since $since"
  since=${since/T/ }
  has "Connected: ipad-01 since ${since%Z}"
  has_not ipad-02
  # shellcheck disable=SC2016 # dollars
  has 'Associations this month: $0.21 to $0.32 for 2 to 3 associated hours'
  # shellcheck disable=SC2016 # dollars
  has '$153.30 in a whole month'
  # shellcheck disable=SC2016 # dollars
  has 'beside that, on or off: $24.83 a month'
  has 'no invoice was seen'
  # What was deployed on the 9th costs nothing before.
  is 'since the 9th' "This month since $month-09 14:00 UTC: " "$(jq ".cost.since = \"$month-09T14:00:00Z\"" "$WORK/status.json" | jq -r -L "$INFRA/lib" -f "$INFRA/lib/status.jq" | sed -n '2s/: .*/: /p')"
  is 'of five hours' '2026-11-09T14:00:00Z 1.05 0.17 0.28 0.38 0.67 0.77' "$(jq -n '{Datapoints: [{Timestamp: "2026-11-09T14:00:00+00:00", Sum: 12, Maximum: 2}, {Timestamp: 1794240000, Sum: 0, Maximum: 0}]}' |
    jq -r -L "$INFRA/lib" -f "$INFRA/lib/cost.jq" --argjson prices "$(<"$INFRA/prices.json")" --arg region us-east-1 --arg subnets a,b --arg balancer_subnets a,b \
      --argjson use '{"networks": [], "connected": []}' --arg listener '' --arg now 2026-11-09T19:00:00Z --argjson ends 0 |
    jq -r '[.since, .usd_always_on_so_far, .usd_other_this_month, .usd_all_this_month.from, .usd_all_this_month.to, .usd_saved_this_month.from, .usd_saved_this_month.to] | map(tostring) | join(" ")')"
  # Somebody at a terminal sees that it is at work.
  status_at_a_terminal
  for text in 'asking AWS about 17 of 17 parts' 'looking at 1 of 14 parts: claim' 'looking at 14 of 14 parts: rules' $'\e[32mEverything is as the settings say.\e[0m'; do has "$text"; done
  NO_COLOR=1 status_at_a_terminal
  has 'Everything is as the settings say.'
  has_not $'\e[3'
  is 'a terminal: no such settings' 1 "$(status_at_a_terminal --settings "$WORK/none.env" || printf '%s' "$?")"
  has $'\e[31mError: '
  # What it leads with, in a good month and in a bad one.
  # shellcheck disable=SC2016 # dollars
  is 'a good month' 'This month so far: $37.90 to $41.20; always on would be $146.00; saved $104.80 to $108.10' \
    "$(money_leads '{usd_all_this_month: {from: 37.9, to: 41.2}, usd_always_on_so_far: 146, usd_saved_this_month: {from: 104.8, to: 108.1}}')"
  # shellcheck disable=SC2016 # dollars
  is 'a bad month' 'This month so far: $30.00; always on would be $23.50; that is $6.50 MORE
  If it stays so, go back: infra/README.md, "From always on, and back".' \
    "$(money_leads '{usd_all_this_month: {from: 30, to: 30}, usd_always_on_so_far: 23.5, usd_saved_this_month: {from: -6.5, to: -6.5}}')"
  # A load balancer in three subnets has three public addresses.
  setting ALB_SUBNET_IDS "$(sed -n 's/^ALB_SUBNET_IDS=//p' "$WORK/good.env"),$(aws ec2 describe-subnets --query 'sort_by(Subnets, &AvailabilityZone)[2].SubnetId' --output text)"
  deploy 0
  try 0 status.sh
  # shellcheck disable=SC2016 # dollars
  has 'beside that, on or off: $28.48 a month'
  aws events disable-rule --name AWSClientVPN-EveryFiveMinutes
  try 3 status.sh
  has 'watch CHANGED (1)'
  has 'topics ok'
  is 'a terminal: what is missing' 3 "$(status_at_a_terminal || printf '%s' "$?")"
  has $'\e[33mMissing, or not as the settings say'
  # An answer that never came is asked for again when it is needed, and is not AWS's.
  mkdir "$WORK/cut_off"
  printf '#!/bin/sh\ncase $* in *describe-rule*) if mkdir "%s/cut_off/once" 2>/dev/null; then echo "Could not connect to the endpoint URL" >&2; exit 255; fi ;; esac\nexec "%s" "$@"\n' \
    "$WORK" "$(command -v aws)" >"$WORK/cut_off/aws"
  chmod +x "$WORK/cut_off/aws"
  PATH=$WORK/cut_off:$PATH try 3 status.sh
  has 'watch CHANGED (1)'
  [[ -d $WORK/cut_off/once ]]
}

# status_at_a_terminal [OPTION...]: ends as it does.
status_at_a_terminal() {
  TERM=xterm AWS_ACCESS_KEY_ID=OPERATOR script --quiet --return --command "'$INFRA/status.sh' --settings '$WORK/settings.env'${*:+ $*}" /dev/null >"$WORK/out" </dev/null
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
  line DisassociatingSubnets '{"message": "the run is done", "level": "INFO", "answer": "{\"HeldBack\": \"a client is connected\"}"}'
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
case_operator() {
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
  aws ec2 create-tags --resources "$ENDPOINT" --tags "Key=vpn-on-demand:last-request,Value=$(now)"
  try 0 destroy.sh --yes
  has 'turn the VPN off for everybody'
  deployed
  turn_on "$(subnet 1)"
  # The settings have changed since: the record goes all the same.
  sed -i '/^HOSTED_ZONE_ID/d' "$WORK/settings.env"
  try 0 destroy.sh --leave-on --yes
  has 'delete the record of vpn.example.com'
  is 'what is on' "$(subnet 1)" "$(emulated | jq -r '.associations[].TargetNetworkId')"
  is 'tags' '{}' "$(emulated | jq -c .tags)"
}
