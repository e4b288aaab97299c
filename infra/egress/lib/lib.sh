# shellcheck shell=bash
# Sources all that makes the proxy of many VPCs, in the order in which it is needed. Use, behind infra/lib/lib.sh: source
# egress/lib/lib.sh
set -Eeuo pipefail

# shellcheck source=egress/lib/gap.sh
source "$INFRA/egress/lib/gap.sh"
# shellcheck source=egress/lib/user_data.sh
source "$INFRA/egress/lib/user_data.sh"
# shellcheck source=egress/lib/wanted.sh
source "$INFRA/egress/lib/wanted.sh"
# shellcheck source=egress/lib/part.sh
source "$INFRA/egress/lib/part.sh"
# shellcheck source=egress/lib/blocks.sh
source "$INFRA/egress/lib/blocks.sh"
# shellcheck source=egress/lib/check.sh
source "$INFRA/egress/lib/check.sh"
# shellcheck source=egress/lib/network.sh
source "$INFRA/egress/lib/network.sh"
# shellcheck source=egress/lib/nat.sh
source "$INFRA/egress/lib/nat.sh"
# shellcheck source=egress/lib/zone.sh
source "$INFRA/egress/lib/zone.sh"
# shellcheck source=egress/lib/role.sh
source "$INFRA/egress/lib/role.sh"
# shellcheck source=egress/lib/groups.sh
source "$INFRA/egress/lib/groups.sh"
# shellcheck source=egress/lib/balancer.sh
source "$INFRA/egress/lib/balancer.sh"
# shellcheck source=egress/lib/template.sh
source "$INFRA/egress/lib/template.sh"
# shellcheck source=egress/lib/proxies.sh
source "$INFRA/egress/lib/proxies.sh"
# shellcheck source=egress/lib/gateway.sh
source "$INFRA/egress/lib/gateway.sh"
# shellcheck source=egress/lib/domain.sh
source "$INFRA/egress/lib/domain.sh"
# shellcheck source=egress/lib/configuration.sh
source "$INFRA/egress/lib/configuration.sh"
# shellcheck source=egress/lib/share.sh
source "$INFRA/egress/lib/share.sh"

# What it is made of, in the order of making: nothing is removed before what needs it.
# shellcheck disable=SC2034 # provider.sh reads it
readonly PARTS=(network nat zone log role groups balancer template proxies gateway domain configuration unneeded)
# shellcheck disable=SC2034 # provider.sh reads it
readonly REMOVED=(share configuration domain gateway proxies template balancer groups role log zone nat network)
