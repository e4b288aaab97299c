# shellcheck shell=bash
# Whom the CA lets in or has let in, and each person's e-mail. Source it through people.sh.
set -Eeuo pipefail

# What the command line asks for.
PERSON_NAME='' DEVICES=() GIVEN_EMAIL=''
# What is noted of the person: e-mail; "out" where she was signed out.
EMAIL='' SIGN_IN=''
readonly EMAIL_PATTERN='[a-z0-9][a-z0-9._%+-]{0,63}@([a-z0-9-]+\.)+[a-z]{2,63}'

# person::read: every client certificate, in the order of the index: serials in ISSUED; of each in STATE_OF (V, R, or E for ended),
# CN_OF and, of what is valid, UNTIL_OF. While planning the steps note in it what they would do.
person::read() {
  local state serial name
  ISSUED=()
  declare -gA STATE_OF=() CN_OF=() UNTIL_OF=()
  while IFS=$'\t' read -r state serial name; do
    # OpenSSL 3 writes a slash in a name as "\/".
    name=${name##*/CN=} name=${name//\\\//\/}
    if [[ $state == V ]]; then
      x509::read "$PKI/certs_by_serial/$serial.pem" || die "the certificate $serial stands in index.txt, and is not in $PKI/certs_by_serial" \
        'Restore it from the backup: without it nobody can say whose it is. Nothing was changed.'
      [[ $USES == *'TLS Web Client Authentication'* ]] || continue
      name=$CN
      x509::left
      ((LEFT >= 0)) || state=E
      UNTIL_OF[$serial]=$UNTIL
    fi
    [[ $name != "$SERVER_NAME" ]] || continue
    ISSUED+=("$serial")
    STATE_OF[$serial]=$state CN_OF[$serial]=$name
  done < <(awk -F '\t' '{print $1 "\t" $4 "\t" $6}' "$PKI/index.txt")
}

# person::pretend CN: while planning, that it had another certificate.
person::pretend() {
  ISSUED+=("new:$1")
  STATE_OF["new:$1"]=V CN_OF["new:$1"]=$1
}

# person::has NAME CN: whether a certificate's common name is this person's: NAME/DEVICE, or NAME alone, as easy-rsa's are.
person::has() { [[ $2 == "$1" || $2 == "$1/"* ]]; }

# person::serials STATE NAME|CN: hers, or those of one device, oldest first, in SERIALS.
person::serials() {
  local serial
  SERIALS=''
  for serial in "${ISSUED[@]+"${ISSUED[@]}"}"; do
    if [[ ${STATE_OF[$serial]} == "$1" ]] && person::has "$2" "${CN_OF[$serial]}"; then SERIALS+=${SERIALS:+$'\n'}$serial; fi
  done
}

# person::names: everybody, one a line.
person::names() {
  local serial
  {
    for serial in "${ISSUED[@]+"${ISSUED[@]}"}"; do printf '%s\n' "${CN_OF[$serial]%%/*}"; done
    [[ ! -f $PKI/people.tsv ]] || cut -f1 "$PKI/people.tsv"
  } | sort -u
}

# person::is_known NAME: all names are read, or whoever writes them would be cut off where there are thousands.
person::is_known() { person::names | grep -xF -e "$1" >/dev/null; }

# person::noted NAME: her e-mail in EMAIL, in SIGN_IN whether she was signed out.
person::noted() {
  EMAIL='' SIGN_IN=''
  [[ -f $PKI/people.tsv ]] || return 0
  IFS=$'\t' read -r EMAIL SIGN_IN < <(awk -F '\t' -v name="$1" '$1 == name {print $2 "\t" $3}' "$PKI/people.tsv") || true
}

# person::note NAME EMAIL in|out: in place of what was noted of her.
person::note() {
  {
    [[ ! -f $PKI/people.tsv ]] || awk -F '\t' -v name="$1" '$1 != name' "$PKI/people.tsv"
    printf '%s\t%s\t%s\n' "$@"
  } | sort >"$PKI/people.tsv.part"
  mv -f -- "$PKI/people.tsv.part" "$PKI/people.tsv"
}

# person::check: the name is one, and with all commands but add somebody's; devices and e-mail are what they can be.
person::check() {
  local device other
  [[ $PERSON_NAME =~ ^[A-Za-z0-9@_.-]+$ && $PERSON_NAME != *..* ]] || die "\"$(brief "$PERSON_NAME")\" is no name of a person" "$NAMES_ARE"
  if [[ $COMMAND == add ]]; then
    for device in "${DEVICES[@]+"${DEVICES[@]}"}"; do people::check "$PERSON_NAME/$device"; done
    people::check "$PERSON_NAME/x"
    [[ $PERSON_NAME != "$SERVER_NAME" ]] || die "$PERSON_NAME is the server's name" 'Choose another.'
  else
    person::is_known "$PERSON_NAME" || die "nobody is called \"$PERSON_NAME\"" 'infra/endpoint/people.sh list shows everybody. Nothing was changed.'
  fi
  person::noted "$PERSON_NAME"
  [[ -z $EMAIL || -z $GIVEN_EMAIL || $EMAIL == "$GIVEN_EMAIL" ]] || die "$PERSON_NAME has the sign-in $EMAIL" "One person has one: leave --email out. If this is somebody else, choose another name. Nothing was changed."
  if [[ -n $GIVEN_EMAIL && -f $PKI/people.tsv ]]; then
    other=$(awk -F '\t' -v name="$PERSON_NAME" -v email="$GIVEN_EMAIL" '$1 != name && $2 == email {print $1}' "$PKI/people.tsv")
    [[ -z $other ]] || die "the sign-in $GIVEN_EMAIL is that of $other" 'Each person has one of her own. Nothing was changed.'
  fi
}
readonly NAMES_ARE='Small letters, digits, dots, hyphens and underscores, beginning with a letter or digit, such as mei.tanaka. Nothing was changed.'

# What everything else begins with: everybody is read anew. An e-mail that is given is noted first, so that whatever is done
# with it can be finished.
ensure_person() {
  person::read
  person::noted "$PERSON_NAME"
  [[ -n $GIVEN_EMAIL && $EMAIL != "$GIVEN_EMAIL" ]] || return 0
  change_here "note that $PERSON_NAME signs in as $GIVEN_EMAIL" person::note "$PERSON_NAME" "$GIVEN_EMAIL" in
  EMAIL=$GIVEN_EMAIL SIGN_IN=in
}
