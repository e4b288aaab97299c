# shellcheck shell=bash
# What the endpoint's scripts write: pki.sh, endpoint.sh with every setting, people.sh, and people.sh remove with the VPN on and off.
# shellcheck disable=SC2154 # harness.sh, run.sh
set -Eeuo pipefail

# shellcheck source=tests/wires/endpoint_cuts.sh
source "$TESTS/wires/endpoint_cuts.sh"
# shellcheck source=tests/wires/endpoint_table.sh
source "$TESTS/wires/endpoint_table.sh"

wires::prepare_endpoint() {
  # shellcheck disable=SC2034 # network sets GROUP
  local VPC SUBNETS GROUP
  fresh_pki
  wires::scene pki pki_init 0
  fresh_vpc
  wish AUTHORIZE 10.20.0.0/16,10.1.0.0/16=engineers
  wish SPLIT_TUNNEL off
  wish DNS_SERVERS 10.20.0.2,10.20.0.3
  wish PORT 1194
  wish SESSION_HOURS 10
  wish DISCONNECT_ON_TIMEOUT off
  wish BANNER 'For staff only.'
  wish ROUTE_ENFORCEMENT on
  wires::scene endpoint vpn 0 ensure --yes
  people_account
  people_claimed
  wires::scene people wires::says_people 0 ensure --yes
  turn_on "$(subnet 1)"
  wires::scene removed wires::says_removed 0 ensure --yes
  harness::begin wires/people
  panel settings '{"quirks": {"refuse_while_pending_associate": true}}' >/dev/null
  wires::scene off people 3 remove alice --yes
  wires::new_in off removed
}

wires::says_pki() { if [[ $2 == ensure ]]; then pki "$1" init "${@:3}"; else pki "$1" status; fi; }
wires::says_endpoint() { vpn "$@"; }
wires::says_people() {
  if [[ $2 == ensure ]]; then people "$1" add alice --device ipad --email alice@example.com --to-page "${@:3}"; else people "$1" list; fi
}
wires::says_removed() { if [[ $2 == ensure ]]; then people "$1" remove alice "${@:3}"; else people "$1" list; fi; }
