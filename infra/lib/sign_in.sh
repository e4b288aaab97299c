# shellcheck shell=bash
# Cognito: user pool, company directory, domain, app client. Source it through lib.sh.
set -Eeuo pipefail

# How long access tokens live, in minutes: a copied session ends with them.
readonly TOKEN_MINUTES=5
# How many Cognito lists at once; the CLI does not turn these pages by itself once a number is named, and one must be.
readonly PAGE=${VPN_PAGE_SIZE:-60}

sign_in::forget() { POOL_ID='' CLIENT_ID='' POOL_NOW='' TAGS_POOL='{}'; }

# Pools may share a name: the one with our tag is ours.
sign_in::find_pool() {
  local id ids
  POOL_ID='' POOL_NOW='' TAGS_POOL='{}'
  if [[ -n $USER_POOL_ID ]]; then
    sign_in::read_pool "$USER_POOL_ID"
    # A pool that was there before us keeps its own domain.
    DOMAIN=$(jq -r '.CustomDomain // .Domain // ""' <<<"$POOL_NOW")
    DOMAIN_HOST=$DOMAIN
    [[ $DOMAIN == *.* ]] || DOMAIN_HOST=$DOMAIN.auth.$REGION.amazoncognito.com
    return 0
  fi
  # In a substitution `die` ends only that: end with it.
  ids=$(sign_in::pools) || exit 1
  for id in $ids; do
    sign_in::read_pool "$id"
    if is_ours "$TAGS_POOL"; then break; fi
  done
  [[ -n $POOL_ID ]]
}

# sign_in::pools: the pools of our name, on however many pages.
sign_in::pools() {
  local token=''
  while true; do
    aws::read cognito-idp list-user-pools --max-results "$PAGE" ${token:+--next-token "$token"}
    json '.UserPools[] | select(.Name == $name) | .Id' --arg name "$POOL"
    token=$(json '.NextToken // ""')
    [[ -n $token ]] || return 0
  done
}

sign_in::read_pool() {
  aws::read cognito-idp describe-user-pool --user-pool-id "$1"
  POOL_ID=$1
  POOL_NOW=$(json .UserPool)
  TAGS_POOL=$(jq '.UserPoolTags // {}' <<<"$POOL_NOW")
}

# The secret of the client is never asked for.
readonly CLIENT_FIELDS='UserPoolClient.{ClientName:ClientName,AllowedOAuthFlows:AllowedOAuthFlows,AllowedOAuthScopes:AllowedOAuthScopes,AllowedOAuthFlowsUserPoolClient:AllowedOAuthFlowsUserPoolClient,CallbackURLs:CallbackURLs,LogoutURLs:LogoutURLs,SupportedIdentityProviders:SupportedIdentityProviders,AccessTokenValidity:AccessTokenValidity,IdTokenValidity:IdTokenValidity,RefreshTokenValidity:RefreshTokenValidity,TokenValidityUnits:TokenValidityUnits,EnableTokenRevocation:EnableTokenRevocation,PreventUserExistenceErrors:PreventUserExistenceErrors,ExplicitAuthFlows:ExplicitAuthFlows}'

sign_in::find_client() {
  local token=''
  CLIENT_ID=''
  while true; do
    aws::find 'ResourceNotFoundException' cognito-idp list-user-pool-clients --user-pool-id "${POOL_ID:-$NOT_YET}" --max-results "$PAGE" \
      ${token:+--next-token "$token"} || return 1
    CLIENT_ID=$(json '[.UserPoolClients[] | select(.ClientName == $name) | .ClientId] | sort[0] // ""' --arg name "$CLIENT")
    if [[ -n $CLIENT_ID ]]; then return 0; fi
    token=$(json '.NextToken // ""')
    [[ -n $token ]] || return 1
  done
}

# sign_in::need: pool and client for the steps that come after.
sign_in::need() {
  [[ -n $POOL_ID ]] || sign_in::find_pool || sign_in::missing 'the user pool'
  POOL_ID=${POOL_ID:-$NOT_YET}
  [[ -n $CLIENT_ID ]] || sign_in::find_client || sign_in::missing 'the app client'
  CLIENT_ID=${CLIENT_ID:-$NOT_YET}
}

sign_in::missing() {
  [[ $QUIET == true ]] || die "$1 does not exist yet" 'Run deploy.sh without --only first.'
}

