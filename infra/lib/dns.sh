# shellcheck shell=bash
# The name of the page: an alias record in Route 53, or printed for whoever has the zone. Source it through lib.sh.
set -Eeuo pipefail

# dns::find ZONE: the A record of our host in RECORD_NOW, and whether it has a CNAME in CNAME_NOW.
dns::find() {
  aws::read route53 list-resource-record-sets --hosted-zone-id "$1" --start-record-name "$HOST" --max-items 20
  CNAME_NOW=$(json 'any(.ResourceRecordSets[]; .Name == $name and .Type == "CNAME")' --arg name "$HOST.")
  RECORD_NOW=$(json '[.ResourceRecordSets[] | select(.Name == $name and .Type == "A")][0] // ""' --arg name "$HOST.")
  [[ -n $RECORD_NOW ]]
}

# dns::noted: ZONE/HOST of our record. A record has no tags: the target group says that it is ours, before it is made.
dns::noted() {
  if [[ $GROUP_ARN == "$NOT_YET" ]]; then return 0; fi
  balancer::tags "$GROUP_ARN"
  if is_ours "$TAGS"; then jq -r --arg k "$TAG_RECORD" '.[$k] // ""' <<<"$TAGS"; fi
}

ensure_dns() {
  local wanted now=null noted
  balancer::need
  DNS_NAME='' DNS_ZONE=''
  if aws::find 'LoadBalancerNotFound' elbv2 describe-load-balancers --load-balancer-arns "$BALANCER_ARN"; then
    DNS_NAME=$(json '.LoadBalancers[0].DNSName | ascii_downcase')
    DNS_ZONE=$(json '.LoadBalancers[0].CanonicalHostedZoneId')
  fi
  [[ -n $HOSTED_ZONE_ID ]] || return 0
  wanted=$(jq -n --arg name "$HOST." --arg dns "dualstack.${DNS_NAME:-$NOT_YET}." --arg zone "$DNS_ZONE" \
    '{Name: $name, Type: "A", AliasTarget: {HostedZoneId: $zone, DNSName: $dns, EvaluateTargetHealth: false}}')
  noted=$(dns::noted) || exit 1
  if dns::find "$HOSTED_ZONE_ID"; then
    now=$(jq 'if .AliasTarget then .AliasTarget.DNSName |= (rtrimstr(".") + ".") else . end' <<<"$RECORD_NOW")
    if [[ $noted != "$HOSTED_ZONE_ID/$HOST" ]]; then
      owned "record/$HOST" '{}' "Take it over (--adopt record/$HOST), or leave HOSTED_ZONE_ID out and make the record yourself." || return 0
      adopt::keep "record/$HOST" "$(dns::batch UPSERT "$RECORD_NOW" | jq '[["route53", "change-resource-record-sets", .]]')"
    fi
  fi
  [[ $CNAME_NOW == false ]] || problem "$HOST has a CNAME record, and nothing can stand beside that" 'Remove it, or leave HOSTED_ZONE_ID out and make the record yourself.'
  if [[ $noted != "$HOSTED_ZONE_ID/$HOST" ]]; then
    # HOST is another one now.
    [[ -z $noted ]] || dns::remove "$noted"
    change "note on the target group that the record of $HOST is ours" \
      "$(jq -n --arg arn "$GROUP_ARN" --arg k "$TAG_RECORD" --arg v "$HOSTED_ZONE_ID/$HOST" '{ResourceArns: [$arn], Tags: [{Key: $k, Value: $v}]}')" elbv2 add-tags
  fi
  same "record of $HOST" "$wanted" "$now" ||
    change "let $HOST lead to the load balancer" "$(dns::batch UPSERT "$wanted")" route53 change-resource-record-sets
}

# dns::batch ACTION RECORD: the input of a change.
dns::batch() {
  jq -n --arg zone "$HOSTED_ZONE_ID" --arg action "$1" --argjson record "$2" \
    '{HostedZoneId: $zone, ChangeBatch: {Comment: "vpn-on-demand", Changes: [{Action: $action, ResourceRecordSet: $record}]}}'
}

# dns::remove ZONE/HOST: what was there before us is put back.
dns::remove() {
  local HOSTED_ZONE_ID=${1%%/*} HOST=${1#*/}
  if aws::find 'ParameterNotFound' ssm get-parameter --name "$(adopt::name "record/$HOST")"; then
    adopt::put_back "record/$HOST"
  elif dns::find "$HOSTED_ZONE_ID"; then
    change "delete the record of $HOST" "$(dns::batch DELETE "$RECORD_NOW")" route53 change-resource-record-sets
  fi
}

# Whatever the settings say by now.
ensure_removed_dns() {
  local noted
  balancer::find_group || return 0
  noted=$(dns::noted) || exit 1
  [[ -z $noted ]] || dns::remove "$noted"
}
