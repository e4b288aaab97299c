# shellcheck shell=bash
# The bucket in which profiles wait for people (PROFILES=on), for seven days at most. Source it through lib.sh.
set -Eeuo pipefail

# Days that a profile waits. The page says "a week".
readonly PROFILES_DAYS=7

# profiles::find: whether the bucket is there, its tags in TAGS; BROKEN_OFF says that a run ended before it had any. The owner
# is named with every call: anybody may have a bucket of our name.
profiles::find() {
  TAGS='{}' BROKEN_OFF=false
  if aws::call s3api get-bucket-tagging --bucket "$PROFILES_BUCKET" --expected-bucket-owner "$ACCOUNT"; then
    TAGS=$(json .TagSet | tags_map)
    return 0
  fi
  case $AWS_CODE in
  NoSuchBucket) return 1 ;;
  NoSuchTagSet) ;;
  AccessDenied)
    rights::missing s3 get-bucket-tagging
    die "AccessDenied: the bucket $PROFILES_BUCKET, if it is there, may be another account's" "AWS: ${AWS_TEXT//$'\n'/ }" "$TODO" \
      'If you have that right, somebody else has a bucket of this name: choose another INSTALLATION, or set PROFILES=off.'
    ;;
  *) aws::failed 'reading: s3api get-bucket-tagging' ;;
  esac
  # Ours if nothing is in it: a bucket is made before it is marked.
  profiles::keys
  [[ $KEYS != '[]' ]] || BROKEN_OFF=true
}

# profiles::keys: what is in it, in KEYS. The CLI reads page after page.
profiles::keys() {
  aws::read s3api list-objects-v2 --bucket "$PROFILES_BUCKET" --expected-bucket-owner "$ACCOUNT"
  # Of nothing at all the CLI prints nothing.
  AWS_OUT=${AWS_OUT:-"{}"}
  KEYS=$(json '[(.Contents // [])[].Key]')
}

# profiles::input JSON: with what every call names.
profiles::input() { jq -n --arg bucket "$PROFILES_BUCKET" --arg owner "$ACCOUNT" --argjson more "$1" '{Bucket: $bucket, ExpectedBucketOwner: $owner} + $more'; }

profiles::blocked() { printf '%s' '{"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true}'; }
profiles::encrypted() { printf '%s' '{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}'; }
profiles::lifecycle() {
  jq -n --argjson days "$PROFILES_DAYS" '{Rules: [{ID: "profiles", Status: "Enabled", Filter: {Prefix: "profiles/"}, Expiration: {Days: $days}}]}'
}
profiles::tls_only() {
  jq -n --arg arn "arn:$PARTITION:s3:::$PROFILES_BUCKET" '{Version: "2012-10-17", Statement: [{Sid: "OnlyOverTLS", Effect: "Deny", Principal: "*",
    Action: "s3:*", Resource: [$arn, $arn + "/*"], Condition: {Bool: {"aws:SecureTransport": "false"}}}]}'
}

# profiles::now FILTER CODES OPERATION: how the bucket is set, or null; it has just been made where NEW says so.
profiles::now() {
  NOW=null
  if [[ $NEW == false ]] && aws::find "$2" s3api "$3" --bucket "$PROFILES_BUCKET" --expected-bucket-owner "$ACCOUNT"; then
    NOW=$(json "$1")
  fi
}

ensure_profiles() {
  local NEW=false NOW
  if [[ $PROFILES == off ]]; then
    profiles::find || return 0
    # Somebody else's of this name is of no interest while ours is off.
    if is_ours "$TAGS"; then profiles::remove; fi
    return 0
  fi
  if ! profiles::find; then
    NEW=true
    change "create the bucket $PROFILES_BUCKET" "$(jq -n --arg bucket "$PROFILES_BUCKET" --arg region "$REGION" \
      '{Bucket: $bucket} + if $region == "us-east-1" then {} else {CreateBucketConfiguration: {LocationConstraint: $region}} end')" s3api create-bucket
  elif [[ $BROKEN_OFF == false ]]; then
    owned "bucket/$PROFILES_BUCKET" "$TAGS" 'Remove it, or set PROFILES=off.' || return 0
  fi
  if [[ $NEW == true || $BROKEN_OFF == true ]]; then
    change "mark the bucket $PROFILES_BUCKET as ours" "$(profiles::input "$(jq -n --argjson tags "$(own_tags)" '{Tagging: {TagSet: $tags}}')")" s3api put-bucket-tagging
  fi
  profiles::now .PublicAccessBlockConfiguration NoSuchPublicAccessBlockConfiguration get-public-access-block
  same "public access of $PROFILES_BUCKET" "$(profiles::blocked)" "$NOW" ||
    change "let nothing in $PROFILES_BUCKET be public" "$(profiles::input "$(profiles::blocked | jq '{PublicAccessBlockConfiguration: .}')")" s3api put-public-access-block
  profiles::now '{Rules: [.ServerSideEncryptionConfiguration.Rules[] | {ApplyServerSideEncryptionByDefault: {SSEAlgorithm: .ApplyServerSideEncryptionByDefault.SSEAlgorithm}}]}' \
    ServerSideEncryptionConfigurationNotFoundError get-bucket-encryption
  same "encryption of $PROFILES_BUCKET" "$(profiles::encrypted)" "$NOW" ||
    change "encrypt what is in $PROFILES_BUCKET" "$(profiles::input "$(profiles::encrypted | jq '{ServerSideEncryptionConfiguration: .}')")" s3api put-bucket-encryption
  profiles::now '.Policy | fromjson' NoSuchBucketPolicy get-bucket-policy
  same "policy of $PROFILES_BUCKET" "$(profiles::tls_only)" "$NOW" ||
    change "let $PROFILES_BUCKET be reached over TLS only" "$(profiles::input "$(profiles::tls_only | jq '{Policy: tojson}')")" s3api put-bucket-policy
  profiles::now '{Rules: [.Rules[] | {ID, Status, Filter, Expiration: {Days: .Expiration.Days}}]}' NoSuchLifecycleConfiguration get-bucket-lifecycle-configuration
  same "lifecycle of $PROFILES_BUCKET" "$(profiles::lifecycle)" "$NOW" ||
    change "delete what has been in $PROFILES_BUCKET for $PROFILES_DAYS days" "$(profiles::input "$(profiles::lifecycle | jq '{LifecycleConfiguration: .}')")" s3api put-bucket-lifecycle-configuration
}

# profiles::remove: what is in it first, as many at once as S3 takes.
profiles::remove() {
  local part
  profiles::keys
  while IFS= read -r part; do
    change "delete $(jq length <<<"$part") profile(s) that wait in $PROFILES_BUCKET" \
      "$(profiles::input "$(jq '{Delete: {Quiet: true, Objects: map({Key: .})}}' <<<"$part")")" s3api delete-objects
  done < <(jq -c '_nwise(1000) | select(length > 0)' <<<"$KEYS")
  change "delete the bucket $PROFILES_BUCKET" "$(profiles::input '{}')" s3api delete-bucket
}

ensure_removed_profiles() {
  profiles::find || return 0
  # One that nobody has used or marked may have been left by a run that was broken off, or be somebody's: it stays.
  removable "bucket/$PROFILES_BUCKET" "$TAGS" || return 0
  profiles::remove
}
