# shellcheck shell=bash
# The command line: all that can be seen without asking AWS. Source it through consumer.sh.
set -Eeuo pipefail

readonly CONFIGURATION_PATTERN='^arn:(aws[a-z-]*):vpc-lattice:([a-z0-9-]+):([0-9]{12}):resourceconfiguration/(rcfg-[0-9a-z]{17})$'

# given::target REGION: checks what was given, says who acts where. Whose the proxy is, in OWNER.
given::target() {
  local region=''
  OWNER=''
  if [[ $CONFIGURATION_ARN =~ $CONFIGURATION_PATTERN ]]; then
    region=${BASH_REMATCH[2]} OWNER=${BASH_REMATCH[3]}
  elif [[ -n $CONFIGURATION_ARN ]]; then
    problem "--resource-configuration: \"$(brief "$CONFIGURATION_ARN")\" is not the ARN of a resource configuration" 'Take the line that infra/egress/provider.sh status prints: arn:aws:vpc-lattice:REGION:ACCOUNT:resourceconfiguration/rcfg-...'
  fi
  REGION=${1:-${region:-${AWS_REGION:-${AWS_DEFAULT_REGION-}}}}
  given::is "--vpc" "$VPC_ID" 'vpc-[0-9a-f]+' 'a VPC, vpc-...'
  given::is "--subnets" "$GIVEN_SUBNETS" '(subnet-[0-9a-f]+(,subnet-[0-9a-f]+){0,9})?' 'subnets separated by commas, subnet-...'
  given::is "--zones" "$GIVEN_ZONES" '([a-z0-9]+-az[0-9]+(,[a-z0-9]+-az[0-9]+){0,9})?' 'ids of zones separated by commas, such as use1-az1 (not their names: those differ from account to account)'
  given::is "--region" "$REGION" '[a-z]{2}(-[a-z]+)+-[0-9]+' 'a region, such as us-east-1'
  [[ -z $region || -z $REGION || $region == "$REGION" ]] || problem "the resource configuration is in $region, and the VPC would be in $REGION" "A resource endpoint reaches what is in its own region. Leave --region out, or share the proxy of $REGION."
  problems::stop
  identity
  note "VPC:          $VPC_ID"
}

# given::is OPTION VALUE PATTERN WHAT
given::is() {
  [[ $2 =~ ^($3)$ ]] || problem "$1: \"$(brief "$2")\" is not $4" 'See --help.'
}
