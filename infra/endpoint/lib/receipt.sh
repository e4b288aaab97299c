# shellcheck shell=bash
# What a command ends with: what was done, and what still works until when. Source it through people.sh.
set -Eeuo pipefail

# receipt::hour HOURS: so many from now, in UTC.
receipt::hour() { jq -nr --argjson at "$(($(date +%s) + $1 * 3600))" '$at | strftime("%Y-%m-%d %H:%M UTC")'; }

receipt::sign_in() {
  if [[ -z $EMAIL ]]; then
    say "  sign-in       none is known of $PERSON_NAME. Does somebody of that name sign in to the page? remove $PERSON_NAME --email E-MAIL"
  elif [[ -z $PAGE_POOL ]]; then
    say "  sign-in       $EMAIL was not looked at: nothing is deployed for $ENDPOINT_ID"
  elif [[ $ACCOUNT_STATE == none ]]; then
    say "  sign-in       $EMAIL is not in the user pool"
  else
    say "  sign-in       $EMAIL is disabled and signed out. A page that is open works until $(receipt::hour "$PAGE_HOURS") at the latest"
    say '                (it can turn the VPN on, not connect). Whoever signs in through your company directory is to be taken away there too'
  fi
}

# receipt::removed: what became of it, with the list as AWS tells it now.
receipt::removed() {
  [[ -n $REFUSED ]] || serving::list
  person::read
  person::noted "$PERSON_NAME"
  person::serials R "$PERSON_NAME"
  say
  say "Removed: $PERSON_NAME"
  receipt::sign_in
  say "  certificates  $(grep -c . <<<"$SERIALS" || true) revoked: ${SERIALS//$'\n'/ }"
  if [[ -n $REFUSED ]]; then
    say "  at AWS        REVOKED, NOT YET AT AWS: it takes no list while no subnet is associated ($REFUSED). Nobody can connect now."
    say '                STILL WORKS: from when the VPN is turned on again her certificates let her in, until this is finished:'
    say "                infra/endpoint/people.sh remove $PERSON_NAME. infra/status.sh says so until then (exit status $TO_BE_DONE)"
  elif [[ -z $SERIALS ]]; then
    say '  at AWS        nothing to be kept out: she had no certificate'
  else
    say "  at AWS        the list is $STATE_THERE, with $(grep -c . <<<"$REVOKED_THERE" || true) certificate(s). AWS lets a change take $IN_FORCE_HOURS hours: at the latest from"
    say "                $(receipt::hour "$IN_FORCE_HOURS") on hers let nobody in. Looks as if she was back: infra/endpoint/people.sh disconnect $PERSON_NAME"
  fi
  say "  connections   $ENDED ended by their ids$([[ $ENDED -gt 0 || -n $REFUSED ]] || echo '; importing the list had ended all')"
  say '  stays         the file on her device, which lets nobody in any more; what she has copied from behind the VPN'
  entities::say
  receipt::backup
}

receipt::backup() { say "$PKI has changed: infra/endpoint/pki.sh backup FILE."; }

# receipt::profiles: each with the days that it is good for, and how it gets to her.
receipt::profiles() {
  local device
  say
  for device in "${DEVICES[@]+"${DEVICES[@]}"}"; do
    devices::newest "$PERSON_NAME/$device"
    x509::read "$PKI/certs_by_serial/$NEWEST.pem"
    x509::left
    say "$PERSON_NAME/$device: $PKI/profiles/$PERSON_NAME/$device.ovpn, good for $LEFT days, until $UNTIL_DAY"
  done
  if ((${#DEVICES[@]} > 0)); then
    say 'Whoever has such a file is let in: hand it over by AirDrop, MDM or in person, not by mail or chat; she opens it in OpenVPN Connect.'
    [[ $PROFILE_CLIENT != aws ]] || say 'These are for the client of AWS.'
  fi
  [[ -z $EMAIL || -z $PAGE_POOL ]] || say "Sign-in: $EMAIL. The invitation that Cognito mails is good for 7 days."
  entities::say
  receipt::backup
}

# receipt::renewed: of new certificates in place of old ones.
receipt::renewed() {
  if [[ -n $REFUSED ]]; then
    say "REVOKED, NOT YET AT AWS: it takes no list while no subnet is associated ($REFUSED). The older certificates work again from when the VPN is turned on, until the same command is run then."
  else
    say "The older certificates are revoked; AWS lets that take until $(receipt::hour "$IN_FORCE_HOURS")."
  fi
}
