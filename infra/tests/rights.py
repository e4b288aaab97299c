"""Which rights a call needs, whether a policy document grants them, and the least document that does.

What a call needs stands in AWS's service authorization reference; what the caller of one operation needs beside it (to tag
what it makes, to hand over a role, to let the load balancer look into the network) in IMPLIED.
"""
import fnmatch, json, re, sys

# Their IAM prefix, where it is not what the CLI calls them.
PREFIX = {"elbv2": "elasticloadbalancing"}
ACTION = {"lambda:Invoke": "lambda:InvokeFunction", "lambda:GetFunctionEventInvokeConfig": "lambda:GetFunctionEventInvokeConfig"}
# The right to tag, where something is made with its tags.
TAGGING = {"lambda:CreateFunction": "lambda:TagResource", "iam:CreateRole": "iam:TagRole", "sns:CreateTopic": "sns:TagResource",
           "logs:CreateLogGroup": "logs:TagResource", "cloudwatch:PutMetricAlarm": "cloudwatch:TagResource", "events:PutRule": "events:TagResource",
           "elasticloadbalancing:CreateLoadBalancer": "elasticloadbalancing:AddTags", "elasticloadbalancing:CreateTargetGroup": "elasticloadbalancing:AddTags",
           "elasticloadbalancing:CreateListener": "elasticloadbalancing:AddTags", "elasticloadbalancing:CreateRule": "elasticloadbalancing:AddTags",
           "cognito-idp:CreateUserPool": "cognito-idp:TagResource", "acm:RequestCertificate": "acm:AddTagsToCertificate", "ssm:PutParameter": "ssm:AddTagsToResource"}
IMPLIED = {
    "elasticloadbalancing:CreateLoadBalancer": [("ec2:DescribeAccountAttributes", "*"), ("ec2:DescribeAddresses", "*"), ("ec2:DescribeInternetGateways", "*"),
        ("ec2:DescribeSecurityGroups", "*"), ("ec2:DescribeSubnets", "*"), ("ec2:DescribeVpcs", "*"),
        ("iam:CreateServiceLinkedRole", "arn:aws:iam::*:role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing")],
    "elasticloadbalancing:CreateRule": [("cognito-idp:DescribeUserPoolClient", "arn:aws:cognito-idp:*:*:userpool/*")],
    "elasticloadbalancing:ModifyRule": [("cognito-idp:DescribeUserPoolClient", "arn:aws:cognito-idp:*:*:userpool/*")],
}
# What a call tells only to whoever has this right too; without it the call is answered all the same, without that (fact 11.1).
# Every other call that tells tags is one that asks for nothing else, or tells them to whoever may make it.
TOLD_WITH = {"lambda:GetFunction": "lambda:ListTags"}
# Actions that AWS knows without a resource only.
EVERYWHERE = re.compile(r"^(ec2:Describe(?!ClientVpn(TargetNetworks|Connections|Routes))|elasticloadbalancing:Describe|logs:DescribeLogGroups|"
    r"acm:(ListCertificates|RequestCertificate)$|route53:ListHostedZones$|cloudwatch:(DescribeAlarms|GetMetricStatistics)|cognito-idp:(ListUserPools|CreateUserPool|DescribeUserPoolDomain)$|sns:Unsubscribe)")


def arn(service, resource, region="*", account="*"):
    return f"arn:aws:{service}:{region}:{account}:{resource}"


def resources(service, name, f):
    """The resources of a call, with `*` for region, account, and what AWS makes up."""
    first = lambda *keys: next((f[k] for k in keys if f.get(k)), "")
    if service == "lambda":
        return [arn("lambda", "function:" + re.sub(r"^arn:.*?:function:", "", first("FunctionName", "Resource")).split(":")[0])]
    if service == "iam" and "Policy" in name and "Role" not in name:
        return [arn("iam", "policy/*", region="")]
    if service == "iam":
        return [arn("iam", "role/" + first("RoleName"), region="")]
    if service == "sns":
        return [arn("sns", first("Name", "TopicArn", "ResourceArn").split(":")[-1])]
    if service == "logs":
        group = first("logGroupName") or first("resourceArn").split(":log-group:")[-1]
        return [arn("logs", "log-group:" + group.removesuffix(":*") + (":*" if name == "FilterLogEvents" else ""))]
    if service == "cloudwatch":
        if "Dashboard" in name:
            return [arn("cloudwatch", "dashboard/" + (first("DashboardName") or f["DashboardNames"][0]), region="")]
        alarms = f.get("AlarmNames") or [first("AlarmName") or first("ResourceARN").split(":alarm:")[-1]]
        return [arn("cloudwatch", "alarm:" + a) for a in alarms]
    if service == "events":
        return [arn("events", "rule/" + (first("Name", "Rule") or first("ResourceARN").split(":rule/")[-1]))]
    if service == "cognito-idp":
        return [arn("cognito-idp", "userpool/*")]
    if service == "acm":
        return [arn("acm", "certificate/*")]
    if service == "route53":
        return ["arn:aws:route53:::hostedzone/*"]
    if service == "ssm":
        return [arn("ssm", "parameter" + first("Name", "Path"))]
    if service == "elbv2":
        kind = {"CreateLoadBalancer": "loadbalancer/app/{}/*", "CreateTargetGroup": "targetgroup/{}/*"}.get(name)
        if kind:
            return [arn("elasticloadbalancing", kind.format(first("Name")))]
        given = [v for k, v in f.items() if re.match(r"(LoadBalancer|Listener|Rule|TargetGroup)Arn$|ResourceArns\.member", k)]
        # CreateListener is about the load balancer, CreateRule about the listener. Identifiers are AWS's.
        if name == "CreateListener":
            given = [f["LoadBalancerArn"]]
        elif name == "CreateRule":
            given = [f["ListenerArn"]]
        return [arn("elasticloadbalancing", re.sub(r"/[0-9a-f]{16}", "/*", g.split(":", 5)[5])) for g in given]
    if service == "ec2":
        ids = [v for k, v in f.items() if re.match(r"(ResourceId\.\d+|GroupId|VpcId|ClientVpnEndpointId)$", k)]
        if name == "CreateSecurityGroup":
            ids.append("sg-new")
        kinds = {"cvpn-endpoint": "client-vpn-endpoint", "sg": "security-group", "vpc": "vpc"}
        return [arn("ec2", kinds[i.rsplit("-", 1)[0]] + "/*") for i in ids]
    return ["*"]