ensure_sign_in() {
  if [[ -n $USER_POOL_ID ]]; then
    sign_in::find_pool
    sign_in::claim_foreign_pool
  else
    sign_in::ensure_pool
  fi
  sign_in::ensure_domain
  sign_in::ensure_directory
  sign_in::ensure_client
  sign_in::ensure_branding
}

# sign_in::check_issuer WHAT POOL: that its tokens say what the function expects. What a load balancer hands on of a pool with
# the other kind of issuer is not known (fact 11.8), and the function lets in nobody whose issuer is another.
sign_in::check_issuer() {
  local kind
  kind=$(jq -r '.IssuerConfiguration.Type // "ORIGINAL"' <<<"$2")
  [[ $kind == ORIGINAL ]] || problem "the $1 has IssuerConfiguration $kind: its issuer is not https://cognito-idp.$REGION.amazonaws.com/$(jq -r .Id <<<"$2"), and nobody would be let in" \
    'Set its issuer back to the original one, or use another user pool.'
}

# What we make in somebody's pool has no tags of its own: the pool says that it is ours.
sign_in::mark() { printf 'vpn-on-demand:in-this-pool/%s' "$NAME"; }
sign_in::directory_mark() { printf 'vpn-on-demand:directory-in-this-pool/%s' "$NAME"; }

# sign_in::marked KEY: the pool's tag.
sign_in::marked() { jq -r --arg k "$1" '.[$k] // ""' <<<"$TAGS_POOL"; }

# sign_in::set_mark KEY VALUE WHAT: of somebody's pool.
sign_in::set_mark() {
  change "mark the user pool $USER_POOL_ID: $3 in it will be ours" \
    "$(jq -n --arg arn "$(arn cognito-idp "userpool/$USER_POOL_ID")" --arg k "$1" --arg v "$2" '{ResourceArn: $arn, Tags: {($k): $v}}')" cognito-idp tag-resource
}

sign_in::claim_foreign_pool() {
  if [[ -n $(sign_in::marked "$(sign_in::mark)") ]]; then return 0; fi
  if sign_in::find_client; then
    problem "client/$CLIENT exists in the user pool and is not ours" 'Rename or remove it.'
    return 0
  fi
  sign_in::set_mark "$(sign_in::mark)" client "the app client $CLIENT"
}

sign_in::pool() {
  jq -n '{
    Policies: {PasswordPolicy: {MinimumLength: 12, RequireUppercase: true, RequireLowercase: true, RequireNumbers: true, RequireSymbols: false,
        TemporaryPasswordValidityDays: 7},
      SignInPolicy: {AllowedFirstAuthFactors: ["PASSWORD", "WEB_AUTHN"]}},
    AdminCreateUserConfig: {AllowAdminCreateUserOnly: true}, AutoVerifiedAttributes: ["email"], DeletionProtection: "ACTIVE",
    AccountRecoverySetting: {RecoveryMechanisms: [{Name: "verified_email", Priority: 1}]}, UserPoolTier: "ESSENTIALS"}'
}

