"""Runs the real AWS CLI in forks of one process that has loaded it: a call takes a tenth of the time.

usage: cli_server.py SOCKET LOG [MODELS]: LOG gets all arguments, LOG.calls them with the inputs of writes. Each connection brings the caller's output files, arguments,
directory and environment, and takes back the exit status. Ends with its standard input. MODELS are botocore's data, for a CLI
whose own are older.
"""
import gc, gzip, json, os, pathlib, socket, sys, threading, traceback

# What the scripts call: their models are loaded once, for all calls.
SERVICES = "sts ec2 iam lambda sns cloudwatch events logs cognito-idp elbv2 acm route53 s3 ssm autoscaling ram vpc-lattice".split()
if len(sys.argv) > 3:
    # It cannot read packed ones, and does not know the newest protocol: of a service that speaks it, its own will do.
    models = (file for service in SERVICES for file in pathlib.Path(sys.argv[3], service).glob("*/*-*.json*"))
    for packed in (file for file in models if file.name.startswith(("service-2.", "paginators-1."))):
        model = packed.read_bytes() if packed.suffix == ".json" else gzip.decompress(packed.read_bytes())
        if json.loads(model).get("metadata", {}).get("protocol", "").startswith("smithy"):
            continue
        unpacked = pathlib.Path(sys.argv[1] + ".models", *packed.parts[-3:-1], packed.name.removesuffix(".gz"))
        unpacked.parent.mkdir(parents=True, exist_ok=True)
        unpacked.write_bytes(model)
    os.environ["AWS_DATA_PATH"] = sys.argv[1] + ".models"

import awscli.clidriver

driver = awscli.clidriver.create_clidriver()
loader = driver.session.get_component("data_loader")
# A client of each, of a session that no call uses, and the table of its commands: the loader and the names of all operations
# are kept in this process; who calls and where is each call's own.
spare = type(driver.session)()
spare.register_component("data_loader", loader)


def once(creator, method):
    """What depends on the service alone is made here, for all calls: a client's class has a method for each operation."""
    make, made = getattr(creator, method), {}
    setattr(creator, method, lambda self, service, *others: made.get(service) or made.setdefault(service, make(self, service, *others)))


creator = sys.modules[type(spare).__module__].botocore.client.ClientCreator
once(creator, "_load_service_model")
once(creator, "_create_client_class")
commands = driver._get_command_table()
for service in SERVICES:
    spare.create_client(service, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
    # "s3" is a program of its own; the API is called so.
    commands[service if service != "s3" else "s3api"]._get_command_table()
    loader.load_service_model(service, "paginators-1")
# A collection would touch, and so copy, everything that a fork shares.
gc.disable()
gc.freeze()
# The package sets it where its own data is.
DATA = os.environ["AWS_DATA_PATH"]
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(64)
print("ready", flush=True)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
while True:
    connection, _ = server.accept()
    if os.fork():
        connection.close()
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        continue
    _, files, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as told:
        # As the CLI would have got them: what is no UTF-8 stays what it is.
        count, *words = map(os.fsdecode, told.read().split(b"\0")[:-1])
    arguments, directory = words[:int(count)], words[int(count)]
    environment = dict(word.split("=", 1) for word in words[int(count) + 1:] if "=" in word)
    with open(sys.argv[2], "a") as log:
        print(arguments, file=log)
    # For models.py: with the input of a write.
    if sys.argv[2] != os.devnull:
        place = next((b for a, b in zip(arguments, arguments[1:]) if a == "--cli-input-json"), None)
        with open(sys.argv[2] + ".calls", "a") as log:
            print(json.dumps({"arguments": arguments, "input": place and json.load(open(os.path.join(directory, place.removeprefix("file://"))))}), file=log)
    if len(sys.argv) > 3:
        # It does not know the variable yet.
        arguments[:0] = ["--endpoint-url", environment["AWS_ENDPOINT_URL"]]
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment | {"AWS_DATA_PATH": DATA})
    status = 255
    try:
        status = driver.main(arguments)
    except SystemExit as end:
        status = end.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(bytes([(status or 0) & 255]))
        os._exit(0)
