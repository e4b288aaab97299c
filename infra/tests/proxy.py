"""Stands between the AWS CLI and moto: answers what moto lacks, keeps what moto forgets, counts writes, injects faults.

What is answered here and how follows AWS's API models; every other request goes to moto unchanged. `/_test/` is for tests:
GET log: the calls so far; POST faults {"writes": N, "deny": [OPERATIONS]}: the N-th write from now and all later ones fail,
these operations are forbidden; POST endpoint {...}: fields of the endpoint, its associations and routes; POST reset.
"""
import http.client, http.server, json, os, re, sys, threading, urllib.parse
from xml.sax.saxutils import escape

MOTO = ("127.0.0.1", int(sys.argv[1]))
READ = re.compile("^(Describe|Get|List|Filter|Lookup|Admin(Get|List))")
# What moto forgets: written by these operations, read back by those, under the name of the thing (a field of both).
KEEP = {
    "LoggingConfig": (("CreateFunction", "UpdateFunctionConfiguration", "PublishVersion"), ("GetFunction", "GetFunctionConfiguration"), "FunctionName", ("Configuration",)),
    "WebAuthnConfiguration": (("SetUserPoolMfaConfig",), ("GetUserPoolMfaConfig",), "UserPoolId", ()),
    "ManagedLoginVersion": (("CreateUserPoolDomain", "UpdateUserPoolDomain"), ("DescribeUserPoolDomain",), "Domain", ("DomainDescription",)),
}
LAMBDA = [  # REST: method, path, operation
    ("POST", r"/functions$", "CreateFunction"), ("GET", r"/functions/[^/]+$", "GetFunction"), ("DELETE", r"/functions/[^/]+$", "DeleteFunction"),
    ("GET", r"/configuration$", "GetFunctionConfiguration"), ("PUT", r"/configuration$", "UpdateFunctionConfiguration"),
    ("PUT", r"/code$", "UpdateFunctionCode"), ("POST", r"/versions$", "PublishVersion"), ("GET", r"/policy$", "GetPolicy"),
    ("POST", r"/policy$", "AddPermission"), ("DELETE", r"/policy/", "RemovePermission"), ("POST", r"/aliases$", "CreateAlias"),
    ("GET", r"/aliases/", "GetAlias"), ("PUT", r"/aliases/", "UpdateAlias"), ("GET", r"/event-invoke-config$", "GetFunctionEventInvokeConfig"),
    ("PUT", r"/event-invoke-config$", "PutFunctionEventInvokeConfig"), ("GET", r"/provisioned-concurrency$", "GetProvisionedConcurrencyConfig"),
    ("PUT", r"/provisioned-concurrency$", "PutProvisionedConcurrencyConfig"), ("DELETE", r"/provisioned-concurrency$", "DeleteProvisionedConcurrencyConfig"),
    ("POST", r"/invocations$", "Invoke"), ("POST", r"/tags/", "TagResource"), ("GET", r"/tags/", "ListTags")]
ROUTE53 = [("GET", r"/rrset$", "ListResourceRecordSets"), ("POST", r"/rrset/?$", "ChangeResourceRecordSets"), ("GET", r"/hostedzone/[^/]+$", "GetHostedZone"), ("POST", r"/hostedzone$", "CreateHostedZone")]
LOCK = threading.Lock()


def fresh():
    return {"log": [], "keep": {}, "branding": {}, "provisioned": {}, "pools": {}, "deny": [], "writes": None, "tags": {}, "associations": [], "routes": [],
            "endpoint": {"id": "cvpn-endpoint-0123456789abcdef0", "vpc": "", "groups": [], "handler": "", "status": "pending-associate"}}


S = fresh()


class Refusal(Exception):
    def __init__(self, status, code, text):
        self.status, self.code, self.text = status, code, text


def operation(method, path, headers, body):
    service = (re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", headers.get("Authorization", "")) or [0, ""])[1]
    service = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch"}.get(service, service)  # as the CLI calls them
    fields = {}
    if "X-Amz-Target" in headers:
        name, fields = headers["X-Amz-Target"].split(".")[-1], json.loads(body or b"{}")
    elif "/operation/" in path:
        name = path.rsplit("/", 1)[1]
    elif service in ("lambda", "route53"):
        plain = urllib.parse.unquote(urllib.parse.urlparse(path).path)
        name = next((o for m, p, o in (LAMBDA if service == "lambda" else ROUTE53) if m == method and re.search(p, plain)), f"{method} {plain}")
        if service == "lambda":
            fields = json.loads(body) if body and name != "Invoke" else {}
            fields["FunctionName"] = fields.get("FunctionName") or (re.search(r"/functions/([^/]+)", plain) or [0, ""])[1]
    else:
        fields = dict(urllib.parse.parse_qsl(body.decode()))
        name = fields.get("Action", "?")
    return service, name, fields


def xml(value):
    if isinstance(value, dict):
        return "".join(f"<{k}>{xml(v)}</{k}>" for k, v in value.items())
    if isinstance(value, list):
        return "".join(f"<item>{xml(v)}</item>" for v in value)
    return escape(str(value).lower() if isinstance(value, bool) else str(value))


def client_vpn(name, f):
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
                                       "tagSet": [{"key": k, "value": v} for k, v in S["tags"].items()]} | ({"vpcId": e["vpc"]} if e["vpc"] else {})]}
    if name == "DescribeClientVpnTargetNetworks":
        return {"clientVpnTargetNetworks": [{"associationId": f"cvpn-assoc-{i}", "targetNetworkId": s, "status": {"code": "associated"}} for i, s in enumerate(S["associations"])]}
    if name == "DescribeClientVpnRoutes":
        return {"routes": [{"destinationCidr": r, "origin": "add-route", "status": {"code": "active"}} for r in S["routes"]]}
    if name == "DescribeClientVpnConnections":
        return {"connections": []}
    if name == "ModifyClientVpnEndpoint":
        e["handler"] = f.get("ClientConnectOptions.LambdaFunctionArn", "") if f.get("ClientConnectOptions.Enabled") == "true" else ""
        return {"return": True}
    raise Refusal(400, "InvalidAction", f"The action {name} is not valid for this web service.")


