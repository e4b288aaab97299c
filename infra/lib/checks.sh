# shellcheck shell=bash
# What must be true in the account before the first write. Only reads. Source it through lib.sh.
set -Eeuo pipefail

# Versions: the first that know every field that is sent (aws; infra/tests/models.py tries it, fact 11.3), `test` and `gsub` with names (jq), and what is used of cargo-lambda.
readonly LEAST_AWS_1=1.44.80 LEAST_AWS_2=2.34.31 LEAST_JQ=1.6 LEAST_CARGO_LAMBDA=1.9

# checks::tools: every missing or old one is told at once.
checks::tools() {
  local tool version least
  for tool in aws jq openssl diff cmp awk find sort; do
    command -v "$tool" >/dev/null || problem "$tool is not installed" "Install it: these scripts need bash 4.4, jq $LEAST_JQ, openssl, and AWS CLI $LEAST_AWS_1 or $LEAST_AWS_2."
  done
  if command -v jq >/dev/null; then
    version=$(jq --version 2>/dev/null)
    checks::at_least "${version#jq-}" "$LEAST_JQ" || problem "jq is $version, and these scripts need $LEAST_JQ" 'Install a newer jq.'
  fi
  if command -v aws >/dev/null; then
    version=$(aws --version 2>&1)
    version=${version#aws-cli/}
    version=${version%% *}
    least=$LEAST_AWS_1
    [[ $version != 2.* ]] || least=$LEAST_AWS_2
    # What it can send counts, not what it is called: one with newer models (AWS_DATA_PATH) will do.
    checks::knows cognito-idp set-user-pool-mfa-config .WebAuthnConfiguration.FactorConfiguration ||
      problem "the AWS CLI is $version, and these scripts need $least: it does not know WebAuthnConfiguration.FactorConfiguration of cognito-idp set-user-pool-mfa-config" \
        "Install AWS CLI $LEAST_AWS_1 or $LEAST_AWS_2, or newer."
  fi
  problems::stop
}

# checks::knows SERVICE OPERATION FIELD: whether the CLI has this field of the input; nothing is asked of AWS.
checks::knows() {
  local skeleton
  skeleton=$(aws --region us-east-1 --output json "$1" "$2" --generate-cli-skeleton 2>/dev/null) && jq -e "$3 != null" >/dev/null 2>&1 <<<"$skeleton"
}

# checks::cargo_lambda: needed only where the functions are built.
checks::cargo_lambda() {
  local version
  if ! version=$(cargo lambda --version 2>/dev/null); then
    problem 'cargo-lambda is not installed, and there are no packages' \
      'Name prebuilt packages (--packages DIR), or install Rust (https://rustup.rs) and cargo-lambda (pip install cargo-lambda).'
    return 0
  fi
  version=$(cut -d' ' -f2 <<<"$version")
  checks::at_least "$version" "$LEAST_CARGO_LAMBDA" || problem "cargo-lambda is $version, and these scripts need $LEAST_CARGO_LAMBDA" 'pip install --upgrade cargo-lambda'
  command -v zip >/dev/null || problem 'zip is not installed' 'Install it: packages are made with it.'
}

# checks::at_least VERSION LEAST: compares their first two numbers; what is no version is too old.
checks::at_least() {
  local least=$2
  [[ $1 =~ ^([0-9]+)\.([0-9]+) ]] || return 1
  ((10#${BASH_REMATCH[1]} > 10#${least%%.*} || (10#${BASH_REMATCH[1]} == 10#${least%%.*} && 10#${BASH_REMATCH[2]} >= 10#${least#*.})))
}

# checks::account: everything that only AWS knows about the settings.
checks::account() {
  STEP=check
  ENDPOINT_VPC='' TRAFFIC=ipv4
  # Only what depends on nothing wrong; what is wrong is empty.
  if settings::right ENDPOINT_ID; then checks::endpoint; fi
  checks::subnets
  if [[ -n $LISTENER_ARN ]]; then
    checks::listener
  else
    checks::certificate "$CERTIFICATE_ARN"
    checks::balancer_subnets
  fi
  checks::zone HOST
  checks::pool
  checks::boundary
  STEP=''
}

checks::endpoint() {
  local groups
  if ! endpoint::find; then
    problem "ENDPOINT_ID: $ENDPOINT_ID does not exist in account $ACCOUNT, region $REGION" 'Correct ENDPOINT_ID or REGION, or sign in to the right account.'
    return 0
  fi
  case $(jq -r .Status.Code <<<"$ENDPOINT") in
  available | pending-associate) ;;
  *) problem "the endpoint is $(jq -r .Status.Code <<<"$ENDPOINT")" 'Wait until it is available or pending-associate.' ;;
  esac
  checks::kind || return 0
  ENDPOINT_VPC=$(jq -r '.VpcId // ""' <<<"$ENDPOINT")
  groups=$(jq -r '.SecurityGroupIds // [] | join(" ")' <<<"$ENDPOINT")
  if [[ -z $ENDPOINT_VPC || -z $groups ]]; then
    problem 'the endpoint has no security groups and VPC of its own: each association would get the default group' \
      "aws ec2 modify-client-vpn-endpoint --region $REGION --client-vpn-endpoint-id $ENDPOINT_ID --vpc-id ${ENDPOINT_VPC:-VPC_ID} --security-group-ids SECURITY_GROUP_ID"
  fi
  checks::traffic
  checks::routes
}

# checks::kind: an endpoint of a VPC. With a Transit Gateway, zones are associated and not subnets (fact 7.2). An AWS CLI that
# is older than these does not show it; then there is no VPC either.
checks::kind() {
  local gateway
  gateway=$(jq -r '.TransitGatewayConfiguration.TransitGatewayId // ""' <<<"$ENDPOINT")
  [[ -n $gateway ]] || return 0
  problem "the endpoint belongs to a Transit Gateway: $gateway" \
    'Name an endpoint with a VPC of its own: with a Transit Gateway, availability zones are associated and not subnets, which these functions cannot do.'
  return 1
}

# What the endpoint carries is fixed when it is created; without a word it is IPv4 (fact 7.1).
checks::traffic() {
  local other
  TRAFFIC=$(jq -r '.TrafficIpAddressType // "ipv4"' <<<"$ENDPOINT")
  other=$(settings::blocks "$ROUTES" | jq -r --arg traffic "$TRAFFIC" '[.[].given | select($traffic != "dual-stack" and (contains(":") == ($traffic == "ipv4")))] | join(",")')
  [[ -z $other ]] || problem "ROUTES: the endpoint carries $TRAFFIC traffic only, and that is fixed: $other" 'Take these out of ROUTES.'
}

# Routes that people made go away with the first turning off, so the settings must have them.
checks::routes() {
  local given missing
  [[ $FORGET_ROUTES == false ]] && settings::right ROUTES || return 0
  aws::read ec2 describe-client-vpn-routes --client-vpn-endpoint-id "$ENDPOINT_ID"
  given=$(settings::blocks "$ROUTES")
  missing=$(settings::blocks "$(json '[.Routes[] | select(.Origin == "add-route") | .DestinationCidr] | unique | join(",")')" |
    jq -r --argjson have "$given" '($have | map(.value)) as $have | [.[] | select(.value as $v | $have | index([$v]) == null) | .given] | join(",")')
  [[ -z $missing ]] || problem "the endpoint has routes that are not in the settings, and turning off deletes them: $missing" \
    "ROUTES=${ROUTES:+$ROUTES,}$missing (or go on without them: --forget-routes)"
}

# checks::subnet KEY ID: the subnet in SUBNET, or a problem.
checks::subnet() {
  if ! aws::find 'InvalidSubnetID.NotFound' ec2 describe-subnets --subnet-ids "$2"; then
    problem "$1: $2 does not exist in $REGION" "Correct $1."
    return 1
  fi
  SUBNET=$(json '.Subnets[0]')
}

checks::subnets() {
  local id zone
  local -A zones=()
  for id in ${SUBNET_IDS//,/ }; do
    checks::subnet SUBNET_IDS "$id" || continue
    if [[ -n $ENDPOINT_VPC && $(jq -r .VpcId <<<"$SUBNET") != "$ENDPOINT_VPC" ]]; then
      problem "SUBNET_IDS: $id is not in the endpoint's VPC $ENDPOINT_VPC" 'Name subnets of that VPC.'
    fi
    # Fact 7.1.
    if [[ $(jq -r '.CidrBlock // ""' <<<"$SUBNET") == '' ]]; then
      problem "SUBNET_IDS: $id has IPv6 addresses only" 'Client VPN needs 20 free IPv4 addresses, for the endpoint itself: name a subnet with both.'
      continue
    fi
    if [[ $TRAFFIC != ipv4 && $(jq '.Ipv6CidrBlockAssociationSet // [] | length' <<<"$SUBNET") == 0 ]]; then
      problem "SUBNET_IDS: $id has no IPv6 block, and the endpoint carries $TRAFFIC traffic" 'Give the subnet an IPv6 block, or name one that has.'
    fi
    if (($(jq -r '.AvailableIpAddressCount // 20' <<<"$SUBNET") < 20)); then
      problem "SUBNET_IDS: $id has fewer than 20 free addresses" 'Client VPN needs 20 to associate a subnet.'
    fi
    if (($(jq -r '.CidrBlock | split("/")[1]' <<<"$SUBNET") > 27)); then
      problem "SUBNET_IDS: $id is smaller than /27" 'Client VPN needs a /27 or larger.'
    fi
    zone=$(jq -r .AvailabilityZone <<<"$SUBNET")
    [[ ! -v zones[$zone] ]] || problem "SUBNET_IDS: $id and ${zones[$zone]} are both in $zone" 'Client VPN takes one subnet of each zone.'
    zones[$zone]=$id
  done
}

# Public subnets: those whose route table leads to an internet gateway; a subnet without one of its own has its VPC's.
readonly ROUTE_TABLES='[.RouteTables[] | {VpcId, open: any(.Routes[]?; .DestinationCidrBlock == "0.0.0.0/0" and ((.GatewayId // "") | startswith("igw-")) and .State != "blackhole"),
  main: any(.Associations[]?; .Main), subnets: [.Associations[]?.SubnetId | values]}]'
