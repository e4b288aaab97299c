# shellcheck shell=bash
# People: added, listed, removed, with the emulated endpoint, user pool and clients as judges.
set -Eeuo pipefail

# people STATUS COMMAND [OPTION...]: people.sh with the rights of iam/endpoint.json, on the directory $WORK/pki.
people() {
  on_directory people.sh "$@"
}

# people_account: an endpoint with the CA in $WORK/pki, which is called ENDPOINT; made once in each process. people_deployed: with
# a finished deployment, and turned on.
people_account() {
  local network
  made_pki
  if [[ ! -s $WORK/once/people.url ]]; then
    network=$(aws ec2 describe-subnets --subnet-ids "$(subnet 1)" --query 'Subnets[0].VpcId' --output text)
    aws ec2 create-client-vpn-endpoint --client-cidr-block 10.254.0.0/22 --server-certificate-arn "$(acm_of_pki)" --connection-log-options Enabled=false --vpc-id "$network" \
      --security-group-ids "$(default_group "$network")" \
      --authentication-options "Type=certificate-authentication,MutualAuthentication={ClientRootCertificateChainArn=$(acm_of_pki)}" >/dev/null
    aws ec2 delete-client-vpn-endpoint --client-vpn-endpoint-id "$ENDPOINT" >/dev/null
    step 120
    endpoint "{\"id\": \"$ENDPOINT\"}"
    aws ec2 authorize-client-vpn-ingress --client-vpn-endpoint-id "$ENDPOINT" --target-network-cidr 0.0.0.0/0 --authorize-all-groups >/dev/null
    copy_of "$AWS_ENDPOINT_URL" >"$WORK/once/people.url"
  fi
  copy "$(<"$WORK/once/people.url")"
}
people_deployed() {
  people_account
  if [[ ! -s $WORK/once/people_deployed.url ]]; then
    deploy 0
    aws events disable-rule --name AWSClientVPN-EveryFiveMinutes
    turn_on "$(subnet 1)"
    copy_of "$AWS_ENDPOINT_URL" >"$WORK/once/people_deployed.url"
  fi
  copy "$(<"$WORK/once/people_deployed.url")"
  faults
}

# people_claimed: as much of a deployment as people.sh looks at, where no function can run: claim, pool, bucket, and the function that names
# them.
people_claimed() {
  local pool
  aws s3api create-bucket --bucket "$(bucket_of)" >/dev/null
  pool=$(aws cognito-idp create-user-pool --pool-name vpn-on-demand --username-attributes email --query UserPool.Id --output text)
  aws ec2 create-tags --resources "$ENDPOINT" --tags Key=vpn-on-demand:installation,Value=default
  aws iam create-role --role-name people --assume-role-policy-document '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}' >/dev/null
  step 60
  aws lambda create-function --function-name AWSClientVPN-AssociatingSubnets --runtime provided.al2023 --handler bootstrap --role arn:aws:iam::123456789012:role/people \
    --zip-file "fileb://$WORK/packages/associator.zip" --environment "Variables={VPN_OIDC_ISSUER=https://cognito-idp.us-east-1.amazonaws.com/$pool,VPN_PROFILES_BUCKET=$(bucket_of)}" >/dev/null
  aws logs create-log-group --log-group-name /aws/lambda/AWSClientVPN-AssociatingSubnets
}

