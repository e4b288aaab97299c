//! Our own table of every statement that is shipped: `iam-rs` is not verified by anybody else.

use std::collections::BTreeSet;

use aws::{
    authorize::{CLIENT_VPN_ROLE, Context, Decision, Principal, authorize},
    deployment::Deployment,
};
use serde_json::{Value, json};

use crate::this_computer::{self, ASSOCIATOR, CONNECT_HANDLER, DISASSOCIATOR, Settings};

const A: &str = "LambdaRole-ClientVPN-Associator";
const D: &str = "LambdaRole-ClientVPN-Disassociator";
const C: &str = "LambdaRole-ClientVPN-ConnectHandler";

const ENDPOINT: &str = "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-0123456789abcdef0";
const OTHER_ENDPOINT: &str = "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-0fedcba9876543210";
const SUBNET: &str = "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-0aaaaaaaaaaaaaaa1";
const OTHER_SUBNET: &str = "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-0bbbbbbbbbbbbbbb2";
const ALARM: &str = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:AWSClientVPN-DisassociatingSubnets";
const OTHER_ALARM: &str = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:Another";
const MONTH_ALARM: &str = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:AWSClientVPN-Month";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:AWSClientVPN-Failures";

fn ours() -> Deployment {
    this_computer::deployment(&Settings::default()).unwrap()
}

fn context(pairs: &[(&str, &[&str])]) -> Context {
    pairs.iter().map(|(key, values)| ((*key).to_owned(), values.iter().map(|v| (*v).to_owned()).collect())).collect()
}

fn may(
    deployment: &Deployment,
    principal: &Principal,
    action: &str,
    resource: &str,
    pairs: &[(&str, &[&str])],
) -> bool {
    authorize(deployment, principal, action, resource, &context(pairs)) == Decision::Allowed
}

