# shellcheck shell=bash
# An administrator's own switch.
set -Eeuo pipefail

# switch STATUS COMMAND...: vpn.sh with the rights of iam/operator.json.
switch() { try "$1" vpn.sh "${@:2}"; }
# tag NAME: what a mark says.
tag() { emulated | jq -r --arg key "vpn-on-demand:$1" '.tags[$key] // ""'; }

# billed: how many subnets AWS bills.
billed() { emulated | jq '[.associations[] | select(.Status.Code != "disassociated")] | length'; }

# On and off, who is cut off, and both again; nothing before it is confirmed.
case_vpn_switch() {
  local name
  deployed
  faults
  switch 0 status
  has 'The VPN is off: 0 of 2 subnets associated, 0 of 2 routes active'
  has 'Connected: nobody'
  switch 0 on --dry-run
  has '[on] turn the VPN on'
  switch 1 on
  has 'nobody is there to confirm'
  is 'writes before it is confirmed' 0 "$(writes)"
  switch 0 on --yes
  has 'The VPN is being turned on.'
  has 'waiting for it to be ready: '
  has 'The VPN is ready.'
  is 'what AWS has' 'associated active 2' "$(emulated | jq -r '[([.associations[].Status.Code] | unique[]), ([.routes[] | select(.Origin == "add-route").Status.Code] | unique[]), (.associations | length)] | join(" ")')"
  is 'writes of an administrator' lambda:Invoke "$(log | jq -r '[.calls[] | select(.write).operation] | unique[]')"
  switch 0 on --yes
  has 'Everything is on, or on its way.'
  for name in ipad-01 ipad-02; do panel clients "{\"common_name\": \"$name\"}" >/dev/null; done
  switch 0 status
  has 'The VPN is on: 2 of 2 subnets associated, 2 of 2 routes active'
  has 'Connected: ipad-01 since '
  faults
  switch 0 off --dry-run
  has 'turn the VPN off for everybody: 2 connection(s) are cut off: ipad-01, ipad-02'
  switch 1 off --closed-for 2h
  has 'close it for 2h: 2 connection(s) are cut off: ipad-01, ipad-02'
  is 'writes before it is confirmed' 0 "$(writes)"
  switch 0 off --yes
  has 'Every associated subnet is being disassociated.'
  has 'waiting for AWS to take the subnets away: '
  has 'The VPN is off.'
  is 'what is on' 0 "$(billed)"
  switch 0 off --yes
  has 'Nothing is associated with the endpoint.'
  has 'nobody is connected'
  has 'The VPN is off.'
}

# Closed and opened.
case_vpn_closed() {
  deployed
  switch 0 open --yes
  has 'It is not closed: nothing to do.'
  switch 0 off --closed-for 2h --yes
  has "The VPN is off, and closed until $(tag closed-until)."
  switch 0 status
  has "closed-until: $(tag closed-until)"
  switch 1 on --yes
  has "Nothing was changed: an administrator closed the VPN until $(tag closed-until); open it first."
  is 'what is on' 0 "$(billed)"
  faults
  switch 0 open --dry-run
  has '[open] open the VPN: people can turn it on again'
  is 'writes' 0 "$(writes)"
  switch 0 open --yes
  has 'The VPN is open: people can turn it on again.'
  is 'closed until' '' "$(tag closed-until)"
  faults
  switch 0 open --yes
  has 'nothing to do'
  is 'writes' 0 "$(writes)"
}

# Kept on for days: over what an employee may, and not over what an administrator may.
case_vpn_kept() {
  local until hours
  deployed
  switch 1 keep 3d --yes
  has 'Nothing was changed: the VPN is off, and only one that is on can be kept on; turn it on first.'
  switch 0 on --yes
  faults
  switch 0 keep 3d --dry-run
  has '[keep] keep the VPN on for 3d, though nobody uses it'
  is 'writes' 0 "$(writes)"
  switch 0 keep 14d --yes
  until=$(tag keep-until)
  has "The VPN stays on until $until at least."
  switch 1 keep 337h --yes
  has 'an administrator may keep the VPN on for a minute at least, and for 14 days at most.'
  is 'kept until' "$until" "$(tag keep-until)"
  # What is kept for longer stays.
  switch 0 keep 1h --yes
  has "The VPN stays on until $until at least."
  switch 0 status
  has "keep-until: $until"
  switch 2 keep 0d
  switch 2 keep 3
  has '"3" is no time such as 90m, 2h or 3d'
  # Nobody uses it for longer than an employee may keep it, and it is still on; then it goes, and the keeping with it.
  for hours in 3 3 3; do step "$((hours * 3600))"; done
  is 'what is on' 2 "$(billed)"
  switch 0 off --yes
  is 'kept until' '' "$(tag keep-until)"
}

# What AWS or the function refuses is never told as done.
case_vpn_refused() {
  deployed
  turn_on "$(subnet 1)"
  panel clients '{"common_name": "ipad-01"}' >/dev/null
  # Not to be seen is no reason not to be switched.
  faults '{"lacks": ["ec2:DescribeClientVpnConnections"]}'
  switch 0 status
  has 'Connected: not known (UnauthorizedOperation'
  switch 0 off --dry-run
  has 'whoever is connected is cut off (UnauthorizedOperation: you may not see who)'
  faults '{"lacks": ["lambda:InvokeFunction"]}'
  switch 1 off --yes
  has 'AccessDeniedException while trying to turn the VPN off for everybody'
  has 'iam/operator.json'
  faults '{"operations": ["lambda:Invoke"], "kind": "throttled"}'
  switch 1 off --yes
  has 'AWS is busy or has a fault'
  faults
  has_not 'The VPN is off'
  # The function itself is refused.
  panel faults '{"action": "DisassociateClientVpnTargetNetwork", "times": 9, "effect": "error", "code": "InternalError", "message": "as the case has it", "status": 500}' >/dev/null
  switch 1 off --yes
  has 'AWSClientVPN-DisassociatingSubnets failed, and not all of it may be done: DisassociationIncomplete'
  has InternalError
  has_not 'The VPN is off.'
}

# Where nothing is deployed, or it is another's, nothing is ordered; and what is not understood.
case_vpn_nothing() {
  fresh
  faults
  switch 1 status
  has 'the function AWSClientVPN-DisassociatingSubnets is not there: nothing is deployed as default'
  switch 1 off --yes
  has 'infra/deploy.sh'
  is 'writes' 0 "$(writes)"
  switch 2
  has 'no command'
  switch 2 on off
  switch 2 on --closed-for 2h
  has '--closed-for goes with off only'
  switch 2 off --closed-for 0h
  switch 2 keep
  switch 2 status --now
  runs 0 "$INFRA/vpn.sh" --help
  has 'for at most 14 days'
}