# joins NAME [FILE]: whether a device with this certificate gets in: true or false.
joins() {
  panel clients "{\"common_name\": \"$1\", \"serial\": \"$(serial_of "${2:-$WORK/pki/issued/$1.crt}")\"}" >"$WORK/joined.json"
  jq -r .connected "$WORK/joined.json"
}
connected() {
  aws ec2 describe-client-vpn-connections --client-vpn-endpoint-id "$ENDPOINT" --query "Connections[?Status.Code=='active'].CommonName" --output text | tr '\t' '\n' | sort | paste -s -d ' '
}
# listed: the serials in the list that AWS has.
listed() {
  aws ec2 export-client-vpn-client-certificate-revocation-list --client-vpn-endpoint-id "$ENDPOINT" --output json | jq -r '.CertificateRevocationList // ""' >"$WORK/there.pem"
  ! grep -q . "$WORK/there.pem" || openssl crl -noout -text -in "$WORK/there.pem" | sed -nE 's/^ *Serial Number: *//p' | sort
}
pool_of() { aws cognito-idp list-user-pools --max-results 60 --query 'UserPools[0].Id' --output text; }
user_of() { aws cognito-idp admin-get-user --user-pool-id "$(pool_of)" --username "$1" --query '[Enabled, UserStatus]' --output text | tr '\t' ' '; }

case_people() {
  local planned text serials copied
  people_deployed
  people 0 add alice --device ipad --device phone --email Alice@example.com --dry-run
  planned=$(changes 'Changes, in this order:')
  [[ ! -e $WORK/pki/people.tsv && ! -e $WORK/pki/issued/alice && ! -e $WORK/pki/profiles ]]
  people 1 add alice --device ipad
  has 'nobody is there to confirm'
  is 'writes until then' 0 "$(writes)"
  people 0 add alice --device ipad --device phone --email Alice@example.com --yes
  is 'planned and made' "$planned" "$(changes 'Changing:')"
  grep -qE "^alice/ipad: $WORK/pki/profiles/alice/ipad.ovpn, good for $ALL_DAYS days" "$WORK/out"
  is 'writes' 1 "$(writes)"
  is 'what others may read' '' "$(open_modes)"
  is 'the sign-in' 'True FORCE_CHANGE_PASSWORD' "$(user_of alice@example.com)"
  CHECKED=$WORK/pki/profiles/alice/phone.ovpn check 0 --directory "$WORK/pki"
  # The same name twice; another device of hers is none.
  planned=$(state)
  faults
  people 1 add alice --device ipad --email alice@example.com --yes
  has 'alice has all this already'
  is 'the directory' "$planned" "$(state)"
  is 'writes' 0 "$(writes)"
  people 0 add alice --device mac --yes --client aws --inactive 1800:1000
  is 'its last line' 'inactive 1800 1000' "$(tail -1 "$WORK/pki/profiles/alice/mac.ovpn")"
  people 0 add bob --device ipad --yes
  is 'bob joins' true "$(joins bob/ipad)"
  is 'alice joins' true "$(joins alice/ipad)"
  line AssociatingSubnets "{\"message\": \"audit\", \"level\": \"INFO\", \"audit.action\": \"associate\", \"audit.trigger\": \"opening\", \"audit.outcome\": \"accepted\",
    \"audit.subject\": \"$(aws cognito-idp admin-get-user --user-pool-id "$(pool_of)" --username alice@example.com --query "UserAttributes[?Name=='sub'].Value" --output text)\"}"
  faults
  people 0 list
  for text in 'alice, sign-in alice@example.com, enabled, turned the VPN on last on 20' 'bob, no sign-in' 'connected since 20' 'AWS has no revocation list.'; do has "$text"; done
  grep -qE "^  alice/phone +$ALL_DAYS days left  [0-9A-F]+  not connected$" "$WORK/out"
  is 'writes' 0 "$(writes)"
  # Disconnected only, she is back; by the id, since there is no username.
  people 0 disconnect alice --yes
  has 'end 1 connection(s) of alice'
  is 'connected' bob/ipad "$(connected)"
  people 0 disconnect alice --yes
  has 'none: alice is not connected.'
  is 'alice joins' true "$(joins alice/ipad)"
  people 0 disconnect --all --yes
  is 'connected' '' "$(connected)"
  is 'alice joins' true "$(joins alice/ipad)"
  is 'bob joins' true "$(joins bob/ipad)"
  people_removed
}