/// Role, action, resource, context, and whether it may: every statement of `infra/iam`, and its borders.
#[test]
fn every_statement_of_the_roles() {
    let deployment = ours();
    let (mark, request) = ("vpn-on-demand:on-since", "vpn-on-demand:last-request");
    let ready = "vpn-on-demand:ready-since";
    let (keep, closed) = ("vpn-on-demand:keep-until", "vpn-on-demand:closed-until");
    let space = "cloudwatch:namespace";
    type Row<'a> = (&'a str, &'a str, &'a str, &'a [(&'a str, &'a [&'a str])], bool);
    let rows: &[Row<'_>] = &[
        // SeeEndpointAndMarks
        (A, "ec2:DescribeClientVpnEndpoints", "*", &[], true),
        (D, "ec2:DescribeClientVpnEndpoints", "*", &[], true),
        (C, "ec2:DescribeClientVpnEndpoints", "*", &[], false),
        (A, "ec2:DescribeClientVpnEndpoints", "*", &[("ec2:Region", &["eu-west-1"])], false),
        (D, "ec2:DescribeClientVpnEndpoints", "*", &[("ec2:Region", &["eu-west-1"])], false),
        (A, "ec2:DescribeSubnets", "*", &[], false),
        // SeeEndpointInside
        (A, "ec2:DescribeClientVpnTargetNetworks", ENDPOINT, &[], true),
        (A, "ec2:DescribeClientVpnConnections", ENDPOINT, &[], true),
        (A, "ec2:DescribeClientVpnRoutes", ENDPOINT, &[], true),
        (A, "ec2:DescribeClientVpnRoutes", OTHER_ENDPOINT, &[], false),
        (A, "ec2:DescribeClientVpnAuthorizationRules", ENDPOINT, &[], false),
        (D, "ec2:DescribeClientVpnTargetNetworks", ENDPOINT, &[], true),
        (D, "ec2:DescribeClientVpnConnections", ENDPOINT, &[], true),
        (D, "ec2:DescribeClientVpnRoutes", ENDPOINT, &[], true),
        (D, "ec2:DescribeClientVpnConnections", OTHER_ENDPOINT, &[], false),
        (C, "ec2:DescribeClientVpnConnections", ENDPOINT, &[], false),
        // TurnOn
        (A, "ec2:AssociateClientVpnTargetNetwork", ENDPOINT, &[], true),
        (A, "ec2:AssociateClientVpnTargetNetwork", SUBNET, &[], true),
        (A, "ec2:AssociateClientVpnTargetNetwork", OTHER_SUBNET, &[], false),
        (A, "ec2:AssociateClientVpnTargetNetwork", OTHER_ENDPOINT, &[], false),
        (A, "ec2:CreateClientVpnRoute", ENDPOINT, &[], true),
        (A, "ec2:CreateClientVpnRoute", SUBNET, &[], true),
        (A, "ec2:CreateClientVpnRoute", OTHER_SUBNET, &[], false),
        (A, "ec2:DeleteClientVpnRoute", ENDPOINT, &[], false),
        (D, "ec2:AssociateClientVpnTargetNetwork", ENDPOINT, &[], true),
        (D, "ec2:AssociateClientVpnTargetNetwork", SUBNET, &[], true),
        (D, "ec2:AssociateClientVpnTargetNetwork", OTHER_SUBNET, &[], false),
        (D, "ec2:CreateClientVpnRoute", SUBNET, &[], true),
        // TurnOff
        (A, "ec2:DisassociateClientVpnTargetNetwork", ENDPOINT, &[], true),
        (A, "ec2:DisassociateClientVpnTargetNetwork", OTHER_ENDPOINT, &[], false),
        (D, "ec2:DisassociateClientVpnTargetNetwork", ENDPOINT, &[], true),
        (D, "ec2:DisassociateClientVpnTargetNetwork", OTHER_ENDPOINT, &[], false),
        (D, "ec2:TerminateClientVpnConnections", ENDPOINT, &[], false),
        // WriteMarks
        (A, "ec2:CreateTags", ENDPOINT, &[("aws:TagKeys", &[request])], true),
        (A, "ec2:CreateTags", ENDPOINT, &[("aws:TagKeys", &[request, mark, keep])], true),
        (A, "ec2:DeleteTags", ENDPOINT, &[("aws:TagKeys", &[mark, keep])], true),
        (A, "ec2:CreateTags", ENDPOINT, &[("aws:TagKeys", &[ready])], true),
        (A, "ec2:DeleteTags", ENDPOINT, &[("aws:TagKeys", &[ready])], true),
        (A, "ec2:CreateTags", ENDPOINT, &[("aws:TagKeys", &["Name"])], false),
        (A, "ec2:CreateTags", ENDPOINT, &[("aws:TagKeys", &[mark, "Name"])], false),
        (A, "ec2:CreateTags", ENDPOINT, &[("aws:TagKeys", &[closed])], false),
        (A, "ec2:CreateTags", ENDPOINT, &[("aws:TagKeys", &["VPN-ON-DEMAND:ON-SINCE"])], false),
        // Without keys every tag would go.
        (A, "ec2:DeleteTags", ENDPOINT, &[], false),
        (A, "ec2:CreateTags", OTHER_ENDPOINT, &[("aws:TagKeys", &[mark])], false),
        (A, "ec2:CreateTags", SUBNET, &[("aws:TagKeys", &[mark])], false),
        (D, "ec2:CreateTags", ENDPOINT, &[("aws:TagKeys", &[closed, mark])], true),
        (D, "ec2:DeleteTags", ENDPOINT, &[("aws:TagKeys", &[request, keep])], true),
        (D, "ec2:CreateTags", ENDPOINT, &[("aws:TagKeys", &[ready])], true),
        (D, "ec2:DeleteTags", ENDPOINT, &[("aws:TagKeys", &[ready])], true),
        (D, "ec2:CreateTags", ENDPOINT, &[("aws:TagKeys", &["Name"])], false),
        (D, "ec2:DeleteTags", ENDPOINT, &[], false),
        (C, "ec2:CreateTags", ENDPOINT, &[("aws:TagKeys", &[mark])], false),
        // Gauge
        (D, "cloudwatch:PutMetricData", "*", &[(space, &["ClientVpnOnDemand"])], true),
        (D, "cloudwatch:PutMetricData", "*", &[(space, &["Another"])], false),
        (D, "cloudwatch:PutMetricData", "*", &[], false),
        (A, "cloudwatch:PutMetricData", "*", &[(space, &["ClientVpnOnDemand"])], false),
        // JudgeAgain
        (D, "cloudwatch:SetAlarmState", ALARM, &[], true),
        (D, "cloudwatch:SetAlarmState", OTHER_ALARM, &[], false),
        (D, "cloudwatch:DeleteAlarms", ALARM, &[], false),
        (A, "cloudwatch:SetAlarmState", ALARM, &[], false),
        // SeeGauge, TellMonth
        (D, "cloudwatch:GetMetricStatistics", "*", &[], true),
        (D, "cloudwatch:SetAlarmState", MONTH_ALARM, &[], true),
        (D, "cloudwatch:PutMetricAlarm", MONTH_ALARM, &[], false),
        (A, "cloudwatch:GetMetricStatistics", "*", &[], false),
        // TellFailures
        (D, "sns:Publish", TOPIC, &[], true),
        (D, "sns:Publish", "arn:aws:sns:us-east-1:123456789012:Another", &[], false),
        (A, "sns:Publish", TOPIC, &[], false),
    ];
    for (role, action, resource, pairs, expected) in rows {
        let principal = Principal::Role((*role).to_owned());
        assert_eq!(
            may(&deployment, &principal, action, resource, pairs),
            *expected,
            "{role} {action} {resource} {pairs:?}"
        );
    }
    // OwnLog, of each function
    for (role, function) in [(A, ASSOCIATOR), (D, DISASSOCIATOR), (C, CONNECT_HANDLER)] {
        let principal = Principal::Role(role.to_owned());
        for (action, group, expected) in [
            ("logs:CreateLogStream", function, true),
            ("logs:PutLogEvents", function, true),
            ("logs:CreateLogGroup", function, false),
            ("logs:PutLogEvents", "AnotherFunction", false),
        ] {
            let log = deployment.arn("logs", &format!("log-group:/aws/lambda/{group}:log-stream:2026/11/21"));
            assert_eq!(may(&deployment, &principal, action, &log, &[]), expected, "{role} {action} {log}");
        }
    }
    // No action of any shipped statement is missing above.
    let named: BTreeSet<_> =
        rows.iter().map(|row| (row.0, row.1)).filter(|(_, action)| !action.starts_with("logs:")).collect();
    for (name, role) in &deployment.roles {
        for statement in role.policies.iter().flat_map(|policy| policy["Statement"].as_array().unwrap()) {
            let actions = statement["Action"].as_array().cloned().unwrap_or_else(|| vec![statement["Action"].clone()]);
            for action in actions.iter().filter_map(Value::as_str).filter(|action| !action.starts_with("logs:")) {
                assert!(named.contains(&(name.as_str(), action)), "{name} {action} has no row");
            }
        }
    }
}

