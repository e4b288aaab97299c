# shellcheck shell=bash
# Who else may make endpoints: accounts, through Resource Access Manager. Source it through lib.sh.
set -Eeuo pipefail

# The accounts of the command line.
ACCOUNTS=()
# Set by share::find.
SHARE='' SHARE_NOW='{}' SHARED_WITH='[]' SHARED_THINGS='[]'

readonly IS_SHARED='def is_shared: .status | IN("DISASSOCIATED", "DISASSOCIATING", "FAILED") | not; '

# share::find: ours in SHARE_NOW, the accounts in SHARED_WITH, the ARNs of what they are let in to in SHARED_THINGS.
share::find() {
  SHARE=$NOT_YET SHARE_NOW='{}' SHARED_WITH='[]'
  aws::read ram get-resource-shares --resource-owner SELF --resource-share-status ACTIVE --tag-filters "$(jq -nc --arg k "$TAG" --arg v "$NAME" '[{tagKey: $k, tagValues: [$v]}]')"
  SHARE_NOW=$(json '.resourceShares[0] // {}')
  [[ $SHARE_NOW != '{}' ]] || return 1
  SHARE=$(jq -r .resourceShareArn <<<"$SHARE_NOW")
  aws::read ram get-resource-share-associations --association-type PRINCIPAL --resource-share-arns "$(jq -nc --arg arn "$SHARE" '[$arn]')"
  SHARED_WITH=$(json "$IS_SHARED"'[.resourceShareAssociations[] | select(is_shared) | {account: .associatedEntity, status}]' -c)
  aws::read ram get-resource-share-associations --association-type RESOURCE --resource-share-arns "$(jq -nc --arg arn "$SHARE" '[$arn]')"
  SHARED_THINGS=$(json "$IS_SHARED"'[.resourceShareAssociations[] | select(is_shared) | .associatedEntity]' -c)
}

# share::has_proxy: whether ours has the resource configuration, without which it lets nobody in.
share::has_proxy() { [[ $(jq --arg arn "$CONFIGURATION_ARN" 'index([$arn]) != null' <<<"$SHARED_THINGS") == true ]]; }

ensure_share() {
  local missing
  if ! configuration::find || ! is_ours "$TAGS"; then
    problem 'there is nothing to share yet' 'First: infra/egress/provider.sh ensure.'
    return 0
  fi
  if ! share::find; then
    change "share the proxy with ${ACCOUNTS[*]}" "$(jq -n --arg name "$EGRESS" --arg arn "$CONFIGURATION_ARN" --argjson tags "$(own_tags | jq 'map({key: .Key, value: .Value})')" --arg token "$(openssl rand -hex 16)" \
      '{name: $name, resourceArns: [$arn], principals: $ARGS.positional, allowExternalPrincipals: true, tags: $tags, clientToken: $token}' --args "${ACCOUNTS[@]}")" ram create-resource-share
    return 0
  fi
  missing=$(jq -c '[$ARGS.positional[] as $id | select(any(.[]; .account == $id) | not) | $id]' --args "${ACCOUNTS[@]}" <<<"$SHARED_WITH")
  [[ $missing != '[]' ]] || share::has_proxy || missing=$(jq -nc '$ARGS.positional' --args "${ACCOUNTS[@]}")
  [[ $missing == '[]' ]] || change "share the proxy with $(jq -r 'join(" ")' <<<"$missing")" "$(jq -n --arg share "$SHARE" --arg arn "$CONFIGURATION_ARN" --argjson accounts "$missing" --arg token "$(openssl rand -hex 16)" \
    '{resourceShareArn: $share, resourceArns: [$arn], principals: $accounts, clientToken: $token}')" ram associate-resource-share
}

# share::next: what the other accounts do.
share::next() {
  say
  say "In each of these accounts, within twelve hours unless they are of your organization:"
  say "  infra/egress/consumer.sh ensure --vpc VPC --resource-configuration $CONFIGURATION_ARN"
}

ensure_removed_share() {
  if ! share::find; then return 0; fi
  change "share the proxy with nobody any more" "$(jq -n --arg arn "$SHARE" '{resourceShareArn: $arn}')" ram delete-resource-share
}
