# shellcheck shell=bash
# Who is connected, and ending it. Source it through people.sh.
set -Eeuo pipefail

# Seconds until it is looked once more: somebody may have been connecting.
readonly ONCE_MORE=10
# How many connections this run has ended.
ENDED=0

# connections::read: those that last, in CONNECTIONS: [{id, name, since}]. By common name: with certificates nobody has a
# username. Fails as aws::call does.
connections::read() {
  aws::call ec2 describe-client-vpn-connections --client-vpn-endpoint-id "$ENDPOINT_ID" || return 1
  CONNECTIONS=$(json -c '[.Connections[]? | select(.Status.Code == "active") | {id: .ConnectionId, name: .CommonName, since: .ConnectionEstablishedTime}]')
}

# connections::of NAME|'': the ids of hers, or of all.
connections::of() { jq -r --arg name "$1" '.[] | select($name == "" or .name == $name or (.name | startswith($name + "/"))) | .id' <<<"$CONNECTIONS"; }

# connections::end NAME|'' TIMES: ends each by its id, and looks again. Fails as aws::call does.
connections::end() {
  local round id ids
  for ((round = 1; round <= $2; round++)); do
    ((round == 1)) || sleep "$ONCE_MORE"
    connections::read || return 1
    ids=$(connections::of "$1")
    for id in $ids; do
      if aws::call ec2 terminate-client-vpn-connections --client-vpn-endpoint-id "$ENDPOINT_ID" --connection-id "$id"; then
        ENDED=$((ENDED + 1))
      elif [[ $AWS_CODE != InvalidClientVpnConnection.IdNotFound ]]; then
        return 1
      fi
    done
  done
}

# Hers; behind a removal once more after a moment, since the list may not have been everywhere.
ensure_disconnected() {
  local now times=1
  connections::read || aws::failed 'reading: ec2 describe-client-vpn-connections'
  now=$(connections::of "$PERSON_NAME" | wc -l | tr -d ' ')
  if [[ $COMMAND == remove ]]; then
    [[ -n $REFUSED ]] || times=2
    ((now > 0 || CHANGES > 0)) || return 0
    change_with "end the connections of $PERSON_NAME by their ids, and once more after $ONCE_MORE seconds" connections::end "$PERSON_NAME" "$times"
  elif ((now > 0)); then
    change_with "end $now connection(s) of ${PERSON_NAME:-everybody}" connections::end "$PERSON_NAME" "$times"
  fi
}
