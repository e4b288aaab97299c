# shellcheck shell=bash
# The CA of an endpoint, its server certificate and its lists: openssl and easy-rsa are the judges, and ACM.
set -Eeuo pipefail

# How many days a new certificate has left: all of them only in the second in which it was made.
# shellcheck disable=SC2034 # the cases read it
readonly ALL_DAYS='82[45]'

readonly PASSPHRASE='a passphrase that is in no list'
# A variable of the user's that is called as one of ours would be in the environment of all that ours calls, with our value.
readonly THEIRS=(env PASSPHRASE=theirs PROFILE_PASSPHRASE=theirs PKI=theirs)

# on_directory SCRIPT STATUS COMMAND [OPTION...]: with the rights of iam/endpoint.json, on the directory $WORK/pki.
on_directory() {
  AWS_ACCESS_KEY_ID=${AS:-ENDPOINT} runs "$2" "${THEIRS[@]}" "$INFRA/endpoint/$1" "${@:3}" --directory "$WORK/pki" --passphrase-file "$WORK/passphrase" || return 1
  has_not "$PASSPHRASE"
  has_not 'internal:'
}
# pki STATUS COMMAND [OPTION...]: with the rights of iam/endpoint.json, on the directory $WORK/pki.
pki() {
  on_directory pki.sh "$@"
}
pki_init() { pki "$1" init --server-name vpn.example.com --yes "${@:2}"; }

# with_pki STATUS FUNCTION [ARGUMENT...]: a function of the library.
with_pki() {
  local expected=$1 status=0
  shift
  AWS_ACCESS_KEY_ID=ENDPOINT "${THEIRS[@]}" "$TESTS/with_pki.sh" "$WORK/pki" "$WORK/passphrase" "$@" >"$WORK/out" 2>&1 </dev/null || status=$?
  is "with_pki.sh $*" "$expected" "$status"
}

# fresh_pki: no directory, and the passphrase; made_pki: one that is finished, made once.
fresh_pki() {
  fresh
  rm -rf "$WORK/pki" "$WORK/pki.lock"
  (umask 077 && printf '%s\n' "$PASSPHRASE" >"$WORK/passphrase")
}
made_pki() {
  fresh_pki
  if [[ ! -d $WORK/once/made ]]; then
    pki_init 0
    cp -Rp "$WORK/pki" "$WORK/once/made"
    copy_of "$AWS_ENDPOINT_URL" >"$WORK/once/made.url"
  fi
  rm -rf "$WORK/pki"
  cp -Rp "$WORK/once/made" "$WORK/pki"
  copy "$(<"$WORK/once/made.url")"
}

imported() { aws acm list-certificates --query "CertificateSummaryList[?Type=='IMPORTED' && DomainName=='$1'].CertificateArn" --output text; }
# in_acm NAME FIELD: of the one certificate for it.
in_acm() {
  local arn
  # The harness has imported one too, of no CA.
  for arn in $(imported "$1"); do
    [[ $arn == "${GIVEN-}" ]] || aws acm get-certificate --certificate-arn "$arn" --query "$2" --output text
  done
}
# print_of [FILE]: of the first certificate; all of it is read.
print_of() { openssl x509 -noout -fingerprint -sha256 <<<"$(cat "${1:-/dev/stdin}")"; }
serial_of() { openssl x509 -noout -serial -in "$1" | cut -d= -f2; }
# open_modes: what in the directory others may read.
open_modes() { find "$WORK/pki" \( -type f ! -perm 600 \) -o \( -type d ! -perm 700 \) -o -type l; }
# state: everything in the directory, to see whether it was changed.
state() { (cd "$WORK" && find pki -type f -exec sha256sum {} + | sort -k 2); }
# judge NAME...: openssl takes these clients, with the list; refuse NAME: it does not, since the certificate is revoked.
judge() {
  local name
  for name in "$@"; do
    (cd "$WORK/pki" && openssl verify -CAfile ca.crt -CRLfile crl.pem -crl_check -purpose sslclient "issued/$name.crt") >"$WORK/judged" 2>&1 || {
      cat "$WORK/judged" >&2
      return 1
    }
  done
}
refuse() {
  if judge "$1" 2>/dev/null; then return 1; fi
  grep -q 'certificate revoked' "$WORK/judged"
}

