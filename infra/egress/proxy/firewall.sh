#!/bin/bash
# The kernel's part of what squid may connect to: a name may resolve otherwise between squid's look at it and its connecting.
#
#   firewall.sh load     puts the rules in place, all at once or not at all
#   firewall.sh check    fails where the rules are not those that were loaded
# shellcheck disable=SC2154 # what is in capitals, and set nowhere here, is in /etc/egress.env
set -Eeuo pipefail

readonly LIST=/usr/local/lib/egress/never.txt SETTINGS=/etc/egress.env LOADED=/run/egress.rules

# ranges 4|6: those of the list, one a line.
ranges() {
  case $1 in
  4) sed '/^#/d' "$LIST" | grep -v : ;;
  *) sed '/^#/d' "$LIST" | grep : ;;
  esac
}

# family 4|6 WORD...: those of the words that are addresses of this family, one a line.
family() {
  local word wanted=$1
  shift
  for word; do
    case $word in
    *:*) [[ $wanted == 4 ]] || printf '%s\n' "$word" ;;
    *) [[ $wanted == 6 ]] || printf '%s\n' "$word" ;;
    esac
  done
}

# resolvers: where squid asks for names, as squid itself reads it.
resolvers() { awk '$1 == "nameserver" { sub(/%.*/, "", $2); print $2 }' /etc/resolv.conf; }

# set_of NAME TYPE: a set of nftables with what stands on the lines of standard input.
set_of() {
  local elements
  elements=$(paste -sd ,)
  printf '  set %s {\n    type %s\n    flags interval\n    auto-merge\n' "$1" "$2"
  [[ -z $elements ]] || printf '    elements = { %s }\n' "$elements"
  printf '  }\n'
}

rules() {
  local user ranges4 ranges6 asked
  # shellcheck source=/dev/null
  source "$SETTINGS"
  user=$(id -u "$SQUID_USER")
  ranges4=$(ranges 4)
  ranges6=$(ranges 6)
  read -r -d '' -a asked < <(resolvers && printf '\0')
  ((${#asked[@]} > 0)) || { printf 'there is no nameserver in /etc/resolv.conf\n' >&2 && return 1; }
  # The first two lines: another table in its place, in one transaction.
  printf 'table inet egress\ndelete table inet egress\ntable inet egress {\n'
  # shellcheck disable=SC2086 # a list
  {
    { printf '%s\n' "$ranges4" && family 4 $VPC_CIDRS; } | set_of never4 ipv4_addr
    { printf '%s\n' "$ranges6" && family 6 $VPC_CIDRS; } | set_of never6 ipv6_addr
  }
  family 4 "${asked[@]}" | set_of resolver4 ipv4_addr
  family 6 "${asked[@]}" | set_of resolver6 ipv6_addr
  # By the user: what others of this instance do, such as asking for its credentials, is not squid's. Answers to clients go to
  # addresses of the VPC, so what they began goes on; what squid begins never does.
  cat <<RULES
  chain output {
    type filter hook output priority filter; policy accept;
    meta skuid $user jump squid
  }
  chain squid {
    ct direction reply accept
    ip daddr @resolver4 meta l4proto { tcp, udp } th dport 53 accept
    ip6 daddr @resolver6 meta l4proto { tcp, udp } th dport 53 accept
    ip daddr @never4 goto refuse
    ip6 daddr @never6 goto refuse
    tcp dport { 80, 443 } accept
    goto refuse
  }
  chain refuse {
    meta l4proto tcp counter reject with tcp reset
    counter reject with icmpx admin-prohibited
  }
}
RULES
}

loaded() { nft --stateless list table inet egress; }

load() {
  local text
  rm -f "$LOADED"
  text=$(rules)
  nft --file - <<<"$text"
  # Whole, or not there: squid does not start by half of it.
  text=$(loaded)
  printf '%s\n' "$text" >"$LOADED"
}

check() {
  local now
  now=$(loaded) && [[ -r $LOADED && $now == "$(<"$LOADED")" ]]
}

case ${1-} in
load | check) "$1" ;;
*)
  printf 'firewall.sh load | check\n' >&2
  exit 2
  ;;
esac
