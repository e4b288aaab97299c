# shellcheck shell=bash
# Sources all that makes an endpoint, in the order in which it is needed. Use, behind lib.sh: source endpoint/lib/endpoint.sh
set -Eeuo pipefail

# The certificate is found as pki.sh finds it.
# shellcheck source=endpoint/lib/pki.sh
source "$INFRA/endpoint/lib/pki.sh"
# shellcheck source=endpoint/lib/wanted.sh
source "$INFRA/endpoint/lib/wanted.sh"
# shellcheck source=endpoint/lib/network.sh
source "$INFRA/endpoint/lib/network.sh"
# shellcheck source=endpoint/lib/root.sh
source "$INFRA/endpoint/lib/root.sh"
# shellcheck source=endpoint/lib/group.sh
source "$INFRA/endpoint/lib/group.sh"
# shellcheck source=endpoint/lib/made.sh
source "$INFRA/endpoint/lib/made.sh"
# shellcheck source=endpoint/lib/ingress.sh
source "$INFRA/endpoint/lib/ingress.sh"
# shellcheck source=endpoint/lib/serving.sh
source "$INFRA/endpoint/lib/serving.sh"
# shellcheck source=endpoint/lib/revoked.sh
source "$INFRA/endpoint/lib/revoked.sh"
# shellcheck source=endpoint/lib/handover.sh
source "$INFRA/endpoint/lib/handover.sh"
# shellcheck source=endpoint/lib/report.sh
source "$INFRA/endpoint/lib/report.sh"

# What an endpoint is made of, in the order of making.
readonly PARTS=(group log endpoint revoked ingress)
# The file that the settings for deploy.sh go to, if any.
HANDOVER=''
