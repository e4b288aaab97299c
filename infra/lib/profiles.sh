# shellcheck shell=bash
# The bucket in which profiles wait for people (PROFILES=on), for seven days at most. Source it through lib.sh.
set -Eeuo pipefail

# Days that a profile waits, and until the midnight after that (fact 15.4).
readonly PROFILES_DAYS=7

# profiles::find: whether this account has the bucket, its tags in TAGS. Names of buckets are the world's (fact 15.2): another account's
# of our name is none of ours, and must not stop who has no use for it.
profiles::find() {
  TAGS='{}'
  aws::read s3api list-buckets --prefix "$PROFILES_BUCKET"
  [[ $(json '[(.Buckets // [])[] | select(.Name == $name)] | length' --arg name "$PROFILES_BUCKET") != 0 ]] || return 1
  # Ours has had its tag since it was made.
  if aws::find NoSuchTagSet s3api get-bucket-tagging --bucket "$PROFILES_BUCKET" --expected-bucket-owner "$ACCOUNT"; then
    TAGS=$(json .TagSet | tags_map)
  fi
}

# profiles::is_free: whether nobody in the world has a bucket of our name. To whoever lacks the right S3 names it (fact 15.2).
profiles::is_free() {
  if aws::call s3api get-bucket-tagging --bucket "$PROFILES_BUCKET" --expected-bucket-owner "$ACCOUNT"; then return 1; fi
  case $AWS_CODE in
  NoSuchBucket) return 0 ;;
  AccessDenied) [[ $AWS_TEXT != *': Access Denied'* ]] || return 1 ;;
  *) ;;
  esac
  aws::failed 'reading: s3api get-bucket-tagging'
}

# profiles::versions NAME: what is in it, every version, in VERSIONS: of one key, of all in a folder (it ends with a slash), or of all ('').
# The CLI reads page after page; of nothing at all it may print nothing.
profiles::versions() {
  aws::read s3api list-object-versions --bucket "$PROFILES_BUCKET" --expected-bucket-owner "$ACCOUNT" --prefix "$1"
  AWS_OUT=${AWS_OUT:-"{}"}
  VERSIONS=$(json '[((.Versions // []) + (.DeleteMarkers // []))[] | select($name == "" or ($name | endswith("/")) or .Key == $name) | {Key, VersionId}]' --arg name "$1")
}

# profiles::delete NAME WHOSE: that, as many at once as S3 takes. Without its versions a profile could still be read where somebody
# keeps versions.
profiles::delete() {
  local first count part
  profiles::versions "$1"
  count=$(jq length <<<"$VERSIONS")
  for ((first = 0; first < count; first += 1000)); do
    part=$(jq -c --argjson first "$first" '.[$first:$first + 1000]' <<<"$VERSIONS")
    goes_for_good "$(jq length <<<"$part") profile(s) that wait $2"
    change_with "delete $(jq length <<<"$part") profile(s) that wait $2" profiles::delete_now "$part"
  done
}

# profiles::delete_now OBJECTS: S3 answers 200 to such a call whatever became of each (fact 15.6).
profiles::delete_now() {
  change::send "$(profiles::input "$(jq '{Delete: {Quiet: true, Objects: .}}' <<<"$1")")" s3api delete-objects || return 1
  AWS_OUT=${AWS_OUT:-"{}"}
  AWS_CODE=$(json '.Errors[0]?.Code // ""')
  [[ -n $AWS_CODE ]] || return 0
  AWS_TEXT="An error occurred ($AWS_CODE) when calling the DeleteObjects operation: $(json '.Errors | map("\(.Key): \(.Message // "")") | join("; ")')"
  return 1
}

# profiles::input JSON: with what every call names.
profiles::input() { jq -n --arg bucket "$PROFILES_BUCKET" --arg owner "$ACCOUNT" --argjson more "$1" '{Bucket: $bucket, ExpectedBucketOwner: $owner} + $more'; }

profiles::blocked() { printf '%s' '{"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true}'; }
profiles::encrypted() { printf '%s' '{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}'; }
profiles::lifecycle() {
  jq -n --argjson days "$PROFILES_DAYS" '{Rules: [{ID: "profiles", Status: "Enabled", Filter: {Prefix: "profiles/"}, Expiration: {Days: $days}, NoncurrentVersionExpiration: {NoncurrentDays: 1}}]}'
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
  if profiles::find; then
    owned "bucket/$PROFILES_BUCKET" "$TAGS" 'Remove it, choose another INSTALLATION, or set PROFILES=off.' || return 0
  elif ! profiles::is_free; then
    problem "another account has a bucket called $PROFILES_BUCKET: names of buckets are the world's" 'Choose another INSTALLATION, or set PROFILES=off.'
    return 0
  else
    NEW=true
    # With its tag from the first moment on: a run that is broken off leaves nothing that nobody knows for ours.
    change "create the bucket $PROFILES_BUCKET" "$(jq -n --arg bucket "$PROFILES_BUCKET" --arg region "$REGION" --argjson tags "$(own_tags)" \
      '{Bucket: $bucket, CreateBucketConfiguration: ({Tags: $tags} + if $region == "us-east-1" then {} else {LocationConstraint: $region} end)}')" s3api create-bucket
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
  profiles::now '{Rules: [.Rules[] | {ID, Status, Filter, Expiration: {Days: .Expiration.Days}, NoncurrentVersionExpiration: {NoncurrentDays: .NoncurrentVersionExpiration.NoncurrentDays}}]}' NoSuchLifecycleConfiguration get-bucket-lifecycle-configuration
  same "lifecycle of $PROFILES_BUCKET" "$(profiles::lifecycle)" "$NOW" ||
    change "delete what has been in $PROFILES_BUCKET for $PROFILES_DAYS days" "$(profiles::input "$(profiles::lifecycle | jq '{LifecycleConfiguration: .}')")" s3api put-bucket-lifecycle-configuration
  # Off as long as nobody turns it on: then what is deleted would stay.
  profiles::now '.Status // null' '' get-bucket-versioning
  [[ $NOW != Enabled ]] ||
    change "keep no versions in $PROFILES_BUCKET" "$(profiles::input '{"VersioningConfiguration": {"Status": "Suspended"}}')" s3api put-bucket-versioning
}

# profiles::remove: what is in it first.
profiles::remove() {
  profiles::delete '' "in $PROFILES_BUCKET"
  change "delete the bucket $PROFILES_BUCKET" "$(profiles::input '{}')" s3api delete-bucket
}

ensure_removed_profiles() {
  profiles::find || return 0
  removable "bucket/$PROFILES_BUCKET" "$TAGS" || return 0
  profiles::remove
}
