"""Web servers at all addresses of a network namespace: plain at port 80, at port 443 with TLS where a certificate is named.

  sites.py [CERTIFICATE_AND_KEY]

A request is answered with what it looked like here. /redirect?URL leads elsewhere, /slow sends a line a second, and /latest is what
an instance is told about itself.
"""

import http.server
import ipaddress
import socket
import ssl
import sys
import threading
import time
import urllib.parse


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body, status=200, headers=()):
        body = body.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        whom = ipaddress.ip_address(self.client_address[0])
        whom = getattr(whom, "ipv4_mapped", None) or whom
        if self.path.startswith("/redirect?"):
            self.answer("", 302, [("location", urllib.parse.unquote(self.path.partition("?")[2]))])
        elif self.path == "/latest/api/token":
            self.answer("token")
        elif self.path == "/latest/meta-data/instance-id":
            self.answer("i-%017x" % int(whom))
        elif self.path == "/latest/meta-data/local-ipv4":
            self.answer(str(whom))
        elif self.path == "/slow":
            self.send_response(200)
            self.send_header("connection", "close")
            self.end_headers()
            for number in range(100):
                self.wfile.write(b"%d\n" % number)
                self.wfile.flush()
                time.sleep(0.2)
        else:
            self.answer(f"reached {self.command} {self.path}\n{self.headers}")

    do_PUT = do_POST = do_HEAD = do_OPTIONS = do_TRACE = do_DELETE = do_GET

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
    request_queue_size = 128

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def handle_error(self, *_):
        pass  # whoever looks whether there is something hangs up


plain, other = Server(("::", 80), Site), Server(("::", 443), Site)
if len(sys.argv) > 1:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    other.socket = context.wrap_socket(other.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=plain.serve_forever, daemon=True).start()
other.serve_forever()
