# shellcheck shell=bash
# What this costs, beside what it takes the place of. Source it through lib.sh.
set -Eeuo pipefail

# Numbers of VPCs that are compared.
readonly COMPARED='[1, 3, 5, 10, 30, 50]'

# price::tell: dollars a month, without traffic. What is not known is said, and nothing is computed from it.
price::tell() {
  local line
  say
  while IFS= read -r line; do say "$line"; done < <(jq -r --argjson numbers "$COMPARED" --argjson proxies "$PROXIES_PER_ZONE" --arg nat "$NAT_GATEWAYS" --arg balancer "$PROXY_BALANCER" --arg endpoint "$PRICE_RESOURCE_ENDPOINT_HOUR" \
    --arg gigabyte "$PRICE_RESOURCE_GATEWAY_GB" -L "$INFRA/lib" -f "$INFRA/egress/lib/price.jq" <<<"$(prices::all)")
}
