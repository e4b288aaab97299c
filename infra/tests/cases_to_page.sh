# shellcheck shell=bash
# Profiles that wait at the page: the bucket, and what of it goes when.
set -Eeuo pipefail

bucket_of() { printf 'vpn-on-demand-%s-us-east-1' "$(aws sts get-caller-identity --query Account --output text)"; }
# buckets: everything that the account has in S3. A function that was changed has another version than before.
buckets() { inventory | sed -n '/"s3/p'; }
# page_may ACTION: the resources that the page's role may do this to, with the condition.
page_may() {
  aws iam get-role-policy --role-name LambdaRole-ClientVPN-Associator --policy-name vpn-on-demand --output json |
    jq -c --arg action "$1" '[.PolicyDocument.Statement[] | select([.Action] | flatten == [$action]) | [([.Resource] | flatten), .Condition]]'
}
page_knows() { aws lambda get-function-configuration --function-name AWSClientVPN-AssociatingSubnets --query Environment.Variables.VPN_PROFILES_BUCKET --output text; }
page_paths() { aws elbv2 describe-rules --listener-arn "$(https_of vpn-on-demand)" --output json | jq '[.Rules[].Conditions[] | select(.Field == "path-pattern").PathPatternConfig.Values[] | select(. == "/profile")] | length'; }

# profiles_changed BUCKET: each setting of it, by hand, while two versions of a profile and the mark that it is deleted are in it.
profiles_changed() {
  local all_public='BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=false,RestrictPublicBuckets=true'
  aws s3api put-public-access-block --bucket "$1" --public-access-block-configuration "$all_public"
  aws s3api delete-bucket-encryption --bucket "$1"
  aws s3api put-bucket-policy --bucket "$1" --policy "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:Put*\",
    \"Resource\": [\"arn:aws:s3:::$1\", \"arn:aws:s3:::$1/*\"], \"Condition\": {\"Bool\": {\"aws:SecureTransport\": \"false\"}}}]}"
  aws s3api put-bucket-lifecycle-configuration --bucket "$1" --lifecycle-configuration '{"Rules": [{"ID": "profiles", "Status": "Enabled", "Filter": {"Prefix": "profiles/"}, "Expiration": {"Days": 70}}]}'
  aws s3api put-bucket-versioning --bucket "$1" --versioning-configuration Status=Enabled
  printf 'a key\n' >"$WORK/one.ovpn"
  aws s3api put-object --bucket "$1" --key profiles/a/ipad.ovpn --body "$WORK/one.ovpn" >/dev/null
  aws s3api put-object --bucket "$1" --key profiles/a/ipad.ovpn --body "$WORK/one.ovpn" >/dev/null
  aws s3api delete-object --bucket "$1" --key profiles/a/ipad.ovpn >/dev/null
  faults
  try 3 status.sh --packages "$WORK/packages"
  for text in 'let nothing in' 'encrypt what is in' 'be reached over TLS only' 'for 7 days' 'keep no versions in'; do has "$text"; done
  is 'writes' 0 "$(writes)"
  deploy 0
  is 'writes' 5 "$(writes)"
  try 0 status.sh --packages "$WORK/packages"
}

