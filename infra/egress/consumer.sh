#!/usr/bin/env bash
# Gives a project's VPC the way out through the shared proxy: a resource endpoint, by one name. See README.md beside it.
set -Eeuo pipefail
# shellcheck source=lib/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/lib.sh"
# shellcheck source=egress/lib/consumer/consumer.sh
source "$INFRA/egress/lib/consumer/consumer.sh"

usage() {
  cat <<'USAGE'
Makes a resource endpoint for the shared proxy in a project's VPC, with its security group, or brings it back to what it was made as:
shows what would change, asks, and does it; then prints what programs in the VPC are to be told. No settings file, and no right in the
account of the proxy. Safe to run again at any time: a run that was broken off is finished by the same command.

USAGE: infra/egress/consumer.sh ensure --vpc VPC --resource-configuration ARN [OPTIONS]
       infra/egress/consumer.sh remove --vpc VPC [OPTIONS]
       infra/egress/consumer.sh status --vpc VPC [OPTIONS]

COMMANDS:
  ensure             accepts the invitation, where the proxy is another account's and shared by one; makes what is missing, and changes
                     what was changed by hand
  remove             removes what ensure made, and nothing else
  status             what is missing or was changed; what programs are to be told; the VPC's NAT gateways, what they still carry, what they
                     cost, and for those that carry nothing the commands that remove them, and the way back. Only reads

OPTIONS:
  --vpc VPC          the project's VPC, vpc-...
  --resource-configuration ARN  what provider.sh prints; status and remove find it by themselves
  --subnets SUBNET,...  where its network interfaces go, one for each zone (default: for each zone that the gateway has too, up to two of
                     them, the subnet with the most free addresses). Each zone is billed
  --zones ID,...     the zones of the gateway, such as use1-az1,use1-az2, as provider.sh prints them: only where the proxy is another
                     account's, which this account cannot ask
  --region REGION    where the VPC is (default: that of the ARN, or AWS_REGION)
  --dry-run          show what would change, and change nothing
  --yes              do not ask
  --help             this text

EXIT STATUS: 0 done, or all as it was made; 1 an error; 2 not understood; 3 status: something is missing or changed

EXAMPLES:
  infra/egress/consumer.sh ensure --vpc vpc-0123 --resource-configuration arn:aws:vpc-lattice:us-east-1:111122223333:resourceconfiguration/rcfg-0123 --dry-run
  infra/egress/consumer.sh status --vpc vpc-0123 --region us-east-1
USAGE
}

COMMAND='' GIVEN_REGION=''

options() {
  while (($# > 0)); do
    case $1 in
    ensure | remove | status)
      [[ -z $COMMAND ]] || usage_error "one command at a time: $COMMAND, $1"
      COMMAND=$1
      ;;
    --vpc | --resource-configuration | --subnets | --zones | --region)
      option::value "$@"
      case $1 in
      --vpc) VPC_ID=$2 ;;
      --resource-configuration) CONFIGURATION_ARN=$2 ;;
      --subnets) GIVEN_SUBNETS=$2 ;;
      --zones) GIVEN_ZONES=$2 ;;
      *) GIVEN_REGION=$2 ;;
      esac
      shift
      ;;
    --dry-run) DRY_RUN=true ;;
    --yes) YES=true ;;
    --help)
      usage
      exit 0
      ;;
    *) usage_error "unknown option: $1" ;;
    esac
    shift
  done
  [[ -n $COMMAND ]] || usage_error 'a command is missing: ensure, remove or status'
  [[ -n $VPC_ID ]] || usage_error '--vpc is missing: the VPC of the project'
  [[ $COMMAND != ensure || -n $CONFIGURATION_ARN ]] || usage_error 'ensure needs --resource-configuration: the ARN that provider.sh prints'
  [[ $COMMAND == ensure || -z $GIVEN_SUBNETS$GIVEN_ZONES ]] || usage_error '--subnets and --zones go with ensure'
}

main() {
  options "$@"
  start
  given::target "$GIVEN_REGION"
  case $COMMAND in
  ensure)
    configuration::reach
    entrance::check
    problems::stop
    changes::make ensure "${PARTS[@]}"
    clients::say
    ;;
  remove) changes::make ensure_removed entrance group ;;
  *) overview::all ;;
  esac
}

main "$@"
