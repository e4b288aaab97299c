# shellcheck shell=bash
# The settings of an endpoint: all that can be seen without asking AWS. Source it through endpoint.sh.
set -Eeuo pipefail

# Every setting that deploy.sh does not have, with its default; settings.example.env explains them.
VPC_ID='' CLIENT_CIDR='' PKI_DIRECTORY='' SERVER_CERTIFICATE_ARN='' AUTHORIZE='' SPLIT_TUNNEL=on DNS_SERVERS='' TRANSPORT=udp PORT=443
SESSION_HOURS=24 DISCONNECT_ON_TIMEOUT=on SECURITY_GROUP_IDS='' CONNECTION_LOG=on LOG_GROUP='' LOG_RETENTION=90 BANNER=''
ROUTE_ENFORCEMENT=off ENDPOINTS_AT_MOST=5 AUTHENTICATION=certificate IP_ADDRESS_TYPE=ipv4 TRANSIT_GATEWAY_ID=''
settings::known "$INFRA/endpoint/settings.example.env"

# Set by wanted::target and wanted::check: names of ours; the rules that are wanted, [{cidr, group}], without those for the VPC.
ENDPOINT_GROUP='' ENDPOINT_LOG='' AUTHORIZED='[]'

# What AWS takes: of the clients' block (fact 4.7), of rules (fact 7.3), of the days of logs.
readonly CIDR_LARGEST=12 CIDR_SMALLEST=22 RULES_AT_MOST=200
readonly DAYS_OF_LOGS='1|3|5|7|14|30|60|90|120|150|180|365|400|545|731|1096|1827|2192|2557|2922|3288|3653'

# wanted::target: reads the settings, says who acts where.
wanted::target() {
  settings::read "$SETTINGS"
  wanted::check
  settings::right REGION || problems::stop
  identity
  settings::names
  settings::right INSTALLATION || NAME='(wrong)'
  ENDPOINT_GROUP=vpn-on-demand-endpoint${INSTALLATION:+-$INSTALLATION}
  ENDPOINT_LOG=/aws/clientvpn/vpn-on-demand${INSTALLATION:+-$INSTALLATION}
  note "Installation: $NAME"
  note "VPC:          ${VPC_ID:-(wrong)}"
  same_account
  # All is told at once by ensure; but nothing is looked for under a wrong name, and what is there is held against nothing wrong.
  [[ $COMMAND == ensure ]] || problems::stop
  settings::right INSTALLATION || problems::stop
}

wanted::check() {
  local octet='(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])' key
  settings::installation
  settings::optional ACCOUNT_ID '[0-9]{12}' 'twelve digits'
  settings::region
  settings::expect VPC_ID 'vpc-[0-9a-f]+' 'a VPC, vpc-...'
  settings::subnets
  wanted::cidr
  settings::optional PKI_DIRECTORY '/[^$~%]+' 'a directory, from the root on, without $, ~ and % in its name'
  settings::optional SERVER_CERTIFICATE_ARN "arn:aws[a-z-]*:acm:${REGION:-[a-z0-9-]+}:[0-9]{12}:certificate/[A-Za-z0-9-]+" "the ARN of a certificate of ACM in ${REGION:-the region}"
  wanted::rules
  settings::routes
  [[ $ROUTES != *:* ]] || settings::wrong ROUTES "ROUTES=$ROUTES: the endpoint carries IPv4 only, see IP_ADDRESS_TYPE" 'Take the IPv6 blocks out.'
  for key in SPLIT_TUNNEL DISCONNECT_ON_TIMEOUT CONNECTION_LOG ROUTE_ENFORCEMENT; do settings::expect "$key" 'on|off' 'on or off'; done
  settings::optional DNS_SERVERS "$octet(\.$octet){3}(,$octet(\.$octet){3})?" 'one or two IPv4 addresses, separated by a comma'
  settings::expect TRANSPORT 'udp|tcp' 'udp or tcp'
  settings::expect PORT '443|1194' '443 or 1194'
  settings::expect SESSION_HOURS '8|10|12|24' '8, 10, 12 or 24'
  settings::optional SECURITY_GROUP_IDS 'sg-[0-9a-f]+(,sg-[0-9a-f]+){0,4}' '1 to 5 security groups separated by commas, sg-...'
  [[ $(settings::doubles "$SECURITY_GROUP_IDS") == '' ]] || settings::wrong SECURITY_GROUP_IDS 'SECURITY_GROUP_IDS names a group twice' 'Name each once.'
  settings::optional LOG_GROUP '[A-Za-z0-9_/.#][A-Za-z0-9_/.#-]{0,511}' 'the name of a log group'
  settings::expect LOG_RETENTION "$DAYS_OF_LOGS" "a number of days that CloudWatch Logs takes: ${DAYS_OF_LOGS//|/, }"
  settings::line BANNER 1400
  settings::expect ENDPOINTS_AT_MOST '[1-9][0-9]{0,2}' 'a number from 1 to 999'
  wanted::not_made
}

