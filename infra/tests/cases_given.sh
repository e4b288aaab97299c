# shellcheck shell=bash
# What is given: options, tools, packages, settings, and what the account has.
set -Eeuo pipefail

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
  has 'the AWS CLI is 1.39.9, and these scripts need 1.44.80'
  has 'jq is jq-1.5, and these scripts need 1.6'
  tool aws 'aws-cli/2.26.7 Python/3.11.7'
  PATH=$WORK/tools:$PATH deploy 1
  has 'the AWS CLI is 2.26.7, and these scripts need 2.34.31'
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
  is 'what is in it' 'bootstrap licences.txt policy/default.cedar policy/entities.json' "$(unzip -Z1 "$WORK/one/connect-handler.zip" | paste -sd' ')"
  is 'its modes' '-rwxr-xr-x -rw-r--r-- -rw-r--r-- -rw-r--r--' "$(unzip -Z "$WORK/one/connect-handler.zip" | awk '/^-/ {print $1}' | paste -sd' ')"
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
  setting PROFILES yes
  setting SIGN_IN_DOMAIN my-cognito
  setting INSTALLATION 'Rather Long Name'
  setting DIRECTORY oidc
  setting OIDC_CLIENT_SECRET_FILE /nonexistent
  setting ACCOUNT_ID 210987654321
  setting COMPANY_NAME 'A company whose name is longer than forty characters'
  setting LINKS 'Profile=http://intranet.example.com'
  deploy 1
  for text in 'COLOUR is not a setting' 'is not KEY=VALUE' 'KEEP_LIMIT has quotes' 'HOST is set twice' 'IDLE_TIME=32m' \
    '10.0.0.1/8 is not an IPv4 or IPv6 block' 'NOTICE_AFTER=200h' 'CONNECT_HANDLER=perhaps' 'PROFILES=yes' 'Cognito refuses' 'INSTALLATION=' \
    'OIDC_CLIENT_SECRET_FILE' 'OIDC_ISSUER=' 'ACCOUNT_ID=210987654321' 'at most 40 characters' 'expected at most 4 links'; do
    has "$text"
  done
  is 'writes' 0 "$(writes)"
  # The example has every setting, and every line of it is understood.
  sed -nE 's/^#?([A-Z][A-Z0-9_]*)=.*/\1/p' "$INFRA/settings.example.env" | sort >"$WORK/example"
  sed -n '/^# Every setting/,/^$/p' "$INFRA/lib/settings.sh" | grep -oE '\b[A-Z_]+=' | tr -d = | sort >"$WORK/known"
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

# route BLOCK: made by hand in the first subnet.
route() {
  aws ec2 create-client-vpn-route --client-vpn-endpoint-id "$ENDPOINT" --destination-cidr-block "$1" --target-vpc-subnet-id "$(subnet 1)" >/dev/null
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
  turn_on "$(subnet 1)"
  route 10.5.0.0/16
  route 0.0.0.0/0
  endpoint '{"vpc": "", "security_groups": [], "status": "deleting"}'
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
  turn_on "$(subnet 1)"
  route 10.5.0.0/16
  deploy 1
  try 0 deploy.sh --packages "$WORK/packages" --dry-run --forget-routes
}

# Of the deployer's files some are not attached: the dry run names all that are missing, whatever is asked for first.
case_attached() {
  local file one others
  # Rights are judged only where there are documents.
  [[ $RECORD == false ]] || return 0
  fresh
  faults
  for file in "$INFRA"/iam/deployer-*.json; do
    one=$(basename "$file" .json)
    others=$(cd "$INFRA" && printf '%s\n' iam/deployer-*.json | grep --invert-match --line-regexp --fixed-strings "iam/$one.json")
    AS=WITHOUT-$one try 1 deploy.sh --packages "$WORK/packages" --dry-run
    is "missing without $one" "iam/$one.json" "$(attach)"
    AS=ONLY-$one try 1 deploy.sh --packages "$WORK/packages" --dry-run
    is "missing with $one alone" "$others" "$(attach)"
  done
  is 'writes' 0 "$(writes)"
  deployed
  AS=WITHOUT-deployer-watch try 1 destroy.sh --dry-run
  is 'missing for destroy' iam/deployer-watch.json "$(attach)"
  # A right that is missing from a file is told as one, and a boundary is not blamed on the files.
  faults '{"lacks": ["sns:GetTopicAttributes"]}'
  try 1 deploy.sh --packages "$WORK/packages" --dry-run
  has 'is not authorized to perform: sns:GetTopicAttributes'
  is 'missing' iam/deployer-watch.json "$(attach)"
  faults '{"denies": {"sns:GetTopicAttributes": "with an explicit deny in a permissions boundary"}}'
  try 1 deploy.sh --packages "$WORK/packages" --dry-run
  has 'A permissions boundary forbids this, whatever else is attached.'
  is 'missing' '' "$(attach)"
  faults '{"lacks": ["logs:DescribeLogGroups"]}'
  try 1 status.sh
  is 'missing for status' iam/operator.json "$(attach)"
}

