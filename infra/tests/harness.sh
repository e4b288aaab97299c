# shellcheck shell=bash
# The account: moto, in front of it AWS as crates/moto emulates it; the CLI's fork server; and what the cases assert with.
set -Eeuo pipefail
# shellcheck source=tests/pinned.sh
source "$TESTS/pinned.sh"

readonly ENDPOINT=cvpn-endpoint-0123456789abcdef0
# Whose rights are tried, where it is neither the deployer nor the operator.
AS=''
readonly SECRET=this-is-the-secret-of-the-directory

# The pinned tools; two runners wait for each other.
harness::python() {
  mkdir -p "$PYTHON"
  exec {LOCK}>"$PYTHON/lock"
  flock "$LOCK"
  pinned "$PYTHON/venv" "$TESTS/requirements.txt"
  harness::jq
  models "$PYTHON/venv" "$PYTHON/models" "$TESTS/models.txt"
  flock --unlock "$LOCK"
}

# A jq, where there is none, or none that starts at once: 1.6 compiles its library each time. Its source comes with the
# bindings of PyPI.
harness::jq() {
  local build=$PYTHON/build version=1.13.0
  if [[ -x $PYTHON/jq/jq || $(jq --version 2>/dev/null || true) == jq-1.[7-9]* ]]; then return 0; fi
  rm -rf "$build"
  mkdir -p "$build/source" "$PYTHON/jq"
  printf 'jq==%s --hash=sha256:e62bdddeab3b8a0a404581a7bb6f1e8c4cc6082280870031f746074f4cac52c0\n' "$version" >"$build/pin"
  "$PYTHON/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-binary jq --require-hashes \
    --requirement "$build/pin" --dest "$build"
  tar -xzf "$build/jq-$version.tar.gz" -C "$build"
  tar -xzf "$build/jq-$version"/deps/jq-*.tar.gz -C "$build/source" --strip-components 1
  (cd "$build/source" && ./configure --disable-docs --disable-maintainer-mode --with-oniguruma=builtin --enable-static --disable-shared && make -j2 CFLAGS=-O1) >"$PYTHON/jq/log" 2>&1
  cp "$build/source/jq" "$PYTHON/jq/jq"
  rm -r "$build"
}

# harness::rights: who may do what: the deployer has all of its files; somebody has forgotten one, or has only one; and of
# somebody a permissions boundary is demanded. Whoever looks after endpoint and people has a file of her own.
harness::rights() {
  local one other
  printf -- '--rights=%s=%s\n' OPERATOR "$INFRA/iam/operator.json" ESTIMATE "$INFRA/iam/estimate.json" ENDPOINT "$INFRA/iam/endpoint.json" PROVIDER "$INFRA/iam/egress-provider.json" PROVIDER "$INFRA/iam/egress-provider-network.json" CONSUMER "$INFRA/iam/egress-consumer.json" \
    CONSUMER-ELSEWHERE "$INFRA/iam/egress-consumer.json" BOUNDED "$INFRA/iam/boundary-demanded.json"
  for one in "$INFRA"/iam/deployer-*.json; do
    printf -- '--rights=%s=%s\n' DEPLOYER "$one" BOUNDED "$one" "ONLY-$(basename "$one" .json)" "$one"
    for other in "$INFRA"/iam/deployer-*.json; do
      [[ $one == "$other" ]] || printf -- '--rights=%s=%s\n' "WITHOUT-$(basename "$one" .json)" "$other"
    done
  done
}

# harness::programs: crates/moto and the functions, as they are now.
harness::programs() {
  (cd "$INFRA/.." && cargo build --quiet --workspace --bins --locked)
}

# harness::child NAME COMMAND...: dies with this shell, whatever happens to it; copies of it end when nobody holds the pipe.
harness::child() {
  local name=$1
  shift
  : >"$WORK/$name"
  setpriv --pdeathsig KILL "$@" >"$WORK/$name" 2>&1 <"$WORK/open" 9>&- &
}

