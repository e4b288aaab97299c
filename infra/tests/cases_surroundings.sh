# shellcheck shell=bash
# What the user's shell and AWS CLI are set to (lib/environment.sh). With the CLI as it is installed, in a process of its own:
# only so does it read its files.
set -Eeuo pipefail

# theirs_set: a home, a shell and a CLI in $WORK/theirs in which everything is set otherwise.
theirs_set() {
  local home=$WORK/theirs cli=$PYTHON/venv/bin/aws models=''
  rm -rf "$home"
  mkdir -p "$home/.aws/cli" "$home/bin"
  if [[ $CLI == 2 ]]; then
    cli="/usr/bin/aws --endpoint-url \$AWS_ENDPOINT_URL"
    models="AWS_DATA_PATH=$SHARED/cli.socket.models"
  fi
  # Newer versions 2 write errors in other forms where they are told to (fact 11.4); none of those is here.
  cat >"$home/bin/aws" <<CLI
#!/bin/sh
$models $cli "\$@" 2>"$home/stderr"
status=\$?
case \${AWS_CLI_ERROR_FORMAT-json} in
legacy | enhanced) cat "$home/stderr" >&2 ;;
*) sed -nE 's/.*\(([A-Za-z.]+)\) when calling.*: (.*)/{"Code": "\1", "Message": "\2"}/p' "$home/stderr" >&2 ;;
esac
exit \$status
CLI
  chmod +x "$home/bin/aws"
  cat >"$home/.aws/config" <<'CONFIG'
[default]
region = eu-west-1
output = table
cli_pager = false
cli_auto_prompt = on
cli_timestamp_format = nonsense
cli_binary_format = raw-in-base64-out
cli_follow_urlparam = true
cli_history = enabled
parameter_validation = false
api_versions =
    ec2 = 2014-06-15
    sns = 2000-01-01
max_attempts = 2
CONFIG
  printf 'def json: "theirs"; def keys: []; def tojson: "theirs";\n' >"$home/.jq"
  printf '%s() { echo theirs; }\n' jq aws json say >"$home/functions"
}

# with_theirs SCRIPT OPTIONS...: runs it there; its output is in $WORK/out. Ends with its status.
with_theirs() {
  local home=$WORK/theirs functions=() name
  for name in aws jq json diff sort mktemp rm; do functions+=("BASH_FUNC_$name%%=() { echo theirs; }"); done
  env "${functions[@]}" HOME="$home" PATH="$home/bin:$PATH" AWS_DEFAULT_OUTPUT=text AWS_DEFAULT_REGION=eu-west-1 AWS_CLI_ERROR_FORMAT=json \
    AWS_PAGER=false PAGER=false AWS_CLI_AUTO_PROMPT=on AWS_CLI_FILE_ENCODING=UTF-16 AWS_CLI_UPGRADE_DEBUG_MODE=true PYTHONWARNINGS=always PYTHONINSPECT=1 \
    PYTHONUTF8=0 PYTHONIOENCODING=ascii POSIXLY_CORRECT=1 CDPATH=/ BASH_ENV="$home/functions" ENV="$home/functions" SHELLOPTS=noglob:xtrace \
    BASHOPTS=nullglob:nocasematch JQ_COLORS=nonsense GREP_OPTIONS=-v ZIPOPT=-r LC_ALL=tr_TR.UTF-8 AWS_ACCESS_KEY_ID=DEPLOYER \
    "$INFRA/$1" --settings "$WORK/settings.env" "${@:2}" >"$WORK/out" 2>&1 </dev/null
}

case_surroundings() {
  fresh
  setting COMPANY_NAME 'Müller & Söhne'
  theirs_set
  with_theirs deploy.sh --packages "$WORK/packages" --yes --only topics || {
    tail -20 "$WORK/out" >&2
    return 1
  }
  has '[topics] create the topic AWSClientVPN-Notices'
  has "Sent to:      $AWS_ENDPOINT_URL"
  has_not 'theirs() '
  is 'topics' 'AWSClientVPN-Failures AWSClientVPN-Notices' "$(aws sns list-topics --query 'Topics[].TopicArn' --output text | tr '\t' '\n' | sed 's/.*://' | sort | paste -sd' ')"
  is 'what was kept of the answers' '' "$(find "$WORK/theirs/.aws/cli" -name 'history*')"
  # What nothing turns off is refused by name.
  faults
  printf '[toplevel]\nwho = sts get-caller-identity\nsns = ec2\n' >"$WORK/theirs/.aws/cli/alias"
  printf '[default]\naws_access_key_id = any\naws_secret_access_key = any\nparameter_validation = false\n' >"$WORK/theirs/.aws/credentials"
  if with_theirs destroy.sh --yes; then return 1; fi
  has "alias \"sns = ec2\" stands in for a command"
  has '.aws/credentials has settings that change what the AWS CLI answers'
  is 'calls' 0 "$(log | jq '.calls | length')"
}