# attach: the files that the last output wants attached, sorted.
attach() { sed -n 's/^  You may not do this\. Have these files of infra attached .*: //p' "$WORK/out" | tr ' ' '\n' | sort; }

# Where every role must have a permissions boundary: it is there from the beginning, put where another is, and taken along.
case_boundary() {
  local ours other role=LambdaRole-ClientVPN-Disassociator
  fresh
  setting PERMISSIONS_BOUNDARY arn:aws:iam::123456789012:policy/vpn-on-demand-boundary
  faults
  deploy 1 --dry-run
  has 'PERMISSIONS_BOUNDARY: arn:aws:iam::123456789012:policy/vpn-on-demand-boundary does not exist'
  ours=$(aws iam create-policy --policy-name vpn-on-demand-boundary --policy-document "file://$INFRA/iam/boundary.json" --query Policy.Arn --output text)
  other=$(aws iam create-policy --policy-name other --policy-document "file://$INFRA/iam/boundary.json" --query Policy.Arn --output text)
  if [[ $RECORD == false ]]; then
    sed -i '/^PERMISSIONS_BOUNDARY=/d' "$WORK/settings.env"
    AS=BOUNDED deploy 1
    has 'is not authorized to perform: iam:CreateRole'
    fresh
    ours=$(aws iam create-policy --policy-name vpn-on-demand-boundary --policy-document "file://$INFRA/iam/boundary.json" --query Policy.Arn --output text)
    other=$(aws iam create-policy --policy-name other --policy-document "file://$INFRA/iam/boundary.json" --query Policy.Arn --output text)
    setting PERMISSIONS_BOUNDARY "$ours"
    AS=BOUNDED deploy 0
  else
    deploy 0
  fi
  for role in Associator Disassociator ConnectHandler; do is "the boundary of $role" "$ours" "$(boundary "LambdaRole-ClientVPN-$role")"; done
  try 0 status.sh
  role=LambdaRole-ClientVPN-Disassociator
  aws iam put-role-permissions-boundary --role-name "$role" --permissions-boundary "$other"
  try 3 status.sh
  has "limit $role by the permissions boundary $ours"
  faults
  deploy 0
  is 'writes' 1 "$(writes)"
  is 'the boundary' "$ours" "$(boundary "$role")"
  # One that nobody asked for here stays.
  sed -i '/^PERMISSIONS_BOUNDARY=/d' "$WORK/settings.env"
  try 0 status.sh
  try 0 destroy.sh --yes
}

# boundary ROLE: its permissions boundary.
boundary() { aws iam get-role --role-name "$1" --query Role.PermissionsBoundary.PermissionsBoundaryArn --output text; }

# init STATUS [OPTIONS...]: a settings file, written anew.
init() {
  rm -f "$WORK/settings.env"
  try "$1" deploy.sh --init "$ENDPOINT" "${@:2}"
}

