# shellcheck shell=bash
# The settings file: KEY=VALUE lines, read and never run. Source it through lib.sh.
set -Eeuo pipefail

# Every setting, with its default; settings.example.env explains them.
INSTALLATION='' ACCOUNT_ID='' REGION='' ENDPOINT_ID='' SUBNET_IDS='' ROUTES='' IDLE_TIME=30m KEEP_LIMIT=8h HOST=''
CERTIFICATE_ARN='' ALB_SUBNET_IDS='' LISTENER_ARN='' RULE_PRIORITY=1000 HOSTED_ZONE_ID='' USER_POOL_ID='' SIGN_IN_DOMAIN=''
DIRECTORY=none DIRECTORY_NAME=Company SAML_METADATA_URL='' OIDC_ISSUER='' OIDC_CLIENT_ID='' OIDC_CLIENT_SECRET_FILE=''
CONNECT_HANDLER=shadow CONNECT_PROVISIONED=0 CONNECT_ENTITIES='' NOTICE_EMAIL='' NOTICE_AFTER=12h DASHBOARD=off ARCHITECTURE=arm64
PERMISSIONS_BOUNDARY='' COMPANY_NAME='' SUPPORT_CONTACT='' LINKS='' PROFILES=off

# settings::known EXAMPLE: what may stand in a settings file is what stands in this example; each setting has its default now.
settings::known() {
  local line
  EXAMPLE=infra${1#"$INFRA"}
  declare -gA DEFAULTS=()
  [[ -r $1 ]] || die "cannot read $1" 'Take it from the repository again: it says which settings there are.'
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line =~ ^#?([A-Z][A-Z0-9_]*)= ]]; then
      line=${BASH_REMATCH[1]}
      DEFAULTS[$line]=${!line}
    fi
  done <"$1"
}
settings::known "$INFRA/settings.example.env"

settings::unreadable() { die "cannot read the settings file $1" "Copy $EXAMPLE to ${EXAMPLE/.example/} and fill it in, or name one with --settings FILE."; }

# Set by settings::names.
ALARM='' ALARM_CERTIFICATE='' ALARM_LIST='' ALARM_ERRORS='' ALARM_LONG='' ALARM_MONTH='' ALARM_SILENT='' ASSOCIATOR='' BALANCER='' CLIENT='' CONNECTOR=''
DASHBOARD_NAME='' DISASSOCIATOR='' DOMAIN='' DOMAIN_HOST='' GROUP='' NAME='' POOL='' ROLE_ASSOCIATOR=''
PROFILES_BUCKET='' ROLE_CONNECTOR='' ROLE_DISASSOCIATOR='' SCHEDULE='' TOPIC_FAILURES='' TOPIC_NOTICES=''

readonly HOST_PATTERN='([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}'

# What a file and a line of it may have at most, in bytes.
readonly MOST_OF_FILE=1000000 MOST_OF_LINE=4096

# The settings that failed a check. They are empty from then on: nothing that is wrong is ever used, not even to read.
declare -gA WRONG=()

# settings::wrong KEY TEXT TODO: a problem of this setting.
settings::wrong() {
  problem "$2" "$3"
  WRONG[$1]=1
  printf -v "$1" '%s' ''
}

# settings::right KEY...: whether none of them is wrong, so that what depends on them can be looked at.
settings::right() {
  local key
  for key in "$@"; do [[ ! -v WRONG[$key] ]] || return 1; done
}

# settings::text FILE: its text in $WORK/settings; ends the script when it is none.
settings::text() {
  # Only so much: a device has no end.
  head -c "$((MOST_OF_FILE + 1))" <"$1" >"$WORK/settings" 2>"$WORK/stderr" || settings::unreadable "$1"
  (($(wc -c <"$WORK/settings") <= MOST_OF_FILE)) || die "the settings file $1 has more than $MOST_OF_FILE bytes" 'Name the right file with --settings FILE.'
  (($(tr -cd '\000' <"$WORK/settings" | wc -c) == 0)) ||
    die "the settings file $1 has zero bytes: it is not a text, or a text in UTF-16" 'Save it as plain text in UTF-8.'
}

# settings::read FILE: sets every setting as a global; notes what is no setting.
settings::read() {
  local line number=0 key value
  local -A seen=()
  WRONG=()
  for key in "${!DEFAULTS[@]}"; do printf -v "$key" '%s' "${DEFAULTS[$key]}"; done
  [[ -r $1 ]] || settings::unreadable "$1"
  settings::text "$1"
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    if ((${#line} > MOST_OF_LINE)); then
      problem "line $number of the settings has ${#line} bytes: $(brief "$line")" "No setting needs more than $MOST_OF_LINE."
      key=${line:0:64}
      key=${key%%=*}
      [[ ! $key =~ ^[A-Z][A-Z0-9_]*$ || ! -v DEFAULTS[$key] ]] || WRONG[$key]=1
      continue
    fi
    # The mark that Windows begins files with, and its line ends.
    ((number > 1)) || line=${line#$'\357\273\277'}
    line=${line%$'\r'}
    if [[ $line =~ ^[[:space:]]*(#.*)?$ ]]; then continue; fi
    if ! [[ $line =~ ^([A-Z][A-Z0-9_]*)=(.*)$ ]]; then
      problem "line $number of the settings is not KEY=VALUE" 'No spaces around "=", no quotes, no "export".'
      continue
    fi
    key=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
    if [[ ! -v DEFAULTS[$key] ]]; then
      problem "line $number: $key is not a setting" 'Correct or remove it; settings.example.env has all there are.'
    elif [[ -v seen[$key] ]]; then
      settings::wrong "$key" "line $number: $key is set twice" 'Keep one of the two.'
    elif [[ $value =~ ^[[:space:]\"\']|[[:space:]]$ ]]; then
      settings::wrong "$key" "line $number: $key has quotes, or spaces at an end" 'Write the bare value: nothing here is run by a shell.'
    elif ! settings::plain "$value"; then
      settings::wrong "$key" "line $number: $key has control characters, or is not UTF-8: $(brief "$value")" 'Type it anew as plain text, and save it in UTF-8.'
    else
      printf -v "$key" '%s' "$value"
    fi
    seen[$key]=1
  done <"$WORK/settings"
}

# settings::plain VALUE: whether it is UTF-8 without control characters.
settings::plain() {
  clean "$1"
  [[ $1 == "$CLEAN" && $1 != *$'\t'* ]] || return 1
  # jq puts something else for what is not UTF-8.
  [[ $1 != *[$'\200'-$'\377']* || $(jq -nj --arg text "$1" '$text') == "$1" ]]
}

# expect KEY PATTERN WHAT: an extended regular expression over the whole value.
settings::expect() {
  local key=$1
  settings::right "$key" || return 0
  if [[ ${!key} == "$FILL_IN" ]]; then
    settings::wrong "$key" "$key still says $FILL_IN" 'Write what it is; candidates may stand beside it.'
    return 0
  fi
  [[ ${!key} =~ ^($2)$ ]] || settings::wrong "$key" "$key=$(brief "${!key}"): expected $3" "Correct $key in the settings."
}

settings::optional() {
  local key=$1
  [[ -z ${!key} ]] || settings::expect "$@"
}

settings::region() { settings::expect REGION '[a-z]{2}(-[a-z]+)+-[0-9]' 'a region such as us-east-1'; }
settings::installation() { settings::optional INSTALLATION '[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?' 'up to 15 small letters, digits and hyphens'; }

# settings::default_region: the one that the AWS CLI is set to, if any.
settings::default_region() { printf '%s' "${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region 2>/dev/null || true)}}"; }

# settings::check: everything that can be seen without asking AWS.
settings::check() {
  local duration='[1-9][0-9]{0,5}(s|m|h)' region
  settings::installation
  settings::optional ACCOUNT_ID '[0-9]{12}' 'twelve digits'
  settings::region
  if [[ $REGION =~ ^(cn-|us-gov-|us-iso|eu-isoe) ]]; then
    settings::wrong REGION "REGION=$REGION: a load balancer cannot sign people in with Cognito in China, GovCloud and isolated regions" 'Choose a commercial region.'
  fi
  # Where it is wrong, others are not to be called wrong for it.
  region=${REGION:-[a-z0-9-]+}
  settings::expect ENDPOINT_ID 'cvpn-endpoint-[0-9a-f]+' 'a Client VPN endpoint, cvpn-endpoint-...'
  settings::subnets
  settings::routes
  settings::expect IDLE_TIME '(20|25|30|35|40|45|50|55)m' 'a multiple of 5m from 20m to 55m'
  settings::expect KEEP_LIMIT "$duration" 'a time with a unit, such as 8h'
  settings::expect HOST "$HOST_PATTERN" 'a host name in small letters, such as vpn.example.com'
  settings::optional LISTENER_ARN 'arn:aws:elasticloadbalancing:[^:]+:[0-9]{12}:listener/app/[A-Za-z0-9/-]+' 'the ARN of a listener of an Application Load Balancer'
  if ! settings::right LISTENER_ARN; then
    :
  elif [[ -z $LISTENER_ARN ]]; then
    settings::optional CERTIFICATE_ARN "arn:aws:acm:$region:[0-9]{12}:certificate/[A-Za-z0-9-]+" "the ARN of a certificate of ACM in ${REGION:-the region}"
    [[ -n $CERTIFICATE_ARN || ${#HOST} -le 64 ]] || settings::wrong HOST "HOST=$HOST has more than the 64 characters that a requested certificate may be for" 'Choose a shorter HOST, or name a certificate (CERTIFICATE_ARN).'
    settings::expect ALB_SUBNET_IDS 'subnet-[0-9a-f]+(,subnet-[0-9a-f]+)+' 'at least two public subnets separated by commas (or LISTENER_ARN)'
  elif [[ -n $CERTIFICATE_ARN$ALB_SUBNET_IDS ]]; then
    problem 'LISTENER_ARN stands beside CERTIFICATE_ARN or ALB_SUBNET_IDS' 'Use your listener, or have a load balancer made: not both.'
  fi
  settings::expect RULE_PRIORITY '[1-9][0-9]{0,3}|[1-3][0-9]{4}|4[0-8][0-9]{3}|49[0-8][0-9]{2}' 'a number from 1 to 49899'
  settings::optional HOSTED_ZONE_ID '[A-Z0-9]{5,32}' 'a hosted zone of Route 53, Z...'
  settings::optional USER_POOL_ID "${region}_[A-Za-z0-9]+" "a user pool in ${REGION:-the region}, ${REGION:-REGION}_..."
  settings::optional SIGN_IN_DOMAIN '[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?' 'a domain prefix of small letters, digits and hyphens, or your own domain'
  # INSTALLATION is part of it where nothing else is said.
  if [[ -z $USER_POOL_ID && ${SIGN_IN_DOMAIN:-$INSTALLATION} =~ aws|amazon|cognito ]]; then
    settings::wrong "$([[ -n $SIGN_IN_DOMAIN ]] && echo SIGN_IN_DOMAIN || echo INSTALLATION)" "${SIGN_IN_DOMAIN:-$INSTALLATION}: Cognito refuses aws, amazon and cognito in the sign-in domain" 'Choose another SIGN_IN_DOMAIN.'
  fi
  settings::expect DIRECTORY 'none|saml|oidc' 'none, saml or oidc'
  settings::check_directory
  settings::expect CONNECT_HANDLER 'off|shadow|on' 'off, shadow or on'
  settings::expect CONNECT_PROVISIONED '[0-9]|[1-9][0-9]' 'a number from 0 to 99'
  settings::check_entities
  settings::optional NOTICE_EMAIL '[^@,[:space:]]+@[^@,[:space:]]+(,[^@,[:space:]]+@[^@,[:space:]]+)*' 'e-mail addresses separated by commas'
  settings::expect NOTICE_AFTER '[1-9][0-9]?h|1[0-5][0-9]h|16[0-8]h' 'whole hours from 1h to 168h'
  settings::expect DASHBOARD 'on|off' 'on or off'
  settings::expect PROFILES 'on|off' 'on or off'
  settings::expect ARCHITECTURE 'arm64|x86_64' 'arm64 or x86_64'
  settings::optional PERMISSIONS_BOUNDARY 'arn:aws:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]{1,512}' 'the ARN of a managed policy, arn:aws:iam::123456789012:policy/NAME'
  settings::check_page
}

settings::subnets() {
  settings::expect SUBNET_IDS 'subnet-[0-9a-f]+(,subnet-[0-9a-f]+){0,4}' '1 to 5 subnets separated by commas, subnet-0a1b,subnet-2c3d'
  [[ $(settings::doubles "$SUBNET_IDS") == '' ]] || settings::wrong SUBNET_IDS 'SUBNET_IDS names a subnet twice' 'Name each once.'
}

settings::routes() {
  local block blocks
  settings::optional ROUTES '[0-9A-Fa-f.:]+/[0-9]+(,[0-9A-Fa-f.:]+/[0-9]+)*' 'blocks separated by commas, such as 0.0.0.0/0,2001:db8::/32'
  blocks=$(settings::blocks "$ROUTES")
  for block in $(jq -r '.[] | select(.value == null) | .given' <<<"$blocks"); do
    settings::wrong ROUTES "ROUTES: $block is not an IPv4 or IPv6 block" 'Write the first address of the block and its length, such as 10.1.0.0/16 or 2001:db8::/32.'
  done
  [[ $(jq '[.[].value | values] | length == (unique | length)' <<<"$blocks") == true ]] || settings::wrong ROUTES 'ROUTES names a block twice' 'Name each once.'
}

# What the company puts on the page; the function checks the same and would not start (crates/associator/README.md).
settings::check_page() {
  settings::line COMPANY_NAME 40
  settings::line SUPPORT_CONTACT 100
  [[ -z $LINKS ]] || jq -en --arg links "$LINKS" '$links | split(";") | map(select(test("[^ ]")))
      | length <= 4 and all(test("^[^=|]{1,40}([|](en|zh|ko|ja):[^=|]{1,40}){0,4}=https://[^ @]{1,192}$") and (test("[[:cntrl:]]") | not))' >/dev/null ||
    settings::wrong LINKS "LINKS=$(brief "$LINKS"): expected at most 4 links, TITLE=https://ADDRESS or TITLE|ja:TITLE=https://ADDRESS separated by semicolons, with titles of at most 40 and addresses of at most 200 characters" \
      'Correct LINKS in the settings.'
}

# settings::line KEY LENGTH: at most so many characters, however many bytes they have.
settings::line() {
  local key=$1
  jq -en --arg text "${!key}" --argjson most "$2" '($text | length) <= $most and ($text | test("[[:cntrl:]]") | not)' >/dev/null ||
    settings::wrong "$key" "$key=$(brief "${!key}"): expected at most $2 characters on one line" "Correct $key in the settings."
}

settings::check_directory() {
  case $DIRECTORY in
  saml) settings::expect SAML_METADATA_URL 'https://[^[:space:]]+' 'the address of the directory'"'"'s SAML metadata' ;;
  oidc)
    settings::expect OIDC_ISSUER 'https://[^[:space:]]+' 'the issuer'"'"'s address'
    settings::expect OIDC_CLIENT_ID '[^[:space:]]+' 'the client id that the directory gave you'
    settings::expect OIDC_CLIENT_SECRET_FILE '[^-].*' 'a file'
    if ! settings::right OIDC_CLIENT_SECRET_FILE; then
      :
    elif [[ ! -f $OIDC_CLIENT_SECRET_FILE || ! -r $OIDC_CLIENT_SECRET_FILE ]]; then
      settings::wrong OIDC_CLIENT_SECRET_FILE 'OIDC_CLIENT_SECRET_FILE is not a file that can be read' 'Write the secret into a file that only you can read (chmod 600), and name it.'
    elif [[ $(ls -dlL "$OIDC_CLIENT_SECRET_FILE") != ????------* ]]; then
      settings::wrong OIDC_CLIENT_SECRET_FILE 'OIDC_CLIENT_SECRET_FILE can be read by others' "chmod 600 $OIDC_CLIENT_SECRET_FILE"
    fi
    ;;
  *) ;;
  esac
  if [[ $DIRECTORY != none ]]; then
    settings::expect DIRECTORY_NAME '[A-Za-z][A-Za-z0-9_-]{2,31}' '3 to 32 letters, digits, - and _'
    [[ $DIRECTORY_NAME != Cognito && $DIRECTORY_NAME != COGNITO ]] || settings::wrong DIRECTORY_NAME 'DIRECTORY_NAME is a word of Cognito' 'Choose another.'
  fi
}

# The file goes into the connect handler's package.
settings::check_entities() {
  settings::optional CONNECT_ENTITIES '/[^$~%]+' 'a file, from the root on, without $, ~ and % in its name'
  [[ -n $CONNECT_ENTITIES ]] || return 0
  if [[ -f $CONNECT_ENTITIES && -r $CONNECT_ENTITIES ]] && jq -e 'type == "array"' <"$CONNECT_ENTITIES" >/dev/null 2>&1; then return 0; fi
  settings::wrong CONNECT_ENTITIES "CONNECT_ENTITIES=$(brief "$CONNECT_ENTITIES") is no file with a list in JSON" 'Name the entities.json that infra/endpoint/people.sh writes, in the directory of the CA, or leave it out.'
}

settings::doubles() { tr ',' '\n' <<<"$1" | sort | uniq -d; }

# settings::blocks LIST: [{given, value}], with the one spelling that blocks are compared by; value is null for none.
settings::blocks() { jq -n --arg list "$1" '$list' | jq -f "$INFRA/lib/blocks.jq"; }

# settings::names: what everything is called. Nobody uses it when a setting is wrong that a name has in it.
settings::names() {
  local suffix=${INSTALLATION:+-$INSTALLATION}
  NAME=${INSTALLATION:-default}
  ASSOCIATOR=AWSClientVPN-AssociatingSubnets$suffix
  DISASSOCIATOR=AWSClientVPN-DisassociatingSubnets$suffix
  CONNECTOR=AWSClientVPN-ConnectHandler$suffix
  ROLE_ASSOCIATOR=LambdaRole-ClientVPN-Associator$suffix
  ROLE_DISASSOCIATOR=LambdaRole-ClientVPN-Disassociator$suffix
  ROLE_CONNECTOR=LambdaRole-ClientVPN-ConnectHandler$suffix
  ALARM=$DISASSOCIATOR
  SCHEDULE=AWSClientVPN-EveryFiveMinutes$suffix
  ALARM_SILENT=AWSClientVPN-ScheduleSilent$suffix
  ALARM_LONG=AWSClientVPN-OnForLong$suffix
  ALARM_MONTH=AWSClientVPN-Month$suffix
  ALARM_LIST=AWSClientVPN-RevocationListEnds$suffix
  ALARM_CERTIFICATE=AWSClientVPN-ServerCertificateEnds$suffix
  ALARM_ERRORS=AWSClientVPN-FunctionErrors$suffix
  TOPIC_FAILURES=AWSClientVPN-Failures$suffix
  TOPIC_NOTICES=AWSClientVPN-Notices$suffix
  DASHBOARD_NAME=vpn-on-demand$suffix
  # The region is in it: names of buckets are everybody's, and an account may have installations of one name in several.
  PROFILES_BUCKET=vpn-on-demand-$ACCOUNT-$REGION$suffix
  BALANCER=vpn-on-demand$suffix
  GROUP=vpn-on-demand$suffix
  POOL=vpn-on-demand$suffix
  CLIENT=vpn-on-demand$suffix
  DOMAIN=${SIGN_IN_DOMAIN:-vpn-on-demand-$ACCOUNT$suffix}
  DOMAIN_HOST=$DOMAIN
  [[ $DOMAIN == *.* ]] || DOMAIN_HOST=$DOMAIN.auth.$REGION.amazoncognito.com
}

# arn SERVICE RESOURCE
arn() { printf 'arn:%s:%s:%s:%s:%s' "$PARTITION" "$1" "$REGION" "$ACCOUNT" "$2"; }
function_arn() { arn lambda "function:$1"; }
