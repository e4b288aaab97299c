"""A moto server that can be copied: GET /_fork forks it in memory and answers with the port of the copy, /_end ends it.
GET /_state: everything that there is, as "where: what", sorted.

Copies begin with everything the original had, and go their own way. All end with the standard input.
"""
import json, os, re, signal, sys, threading

from moto.elbv2.models import ELBv2Backend
from moto.iam.access_control import PermissionResult
from moto.iam.policy_validation import BaseIAMPolicyValidator
from moto.s3.models import FakeBucket
from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

MOTO = DomainDispatcherApplication(create_backend_app)
# moto reads the policy of a bucket without its conditions, so "deny what does not come over TLS" would deny all: crates/moto judges.
FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL
# IAM takes documents in the language of 2008-10-17 too (IAM JSON policy elements: Version); moto refuses them.
BaseIAMPolicyValidator._validate_version = lambda _: None
CREATE_LOAD_BALANCER = ELBv2Backend.create_load_balancer


def create_load_balancer(backend, **given):
    """AWS has "net" in the ARN of a network load balancer and its listeners, which policies name; moto has "app" in all."""
    made = CREATE_LOAD_BALANCER(backend, **given)
    if given.get("loadbalancer_type") == "network":
        backend.tagging_service.delete_all_tags_for_resource(made.arn)
        del backend.load_balancers[made.arn]
        made.arn = made.arn.replace(":loadbalancer/app/", ":loadbalancer/net/")
        backend.load_balancers[made.arn] = made
        backend.tagging_service.tag_resource(made.arn, given.get("tags"))
    return made


ELBv2Backend.create_load_balancer = create_load_balancer
# Copies are not waited for.
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
FORKING = threading.Lock()


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
    global FORKING
    # One at a time: a copy that is made meanwhile would hold the writing end too, and what is read would never end.
    with FORKING:
        reader, writer = os.pipe()
        if not os.fork():
            FORKING = threading.Lock()
            os.close(reader)
            SERVER.socket.close()
            serve(lambda port: (os.write(writer, b"%d" % port), os.close(writer)))
            os._exit(0)
        os.close(writer)
    with open(reader) as told:
        return told.read()


# Not of the account, or only derived: images of other people, what a backend knows of itself, who uses a certificate, which
# records once changed, how alarms stand (that, `local` judges).
NOTES = re.compile(r"/(amis|snapshots|account_summary|account_id|region_name|partition|in_use_by|rr_changes|alarms/[^/]+/(history|state_\w+))$")
TAGS = re.compile(r"^[^:]*?/(?:tagger|tagging_service|tags)/(?:tags/)?(.+)/[^/]+: ")


def state():
    """Walks through all services; what is met again is told by where it was met first."""
    found, met = [], {}

    def walk(where, thing):
        if NOTES.search(where):
            return
        if isinstance(thing, (str, bytes, int, float, bool, type(None))):
            return found.append(f"{where}: {thing!r}")
        if isinstance(thing, (BaseBackend, AccountSpecificBackend, BackendDict)):
            return
        if id(thing) in met:
            return found.append(f"{where}: as {met[id(thing)]}")
        met[id(thing)] = where
        if isinstance(thing, dict):
            parts = thing.items()
        elif isinstance(thing, (list, tuple, set, frozenset)):
            parts = enumerate(thing)
        elif type(thing).__module__.startswith("moto.") and hasattr(thing, "__dict__"):
            parts = vars(thing).items()
        else:
            return found.append(f"{where}: {type(thing).__name__}")
        for key, part in parts:
            walk(f"{where}/{key}", part)

    for backends in list(BackendDict._instances):
        for account, regions in list(backends.items()):
            for region, backend in list(regions.items()):
                walk(f"{backends.service_name}/{account}/{region}", vars(backend))
    # Moto keeps the tags of what is gone.
    others = "\n".join(line for line in found if not TAGS.match(line))
    return sorted(line for line in found if not TAGS.match(line) or TAGS.match(line)[1] in others)


def application(environ, start_response):
    if environ["PATH_INFO"] == "/_end":
        os._exit(0)
    if environ["PATH_INFO"] == "/_fork":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [fork().encode()]
    if environ["PATH_INFO"] == "/_state":
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(state()).encode()]
    return MOTO(environ, start_response)


if __name__ == "__main__":
    serve(lambda port: print(port, flush=True))
