# shellcheck shell=bash
# The resource configuration: what consumers' endpoints lead to, the proxy's port and nothing else. Source it through lib.sh.
set -Eeuo pipefail

# What is done with one that AWS could not make or change.
readonly CONFIGURATION_AGAIN='Put right what AWS names, delete it (aws vpc-lattice delete-resource-configuration), then run the same command again.'

# Set by configuration::find.
CONFIGURATION='' CONFIGURATION_ARN='' CONFIGURATION_NOW='{}'

# configuration::find: ours, by its name, in CONFIGURATION_NOW as `get` tells it.
configuration::find() {
  CONFIGURATION=$NOT_YET CONFIGURATION_ARN=$NOT_YET CONFIGURATION_NOW='{}'
  aws::read vpc-lattice list-resource-configurations
  CONFIGURATION=$(json '[.items[] | select(.name == $name and (.arn | contains(":" + $account + ":"))) | .id][0] // $none' --arg name "$EGRESS" --arg account "$ACCOUNT" --arg none "$NOT_YET")
  [[ $CONFIGURATION != "$NOT_YET" ]] || return 1
  aws::read vpc-lattice get-resource-configuration --resource-configuration-identifier "$CONFIGURATION"
  CONFIGURATION_NOW=$AWS_OUT
  CONFIGURATION_ARN=$(json .arn)
  lattice::tags "$CONFIGURATION_ARN"
}

# configuration::wanted: what can be changed. The record of the proxies, or the balancer's name.
configuration::wanted() {
  jq -n --arg name "$([[ $PROXY_BALANCER == nlb ]] && printf '%s' "$BALANCER_NAME" || printf '%s' "$RECORD_NAME")" --arg port "$PROXY_PORT" '{
    portRanges: [$port], allowAssociationToShareableServiceNetwork: false, resourceConfigurationDefinition: {dnsResource: {domainName: $name, ipAddressType: "IPV4"}}}'
}

ensure_configuration() {
  local now changed
  if configuration::find; then
    owned "resource-configuration/$EGRESS" "$TAGS" 'Remove it, or give this installation a name of its own (INSTALLATION).' || return 0
    if [[ $(jq -r .status <<<"$CONFIGURATION_NOW") == *_IN_PROGRESS ]]; then
      configuration::wait
      [[ $MODE == plan ]] || CONFIGURATION_NOW=$AWS_OUT
    fi
    if [[ $(jq -r .status <<<"$CONFIGURATION_NOW") == *_FAILED ]]; then
      problem "the resource configuration $CONFIGURATION is $(configuration::why <<<"$CONFIGURATION_NOW")" "$CONFIGURATION_AGAIN"
      return 0
    fi
    configuration::fixed
    now=$(jq '{portRanges, allowAssociationToShareableServiceNetwork, resourceConfigurationDefinition}' <<<"$CONFIGURATION_NOW")
    if same "resource configuration" "$(configuration::wanted)" "$now"; then return 0; fi
    changed=$(jq -n --argjson w "$(configuration::wanted)" --argjson n "$now" '$w | with_entries(select(.value != $n[.key]))')
    change "change the resource configuration: $(jq -r 'keys | join(", ")' <<<"$changed")" "$(jq --arg id "$CONFIGURATION" '. + {resourceConfigurationIdentifier: $id}' <<<"$changed")" vpc-lattice update-resource-configuration
    configuration::wait
    return 0
  fi
  # The association to shared service networks stays off: whoever is shared with makes endpoints, and passes nothing on.
  change "create the resource configuration $EGRESS: TCP $PROXY_PORT as $PROXY_NAME" "$(configuration::wanted | jq --arg name "$EGRESS" --arg gateway "$RESOURCE_GATEWAY" --arg custom "$PROXY_NAME" --arg verification "$VERIFICATION" --argjson tags "$(own_tags_map)" --arg token "$(openssl rand -hex 16)" \
    '. + {name: $name, type: "SINGLE", protocol: "TCP", resourceGatewayIdentifier: $gateway, customDomainName: $custom, domainVerificationIdentifier: $verification, tags: $tags, clientToken: $token}')" vpc-lattice create-resource-configuration
  CONFIGURATION=$(json ".id // \"$NOT_YET\"") CONFIGURATION_ARN=$(json ".arn // \"$NOT_YET\"")
  configuration::wait
}

