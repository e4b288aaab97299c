# shellcheck shell=bash
# A change of several files: it is made in DIRECTORY/pending, and counts from the moment that "moves" stands there, one "FROM
# TO" a line. Broken off before, it is thrown away; later, finished by the next run. Source it through pki.sh.
set -Eeuo pipefail

# pending::begin: an empty place for the change, with the index of what was issued until now. What counts since this run
# looked, and was broken off, is finished first.
pending::begin() {
  [[ ! -f $PKI/pending/moves ]] || pending::finish
  rm -rf -- "$PKI/pending"
  mkdir "$PKI/pending"
  if [[ -f $PKI/index.txt ]]; then cp "$PKI/index.txt" "$PKI/pending/index.txt"; else : >"$PKI/pending/index.txt"; fi
}

# pending::move FROM TO: a file of it, and where in the directory it belongs.
pending::move() { printf '%s %s\n' "$1" "$2" >>"$PKI/pending/moves.part"; }

# pending::commit: from here on it counts, so nothing may be in the way of it any more.
pending::commit() {
  local from to
  while read -r from to; do
    if ! mkdir -p "$PKI/$(dirname "$to")" 2>/dev/null || [[ -d $PKI/$to ]]; then
      die "$PKI/$to cannot be written: something of that name is there" 'Nothing that counts was changed. Choose another name.'
    fi
  done <"$PKI/pending/moves.part"
  mv "$PKI/pending/moves.part" "$PKI/pending/moves"
  pending::finish
}

# pending::finish: what was moved already is not there any more.
pending::finish() {
  local from to
  if [[ -f $PKI/pending/moves ]]; then
    while read -r from to; do
      [[ -e $PKI/pending/$from ]] || continue
      mkdir -p "$PKI/$(dirname "$to")"
      mv -f "$PKI/pending/$from" "$PKI/$to"
    done <"$PKI/pending/moves"
  fi
  rm -rf -- "$PKI/pending"
}
