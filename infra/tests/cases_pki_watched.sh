# shellcheck shell=bash
# A CA whose runs are watched, and killed. Source it behind cases_pki.sh.
set -Eeuo pipefail

# Nothing that is sent has a key of the CA or of a client, and nothing that others on the computer see has the passphrase.
case_pki_secret() {
  local found port keys name
  fresh_pki
  mkdir -p "$WORK/spy"
  # Arguments and environment of every openssl and tar, as anybody could see them.
  for name in openssl tar; do
    printf '#!/bin/sh\n{ printf "%%s\\n" "$@"; env; } >>"%s"\nexec %s "$@"\n' "$WORK/seen" "$(command -v "$name")" >"$WORK/spy/$name"
    chmod +x "$WORK/spy/$name"
  done
  setpriv --pdeathsig KILL "$PYTHON/venv/bin/python" "$TESTS/recorder.py" pass "$AWS_ENDPOINT_URL" "$WORK/requests" >"$WORK/recorder" 2>&1 9>&- &
  port=$(harness::line "$WORK/recorder" '^([0-9]+)$')
  export PATH=$WORK/spy:$PATH
  AWS_ENDPOINT_URL=http://127.0.0.1:$port pki_init 0
  for name in alice/ipad bob/mac; do AWS_ENDPOINT_URL=http://127.0.0.1:$port with_pki 0 people::issue "$name"; done
  AWS_ENDPOINT_URL=http://127.0.0.1:$port with_pki 0 revoke bob/mac
  cp "$WORK/pki/private/vpn.example.com.key" "$WORK/first.key"
  AWS_ENDPOINT_URL=http://127.0.0.1:$port pki 0 renew-server --yes
  AWS_ENDPOINT_URL=http://127.0.0.1:$port pki 0 backup "$WORK/secret.backup" --yes
  AWS_ENDPOINT_URL=http://127.0.0.1:$port pki 0 status
  # The CA's key as it is kept, and as it is.
  openssl pkey -in "$WORK/pki/private/ca.key" -passin "file:$WORK/passphrase" -out "$WORK/open.key"
  keys=("$WORK/pki/private/ca.key" "$WORK/open.key" "$WORK/pki/private/alice/ipad.key" "$WORK/pki/private/bob/mac.key")
  is 'keys in requests' '' "$("$PYTHON/venv/bin/python" "$TESTS/recorder.py" find "$WORK/requests" "${keys[@]}")"
  # The same search finds what has to be sent, each in one request.
  found=$("$PYTHON/venv/bin/python" "$TESTS/recorder.py" find "$WORK/requests" "$WORK/first.key" "$WORK/pki/private/vpn.example.com.key")
  is 'keys of the server in requests' 'first.key vpn.example.com.key' "$(sed 's/.*\///' <<<"$found" | paste -sd' ')"
  is 'the passphrase in what others see' '' "$(grep -F -- "$PASSPHRASE" "$WORK/seen" "$ARGUMENTS" || true)"
  is 'keys in what others see' '' "$(grep -F 'PRIVATE KEY' "$WORK/seen" "$ARGUMENTS" || true)"
  # That search finds what is there.
  grep -q 'fileb://' "$ARGUMENTS"
  grep -q 'fd:3' "$WORK/seen"
}

# killed N COMMAND...: it is killed at the N-th moment at which it writes; fails when it has ended before.
killed() {
  local at=$1 name
  shift
  mkdir -p "$WORK/killer"
  for name in mv openssl; do
    cat >"$WORK/killer/$name" <<KILLER
#!/bin/sh
case "$name \$1" in
mv*|*genrsa|*req|*ca)
  echo >>"$WORK/moments"
  [ "\$(wc -l <"$WORK/moments")" -ne $at ] || kill -KILL 0 ;;
esac
exec $(command -v "$name") "\$@"
KILLER
    chmod +x "$WORK/killer/$name"
  done
  : >"$WORK/moments"
  # What bash says of the killed one is no news.
  ! { PATH=$WORK/killer:$PATH AWS_ACCESS_KEY_ID=ENDPOINT setsid --wait "$@" >"$WORK/out" </dev/null; } 2>>"$WORK/out"
}

# whole: every certificate that was signed is known, those that are there have their keys, and the list is right.
whole() {
  local file known
  known=$(cut -f 4 "$WORK/pki/index.txt")
  while IFS= read -r file; do
    grep -qxF "$(serial_of "$file")" <<<"$known"
    [[ $file != */issued/* ]] || x509_pair "$file" "${file/issued/private}"
  done < <(find "$WORK/pki/issued" "$WORK/pki/certs_by_serial" -type f)
  is 'revoked' "$(awk -F '\t' '$1 == "R" {print $4}' "$WORK/pki/index.txt" | sort)" "$(openssl crl -in "$WORK/pki/crl.pem" -noout -text | sed -n 's/ *Serial Number: //p' | sort)"
  is 'what is left' '' "$(find "$WORK/pki" -name 'pending*' -o -name '*.part')"
  [[ ! -e $WORK/pki.lock ]]
}
x509_pair() { is "the key of $1" "$(openssl x509 -in "$1" -noout -pubkey)" "$(openssl pkey -in "${2%.crt}.key" -pubout)"; }

# Killed at any moment at which something is written, it is finished by the same command; and nothing that was signed is unknown.
case_pki_broken_off() {
  local at all=0
  fresh_pki
  # Before the CA counts, while it is put in its place, in the middle of the server's certificate, and of the list.
  for at in 3 6 12 17; do
    rm -rf "$WORK/pki"
    copy "$AWS"
    killed "$at" "$INFRA/endpoint/pki.sh" init --server-name vpn.example.com --yes --ca-key-not-encrypted --directory "$WORK/pki" --passphrase-file "$WORK/passphrase"
    pki_init 0 --ca-key-not-encrypted
    whole
  done
  pki 0 status
  # Each moment of issuing and of revoking; every second one is left as it is for the next run.
  for at in {1..30}; do
    killed "$at" "$TESTS/with_pki.sh" "$WORK/pki" "$WORK/passphrase" people::issue alice/ipad || break
    ((at % 2 == 0)) || continue
    with_pki 0 people::list
    whole
  done
  all=$at
  for at in {1..30}; do
    ((at % 2 == 0)) || with_pki 0 people::issue alice/ipad
    killed "$at" "$TESTS/with_pki.sh" "$WORK/pki" "$WORK/passphrase" revoke alice/ipad || break
    with_pki 0 revoke alice/ipad
    whole
    is 'valid' 0 "$(grep -c '^V.*alice' "$WORK/pki/index.txt" || true)"
  done
  is 'moments' true "$([[ $all -gt 7 && $at -gt 4 ]] && echo true)"
  pki 0 status
}
