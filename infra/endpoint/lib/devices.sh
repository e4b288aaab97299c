# shellcheck shell=bash
# The certificates of a person's devices and their profiles. Source it through people.sh.
set -Eeuo pipefail

# Whether each device gets a new certificate, in place of what it has.
NEW_CERTIFICATE=false

# devices::newest CN: the serial of its newest valid certificate in NEWEST, how many are valid in VALID.
devices::newest() {
  person::serials V "$1"
  NEWEST=${SERIALS##*$'\n'} VALID=$(grep -c . <<<"$SERIALS" || true)
}

# devices::check: those that are named are hers; without any, all that she has.
devices::check() {
  local device serial
  for device in "${DEVICES[@]+"${DEVICES[@]}"}"; do
    devices::newest "$PERSON_NAME/$device"
    ((VALID > 0)) || die "$PERSON_NAME has no device \"$(brief "$device")\"" 'infra/endpoint/people.sh list shows what she has, add makes it. Nothing was changed.'
  done
  ((${#DEVICES[@]} == 0)) || return 0
  person::serials V "$PERSON_NAME"
  for serial in $SERIALS; do
    [[ ${CN_OF[$serial]} == */* ]] || continue
    device=${CN_OF[$serial]#*/}
    [[ " ${DEVICES[*]-} " == *" $device "* ]] || DEVICES+=("$device")
  done
  ((${#DEVICES[@]} > 0)) || die "$PERSON_NAME has no device with a certificate that a profile could be made of" 'infra/endpoint/people.sh add makes one. Nothing was changed.'
}

# devices::issue CN
devices::issue() {
  people::issue "$1"
  person::read
}

ensure_devices() {
  local device
  for device in "${DEVICES[@]+"${DEVICES[@]}"}"; do
    device=$PERSON_NAME/$device
    devices::newest "$device"
    ((VALID == 0)) || [[ $NEW_CERTIFICATE == true ]] || continue
    # Several, or something that is revoked and not at AWS: a run was broken off. What it began is finished.
    if [[ $NEW_CERTIFICATE == true ]] && { ((VALID > 1)) || devices::is_half_done "$device"; }; then continue; fi
    CA_IS_USED=true
    change_here "make a new certificate for $device: $KEY_WANTED, SHA-256, at most $CERTIFICATE_DAYS days" devices::issue "$device"
    [[ $MODE == apply ]] || person::pretend "$device"
  done
}

# devices::is_half_done CN: whether the list that AWS has does not name all that is revoked of it.
devices::is_half_done() {
  local serial
  person::serials R "$1"
  for serial in $SERIALS; do
    [[ $'\n'$REVOKED_THERE$'\n' == *$'\n'"$serial"$'\n'* ]] || return 0
  done
  return 1
}

# devices::has_profile CN: whether its profile stands there, with its newest certificate.
devices::has_profile() {
  [[ -f $PKI/profiles/$1.ovpn && $NEWEST != new:* ]] || return 1
  sed -n '/^<cert>/,/^<\/cert>/p' "$PKI/profiles/$1.ovpn" >"$WORK/in_profile"
  x509::read "$WORK/in_profile" && [[ $SERIAL == "$NEWEST" ]]
}

# All that are asked for; of add only those that are not there.
ensure_profiles() {
  local device
  for device in "${DEVICES[@]+"${DEVICES[@]}"}"; do
    device=$PERSON_NAME/$device
    devices::newest "$device"
    if [[ $COMMAND == add ]] && devices::has_profile "$device"; then continue; fi
    change_here "write the profile of $device, with its key: $PKI/profiles/$device.ovpn" profile::make "$ENDPOINT_ID" "$device"
  done
}

# devices::revoke SERIAL...
devices::revoke() {
  people::revoke_serials "$@"
  person::read
}

# devices::say_revoked WHAT SERIAL...: through the gate; while planning it is only noted.
devices::say_revoked() {
  local serial
  CA_IS_USED=true
  change_here "$1" devices::revoke "${@:2}"
  [[ $MODE == plan ]] || return 0
  for serial in "${@:2}"; do STATE_OF["$serial"]=R; done
}

# Every serial but the newest of each device.
ensure_older() {
  local device older
  for device in "${DEVICES[@]}"; do
    devices::newest "$PERSON_NAME/$device"
    mapfile -t older < <(grep -vxF -e "$NEWEST" <<<"$SERIALS")
    ((${#older[@]} == 0)) || devices::say_revoked "revoke ${#older[@]} older certificate(s) of $PERSON_NAME/$device: ${older[*]}" "${older[@]}"
  done
}

# All that she has: what was renewed elsewhere is valid until it is revoked too (fact 7.13). The list is made with it, so a list that
# is not what the index says is mended.
ensure_certificates() {
  local all
  person::serials V "$PERSON_NAME"
  mapfile -t all < <(printf '%s' "$SERIALS")
  if ((${#all[@]} > 0)); then
    devices::say_revoked "revoke ${#all[@]} certificate(s) of $PERSON_NAME: ${all[*]}" "${all[@]}"
  elif ! people::is_list_right; then
    devices::say_revoked 'make the revocation list, which is not what the index says'
  fi
}

# devices::remove_files CN...: what could be taken for something that still works. The certificates stay in certs_by_serial.
devices::remove_files() {
  local name
  for name in "$@"; do
    rm -f -- "$PKI/profiles/$name.ovpn" "$PKI/private/$name.key" "$PKI/issued/$name.crt"
  done
  rmdir -- "$PKI/profiles/$PERSON_NAME" "$PKI/private/$PERSON_NAME" "$PKI/issued/$PERSON_NAME" 2>/dev/null || true
}

ensure_files() {
  local serial mine=()
  for serial in "${ISSUED[@]+"${ISSUED[@]}"}"; do
    person::has "$PERSON_NAME" "${CN_OF[$serial]}" || continue
    [[ -e $PKI/profiles/${CN_OF[$serial]}.ovpn || -e $PKI/private/${CN_OF[$serial]}.key || -e $PKI/issued/${CN_OF[$serial]}.crt ]] || continue
    [[ " ${mine[*]-} " == *" ${CN_OF[$serial]} "* ]] || mine+=("${CN_OF[$serial]}")
  done
  ((${#mine[@]} == 0)) || change_here "delete profiles and keys of no use here: ${mine[*]}" devices::remove_files "${mine[@]}"
}
