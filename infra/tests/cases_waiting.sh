# shellcheck shell=bash
# What AWS is not done with yet.
set -Eeuo pipefail

# Somebody else has just changed a function: Lambda takes no other change until it is done with that (fact 11.12), and the
# scripts wait for it.
case_waiting() {
  local function=AWSClientVPN-AssociatingSubnets busy
  busy="An update is in progress for resource: arn:aws:lambda:us-east-1:123456789012:function:$function"
  deployed
  change_memory "$function" 512
  is 'another change' "$busy" "$({ aws lambda publish-version --function-name "$function" 2>&1 || true; } | sed -n 's/.*(ResourceConflictException).* at this time. //p')"
  is 'how it stands' InProgress "$(aws lambda get-function-configuration --function-name "$function" --query LastUpdateStatus --output text)"
  step 15
  is 'how it stands later' Successful "$(aws lambda get-function-configuration --function-name "$function" --query LastUpdateStatus --output text)"
  change_memory "$function" 1024
  faults
  deploy 0 --only associator
  has 'waiting for Lambda to be done with another update of the function, for at most ten minutes'
  is 'refused by AWS' lambda:UpdateFunctionConfiguration "$(log | jq -r '[.calls[] | select(.write and .status == 409).operation] | unique[]')"
  deploy 0
  has 'none: everything is as the settings say'
  unknown_words
}

# change_memory FUNCTION MEGABYTES
change_memory() { aws lambda update-function-configuration --function-name "$1" --memory-size "$2" >/dev/null; }

# Whoever waits for something without words for it is told before anything is tried.
unknown_words() {
  cat >"$WORK/unknown.sh" <<'SCRIPT'
#!/usr/bin/env bash
source "$LIB/lib.sh"
start
patiently "$NEW_ROLE|no such words" echo tried
SCRIPT
  if LIB=$INFRA/lib bash "$WORK/unknown.sh" >"$WORK/out" 2>&1; then return 1; fi
  has 'WAITED_FOR has no words for "no such words"'
  has_not tried
}
