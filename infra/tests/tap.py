"""Stands between the AWS CLI and AWS as it is played here: logs every call, refuses what the caller has no right to, and
lets calls fail when a test says so. It knows nothing about what the calls mean.

usage: tap.py UPSTREAM-URL NAME=FILE...: the first line printed is its port. Whoever signs with the access key NAME may do
only what FILE, a policy document, grants, and several of them together; others are administrators.

`/_test/` is for tests. GET log: the calls so far, with their status where they got through. POST faults {...}: from now on, with a new log:
  {"operations": ["iam:GetRole"], "kind": K, "times": N}  these fail, N times or always;  {"call": N, "kind": K}  the N-th call fails
  {"lacks": [ACTION]}  the callers that are watched have no right to these, whatever their documents say
  {"denies": {ACTION: WHY}}  likewise, as AWS says WHY: "with an explicit deny in a service control policy"
  {"writes": N}  every call after the N-th write fails, as if the network were cut
  kinds: denied, throttled, broken.  {}: none.
POST fork: a copy of everything so far, on another port. POST end: this copy is not needed any more.
GET state: see account.py. GET used: what each caller has needed so far. `/_local/` is passed on, see crates/moto/README.md.
"""
import http.client, http.server, io, json, os, re, sys, threading, urllib.parse

from botocore.parsers import RpcV2CBORParser

import rights

READ = re.compile("^(Describe|Get|List|Filter|Lookup|Admin(Get|List))")
LAMBDA = [  # REST: method, path, operation
    ("POST", r"/functions$", "CreateFunction"), ("GET", r"/functions/[^/]+$", "GetFunction"), ("DELETE", r"/functions/[^/]+$", "DeleteFunction"),
    ("GET", r"/configuration$", "GetFunctionConfiguration"), ("PUT", r"/configuration$", "UpdateFunctionConfiguration"),
    ("PUT", r"/code$", "UpdateFunctionCode"), ("POST", r"/versions$", "PublishVersion"), ("GET", r"/policy$", "GetPolicy"),
    ("POST", r"/policy$", "AddPermission"), ("DELETE", r"/policy/", "RemovePermission"), ("POST", r"/aliases$", "CreateAlias"),
    ("GET", r"/aliases/", "GetAlias"), ("PUT", r"/aliases/", "UpdateAlias"), ("DELETE", r"/aliases/", "DeleteAlias"),
    ("GET", r"/event-invoke-config$", "GetFunctionEventInvokeConfig"), ("PUT", r"/event-invoke-config$", "PutFunctionEventInvokeConfig"),
    ("DELETE", r"/event-invoke-config$", "DeleteFunctionEventInvokeConfig"), ("GET", r"/provisioned-concurrency$", "GetProvisionedConcurrencyConfig"),
    ("PUT", r"/provisioned-concurrency$", "PutProvisionedConcurrencyConfig"), ("DELETE", r"/provisioned-concurrency$", "DeleteProvisionedConcurrencyConfig"),
    ("POST", r"/invocations$", "Invoke"), ("POST", r"/tags/", "TagResource"), ("DELETE", r"/tags/", "UntagResource"), ("GET", r"/tags/", "ListTags")]
ROUTE53 = [("GET", r"/rrset$", "ListResourceRecordSets"), ("POST", r"/rrset/?$", "ChangeResourceRecordSets"), ("GET", r"/hostedzone/[^/]+$", "GetHostedZone"), ("POST", r"/hostedzone$", "CreateHostedZone"), ("GET", r"/hostedzone$", "ListHostedZones")]
# How each service says no: AWS's own codes differ.
FAULTS = {
    "denied": (403, {"ec2": "UnauthorizedOperation", "iam": "AccessDenied", "elbv2": "AccessDenied", "sns": "AuthorizationError", "route53": "AccessDenied", "cloudwatch": "AccessDenied"}, "AccessDeniedException"),
    "throttled": (400, {"ec2": "RequestLimitExceeded", "lambda": "TooManyRequestsException", "cognito-idp": "TooManyRequestsException", "ssm": "ThrottlingException", "events": "ThrottlingException",
                        "logs": "ThrottlingException"}, "Throttling"),
    "broken": (500, {"ec2": "InternalError", "lambda": "ServiceException", "cognito-idp": "InternalErrorException", "logs": "ServiceUnavailableException"}, "InternalFailure"),
}
JSON_ERRORS = ("lambda", "cognito-idp", "logs", "events", "acm", "ssm")
# The callers that are no administrators: their rights are written down, and judged where a document is given.
WATCHED = ("DEPLOYER", "OPERATOR")
# What each caller has used since the start, in all copies.
USED = {}
RIGHTS = {}
for name, _, file in (a.partition("=") for a in sys.argv[2:]):
    RIGHTS.setdefault(name, []).append(json.load(open(file)))
