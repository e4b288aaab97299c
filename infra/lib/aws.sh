# shellcheck shell=bash
# The AWS CLI: reads that can tell absent from forbidden, and the one gate for writes. Source it through lib.sh.
set -Eeuo pipefail

# The last call, its answer, and the last error's code and text.
AWS_CALLED=()
AWS_OUT=''
AWS_CODE=''
AWS_TEXT=''

# plan: reads, compares and says what would change. apply: does it.
MODE=plan
# How many changes this pass has made, or would make; and how many were planned, where the plan is being carried out.
CHANGES=0
PLANNED=0
# The differences that belong to the next change.
DIFFERENCES=''

# The directory of an endpoint's CA (endpoint/lib/directory.sh), whose files may be sent; the user's variable of that name is none.
PKI=''

# What has no identifier yet while planning. Reads that mention it find nothing.
readonly NOT_YET='(known-after-creation)'

# aws::words SERVICE OPERATION [--OPTION VALUE]...: what the CLI is to be given, in WORDS. No value can become an option,
# since each is joined to its own, nor an address: the CLI sends or reads what stands at "file://" and "http://", so only
# our own files may be named so. Names that AWS answered are values like any others. Several values are one JSON list.
# The input of writes stands alone: only so does CLI v1 see that no other option is required.
aws::words() {
  WORDS=("--region=$REGION" "$1" "$2")
  shift 2
  while (($# > 0)); do
    case $1 in
    # The one option without a value, and the one file without an option (lambda invoke).
    --recursive | "$WORK"/*)
      WORDS+=("$1")
      shift
      continue
      ;;
    --[a-z]*) ;;
    *) die "internal: \"$1\" is not an option of the AWS CLI" ;;
    esac
    case $2 in
    "file://$WORK"/* | "fileb://$WORK"/* | "fileb://${PACKAGES:-$WORK}"/* | "fileb://${PKI:-$WORK}"/*)
      [[ $2 != *[\$~%]* ]] || die "the AWS CLI would take a part of the name ${2#*//} for a variable" 'Use directories (TMPDIR, --packages, --directory) without $, ~ and % in their names.'
      ;;
    [Ff][Ii][Ll][Ee]://* | [Ff][Ii][Ll][Ee][Bb]://* | [Hh][Tt][Tt][Pp]://* | [Hh][Tt][Tt][Pp][Ss]://*)
      die "\"$(brief "$2")\" cannot be the value of $1: the AWS CLI would fetch it" 'Nothing was sent. Correct the setting, or rename what AWS calls so.'
      ;;
    *) ;;
    esac
    if [[ $1 == --cli-input-json ]]; then WORDS+=("$1" "$2"); else WORDS+=("$1=$2"); fi
    shift 2
  done
}

# aws::call SERVICE OPERATION [--OPTION VALUE]...: fails when AWS says no; the code is then in AWS_CODE.
aws::call() {
  AWS_CODE='' AWS_TEXT='' AWS_CALLED=("$1" "$2")
  aws::words "$@"
  if [[ -n $AHEAD ]]; then
    aws::once || return 1
  elif ! AWS_OUT=$(aws --output json "${WORDS[@]}" 2>"$WORK/stderr"); then
    aws::error
    return 1
  fi
}

# Where the answers are that are asked for ahead; '' where each call is made when it is needed. So many at once: each AWS CLI takes
# 60 MB and more.
AHEAD=''
AHEAD_ENDED=true
readonly AT_ONCE=8

# aws::ahead COMMAND...: each COMMAND in a process of its own, several at once, and only for AWS's answers, which aws::call finds
# afterwards: for scripts that only read, and would wait for one answer after the other. Nothing depends on it: what a COMMAND
# says, sets or fails with is gone, and what nobody asked for ahead is asked for when it is needed.
aws::ahead() {
  local command number=0
  AHEAD=$WORK/ahead AHEAD_ENDED=false
  mkdir "$AHEAD"
  mkfifo "$AHEAD/never"
  for command in "$@"; do
    number=$((number + 1))
    progress "asking AWS about $number of $# parts"
    while (($(jobs -pr | wc -l) >= AT_ONCE)); do wait -n || true; done
    # shellcheck disable=SC2086 # a command and its words
    aws::apart "$AHEAD/of-$number" $command </dev/null >/dev/null 2>&1 &
  done
  wait
  AHEAD_ENDED=true
}

# aws::apart DIRECTORY COMMAND...: with files of its own.
aws::apart() {
  local WORK=$1
  mkdir "$WORK"
  "${@:2}"
}

