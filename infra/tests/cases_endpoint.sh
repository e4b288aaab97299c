# shellcheck shell=bash
# An endpoint from an empty VPC: made, mended, removed, and what is refused before anything is made.
set -Eeuo pipefail

# vpn STATUS COMMAND [OPTION...]: with the rights of iam/endpoint.json and the settings of $WORK/endpoint.env.
vpn() {
  AWS_ACCESS_KEY_ID=${AS:-ENDPOINT} runs "$1" "$INFRA/endpoint/endpoint.sh" "${@:2}" --settings "$WORK/endpoint.env" || return 1
  has_not 'internal:'
}

# wish KEY VALUE: changes the endpoint's settings; without a value it is left out.
wish() {
  sed -i "/^$1=/d" "$WORK/endpoint.env"
  [[ -z ${2-} ]] || printf '%s=%s\n' "$1" "$2" >>"$WORK/endpoint.env"
}
wishes() { cp "$WORK/wishes.env" "$WORK/endpoint.env"; }

# fresh_vpc: a VPC with a subnet in each of two zones, a CA in $WORK/pki, and good settings. The endpoint that every account here
# begins with stays beside it, and is somebody's.
fresh_vpc() {
  made_pki
  network 10.20.0.0/16
  printf '%s\n' REGION=us-east-1 "VPC_ID=$VPC" "SUBNET_IDS=$SUBNETS" CLIENT_CIDR=10.254.0.0/22 "PKI_DIRECTORY=$WORK/pki" >"$WORK/wishes.env"
  wishes
  faults
}

# ours [FIELD]: the endpoint that carries our tag.
ours() {
  aws ec2 describe-client-vpn-endpoints --query "ClientVpnEndpoints[?Tags[?Key=='vpn-on-demand:made-by']] | [0]" --output json | jq -r "${1:-.ClientVpnEndpointId} // \"\""
}
rules() {
  aws ec2 describe-client-vpn-authorization-rules --client-vpn-endpoint-id "$(ours)" --query 'AuthorizationRules[]' --output json |
    jq -r '.[] | "\(.DestinationCidr) \(if .AccessAll then "*" else .GroupId end) \(.Status.Code)"' | sort
}
# everything_there: the account, and its endpoints. What is deleted is told for a while.
everything_there() {
  inventory
  aws ec2 describe-client-vpn-endpoints --output json | jq -S '.ClientVpnEndpoints | sort_by(.ClientVpnEndpointId)'
}

# made_endpoint: one that is finished, made once in each process.
made_endpoint() {
  if [[ ! -s $WORK/once/endpoint.url ]]; then
    fresh_vpc
    vpn 0 ensure --yes
    copy_of "$AWS_ENDPOINT_URL" >"$WORK/once/endpoint.url"
    cp "$WORK/wishes.env" "$WORK/once/endpoint.env"
    cp -Rp "$WORK/pki" "$WORK/once/endpoint.pki"
    printf '%s %s\n' "$VPC" "$SUBNETS" >"$WORK/once/endpoint.network"
  fi
  read -r VPC SUBNETS <"$WORK/once/endpoint.network"
  copy "$(<"$WORK/once/endpoint.url")"
  cp "$WORK/once/endpoint.env" "$WORK/wishes.env"
  rm -rf "$WORK/pki"
  cp -Rp "$WORK/once/endpoint.pki" "$WORK/pki"
  cp "$WORK/good.env" "$WORK/settings.env"
  wishes
  faults
}

# certificate_of FILE...: a certificate, its key and its chain, in ACM; prints its ARN.
certificate_of() {
  aws acm import-certificate --certificate "fileb://$1" --private-key "fileb://$2" --certificate-chain "fileb://${3:-$1}" --query CertificateArn --output text
}
# refused TEXT...: ensure names these and writes nothing.
refused() {
  local text
  faults
  vpn 1 ensure --yes
  for text in "$@"; do has "$text"; done
  is 'writes' 0 "$(writes)"
}

