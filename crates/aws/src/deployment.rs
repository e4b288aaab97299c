//! What is deployed: one value, and nothing else in this crate knows where it came from.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Everything an administrator's scripts set up, as far as it decides what happens.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Deployment {
    /// `aws` outside China and GovCloud.
    pub partition: String,
    /// The region everything is in.
    pub region: String,
    /// The account, twelve digits.
    pub account: String,
    /// The Client VPN endpoint and its VPC.
    pub endpoint: Endpoint,
    /// Roles by name.
    pub roles: BTreeMap<String, Role>,
    /// Functions by name, and their versions and aliases by `NAME:QUALIFIER`.
    pub functions: BTreeMap<String, Function>,
    /// The load balancer's listener that the page is served by.
    pub listener: Listener,
    /// The one for plain HTTP, where there is one.
    pub http_listener: Option<Listener>,
    /// Target groups by ARN.
    pub target_groups: BTreeMap<String, TargetGroup>,
    /// The user pool that people sign in with.
    pub user_pool: UserPool,
    /// Alarms, each the input of `PutMetricAlarm`, as AWS spells it.
    pub alarms: Vec<Value>,
    /// EventBridge rules on a schedule.
    pub schedules: Vec<Schedule>,
    /// SNS topics by ARN, with who may publish to them: a policy document, or null.
    pub topics: BTreeMap<String, Value>,
    /// The log groups that exist; where it is not known, all do.
    pub log_groups: Option<BTreeSet<String>>,
}

impl Deployment {
    /// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
    #[must_use]
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }

    /// The ARN of a function by its name.
    #[must_use]
    pub fn function_arn(&self, name: &str) -> String {
        self.arn("lambda", &format!("function:{name}"))
    }

    /// The ARN of the endpoint.
    #[must_use]
    pub fn endpoint_arn(&self) -> String {
        self.arn("ec2", &format!("client-vpn-endpoint/{}", self.endpoint.id))
    }

    /// The function an ARN names, and its key: a name, or `NAME:QUALIFIER` for a version or an alias.
    #[must_use]
    pub fn function_by_arn(&self, arn: &str) -> Option<(&str, &Function)> {
        let key = arn.strip_prefix(&self.function_arn(""))?;
        let key = key.strip_suffix(":$LATEST").unwrap_or(key);
        self.functions.get_key_value(key).map(|(key, function)| (key.as_str(), function))
    }
}

/// The Client VPN endpoint and the VPC around it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Endpoint {
    /// `cvpn-endpoint-…`.
    pub id: String,
    pub vpc: String,
    /// The VPC's block.
    pub vpc_cidr: String,
    /// The block its clients get addresses from.
    pub client_cidr: String,
    /// The blocks of the account's VPCs, by their ids, as far as they are known beside this one's.
    pub vpcs: BTreeMap<String, String>,
    /// The subnets of VPCs, associated or not.
    pub subnets: Vec<Subnet>,
    /// The function asked about every connection, by ARN.
    pub connect_handler: Option<String>,
    /// Its security groups; `None` for one that is named after the VPC.
    pub security_groups: Option<Vec<String>>,
}

/// A subnet of the VPC.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// Its VPC, which may be another one than the endpoint's.
    pub vpc: String,
    /// Its availability zone, for example `us-east-1a`.
    pub availability_zone: String,
    /// Its block; empty for an IPv6-only subnet.
    pub cidr: String,
    /// Its IPv6 block, if it has one.
    pub ipv6_cidr: Option<String>,
}

/// An IAM role.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Role {
    /// Who may assume it.
    pub trust: Value,
    /// What it may do: policy documents.
    pub policies: Vec<Value>,
}

/// A Lambda function.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Function {
    /// The executable that AWS would call `bootstrap`; `None` until it has been built.
    pub bootstrap: Option<PathBuf>,
    /// The directory of the files packed beside it, `LAMBDA_TASK_ROOT`.
    pub task_root: Option<PathBuf>,
    /// Its variables.
    pub environment: BTreeMap<String, String>,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// In MB.
    pub memory: u32,
    /// The name of its role.
    pub role: String,
    /// Who may invoke it: a policy document, or null.
    pub resource_policy: Value,
    /// What happens to asynchronous invocations.
    pub event_invoke: EventInvoke,
    /// The version, a number; empty for `$LATEST`.
    pub version: String,
    /// Whose instructions it is made for, `x86_64` or `arm64`; empty for this computer's.
    pub architecture: String,
    /// Where its log goes, and how it is written.
    pub logging: Logging,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logging {
    /// The log group; empty for Lambda's default.
    pub group: String,
    /// `Text` or `JSON`; empty where nothing is said.
    pub format: String,
    /// `ApplicationLogLevel`; empty where nothing is said.
    pub level: String,
}

