//! The deployment of `cargo run`: what `infra/deploy.sh` sets up on AWS, from the same files, with this computer's
//! addresses.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use aws::deployment::{
    Deployment, Endpoint, EventInvoke, Function, Listener, Role, Schedule, Subnet, TargetGroup, User, UserPool,
};
use serde_json::{Value, json};

mod rules;
mod shipped;
mod template;

use shipped::Shipped;

/// The function that turns on, by the name it has on AWS.
pub const ASSOCIATOR: &str = "AWSClientVPN-AssociatingSubnets";
/// The function that turns off.
pub const DISASSOCIATOR: &str = "AWSClientVPN-DisassociatingSubnets";
/// The function that is asked about every connection.
pub const CONNECT_HANDLER: &str = "AWSClientVPN-ConnectHandler";
/// The idle alarm has its function's name.
pub const ALARM: &str = DISASSOCIATOR;
/// The rule that looks every five minutes.
pub const SCHEDULE: &str = "AWSClientVPN-EveryFiveMinutes";

pub const ACCOUNT: &str = "123456789012";
pub const REGION: &str = "us-east-1";
/// AWS's own partition.
pub const PARTITION: &str = "aws";
/// The Client VPN endpoint.
pub const ENDPOINT: &str = "cvpn-endpoint-0123456789abcdef0";
const VPC: &str = "vpc-0123456789abcdef0";
const OTHER_VPC: &str = "vpc-0fedcba9876543210";
/// The bucket in which profiles wait, with `--profiles`.
pub const PROFILES_BUCKET: &str = "vpn-on-demand-123456789012-us-east-1";
const USER_POOL: &str = "us-east-1_OnDemand0";
const CLIENT_ID: &str = "1example23456789ondemand00";

/// The alarm's datapoints span five minutes each.
const FIVE_MINUTES: Duration = Duration::from_secs(300);

/// So many zones the endpoint's VPC has subnets in: an endpoint may have one of each (fact 4.7), and no more than five
/// settings name.
pub const ZONES: usize = 5;
/// The place in [`SUBNETS`] of one that shares a zone with the first: a setting that is wrong.
pub const OF_THE_SAME_ZONE: usize = 5;
/// The place in [`SUBNETS`] of one in another VPC: another.
pub const OF_ANOTHER_VPC: usize = 6;

/// Subnets to choose from: identifier, VPC, zone, block. The first [`ZONES`] are in as many zones of the endpoint's VPC.
pub const SUBNETS: [(&str, &str, &str, &str); 7] = [
    ("subnet-0aaaaaaaaaaaaaaa1", VPC, "us-east-1a", "10.0.0.0/24"),
    ("subnet-0bbbbbbbbbbbbbbb2", VPC, "us-east-1b", "10.0.1.0/24"),
    ("subnet-0ccccccccccccccc3", VPC, "us-east-1c", "10.0.2.0/24"),
    ("subnet-0ddddddddddddddd4", VPC, "us-east-1d", "10.0.3.0/24"),
    ("subnet-0eeeeeeeeeeeeeee5", VPC, "us-east-1e", "10.0.4.0/24"),
    ("subnet-0fffffffffffffff6", VPC, "us-east-1a", "10.0.5.0/24"),
    ("subnet-01111111111111117", OTHER_VPC, "us-east-1b", "10.1.0.0/24"),
];

/// What can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The subnets that are to be associated when the VPN is on, from [`SUBNETS`].
    pub subnets: Vec<String>,
    /// The blocks to route through each of them.
    pub routes: Vec<String>,
    /// How long without use turns it off; the alarm's evaluation periods follow.
    pub idle_time: Duration,
    /// How long an employee may keep it on though idle.
    pub keep_limit: Duration,
    /// Where the employee's page is, `http://127.0.0.1:PORT`.
    pub employee_url: String,
    /// Where AWS is, `http://127.0.0.1:PORT`.
    pub aws_url: String,
    /// Cognito's logout.
    pub sign_out_url: String,
    /// Where the load balancer's public keys are.
    pub key_server: String,
    /// How much faster than the real clock time passes; the page asks more often by as much.
    pub speed: f64,
    /// `enforce` or `shadow`.
    pub connect_mode: String,
    /// Whether profiles wait for people at the page.
    pub profiles: bool,
}

/// The first so many subnets of [`SUBNETS`], at most all of them.
#[must_use]
pub fn subnets(count: usize) -> Vec<String> {
    SUBNETS.iter().take(count).map(|(id, ..)| (*id).to_owned()).collect()
}

