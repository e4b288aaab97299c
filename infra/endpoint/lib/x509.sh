# shellcheck shell=bash
# What stands in a certificate or a list, in words. Only reads. Source it through pki.sh.
# shellcheck disable=SC2034,SC2154 # of what is read each script needs another part; PASSPHRASE is passphrase.sh's
set -Eeuo pipefail

# Keys that Client VPN takes (fact 7.8). It takes 1024 bits too, and OpenVPN's clients of today do not.
readonly KEY_WANTED='RSA 2048'

# x509::epoch DATE: openssl's date, "Nov 29 09:08:07 2036 GMT", in EPOCH; and its day in DAY, "2036-11-29".
x509::epoch() {
  local months='JanFebMarAprMayJunJulAugSepOctNovDec' name day clock year month shifted era of_era
  read -r name day clock year _ <<<"$1"
  months=${months%%"$name"*}
  month=$((${#months} / 3 + 1))
  printf -v DAY '%04d-%02d-%02d' "$year" "$month" "$day"
  # Years that begin in March have their leap day at the end.
  shifted=$((month > 2 ? month - 3 : month + 9))
  year=$((month > 2 ? year : year - 1))
  era=$((year / 400))
  of_era=$((year - era * 400))
  EPOCH=$((era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * shifted + 2) / 5 + day - 1 - 719468))
  EPOCH=$((EPOCH * 86400 + 10#${clock:0:2} * 3600 + 10#${clock:3:2} * 60 + 10#${clock:6:2}))
}

# x509::read FILE: the certificate in it: CN, SERIAL, KEY ("RSA 2048"), SIGNED (how), USES and NAMES (as openssl writes them),
# IS_CA, FROM and UNTIL in seconds, UNTIL_DAY, FINGERPRINT. Fails when it is none.
x509::read() {
  local text line before=''
  text=$(openssl x509 -in "$1" -noout -text -subject -serial -fingerprint -sha256 -nameopt multiline,-align 2>/dev/null) || return 1
  CN='' SERIAL='' KEY=unknown SIGNED='' USES='' NAMES='' IS_CA=false UNTIL='' FINGERPRINT=''
  while IFS= read -r line; do
    line=${line#"${line%%[! ]*}"}
    case $line in
    'commonName = '*) [[ $before != 'subject='* ]] || CN=${line#*= } ;;
    serial=*) SERIAL=${line#*=} ;;
    *' Fingerprint='*) FINGERPRINT=${line#*=} FINGERPRINT=${FINGERPRINT//:/} ;;
    'Signature Algorithm: '*) SIGNED=${line#*: } ;;
    'Public Key Algorithm: '*) KEY=${line#*: } ;;
    *'Public-Key: ('*' bit'*)
      line=${line#*(}
      KEY="${KEY%% *} ${line%% *}"
      ;;
    'Not Before'*:*)
      x509::epoch "${line#*: }"
      FROM=$EPOCH
      ;;
    'Not After'*:*) x509::epoch "${line#*: }" && UNTIL=$EPOCH UNTIL_DAY=$DAY ;;
    CA:TRUE*) [[ $before != *'Basic Constraints'* ]] || IS_CA=true ;;
    *) ;;
    esac
    [[ $before != *'Extended Key Usage'* ]] || USES=$line
    [[ $before != *'Subject Alternative Name'* ]] || NAMES=$line
    # A subject of several parts has the name on any of its lines.
    [[ $before == 'subject='* && $line == *' = '* ]] || before=$line
  done <<<"$text"
  KEY=${KEY/#rsaEncryption/RSA} KEY=${KEY/#id-ecPublicKey/EC}
  [[ -n $SERIAL && -n $UNTIL && -n $FINGERPRINT ]]
}

# x509::left: how many whole days of UNTIL are left, in LEFT; negative when it is over.
x509::left() {
  LEFT=$((UNTIL - $(date +%s)))
  LEFT=$((LEFT >= 0 ? LEFT / 86400 : (LEFT - 86399) / 86400))
}

# x509::list FILE: the list in it: its serials, one a line and sorted, in REVOKED; its next update in UNTIL and UNTIL_DAY.
x509::list() {
  local text
  text=$(openssl crl -in "$1" -noout -text 2>/dev/null) || return 1
  x509::epoch "$(sed -nE 's/^ *Next Update *: //p' <<<"$text")"
  UNTIL=$EPOCH UNTIL_DAY=$DAY
  REVOKED=$(sed -nE 's/^ *Serial Number: *([0-9A-F]+)$/\1/p' <<<"$text" | sort)
}

# x509::index FILE STATE: the serials that stand in an index of openssl's as V (valid), R (revoked) or E (ended), one a line and
# sorted. Prints them.
x509::index() { awk -F '\t' -v state="$2" '$1 == state {print $4}' "$1" | sort; }

# x509::is_pair CERTIFICATE KEY: whether the key is the certificate's. A key that is encrypted opens with PASSPHRASE.
x509::is_pair() {
  local of_certificate of_key
  of_certificate=$(openssl x509 -in "$1" -noout -pubkey 2>/dev/null) || return 1
  of_key=$(openssl pkey -in "$2" -pubout -passin fd:3 2>/dev/null 3< <(printf '%s\n' "$PASSPHRASE")) || return 1
  [[ $of_certificate == "$of_key" ]]
}
