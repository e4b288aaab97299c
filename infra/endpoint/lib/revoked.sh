# shellcheck shell=bash
# Whom the CA has revoked: an endpoint begins without a list, and lets in whoever has a certificate of the CA. Source it through
# endpoint.sh.
set -Eeuo pipefail

# Where the certificate is named by its ARN, the directory of its CA is not known. Before anybody was revoked AWS needs no list.
ensure_revoked() {
  [[ -z $SERVER_CERTIFICATE_ARN && -n $PKI && -f $PKI/index.txt && -n $(serving::wanted) ]] || return 0
  if ! people::is_list_right; then
    problem "$PKI/crl.pem is not the list of what index.txt says is revoked" 'infra/endpoint/pki.sh init makes it anew.'
    return 0
  fi
  ensure_at_aws
}