#[test]
fn only_the_right_service_from_the_right_source_invokes() {
    let deployment = ours();
    let account: (&str, &[&str]) = ("aws:SourceAccount", &["123456789012"]);
    let group: &[&str] =
        &["arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/vpn-on-demand/0123456789abcdef"];
    let rule: &[&str] = &["arn:aws:events:us-east-1:123456789012:rule/AWSClientVPN-EveryFiveMinutes"];
    let (balancer, alarms, events) =
        ("elasticloadbalancing.amazonaws.com", "lambda.alarms.cloudwatch.amazonaws.com", "events.amazonaws.com");
    type Row<'a> = (&'a str, &'a str, Vec<(&'a str, &'a [&'a str])>, bool);
    let source = "aws:SourceArn";
    let rows: Vec<Row<'_>> = vec![
        (balancer, ASSOCIATOR, vec![(source, group), account], true),
        (balancer, ASSOCIATOR, vec![("AWS:SourceARN", group), account], true),
        (balancer, ASSOCIATOR, vec![(source, group)], false),
        (balancer, ASSOCIATOR, vec![account], false),
        (balancer, ASSOCIATOR, vec![(source, group), ("aws:SourceAccount", &["210987654321"])], false),
        (balancer, ASSOCIATOR, vec![(source, rule), account], false),
        (balancer, DISASSOCIATOR, vec![(source, group), account], false),
        (alarms, DISASSOCIATOR, vec![(source, &[ALARM]), account], true),
        (alarms, DISASSOCIATOR, vec![(source, &[OTHER_ALARM]), account], false),
        (alarms, ASSOCIATOR, vec![(source, &[ALARM]), account], false),
        // EventBridge gives no account (fact 11.6).
        (events, DISASSOCIATOR, vec![(source, rule)], true),
        (events, DISASSOCIATOR, vec![(source, &[ALARM]), account], false),
        (events, ASSOCIATOR, vec![(source, rule), account], false),
        ("lambda.amazonaws.com", DISASSOCIATOR, vec![(source, rule), account], false),
    ];
    for (service, function, pairs, expected) in rows {
        let principal = Principal::Service(service.to_owned());
        let arn = deployment.function_arn(function);
        assert_eq!(
            may(&deployment, &principal, "lambda:InvokeFunction", &arn, &pairs),
            expected,
            "{service} {function} {pairs:?}"
        );
        assert!(!may(&deployment, &principal, "lambda:UpdateFunctionCode", &arn, &pairs), "{service} {function}");
    }
}