impl Default for Settings {
    /// One subnet, no routes, half an hour, at sixty times the speed. The addresses are known when the ports are.
    fn default() -> Self {
        Self {
            subnets: subnets(1),
            routes: Vec::new(),
            idle_time: Duration::from_secs(30 * 60),
            keep_limit: Duration::from_secs(8 * 3600),
            employee_url: "http://127.0.0.1".to_owned(),
            aws_url: "http://127.0.0.1".to_owned(),
            sign_out_url: "http://127.0.0.1/logout".to_owned(),
            key_server: "http://127.0.0.1/keys".to_owned(),
            speed: 60.0,
            connect_mode: "enforce".to_owned(),
            profiles: false,
        }
    }
}

/// A file of `infra` does not fit what is filled into it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct BadFile {
    /// Which.
    pub file: &'static str,
    /// What is wrong.
    pub problem: String,
}

/// Everything deployed on this computer.
///
/// # Errors
/// A file of `infra` that is no JSON, or has a placeholder that nobody fills.
pub fn deployment(settings: &Settings) -> Result<Deployment, BadFile> {
    let mut deployment = Deployment { user_pool: user_pool(), ..nothing_but(endpoint()) };
    deployment.endpoint.connect_handler = Some(deployment.function_arn(CONNECT_HANDLER));
    let target_group = deployment.arn("elasticloadbalancing", "targetgroup/vpn-on-demand/0123456789abcdef");
    let schedule = deployment.arn("events", &format!("rule/{SCHEDULE}"));
    deployment.listener = Listener {
        load_balancer_arn: deployment.arn("elasticloadbalancing", "loadbalancer/app/vpn-on-demand/0123456789abcdef"),
        rules: rules::rules(&host_without_port(&settings.employee_url), &target_group, settings.profiles)?,
        ..Listener::default()
    };
    let function = deployment.function_arn(ASSOCIATOR);
    let group = TargetGroup { function, multi_value_headers: true, health_check: None };
    deployment.target_groups.insert(target_group.clone(), group);
    deployment.schedules.push(Schedule {
        name: SCHEDULE.to_owned(),
        arn: schedule.clone(),
        rate: FIVE_MINUTES,
        enabled: true,
        target: deployment.function_arn(DISASSOCIATOR),
    });
    deployment.alarms.push(alarm(&deployment, settings)?);
    add_functions(&mut deployment, settings, &target_group, &schedule)?;
    Ok(deployment)
}

fn endpoint() -> Endpoint {
    let subnet = |(id, vpc, zone, cidr): &(&str, &str, &str, &str)| Subnet {
        id: (*id).to_owned(),
        vpc: (*vpc).to_owned(),
        availability_zone: (*zone).to_owned(),
        cidr: (*cidr).to_owned(),
        ipv6_cidr: None,
    };
    Endpoint {
        id: ENDPOINT.to_owned(),
        vpc: VPC.to_owned(),
        vpc_cidr: "10.0.0.0/16".to_owned(),
        client_cidr: "10.100.0.0/22".to_owned(),
        subnets: SUBNETS.iter().map(subnet).collect(),
        ..Endpoint::default()
    }
}

/// This account with an endpoint, in which nothing is deployed.
#[must_use]
pub fn nothing_but(endpoint: Endpoint) -> Deployment {
    Deployment {
        partition: PARTITION.to_owned(),
        region: REGION.to_owned(),
        account: ACCOUNT.to_owned(),
        endpoint,
        ..Deployment::default()
    }
}

/// The people of this computer, who are there without anybody creating them.
#[must_use]
pub fn user_pool() -> UserPool {
    let user = |number: u32, name: &str| User {
        sub: format!("0000000{number}-1111-4222-8333-444444444444"),
        name: name.to_owned(),
    };
    UserPool {
        issuer: format!("https://cognito-idp.{REGION}.amazonaws.com/{USER_POOL}"),
        client_id: CLIENT_ID.to_owned(),
        users: vec![user(1, "Mei"), user(2, "Jisoo"), user(3, "Haruka")],
        logout_urls: None,
        access_token: Duration::from_secs(300),
    }
}

