//! Which rights a call needs. What an action needs stands in AWS's service authorization reference; what the caller of one
//! needs beside it (to tag what it makes, to hand over a role, to let the load balancer look into the network) in
//! [`tagging`] and [`beside`].

use serde_json::Value;

use super::egress;
use crate::operation::{Operation, s3};

/// A right: to do this with that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Need {
    pub(crate) action: String,
    /// An ARN with `*` for region, account, and what AWS makes up; `*` for actions that know no resource.
    pub(crate) resource: String,
    /// A condition key that documents ask for, and its value.
    pub(crate) condition: Option<(&'static str, String)>,
}

impl Need {
    pub(super) fn new(action: &str, resource: &str) -> Self {
        Self { action: action.to_owned(), resource: resource.to_owned(), condition: None }
    }

    /// `ACTION`, `RESOURCE` and, if there is a condition, `KEY=VALUE`.
    pub(crate) fn words(&self) -> Vec<String> {
        let condition = self.condition.as_ref().map(|(key, value)| format!("{key}={value}"));
        [self.action.clone(), self.resource.clone()].into_iter().chain(condition).collect()
    }
}

/// What a call tells only to whoever has this right too; without it the call is answered all the same, without that (fact
/// 11.1). Every other call that tells tags is one that asks for nothing else, or tells them to whoever may make it.
const TOLD_WITH: (&str, &str) = ("lambda:GetFunction", "lambda:ListTags");

/// Whether a call without this right is answered, only with less in it.
pub(crate) fn is_only_told_less(action: &str) -> bool {
    action == TOLD_WITH.1
}

/// What a call needs; nothing, where everybody may.
pub(crate) fn of(operation: &Operation) -> Vec<Need> {
    if operation.service == "sts" {
        return Vec::new();
    }
    let action = operation.action();
    let about = if let Some(known) = egress::resources(operation) {
        known
    } else if knows_no_resource(&action) {
        vec!["*".to_owned()]
    } else {
        resources(operation)
    };
    let mut found: Vec<Need> = about.iter().map(|resource| Need::new(&action, resource)).collect();
    if has_tags(operation)
        && let Some(tagging) = tagging(&action)
    {
        found.extend(about.iter().map(|resource| Need::new(tagging, &tagged(operation, resource))));
    }
    found.extend(egress::beside(operation));
    if action == "ec2:CreateSecurityGroup" {
        found.push(Need::new("ec2:CreateTags", &arn("ec2", "security-group/*")));
    }
    if action == "ec2:CreateClientVpnEndpoint" && has_tags(operation) {
        found.push(Need::new("ec2:CreateTags", &arn("ec2", "client-vpn-endpoint/*")));
    }
    if operation.service == "lambda"
        && let Some((_, role)) = operation.text("Role").rsplit_once('/')
    {
        let mut need = Need::new("iam:PassRole", &global("iam", &format!("role/{role}")));
        need.condition = Some(("iam:PassedToService", "lambda.amazonaws.com".to_owned()));
        found.push(need);
    }
    if action == TOLD_WITH.0 {
        found.extend(about.iter().map(|resource| Need::new(TOLD_WITH.1, resource)));
    }
    found.extend(beside(&action).into_iter().map(|(action, resource)| Need::new(action, resource)));
    found
}

pub(super) fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:*:*:{resource}")
}

/// The ARN of what is in no region.
pub(super) fn global(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}::*:{resource}")
}

/// Actions that AWS knows without a resource only.
fn knows_no_resource(action: &str) -> bool {
    const WHOLE: [&str; 7] = [
        "acm:ListCertificates",
        "acm:RequestCertificate",
        "cognito-idp:CreateUserPool",
        "cognito-idp:DescribeUserPoolDomain",
        "cognito-idp:ListUserPools",
        "route53:ListHostedZones",
        "s3:ListAllMyBuckets",
    ];
    const STARTS: [&str; 5] = [
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricStatistics",
        "elasticloadbalancing:Describe",
        "logs:DescribeLogGroups",
        "sns:Unsubscribe",
    ];
    const WITH_RESOURCE: [&str; 5] = [
        "ClientVpnTargetNetworks",
        "ClientVpnConnections",
        "ClientVpnRoutes",
        "ClientVpnAuthorizationRules",
        "VpcAttribute",
    ];
    let of_ec2 = action.strip_prefix("ec2:Describe");
    WHOLE.contains(&action)
        || STARTS.iter().any(|start| action.starts_with(start))
        || of_ec2.is_some_and(|rest| !WITH_RESOURCE.iter().any(|start| rest.starts_with(start)))
}

