# shellcheck shell=bash
# The endpoint's certificate, which is the client root too: whoever has one of its chain is let in. Only reads. Source it
# through endpoint.sh.
set -Eeuo pipefail

# Its ARN; '' while there is none that will do.
ROOT_ARN=''

# root::check: the certificate that is named, or that of pki.sh's directory, and whether Client VPN takes it.
root::check() {
  ROOT_ARN=''
  settings::right SERVER_CERTIFICATE_ARN PKI_DIRECTORY || return 0
  ROOT_ARN=$SERVER_CERTIFICATE_ARN
  [[ -n $ROOT_ARN ]] || root::of_directory
  [[ -z $ROOT_ARN ]] || root::usable
}

# root::of_directory: what pki.sh has imported, in ROOT_ARN.
root::of_directory() {
  local installation=$INSTALLATION before=${#PROBLEMS[@]}
  # shellcheck disable=SC2034 # directory::find reads it
  DIRECTORY=$PKI_DIRECTORY
  directory::find
  if [[ ! -f $PKI/pki.env ]]; then
    problem "there is no certificate: SERVER_CERTIFICATE_ARN is not set, and $PKI is no directory of pki.sh" 'infra/endpoint/pki.sh init makes one. Or name the directory (PKI_DIRECTORY) or the certificate.'
    return 0
  fi
  directory::settings
  # There a setting that is empty stands for whatever the directory says.
  [[ $INSTALLATION == "$installation" ]] || problem "$PKI is for the installation \"$INSTALLATION\", and INSTALLATION is not set" 'Set INSTALLATION, or name another directory: PKI_DIRECTORY.'
  INSTALLATION=$installation
  same_account
  ((${#PROBLEMS[@]} == before)) || return 0
  acm::find
  ((${#PROBLEMS[@]} == before)) || return 0
  ROOT_ARN=$CERTIFICATE
  [[ -n $ROOT_ARN ]] || problem "ACM in $REGION has no server certificate of the CA in $PKI" 'infra/endpoint/pki.sh init imports it.'
}

# root::usable: ROOT_ARN is a certificate that Client VPN takes, with a CA that lets in nobody else.
root::usable() {
  local name key owner before=${#PROBLEMS[@]}
  if ! aws::find 'ResourceNotFoundException' acm describe-certificate --certificate-arn "$ROOT_ARN"; then
    problem "the certificate $ROOT_ARN does not exist" 'Correct SERVER_CERTIFICATE_ARN.'
    ROOT_ARN=''
    return 0
  fi
  name=$(json '.Certificate.DomainName // ""') key=$(json '.Certificate.KeyAlgorithm // "" | gsub("[_-]"; " ")')
  [[ $key == "$KEY_WANTED" ]] || problem "the certificate $ROOT_ARN has a key of the kind $key: Client VPN takes RSA alone, and OpenVPN clients of today no shorter one than $KEY_WANTED (fact 7.8)" "Use one that pki.sh made."
  [[ $name == *.* ]] || problem "the certificate $ROOT_ARN is for \"$name\": Client VPN refuses a server certificate without a domain" 'Use one for a DNS name with a dot; it need not exist in DNS.'
  [[ $(json '.Certificate.Status') == ISSUED ]] || problem "the certificate $ROOT_ARN is $(json '.Certificate.Status')" 'Renew it: infra/endpoint/pki.sh renew-server.'
  if [[ $(json '.Certificate.Type') == IMPORTED ]]; then
    root::chain
  else
    problem "the certificate $ROOT_ARN was issued by a CA of AWS's: whoever has any certificate of that CA would be let in" 'Use one of a CA of your own, as pki.sh makes it.'
  fi
  aws::read acm list-tags-for-certificate --certificate-arn "$ROOT_ARN"
  owner=$(json .Tags | tags_map | jq -r --arg key "$TAG" '.[$key] // ""')
  [[ -z $owner || $owner == "$NAME" ]] || problem "the certificate $ROOT_ARN belongs to the installation \"$owner\"" 'Each endpoint needs a CA of its own: infra/endpoint/pki.sh init, with another directory.'
  # No more is said of it.
  ((${#PROBLEMS[@]} == before)) || ROOT_ARN=''
}

# What chains to the root is let in: the CA that signed is nobody else's branch. Whether AWS tells others of its own behind it
# is nowhere written.
root::chain() {
  local names
  aws::read acm get-certificate --certificate-arn "$ROOT_ARN"
  json '.CertificateChain // ""' >"$WORK/chain"
  if ! x509::read "$WORK/chain" || [[ $IS_CA == false ]]; then
    problem "the certificate $ROOT_ARN has no CA in its chain: nobody could be let in" 'Import it with the CA of this endpoint as its chain, as pki.sh does.'
    return 0
  fi
  names=$(openssl x509 -in "$WORK/chain" -noout -subject_hash -issuer_hash | uniq | wc -l)
  ((names == 1)) || problem "the CA \"$CN\" in the chain of $ROOT_ARN was signed by another CA: whoever has a certificate of that one would be let in" \
    'Import it with a CA of its own for this endpoint as its chain, as pki.sh makes it.'
}
