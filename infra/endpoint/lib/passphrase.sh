# shellcheck shell=bash
# The passphrase of the CA's key: typed, or read from a file. It goes to openssl through a pipe, so that it stands in no argument,
# no environment and no file. Source it through pki.sh.
set -Eeuo pipefail

# A variable of the user's with this name would be in the environment of all that is called.
unset -v PASSPHRASE
PASSPHRASE=''
PASSPHRASE_FILE=''
# What openssl takes at least is four; the key is worth more.
readonly LEAST_PASSPHRASE=12

# passphrase::file: its first line. /dev/fd/N and <(...) do as well.
passphrase::file() {
  [[ -e $PASSPHRASE_FILE && -r $PASSPHRASE_FILE && ! -d $PASSPHRASE_FILE ]] || die "the passphrase cannot be read from $PASSPHRASE_FILE" 'Name a file that has it on its first line.'
  [[ ! -f $PASSPHRASE_FILE || $(ls -dlL "$PASSPHRASE_FILE") == ????------* ]] || die "$PASSPHRASE_FILE can be read by others" "chmod 600 $PASSPHRASE_FILE"
  IFS= read -r PASSPHRASE <"$PASSPHRASE_FILE" || [[ -n $PASSPHRASE ]] || die "$PASSPHRASE_FILE has no passphrase on its first line" 'Nothing was changed.'
  PASSPHRASE=${PASSPHRASE%$'\r'}
}

# passphrase::type QUESTION
passphrase::type() {
  [[ -t 0 ]] || die 'nobody is there to type the passphrase of the CA key' 'Name a file that has it: --passphrase-file FILE. Nothing was changed.'
  IFS= read -r -s -p "$1: " PASSPHRASE
  printf '\n' >&2
}

# passphrase::choose WHAT: a new one for it.
passphrase::choose() {
  local first
  [[ -z $PASSPHRASE ]] || return 0
  if [[ -n $PASSPHRASE_FILE ]]; then
    passphrase::file
  else
    passphrase::type "New passphrase for $1"
    first=$PASSPHRASE
    passphrase::type 'The same again'
    [[ $PASSPHRASE == "$first" ]] || die 'that was not the same twice' 'Nothing was changed.'
  fi
  ((${#PASSPHRASE} >= LEAST_PASSPHRASE && ${#PASSPHRASE} <= 512)) || die "the passphrase has ${#PASSPHRASE} bytes" "Choose one of $LEAST_PASSPHRASE to 512. Nothing was changed."
}

# passphrase::open FILE: the one that opens this key; nothing is asked where it is not encrypted.
passphrase::open() {
  if ! authority::is_encrypted "$1"; then return 0; fi
  if [[ -z $PASSPHRASE ]]; then
    if [[ -n $PASSPHRASE_FILE ]]; then passphrase::file; else passphrase::type "Passphrase of the CA key"; fi
  fi
  openssl pkey -in "$1" -noout -passin fd:3 2>/dev/null 3< <(printf '%s\n' "$PASSPHRASE") || die "that is not the passphrase of $1" 'Nothing was changed.'
}

# passphrase::seal TO: the key that comes in, encrypted with it. A guess costs as much as this openssl can make it cost.
passphrase::seal() {
  local slowly=()
  if [[ $(openssl pkcs8 -help 2>&1) == *-iter* ]]; then slowly=(-iter 600000); fi
  openssl pkcs8 -topk8 -out "$1" -v2 aes-256-cbc "${slowly[@]+"${slowly[@]}"}" -passout fd:3 2>"$WORK/stderr" 3< <(printf '%s\n' "$PASSPHRASE") || authority::failed 'encrypt the CA key'
}
