# shellcheck shell=bash
# The private zone whose record holds the proxies that serve, and the log group. Source it through lib.sh.
set -Eeuo pipefail

# The zone's id.
ZONE_ID=''

# A new zone cannot be given tags: what is ours says so in its comment.
zone::comment() { printf 'vpn-on-demand: %s' "$NAME"; }

# zone::find: ours in ZONE_ID.
zone::find() {
  ZONE_ID=$NOT_YET
  aws::read route53 list-hosted-zones
  ZONE_ID=$(json '[.HostedZones[] | select(.Config.PrivateZone and .Name == $name and .Config.Comment == $comment) | .Id | split("/")[-1]][0] // $none' \
    --arg name "$RECORD_ZONE." --arg comment "$(zone::comment)" --arg none "$NOT_YET")
  [[ $ZONE_ID != "$NOT_YET" ]]
}

# It is there with a balancer too, and empty: the balancer can be given up without a gap.
ensure_zone() {
  if zone::find; then
    # Elsewhere the gateway would find nothing in it.
    aws::read route53 get-hosted-zone --id "$ZONE_ID"
    [[ $EGRESS_VPC == "$NOT_YET" || $(json 'any(.VPCs[]; .VPCId == $vpc)' --arg vpc "$EGRESS_VPC") == true ]] || problem "the private zone $RECORD_ZONE, $ZONE_ID, is not that of the VPC $EGRESS_VPC" \
      "Give it to it: aws route53 associate-vpc-with-hosted-zone --hosted-zone-id $ZONE_ID --vpc VPCRegion=$REGION,VPCId=$EGRESS_VPC"
    return 0
  fi
  change "create the private zone $RECORD_ZONE" "$(jq -n --arg name "$RECORD_ZONE" --arg region "$REGION" --arg vpc "$EGRESS_VPC" --arg comment "$(zone::comment)" --arg reference "$(openssl rand -hex 16)" \
    '{Name: $name, CallerReference: $reference, VPC: {VPCRegion: $region, VPCId: $vpc}, HostedZoneConfig: {Comment: $comment, PrivateZone: true}}')" route53 create-hosted-zone
  ZONE_ID=$(json ".HostedZone.Id // \"$NOT_YET\" | split(\"/\")[-1]")
}

# The proxies take their records with them; one that was killed does not.
ensure_removed_zone() {
  local record
  if ! zone::find; then return 0; fi
  aws::read route53 list-resource-record-sets --hosted-zone-id "$ZONE_ID"
  while IFS= read -r record; do
    change "delete the record $(jq -r '"\(.Name) \(.SetIdentifier // "")"' <<<"$record")" "$(HOSTED_ZONE_ID=$ZONE_ID dns::batch DELETE "$record")" route53 change-resource-record-sets
  done < <(json '.ResourceRecordSets[] | select(.Type | IN("NS", "SOA") | not)' -c)
  change "delete the private zone $RECORD_ZONE" "$(jq -n --arg id "$ZONE_ID" '{Id: $id}')" route53 delete-hosted-zone
}

ensure_log() { roles::ensure_log_group "$LOG_GROUP" "$LOG_RETENTION"; }
ensure_removed_log() { roles::ensure_removed_logs "$LOG_GROUP"; }