/// The host of a URL without its port: a load balancer's `host-header` values have none.
fn host_without_port(url: &str) -> String {
    let host = host(url);
    host.rsplit_once(':').map_or(host, |(host, _)| host).to_owned()
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

/// `infra/alarm.json`, with as many periods as the idle time has.
fn alarm(deployment: &Deployment, settings: &Settings) -> Result<Value, BadFile> {
    let values = BTreeMap::from([
        ("alarm_name", vec![ALARM.to_owned()]),
        ("associator", vec![ASSOCIATOR.to_owned()]),
        ("disassociator_arn", vec![deployment.function_arn(DISASSOCIATOR)]),
        ("endpoint_id", vec![ENDPOINT.to_owned()]),
    ]);
    let mut alarm = template::fill("infra/alarm.json", include_str!("../../../../infra/alarm.json"), &values)?;
    let periods = settings.idle_time.as_secs() / FIVE_MINUTES.as_secs();
    alarm["EvaluationPeriods"] = json!(periods);
    alarm["DatapointsToAlarm"] = json!(periods);
    Ok(alarm)
}

fn add_functions(
    deployment: &mut Deployment,
    settings: &Settings,
    target_group: &str,
    schedule: &str,
) -> Result<(), BadFile> {
    let alarm = deployment.arn("cloudwatch", &format!("alarm:{ALARM}"));
    let failures = deployment.arn("sns", "AWSClientVPN-Failures");
    let subnets: Vec<_> =
        settings.subnets.iter().map(|subnet| deployment.arn("ec2", &format!("subnet/{subnet}"))).collect();
    let balancer = ("AllowLoadBalancer", "elasticloadbalancing.amazonaws.com", target_group);
    let watch = ("AWS-CW_Invoke-alarm", "lambda.alarms.cloudwatch.amazonaws.com", alarm.as_str());
    let clock = ("AllowSchedule", "events.amazonaws.com", schedule);

    let Shipped { timeout, memory } = shipped::associator()?;
    let associator = Function {
        environment: associator_variables(deployment, settings),
        timeout,
        memory,
        role: "LambdaRole-ClientVPN-Associator".to_owned(),
        resource_policy: resource_policy(deployment, ASSOCIATOR, &[balancer]),
        ..Function::default()
    };
    let mut environment = vpn_variables(settings);
    environment.insert("VPN_ALARM_NAME".to_owned(), ALARM.to_owned());
    let Shipped { timeout, memory } = shipped::disassociator()?;
    let disassociator = Function {
        environment,
        timeout,
        memory,
        role: "LambdaRole-ClientVPN-Disassociator".to_owned(),
        resource_policy: resource_policy(deployment, DISASSOCIATOR, &[watch, clock]),
        event_invoke: EventInvoke { on_failure: Some(failures.clone()), ..EventInvoke::default() },
        ..Function::default()
    };
    let Shipped { timeout, memory } = shipped::connect_handler()?;
    // Client VPN comes with its own role: no policy of the function is needed.
    let connect_handler = Function {
        environment: BTreeMap::from([("VPN_CONNECT_MODE".to_owned(), settings.connect_mode.clone())]),
        timeout,
        memory,
        role: "LambdaRole-ClientVPN-ConnectHandler".to_owned(),
        // Its policy stands beside it, as it is packed.
        task_root: Some(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../connect-handler"))),
        ..Function::default()
    };
    let trust =
        template::fill("infra/iam/trust.json", include_str!("../../../../infra/iam/trust.json"), &BTreeMap::new())?;
    for (name, function, file, text) in [
        (ASSOCIATOR, associator, "infra/iam/associator.json", include_str!("../../../../infra/iam/associator.json")),
        (
            DISASSOCIATOR,
            disassociator,
            "infra/iam/disassociator.json",
            include_str!("../../../../infra/iam/disassociator.json"),
        ),
        (
            CONNECT_HANDLER,
            connect_handler,
            "infra/iam/connect-handler.json",
            include_str!("../../../../infra/iam/connect-handler.json"),
        ),
    ] {
        let values = BTreeMap::from([
            ("account", vec![ACCOUNT.to_owned()]),
            ("alarm_name", vec![ALARM.to_owned()]),
            // It is in the roles; no month is told of here.
            ("month_alarm_name", vec!["AWSClientVPN-Month".to_owned()]),
            ("endpoint_arn", vec![deployment.endpoint_arn()]),
            ("failure_topic_arn", vec![failures.clone()]),
            ("function", vec![name.to_owned()]),
            ("partition", vec![PARTITION.to_owned()]),
            ("profiles_bucket", vec![PROFILES_BUCKET.to_owned()]),
            ("region", vec![REGION.to_owned()]),
            ("subnet_arns", subnets.clone()),
        ]);
        let mut role = Role { trust: trust.clone(), policies: vec![template::fill(file, text, &values)?] };
        if name == ASSOCIATOR && settings.profiles {
            let more = include_str!("../../../../infra/iam/associator-profiles.json");
            role.policies.push(template::fill("infra/iam/associator-profiles.json", more, &values)?);
        }
        deployment.roles.insert(function.role.clone(), role);
        deployment.functions.insert(name.to_owned(), function);
    }
    Ok(())
}

/// What both functions that change the endpoint are told.
fn vpn_variables(settings: &Settings) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::from([
        ("AWS_ENDPOINT_URL".to_owned(), settings.aws_url.clone()),
        ("VPN_ENDPOINT_ID".to_owned(), ENDPOINT.to_owned()),
        ("VPN_SUBNET_IDS".to_owned(), settings.subnets.join(",")),
        ("VPN_IDLE_TIME".to_owned(), format!("{}s", settings.idle_time.as_secs())),
        ("VPN_KEEP_LIMIT".to_owned(), format!("{}s", settings.keep_limit.as_secs())),
    ]);
    if !settings.routes.is_empty() {
        variables.insert("VPN_ROUTES".to_owned(), settings.routes.join(","));
    }
    variables
}

fn associator_variables(deployment: &Deployment, settings: &Settings) -> BTreeMap<String, String> {
    let mut variables = vpn_variables(settings);
    variables.extend(pace(settings.speed));
    for (name, value) in [
        ("VPN_HOST", host(&settings.employee_url).to_owned()),
        ("VPN_LOAD_BALANCER_ARN", deployment.listener.load_balancer_arn.clone()),
        ("VPN_KEY_SERVER", settings.key_server.clone()),
        ("VPN_OIDC_ISSUER", deployment.user_pool.issuer.clone()),
        ("VPN_OIDC_CLIENT_ID", deployment.user_pool.client_id.clone()),
        ("VPN_SIGN_OUT_URL", settings.sign_out_url.clone()),
        ("VPN_COMPANY_NAME", "Example Trading".to_owned()),
        ("VPN_SUPPORT_CONTACT", "it-help@example.com".to_owned()),
        (
            "VPN_LINKS",
            "VPN profile|zh:VPN 配置文件|ko:VPN 프로필|ja:VPNプロファイル=https://intranet.example.com/vpn".to_owned(),
        ),
    ] {
        variables.insert(name.to_owned(), value);
    }
    if settings.profiles {
        variables.insert("VPN_PROFILES_BUCKET".to_owned(), PROFILES_BUCKET.to_owned());
    }
    variables
}

/// The page's own clock is the browser's: its settings are divided by the speed. A clock that stands is stepped by
/// somebody who looks, at their own pace.
pub(crate) fn pace(speed: f64) -> [(String, String); 5] {
    let faster = |name: &str, seconds: u64, least: u128| {
        let time = Duration::from_secs(seconds).div_f64(speed.max(1.0));
        (name.to_owned(), format!("{}ms", time.as_millis().max(least)))
    };
    // However fast time runs, this computer has to answer each question.
    let question = 100;
    [
        faster("VPN_PAGE_INTERVAL", 15, question),
        faster("VPN_PAGE_INTERVAL_HIDDEN", 60, question),
        faster("VPN_PAGE_LIMIT", 30 * 60, 1),
        faster("VPN_PAGE_LIMIT_READY", 2 * 60, 1),
        faster("VPN_PAGE_MINUTE", 60, 1),
    ]
}

/// A function's policy as Lambda's `AddPermission` writes it: statement, service, source ARN.
fn resource_policy(deployment: &Deployment, function: &str, permissions: &[(&str, &str, &str)]) -> Value {
    let statements: Vec<_> = permissions
        .iter()
        .map(|(sid, service, source)| {
            let mut condition = json!({ "ArnLike": { "AWS:SourceArn": source } });
            // EventBridge gives no account (fact 11.6).
            if *service != "events.amazonaws.com" {
                condition["StringEquals"] = json!({ "AWS:SourceAccount": deployment.account });
            }
            json!({
                "Sid": sid,
                "Effect": "Allow",
                "Principal": { "Service": service },
                "Action": "lambda:InvokeFunction",
                "Resource": deployment.function_arn(function),
                "Condition": condition,
            })
        })
        .collect();
    json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements })
}

#[cfg(test)]
mod tests;
