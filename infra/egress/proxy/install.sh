#!/bin/bash
# What squid, the kernel's rules and the watcher find in the files of a proxy, from /etc/egress.env. Starts nothing; safe to run again.
# shellcheck disable=SC2154 # what is in capitals, and set nowhere here, is in /etc/egress.env
set -Eeuo pipefail
# What stands in a list is no pattern for files.
set -f

readonly HERE=/usr/local/lib/egress LISTS=/etc/squid/egress
# shellcheck source=/dev/null
source /etc/egress.env

# put FILE: standard input, whole or not at all, and in place of whatever is there: also of a link to somewhere else.
put() {
  mkdir -p "${1%/*}"
  cat >"$1.new"
  chmod "${2:-644}" "$1.new"
  mv -f "$1.new" "$1"
}

# lines WORD...: one a line.
lines() { (($# == 0)) || printf '%s\n' "$@"; }

# domains WORD...: those of a list that no other of them holds already: squid takes two that overlap for a mistake.
domains() {
  local word other
  for word; do
    for other; do
      if [[ $other == .* && $word != "$other" && .${word#.} == *"$other" ]]; then continue 2; fi
    done
    printf '%s\n' "$word"
  done | sort -u
}

# Whom squid runs as: Amazon Linux's package has "squid", Debian's "proxy".
SQUID_USER=squid
id -u "$SQUID_USER" >/dev/null 2>&1 || SQUID_USER=proxy
id -u "$SQUID_USER" >/dev/null
{
  sed '/^SQUID_USER=/d' /etc/egress.env
  printf 'SQUID_USER=%s\n' "$SQUID_USER"
} | put /etc/egress.env

sed '/^#/d' "$HERE/never.txt" | grep -v : | put "$LISTS/never4"
sed '/^#/d' "$HERE/never.txt" | grep : | put "$LISTS/never6"
# shellcheck disable=SC2086 # lists
{
  domains ${DENIED_DESTINATIONS,,} | put "$LISTS/denied"
  domains ${ALLOWED_DESTINATIONS,,} | put "$LISTS/allowed"
  lines $VPC_CIDRS | put "$LISTS/own"
}
lines "$HEALTH_TARGET" | put "$LISTS/health"
{
  printf '%s\n' "cache_effective_user $SQUID_USER" "acl clients src \"$LISTS/own\"" 'acl clients src 127.0.0.1' "acl own dst \"$LISTS/own\""
  # Debian's is built with a helper that measures distances by ICMP, and speaks with squid over loopback: the kernel refuses that.
  if squid -v | grep -F enable-icmp >/dev/null; then printf 'pinger_enable off\n'; fi
} | put "$LISTS/settings.conf"
{
  # An address has no name that a list could hold: it would lead past it.
  if [[ -s $LISTS/denied || -s $LISTS/allowed ]]; then
    printf '%s\n' 'acl address dstdom_regex -n -i : (^|\.)(0x[0-9a-f]*|[0-9]+)\.?$' 'http_access deny !health address'
  fi
  if [[ -s $LISTS/denied ]]; then
    printf '%s\n' "acl denied dstdomain -n \"$LISTS/denied\"" 'http_access deny !health denied'
  fi
  if [[ -s $LISTS/allowed ]]; then
    printf '%s\n' "acl allowed dstdomain -n \"$LISTS/allowed\"" 'http_access deny !health !allowed'
  fi
} | put "$LISTS/lists.conf"

put /etc/squid/squid.conf <"$HERE/squid.conf"
put /etc/systemd/system/squid.service <"$HERE/squid.service"
put /etc/systemd/system/egress-watch.service <"$HERE/egress-watch.service"
put /etc/logrotate.d/squid <"$HERE/logrotate"
printf '[Timer]\nOnCalendar=\nOnCalendar=hourly\n' | put /etc/systemd/system/logrotate.timer.d/egress.conf
group=${LOG_GROUP//\\/\\\\}
group=${group//\"/\\\"}
while IFS= read -r line; do printf '%s\n' "${line//\"LOG_GROUP\"/\"$group\"}"; done <"$HERE/agent.json" | put "$HERE/agent.filled.json"
