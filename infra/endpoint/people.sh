#!/usr/bin/env bash
# Looks after the people of a Client VPN endpoint, and the profiles of their devices. See README.md beside it.
set -Eeuo pipefail
# shellcheck source=lib/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/lib.sh"
# shellcheck source=endpoint/lib/pki.sh
source "$INFRA/endpoint/lib/pki.sh"
# shellcheck source=endpoint/lib/everybody.sh
source "$INFRA/endpoint/lib/everybody.sh"

usage() {
  cat <<'USAGE'
Looks after people and their devices: one device is one certificate of pki.sh's CA, one person is one user of Cognito where she has an
e-mail. It shows what would change, asks, and does it; a run that was broken off is finished by the same command.

USAGE: infra/endpoint/people.sh add NAME [--device DEVICE]... [--email E-MAIL] [--to-page] [OPTIONS]
       infra/endpoint/people.sh list [OPTIONS]
       infra/endpoint/people.sh profile NAME [--device DEVICE]... [--to-page] [--new-certificate] [OPTIONS]
       infra/endpoint/people.sh remove NAME [--email E-MAIL] [OPTIONS]
       infra/endpoint/people.sh disconnect NAME|--all [OPTIONS]
       infra/endpoint/people.sh check FILE [OPTIONS]

COMMANDS:
  add NAME           makes a certificate and a profile for each device, and with --email the sign-in to the page, to which Cognito mails
                     an invitation. Again, with another device: adds that one
  list               everybody: devices, days left, sign-in, when she turned the VPN on last, who is connected; and what AWS has of
                     the revocation list. Only reads
  profile NAME       writes the profiles of her devices again
  remove NAME        disables the sign-in and signs her out; revokes all her certificates; imports the whole revocation list and waits
                     until it is active; ends her connections, and again after 10 seconds; then says what still works until when.
                     IMPORTING A LIST ENDS EVERYBODY'S CONNECTIONS: the others are back by themselves within a minute
  disconnect NAME    ends her connections, or with --all everybody's. The app may connect again: only remove keeps anybody out
  check FILE         holds a profile, also one that was edited or comes from elsewhere, against what OpenVPN Connect takes: what it
                     refuses, what it goes on without, what is missing, and certificate and key; each with its line and what to do.
                     Only reads, asks nobody and opens no connection

OPTIONS:
  --device DEVICE    which device, such as ipad; add: one more certificate for each; profile: these only
  --email E-MAIL     add: she signs in to the page with it; needs a deployment. remove: her sign-in, where it was not made here
  --to-page          add, profile: the profiles wait for her at the page for 7 days, under her sign-in (deploy.sh with PROFILES=on; read
                     .github/THREATS.md first)
  --new-certificate  profile: a new certificate for each device, and every older one revoked, which ends everybody's connections
                     as above. There is no other way to renew: a device that has only the old profile is kept out
  --inactive SECONDS:BYTES  add, profile: the app leaves when fewer bytes than these were moved in so many seconds (default: 900:65536)
  --client CLIENT    add, profile, check: openvpn: OpenVPN Connect, the app for tablets and phones (default); aws: AWS's own client
                     for desktops
  --profile-passphrase-file FILE  add, profile: the app asks for the passphrase on the first line of FILE; without it, for none
  --endpoint ID      the endpoint (default: the one that lets in the people of this CA)
  --directory DIR    the CA's directory, as pki.sh's (default: ~/vpn-on-demand-pki). check: against this CA too: is it the CA, the
                     server's name, and is the certificate one that it has issued and not revoked
  --passphrase-file FILE  the passphrase of the CA's key; of check, of the key in the profile: on the first line of FILE, which
                     only you can read; without it, the former is asked for
  --dry-run          show what would change, and change nothing
  --yes              do not ask
  --help             this text

EXIT STATUS: 0 done, or nothing was found; 1 an error, or the profile does not work; 2 not understood; 3 something is left to do: a
  certificate ends, what is revoked is not at AWS, or a sign-in was changed elsewhere; check: something was found that does not keep
  the profile from working

EXAMPLES:
  infra/endpoint/people.sh add mei.tanaka --device ipad --email mei.tanaka@example.com
  infra/endpoint/people.sh remove mei.tanaka
  infra/endpoint/people.sh check ipad.ovpn --directory ~/vpn-on-demand-pki
USAGE
}

