# shellcheck shell=bash
# The whole directory in one encrypted file, restored once to see that it can be. Source it through pki.sh.
set -Eeuo pipefail

# What is encrypted so opens with any openssl since 1.1.1: the passphrase is stretched as that of the CA key.
readonly BACKUP_CIPHER=(enc -aes-256-cbc -salt -pbkdf2 -iter 600000 -md sha256)

# backup::find: BACKUP as an absolute path, which is not there yet and not in the directory or the repository.
backup::find() {
  local above
  above=$(dirname -- "$BACKUP")
  [[ -d $above ]] || die "the directory $above is not there" 'Make it first, or name another file.'
  above=$(cd -P -- "$above" && pwd -P)
  BACKUP=${above%/}/$(basename -- "$BACKUP")
  [[ ! -e $BACKUP && ! -L $BACKUP ]] || die "$BACKUP is there already, and is not overwritten" 'Name another file.'
  [[ $above/ != "$PKI"/* ]] || die "$BACKUP is inside the directory that it is of" 'Name a file elsewhere, at best on another disk.'
  directory::outside "$above" 'Name a file outside of it.'
}

# backup::write: what was restored is compared, and removed, inside the directory: it has the keys.
backup::write() {
  local part
  pending::begin
  mkdir "$PKI/pending/restored"
  # A new file, which nobody else can have made before.
  part=$(mktemp "$BACKUP.XXXXXX")
  tar -cf - -C "$PKI" --exclude ./pending . | openssl "${BACKUP_CIPHER[@]}" -out "$part" -pass fd:3 2>"$WORK/stderr" 3< <(printf '%s\n' "$PASSPHRASE") ||
    authority::failed "write $part"
  openssl "${BACKUP_CIPHER[@]}" -d -in "$part" -pass fd:3 2>"$WORK/stderr" 3< <(printf '%s\n' "$PASSPHRASE") | tar -xf - -C "$PKI/pending/restored" ||
    authority::failed "restore $part"
  diff -r -x pending "$PKI" "$PKI/pending/restored" >"$WORK/stdout" || die 'what was restored is not what is there' "$(brief "$(<"$WORK/stdout")")" 'Run the same command again.'
  pending::finish
  mv "$part" "$BACKUP"
}

ensure_backup() {
  local file
  for file in private/ca.key ca.crt index.txt; do
    [[ -f $PKI/$file ]] || problem "$PKI/$file is missing: a backup without it brings nothing back" 'Restore it from the last backup.'
  done
  ((${#PROBLEMS[@]} == 0)) || return 0
  CA_IS_USED=true
  authority::is_encrypted "$PKI/private/ca.key" || PASSPHRASE_IS_NEW=true
  change_here "write $BACKUP, encrypted, and restore it once to see that it can be" backup::write
}

# backup::show: what is in it, and the way back.
backup::show() {
  people::serials V
  say "In it: the CA with its key, the server's certificate and key, $(find "$PKI/private" -type f | wc -l | tr -d ' ') keys in all, $(wc -l <<<"$SERIALS" | tr -d ' ') valid certificates," \
    'the index of everything that was issued and revoked, and the revocation list.'
  say "It opens with $(authority::is_encrypted "$PKI/private/ca.key" && echo 'the passphrase of the CA key' || echo 'the passphrase that was just chosen'). Keep that elsewhere. SHA-256 of the file:"
  say "  $(sha256 "$BACKUP")"
  say "To restore it:  mkdir -m 700 DIR && openssl ${BACKUP_CIPHER[*]} -d -in $BACKUP | tar -xf - -C DIR"
}
