# shellcheck shell=bash
# Everybody, as `list` shows them. Only reads. Source it through people.sh.
set -Eeuo pipefail

# overview::asked: when each subject turned the VPN on last, in ASKED: {subject: time}; as far back as the audit log is kept. What else
# the functions did has no subject.
overview::asked() {
  local since=$((($(date +%s) - LOG_DAYS * 86400) * 1000))
  ASKED='{}'
  [[ -n $PAGE_POOL ]] || return 0
  aws::find 'ResourceNotFoundException' logs filter-log-events --log-group-name "/aws/lambda/$ASSOCIATOR" --start-time "$since" --filter-pattern '{ $.message = "audit" }' || return 0
  ASKED=$(json -c '[.events[] | .timestamp as $at | (.message | fromjson? // {}) | select(.["audit.subject"] and .["audit.action"] == "associate" and .["audit.outcome"] != "failed")
    | {key: .["audit.subject"], value: ($at / 1000 | floor | strftime("%Y-%m-%d %H:%M"))}] | sort_by(.value) | from_entries')
}

# overview::sign_in NAME: in words.
overview::sign_in() {
  local last
  person::noted "$1"
  if [[ -z $EMAIL ]]; then
    say "$1, no sign-in"
  elif [[ -z $PAGE_POOL ]]; then
    say "$1, sign-in $EMAIL: nothing is deployed for the endpoint"
  else
    account::find "$EMAIL"
    last=$(jq -r --arg subject "$SUBJECT" '.[$subject] // ""' <<<"$ASKED")
    overview::account "$1"
    [[ $ACCOUNT_STATE != none ]] || ACCOUNT_STATE='not in the user pool'
    say "$1, sign-in $EMAIL, $ACCOUNT_STATE, $([[ -n $last ]] && echo "turned the VPN on last on $last UTC" || echo "turned the VPN on not once in $LOG_DAYS days")"
  fi
}

# overview::account NAME: a sign-in that was changed elsewhere. Whoever disables one there has kept nobody out of the VPN.
overview::account() {
  local people=infra/endpoint/people.sh
  case $SIGN_IN/$ACCOUNT_STATE in
  in/none) todo "the sign-in of $1 is not in the user pool, and her devices get in while the VPN is on: $people remove $1; or $people add $1 --email $EMAIL invites her again" ;;
  in/disabled) todo "the sign-in of $1 is disabled, and her devices get in while the VPN is on: $people remove $1; or $people add $1 --email $EMAIL lets her sign in again" ;;
  out/enabled) todo "$1 was removed, and her sign-in is enabled again: $people remove $1; or $people add $1 --email $EMAIL" ;;
  *) ;;
  esac
  [[ $ACCOUNT_STATE != enabled || $IS_VERIFIED == true ]] || todo "the address of $1 is not verified, so she cannot reset her password: aws cognito-idp admin-update-user-attributes --region $REGION --user-pool-id $PAGE_POOL --username $EMAIL --user-attributes Name=email_verified,Value=true"
}

overview::device() {
  local since
  UNTIL=${UNTIL_OF[$1]}
  x509::left
  since=$(jq -r --arg name "${CN_OF[$1]}" '[.[] | select(.name == $name) | .since] | sort[0] // ""' <<<"$CONNECTIONS")
  say "$(printf '  %-30s %5d days left  %s  %s' "${CN_OF[$1]}" "$LEFT" "$1" "$([[ -n $since ]] && echo "connected since $since" || echo 'not connected')")"
  ((LEFT >= CLIENT_SOON)) || todo "the certificate of ${CN_OF[$1]} ends in $LEFT days: infra/endpoint/people.sh profile ${CN_OF[$1]%%/*} --device ${CN_OF[$1]#*/} --new-certificate"
}

overview::all() {
  local name names serial text
  account::deployment
  connections::read || aws::failed 'reading: ec2 describe-client-vpn-connections'
  overview::asked
  serving::list
  names=$(person::names)
  for name in $names; do
    overview::sign_in "$name"
    person::serials V "$name"
    for serial in $SERIALS; do overview::device "$serial"; done
    [[ -n $SERIALS ]] || say '  no certificate that lets anybody in'
  done
  overview::list
  ((${#TO_DO[@]} > 0)) || return 0
  say
  for text in "${TO_DO[@]}"; do say "  - $text"; done
  exit "$TO_BE_DONE"
}

# What AWS has of what is revoked.
overview::list() {
  say
  if [[ -z $STATE_THERE ]]; then
    say 'AWS has no revocation list.'
  else
    say "AWS's revocation list: $(grep -c . <<<"$REVOKED_THERE" || true) certificate(s), $STATE_THERE, good until $(jq -nr --argjson at "$UNTIL_THERE" '$at | strftime("%Y-%m-%d")')"
  fi
  if ! serving::is_same; then
    todo 'AWS has not the revocation list of this CA: who is revoked here may be let in there. infra/endpoint/people.sh remove NAME, of anybody who was removed, imports it'
  fi
}
