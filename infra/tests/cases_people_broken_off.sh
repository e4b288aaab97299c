# shellcheck shell=bash
# People who are removed while the VPN is off, and runs that are broken off: nobody is let in again, and the same command
# finishes it.
set -Eeuo pipefail

# While nothing is associated AWS may take no list: that is said, seen by others, and finished later.
case_people_off() {
  local id text serial
  people_deployed
  people 0 add alice --device ipad --yes
  people 0 add bob --device ipad --yes
  serial=$(serial_of "$WORK/pki/issued/alice/ipad.crt")
  cp "$WORK/pki/issued/alice/ipad.crt" "$WORK/copied.crt"
  aws events enable-rule --name AWSClientVPN-EveryFiveMinutes
  panel settings '{"quirks": {"refuse_while_pending_associate": true}}' >/dev/null
  turn_off
  try 0 status.sh
  people 3 remove alice --yes
  for text in 'REVOKED, NOT YET AT AWS' 'STILL WORKS: from when the VPN is turned on again' 'InvalidClientVpnActiveAssociationNotFound' 'mark the endpoint'; do has "$text"; done
  is 'the list at AWS' '' "$(listed)"
  try 3 status.sh
  has 'its revocation list is not at AWS'
  people 3 list
  has 'AWS has not the revocation list of this CA'
  # Again, it is no better, and nothing else is done; a refusal of another kind is an error.
  text=$(state | grep -v entities)
  people 3 remove alice --yes
  has 'REVOKED, NOT YET AT AWS'
  is 'the directory' "$text" "$(state | grep -v entities)"
  turn_on "$(subnet 1)"
  is 'she gets in' true "$(joins alice/ipad "$WORK/copied.crt")"
  # Any removal brings the whole list.
  id=$(copy_of "$AWS_ENDPOINT_URL")
  cp -Rp "$WORK/pki" "$WORK/kept"
  people 0 remove alice --yes
  has 'the list is active, with 1 certificate(s)'
  has 'take the mark from the endpoint'
  is 'the list at AWS' "$serial" "$(listed)"
  is 'she gets in' false "$(joins alice/ipad "$WORK/copied.crt")"
  is 'marks' '' "$(emulated | jq -r '.tags["vpn-on-demand:list-not-at-aws"] // ""')"
  try 0 status.sh
  is 'the alarms on what ends' 'CrlDaysToExpiry 180 DaysToExpiry 45' "$(aws cloudwatch describe-alarms --alarm-names AWSClientVPN-RevocationListEnds AWSClientVPN-ServerCertificateEnds \
    --query 'sort_by(MetricAlarms, &MetricName)[].[MetricName, to_string(Threshold)]' --output text | sed 's/\.0//' | tr '\t\n' '  ' | sed 's/ $//')"
  people_short_list
  try 3 status.sh
  has 'and then NOBODY CAN CONNECT'
  # Three days later it has ended.
  is 'bob gets in' true "$(joins bob/ipad)"
  aws events disable-rule --name AWSClientVPN-EveryFiveMinutes
  step $((3 * 86400))
  is 'bob gets in when the list has ended' false "$(joins bob/ipad)"
  people 0 remove alice --yes
  is 'bob gets in with a new list' true "$(joins bob/ipad)"
  aws events enable-rule --name AWSClientVPN-EveryFiveMinutes
  try 0 status.sh
  copy "$id"
  rm -rf "$WORK/pki"
  mv "$WORK/kept" "$WORK/pki"
  people 0 remove bob --yes
  is 'the list at AWS' 2 "$(listed | wc -l | tr -d ' ')"
  is 'who is connected' '' "$(connected)"
  try 0 status.sh
}

# people_short_list: one that ends in two days by the account's clock, which somebody has imported by hand.
people_short_list() {
  local end
  end=$(date -u -d "$(now) + 2 days" +%Y%m%d%H%M%SZ)
  # shellcheck disable=SC2016 # with_pki.sh evaluates it
  with_pki 0 eval 'pending::begin; authority::configure; echo 77 >"$PKI/pending/crlnumber"
    authority::openssl "sign a list" ca -gencrl -config pending/openssl.cnf -passin fd:3 -crl_nextupdate '"$end"' -out pending/crl.pem; cat "$PKI/pending/crl.pem"; rm -r "$PKI/pending"'
  sed -n '/BEGIN X509 CRL/,/END X509 CRL/p' "$WORK/out" >"$WORK/short.pem"
  aws ec2 import-client-vpn-client-certificate-revocation-list --client-vpn-endpoint-id "$ENDPOINT" --certificate-revocation-list "$(<"$WORK/short.pem")" >/dev/null
}

