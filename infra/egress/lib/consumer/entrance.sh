# shellcheck shell=bash
# The resource endpoint, which leads to the proxy, and its security group. Source it through consumer.sh.
set -Eeuo pipefail

readonly ENTRANCE_GROUP=vpn-on-demand-egress
# Only names whose owner AWS has verified: nobody who shares something can take over another's name in this VPC.
readonly VERIFIED_ONLY=VERIFIED_DOMAINS_ONLY

# entrance::find: ours in ENTRANCE, its id in ENTRANCE_ID; one of ours that is being deleted in LEAVING. Somebody else's that leads to
# the same proxy in FOREIGN.
entrance::find() {
  local all ours
  ENTRANCE='{}' ENTRANCE_ID=$NOT_YET LEAVING='' FOREIGN=''
  aws::read ec2 describe-vpc-endpoints --filters "$(jq -nc --arg vpc "$VPC_ID" '[{Name: "vpc-id", Values: [$vpc]}, {Name: "vpc-endpoint-type", Values: ["Resource"]}]')"
  all=$(json '[.VpcEndpoints[] | . + {ours: any(.Tags[]?; .Key == $key and .Value == $name), State: (.State | ascii_downcase)} | select(.State != "deleted")]' --arg key "$TAG" --arg name "$NAME")
  LEAVING=$(jq -r '[.[] | select(.ours and .State == "deleting") | .VpcEndpointId][0] // ""' <<<"$all")
  FOREIGN=$(jq -r --arg arn "$CONFIGURATION_ARN" '[.[] | select((.ours | not) and .State != "deleting" and $arn != "" and .ResourceConfigurationArn == $arn) | .VpcEndpointId] | join(", ")' <<<"$all")
  ours=$(jq -c '[.[] | select(.ours and .State != "deleting")]' <<<"$all")
  (($(jq length <<<"$ours") < 2)) || die "several endpoints of $VPC_ID carry our tag $TAG: $(jq -r 'map(.VpcEndpointId) | join(", ")' <<<"$ours")" 'Delete those that are not meant, or take the tag from them.'
  [[ $ours != '[]' ]] || return 1
  ENTRANCE=$(jq '.[0]' <<<"$ours")
  ENTRANCE_ID=$(jq -r .VpcEndpointId <<<"$ENTRANCE")
}

# entrance::check: everything that only AWS knows; all of it is told at once.
entrance::check() {
  local arn state
  STEP=check
  place::vpc
  place::zones
  place::subnets
  if entrance::find; then
    arn=$(jq -r '.ResourceConfigurationArn // ""' <<<"$ENTRANCE") state=$(jq -r .State <<<"$ENTRANCE")
    [[ $arn == "$CONFIGURATION_ARN" ]] || problem "the endpoint $ENTRANCE_ID of $VPC_ID leads to another proxy: $arn" "Remove it first: infra/egress/consumer.sh remove --vpc $VPC_ID --region $REGION."
    [[ $state != failed && $state != rejected && $state != expired ]] || problem "the endpoint $ENTRANCE_ID is $state$(jq -r '(.FailureReason // .LastError.Message // "") | if . == "" then "" else ": " + . end' <<<"$ENTRANCE")" \
      "Remove it, and make it anew: infra/egress/consumer.sh remove --vpc $VPC_ID --region $REGION."
    # Where it is it stays: which subnet has the most free addresses is another tomorrow.
    [[ -n $GIVEN_SUBNETS ]] || SUBNETS=$(jq -c '.SubnetIds // []' <<<"$ENTRANCE")
  elif [[ -n $FOREIGN ]]; then
    problem "$VPC_ID has an endpoint for this proxy already, which is not ours: $FOREIGN" "Remove it. Or let it be ours: aws ec2 create-tags --region $REGION --resources ${FOREIGN%%,*} --tags Key=$TAG,Value=$NAME"
  fi
  STEP=''
}

# In from the VPC's own addresses, to the proxy's port; nothing out: an endpoint begins no connection.
ensure_group() {
  local wanted
  security_group::ensure "$ENTRANCE_GROUP" "$VPC_ID" 'The way to the shared proxy: who in this VPC may use it' "port $PROXY_PORT from $(jq -r 'join(", ")' <<<"$VPC_BLOCKS"), nothing out"
  [[ $SECURITY_GROUP_IS_OURS == true ]] || return 0
  wanted=$(jq -c --argjson port "$PROXY_PORT" 'map({IpProtocol: "tcp", FromPort: $port, ToPort: $port, IpRanges: [{CidrIp: .}]})' <<<"$VPC_BLOCKS")
  security_group::only ingress "$ENTRANCE_GROUP" "$wanted"
  security_group::only egress "$ENTRANCE_GROUP" '[]'
}

ensure_removed_group() { security_group::remove "$ENTRANCE_GROUP" "$ENDPOINT_INTERFACES" "$VPC_ID"; }

