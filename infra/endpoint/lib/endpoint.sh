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
# shellcheck source=endpoint/lib/handover.sh
source "$INFRA/endpoint/lib/handover.sh"
# shellcheck source=endpoint/lib/report.sh
source "$INFRA/endpoint/lib/report.sh"

# What an endpoint is made of, in the order of making.
readonly PARTS=(group log endpoint ingress)
# The file that the settings for deploy.sh go to, if any.
HANDOVER=''

# made::change PREFIX STEP...: shows what would change, asks, and does it.
made::change() {
  say
  say "$([[ $COMMAND == remove ]] && echo 'To be removed, in this order:' || echo 'Changes, in this order:')"
  pass plan "$@"
  problems::stop
  if ((CHANGES == 0)); then
    say "$([[ $COMMAND == remove ]] && echo '  nothing: there is nothing of ours.' || echo '  none: everything is as the settings say.')"
    return 0
  fi
  say "$CHANGES change(s)."
  if [[ $DRY_RUN == true ]]; then exit 0; fi
  confirm "Make $CHANGES change(s) in account $ACCOUNT, $REGION?"
  say
  say "$([[ $COMMAND == remove ]] && echo 'Removing:' || echo 'Changing:')"
  pass apply "$@"
  problems::stop
  say "$CHANGES change(s) made."
}
