# shellcheck shell=bash
# Sources all that looks after a CA, in the order in which it is needed. Use, behind lib.sh: source endpoint/lib/pki.sh
set -Eeuo pipefail

# What the command line may change, and what is found: the directory, what CA_KEY is, whether the CA signs in this run, and whether
# its passphrase is chosen in this run.
DIRECTORY='' PKI='' SERVER_NAME='' BACKUP='' CERTIFICATE=''
ENCRYPTED=true CA_IS_USED=false PASSPHRASE_IS_NEW=false CA_KEY='' COMMAND=''
# Whose rights these are: iam/endpoint.json.
CALLER=endpoint

# shellcheck source=endpoint/lib/x509.sh
source "$INFRA/endpoint/lib/x509.sh"
# shellcheck source=endpoint/lib/pending.sh
source "$INFRA/endpoint/lib/pending.sh"
# shellcheck source=endpoint/lib/directory.sh
source "$INFRA/endpoint/lib/directory.sh"
# shellcheck source=endpoint/lib/passphrase.sh
source "$INFRA/endpoint/lib/passphrase.sh"
# shellcheck source=endpoint/lib/authority.sh
source "$INFRA/endpoint/lib/authority.sh"
# shellcheck source=endpoint/lib/easy_rsa.sh
source "$INFRA/endpoint/lib/easy_rsa.sh"
# shellcheck source=endpoint/lib/people.sh
source "$INFRA/endpoint/lib/people.sh"
# shellcheck source=endpoint/lib/server.sh
source "$INFRA/endpoint/lib/server.sh"
# shellcheck source=endpoint/lib/backup.sh
source "$INFRA/endpoint/lib/backup.sh"
# shellcheck source=endpoint/lib/status.sh
source "$INFRA/endpoint/lib/status.sh"

# change_here WHAT COMMAND...: a write on this computer, through the same gate as those to AWS. COMMAND ends the script itself
# where something fails: it stands in no condition, or bash would go on after an error in it.
change_here() {
  change::announce "$1"
  if [[ $MODE == plan ]]; then return 0; fi
  "${@:2}"
}

# pki::target: says who acts where, and for which server; its name has a dot (fact 7.15).
pki::target() {
  settings::region
  settings::installation
  settings::expect SERVER_NAME "$HOST_PATTERN" 'a DNS name with a dot, in small letters, such as vpn.example.com: Client VPN refuses a server certificate without one (--server-name)'
  ((${#SERVER_NAME} <= 60)) || settings::wrong SERVER_NAME "SERVER_NAME=$SERVER_NAME has more than 60 characters" 'Choose a shorter one: it need not exist in DNS.'
  problems::stop
  identity
  settings::names
  note "Installation: $NAME"
  note "Server:       $SERVER_NAME"
  note "Directory:    $PKI"
  [[ -z $ACCOUNT_ID || $ACCOUNT_ID == "$ACCOUNT" ]] || die "these credentials are of account $ACCOUNT, and the directory is for $ACCOUNT_ID" 'Sign in to the other account, or name another directory.'
}

# pki::unlock: the passphrase, before the first write.
pki::unlock() {
  CA_KEY=${CA_KEY:-$PKI/private/ca.key}
  if [[ $PASSPHRASE_IS_NEW == true ]]; then
    passphrase::choose "$([[ $COMMAND == backup ]] && echo 'the backup' || echo 'the CA key')"
  elif [[ $CA_IS_USED == true ]]; then
    passphrase::open "$CA_KEY"
  fi
  [[ ! -f $CA_KEY ]] || ! { [[ $CA_IS_USED == true || $PASSPHRASE_IS_NEW == true ]]; } || x509::is_pair "$(dirname "$(dirname "$CA_KEY")")/ca.crt" "$CA_KEY" ||
    die "$CA_KEY is not the key of the CA's certificate" 'Restore both from the backup. Nothing was changed.'
}

# pki::finish: a change that counts and was broken off is finished before anything else is looked at.
pki::finish() {
  [[ -f $PKI/pending/moves ]] || return 0
  if [[ $DRY_RUN == true ]]; then
    say 'A run was broken off in the middle of a change. That is finished first; only then can be said what else would change.'
    exit 0
  fi
  confirm 'A run was broken off in the middle of a change. Finish it?'
  directory::lock
  pending::finish
  say 'A change is finished that a run had begun.'
}

# pki::change STEP...: shows what would change, asks, and does it.
pki::change() {
  # shellcheck disable=SC2034 # changes::make reads them
  local BEFORE_CHANGING=pki::open NOTHING=${NOTHING:-none: everything is there.}
  pki::finish
  changes::make ensure "$@"
}
pki::open() {
  pki::unlock
  directory::lock
}

# pki::dates: how long the CA and the server's certificate are good.
pki::dates() {
  say
  x509::read "$PKI/ca.crt"
  status::line CA "$CN" 0 ''
  x509::read "$PKI/issued/$SERVER_NAME.crt"
  status::line server "$CN" 0 ''
  [[ -z $CERTIFICATE ]] || say "In ACM:  $CERTIFICATE"
}