#[test]
fn client_vpn_invokes_what_has_the_prefix() {
    let mut deployment = ours();
    let client_vpn = Principal::Role(CLIENT_VPN_ROLE.to_owned());
    let handler = deployment.function_arn(CONNECT_HANDLER);
    for (resource, expected) in [
        (handler.clone(), true),
        (format!("{handler}:live"), true),
        (deployment.function_arn("ConnectHandler"), false),
        (ENDPOINT.to_owned(), false),
    ] {
        assert_eq!(may(&deployment, &client_vpn, "lambda:InvokeFunction", &resource, &[]), expected, "{resource}");
    }
    assert!(!may(&deployment, &Principal::Role("Unknown".to_owned()), "lambda:InvokeFunction", &handler, &[]));
    // An explicit denial by the function's own policy wins over the role's permission.
    deployment.functions.get_mut(CONNECT_HANDLER).unwrap().resource_policy = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Deny", "Principal": "*", "Action": "lambda:*", "Resource": "*" }],
    });
    assert!(!may(&deployment, &client_vpn, "lambda:InvokeFunction", &handler, &[]));
}

#[test]
fn an_administrator_may_and_a_denial_says_why() {
    let deployment = ours();
    assert!(may(&deployment, &Principal::Administrator, "ec2:CreateClientVpnEndpoint", "*", &[]));
    let decision = authorize(&deployment, &Principal::Role(C.to_owned()), "ec2:CreateTags", ENDPOINT, &Context::new());
    let Decision::Denied(reason) = decision else { panic!("{decision:?}") };
    assert_eq!(
        reason,
        format!(
            "User: arn:aws:iam::123456789012:role/{C} is not authorized to perform: ec2:CreateTags on resource: {ENDPOINT} \
             because no identity-based policy allows the ec2:CreateTags action"
        )
    );
}

/// The parts of IAM's language that are used, or will be: one policy each, for a role.
#[test]
fn the_language() {
    let condition = |condition: Value| json!([{ "Statement": { "Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Condition": condition } }]);
    let key = |values: &'static [&'static str]| vec![("aws:PrincipalTag/team", values)];
    type Row<'a> = (Value, Vec<(&'a str, &'a [&'a str])>, bool);
    let rows: Vec<Row<'_>> = vec![
        (condition(json!({ "StringEquals": { "aws:PrincipalTag/team": ["a", "b"] } })), key(&["b"]), true),
        (condition(json!({ "StringEquals": { "aws:PrincipalTag/team": ["a", "b"] } })), key(&["B"]), false),
        (condition(json!({ "StringEquals": { "aws:PrincipalTag/team": "a" } })), vec![], false),
        (condition(json!({ "StringNotEquals": { "aws:PrincipalTag/team": "a" } })), vec![], true),
        (condition(json!({ "StringEqualsIfExists": { "aws:PrincipalTag/team": "a" } })), vec![], true),
        (condition(json!({ "StringLike": { "aws:PrincipalTag/team": "a*" } })), key(&["abc"]), true),
        (condition(json!({ "StringLike": { "aws:PrincipalTag/team": "a?" } })), key(&["abc"]), false),
        (
            condition(json!({ "ArnLike": { "aws:SourceArn": "arn:aws:sns:*:123456789012:A*" } })),
            vec![("aws:SourceArn", &[TOPIC])],
            true,
        ),
        (
            condition(json!({ "ArnEquals": { "aws:SourceArn": "arn:aws:sns:*:123456789012:A*" } })),
            vec![("aws:SourceArn", &[TOPIC])],
            true,
        ),
        (
            condition(json!({ "ArnNotEquals": { "aws:SourceArn": "arn:aws:sns:*:123456789012:A*" } })),
            vec![("aws:SourceArn", &[TOPIC])],
            false,
        ),
        (condition(json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["a"] } })), vec![], true),
        (
            condition(json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["a"] } })),
            vec![("aws:TagKeys", &["a", "b"])],
            false,
        ),
        (
            condition(json!({ "ForAnyValue:StringEquals": { "aws:TagKeys": ["a"] } })),
            vec![("aws:TagKeys", &["a", "b"])],
            true,
        ),
        (condition(json!({ "ForAnyValue:StringEquals": { "aws:TagKeys": ["a"] } })), vec![], false),
        (condition(json!({ "Null": { "aws:TagKeys": "false" } })), vec![], false),
        (condition(json!({ "Null": { "aws:TagKeys": "false" } })), vec![("aws:TagKeys", &["a"])], true),
        (condition(json!({ "Null": { "aws:TagKeys": "false" } })), vec![("aws:TagKeys", &[])], false),
        (
            condition(json!({ "Bool": { "aws:SecureTransport": "true" } })),
            vec![("aws:SecureTransport", &["true"])],
            true,
        ),
        (
            condition(json!({ "Bool": { "aws:SecureTransport": "true" } })),
            vec![("aws:SecureTransport", &["false"])],
            false,
        ),
        (condition(json!({ "Bool": { "aws:SecureTransport": true } })), vec![("AWS:SecureTransport", &["true"])], true),
        // Two conditions: both must hold.
        (
            condition(json!({ "StringEquals": { "a:b": "1" }, "StringLike": { "c:d": "2" } })),
            vec![("a:b", &["1"])],
            false,
        ),
        // What cannot be read allows nothing.
        (condition(json!({ "StringAlmost": { "a:b": "1" } })), vec![("a:b", &["1"])], false),
    ];
    for (policies, pairs, expected) in rows {
        let mut deployment = ours();
        deployment.roles.get_mut(C).unwrap().policies = policies.as_array().unwrap().clone();
        let allowed = may(&deployment, &Principal::Role(C.to_owned()), "ec2:CreateTags", ENDPOINT, &pairs);
        assert_eq!(allowed, expected, "{policies} {pairs:?}");
    }
}