case_profiles() {
  local before planned bucket text
  fresh
  bucket=$(bucket_of)
  deploy 0
  has_not "$bucket"
  before=$(buckets)
  is 'what the page knows' None "$(page_knows)"
  is 'paths' 0 "$(page_paths)"
  setting PROFILES on
  faults
  deploy 0 --dry-run
  is 'writes of a dry run' 0 "$(writes)"
  planned=$(changes 'Changes, in this order:')
  deploy 0
  is 'planned and made' "$planned" "$(changes 'Changing:')"
  is 'writes' "$(wc -l <<<"$planned")" "$(made)"
  is 'what the page knows' "$bucket" "$(page_knows)"
  is 'paths' 1 "$(page_paths)"
  is 'what it may list' "[[[\"arn:aws:s3:::$bucket\"],{\"StringLike\":{\"s3:prefix\":[\"profiles/*\"]}}]]" "$(page_may s3:ListBucket)"
  is 'what it may read' "[[[\"arn:aws:s3:::$bucket/profiles/*\"],null]]" "$(page_may s3:GetObject)"
  is 'what is public' '[true,true,true,true]' "$(aws s3api get-public-access-block --bucket "$bucket" --output json | jq -c '[.PublicAccessBlockConfiguration[]]')"
  is 'how it is encrypted' AES256 "$(aws s3api get-bucket-encryption --bucket "$bucket" --query 'ServerSideEncryptionConfiguration.Rules[].ApplyServerSideEncryptionByDefault.SSEAlgorithm' --output text)"
  is 'who is denied' 'Deny false' "$(aws s3api get-bucket-policy --bucket "$bucket" --output json | jq -r '.Policy | fromjson | .Statement[] | "\(.Effect) \(.Condition.Bool["aws:SecureTransport"])"')"
  is 'how long it keeps' 'Enabled profiles/ 7' "$(aws s3api get-bucket-lifecycle-configuration --bucket "$bucket" --output json | jq -r '.Rules[] | "\(.Status) \(.Filter.Prefix) \(.Expiration.Days)"')"
  faults
  deploy 0
  has 'none: everything is as the settings say'
  is 'writes of a second deploy' 0 "$(writes)"
  try 0 status.sh --packages "$WORK/packages"
  # What somebody changed is seen, and put right.
  profiles_changed "$bucket"
  # One that denies everybody is not taken for a missing right.
  aws s3api put-bucket-policy --bucket "$bucket" --policy "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:GetBucket*\", \"Resource\": \"arn:aws:s3:::$bucket\"}]}"
  try 1 status.sh --packages "$WORK/packages"
  has 'The policy of the thing itself forbids this to everybody.'
  aws s3api delete-bucket-policy --bucket "$bucket"
  deploy 0
  # Off: with all that waits, and every version of it. moto deletes versions only where they are still kept.
  aws s3api put-bucket-versioning --bucket "$bucket" --versioning-configuration Status=Enabled
  setting PROFILES off
  try 3 status.sh --packages "$WORK/packages"
  deploy 0
  has "delete 3 profile(s) that wait in $bucket"
  is 'what is left' "$before" "$(buckets)"
  is 'what the page knows' None "$(page_knows)"
  is 'what it may read' '[]' "$(page_may s3:GetObject)"
  is 'paths' 0 "$(page_paths)"
  # Somebody else's of that name is met before the first write, and stays: with other tags, with none, or of another account.
  setting PROFILES on
  aws s3api create-bucket --bucket "$bucket" >/dev/null
  # moto keeps those of what is gone.
  aws s3api delete-bucket-tagging --bucket "$bucket"
  aws s3api put-object --bucket "$bucket" --key profiles/a/ipad.ovpn --body "$WORK/one.ovpn" >/dev/null
  for text in '' 'TagSet=[{Key=team,Value=theirs}]' 'TagSet=[{Key=vpn-on-demand:installation,Value=other}]'; do
    [[ -z $text ]] || aws s3api put-bucket-tagging --bucket "$bucket" --tagging "$text"
    faults
    deploy 1
    has "bucket/$bucket "
    is 'writes' 0 "$(writes)"
  done
  has 'belongs to the installation "other"'
  setting PROFILES off
  deploy 0
  try 0 destroy.sh --yes
  has "left alone, not ours: bucket/$bucket"
  aws s3api head-object --bucket "$bucket" --key profiles/a/ipad.ovpn >/dev/null
}

# Anybody in the world may have a bucket of our name: whoever wants none is not stopped by it, and nobody leaves a profile there.
case_profiles_taken() {
  local bucket
  deployed
  bucket=$(bucket_of)
  aws sts assume-role --role-arn arn:aws:iam::210987654321:role/theirs --role-session-name theirs --output json >"$WORK/theirs.json"
  AWS_ACCESS_KEY_ID=$(jq -r .Credentials.AccessKeyId "$WORK/theirs.json") aws s3api create-bucket --bucket "$bucket" >/dev/null
  deploy 0
  has 'none: everything is as the settings say'
  setting PROFILES on
  faults
  deploy 1
  has "another account has a bucket called $bucket"
  is 'writes' 0 "$(writes)"
  setting PROFILES off
  try 0 destroy.sh --yes
}