case_pki() {
  local text arn
  fresh_pki
  GIVEN=$(sed -n 's/^CERTIFICATE_ARN=//p' "$WORK/settings.env")
  faults
  pki 0 init --server-name vpn.example.com --dry-run
  text=$(changes 'Changes, in this order:')
  [[ ! -e $WORK/pki && ! -e $WORK/pki.lock ]]
  is 'writes of a dry run' 0 "$(writes)"
  pki 1 init --server-name vpn.example.com
  has 'nobody is there to confirm'
  [[ ! -e $WORK/pki ]]
  pki_init 0
  is 'planned and made' "$text" "$(changes 'Changing:')"
  has 'days left'
  is 'writes' 1 "$(writes)"
  is 'what others may read' '' "$(open_modes)"
  cd "$WORK/pki"
  openssl verify -x509_strict -CAfile ca.crt -purpose sslserver -verify_hostname vpn.example.com issued/vpn.example.com.crt >/dev/null
  openssl crl -in crl.pem -CAfile ca.crt -noout 2>/dev/null
  openssl x509 -in issued/vpn.example.com.crt -noout -text >"$WORK/out"
  for text in 'Subject: CN = vpn.example.com' 'DNS:vpn.example.com' 'TLS Web Server Authentication' 'Signature Algorithm: sha256WithRSAEncryption' 'Public-Key: (2048 bit)'; do has "$text"; done
  has_not 'Client Authentication'
  has_not 'CA:TRUE'
  openssl x509 -in ca.crt -noout -text >"$WORK/out"
  for text in 'CA:TRUE, pathlen:0' 'Certificate Sign, CRL Sign' 'Public-Key: (2048 bit)'; do has "$text"; done
  cd "$TESTS"
  grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$WORK/pki/private/ca.key"
  # The list is good until the CA ends, to the minute.
  is 'the end of the list' "$(openssl x509 -in "$WORK/pki/ca.crt" -noout -enddate | cut -c10-21)" "$(openssl crl -in "$WORK/pki/crl.pem" -noout -nextupdate | cut -c12-23)"
  is 'the certificate in ACM' "$(print_of "$WORK/pki/issued/vpn.example.com.crt")" "$(in_acm vpn.example.com Certificate | print_of)"
  is 'its chain' "$(print_of "$WORK/pki/ca.crt")" "$(in_acm vpn.example.com CertificateChain | print_of)"
  arn=$(imported vpn.example.com | tr '\t' '\n' | grep -vxF "$GIVEN")
  is 'its tags' 'vpn-on-demand:installation default' "$(aws acm list-tags-for-certificate --certificate-arn "$arn" --query 'Tags[].[Key,Value]' --output text | tr '\t' ' ')"
  # Again, nothing.
  text=$(state)
  faults
  pki_init 0
  has 'none: everything is there'
  pki 0 status
  has "has the same server certificate, $arn"
  has 'vpn.example.com CA, its key is encrypted'
  is 'writes' 0 "$(writes)"
  is 'the directory' "$text" "$(state)"
  # What was changed by hand is found, and mended by the same command.
  aws acm remove-tags-from-certificate --certificate-arn "$arn" --tags Key=vpn-on-demand:installation
  chmod 640 "$WORK/pki/ca.crt"
  pki 1 status
  has 'not for you alone to read'
  chmod 600 "$WORK/pki/ca.crt"
  rm "$WORK/pki/crl.pem" "$WORK/pki/private/vpn.example.com.key"
  pki 3 status
  for text in 'does not carry our tag' 'crl.pem is missing' 'its key is not there, or encrypted'; do has "$text"; done
  pki_init 0
  has 'in place of the one that is there'
  pki 0 status
  is 'the ARN' "$arn" "$(imported vpn.example.com | tr '\t' '\n' | grep -vxF "$GIVEN")"
  # The backup, which opens with the passphrase and nothing else.
  rm -rf "$WORK/backup" "$WORK/restored"
  pki 0 backup "$WORK/backup" --yes
  mkdir "$WORK/restored"
  openssl enc -aes-256-cbc -salt -pbkdf2 -iter 600000 -md sha256 -d -in "$WORK/backup" -pass "file:$WORK/passphrase" | tar -xf - -C "$WORK/restored"
  diff -r "$WORK/pki" "$WORK/restored"
  is 'the mode of the backup' 600 "$(stat -c %a "$WORK/backup")"
  is 'what is readable in it' 0 "$(grep -c 'CERTIFICATE\|vpn.example' "$WORK/backup" || true)"
  pki 1 backup "$WORK/backup" --yes
  has 'is there already, and is not overwritten'
  pki 1 backup "$WORK/pki/backup" --yes
  has 'is inside the directory that it is of'
}

