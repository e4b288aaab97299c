# shellcheck shell=bash
# The directory of a CA, laid out as easy-rsa's: where it may be, who may read it, what it is for. Source it through pki.sh.
set -Eeuo pipefail

# In it: ca.crt, index.txt, crl.pem, issued/NAME.crt, private/NAME.key, certs_by_serial/SERIAL.pem, pki.env, and at times
# pending/ (pending.sh) and renewal (server.sh). Its lock stands beside it.

LOCKED=false

# directory::find: DIRECTORY, which may not be there yet, as an absolute path without links: in PKI.
directory::find() {
  local above
  DIRECTORY=${DIRECTORY:-${HOME-}/vpn-on-demand-pki}
  if [[ -d $DIRECTORY ]]; then
    PKI=$(cd -P -- "$DIRECTORY" && pwd -P)
  else
    [[ ! -e $DIRECTORY && ! -L $DIRECTORY ]] || die "$DIRECTORY is no directory" 'Name another: --directory DIR.'
    above=$(dirname -- "$DIRECTORY")
    [[ -d $above ]] || die "the directory $above is not there" "Make it first, or name another: --directory DIR."
    PKI=$(cd -P -- "$above" && pwd -P)
    PKI=${PKI%/}/$(basename -- "$DIRECTORY")
  fi
  [[ $PKI != *[\$~%$'\n']* ]] || die "the AWS CLI would take a part of the name $PKI for a variable" 'Choose a directory without $, ~ and % in its name.'
  directory::outside "$PKI" 'Name a directory outside of it, on a disk that is yours and encrypted: --directory DIR.'
}

# directory::outside PATH TODO: that this absolute path without links is in no repository.
directory::outside() {
  local above=$1
  while [[ -n $above ]]; do
    [[ ! -e $above/.git && $above != "$(cd -P -- "$ROOT" && pwd -P)" ]] || die "$1 is inside the repository $above: keys would be published with it" "$2"
    above=${above%/*}
  done
}

# directory::settings: what it is for, from pki.env; what the command line says otherwise is a problem.
directory::settings() {
  local line key
  [[ -f $PKI/pki.env ]] || return 0
  while IFS= read -r line; do
    [[ $line =~ ^(INSTALLATION|REGION|ACCOUNT_ID|SERVER_NAME)=([a-z0-9.-]*)$ ]] || die "$PKI/pki.env has a line that pki.sh did not write: $(brief "$line")" 'Restore it from the backup, or remove the line.'
    key=${BASH_REMATCH[1]}
    [[ -z ${!key} || ${!key} == "${BASH_REMATCH[2]}" ]] || problem "this directory is for $line, not for ${!key}" 'One directory is one CA, for one endpoint: name another one (--directory DIR), or leave the option out.'
    printf -v "$key" '%s' "${BASH_REMATCH[2]}"
  done <"$PKI/pki.env"
}

directory::write_settings() {
  printf '%s=%s\n' INSTALLATION "$INSTALLATION" REGION "$REGION" ACCOUNT_ID "$ACCOUNT" SERVER_NAME "$SERVER_NAME" >"$PKI/pki.env.part"
  mv "$PKI/pki.env.part" "$PKI/pki.env"
}

# directory::open_to_others: what in it is not ours alone, or no file, one a line, in OPEN.
directory::open_to_others() { OPEN=$(find "$PKI" \( -type f ! -perm 600 \) -o \( -type d ! -perm 700 \) -o \( ! -type f ! -type d \) -o ! -user "$(id -u)" | sort); }

# directory::check: that it is a directory of pki.sh that nobody else reads.
directory::check() {
  [[ -f $PKI/pki.env ]] || die "$PKI is no directory of pki.sh" "Make one with pki.sh init, or name another: --directory DIR."
  directory::open_to_others
  [[ -z $OPEN ]] || problem "not for you alone to read: $(brief "${OPEN//$'\n'/ }")" "Is it yours, and no link? Then: chmod -R u=rwX,go= $PKI"
  directory::settings
}

# directory::lock: one run at a time. It ends with the script, or is of a script that ended. What does not count yet when the script
# ends, never will.
directory::lock() {
  local of stale=$PKI.lock.$$
  if [[ $LOCKED == true ]]; then return 0; fi
  if ! directory::take_lock; then
    of=$(cat "$PKI.lock" 2>/dev/null) || die "$PKI.lock cannot be made" "You must be able to write beside $PKI, and nothing else may be called so."
    [[ -z $of ]] || ! kill -0 "$of" 2>/dev/null || die "another run, process $of, is at work on $PKI" "Wait until it has ended. If there is none, remove $PKI.lock."
    # Of two that find it one takes it away; for the other it may be that one's by now.
    if ! { mv -f -- "$PKI.lock" "$stale" 2>/dev/null && [[ $(<"$stale") == "$of" ]] && directory::take_lock; }; then
      die "another run begins to work on $PKI" "Wait until it has ended. If there is none, remove $PKI.lock."
    fi
    rm -f -- "$stale"
  fi
  LOCKED=true
  trap 'start::end; [[ -f $PKI/pending/moves ]] || rm -rf -- "$PKI/pending"; rm -f -- "$PKI.lock"' EXIT
}

# directory::take_lock: makes it, unless it is there.
directory::take_lock() { (set -C && printf '%s\n' "$$" >"$PKI.lock") 2>/dev/null; }

ensure_directory() {
  if [[ ! -d $PKI ]]; then
    change_here "make the directory $PKI, for you alone" mkdir -m 700 -- "$PKI"
  elif [[ ! -f $PKI/pki.env && -n $(find "$PKI" ! -path "$PKI" ! -name pki.env.part | head -1) ]]; then
    problem "$PKI is not empty, and no directory of pki.sh" 'Name a new one: --directory DIR. What easy-rsa made is copied with --from DIR.'
    return 0
  elif [[ -n $(find "$PKI" -prune ! -perm 700) ]]; then
    change_here "let nobody else read $PKI" chmod 700 "$PKI"
  fi
  [[ -f $PKI/pki.env ]] || change_here "note there what it is for: $SERVER_NAME, installation $NAME, account $ACCOUNT, $REGION" directory::write_settings
  [[ ! -e $PKI/pending ]] || change_here 'throw away what a run began that was broken off' pending::finish
}
