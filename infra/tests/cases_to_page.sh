# shellcheck shell=bash
# Profiles that wait at the page: the bucket, and what of it goes when.
set -Eeuo pipefail

bucket_of() { printf 'vpn-on-demand-%s-us-east-1' "$(aws sts get-caller-identity --query Account --output text)"; }
# page_may ACTION: the resources that the page's role may do this to, with the condition.
page_may() {
  aws iam get-role-policy --role-name LambdaRole-ClientVPN-Associator --policy-name vpn-on-demand --output json |
    jq -c --arg action "$1" '[.PolicyDocument.Statement[] | select([.Action] | flatten == [$action]) | [([.Resource] | flatten), .Condition]]'
}
page_knows() { aws lambda get-function-configuration --function-name AWSClientVPN-AssociatingSubnets --query Environment.Variables.VPN_PROFILES_BUCKET --output text; }
page_paths() { aws elbv2 describe-rules --listener-arn "$(https_of vpn-on-demand)" --output json | jq '[.Rules[].Conditions[] | select(.Field == "path-pattern").PathPatternConfig.Values[] | select(. == "/profile")] | length'; }

case_profiles() {
  local before planned bucket
  fresh
  bucket=$(bucket_of)
  deploy 0
  has_not "$bucket"
  before=$(inventory)
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
  aws s3api delete-public-access-block --bucket "$bucket"
  aws s3api delete-bucket-lifecycle --bucket "$bucket"
  try 3 status.sh --packages "$WORK/packages"
  faults
  deploy 0
  is 'writes' 2 "$(writes)"
  # Off: with all that waits.
  printf 'a key\n' >"$WORK/one.ovpn"
  aws s3api put-object --bucket "$bucket" --key profiles/a/ipad.ovpn --body "$WORK/one.ovpn" >/dev/null
  setting PROFILES off
  deploy 0
  has 'delete 1 profile(s) that wait'
  is 'what is left' "$before" "$(inventory)"
  is 'what the page knows' None "$(page_knows)"
  is 'what it may read' '[]' "$(page_may s3:GetObject)"
  is 'paths' 0 "$(page_paths)"
  # One that a run left behind before it was marked is gone on with; somebody's is not.
  setting PROFILES on
  aws s3api create-bucket --bucket "$bucket" >/dev/null
  faults
  deploy 0 --only profiles
  has 'mark the bucket'
  has_not 'create the bucket'
  aws s3api put-object --bucket "$bucket" --key profiles/a/ipad.ovpn --body "$WORK/one.ovpn" >/dev/null
  aws s3api put-bucket-tagging --bucket "$bucket" --tagging 'TagSet=[{Key=team,Value=theirs}]'
  faults
  deploy 1 --only profiles
  has "bucket/$bucket exists and is not ours"
  is 'writes' 0 "$(writes)"
  setting PROFILES off
  deploy 0 --only profiles
  is 'writes' 0 "$(writes)"
  aws s3api head-object --bucket "$bucket" --key profiles/a/ipad.ovpn >/dev/null
}

# waits: the keys in the bucket.
waits() { aws s3api list-objects-v2 --bucket "$(bucket_of)" --output json | jq -r '(.Contents // [])[].Key' | sort | paste -sd' '; }
subject_of() { aws cognito-idp admin-get-user --user-pool-id "$(pool_of)" --username "$1" --query "UserAttributes[?Name=='sub'].Value" --output text; }

# Left for her under her sign-in's subject, and taken away with her; nobody else's with it.
case_folk_to_page() {
  local mei planned
  folk_deployed
  folk 1 add mei --device ipad --to-page --yes
  has 'mei has no sign-in, so the page cannot know her'
  folk 1 add mei --device ipad --email mei@example.com --to-page --yes
  has 'Set PROFILES=on in the settings'
  folk 2 remove mei --to-page
  has '--to-page does not go with remove'
  is 'writes' 0 "$(writes)"
  setting PROFILES on
  deploy 0
  folk 0 add mei --device ipad --email mei@example.com --to-page --dry-run
  planned=$(changes 'Changes, in this order:')
  folk 0 add mei --device ipad --email mei@example.com --to-page --yes
  is 'planned and made' "$planned" "$(changes 'Changing:')"
  has 'she signs in as mei@example.com'
  mei=$(subject_of mei@example.com)
  is 'what waits' "profiles/$mei/ipad.ovpn" "$(waits)"
  aws s3api get-object --bucket "$(bucket_of)" --key "profiles/$mei/ipad.ovpn" "$WORK/got.ovpn" --output json >"$WORK/got.json"
  cmp "$WORK/got.ovpn" "$WORK/pki/profiles/mei/ipad.ovpn"
  is 'how it is kept' 'application/x-openvpn-profile no-store AES256' "$(jq -r '"\(.ContentType) \(.CacheControl) \(.ServerSideEncryption)"' "$WORK/got.json")"
  has_not "$(sed -n '/PRIVATE KEY/{n;p;q}' "$WORK/got.ovpn")"
  folk 0 add ann --device ipad --email ann@example.com --to-page --yes
  # What is not asked for does not go there.
  folk 0 add bob --device ipad --email bob@example.com --yes
  folk 0 remove mei --yes
  has 'delete 1 profile(s) that wait for mei at the page'
  is 'what waits' "profiles/$(subject_of ann@example.com)/ipad.ovpn" "$(waits)"
}
