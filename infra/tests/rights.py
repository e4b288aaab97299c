"""The least policy document that grants exactly what was used: reads lines "ACTION RESOURCE [KEY=VALUE]", prints the document;
of one purpose, if one is named. Which rights a call needs, crates/moto/src/callers knows.
"""
import json, re, sys

# Names of ours become patterns: they have a suffix where there are several installations.
PATTERNS = [(r"(role|instance-profile|autoScalingGroupName|loadbalancer/net|targetgroup)/vpn-on-demand-egress[^/]*", r"\1/vpn-on-demand-egress*"),
            (r"log-group:/vpn-on-demand-egress[^:]*", "log-group:/vpn-on-demand-egress*"), (r"(listener)/net/.*", r"\1/net/*"),
            (r"(function:|log-group:/aws/lambda/|rule/|alarm:|:)AWSClientVPN-[^:]*(:\*)?$", r"\1AWSClientVPN-*"), (r"role/LambdaRole-ClientVPN-.*", "role/LambdaRole-ClientVPN-*"),
            (r"log-group:/aws/clientvpn/vpn-on-demand[^:]*", "log-group:/aws/clientvpn/vpn-on-demand*"), (r"(:s3:::)vpn-on-demand-[^/]*", r"\1vpn-on-demand-*"), (r"(:s3:::[^/]*/profiles/).*", r"\1*"), (r"dashboard/vpn-on-demand.*", "dashboard/vpn-on-demand*"), (r"parameter/vpn-on-demand.*", "parameter/vpn-on-demand/*"),
            (r"(loadbalancer/app|targetgroup)/vpn-on-demand[^/]*/\*", r"\1/vpn-on-demand*/*"),
            # Listeners and their rules may be on a load balancer of theirs.
            (r"listener/app/.*", "listener/app/*"), (r"listener-rule/app/.*", "listener-rule/app/*")]


def pattern(resource):
    for old, new in PATTERNS:
        resource = re.sub(old, new, resource)
    return resource


# What the deployer's rights are for: a document for each, since one that has all is larger than IAM takes (fact 11.2).
# The first pattern that "ACTION RESOURCE" matches decides, so that no right stands in two.
PURPOSES = [("watch", r"(cloudwatch|events|sns):"), ("sign-in", r"cognito-idp:"), ("functions", r"ec2:\S*ClientVpn|ec2:\S+ \S*client-vpn-endpoint|ec2:DescribeSubnets "),
            ("balancer", r"(acm|ec2|elasticloadbalancing|route53):|iam:CreateServiceLinkedRole"), ("functions", r"(iam|lambda|logs|s3|ssm):")]


# Of the proxy of many VPCs, for the same reason.
PURPOSES_OF_PROXY = [("provider-network", r"(ec2|elasticloadbalancing):"), ("provider", r"")]


def purpose(action, resource, *_):
    purposes = PURPOSES_OF_PROXY if sys.argv[1].startswith("provider") else PURPOSES
    return next(name for name, found in purposes if re.match(found, f"{action} {resource}"))


def least(used):
    """The document that grants exactly what was used."""
    by_resource = {}
    for action, resource, *condition in used:
        by_resource.setdefault((action.split(":")[0], pattern(resource), *condition), set()).add(action)
    merged = {}
    for (service, resource, *condition), actions in sorted(by_resource.items()):
        merged.setdefault((service, tuple(sorted(actions)), *condition), []).append(resource)
    statements = []
    for (_, actions, *condition), found in sorted(merged.items()):
        statements.append({"Effect": "Allow", "Action": list(actions), "Resource": found})
        for key, value in (pair.split("=", 1) for pair in condition):
            statements[-1]["Condition"] = {"StringEquals": {key: value}}
    return {"Version": "2012-10-17", "Statement": statements}


if __name__ == "__main__":
    given = {tuple(line.split()) for line in sys.stdin}
    print(json.dumps(least({need for need in given if not sys.argv[1:] or sys.argv[1:] == [purpose(*need)]}), indent=2))