case_endpoint() {
  local VPC SUBNETS GROUP planned id text
  fresh_vpc
  everything_there >"$WORK/before"
  vpn 0 ensure --dry-run --write-settings "$WORK/handed.env"
  planned=$(changes 'Changes, in this order:')
  [[ ! -e $WORK/handed.env ]]
  vpn 3 status
  has 'There is no endpoint.'
  has 'create the endpoint'
  vpn 1 ensure
  has 'nobody is there to confirm'
  is 'writes until then' 0 "$(writes)"
  vpn 0 ensure --yes --write-settings "$WORK/handed.env"
  is 'planned and made' "$planned" "$(changes 'Changing:')"
  id=$(ours)
  is 'its fields' "$(jq -nS --arg vpc "$VPC" '{
    ClientCidrBlock: "10.254.0.0/22", TransportProtocol: "udp", VpnPort: 443, SplitTunnel: true, VpcId: $vpc, SessionTimeoutHours: 24, DisconnectOnSessionTimeout: true,
    Tags: [{Key: "vpn-on-demand:made-by", Value: "default"}]}')" \
    "$(ours . | jq -S '{ClientCidrBlock, TransportProtocol, VpnPort, SplitTunnel, VpcId, SessionTimeoutHours, DisconnectOnSessionTimeout, Tags}')"
  is 'its certificate, which is the client root too' "$(acm_of_pki)" "$(ours '[.ServerCertificateArn, .AuthenticationOptions[0].MutualAuthentication.ClientRootCertificateChain] | unique | join(" ")')"
  is 'its log' /aws/clientvpn/vpn-on-demand "$(ours .ConnectionLogOptions.CloudwatchLogGroup)"
  is 'days of it' 90 "$(aws logs describe-log-groups --log-group-name-prefix /aws/clientvpn/ --query 'logGroups[0].retentionInDays')"
  is 'its rules' '10.20.0.0/16 * active' "$(rules)"
  is 'its group' 'vpn-on-demand-endpoint 0 1' "$(aws ec2 describe-security-groups --group-ids "$(ours '.SecurityGroupIds[0]')" \
    --query 'SecurityGroups[0].[GroupName, length(IpPermissions), length(IpPermissionsEgress)]' --output text | tr '\t' ' ')"
  is 'what it has of subnets and routes' '0 0' "$(aws ec2 describe-client-vpn-target-networks --client-vpn-endpoint-id "$id" --query 'length(ClientVpnTargetNetworks)') $(
    aws ec2 describe-client-vpn-routes --client-vpn-endpoint-id "$id" --query 'length(Routes)'
  )"
  # Again, nothing; also with the file that is there.
  faults
  vpn 0 ensure --yes --write-settings "$WORK/handed.env"
  has 'none: everything is as the settings say'
  has 'left as it is, it says the same'
  vpn 0 status
  for text in "$id, pending-associate" 'udp 443' '10.20.0.0/16 for everybody, active' 'nobody yet, deploy.sh claims it' 'Everything is as the settings say' \
    "--source-group $(ours '.SecurityGroupIds[0]')" '10.20.0.0/24'; do has "$text"; done
  is 'writes of a second run' 0 "$(writes)"
  endpoint_turned_on "$id"
  # Nothing is left but what was there.
  vpn 0 remove --dry-run
  planned=$(changes 'To be removed, in this order:')
  vpn 0 remove --yes
  is 'planned and removed' "$planned" "$(changes 'Removing:')"
  is 'what is left' "$(<"$WORK/before")" "$(everything_there)"
  faults
  vpn 0 remove --yes
  has 'nothing: there is nothing of ours'
  is 'writes' 0 "$(writes)"
}

