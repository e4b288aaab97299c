# shellcheck shell=bash
# How long new requests fail after a proxy has died, at most. Source it through lib.sh.
set -Eeuo pipefail

# Seconds: until a look at a proxy counts as failed; what the two calls take that change the record; what Route 53 takes to tell its
# own name servers of a change, by its API reference ("generally within 60 seconds"); what resolvers keep the record for.
readonly LOOK_SECONDS=3 CHANGE_SECONDS=5 ROUTE_53_SECONDS=60 RECORD_TTL=10

# egress::gap: the seconds, by PROXY_BALANCER, HEALTH_SECONDS and HEALTH_FAILURES. A proxy dies just after a good look, and the last
# of the looks that have to fail ends when its time is up. Then the record goes, and what is kept of it runs out.
egress::gap() {
  if [[ $PROXY_BALANCER == nlb ]]; then
    # The balancer's own looks, of which each may take as long as the time between two.
    printf '%d\n' "$(((HEALTH_FAILURES + 1) * HEALTH_SECONDS))"
    return 0
  fi
  printf '%d\n' "$((HEALTH_FAILURES * (HEALTH_SECONDS + LOOK_SECONDS) + CHANGE_SECONDS + ROUTE_53_SECONDS + RECORD_TTL))"
}