/// The right to tag, where something is made with its tags.
fn tagging(action: &str) -> Option<&'static str> {
    Some(match action {
        "lambda:CreateFunction" => "lambda:TagResource",
        "iam:CreateRole" => "iam:TagRole",
        "sns:CreateTopic" => "sns:TagResource",
        "logs:CreateLogGroup" => "logs:TagResource",
        "cloudwatch:PutMetricAlarm" => "cloudwatch:TagResource",
        "events:PutRule" => "events:TagResource",
        "elasticloadbalancing:CreateLoadBalancer"
        | "elasticloadbalancing:CreateTargetGroup"
        | "elasticloadbalancing:CreateListener"
        | "elasticloadbalancing:CreateRule" => "elasticloadbalancing:AddTags",
        "cognito-idp:CreateUserPool" => "cognito-idp:TagResource",
        "acm:ImportCertificate" | "acm:RequestCertificate" => "acm:AddTagsToCertificate",
        "ssm:PutParameter" => "ssm:AddTagsToResource",
        // Fact 15.6.
        "s3:CreateBucket" => "s3:TagResource",
        _ => return egress::tagging(action),
    })
}

pub(super) fn has_tags(operation: &Operation) -> bool {
    let fields = operation.fields.as_object();
    fields.is_some_and(|fields| fields.keys().any(|key| key.contains("Tag") || key == "tags"))
}

/// What is tagged by a call about this resource: what it makes.
fn tagged(operation: &Operation, resource: &str) -> String {
    let behind = |kind: &str| resource.split_once(&format!(":{kind}/")).map_or(resource, |(_, rest)| rest);
    match operation.name.as_str() {
        "CreateListener" => arn("elasticloadbalancing", &format!("listener/{}/*", behind("loadbalancer"))),
        "CreateRule" => arn("elasticloadbalancing", &format!("listener-rule/{}/*", behind("listener"))),
        "RequestCertificate" => arn("acm", "certificate/*"),
        "CreateUserPool" => arn("cognito-idp", "userpool/*"),
        "CreateResourceShare" => arn("ram", "resource-share/*"),
        _ => resource.to_owned(),
    }
}

/// What the caller of an action needs beside it.
fn beside(action: &str) -> Vec<(&'static str, &'static str)> {
    const LOOKS: [&str; 6] = [
        "ec2:DescribeAccountAttributes",
        "ec2:DescribeAddresses",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    ];
    const SERVICE_LINKED: &str =
        "arn:aws:iam::*:role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing";
    // With the first endpoint (fact 6.5).
    const OF_CLIENT_VPN: [&str; 2] = [
        "arn:aws:iam::*:role/aws-service-role/clientvpn.amazonaws.com/AWSServiceRoleForClientVPN",
        "arn:aws:iam::*:role/aws-service-role/clientvpn-connections.amazonaws.com/AWSServiceRoleForClientVPNConnections",
    ];
    match action {
        "ec2:CreateClientVpnEndpoint" => OF_CLIENT_VPN.map(|role| ("iam:CreateServiceLinkedRole", role)).into(),
        "elasticloadbalancing:CreateLoadBalancer" => {
            let looks = LOOKS.iter().map(|action| (*action, "*"));
            looks.chain([("iam:CreateServiceLinkedRole", SERVICE_LINKED)]).collect()
        }
        "elasticloadbalancing:CreateRule" | "elasticloadbalancing:ModifyRule" => {
            vec![("cognito-idp:DescribeUserPoolClient", "arn:aws:cognito-idp:*:*:userpool/*")]
        }
        _ => Vec::new(),
    }
}

/// The resources of a call.
fn resources(operation: &Operation) -> Vec<String> {
    let first = |names: &[&str]| {
        names.iter().map(|name| operation.text(name)).find(|text| !text.is_empty()).unwrap_or_default()
    };
    let behind = |text: &str, mark: &str| text.rsplit_once(mark).map_or(text, |(_, rest)| rest).to_owned();
    let name = operation.name.as_str();
    let one = match operation.service.as_str() {
        "lambda" => {
            let function = behind(first(&["FunctionName", "Resource"]), ":function:");
            arn("lambda", &format!("function:{}", function.split(':').next().unwrap_or_default()))
        }
        "iam" if name.contains("Policy") && !name.contains("Role") => global("iam", "policy/*"),
        "iam" => global("iam", &format!("role/{}", first(&["RoleName"]))),
        "sns" => arn("sns", &behind(first(&["Name", "TopicArn", "ResourceArn"]), ":")),
        "logs" => {
            let group = match first(&["logGroupName"]) {
                "" => behind(first(&["resourceArn"]), ":log-group:"),
                group => group.to_owned(),
            };
            let lines = if name == "FilterLogEvents" { ":*" } else { "" };
            arn("logs", &format!("log-group:{}{lines}", group.trim_end_matches(":*")))
        }
        "cloudwatch" => return of_cloudwatch(operation),
        "events" => {
            let rule = match first(&["Name", "Rule"]) {
                "" => behind(first(&["ResourceARN"]), ":rule/"),
                rule => rule.to_owned(),
            };
            arn("events", &format!("rule/{rule}"))
        }
        "cognito-idp" => arn("cognito-idp", "userpool/*"),
        "acm" => arn("acm", "certificate/*"),
        "route53" => "arn:aws:route53:::hostedzone/*".to_owned(),
        "ssm" => arn("ssm", &format!("parameter{}", first(&["Name", "Path"]))),
        "s3" => return s3::resources(operation),
        "elbv2" => return of_balancers(operation),
        "ec2" => return of_ec2(operation),
        _ => "*".to_owned(),
    };
    vec![one]
}

