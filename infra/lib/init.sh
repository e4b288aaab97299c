# shellcheck shell=bash
# The first settings file, from what the endpoint tells (deploy.sh --init). Only reads from AWS. Source it through lib.sh.
set -Eeuo pipefail

# What stands in the file where nothing can be known.
readonly FILL_IN='FILL IN'

# The lines that take the example's place, by setting. INIT_TO_DO: what is left to fill in.
declare -gA INIT=()
INIT_TO_DO=()

# init::run: ENDPOINT_ID, HOST and REGION are from the command line, the latter two perhaps empty.
init::run() {
  [[ ! -e $SETTINGS && ! -L $SETTINGS ]] || die "$SETTINGS is there already, and is not overwritten" 'Edit it, or name another file: --settings FILE.'
  REGION=${REGION:-$(settings::default_region)}
  [[ -n $REGION ]] || die 'no region is known' 'Name the region of the endpoint: --region REGION.'
  settings::region
  settings::expect ENDPOINT_ID 'cvpn-endpoint-[0-9a-f]+' 'a Client VPN endpoint, cvpn-endpoint-...'
  settings::optional HOST "$HOST_PATTERN" 'a host name in small letters, such as vpn.example.com'
  problems::stop
  aws::read sts get-caller-identity
  ACCOUNT=$(json '.Account | select(test("^[0-9]{12}$"))')
  INIT[REGION]="REGION=$REGION" INIT[ACCOUNT_ID]="ACCOUNT_ID=$ACCOUNT" INIT[ENDPOINT_ID]="ENDPOINT_ID=$ENDPOINT_ID"
  init::endpoint
  init::routes
  init::subnets
  init::balancer_subnets
  init::host
  init::certificate
  init::write
}

# init::known KEY VALUE [COMMENTS]: a value that is known; without one it is to be filled in.
init::known() {
  [[ -n $2 ]] || INIT_TO_DO+=("$1")
  INIT[$1]="${3:-}$1=${2:-$FILL_IN}"
}

# Names and tags are other people's: nothing in them ends a line, moves a cursor or hides.
readonly INIT_PLAIN='def plain: tostring | gsub("[[:cntrl:]]|\\p{Cf}|\\p{Zl}|\\p{Zp}"; "?") | .[:60];'

init::endpoint() {
  endpoint::find || die "$ENDPOINT_ID does not exist in account $ACCOUNT, region $REGION" 'Correct the endpoint, name its region (--region), or sign in to the right account.'
  checks::kind || problems::stop
  ENDPOINT_VPC=$(jq -r '.VpcId // ""' <<<"$ENDPOINT")
}

# Routes that people made, in AWS's spelling.
init::routes() {
  local routes
  aws::read ec2 describe-client-vpn-routes --client-vpn-endpoint-id "$ENDPOINT_ID"
  routes=$(json '[.Routes[] | select(.Origin == "add-route") | .DestinationCidr | select(test("^[0-9a-fA-F.:]+/[0-9]+$"))] | unique | join(",")')
  INIT[ROUTES]="#ROUTES="
  [[ -z $routes ]] || INIT[ROUTES]="ROUTES=$routes"
}

