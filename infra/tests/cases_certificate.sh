# shellcheck shell=bash
# The page's certificate, where none is given: ACM knows nothing of it at first, waits for its record, takes its time to issue
# it, and does not let it go while a listener has it, nor a little later (facts 14.1 to 14.3).
set -Eeuo pipefail

certificates() { aws acm list-certificates --query 'CertificateSummaryList[].[DomainName,Status]' --output text | sort | paste -sd' ' | tr '\t' ' '; }
proofs() { aws route53 list-resource-record-sets --hosted-zone-id "$ZONE" --query "ResourceRecordSets[?Type=='CNAME'].Name" --output text; }

# issuer ACTION: the record that lets only somebody else issue certificates.
issuer() {
  aws route53 change-resource-record-sets --hosted-zone-id "$ZONE" --output json --change-batch "$(jq -n --arg action "$1" \
    '{Changes: [{Action: $action, ResourceRecordSet: {Name: "example.com.", Type: "CAA", TTL: 300, ResourceRecords: [{Value: "0 issue \"letsencrypt.org\""}]}}]}')" >/dev/null
}

case_certificate() {
  local ZONE given planned text
  fresh
  ZONE=$(sed -n 's/^HOSTED_ZONE_ID=//p' "$WORK/settings.env")
  given=$(sed -n 's/^CERTIFICATE_ARN=//p' "$WORK/settings.env")
  sed -i '/^CERTIFICATE_ARN=/d; /^HOSTED_ZONE_ID=/d' "$WORK/settings.env"
  # Without a zone its record is printed, and beside the claim nothing else is made yet.
  faults
  deploy 1
  has 'waits for a record in your DNS, to be made by you: _'
  has '.vpn.example.com.  CNAME  _'
  is 'writes' 2 "$(writes)"
  # The next run goes on with that one.
  setting HOSTED_ZONE_ID "$ZONE"
  deploy 0 --dry-run
  has_not 'request a certificate'
  planned=$(changes 'Changes, in this order:')
  deploy 0
  is 'planned and made' "$planned" "$(changes 'Changing:' | grep -v ' waiting for ')"
  for text in 'waiting for ACM to see the record' 'show ACM by a record that vpn.example.com is ours'; do has "$text"; done
  is 'certificates' 'vpn.example.com ISSUED vpn.example.com ISSUED' "$(certificates)"
  faults
  deploy 0
  has 'none: everything is as the settings say'
  is 'writes' 0 "$(writes)"
  try 0 status.sh
  # To one that is given: ours goes, and the record that only ours needs.
  setting CERTIFICATE_ARN "$given"
  deploy 0
  has 'delete the certificate for vpn.example.com'
  is 'certificates' 'vpn.example.com ISSUED' "$(certificates)"
  is 'records' '' "$(proofs)"
  # And back.
  sed -i '/^CERTIFICATE_ARN=/d' "$WORK/settings.env"
  deploy 0
  try 0 destroy.sh --yes
  is 'certificates' 'vpn.example.com ISSUED' "$(certificates)"
  is 'records' '' "$(proofs)"
  # ACM takes no longer name.
  setting HOST "$(printf 'a%.0s' {1..60}).example.com"
  deploy 1
  has 'has more than the 64 characters'
}

# What ACM gives up is asked for anew, and leaves no record behind.
case_certificate_refused() {
  local ZONE
  fresh
  ZONE=$(sed -n 's/^HOSTED_ZONE_ID=//p' "$WORK/settings.env")
  sed -i '/^CERTIFICATE_ARN=/d; /^HOSTED_ZONE_ID=/d' "$WORK/settings.env"
  deploy 1
  # Nobody makes its record in three days.
  step $((72 * 3600))
  deploy 1
  has 'delete the certificate that ACM did not issue (VALIDATION_TIMED_OUT)'
  has 'waits for a record in your DNS, to be made by you: _'
  # Or only others may issue: that is said, and asked again when it is put right.
  setting HOSTED_ZONE_ID "$ZONE"
  issuer UPSERT
  deploy 1
  has 'ACM does not issue the certificate for vpn.example.com: FAILED, CAA_ERROR'
  has 'A CAA record in your DNS may forbid Amazon to.'
  issuer DELETE
  try 3 status.sh
  has 'delete the certificate that ACM did not issue (FAILED: CAA_ERROR)'
  deploy 0 --only certificate
  has 'delete the record of the certificate: _'
  has 'show ACM by a record that vpn.example.com is ours'
  is 'records' 1 "$(proofs | wc -w)"
  deploy 0
  has 'waiting for ACM to see the record'
  is 'certificates' 'vpn.example.com ISSUED vpn.example.com ISSUED' "$(certificates)"
  try 0 status.sh
  try 0 destroy.sh --yes
  is 'certificates' 'vpn.example.com ISSUED' "$(certificates)"
  is 'records' '' "$(proofs)"
}
