# shellcheck shell=bash
# Sources all that makes a project's way to the proxy, in the order in which it is needed. Use, behind lib.sh: source
# egress/lib/consumer/consumer.sh
set -Eeuo pipefail

# Zones that the endpoint gets an interface in where nobody says otherwise: one may fail, and each is billed.
readonly ZONES_ENOUGH=2
# What an endpoint is made of, in the order of making.
readonly PARTS=(group entrance)
# On what is made here. No installation of the VPN can be called so (settings::installation).
NAME=egress/consumer
CALLER=egress-consumer

# The command line.
VPC_ID='' CONFIGURATION_ARN='' GIVEN_SUBNETS='' GIVEN_ZONES=''

# shellcheck source=egress/lib/consumer/given.sh
source "$INFRA/egress/lib/consumer/given.sh"
# shellcheck source=egress/lib/consumer/configuration.sh
source "$INFRA/egress/lib/consumer/configuration.sh"
# shellcheck source=egress/lib/consumer/place.sh
source "$INFRA/egress/lib/consumer/place.sh"
# shellcheck source=egress/lib/consumer/entrance.sh
source "$INFRA/egress/lib/consumer/entrance.sh"
# shellcheck source=egress/lib/consumer/clients.sh
source "$INFRA/egress/lib/consumer/clients.sh"
# shellcheck source=egress/lib/prices.sh
source "$INFRA/egress/lib/prices.sh"
# shellcheck source=egress/lib/consumer/nat.sh
source "$INFRA/egress/lib/consumer/nat.sh"
# shellcheck source=egress/lib/consumer/overview.sh
source "$INFRA/egress/lib/consumer/overview.sh"
