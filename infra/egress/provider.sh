#!/usr/bin/env bash
# Makes the proxy that many VPCs reach the internet through, keeps it as its settings say, and removes it. See README.md beside it.
set -Eeuo pipefail
# shellcheck source=lib/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/lib.sh"
# shellcheck source=egress/lib/lib.sh
source "$INFRA/egress/lib/lib.sh"
# shellcheck source=egress/lib/report.sh
source "$INFRA/egress/lib/report.sh"

usage() {
  cat <<'USAGE'
Makes a VPC with proxies in two zones, which other VPCs reach by name over AWS PrivateLink, whatever their address ranges; or brings
it to its settings: shows what would change, asks, and does it. Safe to run again at any time: a run that was broken off is finished
by the same command.

USAGE: infra/egress/provider.sh ensure [OPTIONS]
       infra/egress/provider.sh remove [--cut-off] [OPTIONS]
       infra/egress/provider.sh share ACCOUNT... [OPTIONS]
       infra/egress/provider.sh status [OPTIONS]

COMMANDS:
  ensure             makes what is missing, and changes what is not as the settings say; new proxies come before old ones go
  remove             removes what ensure and share made, and nothing else; not while endpoints of consumers lead there
  share              lets other accounts make endpoints: twelve digits each. Accounts outside your organization are invited
  status             what is missing or was changed by hand, what each part does, what it carries and costs. Runs one command on each
                     proxy, by Systems Manager: whether it serves. Changes nothing

OPTIONS:
  --settings FILE    the settings (default: settings.env beside this script)
  --cut-off          remove: though endpoints of consumers lead there; whoever is behind them is without the internet
  --dry-run          show what would change, and change nothing
  --yes              do not ask
  --help             this text

EXIT STATUS: 0 done, or all as the settings say; 1 an error; 2 not understood; 3 status: something is missing or changed; ensure: all
  is made, and AWS has not found the TXT record yet that proves the name: run the same command again when it is in public DNS

EXAMPLES:
  infra/egress/provider.sh ensure --dry-run
  infra/egress/provider.sh share 210987654321
USAGE
}

SETTINGS=$INFRA/egress/settings.env
COMMAND='' CUT_OFF=false VERIFIED_YET=true
CALLER=egress-provider

options() {
  while (($# > 0)); do
    case $1 in
    ensure | remove | share | status)
      [[ -z $COMMAND ]] || usage_error "one command at a time: $COMMAND, $1"
      COMMAND=$1
      ;;
    --settings)
      option::value "$@"
      SETTINGS=$2
      shift
      ;;
    --cut-off) CUT_OFF=true ;;
    --dry-run) DRY_RUN=true ;;
    --yes) YES=true ;;
    --help)
      usage
      exit 0
      ;;
    -*) usage_error "unknown option: $1" ;;
    *)
      [[ $COMMAND == share ]] || usage_error "not understood: $1"
      [[ $1 =~ ^[0-9]{12}$ ]] || usage_error "\"$(brief "$1")\" is no account: twelve digits"
      ACCOUNTS+=("$1")
      ;;
    esac
    shift
  done
  [[ -n $COMMAND ]] || usage_error 'a command is missing: ensure, remove, share or status'
  [[ $COMMAND == remove || $CUT_OFF == false ]] || usage_error '--cut-off goes with remove'
  [[ $COMMAND != share || ${#ACCOUNTS[@]} -gt 0 ]] || usage_error 'share needs an account: twelve digits'
}

main() {
  options "$@"
  start
  wanted::target
  case $COMMAND in
  ensure)
    check::all
    problems::stop
    changes::make ensure "${PARTS[@]}"
    [[ $DRY_RUN == true ]] || domain::finish
    report::next
    ;;
  remove) changes::make ensure_removed "${REMOVED[@]}" ;;
  share)
    changes::make ensure share
    share::next
    ;;
  *) report::all ;;
  esac
}

main "$@"