# Whatever the last write was before the network was cut, the same command finishes it; also where the run itself was killed.
case_people_broken_off() {
  local start number total before
  people_deployed
  people 0 add alice --device ipad --email alice@example.com --yes
  people 0 add bob --device ipad --yes
  is 'alice joins' true "$(joins alice/ipad)"
  start=$(copy_of "$AWS_ENDPOINT_URL")
  cp "$WORK/pki/issued/alice/ipad.crt" "$WORK/copied.crt"
  cp -Rp "$WORK/pki" "$WORK/before"
  faults
  people 0 remove alice --yes
  total=$(writes)
  for ((number = 0; number < total; number++)); do
    rm -rf "$WORK/pki"
    cp -Rp "$WORK/before" "$WORK/pki"
    copy "$start"
    faults "{\"writes\": $number}"
    people 1 remove alice --yes
    faults
    people 0 remove alice --yes
    people_is_removed "after $number writes and the rest"
  done
  # Between two steps here: revoked and not imported; signed out and not noted.
  rm -rf "$WORK/pki"
  cp -Rp "$WORK/before" "$WORK/pki"
  copy "$start"
  with_pki 0 revoke alice/ipad
  aws cognito-idp admin-disable-user --user-pool-id "$(pool_of)" --username alice@example.com
  people 0 remove alice --yes
  has 'sign alice@example.com out everywhere'
  people_is_removed 'after a run that was killed'
  # A list that forgets what AWS keeps out is not imported: an older copy of the directory.
  rm -rf "$WORK/pki"
  cp -Rp "$WORK/before" "$WORK/pki"
  before=$(state)
  faults
  people 1 remove bob --yes
  has "AWS's revocation list keeps out what this CA's would let in again: $(serial_of "$WORK/copied.crt")"
  is 'the directory' "$before" "$(state)"
  is 'writes' 0 "$(writes)"
  people 3 list
  # It is the certificate that is added, broken off: nothing is made twice.
  copy "$start"
  faults '{"writes": 0}'
  people 1 add carol --device ipad --email carol@example.com --yes
  faults
  people 0 add carol --device ipad --email carol@example.com --yes
  is 'certificates of carol' 1 "$(grep -c 'carol' "$WORK/pki/index.txt")"
  with_pki 0 people::issue dave/ipad
  people 0 add dave --device ipad --yes
  is 'certificates of dave' 1 "$(grep -c 'dave' "$WORK/pki/index.txt")"
  people_new_certificate
}

people_is_removed() {
  is "the list $1" "$(serial_of "$WORK/copied.crt")" "$(listed)"
  is "who is connected $1" '' "$(connected | sed 's/bob.ipad//')"
  is "the sign-in $1" False "$(user_of alice@example.com | cut -d' ' -f1)"
  faults
  people 1 remove alice --yes
  has 'alice is removed already'
  is "writes of one more run $1" 0 "$(writes)"
}

# A new certificate in place of an old one; broken off in the middle, it is no third one.
people_new_certificate() {
  local old=$WORK/old.crt
  cp "$WORK/pki/issued/dave/ipad.crt" "$old"
  faults '{"writes": 0}'
  people 1 profile dave --new-certificate --yes
  faults
  people 0 profile dave --device ipad --new-certificate --yes
  is 'certificates of dave' 'R V' "$(grep dave "$WORK/pki/index.txt" | cut -f1 | sort | paste -s -d ' ')"
  is 'the list at AWS' "$(serial_of "$old")" "$(listed)"
  is 'with the old one' false "$(joins dave/ipad "$old")"
  is 'with the new one' true "$(joins dave/ipad)"
  CHECKED=$WORK/pki/profiles/dave/ipad.ovpn check 0 --directory "$WORK/pki"
  people 0 profile dave --new-certificate --yes
  is 'certificates of dave' 'R R V' "$(grep dave "$WORK/pki/index.txt" | cut -f1 | sort | paste -s -d ' ')"
  is 'who is connected' '' "$(connected)"
  # Without it nobody is disturbed.
  is 'with the new one' true "$(joins dave/ipad)"
  rm "$WORK/pki/profiles/dave/ipad.ovpn"
  people 0 profile dave --yes
  is 'who is connected' dave/ipad "$(connected)"
  CHECKED=$WORK/pki/profiles/dave/ipad.ovpn check 0 --directory "$WORK/pki"
}
