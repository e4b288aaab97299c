#!/bin/bash
# squid, behind the kernel's rules: where those cannot be loaded it does not start. What squid only warns of, and then leaves out,
# would let through what must not pass: that is no start either.
set -Eeuo pipefail

/usr/local/lib/egress/firewall.sh load
told=$(squid -k parse -f /etc/squid/squid.conf 2>&1) || {
  printf 'squid does not take its configuration:\n%s\n' "$told" >&2
  exit 1
}
if wrong=$(grep -E 'ERROR|FATAL|is ignored|empty ACL|subnetwork' <<<"$told"); then
  printf 'squid would leave out what stands in its configuration:\n%s\n' "$wrong" >&2
  exit 1
fi
exec squid --foreground -f /etc/squid/squid.conf