def needs(service, name, fields):
    """[(action, resource)], without what everybody may; a condition key of the call that a document may ask for is third: KEY=VALUE."""
    if service == "sts":
        return []
    key = f"{PREFIX.get(service, service)}:{name}"
    action = ACTION.get(key, key)
    found = [(action, r) for r in (["*"] if EVERYWHERE.match(action) else resources(service, name, fields))]
    if any("Tag" in k or k == "tags" for k in fields) and action in TAGGING:
        made = {"CreateListener": "listener/", "CreateRule": "listener-rule/"}.get(name)
        for _, r in found:
            if made:
                r = arn("elasticloadbalancing", made + re.sub(r"^.*:(loadbalancer|listener)/", "", r) + "/*")
            elif name == "RequestCertificate":
                r = arn("acm", "certificate/*")
            elif name == "CreateUserPool":
                r = arn("cognito-idp", "userpool/*")
            found = found + [(TAGGING[action], r)]
    if action == "ec2:CreateSecurityGroup":
        found.append(("ec2:CreateTags", arn("ec2", "security-group/*")))
    if fields.get("Role") and service == "lambda":
        found.append(("iam:PassRole", arn("iam", "role/" + fields["Role"].rsplit("/", 1)[1], region=""), "iam:PassedToService=lambda.amazonaws.com"))
    if action in TOLD_WITH:
        found += [(TOLD_WITH[action], r) for _, r, *_ in found]
    return found + IMPLIED.get(action, [])


def holds(conditions, context):
    """Whether a statement's conditions hold. What this does not know is no silent yes."""
    for operator, keys in conditions.items():
        judged = {"StringEquals": lambda value, wanted: value == wanted, "ArnNotLike": lambda value, wanted: not fnmatch.fnmatchcase(value or "", wanted)}
        for key, wanted in keys.items():
            if not judged[operator](context.get(key), wanted):
                return False
    return True


def grants(documents, action, resource, *context):
    """Whether these documents together do: one allows it and none denies it. `context` is KEY=VALUE."""
    # A needed resource may itself have stars: they must be covered, and a star covers a star.
    context = dict(pair.split("=", 1) for pair in context)
    effects = [s["Effect"] for d in documents for s in d["Statement"]
               if action in s["Action"] and any(fnmatch.fnmatchcase(resource, r) for r in s["Resource"]) and holds(s.get("Condition", {}), context)]
    return "Allow" in effects and "Deny" not in effects


# Names of ours become patterns: they have a suffix where there are several installations.
PATTERNS = [(r"(function:|log-group:/aws/lambda/|rule/|alarm:|:)AWSClientVPN-[^:]*(:\*)?$", r"\1AWSClientVPN-*"), (r"role/LambdaRole-ClientVPN-.*", "role/LambdaRole-ClientVPN-*"),
            (r"dashboard/vpn-on-demand.*", "dashboard/vpn-on-demand*"), (r"parameter/vpn-on-demand.*", "parameter/vpn-on-demand/*"),
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
            ("balancer", r"(acm|ec2|elasticloadbalancing|route53):|iam:CreateServiceLinkedRole"), ("functions", r"(iam|lambda|logs|ssm):")]


def purpose(action, resource, *_):
    return next(name for name, found in PURPOSES if re.match(found, f"{action} {resource}"))


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
    # Reads lines "ACTION RESOURCE [KEY=VALUE]", prints the document: of one purpose, if one is named.
    given = {tuple(line.split()) for line in sys.stdin}
    print(json.dumps(least({need for need in given if sys.argv[1:] in ([], [purpose(*need)])}), indent=2))