fn of_cloudwatch(operation: &Operation) -> Vec<String> {
    let list = |name: &str| operation.fields[name].as_array().into_iter().flatten().filter_map(Value::as_str);
    if operation.name.contains("Dashboard") {
        let named = Some(operation.text("DashboardName")).filter(|name| !name.is_empty());
        let name = named.or_else(|| list("DashboardNames").next()).unwrap_or_default();
        return vec![global("cloudwatch", &format!("dashboard/{name}"))];
    }
    let mut alarms: Vec<&str> = list("AlarmNames").collect();
    if alarms.is_empty() {
        let by_arn = operation.text("ResourceARN").rsplit(":alarm:").next().unwrap_or_default();
        alarms.push(Some(operation.text("AlarmName")).filter(|name| !name.is_empty()).unwrap_or(by_arn));
    }
    alarms.iter().map(|alarm| arn("cloudwatch", &format!("alarm:{alarm}"))).collect()
}

/// A listener is made for a load balancer, a rule for a listener; what is made has a name of the caller's or an id of AWS's.
fn of_balancers(operation: &Operation) -> Vec<String> {
    let named = |kind: &str| vec![arn("elasticloadbalancing", &format!("{kind}/{}/*", operation.text("Name")))];
    let fields = operation.fields.as_object().into_iter().flatten();
    let given = |wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
        let values = fields.filter(|(key, _)| wanted(key.as_str())).filter_map(|(_, value)| value.as_str());
        values.map(|given| arn("elasticloadbalancing", &without_ids(given))).collect()
    };
    match operation.name.as_str() {
        "CreateLoadBalancer" if operation.text("Type") == "network" => named("loadbalancer/net"),
        "CreateLoadBalancer" => named("loadbalancer/app"),
        "CreateTargetGroup" => named("targetgroup"),
        "CreateListener" => given(&|key| key == "LoadBalancerArn"),
        "CreateRule" => given(&|key| key == "ListenerArn"),
        _ => given(&|key| {
            ["LoadBalancerArn", "ListenerArn", "RuleArn", "TargetGroupArn"].contains(&key)
                || key.starts_with("ResourceArns.member")
        }),
    }
}

/// The last part of an ARN, with a star for each of the ids that AWS makes up.
fn without_ids(arn: &str) -> String {
    let is_id = |part: &str| part.len() == 16 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    resource.split('/').map(|part| if is_id(part) { "*" } else { part }).collect::<Vec<_>>().join("/")
}

