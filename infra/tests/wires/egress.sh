# shellcheck shell=bash
# What the egress's scripts write: provider.sh with a share and with a balancer, and consumer.sh.
# shellcheck disable=SC2154 # harness.sh, run.sh
set -Eeuo pipefail

# shellcheck source=tests/wires/egress_cuts.sh
source "$TESTS/wires/egress_cuts.sh"
# shellcheck source=tests/wires/egress_table.sh
source "$TESTS/wires/egress_table.sh"

wires::prepare_egress() {
  # shellcheck disable=SC2034 # shared_proxy sets GROUP
  local VPC SUBNETS GROUP PROXY_ARN
  fresh_egress
  wires::scene provider wires::provider
  fresh_egress
  want PROXY_BALANCER nlb
  want NAT_GATEWAYS each
  wires::scene nlb provider 0 ensure --yes
  wires::new_in nlb provider
  shared_proxy
  printf '%s %s %s\n' "$VPC" "$PROXY_ARN" "$SUBNETS" >"$WORK/wires/consumer.place"
  wires::scene consumer ensure_consumer 0 --yes
}
wires::provider() {
  provider 0 ensure --yes
  provider 0 share 210987654321 --yes
}

# shellcheck disable=SC2034 # shared_proxy's functions and cuts read them
wires::begin_consumer() { read -r VPC PROXY_ARN SUBNETS <"$SHARED/wires/consumer.place"; }

wires::says_provider() { provider "$@"; }
wires::says_nlb() { provider "$@"; }
wires::says_consumer() {
  if [[ $2 == ensure ]]; then ensure_consumer "$1" "${@:3}"; else consumes "$1" "$2" --vpc "$VPC"; fi
}
