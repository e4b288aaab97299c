//! Attacks on the associator's own process, behind the emulated Lambda and load balancer: one row of `attacks.json` each,
//! with the status that it gets. None may change anything in AWS, and most may not even have AWS asked.
//!
//! The whole table is tried twice: while somebody has asked and nothing is associated, so that all that turns on would, and
//! while the VPN is on, so that all that turns off or keeps on would. What is right shows afterwards that it was so.
//! It is run by itself, with its figures, by `.ci/attacks`.

mod forge;
mod keys;
mod row;
mod send;
#[path = "../../../associator/tests/common/signer.rs"]
#[allow(dead_code, reason = "the associator's own tests use the rest")]
mod signer;

use std::{net::SocketAddr, sync::Arc};

use ::http::StatusCode;
use forge::Trusted;
use harness::{Vpn, http};
use keys::KeyServer;
use local::{
    boot::{self, Running},
    executables::beside_test_executable,
    flags::Options,
    locks::{read, write},
    this_computer::{self, ASSOCIATOR, Settings},
    world::World,
};
use row::{From, Identity, Row, expanded, table};
use send::{Answer, send};
use serde_json::{Value, json};
use signer::{KID, Signer};

/// Where the page is, as on AWS.
const HOST: &str = "vpn.example.com";
/// Where no answer may lead, and what none may repeat.
const EVIL: &str = "evil.example";

/// The product, and an employee who has signed in.
struct Product {
    running: Running,
    address: SocketAddr,
    cookie: String,
    trusted: Trusted,
}

impl Vpn for Product {
    fn world(&self) -> &Arc<World> {
        &self.running.world
    }
}

impl Product {
    async fn begin() -> Self {
        let directory = beside_test_executable().expect("the directory of the executables");
        let options = Options {
            start: Some("2026-11-02T09:00:00Z".parse().expect("time")),
            settings: Settings {
                subnets: this_computer::subnets(2),
                routes: vec!["10.20.0.0/16".to_owned()],
                ..Settings::default()
            },
            ..Options::stepped(directory)
        };
        let mut running = boot::start(options).await.expect("started");
        let signer = Signer::new();
        let own = running.world.alb.key();
        let known = [(KID.to_owned(), signer.pem()), (own.id().to_owned(), own.pem().to_owned())];
        let key_server = KeyServer { known: known.into() }.serve().await;
        {
            let mut deployment = write(&running.world.deployment);
            deployment.listener.rules.iter_mut().for_each(|rule| rule.hosts = vec![HOST.to_owned()]);
            let function = deployment.functions.get_mut(ASSOCIATOR).expect("deployed");
            function.environment.extend(
                [
                    ("VPN_HOST", HOST.to_owned()),
                    ("VPN_KEY_SERVER", format!("http://{key_server}")),
                    ("VPN_SIGN_OUT_URL", "https://vpn-example.auth.us-east-1.amazoncognito.com/logout".to_owned()),
                ]
                .map(|(name, value)| (name.to_owned(), value)),
            );
        }
        running.provide_functions().await;
        assert_eq!(running.world.functions.build.get().error, None, "the functions are there");
        let trusted = {
            let deployment = read(&running.world.deployment);
            let (pool, listener) = (&deployment.user_pool, &deployment.listener);
            Trusted {
                signer,
                load_balancer: listener.load_balancer_arn.clone(),
                issuer: pool.issuer.clone(),
                client: pool.client_id.clone(),
            }
        };
        let address = running.urls.employee.trim_start_matches("http://").trim_end_matches('/').parse();
        let mut product = Self { running, address: address.expect("an address"), cookie: String::new(), trusted };
        let user = product.user(0).expect("somebody");
        product.cookie = http::cookies(&http::sign_in(&product.running.urls.employee, &[], &user, "/vpn").await);
        product
    }

