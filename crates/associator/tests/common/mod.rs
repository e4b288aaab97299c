//! A small AWS in memory, and a load balancer that signs.

#![allow(dead_code, reason = "each test file uses its part")]

pub mod aws;
pub mod signer;

use std::{
    collections::HashMap,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use associator::{
    Response,
    config::Config,
    handler::Associator,
    identity::keys::Keys,
    page::{PageState, Pages, packing::packed},
    profiles::Profiles,
    service::Service,
    visitor::Visitor,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use tower::Service as _;
use vpn_core::{
    Error, clock,
    plan::{Phase, Share, View},
};

pub use aws::Aws;
pub use signer::{KeyBox, Signer};

pub const ORIGIN: &str = "https://vpn.example.com";
/// Lambda's id of each invocation here.
pub const REFERENCE: &str = "3f2c9a51-7d0e-4b8f-a6c3-1e5d7b9f2a40";

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("timestamp")
}

pub fn now() -> Timestamp {
    at("2026-11-02T09:00:20Z")
}

pub fn vars() -> HashMap<String, String> {
    [
        ("VPN_ENDPOINT_ID", "cvpn-endpoint-0123456789abcdef0"),
        ("VPN_SUBNET_IDS", "subnet-a,subnet-b"),
        ("VPN_ROUTES", "10.20.0.0/16"),
        ("AWS_REGION", "us-east-1"),
        ("VPN_HOST", "vpn.example.com"),
        ("VPN_LOAD_BALANCER_ARN", signer::LOAD_BALANCER),
        ("VPN_KEY_SERVER", "https://public-keys.auth.elb.us-east-1.amazonaws.com"),
        ("VPN_OIDC_ISSUER", signer::ISSUER),
        ("VPN_OIDC_CLIENT_ID", signer::CLIENT),
        ("VPN_SIGN_OUT_URL", "https://vpn-example.auth.us-east-1.amazoncognito.com/logout"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

pub fn config() -> Config {
    Config::from_vars(&vars()).expect("valid")
}

/// With profiles that wait for people.
pub fn config_with_profiles() -> Config {
    let mut vars = vars();
    vars.insert("VPN_PROFILES_BUCKET".to_owned(), "a-bucket".to_owned());
    Config::from_vars(&vars).expect("valid")
}

pub fn view(phase: Phase) -> View {
    View {
        phase,
        // Of what failed nothing works: else a part of it is on.
        subnets: Share { done: usize::from(phase != Phase::Failed), of: 2 },
        failed_subnets: 0,
        routes: Share { done: 0, of: 2 },
        connected: 0,
        connected_or_more: false,
        on_for: None,
        turns_off_in: None,
        kept_for: None,
        closed_for: None,
    }
}

/// The whole page.
pub fn page(config: &Config, visitor: &Visitor, state: &PageState) -> Response {
    Pages::new(config).page(visitor, StatusCode::OK, state)
}

pub fn rendered(config: &Config, visitor: Visitor, state: &PageState) -> String {
    unbroken(std::str::from_utf8(page(config, &visitor, state).body()).expect("UTF-8"))
}

/// HTML without the places where a line may end.
pub fn unbroken(html: &str) -> String {
    html.replace("<wbr>", "")
}

/// What the first view may weigh with any settings, as it travels.
pub const WEIGHT: usize = 9_000;

/// The bytes of an answer as it travels to a browser, with its headers.
pub fn weight(answer: Response) -> usize {
    let browser = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, br"))]);
    let packed = packed(answer, &browser);
    let headers = packed.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    packed.body().len() + headers.sum::<usize>()
}

/// The function, the AWS it sees, and whose signature it accepts.
pub struct Setup {
    pub aws: Aws,
    pub keys: KeyBox,
    pub signer: Signer,
    service: Service<Aws, KeyBox, Aws>,
    invocations: AtomicI64,
}

impl Setup {
    pub fn new() -> Self {
        Self::with(config())
    }

    pub fn with(config: Config) -> Self {
        let aws = Aws::default();
        let signer = Signer::new();
        let keys = KeyBox::knowing(&signer);
        let profiles = config.profiles.is_some().then(|| Box::new(aws.clone()) as Box<dyn Profiles>);
        let associator = Associator::new(config, aws.clone(), Keys::new(keys.clone()), aws.clone());
        let associator = associator.with_profiles(profiles);
        Self { aws, keys, signer, service: Service::new(associator), invocations: AtomicI64::new(0) }
    }

    /// One invocation, now; each next one two seconds later, when nothing is shared any more.
    pub async fn invoke(&self, event: Value) -> Result<AlbAnswer, Error> {
        let before = self.invocations.fetch_add(1, Ordering::Relaxed);
        self.invoke_at(now() + SignedDuration::from_secs(2 * before), event).await
    }

    pub async fn invoke_at(&self, at: Timestamp, event: Value) -> Result<AlbAnswer, Error> {
        let mut context = Context::default();
        context.request_id = REFERENCE.to_owned();
        let event = LambdaEvent::new(event, context);
        // It takes no time.
        clock::on_reading(|| Duration::ZERO, clock::at(at, self.service.clone().call(event))).await.map(AlbAnswer)
    }

    pub async fn answer(&self, event: Value) -> AlbAnswer {
        self.invoke(event).await.expect("answered")
    }

    /// A person's browser goes there, or the page's script asks.
    pub async fn get(&self, path: &str) -> AlbAnswer {
        self.answer(if path == "/state" { self.script(path) } else { self.navigation(path) }).await
    }

    pub fn script(&self, path: &str) -> Value {
        event("GET", path, &[("sec-fetch-dest", "empty"), ("sec-fetch-site", "same-origin")], &self.token(), "")
    }

    /// A form of the page is sent.
    pub async fn post(&self, path: &str, body: &str) -> AlbAnswer {
        self.answer(self.form(path, body)).await
    }

    pub fn navigation(&self, path: &str) -> Value {
        event("GET", path, &[("accept", "text/html,*/*"), ("sec-fetch-dest", "document")], &self.token(), "")
    }

    pub fn form(&self, path: &str, body: &str) -> Value {
        event("POST", path, &[("origin", ORIGIN), ("sec-fetch-dest", "document")], &self.token(), body)
    }

    pub fn token(&self) -> String {
        self.signer.token()
    }
}

/// An event of a target group with multi-value headers.
pub fn event(method: &str, path: &str, headers: &[(&str, &str)], token: &str, body: &str) -> Value {
    let mut listed = json!({ "host": ["vpn.example.com"], "x-forwarded-proto": ["https"] });
    for (name, value) in headers {
        match listed.get_mut(*name).and_then(Value::as_array_mut) {
            Some(values) => values.push(json!(value)),
            None => listed[*name] = json!([value]),
        }
    }
    if !token.is_empty() {
        listed["x-amzn-oidc-data"] = json!([token]);
    }
    json!({
        "requestContext": { "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/vpn/1" } },
        "httpMethod": method,
        "path": path,
        "multiValueQueryStringParameters": {},
        "multiValueHeaders": listed,
        "body": body,
        "isBase64Encoded": false,
    })
}

/// What the load balancer gets.
#[derive(Debug)]
pub struct AlbAnswer(pub Value);

impl AlbAnswer {
    pub fn status(&self) -> u64 {
        self.0["statusCode"].as_u64().expect("status")
    }

    pub fn header(&self, name: &str) -> &str {
        self.0["multiValueHeaders"][name][0].as_str().or_else(|| self.0["headers"][name].as_str()).unwrap_or("")
    }

    pub fn body(&self) -> &str {
        self.0["body"].as_str().unwrap_or("")
    }

    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json");
        serde_json::from_str(self.body()).expect("JSON")
    }

    /// The problem that a page or a JSON answer names, by its headline and reference.
    pub fn says(&self, text: &str) -> bool {
        unbroken(self.body()).contains(text)
    }
}