# endpoint_turned_on ID: what deploy.sh takes, and what may not be removed under somebody.
endpoint_turned_on() {
  local key
  for key in ENDPOINT_ID SUBNET_IDS REGION ACCOUNT_ID; do is "$key" "$(case $key in ENDPOINT_ID) echo "$1" ;; SUBNET_IDS) echo "$SUBNETS" ;; REGION) echo us-east-1 ;; *) echo 123456789012 ;; esac)" "$(sed -n "s/^$key=//p" "$WORK/handed.env")"; done
  # What is filled in.
  cp "$WORK/handed.env" "$WORK/settings.env"
  for key in HOST ALB_SUBNET_IDS CERTIFICATE_ARN ARCHITECTURE; do setting "$key" "$(sed -n "s/^$key=//p" "$WORK/good.env")"; done
  deploy 0 --dry-run
  deploy 0 --only claim
  vpn 0 ensure --yes --write-settings "$WORK/handed.env"
  faults
  vpn 1 remove --yes
  has 'the installation "default" turns'
  vpn 0 status
  has 'Turned on by: default'
  is 'writes' 0 "$(writes)"
  try 0 destroy.sh --yes
  is 'who made it, after destroy.sh' default "$(ours '.Tags[] | select(.Key == "vpn-on-demand:made-by").Value')"
  aws ec2 associate-client-vpn-target-network --client-vpn-endpoint-id "$1" --subnet-id "${SUBNETS%%,*}" >/dev/null
  step 300
  faults
  vpn 1 remove --yes
  has "subnets are associated with $1: ${SUBNETS%%,*}"
  is 'writes' 0 "$(writes)"
  aws ec2 disassociate-client-vpn-target-network --client-vpn-endpoint-id "$1" \
    --association-id "$(aws ec2 describe-client-vpn-target-networks --client-vpn-endpoint-id "$1" --query 'ClientVpnTargetNetworks[0].AssociationId' --output text)" >/dev/null
  step 400
  # Another endpoint, other subnets, other routes: the file is not touched.
  printf 'ROUTES=10.9.0.0/16\n' >>"$WORK/handed.env"
  sed -i 's/^ENDPOINT_ID=.*/ENDPOINT_ID=cvpn-endpoint-0/' "$WORK/handed.env"
  sha256sum "$WORK/handed.env" >"$WORK/sum"
  faults
  vpn 1 ensure --yes --write-settings "$WORK/handed.env"
  has "is not overwritten"
  has "Write these lines into it yourself, or name another file: ENDPOINT_ID=$1 ROUTES="
  sha256sum --quiet --check "$WORK/sum"
  is 'writes' 0 "$(writes)"
}

acm_of_pki() {
  local arn
  for arn in $(imported vpn.example.com); do
    [[ $(aws acm list-tags-for-certificate --certificate-arn "$arn" --query 'length(Tags)') == 0 ]] || printf '%s\n' "$arn"
  done
}

