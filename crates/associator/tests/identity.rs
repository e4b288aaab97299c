//! Who is let in. Whoever is not has caused no call of EC2 at all.

mod common;

use common::{Setup, Signer, event, signer};
use serde_json::{Value, json};

const NAVIGATION: [(&str, &str); 2] = [("accept", "text/html"), ("sec-fetch-dest", "document")];

async fn status(setup: &Setup, token: &str) -> u64 {
    let answer = setup.invoke_at(common::now(), event("GET", "/", &NAVIGATION, token, "")).await.expect("answered");
    let status = answer.status();
    assert_eq!(status == 303, !setup.aws.calls().is_empty(), "no call without an identity: {:?}", setup.aws.calls());
    if status == 401 {
        assert!(answer.says("You are not signed in.") && answer.says(common::REFERENCE), "{answer:?}");
    }
    status
}

fn head(name: &str, value: Value) -> Value {
    let mut head = Signer::head();
    head[name] = value;
    head
}

fn claims(name: &str, value: Value) -> Value {
    let mut claims = Signer::claims();
    claims[name] = value;
    claims
}

fn without(mut part: Value, name: &str) -> Value {
    part.as_object_mut().expect("object").remove(name);
    part
}

#[tokio::test]
async fn what_the_load_balancer_signed_is_accepted() {
    let (good_head, good_claims) = (Signer::head(), Signer::claims());
    for (head, claims) in [
        (good_head.clone(), good_claims.clone()),
        (good_head.clone(), claims("nbf", json!(signer::NOW))),
        // Clocks differ by some seconds.
        (head("iat", json!(signer::NOW + 30)), good_claims.clone()),
        (head("nbf", json!(signer::NOW + 60)), good_claims.clone()),
        (good_head.clone(), claims("exp", json!(signer::NOW + 1))),
        // The claims are the user pool's; the head says the same.
        (good_head.clone(), without(without(Signer::claims(), "iss"), "exp")),
        (head("kid", json!(signer::KID.to_uppercase())), good_claims.clone()),
    ] {
        let setup = Setup::new();
        setup.keys.add(&signer::KID.to_uppercase(), &setup.signer.pem());
        for token in [setup.signer.sign(&head, &claims), setup.signer.sign_unpadded(&head, &claims)] {
            assert_eq!(status(&setup, &token).await, 303, "{head} {claims}");
        }
        let by_whom = format!("opening {}: ", signer::SUBJECT);
        let lines = setup.aws.audit_lines();
        assert!(!lines.is_empty() && lines.iter().all(|line| line.starts_with(&by_whom)), "{lines:?}");
    }
}

/// The load balancer takes claims of 11 KB, so that many have to be read; more than 16 KB are none of its.
#[tokio::test]
async fn a_token_is_read_up_to_sixteen_kilobytes() {
    let setup = Setup::new();
    let of_length = |length: usize| {
        let shortest = setup.signer.sign_unpadded(&Signer::head(), &Signer::claims()).len();
        // Three bytes become four characters; not every length can be had by one part alone.
        let about = (length - shortest) / 4 * 3;
        let sizes = (0..3).flat_map(|head| (about - 30..about + 30).map(move |claims| (head, claims)));
        let mut tokens = sizes.map(|(in_head, in_claims)| {
            let (in_head, in_claims) = (json!("x".repeat(in_head)), json!("x".repeat(in_claims)));
            setup.signer.sign_unpadded(&head("padding", in_head), &claims("padding", in_claims))
        });
        tokens.find(|token| token.len() == length).expect("a token of this length")
    };
    for (length, answered) in [(15_500, 303), (16 * 1024, 303), (16 * 1024 + 1, 401)] {
        assert_eq!(status(&setup, &of_length(length)).await, answered, "{length}");
        setup.aws.forget_calls();
    }
}

