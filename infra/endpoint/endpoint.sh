#!/usr/bin/env bash
# Makes a Client VPN endpoint, keeps it as its settings say, and removes it. See README.md beside it.
set -Eeuo pipefail
# shellcheck source=lib/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/lib.sh"
# shellcheck source=endpoint/lib/endpoint.sh
source "$INFRA/endpoint/lib/endpoint.sh"

usage() {
  cat <<'USAGE'
Makes a Client VPN endpoint with its security group, connection log and authorization rules, or brings it to its settings: shows what
would change, asks, and does it. No subnet is associated and no route made: deploy.sh turns on and off. Safe to run again at any
time: a run that was broken off is finished by the same command.

USAGE: infra/endpoint/endpoint.sh ensure [--write-settings FILE] [OPTIONS]
       infra/endpoint/endpoint.sh remove [OPTIONS]
       infra/endpoint/endpoint.sh status [OPTIONS]

COMMANDS:
  ensure             makes what is missing, and changes what is not as the settings say
  remove             removes what ensure made, and nothing else; not while a subnet is associated, and not before destroy.sh has
                     removed the installation. The certificate stays, and the VPC
  status             what is missing or was changed by hand; what the security groups of what people reach must let in. Only reads

OPTIONS:
  --settings FILE    the settings (default: settings.env beside this script)
  --write-settings FILE  ensure: writes the settings for deploy.sh, with the endpoint, its subnets and routes. A file that is there
                     stays as it is, and must say the same
  --dry-run          show what would change, and change nothing
  --yes              do not ask
  --help             this text

EXIT STATUS: 0 done, or all as the settings say; 1 an error; 2 not understood; 3 status: something is missing or changed; ensure: who is
  revoked is not at AWS yet

EXAMPLES:
  infra/endpoint/endpoint.sh ensure --dry-run
  infra/endpoint/endpoint.sh ensure --write-settings infra/settings.env
USAGE
}

SETTINGS=$INFRA/endpoint/settings.env

options() {
  while (($# > 0)); do
    case $1 in
    ensure | remove | status)
      [[ -z $COMMAND ]] || usage_error "one command at a time: $COMMAND, $1"
      COMMAND=$1
      ;;
    --settings | --write-settings)
      option::value "$@"
      if [[ $1 == --settings ]]; then SETTINGS=$2; else HANDOVER=$2; fi
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
  [[ $COMMAND == ensure || -z $HANDOVER ]] || usage_error '--write-settings goes with ensure'
}

main() {
  options "$@"
  start
  wanted::target
  case $COMMAND in
  ensure)
    network::check
    problems::stop
    changes::make ensure "${PARTS[@]}" handover
    report::next
    ;;
  remove) changes::make ensure_removed endpoint group log ;;
  *) report::all ;;
  esac
}

main "$@"