# aws::once: what was, or is being, answered to these WORDS; where nobody has asked yet, asks.
aws::once() {
  local answer
  answer=$(printf '%s\0' "${WORDS[@]}" | openssl dgst -sha256)
  answer=$AHEAD/${answer##* }
  if mkdir "$answer" 2>/dev/null || [[ $AHEAD_ENDED == true && (! -e $answer/done || -e $answer/none) ]]; then
    rm -f -- "$answer/none"
    if aws --output json "${WORDS[@]}" >"$answer/out" 2>"$answer/stderr"; then
      : >"$answer/right"
    elif ! grep -q ') when calling' "$answer/stderr"; then
      # Not from AWS: whoever needs it asks again.
      : >"$answer/none"
    fi
    : >"$answer/done"
  fi
  # A tenth of a second: nobody writes there.
  until [[ -e $answer/done ]]; do read -rt 0.1 <>"$AHEAD/never" || true; done
  if [[ -e $answer/right ]]; then
    AWS_OUT=$(<"$answer/out")
    return 0
  fi
  cp "$answer/stderr" "$WORK/stderr"
  aws::error
  return 1
}

# aws::error: what the CLI said, in AWS_TEXT; AWS's code in it, in AWS_CODE.
aws::error() {
  AWS_CODE='' AWS_TEXT=$(<"$WORK/stderr")
  if [[ $AWS_TEXT =~ \(([A-Za-z0-9._]+)\)\ when\ calling ]]; then
    AWS_CODE=${BASH_REMATCH[1]}
  fi
}

# aws::failed DOING: ends the script with AWS's own words and what to do next.
aws::failed() {
  local todo
  if rights::denied; then
    rights::missing "${AWS_CALLED[@]}"
    die "$AWS_CODE while $1${STEP:+ (step $STEP)}" "AWS: ${AWS_TEXT//$'\n'/ }" "$TODO"
  fi
  if [[ $AWS_TEXT =~ Unknown\ parameter\ in\ |Parameter\ validation\ failed|Unknown\ options:|[Ii]nvalid\ choice ]]; then
    die "the AWS CLI refuses what was to be sent, and AWS was not asked, while $1${STEP:+ (step $STEP)}" "It says: ${AWS_TEXT//$'\n'/ }" \
      "It is too old, or reads other models (AWS_DATA_PATH). Install AWS CLI $LEAST_AWS_1 or $LEAST_AWS_2, or newer, then run the same command again: it goes on from here."
  fi
  case $AWS_CODE in
  Throttling* | RequestLimitExceeded | TooManyRequests* | SlowDown | ServiceUnavailable* | ServiceException | Internal*)
    todo='AWS is busy or has a fault. Wait a minute and run the same command again: it goes on from here.'
    ;;
  ExpiredToken* | InvalidClientTokenId | UnrecognizedClient* | SignatureDoesNotMatch)
    todo='Your credentials are not valid (any more). Sign in again, then run the same command again.'
    ;;
  '') todo='AWS did not answer. Check network, credentials and the AWS CLI, then run the same command again.' ;;
  *) todo='Put right what AWS names, then run the same command again: it goes on from here.' ;;
  esac
  die "${AWS_CODE:-no answer from AWS} while $1${STEP:+ (step $STEP)}" "AWS: ${AWS_TEXT//$'\n'/ }" "$todo"
}

# aws::read ARGUMENTS...: what must be there; the answer is in AWS_OUT.
aws::read() {
  aws::call "$@" || aws::failed "reading: $1 $2"
}

# aws::find CODES ARGUMENTS...: succeeds when it is there; fails only when AWS's code is one of CODES ("A|B"), word for
# word. Whatever else AWS says ends the script: forbidden is not absent.
aws::find() {
  local codes=$1
  shift
  if [[ $* == *"$NOT_YET"* ]]; then
    AWS_OUT=''
    return 1
  fi
  if aws::call "$@"; then return 0; fi
  [[ -n $AWS_CODE && "|$codes|" == *"|$AWS_CODE|"* ]] || aws::failed "reading: $1 $2"
  AWS_OUT=''
  return 1
}

# json FILTER|-f FILE [JQ ARGUMENTS...]: from AWS_OUT, raw.
json() {
  if [[ $1 == -f ]]; then
    jq -r "${@:3}" -f "$2" <<<"$AWS_OUT"
  else
    jq -r "${@:2}" "$1" <<<"$AWS_OUT"
  fi
}

# What AWS may tell in another order, or a policy in other words: no list that is compared here means anything by its order
# (README.md has the table), and one value is the same as a list of it (fact 11.7).
readonly AS_COMPARED='walk(if type == "array" then sort | if length == 1 then .[0] else . end elif . == {AWS: "*"} then "*" else . end)'

