"""What moto lacks: Client VPN, and some of Lambda, Cognito and load balancing; and fields that moto forgets.

How it answers follows AWS's API models. The state is one plain value, so that it can be copied.
"""
import json, re
from xml.sax.saxutils import escape

# What moto forgets: written by these operations, read back by those, under the name of the thing (a field of both).
KEEP = {
    "Architectures": (("CreateFunction", "UpdateFunctionCode"), ("GetFunction", "GetFunctionConfiguration"), "FunctionName", ("Configuration",)),
    "LoggingConfig": (("CreateFunction", "UpdateFunctionConfiguration"), ("GetFunction", "GetFunctionConfiguration"), "FunctionName", ("Configuration",)),
    "WebAuthnConfiguration": (("SetUserPoolMfaConfig",), ("GetUserPoolMfaConfig",), "UserPoolId", ()),
    "ManagedLoginVersion": (("CreateUserPoolDomain", "UpdateUserPoolDomain"), ("DescribeUserPoolDomain",), "Domain", ("DomainDescription",)),
}


def fresh():
    return {"keep": {}, "forwards": {}, "branding": {}, "provisioned": {}, "pools": {}, "tags": {}, "associations": [], "routes": [], "connections": [], "code": {},
            "endpoint": {"id": "cvpn-endpoint-0123456789abcdef0", "vpc": "", "groups": [], "handler": "", "status": "pending-associate"}}


class Refusal(Exception):
    def __init__(self, status, code, text):
        self.status, self.code, self.text = status, code, text


def xml(value):
    if isinstance(value, dict):
        return "".join(f"<{k}>{xml(v)}</{k}>" for k, v in value.items())
    if isinstance(value, list):
        return "".join(f"<item>{xml(v)}</item>" for v in value)
    return escape(str(value).lower() if isinstance(value, bool) else str(value))


def client_vpn(S, name, f):
    """The Client VPN actions of EC2; None for everything else."""
    e, ids = S["endpoint"], f.get("ClientVpnEndpointId") or f.get("ClientVpnEndpointId.1") or ""
    if name in ("CreateTags", "DeleteTags") and f.get("ResourceId.1", "").startswith("cvpn-"):
        for n in range(1, 50):
            if f.get(f"Tag.{n}.Key"):
                S["tags"].pop(f[f"Tag.{n}.Key"], 0) if name == "DeleteTags" else S["tags"].update({f[f"Tag.{n}.Key"]: f[f"Tag.{n}.Value"]})
        return {"return": True}
    if "ClientVpn" not in name:
        return None
    if ids != e["id"]:
        raise Refusal(400, "InvalidClientVpnEndpointId.NotFound", f"Endpoint {ids} does not exist")
    if name == "DescribeClientVpnEndpoints":
        options = {"enabled": bool(e["handler"]), "status": {"code": "applied"}} | ({"lambdaFunctionArn": e["handler"]} if e["handler"] else {})
        return {"clientVpnEndpoint": [{"clientVpnEndpointId": e["id"], "status": {"code": e["status"]}, "clientConnectOptions": options, "securityGroupIdSet": e["groups"],
                                       "tagSet": [{"key": k, "value": v} for k, v in S["tags"].items()]} | ({"vpcId": e["vpc"]} if e["vpc"] else {})
                                      | ({"trafficIpAddressType": e["traffic"]} if e.get("traffic") else {})
                                      | ({"transitGatewayConfiguration": {"transitGatewayId": e["gateway"]}} if e.get("gateway") else {})]}
    if name == "DescribeClientVpnTargetNetworks":
        return {"clientVpnTargetNetworks": [{"associationId": f"cvpn-assoc-{i}", "targetNetworkId": s, "status": {"code": "associated"}} for i, s in enumerate(S["associations"])]}
    if name == "DescribeClientVpnRoutes":
        return {"routes": [{"destinationCidr": r, "origin": "add-route", "status": {"code": "active"}} for r in S["routes"]]}
    if name == "DescribeClientVpnConnections":
        return {"connections": S["connections"]}
    if name == "ModifyClientVpnEndpoint":
        e["handler"] = f.get("ClientConnectOptions.LambdaFunctionArn", "") if f.get("ClientConnectOptions.Enabled") == "true" else ""
        return {"return": True}
    raise Refusal(400, "InvalidAction", f"The action {name} is not valid for this web service.")


