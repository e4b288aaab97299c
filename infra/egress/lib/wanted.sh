# shellcheck shell=bash
# The settings of the proxy: all that can be seen without asking AWS. Source it through lib.sh.
set -Eeuo pipefail

# Every setting that deploy.sh does not have, with its default; settings.example.env explains them.
VPC_CIDR='' ZONES='' PUBLIC_CIDRS='' PRIVATE_CIDRS='' NAT_GATEWAYS=one INSTANCE_TYPE=t4g.small PROXIES_PER_ZONE=1 PROXY_NAME='' PROXY_BALANCER=none
ALLOWED_DESTINATIONS='' DENIED_DESTINATIONS='' LOG_RETENTION=90 HEALTH_SECONDS=10 HEALTH_FAILURES=3 PRICE_RESOURCE_ENDPOINT_HOUR='' PRICE_RESOURCE_GATEWAY_GB=''
settings::known "$INFRA/egress/settings.example.env"

# The port of the proxy, and the only one that consumers reach.
readonly PROXY_PORT=3128
# Where the proxies look at each other (proxy/squid.conf, proxy/watch.sh).
readonly HEALTH_PORT=3127
# Each private subnet holds the gateway's addresses (fact 8.9), the proxies, and the five that AWS keeps.
readonly SUBNET_LARGEST=16 SUBNET_SMALLEST=26
readonly DAYS_OF_LOGS='1|3|5|7|14|30|60|90|120|150|180|365|400|545|731|1096|1827|2192|2557|2922|3288|3653'

# Set by wanted::names.
EGRESS='' PROXY_ROLE='' LOG_GROUP='' RECORD_ZONE='' RECORD_NAME='' VPC_CIDRS=''

# wanted::target: reads the settings, says who acts where.
wanted::target() {
  settings::read "$SETTINGS"
  wanted::check
  settings::right REGION || problems::stop
  identity
  wanted::names
  note "Installation: ${INSTALLATION:-default}"
  note "Proxy:        ${PROXY_NAME:-(wrong)}"
  same_account
  # All is told at once by ensure; but nothing is looked for under a wrong name, and nothing is held against what is wrong.
  [[ $COMMAND == ensure ]] || problems::stop
  settings::right INSTALLATION || problems::stop
}

# wanted::names: what everything is called. The slash keeps our tag apart from that of an installation of deploy.sh.
wanted::names() {
  EGRESS=vpn-on-demand-egress${INSTALLATION:+-$INSTALLATION}
  NAME=egress/${INSTALLATION:-default}
  PROXY_ROLE=$EGRESS
  # shellcheck disable=SC2034 # user_data.sh reads these
  LOG_GROUP=/$EGRESS
  RECORD_ZONE=$EGRESS.internal
  RECORD_NAME=proxy.$RECORD_ZONE
  # shellcheck disable=SC2034 # user_data.sh reads it
  VPC_CIDRS=$VPC_CIDR
}

wanted::check() {
  local domain='\.?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{1,62}'
  settings::installation
  settings::optional ACCOUNT_ID '[0-9]{12}' 'twelve digits'
  settings::region
  wanted::blocks
  settings::optional ZONES "${REGION:-[a-z0-9-]+}[a-z],${REGION:-[a-z0-9-]+}[a-z]" "two availability zones of ${REGION:-the region} separated by a comma, ${REGION:-REGION}a,${REGION:-REGION}b"
  [[ -z $(settings::doubles "$ZONES") ]] || settings::wrong ZONES 'ZONES names one zone twice: when it fails everybody is without the internet' 'Name two.'
  settings::expect NAT_GATEWAYS 'one|each' 'one, or each (one in each zone)'
  settings::expect INSTANCE_TYPE '[a-z]+[0-9]+g[a-z]*\.[a-z0-9]+' 'an instance type with an arm64 processor, such as t4g.small'
  settings::expect PROXIES_PER_ZONE '[1-9]|10' 'a number from 1 to 10'
  settings::expect PROXY_NAME "$HOST_PATTERN" 'a host name in small letters, such as proxy.egress.example.com'
  settings::expect PROXY_BALANCER 'none|nlb' 'none or nlb'
  settings::optional HOSTED_ZONE_ID '[A-Z0-9]{5,32}' 'a hosted zone of Route 53, Z...'
  settings::optional ALLOWED_DESTINATIONS "$domain(,$domain)*" 'domains separated by commas, .example.com for all below example.com'
  settings::optional DENIED_DESTINATIONS "$domain(,$domain)*" 'domains separated by commas, .example.com for all below example.com'
  # The proxy's files have them apart by spaces.
  ALLOWED_DESTINATIONS=${ALLOWED_DESTINATIONS//,/ } DENIED_DESTINATIONS=${DENIED_DESTINATIONS//,/ }
  settings::expect LOG_RETENTION "$DAYS_OF_LOGS" "a number of days that CloudWatch Logs takes: ${DAYS_OF_LOGS//|/, }"
  settings::expect HEALTH_SECONDS '[5-9]|[1-9][0-9]|[12][0-9]{2}|300' 'seconds from 5 to 300'
  settings::expect HEALTH_FAILURES '[2-9]|10' 'a number from 2 to 10'
  settings::optional PERMISSIONS_BOUNDARY 'arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]{1,512}' 'the ARN of a managed policy, arn:aws:iam::123456789012:policy/NAME'
  settings::optional PRICE_RESOURCE_ENDPOINT_HOUR '[0-9]{1,3}(\.[0-9]{1,6})?' 'dollars, such as 0.02'
  settings::optional PRICE_RESOURCE_GATEWAY_GB '[0-9]{1,3}(\.[0-9]{1,6})?' 'dollars, such as 0.01'
}