# same WHAT WANTED CURRENT: whether two JSON texts mean the same; if not, the difference is shown with the next change.
same() {
  local wanted current
  wanted=$(jq -S "$AS_COMPARED" <<<"$2")
  current=$(jq -S "$AS_COMPARED" <<<"$3")
  if [[ $wanted == "$current" ]]; then return 0; fi
  # Of what is new, the change itself says enough.
  [[ $current != null ]] || return 1
  DIFFERENCES+=$(diff -U2 --label "$1, now" --label "$1, wanted" <(printf '%s\n' "$current") <(printf '%s\n' "$wanted") || true)$'\n'
  return 1
}

# change WHAT JSON SERVICE OPERATION [ARGUMENTS...]: a write. JSON is
# the operation's input ('' for none): in a file, because CLI v1 fetches arguments that look like addresses, and because
# arguments can be seen by others.
change() {
  change_with "$1" change::send "${@:2}"
}

# change_patiently TEXTS WHAT JSON SERVICE OPERATION...: the same, tried again as `patiently` does.
change_patiently() {
  change_with "$2" patiently "$1" change::send "${@:3}"
}

# What AWS does not know of at once (fact 11.5): its words, and what is waited for.
readonly NEW_ROLE='cannot be assumed' NEW_RIGHTS='does not have permissions to call' NEW_PERMISSION='does not have permission to invoke' \
  NEW_DOMAIN='is not associated with the provided user pool' OLD_RULES=TargetGroupAssociationLimit \
  RULES_UNDER_WAY=ConcurrentMutationLimitExceeded GROUP_IN_USE='is currently in use by a listener or a rule' INTERFACES=DependencyViolation ENDPOINT_INTERFACES='has a dependent object' CERTIFICATE_IN_USE=ResourceInUseException \
  NETWORK_IN_USE='has dependencies and cannot be deleted' ADDRESSES_MAPPED='has some mapped public address' NEW_PROFILE='Invalid IAM Instance Profile name' ASSOCIATIONS_LEFT='associated' \
  FUNCTION_NEW='is currently in the following state: Pending' FUNCTION_IN_UPDATE='An update is in progress for resource'
# Both of a function, which Lambda works on after each change (fact 11.12).
readonly FUNCTION_BUSY="$FUNCTION_NEW|$FUNCTION_IN_UPDATE"
readonly -A WAITED_FOR=(
  ["$NEW_ROLE"]='Lambda to know the new role'
  ["$NEW_RIGHTS"]='the rights of the new role to be in force'
  ["$NEW_PERMISSION"]='the load balancer to know the new permission'
  ["$NEW_DOMAIN"]='the load balancer to know the new sign-in domain'
  ["$OLD_RULES"]='the rules on the other load balancer to be gone'
  ["$GROUP_IN_USE"]='the rules to be gone'
  ["$RULES_UNDER_WAY"]='other changes of the endpoint to be done'
  ["$INTERFACES"]="the load balancer's network interfaces to be gone"
  ["$ENDPOINT_INTERFACES"]="the endpoint's network interfaces to be gone"
  ["$CERTIFICATE_IN_USE"]='the listener to let go of the certificate'
  ["$NETWORK_IN_USE"]='what stands in it to be gone'
  ["$ADDRESSES_MAPPED"]='public addresses in the VPC to be gone'
  ["$NEW_PROFILE"]='the new instance profile to be known'
  ["$ASSOCIATIONS_LEFT"]='endpoints to be cut off'
  ["$FUNCTION_NEW"]='Lambda to have the new function ready'
  ["$FUNCTION_IN_UPDATE"]='Lambda to be done with another update of the function'
)

# patiently TEXTS COMMAND...: tries again for ten minutes while AWS's message has one of TEXTS ("A|B"), and says what for.
patiently() {
  local texts tries text found said=''
  IFS='|' read -ra texts <<<"$1"
  shift
  # Before the first try: afterwards something may be half done.
  for text in "${texts[@]}"; do [[ -n ${WAITED_FOR[$text]-} ]] || die "internal: WAITED_FOR has no words for \"$text\""; done
  for ((tries = 0; tries < 120; tries++)); do
    if "$@"; then return 0; fi
    found=''
    for text in "${texts[@]}"; do [[ $AWS_TEXT != *"$text"* ]] || found=$text; done
    [[ -n $found ]] || return 1
    if [[ $said != *"$found"* ]]; then
      say "      waiting for ${WAITED_FOR[$found]}, for at most ten minutes"
      said+=$found
    fi
    sleep "$POLL"
  done
  return 1
}