# The subnets that are associated; where none is, those that could be.
init::subnets() {
  local ids could=''
  aws::read ec2 describe-client-vpn-target-networks --client-vpn-endpoint-id "$ENDPOINT_ID"
  ids=$(json '[.ClientVpnTargetNetworks[] | select(.Status.Code | IN("associated", "associating")) | .TargetNetworkId | select(test("^subnet-[0-9a-f]+$"))] | unique | join(",")')
  if [[ -z $ids && -n $ENDPOINT_VPC ]]; then
    aws::read ec2 describe-subnets --filters "Name=vpc-id,Values=$ENDPOINT_VPC"
    could=$(json "$INIT_PLAIN"'[.Subnets[] | select(.CidrBlock and (.CidrBlock | split("/")[1] | tonumber) <= 27 and (.AvailableIpAddressCount // 20) >= 20)]
      | sort_by(.AvailabilityZone, .SubnetId)[] | "# \(.SubnetId) in \(.AvailabilityZone), \(.CidrBlock), \([.Tags[]? | select(.Key == "Name") | .Value][0] // "without a name" | plain)"')
    could=$'# Nothing is associated now. These could be, one of each zone:\n'"${could:-# none: Client VPN needs a /27 with 20 free addresses}"$'\n'
  fi
  init::known SUBNET_IDS "$ids" "$could"
}

# Public subnets, the endpoint's VPC first.
init::balancer_subnets() {
  local tables found
  aws::read ec2 describe-route-tables
  tables=$(json "$ROUTE_TABLES")
  aws::read ec2 describe-subnets
  found=$(json "$INIT_PLAIN$IS_PUBLIC"'
    [.Subnets[] | select(.CidrBlock) | select(is_public($tables))]
    | group_by(.VpcId) | map([group_by(.AvailabilityZone)[] | sort_by(.SubnetId)[0]]) | map(select(length > 1)) | sort_by(.[0].VpcId != $vpc)[]
    | "#ALB_SUBNET_IDS=\(map(.SubnetId) | join(","))\n#   public, \(map(.AvailabilityZone) | join(" ")), \(if .[0].VpcId == $vpc then "in the endpoint'"'"'s VPC" else "in " + .[0].VpcId end): \(
      map([.Tags[]? | select(.Key == "Name") | .Value][0] // "without a name" | plain) | join(", "))"' --argjson tables "$tables" --arg vpc "$ENDPOINT_VPC")
  init::known ALB_SUBNET_IDS '' "${found:-# No VPC here has public subnets in two availability zones: make some, with routes to an internet gateway.}"$'\n'
}

# The host, and the zones that it is in: the longest first.
init::host() {
  local zones
  init::known HOST "$HOST"
  [[ -n $HOST ]] || return 0
  aws::read route53 list-hosted-zones
  zones=$(json '[.HostedZones[] | select(.Config.PrivateZone | not) | (.Name | rtrimstr(".")) as $name
    | select($host == $name or ($host | endswith("." + $name))) | {id: (.Id | split("/")[-1]), $name}] | sort_by(-(.name | length))[] | "#HOSTED_ZONE_ID=\(.id)"' --arg host "$HOST")
  INIT[HOSTED_ZONE_ID]=${zones:-#HOSTED_ZONE_ID=}
}

# Certificates that are issued and for the host, of all kinds of keys.
init::certificate() {
  local found=''
  if [[ -n $HOST ]]; then
    aws::read acm list-certificates --certificate-statuses ISSUED --includes '{"keyTypes": ["RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1"]}'
    found=$(json "$INIT_PLAIN"'.CertificateSummaryList[] | . as $c | ([.DomainName] + (.SubjectAlternativeNameSummaries // []) | unique)
      | select(any(. == $host or . == "*." + ($host | split(".")[1:] | join(".")))) | "#CERTIFICATE_ARN=\($c.CertificateArn)\n#   for \(map(plain) | join(", "))"' --arg host "$HOST")
  fi
  INIT[CERTIFICATE_ARN]=${found:-#CERTIFICATE_ARN=}
}

# The example, with what is known in place of its values. Nothing that is there is overwritten, not even now.
init::write() {
  local line key
  while IFS= read -r line; do
    if [[ $line =~ ^#?([A-Z][A-Z0-9_]*)= ]] && [[ -v INIT[${BASH_REMATCH[1]}] ]]; then
      key=${BASH_REMATCH[1]}
      printf '%s\n' "${INIT[$key]}"
    else
      printf '%s\n' "$line"
    fi
  done <"$INFRA/settings.example.env" >"$WORK/settings.env"
  (set -o noclobber && cat "$WORK/settings.env" >"$SETTINGS") 2>/dev/null || die "$SETTINGS cannot be written" 'Name another file: --settings FILE.'
  say "Written: $SETTINGS"
  ((${#INIT_TO_DO[@]} == 0)) || say "To be filled in, with candidates beside it: ${INIT_TO_DO[*]}"
  say "Then: infra/deploy.sh --settings $SETTINGS --dry-run"
}