def one_balancer(S, name, f):
    """A target group serves one load balancer. An ARN of a listener or a rule begins with its load balancer's."""
    of = lambda arn: arn.split("/")[1:4]
    if name in ("DeleteRule", "DeleteListener", "DeleteLoadBalancer"):
        gone = f.get("RuleArn") or f.get("ListenerArn") or f["LoadBalancerArn"]
        S["forwards"] = {rule: group for rule, group in S["forwards"].items() if rule.split("/")[1:][:len(gone.split("/")) - 1] != gone.split("/")[1:]}
    if name == "CreateRule":
        for group in (f[key] for key in f if key.endswith(".TargetGroupArn")):
            if any(used == group and of(rule) != of(f["ListenerArn"]) for rule, used in S["forwards"].items()):
                raise Refusal(400, "TargetGroupAssociationLimit", f"The following target groups cannot be associated with more than one load balancer: {group}")


def others(S, service, name, f):
    """What moto lacks of the others; None for everything else."""
    if service == "elbv2":
        return one_balancer(S, name, f)
    if "ManagedLoginBranding" in name:
        if name.startswith("Create"):
            S["branding"][f["ClientId"]] = {"ManagedLoginBrandingId": "00000000-0000-4000-8000-000000000000", "UserPoolId": f["UserPoolId"], "UseCognitoProvidedValues": True}
        elif f["ClientId"] not in S["branding"]:
            raise Refusal(400, "ResourceNotFoundException", "No branding")
        return {"ManagedLoginBranding": S["branding"][f["ClientId"]]}
    if "ProvisionedConcurrencyConfig" in name:
        if name.startswith("Put"):
            S["provisioned"][f["FunctionName"]] = f["ProvisionedConcurrentExecutions"]
        elif f["FunctionName"] not in S["provisioned"]:
            raise Refusal(404, "ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found for this function")
        n = S["provisioned"].pop(f["FunctionName"]) if name.startswith("Delete") else S["provisioned"][f["FunctionName"]]
        return {"RequestedProvisionedConcurrentExecutions": n, "Status": "READY"}
    if service == "cognito-idp" and name in ("TagResource", "UntagResource"):
        tags = S["pools"].setdefault(f["ResourceArn"].rsplit("/", 1)[1], {})
        tags.update(f.get("Tags", {}) | {k: None for k in f.get("TagKeys", [])})
        return {}
    if name == "DeleteFunction":
        S["provisioned"].pop(f["FunctionName"], None)
        return None
    if name == "Invoke":
        S["associations"] = []
        for mark in ("last-request", "keep-until", "on-since"):
            S["tags"].pop(f"vpn-on-demand:{mark}", None)
        return {"body": "{}"}
    return None


def answer(S, service, name, fields):
    """Content type and body, or None for what moto answers."""
    ours = client_vpn(S, name, fields) if service == "ec2" else others(S, service, name, fields)
    if ours is None:
        return None
    if service == "ec2":
        return "text/xml", f'<{name}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>0</requestId>{xml(ours)}</{name}Response>'.encode()
    return "application/x-amz-json-1.1", json.dumps(ours).encode()


def amend(S, name, fields, data):
    """Moto's answer with what it forgot."""
    for field, (writers, readers, key, inside) in KEEP.items():
        thing = f"{field} {fields.get(key)} {fields.get('Qualifier', '')}"
        if name == "PublishVersion" and thing in S["keep"]:
            S["keep"][f"{field} {fields.get(key)} {json.loads(data)['Version']}"] = S["keep"][thing]
        if name in writers and field in fields:
            S["keep"][thing] = fields[field]
        if name in readers and thing in S["keep"]:
            tree = json.loads(data)
            at = tree.get(inside[0], tree) if inside else tree
            if at:
                at[field] = S["keep"][thing]
            data = json.dumps(tree).encode()
    if name == "DescribeUserPool":
        tree = json.loads(data)
        tags = tree["UserPool"].get("UserPoolTags", {}) | S["pools"].get(fields["UserPoolId"], {})
        tree["UserPool"]["UserPoolTags"] = {k: v for k, v in tags.items() if v is not None}
        data = json.dumps(tree).encode()
    if name == "DescribeUserPoolDomain":
        # Moto draws another account each time.
        tree = json.loads(data)
        if tree["DomainDescription"]:
            tree["DomainDescription"]["AWSAccountId"] = "123456789012"
        data = json.dumps(tree).encode()
    if name == "CreateRule":
        S["forwards"].update({re.search(b"<RuleArn>(.+?)<", data)[1].decode(): fields[key] for key in fields if key.endswith(".TargetGroupArn")})
    # The code of a version can be fetched.
    function = fields.get("FunctionName")
    if name in ("CreateFunction", "UpdateFunctionCode"):
        S["code"][function, "$LATEST"] = (fields.get("Code") or fields)["ZipFile"]
    if name == "PublishVersion" or (name in ("CreateFunction", "UpdateFunctionCode") and fields.get("Publish")):
        S["code"][function, json.loads(data)["Version"]] = S["code"].get((function, "$LATEST"))
    return data
