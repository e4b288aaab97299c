# shellcheck shell=bash
# Holds a profile against what the app takes, and its certificate and key against each other. Only reads, asks nobody, and opens
# no connection. Source it through people.sh.
set -Eeuo pipefail

# What is found, "LINE<tab>VERDICT<tab>TEXT<tab>REMEDY" each. Verdicts: fatal (the app refuses the profile), broken (it cannot
# connect, or what is written does not happen); ignored, useless, doubtful: it works all the same. Line 0 is the whole file.
FINDINGS=()
# For whom: OpenVPN Connect, or AWS's own client ("aws"), which people on desktops may have.
PROFILE_CLIENT=openvpn
# More than the core takes, which counts what an option costs too (openvpn/client/cliconstants.hpp).
readonly PROFILE_BYTES=262144

profile_check::found() { FINDINGS+=("$1"$'\t'"$2"$'\t'"$3"$'\t'"$4"); }

# profile_check::file FILE: a text of a reasonable size; or that is the one thing that is found.
profile_check::file() {
  local bytes
  [[ -e $1 || -L $1 ]] || die "there is no file $1" 'Name the profile: a file that ends in .ovpn.'
  [[ -f $1 ]] || die "$1 is no file" 'Name the profile: a file that ends in .ovpn.'
  [[ -r $1 ]] || die "$1 cannot be read" 'You must be able to read it.'
  bytes=$(wc -c <"$1")
  tr -d '\000' <"$1" >"$WORK/text"
  if ((bytes == 0)); then
    profile_check::found 0 fatal 'the file is empty' 'Get it again, or make it anew.'
  elif ((bytes > PROFILE_BYTES)); then
    profile_check::found 0 fatal "the file has $((bytes)) bytes, and OpenVPN Connect takes $PROFILE_BYTES at most" 'Is it a profile?'
  elif ! cmp -s "$WORK/text" "$1"; then
    profile_check::found 0 fatal 'the file is no text' 'Get it again: a profile is a text. One in UTF-16 has to be saved as UTF-8.'
  else
    return 0
  fi
  return 1
}

