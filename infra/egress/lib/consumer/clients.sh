# shellcheck shell=bash
# What programs in the VPC are to be told: the proxy's address, and what they reach without it. Source it through consumer.sh.
set -Eeuo pipefail

# Metadata and credentials of instances, containers and pods: never through a proxy, which would hand out its own.
readonly NEVER_BY_PROXY=localhost,127.0.0.1,::1,169.254.169.254,169.254.170.2,169.254.170.23,fd00:ec2::254,fd00:ec2::23

# clients::address: the proxy as programs here find it, in PROXY_URL; '' where the endpoint has no name yet.
clients::address() {
  local name
  PROXY_URL=''
  [[ $ENTRANCE_ID != "$NOT_YET" ]] || return 0
  aws::read ec2 describe-vpc-endpoint-associations --vpc-endpoint-ids "[\"$ENTRANCE_ID\"]"
  ACCESSIBLE=$(json '[.VpcEndpointAssociations[0] | .AssociatedResourceAccessibility // "not told", (.FailureReason // empty)] | join(": ")')
  name=$(json '.VpcEndpointAssociations[0] | .PrivateDnsEntry.DnsName // .DnsEntry.DnsName // ""')
  [[ -z $name ]] || PROXY_URL=http://$name:$PROXY_PORT
}

# clients::exceptions: what is reached without the proxy, in NO_PROXY_LIST: the VPC's own addresses and names, and AWS's services that have
# an endpoint in it.
clients::exceptions() {
  local suffix=amazonaws.com domain
  [[ $PARTITION != aws-cn ]] || suffix=amazonaws.com.cn
  domain=$REGION.compute.internal
  [[ $REGION != us-east-1 ]] || domain=ec2.internal
  aws::read ec2 describe-vpc-endpoints --filters "$(jq -nc --arg vpc "$VPC_ID" '[{Name: "vpc-id", Values: [$vpc]}]')"
  NO_PROXY_LIST=$(json -f "$INFRA/egress/lib/consumer/no_proxy.jq" --arg never "$NEVER_BY_PROXY" --arg domain "$domain" --argjson blocks "$VPC_BLOCKS" --arg region "$REGION" --arg suffix "$suffix")
}

clients::say() {
  local text
  clients::address
  say
  if [[ -z $PROXY_URL ]]; then
    say "The endpoint $ENTRANCE_ID has no name yet: infra/egress/consumer.sh status --vpc $VPC_ID --region $REGION says it later."
    return 0
  fi
  clients::exceptions
  say "The proxy of $VPC_ID: $PROXY_URL"
  [[ -z $NO_NAME ]] || say "That is this endpoint's own name, another in each VPC: $NO_NAME."
  text=$(<"$INFRA/egress/lib/consumer/clients.txt")
  text=${text//@URL@/$PROXY_URL}
  say
  say "${text//@NO_PROXY@/$NO_PROXY_LIST}"
}