# people_removed: alice, of the account that case_people has come to.
people_removed() {
  local planned text serials copied=$WORK/copied.crt
  cp "$WORK/pki/issued/alice/ipad.crt" "$copied"
  serials=$(for text in ipad mac phone; do serial_of "$WORK/pki/issued/alice/$text.crt"; done | sort)
  faults
  people 0 remove alice --dry-run
  planned=$(changes 'Changes, in this order:')
  has "AWS ENDS EVERYBODY'S CONNECTIONS; who is not revoked is back by herself within a minute"
  people 1 remove alice
  is 'writes until then' 0 "$(writes)"
  people 0 remove alice --yes
  is 'planned and removed' "$planned" "$(changes 'Changing:')"
  is 'the order at AWS' 'AdminDisableUser AdminUserGlobalSignOut ImportClientVpnClientCertificateRevocationList' "$(log | jq -r '[.calls[] | select(.write) | .operation | split(":")[1]] | join(" ")')"
  is 'the list at AWS' "$serials" "$(listed)"
  is 'who is connected' '' "$(connected)"
  is 'alice joins' false "$(joins alice/ipad "$copied")"
  is 'bob joins' true "$(joins bob/ipad)"
  is 'the sign-in' 'False FORCE_CHANGE_PASSWORD' "$(user_of alice@example.com)"
  for text in 'Removed: alice' 'alice@example.com is disabled and signed out' '3 revoked' 'the list is active, with 3 certificate(s)' 'importing the list had ended all'; do has "$text"; done
  is 'files of hers' '' "$(find "$WORK/pki/profiles" "$WORK/pki/private" "$WORK/pki/issued" -path '*alice*')"
  people 0 list
  has 'alice, sign-in alice@example.com, disabled'
  has 'no certificate that lets anybody in'
  has "AWS's revocation list: 3 certificate(s), active"
  # Twice, and nothing changes: bob stays connected.
  text=$(state)
  faults
  people 1 remove alice --yes
  has 'alice is removed already'
  is 'writes' 0 "$(writes)"
  is 'the directory' "$text" "$(state)"
  is 'who is connected' bob/ipad "$(connected)"
  people_entities
  # She comes back, with new certificates; the old ones stay out.
  people 0 add alice --device ipad --email alice@example.com --yes
  is 'the sign-in' 'True FORCE_CHANGE_PASSWORD' "$(user_of alice@example.com)"
  is 'alice joins' true "$(joins alice/ipad)"
  is 'with the old one' false "$(joins alice/ipad "$copied")"
  # Somebody whose sign-in was not made here.
  aws cognito-idp admin-create-user --user-pool-id "$(pool_of)" --username bob@example.com >/dev/null
  people 1 remove bob --email alice@example.com --yes
  has 'is that of alice'
  people 0 remove bob --email bob@example.com --yes
  is 'the sign-in' 'False FORCE_CHANGE_PASSWORD' "$(user_of bob@example.com)"
  is 'who is connected' '' "$(connected)"
}

