"""What AWS's models say of the operations that are emulated: every member of their inputs, as crates/aws/tests/members.json
keeps it.

usage: members.py DATA OPERATIONS: DATA is botocore's data of one version; OPERATIONS is that file, or {"ec2": {"DescribeTags":
{}}}: which operations. Prints the same with the members as DATA has them.
"""
import json, sys

from botocore import loaders, model


def form_name(member):
    """EC2's form has a name of its own for a member: a capital letter, or what the model says."""
    serialization = member.serialization
    name = serialization.get("queryName") or serialization.get("name")
    return name and name[0].upper() + name[1:]


def members(service, shape, path, required):
    """(path, what it is) of a shape and of all that is in it. EC2's lists stand in its form with a number."""
    told = {"type": shape.type_name, **{key: shape.metadata[key] for key in ("min", "max", "enum") if key in shape.metadata}}
    if required:
        told["required"] = True
    if shape.type_name == "structure":
        if path and service != "ec2":
            yield path, told
        for name, inner in shape.members.items():
            name = (service == "ec2" and form_name(inner)) or name
            yield from members(service, inner, f"{path}.{name}" if path else name, name in shape.required_members)
    elif shape.type_name == "list":
        if service != "ec2":
            yield path, told
        yield from members(service, shape.member, f"{path}.N", False)
    else:
        yield path, told


data, known = sys.argv[1], json.load(open(sys.argv[2]))
loader = loaders.Loader(extra_search_paths=[data], include_default_search_paths=False)
found = {}
for service, operations in known.items():
    m = model.ServiceModel(loader.load_service_model(service, "service-2"), service)
    found[service] = {name: dict(members(service, m.operation_model(name).input_shape, "", False)) for name in operations}
# A line for each member: what changes can be read.
line = lambda name, value: f"{json.dumps(name)}: {json.dumps(value, sort_keys=True)}"
operation = lambda name, known: json.dumps(name) + ": {\n    " + ",\n    ".join(line(*member) for member in sorted(known.items())) + "\n  }"
service = lambda name, known: json.dumps(name) + ": {\n  " + ",\n  ".join(operation(*one) for one in sorted(known.items())) + "\n}"
print("{\n" + ",\n".join(service(*one) for one in sorted(found.items())) + "\n}")
