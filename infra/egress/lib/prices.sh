# shellcheck shell=bash
# Prices of what the egress is made of, and of what it is compared with. Source it through lib.sh, or consumer.sh.
set -Eeuo pipefail

# prices::all: as one object. What the rest of the project is billed for too stands in infra/prices.json alone.
prices::all() {
  jq --argjson shared "$(<"$INFRA/prices.json")" '. + {HoursPerMonth: $shared.HoursPerMonth, PublicAddressHour: $shared.Regions["us-east-1"].PublicAddressHour,
    DiskGigabyteMonth: $shared.Alternatives.GigabyteMonth}' "$INFRA/egress/prices.json"
}
