//! Negative cases: what must not work.

use std::sync::PoisonError;

use bytes::Bytes;
use local::{
    authorize::{Context, Decision, Principal},
    functions::{self, NotInvoked},
};
use serde_json::Value;

use crate::{
    scenes::{ASSOCIATOR, CONNECTOR, DISASSOCIATOR, Outcome},
    setup::Account,
};

const US: &str = "123456789012";
const THEM: &str = "210987654321";
const BALANCING: &str = "elasticloadbalancing.amazonaws.com";
const ALARMS: &str = "lambda.alarms.cloudwatch.amazonaws.com";
const SCHEDULES: &str = "events.amazonaws.com";

/// Who must not invoke which function: service, source and account.
const INVOKES: [(&str, &str, &str, &str, &str); 8] = [
    (
        "a foreign load balancer",
        ASSOCIATOR,
        BALANCING,
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/other/1",
        US,
    ),
    ("our load balancer for a foreign account", ASSOCIATOR, BALANCING, "TARGET GROUP", THEM),
    ("another alarm", DISASSOCIATOR, ALARMS, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:Other", US),
    (
        "our alarm for a foreign account",
        DISASSOCIATOR,
        ALARMS,
        "arn:aws:cloudwatch:us-east-1:123456789012:alarm:AWSClientVPN-DisassociatingSubnets",
        THEM,
    ),
    ("another rule", DISASSOCIATOR, SCHEDULES, "arn:aws:events:us-east-1:123456789012:rule/Other", US),
    (
        "our rule for a foreign account",
        DISASSOCIATOR,
        SCHEDULES,
        "arn:aws:events:us-east-1:123456789012:rule/AWSClientVPN-EveryFiveMinutes",
        THEM,
    ),
    (
        "an alarm turns on",
        ASSOCIATOR,
        ALARMS,
        "arn:aws:cloudwatch:us-east-1:123456789012:alarm:AWSClientVPN-DisassociatingSubnets",
        US,
    ),
    ("a load balancer asks the connect handler", CONNECTOR, BALANCING, "TARGET GROUP", US),
];

/// What a role might do: its name, action, resource, context.
type Act = (&'static str, &'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

/// What a function must not do.
const ROLES: [Act; 24] = [
    (
        "on another endpoint",
        "Associator",
        "ec2:AssociateClientVpnTargetNetwork",
        "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-other",
        &[],
    ),
    (
        "a route of another endpoint",
        "Associator",
        "ec2:CreateClientVpnRoute",
        "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-other",
        &[],
    ),
    (
        "another subnet",
        "Associator",
        "ec2:AssociateClientVpnTargetNetwork",
        "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-other",
        &[],
    ),
    (
        "off at another endpoint",
        "Associator",
        "ec2:DisassociateClientVpnTargetNetwork",
        "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-other",
        &[],
    ),
    (
        "a look into another endpoint",
        "Associator",
        "ec2:DescribeClientVpnConnections",
        "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-other",
        &[],
    ),
    ("a look into another region", "Associator", "ec2:DescribeClientVpnEndpoints", "*", &[("ec2:Region", "eu-west-1")]),
    (
        "another tag",
        "Associator",
        "ec2:CreateTags",
        "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-0123456789abcdef0",
        &[("aws:TagKeys", "Name")],
    ),
    (
        "a mark of another endpoint",
        "Associator",
        "ec2:CreateTags",
        "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-other",
        &[("aws:TagKeys", "vpn-on-demand:keep-until")],
    ),
    (
        "another log",
        "Associator",
        "logs:PutLogEvents",
        "arn:aws:logs:us-east-1:123456789012:log-group:other:log-stream:1",
        &[],
    ),
    (
        "on another endpoint (off)",
        "Disassociator",
        "ec2:AssociateClientVpnTargetNetwork",
        "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-other",
        &[],
    ),
    (
        "another subnet (off)",
        "Disassociator",
        "ec2:AssociateClientVpnTargetNetwork",
        "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-other",
        &[],
    ),
    (
        "off at another endpoint (off)",
        "Disassociator",
        "ec2:DisassociateClientVpnTargetNetwork",
        "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-other",
        &[],
    ),
    (
        "a look into another endpoint (off)",
        "Disassociator",
        "ec2:DescribeClientVpnConnections",
        "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-other",
        &[],
    ),
    (
        "a look into another region (off)",
        "Disassociator",
        "ec2:DescribeClientVpnEndpoints",
        "*",
        &[("ec2:Region", "eu-west-1")],
    ),
    (
        "another tag (off)",
        "Disassociator",
        "ec2:CreateTags",
        "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-0123456789abcdef0",
        &[("aws:TagKeys", "Name")],
    ),
    (
        "a mark of another endpoint (off)",
        "Disassociator",
        "ec2:CreateTags",
        "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-other",
        &[("aws:TagKeys", "vpn-on-demand:keep-until")],
    ),
    ("another gauge", "Disassociator", "cloudwatch:PutMetricData", "*", &[("cloudwatch:namespace", "Other")]),
    (
        "another alarm's state",
        "Disassociator",
        "cloudwatch:SetAlarmState",
        "arn:aws:cloudwatch:us-east-1:123456789012:alarm:Other",
        &[],
    ),
    ("another topic", "Disassociator", "sns:Publish", "arn:aws:sns:us-east-1:123456789012:Other", &[]),
    (
        "another log (off)",
        "Disassociator",
        "logs:PutLogEvents",
        "arn:aws:logs:us-east-1:123456789012:log-group:other:log-stream:1",
        &[],
    ),
    (
        "another log (connect)",
        "ConnectHandler",
        "logs:PutLogEvents",
        "arn:aws:logs:us-east-1:123456789012:log-group:other:log-stream:1",
        &[],
    ),
    (
        "a gauge of the page",
        "Associator",
        "cloudwatch:PutMetricData",
        "*",
        &[("cloudwatch:namespace", "ClientVpnOnDemand")],
    ),
    (
        "an alarm's state by the page",
        "Associator",
        "cloudwatch:SetAlarmState",
        "arn:aws:cloudwatch:us-east-1:123456789012:alarm:AWSClientVPN-DisassociatingSubnets",
        &[],
    ),
    (
        "on by the connect handler",
        "ConnectHandler",
        "ec2:AssociateClientVpnTargetNetwork",
        "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-0123456789abcdef0",
        &[],
    ),
];

/// Who must not publish notices.
const PUBLISHES: [(&str, &str, &str); 2] = [
    ("a notice of another alarm", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:Other", US),
    (
        "our notice for a foreign account",
        "arn:aws:cloudwatch:us-east-1:123456789012:alarm:AWSClientVPN-OnForLong",
        THEM,
    ),
];

const WEB: [&str; 3] = ["nobody acts without sign-in", "another host", "another certificate's name"];

/// The names of all.
pub fn all() -> Vec<&'static str> {
    let invokes = INVOKES.iter().map(|it| it.0);
    invokes.chain(ROLES.iter().map(|it| it.0)).chain(PUBLISHES.iter().map(|it| it.0)).chain(WEB).collect()
}

/// Fails if what must not work works.
pub async fn play(account: &Account, name: &str) -> Outcome {
    if WEB.contains(&name) {
        return web(account, name).await;
    }
    let works = if let Some((_, function, service, source, of)) = INVOKES.iter().find(|it| it.0 == name) {
        invokes(account, function, service, source, of).await?
    } else if let Some((_, role, action, resource, context)) = ROLES.iter().find(|it| it.0 == name) {
        let role = Principal::Role(format!("LambdaRole-ClientVPN-{role}"));
        account.world().may(&role, action, resource, &with(context)) == Decision::Allowed
    } else if let Some((_, source, of)) = PUBLISHES.iter().find(|it| it.0 == name) {
        let alarms = Principal::Service("cloudwatch.amazonaws.com".to_owned());
        let context = with(&[("aws:SourceArn", source), ("aws:SourceAccount", of)]);
        let topic = "arn:aws:sns:us-east-1:123456789012:AWSClientVPN-Notices";
        account.world().may(&alarms, "sns:Publish", topic, &context) == Decision::Allowed
    } else {
        panic!("there is no scene {name:?}");
    };
    if works { Err(format!("{name} works")) } else { Ok(()) }
}

fn with(pairs: &[(&str, &str)]) -> Context {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()])).collect()
}

