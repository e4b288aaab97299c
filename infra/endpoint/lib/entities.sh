# shellcheck shell=bash
# The devices as the connect policy reads them (crates/connect-handler/README.md). Source it through people.sh.
set -Eeuo pipefail

# entities::text: every device in the group of its person; the group "devices", or "lost-devices" where nothing of it is valid.
entities::text() {
  local serial
  for serial in "${ISSUED[@]+"${ISSUED[@]}"}"; do printf '%s\t%s\n' "${STATE_OF[$serial]}" "${CN_OF[$serial]}"; done |
    jq -Rn '[inputs | split("\t") | {state: .[0], name: .[1]}] | group_by(.name)
      | map({name: .[0].name, states: map(.state)} | .group = (if .states | index("V") then "devices" elif .states | index("R") then "lost-devices" else empty end))
      | [{uid: {type: "Group", id: "lost-devices"}, attrs: {}, parents: [{type: "Group", id: "devices"}]}]
        + map({uid: {type: "Device", id: .name}, attrs: {}, parents: [{type: "Group", id: .group}, {type: "Group", id: ("person/" + (.name | split("/")[0]))}]})'
}

entities::write() {
  entities::text >"$PKI/entities.json.part"
  mv -f -- "$PKI/entities.json.part" "$PKI/entities.json"
}

# The last step: whoever is removed is removed without it.
ensure_entities() {
  [[ -f $PKI/entities.json && $(entities::text) == "$(<"$PKI/entities.json")" ]] || change_here "write $PKI/entities.json for the connect policy" entities::write
}

# entities::say: whether what is deployed has read it.
entities::say() {
  local there
  aws::find 'ResourceNotFoundException' lambda get-function-configuration --function-name "$CONNECTOR" --qualifier "$ALIAS" || return 0
  there=$(json '.Environment.Variables.VPN_ENTITIES // ""')
  if [[ -z $there ]]; then
    say 'The connect policy does not read who has which device: set CONNECT_ENTITIES in the settings of deploy.sh, if it is to.'
  elif [[ $there == "$(sha256 "$PKI/entities.json")" ]]; then
    say 'The connect policy knows of this already.'
  else
    say 'The connect policy does not know of this yet: infra/deploy.sh ships entities.json.'
  fi
}
