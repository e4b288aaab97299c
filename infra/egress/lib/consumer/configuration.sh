# shellcheck shell=bash
# The shared proxy as this account sees it: its resource configuration, and how it came here. Source it through consumer.sh.
set -Eeuo pipefail

# The resource configuration as AWS tells it, the port of the proxy, and the name that every project has for it: '' where there is
# none that AWS has verified, and why.
CONFIGURATION='{}' PROXY_PORT='' PROXY_NAME='' NO_NAME=''

# configuration::find: whether this account sees it. What is not shared is not there, or forbidden: AWS tells both.
configuration::find() {
  aws::find 'ResourceNotFoundException|AccessDeniedException' vpc-lattice get-resource-configuration --resource-configuration-identifier "$CONFIGURATION_ARN" || return 1
  CONFIGURATION=$AWS_OUT
}

# configuration::reach: that it is there and works; where it is another account's, its invitation is accepted before.
configuration::reach() {
  if ! configuration::find; then
    [[ $OWNER != "$ACCOUNT" ]] || configuration::missing
    invitation::find
    changes::make ensure invitation
    configuration::find || die "$CONFIGURATION_ARN is shared now, and cannot be seen yet" 'RAM may take some minutes. Run the same command again.'
  fi
  configuration::read
}

configuration::missing() {
  if rights::denied; then aws::failed 'reading: vpc-lattice get-resource-configuration'; fi
  die "$CONFIGURATION_ARN does not exist" 'Take the line that infra/egress/provider.sh status prints.'
}

configuration::read() {
  local state verified ports
  state=$(jq -r '.status // ""' <<<"$CONFIGURATION")
  [[ $state == ACTIVE ]] || problem "the resource configuration is $state$(jq -r '(.failureReason // "") | if . == "" then "" else ": " + . end' <<<"$CONFIGURATION")" 'Ask whoever keeps the proxy: infra/egress/provider.sh status.'
  ports=$(jq -r '.portRanges // [] | join(",")' <<<"$CONFIGURATION")
  PROXY_PORT=${ports%%-*}
  [[ $ports =~ ^([0-9]+)(-([0-9]+))?$ && ${BASH_REMATCH[3]:-${BASH_REMATCH[1]}} == "${BASH_REMATCH[1]}" ]] ||
    problem "the resource configuration has the ports $ports, and a proxy has one" 'Is this the ARN of the proxy?'
  PROXY_NAME=$(jq -r '.customDomainName // ""' <<<"$CONFIGURATION") NO_NAME=''
  verified=$(jq -r '.domainVerificationStatus // ""' <<<"$CONFIGURATION")
  if [[ -z $PROXY_NAME ]]; then
    NO_NAME='the proxy has no name of its own'
  elif [[ $verified != VERIFIED ]]; then
    NO_NAME="AWS has not verified that $PROXY_NAME is the proxy's owner's ($(brief "${verified:-no verification}"))" PROXY_NAME=''
  fi
}

# invitation::find: the one that has our resource configuration; its ARN in INVITATION.
invitation::find() {
  local arn found
  INVITATION=''
  aws::read ram get-resource-share-invitations
  found=$(json '[.resourceShareInvitations[] | select(.status == "PENDING" and .senderAccountId == $owner) | .resourceShareInvitationArn] | .[]' --arg owner "$OWNER")
  for arn in $found; do
    aws::read ram list-pending-invitation-resources --resource-share-invitation-arn "$arn"
    [[ $(json 'any(.resources[]; .arn == $arn)' --arg arn "$CONFIGURATION_ARN") != true ]] || INVITATION=$arn
  done
  [[ -n $INVITATION ]] || die "$CONFIGURATION_ARN is not shared with account $ACCOUNT" "Ask account $OWNER for it: infra/egress/provider.sh share $ACCOUNT. An invitation is good for twelve hours."
}

ensure_invitation() {
  change "accept the invitation of account $OWNER to its proxy; what else is to be made is shown after that" \
    "$(jq -n --arg arn "$INVITATION" '{resourceShareInvitationArn: $arn}')" ram accept-resource-share-invitation
  wait_for 'the invitation to be accepted' "all(.resourceShareInvitations[]; .status == \"ACCEPTED\")" ram get-resource-share-invitations --resource-share-invitation-arns "[\"$INVITATION\"]"
  [[ $MODE == apply ]] || return 0
  # Accepted is not there yet: it is seen some seconds later.
  configuration::await
}

configuration::await() {
  local began=$SECONDS
  until configuration::find; do
    ((SECONDS - began < WAIT)) || return 0
    sleep "$POLL"
  done
}
