# shellcheck shell=bash
# What each command does: what must be true before, the steps in their order, and what it ends with. Source it through people.sh.
set -Eeuo pipefail

# The profile of check, and the file with the passphrase of those that are made.
FILE='' PROFILE_PASSPHRASE_FILE=''

# command::passphrase: of the keys in profiles, if they are to have one.
command::passphrase() {
  local PASSPHRASE='' PASSPHRASE_FILE=$PROFILE_PASSPHRASE_FILE
  [[ -n $PASSPHRASE_FILE ]] || return 0
  passphrase::file
  PROFILE_PASSPHRASE=$PASSPHRASE
}

# command::find: whose directory and endpoint it is, and that what was asked for can be.
command::find() {
  directory::find
  directory::check
  REGION=${REGION:-$(settings::default_region)}
  pki::target
  pki::finish
  [[ -f $PKI/ca.crt && -f $PKI/index.txt ]] || die "there is no CA in $PKI" 'Restore it from the backup, or make one: infra/endpoint/pki.sh init.'
  person::read
  if [[ -n $PERSON_NAME ]]; then person::check; fi
  settings::expect INACTIVE '[1-9][0-9]{0,5}:[1-9][0-9]{0,8}' 'SECONDS:BYTES, such as 900:65536 (--inactive)'
  problems::stop
  command::passphrase
  serving::find
}

command::check_profile() {
  if [[ -n $DIRECTORY ]]; then
    directory::find
    directory::check
    problems::stop
  fi
  profile_check::all "$FILE"
}

command::add() {
  account::check
  to_page::check
  pki::change person account devices profiles to_page entities
  ((CHANGES > 0)) || die "$PERSON_NAME has all this already" "Another device: --device. A profile again: infra/endpoint/people.sh profile $PERSON_NAME. Somebody else of the same name needs another."
  receipt::profiles
  to_page::say
}

command::profile() {
  devices::check
  account::deployment
  to_page::check
  if [[ $NEW_CERTIFICATE == true ]]; then
    serving::list
    pki::change person devices profiles to_page older at_aws entities
  else
    pki::change person profiles to_page
  fi
  to_page::say
  EMAIL=''
  receipt::profiles
  [[ $NEW_CERTIFICATE == false ]] || receipt::renewed
}

command::remove() {
  account::deployment
  to_page::find
  pki::change person signed_out not_at_page certificates at_aws disconnected files entities
  ((CHANGES > 0)) || die "$PERSON_NAME is removed already: nothing of hers lets her in, and AWS has the list" 'Nothing was changed.'
  receipt::removed
}

command::disconnect() {
  NOTHING="none: $([[ -n $PERSON_NAME ]] && echo "$PERSON_NAME is not connected." || echo 'nobody is connected.')"
  pki::change disconnected
  ((CHANGES == 0)) || say 'Whoever is not removed may be back in seconds: the app connects again by itself.'
}