#[tokio::test]
async fn everything_else_is_not() {
    let (good_head, good_claims) = (Signer::head(), Signer::claims());
    for (head, claims) in [
        (head("alg", json!("none")), good_claims.clone()),
        (head("alg", json!("HS256")), good_claims.clone()),
        (head("alg", json!("RS256")), good_claims.clone()),
        (head("alg", json!("es256")), good_claims.clone()),
        (without(Signer::head(), "alg"), good_claims.clone()),
        (head("signer", json!(format!("{}x", signer::LOAD_BALANCER))), good_claims.clone()),
        (without(Signer::head(), "signer"), good_claims.clone()),
        (head("iss", json!("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other")), good_claims.clone()),
        (good_head.clone(), claims("iss", json!("https://other.example.com"))),
        (without(Signer::head(), "iss"), good_claims.clone()),
        (head("client", json!("another")), good_claims.clone()),
        (without(Signer::head(), "client"), good_claims.clone()),
        (head("exp", json!(signer::NOW)), good_claims.clone()),
        (head("exp", json!(signer::NOW - 3600)), good_claims.clone()),
        (head("exp", json!("tomorrow")), good_claims.clone()),
        (without(Signer::head(), "exp"), good_claims.clone()),
        (good_head.clone(), claims("exp", json!(signer::NOW))),
        (head("nbf", json!(signer::NOW + 3600)), good_claims.clone()),
        (head("nbf", json!(signer::NOW + 61)), good_claims.clone()),
        (head("iat", json!(signer::NOW + 3600)), good_claims.clone()),
        (good_head.clone(), claims("nbf", json!(signer::NOW + 3600))),
        (good_head.clone(), claims("iat", json!(signer::NOW + 3600))),
        (good_head.clone(), claims("sub", json!(""))),
        (good_head.clone(), claims("sub", json!("a\nb"))),
        (good_head.clone(), without(Signer::claims(), "sub")),
        (good_head.clone(), claims("padding", json!("x".repeat(20_000)))),
        (json!([]), good_claims.clone()),
        (good_head.clone(), json!("sub")),
        // A key that nobody knows.
        (head("kid", json!("99999999-2222-4333-8444-555555555555")), good_claims.clone()),
    ] {
        let setup = Setup::new();
        assert_eq!(status(&setup, &setup.signer.sign(&head, &claims)).await, 401, "{head} {claims}");
        assert_eq!(status(&setup, &setup.signer.sign_unpadded(&head, &claims)).await, 401, "{head} {claims}");
    }
}

#[tokio::test]
async fn a_key_s_name_leads_nowhere_else() {
    for kid in [
        "",
        "..",
        "../../secret",
        "11111111-2222-4333-8444-55555555555",
        "11111111-2222-4333-8444-5555555555555",
        "11111111-2222-4333-8444-55555555555/",
        "11111111-2222-4333-8444-55555555555g",
        "11111111-2222-4333-8444-55555555555%",
        "11111111/2222-4333-8444-555555555555",
        "@evil.example/11111111-2222-4333-8444",
        "111111112222433384445555555555555555",
        "11111111-2222-4333-8444-5555555555é",
    ] {
        let setup = Setup::new();
        setup.keys.add(kid, &setup.signer.pem());
        let token = setup.signer.sign(&head("kid", json!(kid)), &Signer::claims());
        assert_eq!(status(&setup, &token).await, 401, "{kid:?}");
        assert!(setup.keys.asked().is_empty(), "{kid:?}");
    }
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let setup = Setup::new();
    let token = setup.token();
    let parts: Vec<&str> = token.split('.').collect();
    let other = setup.signer.sign(&Signer::head(), &claims("sub", json!("somebody else")));
    let others: Vec<&str> = other.split('.').collect();
    let stranger = Signer::new().token();
    for forged in [
        String::new(),
        "token".to_owned(),
        "..".to_owned(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{token}.{}", parts[2]),
        format!("{}.{}.{}", parts[0], others[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], others[2]),
        // Not the text that was signed, though it decodes to the same.
        format!("{}.{}.{}", parts[0].trim_end_matches('='), parts[1].trim_end_matches('='), parts[2]) + "x",
        format!("{}.{}.{}", parts[0], parts[1], "A".repeat(86)),
        format!("Bearer {token}"),
        format!("{token}, {token}"),
        stranger,
    ] {
        assert_eq!(status(&setup, &forged).await, 401, "{forged}");
    }
}

#[tokio::test]
async fn two_identities_are_none() {
    let setup = Setup::new();
    let token = setup.token();
    let mut twice = event("GET", "/", &NAVIGATION, &token, "");
    twice["multiValueHeaders"]["x-amzn-oidc-data"] = json!([token, token]);
    assert_eq!(setup.answer(twice).await.status(), 401);
    let mut two_spellings = event("GET", "/", &NAVIGATION, &token, "");
    two_spellings["multiValueHeaders"]["X-Amzn-Oidc-Data"] = json!([token]);
    assert_eq!(setup.answer(two_spellings).await.status(), 401);
    let mut two_forms = event("GET", "/", &NAVIGATION, &token, "");
    two_forms["headers"] = json!({ "x-amzn-oidc-data": "another" });
    assert_eq!(setup.answer(two_forms).await.status(), 401);
    assert!(setup.aws.calls().is_empty());
}

#[tokio::test]
async fn every_path_but_two_asks_who_it_is() {
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/vpn"),
        ("HEAD", "/vpn"),
        ("POST", "/on"),
        ("GET", "/on"),
        ("POST", "/progress"),
        ("POST", "/keep"),
        ("POST", "/off"),
        ("GET", "/state"),
        ("GET", "/sign-out"),
        ("GET", "/other"),
        ("DELETE", "/vpn"),
    ] {
        let setup = Setup::new();
        let answer = setup.answer(event(method, path, &[("origin", common::ORIGIN)], "", "")).await;
        assert_eq!(answer.status(), 401, "{method} {path}");
        assert!(setup.aws.calls().is_empty(), "{method} {path}");
        if matches!(path, "/state" | "/progress") {
            assert_eq!(answer.json()["problem"]["code"], "identity");
        }
    }
    let setup = Setup::new();
    assert_eq!(setup.answer(event("GET", "/signed-out", &[], "", "")).await.status(), 200);
    let health = event("GET", "/", &[("user-agent", "ELB-HealthChecker/2.0")], "", "");
    assert_eq!(setup.answer(health).await.status(), 200);
    assert!(setup.aws.calls().is_empty());
}

