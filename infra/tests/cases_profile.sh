# shellcheck shell=bash
# The profile that is made for a device, from what AWS exports and without it.
set -Eeuo pipefail

# profile_account: a CA with alice's iPad, an endpoint as AWS describes it in $WORK/endpoint.json, and its file as AWS exports it
# (fact 7.12) in $WORK/exported. The CLI answers these two calls from there, and notes each.
profile_account() {
  local real
  made_pki
  with_pki 0 people::issue alice/ipad
  jq -n --arg id "$ENDPOINT" '{ClientVpnEndpoints: [{ClientVpnEndpointId: $id, Status: {Code: "available"}, Tags: [],
    DnsName: "*.\($id).prod.clientvpn.us-east-1.amazonaws.com", VpnPort: 443, TransportProtocol: "udp"}]}' >"$WORK/endpoint.json"
  cat >"$WORK/exported" <<EXPORTED
client
dev tun
proto udp
remote $ENDPOINT.prod.clientvpn.us-east-1.amazonaws.com 443
remote-random-hostname
resolv-retry infinite
nobind
remote-cert-tls server
cipher AES-256-GCM
verb 3
<ca>
$(<"$WORK/pki/ca.crt")

</ca>


reneg-sec 0

verify-x509-name vpn.example.com name
EXPORTED
  mkdir -p "$WORK/front"
  real=$(command -v aws)
  cat >"$WORK/front/aws" <<FRONT
#!/bin/sh
case "\$*" in
*describe-client-vpn-endpoints*) cat "$WORK/endpoint.json" ;;
*export-client-vpn-client-configuration*)
  echo export >>"$WORK/asked"
  jq -n --rawfile text "$WORK/exported" '{ClientConfiguration: \$text}' ;;
*) exec "$real" "\$@" ;;
esac
FRONT
  chmod +x "$WORK/front/aws"
  : >"$WORK/asked"
}

# make_profile STATUS NAME [FILE]: a profile, as `people.sh` will make it.
make_profile() {
  PATH=$WORK/front:$PATH with_pki "$1" profile::make "$ENDPOINT" "${@:2}" || {
    tail -20 "$WORK/out" >&2
    return 1
  }
}
# status_of CODE: of the endpoint.
status_of() { jq --arg code "$1" '.ClientVpnEndpoints[0].Status.Code = $code' "$WORK/endpoint.json" >"$WORK/next" && mv "$WORK/next" "$WORK/endpoint.json"; }

# check STATUS [OPTION...]: of $WORK/profile.
check() {
  local status=0
  "$INFRA/endpoint/people.sh" check "${CHECKED:-$WORK/profile}" "${@:2}" >"$WORK/out" 2>&1 </dev/null || status=$?
  has_not 'internal:'
  if [[ $status != "$1" ]]; then
    printf 'check %s ended with %s, not %s:\n' "${*:2}" "$status" "$1" >&2
    tail -20 "$WORK/out" >&2
    return 1
  fi
}
case_profile() {
  local profile before text
  profile_account
  profile=$WORK/pki/profiles/alice/ipad.ovpn
  make_profile 0 alice/ipad
  is 'asked' export "$(<"$WORK/asked")"
  is 'what others may read' '' "$(open_modes)"
  cp "$profile" "$WORK/from-export"
  # AWS exports nothing while it is off; the same without it, byte by byte.
  status_of pending-associate
  : >"$WORK/asked"
  make_profile 0 alice/ipad
  is 'asked' '' "$(<"$WORK/asked")"
  cmp "$WORK/from-export" "$profile"
  # In another way of writing, and as in former years without the server's name.
  status_of available
  sed -e '/^verify-x509-name/d' -e '/^remote-random/d' -e 's/$/\r/' "$WORK/exported" >"$WORK/next"
  cp "$WORK/exported" "$WORK/as-exported"
  mv "$WORK/next" "$WORK/exported"
  make_profile 0 alice/ipad
  is 'the lines' "$(sort "$WORK/from-export")" "$(sort "$profile")"
  cp "$WORK/as-exported" "$WORK/exported"
  make_profile 0 alice/ipad
  is 'what is ours' "$(printf '%s\n' 'inactive 900 65536' push-peer-info)" "$(tail -2 "$profile")"
  is 'certificate' "$(print_of "$WORK/pki/issued/alice/ipad.crt")" "$(sed -n '/^<cert>/,/^<\/cert>/p' "$profile" | print_of)"
  is 'key' "$(openssl pkey -in "$WORK/pki/private/alice/ipad.key" -pubout)" "$(sed -n '/^<key>/,/^<\/key>/p' "$profile" | openssl pkey -pubout)"
  is 'certificates in it' 2 "$(grep -c 'BEGIN CERTIFICATE' "$profile")"
  CHECKED=$profile check 0
  has 'Fine: OpenVPN Connect takes it as it is.'
  CHECKED=$profile check 0 --directory "$WORK/pki"
  # AWS's own client is not told what AWS does not name.
  CHECKED=$profile check 3 --client aws
  has 'push-peer-info: AWS does not name it'
  printf 'profile_for_aws() { PROFILE_CLIENT=aws INACTIVE=1800:1000 profile::make "$@"; }\n' >"$WORK/for_aws"
  PATH=$WORK/front:$PATH with_pki 0 eval "source $WORK/for_aws; profile_for_aws $ENDPOINT alice/ipad"
  CHECKED=$profile check 0 --client aws
  is 'its last line' 'inactive 1800 1000' "$(tail -1 "$profile")"
  # Where it would not work, what was there stays: sign-in, another protocol, no CA, another server, another CA.
  before=$(sha256sum "$profile")
  for text in 's/^reneg-sec.*/auth-federate/' 's/^proto.*/proto tcp-server/' '/^<ca>/,/^<\/ca>/d' 's/^verify-x509-name.*/verify-x509-name other.example.com name/'; do
    sed "$text" "$WORK/as-exported" >"$WORK/exported"
    make_profile 1 alice/ipad
    has 'the profile would not work'
    is "after $text" "$before" "$(sha256sum "$profile")"
  done
  sed -e '/^<ca>/r '"$SHARED/cert.pem" -e '/^<ca>/,/^<\/ca>/{/^</!d}' "$WORK/as-exported" >"$WORK/exported"
  make_profile 1 alice/ipad
  has 'is not the CA of'
  is 'after another CA' "$before" "$(sha256sum "$profile")"
  cp "$WORK/as-exported" "$WORK/exported"
  jq '.ClientVpnEndpoints[0].DnsName = "$(reboot)"' "$WORK/endpoint.json" >"$WORK/next"
  mv "$WORK/next" "$WORK/endpoint.json"
  make_profile 1 alice/ipad
  has 'AWS does not tell where the endpoint is'
  is 'left over' '' "$(find "$WORK/pki/profiles" ! -name '*.ovpn' -type f)"
}

