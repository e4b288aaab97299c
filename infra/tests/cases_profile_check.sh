# shellcheck shell=bash
# What `people.sh check` says of a profile, whatever it is.
set -Eeuo pipefail

# made_profile: the one that is made, in $WORK/good.
made_profile() {
  profile_account
  make_profile 0 alice/ipad "$WORK/good"
}

# good_profile: one without a finding; with LINE...: behind it, and the first of these is number FIRST.
good_profile() {
  cp "$WORK/good" "$WORK/profile"
  FIRST=$(($(wc -l <"$WORK/good") + 1))
  if (($# > 0)); then printf '%s\n' "$@" >>"$WORK/profile"; fi
}
# said LINE VERDICT TEXT: of a line behind the good ones, counted from 1; with the remedy below.
said() {
  has "line $((FIRST + $1 - 1)): $2: $3"
  grep -A1 --fixed-strings -- "line $((FIRST + $1 - 1)): $2: $3" "$WORK/out" | grep '^    -> ..' >/dev/null
}
# without PATTERN: the good one without what this matches.
without() {
  sed "$1" "$WORK/good" >"$WORK/profile"
}

# What OpenVPN Connect takes (fact 7.11). Each line on its own is one option that people write.
case_check_options() {
  local verdict line rest number lines=() expected=()
  made_profile
  good_profile
  check 0
  while IFS='|' read -r verdict line rest; do
    lines+=("$line")
    expected+=("$verdict|$rest")
  done <<'OPTIONS'
fatal|socks-proxy proxy.example.com 1080|socks-proxy: OpenVPN Connect does not have it
fatal|askpass|askpass: OpenVPN Connect does not have it
fatal|daemon|daemon:
fatal|log /tmp/log|log:
fatal|status /tmp/status|status:
fatal|cd /tmp|cd:
fatal|cryptoapicert "SUBJ:alice"|cryptoapicert:
fatal|pkcs12 alice.p12|pkcs12:
fatal|verify-hash 00:11|verify-hash:
fatal|register-dns|register-dns:
fatal|secret static.key|secret:
fatal|fragment 1300|fragment:
fatal|auth-federate|auth-federate: only AWS's own client knows it
fatal|aws-auth-device-posture jamf|aws-auth-device-posture: only AWS's own client knows it
fatal|management 127.0.0.1 7505|management: OpenVPN Connect has no management interface
fatal|management-client|management-client: OpenVPN Connect has no management interface
fatal|server 10.8.0.0 255.255.255.0|server: it is for servers
fatal|push "route 10.0.0.0 255.0.0.0"|push: it is for servers
fatal|dh none|dh: it is for servers
fatal|topology subnet|topology: only the server may say it
fatal|ping-exit 60|ping-exit: only the server may say it
fatal|route-gateway 10.0.0.1|route-gateway: only the server may say it
fatal|ncp-disable|ncp-disable: OpenVPN does not have it any more
fatal|genkey|genkey: it is a command of OpenVPN 2
fatal|bikeshed-color green|bikeshed-color: OpenVPN Connect does not know it
fatal|--inactive 900|--inactive: OpenVPN Connect does not know it
fatal|FLOAT|FLOAT: OpenVPN Connect does not know it
fatal|</tls-auth>|</tls-auth>: closes what is not open
fatal|setenv opt push x|push: it is for servers
fatal|setenv GENERIC_CONFIG|setenv GENERIC_CONFIG:
fatal|keepalive 10|keepalive: it needs 2 argument(s), and has 1
fatal|hand-window 4294967296|hand-window: 4294967296 is no number
fatal|ping often|ping: often is no number
fatal|pull-filter drop route|pull-filter: drop is nothing that it can do
fatal|dev-type tap|dev-type: tap, and only tun is taken
fatal|mode server|mode: server is refused
broken|tls-auth ta.key 1|tls-auth: OpenVPN Connect does it, and then cannot connect
broken|client-cert-not-required|client-cert-not-required:
broken|setenv CLIENT_CERT 0|setenv CLIENT_CERT 0:
broken|extra-certs chain.pem|extra-certs: it names a file
ignored|persist-key|persist-key: OpenVPN Connect goes on without it
ignored|persist-tun|persist-tun:
ignored|auth-retry interact|auth-retry:
ignored|explicit-exit-notify 1|explicit-exit-notify:
ignored|data-ciphers AES-256-GCM|data-ciphers:
ignored|reneg-bytes 0|reneg-bytes:
ignored|tls-version-max 1.2|tls-version-max:
ignored|fast-io|fast-io: OpenVPN Connect goes on without it, and says nothing
ignored|script-security 2|script-security:
ignored|up /etc/up.sh|up: OpenVPN Connect starts no scripts
ignored|route-noexec|route-noexec: OpenVPN Connect starts no scripts
ignored|local 10.0.0.1|local:
ignored|setenv opt socks-proxy x|socks-proxy: OpenVPN Connect goes on without it only because of how it is written
ignored|setenv opt nonsense|nonsense: OpenVPN Connect goes on without it only because of how it is written
useless|windows-driver wintun|windows-driver: on a tablet it does nothing
useless|block-outside-dns|block-outside-dns: on a tablet it does nothing
useless|auth-user-pass|auth-user-pass: it is for passwords
doubtful|comp-lzo|comp-lzo:
doubtful|http-proxy proxy.example.com 3128|http-proxy:
doubtful|setenv UV_ID "not closed|a quote is not closed
OPTIONS
  good_profile "${lines[@]}"
  check 1
  for number in "${!expected[@]}"; do said "$((number + 1))" "${expected[number]%%|*}" "${expected[number]#*|}"; done
  is 'findings' "${#lines[@]}" "$(grep -c '^line ' "$WORK/out")"
  # And each of some alone: what decides is the worst.
  for number in "${!lines[@]}"; do
    ((number % 7 == 0)) || continue
    good_profile "${lines[number]}"
    case ${expected[number]%%|*} in fatal | broken) check 1 ;; *) check 3 ;; esac
    said 1 "${expected[number]%%|*}" "${expected[number]#*|}"
  done
  good_profile 'keepalive 10 x'
  check 1
  said 1 fatal 'keepalive: x is no number'
  # What does something is not found fault with.
  good_profile '# a comment' '; another' '   ' $'\tfloat # behind it' 'route 10.0.0.0 255.0.0.0' 'route 10.1.0.0 255.255.0.0' "dhcp-option DNS '10.0.0.2'" \
    'setenv FRIENDLY_NAME "alice # ipad"' 'setenv UV_ID C:\\a' 'tls-version-min 1.2' 'pull-filter ignore redirect-gateway' redirect-gateway 'server-poll-timeout 4' 'mssfix 1350' \
    '# OVPN_ACCESS_SERVER_PROFILE=x' '<crl-verify>' "$(<"$WORK/pki/crl.pem")" '</crl-verify>'
  check 0
  # ignore-unknown-option spares what is in none of OpenVPN Connect's lists, wherever it stands.
  good_profile 'socks-proxy a' 'topology subnet' 'management x' 'ignore-unknown-option socks-proxy topology' 'ignore-unknown-option management'
  check 1
  said 1 ignored 'socks-proxy: OpenVPN Connect goes on'
  said 2 fatal 'topology: only the server'
  said 3 ignored 'management: OpenVPN Connect goes on'
  # What the arguments of AWS's own lines say.
  while IFS='|' read -r verdict line rest; do
    awk -v line="$line" '{split(line, word, " ")} $1 == word[1] {$0 = line} {print}' "$WORK/good" >"$WORK/profile"
    case $verdict in fatal | broken) check 1 ;; *) check 3 ;; esac
    has "$verdict: $rest"
  done <<'ARGUMENTS'
