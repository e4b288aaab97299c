# shellcheck shell=bash
# What must be true in the account before anything is made. Only reads; all of it is told at once. Source it through lib.sh.
set -Eeuo pipefail

# Addresses in a row that a resource gateway takes in a subnet (fact 8.9).
readonly GATEWAY_ADDRESSES=16

check::all() {
  # Newer than what the other scripts need: without it the gateway would look for the proxies' record in public DNS.
  checks::knows vpc-lattice create-resource-gateway .resourceConfigDnsResolution ||
    problem 'the AWS CLI does not know resourceConfigDnsResolution of vpc-lattice create-resource-gateway' 'Install the newest AWS CLI of version 1 or 2.'
  STEP=check
  if settings::right REGION; then check::zones; fi
  check::hosted_zone
  if settings::right PROXY_NAME; then check::domain; fi
  checks::boundary
  if settings::right PROXY_NAME INSTALLATION && [[ -n $EGRESS ]]; then check::room; fi
  check::rights
  STEP=''
}

# ZONES: the first two of the region, unless they are named.
check::zones() {
  local zone names
  aws::read ec2 describe-availability-zones --filters '[{"Name": "zone-type", "Values": ["availability-zone"]}, {"Name": "state", "Values": ["available"]}]'
  names=$(json '[.AvailabilityZones[].ZoneName] | sort' -c)
  if [[ -z $ZONES ]] && settings::right ZONES; then
    ZONES=$(jq -r '.[:2] | join(",")' <<<"$names")
    # Those that are in use already, whatever zones AWS adds.
    aws::read ec2 describe-subnets --filters "$(jq -nc --arg k "tag:$TAG" --arg v "$NAME" '[{Name: $k, Values: [$v]}]')"
    ZONES=$(json '[.Subnets[] | {zone: .AvailabilityZone, part: ([.Tags[] | select(.Key == $part) | .Value][0])}] | [("private-1", "private-2") as $p | .[] | select(.part == $p) | .zone] | if length == 2 then join(",") else $new end' --arg part "$TAG_PART" --arg new "$ZONES")
    [[ $ZONES == *,* ]] || problem "$REGION has only one zone that is available" 'Choose another region: one zone is no way to the internet for many.'
    return 0
  fi
  for zone in ${ZONES//,/ }; do
    [[ $(jq --arg zone "$zone" 'index([$zone]) != null' <<<"$names") == true ]] || settings::wrong ZONES "ZONES: $zone is no availability zone of $REGION that is available" "Choose two of $(jq -r 'join(", ")' <<<"$names")."
  done
}

# The TXT record is looked for in public DNS.
check::hosted_zone() {
  AWS_OUT='{}'
  checks::zone PROXY_NAME "That domain is somebody else's, or in another zone: correct one of the two, or leave HOSTED_ZONE_ID out."
  [[ $(json '.HostedZone.Config.PrivateZone // false') != true ]] || problem "HOSTED_ZONE_ID: $(json '.HostedZone.Name | rtrimstr(".")') is a private zone, in which AWS finds no record" 'Name the public zone of the domain, or leave it out.'
}

# The name is nobody else's: neither verified for something else, nor that of another resource configuration.
check::domain() {
  local others
  if domain::find; then
    owned "domain-verification/$PROXY_NAME" "$(jq '.tags // {}' <<<"$VERIFICATION_NOW")" 'Choose another PROXY_NAME, or delete that verification if nobody needs it.' || true
  else
    others=$(json '.items | length')
    ((others < 5)) || note "Note: this account has $others domain verifications in $REGION, and AWS gives a new account five (VPC Lattice quota L-73D0F278)."
  fi
  aws::read vpc-lattice list-resource-configurations
  others=$(json '[.items[] | select(.customDomainName == $custom and .name != $name) | .id] | join(", ")' --arg custom "$PROXY_NAME" --arg name "$EGRESS")
  [[ -z $others ]] || problem "PROXY_NAME=$PROXY_NAME is the name of another resource configuration: $others" 'Choose another name: a consumer could not have both.'
}

# Each private subnet that is there has room for the gateway, as long as that is not made.
check::room() {
  local number taken
  ! gateway::find || return 0
  for number in 1 2; do
    if ! part::find "private-$number" Subnets SubnetId describe-subnets; then continue; fi
    aws::read ec2 describe-network-interfaces --filters "$(jq -nc --arg id "$PART_ID" '[{Name: "subnet-id", Values: [$id]}]')"
    taken=$(json '[.NetworkInterfaces[].PrivateIpAddresses[]?.PrivateIpAddress]' -c)
    [[ $(jq -n --arg block "$(jq -r .CidrBlock <<<"$PART_NOW")" --argjson taken "$taken" --argjson want "$GATEWAY_ADDRESSES" "$SPANS"'($block | span) as $s | [$taken[] | number] as $taken
      | [range($s.first; $s.last + 1 - $want; $want)] | any(.[]; . as $from | [$from, $s.first + 4, $s.last] as $no
      | ([$taken[] | select(. >= $from and . < $from + $want)] == []) and ($from > $s.first + 3))') == true ]] ||
      problem "the subnet private-$number, $PART_ID, has no $GATEWAY_ADDRESSES free addresses in a row, which a resource gateway takes" 'Remove what is in it and not ours, or make everything anew with a larger VPC_CIDR.'
  done
}

# check::rights: whether the first write would be taken: AWS says so without doing it. What else is needed the reads tell, which come
# before: each service's rights stand in iam/egress-provider.json and iam/egress-provider-network.json.
check::rights() {
  settings::right VPC_CIDR || return 0
  jq -n --arg cidr "$VPC_CIDR" --argjson tags "$(part::made vpc vpc)" '{DryRun: true, CidrBlock: $cidr, TagSpecifications: $tags}' >"$WORK/input.json"
  ! aws::find DryRunOperation ec2 create-vpc --cli-input-json "file://$WORK/input.json" || die 'internal: AWS has done what it was only asked about' "Delete the VPC $(json .Vpc.VpcId)."
}
