//! What must not work, by name.

use crate::scenes::{ASSOCIATOR, CONNECTOR, DISASSOCIATOR};

const US: &str = "123456789012";
const THEM: &str = "210987654321";
const BALANCING: &str = "elasticloadbalancing.amazonaws.com";
const ALARMS: &str = "lambda.alarms.cloudwatch.amazonaws.com";
const SCHEDULES: &str = "events.amazonaws.com";

/// Who must not invoke which function: service, source and account.
pub(super) const INVOKES: [(&str, &str, &str, &str, &str); 7] = [
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
        "an alarm turns on",
        ASSOCIATOR,
        ALARMS,
        "arn:aws:cloudwatch:us-east-1:123456789012:alarm:AWSClientVPN-DisassociatingSubnets",
        US,
    ),
    ("a load balancer asks the connect handler", CONNECTOR, BALANCING, "TARGET GROUP", US),
];

/// What a role might do: its name, action, resource, context.
pub(super) type Act = (&'static str, &'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

/// What a function must not do.
pub(super) const ROLES: [Act; 31] = [
    (
        "the list of another bucket",
        "Associator",
        "s3:ListBucket",
        "arn:aws:s3:::other",
        &[("s3:prefix", "profiles/x/")],
    ),
    (
        "a list of all that is in the bucket",
        "Associator",
        "s3:ListBucket",
        "arn:aws:s3:::vpn-on-demand-123456789012-us-east-1",
        &[("s3:prefix", "")],
    ),
    ("a profile in another bucket", "Associator", "s3:GetObject", "arn:aws:s3:::other/profiles/x/ipad.ovpn", &[]),
    (
        "what else is in the bucket",
        "Associator",
        "s3:GetObject",
        "arn:aws:s3:::vpn-on-demand-123456789012-us-east-1/x",
        &[],
    ),
    (
        "a profile that the page leaves",
        "Associator",
        "s3:PutObject",
        "arn:aws:s3:::vpn-on-demand-123456789012-us-east-1/profiles/x/ipad.ovpn",
        &[],
    ),
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
        "every tag at once",
        "Associator",
        "ec2:DeleteTags",
        "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-0123456789abcdef0",
        &[],
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
        "every tag at once (off)",
        "Disassociator",
        "ec2:DeleteTags",
        "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-0123456789abcdef0",
        &[],
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
pub(super) const PUBLISHES: [(&str, &str, &str); 2] = [
    ("a notice of another alarm", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:Other", US),
    (
        "our notice for a foreign account",
        "arn:aws:cloudwatch:us-east-1:123456789012:alarm:AWSClientVPN-OnForLong",
        THEM,
    ),
];

pub(super) const WEB: [&str; 4] =
    ["nobody acts without sign-in", "another host", "another certificate's name", "a header that is none"];

/// Passwords that nobody may choose.
pub(super) const PASSWORDS: [(&str, &str); 4] = [
    ("a short password", "Correct4242"),
    ("a password without capitals", "correcthorse42"),
    ("a password without small letters", "CORRECTHORSE42"),
    ("a password without digits", "CorrectHorses"),
];

/// Of one whose role may publish to every topic.
pub(super) const FAILURE: &str = "a failure told by another function";

/// What must not be had without TLS, whoever asks.
pub(super) const PLAIN: [(&str, &str, &str); 2] =
    [("a profile without TLS", "s3:GetObject", "/profiles/x/ipad.ovpn"), ("a list without TLS", "s3:ListBucket", "")];

pub(super) const PEOPLE: [&str; 2] = ["somebody signs up", "everybody is deleted"];
