# shellcheck shell=bash
# Before anything is deployed.
set -Eeuo pipefail

# estimates STATUS [OPTION...]: estimate.sh with the rights of iam/estimate.json, at the time of the account.
estimates() { AWS_ACCESS_KEY_ID=${AS:-ESTIMATE} clock_at "$(now)" runs "$1" "$INFRA/estimate.sh" --region us-east-1 "${@:2}"; }

# measured SHAPE: what AWS has measured of the endpoint.
measured() {
  "$PYTHON/venv/bin/python" "$TESTS/shapes.py" values "$1" "$(now)" |
    jq -c --arg id "$ENDPOINT" '{namespace: "AWS/ClientVPN", name: "ActiveConnectionsCount", dimensions: {Endpoint: $id}, values: .}' >"$WORK/measured.json"
  ask --json "@$WORK/measured.json" --output /dev/null "$AWS_ENDPOINT_URL/_local/measured"
}

# Every figure of six shapes is what shapes.py reckons of them in another way.
case_estimate() {
  local shape
  for shape in office night sparse gaps never always; do
    fresh
    measured "$shape"
    faults
    estimates 0 "$ENDPOINT" --subnets 2 --json --svg "$WORK/chart.svg"
    sed -n '/^{/,$p' "$WORK/out" >"$WORK/report.json"
    is "the figures of $shape" '' "$("$PYTHON/venv/bin/python" "$TESTS/shapes.py" differs "$shape" "$(now)" <"$WORK/report.json")"
    is "writes" 0 "$(writes)"
    # 63 days in pages of five.
    is "pages" 13 "$(log | jq '[.calls[] | select(.operation == "cloudwatch:GetMetricStatistics")] | length')"
    is "cells of the picture of $shape" "$(jq -r '[.days[].chart] | join("") | gsub(" "; "") | length' "$WORK/report.json")" "$(grep -c '<rect x="[0-9]*" y="[0-9]*" width="14"' "$WORK/chart.svg" | awk '{print $1 - 4}')"
    "$PYTHON/venv/bin/python" -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$WORK/chart.svg"
    estimates 0 "$ENDPOINT" --subnets 2
    case $shape in
    always) has 'This does NOT pay: it would have cost ' ;;
    gaps) has ' hours have no value: nobody is taken to have been connected.' ;;
    never) has 'turned on 0 time(s)' ;;
    *) has 'It would have saved $' ;;
    esac
    has 'pays off below   611.79 hours a month'
  done
  # Some days only, and as many subnets as are associated.
  turn_on "$(subnet 1)"
  estimates 0 "$ENDPOINT" --days 2 --json
  sed -n '/^{/,$p' "$WORK/out" >"$WORK/report.json"
  is 'subnets and hours' '1 48' "$(jq -r '"\(.subnets) \(.hours)"' "$WORK/report.json")"
}

# What cannot be estimated is said, and everything that is wrong at once.
case_estimate_refused() {
  local text
  fresh
  faults
  estimates 1 nonsense --days 64 --subnets 0 --packages "$WORK/nowhere"
  for text in '4 thing(s) to put right' '"nonsense" is no endpoint' '--days is "64"' '--subnets is "0"' "$WORK/nowhere/estimate is not there"; do has "$text"; done
  is 'calls' 0 "$(log | jq '.calls | length')"
  estimates 1 --people 0 --hours 25 --days 3
  for text in '3 thing(s) to put right' '--people is "0"' '--hours is "25"' '--days is for an endpoint'; do has "$text"; done
  estimates 1 "$ENDPOINT" --region eu-west-9
  has 'no prices of eu-west-9 are known, only of ap-northeast-1, us-east-1'
  estimates 2
  has 'which endpoint?'
  estimates 2 "$ENDPOINT" --people 3
  has 'leave --people and --hours out'
  estimates 1 "$ENDPOINT" --days -1
  has '--days is "-1"'
  estimates 1 cvpn-endpoint-00000000000000000
  has 'the endpoint cvpn-endpoint-00000000000000000 does not exist in account '
  estimates 1 "$ENDPOINT"
  has "no subnet is associated with $ENDPOINT now"
  estimates 1 "$ENDPOINT" --subnets 2 --days 1
  has "AWS has measured nothing of $ENDPOINT in these days"
  AS=ONLY-deployer-watch estimates 1 "$ENDPOINT"
  has 'Have these files of infra attached as they are (README.md), then run the same command again: iam/estimate.json'
  CARGO_TARGET_DIR=$WORK/nothing estimates 1 "$ENDPOINT"
  has 'Build it, in a minute: cargo build --release --locked -p estimate.'
  mkdir "$WORK/other"
  printf '\177ELF' >"$WORK/other/estimate"
  chmod +x "$WORK/other/estimate"
  estimates 1 --people 20 --hours 2 --packages "$WORK/other"
  has "$WORK/other/estimate is not for this computer"
}

# Without an endpoint nothing is asked of AWS. By hand: 22 times two hours and 35 minutes, or three begun hours, of two subnets.
case_estimate_supposed() {
  fresh
  faults
  estimates 0 --people 20 --hours 2
  has 'It would have saved $114.62 to $116.54.'
  has 'always on        $197.30, of which $44.00 for 880 connection hours'
  has 'on demand        $80.76 to $82.69'
  has 'time on          56.83 to 66 of 730 hours'
  has '2026-06-01       .........##-............ 2.6 h'
  is 'calls' 0 "$(log | jq '.calls | length')"
  # With the packages comes the program, for this computer.
  cp "${CARGO_TARGET_DIR:-$INFRA/../target}/debug/estimate" "$WORK/programs/"
  "$INFRA/package.sh" --binaries "$WORK/programs" "$WORK/with" >/dev/null
  CARGO_TARGET_DIR=$WORK/nothing estimates 0 --people 20 --hours 2 --packages "$WORK/with"
  has 'It would have saved $114.62 to $116.54.'
}
