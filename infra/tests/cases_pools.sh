# shellcheck shell=bash
# User pools: what is fixed when they are made, and what somebody's own must be like. The facts: 11.8.
set -Eeuo pipefail

# Ann@ and ann@ are one person in the pool that is made here; of one that was made otherwise it is said, and left.
case_capitals() {
  local pool
  deployed
  pool=$(aws cognito-idp list-user-pools --max-results 60 --query 'UserPools[0].Id' --output text)
  is 'whether capitals count' False "$(aws cognito-idp describe-user-pool --user-pool-id "$pool" --query UserPool.UsernameConfiguration.CaseSensitive --output text)"
  deploy 0
  has_not 'for two people'
  fresh
  aws cognito-idp create-user-pool --pool-name vpn-on-demand --username-attributes email --user-pool-tags vpn-on-demand:installation=default >/dev/null
  deploy 0
  has 'takes Ann@example.com and ann@example.com for two people'
  deploy 0
  has 'none: everything is as the settings say'
  has 'takes Ann@example.com and ann@example.com for two people'
  try 0 status.sh
}

# A pool that cannot do what is needed, or whose tokens nobody would take, is named before the first write.
case_plans() {
  local pool
  fresh
  pool=$(aws cognito-idp create-user-pool --pool-name staff --user-pool-tier LITE --query UserPool.Id --output text)
  aws cognito-idp create-user-pool-domain --domain staff --user-pool-id "$pool" >/dev/null
  setting USER_POOL_ID "$pool"
  faults
  deploy 1
  has "$pool has the feature plan Lite"
  pool=$(aws cognito-idp create-user-pool --pool-name others --user-pool-tier ESSENTIALS --issuer-configuration Type=UPDATED --query UserPool.Id --output text)
  aws cognito-idp create-user-pool-domain --domain others --user-pool-id "$pool" >/dev/null
  setting USER_POOL_ID "$pool"
  faults
  deploy 1
  has "the user pool $pool has IssuerConfiguration UPDATED"
  is 'writes' 0 "$(writes)"
}
