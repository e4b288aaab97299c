# shellcheck shell=bash
# Blocks of IPv4 addresses, for jq, and those that a VPC has. Source it through lib.sh.
set -Eeuo pipefail

# Blocks as their first and last address, as numbers.
# shellcheck disable=SC2034 # for endpoint and egress
readonly SPANS='def number: split(".") | map(tonumber) | reduce .[] as $n (0; . * 256 + $n);
  def address: [16777216, 65536, 256, 1] as $units | . as $n | [$units[] as $u | ($n / $u | floor) % 256 | tostring] | join(".");
  def size: pow(2; 32 - .) | floor;
  def span: split("/") as $b | ($b[0] | number) as $first | {$first, last: ($first + ($b[1] | tonumber | size) - 1)};
  def overlaps($other): span as $a | ($other | span) as $b | $a.first <= $b.last and $b.first <= $a.last;
  def within($other): span as $a | ($other | span) as $b | $b.first <= $a.first and $a.last <= $b.last;
  '

# vpc_blocks: the IPv4 blocks of the VPC in AWS_OUT, as a JSON list.
vpc_blocks() { json '.Vpcs[0] | [.CidrBlock] + [.CidrBlockAssociationSet[]? | select(.CidrBlockState.State // "associated" | IN("associated", "associating")) | .CidrBlock] | map(values) | unique' -c; }
