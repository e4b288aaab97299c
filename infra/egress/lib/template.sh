# shellcheck shell=bash
# What a proxy is: the launch template. Source it through lib.sh.
set -Eeuo pipefail

# Amazon Linux 2023 for arm64, as it is when an instance starts: EC2 asks Systems Manager then.
readonly PROXY_IMAGE=resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64

# Set by ensure_template: its id and its newest version.
TEMPLATE_ID='' TEMPLATE_VERSION=''

# template::data: no key, no public address, IMDSv2 and only from the instance itself, an encrypted disk. The user-data stands in a
# file: it has the settings, and AWS is told nothing by arguments.
template::data() {
  user_data::write "$WORK/user_data.gz"
  openssl base64 -A -in "$WORK/user_data.gz" >"$WORK/user_data.b64"
  jq -n --arg image "$PROXY_IMAGE" --arg type "$INSTANCE_TYPE" --arg profile "$PROXY_ROLE" --arg group "${GROUP_OF[proxies]}" --rawfile data "$WORK/user_data.b64" --argjson tags "$(part::tags proxy)" '{
    ImageId: $image, InstanceType: $type, IamInstanceProfile: {Name: $profile}, UserData: $data,
    MetadataOptions: {HttpEndpoint: "enabled", HttpTokens: "required", HttpPutResponseHopLimit: 1, HttpProtocolIpv6: "disabled", InstanceMetadataTags: "disabled"},
    NetworkInterfaces: [{DeviceIndex: 0, AssociatePublicIpAddress: false, DeleteOnTermination: true, Groups: [$group]}],
    BlockDeviceMappings: [{DeviceName: "/dev/xvda", Ebs: {Encrypted: true, VolumeType: "gp3", VolumeSize: 8, DeleteOnTermination: true}}],
    TagSpecifications: [("instance", "volume") | {ResourceType: ., Tags: $tags}]}'
}

# template::compared DATA: user-data as what it says, since another gzip compresses otherwise.
template::compared() {
  local plain
  plain=$(jq -r '.UserData // ""' <<<"$1" | openssl base64 -d -A | gzip -dc 2>/dev/null | openssl dgst -sha256 | sed 's/.*= *//') || plain=unreadable
  jq --arg plain "$plain" '.UserData = $plain | .TagSpecifications |= (. // [] | map(select(.ResourceType | IN("instance", "volume"))) | map(.Tags |= (. // [] | sort_by(.Key))) | sort_by(.ResourceType))
    | del(.MetadataOptions.State) | walk(if type == "object" then with_entries(select(.value != null)) else . end)' <<<"$1"
}

ensure_template() {
  local data now
  data=$(template::data)
  if ! part::find template LaunchTemplates LaunchTemplateId describe-launch-templates; then
    change "create the launch template $EGRESS: $INSTANCE_TYPE" "$(jq -n --arg name "$EGRESS" --argjson data "$data" --argjson tags "$(part::made launch-template template)" --arg token "$(openssl rand -hex 16)" \
      '{LaunchTemplateName: $name, LaunchTemplateData: $data, TagSpecifications: $tags, ClientToken: $token}')" ec2 create-launch-template
    part::new .LaunchTemplate.LaunchTemplateId
    TEMPLATE_ID=$PART_ID TEMPLATE_VERSION=1
    return 0
  fi
  TEMPLATE_ID=$PART_ID
  aws::read ec2 describe-launch-template-versions --launch-template-id "$TEMPLATE_ID" --versions '["$Latest"]'
  now=$(json '.LaunchTemplateVersions[0].LaunchTemplateData')
  TEMPLATE_VERSION=$(json '.LaunchTemplateVersions[0].VersionNumber')
  if same "launch template" "$(template::compared "$data")" "$(template::compared "$now")"; then return 0; fi
  change 'make a new version of the launch template' "$(jq -n --arg id "$TEMPLATE_ID" --argjson data "$data" --arg token "$(openssl rand -hex 16)" \
    '{LaunchTemplateId: $id, LaunchTemplateData: $data, ClientToken: $token}')" ec2 create-launch-template-version
  TEMPLATE_VERSION=$((TEMPLATE_VERSION + 1))
}

ensure_removed_template() {
  local id
  part::ids LaunchTemplates LaunchTemplateId describe-launch-templates
  for id in $PART_IDS; do
    change "delete the launch template $id" "$(jq -n --arg id "$id" '{LaunchTemplateId: $id}')" ec2 delete-launch-template
  done
}