# What is wrong changes nothing.
case_people_refused() {
  local text before other
  people_account
  people 0 add bob --device ipad --yes
  before=$(state)
  faults
  for text in ../x a/b 'a b' $'a\nb' Alice vpn.example.com.key ''; do
    people "$([[ -n $text ]] && echo 1 || echo 2)" add "$text" --device ipad --yes
  done
  people 1 add ../x --device ipad --yes
  has '"../x" is no name of a person'
  people 1 add vpn.example.com --device ipad --yes
  has "is the server's name"
  for text in ../x ./bob 'ipad' -x vpn.example.com; do
    for other in remove profile disconnect; do
      people "$([[ $text == -x ]] && echo 2 || echo 1)" "$other" "$text" --yes
    done
  done
  has_not 'to put right'
  people 1 remove carol --yes
  has 'nobody is called "carol"'
  people 1 profile bob --device mac
  has 'bob has no device "mac"'
  people 1 add bob --device ../mac --yes
  has 'is no PERSON/DEVICE'
  people 1 add carol --email carol@example.com --yes
  has 'there is no page to sign in to: nothing is deployed'
  for text in 'add carol' 'add carol --device x --device x' 'add carol --email carol' 'disconnect' 'disconnect bob --all' 'remove' 'remove bob --device x' 'list bob' 'profile bob --all' \
    'list --yes' 'remove bob --endpoint x' 'add carol --device ipad --client ios' 'list --no-such' 'add carol --new-certificate'; do
    # shellcheck disable=SC2086 # words
    people 2 $text
  done
  people 1 add carol --device ipad --inactive 15m --yes
  has 'expected SECONDS:BYTES'
  people 1 list --endpoint cvpn-endpoint-0
  has 'lets in the people of another CA'
  # The first of thousands is known too.
  (umask 077 && awk 'BEGIN {for (i = 0; i < 20000; i++) printf "a%05d\ta%05d@example.com\tin\n", i, i}' >"$WORK/pki/people.tsv")
  people 1 profile a00000
  has 'a00000 has no device with a certificate'
  rm "$WORK/pki/people.tsv"
  is 'the directory' "$before" "$(state)"
  is 'writes' 0 "$(writes)"
  # No CA; the CA of another endpoint.
  mv "$WORK/pki/ca.crt" "$WORK/ca.crt"
  for other in 'remove bob --yes' list 'disconnect --all --yes'; do
    # shellcheck disable=SC2086 # words
    people 1 $other
    has 'there is no CA in'
  done
  mv "$WORK/ca.crt" "$WORK/pki/ca.crt"
  AWS_ACCESS_KEY_ID=ENDPOINT "$INFRA/endpoint/people.sh" list --directory "$WORK/none" >"$WORK/out" 2>&1 && return 1
  has 'is no directory of pki.sh'
  copy "$(<"$WORK/once/made.url")"
  faults
  people 1 remove bob --yes
  has 'no endpoint in us-east-1 lets in the people of the CA'
  is 'the directory' "$before" "$(state)"
  is 'writes' 0 "$(writes)"
}

# people_entities: what the connect policy reads, of the account that case_people has come to; deploy.sh ships it.
people_entities() {
  is 'the entities' '["alice/ipad lost-devices person/alice","alice/mac lost-devices person/alice","alice/phone lost-devices person/alice","bob/ipad devices person/bob"]' \
    "$(jq -c '[.[] | select(.uid.type == "Device") | "\(.uid.id) \([.parents[].id] | join(" "))"]' "$WORK/pki/entities.json")"
  setting CONNECT_ENTITIES "$WORK/pki/none.json"
  deploy 1 --only connect
  has 'CONNECT_ENTITIES='
  setting CONNECT_ENTITIES "$WORK/pki/entities.json"
  deploy 0 --only connect
  has 'replace the code of AWSClientVPN-ConnectHandler'
  deploy 0 --only connect
  has 'none: everything is as the settings say'
  aws lambda get-function --function-name AWSClientVPN-ConnectHandler --qualifier live --query Configuration.CodeSha256 --output text >"$WORK/digest"
  ask "$AWS_ENDPOINT_URL/_local/code?$(jq -Rr @uri "$WORK/digest")" >"$WORK/shipped.zip"
  "$PYTHON/venv/bin/python" -c 'import sys, zipfile; sys.stdout.write(zipfile.ZipFile(sys.argv[1]).read("policy/entities.json").decode())' "$WORK/shipped.zip" | cmp - "$WORK/pki/entities.json"
  is 'bob joins, asked of the handler' true "$(joins bob/ipad)"
  people 0 add erin --device ipad --yes
  has 'does not know of this yet: infra/deploy.sh ships entities.json'
  try 3 status.sh --only connect
  deploy 0 --only connect
  people 0 profile erin --yes
  has 'The connect policy knows of this already.'
}
