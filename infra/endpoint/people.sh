#!/usr/bin/env bash
# Looks after the people of a Client VPN endpoint, and the profiles of their devices. See README.md beside it.
set -Eeuo pipefail
# shellcheck source=lib/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/lib.sh"
# shellcheck source=endpoint/lib/pki.sh
source "$INFRA/endpoint/lib/pki.sh"
# shellcheck source=endpoint/lib/profile_check.sh
source "$INFRA/endpoint/lib/profile_check.sh"

usage() {
  cat <<'USAGE'
Looks after the profiles of people's devices.

USAGE: infra/endpoint/people.sh check FILE [OPTIONS]

COMMANDS:
  check FILE         holds a profile, also one that was edited or comes from elsewhere, against what OpenVPN Connect takes: what it
                     refuses, what it goes on without, what is missing, and certificate and key; each with its line and what to do.
                     Only reads, asks nobody and opens no connection

OPTIONS:
  --client CLIENT    openvpn: OpenVPN Connect, the app for tablets and phones (default); aws: AWS's own client for desktops
  --directory DIR    check: against the CA in this directory of pki.sh too: is it the CA, the server's name, and is the certificate
                     one that it has issued and not revoked
  --passphrase-file FILE  check: the passphrase of the key in the profile, on the first line of FILE, which only you can read
  --help             this text

EXIT STATUS: 0 nothing was found; 1 an error, or the profile does not work; 2 not understood; 3 something was found that does not keep it from working

EXAMPLES:
  infra/endpoint/people.sh check downloaded-client-config.ovpn
  infra/endpoint/people.sh check ipad.ovpn --directory ~/vpn-on-demand-pki
USAGE
}

COMMAND=''
FILE=''

options() {
  while (($# > 0)); do
    case $1 in
    check)
      [[ -z $COMMAND ]] || usage_error "one command at a time: $COMMAND, $1"
      COMMAND=$1
      option::value "$@"
      FILE=$2
      shift
      ;;
    --client | --directory | --passphrase-file)
      option::value "$@"
      case $1 in
      --client)
        [[ $2 == openvpn || $2 == aws ]] || usage_error "no client is called $2: openvpn or aws"
        PROFILE_CLIENT=$2
        ;;
      --directory) DIRECTORY=$2 ;;
      *) PASSPHRASE_FILE=$2 ;;
      esac
      shift
      ;;
    --help)
      usage
      exit 0
      ;;
    *) usage_error "unknown option: $1" ;;
    esac
    shift
  done
  [[ -n $COMMAND ]] || usage_error 'a command is missing: check'
}

main() {
  options "$@"
  start_here
  if [[ -n $DIRECTORY ]]; then
    directory::find
    directory::check
    problems::stop
  fi
  profile_check::all "$FILE"
}

main "$@"