# The first settings file: with what the endpoint tells, candidates for the rest, and nothing that breaks it.
case_init() {
  local vpc subnets gateway table text
  fresh
  vpc=$(aws ec2 describe-vpcs --query 'Vpcs[0].VpcId' --output text)
  subnets=$(sed -n 's/^SUBNET_IDS=//p' "$WORK/settings.env")
  cp "$WORK/settings.env" "$WORK/before.env"
  endpoint '{"routes": ["10.5.0.0/16", "2001:db8::/32"], "traffic": "dual-stack"}'
  faults
  try 1 deploy.sh --init "$ENDPOINT"
  has 'settings.env is there already, and is not overwritten'
  is 'what was there' "$(<"$WORK/before.env")" "$(<"$WORK/settings.env")"
  try 2 deploy.sh --host vpn.example.com
  init 1 --host 'vpn example'
  init 2 --region --endpoint-url=http://127.0.0.1:1
  init 1 --region 'us east'
  has 'expected a region'
  is 'calls' 0 "$(log | jq '.calls | length')"
  # Nothing is associated, no subnet is public, and no host is known.
  gateway=$(aws ec2 describe-internet-gateways --filters "Name=attachment.vpc-id,Values=$vpc" --query 'InternetGateways[0].InternetGatewayId' --output text)
  table=$(aws ec2 describe-route-tables --filters "Name=vpc-id,Values=$vpc" --query 'RouteTables[0].RouteTableId' --output text)
  aws ec2 delete-route --route-table-id "$table" --destination-cidr-block 0.0.0.0/0
  faults
  init 0
  has 'To be filled in, with candidates beside it: SUBNET_IDS ALB_SUBNET_IDS HOST'
  cp "$WORK/settings.env" "$WORK/out"
  for text in REGION=us-east-1 "ENDPOINT_ID=$ENDPOINT" ROUTES=10.5.0.0/16,2001:db8::/32 'SUBNET_IDS=FILL IN' 'ALB_SUBNET_IDS=FILL IN' 'HOST=FILL IN' \
    'No VPC here has public subnets' "# ${subnets%%,*} in us-east-1a"; do
    has "$text"
  done
  deploy 1
  for text in SUBNET_IDS ALB_SUBNET_IDS HOST; do has "$text still says FILL IN"; done
  has '3 thing(s) to put right'
  # Everything is there, with names that would break the file or the terminal.
  aws ec2 associate-vpc-cidr-block --vpc-id "$vpc" --amazon-provided-ipv6-cidr-block >/dev/null
  with_ipv6 "$vpc" "$(subnet 1)" "$(subnet 2)"
  turn_on "$(subnet 1)" "$(subnet 2)"
  aws ec2 create-route --route-table-id "$table" --destination-cidr-block 0.0.0.0/0 --gateway-id "$gateway" >/dev/null
  aws ec2 create-tags --resources "${subnets%%,*}" --tags "$(jq -nc '[{Key: "Name", Value: "a\nHOST=evil.example.com\u009b2J\u202e"}]')"
  faults
  init 0 --host vpn.example.com
  has 'To be filled in, with candidates beside it: ALB_SUBNET_IDS'
  is 'writes' 0 "$(writes)"
  is 'control characters' '' "$(LC_ALL=C tr -d '\n -~' <"$WORK/settings.env")"
  is 'settings in it' 'REGION ENDPOINT_ID SUBNET_IDS ROUTES HOST ALB_SUBNET_IDS ACCOUNT_ID' "$(sed -nE 's/^([A-Z_]+)=.*/\1/p' "$WORK/settings.env" | paste -sd' ')"
  is 'the subnets' "$(tr , '\n' <<<"$subnets" | sort)" "$(sed -n 's/^SUBNET_IDS=//p' "$WORK/settings.env" | tr , '\n' | sort)"
  is 'the zone' "$(sed -n 's/^HOSTED_ZONE_ID=//p' "$WORK/before.env")" "$(sed -n 's/^#HOSTED_ZONE_ID=//p' "$WORK/settings.env")"
  is 'the certificate' "$(sed -n 's/^CERTIFICATE_ARN=//p' "$WORK/before.env")" "$(sed -n 's/^#CERTIFICATE_ARN=//p' "$WORK/settings.env")"
  # With the candidates taken it is all that is needed.
  turn_off
  sed -i '/^ALB_SUBNET_IDS/d; s/^#\(ALB_SUBNET_IDS\|CERTIFICATE_ARN\|HOSTED_ZONE_ID\)=/\1=/' "$WORK/settings.env"
  deploy 0 --dry-run
  endpoint '{"transit_gateway": "tgw-0123456789abcdef0"}'
  init 1
  has 'the endpoint belongs to a Transit Gateway'
  [[ ! -e $WORK/settings.env ]]
}