#[test]
fn denials_wildcards_and_opposites() {
    let allow = json!({ "Effect": "Allow", "Action": "ec2:*", "Resource": "*" });
    for (statement, action, expected) in [
        (json!({ "Effect": "Deny", "Action": "ec2:CreateTags", "Resource": "*" }), "ec2:CreateTags", false),
        (json!({ "Effect": "Deny", "Action": "EC2:createtags", "Resource": "*" }), "ec2:CreateTags", false),
        (json!({ "Effect": "Deny", "NotAction": "ec2:Describe*", "Resource": "*" }), "ec2:CreateTags", false),
        (json!({ "Effect": "Deny", "NotAction": "ec2:Describe*", "Resource": "*" }), "ec2:DescribeSubnets", true),
        (json!({ "Effect": "Deny", "Action": "*", "NotResource": ENDPOINT }), "ec2:CreateTags", true),
        (json!({ "Effect": "Deny", "Action": "*", "NotResource": OTHER_ENDPOINT }), "ec2:CreateTags", false),
    ] {
        let mut deployment = ours();
        deployment.roles.get_mut(C).unwrap().policies =
            vec![json!({ "Version": "2012-10-17", "Statement": [allow.clone()] }), json!({ "Statement": statement })];
        let allowed = may(&deployment, &Principal::Role(C.to_owned()), action, ENDPOINT, &[]);
        assert_eq!(allowed, expected, "{statement} {action}");
    }
}

/// `Principal` in its several forms, in a function's policy.
#[test]
fn principals() {
    let arn = format!("arn:aws:iam::123456789012:role/{C}");
    for (principal, expected) in [
        (json!("*"), true),
        (json!({ "AWS": "*" }), true),
        (json!({ "AWS": arn }), true),
        (json!({ "AWS": ["arn:aws:iam::123456789012:role/Another", arn] }), true),
        (json!({ "AWS": "arn:aws:iam::123456789012:role/Another" }), false),
        (json!({ "Service": "events.amazonaws.com" }), false),
        (json!({ "Service": "events.amazonaws.com", "AWS": arn }), true),
    ] {
        let mut deployment = ours();
        let resource = deployment.function_arn(ASSOCIATOR);
        deployment.functions.get_mut(ASSOCIATOR).unwrap().resource_policy = json!({
            "Statement": [{ "Effect": "Allow", "Principal": principal, "Action": "lambda:InvokeFunction", "Resource": resource }],
        });
        let allowed = may(&deployment, &Principal::Role(C.to_owned()), "lambda:InvokeFunction", &resource, &[]);
        assert_eq!(allowed, expected, "{principal}");
    }
}