readonly IS_PUBLIC='def is_public($tables): . as $s | ([$tables[] | select(.subnets | index([$s.SubnetId]) != null)][0]
  // [$tables[] | select(.main and .VpcId == $s.VpcId)][0] // {open: false}) | .open; '

checks::balancer_subnets() {
  local id vpc found='[]'
  local -A zones=() vpcs=()
  BALANCER_VPC=''
  for id in ${ALB_SUBNET_IDS//,/ }; do
    checks::subnet ALB_SUBNET_IDS "$id" || continue
    [[ $(jq -r '.CidrBlock // ""' <<<"$SUBNET") != '' ]] || problem "ALB_SUBNET_IDS: $id has IPv6 addresses only" 'The load balancer that is made has IPv4 addresses: name subnets with these.'
    zones[$(jq -r .AvailabilityZone <<<"$SUBNET")]=$id
    BALANCER_VPC=$(jq -r .VpcId <<<"$SUBNET")
    vpcs[$BALANCER_VPC]=1
    found=$(jq --argjson one "$SUBNET" '. + [$one]' <<<"$found")
  done
  ((${#vpcs[@]} <= 1)) || problem 'ALB_SUBNET_IDS: the subnets are in several VPCs' 'Name subnets of one VPC.'
  [[ ${#zones[@]} -ge 2 || ${#zones[@]} -eq 0 ]] || problem 'ALB_SUBNET_IDS: all subnets are in one availability zone' 'A load balancer needs two zones.'
  for vpc in "${!vpcs[@]}"; do checks::public "$vpc" "$found"; done
}

# checks::public VPC SUBNETS: those that are in it can be reached from the internet. Without a gateway AWS refuses the load
# balancer (fact 11.13); a subnet that has no route to it is taken, and then nobody reaches the page there.
checks::public() {
  local id tables
  aws::read ec2 describe-internet-gateways --filters "$(jq -nc --arg vpc "$1" '[{Name: "attachment.vpc-id", Values: [$vpc]}]')"
  if [[ $(json '.InternetGateways | length') == 0 ]]; then
    problem "ALB_SUBNET_IDS: the VPC $1 has no internet gateway" 'Name public subnets, in any VPC of this region: nobody would reach the load balancer there.'
    return 0
  fi
  aws::read ec2 describe-route-tables --filters "$(jq -nc --arg vpc "$1" '[{Name: "vpc-id", Values: [$vpc]}]')"
  tables=$(json "$ROUTE_TABLES")
  for id in $(jq -r --arg vpc "$1" --argjson tables "$tables" "$IS_PUBLIC"'.[] | select(.VpcId == $vpc) | select(is_public($tables) | not) | .SubnetId' <<<"$2"); do
    problem "ALB_SUBNET_IDS: $id is not public: its route table has no route for 0.0.0.0/0 to an internet gateway" 'Name public subnets, or give it such a route.'
  done
}

# checks::certificate ARN: issued, and for our host.
checks::certificate() {
  local names
  [[ $1 == arn:* ]] || return 0
  if ! aws::find 'ResourceNotFoundException' acm describe-certificate --certificate-arn "$1"; then
    problem "the certificate $1 does not exist" 'Correct CERTIFICATE_ARN.'
    return 0
  fi
  [[ $(json .Certificate.Status) == ISSUED ]] || problem "the certificate is $(json .Certificate.Status), not ISSUED" 'Finish its validation in ACM first.'
  settings::right HOST || return 0
  names=$(json '.Certificate | [.DomainName] + (.SubjectAlternativeNames // []) | unique[]')
  checks::covers "$names" || problem "the certificate is for ${names//$'\n'/, }, not for HOST=$HOST" 'Use a certificate that has that name.'
}

# checks::covers NAMES: whether one is HOST, or a wildcard for it.
checks::covers() {
  local name
  while IFS= read -r name; do
    if [[ $name == "$HOST" || $name == "*.${HOST#*.}" ]]; then return 0; fi
  done <<<"$1"
  return 1
}

checks::listener() {
  local taken balancer
  if ! aws::find 'ListenerNotFound' elbv2 describe-listeners --listener-arns "$LISTENER_ARN"; then
    problem "LISTENER_ARN: $LISTENER_ARN does not exist" 'Correct LISTENER_ARN.'
    return 0
  fi
  if [[ $(json '.Listeners[0].Protocol') == HTTPS ]]; then
    if settings::right HOST; then checks::listener_certificates; fi
  else
    problem "LISTENER_ARN: the listener speaks $(json '.Listeners[0].Protocol')" 'Sign-in needs an HTTPS listener.'
  fi
  settings::right HOST INSTALLATION || return 0
  # With somebody's listener, a load balancer of ours is removed.
  balancer=${LISTENER_ARN/:listener\//:loadbalancer/}
  balancer::tags "${balancer%/*}"
  ! is_ours "$TAGS" || problem 'LISTENER_ARN is of the load balancer that was made here' 'Leave LISTENER_ARN out, and CERTIFICATE_ARN and ALB_SUBNET_IDS in.'
  aws::read elbv2 describe-rules --listener-arn "$LISTENER_ARN"
  taken=$(json '[.Rules[] | select(any(.Conditions[]?; .Field == "host-header" and any(.HostHeaderConfig.Values[]?; . == $host))) | .RuleArn][]' --arg host "$HOST")
  rules::foreign "$taken" "has a rule for $HOST"
}

# One of the listener's certificates must be for our host. What is not in ACM cannot be looked into, and passes.
checks::listener_certificates() {
  local certificate names='' name
  aws::read elbv2 describe-listener-certificates --listener-arn "$LISTENER_ARN"
  for certificate in $(json '.Certificates[].CertificateArn'); do
    [[ $certificate == arn:*:acm:* ]] || return 0
    aws::read acm describe-certificate --certificate-arn "$certificate"
    name=$(json '.Certificate | [.DomainName] + (.SubjectAlternativeNames // []) | unique[]')
    if checks::covers "$name"; then return 0; fi
    names+="${name//$'\n'/, } "
  done
  problem "no certificate of the listener is for HOST=$HOST, only for ${names:-nobody}" 'Add a certificate for it to the listener first.'
}

# checks::zone SETTING [TODO]: that the hosted zone is there, and has the name in this setting. The zone is in AWS_OUT then.
checks::zone() {
  local zone name=${!1}
  [[ -n $HOSTED_ZONE_ID ]] || return 0
  if ! aws::find 'NoSuchHostedZone' route53 get-hosted-zone --id "$HOSTED_ZONE_ID"; then
    problem "HOSTED_ZONE_ID: $HOSTED_ZONE_ID does not exist" 'Correct it, or leave it out: then the record is printed for you.'
    return 0
  fi
  settings::right "$1" || return 0
  zone=$(json '.HostedZone.Name | rtrimstr(".")')
  [[ $name == "$zone" || $name == *".$zone" ]] || problem "HOSTED_ZONE_ID is $zone, and $1=$name is not in it" "${2:-Correct one of the two.}"
}

checks::pool() {
  [[ -n $USER_POOL_ID ]] || return 0
  if ! aws::find 'ResourceNotFoundException' cognito-idp describe-user-pool --user-pool-id "$USER_POOL_ID"; then
    problem "USER_POOL_ID: $USER_POOL_ID does not exist" 'Correct it, or leave it out: then a user pool is made.'
    return 0
  fi
  # Managed login, and choosing how to sign in (fact 11.8).
  [[ $(json '.UserPool.UserPoolTier // ""') != LITE ]] || problem "USER_POOL_ID: $USER_POOL_ID has the feature plan Lite, and our app client needs Essentials or Plus" \
    'Choose another plan in the console (Cognito, the user pool, Settings, Feature plan), which is billed by active user, or leave USER_POOL_ID out.'
  sign_in::check_issuer "user pool $USER_POOL_ID" "$(json .UserPool)"
  # One that does not know the field shows no other issuer either.
  checks::knows cognito-idp create-user-pool .IssuerConfiguration ||
    problem "USER_POOL_ID: this AWS CLI is too old to show the issuer of a user pool" 'Install the newest AWS CLI, or leave USER_POOL_ID out.'
}

checks::boundary() {
  [[ -n $PERMISSIONS_BOUNDARY ]] || return 0
  aws::find 'NoSuchEntity|NoSuchEntityException' iam get-policy --policy-arn "$PERMISSIONS_BOUNDARY" ||
    problem "PERMISSIONS_BOUNDARY: $PERMISSIONS_BOUNDARY does not exist" 'Correct it, or leave it out: then the roles get none.'
}
