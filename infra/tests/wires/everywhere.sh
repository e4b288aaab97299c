# shellcheck shell=bash
# Rows and cuts that several systems have.
# shellcheck disable=SC2154 # harness.sh, run.sh
set -Eeuo pipefail

wires::everywhere() {
  excused '*: *[cC]lientToken' 'that a call that is sent twice makes one thing: nothing of it is left'
  excused '*: *ags.Name.value' 'a name that people see in the console, and may change'
  excused '* create-security-group *: Description' 'what people read'
  excused '* create-security-group *: VpcId' 'a group is looked for in its VPC: elsewhere it is none'
  told '* create-security-group *: TagSpecifications.*' 'is not ours' sg_untagged
  wire '* logs create-log-group *: tags.*' 'create the log group' no_log
  wire '* logs put-retention-policy *: retentionInDays' 'keep the logs of' other_days
}

# untagged [NAME]: without the tag that the wire is.
untagged() { aws ec2 delete-tags --resources "$(at "${1:-$ABOUT}")" --tags "Key=$(jq -r '.[-2]' <<<"$LEAF")"; }
sg_untagged() { untagged "sg/${ABOUT#vpn-on-demand-}"; }
no_log() { aws logs delete-log-group --log-group-name "$ABOUT"; }
other_days() { aws logs put-retention-policy --log-group-name "$ABOUT" --retention-in-days 1; }

# sent SERVICE OPERATION: with the input on standard input: the tests' CLI keeps what it is sent, and takes files only.
sent() {
  cat >"$WORK/cut.json"
  aws "$1" "$2" --cli-input-json "file://$WORK/cut.json"
}
