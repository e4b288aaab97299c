# shellcheck shell=bash
# Sources everything, in the order in which it is needed, and starts a script. Use: source lib/lib.sh
set -Eeuo pipefail
# Anew in a bash that takes no functions, options and paths from outside (-p), and is not the one of POSIX: there our
# functions could not be called so. See environment.sh.
if [[ $- != *p* || -o posix ]]; then
  unset -v POSIXLY_CORRECT
  exec -a bash "$BASH" -p "$0" "$@"
fi
# shellcheck source=lib/bash.sh
source "$(dirname "${BASH_SOURCE[0]}")/bash.sh"
shopt -s inherit_errexit
# Bytes, whatever the terminal speaks. No name that is read from somewhere is a pattern for files.
export LC_ALL=C
set -o noglob

readonly TAG=vpn-on-demand:installation
readonly TAG_ADOPTED=vpn-on-demand:adopted
readonly TAG_PREVIOUS=vpn-on-demand:previous-connect
# On an endpoint that endpoint.sh made, whose it is; its claim by an installation is TAG.
readonly TAG_MADE=vpn-on-demand:made-by
# On an endpoint, since when its revocation list is not at AWS (endpoint/people.sh): AWS refused it.
# shellcheck disable=SC2034 # endpoint/people.sh and status.sh read it
readonly TAG_LIST=vpn-on-demand:list-not-at-aws
readonly TAG_RECORD=vpn-on-demand:record
readonly TAG_LISTENER=vpn-on-demand:listener
# Days that logs are kept.
readonly LOG_DAYS=90
# The exit status of what ran, and found or left something to be done.
readonly TO_BE_DONE=3

INFRA=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly INFRA
# Seconds between two looks while waiting.
readonly POLL=${VPN_POLL_SECONDS:-5}
# Seconds until waiting is given up: AWS takes 2 to 10 minutes to associate, and as long to disassociate.
readonly WAIT=${VPN_WAIT_SECONDS:-1800}

# Where the functions are.
ROOT=$(cd "$INFRA/.." && pwd)
readonly ROOT

# What the command line may change.
SETTINGS=$INFRA/settings.env
YES=false
DRY_RUN=false
# Whose rights these are: iam/deployer-*.json or, in status.sh, iam/operator.json; in endpoint, iam/endpoint.json.
CALLER=deployer
QUIET=false
FORGET_ROUTES=true
# What a script has of its own for changes::make.
NOTHING='' QUESTION='' BEFORE_CHANGING=''
ADOPT=()
FOUND=()
# What the plan takes away and nothing brings back.
GONE=()
PARTITION=aws
ACCOUNT=''

# shellcheck source=lib/output.sh
source "$INFRA/lib/output.sh"
# shellcheck source=lib/environment.sh
source "$INFRA/lib/environment.sh"
# shellcheck source=lib/aws.sh
source "$INFRA/lib/aws.sh"
# shellcheck source=lib/rights.sh
source "$INFRA/lib/rights.sh"
# shellcheck source=lib/adopt.sh
source "$INFRA/lib/adopt.sh"
# shellcheck source=lib/settings.sh
source "$INFRA/lib/settings.sh"
# shellcheck source=lib/spans.sh
source "$INFRA/lib/spans.sh"
# shellcheck source=lib/checks.sh
source "$INFRA/lib/checks.sh"
# shellcheck source=lib/endpoint.sh
source "$INFRA/lib/endpoint.sh"
# shellcheck source=lib/init.sh
source "$INFRA/lib/init.sh"
# shellcheck source=lib/topics.sh
source "$INFRA/lib/topics.sh"
# shellcheck source=lib/roles.sh
source "$INFRA/lib/roles.sh"
# shellcheck source=lib/packages.sh
source "$INFRA/lib/packages.sh"
# shellcheck source=lib/profiles.sh
source "$INFRA/lib/profiles.sh"
# shellcheck source=lib/functions.sh
source "$INFRA/lib/functions.sh"
# shellcheck source=lib/watch.sh
source "$INFRA/lib/watch.sh"
# shellcheck source=lib/connect.sh
source "$INFRA/lib/connect.sh"
# shellcheck source=lib/sign_in.sh
source "$INFRA/lib/sign_in.sh"
# shellcheck source=lib/security_group.sh
source "$INFRA/lib/security_group.sh"
# shellcheck source=lib/balancer.sh
source "$INFRA/lib/balancer.sh"
# shellcheck source=lib/certificate.sh
source "$INFRA/lib/certificate.sh"
# shellcheck source=lib/rules.sh
source "$INFRA/lib/rules.sh"
# shellcheck source=lib/dns.sh
source "$INFRA/lib/dns.sh"

# In the order of deploying: what turns off is complete before anything can turn on. destroy.sh goes backwards.
# shellcheck disable=SC2034 # package.sh has no steps
readonly STEPS=(claim certificate topics disassociator watch notices dashboard connect sign_in balancer profiles associator dns rules)

# sha256 FILE: its digest, in hexadecimal digits.
sha256() { openssl dgst -sha256 "$1" | sed 's/.*= *//'; }

# start: strict mode, a directory for files that only we can read, and the tools.
start() {
  start_here
  environment::cli
  checks::tools
}

# start_here: the same for what asks AWS nothing, and needs no AWS CLI.
start_here() {
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/vpn-on-demand.XXXXXX")
  trap 'start::end' EXIT
  trap 'output::bug "$?" "$BASH_COMMAND"' ERR
  environment::shell
}

