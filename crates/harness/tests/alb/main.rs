//! The load balancer's listener over HTTP: rules, signing in, the signed claims, the banner. What it exchanges with
//! functions is tested beside the code, and end to end by the stories.

mod browser;
mod panel;

use std::time::Duration;

use aws::{
    deployment::{
        Action, Authenticate, Deployment, Listener, OnUnauthenticated, Rule, Schedule, TargetGroup, User, UserPool,
    },
    elb::{
        session::{Sessions, SignedIn, cookie_name},
        token::Key,
    },
};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use http::{HeaderMap, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use browser::Browser;

const LOAD_BALANCER: &str = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/vpn/1";

fn noon() -> Timestamp {
    "2026-11-02T12:00:00Z".parse().expect("a time")
}

fn authenticate(on_unauthenticated: OnUnauthenticated) -> Authenticate {
    Authenticate {
        on_unauthenticated,
        session_timeout: Duration::from_secs(3600),
        session_cookie_name: "AWSELBAuthSessionCookie".to_owned(),
        cognito: None,
    }
}

fn page(text: &str) -> Action {
    Action::FixedResponse {
        status: 200,
        content_type: "text/html; charset=utf-8".to_owned(),
        body: format!("<html><body class=\"x\">{text}</body></html>"),
    }
}

fn rule(path: &str, actions: Vec<Action>) -> Rule {
    Rule { paths: vec![path.to_owned()], actions, ..Rule::default() }
}

fn user(sub: &str, name: &str) -> User {
    User { sub: sub.to_owned(), name: name.to_owned() }
}

fn deployment() -> Deployment {
    let who = |on_unauthenticated| Action::AuthenticateCognito(authenticate(on_unauthenticated));
    let rules = vec![
        rule("/signed-out", vec![page("signed out")]),
        rule("/deny", vec![who(OnUnauthenticated::Deny), page("denied to strangers")]),
        rule("/allow", vec![who(OnUnauthenticated::Allow), page("for everybody")]),
        rule(
            "/short",
            vec![
                Action::AuthenticateCognito(Authenticate {
                    session_timeout: Duration::ZERO,
                    ..authenticate(OnUnauthenticated::Deny)
                }),
                page("never seen"),
            ],
        ),
        rule("/vpn", vec![who(OnUnauthenticated::Authenticate), page("the VPN")]),
        rule("/empty", vec![Action::Forward { target_group: "arn:none".to_owned() }]),
        rule("/gone", vec![Action::Forward { target_group: "arn:tg".to_owned() }]),
    ];
    Deployment {
        listener: Listener { load_balancer_arn: LOAD_BALANCER.to_owned(), rules, ..Listener::default() },
        target_groups: [(
            "arn:tg".to_owned(),
            TargetGroup {
                function: "arn:aws:lambda:us-east-1:111122223333:function:gone".to_owned(),
                ..TargetGroup::default()
            },
        )]
        .into(),
        user_pool: UserPool {
            issuer: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_local".to_owned(),
            client_id: "client-1".to_owned(),
            users: vec![user("sub-an", "An <Li>"), user("sub-ben", "Ben")],
            logout_urls: None,
            access_token: Duration::from_secs(300),
        },
        alarms: vec![json!({
            "AlarmName": "idle", "Namespace": "AWS/ClientVPN", "MetricName": "ActiveConnectionsCount", "Period": 300,
            "Statistic": "Maximum", "EvaluationPeriods": 6, "Threshold": 1, "ComparisonOperator": "LessThanThreshold",
        })],
        schedules: vec![Schedule {
            name: "every-five-minutes".to_owned(),
            arn: "arn:rule".to_owned(),
            rate: Duration::from_secs(300),
            enabled: true,
            target: "arn:function".to_owned(),
        }],
        ..Deployment::default()
    }
}

fn location(response: &Response<String>) -> &str {
    response.headers()["location"].to_str().expect("text")
}

#[tokio::test]
async fn signing_in_leads_back_to_where_one_wanted_to_go() {
    let browser = Browser::at_the_page().await;
    let sent_away = browser.send("POST", "/vpn?a=%20b&c", &[], "body").await;
    assert_eq!(sent_away.status(), StatusCode::FOUND);
    assert_eq!(location(&sent_away), "/local/sign-in?uri=%2Fvpn%3Fa%3D%2520b%26c&method=POST");

    let sign_in = browser.get(location(&sent_away), "").await;
    assert_eq!(sign_in.status(), StatusCode::OK);
    assert!(sign_in.body().contains("value=\"/vpn?a=%20b&amp;c\""), "{}", sign_in.body());
    assert!(sign_in.body().contains("value=\"sub-an\">An &lt;Li&gt;</button>"));

    let signed_in = browser.sign_in("sub-an", "/vpn?a=%20b&c").await;
    assert_eq!((signed_in.status(), location(&signed_in)), (StatusCode::SEE_OTHER, "/vpn?a=%20b&c"));
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("AWSELBAuthSessionCookie-0=") && cookie.ends_with("; Path=/; HttpOnly"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();

    // Also a copied cookie, among others, from another connection.
    for cookies in [cookie.to_owned(), format!("other=1; {cookie}; more=2")] {
        let there = browser.get("/vpn", &cookies).await;
        assert_eq!(there.status(), StatusCode::OK);
        assert!(there.body().contains("the VPN"));
    }
    assert_eq!(browser.get("/deny", cookie).await.status(), StatusCode::OK);
    // A session that is over leads to signing in again, though strangers are denied.
    assert_eq!(browser.get("/short", cookie).await.status(), StatusCode::FOUND);
    assert_eq!(browser.get("/short", "").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get("/vpn", "AWSELBAuthSessionCookie-0=guessed").await.status(), StatusCode::FOUND);
    assert_eq!(browser.sign_in("sub-nobody", "/vpn").await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(location(&browser.sign_in("sub-ben", "//evil.example/").await), "/");
}

#[tokio::test]
async fn strangers_are_denied_or_allowed_as_the_rule_says() {
    let browser = Browser::at_the_page().await;
    assert_eq!(browser.get("/deny", "").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get("/allow", "").await.status(), StatusCode::OK);
    assert_eq!(browser.get("/signed-out", "").await.status(), StatusCode::OK);
    assert_eq!(browser.get("/elsewhere", "").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/empty", "").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(browser.get("/gone", "").await.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(browser.send("TRACE", "/signed-out", &[], "").await.status(), StatusCode::METHOD_NOT_ALLOWED);
    let addresses = vec!["10.0.0.1"; 31].join(", ");
    let response = browser.send("GET", "/signed-out", &[("x-forwarded-for", &addresses)], "").await;
    assert_eq!(response.status().as_u16(), 463);
    let entries = browser.world.journal.after(0);
    assert_eq!(entries[0].text, "GET /deny: 401, nobody has signed in");
}

#[tokio::test]
async fn a_request_may_have_one_megabyte_and_no_more() {
    let browser = Browser::at_the_page().await;
    let megabyte = 1024 * 1024;
    assert_eq!(browser.send("POST", "/gone", &[], vec![b'x'; megabyte]).await.status(), StatusCode::BAD_GATEWAY);
    let answer = browser.send("POST", "/gone", &[], vec![b'x'; megabyte + 1]).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn signing_out_leads_only_where_the_app_client_may_lead() {
    let browser = Browser::at_the_page().await;
    let own = format!("http://{}/signed-out", browser.address);
    let query = |client: &str, uri: &str| {
        form_urlencoded::Serializer::new(String::from("/local/logout?"))
            .append_pair("client_id", client)
            .append_pair("logout_uri", uri)
            .finish()
    };
    let out = browser.get(&query("client-1", &own), "").await;
    assert_eq!((out.status(), location(&out)), (StatusCode::FOUND, own.as_str()));
    for (client, uri) in [
        ("client-2", own.as_str()),
        ("client-1", "https://evil.example/"),
        ("client-1", "/signed-out"),
        ("client-1", ""),
        ("client-1", "javascript:alert(1)"),
    ] {
        assert_eq!(browser.get(&query(client, uri), "").await.status(), StatusCode::BAD_REQUEST, "{client} {uri}");
    }
}

#[tokio::test]
async fn the_banner_stands_outside_the_page_and_can_be_switched_off() {
    let browser = Browser::at_the_page().await;
    browser.world.alb.set_panel("http://127.0.0.1:9/".to_owned());
    let with = browser.get("/signed-out", "").await;
    assert!(with.body().starts_with("<html><body class=\"x\"><p role=\"note\""), "{}", with.body());
    assert!(
        with.body().contains("<a href=\"http://127.0.0.1:9/\">") && with.body().ends_with("signed out</body></html>")
    );
    assert!(browser.get("/local/sign-in", "").await.body().contains("role=\"note\""));
    browser.world.alb.show_banner(false);
    let without = browser.get("/signed-out", "").await;
    assert_eq!(without.body(), "<html><body class=\"x\">signed out</body></html>");
}

#[tokio::test]
async fn the_key_server_gives_the_key_that_signs() {
    let browser = Browser::at_the_page().await;
    let own = browser.world.alb.key();
    let answer = browser.get(&format!("/local/keys/{}", own.id()), "").await;
    assert_eq!((answer.status(), answer.body().as_str()), (StatusCode::OK, own.pem()));
    let key = Key::generate();
    assert_eq!(browser.get(&format!("/local/keys/{}", key.id()), "").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/local/keys/../vpn", "").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/local/elsewhere", "").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(browser.send("PUT", "/local/sign-in", &[], "").await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

/// Checked with nothing but the public key's PEM, as the function does it.
#[test]
fn the_claims_are_signed_as_aws_signs_them() {
    let key = Key::generate();
    let token = key.sign(&deployment(), &authenticate(OnUnauthenticated::Deny), &user("sub-an", "An <Li>"), noon());
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts: {token}") };
    let decode = |text| -> Value { serde_json::from_slice(&URL_SAFE.decode(text).unwrap()).unwrap() };
    assert!(parts.iter().all(|part| part.len() % 4 == 0), "padded: {token}");

    let expires = noon().as_second() + 300;
    let header = (decode(header), decode(payload));
    let issuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_local";
    let expected = json!({
        "typ": "JWT", "alg": "ES256", "kid": key.id(), "signer": LOAD_BALANCER, "iss": issuer, "client": "client-1",
        "exp": expires,
    });
    assert_eq!(header.0, expected);
    let expected = json!({
        "sub": "sub-an", "name": "An <Li>", "username": "sub-an", "exp": expires, "iss": issuer,
    });
    assert_eq!(header.1, expected);

    let pem = key.pem().strip_prefix("-----BEGIN PUBLIC KEY-----\n").unwrap();
    let pem = pem.strip_suffix("-----END PUBLIC KEY-----\n").unwrap();
    assert!(pem.lines().all(|line| line.len() <= 64));
    let der = STANDARD.decode(pem.replace('\n', "")).unwrap();
    let signature = URL_SAFE.decode(signature).unwrap();
    assert_eq!(signature.len(), 64);
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, der);
    let signed = &token.as_bytes()[..token.rfind('.').unwrap()];
    public.verify(signed, &signature).expect("the padded text is what is signed");
    assert!(public.verify(&signed[1..], &signature).is_err());

    let uuid: Vec<usize> = key.id().split('-').map(str::len).collect();
    assert_eq!(uuid, [8, 4, 4, 4, 12]);
    assert_ne!(key.id(), Key::generate().id());
}

#[test]
fn a_session_ends_by_this_worlds_clock() {
    let mut sessions = Sessions::default();
    let rule = authenticate(OnUnauthenticated::Deny);
    let value = sessions.begin(user("sub-an", "An"), noon());
    let mut headers = HeaderMap::new();
    headers.insert("cookie", format!("{}={value}", cookie_name(&rule)).parse().unwrap());
    let pool = deployment().user_pool;
    let mut at = |seconds| sessions.of(&headers, &rule, &pool, noon() + SignedDuration::from_secs(seconds));
    assert!(matches!(at(0), SignedIn::Yes(session) if session.user.sub == "sub-an"));
    assert!(matches!(at(3599), SignedIn::Yes(_)));
    assert!(matches!(at(3600), SignedIn::Expired));
    assert!(matches!(sessions.of(&HeaderMap::new(), &rule, &pool, noon()), SignedIn::No));
}

#[test]
fn whoever_may_not_sign_in_any_more_is_out_when_the_access_token_ends() {
    let mut sessions = Sessions::default();
    let rule = authenticate(OnUnauthenticated::Deny);
    let mut pool = deployment().user_pool;
    let value = sessions.begin(user("sub-an", "An"), noon());
    let mut headers = HeaderMap::new();
    headers.insert("cookie", format!("{}={value}", cookie_name(&rule)).parse().unwrap());
    let mut at =
        |pool: &UserPool, seconds| sessions.of(&headers, &rule, pool, noon() + SignedDuration::from_secs(seconds));
    // Its token was given anew at 400 seconds, and is good until 700.
    assert!(matches!(at(&pool, 400), SignedIn::Yes(_)));
    pool.users.retain(|user| user.sub != "sub-an");
    assert!(matches!(at(&pool, 699), SignedIn::Yes(_)));
    assert!(matches!(at(&pool, 700), SignedIn::Expired));
    pool.users.push(user("sub-an", "An"));
    assert!(matches!(at(&pool, 701), SignedIn::Yes(_)), "she may sign in again");
}
