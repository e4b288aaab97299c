# shellcheck shell=bash
# The resource gateway: where what consumers send enters the VPC. Source it through lib.sh.
set -Eeuo pipefail

# What is done with one that AWS could not make or change.
readonly GATEWAY_AGAIN='Look at it in the console (VPC, PrivateLink and Lattice), delete it there, then run the same command again.'

# Set by gateway::find.
RESOURCE_GATEWAY='' GATEWAY_NOW='{}'

# lattice::tags ARN: in TAGS.
lattice::tags() {
  aws::read vpc-lattice list-tags-for-resource --resource-arn "$1"
  TAGS=$(json '.tags // {}')
}

# gateway::find: ours, by its name, in GATEWAY_NOW.
gateway::find() {
  RESOURCE_GATEWAY=$NOT_YET GATEWAY_NOW='{}'
  aws::read vpc-lattice list-resource-gateways
  GATEWAY_NOW=$(json '[.items[] | select(.name == $name)][0] // {}' --arg name "$EGRESS")
  [[ $GATEWAY_NOW != '{}' ]] || return 1
  RESOURCE_GATEWAY=$(jq -r .id <<<"$GATEWAY_NOW")
  lattice::tags "$(jq -r .arn <<<"$GATEWAY_NOW")"
}

gateway::wait() {
  wait_for 'the resource gateway' "any(.items[]; .id == \"$RESOURCE_GATEWAY\" and (.status | IN(\"CREATE_IN_PROGRESS\", \"UPDATE_IN_PROGRESS\") | not))" vpc-lattice list-resource-gateways
  [[ $MODE == plan || $(json '.items[] | select(.id == $id) | .status' --arg id "$RESOURCE_GATEWAY") == ACTIVE ]] || die "the resource gateway $RESOURCE_GATEWAY is $(json '.items[] | select(.id == $id) | .status' --arg id "$RESOURCE_GATEWAY")" \
    "$GATEWAY_AGAIN"
}

ensure_gateway() {
  if gateway::find; then
    owned "resource-gateway/$EGRESS" "$TAGS" 'Remove it, or give this installation a name of its own (INSTALLATION).' || return 0
    if [[ $(jq -r .status <<<"$GATEWAY_NOW") == *_IN_PROGRESS ]]; then gateway::wait; fi
    if [[ $(jq -r .status <<<"$GATEWAY_NOW") == *_FAILED ]]; then
      problem "the resource gateway $RESOURCE_GATEWAY is $(jq -r .status <<<"$GATEWAY_NOW"): AWS does not say why" "$GATEWAY_AGAIN"
      return 0
    fi
    if [[ -n $EGRESS_VPC && $(jq -r .vpcIdentifier <<<"$GATEWAY_NOW") != "$EGRESS_VPC" ]]; then
      problem "the resource gateway $RESOURCE_GATEWAY is in another VPC" 'Remove it by hand, then run the same command again.'
      return 0
    fi
    network::fixed "the resource gateway $RESOURCE_GATEWAY" "$(jq -r '"\(.ipAddressType) in \(.subnetIds // [] | sort | join(", "))"' <<<"$GATEWAY_NOW")" \
      "IPV4 in $(jq -rn '$ARGS.positional | sort | join(", ")' --args "${PRIVATE_SUBNET_IDS[@]}")"
    # AWS CLI 1.44.80 can say it of a new one and not of one that is there.
    [[ $(jq -r .resourceConfigDnsResolution <<<"$GATEWAY_NOW") == IN_VPC ]] ||
      problem "the resource gateway $RESOURCE_GATEWAY asks $(jq -r .resourceConfigDnsResolution <<<"$GATEWAY_NOW") DNS, and the proxies' name is known IN_VPC alone" \
        "With an AWS CLI that has the option: aws vpc-lattice update-resource-gateway --region $REGION --resource-gateway-identifier $RESOURCE_GATEWAY --resource-config-dns-resolution IN_VPC"
    [[ $(jq --arg group "${GROUP_OF[gateway]}" '.securityGroupIds == [$group]' <<<"$GATEWAY_NOW") == true ]] || {
      change 'change the resource gateway: securityGroupIds' "$(jq -n --arg id "$RESOURCE_GATEWAY" --arg group "${GROUP_OF[gateway]}" '{resourceGatewayIdentifier: $id, securityGroupIds: [$group]}')" vpc-lattice update-resource-gateway
      gateway::wait
    }
    return 0
  fi
  # IN_VPC: it asks the VPC's resolver, which alone knows the proxies' record.
  change "create the resource gateway $EGRESS in both private subnets" "$(jq -n --arg name "$EGRESS" --arg vpc "$EGRESS_VPC" --arg group "${GROUP_OF[gateway]}" --argjson tags "$(own_tags_map)" --arg token "$(openssl rand -hex 16)" \
    '{name: $name, vpcIdentifier: $vpc, subnetIds: $ARGS.positional, securityGroupIds: [$group], ipAddressType: "IPV4", resourceConfigDnsResolution: "IN_VPC", tags: $tags, clientToken: $token}' --args "${PRIVATE_SUBNET_IDS[@]}")" vpc-lattice create-resource-gateway
  RESOURCE_GATEWAY=$(json ".id // \"$NOT_YET\"")
  gateway::wait
}

ensure_removed_gateway() {
  if ! gateway::find; then return 0; fi
  removable "resource-gateway/$EGRESS" "$TAGS" || return 0
  if [[ $(jq -r .status <<<"$GATEWAY_NOW") != DELETE_IN_PROGRESS ]]; then
    change "delete the resource gateway $RESOURCE_GATEWAY" "$(jq -n --arg id "$RESOURCE_GATEWAY" '{resourceGatewayIdentifier: $id}')" vpc-lattice delete-resource-gateway
  fi
  wait_for 'the resource gateway to be gone' "all(.items[]; .id != \"$RESOURCE_GATEWAY\")" vpc-lattice list-resource-gateways
}