fatal|dev tap|dev: tap, and only tun is taken
fatal|proto tcp-server|tcp-server: OpenVPN Connect does not know this protocol
fatal|remote cvpn-endpoint-1.prod.clientvpn.us-east-1.amazonaws.com https|remote: https is no port
fatal|remote cvpn-endpoint-1.prod.clientvpn.us-east-1.amazonaws.com 99999|remote: 99999 is no port
doubtful|remote vpn.example.com 443|remote: vpn.example.com is no name of a Client VPN endpoint
fatal|cipher NONSENSE|cipher: OpenVPN Connect does not know NONSENSE
doubtful|cipher AES-256-CBC|cipher: AES-256-CBC, and Client VPN wants AES-256-GCM
broken|remote-cert-tls client|remote-cert-tls: client, and what answers is a server
broken|verify-x509-name vpn.example.com|verify-x509-name: without a second word
fatal|verify-x509-name vpn.example.com whole|verify-x509-name: whole is no way to compare
broken|inactive 15m|inactive: not SECONDS BYTES in digits
doubtful|inactive 900|inactive: without BYTES any packet counts
fatal|reneg-sec never|reneg-sec: never is no number
ARGUMENTS
  # Each of these lines is needed.
  while IFS='|' read -r verdict line rest; do
    without "/^$line\( \|\$\)/d"
    case $verdict in fatal | broken) check 1 ;; *) check 3 ;; esac
    has "$verdict: $rest"
  done <<'MISSING'