# harness::line FILE PATTERN: waits until a line of a child's output matches; prints the match's first group.
harness::line() {
  local tries
  for ((tries = 0; tries < 600; tries++)); do
    if grep -qE "$2" "$1"; then
      sed -nE "s|.*$2.*|\1|p" "$1" | head -1
      return 0
    fi
    sleep 0.1
  done
  printf 'a server did not start:\n%s\n' "$(<"$1")" >&2
  return 1
}

# harness::cli NAME VERSION: the fork server of an AWS CLI of that version, at $WORK/NAME.socket. The second is Debian's, with
# the models of the pinned first: its own are older.
harness::cli() {
  local python=$PYTHON/venv/bin/python data=()
  if [[ $2 == 2 ]]; then
    python=/usr/bin/python3
    data=("$PYTHON"/venv/lib/python3*/site-packages/botocore/data)
  fi
  harness::child "$1" "$python" "$TESTS/cli_server.py" "$WORK/$1.socket" "$ARGUMENTS" "${data[@]+"${data[@]}"}"
  harness::line "$WORK/$1" '^(ready)$' >/dev/null
}

harness::start() {
  local port rights=() python=$PYTHON/venv/bin
  CASE=start
  WORK=$(mktemp -d)
  SHARED=$WORK
  # Everything that the CLI was given, as anybody on the machine could see it.
  ARGUMENTS=$WORK/arguments
  trap 'rm -rf -- "$WORK"' EXIT
  trap 'printf "FAILED in case %s: %s (line %s)\n" "$CASE" "$BASH_COMMAND" "$LINENO" >&2' ERR
  harness::python
  [[ -x $TARGET/debug/moto ]] || harness::programs
  mkfifo "$WORK/open"
  # The children read from a pipe that stays open as long as this shell.
  exec 9<>"$WORK/open"
  [[ $RECORD == true ]] || mapfile -t rights < <(harness::rights)
  harness::child moto "$python/python" "$TESTS/account.py"
  port=$(harness::line "$WORK/moto" '^([0-9]+)$')
  # Its clock stands, at the beginning of this month: what is measured from then on is what this month costs.
  TMPDIR=$WORK harness::child aws "$TARGET/debug/moto" --start "$(date -u +%Y-%m-01T03:00:00Z)" "${rights[@]+"${rights[@]}"}" "http://127.0.0.1:$port"
  AWS=$(harness::line "$WORK/aws" '^aws endpoint: (http://127.0.0.1:[0-9]+)$')
  harness::cli cli "$CLI"
  mkdir "$WORK/bin" "$WORK/clock" "$WORK/packages" "$WORK/home"
  cc -O1 -o "$WORK/bin/aws" "$TESTS/aws.c"
  # Whoever waits passes the time of the account, and none of ours.
  printf '#!/bin/sh\nexec curl --silent --fail --max-time 60 --output /dev/null --json "{\\"seconds\\": $1}" "$AWS_ENDPOINT_URL/_local/panel/api/step"\n' >"$WORK/clock/sleep"
  chmod +x "$WORK/clock/sleep"
  # Without forks of a CLI that is loaded, and with the system's jq.
  PLAIN_PATH=$python:$WORK/clock:$PATH
  # Rust is where it was.
  export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
  export HOME=$WORK/home PATH=$WORK/bin:$WORK/clock:$PYTHON/jq:$PATH VPN_TEST_CLI=$WORK/cli.socket AWS_ENDPOINT_URL=$AWS
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_MAX_ATTEMPTS=1 VPN_POLL_SECONDS=30 VPN_WAIT_SECONDS=300
  unset AWS_PROFILE AWS_SESSION_TOKEN
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$WORK/key.pem" -out "$WORK/cert.pem" -days 30 -subj /CN=vpn.example.com \
    -addext subjectAltName=DNS:vpn.example.com 2>/dev/null
  (umask 077 && printf '%s\n' "$SECRET" >"$WORK/secret")
  harness::packages one
  harness::account
}

# harness::next LOCK: the next name of the list, in NAME_NEXT; one process at a time reads on.
harness::next() {
  local status=0
  flock "$1"
  IFS= read -r NAME_NEXT <&8 || status=1
  flock --unlock "$1"
  return "$status"
}

