//! The associator's HTTP layer, in the stories that go through it: a browser's request as the load balancer hands it on,
//! signed, and what the answer says.

use std::time::Duration;

use associator::{
    config::{self, Config},
    handler::Associator,
    identity::{
        Kid,
        keys::{KeyServer, Keys, Unavailable},
    },
    request::SEEN,
    service::Service,
};
use aws::{
    deployment::{Authenticate, Deployment, Listener, OnUnauthenticated, User, UserPool},
    elb::token,
};
use jiff::Timestamp;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use tower::Service as _;
use vpn_core::{
    config::Vpn,
    plan::{Phase, Trigger},
};

use crate::{
    calls::Wire,
    run::{Ended, Why},
    story::Settings,
};

const HOST: &str = "vpn.example.com";

/// Somebody's browser, signed in for as long as a story takes. Made once: keys and settings are the same in all stories.
pub struct Browser {
    config: Config,
    token: String,
    key: PublicKey,
}

/// An environment of the function, and its way to AWS.
pub struct Environment {
    service: Service<Wire, PublicKey, Wire>,
    /// Emptied before each invocation.
    pub wire: Wire,
}

/// An environment of the associator, and what it served.
pub struct Served {
    pub settings: Settings,
    pub environment: Environment,
    /// The invocation it had last.
    pub last: usize,
    /// The last one that read everything.
    pub observed: Option<usize>,
}

/// A page that somebody has open; `page.rs` has what becomes of it.
pub struct Page {
    pub asks_every: i64,
    pub until: Timestamp,
    pub phase: Option<Phase>,
    pub ready_since: Option<Timestamp>,
    /// What it sends back, as the function wrote it.
    pub seen: Option<String>,
    /// When the newest of what it was shown was read, or what was pressed on it was done.
    pub newest: Timestamp,
}

impl Page {
    pub fn new(asks_every: i64, until: Timestamp) -> Self {
        Self { asks_every, until, phase: None, ready_since: None, seen: None, newest: Timestamp::MIN }
    }
}

/// The load balancer's public key, and the server of it, which answers at once.
#[derive(Debug, Clone)]
pub struct PublicKey {
    id: String,
    pem: Vec<u8>,
}

impl KeyServer for PublicKey {
    async fn fetch(&self, kid: &Kid) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok((kid.to_string() == self.id).then(|| self.pem.clone()))
    }
}

impl Browser {
    /// Signed in until a time.
    pub fn new(until: Timestamp, endpoint: &str) -> Self {
        let vars = [
            ("VPN_ENDPOINT_ID", endpoint),
            ("VPN_SUBNET_IDS", "subnet-0a1b2c3d"),
            ("AWS_REGION", "us-east-1"),
            (config::HOST, HOST),
            (
                config::LOAD_BALANCER_ARN,
                "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/vpn-on-demand/50dc6c495c0c9188",
            ),
            (config::KEY_SERVER, "https://public-keys.auth.elb.us-east-1.amazonaws.com"),
            (config::OIDC_ISSUER, "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"),
            (config::OIDC_CLIENT_ID, "7k1example2client3id"),
            (config::SIGN_OUT_URL, "https://vpn-example.auth.us-east-1.amazoncognito.com/logout"),
        ];
        let config = Config::from_vars(&vars).expect("settings of the page");
        let pool = UserPool {
            issuer: config.issuer.clone(),
            client_id: config.client.clone(),
            users: Vec::new(),
            logout_urls: None,
            access_token: Duration::ZERO,
        };
        let listener = Listener { load_balancer_arn: config.load_balancer.clone(), ..Listener::default() };
        let deployment = Deployment { listener, user_pool: pool, ..Deployment::default() };
        let rule = Authenticate {
            on_unauthenticated: OnUnauthenticated::Deny,
            session_timeout: Duration::ZERO,
            session_cookie_name: String::new(),
            cognito: None,
        };
        let user = User { sub: "somebody".to_owned(), name: String::new() };
        let key = token::Key::generate();
        let token = key.sign(&deployment, &rule, &user, until);
        let key = PublicKey { id: key.id().to_owned(), pem: key.pem().as_bytes().to_vec() };
        Self { config, token, key }
    }

    /// A new environment of the function. As in Lambda it serves one invocation after the other: it takes a millisecond to
    /// make, and a whole invocation on virtual time half of that.
    pub fn environment(&self, vpn: Vpn) -> Environment {
        let (config, wire) = (Config { vpn, ..self.config.clone() }, Wire::default());
        let associator = Associator::new(config, wire.clone(), Keys::new(self.key.clone()), wire.clone());
        Environment { service: Service::new(associator), wire }
    }

    /// The function's answer to what somebody does, or their page.
    pub fn asks(
        &self,
        environment: &Environment,
        why: Why,
        by_button: bool,
        seen: Option<String>,
    ) -> impl Future<Output = Ended> + Send + use<> {
        let mut event = self.event(why, by_button);
        if let Some(seen) = seen {
            event["multiValueQueryStringParameters"][SEEN] = json!([seen]);
        }
        let event = LambdaEvent::new(event, Context::default());
        let mut service = environment.service.clone();
        async move { Ended::Replied(service.call(event).await.expect("an event of a load balancer")) }
    }

    fn event(&self, why: Why, by_button: bool) -> Value {
        let (method, path, body) = match why {
            Why::Step(Trigger::Opening) if by_button => ("POST", "/on", String::new()),
            Why::Step(Trigger::Opening) => ("GET", "/", String::new()),
            Why::Step(Trigger::Keep(time)) => ("POST", "/keep", format!("hours={}", time.as_hours())),
            Why::Step(Trigger::Off) => ("POST", "/off", String::new()),
            Why::Step(_) => ("POST", "/progress", String::new()),
            Why::Look => ("GET", "/state", String::new()),
        };
        json!({
            "requestContext": { "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/vpn/1" } },
            "httpMethod": method,
            "path": path,
            "multiValueQueryStringParameters": {},
            "multiValueHeaders": {
                "host": [HOST],
                "x-forwarded-proto": ["https"],
                "origin": [self.config.origin],
                "accept": ["text/html,*/*"],
                "sec-fetch-dest": ["document"],
                "sec-fetch-site": ["same-origin"],
                "x-amzn-oidc-data": [self.token],
            },
            "body": body,
            "isBase64Encoded": false,
        })
    }
}

/// What a page is to send back, if an answer says so: in its state, or in the address that it leads to.
pub fn seen(reply: &Value) -> Option<String> {
    let body: Value = serde_json::from_str(reply["body"].as_str()?).unwrap_or_default();
    let led = reply["multiValueHeaders"]["location"][0].as_str().or(reply["headers"]["location"].as_str());
    let led = led.and_then(|to| Some(to.split_once(&format!("{SEEN}="))?.1.to_owned()));
    body["seen"].as_i64().map(|seen| seen.to_string()).or(led)
}

/// What an answer says of the state, if it does.
pub fn phase(reply: &Value) -> Option<Phase> {
    let body: Value = serde_json::from_str(reply["body"].as_str()?).ok()?;
    Some(match body["phase"].as_str()? {
        "off" => Phase::Off,
        "starting" => Phase::Starting,
        "ready" => Phase::Ready,
        "turning-off" => Phase::TurningOff,
        "turning-on-again" => Phase::TurningOnAgain,
        "failed" => Phase::Failed,
        "incomplete" => Phase::Incomplete,
        "closed" => Phase::Closed,
        other => unreachable!("the page says {other}"),
    })
}
