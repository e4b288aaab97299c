# shellcheck shell=bash
# Who was reached through the proxies, from their access log. Source it through lib.sh.
set -Eeuo pipefail

# Lines of the log that are read at most, and hours.
readonly TRAFFIC_LINES=10000 TRAFFIC_HOURS=24

# traffic::tell: requests and bytes by destination.
traffic::tell() {
  local from lines
  say
  from=$((($(date -u +%s) - TRAFFIC_HOURS * 3600) * 1000))
  aws::find ResourceNotFoundException logs filter-log-events --log-group-name "$LOG_GROUP" --start-time "$from" --max-items "$TRAFFIC_LINES" || {
    say "Of the last $TRAFFIC_HOURS hours nothing is logged: there is no log group $LOG_GROUP."
    return 0
  }
  lines=$(json '[.events[].message | fromjson? | select(type == "object" and has("decision"))]' -c)
  say "Of the last $TRAFFIC_HOURS hours: $(jq length <<<"$lines") requests$([[ $(json '.events | length') -lt $TRAFFIC_LINES ]] || echo ", the first $TRAFFIC_LINES lines of the log"). By destination:"
  jq -r 'group_by(.host) | map({host: .[0].host, requests: length, bytes: (map(.bytes | numbers) | add // 0), refused: (map(select(.decision | test("DENIED"))) | length)})
    | sort_by(-.bytes, -.requests)[:20][] | "  \(.requests) requests, \(.bytes) bytes\(if .refused > 0 then ", \(.refused) refused" else "" end): \(.host)"' <<<"$lines" | while IFS= read -r line; do say "$line"; done
  say "Not by project: what arrives has the gateway's address, whichever VPC it comes from. Only a port of its own would tell a project."
}