# The new certificate has the old one's ARN; what was broken off goes on with the certificate that it had made.
case_pki_renewed() {
  local arn first second
  made_pki
  GIVEN=$(sed -n 's/^CERTIFICATE_ARN=//p' "$WORK/settings.env")
  arn=$(imported vpn.example.com | tr '\t' '\n' | grep -vxF "$GIVEN")
  first=$(serial_of "$WORK/pki/issued/vpn.example.com.crt")
  pki 0 renew-server --dry-run
  is 'serial after a dry run' "$first" "$(serial_of "$WORK/pki/issued/vpn.example.com.crt")"
  faults '{"writes": 0}'
  pki 1 renew-server --yes
  faults
  second=$(serial_of "$WORK/pki/issued/vpn.example.com.crt")
  [[ $second != "$first" ]]
  pki 3 status
  has 'a run was broken off'
  has 'renew-server imports this one'
  pki 0 renew-server --yes
  has_not 'make a new certificate'
  is 'the serial' "$second" "$(serial_of "$WORK/pki/issued/vpn.example.com.crt")"
  is 'the ARN' "$arn" "$(imported vpn.example.com | tr '\t' '\n' | grep -vxF "$GIVEN")"
  is 'the certificate in ACM' "$(print_of "$WORK/pki/issued/vpn.example.com.crt")" "$(in_acm vpn.example.com Certificate | print_of)"
  # AWS takes no tags with it (fact 14.6); none are sent, and those that it has stay.
  if aws acm import-certificate --certificate-arn "$arn" --tags Key=k,Value=v --certificate "fileb://$WORK/pki/issued/vpn.example.com.crt" \
    --private-key "fileb://$WORK/pki/private/vpn.example.com.key" 2>"$WORK/out"; then
    return 1
  fi
  has '(ValidationException) when calling the ImportCertificate operation: Tagging is not permitted on re-import.'
  # ACM has it, and the answer was lost: the same command makes no third one.
  printf '%s\n' "$second" >"$WORK/pki/renewal"
  chmod 600 "$WORK/pki/renewal"
  faults
  pki 0 renew-server --yes
  is 'writes' 0 "$(writes)"
  pki 0 status
  # Without one in ACM there is nothing to be renewed.
  aws acm delete-certificate --certificate-arn "$arn"
  pki 1 renew-server --yes
  has 'ACM has no server certificate of this CA'
  is 'the serial' "$second" "$(serial_of "$WORK/pki/issued/vpn.example.com.crt")"
}