fatal|client|client: missing
fatal|remote|remote: missing
broken|remote-random-hostname|remote: AWS answers for no bare name
doubtful|remote-cert-tls|remote-cert-tls: missing
doubtful|verify-x509-name|verify-x509-name: missing
doubtful|inactive|inactive: missing
doubtful|push-peer-info|push-peer-info: missing
MISSING
  sed -i 's/^remote cvpn/remote x.cvpn/' "$WORK/good"
  without '/^remote-random-hostname/d'
  check 0
}

# The table itself: every line is whole, names a group that there is, and stands once.
case_check_table() {
  local table=$INFRA/endpoint/options.tsv verdict lines
  is 'lines that are not whole' '' "$(awk -F '\t' '/^#/ {next} /^@/ {if (NF < 2 || NF > 4 || ($2 != "fine" && $3 == "")) print; group[substr($1, 2)]; next}
    NF < 2 || NF > 4 || !($2 in group) || $1 !~ /^[a-z0-9-]+$/ || $3 !~ /^[ax]?[0-9]?m?$/' "$table")"
  is 'twice' '' "$(grep -v '^#' "$table" | cut -f 1 | sort | uniq -d)"
  # A remedy for whatever is found.
  is 'without a remedy' '' "$(awk -F '\t' '/^@/ {todo[substr($1, 2)] = $4; verdict[substr($1, 2)] = $2} /^[a-z]/ && verdict[$2] != "fine" && todo[$2] == "" && $4 == "" {print $1}' "$table")"
  # All options at once, as whoever edits it may leave it: each of them is found, or is fine.
  made_profile
  mapfile -t lines < <(grep '^[a-z]' "$table" | cut -f 1 | sed 's/$/ 10 60/')
  good_profile "${lines[@]}"
  check 1
  for verdict in fatal ignored; do
    is "$verdict" "$(awk -F '\t' -v verdict="$verdict" '/^@/ {of[substr($1, 2)] = $2; next} /^[a-z]/ && of[$2] == verdict {print $1}' "$table")" \
      "$(sed -nE "s/^line [0-9]+: $verdict: ([a-z0-9-]+): (.*)/\\1\t\\2/p" "$WORK/out" | grep -E '(the profile|profile is refused|no scripts and no plug-ins|goes on without it(, and says nothing)?)$' | cut -f 1)"
  done
}

