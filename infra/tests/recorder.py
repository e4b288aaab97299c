"""Stands before AWS as it is emulated, passes everything on, and keeps it; and finds keys in what was kept.

usage: recorder.py pass URL FILE: prints its port; FILE gets each request: its line, headers and body, as they came.
       recorder.py find FILE KEY...: prints "NUMBER NAME" for each request that has this key, however it is encoded in it.
"""
import base64, http.client, json, re, sys, urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import serialization


class Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        whole = f"{self.command} {self.path}\n{self.headers}".encode() + body
        with open(sys.argv[3], "a") as kept:
            print(json.dumps({"from": self.headers.get("User-Agent"), "whole": base64.b64encode(whole).decode()}), file=kept, flush=True)
        upstream = http.client.HTTPConnection(urllib.parse.urlsplit(sys.argv[2]).netloc, timeout=60)
        upstream.request(self.command, self.path, body, dict(self.headers))
        answer = upstream.getresponse()
        told = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = pass_on


def layers(data, depth=4):
    """What stands in it, and what stands in that as base64, in a form or in JSON, and so on."""
    yield data
    if not depth:
        return
    for plain in {data, urllib.parse.unquote_to_bytes(data.replace(b"+", b" ")), urllib.parse.unquote_to_bytes(data)}:
        # Lines of a PEM, whole or within JSON, are one text.
        for run in re.findall(rb"(?:[A-Za-z0-9+/]|\r?\n|\\r|\\n){60,}={0,2}", plain):
            text = re.sub(rb"\\[rn]|\s", b"", run)
            # Nobody says where it begins.
            for start in range(4):
                part = text[start:]
                yield from layers(base64.b64decode(part[: len(part) // 4 * 4]), depth - 1)


def needles(name):
    """Bytes that only this key has: of its number, and of how it stands in its file."""
    pem = open(name, "rb").read()
    body = base64.b64decode(b"".join(pem.split(b"-----")[2].split()))
    yield body[len(body) // 2 : len(body) // 2 + 48]
    if b"ENCRYPTED" not in pem:
        d = serialization.load_pem_private_key(pem, None).private_numbers().d
        yield d.to_bytes(512, "big").lstrip(b"\0")[64:112]


if sys.argv[1] == "pass":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    print(server.server_port, flush=True)
    server.serve_forever()
else:
    wanted = [(name, list(needles(name))) for name in sys.argv[3:]]
    for number, line in enumerate(open(sys.argv[2]), 1):
        found = list(layers(base64.b64decode(json.loads(line)["whole"])))
        for name, parts in wanted:
            if any(part in layer for part in parts for layer in found):
                print(number, name)