async fn invokes(account: &Account, function: &str, service: &str, source: &str, of: &str) -> Result<bool, String> {
    let (arn, group) = {
        let deployment = account.world().deployment.read().unwrap_or_else(PoisonError::into_inner);
        (deployment.function_arn(function), deployment.target_groups.keys().next().cloned())
    };
    let source = if source == "TARGET GROUP" { group.ok_or("there is no target group")? } else { source.to_owned() };
    let context = with(&[("aws:SourceArn", &source), ("aws:SourceAccount", of)]);
    let principal = Principal::Service(service.to_owned());
    match functions::invoke(account.world(), &arn, Bytes::from_static(b"{}"), &principal, &context).await {
        Ok(_) => Ok(true),
        Err(NotInvoked::AccessDenied(_)) => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

async fn web(account: &Account, name: &str) -> Outcome {
    match name {
        "nobody acts without sign-in" => {
            for (method, path) in
                [("POST", "/on"), ("POST", "/off"), ("POST", "/keep"), ("POST", "/progress"), ("GET", "/state")]
            {
                let answer = account.send(method, path, &[("origin", "https://vpn.example.com")], "").await;
                if answer.status() != 401 {
                    return Err(format!("{method} {path} without sign-in: {}", answer.status()));
                }
            }
            for path in ["/", "/vpn", "/sign-out", "/on", "/progress"] {
                for language in ["en", "ja", "ko", "zh"] {
                    let answer = account.send("GET", path, &[("accept-language", language)], "").await;
                    if answer.status() != 302 {
                        return Err(format!("GET {path} in {language} without sign-in: {}", answer.status()));
                    }
                }
            }
            // The function refuses too, but is not even to be asked: that would count as use.
            if account.world().happenings.after(0).iter().any(|it| it.kind == "invocation") {
                return Err("a function was asked without sign-in".to_owned());
            }
        }
        "another host" => {
            // It shares the certificate.
            account.world().fresh().await;
            account.world().deployment.write().unwrap_or_else(PoisonError::into_inner).listener.certificate_names =
                None;
            for (method, path) in [
                ("GET", "/"),
                ("GET", "/vpn"),
                ("POST", "/on"),
                ("POST", "/progress"),
                ("GET", "/state"),
                ("GET", "/on"),
                ("GET", "/progress"),
                ("GET", "/signed-out"),
            ] {
                for language in ["en", "ja", "ko", "zh"] {
                    let headers = [("host", "other.example.com"), ("accept-language", language)];
                    let answer = account.send(method, path, &headers, "").await;
                    if answer.status() != 404 {
                        return Err(format!("{method} {path} of another host: {}", answer.status()));
                    }
                }
            }
        }
        _ => {
            let answer = account.send("GET", "/", &[("host", "other.example.com")], "").await;
            if answer.status() != 504 {
                return Err(format!("GET / by another name: {}", answer.status()));
            }
        }
    }
    Ok(())
}

/// Every statement and action of the roles' policies that nobody used.
pub fn unused(account: &Account, used: &[(String, String, String)]) -> Vec<String> {
    let deployment = account.world().deployment.read().unwrap_or_else(PoisonError::into_inner);
    let mut unused = Vec::new();
    for (name, role) in &deployment.roles {
        for statement in role.policies.iter().flat_map(|policy| policy["Statement"].as_array().into_iter().flatten()) {
            let actions = match &statement["Action"] {
                Value::Array(actions) => actions.clone(),
                one => vec![one.clone()],
            };
            for action in actions.iter().filter_map(Value::as_str) {
                if !used.iter().any(|(role, did, _)| role == name && did == action) {
                    unused.push(format!("{name}, {}: {action}", statement["Sid"].as_str().unwrap_or_default()));
                }
            }
        }
    }
    unused
}
