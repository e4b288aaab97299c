#!/bin/bash
# The first process of a proxy's machine: this computer's files with others in their place, which are gone with it, and what
# Amazon Linux has and a test must not have: dnf, systemd, the CloudWatch agent.
#
#   machine.sh PLACE STUBS RESOLVER AWS ENDPOINT SHARED...
set -Eeuo pipefail
place=$1 stubs=$2 resolver=$3 aws=$4 endpoint=$5
shift 5
root=$place/root
mount --make-rprivate /
mount -t tmpfs tmpfs "$place"
mkdir "$place/upper" "$place/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
# What changes outside while it is mounted here, or is a file system of its own.
for shared; do
  mkdir -p "$root$shared"
  mount --rbind "$shared" "$root$shared"
done
rm -f "$root/etc/resolv.conf" "$root/etc/squid/squid.conf"
printf 'nameserver %s\n' "$resolver" >"$root/etc/resolv.conf"
install -m 755 "$stubs/systemctl" "$root/usr/local/sbin/systemctl"
printf '#!/bin/sh\necho "$*" >>/run/dnf\n' >"$root/usr/local/sbin/dnf"
agent=$root/opt/aws/amazon-cloudwatch-agent/bin
mkdir -p "$agent"
printf '#!/bin/sh\necho "$*" >>/run/agent\n' >"$agent/amazon-cloudwatch-agent-ctl"
# The AWS CLI is the real one; version 1 does not read AWS_ENDPOINT_URL.
printf '#!/bin/sh\nexec "%s" --endpoint-url "%s" "$@"\n' "$aws" "$endpoint" >"$root/usr/local/sbin/aws"
chmod 755 "$root/usr/local/sbin/aws" "$root/usr/local/sbin/dnf" "$agent/amazon-cloudwatch-agent-ctl"
touch "$root/run/there"
# As a first process does: it takes in whatever has ended and has no parent.
while :; do
  sleep 3600 &
  wait "$!"
done