/// `PutFunctionEventInvokeConfig`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventInvoke {
    /// How often a failed one is tried again, 0 to 2.
    pub maximum_retry_attempts: u32,
    /// How old it may become.
    pub maximum_event_age: Duration,
    /// Where a record of the last failure goes, by ARN.
    pub on_failure: Option<String>,
}

impl Default for EventInvoke {
    /// AWS's own defaults: two retries within six hours.
    fn default() -> Self {
        Self { maximum_retry_attempts: 2, maximum_event_age: Duration::from_secs(6 * 3600), on_failure: None }
    }
}

/// The load balancer's listener.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Listener {
    /// The load balancer's ARN, the `signer` of its tokens.
    pub load_balancer_arn: String,
    /// In how many zones it stands, with a public address in each; 0 where that is not known.
    pub zones: u32,
    /// The rules in order of priority; a request that none takes gets `404`.
    pub rules: Vec<Rule>,
    /// Why nobody gets through to it, if so.
    pub unreachable: Option<String>,
    /// The names its certificate is for; where it is not known, any name.
    pub certificate_names: Option<Vec<String>>,
    /// Why it cannot reach Cognito, if so.
    pub no_way_out: Option<String>,
    /// `routing.http.drop_invalid_header_fields.enabled` of its load balancer.
    pub drops_invalid_headers: bool,
}

/// One rule of the listener. An empty list of a condition takes everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Rule {
    /// `host-header` values, where `*` and `?` are wildcards.
    pub hosts: Vec<String>,
    /// `path-pattern` values, likewise; case matters.
    pub paths: Vec<String>,
    /// `http-request-method` values.
    pub methods: Vec<String>,
    /// `http-header` conditions: a name, and values like those of paths, where case does not matter.
    pub headers: Vec<(String, Vec<String>)>,
    /// A condition that is not emulated: the rule takes nothing.
    pub not_emulated: Option<String>,
    /// What happens, in order.
    pub actions: Vec<Action>,
}

/// What a listener's rule does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "Type", rename_all = "kebab-case")]
pub enum Action {
    /// Lets only signed-in people through.
    AuthenticateCognito(Authenticate),
    /// Answers by a target group.
    Forward {
        /// Its ARN.
        target_group: String,
    },
    /// Answers by itself.
    FixedResponse {
        /// The status code.
        status: u16,
        content_type: String,
        body: String,
    },
    /// Sends elsewhere. Each part may hold `#{protocol}`, `#{host}`, `#{port}`, `#{path}` and `#{query}`.
    Redirect {
        /// 301 or 302.
        status: u16,
        /// `HTTP`, `HTTPS` or a placeholder.
        protocol: String,
        host: String,
        port: String,
        path: String,
        /// The query without `?`.
        query: String,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Authenticate {
    /// What happens to people who are not signed in.
    pub on_unauthenticated: OnUnauthenticated,
    /// How long a sign-in lasts.
    pub session_timeout: Duration,
    /// The cookie; the load balancer adds `-0`, `-1` …
    pub session_cookie_name: String,
    /// What it asks Cognito, where that is checked.
    pub cognito: Option<Cognito>,
}

/// What a rule asks Cognito, and what Cognito knows of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Cognito {
    /// The user pool's issuer.
    pub issuer: String,
    /// The app client that the rule names.
    pub client_id: String,
    /// The language that the rule asks for.
    pub language: Option<String>,
    /// The app client's `CallbackURLs`.
    pub callback_urls: Vec<String>,
    /// Why Cognito's page would show an error whatever the callback, in its words.
    pub problem: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnUnauthenticated {
    /// Sends them to sign in.
    Authenticate,
    /// Answers 401.
    Deny,
    /// Lets them through without identity headers.
    Allow,
}

/// A target group of type `lambda`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TargetGroup {
    /// The function's ARN.
    pub function: String,
    /// `lambda.multi_value_headers.enabled`.
    pub multi_value_headers: bool,
    /// Whether health checks are on, and how far apart.
    pub health_check: Option<Duration>,
}

/// The Cognito user pool and its app client.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct UserPool {
    /// The token issuer, `https://cognito-idp.REGION.amazonaws.com/POOL` on AWS.
    pub issuer: String,
    /// The app client's id.
    pub client_id: String,
    /// People who may sign in: subject and name.
    pub users: Vec<User>,
    /// How long an access token of the app client is good.
    pub access_token: Duration,
    /// The app client's `LogoutURLs`, where they are known.
    pub logout_urls: Option<Vec<String>>,
}

/// Somebody who may sign in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct User {
    /// The `sub` claim.
    pub sub: String,
    /// What people call them.
    pub name: String,
}

/// An EventBridge rule with a `rate(…)` expression.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Schedule {
    pub name: String,
    /// Its ARN, the source of its invocations.
    pub arn: String,
    /// How far apart.
    pub rate: Duration,
    /// Whether it is enabled.
    pub enabled: bool,
    /// The function's ARN.
    pub target: String,
}
