#!/usr/bin/env bash
# Makes and looks after the CA of a Client VPN endpoint, and its server certificate. See README.md beside it.
set -Eeuo pipefail
# shellcheck source=lib/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/lib.sh"
# shellcheck source=endpoint/lib/pki.sh
source "$INFRA/endpoint/lib/pki.sh"

usage() {
  cat <<'USAGE'
Makes and looks after the CA of a Client VPN endpoint, and the server certificate that AWS gets. It shows what would change, asks,
and does it. Safe to run again at any time: a run that was broken off is finished by the same command.

USAGE: infra/endpoint/pki.sh init --server-name NAME [OPTIONS]
       infra/endpoint/pki.sh renew-server [OPTIONS]
       infra/endpoint/pki.sh backup FILE [OPTIONS]
       infra/endpoint/pki.sh status [OPTIONS]

COMMANDS:
  init               makes the directory, the CA, the server certificate and an empty revocation list, and imports into ACM the server
                     certificate, its key, and the CA's certificate as its chain; nothing that is there already is made anew
  renew-server       makes a new server certificate and imports it in place of the old one: its ARN, the endpoint and
                     everybody's profiles stay. It reaches the endpoint within 24 hours
  backup FILE        writes the whole directory into one encrypted file, and restores it once to see that it can be
  status             every certificate with the days that are left, the revocation list, and what ACM has; only reads

OPTIONS:
  --directory DIR    the CA's directory (default: ~/vpn-on-demand-pki). It has every key: outside of the repository,
                     for you alone to read, on an encrypted disk, in the backup
  --server-name NAME what the server is called, a DNS name with a dot, such as vpn.example.com; it need not exist in DNS
  --region REGION    the endpoint's region (default: the AWS CLI's); noted in the directory by init
  --installation NAME  whose it is, as INSTALLATION of the settings (default: none); noted in the directory by init
  --from DIR         init: copies the CA of easy-rsa, whose directory "pki" this is, with everything it has issued. It is
                     refused if it is a public or a company's CA, if it has issued what its index does not know, and if its
                     key is not RSA with 2048 bits
  --passphrase-file FILE  the passphrase of the CA's key on the first line of FILE, which only you can read, or of a pipe:
                     <(...) and /dev/fd/3 do; without it, it is asked for. A new one has 12 characters at least
  --ca-key-not-encrypted  init: keeps the CA's key WITHOUT A PASSPHRASE. Whoever reads the file can let anybody in, and nobody
                     sees it. Only for a directory that nobody but you can ever read
  --dry-run          show what would change, and change nothing, neither files nor AWS
  --yes              do not ask
  --help             this text

NEVER LEAVES THE DIRECTORY: the CA's key. Clients' keys leave it in their profiles only. Neither is ever sent to AWS.

EXIT STATUS: 0 done, or all is well; 1 an error; 2 not understood; 3 status: something needs doing

EXAMPLES:
  infra/endpoint/pki.sh init --server-name vpn.example.com --region eu-central-1
  infra/endpoint/pki.sh backup /media/usb/vpn-pki.backup
  infra/endpoint/pki.sh status
USAGE
}

options() {
  while (($# > 0)); do
    case $1 in
    init | renew-server | backup | status)
      [[ -z $COMMAND ]] || usage_error "one command at a time: $COMMAND, $1"
      COMMAND=$1
      if [[ $1 == backup ]]; then
        option::value "$@"
        BACKUP=$2
        shift
      fi
      ;;
    --directory | --server-name | --region | --installation | --from | --passphrase-file)
      option::value "$@"
      case $1 in
      --directory) DIRECTORY=$2 ;;
      --server-name) SERVER_NAME=$2 ;;
      --region) REGION=$2 ;;
      --installation) INSTALLATION=$2 ;;
      --from) FROM_DIR=${2%/} ;;
      *) PASSPHRASE_FILE=$2 ;;
      esac
      shift
      ;;
    --ca-key-not-encrypted) ENCRYPTED=false ;;
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
  [[ -n $COMMAND ]] || usage_error 'a command is missing: init, renew-server, backup or status'
  [[ $COMMAND == init || ($ENCRYPTED == true && -z $SERVER_NAME$REGION$INSTALLATION$FROM_DIR) ]] ||
    usage_error '--server-name, --region, --installation, --from and --ca-key-not-encrypted go with init'
}

main() {
  options "$@"
  start
  directory::find
  if [[ $COMMAND == init ]]; then directory::settings; else directory::check; fi
  REGION=${REGION:-$(settings::default_region)}
  [[ $COMMAND != backup ]] || backup::find
  pki::target
  case $COMMAND in
  init)
    pki::change directory authority server list acm
    pki::dates
    ;;
  renew-server)
    pki::change directory renewal acm renewed
    pki::dates
    ;;
  backup)
    pki::change directory backup
    backup::show
    ;;
  *) status::all ;;
  esac
}

main "$@"
