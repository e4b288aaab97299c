#!/usr/bin/env bash
# Runs the scripts with the real AWS CLI against a moto server, with crates/moto in front of it.
#
#   infra/tests/run.sh                      every case
#   infra/tests/run.sh story ...            only these cases
#   infra/tests/run.sh --long COUNT         every case but the long ones, and so many of those, of what the change touched first
#                                           (.ci/change.py); whether the rights in iam/ are more than what is needed only all can tell
#   infra/tests/run.sh --faults PART/OF     every OF-th of the faults, from the PART-th; --limit SECONDS ends it earlier
#   infra/tests/run.sh --faults COUNT       so many, of what the change touched first (.ci/change.py)
#   infra/tests/run.sh --faults TEXT        those that this regular expression fits, such as deploy/rules/027/throttled
#   infra/tests/run.sh --wires PART/OF|COUNT|TEXT  of endpoint and egress: those of the sorted list, so many of what the change touched first, or
#                                           those that this regular expression fits; `list` tells all
#   infra/tests/run.sh --rights             every case, and writes iam/deployer-*.json, iam/operator.json, iam/estimate.json, iam/endpoint.json and iam/egress-provider.json: what was used
#   infra/tests/run.sh --cli-2 ...          with Debian's AWS CLI of version 2
#   infra/tests/run.sh --and-cli-2 ...      with the pinned one of version 1, and the story, or four of the faults, with both
set -Eeuo pipefail
shopt -s inherit_errexit

TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly TESTS
INFRA=$(cd "$TESTS/.." && pwd)
readonly INFRA
readonly PYTHON=$INFRA/../target/python
# What cargo builds, and where.
readonly TARGET=${CARGO_TARGET_DIR:-$INFRA/../target}

# shellcheck source=tests/harness.sh
source "$TESTS/harness.sh"
# shellcheck source=tests/cases.sh
source "$TESTS/cases.sh"
# shellcheck source=tests/faults.sh
source "$TESTS/faults.sh"
# shellcheck source=tests/wires/run.sh
source "$TESTS/wires/run.sh"

# rights: what the scripts have used, against iam/*.json; or written there.
rights() {
  local document name who purpose
  for name in deployer-functions deployer-watch deployer-sign-in deployer-balancer operator estimate endpoint egress-consumer egress-provider egress-provider-network; do
    document=$INFRA/iam/$name.json who=${name%%-*} purpose=()
    [[ $name != egress-provider* ]] || who=provider purpose=("${name#egress-}")
    [[ $name != egress-consumer ]] || who=consumer
    [[ $name != deployer-* ]] || purpose=("${name#deployer-}")
    ask "$AWS/_local/needed" | jq -r --arg who "${who^^}" '(.[$who] + (.["\($who)-ELSEWHERE"] // []))[] | join(" ")' |
      "$PYTHON/venv/bin/python" "$TESTS/rights.py" "${purpose[@]+"${purpose[@]}"}" >"$WORK/rights.json"
    if [[ $RECORD == true ]]; then
      cp "$WORK/rights.json" "$document"
    else
      diff -u "$document" "$WORK/rights.json" || {
        printf '%s grants what nothing uses (-), or not what is used (+): infra/tests/run.sh --rights writes it\n' "$document" >&2
        return 1
      }
    fi
  done
}

# with_cli_2: from now on, in this process.
with_cli_2() { CLI=2 VPN_TEST_CLI=$SHARED/cli-2.socket; }

# modelled: whether the oldest and the newest AWS CLI know everything that the scripts have sent so far, and the emulated AWS
# all that the newest model has.
modelled() {
  local members newest
  newest=$(sed -n 's/^botocore==\([0-9.]*\) .*/\1/p' "$TESTS/models.txt" | tail -n 1)
  for members in "$INFRA/../crates/aws/tests/members.json" "$INFRA/../crates/moto/src/lattice/members.json"; do
    "$PYTHON/venv/bin/python" "$TESTS/members.py" "$PYTHON/models/$newest" "$members" >"$WORK/members.json"
    diff -u "$members" "$WORK/members.json" || {
      printf '%s is not what botocore %s has: write it with infra/tests/members.py, then cargo test --workspace --test members --lib\n' "$members" "$newest" >&2
      return 1
    }
  done
  "$PYTHON/venv/bin/python" "$TESTS/models.py" "$ARGUMENTS.calls" "$PYTHON"/models/[0-9]*
}

# one CASE[/cli-2]: in a process of its own; what fails is written down, and the next one is tried, which meets none of its
# files: only what is the same for all, and what is made once for all that need it.
one() {
  local began=$SECONDS word=ok
  alone "$1" &
  wait "$!" || {
    word=FAILED
    printf '%s\n' "$1" >>"$SHARED/failed"
  }
  find "$WORK" -mindepth 1 -maxdepth 1 ! -name good.env ! -name packages ! -name programs ! -name once -exec rm -rf {} +
  printf '%-7s %-18s %4d s\n' "$word" "$1" "$((SECONDS - began))"
}

alone() {
  if [[ $1 == */cli-2 ]]; then with_cli_2; fi
  "case_${1%/cli-2}"
  end_copy
}

main() {
  local whole wanted=() faults='' wires='' long=${#LONG[@]}
  RECORD=false LIMIT=0 CLI=1 BOTH=false RUN=true
  while (($# > 0)); do
    case $1 in
    --rights) RECORD=true ;;
    --cli-2) CLI=2 ;;
    --and-cli-2) BOTH=true ;;
    --faults | --limit | --long | --wires)
      case $1 in
      --faults) faults=$2 ;;
      --limit) LIMIT=$2 ;;
      --wires) wires=$2 ;;
      *) long=$2 ;;
      esac
      shift
      ;;
    -*)
      printf 'unknown option: %s\n' "$1" >&2
      exit 2
      ;;
    *) wanted+=("$1") ;;
    esac
    shift
  done
  [[ -z $faults$wires ]] || RUN=false
  harness::start
  if [[ $BOTH == true ]]; then harness::cli cli-2 2; fi
  if [[ -n $faults ]]; then
    faults::all "$faults"
    return 0
  fi
  if [[ -n $wires ]]; then
    wires::all "$wires"
    return 0
  fi
  whole=$((${#wanted[@]} == 0))
  if ((whole)); then
    printf 'case_%s\n' "${LONG[@]}" | "$INFRA/../.ci/change.py" sample "$long" | sed 's/^case_//' >"$WORK/wanted"
    mapfile -t wanted <"$WORK/wanted"
    wanted+=("${CASES[@]}")
  fi
  [[ $BOTH == false ]] || wanted=(story/cli-2 "${wanted[@]}")
  printf '%s\n' "${wanted[@]}" >"$WORK/wanted"
  harness::side_by_side "$WORK/wanted" one
  if [[ -s $WORK/failed ]]; then
    printf 'these failed: %s\n' "$(paste -s -d ' ' "$WORK/failed")" >&2
    return 1
  fi
  is 'the secret of the directory in arguments' '' "$(grep -F -- "$SECRET" "$ARGUMENTS" || true)"
  ((whole)) || return 0
  ((long < ${#LONG[@]})) || rights
  modelled
  printf 'all of these in %d s\n' "$SECONDS"
}

main "$@"
