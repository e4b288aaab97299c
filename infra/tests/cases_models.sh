# shellcheck shell=bash
# What the AWS CLI must know of AWS, and what is said of one that does not (fact 11.3).
set -Eeuo pipefail

# Every field of every write is in the models of the oldest AWS CLI that is taken, and in the newest.
case_models() {
  fresh
  everything
  deploy 0
  try 0 destroy.sh --yes
  modelled >"$WORK/out"
  has ' in 2 versions'
}

# A CLI that is too old and yet was let through is named as what it is.
case_old_models() {
  fresh
  mkdir -p "$WORK/old"
  cat >"$WORK/old/aws" <<'CLI'
#!/bin/sh
case " $* " in
*' --generate-cli-skeleton '*) ;;
*' set-user-pool-mfa-config '*)
  printf '\nParameter validation failed:\nUnknown parameter in WebAuthnConfiguration: "FactorConfiguration", must be one of: RelyingPartyId, UserVerification\n' >&2
  exit 252
  ;;
esac
PATH=${PATH#*:} exec aws "$@"
CLI
  chmod +x "$WORK/old/aws"
  faults
  PATH=$WORK/old:$PATH deploy 1
  has 'the AWS CLI refuses what was to be sent, and AWS was not asked'
  has 'It is too old'
  has_not 'AWS did not answer'
  # One whose models lack the field is not let through.
  sed -i 's/^\*. --generate-cli-skeleton .*/*" --generate-cli-skeleton "*) echo "{\\"WebAuthnConfiguration\\": {\\"UserVerification\\": \\"\\"}}" \&\& exit ;;/' "$WORK/old/aws"
  faults
  PATH=$WORK/old:$PATH deploy 1
  has 'it does not know WebAuthnConfiguration.FactorConfiguration of cognito-idp set-user-pool-mfa-config'
  is 'calls' 0 "$(log | jq '.calls | length')"
}