#[tokio::test]
async fn a_key_is_fetched_once() {
    let setup = Setup::new();
    for _ in 0..3 {
        assert_eq!(setup.get("/vpn").await.status(), 200);
    }
    assert_eq!(setup.keys.asked(), [signer::KID]);

    // And the next one is kept beside it.
    let other = "22222222-2222-4333-8444-555555555555";
    setup.keys.add(other, &setup.signer.pem());
    let token = setup.signer.sign(&head("kid", json!(other)), &Signer::claims());
    for _ in 0..2 {
        assert_eq!(setup.answer(event("GET", "/vpn", &[], &token, "")).await.status(), 200);
        assert_eq!(setup.get("/vpn").await.status(), 200);
    }
    assert_eq!(setup.keys.asked(), [signer::KID, other]);
}

#[tokio::test]
async fn a_signature_that_does_not_verify_asks_for_the_key_again_once_a_minute() {
    let setup = Setup::new();
    let kid = "22222222-2222-4333-8444-555555555555";
    let token = setup.signer.sign(&head("kid", json!(kid)), &Signer::claims());
    let asks = async |seconds: i64| {
        let at = common::now() + jiff::SignedDuration::from_secs(seconds);
        let event = event("GET", "/vpn", &[], &token, "");
        let status = setup.invoke_at(at, event).await.expect("answered").status();
        (status, setup.keys.asked().len())
    };
    // The server answers with somebody else's key first.
    setup.keys.add(kid, &Signer::new().pem());
    assert_eq!([asks(0).await, asks(1).await, asks(59).await], [(401, 1), (401, 1), (401, 1)]);
    assert_eq!([asks(60).await, asks(119).await], [(401, 2), (401, 2)]);
    // Out of order again: it is asked no more often for that, and is believed as soon as it has the right one.
    setup.keys.break_down("status 500");
    assert_eq!([asks(-60).await, asks(-59).await], [(503, 3), (401, 3)]);
    setup.keys.repair();
    setup.keys.add(kid, &setup.signer.pem());
    assert_eq!([asks(1).await, asks(2).await, asks(90).await], [(200, 4), (200, 4), (200, 4)]);
}

/// Of the curve P-384, as `openssl ecparam -name secp384r1` makes it.
const P384: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAETblT3a5DfDx6FNrwy1Q3Z9zqDBRLJbXK
FngZZr/eYWe3zsKeyjZ5vAibLyFT1KEcMQmpTSKEQpyRziUWDWbw6MpYtpS0Y/Y/
523ADnaEramy/fM4EjG+YysS3GupRzfD
-----END PUBLIC KEY-----
";

#[tokio::test]
async fn only_a_key_on_the_right_curve_is_kept() {
    let setup = Setup::new();
    let kid = "22222222-2222-4333-8444-555555555555";
    let token = setup.signer.sign(&head("kid", json!(kid)), &Signer::claims());
    let junk = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    for (number, answered) in ["<html>no key</html>", junk, P384].into_iter().enumerate() {
        setup.keys.add(kid, answered);
        assert_eq!((status(&setup, &token).await, setup.keys.asked().len()), (503, number + 1), "{answered}");
    }
    // It was not kept: the very next request is let in.
    setup.keys.add(kid, &setup.signer.pem());
    assert_eq!((status(&setup, &token).await, setup.keys.asked().len()), (303, 4));
    assert_eq!((status(&setup, &token).await, setup.keys.asked().len()), (303, 4));
}

#[tokio::test]
async fn without_the_key_server_nobody_is_let_in_and_nothing_is_called() {
    let setup = Setup::new();
    setup.keys.break_down("status 500");
    let answer = setup.get("/").await;
    assert_eq!(answer.status(), 503);
    assert!(answer.says("Your sign-in cannot be checked") && answer.says(common::REFERENCE), "{answer:?}");
    assert!(setup.aws.calls().is_empty());
}