# harness::choose PART/OF|TEXT: of the sorted list $WORK/cases every OF-th, from the PART-th, or those that the expression fits: in
# $WORK/mine.
harness::choose() {
  if [[ $1 =~ ^[0-9]+/[0-9]+$ ]]; then
    awk -v part="${1%/*}" -v of="${1#*/}" 'NR % of == part % of' "$WORK/cases" >"$WORK/mine"
  else
    grep -E -- "$1" "$WORK/cases" >"$WORK/mine"
  fi
}

# harness::side_by_side LIST COMMAND: COMMAND for each name of the file LIST, as many at once as there are processors. A
# process in which one fails ends; the others go on.
harness::side_by_side() {
  local number pids=() status=0
  exec 8<"$1"
  for ((number = 1; number <= $(nproc); number++)); do
    harness::process "$number" "$2" &
    pids+=("$!")
  done
  for number in "${pids[@]}"; do wait "$number" || status=1; done
  exec 8<&-
  return "$status"
}

# harness::process NUMBER COMMAND: one of them, in a directory of its own; what is made once for many stands in `once`.
harness::process() {
  local lock
  WORK=$SHARED/$1
  rm -rf -- "$WORK"
  mkdir -p "$WORK/once"
  cp -R "$SHARED/good.env" "$SHARED/packages" "$SHARED/programs" "$WORK"
  # Not the copy that all have from before.
  AWS_ENDPOINT_URL=$AWS
  exec {lock}>>"$SHARED/lock"
  while harness::next "$lock"; do
    CASE=$NAME_NEXT
    "$2" "$NAME_NEXT"
  done
}

# harness::packages TEXT: three packages with programs that differ by TEXT. Those that run here are the real ones, without
# what only debuggers read; nobody opens the page, and among the faults nobody is asked anything.
harness::packages() {
  local name
  mkdir -p "$WORK/programs"
  for name in associator disassociator connect-handler; do
    : >"$WORK/programs/$name"
    [[ $name == associator || $RUN == false ]] || strip -o "$WORK/programs/$name" "$TARGET/debug/$name"
    printf '%s %s' "$name" "$1" >>"$WORK/programs/$name"
  done
  "$INFRA/package.sh" --binaries "$WORK/programs" "$WORK/packages" >/dev/null
}

# Whatever does not answer is to fail, not to be waited for.
ask() { curl --silent --fail --max-time 60 "$@"; }
# log: what people, and no functions, have called since the last `faults`.
log() { ask "$AWS_ENDPOINT_URL/_local/calls" | jq '{calls: [.calls[] | select(.principal == "administrator")]}'; }
# emulated: what crates/moto emulates, as it is; endpoint JSON changes the endpoint as only AWS does, or years.
emulated() { ask "$AWS_ENDPOINT_URL/_local/state"; }
endpoint() { ask --data "$1" --output /dev/null "$AWS_ENDPOINT_URL/_local/endpoint"; }
# panel CALL [JSON]: a call of its control panel.
panel() { ask --json "${2:-{\}}" "$AWS_ENDPOINT_URL/_local/panel/api/$1"; }
step() { panel step "{\"seconds\": $1}" >/dev/null; }
now() { panel step '{"seconds": 0}' | jq -r '.now | .[:19] + "Z"'; }
# clock_at TIME COMMAND...: with a clock that stands at that time, for what the scripts reckon from it.
clock_at() {
  local PATH=$WORK/at:$PATH
  mkdir -p "$WORK/at"
  printf '#!/bin/sh\nexec %s --date="%s" "$@"\n' "$(PATH=$PLAIN_PATH type -P date)" "$1" >"$WORK/at/date"
  chmod +x "$WORK/at/date"
  "${@:2}"
}
connect_handler() { emulated | jq -r '.endpoint.LambdaFunctionArn // ""'; }
# subnet N: the N-th of the good settings.
subnet() { sed -n 's/^SUBNET_IDS=//p' "$WORK/good.env" | cut -d, -f"$1"; }
# default_group VPC
default_group() { aws ec2 describe-security-groups --filters Name=group-name,Values=default "Name=vpc-id,Values=$1" --query 'SecurityGroups[0].GroupId' --output text; }
# turn_on SUBNET...: by hand; they are associated when this ends.
turn_on() {
  local subnet
  for subnet in "$@"; do
    aws ec2 associate-client-vpn-target-network --client-vpn-endpoint-id "$ENDPOINT" --subnet-id "$subnet" >/dev/null
  done
  step 300
}
turn_off() {
  local association
  for association in $(emulated | jq -r '.associations[].AssociationId'); do
    aws ec2 disassociate-client-vpn-target-network --client-vpn-endpoint-id "$ENDPOINT" --association-id "$association" >/dev/null
  done
  step 300
}
# faults [JSON]: from now on this goes wrong, or nothing; the calls are counted anew. See crates/moto/README.md.
faults() { ask --json "${1:-{\}}" --output /dev/null "$AWS_ENDPOINT_URL/_local/faults"; }
writes() { log | jq '[.calls[] | select(.write)] | length'; }
# made: the writes that AWS did not refuse, as it does what comes too early.
made() { log | jq '[.calls[] | select(.write and (.status // 500) < 300)] | length'; }

