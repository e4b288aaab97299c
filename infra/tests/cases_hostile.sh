# shellcheck shell=bash
# What is wrong on purpose: settings, names and tags that would become options, addresses, patterns or orders to the terminal.
set -Eeuo pipefail

# Stands in every hostile value: nothing that the CLI is given may have it.
readonly MARK=hostile-value

# sane: nothing in the last output steers a terminal.
sane() {
  ! LC_ALL=C grep --text --line-number $'[\001-\010\013-\037\177]\|\302[\200-\237]' "$WORK/out" | cat -v >&2
}

# unused: nothing hostile has been given to the CLI.
unused() {
  is 'what the CLI was given' '' "$(grep -F -- "$MARK" "$ARGUMENTS" | head -3 || true)"
}

# A setting that is found wrong reaches nobody: no option, no address, no file, not even in a read. What depends on
# nothing wrong is still looked at.
case_hostile_settings() {
  local key value
  fresh
  faults
  for value in "--endpoint-url=http://$MARK.example/" "file:///etc/$MARK"; do
    # What only goes to AWS within JSON may say what it likes.
    sed -nE 's/^#?([A-Z][A-Z0-9_]*)=.*/\1/p' "$INFRA/settings.example.env" | grep -vE '^(REGION|COMPANY_NAME|SUPPORT_CONTACT)$' >"$WORK/keys"
    while IFS= read -r key; do setting "$key" "$value"; done <"$WORK/keys"
    deploy 1
    unused
    sane
    has 'ENDPOINT_ID='
    try 1 status.sh
    try 1 destroy.sh --yes
    unused
    setting REGION "$value"
    deploy 1
    setting REGION us-east-1
  done
  for key in ENDPOINT_ID SUBNET_IDS CERTIFICATE_ARN HOSTED_ZONE_ID USER_POOL_ID INSTALLATION; do
    cp "$WORK/good.env" "$WORK/settings.env"
    setting "$key" "--debug=$MARK"
    setting ALB_SUBNET_IDS subnet-0123456789abcdef0,subnet-0fedcba9876543210
    deploy 1
    has "$key="
    has 'ALB_SUBNET_IDS: subnet-0fedcba9876543210 does not exist'
    unused
  done
  for value in "role/x topic/y" "role/$(printf '\033[2J')" --yes; do try 2 deploy.sh --packages "$WORK/packages" --adopt "$value"; done
  try 2 deploy.sh --packages "$WORK/packages" --only 'claim topics'
  try 2 status.sh --reference "--$(printf '\033[2J')"
  sane
  try 2 deploy.sh --packages --yes
  # If nothing can be asked, what is known is told all the same.
  cp "$WORK/good.env" "$WORK/settings.env"
  setting IDLE_TIME 32m
  faults '{"operations": ["sts:GetCallerIdentity"], "kind": "denied"}'
  deploy 1
  has 'IDLE_TIME=32m'
  has 'while reading: sts get-caller-identity'
  faults
  is 'writes' 0 "$(writes)"
}

# Files that are no plain text.
case_hostile_files() {
  local text
  fresh
  faults
  # As Windows writes it.
  { printf '\357\273\277' && sed 's/$/\r/' "$WORK/good.env"; } >"$WORK/settings.env"
  try 0 deploy.sh --packages "$WORK/packages" --dry-run
  setting COMPANY_NAME "Müller & Söhne"
  try 0 deploy.sh --packages "$WORK/packages" --dry-run
  printf 'REGION=us-\0east-1\n' >"$WORK/settings.env"
  deploy 1
  has 'has zero bytes'
  iconv -t UTF-16 "$WORK/good.env" >"$WORK/settings.env"
  deploy 1
  has 'a text in UTF-16'
  cp "$WORK/good.env" "$WORK/settings.env"
  setting IDLE_TIME "$(head -c 900000 /dev/zero | tr '\0' 9)"
  deploy 1
  has 'of the settings has 900010 bytes'
  is 'a short message' 1 "$(($(wc -c <"$WORK/out") < 2000))"
  setting COMPANY_NAME "$(head -c 900000 /dev/zero | tr '\0' 9)"
  deploy 1
  has 'has more than 1000000 bytes'
  for text in '\033]0;owned\007' 'a\rb' '\302\233' 'M\374ller' 'a\tb'; do
    cp "$WORK/good.env" "$WORK/settings.env"
    # shellcheck disable=SC2059 # escapes
    setting COMPANY_NAME "Company $(printf "$text") Ltd"
    deploy 1
    has 'COMPANY_NAME has control characters, or is not UTF-8'
    sane
  done
  is 'writes' 0 "$(writes)"
}

# What AWS answers is anybody's: names with leading dashes are taken as names, addresses are not fetched, escapes not shown.
case_hostile_answers() {
  local pool role=LambdaRole-ClientVPN-Disassociator
  fresh
  aws iam create-role --role-name "$role" --assume-role-policy-document '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}' >/dev/null
  aws iam put-role-policy --role-name "$role" --policy-name=--debug --policy-document '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}'
  deploy 0 --adopt "role/$role"
  has 'take over the role'
  try 0 destroy.sh --yes
  is 'the policies of their role' --debug "$(aws iam list-role-policies --role-name "$role" --query 'PolicyNames[]' --output text)"
  fresh
  # In XML there are no escapes but these.
  aws ec2 create-tags --resources "$ENDPOINT" --tags "$(jq -nc '[{Key: "vpn-on-demand:installation", Value: "\u009b2J tokyo"}]')"
  aws cognito-idp create-user-pool --pool-name vpn-on-demand --user-pool-tags "$(jq -nc '{"vpn-on-demand:installation": "\u001b]0;owned\u0007 osaka"}')" >/dev/null
  deploy 1
  has '?2J tokyo"'
  has '?]0;owned? osaka"'
  sane
  deployed
  printf '%s\n' "$MARK" >"$WORK/marked"
  pool=$(aws cognito-idp create-user-pool --pool-name staff --query UserPool.Id --output text \
    --user-pool-tags "vpn-on-demand:in-this-pool/default=client,vpn-on-demand:directory-in-this-pool/default=file://$WORK/marked")
  setting USER_POOL_ID "$pool"
  faults
  try 1 destroy.sh --yes
  has "\"file://$WORK/marked\" cannot be the value of --provider-name"
  is 'calls with what stands in the file' 0 "$(log | jq '[.calls[] | select(.operation == "cognito-idp:DescribeIdentityProvider")] | length')"
}