# What is wrong makes no file, and no key gets into the repository.
case_profile_refused() {
  local name
  profile_account
  for name in ../x alice; do
    make_profile 1 "$name"
    has 'is no PERSON/DEVICE'
  done
  make_profile 1 bob/ipad
  has 'bob/ipad has no certificate and key'
  make_profile 1 alice/ipad "$INFRA/alice.ovpn"
  has 'is inside the repository'
  [[ ! -e $INFRA/alice.ovpn && ! -e $WORK/pki/profiles ]]
  for name in 900 900:0 0:1 15m:64k; do
    PATH=$WORK/front:$PATH with_pki 1 eval "INACTIVE='$name'; profile::make $ENDPOINT alice/ipad"
    has 'expected SECONDS:BYTES, such as 900:65536'
  done
  [[ ! -e $WORK/pki/profiles/alice/ipad.ovpn ]]
  # What somebody else has laid where it is written stays theirs, and gets no key.
  : >"$WORK/laid-by-others"
  ln -sf "$WORK/laid-by-others" "$WORK/elsewhere.ovpn.part"
  make_profile 0 alice/ipad "$WORK/elsewhere.ovpn"
  [[ ! -s $WORK/laid-by-others ]]
  is 'its mode' 600 "$(stat -c %a "$WORK/elsewhere.ovpn")"
  with_pki 0 revoke alice/ipad
  make_profile 1 alice/ipad
  has 'is revoked, or this CA never issued it'
}

# A key with a passphrase, which stands in no argument and no environment.
case_profile_passphrase() {
  local profile
  profile_account
  profile=$WORK/pki/profiles/alice/ipad.ovpn
  mkdir -p "$WORK/watched"
  printf '#!/bin/sh\n{ printf "%%s\\n" "$@"; env; } >>"%s"\nexec %s "$@"\n' "$WORK/watched/seen" "$(command -v openssl)" >"$WORK/watched/openssl"
  chmod +x "$WORK/watched/openssl"
  (umask 077 && printf 'of the iPad alone\n' >"$WORK/device")
  PATH=$WORK/watched:$WORK/front:$PATH with_pki 0 eval "PROFILE_PASSPHRASE=\$(<$WORK/device); profile::make $ENDPOINT alice/ipad"
  has_not 'of the iPad alone'
  is 'what others see' '' "$(grep -F 'of the iPad alone' "$WORK/watched/seen" || true)"
  grep -q 'fd:3' "$WORK/watched/seen"
  grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$profile"
  if grep -q 'BEGIN PRIVATE KEY' "$profile"; then return 1; fi
  sed -n '/^-----BEGIN ENCRYPTED/,/^-----END ENCRYPTED/p' "$profile" >"$WORK/sealed.key"
  is 'key' "$(openssl pkey -in "$WORK/pki/private/alice/ipad.key" -pubout)" "$(openssl pkey -in "$WORK/sealed.key" -pubout -passin "file:$WORK/device")"
  CHECKED=$profile check 0
  has 'Its key has a passphrase'
  CHECKED=$profile check 0 --passphrase-file "$WORK/device"
  has_not 'Its key has a passphrase'
  CHECKED=$profile check 1 --passphrase-file "$WORK/passphrase"
  has 'it cannot be read with this passphrase'
}
