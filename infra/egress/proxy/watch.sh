#!/bin/bash
# Looks after the squid of this proxy and, where no load balancer does, after the record that the resource gateway finds proxies by:
# a multivalue record of each proxy, whose SetIdentifier is the instance's id.
#
# - While its own squid serves, a proxy's record is there. It goes when this ends, or when squid does not serve any more.
# - A proxy that serves takes away the record of another that did not at $HEALTH_FAILURES looks, $HEALTH_SECONDS apart. In the same
#   change it puts its own, so the last record is never taken away by another.
# - Nor does anybody take away their own if it is the last: the change demands that another is there. Without any record the answer
#   is that there is no such name, which resolvers keep for up to a quarter of an hour (the zone's SOA), longer than any
#   replacement takes. A record that leads nowhere is put right by the next proxy that serves.
# - Where squid does not answer at all, Auto Scaling is told: another instance is made. Where it answers and does not get through to
#   the outside, another instance would not either, so only the record goes.
#
# No -e: it has to go on. What AWS refuses is said, and tried again with the next look.
# shellcheck disable=SC2154 # what is in capitals, and set nowhere here, is in /etc/egress.env
set -uo pipefail
set -f
export AWS_PAGER='' LC_ALL=C
# shellcheck source=/dev/null
source /etc/egress.env
readonly HERE=/usr/local/lib/egress ERRORS=/run/egress-watch.error HEALTH_PORT=3127

say() { printf '%(%Y-%m-%dT%H:%M:%SZ)T %s\n' -1 "$*"; }