    async fn answer(&self, row: &Row) -> Answer {
        match row.from {
            From::Event => self.invoked(row).await,
            from => {
                let mut headers: Vec<_> =
                    row.headers.iter().map(|(name, value)| (name.clone(), expanded(value))).collect();
                let mut usual = vec![("host", HOST)];
                if from == From::Browser {
                    usual.push(("cookie", self.cookie.as_str()));
                }
                for (name, value) in usual {
                    if !headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)) {
                        headers.insert(0, (name.to_owned(), value.to_owned()));
                    }
                }
                send(self.address, &expanded(&row.send), &headers, &expanded(&row.body)).await
            }
        }
    }

    /// Past the load balancer. An invocation that fails is what it answers with 502.
    async fn invoked(&self, row: &Row) -> Answer {
        let (method, path) = row.send.split_once(' ').expect("a method and a path");
        let mut event = json!({
            "requestContext": { "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/x/1" } },
            "httpMethod": method,
            "path": expanded(path),
            "multiValueQueryStringParameters": {},
            "multiValueHeaders": {},
            "body": expanded(&row.body),
            "isBase64Encoded": false,
        });
        let usual = [("host", HOST), ("x-forwarded-proto", "https")];
        let given = |name: &str| row.headers.iter().any(|(given, _)| given == name);
        let usual = usual.into_iter().filter(|(name, _)| !given(name)).map(|(name, value)| (name, value.to_owned()));
        for (name, value) in usual.chain(row.headers.iter().map(|(name, value)| (name.as_str(), expanded(value)))) {
            match event["multiValueHeaders"][name].as_array_mut() {
                Some(values) => values.push(json!(value)),
                None => event["multiValueHeaders"][name] = json!([value]),
            }
        }
        self.trusted.put(&mut event, &row.identity, self.now());
        for (field, value) in &row.event {
            event[field.as_str()] = value.clone();
        }
        let outcome = self.invoke(ASSOCIATOR, &event).await.expect("invoked");
        if outcome.function_error.is_some() {
            let body = String::from_utf8_lossy(&outcome.payload).into_owned();
            return Answer { status: 502, body, ..Answer::default() };
        }
        let answer: Value = serde_json::from_slice(&outcome.payload).expect("JSON");
        let header = |form: &Value| form.as_str().or_else(|| form[0].as_str()).map(str::to_owned);
        Answer {
            status: answer["statusCode"].as_u64().and_then(|status| status.try_into().ok()).unwrap_or(0),
            location: header(&answer["multiValueHeaders"]["location"]),
            body: answer["body"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// What AWS was called for since then.
    fn calls(&self, since: u64) -> Vec<String> {
        let calls = self.since(since).into_iter().filter(|it| it.kind == "aws-call");
        calls.map(|it| it.data["action"].as_str().unwrap_or(&it.text).to_owned()).collect()
    }

    fn changes(&self, since: u64) -> usize {
        self.calls(since).iter().filter(|action| !action.starts_with("Describe")).count()
    }

    /// What is wrong with how an attack was answered; nothing if it was turned away as it should be.
    async fn wrong(&self, row: &Row) -> Option<String> {
        let before = self.last_number();
        let answer = self.answer(row).await;
        let calls = self.calls(before);
        let harmless = |call: &String| row.reads && call.starts_with("Describe");
        let location = answer.location.as_deref().unwrap_or_default();
        let leads_away =
            location.starts_with("//") || location.split(['?', '#']).next().is_some_and(|to| to.contains(EVIL));
        let why = if answer.status != row.status {
            let says = if answer.status == 502 { answer.body.as_str() } else { "" };
            format!("status {}, not {} {says}", answer.status, row.status)
        } else if !calls.iter().all(harmless) {
            format!("AWS was called: {calls:?}")
        } else if row.location.is_some() && row.location != answer.location || leads_away {
            format!("it leads to {location:?}")
        } else if answer.body.contains(EVIL) {
            format!("the answer repeats {EVIL}")
        } else {
            return None;
        };
        Some(format!("{}: {} ({}): {why}", row.kind, row.attack, row.send.chars().take(60).collect::<String>()))
    }

    async fn all_turned_away(&self, rows: &[Row], meanwhile: &str) {
        let mut wrong = Vec::new();
        for row in rows {
            wrong.extend(self.wrong(row).await);
        }
        assert!(wrong.is_empty(), "{meanwhile}, {} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    }

    /// What the page itself sends is done: the attacks before it could have.
    async fn done(&self, from: From, send: &str, headers: &[(&str, &str)], body: &str) {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (send, body) = (send.to_owned(), body.to_owned());
        let row = Row {
            kind: "right".to_owned(),
            attack: "none".to_owned(),
            from,
            send,
            headers,
            body,
            identity: Identity::default(),
            event: serde_json::Map::new(),
            status: 303,
            location: None,
            reads: true,
        };
        let before = self.last_number();
        let answer = self.answer(&row).await;
        assert!(matches!(answer.status, 200 | 303), "{}: {answer:?}", row.send);
        assert!(self.changes(before) > 0, "{} changed nothing: no attack could have", row.send);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_attack_changes_anything() {
    let product = Product::begin().await;
    let rows = table();
    let origin = ("origin", "https://vpn.example.com");

    let endpoint = product.endpoint();
    let tags = |now: jiff::Timestamp| vec![("vpn-on-demand:last-request".to_owned(), now.to_string())];
    product.with_ec2(|ec2, now| ec2.create_tags(now, &[endpoint], &tags(now))).expect("written");
    product.all_turned_away(&rows, "while it has been asked for").await;
    product.done(From::Browser, "POST /progress", &[origin], "").await;

    let on = |it: &Product| it.states().len() == 2 && it.states().values().all(|state| state == "associated");
    product.pass_until("it is on", 12, on).await;
    product.pass(1).await;
    product.all_turned_away(&rows, "while it is on").await;
    product.done(From::Browser, "POST /keep", &[origin], "hours=4").await;
    product.pass(5).await;
    product.done(From::Event, "GET /", &http::NAVIGATION, "").await;
    product.pass(5).await;
    // Also from another site's link, as the way back from the sign-in is: what .github/THREATS.md gives a price of.
    let [accept, destination, mode] = http::NAVIGATION;
    let link = [accept, destination, mode, ("sec-fetch-site", "cross-site")];
    product.done(From::Browser, "GET /", &link, "").await;
    product.pass(5).await;
    product.done(From::Browser, "POST /on", &[origin], "").await;
    product.done(From::Browser, "POST /off", &[origin], "").await;
}

/// A load balancer that did not sign people in would be no reason to believe anybody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_without_sign_in_is_no_way_in() {
    let product = Product::begin().await;
    product.change(|deployment| {
        for rule in &mut deployment.listener.rules {
            rule.actions.retain(|action| !matches!(action, aws::deployment::Action::AuthenticateCognito(_)));
        }
    });
    for (method, path) in [("GET", "/"), ("POST", "/on"), ("POST", "/keep"), ("POST", "/off"), ("POST", "/progress")] {
        let before = product.last_number();
        let headers = [("origin", "https://vpn.example.com"), ("host", HOST), ("x-amzn-oidc-data", "forged")];
        let url = format!("{}{path}", product.running.urls.employee.trim_end_matches('/'));
        let answer = http::send(method, &url, &headers, "hours=4").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
        assert!(product.calls(before).is_empty(), "{method} {path}");
    }
}
