# shellcheck shell=bash
# Profiles that wait for a person at the page (PROFILES=on): left under her sign-in's subject, and taken away with her. Source
# it through people.sh.
set -Eeuo pipefail

# Whether add leaves them there; the bucket of the deployment, '' where it has none.
TO_PAGE=false PAGE_BUCKET=''

# to_page::find: the bucket, as the page's function knows it. Where account::deployment finds no page there is none.
to_page::find() {
  PAGE_BUCKET=''
  [[ -n $PAGE_POOL ]] || return 0
  aws::find 'ResourceNotFoundException' lambda get-function-configuration --function-name "$ASSOCIATOR" || return 0
  PAGE_BUCKET=$(json '.Environment.Variables.VPN_PROFILES_BUCKET // ""')
}

# to_page::check: what add --to-page needs.
to_page::check() {
  [[ $TO_PAGE == true ]] || return 0
  ((${#DEVICES[@]} > 0)) || die '--to-page is for the profile of a device' 'Name it: --device. Nothing was changed.'
  [[ -n $EMAIL$GIVEN_EMAIL ]] || die "$PERSON_NAME has no sign-in, so the page cannot know her" 'Give her one: --email. Nothing was changed.'
  to_page::find
  [[ -n $PAGE_BUCKET ]] || die 'no profile can wait at the page' 'Set PROFILES=on in the settings and run infra/deploy.sh first. Nothing was changed.'
}

# to_page::folder: where hers are, in FOLDER; '' where she has no sign-in. Cognito's subject is a UUID.
to_page::folder() {
  FOLDER=''
  [[ -n $EMAIL && -n $PAGE_BUCKET ]] || return 0
  account::find "$EMAIL"
  [[ -n $SUBJECT ]] || return 0
  [[ $SUBJECT =~ ^[A-Za-z0-9_-]{1,128}$ ]] || die "the subject of $EMAIL is no name of a folder: $(brief "$SUBJECT")" 'Nothing was changed there.'
  FOLDER=profiles/$SUBJECT/
}

# to_page::object JSON: with the bucket and its owner: nobody else's of that name gets a key.
to_page::object() { jq -n --arg bucket "$PAGE_BUCKET" --arg owner "$ACCOUNT" --argjson more "$1" '{Bucket: $bucket, ExpectedBucketOwner: $owner} + $more'; }

# The last step of add: the profiles and the sign-in are there.
ensure_to_page() {
  local device
  [[ $TO_PAGE == true ]] || return 0
  to_page::folder
  [[ -n $FOLDER || $MODE == plan ]] || die "Cognito does not say who $EMAIL is" 'Run the same command again.'
  for device in "${DEVICES[@]}"; do
    change "let the profile of $PERSON_NAME/$device wait at the page for 7 days" "$(to_page::object "$(jq -n --arg key "${FOLDER:-$NOT_YET}$device.ovpn" \
      '{Key: $key, ContentType: "application/x-openvpn-profile", CacheControl: "no-store", ServerSideEncryption: "AES256"}')")" \
      s3api put-object --body "$PKI/profiles/$PERSON_NAME/$device.ovpn"
  done
}

# What waits for whoever is removed.
ensure_not_at_page() {
  local keys
  to_page::folder
  [[ -n $FOLDER ]] || return 0
  aws::read s3api list-objects-v2 --bucket "$PAGE_BUCKET" --expected-bucket-owner "$ACCOUNT" --prefix "$FOLDER"
  AWS_OUT=${AWS_OUT:-"{}"}
  keys=$(json '[(.Contents // [])[] | {Key}]')
  [[ $(jq length <<<"$keys") != 0 ]] || return 0
  change "delete $(jq length <<<"$keys") profile(s) that wait for $PERSON_NAME at the page" \
    "$(to_page::object "$(jq '{Delete: {Quiet: true, Objects: .}}' <<<"$keys")")" s3api delete-objects
}

# receipt of add.
to_page::say() {
  [[ $TO_PAGE == true ]] || return 0
  say "At the page for 7 days: she signs in as $EMAIL and chooses \"Set up the VPN on this device\". infra/status.sh --history says when it was taken."
}
