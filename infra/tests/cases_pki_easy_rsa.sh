# shellcheck shell=bash
# A CA that was made before: easy-rsa's, and those that are refused. Source it behind cases_pki.sh.
set -Eeuo pipefail

# easy_rsa WORDS...: the real one, in $WORK/easy-rsa/pki.
easy_rsa() { EASYRSA_BATCH=1 EASYRSA_PKI=$WORK/easy-rsa/pki /usr/share/easy-rsa/easyrsa "$@" >"$WORK/easy-rsa.log" 2>&1; }
# easy_rsa_ca: a new one there, with a server and two people, one of them revoked.
easy_rsa_ca() {
  rm -rf "$WORK/easy-rsa"
  mkdir "$WORK/easy-rsa"
  easy_rsa init-pki
  EASYRSA_REQ_CN='An old CA' easy_rsa build-ca nopass
  easy_rsa build-server-full server nopass
  easy_rsa build-client-full alice nopass
  easy_rsa build-client-full bob nopass
  easy_rsa revoke bob
  easy_rsa gen-crl
}

# What easy-rsa made is taken over as it is, people and list; a server that AWS would refuse gets another certificate.
case_pki_easy_rsa() {
  local bob alice text
  fresh_pki
  easy_rsa_ca
  bob=$(awk -F '\t' '$1 == "R" {print $4}' "$WORK/easy-rsa/pki/index.txt")
  alice=$(serial_of "$WORK/easy-rsa/pki/issued/alice.crt")
  pki 0 init --server-name vpn.example.com --from "$WORK/easy-rsa" --dry-run
  grep -qE "alice, RSA 2048, $ALL_DAYS days left, serial $alice" "$WORK/out"
  text=$(changes 'Changes, in this order:')
  [[ ! -e $WORK/pki ]]
  pki_init 0 --from "$WORK/easy-rsa"
  is 'planned and made' "$text" "$(changes 'Changing:')"
  is 'what others may read' '' "$(open_modes)"
  is 'the CA' "$(print_of "$WORK/easy-rsa/pki/ca.crt")" "$(print_of "$WORK/pki/ca.crt")"
  grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$WORK/pki/private/ca.key"
  judge alice
  openssl crl -in "$WORK/pki/crl.pem" -noout -text | grep "Serial Number: $bob" >/dev/null
  is 'the end of the list' "$(openssl x509 -in "$WORK/pki/ca.crt" -noout -enddate | cut -c10-21)" "$(openssl crl -in "$WORK/pki/crl.pem" -noout -nextupdate | cut -c12-23)"
  pki 0 status
  has "alice, serial $alice"
  # Somebody whom easy-rsa made goes as all others do, and who had gone stays away.
  with_pki 0 revoke alice
  refuse alice
  is 'revoked' 2 "$(openssl crl -in "$WORK/pki/crl.pem" -noout -text | grep -c 'Serial Number:')"
  # Its own passphrase stays, where it has one.
  fresh_pki
  rm -r "$WORK/easy-rsa"
  mkdir "$WORK/easy-rsa"
  easy_rsa init-pki
  (umask 077 && printf 'another\n' >"$WORK/easy-rsa.passphrase")
  EASYRSA_REQ_CN='An old CA' EASYRSA_PASSIN=pass:another EASYRSA_PASSOUT=pass:another easy_rsa build-ca
  pki_init 1 --from "$WORK/easy-rsa/pki"
  has 'that is not the passphrase of'
  [[ ! -e $WORK/pki ]]
  cp "$WORK/easy-rsa.passphrase" "$WORK/passphrase"
  pki_init 0 --from "$WORK/easy-rsa/pki"
  cmp "$WORK/easy-rsa/pki/private/ca.key" "$WORK/pki/private/ca.key"
}

# easy_rsa_refused TEXT...: it is not taken, for these reasons, and nothing is made.
easy_rsa_refused() {
  local text
  faults
  pki_init 1 --from "$WORK/easy-rsa/pki"
  for text in "$@"; do has "$text"; done
  [[ ! -e $WORK/pki ]]
  is 'writes' 0 "$(writes)"
}

# A CA that lets in others than those of this VPN, or that AWS would not take.
case_pki_company_ca() {
  local pki=$WORK/easy-rsa/pki
  fresh_pki
  easy_rsa_ca
  cp -R "$pki" "$WORK/good"
  # One that this computer trusts, as it does a public one, or its company's.
  SSL_CERT_FILE=$pki/ca.crt easy_rsa_refused 'is trusted by this computer'
  # One that stands below another.
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$WORK/root.key" -out "$WORK/root.crt" -days 30 -subj '/CN=Company root' 2>/dev/null
  openssl x509 -x509toreq -in "$pki/ca.crt" -signkey "$pki/private/ca.key" -out "$WORK/request" 2>/dev/null
  openssl x509 -req -in "$WORK/request" -CA "$WORK/root.crt" -CAkey "$WORK/root.key" -set_serial 7 -days 20 -extfile <(echo basicConstraints=CA:TRUE) -out "$pki/ca.crt" 2>/dev/null
  easy_rsa_refused 'did not sign itself: above it stands another'
  SSL_CERT_FILE=$WORK/root.crt easy_rsa_refused 'did not sign itself: above it stands another'
  cat "$WORK/good/ca.crt" "$WORK/root.crt" >"$pki/ca.crt"
  easy_rsa_refused 'has several certificates'
  cp "$WORK/good/ca.crt" "$pki/ca.crt"
  # What it has issued is not known, or is a CA.
  rm "$pki/index.txt"
  easy_rsa_refused 'index.txt is missing'
  sed '/CN=alice/d' "$WORK/good/index.txt" >"$pki/index.txt"
  easy_rsa_refused 'alice, serial ' 'does not stand in index.txt'
  cp "$WORK/good/index.txt" "$pki/index.txt"
  rm "$pki/issued/alice.crt" "$pki"/certs_by_serial/"$(serial_of "$WORK/good/issued/alice.crt")".pem
  easy_rsa_refused 'their certificates are not there'
  cp "$WORK/good/issued/alice.crt" "$pki/issued/alice.crt"
  sed -i 's/^R\(\t[^\t]*\t\)[^\t]*/V\1/' "$pki/index.txt"
  easy_rsa_refused 'crl.pem has what index.txt does not call revoked'
  rm -r "$pki"
  cp -R "$WORK/good" "$pki"
  easy_rsa gen-req below nopass
  easy_rsa sign-req ca below
  easy_rsa_refused '(below) is a CA itself'
  rm -r "$pki"
  cp -R "$WORK/good" "$pki"
  rm "$pki/private/ca.key"
  easy_rsa_refused "the CA's key is missing"
  cp "$WORK/root.key" "$pki/private/ca.key"
  easy_rsa_refused "is not the key of the CA's certificate"
  # Keys of other kinds.
  for one in 'ec secp256r1' 'rsa 4096' 'rsa 1024'; do
    rm -r "$pki"
    easy_rsa init-pki
    EASYRSA_ALGO=${one% *} EASYRSA_CURVE=prime256v1 EASYRSA_KEY_SIZE=${one#* } EASYRSA_REQ_CN=other easy_rsa build-ca nopass
    easy_rsa_refused 'Client VPN takes RSA with 1024 or 2048 bits only'
  done
}