# Files that are odd as a whole.
case_check_files() {
  local text status
  made_profile
  for text in '' check 'check x --client' 'check x --client ipad' 'check x check x' 'check x --no-such-option'; do
    status=0
    # shellcheck disable=SC2086 # several words
    "$INFRA/endpoint/people.sh" $text >"$WORK/out" 2>&1 || status=$?
    is "status of \"$text\"" 2 "$status"
  done
  for text in "$WORK/none" "$WORK" /dev/null; do
    CHECKED=$text check 1
    has "$text"
    has 'Error: '
  done
  # A name that awk would take for a variable of its own, and more findings than a pipe holds.
  cp "$WORK/good" "$WORK/a=b.ovpn"
  (cd "$WORK" && "$INFRA/endpoint/people.sh" check a=b.ovpn >"$WORK/out" 2>&1)
  has 'Fine: OpenVPN Connect takes it'
  printf '<p>nonsense %s</p>\n' {1..3000} >"$WORK/profile"
  check 1
  has 'this profile does not work'
  mkfifo "$WORK/fifo"
  CHECKED=$WORK/fifo check 1
  has 'is no file'
  : >"$WORK/profile"
  check 1
  has 'the file: fatal: the file is empty'
  head -c 1000000 /dev/zero | tr '\0' 'a' >"$WORK/profile"
  check 1
  has 'the file has 1000000 bytes'
  head -c 2000 /dev/urandom >"$WORK/profile"
  printf '\0' >>"$WORK/profile"
  check 1
  has 'the file is no text'
  iconv -f UTF-8 -t UTF-16 "$WORK/good" >"$WORK/profile"
  check 1
  has 'the file is no text'
  { printf '\357\273\277' && cat "$WORK/good"; } >"$WORK/profile"
  check 1
  has 'line 1: fatal: the file begins with a byte order mark'
  is 'findings' 1 "$(grep -c 'fatal' "$WORK/out")"
  sed 's/$/\r/' "$WORK/good" >"$WORK/profile"
  check 3
  has 'lines end as on Windows (CR LF)'
  is 'findings' 1 "$(grep -c '^line ' "$WORK/out")"
  tr '\n' '\r' <"$WORK/good" >"$WORK/profile"
  check 1
  has 'line 1: fatal: longer than 511 bytes'
  printf '%s' "$(<"$WORK/good")" >"$WORK/profile"
  check 0
  good_profile "# $(printf 'x%.0s' {1..509})"
  check 0
  good_profile "# $(printf 'x%.0s' {1..510})"
  check 1
  said 1 fatal 'longer than 511 bytes'
  # Blocks.
  good_profile '<crl-verify>' x
  check 1
  said 1 fatal '<crl-verify> is not closed'
  good_profile '<crl-verify>' x ' </crl-verify>'
  check 1
  has "In line $((FIRST + 2)) stand blanks"
  good_profile '<no(nsense>' x '</no(nsense>' '<../../x>' x '</../../x>' '<dh>' x '</dh>' '<socks-proxy>' x '</socks-proxy>' '<connection>' x '</connection>'
  check 1
  said 1 ignored 'no(nsense: OpenVPN Connect goes on'
  said 4 ignored '../../x: OpenVPN Connect goes on'
  said 7 fatal 'dh: it is for servers'
  said 10 ignored 'socks-proxy: OpenVPN Connect goes on'
  said 13 doubtful '<connection>: what stands in it was not looked at'
  good_profile '<auth-user-pass>' alice secret '</auth-user-pass>' '<ca> x' '</ca>'
  check 1
  said 1 useless 'auth-user-pass: it is for passwords'
  said 5 fatal '<ca>: something stands behind it'
  # What a terminal would obey is not written to it.
  good_profile $'\033]0;x\007 1'
  check 1
  has_not $'\033'
  # Twice: the last one counts.
  good_profile 'inactive 10' 'dev tun'
  check 3
  has 'inactive: stands again in line'
  said 1 doubtful 'inactive: without BYTES'
  for text in ca cert key; do
    without "/^<$text>/,/^<\/$text>/d"
    check 1
    has "the file: fatal: $text: missing"
    without "/^<$text>/,/^<\/$text>/{/^-/d;s/^[^<].*/AAAA/}"
    check 1
    has 'fatal: '"$text"': '
    without "/^<$text>/,/^<\/$text>/d"
    printf '%s file.pem\n' "$text" >>"$WORK/profile"
    check 1
    has "fatal: $text: it names a file"
  done
}

# put BLOCK FILE: what stands in a block of the good one is replaced.
put() {
  awk -v block="$1" -v file="$2" '$0 == "</" block ">" {on = 0} !on {print} $0 == "<" block ">" {on = 1; while ((getline line <file) > 0) print line}' "$WORK/good" >"$WORK/profile"
}
# device DAYS EXTENSION...: a certificate of the CA in $WORK/pki, in $WORK/device.crt, its key in device.key.
device() {
  local days=$1
  shift
  openssl req -newkey "${DEVICE_KEY:-rsa:2048}" -nodes -keyout "$WORK/device.key" -out "$WORK/device.csr" -subj '/CN=bob' 2>/dev/null
  openssl x509 -req -in "$WORK/device.csr" -CA "$WORK/pki/ca.crt" -CAkey "$WORK/pki/private/ca.key" -passin "file:$WORK/passphrase" -set_serial 77 -days "$days" \
    -extfile <(printf '%s\n' "$@") -out "$WORK/device.crt" 2>/dev/null
}