# Devices: a certificate for each, every older one revoked, and a list that forgets nobody.
case_pki_people() {
  local old new name before
  made_pki
  before=$(state)
  for name in ../x ca.key/ipad vpn.example.com.crt/x alice alice/.. alice/ipad/x 'Alice/my ipad' "$(printf 'a%.0s' {1..41})/ipad" $'alice/ipad\n'; do
    with_pki 1 people::issue "$name"
    has 'is no PERSON/DEVICE'
  done
  is 'the directory' "$before" "$(state)"
  with_pki 0 people::issue alice/ipad
  old=$(serial_of "$WORK/pki/issued/alice/ipad.crt")
  with_pki 0 people::issue alice/ipad
  new=$(serial_of "$WORK/pki/issued/alice/ipad.crt")
  with_pki 0 people::issue bob/mac
  with_pki 0 people::issue bob/ipad
  is 'what others may read' '' "$(open_modes)"
  openssl x509 -in "$WORK/pki/issued/alice/ipad.crt" -noout -text >"$WORK/out"
  for name in 'Subject: CN = alice/ipad' 'TLS Web Client Authentication' 'Public-Key: (2048 bit)' sha256WithRSAEncryption; do has "$name"; done
  has_not 'Server Authentication'
  is 'its key' "$(openssl x509 -in "$WORK/pki/issued/alice/ipad.crt" -noout -pubkey)" "$(openssl pkey -in "$WORK/pki/private/alice/ipad.key" -pubout)"
  judge alice/ipad bob/mac bob/ipad
  (cd "$WORK/pki" && openssl verify -x509_strict -CAfile ca.crt -CRLfile crl.pem -crl_check issued/alice/ipad.crt >/dev/null)
  # The older one only.
  with_pki 0 revoke alice/ipad "$new"
  judge alice/ipad
  cp "$WORK/pki/certs_by_serial/$old.pem" "$WORK/pki/issued/old.crt"
  refuse old
  rm "$WORK/pki/issued/old.crt"
  with_pki 0 revoke bob/mac
  refuse bob/mac
  judge bob/ipad
  is 'revoked' 2 "$(openssl crl -in "$WORK/pki/crl.pem" -noout -text | grep -c 'Serial Number:')"
  # Twice, and somebody whom nobody knows: the list stays what it is.
  with_pki 0 revoke bob/mac
  with_pki 0 revoke carol/ipad
  is 'revoked' 2 "$(openssl crl -in "$WORK/pki/crl.pem" -noout -text | grep -c 'Serial Number:')"
  openssl crl -in "$WORK/pki/crl.pem" -noout -text | grep "Serial Number: $old" >/dev/null
  is 'the end of the list' "$(openssl x509 -in "$WORK/pki/ca.crt" -noout -enddate | cut -c10-21)" "$(openssl crl -in "$WORK/pki/crl.pem" -noout -nextupdate | cut -c12-23)"
  pki 0 status
  has "alice/ipad, serial $new"
  has_not "serial $old"
  has '2 revoked'
  # A list that would forget somebody is not made, and a certificate that is gone is not guessed.
  cp "$WORK/pki/index.txt" "$WORK/index"
  sed -i "/$old/d" "$WORK/pki/index.txt"
  before=$(state)
  with_pki 1 revoke bob/ipad
  has "would let in again what was revoked: $old"
  pki 3 status
  has 'what index.txt does not call revoked'
  cp "$WORK/index" "$WORK/pki/index.txt"
  rm "$WORK/pki/certs_by_serial/$new.pem"
  with_pki 1 revoke alice/ipad
  has "the certificate $new stands in index.txt"
  is 'revoked' 2 "$(openssl crl -in "$WORK/pki/crl.pem" -noout -text | grep -c 'Serial Number:')"
  # Nobody gets in when the CA's key is another's.
  openssl genrsa -out "$WORK/pki/private/ca.key" 2048 2>/dev/null
  with_pki 1 people::issue carol/ipad
  has 'is not the key of the CA'
}