configuration::wait() {
  wait_for 'the resource configuration' '.status | IN("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS") | not' vpc-lattice get-resource-configuration --resource-configuration-identifier "$CONFIGURATION"
  [[ $MODE == plan || $(json .status) == ACTIVE ]] || die "the resource configuration $CONFIGURATION is $(configuration::why <<<"$AWS_OUT")" "$CONFIGURATION_AGAIN"
}

# configuration::why: its state, and AWS's reason.
configuration::why() { jq -r '"\(.status): \(.failureReason // "AWS does not say why")"'; }

# What AWS changes of no resource configuration.
configuration::fixed() {
  local now
  now=$(jq -r '.customDomainName // ""' <<<"$CONFIGURATION_NOW")
  [[ $now == "$PROXY_NAME" || -z $PROXY_NAME ]] || problem "PROXY_NAME is to be $PROXY_NAME, and $CONFIGURATION was made with $now: AWS changes it of none" "Set it to $now again. Or make it anew: infra/egress/provider.sh remove, then ensure; every consumer makes its endpoint anew then."
  [[ $RESOURCE_GATEWAY == "$NOT_YET" || $(jq -r .resourceGatewayId <<<"$CONFIGURATION_NOW") == "$RESOURCE_GATEWAY" ]] || problem "the resource configuration $CONFIGURATION is of another gateway" 'Remove it by hand, then run the same command again.'
  network::fixed "the resource configuration $CONFIGURATION" "$(jq -r '"\(.type) for \(.protocol)"' <<<"$CONFIGURATION_NOW")" 'SINGLE for TCP'
  # A verification that was begun anew is another one.
  [[ $VERIFICATION == "$NOT_YET" || $(jq -r '.domainVerificationId // ""' <<<"$CONFIGURATION_NOW") == "$VERIFICATION" ]] || problem "the resource configuration $CONFIGURATION was made with another verification of $PROXY_NAME, which AWS changes of none" \
    'Remove it (infra/egress/provider.sh remove), then ensure.'
}

# Not under somebody: endpoints of consumers lead to it.
ensure_removed_configuration() {
  local associations one
  if ! configuration::find; then return 0; fi
  removable "resource-configuration/$EGRESS" "$TAGS" || return 0
  aws::read vpc-lattice list-resource-endpoint-associations --resource-configuration-identifier "$CONFIGURATION"
  associations=$(json .items -c)
  if [[ $associations != '[]' && $CUT_OFF == false ]]; then
    problem "endpoints of consumers lead here, and would be without the internet: $(jq -r 'map("\(.vpcEndpointId) of \(.vpcEndpointOwner)") | join(", ")' <<<"$associations")" \
      'Have them removed first (infra/egress/consumer.sh remove), or cut them off: --cut-off.'
    return 0
  fi
  while IFS= read -r one; do
    [[ -z $one ]] || change "cut off the endpoint $(jq -r '"\(.vpcEndpointId) of \(.vpcEndpointOwner)"' <<<"$one")" "$(jq '{resourceEndpointAssociationIdentifier: .id}' <<<"$one")" vpc-lattice delete-resource-endpoint-association
  done < <(jq -c '.[]' <<<"$associations")
  if [[ $(jq -r .status <<<"$CONFIGURATION_NOW") != DELETE_IN_PROGRESS ]]; then
    change_patiently "$ASSOCIATIONS_LEFT" "delete the resource configuration $CONFIGURATION" "$(jq -n --arg id "$CONFIGURATION" '{resourceConfigurationIdentifier: $id}')" vpc-lattice delete-resource-configuration
  fi
  wait_for 'the resource configuration to be gone' "all(.items[]; .id != \"$CONFIGURATION\")" vpc-lattice list-resource-configurations
}
