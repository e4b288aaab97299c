"""The provider VPC's resolver, with the Route 53 and the Auto Scaling that the proxies' watchers call: one state for all three.

  vpc.py RESOLVER API NAMES      answers for names at RESOLVER:53, as AWS at API:8000

NAMES is a JSON file: {name: {"A": [...], "AAAA": [...], "then": {...}}}; `then` is what is answered from the second time on, to
each who asks. A batch of changes is carried out whole or not at all, and a DELETE has to name exactly what is there: AWS's words are from its
API reference. Beside AWS's calls, for the test: GET /told (what Auto Scaling was told), /records.
"""

import http.server
import json
import socket
import struct
import sys
import threading
import urllib.parse
import xml.etree.ElementTree as xml

RESOLVER, API, NAMES = sys.argv[1:4]
NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
ZONE = "/2013-04-01/hostedzone/Z0123456789EGRESS/rrset"
lock = threading.Lock()
records = {}  # (name, identifier): (address, ttl)
told, asked = [], {}


def answers(name, kind, whom):
    """Addresses, and for how long they may be kept."""
    with lock:
        found = [(address, ttl) for (of, _), (address, ttl) in records.items() if of == name + "."]
    if found:
        return ([address for address, _ in found] if kind == "A" else []), found[0][1]
    with open(NAMES, encoding="utf-8") as file:
        names = json.load(file)
    known = names.get(name) or names.get("*." + name.partition(".")[2])
    if known is None:
        return None, 0
    with lock:
        times = asked.setdefault((whom, name, kind), 0)
        asked[whom, name, kind] = times + 1
    if times > 0:
        known = known.get("then", known)
    return known.get(kind, []), 1


def respond(query, whom):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("latin-1").lower())
        at += query[at] + 1
    end = at + 5
    (code,) = struct.unpack(">H", query[at + 1 : at + 3])
    kind = {1: "A", 28: "AAAA"}.get(code)
    found, ttl = answers(".".join(labels), kind, whom)
    family = socket.AF_INET if kind == "A" else socket.AF_INET6
    data = b""
    for address in found or []:
        packed = socket.inet_pton(family, address)
        data += b"\xc0\x0c" + struct.pack(">HHIH", code, 1, ttl, len(packed)) + packed
    flags = 0x8183 if found is None else 0x8180
    return query[:2] + struct.pack(">HHHHH", flags, 1, len(found or []), 0, 0) + query[12:end] + data


def resolve():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((RESOLVER, 53))
    while True:
        query, whom = server.recvfrom(512)
        try:
            server.sendto(respond(query, whom[0]), whom)
        except (IndexError, struct.error, ValueError) as error:
            print("a query that cannot be read:", error, file=sys.stderr)


def carry_out(batch):
    """What is wrong with a batch, or nothing: then it has been carried out."""
    after, wrong = dict(records), []
    for change in batch.iter("{%s}Change" % NAMESPACE):
        values = {element.tag.partition("}")[2]: (element.text or "").strip() for element in change.iter()}
        key, value = (values["Name"].rstrip(".") + ".", values["SetIdentifier"]), (values["Value"], int(values["TTL"]))
        words = f"[name='{key[0]}', type='A', set-identifier='{key[1]}']"
        if values.get("MultiValueAnswer") != "true" or values["Type"] != "A":
            wrong.append("this Route 53 has only multivalue records of type A")
        elif values["Action"] == "DELETE" and key not in after:
            wrong.append(f"Tried to delete resource record set {words} but it was not found")
        elif values["Action"] == "DELETE" and after[key] != value:
            wrong.append(f"Tried to delete resource record set {words} but the values provided do not match the current values")
        elif values["Action"] == "CREATE" and key in after:
            wrong.append(f"Tried to create resource record set {words} but it already exists")
        elif values["Action"] == "DELETE":
            del after[key]
        else:
            after[key] = value
    if not wrong:
        records.clear()
        records.update(after)
    return wrong


class Aws(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, kind="text/xml"):
        body = body.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = self.path.partition("?")[0]
        with lock:
            if path == ZONE:
                rows = "".join(
                    f"<ResourceRecordSet><Name>{name}</Name><Type>A</Type><SetIdentifier>{identifier}</SetIdentifier>"
                    f"<MultiValueAnswer>true</MultiValueAnswer><TTL>{ttl}</TTL><ResourceRecords><ResourceRecord><Value>{address}</Value>"
                    f"</ResourceRecord></ResourceRecords></ResourceRecordSet>"
                    for (name, identifier), (address, ttl) in sorted(records.items())
                )
                start = "<ResourceRecordSet><Name>egress.internal.</Name><Type>SOA</Type><TTL>900</TTL><ResourceRecords><ResourceRecord><Value>ns-0.awsdns-00.com.</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>"
                self.answer(200, f'<ListResourceRecordSetsResponse xmlns="{NAMESPACE}"><ResourceRecordSets>{start}{rows}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>')
            elif path.startswith("/2013-04-01/change/"):
                self.answer(200, f'<GetChangeResponse xmlns="{NAMESPACE}"><ChangeInfo><Id>{path[12:]}</Id><Status>INSYNC</Status><SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo></GetChangeResponse>')
            elif path == "/told":
                self.answer(200, json.dumps(told), "application/json")
            elif path == "/records":
                self.answer(200, json.dumps({identifier: address for (_, identifier), (address, _) in records.items()}), "application/json")
            else:
                self.answer(404, "<ErrorResponse><Error><Code>NoSuchHostedZone</Code><Message>there is no such zone</Message></Error></ErrorResponse>")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        with lock:
            if self.path.rstrip("/") == ZONE:
                wrong = carry_out(xml.fromstring(body))
                if wrong:
                    messages = "".join(f"<Message>{text}</Message>" for text in wrong)
                    return self.answer(400, f'<InvalidChangeBatch xmlns="{NAMESPACE}"><Messages>{messages}</Messages><RequestId>00000000-0000-0000-0000-000000000000</RequestId></InvalidChangeBatch>')
                return self.answer(200, f'<ChangeResourceRecordSetsResponse xmlns="{NAMESPACE}"><ChangeInfo><Id>/change/C0123456789</Id><Status>PENDING</Status><SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>')
            form = dict(urllib.parse.parse_qsl(body.decode()))
            if form.get("Action") == "SetInstanceHealth":
                told.append(form)
                return self.answer(200, '<SetInstanceHealthResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></SetInstanceHealthResponse>')
        return self.answer(400, "<ErrorResponse><Error><Code>InvalidAction</Code><Message>this is not emulated</Message></Error></ErrorResponse>")

    def log_message(self, *_):
        pass


threading.Thread(target=resolve, daemon=True).start()
http.server.ThreadingHTTPServer((API, 8000), Aws).serve_forever()
