# shellcheck shell=bash
# A person's sign-in to the page: a user of the deployment's pool. Source it through people.sh.
set -Eeuo pipefail

# The pool, '' where nothing is deployed for this endpoint.
PAGE_POOL=''
# For how long the load balancer takes the session of a page that is open, in hours (lib/rules.jq).
readonly PAGE_HOURS=1

# account::deployment: the installation that turns the endpoint on and off, as its claim says, and the pool that its function
# takes sign-ins of.
account::deployment() {
  local owner
  PAGE_POOL=''
  owner=$(endpoint::tag "$TAG")
  [[ -n $owner ]] || return 0
  [[ $owner == "$NAME" ]] || die "the endpoint $ENDPOINT_ID belongs to the installation \"$owner\", and $PKI is for \"$NAME\"" 'Name the directory of that installation (--directory). Nothing was changed.'
  aws::find 'ResourceNotFoundException' lambda get-function-configuration --function-name "$ASSOCIATOR" || return 0
  PAGE_POOL=$(json '.Environment.Variables.VPN_OIDC_ISSUER // "" | split("/") | last // ""')
}

# account::check: a sign-in can be made only where there is a page.
account::check() {
  account::deployment
  if [[ -n $GIVEN_EMAIL && -z $PAGE_POOL ]]; then
    die "there is no page to sign in to: nothing is deployed for $ENDPOINT_ID" 'Leave --email out, or run infra/deploy.sh first. Nothing was changed.'
  fi
}

# account::find EMAIL: enabled, disabled or none in ACCOUNT_STATE; her subject in SUBJECT; whether Cognito may mail her in IS_VERIFIED.
account::find() {
  ACCOUNT_STATE=none SUBJECT='' IS_VERIFIED=false
  aws::find 'UserNotFoundException' cognito-idp admin-get-user --user-pool-id "$PAGE_POOL" --username "$1" || return 0
  ACCOUNT_STATE=$(json 'if .Enabled == false then "disabled" else "enabled" end')
  SUBJECT=$(json '[.UserAttributes[]? | select(.Name == "sub") | .Value][0] // ""')
  # shellcheck disable=SC2034 # overview.sh reads it
  IS_VERIFIED=$(json 'any(.UserAttributes[]?; .Name == "email_verified" and .Value == "true")')
}

# account::user: the input of calls about her.
account::user() { jq -n --arg pool "$PAGE_POOL" --arg email "$EMAIL" '{UserPoolId: $pool, Username: $email}'; }

# Cognito mails the invitation. Left to itself it would send an SMS, and let nobody reset a password.
ensure_account() {
  [[ -n $EMAIL && -n $PAGE_POOL ]] || return 0
  account::find "$EMAIL"
  if [[ $ACCOUNT_STATE == none ]]; then
    change "make the sign-in $EMAIL: Cognito mails the invitation" "$(account::user | jq '. + {DesiredDeliveryMediums: ["EMAIL"],
      UserAttributes: [{Name: "email", Value: .Username}, {Name: "email_verified", Value: "true"}]}')" cognito-idp admin-create-user
  elif [[ $ACCOUNT_STATE == disabled ]]; then
    change "let $EMAIL sign in again" "$(account::user)" cognito-idp admin-enable-user
  fi
  [[ $SIGN_IN == in ]] || change_here "note that $EMAIL signs in" person::note "$PERSON_NAME" "$EMAIL" in
}

# First she is kept from signing in anew, then out of where she is. Whether the latter was done nobody tells: it is noted.
ensure_signed_out() {
  [[ -n $EMAIL && -n $PAGE_POOL ]] || return 0
  account::find "$EMAIL"
  [[ $ACCOUNT_STATE == enabled || $SIGN_IN == in ]] || return 0
  if [[ $ACCOUNT_STATE == enabled ]]; then change "disable the sign-in $EMAIL" "$(account::user)" cognito-idp admin-disable-user; fi
  if [[ $ACCOUNT_STATE != none ]]; then change "sign $EMAIL out everywhere" "$(account::user)" cognito-idp admin-user-global-sign-out; fi
  change_here "note that $EMAIL is signed out" person::note "$PERSON_NAME" "$EMAIL" out
}
