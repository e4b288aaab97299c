#!/usr/bin/env bash
# An administrator's own switch. See README.md beside it.
set -Eeuo pipefail
# shellcheck source=lib/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/lib.sh"
# shellcheck source=lib/vpn.sh
source "$INFRA/lib/vpn.sh"

usage() {
  cat <<'USAGE'
Turns the VPN on and off by hand, opens it, keeps it on, and says how it stands. It says what would change and who is cut off,
asks, has the function do it, and waits for the result. A run that was broken off is finished by the same command.

USAGE: infra/vpn.sh on|off|open|keep TIME|status [OPTIONS]

COMMANDS:
  on            turns it on, and waits until it is ready. It turns off by itself after the idle time, as for everybody
  off           turns it off whoever is connected, and waits until AWS bills nothing more. What keeps it on ends, too.
                With --closed-for TIME nobody can turn it on for so long
  open          ends what --closed-for began, and turns nothing on
  keep TIME     keeps it on though nobody uses it, for at most 14 days from now; what was kept for longer stays. It must be on
  status        on or off, until when it is kept or closed, who is connected. Only reads

OPTIONS:
  --closed-for TIME   with off: how long it is closed
  --settings FILE     the settings (default: settings.env beside this script)
  --dry-run           say what would change and who would be cut off, and change nothing
  --yes               do not ask
  --help              this text

TIME is a whole number with m, h or d: 90m, 2h, 3d.

EXIT STATUS: 0 done, or so already; 1 an error, or not confirmed; 2 not understood

EXAMPLES:
  infra/vpn.sh off --closed-for 2h
  infra/vpn.sh keep 3d
USAGE
}

COMMAND='' CLOSED_FOR='' TIME=''
# shellcheck disable=SC2034 # lib/rights.sh reads it
CALLER=operator

# options::time NAME VALUE: that it is one. What is too long, the function says.
options::time() {
  [[ $2 =~ ^[1-9][0-9]{0,5}[mhd]$ ]] || usage_error "$1: \"$(brief "$2")\" is no time such as 90m, 2h or 3d"
}

options() {
  while (($# > 0)); do
    case $1 in
    on | off | open | keep | status)
      [[ -z $COMMAND ]] || usage_error "one command at a time: $COMMAND, $1"
      COMMAND=$1
      if [[ $1 == keep ]]; then
        option::value "$@"
        options::time keep "$2"
        TIME=$2
        shift
      fi
      ;;
    --settings | --closed-for)
      option::value "$@"
      if [[ $1 == --settings ]]; then SETTINGS=$2; else
        options::time "$1" "$2"
        CLOSED_FOR=$2
      fi
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
  [[ -n $COMMAND ]] || usage_error 'no command: on, off, open, keep TIME or status'
  [[ -z $CLOSED_FOR || $COMMAND == off ]] || usage_error '--closed-for goes with off only'
}

main() {
  options "$@"
  start
  target
  problems::stop
  vpn::deployed
  vpn::look
  say
  vpn::show
  [[ $COMMAND == status ]] || "vpn::$COMMAND"
}

main "$@"
