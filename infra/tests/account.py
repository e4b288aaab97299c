"""A moto server that can be copied: GET /_fork forks it in memory and answers with the port of the copy, /_end ends it.

Copies begin with everything the original had, and go their own way. All end with the standard input.
"""
import os, signal, sys, threading

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

MOTO = DomainDispatcherApplication(create_backend_app)
# Copies are not waited for.
signal.signal(signal.SIGCHLD, signal.SIG_IGN)


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_):
        pass


def serve(tell):
    global SERVER
    SERVER = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    tell(SERVER.port)
    threading.Thread(target=lambda: (sys.stdin.buffer.raw.read(), os._exit(0)), daemon=True).start()
    SERVER.serve_forever()


def fork():
    reader, writer = os.pipe()
    if not os.fork():
        os.close(reader)
        SERVER.socket.close()
        serve(lambda port: (os.write(writer, b"%d" % port), os.close(writer)))
        os._exit(0)
    os.close(writer)
    with open(reader) as told:
        return told.read()


def application(environ, start_response):
    if environ["PATH_INFO"] == "/_end":
        os._exit(0)
    if environ["PATH_INFO"] == "/_fork":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [fork().encode()]
    return MOTO(environ, start_response)


if __name__ == "__main__":
    serve(lambda port: print(port, flush=True))