# sign_in::update WANTED: an update resets what it is not given, so it is given what else administrators may have set: how
# mail is sent and what it says, triggers, devices.
sign_in::update() {
  jq --arg id "$POOL_ID" --argjson tags "$TAGS_POOL" --argjson now "$POOL_NOW" '
    def set: with_entries(select(.value != null));
    ($now | {EmailConfiguration, SmsConfiguration, VerificationMessageTemplate, UserAttributeUpdateSettings, LambdaConfig, DeviceConfiguration} | set)
    + . + {UserPoolId: $id, UserPoolTags: $tags} | .AdminCreateUserConfig += ($now.AdminCreateUserConfig // {} | {InviteMessageTemplate} | set)' <<<"$1"
}

sign_in::ensure_pool() {
  local wanted
  wanted=$(sign_in::pool)
  if ! sign_in::find_pool; then
    change "create the user pool $POOL (people are added by you)" "$(jq --arg name "$POOL" --argjson tags "$(own_tags_map)" \
      '. + {PoolName: $name, UsernameAttributes: ["email"], UsernameConfiguration: {CaseSensitive: false}, UserPoolTags: $tags}' <<<"$wanted")" cognito-idp create-user-pool
    POOL_ID=$(json '.UserPool.Id // ""')
    POOL_ID=${POOL_ID:-$NOT_YET}
    sign_in::ensure_second_factor
    return 0
  fi
  sign_in::check_issuer "user pool $POOL" "$POOL_NOW"
  # Cognito never changes that (fact 11.8): said, and not put right.
  if [[ $MODE == plan && $QUIET == false && $(jq '.UsernameConfiguration.CaseSensitive == false' <<<"$POOL_NOW") == false ]]; then
    note "The user pool $POOL takes Ann@example.com and ann@example.com for two people: it was made so, and Cognito cannot change it." \
      'Add people in small letters. Only destroy.sh and deploy.sh, which remove everybody in it, make another.'
  fi
  owned "user-pool/$POOL" "$TAGS_POOL" "Use it as it is (USER_POOL_ID=$POOL_ID), or rename or remove it." || return 0
  same "user pool $POOL" "$wanted" "$(jq --argjson wanted "$wanted" 'with_entries(select(.key | in($wanted))) | .AdminCreateUserConfig |= {AllowAdminCreateUserOnly}' <<<"$POOL_NOW")" ||
    change "put the user pool $POOL right" "$(sign_in::update "$wanted")" cognito-idp update-user-pool
  sign_in::ensure_second_factor
}

# A passkey that checks its user is enough; a password needs a second factor.
sign_in::ensure_second_factor() {
  local wanted current=null
  wanted='{"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": {"Enabled": true},
    "WebAuthnConfiguration": {"UserVerification": "required", "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}}'
  if aws::find 'ResourceNotFoundException' cognito-idp get-user-pool-mfa-config --user-pool-id "$POOL_ID"; then
    current=$(json '{MfaConfiguration, SoftwareTokenMfaConfiguration, WebAuthnConfiguration: (.WebAuthnConfiguration // {} | {UserVerification, FactorConfiguration})}')
  fi
  same "second factor of $POOL" "$wanted" "$current" || change "demand a passkey, or a password with a second factor" \
    "$(jq --arg id "$POOL_ID" '. + {UserPoolId: $id}' <<<"$wanted")" cognito-idp set-user-pool-mfa-config
}

sign_in::ensure_domain() {
  local owner
  if [[ -n $USER_POOL_ID ]]; then
    [[ -n $DOMAIN ]] || problem "the user pool $USER_POOL_ID has no domain" "aws cognito-idp create-user-pool-domain --region $REGION --user-pool-id $USER_POOL_ID --managed-login-version 2 --domain NAME"
    return 0
  fi
  aws::read cognito-idp describe-user-pool-domain --domain "$DOMAIN"
  owner=$(json '.DomainDescription.UserPoolId // ""')
  if [[ -z $owner && $DOMAIN == *.* ]]; then
    problem "SIGN_IN_DOMAIN=$DOMAIN is not a domain of the user pool" 'Set up your own domain in Cognito first, or leave SIGN_IN_DOMAIN out.'
  elif [[ -z $owner ]]; then
    change "create the sign-in domain $DOMAIN_HOST" \
      "$(jq -n --arg domain "$DOMAIN" --arg pool "$POOL_ID" '{Domain: $domain, UserPoolId: $pool, ManagedLoginVersion: 2}')" cognito-idp create-user-pool-domain
  elif [[ $owner != "$POOL_ID" ]]; then
    problem "the sign-in domain $DOMAIN belongs to another user pool, $owner" 'Choose another SIGN_IN_DOMAIN.'
  elif [[ $(json '.DomainDescription.ManagedLoginVersion // 1') != 2 ]]; then
    change "use managed login on $DOMAIN_HOST" \
      "$(jq -n --arg domain "$DOMAIN" --arg pool "$POOL_ID" '{Domain: $domain, UserPoolId: $pool, ManagedLoginVersion: 2}')" cognito-idp update-user-pool-domain
  fi
  # Cognito takes up to a minute, and nobody can sign in before.
  wait_for "the sign-in domain $DOMAIN_HOST" '.DomainDescription.Status != "CREATING"' cognito-idp describe-user-pool-domain --domain "$DOMAIN"
}

# The company directory's secret goes from its file into the request's, never through a variable or an argument.
sign_in::ensure_directory() {
  local wanted current=null fields
  [[ $DIRECTORY != none ]] || return 0
  if [[ $DIRECTORY == saml ]]; then
    wanted=$(jq -n --arg url "$SAML_METADATA_URL" '{MetadataURL: $url}')
    fields='MetadataURL:MetadataURL'
  else
    wanted=$(jq -n --arg issuer "$OIDC_ISSUER" --arg id "$OIDC_CLIENT_ID" '{oidc_issuer: $issuer, client_id: $id, authorize_scopes: "openid email", attributes_request_method: "GET"}')
    fields='oidc_issuer:oidc_issuer,client_id:client_id,authorize_scopes:authorize_scopes,attributes_request_method:attributes_request_method'
  fi
  if aws::find 'ResourceNotFoundException' cognito-idp describe-identity-provider --user-pool-id "$POOL_ID" --provider-name "$DIRECTORY_NAME" \
    --query "IdentityProvider.ProviderDetails.{$fields}"; then
    current=$AWS_OUT
  fi
  if [[ -n $USER_POOL_ID && -z $(sign_in::marked "$(sign_in::directory_mark)") ]]; then
    # One that somebody has set up in this pool is used as it is.
    [[ $current == null ]] || return 0
    sign_in::set_mark "$(sign_in::directory_mark)" "$DIRECTORY_NAME" "the directory $DIRECTORY_NAME"
  fi
  if same "directory $DIRECTORY_NAME" "$wanted" "$current" && sign_in::same_secret; then return 0; fi
  if [[ $current == null ]]; then
    change "sign people in with $DIRECTORY_NAME ($DIRECTORY)" '' cognito-idp create-identity-provider --cli-input-json "$(sign_in::directory_file "$wanted" create)"
  else
    change "put the directory $DIRECTORY_NAME right" '' cognito-idp update-identity-provider --cli-input-json "$(sign_in::directory_file "$wanted" update)"
  fi
}

# Neither secret is ever in a variable or an argument.
sign_in::same_secret() {
  [[ $DIRECTORY == oidc ]] || return 0
  aws::words cognito-idp describe-identity-provider --user-pool-id "$POOL_ID" --provider-name "$DIRECTORY_NAME" \
    --query 'IdentityProvider.ProviderDetails.client_secret'
  if ! aws --output text "${WORDS[@]}" >"$WORK/secret" 2>"$WORK/stderr"; then
    aws::error
    aws::failed 'reading: cognito-idp describe-identity-provider'
  fi
  cmp -s "$WORK/secret" <(tr -d '\n' <"$OIDC_CLIENT_SECRET_FILE" && echo)
}

# sign_in::directory_file DETAILS create|update: the request, in a file that only we can read; prints its address.
sign_in::directory_file() {
  local secret=/dev/null
  [[ $DIRECTORY != oidc ]] || secret=$OIDC_CLIENT_SECRET_FILE
  jq -an --arg pool "$POOL_ID" --arg name "$DIRECTORY_NAME" --arg type "${DIRECTORY^^}" --arg how "$2" --argjson details "$1" --rawfile secret "$secret" '
    ($secret | rtrimstr("\n")) as $secret
    | {UserPoolId: $pool, ProviderName: $name, AttributeMapping: {email: "email"},
       ProviderDetails: ($details + if $secret == "" then {} else {client_secret: $secret} end)}
    + if $how == "create" then {ProviderType: $type} else {} end' >"$WORK/directory.json"
  printf 'file://%s' "$WORK/directory.json"
}

sign_in::client() {
  jq -n --arg name "$CLIENT" --arg host "$HOST" --arg directory "${DIRECTORY_NAME}" --arg kind "$DIRECTORY" --argjson minutes "$TOKEN_MINUTES" '{
    ClientName: $name, AllowedOAuthFlows: ["code"], AllowedOAuthScopes: ["openid"], AllowedOAuthFlowsUserPoolClient: true,
    CallbackURLs: ["https://\($host)/oauth2/idpresponse"], LogoutURLs: ["https://\($host)/signed-out"],
    SupportedIdentityProviders: (["COGNITO"] + if $kind == "none" then [] else [$directory] end),
    AccessTokenValidity: $minutes, IdTokenValidity: $minutes, RefreshTokenValidity: 60,
    TokenValidityUnits: {AccessToken: "minutes", IdToken: "minutes", RefreshToken: "minutes"},
    EnableTokenRevocation: true, PreventUserExistenceErrors: "ENABLED", ExplicitAuthFlows: ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}'
}

sign_in::ensure_client() {
  local wanted
  wanted=$(sign_in::client)
  if ! sign_in::find_client; then
    change "create the app client $CLIENT for the load balancer" "$(jq --arg pool "$POOL_ID" '. + {UserPoolId: $pool, GenerateSecret: true}' <<<"$wanted")" \
      cognito-idp create-user-pool-client --query 'UserPoolClient.{ClientId:ClientId}'
    CLIENT_ID=$(json '.ClientId // ""')
    CLIENT_ID=${CLIENT_ID:-$NOT_YET}
    return 0
  fi
  aws::read cognito-idp describe-user-pool-client --user-pool-id "$POOL_ID" --client-id "$CLIENT_ID" --query "$CLIENT_FIELDS"
  same "app client $CLIENT" "$wanted" "$AWS_OUT" || change "put the app client $CLIENT right" \
    "$(jq --arg pool "$POOL_ID" --arg id "$CLIENT_ID" '. + {UserPoolId: $pool, ClientId: $id}' <<<"$wanted")" \
    cognito-idp update-user-pool-client --query 'UserPoolClient.{ClientId:ClientId}'
}

# Managed login shows nothing but an error without a style.
sign_in::ensure_branding() {
  if aws::find 'ResourceNotFoundException' cognito-idp describe-managed-login-branding-by-client --user-pool-id "$POOL_ID" --client-id "$CLIENT_ID"; then return 0; fi
  change "give the sign-in page of $CLIENT Cognito's style" \
    "$(jq -n --arg pool "$POOL_ID" --arg id "$CLIENT_ID" '{UserPoolId: $pool, ClientId: $id, UseCognitoProvidedValues: true}')" cognito-idp create-managed-login-branding
}

# Our own pool goes whatever the settings say by now.
ensure_removed_sign_in() {
  if [[ -n $USER_POOL_ID ]]; then
    sign_in::find_pool
    sign_in::ensure_removed_from_foreign_pool
  fi
  local USER_POOL_ID=''
  sign_in::find_pool || return 0
  DOMAIN=$(jq -r '.Domain // ""' <<<"$POOL_NOW")
  removable "user-pool/$POOL" "$TAGS_POOL" || return 0
  sign_in::delete_domain
  [[ $(jq -r '.DeletionProtection // ""' <<<"$POOL_NOW") != ACTIVE ]] || change "unprotect the user pool $POOL" \
    "$(sign_in::update "$(sign_in::pool | jq '.DeletionProtection = "INACTIVE"')")" cognito-idp update-user-pool
  goes_for_good "the user pool $POOL and everybody in it: $(jq -r '.EstimatedNumberOfUsers // "an unknown number of"' <<<"$POOL_NOW")"
  change "delete the user pool $POOL with everybody in it" "$(jq -n --arg id "$POOL_ID" '{UserPoolId: $id}')" cognito-idp delete-user-pool
}

# A domain of one's own is left: Cognito keeps its certificate and record.
sign_in::delete_domain() {
  [[ -n $DOMAIN && $DOMAIN != *.* ]] || return 0
  change "delete the sign-in domain $DOMAIN.auth.$REGION.amazoncognito.com" "$(jq -n --arg d "$DOMAIN" --arg p "$POOL_ID" '{Domain: $d, UserPoolId: $p}')" cognito-idp delete-user-pool-domain
}

sign_in::ensure_removed_from_foreign_pool() {
  local directory
  [[ -n $(sign_in::marked "$(sign_in::mark)") ]] || return 0
  if sign_in::find_client; then
    change "delete the app client $CLIENT" "$(jq -n --arg p "$POOL_ID" --arg id "$CLIENT_ID" '{UserPoolId: $p, ClientId: $id}')" cognito-idp delete-user-pool-client
  fi
  directory=$(sign_in::marked "$(sign_in::directory_mark)")
  if [[ -n $directory ]] && aws::find 'ResourceNotFoundException' cognito-idp describe-identity-provider --user-pool-id "$POOL_ID" --provider-name "$directory" \
    --query IdentityProvider.ProviderName; then
    change "delete the directory $directory" "$(jq -n --arg p "$POOL_ID" --arg name "$directory" '{UserPoolId: $p, ProviderName: $name}')" cognito-idp delete-identity-provider
  fi
  change "remove our marks from the user pool $POOL_ID" "$(jq -n --arg arn "$(arn cognito-idp "userpool/$USER_POOL_ID")" \
    '{ResourceArn: $arn, TagKeys: $ARGS.positional}' --args "$(sign_in::mark)" ${directory:+"$(sign_in::directory_mark)"})" cognito-idp untag-resource
}
