# shellcheck shell=bash
# Whom the CA has revoked, at an endpoint that is made, or made anew.
set -Eeuo pipefail

# list_of: the serials in the list that AWS has.
list_of() {
  local list
  list=$(aws ec2 export-client-vpn-client-certificate-revocation-list --client-vpn-endpoint-id "$(ours)" --query CertificateRevocationList --output text)
  openssl crl -noout -text <<<"$list" | sed -n 's/^ *Serial Number: *//p' | sort
}

# An endpoint that is made anew, or whose list somebody replaced, lets nobody in who was revoked.
case_endpoint_revoked() {
  local VPC SUBNETS planned serial
  fresh_vpc
  with_pki 0 people::issue alice/ipad
  with_pki 0 people::issue bob/ipad
  with_pki 0 revoke alice/ipad
  serial=$(awk -F '\t' '$1 == "R" {print $4}' "$WORK/pki/index.txt")
  vpn 0 ensure --dry-run
  planned=$(changes 'Changes, in this order:')
  vpn 0 ensure --yes
  is 'planned and made' "$planned" "$(changes 'Changing:')"
  is 'who is kept out' "$serial" "$(list_of)"
  faults
  vpn 0 ensure --yes
  vpn 0 status
  is 'writes of a second run' 0 "$(writes)"
  # Somebody imported an empty list.
  cp "$WORK/pki/crl.pem" "$WORK/ours.pem"
  with_pki 0 people::issue carol/ipad
  aws ec2 import-client-vpn-client-certificate-revocation-list --client-vpn-endpoint-id "$(ours)" --certificate-revocation-list "$(<"$WORK/once/made/crl.pem")" >/dev/null
  vpn 3 status
  has 'import the revocation list'
  vpn 0 ensure --yes
  is 'who is kept out' "$serial" "$(list_of)"
  # An older copy of the directory knows fewer.
  with_pki 0 revoke carol/ipad
  vpn 0 ensure --yes
  is 'how many are kept out' 2 "$(list_of | wc -l)"
  sed -i /carol/d "$WORK/pki/index.txt"
  cp "$WORK/ours.pem" "$WORK/pki/crl.pem"
  refused "keeps out what this CA's would let in again"
  # The list is not what the index says.
  cp "$WORK/once/made/crl.pem" "$WORK/pki/crl.pem"
  refused 'pki.sh init makes it anew'
  # AWS takes none while nothing is associated.
  cp "$WORK/ours.pem" "$WORK/pki/crl.pem"
  vpn 0 remove --yes
  panel settings '{"quirks": {"refuse_while_pending_associate": true}}' >/dev/null
  vpn 3 ensure --yes
  has 'REVOKED, NOT YET AT AWS'
  vpn 3 ensure --yes
  aws ec2 associate-client-vpn-target-network --client-vpn-endpoint-id "$(ours)" --subnet-id "${SUBNETS%%,*}" >/dev/null
  step 300
  vpn 0 ensure --yes
  is 'who is kept out' "$serial" "$(list_of)"
  is 'the mark' '' "$(ours '.Tags[] | select(.Key == "vpn-on-demand:list-not-at-aws")')"
}
