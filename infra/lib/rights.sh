# shellcheck shell=bash
# Which files of infra/iam the caller lacks, when AWS has refused something. Source it through lib.sh.
set -Eeuo pipefail

# What the deployer's rights are written down by, iam/deployer-PURPOSE.json, and of each one read that only it grants.
readonly PURPOSES=(functions watch sign-in balancer)
rights::read_of() {
  case $1 in
  functions) aws::call iam get-role --role-name "$ROLE_ASSOCIATOR" ;;
  watch) aws::call cloudwatch describe-alarms --alarm-names "$ALARM" ;;
  sign-in) aws::call cognito-idp list-user-pools --max-results 1 ;;
  balancer) aws::call elbv2 describe-target-groups --names "$GROUP" ;;
  *) die "internal: nobody reads for $1" ;;
  esac
}

# rights::denied: whether that is what the last call met.
rights::denied() {
  case $AWS_CODE in
  AccessDenied* | UnauthorizedOperation | AuthorizationError | NotAuthorized*) return 0 ;;
  *) return 1 ;;
  esac
}

# rights::grants FILE ACTION RESOURCE: whether the file has this right, of any resource where RESOURCE is empty; of SERVICE:* any
# of its rights. Case does not matter to IAM in actions.
rights::grants() {
  jq -e --arg action "$2" --arg resource "$3" 'any(.Statement[]; any(.Action[]; ascii_downcase
    | . == ($action | ascii_downcase) or (($action | endswith(":*")) and startswith($action | rtrimstr("*"))))
    and any(.Resource[]; . as $pattern | $resource == "" or ($resource
      | test("^" + ($pattern | gsub("(?<c>[.+?()\\[\\]{}|^$\\\\])"; "\\\(.c)") | gsub("\\*"; ".*")) + "$"))))' "$INFRA/iam/$1" >/dev/null
}

# rights::missing SERVICE OPERATION: what to do about a refusal, in TODO: which file has the right that AWS refuses, or the
# operation's where AWS names none; and which other files of the deployer seem to be missing, so that all are named at once.
rights::missing() {
  local action=$1:${2//-/} resource='' files=() lacking=() file purpose code=$AWS_CODE text=$AWS_TEXT
  TODO='You may not do this. Ask for the right that AWS names, then run the same command again.'
  if [[ $text =~ (explicit\ deny\ in\ an?|no)\ (permissions\ boundary|service\ control\ policy|resource\ control\ policy|session\ policy) ]]; then
    TODO="A ${BASH_REMATCH[2]} forbids this, whatever else is attached. Ask whoever keeps it, then run the same command again."
    return 0
  fi
  if [[ $text == *'explicit deny in a resource-based policy'* ]]; then
    TODO='The policy of the thing itself forbids this to everybody. Whoever may change it must take that away, the root user if nobody else; then run the same command again.'
    return 0
  fi
  action=${action/#elbv2:/elasticloadbalancing:}
  # Its operations and rights have different names.
  [[ $1 != s3api ]] || action='s3:*'
  if [[ $text =~ authorized\ to\ perform:\ ([A-Za-z0-9-]+:[A-Za-z]+)(\ on\ resource:\ ([^ ]+))? ]]; then
    action=${BASH_REMATCH[1]} resource=${BASH_REMATCH[3]-}
  fi
  files=("$CALLER.json")
  if [[ $CALLER == egress-provider ]]; then files+=(egress-provider-network.json); fi
  if [[ $CALLER == deployer ]]; then files=("${PURPOSES[@]/#/deployer-}") && files=("${files[@]/%/.json}"); fi
  for file in "${files[@]}"; do
    if rights::grants "$file" "$action" "$resource"; then lacking+=("iam/$file"); fi
  done
  # AWS may name the resource in another way than our patterns do.
  if ((${#lacking[@]} == 0)); then
    for file in "${files[@]}"; do
      if rights::grants "$file" "$action" ''; then lacking+=("iam/$file"); fi
    done
  fi
  # Before it is known who asks, or where, nothing else can be asked.
  if [[ $CALLER == deployer && -n $NAME ]]; then
    for purpose in "${PURPOSES[@]}"; do
      file=iam/deployer-$purpose.json
      if [[ " ${lacking[*]-} " != *" $file "* ]] && ! rights::read_of "$purpose" && rights::denied; then lacking+=("$file"); fi
    done
  fi
  AWS_CODE=$code AWS_TEXT=$text
  ((${#lacking[@]} == 0)) || TODO="You may not do this. Have these files of infra attached as they are (README.md), then run the same command again: ${lacking[*]}"
}
