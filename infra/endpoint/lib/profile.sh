# shellcheck shell=bash
# A device's profile: what AWS exports for the endpoint, or the same without asking for it, with certificate and key of the device.
# Source it through people.sh, behind profile_check.sh.
set -Eeuo pipefail

# SECONDS:BYTES. Whoever moves less than BYTES in SECONDS is not using the VPN, and leaves it: README.md.
INACTIVE=900:65536
# What the key in the profile is encrypted with; '' for nothing. A variable of the user's with this name would be in the
# environment of all that is called.
unset -v PROFILE_PASSPHRASE
PROFILE_PASSPHRASE=''

# profile::pem FILE: the certificates in it, as openssl writes them, and nothing else.
profile::pem() {
  openssl crl2pkcs7 -nocrl -certfile "$1" 2>"$WORK/stderr" | openssl pkcs7 -print_certs 2>>"$WORK/stderr" | sed -n '/^-----BEGIN /,/^-----END /p' || authority::failed "read the certificates in $1"
}

# profile::described: what AWS exports, made from what it tells of the endpoint (ENDPOINT, see endpoint::find), the CA, and the server's name:
# line by line as in two files that it has exported (fact 7.12).
profile::described() {
  local host port protocol
  host=$(jq -r '.DnsName // ""' <<<"$ENDPOINT")
  port=$(jq -r '.VpnPort // ""' <<<"$ENDPOINT")
  protocol=$(jq -r '.TransportProtocol // ""' <<<"$ENDPOINT")
  # AWS writes it with an asterisk: only names with something in front of it lead anywhere.
  host=${host#'*.'}
  [[ $host =~ ^$HOST_PATTERN$ && $port =~ ^(443|1194)$ && $protocol =~ ^(udp|tcp)$ ]] ||
    die "AWS does not tell where the endpoint is, but \"$(brief "$host $port $protocol")\"" 'Look at it in the console. Nothing was written.'
  printf '%s\n' client 'dev tun' "proto $protocol" "remote $host $port" remote-random-hostname 'resolv-retry infinite' nobind 'remote-cert-tls server' \
    'cipher AES-256-GCM' 'verb 3' '<ca>'
  profile::pem "$PKI/ca.crt"
  printf '%s\n' '</ca>' 'reneg-sec 0' "verify-x509-name $SERVER_NAME name"
}

# profile::exported FILE: what AWS has exported, without empty lines and in one way of writing.
profile::exported() {
  local line inside=false
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    line=${line%"${line##*[! ]}"}
    case $line in
    '') continue ;;
    '<ca>')
      inside=true
      : >"$WORK/exported.ca"
      printf '%s\n' "$line"
      ;;
    '</ca>')
      inside=false
      profile::pem "$WORK/exported.ca"
      printf '%s\n' "$line"
      ;;
    *) if [[ $inside == true ]]; then printf '%s\n' "$line" >>"$WORK/exported.ca"; else printf '%s\n' "$line"; fi ;;
    esac
  done <"$1"
}

# profile::base: what is the same in everybody's profile, in $WORK/base. What AWS exports counts, and what it leaves out there, as it
# did in former years with verify-x509-name, is added.
profile::base() {
  local line
  profile::described >"$WORK/described"
  cp "$WORK/described" "$WORK/base"
  # It exports while a subnet is associated only.
  [[ $(jq -r '.Status.Code // ""' <<<"$ENDPOINT") == available ]] || return 0
  aws::find 'IncorrectState' ec2 export-client-vpn-client-configuration --client-vpn-endpoint-id "$ENDPOINT_ID" || return 0
  json '.ClientConfiguration // ""' >"$WORK/configuration"
  profile::exported "$WORK/configuration" >"$WORK/base"
  while IFS= read -r line; do
    grep -qE "^${line%% *}( |\$)" "$WORK/base" || printf '%s\n' "$line" >>"$WORK/base"
  done < <(sed '/^<ca>/,/^<\/ca>/d' "$WORK/described")
}

# profile::key FILE: a device's key; with a passphrase, if one is wanted.
profile::key() {
  local PASSPHRASE=$PROFILE_PASSPHRASE
  if [[ -z $PASSPHRASE ]]; then
    openssl pkcs8 -topk8 -nocrypt -in "$1" 2>"$WORK/stderr" || authority::failed "read the key $1"
  else
    passphrase::seal "$WORK/sealed" <"$1"
    cat "$WORK/sealed"
  fi
}

# profile::text NAME: the profile of the device NAME (PERSON/DEVICE), behind profile::base.
profile::text() {
  cat "$WORK/base"
  printf '<cert>\n'
  profile::pem "$PKI/issued/$1.crt"
  printf '</cert>\n<key>\n'
  profile::key "$PKI/private/$1.key"
  printf '</key>\ninactive %s %s\n' "${INACTIVE%:*}" "${INACTIVE#*:}"
  # With it OpenVPN Connect tells the device's version (fact 7.9). AWS does not name it among what its own client takes.
  [[ $PROFILE_CLIENT == aws ]] || printf 'push-peer-info\n'
}

# profile::make ENDPOINT_ID NAME [FILE]: writes it, into the person's own directory beside the CA, which is outside of the repository and for
# you alone: whole or not at all, and never one that does not work. Its path is in PROFILE.
profile::make() {
  local part
  ENDPOINT_ID=$1 PROFILE=${3:-$PKI/profiles/$2.ovpn}
  people::check "$2"
  settings::expect INACTIVE '[1-9][0-9]{0,5}:[1-9][0-9]{0,8}' 'SECONDS:BYTES, such as 900:65536'
  problems::stop
  [[ -f $PKI/issued/$2.crt && -f $PKI/private/$2.key ]] || die "$2 has no certificate and key in $PKI" 'Is the name right? pki.sh status shows everybody.'
  mkdir -p -- "$(dirname -- "$PROFILE")"
  directory::outside "$(cd -P -- "$(dirname -- "$PROFILE")" && pwd -P)" 'Name a place outside of it.'
  endpoint::find || die "the endpoint $ENDPOINT_ID does not exist in account $ACCOUNT, region $REGION" 'Correct its id or the region, or sign in to the right account.'
  profile::base
  profile::text "$2" >"$WORK/profile"
  profile::try "$WORK/profile"
  # A new file, which nobody else can have made before.
  part=$(mktemp "$PROFILE.XXXXXX")
  cp -- "$WORK/profile" "$part"
  mv -f -- "$part" "$PROFILE"
}

# profile::try FILE: the same that `check` does with it, with the passphrase that is known here.
profile::try() {
  local PASSPHRASE=$PROFILE_PASSPHRASE PASSPHRASE_FILE=''
  profile_check::read "$1"
  ((${#FINDINGS[@]} > 0)) || return 0
  profile_check::show
  if profile_check::is_bad; then
    die 'the profile would not work' 'Nothing was written. If AWS exports something that is new, please report it.'
  fi
}
