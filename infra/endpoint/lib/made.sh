# shellcheck shell=bash
# The endpoint itself. Source it through endpoint.sh.
set -Eeuo pipefail

# made::find: every endpoint of the region in ENDPOINTS; ours in ENDPOINT, its id in ENDPOINT_ID, its tags in ENDPOINT_TAGS; one
# of ours that is being deleted in LEAVING.
made::find() {
  local ours
  ENDPOINT='{}' ENDPOINT_TAGS='{}' ENDPOINT_ID=$NOT_YET LEAVING=''
  aws::read ec2 describe-client-vpn-endpoints
  ENDPOINTS=$(json '[.ClientVpnEndpoints[] | select(.Status.Code != "deleted") | . + {ours: any(.Tags[]?; .Key == $key and .Value == $name)}]' --arg key "$TAG_MADE" --arg name "$NAME")
  LEAVING=$(jq -r '[.[] | select(.ours and .Status.Code == "deleting") | .ClientVpnEndpointId][0] // ""' <<<"$ENDPOINTS")
  ours=$(jq -c '[.[] | select(.ours and .Status.Code != "deleting")]' <<<"$ENDPOINTS")
  (($(jq length <<<"$ours") < 2)) || die "several endpoints carry our tag $TAG_MADE: $(jq -r 'map(.ClientVpnEndpointId) | join(", ")' <<<"$ours")" 'Take the tag from those that are not meant, or delete them.'
  [[ $ours != '[]' ]] || return 1
  ENDPOINT=$(jq '.[0]' <<<"$ours")
  ENDPOINT_ID=$(jq -r .ClientVpnEndpointId <<<"$ENDPOINT")
  ENDPOINT_TAGS=$(jq .Tags <<<"$ENDPOINT" | tags_map)
}

# made::check: there is room for it, and nobody else has its CA. What cannot be changed is as it was.
made::check() {
  local id
  if made::find; then
    made::fixed
  elif (($(jq length <<<"$ENDPOINTS") >= ENDPOINTS_AT_MOST)); then
    problem "$REGION has $(jq length <<<"$ENDPOINTS") Client VPN endpoints, and AWS lets you have $ENDPOINTS_AT_MOST (fact 7.3)" 'Delete one, or ask AWS for more (Service Quotas) and set ENDPOINTS_AT_MOST.'
  fi
  [[ -n $ROOT_ARN ]] || return 0
  for id in $(jq -r --arg arn "$ROOT_ARN" '.[] | select((.ours | not) and ([.ServerCertificateArn, .AuthenticationOptions[]?.MutualAuthentication.ClientRootCertificateChain] | index([$arn]) != null)) | .ClientVpnEndpointId' <<<"$ENDPOINTS"); do
    problem "the certificate $ROOT_ARN is that of another endpoint, $id: whoever is let in there would be let in here, and revoked there not here" \
      "Each endpoint needs a CA of its own: infra/endpoint/pki.sh init, with another directory. If it is this one, give it its tag back: aws ec2 create-tags --region $REGION --resources $id --tags Key=$TAG_MADE,Value=$NAME"
  done
}

# made::fixed: what AWS lets nobody change after creation.
made::fixed() {
  made::is_fixed VPC_ID "$VPC_ID" "$(jq -r '.VpcId // ""' <<<"$ENDPOINT")" 'its security group, rules and subnets are of that one'
  made::is_fixed CLIENT_CIDR "$CLIENT_CIDR" "$(jq -r '.ClientCidrBlock // ""' <<<"$ENDPOINT")" 'AWS changes it of no endpoint'
  made::is_fixed TRANSPORT "$TRANSPORT" "$(jq -r .TransportProtocol <<<"$ENDPOINT")" 'AWS changes it of no endpoint'
  [[ -z $ROOT_ARN ]] || made::is_fixed 'the client root' "$ROOT_ARN" \
    "$(jq -r '[.AuthenticationOptions[]? | .MutualAuthentication.ClientRootCertificateChain // .Type] | join(" and ")' <<<"$ENDPOINT")" 'AWS changes how people sign in of no endpoint'
}

# made::is_fixed SETTING WANTED NOW WHY
made::is_fixed() {
  [[ -z $2 || $2 == "$3" ]] || problem "$1 is to be $2, and $ENDPOINT_ID was made with $3: $4" \
    "Set it to $3 again. Or make the endpoint anew: infra/endpoint/endpoint.sh remove, then ensure; it has another address then, and everybody needs a new profile."
}