# Whoever asks AWS ahead is not left behind by Ctrl-C.
start::end() {
  local pid
  for pid in $(jobs -pr); do kill "$pid" 2>/dev/null || true; done
  rm -rf -- "$WORK"
}

# identity: says who acts where; nothing is read from AWS before that.
identity() {
  local identity
  aws::read sts get-caller-identity
  ACCOUNT=$(json .Account)
  identity=$(json .Arn)
  [[ $ACCOUNT =~ ^[0-9]{12}$ && $identity =~ ^arn:(aws[a-z-]*): ]] || die "AWS does not say who these credentials are of, but account \"$(brief "$ACCOUNT")\"" 'Look at what AWS_ENDPOINT_URL and the AWS CLI are set to.'
  PARTITION=${BASH_REMATCH[1]}
  note "As:           $identity"
  note "Account:      $ACCOUNT"
  note "Region:       $REGION"
  [[ -z ${AWS_ENDPOINT_URL-} ]] || note "Sent to:      $AWS_ENDPOINT_URL (AWS_ENDPOINT_URL)"
}

# target: reads the settings, says who acts where.
target() {
  settings::read "$SETTINGS"
  settings::check
  # Where is not known: nothing can be asked.
  settings::right REGION || problems::stop
  identity
  settings::names
  settings::right INSTALLATION || NAME='(wrong)'
  note "Installation: $NAME"
  note "Endpoint:     ${ENDPOINT_ID:-(wrong)}"
  same_account
}

# same_account: of another account nothing is read.
same_account() {
  if [[ -n $ACCOUNT_ID && $ACCOUNT_ID != "$ACCOUNT" ]]; then
    problem "these credentials are of account $ACCOUNT, and ACCOUNT_ID=$ACCOUNT_ID" 'Sign in to the other account, or correct ACCOUNT_ID.'
    WRONG[ACCOUNT_ID]=1
  fi
  settings::right ACCOUNT_ID || problems::stop
}

# option::value OPTION [VALUE...]: that the option has one. What looks like another option is none.
option::value() {
  [[ $# -gt 1 && -n ${2-} && ${2-} != -* ]] || usage_error "$1 needs a value"
}

# option::step NAME: that there is such a step.
option::step() {
  local step
  for step in "${STEPS[@]}"; do [[ $step != "$1" ]] || return 0; done
  usage_error "no step is called $1"
}

# pass MODE PREFIX STEP...: goes through steps once. Everything is found anew. What is applied is counted against the plan before it.
pass() {
  local prefix=$2 step number=0
  MODE=$1
  PLANNED=0
  if [[ $MODE == apply ]]; then PLANNED=$CHANGES; fi
  shift 2
  CHANGES=0
  sign_in::forget
  balancer::forget
  certificate::forget
  for step in "$@"; do
    STEP=$step number=$((number + 1))
    [[ $QUIET == false ]] || progress "looking at $number of $# parts: $step"
    DIFFERENCES=''
    "${prefix}_$step"
  done
  STEP=''
}

goes_for_good() { if [[ $MODE == plan ]]; then GONE+=("$1"); fi; }

# cost::jq ARGUMENTS...: jq for what is reckoned of prices: with $prices, and what is billed by these settings.
cost::jq() {
  jq -L "$INFRA/lib" --argjson prices "$(<"$INFRA/prices.json")" --arg region "$REGION" --arg subnets "$SUBNET_IDS" --arg balancer_subnets "$ALB_SUBNET_IDS" \
    --arg listener "$LISTENER_ARN" --argjson ends "$([[ -n $OUR_CERTIFICATE ]] && echo 2 || echo 0)" "$@"
}

# changes::make ensure|ensure_removed STEP...: shows what would change, asks, and does it; with --dry-run the script ends before it
# asks. Whether anything was to be changed, in MADE. A script may have its own words for NOTHING and the QUESTION, more to say in a
# function before_asking, and something to do once the answer is yes, which BEFORE_CHANGING names.
changes::make() {
  local list=Changes none=${NOTHING:-none: everything is as the settings say.} doing=Changing
  if [[ $1 == ensure_removed ]]; then list='To be removed' none='nothing: there is nothing of ours.' doing=Removing; fi
  MADE=false
  say
  say "$list, in this order:"
  pass plan "$@"
  problems::stop
  if ((CHANGES == 0)); then
    say "  $none"
    return 0
  fi
  say "$CHANGES change(s)."
  if declare -F before_asking >/dev/null; then before_asking; fi
  if [[ $DRY_RUN == true ]]; then exit 0; fi
  confirm "${QUESTION:-Make $CHANGES change(s)${ACCOUNT:+ in account $ACCOUNT, $REGION}?}"
  ${BEFORE_CHANGING:-:}
  say
  say "$doing:"
  pass apply "$@"
  problems::stop
  say "$CHANGES change(s) made."
  # shellcheck disable=SC2034 # deploy.sh reads it
  MADE=true
}

# changes::find STEP...: quietly what ensure would change: that is missing, or was changed. In FOUND; what is somebody else's in PROBLEMS.
changes::find() {
  QUIET=true
  FOUND=()
  pass plan ensure "$@"
  progress ''
  QUIET=false
}

# changes::left SCRIPT AS [TEXT...]: how a status ends: all that is left to do, with SCRIPT's part of it, and whether there is any in the
# exit status. AS is what it is held against.
changes::left() {
  local text script=$1 as=$2
  shift 2
  say
  if (($# == 0)); then
    say "Everything is as $as."
    return 0
  fi
  say "Missing, or not as $as ($script ensure mends what is ours):"
  for text; do say "  - $text"; done
  exit "$TO_BE_DONE"
}