# What is wrong changes nothing.
case_pki_refused() {
  local text before
  fresh_pki
  faults
  pki 2 init --no-such-option
  pki 2 status --region us-east-1
  pki 2 init backup
  pki 2
  for text in vpn VPN.example.com 'vpn example.com' ../vpn.example.com "$(printf 'a%.0s' {1..62}).example.com"; do
    pki 1 init --server-name "$text" --yes
    has 'SERVER_NAME='
  done
  for text in "$INFRA/keys" "$INFRA/../target" "$INFRA"; do
    AWS_ACCESS_KEY_ID=ENDPOINT "$INFRA/endpoint/pki.sh" init --server-name vpn.example.com --directory "$text" --yes >"$WORK/out" 2>&1 && return 1
    has 'is inside the repository'
  done
  ln -s "$INFRA" "$WORK/link"
  AWS_ACCESS_KEY_ID=ENDPOINT "$INFRA/endpoint/pki.sh" init --server-name vpn.example.com --directory "$WORK/link/keys" --yes >"$WORK/out" 2>&1 && return 1
  has 'is inside the repository'
  rm "$WORK/link"
  [[ ! -e $INFRA/keys ]]
  mkdir "$WORK/pki"
  touch "$WORK/pki/other"
  pki_init 1
  has 'is not empty, and no directory of pki.sh'
  rm -r "$WORK/pki"
  printf 'short\n' >"$WORK/passphrase"
  pki_init 1
  has 'the passphrase has 5 bytes'
  chmod 644 "$WORK/passphrase"
  pki_init 1
  has 'can be read by others'
  rm "$WORK/passphrase"
  pki_init 1
  has 'the passphrase cannot be read'
  [[ ! -e $WORK/pki ]]
  is 'writes' 0 "$(writes)"
  made_pki
  before=$(state)
  printf 'a wrong passphrase\n' >"$WORK/passphrase"
  faults
  pki 1 renew-server --yes
  has 'that is not the passphrase of'
  pki 1 backup "$WORK/backup.wrong" --yes
  has 'that is not the passphrase of'
  is 'backups' '' "$(find "$WORK" -maxdepth 1 -name 'backup.wrong*')"
  pki_init 1 --region eu-west-1
  has 'this directory is for REGION=us-east-1, not for eu-west-1'
  sed -i 's/^ACCOUNT_ID=.*/ACCOUNT_ID=210987654321/' "$WORK/pki/pki.env"
  pki 1 status
  has 'the directory is for 210987654321'
  cp "$WORK/once/made/pki.env" "$WORK/pki/pki.env"
  # Another run is at work; one that was killed is not.
  printf '%s\n' "$$" >"$WORK/pki.lock"
  (umask 077 && printf '%s\n' "$PASSPHRASE" >"$WORK/passphrase")
  pki 1 renew-server --yes
  has "another run, process $$, is at work"
  is 'the directory' "$before" "$(state)"
  is 'writes' 0 "$(writes)"
  (true) &
  wait "$!"
  printf '%s\n' "$!" >"$WORK/pki.lock"
  pki 0 renew-server --yes
  [[ ! -e $WORK/pki.lock ]]
  # A part of it is gone: no new CA takes its place.
  rm -rf "$WORK/pki"
  cp -Rp "$WORK/once/made" "$WORK/pki"
  rm "$WORK/pki/ca.crt"
  pki_init 1
  has "the CA's certificate is missing"
  cp -p "$WORK/once/made/ca.crt" "$WORK/pki/ca.crt"
  rm "$WORK/pki/private/ca.key"
  pki_init 1
  has "the CA's key is missing"
  pki 1 backup "$WORK/backup.lacking" --yes
  has 'private/ca.key is missing: a backup without it brings nothing back'
  is 'backups' '' "$(find "$WORK" -maxdepth 1 -name 'backup.lacking*')"
  pki 3 status
  has "the CA's key is missing"
  # Another CA for the same installation and server.
  rm -rf "$WORK/pki"
  pki_init 1
  has 'has a server certificate of another CA in ACM'
  # Without a passphrase: said in capitals, and mended by leaving the option out.
  pki_init 0 --installation other --ca-key-not-encrypted
  has 'NOT ENCRYPTED'
  openssl pkey -in "$WORK/pki/private/ca.key" -noout
  is 'what others may read' '' "$(open_modes)"
  pki 0 status
  has 'its key is NOT ENCRYPTED'
  pki_init 0 --ca-key-not-encrypted
  has 'none: everything is there'
  pki_init 0
  has 'encrypt the CA key'
  with_pki 0 people::issue alice/ipad
  grep -q ENCRYPTED "$WORK/pki/private/ca.key"
}