# What can be changed: as AWS tells it, and as the settings want it.
made::now() {
  jq '{ServerCertificateArn, SplitTunnel, VpnPort, DnsServers: (.DnsServers // []), SecurityGroupIds: (.SecurityGroupIds // []), SessionTimeoutHours: (.SessionTimeoutHours // 24),
    DisconnectOnSessionTimeout: (if .DisconnectOnSessionTimeout == null then true else .DisconnectOnSessionTimeout end),
    ConnectionLogOptions: (.ConnectionLogOptions // {} | if .Enabled then {Enabled, CloudwatchLogGroup} else {Enabled: false} end),
    ClientLoginBannerOptions: (.ClientLoginBannerOptions // {} | if .Enabled then {Enabled, BannerText} else {Enabled: false} end),
    ClientRouteEnforcementOptions: {Enforced: (.ClientRouteEnforcementOptions.Enforced // false)}}' <<<"$ENDPOINT"
}
made::wanted() {
  jq -n --arg arn "${ROOT_ARN:-$(jq -r '.ServerCertificateArn // ""' <<<"$ENDPOINT")}" --arg split "$SPLIT_TUNNEL" --argjson port "$PORT" --arg dns "$DNS_SERVERS" --argjson groups "$ENDPOINT_GROUPS" --argjson hours "$SESSION_HOURS" \
    --arg disconnect "$DISCONNECT_ON_TIMEOUT" --arg log "$CONNECTION_LOG" --arg group "${LOG_GROUP:-$ENDPOINT_LOG}" --arg banner "$BANNER" --arg enforced "$ROUTE_ENFORCEMENT" '
    {ServerCertificateArn: $arn, SplitTunnel: ($split == "on"), VpnPort: $port, DnsServers: ($dns | split(",")), SecurityGroupIds: $groups, SessionTimeoutHours: $hours,
    DisconnectOnSessionTimeout: ($disconnect == "on"), ConnectionLogOptions: (if $log == "on" then {Enabled: true, CloudwatchLogGroup: $group} else {Enabled: false} end),
    ClientLoginBannerOptions: (if $banner == "" then {Enabled: false} else {Enabled: true, BannerText: $banner} end), ClientRouteEnforcementOptions: {Enforced: ($enforced == "on")}}'
}

ensure_endpoint() {
  local wanted now changed what there=true
  made::find || there=false
  wanted=$(made::wanted)
  if [[ $there == false ]]; then
    # A run that is broken off finds the endpoint by its tag. Each request has a token of its own: an old one would be answered
    # with what was made for it then, and that may be gone (fact 4.14). With its VPC and groups, or it gets the VPC's default
    # group (fact 7.10).
    change "create the endpoint for $CLIENT_CIDR, by $TRANSPORT, in $VPC_ID" "$(jq --arg cidr "$CLIENT_CIDR" --arg transport "$TRANSPORT" --arg vpc "$VPC_ID" --arg token "$(openssl rand -hex 16)" \
      --arg key "$TAG_MADE" --arg name "$NAME" '(if .DnsServers == [] then del(.DnsServers) else . end) + {ClientCidrBlock: $cidr, TransportProtocol: $transport, VpcId: $vpc,
      Description: "VPN on demand", ClientToken: $token,
      AuthenticationOptions: [{Type: "certificate-authentication", MutualAuthentication: {ClientRootCertificateChainArn: .ServerCertificateArn}}],
      TagSpecifications: [{ResourceType: "client-vpn-endpoint", Tags: [{Key: $key, Value: $name}]}]}' <<<"$wanted")" ec2 create-client-vpn-endpoint
    ENDPOINT_ID=$(json ".ClientVpnEndpointId // \"$NOT_YET\"")
    wait_for 'AWS to tell the endpoint' "any(.ClientVpnEndpoints[]; .ClientVpnEndpointId == \"$ENDPOINT_ID\")" ec2 describe-client-vpn-endpoints
    return 0
  fi
  now=$(made::now)
  if same "endpoint $ENDPOINT_ID" "$wanted" "$now"; then return 0; fi
  # Only what differs: DNS servers, even if they are the same, might disconnect everybody (fact 4.18).
  changed=$(jq -n --argjson w "$wanted" --argjson n "$now" "def plain: $AS_COMPARED; "'$w | with_entries(select((.value | plain) != ($n[.key] | plain)))')
  what=$(jq -r 'keys | map({DnsServers: "DnsServers (AWS disconnects everybody for a moment)", VpnPort: "VpnPort (everybody needs a new profile)"}[.] // .) | join(", ")' <<<"$changed")
  change "change the endpoint $ENDPOINT_ID: $what" "$(jq --arg id "$ENDPOINT_ID" --arg vpc "$VPC_ID" '. + {ClientVpnEndpointId: $id}
    | if .SecurityGroupIds then . + {VpcId: $vpc} else . end
    | if .DnsServers == [] then .DnsServers = {Enabled: false} elif .DnsServers then .DnsServers = {Enabled: true, CustomDnsServers: .DnsServers} else . end' <<<"$changed")" ec2 modify-client-vpn-endpoint
}

# Its rules go with it. Not under somebody: neither while a subnet is associated nor while an installation turns it on and off.
ensure_removed_endpoint() {
  local owner associated
  if made::find; then
    owner=$(endpoint::tag "$TAG")
    aws::read ec2 describe-client-vpn-target-networks --client-vpn-endpoint-id "$ENDPOINT_ID"
    associated=$(json '[.ClientVpnTargetNetworks[] | select(.Status.Code != "disassociated") | .TargetNetworkId] | join(", ")')
    [[ -z $owner ]] || problem "the installation \"$owner\" turns $ENDPOINT_ID on and off" 'Remove it first: infra/destroy.sh --turn-off.'
    [[ -z $associated || -n $owner ]] || problem "subnets are associated with $ENDPOINT_ID: $associated" 'Disassociate them first; whoever is connected is disconnected.'
    ((${#PROBLEMS[@]} == 0)) || return 0
    change "delete the endpoint $ENDPOINT_ID; every profile for it is of no use then" "$(jq -n --arg id "$ENDPOINT_ID" '{ClientVpnEndpointId: $id}')" ec2 delete-client-vpn-endpoint
    LEAVING=$ENDPOINT_ID
  fi
  [[ -z $LEAVING ]] || wait_for 'the endpoint to be gone' "all(.ClientVpnEndpoints[]; .ClientVpnEndpointId != \"$LEAVING\" or .Status.Code == \"deleted\")" ec2 describe-client-vpn-endpoints
}
