"""Whether every call of the scripts, with every field that it sends, stands in AWS's models of several versions.

usage: models.py CALLS DATA...: CALLS is what cli_server.py wrote down; each DATA is botocore's data of one version. Prints
what a version does not know, and how many calls and fields were compared.
"""
import json, os, sys

from botocore import loaders, model, xform_name

# What the CLI itself knows, and no operation.
OF_CLI = {"query", "cli-input-json", "max-items", "zip-file", "generate-cli-skeleton", "cli-read-timeout"}


def unknown(shape, value, path):
    """The fields and words in a value that the shape does not have; counts what it looks at."""
    global fields
    fields += 1
    if shape.type_name == "structure":
        for name, inner in value.items():
            if name not in shape.members:
                yield f"{path}{name}"
            else:
                yield from unknown(shape.members[name], inner, f"{path}{name}.")
    elif shape.type_name == "list":
        for inner in value:
            yield from unknown(shape.member, inner, path)
    elif shape.type_name == "map":
        for inner in value.values():
            yield from unknown(shape.value, inner, path)
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{path.rstrip('.')}={value}"


def operations(data):
    """(service, operation as the CLI calls it) to its input; services are loaded when they are first asked for."""
    loader, known = loaders.Loader(extra_search_paths=[data], include_default_search_paths=False), {}

    def find(service, name):
        if service not in known:
            # The CLI has another name for the API of S3.
            m = model.ServiceModel(loader.load_service_model(service if service != "s3api" else "s3", "service-2"), service)
            known[service] = {xform_name(o, "-"): m.operation_model(o) for o in m.operation_names}
        return known[service].get(name)

    return find


def check(find, arguments, given):
    service, name, *rest = arguments
    operation = find(service, name)
    if operation is None:
        yield f"{service} {name}"
        return
    shape = operation.input_shape
    members = {xform_name(m, "-") for m in shape.members} if shape else set()
    for word in rest:
        option = word[2:].split("=")[0]
        if word.startswith("--") and option not in members | OF_CLI:
            yield f"{service} {name} --{option}"
    if given is not None:
        yield from (f"{service} {name}: {path}" for path in unknown(shape, given, ""))


# What a script asks its CLI for before it sends it (checks::knows): older ones need not know it.
ASKED_FOR = {"vpc-lattice create-resource-gateway: resourceConfigDnsResolution"}

fields = 0
calls = {line for line in open(sys.argv[1])}
# Those of the scripts: `aws::call` begins so; what cases do by hand is theirs.
parsed = [call for call in map(json.loads, sorted(calls)) if call["arguments"][:1] == ["--output"] and call["arguments"][2].startswith("--region=")]
missing = set()
for data in sys.argv[2:]:
    find = operations(data)
    for call in parsed:
        missing.update(f"{os.path.basename(data)} does not know {what}" for what in check(find, call["arguments"][3:], call["input"]) if what not in ASKED_FOR)
for line in sorted(missing):
    print(line, file=sys.stderr)
writes = {tuple(call["arguments"][3:5]) for call in parsed if call["input"] is not None}
print(f"{len(parsed)} calls, {len(writes)} kinds of writes, {fields} fields in {len(sys.argv) - 2} versions")
sys.exit(1 if missing or not writes else 0)
