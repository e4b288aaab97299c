# shellcheck shell=bash
# Sources all that looks after people. Use, behind pki.sh: source endpoint/lib/everybody.sh
set -Eeuo pipefail

# shellcheck source=endpoint/lib/profile_check.sh
source "$INFRA/endpoint/lib/profile_check.sh"
# shellcheck source=endpoint/lib/profile.sh
source "$INFRA/endpoint/lib/profile.sh"
# shellcheck source=endpoint/lib/person.sh
source "$INFRA/endpoint/lib/person.sh"
# shellcheck source=endpoint/lib/serving.sh
source "$INFRA/endpoint/lib/serving.sh"
# shellcheck source=endpoint/lib/account.sh
source "$INFRA/endpoint/lib/account.sh"
# shellcheck source=endpoint/lib/devices.sh
source "$INFRA/endpoint/lib/devices.sh"
# shellcheck source=endpoint/lib/to_page.sh
source "$INFRA/endpoint/lib/to_page.sh"
# shellcheck source=endpoint/lib/connections.sh
source "$INFRA/endpoint/lib/connections.sh"
# shellcheck source=endpoint/lib/entities.sh
source "$INFRA/endpoint/lib/entities.sh"
# shellcheck source=endpoint/lib/receipt.sh
source "$INFRA/endpoint/lib/receipt.sh"
# shellcheck source=endpoint/lib/overview.sh
source "$INFRA/endpoint/lib/overview.sh"
# shellcheck source=endpoint/lib/commands.sh
source "$INFRA/endpoint/lib/commands.sh"
