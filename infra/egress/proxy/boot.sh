# shellcheck shell=bash disable=SC2154 # the end of user-data, behind its settings and files
# Once, when the instance starts for the first time; safe to run again. Where it fails there is no proxy here, and Auto Scaling would
# not see it: it is told, so that another is made.
failed() {
  local token id
  trap - ERR
  printf 'the proxy could not be set up; Auto Scaling is asked for another\n' >&2
  token=$(curl --silent --show-error --fail --max-time 5 --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
  id=$(curl --silent --show-error --fail --max-time 5 --header "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)
  aws autoscaling set-instance-health --region "$REGION" --instance-id "$id" --health-status Unhealthy --no-should-respect-grace-period
  exit 1
}
trap failed ERR

# The way to the repositories may be a moment later than the instance.
for ((attempt = 1; ; attempt++)); do
  dnf --assumeyes --quiet install squid nftables logrotate amazon-cloudwatch-agent && break
  ((attempt < 10)) || failed
  sleep 10
done
bash "$HERE/install.sh"
systemctl daemon-reload
systemctl enable squid egress-watch
systemctl restart logrotate.timer
systemctl reload-or-restart squid
systemctl restart egress-watch
/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c "file:$HERE/agent.filled.json"