# change_with WHAT COMMAND...: THE gate; nothing else in these scripts writes. COMMAND fails as aws::call does.
change_with() {
  change::announce "$1"
  AWS_OUT='{}'
  if [[ $MODE == plan ]]; then return 0; fi
  "${@:2}" || aws::failed "trying to $1"
}

change::announce() {
  CHANGES=$((CHANGES + 1))
  if [[ $QUIET == false ]]; then say "  $([[ $MODE == plan || $PLANNED == 0 ]] || printf '%s/%s ' "$CHANGES" "$PLANNED")[$STEP] $1"; fi
  if [[ $MODE == plan && -n $DIFFERENCES ]]; then
    DIFFERENCES=${DIFFERENCES%$'\n'}
    [[ $QUIET == true ]] || say "      ${DIFFERENCES//$'\n'/$'\n'      }"
  fi
  [[ $QUIET == false ]] || FOUND+=("$STEP: $1")
  DIFFERENCES=''
}

change::send() {
  local input=$1
  shift
  if [[ -n $input ]]; then
    # In ASCII: the CLI reads files in the terminal's encoding, whatever that is.
    jq -a . <<<"$input" >"$WORK/input.json"
    set -- "$1" "$2" --cli-input-json "file://$WORK/input.json" "${@:3}"
  fi
  aws::call "$@"
}

# wait_for WHAT FILTER ARGUMENTS...: reads until the jq FILTER is true, for at most WAIT seconds, and says what for.
wait_for() {
  local what=$1 filter=$2 began=$SECONDS said=false
  shift 2
  [[ $MODE == apply ]] || return 0
  while true; do
    aws::read "$@"
    if jq -e "$filter" >/dev/null <<<"$AWS_OUT"; then return 0; fi
    [[ $said == true ]] || say "      waiting for $what, for at most $((WAIT / 60)) minutes"
    said=true
    ((SECONDS - began < WAIT)) || die "waited $((WAIT / 60)) minutes for $what" 'Look at it in the console, then run the same command again.'
    sleep "$POLL"
  done
}

# owned THING TAGS [INSTEAD]: whether it carries this installation's tag. TAGS is an object. A foreign thing is a problem,
# unless --adopt names it: then TAKE_OVER is true, and the caller keeps what it was and tags it. INSTEAD is what to do
# with what cannot be taken over.
owned() {
  TAKE_OVER=false
  local owner
  owner=$(jq -r --arg key "$TAG" '.[$key] // ""' <<<"$2")
  if [[ $owner == "$NAME" ]]; then return 0; fi
  if [[ -n $owner ]]; then
    problem "$1 belongs to the installation \"$owner\"" 'Choose another INSTALLATION, or remove the other one first.'
  elif [[ " ${ADOPT[*]-} " == *" $1 "* ]]; then
    TAKE_OVER=true
    return 0
  else
    problem "$1 exists and is not ours: it has no tag $TAG" "${3:-Remove it, or take it over: --adopt $1}"
  fi
  return 1
}

# removable THING TAGS: whether destroy may delete it. What was there before us is put back instead.
removable() {
  local owner adopted
  owner=$(jq -r --arg key "$TAG" '.[$key] // ""' <<<"$2")
  adopted=$(jq -r --arg key "$TAG_ADOPTED" '.[$key] // ""' <<<"$2")
  if [[ $owner != "$NAME" ]]; then
    say "  [$STEP] left alone, not ours: $1"
    return 1
  fi
  if [[ -n $adopted ]]; then
    say "  [$STEP] it was there before us (--adopt), and stays: $1"
    [[ $1 != function/* ]] || functions::put_back "${1#function/}"
    adopt::put_back "$1"
    return 1
  fi
}

# is_ours TAGS: whether they have this installation's tag.
is_ours() { [[ $(jq -r --arg key "$TAG" '.[$key] // ""' <<<"$1") == "$NAME" ]]; }

# tags_map / tags_list: AWS writes tags in two ways.
tags_map() { jq '[(. // [])[] | {key: .Key, value: .Value}] | from_entries'; }
own_tags() { jq -n --arg k "$TAG" --arg v "$NAME" '[{Key: $k, Value: $v}]'; }
own_tags_map() { jq -n --arg k "$TAG" --arg v "$NAME" '{($k): $v}'; }
adopted_tags() { jq -n --arg k "$TAG" --arg v "$NAME" --arg a "$TAG_ADOPTED" '[{Key: $k, Value: $v}, {Key: $a, Value: "yes"}]'; }
both_keys() { jq -nc '$ARGS.positional' --args "$TAG" "$TAG_ADOPTED"; }
adopted_tags_map() { jq -n --arg k "$TAG" --arg v "$NAME" --arg a "$TAG_ADOPTED" '{($k): $v, ($a): "yes"}'; }
