# Every argument of every write, one JSON object a line: its name, the call's input, and what the call is about. Of --slurp'ed lines
# of calls; $ids has the name of everything that was made, by its id.

# Tags by their keys, documents as they are, and ids by names.
def tags: map({key: (.Key // .key), value: {value: (.Value // .value)} + (if .PropagateAtLaunch == null then {} else {PropagateAtLaunch} end)}) | from_entries;
def plain: walk(if type == "object" then with_entries(
    if .key == "PolicyDocument" or .key == "AssumeRolePolicyDocument" then .value |= (fromjson | .Statement |= (map({key: .Sid, value: del(.Sid)}) | from_entries))
    elif (.key | IN("Tags", "tags")) and (.value | type) == "array" then .value |= tags
    else . end) elif type == "string" then $ids[.] // . else . end);
def kind: {"create-vpc": "vpc", "create-subnet": "subnet", "create-route-table": "rtb", "create-internet-gateway": "igw", "allocate-address": "eipalloc",
  "create-nat-gateway": "nat", "create-vpc-endpoint": "vpce", "create-launch-template": "lt"}[.] // "";

# What the call is about: [its field, its name].
def thing($call): . as $in
  | ($in.TagSpecifications[0].Tags["vpn-on-demand:part"].value // null) as $part
  | if $call == "create-client-vpn-endpoint" then ["", "endpoint"] elif $call == "import-certificate" then ["", "certificate"]
    elif $in.TargetNetworkCidr then ["TargetNetworkCidr", "rule \($in.TargetNetworkCidr)"] elif $in.VpcEndpointType == "Resource" then ["", "entrance"] elif $part and ($call | kind) != "" then ["", "\($call | kind)/\($part)"]
    else [("GroupId", "GroupName", "RouteTableId", "SubnetId", "InternetGatewayId", "VpcEndpointId", "VpcId", "AutoScalingGroupName", "RoleName", "InstanceProfileName",
      "logGroupName", "Username", "ClientVpnEndpointId", "LoadBalancerArn", "HostedZoneId", "Name", "name", "domainName", "resourceShareArn") | select($in[.] != null) | [., $in[.]]][0] // ["", ""] end;

# The one write without an input: a certificate is files.
def options: map(select(startswith("--")) | capture("^--(?<key>[^=]+)=(?<value>.*)$"; "s")) | from_entries | if .tags then .tags |= fromjson else . end;

.[] | if .arguments[3:5] == ["acm", "import-certificate"] then .input = (.arguments[5:] | options) else . end
| select(.input != null and .input.DryRun != true and .arguments[0] == "--output" and (.arguments[3:5] | join(" ")) != "ssm send-command")
| .arguments[3:5] as $call | .input as $given | (.input | plain) as $in | ($in | thing($call[1])) as [$field, $about]
| $in | paths(type | IN("string", "number", "boolean")) as $path | select($path != [$field] and ($path | last) != "ResourceType")
| {name: "\($scene) \($call | join(" ")) \($about): \($path | map(tostring) | join("."))", call: ($call | join(" ")), about: $about, given: $given, path: $path, value: getpath($path)}