# The block that connected devices get addresses from.
wanted::cidr() {
  local length
  settings::expect CLIENT_CIDR '[0-9.]+/[0-9]+' 'an IPv4 block, such as 10.254.0.0/22'
  settings::right CLIENT_CIDR || return 0
  length=${CLIENT_CIDR#*/}
  if [[ $(settings::blocks "$CLIENT_CIDR" | jq -r '.[0].value // ""') == '' ]]; then
    settings::wrong CLIENT_CIDR "CLIENT_CIDR=$CLIENT_CIDR is not an IPv4 block" 'Write the first address of the block and its length, such as 10.254.0.0/22.'
  elif ((length < CIDR_LARGEST || length > CIDR_SMALLEST)); then
    settings::wrong CLIENT_CIDR "CLIENT_CIDR=$CLIENT_CIDR: Client VPN takes blocks from /$CIDR_LARGEST to /$CIDR_SMALLEST" "Choose a block of these sizes, such as ${CLIENT_CIDR%.*.*}.0.0/$CIDR_SMALLEST."
  fi
}

# The rules of AUTHORIZE in AUTHORIZED.
wanted::rules() {
  local block blocks
  settings::optional AUTHORIZE '[0-9.]+/[0-9]+(=[^,=]{1,256})?(,[0-9.]+/[0-9]+(=[^,=]{1,256})?)*' 'IPv4 blocks separated by commas, CIDR or CIDR=GROUP'
  AUTHORIZED=$(jq -n --arg list "$AUTHORIZE" '[$list | split(",")[] | split("=") | {cidr: .[0], group: .[1]}]')
  blocks=$(settings::blocks "$(jq -r 'map(.cidr) | join(",")' <<<"$AUTHORIZED")")
  for block in $(jq -r '.[] | select(.value == null) | .given' <<<"$blocks"); do
    settings::wrong AUTHORIZE "AUTHORIZE: $block is not an IPv4 block" 'Write the first address of the block and its length, such as 10.1.0.0/16.'
  done
  [[ $(jq 'length == (unique | length)' <<<"$AUTHORIZED") == true ]] || settings::wrong AUTHORIZE 'AUTHORIZE names a rule twice' 'Name each once.'
  (($(jq length <<<"$AUTHORIZED") <= RULES_AT_MOST)) || settings::wrong AUTHORIZE "AUTHORIZE names more than $RULES_AT_MOST rules" "AWS takes $RULES_AT_MOST of an endpoint: name larger blocks."
  settings::right AUTHORIZE || AUTHORIZED='[]'
}

# What Client VPN has, and these scripts do not make.
wanted::not_made() {
  case $AUTHENTICATION in
  certificate) ;;
  saml) settings::wrong AUTHENTICATION 'AUTHENTICATION=saml: nobody on a tablet or telephone could connect, since only the client of AWS signs in with SAML, for Windows, macOS and Ubuntu (fact 7.9)' \
    'Leave it at certificate. For desktops alone make an endpoint of its own by hand.' ;;
  *) settings::wrong AUTHENTICATION "AUTHENTICATION=$(brief "$AUTHENTICATION"): people are known by their certificates here; with a directory each connection from a tablet would ask for its password too, and nothing here gives one out" \
    'Leave it at certificate. For desktops alone make an endpoint of its own by hand.' ;;
  esac
  [[ $IP_ADDRESS_TYPE == ipv4 ]] || settings::wrong IP_ADDRESS_TYPE "IP_ADDRESS_TYPE=$(brief "$IP_ADDRESS_TYPE"): endpoints that carry IPv6 are not made here" 'Leave it at ipv4, or make the endpoint by hand: deploy.sh takes it.'
  [[ -z $TRANSIT_GATEWAY_ID ]] || settings::wrong TRANSIT_GATEWAY_ID "TRANSIT_GATEWAY_ID: an endpoint of a Transit Gateway takes availability zones and no subnets (fact 7.2), which nothing here turns on and off" 'Leave it out.'
}