# copy URL: a copy of the account at URL, in memory; the one before is given up. Its settings are in $WORK/settings.env.
copy() {
  end_copy
  AWS_ENDPOINT_URL=$(copy_of "$1")
}
# copy_of URL: the URL of another copy, which stays.
copy_of() { printf 'http://127.0.0.1:%s' "$(ask "$1/_fork")"; }
# end_copy: the copy is not needed any more, if it is one.
end_copy() {
  [[ $AWS_ENDPOINT_URL == "$AWS" ]] || ask --output /dev/null "$AWS_ENDPOINT_URL/_end"
}

# harness::keep RUN [URL]: what it begins with, for all processes: the account as it is, or the copy of it at URL, and what the scripts
# are given: those who prepare afterwards have files of their own under the same names.
harness::keep() {
  local name
  mkdir -p "$SHARED/begins/$1/files"
  printf '%s' "${2:-$(copy_of "$AWS_ENDPOINT_URL")}" >"$SHARED/begins/$1/account"
  for name in settings.env egress.env endpoint.env pki passphrase; do
    [[ ! -e $WORK/$name ]] || cp -Rp "$WORK/$name" "$SHARED/begins/$1/files"
  done
}

# harness::begin RUN: from there.
harness::begin() {
  copy "$(<"$SHARED/begins/$1/account")"
  rm -rf "$WORK/pki"
  cp -Rp "$SHARED/begins/$1/files/." "$WORK"
  [[ ! -f $WORK/endpoint.env ]] || sed -i "s|^PKI_DIRECTORY=.*|PKI_DIRECTORY=$WORK/pki|" "$WORK/endpoint.env"
}

