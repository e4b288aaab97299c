# shellcheck shell=bash
# The user-data of a proxy: ../proxy in one script, with the settings. Source it through lib.sh.
set -Eeuo pipefail

# Bytes that EC2 takes, before base64.
readonly USER_DATA_LIMIT=16384
# What stands on a proxy in /usr/local/lib/egress.
readonly PROXY_FILES=(never.txt squid.conf firewall.sh serve.sh watch.sh install.sh squid.service egress-watch.service logrotate agent.json)
# Stands in no file, alone on a line.
readonly END_OF_FILE=--end-of-this-file--

# user_data::write FILE: into this file, compressed: cloud-init opens it. The same settings give the same script; compare what
# `gzip -dc` says, since another gzip may compress otherwise.
user_data::write() {
  local size
  user_data::script | gzip -9 -n >"$1"
  size=$(wc -c <"$1")
  ((size <= USER_DATA_LIMIT)) || die "the user-data of a proxy has $((size)) bytes, and EC2 takes $USER_DATA_LIMIT" 'Shorten ALLOWED_DESTINATIONS or DENIED_DESTINATIONS: .example.com holds for all names below it.'
}

# user_data::settings: /etc/egress.env, which bash reads. %q: a value is never more than a value.
user_data::settings() {
  local name domain=amazonaws.com
  local HEALTH_TARGET
  if [[ $REGION == cn-* ]]; then domain=amazonaws.com.cn; fi
  # Where a proxy has to get through to. It answers everybody, is in every region, and needs no right.
  # shellcheck disable=SC2034 # printed below, by name
  HEALTH_TARGET=sts.$REGION.$domain
  for name in REGION VPC_CIDRS ALLOWED_DESTINATIONS DENIED_DESTINATIONS LOG_GROUP PROXY_BALANCER ZONE_ID RECORD_NAME HEALTH_SECONDS HEALTH_FAILURES LOOK_SECONDS RECORD_TTL HEALTH_TARGET; do
    printf '%s=%q\n' "$name" "${!name}"
  done
}

user_data::script() {
  local name proxy=$INFRA/egress/proxy
  cat <<'HEAD'
#!/bin/bash
# Makes this instance a proxy. Written by infra/egress/lib/user_data.sh of AWS Client VPN on demand.
set -Eeuo pipefail
readonly HERE=/usr/local/lib/egress
mkdir -p "$HERE"
HEAD
  user_data::file /etc/egress.env < <(user_data::settings)
  # Later lines name the region.
  printf 'source /etc/egress.env\n'
  for name in "${PROXY_FILES[@]}"; do
    user_data::file "/usr/local/lib/egress/$name" <"$proxy/$name"
  done
  # shellcheck disable=SC2016 # the instance's
  printf 'chmod 755 "$HERE"/*.sh\n'
  cat "$proxy/boot.sh"
}

# user_data::file PATH: lines that write standard input there, as it is.
user_data::file() {
  printf "cat >'%s' <<'%s'\n" "$1" "$END_OF_FILE"
  cat
  printf '%s\n' "$END_OF_FILE"
}