# What was changed by hand is named, and mended by the same command; what cannot be changed is refused.
case_endpoint_mended() {
  local VPC SUBNETS GROUP id group
  made_endpoint
  id=$(ours) group=$(ours '.SecurityGroupIds[0]')
  aws ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 22 --cidr 0.0.0.0/0 >/dev/null
  aws ec2 revoke-security-group-egress --group-id "$group" --ip-permissions IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}] >/dev/null
  aws ec2 authorize-security-group-egress --group-id "$group" --protocol tcp --port 443 --cidr 10.0.0.0/8 >/dev/null
  aws logs put-retention-policy --log-group-name /aws/clientvpn/vpn-on-demand --retention-in-days 1
  aws ec2 modify-client-vpn-endpoint --client-vpn-endpoint-id "$id" --no-split-tunnel --vpn-port 1194 --dns-servers CustomDnsServers=10.0.0.2,Enabled=true >/dev/null
  aws ec2 revoke-client-vpn-ingress --client-vpn-endpoint-id "$id" --target-network-cidr 10.20.0.0/16 --revoke-all-groups >/dev/null
  aws ec2 authorize-client-vpn-ingress --client-vpn-endpoint-id "$id" --target-network-cidr 10.77.0.0/16 --authorize-all-groups >/dev/null
  step 60
  faults
  vpn 3 status
  for text in 'close 1 permission(s) of ingress' 'close 1 permission(s) of egress' 'open egress' 'for 90 days' 'DnsServers (AWS disconnects everybody for a moment), SplitTunnel, VpnPort (everybody needs a new profile)' \
    'authorize 10.20.0.0/16 for everybody' 'not ours: 10.77.0.0/16 for everybody' "no authorization rule for everybody covers the VPC's block 10.20.0.0/16"; do has "$text"; done
  vpn 0 ensure --dry-run
  has 'left alone, not ours: the rule 10.77.0.0/16 for everybody'
  is 'writes' 0 "$(writes)"
  vpn 0 ensure --yes
  is 'changed' 6 "$(made)"
  is 'the rules' $'10.20.0.0/16 * active\n10.77.0.0/16 * active' "$(rules)"
  is 'mended' '{"DnsServers":null,"SplitTunnel":true,"VpnPort":443}' "$(ours . | jq -c '{DnsServers, SplitTunnel, VpnPort}')"
  aws ec2 modify-client-vpn-endpoint --client-vpn-endpoint-id "$id" --vpc-id "$VPC" --security-group-ids "$GROUP" >/dev/null
  vpn 0 ensure --yes
  is 'its group' "$group" "$(ours '.SecurityGroupIds | join(" ")')"
  vpn 3 status
  has 'not ours: 10.77.0.0/16 for everybody'
  has_not 'covers'
  aws ec2 revoke-client-vpn-ingress --client-vpn-endpoint-id "$id" --target-network-cidr 10.77.0.0/16 --revoke-all-groups >/dev/null
  step 60
  vpn 0 status
  # Other settings change these, and nothing else.
  wish SESSION_HOURS 8
  wish AUTHORIZE 10.20.1.0/24,10.1.0.0/16=S-1-5-21
  wish ROUTES 10.2.0.0/16
  wish BANNER 'Für Mitarbeiter'
  wish CONNECTION_LOG off
  wish DISCONNECT_ON_TIMEOUT off
  wish ROUTE_ENFORCEMENT on
  vpn 0 ensure --yes
  has 'change the endpoint '"$id"': ClientLoginBannerOptions, ClientRouteEnforcementOptions, ConnectionLogOptions, DisconnectOnSessionTimeout, SessionTimeoutHours'
  is 'the fields of that call' '["ClientLoginBannerOptions","ClientRouteEnforcementOptions","ClientVpnEndpointId","ConnectionLogOptions","DisconnectOnSessionTimeout","SessionTimeoutHours"]' \
    "$(jq -c 'select(.input.ClientVpnEndpointId == $id and .input.SessionTimeoutHours) | .input | keys' --arg id "$id" "$ARGUMENTS.calls" | tail -1)"
  is 'the rules' $'10.1.0.0/16 S-1-5-21 active\n10.20.1.0/24 * active' "$(rules)"
  is 'what it shows' 'Für Mitarbeiter false true' "$(ours '"\(.ClientLoginBannerOptions.BannerText) \(.DisconnectOnSessionTimeout) \(.ClientRouteEnforcementOptions.Enforced)"')"
  vpn 3 status
  has "covers the VPC's block 10.20.0.0/16"
  has 'covers 10.2.0.0/16 of ROUTES'
  has '10.1.0.0/16=S-1-5-21, active; people with certificates are in no group'
  vpn 0 ensure --yes
  has 'none: everything is as the settings say'
  # What AWS fixes at creation.
  wishes
  wish CLIENT_CIDR 10.252.0.0/22
  wish TRANSPORT tcp
  wish SERVER_CERTIFICATE_ARN "$(ca_of_two_levels vpn2.example.com)"
  sed -i 's/^CLIENT_CIDR.*/CLIENT_CIDR=10.252.0.0\/22/' "$WORK/endpoint.env"
  refused "CLIENT_CIDR is to be 10.252.0.0/22, and $id was made with 10.254.0.0/22" 'TRANSPORT is to be tcp' 'everybody needs a new profile' 'was signed by another CA'
  wishes
  # Without its tag it is somebody's, with our CA.
  aws ec2 delete-tags --resources "$id" --tags Key=vpn-on-demand:made-by
  refused "is that of another endpoint, $id: whoever is let in there would be let in here" "--resources $id --tags Key=vpn-on-demand:made-by,Value=default"
}

# ca_of_two_levels NAME: a server's certificate of a CA that another CA has signed, in ACM; prints its ARN.
ca_of_two_levels() {
  local at=$WORK/levels
  rm -rf "$at"
  mkdir "$at"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$at/root.key" -out "$at/root.crt" -days 30 -subj /CN=root 2>/dev/null
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$at/ca.key" -out "$at/ca.crt" -days 30 -subj /CN=branch -CA "$at/root.crt" -CAkey "$at/root.key" -addext basicConstraints=critical,CA:TRUE 2>/dev/null
  openssl req -x509 -newkey "${2:-rsa:2048}" ${3:+-pkeyopt "$3"} -nodes -keyout "$at/server.key" -out "$at/server.crt" -days 30 -subj "/CN=$1" -CA "$at/ca.crt" -CAkey "$at/ca.key" \
    -addext "subjectAltName=DNS:$1" 2>/dev/null
  certificate_of "$at/server.crt" "$at/server.key" "$at/ca.crt"
}