# What can be changed: as it is, and as it is wanted.
entrance::now() { jq '{SubnetIds: (.SubnetIds // []), SecurityGroupIds: [.Groups[]?.GroupId], PrivateDnsEnabled: (.PrivateDnsEnabled // false), PrivateDnsPreference: (if .PrivateDnsEnabled then .DnsOptions.PrivateDnsPreference else null end)}' <<<"$ENTRANCE"; }
entrance::wanted() {
  jq -n --argjson subnets "$SUBNETS" --arg group "${SECURITY_GROUP:-$NOT_YET}" --arg name "$PROXY_NAME" --arg only "$VERIFIED_ONLY" '{SubnetIds: $subnets, SecurityGroupIds: [$group],
    PrivateDnsEnabled: ($name != ""), PrivateDnsPreference: (if $name == "" then null else $only end)}'
}

ensure_entrance() {
  local wanted now
  entrance::find || true
  wanted=$(entrance::wanted)
  if [[ $ENTRANCE_ID == "$NOT_YET" ]]; then
    change "create the endpoint in $(jq -r 'join(", ")' <<<"$SUBNETS"), $(entrance::by_name)" "$(jq --arg vpc "$VPC_ID" --arg arn "$CONFIGURATION_ARN" --arg token "$(openssl rand -hex 16)" --argjson tags "$(own_tags)" '
      . as $w | {VpcEndpointType: "Resource", VpcId: $vpc, ResourceConfigurationArn: $arn, ClientToken: $token, TagSpecifications: [{ResourceType: "vpc-endpoint", Tags: $tags}]}
      + ($w | {SubnetIds, SecurityGroupIds, PrivateDnsEnabled}) + if $w.PrivateDnsEnabled then {DnsOptions: {PrivateDnsPreference: $w.PrivateDnsPreference}} else {} end' <<<"$wanted")" ec2 create-vpc-endpoint
    ENTRANCE_ID=$(json ".VpcEndpoint.VpcEndpointId // \"$NOT_YET\"")
  else
    now=$(entrance::now)
    same "endpoint $ENTRANCE_ID" "$wanted" "$now" || change "change the endpoint $ENTRANCE_ID, $(entrance::by_name)" "$(jq -n --arg id "$ENTRANCE_ID" --argjson w "$wanted" --argjson n "$now" '
      {VpcEndpointId: $id, AddSubnetIds: ($w.SubnetIds - $n.SubnetIds), RemoveSubnetIds: ($n.SubnetIds - $w.SubnetIds),
      AddSecurityGroupIds: ($w.SecurityGroupIds - $n.SecurityGroupIds), RemoveSecurityGroupIds: ($n.SecurityGroupIds - $w.SecurityGroupIds)}
      | with_entries(select(.value != []))
      | if $w.PrivateDnsEnabled == $n.PrivateDnsEnabled and $w.PrivateDnsPreference == $n.PrivateDnsPreference then .
        else . + {PrivateDnsEnabled: $w.PrivateDnsEnabled} + if $w.PrivateDnsEnabled then {DnsOptions: {PrivateDnsPreference: $w.PrivateDnsPreference}} else {} end end')" ec2 modify-vpc-endpoint
  fi
  wait_for 'the endpoint to be available' 'all(.VpcEndpoints[]; .State | ascii_downcase | IN("available", "failed", "rejected", "expired")) and (.VpcEndpoints | length) > 0' \
    ec2 describe-vpc-endpoints --vpc-endpoint-ids "[\"$ENTRANCE_ID\"]"
  [[ $MODE == plan || $(json '.VpcEndpoints[0].State | ascii_downcase') == available ]] ||
    die "the endpoint $ENTRANCE_ID is $(json '.VpcEndpoints[0] | .State + ((.FailureReason // .LastError.Message // "") | if . == "" then "" else ": " + . end)')" "Remove it, put right what AWS says, and make it anew: infra/egress/consumer.sh remove --vpc $VPC_ID --region $REGION."
}

entrance::by_name() { if [[ -n $PROXY_NAME ]]; then printf 'by the name %s' "$PROXY_NAME"; else printf 'by its own name'; fi; }

ensure_removed_entrance() {
  if entrance::find; then
    change "delete the endpoint $ENTRANCE_ID; nothing in $VPC_ID gets out through the proxy then" "$(jq -n --arg id "$ENTRANCE_ID" '{VpcEndpointIds: [$id]}')" ec2 delete-vpc-endpoints
    [[ $(json '.Unsuccessful // [] | length') == 0 ]] || die "AWS has not deleted $ENTRANCE_ID: $(json '.Unsuccessful[0].Error | .Code + ", " + .Message')" 'Put right what it names, then run the same command again.'
    LEAVING=$ENTRANCE_ID
  fi
  [[ -z $LEAVING ]] || wait_for 'the endpoint to be gone' "all(.VpcEndpoints[]; .VpcEndpointId != \"$LEAVING\" or (.State | ascii_downcase) == \"deleted\")" \
    ec2 describe-vpc-endpoints --filters "[{\"Name\": \"vpc-id\", \"Values\": [\"$VPC_ID\"]}]"
}
