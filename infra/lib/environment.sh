# shellcheck shell=bash
# What the user's shell and AWS CLI are set to, as far as it changes what these scripts do or read. The table is what is
# done. Source it through lib.sh.
set -Eeuo pipefail

# KIND NAME HOW WHY. Variables and functions of the shell, keys of the CLI's configuration, files of the user's. HOW: "unset";
# "=VALUE"; "option": an argument of ours decides; "variable": one of these variables decides; "dropped": from a copy of
# the configuration; "bash": the shell starts anew without it (lib.sh); "call": we call the program so that it does not look
# there; "refused": named before anything is asked; "left": the user's.
environment::table() {
  cat <<'TABLE'
variable AWS_CLI_ERROR_FORMAT =legacy only so do errors say "(CODE) when calling", fact 11.4
config cli_error_format variable AWS_CLI_ERROR_FORMAT
variable AWS_DEFAULT_OUTPUT option --output
config output option --output
variable AWS_PAGER = nothing waits for a key
config cli_pager variable AWS_PAGER
variable PAGER variable AWS_PAGER
variable LESS variable AWS_PAGER
variable AWS_CLI_AUTO_PROMPT =off nothing asks back
config cli_auto_prompt variable AWS_CLI_AUTO_PROMPT
variable AWS_CLI_FILE_ENCODING =UTF-8 what the CLI reads our inputs in
variable AWS_CLI_OUTPUT_ENCODING =UTF-8 what jq reads the answers in
variable AWS_CLI_UPGRADE_DEBUG_MODE unset CLI 1 would write warnings among its errors
variable AWS_STS_REGIONAL_ENDPOINTS =regional tokens of the global one are not valid in every region
config sts_regional_endpoints variable AWS_STS_REGIONAL_ENDPOINTS
variable AWS_REGION option --region
variable AWS_DEFAULT_REGION option --region
config region option --region
config cli_timestamp_format dropped times as AWS writes them
config cli_binary_format dropped files are named with fileb:// where bytes are meant
config cli_follow_urlparam dropped no value of ours is an address (aws.sh)
config cli_history dropped would keep every answer on disk, secrets among them
config parameter_validation dropped a field that the CLI does not know must fail before anything is sent
config api_versions dropped an older API has other answers
file ~/.aws/cli/alias refused an alias can stand in for a command of AWS's, and nothing turns them off
variable AWS_RETRY_MODE left how often, never what
variable AWS_MAX_ATTEMPTS left how often, never what
config retry_mode left how often, never what
config max_attempts left how often, never what
variable AWS_ENDPOINT_URL left for emulators and private endpoints; it is shown
config endpoint_url left for private endpoints
config services left for private endpoints
variable AWS_IGNORE_CONFIGURED_ENDPOINT_URLS left only whether these count
config use_fips_endpoint left a company's rule
config use_dualstack_endpoint left the network's
config ca_bundle left the network's
variable AWS_CA_BUNDLE left the network's
variable HTTPS_PROXY left the network's
config tcp_keepalive left the network's
variable AWS_PROFILE left who acts; it is shown
variable AWS_DATA_PATH left newer models for an older CLI
config plugins left may be how the user signs in
variable PYTHONWARNINGS unset would write among the CLI's errors, or end it
variable PYTHONINSPECT unset the CLI would wait for input at its end
variable PYTHONVERBOSE unset would write among the CLI's errors
variable PYTHONIOENCODING unset what is no ASCII could not be written
variable PYTHONUTF8 unset what is no ASCII could not be written
variable PYTHONPATH left may be how the CLI is installed
variable LC_ALL =C bytes, whatever the terminal speaks
variable POSIXLY_CORRECT unset there bash knows no names like ours
variable BASH_ENV unset would be run by every bash
variable ENV unset would be run by every sh
variable CDPATH unset "cd" would go elsewhere
variable SHELLOPTS bash
variable BASHOPTS bash
variable BASH_FUNC_aws%% bash functions stand in for programs
variable GLOBIGNORE unset names are no patterns here
variable IFS bash takes none from outside
variable GREP_OPTIONS unset
variable JQ_COLORS unset
file ~/.jq call jq runs with another home
file ~/.curlrc call curl --disable
variable ZIPOPT unset would make other packages
variable ZIP unset would make other packages
variable TMPDIR left the user's; names that the CLI would expand are refused (aws.sh)
variable umask =077 set by start_here
TABLE
}

# environment::keys HOW: the configuration's keys of which this is done, one a line.
environment::keys() { environment::table | awk -v how="$1" '$1 == "config" && $3 == how {print $2}'; }

environment::cli() {
  environment::configuration
  environment::aliases
}

environment::shell() {
  local kind name how
  while read -r kind name how _; do
    [[ $kind == variable && $name != umask ]] || continue
    case $how in
    unset) unset -v "$name" ;;
    =*) export "$name=${how#=}" ;;
    *) ;;
    esac
  done < <(environment::table)
  umask 077
}

# jq runs what stands in ~/.jq before everything else.
jq() { HOME=$WORK command jq "$@"; }

# environment::without FILE: the CLI's configuration without the keys that are dropped, and what is indented below them.
environment::without() {
  awk -v keys="$(environment::keys dropped | tr '\n' ' ')" '
    BEGIN {n = split(keys, list, " "); for (i = 1; i <= n; i++) drop[list[i]] = 1}
    /^[[:space:]]*$/ || /^[#;\[]/ {below = 0; print; next}
    {match($0, /^[[:space:]]*/); indent = RLENGTH; key = $0; gsub(/^[[:space:]]*|[[:space:]]*[=:].*$/, "", key)}
    below && indent > at {next}
    {below = 0}
    tolower(key) in drop {below = 1; at = indent; next}
    {print}' <"$1"
}

# A copy counts where something is dropped. Credentials are not copied: there the user takes it out.
environment::configuration() {
  local file=${AWS_CONFIG_FILE:-\~/.aws/config} secrets=${AWS_SHARED_CREDENTIALS_FILE:-\~/.aws/credentials}
  file=${file/#\~/${HOME-}} secrets=${secrets/#\~/${HOME-}}
  if [[ -f $file && -r $file ]]; then
    environment::without "$file" >"$WORK/config"
    cmp -s "$file" "$WORK/config" || export AWS_CONFIG_FILE=$WORK/config
  fi
  if [[ -f $secrets && -r $secrets ]] && ! cmp -s "$secrets" <(environment::without "$secrets"); then
    problem "$secrets has settings that change what the AWS CLI answers" "Take these out of it: $(environment::keys dropped | paste -sd' ' -)."
  fi
}

# The commands that are called here.
readonly COMMANDS='sts|ec2|iam|lambda|sns|cloudwatch|events|logs|cognito-idp|elbv2|acm|route53|ssm|autoscaling|ram|vpc-lattice'

environment::aliases() {
  local file=${HOME-}/.aws/cli/alias found
  [[ -f $file && -r $file ]] || return 0
  found=$(grep -E "^(($COMMANDS)[[:space:]]*[=:]|\[command ($COMMANDS)[] ])" "$file" | head -1 || true)
  [[ -z $found ]] || problem "the AWS CLI's alias \"$(brief "$found")\" stands in for a command that is used here" "Rename it in $file."
}