# Of whom a permissions boundary is demanded.
BOUNDED = {name for name, documents in RIGHTS.items() if "iam:PermissionsBoundary" in json.dumps(documents)}


def parse(method, path, headers, body):
    """Service and operation as the CLI calls them, and the fields that say what it is about."""
    service = (re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", headers.get("Authorization", "")) or [0, ""])[1]
    service = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch"}.get(service, service)
    url = urllib.parse.urlparse(path)
    if "/operation/" in path:
        return service, path.rsplit("/", 1)[1], RpcV2CBORParser().parse_data_item(io.BufferedReader(io.BytesIO(body))) if body else {}
    if "X-Amz-Target" in headers:
        return service, headers["X-Amz-Target"].split(".")[-1], json.loads(body or b"{}")
    if service not in ("lambda", "route53"):
        fields = dict(urllib.parse.parse_qsl(body.decode()))
        if service == "cloudwatch":
            # An older CLI: lists as newer ones send them.
            for key in [key for key in fields if key.endswith(".member.1")]:
                fields[key[:-len(".member.1")]] = [fields[k] for k in fields if re.fullmatch(re.escape(key[:-1]) + r"\d+", k)]
        return service, fields.get("Action", "?"), fields
    plain = urllib.parse.unquote(url.path)
    name = next((o for m, p, o in (LAMBDA if service == "lambda" else ROUTE53) if m == method and re.search(p, plain)), f"{method} {plain}")
    fields = {}
    if service == "lambda":
        fields = json.loads(body) if body and name != "Invoke" else {}
        fields["FunctionName"] = fields.get("FunctionName") or (re.search(r"/functions/([^/]+)", plain) or re.search(r"(?=(arn:aws:lambda:.*))", plain) or [0, ""])[1]
        fields["Qualifier"] = dict(urllib.parse.parse_qsl(url.query)).get("Qualifier", "$LATEST")
    return service, name, fields


class Refusal(Exception):
    def __init__(self, status, code, text):
        self.status, self.code, self.text = status, code, text


class World:
    """One account: where it is, what happened, and what is to go wrong."""

    def __init__(self, upstream):
        self.upstream, self.log, self.faults, self.lock = upstream, [], {}, threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Handler,), {"world": self}))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server.server_address[1]

    def ask(self, method, path, headers=None, body=None):
        upstream = urllib.parse.urlparse(self.upstream)
        connection = http.client.HTTPConnection(upstream.hostname, upstream.port, timeout=60)
        connection.request(method, path, body, headers or {})
        got = connection.getresponse()
        return got, got.read()

    def fork(self):
        got, told = self.ask("GET", "/_fork")
        if got.status != 200:
            raise OSError(f"no copy: {told.decode()}")
        return World(f"http://127.0.0.1:{int(told)}")

    def judge(self, key, service, name, fields):
        """Writes a call down, or refuses it. Gives the rights that decide what is told, and that the caller lacks."""
        with self.lock:
            f, write = self.faults, not READ.match(name)
            used = rights.needs(service, name, fields) if key in WATCHED or key in RIGHTS else []
            call = {"operation": f"{service}:{name}", "write": write, "key": key, "needs": used}
            self.log.append(call)
            lacks, taken = [], f.get("lacks", []) if key in WATCHED else []
            denies = f.get("denies", {}) if key in WATCHED else {}
            for action, resource, *context in used:
                if service == "iam" and key in BOUNDED:
                    context.append(f"iam:PermissionsBoundary={self.boundary(name, fields)}")
                why = denies.get(action, f"because no identity-based policy allows the {action} action")
                if action in taken or action in denies or (key in RIGHTS and not rights.grants(RIGHTS[key], action, resource, *context)):
                    if action in rights.TOLD_WITH.values():
                        lacks.append(action)
                        continue
                    raise self.refusal("denied", service, f"User: arn:aws:iam::123456789012:user/{key} is not authorized to perform: {action} on resource: {resource} {why}")
            USED.setdefault(key, set()).update(used)
            if (f"{service}:{name}" in f.get("operations", []) or len(self.log) == f.get("call")) and f.get("times", 1) > 0:
                if "times" in f:
                    f["times"] -= 1
                raise self.refusal(f["kind"], service, f"{f['kind']}: {service}:{name}")
            if "writes" in f and sum(c["write"] for c in self.log) > f["writes"]:
                raise self.refusal("broken", service, "An internal error has occurred")
            return call, lacks

    def boundary(self, name, fields):
        """The permissions boundary that a call gives a role, or that the role has."""
        if "PermissionsBoundary" in fields or name == "CreateRole":
            return fields.get("PermissionsBoundary", "")
        asked = urllib.parse.urlencode({"Action": "GetRole", "Version": "2010-05-08", "RoleName": fields.get("RoleName", "")})
        said = self.ask("POST", "/", {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0",
                                      "Content-Type": "application/x-www-form-urlencoded"}, asked)[1].decode()
        return (re.search("<PermissionsBoundaryArn>(.*?)<", said) or [0, ""])[1]

    def refusal(self, kind, service, text):
        status, codes, usual = FAULTS[kind]
        return Refusal(status, codes.get(service, usual), text)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind, headers=()):
        self.send_response(status)
        for key, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *headers):
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def control(self, body):
        world, what, given = self.world, self.path.rsplit("/", 1)[1], json.loads(body or b"{}")
        say = {}
        if what == "faults":
            world.log, world.faults = [], given
        elif what == "fork":
            say = {"url": f"http://127.0.0.1:{world.fork().port}"}
        elif what == "end":
            try:
                world.ask("GET", "/_end")
            except (OSError, http.client.HTTPException):
                # It ends in the middle of this call.
                pass
            threading.Thread(target=lambda: (world.server.shutdown(), world.server.server_close())).start()
        elif what == "state":
            say = json.loads(world.ask("GET", "/_state")[1])
        elif what == "used":
            say = {key: sorted(used) for key, used in USED.items()}
        else:
            say = {"log": world.log}
        self.answer(200, json.dumps(say).encode(), "application/json")

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/_test/"):
            return self.control(body)
        if self.path.startswith("/_local/"):
            return self.forward(body, {})
        key = (re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", "")) or [0, ""])[1]
        service, name, fields = parse(self.command, self.path, self.headers, body)
        try:
            call, lacks = self.world.judge(key, service, name, fields)
            if lacks:
                # As a session whose policy does not allow them: see crates/moto/src/session.rs.
                self.headers["X-Amz-Security-Token"] = " ".join(["lacks", *lacks])
        except Refusal as r:
            return self.refuse(service, r)
        self.forward(body, call)

    def refuse(self, service, r):
        if "/operation/" in self.path:
            text = lambda s: (bytes([0x78, len(s)]) if len(s) < 256 else b"\x79" + len(s).to_bytes(2, "big")) + s.encode()
            return self.answer(r.status, b"\xa2" + text("__type") + text(r.code) + text("message") + text(r.text), "application/cbor", [("smithy-protocol", "rpc-v2-cbor")])
        if service == "ec2":
            said = f"<Response><Errors><Error><Code>{r.code}</Code><Message>{r.text}</Message></Error></Errors><RequestID>0</RequestID></Response>"
        elif service in JSON_ERRORS or "X-Amz-Target" in self.headers:
            said = json.dumps({"__type": r.code, "message": r.text})
        else:
            said = f"<ErrorResponse><Error><Type>Sender</Type><Code>{r.code}</Code><Message>{r.text}</Message></Error><RequestId>0</RequestId></ErrorResponse>"
        self.answer(r.status, said.encode(), "text/xml" if said.startswith("<") else "application/json", [("x-amzn-ErrorType", r.code)])

    def forward(self, body, call):
        got, data = self.world.ask(self.command, self.path, {k: v for k, v in self.headers.items() if k.lower() != "expect"}, body)
        call["status"] = got.status
        self.answer(got.status, data, got.getheader("Content-Type") or "text/plain",
                    [(k, v) for k, v in got.getheaders() if k.lower().startswith(("x-amz", "smithy"))])

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = handle_one


if __name__ == "__main__":
    print(World(sys.argv[1]).port, flush=True)
    sys.stdin.buffer.raw.read()
    os._exit(0)