def others(service, name, f):
    """What moto lacks of Lambda and Cognito; None for everything else."""
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
    if name == "Invoke":
        S["associations"] = []
        return {"body": "{}"}
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind, headers=()):
        self.send_response(status)
        for key, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("x-amzn-RequestId", "0"), *headers):
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def control(self, body):
        what, given = self.path.rsplit("/", 1)[1], json.loads(body or b"{}")
        if what == "reset":
            S.update(fresh())
        elif what == "endpoint":
            S["associations"], S["routes"] = given.pop("associations", S["associations"]), given.pop("routes", S["routes"])
            S["tags"].update(given.pop("tags", {}))
            S["endpoint"].update(given)
        elif what == "faults":
            S.update({"log": [], "deny": given.get("deny", []), "writes": given.get("writes")})
        state = {k: S[k] for k in ("log", "tags", "endpoint", "associations", "provisioned")}
        self.answer(200, json.dumps(state).encode(), "application/json")

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/_test/"):
            return self.control(body)
        service, name, fields = operation(self.command, self.path, self.headers, body)
        try:
            with LOCK:
                write = not READ.match(name)
                S["log"].append({"operation": f"{service}:{name}", "write": write})
                if f"{service}:{name}" in S["deny"]:
                    raise Refusal(403, {"ec2": "UnauthorizedOperation", "lambda": "AccessDeniedException", "cognito-idp": "AccessDeniedException", "logs": "AccessDeniedException",
                                        "events": "AccessDeniedException", "acm": "AccessDeniedException"}.get(service, "AccessDenied"), f"not authorized to perform {service}:{name}")
                if write and S["writes"] is not None:
                    S["writes"] -= 1
                    if S["writes"] < 0:
                        raise Refusal(500, "InternalFailure", "An internal error has occurred")
                ours = client_vpn(name, fields) if service == "ec2" else others(service, name, fields)
            if ours is not None and service == "ec2":
                return self.answer(200, f'<{name}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>0</requestId>{xml(ours)}</{name}Response>'.encode(), "text/xml")
            if ours is not None:
                return self.answer(200, json.dumps(ours).encode(), "application/x-amz-json-1.1")
            self.forward(name, fields, body)
        except Refusal as r:
            if service == "ec2":
                text = f"<Response><Errors><Error><Code>{r.code}</Code><Message>{r.text}</Message></Error></Errors><RequestID>0</RequestID></Response>"
            elif service in ("lambda", "cognito-idp", "logs", "events", "acm"):
                text = json.dumps({"__type": r.code, "message": r.text})
            elif "/operation/" in self.path or "X-Amz-Target" in self.headers:
                text = json.dumps({"__type": r.code, "message": r.text})
                if "/operation/" in self.path:
                    c = lambda s: bytes([0x78, len(s)]) + s.encode()
                    return self.answer(r.status, b"\xa2" + c("__type") + c(r.code) + c("message") + c(r.text), "application/cbor", [("smithy-protocol", "rpc-v2-cbor")])
            else:
                text = f"<ErrorResponse><Error><Type>Sender</Type><Code>{r.code}</Code><Message>{r.text}</Message></Error><RequestId>0</RequestId></ErrorResponse>"
            self.answer(r.status, text.encode(), "text/xml" if text.startswith("<") else "application/json", [("x-amzn-ErrorType", r.code)])

    def forward(self, name, fields, body):
        moto = http.client.HTTPConnection(*MOTO)
        moto.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if k.lower() != "expect"})
        got = moto.getresponse()
        data = got.read()
        for field, (writers, readers, key, inside) in KEEP.items():
            thing = f"{field} {fields.get(key)}"
            if name in writers and got.status < 300 and field in fields:
                S["keep"][thing] = fields[field]
            if name in readers and got.status < 300 and thing in S["keep"]:
                tree = json.loads(data)
                at = tree.get(inside[0], tree) if inside else tree
                if at:
                    at[field] = S["keep"][thing]
                data = json.dumps(tree).encode()
        if name == "DescribeUserPool" and got.status < 300:
            tree = json.loads(data)
            tags = tree["UserPool"].get("UserPoolTags", {}) | S["pools"].get(fields["UserPoolId"], {})
            tree["UserPool"]["UserPoolTags"] = {k: v for k, v in tags.items() if v is not None}
            data = json.dumps(tree).encode()
        self.answer(got.status, data, got.getheader("Content-Type") or "text/plain",
                    [(k, v) for k, v in got.getheaders() if k.lower().startswith(("x-amzn-error", "smithy"))])

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = handle_one


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server.serve_forever()