# waits: the keys in the bucket.
waits() { aws s3api list-objects-v2 --bucket "$(bucket_of)" --output json | jq -r '(.Contents // [])[].Key' | sort | paste -sd' '; }
subject_of() { aws cognito-idp admin-get-user --user-pool-id "$(pool_of)" --username "$1" --query "UserAttributes[?Name=='sub'].Value" --output text; }

# Left for her under her sign-in's subject, and taken away with her; nobody else's with it.
case_people_to_page() {
  local mei planned
  people_deployed
  people 1 add mei --device ipad --to-page --yes
  has 'mei has no sign-in, so the page cannot know her'
  people 1 add mei --device ipad --email mei@example.com --to-page --yes
  has 'Set PROFILES=on in the settings'
  people 2 remove mei --to-page
  has '--to-page does not go with remove'
  is 'writes' 0 "$(writes)"
  setting PROFILES on
  deploy 0
  people 0 add mei --device ipad --email mei@example.com --to-page --dry-run
  planned=$(changes 'Changes, in this order:')
  people 0 add mei --device ipad --email mei@example.com --to-page --yes
  is 'planned and made' "$planned" "$(changes 'Changing:')"
  has 'she signs in as mei@example.com'
  mei=$(subject_of mei@example.com)
  is 'what waits' "profiles/$mei/ipad.ovpn" "$(waits)"
  aws s3api get-object --bucket "$(bucket_of)" --key "profiles/$mei/ipad.ovpn" "$WORK/got.ovpn" --output json >"$WORK/got.json"
  cmp "$WORK/got.ovpn" "$WORK/pki/profiles/mei/ipad.ovpn"
  is 'how it is kept' 'application/x-openvpn-profile no-store AES256' "$(jq -r '"\(.ContentType) \(.CacheControl) \(.ServerSideEncryption)"' "$WORK/got.json")"
  has_not "$(sed -n '/PRIVATE KEY/{n;p;q}' "$WORK/got.ovpn")"
  people 0 add ann --device ipad --email ann@example.com --to-page --yes
  # What is not asked for does not go there.
  people 0 add bob --device ipad --email bob@example.com --yes
  people 0 remove mei --yes
  has 'delete 1 profile(s) that wait for mei at the page'
  is 'what waits' "profiles/$(subject_of ann@example.com)/ipad.ovpn" "$(waits)"
  people_renewed_at_page
}

# people_renewed_at_page: ann, of the account that case_people_to_page has come to.
people_renewed_at_page() {
  local ann
  ann=profiles/$(subject_of ann@example.com)
  # Twice, and nothing is sent; what S3 has let go is left there again.
  faults
  people 1 add ann --device ipad --to-page --yes
  has 'ann has all this already'
  is 'writes' 0 "$(writes)"
  aws s3api delete-object --bucket "$(bucket_of)" --key "$ann/ipad.ovpn" >/dev/null
  people 0 add ann --device ipad --to-page --yes
  is 'what waits' "$ann/ipad.ovpn" "$(waits)"
  # A device whose name begins like the file of another.
  people 0 add ann --device ipad.ovpn --to-page --yes
  # What is revoked does not wait any longer; asked for, the new one does.
  people 0 profile ann --device ipad --new-certificate --yes
  has 'delete 1 profile(s) that wait for ann/ipad at the page'
  is 'what waits' "$ann/ipad.ovpn.ovpn" "$(waits)"
  faults
  people 0 profile ann --device ipad --to-page --yes
  is 'writes' 1 "$(writes)"
  is 'what waits' "$ann/ipad.ovpn $ann/ipad.ovpn.ovpn" "$(waits)"
  people 0 profile ann --device ipad --new-certificate --to-page --yes
  aws s3api get-object --bucket "$(bucket_of)" --key "$ann/ipad.ovpn" "$WORK/got.ovpn" --output json >"$WORK/got.json"
  cmp "$WORK/got.ovpn" "$WORK/pki/profiles/ann/ipad.ovpn"
  # What S3 could not delete is said, though it answers 200.
  faults '{"operations": ["s3:DeleteObjects"], "kind": "throttled"}'
  people 1 remove ann --yes
  has 'SlowDown while trying to delete 2 profile(s)'
  has 'AWS is busy'
  faults
  people 0 remove ann --yes
  is 'what waits' '' "$(waits)"
}