# Bad settings: all are named at once, and nothing is changed.
case_endpoint_refused() {
  local VPC SUBNETS GROUP key value table
  fresh_vpc
  wish CLIENT_CIDR 10.224.0.0/11
  refused 'CLIENT_CIDR=10.224.0.0/11: Client VPN takes blocks from /12 to /22'
  wish CLIENT_CIDR 10.254.0.0/30
  wish SESSION_HOURS 9
  wish PORT 80
  wish TRANSPORT sctp
  wish DNS_SERVERS 10.0.0.2,10.0.0.3,10.0.0.4
  wish AUTHORIZE 10.1.0.0/16,10.1.0.0/16
  wish ROUTES 2001:db8::/32
  wish AUTHENTICATION saml
  wish IP_ADDRESS_TYPE dual-stack
  wish TRANSIT_GATEWAY_ID tgw-0123456789abcdef0
  wish LOG_RETENTION 91
  wish SPLIT_TUNNEL yes
  wish BANNER "$(head -c 1401 /dev/zero | tr '\0' x)"
  wish NO_SUCH 1
  refused 'CLIENT_CIDR=10.254.0.0/30: Client VPN takes blocks from /12 to /22' SESSION_HOURS=9 PORT=80 TRANSPORT=sctp DNS_SERVERS= 'AUTHORIZE names a rule twice' 'carries IPv4 only' \
    'nobody on a tablet or telephone could connect' 'endpoints that carry IPv6 are not made here' 'takes availability zones and no subnets' LOG_RETENTION=91 SPLIT_TUNNEL=yes BANNER= \
    'NO_SUCH is not a setting' '14 thing(s) to put right'
  vpn 1 status
  vpn 1 remove --yes
  has '14 thing(s) to put right'
  wishes
  wish AUTHENTICATION directory
  wish AUTHORIZE 10.1.0.1/16
  wish CLIENT_CIDR 10.254.0.1/22
  refused 'with a directory each connection from a tablet would ask for its password too' 'AUTHORIZE: 10.1.0.1/16 is not an IPv4 block' 'CLIENT_CIDR=10.254.0.1/22 is not an IPv4 block'
  # What only AWS knows.
  wishes
  wish VPC_ID vpc-0123456789abcdef0
  wish SUBNET_IDS subnet-0123456789abcdef0
  wish SECURITY_GROUP_IDS sg-0123456789abcdef0
  wish LOG_GROUP /no/such
  wish PKI_DIRECTORY "$WORK/no-such-pki"
  refused 'VPC_ID: vpc-0123456789abcdef0 does not exist' 'SUBNET_IDS: subnet-0123456789abcdef0 does not exist' 'SECURITY_GROUP_IDS: sg-0123456789abcdef0 does not exist' 'there is no log group /no/such' \
    "no-such-pki is no directory of pki.sh" '5 thing(s) to put right'
  wishes
  wish SUBNET_IDS "$(subnet 1)"
  wish SECURITY_GROUP_IDS "$(default_group "$(aws ec2 describe-vpcs --filters Name=is-default,Values=true --query 'Vpcs[0].VpcId' --output text)")"
  wish INSTALLATION tokyo
  refused "is not in the endpoint's VPC $VPC" "is not in the VPC $VPC" 'this directory is for INSTALLATION=, not for tokyo'
  wishes
  wish CLIENT_CIDR 10.16.0.0/12
  refused "CLIENT_CIDR=10.16.0.0/12 overlaps with the VPC's block 10.20.0.0/16"
  aws ec2 associate-vpc-cidr-block --vpc-id "$VPC" --cidr-block 10.30.0.0/16 >/dev/null
  table=$(main_table "$VPC")
  aws ec2 create-route --route-table-id "$table" --destination-cidr-block 10.40.1.0/24 --gateway-id "$(gateway "$VPC")" >/dev/null
  wish CLIENT_CIDR 10.30.4.0/22
  refused "overlaps with the VPC's block 10.30.0.0/16"
  wish CLIENT_CIDR 10.40.0.0/22
  refused 'overlaps with 10.40.1.0/24, which the VPC has a route to'
  wish CLIENT_CIDR 10.50.0.0/22
  wish ROUTES 0.0.0.0/0,10.48.0.0/13
  refused 'overlaps with 10.48.0.0/13 in ROUTES'
  endpoint_certificates
  hostile_wishes
  vpn 2 ensure remove
  vpn 2 status --write-settings x
  vpn 2 --dry-run
  vpn 2 ensure --no-such
}