# metadata PATH: what this instance is told about itself.
metadata() {
  local token
  token=$(curl --silent --fail --max-time 5 --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token) || return 1
  curl --silent --fail --max-time 5 --header "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}

# looked ADDRESS: what the squid there says to a tunnel to the outside: 200 if it serves, 000 if it says nothing.
looked() {
  curl --silent --output /dev/null --max-time "$LOOK_SECONDS" --proxytunnel --proxy "http://$1:$HEALTH_PORT" --write-out '%{http_connect}' "https://$HEALTH_TARGET/"
}

# in_dns: the addresses that the record has by the resolver, one a line. It costs nothing, and is what the gateway sees.
in_dns() { getent ahostsv4 "$RECORD_NAME" | awk '{ print $1 }' | sort -u; }

# asked WHAT WORD...: a call of AWS. What it refuses, and why, is said here.
asked() {
  local what=$1
  shift
  if aws "$@" --region "$REGION" --cli-connect-timeout 5 --cli-read-timeout 10 2>"$ERRORS"; then return 0; fi
  say "could not $what: $(tr -s '\n' ' ' <"$ERRORS")" >&2
  return 1
}

# records: those of the record: SetIdentifier, address, TTL.
records() {
  asked 'read the record' route53 list-resource-record-sets --hosted-zone-id "$ZONE_ID" --output text \
    --query "ResourceRecordSets[?Name=='${RECORD_NAME%.}.' && Type=='A' && SetIdentifier].[SetIdentifier,ResourceRecords[0].Value,TTL]"
}

# change_of ACTION IDENTIFIER ADDRESS TTL: one change of a batch.
change_of() {
  printf '{"Action":"%s","ResourceRecordSet":{"Name":"%s","Type":"A","SetIdentifier":"%s","MultiValueAnswer":true,"TTL":%s,"ResourceRecords":[{"Value":"%s"}]}}' \
    "$1" "$RECORD_NAME" "$2" "$4" "$3"
}

# change CHANGE...: all of them or none. The change's id on standard output.
change() {
  local IFS=,
  asked 'change the record' route53 change-resource-record-sets --hosted-zone-id "$ZONE_ID" --change-batch "{\"Changes\":[$*]}" --query ChangeInfo.Id --output text
}

own() { change_of "$1" "$ID" "$ADDRESS" "$RECORD_TTL"; }

# keep_own: puts this proxy's record where it is not.
keep_own() {
  local known
  known=$(records) || return 1
  if grep -qxF "$ID"$'\t'"$ADDRESS"$'\t'"$RECORD_TTL" <<<"$known"; then return 0; fi
  change "$(own UPSERT)" >/dev/null || return 1
  say "put the record of this proxy, $ID at $ADDRESS"
}

# take_away ADDRESS: the records of another proxy.
take_away() {
  local known id address ttl
  known=$(records) || return 1
  while IFS=$'\t' read -r id address ttl; do
    if [[ $address != "$1" || $id == "$ID" ]]; then continue; fi
    change "$(own UPSERT)" "$(change_of DELETE "$id" "$address" "$ttl")" >/dev/null || return 1
    say "took away the record of $id at $address: it did not serve at $HEALTH_FAILURES looks"
  done <<<"$known"
}

# withdraw: takes away this proxy's record, if another is there and as long as it is.
withdraw() {
  local known id address ttl mine='' other=() changed
  known=$(records) || return 1
  while IFS=$'\t' read -r id address ttl; do
    if [[ $id == "$ID" ]]; then
      mine=$(change_of DELETE "$id" "$address" "$ttl")
    elif [[ -n $id ]]; then
      other=("$(change_of DELETE "$id" "$address" "$ttl")" "$(change_of CREATE "$id" "$address" "$ttl")")
    fi
  done <<<"$known"
  [[ -n $mine ]] || return 0
  if ((${#other[@]} == 0)); then
    if ((FAILED <= HEALTH_FAILURES)); then say 'the record of this proxy is the last, and stays: that there is none would be kept for longer'; fi
    return 0
  fi
  changed=$(change "$mine" "${other[@]}") || return 1
  say "took away the record of this proxy, $ID at $ADDRESS"
  CHANGED=$changed
}

# leave: when this is ended. squid is stopped after that: requests still come until Route 53 and resolvers have forgotten.
leave() {
  CHANGED=''
  if [[ $PROXY_BALANCER == none ]]; then withdraw; fi
  if [[ -n $CHANGED ]]; then
    timeout 60 aws route53 wait resource-record-sets-changed --region "$REGION" --id "$CHANGED"
    sleep "$RECORD_TTL"
  fi
  exit 0
}

# look_at_own: whether the squid of this proxy serves, in SERVES: yes, no, or not yet known to be either.
look_at_own() {
  local answer
  answer=$(looked 127.0.0.1)
  if [[ $answer != 000 ]]; then keep_rules; fi
  if [[ $answer == 200 ]]; then
    SERVES=yes FAILED=0 SILENT=0
    return 0
  fi
  ((FAILED += 1))
  if [[ $answer == 000 ]]; then ((SILENT += 1)); else SILENT=0; fi
  SERVES=unknown
  if ((FAILED >= HEALTH_FAILURES)); then SERVES=no; fi
  if ((FAILED <= HEALTH_FAILURES)); then
    say "squid here says $answer to a tunnel to $HEALTH_TARGET (000: nothing at all), $FAILED time(s) of $HEALTH_FAILURES"
  fi
  if ((SILENT >= HEALTH_FAILURES)); then report; fi
}

# keep_rules: squid runs, so the kernel's rules have to be there.
keep_rules() {
  if "$HERE/firewall.sh" check 2>/dev/null; then return 0; fi
  say "the kernel's rules are not those that were loaded: they are loaded anew"
  "$HERE/firewall.sh" load && return 0
  say 'they could not be loaded: squid is stopped'
  systemctl stop squid
}

# report: tells Auto Scaling once for each time that squid falls silent.
report() {
  ((REPORTED == 0 || SILENT == HEALTH_FAILURES)) || return 0
  REPORTED=0
  asked 'tell Auto Scaling that this proxy does not serve' autoscaling set-instance-health --instance-id "$ID" --health-status Unhealthy || return 1
  REPORTED=1
  say 'told Auto Scaling that this proxy does not serve'
}

# look_at_others: all at once, so that one that is dead keeps nobody waiting for the next.
look_at_others() {
  local address known others=() line
  known=$(in_dns)
  # What the resolver does not have yet, or keeps too long.
  if ! grep -qxF "$ADDRESS" <<<"$known"; then
    keep_own
    known=$(records | cut -f2)
  fi
  while IFS= read -r address; do
    if [[ -n $address && $address != "$ADDRESS" ]]; then others+=("$address"); fi
  done <<<"$known"
  for address in "${!LOOKS[@]}"; do
    if [[ " ${others[*]-} " != *" $address "* ]]; then unset "LOOKS[$address]"; fi
  done
  ((${#others[@]} > 0)) || return 0
  while read -r address line; do
    if [[ $line == 200 ]]; then
      LOOKS[$address]=0
      continue
    fi
    LOOKS[$address]=$((${LOOKS[$address]:-0} + 1))
    say "the proxy at $address says ${line:-000}, ${LOOKS[$address]} time(s) of $HEALTH_FAILURES"
    if ((LOOKS[$address] >= HEALTH_FAILURES)); then take_away "$address"; fi
  done < <(for address in "${others[@]}"; do printf '%s %s\n' "$address" "$(looked "$address")" & done && wait)
}

main() {
  until ID=$(metadata instance-id) && ADDRESS=$(metadata local-ipv4); do
    say 'the instance metadata does not answer'
    sleep 5
  done
  trap leave TERM INT
  declare -gA LOOKS=()
  SERVES=unknown FAILED=0 SILENT=0 REPORTED=0
  say "watches $ID at $ADDRESS: a look each $HEALTH_SECONDS s, $HEALTH_FAILURES failures"
  while :; do
    look_at_own
    if [[ $PROXY_BALANCER == none ]]; then
      case $SERVES in
      yes) look_at_others ;;
      no) withdraw ;;
      *) ;;
      esac
    fi
    # After each round, so that looks are never closer. In the background, so that an end is not waited for.
    sleep "$HEALTH_SECONDS" &
    wait "$!"
  done
}

main