# What disconnect is for, and which options were given.
EVERYBODY=false USED=()

# Which options go with which command, beside --directory and --passphrase-file.
readonly -A GO_WITH=(
  [add]='--device --email --to-page --inactive --client --profile-passphrase-file --endpoint --dry-run --yes'
  [list]=--endpoint
  [profile]='--device --to-page --new-certificate --inactive --client --profile-passphrase-file --endpoint --dry-run --yes'
  [remove]='--email --endpoint --dry-run --yes'
  [disconnect]='--all --endpoint --dry-run --yes'
  [check]=--client
)

options() {
  while (($# > 0)); do
    [[ $1 != --?* ]] || USED+=("$1")
    case $1 in
    add | list | profile | remove | disconnect | check)
      [[ -z $COMMAND ]] || usage_error "one command at a time: $COMMAND, $1"
      COMMAND=$1
      case $1 in
      list) ;;
      disconnect)
        if [[ ${2-} == --all || ${2-} != [!-]* ]]; then :; else
          PERSON_NAME=$2
          shift
        fi
        ;;
      *)
        option::value "$@"
        if [[ $1 == check ]]; then FILE=$2; else PERSON_NAME=$2; fi
        shift
        ;;
      esac
      ;;
    --client | --directory | --passphrase-file | --profile-passphrase-file | --device | --email | --inactive | --endpoint)
      option::value "$@"
      options::with_value "$1" "$2"
      shift
      ;;
    --to-page) TO_PAGE=true ;;
    --new-certificate) NEW_CERTIFICATE=true ;;
    --all) EVERYBODY=true ;;
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
  options::fit
}

options::with_value() {
  case $1 in
  --client)
    [[ $2 == openvpn || $2 == aws ]] || usage_error "no client is called $2: openvpn or aws"
    PROFILE_CLIENT=$2
    ;;
  --directory) DIRECTORY=$2 ;;
  --passphrase-file) PASSPHRASE_FILE=$2 ;;
  --profile-passphrase-file) PROFILE_PASSPHRASE_FILE=$2 ;;
  --device)
    [[ " ${DEVICES[*]-} " != *" $2 "* ]] || usage_error "the device $2 is named twice"
    DEVICES+=("$2")
    ;;
  --email)
    # Cognito may tell capitals apart, and mail does not.
    [[ ${2,,} =~ ^$EMAIL_PATTERN$ ]] || usage_error "that is no e-mail address: $2"
    GIVEN_EMAIL=${2,,}
    ;;
  --inactive) INACTIVE=$2 ;;
  *)
    [[ $2 =~ ^cvpn-endpoint-[0-9a-f]+$ ]] || usage_error "that is no endpoint: $2"
    ENDPOINT_ID=$2
    ;;
  esac
}

# options::fit: each option goes with the command, and nothing is missing.
options::fit() {
  local option
  [[ -n $COMMAND ]] || usage_error 'a command is missing: add, list, profile, remove, disconnect or check'
  for option in "${USED[@]+"${USED[@]}"}"; do
    [[ " ${GO_WITH[$COMMAND]} --directory --passphrase-file " == *" $option "* ]] || usage_error "$option does not go with $COMMAND"
  done
  [[ $COMMAND != add || ${#DEVICES[@]} -gt 0 || -n $GIVEN_EMAIL ]] || usage_error 'what is to be added: --device, --email, or both?'
  if [[ $COMMAND == disconnect ]]; then
    [[ $EVERYBODY == true || -n $PERSON_NAME ]] || usage_error 'who is to be disconnected: NAME or --all?'
    [[ $EVERYBODY == false || -z $PERSON_NAME ]] || usage_error 'either NAME or --all'
  fi
}

main() {
  options "$@"
  if [[ $COMMAND == check ]]; then
    start_here
    command::check_profile
    return 0
  fi
  start
  command::find
  case $COMMAND in
  add) command::add ;;
  list) overview::all ;;
  profile) command::profile ;;
  remove) command::remove ;;
  *) command::disconnect ;;
  esac
  [[ -z $REFUSED ]] || exit "$TO_BE_DONE"
}

main "$@"