fn of_ec2(operation: &Operation) -> Vec<String> {
    let fields = operation.fields.as_object().into_iter().flatten();
    let ids = fields.filter(|(key, _)| {
        ["GroupId", "VpcId", "ClientVpnEndpointId"].contains(&key.as_str())
            || ["ResourceId.", "SecurityGroupId."]
                .into_iter()
                .any(|list| key.strip_prefix(list).is_some_and(|number| number.parse::<u32>().is_ok()))
    });
    let new = match operation.name.as_str() {
        "CreateSecurityGroup" => Some("sg-new"),
        "CreateClientVpnEndpoint" => Some("cvpn-endpoint-new"),
        _ => None,
    };
    let resource = |id: &str| match id.rsplit_once('-').map(|(kind, _)| kind) {
        Some("cvpn-endpoint") => arn("ec2", "client-vpn-endpoint/*"),
        Some("sg") => arn("ec2", "security-group/*"),
        Some("vpc") => arn("ec2", "vpc/*"),
        // No document grants it: a kind that nothing of ours is about.
        _ => arn("ec2", id),
    };
    ids.filter_map(|(_, id)| id.as_str()).chain(new).map(resource).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::operation::call;

    #[test]
    fn what_calls_need() {
        let arn = "arn:aws:elasticloadbalancing:us-east-1:1:listener/app/vpn/0123456789abcdef/0123456789abcdef";
        for (name, fields, expected) in [
            ("sts:GetCallerIdentity", json!({}), vec![]),
            ("ec2:DescribeSubnets", json!({ "SubnetId.1": "subnet-1" }), vec!["ec2:DescribeSubnets *"]),
            (
                "ec2:DescribeClientVpnRoutes",
                json!({ "ClientVpnEndpointId": "cvpn-endpoint-1" }),
                vec!["ec2:DescribeClientVpnRoutes arn:aws:ec2:*:*:client-vpn-endpoint/*"],
            ),
            (
                "ec2:CreateClientVpnEndpoint",
                json!({ "SecurityGroupId.1": "sg-1", "TagSpecification.1.Tag.1.Key": "k", "VpcId": "vpc-1" }),
                vec![
                    "ec2:CreateClientVpnEndpoint arn:aws:ec2:*:*:security-group/*",
                    "ec2:CreateClientVpnEndpoint arn:aws:ec2:*:*:vpc/*",
                    "ec2:CreateClientVpnEndpoint arn:aws:ec2:*:*:client-vpn-endpoint/*",
                    "ec2:CreateTags arn:aws:ec2:*:*:client-vpn-endpoint/*",
                    "iam:CreateServiceLinkedRole arn:aws:iam::*:role/aws-service-role/clientvpn.amazonaws.com/\
                     AWSServiceRoleForClientVPN",
                    "iam:CreateServiceLinkedRole arn:aws:iam::*:role/aws-service-role/clientvpn-connections.amazonaws.com/\
                     AWSServiceRoleForClientVPNConnections",
                ],
            ),
            (
                "ec2:CreateSecurityGroup",
                json!({ "VpcId": "vpc-1" }),
                vec![
                    "ec2:CreateSecurityGroup arn:aws:ec2:*:*:vpc/*",
                    "ec2:CreateSecurityGroup arn:aws:ec2:*:*:security-group/*",
                    "ec2:CreateTags arn:aws:ec2:*:*:security-group/*",
                ],
            ),
            (
                "lambda:GetFunction",
                json!({ "FunctionName": "F", "Qualifier": "live" }),
                vec![
                    "lambda:GetFunction arn:aws:lambda:*:*:function:F",
                    "lambda:ListTags arn:aws:lambda:*:*:function:F",
                ],
            ),
            (
                "lambda:UpdateFunctionConfiguration",
                json!({ "FunctionName": "F", "Role": "arn:aws:iam::1:role/R" }),
                vec![
                    "lambda:UpdateFunctionConfiguration arn:aws:lambda:*:*:function:F",
                    "iam:PassRole arn:aws:iam::*:role/R iam:PassedToService=lambda.amazonaws.com",
                ],
            ),
            (
                "lambda:TagResource",
                json!({ "Resource": "arn:aws:lambda:us-east-1:1:function:F" }),
                vec!["lambda:TagResource arn:aws:lambda:*:*:function:F"],
            ),
            (
                "acm:ImportCertificate",
                json!({ "Tags": [{ "Key": "k" }] }),
                vec![
                    "acm:ImportCertificate arn:aws:acm:*:*:certificate/*",
                    "acm:AddTagsToCertificate arn:aws:acm:*:*:certificate/*",
                ],
            ),
            ("iam:GetPolicy", json!({ "PolicyArn": "p" }), vec!["iam:GetPolicy arn:aws:iam::*:policy/*"]),
            ("iam:PutRolePolicy", json!({ "RoleName": "R" }), vec!["iam:PutRolePolicy arn:aws:iam::*:role/R"]),
            (
                "logs:FilterLogEvents",
                json!({ "logGroupName": "/g" }),
                vec!["logs:FilterLogEvents arn:aws:logs:*:*:log-group:/g:*"],
            ),
            (
                "cloudwatch:DeleteAlarms",
                json!({ "AlarmNames": ["a", "b"] }),
                vec![
                    "cloudwatch:DeleteAlarms arn:aws:cloudwatch:*:*:alarm:a",
                    "cloudwatch:DeleteAlarms arn:aws:cloudwatch:*:*:alarm:b",
                ],
            ),
            (
                "elbv2:CreateRule",
                json!({ "ListenerArn": arn, "Tags.member.1.Key": "k", "Actions.member.1.TargetGroupArn": "t" }),
                vec![
                    "elasticloadbalancing:CreateRule arn:aws:elasticloadbalancing:*:*:listener/app/vpn/*/*",
                    "elasticloadbalancing:AddTags arn:aws:elasticloadbalancing:*:*:listener-rule/app/vpn/*/*/*",
                    "cognito-idp:DescribeUserPoolClient arn:aws:cognito-idp:*:*:userpool/*",
                ],
            ),
        ] {
            let found: Vec<String> = of(&call(name, fields)).iter().map(|need| need.words().join(" ")).collect();
            assert_eq!(found, expected, "{name}");
        }
    }
}