# Certificate, key and CA, against each other and against the CA's directory.
case_check_certificates() {
  local verdict days extension text
  made_profile
  check_device() {
    put cert "$WORK/device.crt"
    cp "$WORK/profile" "$WORK/with-cert"
    awk -v file="$WORK/device.key" '$0 == "</key>" {on = 0} !on {print} $0 == "<key>" {on = 1; while ((getline line <file) > 0) print line}' "$WORK/with-cert" >"$WORK/profile"
    check "$@"
  }
  device 90 extendedKeyUsage=clientAuth
  check_device 0
  check_device 1 --directory "$WORK/pki"
  has 'is revoked, or this CA never issued it'
  while IFS='|' read -r verdict days extension text; do
    device "$days" "$extension"
    case $verdict in broken) check_device 1 ;; *) check_device 3 ;; esac
    has "$verdict: cert: \"bob\" $text"
  done <<'DEVICES'
broken|-1|extendedKeyUsage=clientAuth|ended on
doubtful|3|extendedKeyUsage=clientAuth|ends in
broken|90|extendedKeyUsage=serverAuth|is for "TLS Web Server Authentication", not for clients
doubtful|90|subjectKeyIdentifier=hash|does not say that it is for clients
DEVICES
  DEVICE_KEY=rsa:3072 device 90 extendedKeyUsage=clientAuth
  check_device 3
  has 'has a key of the kind RSA 3072'
  device 90 extendedKeyUsage=clientAuth basicConstraints=CA:TRUE
  check_device 1
  has 'is a CA: with its key in this file'
  # Of another CA, and another's key.
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$WORK/other.key" -out "$WORK/other.crt" -days 90 -subj '/CN=other' 2>/dev/null
  put key "$WORK/other.key"
  check 1
  has 'key: it is not that of the certificate'
  put cert "$WORK/other.key"
  check 1
  has 'cert: what stands in it is no certificate'
  put ca "$WORK/other.crt"
  check 3
  has 'is not signed by the CA in <ca>'
  check 1 --directory "$WORK/pki"
  has 'ca: "other" is not the CA of'
  put ca "$WORK/pki/issued/vpn.example.com.crt"
  check 3
  has 'ca: "vpn.example.com" is no CA'
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$WORK/other.key" -out "$WORK/other.crt" -days -1 -subj '/CN=other' 2>/dev/null || true
  # One that this computer trusts, as it does public ones.
  good_profile
  SSL_CERT_FILE=$WORK/pki/ca.crt check 3
  has 'is a public CA, or your company'
  # The server's name, and who is not let in any more.
  sed 's/^verify-x509-name .*/verify-x509-name other.example.com name/' "$WORK/good" >"$WORK/profile"
  check 0
  check 1 --directory "$WORK/pki"
  has 'verify-x509-name: other.example.com, and the server is called vpn.example.com'
  good_profile
  check 0 --directory "$WORK/pki"
  with_pki 0 revoke alice/ipad
  check 1 --directory "$WORK/pki"
  has 'cert: "alice/ipad", serial'
  check 1 --directory "$WORK/none"
  has 'is no directory of pki.sh'
}

# It needs no AWS CLI and nothing that could ask a network: only these programs are there.
case_check_alone() {
  local name
  made_profile
  mkdir -p "$WORK/few"
  for name in bash awk cat cmp cut date dirname grep ls mktemp openssl rm sed sort tr wc; do ln -s "$(command -v "$name")" "$WORK/few/$name"; done
  good_profile 'socks-proxy x'
  PATH=$WORK/few AWS_ENDPOINT_URL=http://127.0.0.1:9 check 1
  said 1 fatal 'socks-proxy:'
  good_profile
  faults
  PATH=$WORK/few check 0
  is 'calls' 0 "$(log | jq '.calls | length')"
  has 'Fine: '
}
