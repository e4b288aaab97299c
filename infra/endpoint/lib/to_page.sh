# shellcheck shell=bash
# Profiles that wait for a person at the page (PROFILES=on): left under her sign-in's subject, and taken away with her. Source
# it through people.sh.
set -Eeuo pipefail

# Whether add leaves them there; the bucket of the deployment, '' where it has none.
TO_PAGE=false PROFILES_BUCKET=''

# to_page::find: the bucket, as the page's function knows it. Where account::deployment finds no page there is none.
to_page::find() {
  PROFILES_BUCKET=''
  [[ -n $PAGE_POOL ]] || return 0
  aws::find 'ResourceNotFoundException' lambda get-function-configuration --function-name "$ASSOCIATOR" || return 0
  PROFILES_BUCKET=$(json '.Environment.Variables.VPN_PROFILES_BUCKET // ""')
}

# to_page::check: what --to-page needs, and where an older profile may wait.
to_page::check() {
  if [[ $TO_PAGE == false ]]; then
    [[ $NEW_CERTIFICATE == false ]] || to_page::find
    return 0
  fi
  ((${#DEVICES[@]} > 0)) || die '--to-page is for the profile of a device' 'Name it: --device. Nothing was changed.'
  [[ -n $EMAIL$GIVEN_EMAIL ]] || die "$PERSON_NAME has no sign-in, so the page cannot know her" 'Give her one: --email. Nothing was changed.'
  to_page::find
  [[ -n $PROFILES_BUCKET ]] || die 'no profile can wait at the page' 'Set PROFILES=on in the settings and run infra/deploy.sh first. Nothing was changed.'
}

# to_page::folder: where hers are, in FOLDER; '' where she has no sign-in. Cognito's subject is a UUID.
to_page::folder() {
  FOLDER=''
  [[ -n $EMAIL && -n $PROFILES_BUCKET ]] || return 0
  account::find "$EMAIL"
  [[ -n $SUBJECT ]] || return 0
  [[ $SUBJECT =~ ^[A-Za-z0-9_-]{1,128}$ ]] || die "the subject of $EMAIL is no name of a folder: $(brief "$SUBJECT")" 'Nothing was changed there.'
  FOLDER=profiles/$SUBJECT/
}

# to_page::waits KEY FILE: whether this file waits there, by its MD5: that is what S3 tells of what it has encrypted with its own keys
# (fact 15.5).
to_page::waits() {
  [[ -n $FOLDER && -f $2 ]] || return 1
  profiles::versions "$1"
  [[ $(json '.Versions[]? | select(.IsLatest and .Key == $key) | .ETag' --arg key "$1") == "\"$(openssl dgst -md5 "$2" | sed 's/.*= *//')\"" ]]
}

# Behind all else of add and profile: the profiles and the sign-in are there. Only add asks whether it waits already: profile begins its
# days anew. What waits with a certificate that is being replaced would be of no use to her.
ensure_to_page() {
  local device file key
  [[ $TO_PAGE == true || $NEW_CERTIFICATE == true ]] || return 0
  to_page::folder
  for device in "${DEVICES[@]}"; do
    file=$PKI/profiles/$PERSON_NAME/$device.ovpn key=${FOLDER:-$NOT_YET}$device.ovpn
    if [[ $TO_PAGE == false ]]; then
      [[ -z $FOLDER ]] || profiles::delete "$key" "for $PERSON_NAME/$device at the page, with what is revoked now"
      continue
    fi
    [[ -n $FOLDER || $MODE == plan ]] || die "Cognito does not say who $EMAIL is" 'Run the same command again.'
    devices::newest "$PERSON_NAME/$device"
    if [[ $COMMAND == add ]] && devices::has_profile "$PERSON_NAME/$device" && to_page::waits "$key" "$file"; then continue; fi
    change "let the profile of $PERSON_NAME/$device wait at the page for $PROFILES_DAYS days" "$(profiles::input "$(jq -n --arg key "$key" \
      '{Key: $key, ContentType: "application/x-openvpn-profile", CacheControl: "no-store", ServerSideEncryption: "AES256"}')")" s3api put-object --body "$file"
  done
}

# What waits for whoever is removed.
ensure_not_at_page() {
  to_page::folder
  [[ -z $FOLDER ]] || profiles::delete "$FOLDER" "for $PERSON_NAME at the page"
}

# to_page::say: how she gets it.
to_page::say() {
  [[ $TO_PAGE == true ]] || return 0
  say "At the page, for $PROFILES_DAYS days from when it was left there: she signs in as $EMAIL and chooses \"Set up the VPN on this device\". infra/status.sh --history says when it was taken."
}