# Certificates that would let in nobody, or strangers.
endpoint_certificates() {
  wishes
  wish SERVER_CERTIFICATE_ARN arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000
  refused '00000000-0000-0000-0000-000000000000 does not exist'
  wish SERVER_CERTIFICATE_ARN "$(ca_of_two_levels vpn3.example.com ec ec_paramgen_curve:prime256v1)"
  refused 'has a key of the kind EC' 'the CA "branch" in the chain of' 'was signed by another CA'
  wish SERVER_CERTIFICATE_ARN "$(ca_of_two_levels server)"
  refused 'is for "server": Client VPN refuses a server certificate without a domain'
  wish SERVER_CERTIFICATE_ARN "$(aws acm request-certificate --domain-name vpn4.example.com --validation-method DNS --query CertificateArn --output text)"
  step 60
  refused "was issued by a CA of AWS's"
  wish SERVER_CERTIFICATE_ARN "$(acm_of_pki)"
  aws acm add-tags-to-certificate --certificate-arn "$(acm_of_pki)" --tags Key=vpn-on-demand:installation,Value=osaka
  refused 'belongs to the installation "osaka"'
  aws acm add-tags-to-certificate --certificate-arn "$(acm_of_pki)" --tags Key=vpn-on-demand:installation,Value=default
  beside 10.240.0.0/22
  refused 'is that of another endpoint' 'revoked there not here'
  # As many as AWS lets one have.
  for value in 241 242 243; do beside "10.$value.0.0/22"; done
  refused 'us-east-1 has 5 Client VPN endpoints, and AWS lets you have 5'
}

# beside BLOCK: an endpoint that somebody made by hand, with the same certificate.
beside() {
  aws ec2 create-client-vpn-endpoint --client-cidr-block "$1" --server-certificate-arn "$(acm_of_pki)" --connection-log-options Enabled=false \
    --authentication-options "Type=certificate-authentication,MutualAuthentication={ClientRootCertificateChainArn=$(acm_of_pki)}" >/dev/null
}

# No setting that is wrong becomes an option, an address or an order to the terminal.
hostile_wishes() {
  local value
  wishes
  for value in "--endpoint-url=http://$MARK.example/" "file:///etc/$MARK"; do
    sed -nE 's/^#?([A-Z][A-Z0-9_]*)=.*/\1/p' "$INFRA/endpoint/settings.example.env" | grep -vE '^(REGION|BANNER)$' >"$WORK/keys"
    while IFS= read -r key; do wish "$key" "$value"; done <"$WORK/keys"
    refused 'VPC_ID=' 'CLIENT_CIDR=' 'SECURITY_GROUP_IDS=' 'LOG_GROUP='
    vpn 1 status
    unused
    sane
  done
}

# The network is cut after each write: the same command finishes it. What each call says that AWS refuses, faults.sh tries.
case_endpoint_broken_off() {
  local VPC SUBNETS GROUP start total number nothing command
  fresh_vpc
  nothing=$(everything_there)
  for command in ensure remove; do
    start=$(copy_of "$AWS_ENDPOINT_URL")
    faults
    vpn 0 "$command" --yes
    total=$(writes)
    is 'that it writes' 1 "$((total > 2))"
    for ((number = 0; number < total; number++)); do
      copy "$start"
      faults "{\"writes\": $number}"
      vpn 1 "$command" --yes
      faults
      vpn 0 "$command" --yes
      if [[ $command == ensure ]]; then
        is "the rules after $number writes and the rest" '10.20.0.0/16 * active' "$(rules)"
      else
        is "what is left after $number writes and the rest" "$nothing" "$(everything_there)"
      fi
      faults
      vpn 0 "$command" --yes
      is 'writes of one more run' 0 "$(writes)"
    done
    [[ $command == remove ]] || is 'endpoints' 2 "$(aws ec2 describe-client-vpn-endpoints --query 'length(ClientVpnEndpoints)')"
  done
}