# harness::account: an endpoint, subnets, a certificate and a zone; good settings for it. Every case begins with a copy.
harness::account() {
  local certificate zone subnets
  certificate=$(aws acm import-certificate --certificate "fileb://$WORK/cert.pem" --private-key "fileb://$WORK/key.pem" --query CertificateArn --output text)
  zone=$(aws route53 create-hosted-zone --name example.com --caller-reference test --query HostedZone.Id --output text)
  subnets=$(aws ec2 describe-subnets --query 'sort_by(Subnets, &AvailabilityZone)[:2].SubnetId' --output text | tr '\t' ',')
  # Moto begins with a service when it is first asked for something of it.
  aws iam list-roles >/dev/null
  aws lambda list-functions >/dev/null
  aws logs describe-log-groups >/dev/null
  aws sns list-topics >/dev/null
  aws cloudwatch describe-alarms >/dev/null
  aws events list-rules >/dev/null
  aws cognito-idp list-user-pools --max-results 1 >/dev/null
  aws elbv2 describe-load-balancers >/dev/null
  aws ssm describe-parameters >/dev/null
  aws s3api list-buckets >/dev/null
  aws sts get-caller-identity >/dev/null
  cat >"$WORK/good.env" <<SETTINGS
# Tried by the tests.
REGION=us-east-1
ENDPOINT_ID=$ENDPOINT
SUBNET_IDS=$subnets
ROUTES=0.0.0.0/0
HOST=vpn.example.com
CERTIFICATE_ARN=$certificate
ALB_SUBNET_IDS=$subnets
HOSTED_ZONE_ID=${zone##*/}
NOTICE_EMAIL=admin@example.com
ARCHITECTURE=$([[ $(uname -m) == aarch64 ]] && echo arm64 || echo x86_64)
SETTINGS
}

# fresh: an account with nothing of ours, and good settings.
fresh() {
  copy "$AWS"
  cp "$WORK/good.env" "$WORK/settings.env"
}

# deployed: one with a finished deployment; made once.
deployed() {
  local made
  if [[ ! -s $WORK/once/deployed ]]; then
    made=$(copy_of "$AWS")
    cp "$WORK/good.env" "$WORK/settings.env"
    AWS_ENDPOINT_URL=$made deploy 0
    printf '%s' "$made" >"$WORK/once/deployed"
  fi
  copy "$(<"$WORK/once/deployed")"
  cp "$WORK/good.env" "$WORK/settings.env"
}

# everything: switches on whatever is off unless it is asked for.
everything() {
  setting DASHBOARD on
  setting PROFILES on
  setting CONNECT_PROVISIONED 1
  setting DIRECTORY oidc
  setting OIDC_ISSUER https://login.example.com
  setting OIDC_CLIENT_ID client
  setting OIDC_CLIENT_SECRET_FILE "$SHARED/secret"
}

# setting KEY VALUE: changes the settings.
setting() {
  sed -i "/^$1=/d" "$WORK/settings.env"
  printf '%s=%s\n' "$1" "$2" >>"$WORK/settings.env"
}

# runs STATUS COMMAND...: its output is in $WORK/out, and it ends with that status.
runs() {
  local expected=$1 status=0
  shift
  "$@" >"$WORK/out" 2>&1 </dev/null || status=$?
  if [[ $status != "$expected" ]]; then
    printf '%s ended with %s, not %s:\n' "$*" "$status" "$expected" >&2
    tail -30 "$WORK/out" >&2
    return 1
  fi
}

# try STATUS SCRIPT OPTIONS...: runs a script with the rights of iam/deployer-*.json (status.sh, vpn.sh: operator.json), or as AS; its
# output is in $WORK/out; the status must be that one.
try() {
  local who=DEPLOYER
  [[ $2 != status.sh && $2 != vpn.sh ]] || who=OPERATOR
  AWS_ACCESS_KEY_ID=${AS:-$who} runs "$1" "$INFRA/$2" --settings "$WORK/settings.env" "${@:3}" || return 1
  has_not "$SECRET"
}

deploy() { try "$1" deploy.sh --packages "$WORK/packages" --yes "${@:2}"; }

# has TEXT / has_not TEXT: in the last output.
has() {
  grep --quiet --fixed-strings -- "$1" "$WORK/out" || {
    printf 'not in the output: %s\n' "$1" >&2
    tail -30 "$WORK/out" >&2
    return 1
  }
}
has_not() {
  ! grep --fixed-strings -- "$1" "$WORK/out" >&2
}

# is WHAT EXPECTED ACTUAL
is() {
  if [[ $2 == "$3" ]]; then return 0; fi
  printf '%s: not as expected (-), but (+)\n' "$1" >&2
  diff -U1 <(printf '%s\n' "$2") <(printf '%s\n' "$3") | cut -c1-300 | head -40 >&2 || true
  return 1
}

# changes: the lines "[step] ..." of the last output, of the part that begins with this heading, without their numbers.
changes() { awk -v from="$1" 'index($0, from) == 1 {on = 1; next} /^[^ ]/ {on = 0} on && sub(/^  ([0-9]+\/[0-9]+ )?\[/, "  [")' "$WORK/out"; }

# https_of BALANCER: its HTTPS listener.
https_of() {
  aws elbv2 describe-listeners --query 'Listeners[?Port==`443`].ListenerArn' --output text \
    --load-balancer-arn "$(aws elbv2 describe-load-balancers --names "$1" --query 'LoadBalancers[0].LoadBalancerArn' --output text)"
}

# inventory: everything there is.
inventory() {
  ask "$AWS_ENDPOINT_URL/_local/inventory" | jq .
  emulated | jq '{endpoint, tags, associations, routes, provisioned}'
}