# profile_check::lines FILE: what the lines say; facts for the rest in BLOCK (files) and AT (lines).
profile_check::lines() {
  local line verdict text remedy file=$1
  # A name with "=" would be a variable of awk's.
  [[ $file == /* ]] || file=./$file
  declare -gA BLOCK=() AT=()
  while IFS=$'\t' read -r line verdict text remedy; do
    if [[ $verdict != '=' ]]; then
      profile_check::found "$line" "$verdict" "$text" "$remedy"
      continue
    fi
    AT[$text]=$line
    # The app puts all <ca> together, and takes the last of the others.
    if [[ $text == ca && -v BLOCK[ca] ]]; then cat -- "$remedy" >>"${BLOCK[ca]}"; else BLOCK[$text]=$remedy; fi
  done < <(awk -v work="$WORK" -v client="$PROFILE_CLIENT" -v table="$INFRA/endpoint/options.tsv" -f "$INFRA/endpoint/lib/profile_check.awk" "$INFRA/endpoint/options.tsv" "$file" || printf '0\tfatal\tawk could not read it\tPlease report this.\n')
}

# profile_check::trusted FILE: whether a CA of this computer has signed it.
profile_check::trusted() { openssl verify "$1" >/dev/null 2>&1; }

# profile_check::ca: each certificate of the chain, in $WORK/ca.1 to ca.CHAIN.
profile_check::ca() {
  local at=${AT[ca]} file number
  CHAIN=$(awk -v to="$WORK/ca." '/^-----BEGIN CERTIFICATE-----/ {n++; on = 1} on {print > (to n)} /^-----END CERTIFICATE-----/ {on = 0; close(to n)} END {print n + 0}' "${BLOCK[ca]}")
  ((CHAIN > 0)) || profile_check::found "$at" fatal 'ca: no certificate stands in it' 'Put the chain of the server certificate there, as AWS exports it.'
  for ((number = 1; number <= CHAIN; number++)); do
    file=$WORK/ca.$number
    if ! x509::read "$file"; then
      profile_check::found "$at" fatal 'ca: what stands in it is no certificate' 'Copy it again, with its first and last line, and nothing between them changed.'
      continue
    fi
    x509::left
    ((LEFT >= 0)) || profile_check::found "$at" broken "ca: the certificate of \"$CN\" ended on $UNTIL_DAY" 'Everybody needs a new profile, with the chain that the endpoint has now.'
    [[ $IS_CA == true ]] || profile_check::found "$at" doubtful "ca: \"$CN\" is no CA" 'Here stands the chain of the server certificate, not that itself.'
    ! profile_check::trusted "$file" || profile_check::found "$at" doubtful "ca: \"$CN\" is a public CA, or your company's: only verify-x509-name tells your server from all others of it" 'Use a CA of its own for the VPN: pki.sh init.'
  done
}

profile_check::certificate() {
  local at=${AT[cert]} name
  if ! x509::read "${BLOCK[cert]}"; then
    profile_check::found "$at" fatal 'cert: what stands in it is no certificate' 'Copy it again, with its first and last line, and nothing between them changed.'
    return 0
  fi
  name="cert: \"$CN\""
  x509::left
  if ((LEFT < 0)); then
    profile_check::found "$at" broken "$name ended on $UNTIL_DAY" 'This device needs a new certificate, and a new profile.'
  elif ((FROM > $(date +%s))); then
    profile_check::found "$at" broken "$name is not good yet" 'Is the clock of this computer right?'
  elif ((LEFT < CLIENT_SOON)); then
    profile_check::found "$at" doubtful "$name ends in $LEFT days, on $UNTIL_DAY" 'Give this device a new certificate, and a new profile.'
  fi
  [[ $IS_CA == false ]] || profile_check::found "$at" broken "$name is a CA: with its key in this file anybody can be let in" "Put this device's certificate there, and replace the CA: its key has left your hands."
  if [[ -z $USES ]]; then
    profile_check::found "$at" doubtful "$name does not say that it is for clients (EKU clientAuth)" 'Give this device a certificate that does.'
  elif [[ $USES != *'TLS Web Client Authentication'* ]]; then
    profile_check::found "$at" broken "$name is for \"$USES\", not for clients (EKU clientAuth)" "Put this device's certificate there, not the server's."
  fi
  [[ $KEY == "$KEY_WANTED" ]] || profile_check::found "$at" doubtful "$name has a key of the kind $KEY, and Client VPN wants $KEY_WANTED" 'Give this device a new certificate.'
  # Whether others have signed it can be seen only while it is good.
  [[ ! -v BLOCK[ca] ]] || ((LEFT < 0)) || SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/dev/null openssl verify -partial_chain -CAfile "${BLOCK[ca]}" "${BLOCK[cert]}" >/dev/null 2>&1 ||
    profile_check::found "$at" doubtful "$name is not signed by the CA in <ca>" 'Right only where the endpoint has another CA for clients than for itself. Is it the certificate of another VPN?'
}

profile_check::key() {
  local at=${AT[key]} key=${BLOCK[key]}
  if ! grep -q -e '-----BEGIN .*PRIVATE KEY-----' "$key"; then
    profile_check::found "$at" fatal 'key: no key stands in it' 'Put the key of this certificate there.'
  elif authority::is_encrypted "$key" && [[ -z $PASSPHRASE_FILE$PASSPHRASE ]]; then
    say 'Its key has a passphrase: whether it is that of the certificate is seen with --passphrase-file only.'
  else
    if [[ -z $PASSPHRASE ]] && authority::is_encrypted "$key"; then passphrase::file; fi
    if ! openssl pkey -in "$key" -noout -passin fd:3 2>/dev/null 3< <(printf '%s\n' "$PASSPHRASE"); then
      profile_check::found "$at" fatal "key: it cannot be read$([[ -z $PASSPHRASE ]] || echo ' with this passphrase')" 'Copy it again, with its first and last line, and nothing between them changed.'
    elif [[ -v BLOCK[cert] ]] && ! x509::is_pair "${BLOCK[cert]}" "$key"; then
      profile_check::found "$at" fatal 'key: it is not that of the certificate' 'Put certificate and key of the same device there.'
    fi
  fi
}

# profile_check::directory: against what this CA has issued (--directory).
profile_check::directory() {
  local ours number
  x509::read "$PKI/ca.crt" || die "$PKI/ca.crt is no certificate" 'Restore it from the backup.'
  ours=$FINGERPRINT
  if [[ -v BLOCK[ca] ]]; then
    for ((number = 1; number <= CHAIN; number++)); do
      if x509::read "$WORK/ca.$number" && [[ $FINGERPRINT != "$ours" ]]; then
        profile_check::found "${AT[ca]}" broken "ca: \"$CN\" is not the CA of $PKI" 'Name the directory of this VPN (--directory), or make the profile anew.'
      fi
    done
  fi
  if [[ -v BLOCK[server] && ${BLOCK[server]} != "$SERVER_NAME" ]]; then
    profile_check::found "${AT[server]}" broken "verify-x509-name: ${BLOCK[server]}, and the server is called $SERVER_NAME" "verify-x509-name $SERVER_NAME name"
  fi
  if [[ -v BLOCK[cert] ]] && x509::read "${BLOCK[cert]}"; then
    people::serials V
    [[ $'\n'$SERIALS$'\n' == *$'\n'"$SERIAL"$'\n'* ]] || profile_check::found "${AT[cert]}" broken "cert: \"$CN\", serial $SERIAL, is revoked, or this CA never issued it" 'Give this device a new certificate, and a new profile.'
  fi
}

# profile_check::read FILE: everything that is found, in FINDINGS, by lines.
profile_check::read() {
  FINDINGS=()
  profile_check::file "$1" || return 0
  profile_check::lines "$1"
  [[ ! -v BLOCK[ca] ]] || profile_check::ca
  [[ ! -v BLOCK[cert] ]] || profile_check::certificate
  [[ ! -v BLOCK[key] ]] || profile_check::key
  [[ -z $PKI ]] || profile_check::directory
  ((${#FINDINGS[@]} == 0)) || mapfile -t FINDINGS < <(printf '%s\n' "${FINDINGS[@]}" | sort -s -n -k 1,1)
}

# profile_check::is_bad: whether it cannot work.
profile_check::is_bad() {
  local one
  for one in "${FINDINGS[@]+"${FINDINGS[@]}"}"; do
    one=${one#*$'\t'}
    case ${one%%$'\t'*} in
    fatal | broken) return 0 ;;
    *) ;;
    esac
  done
  return 1
}

profile_check::show() {
  local one line verdict text remedy
  for one in "${FINDINGS[@]+"${FINDINGS[@]}"}"; do
    IFS=$'\t' read -r line verdict text remedy <<<"$one"
    say "$([[ $line == 0 ]] && echo 'the file' || echo "line $line"): $verdict: $text"
    say "    -> $remedy"
  done
}

# profile_check::all FILE: the command. Exit status as status.sh has it.
profile_check::all() {
  local whom='OpenVPN Connect takes'
  [[ $PROFILE_CLIENT == openvpn ]] || whom="AWS's own client takes"
  profile_check::read "$1"
  if ((${#FINDINGS[@]} == 0)); then
    say "Fine: $whom it as it is."
    return 0
  fi
  profile_check::show
  say
  if profile_check::is_bad; then
    say "${#FINDINGS[@]} finding(s): this profile does not work."
    exit 1
  fi
  say "${#FINDINGS[@]} finding(s): nothing that was found keeps it from working."
  exit "$TO_BE_DONE"
}
