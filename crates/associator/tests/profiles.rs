//! A profile goes from the page onto a device: to whom, when, and what of it is written down. The rows of the threat table
//! (.github/THREATS.md, "A profile on the page") have their tests here.

mod common;

use std::sync::Mutex;

use associator::{
    identity::{Expected, Subject, Unverified},
    page::PageState,
    profiles::Folder,
    texts,
    visitor::{Device, Visitor},
};
use common::{AlbAnswer, Setup, config, config_with_profiles, event, now, signer, view};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter as _;
use vpn_core::plan::Phase;

const LINK: [(&str, &str); 4] = [
    ("accept", "text/html,*/*"),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
];

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fn setup() -> Setup {
    Setup::with(config_with_profiles())
}

/// The token of somebody who signed in to the same pool.
fn token(setup: &Setup, subject: &str) -> String {
    let mut claims = signer::Signer::claims();
    claims["sub"] = json!(subject);
    setup.signer.sign(&signer::Signer::head(), &claims)
}

fn subject(setup: &Setup, name: &str) -> Subject {
    let token = token(setup, name);
    let expected = Expected { signer: signer::LOAD_BALANCER, issuer: signer::ISSUER, client: signer::CLIENT };
    let unverified = Unverified::read(&token, expected, now()).expect("right");
    let key = aws_lc_rs::signature::ParsedPublicKey::new(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED, public(setup));
    unverified.verify(&key.expect("a key")).expect("signed")
}

fn public(setup: &Setup) -> Vec<u8> {
    use rustls_pki_types::pem::PemObject as _;
    let der = rustls_pki_types::SubjectPublicKeyInfoDer::from_pem_slice(setup.signer.pem().as_bytes()).expect("a key");
    der.as_ref().to_vec()
}

fn folder(setup: &Setup, name: &str) -> Folder {
    Folder::of(&subject(setup, name)).expect("a safe name")
}

fn link(setup: &Setup, name: &str, device: Option<&str>) -> Value {
    let mut event = event("GET", "/profile", &LINK, &token(setup, name), "");
    if let Some(device) = device {
        event["multiValueQueryStringParameters"] = json!({ "device": [device] });
    }
    event
}

async fn follow(setup: &Setup, name: &str, device: Option<&str>) -> AlbAnswer {
    setup.answer(link(setup, name, device)).await
}

#[tokio::test]
async fn her_profile_is_one_link_away_and_the_audit_log_says_who_took_what() {
    let setup = setup();
    setup.aws.leave_profile(&folder(&setup, "mei"), "ipad");
    let answer = follow(&setup, "mei", None).await;
    assert_eq!(answer.status(), 303, "{answer:?}");
    let signed_at = now().as_second();
    assert_eq!(answer.header("location"), format!("https://bucket.example/ipad?signature=secret-{signed_at}"));
    assert_eq!((answer.header("cache-control"), answer.header("referrer-policy")), ("no-store", "no-referrer"));
    assert_eq!(answer.body(), "");
    assert_eq!(setup.aws.audit_lines(), ["profile mei: ipad"]);
    assert_eq!(
        setup.aws.calls(),
        ["read profiles", "read address ipad"],
        "nothing is turned on, nothing else is asked"
    );
}

/// Stolen session: whoever has it gets what is hers while it waits, nobody else's, and her name is in the log each time.
#[tokio::test]
async fn a_session_reaches_one_person_s_profiles() {
    let setup = setup();
    for (name, device) in [("mei", "ipad"), ("boss", "laptop"), ("boss", "phone")] {
        setup.aws.leave_profile(&folder(&setup, name), device);
    }
    for device in ["laptop", "phone", "../boss/laptop", "boss/laptop", "..", "", "ipad.ovpn", "IPAD", "ipad/", "ipad\n"]
    {
        let answer = follow(&setup, "mei", Some(device)).await;
        assert_eq!((answer.status(), answer.header("location")), (404, ""), "{device}");
    }
    assert_eq!(setup.aws.audit_lines(), Vec::<String>::new());
    // Names that Cognito never gives lead nowhere, and AWS is not asked.
    setup.aws.forget_calls();
    for name in ["../boss", "boss/", "a b", "boss%2f..", "*", "bóss", &"a".repeat(129)] {
        assert_eq!(follow(&setup, name, Some("laptop")).await.status(), 404, "{name}");
    }
    assert_eq!(setup.aws.calls(), Vec::<String>::new());
    assert_eq!(follow(&setup, "mei", Some("ipad")).await.status(), 303);
    assert_eq!(setup.aws.audit_lines(), ["profile mei: ipad"]);
}

/// Forwarded link: whoever follows it gets her own or nothing, and only from the page itself.
#[tokio::test]
async fn a_forwarded_link_gives_nothing_of_the_sender_s() {
    let setup = setup();
    setup.aws.leave_profile(&folder(&setup, "mei"), "ipad");
    for device in [None, Some("ipad")] {
        let answer = follow(&setup, "ann", device).await;
        assert_eq!((answer.status(), answer.header("location")), (404, ""), "{device:?}");
        assert!(answer.says("No profile is waiting for you."));
    }
    setup.aws.forget_calls();
    let foreign: [&[(&str, &str)]; 9] = [
        // From a mail, a bookmark, the way back from the sign-in.
        &[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
        &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
        // By a script, in a frame, in advance, by what says nothing.
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
        &[LINK[1], LINK[2], LINK[3], ("sec-purpose", "prefetch")],
        &[("accept", "text/html")],
        &[],
    ];
    for headers in foreign {
        let answer = setup.answer(event("GET", "/profile", headers, &token(&setup, "mei"), "")).await;
        assert_eq!((answer.status(), answer.header("location")), (403, ""), "{headers:?}");
    }
    for method in ["POST", "PUT"] {
        let answer = setup.answer(event(method, "/profile", &LINK, &token(&setup, "mei"), "")).await;
        assert_eq!(answer.status(), 405, "{method}");
    }
    assert_eq!(setup.answer(event("HEAD", "/profile", &LINK, &token(&setup, "mei"), "")).await.header("location"), "");
    assert_eq!(setup.answer(event("GET", "/profile", &LINK, "", "")).await.status(), 401);
    let stranger = signer::Signer::new().token();
    assert_eq!(setup.answer(event("GET", "/profile", &LINK, &stranger, "")).await.status(), 401);
    assert_eq!(setup.aws.calls(), Vec::<String>::new());
    assert_eq!(setup.aws.audit_lines(), Vec::<String>::new());
}

/// Second device: nobody is given one device's profile for another without choosing it.
#[tokio::test]
async fn of_several_devices_she_chooses() {
    let setup = setup();
    for device in ["ipad", "mac"] {
        setup.aws.leave_profile(&folder(&setup, "mei"), device);
    }
    for language in texts::all() {
        let mut event = link(&setup, "mei", None);
        event["multiValueQueryStringParameters"] = json!({ "lang": [language.language] });
        let page = setup.answer(event).await;
        assert_eq!((page.status(), page.header("location")), (200, ""));
        assert!(page.says(language.profile.which.headline), "{page:?}");
        for device in ["ipad", "mac"] {
            assert!(page.says(&format!("href=\"/profile?device={device}\"")), "{page:?}");
        }
    }
    assert_eq!(setup.aws.audit_lines(), Vec::<String>::new());
    for device in ["mac", "ipad"] {
        let answer = follow(&setup, "mei", Some(device)).await;
        assert!(answer.header("location").starts_with(&format!("https://bucket.example/{device}?")), "{answer:?}");
    }
    assert_eq!(setup.aws.audit_lines(), ["profile mei: mac", "profile mei: ipad"]);
    // Named twice, or badly: no guess.
    let mut twice = link(&setup, "mei", None);
    twice["multiValueQueryStringParameters"] = json!({ "device": ["ipad", "ipad"] });
    assert_eq!(setup.answer(twice).await.status(), 404);
}

/// After `remove`: nothing is remembered here of what waited a moment ago.
#[tokio::test]
async fn after_remove_nothing_is_given_any_more() {
    let setup = setup();
    let folder = folder(&setup, "mei");
    setup.aws.leave_profile(&folder, "ipad");
    assert_eq!(setup.invoke_at(now(), link(&setup, "mei", None)).await.expect("answered").status(), 303);
    setup.aws.remove_profiles(&folder);
    for device in [None, Some("ipad")] {
        let answer = setup.invoke_at(now(), link(&setup, "mei", device)).await.expect("answered");
        assert_eq!((answer.status(), answer.header("location")), (404, ""), "{device:?}");
    }
    assert_eq!(setup.aws.audit_lines().len(), 1);
}

#[tokio::test]
async fn what_aws_refuses_is_said_and_nothing_is_given() {
    for (call, code, status) in
        [("read profiles", "AccessDenied", 500), ("read address", "AccessDenied", 500), ("read profiles", "", 503)]
    {
        let setup = setup();
        setup.aws.leave_profile(&folder(&setup, "mei"), "ipad");
        setup.aws.fail(call, code);
        let answer = follow(&setup, "mei", None).await;
        assert_eq!((answer.status(), answer.header("location")), (status, ""), "{call} {code}");
        assert!(answer.says(common::REFERENCE), "{answer:?}");
        assert_eq!(setup.aws.audit_lines(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_log_has_who_and_which_device_and_nothing_of_the_address() {
    let subscriber = tracing_subscriber::fmt().json().with_writer(|| LOG.make_writer()).finish();
    tracing::subscriber::set_global_default(subscriber).expect("the only one");
    let setup = setup();
    setup.aws.leave_profile(&folder(&setup, "mei-of-the-log"), "ipad-of-the-log");
    assert_eq!(follow(&setup, "mei-of-the-log", Some("ipad-of-the-log")).await.status(), 303);
    follow(&setup, "mei-of-the-log", Some("what-she-typed")).await;
    let log = String::from_utf8(LOG.lock().expect("not poisoned").clone()).expect("text");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let audit = |line: &&Value| line["fields"]["audit.subject"] == "mei-of-the-log";
    let [line] = &lines.iter().filter(audit).collect::<Vec<_>>()[..] else { panic!("{log}") };
    let fields = &line["fields"];
    assert_eq!((&fields["message"], &fields["audit.action"]), (&json!("audit"), &json!("give-profile")));
    assert_eq!(fields["audit.change"], "ipad-of-the-log");
    for nothing in ["secret-", "bucket.example", "what-she-typed", "device="] {
        assert!(!log.contains(nothing), "{nothing}: {log}");
    }
}

#[tokio::test]
async fn without_a_bucket_there_is_no_such_page_and_no_word_of_it() {
    let setup = Setup::new();
    assert_eq!(follow(&setup, "mei", None).await.status(), 404);
    assert_eq!(setup.aws.calls(), Vec::<String>::new());
    for language in texts::all() {
        for device in [Device::Ipad, Device::Mac, Device::Windows, Device::Linux, Device::Android] {
            let page = |config| {
                let visitor = Visitor::reading(language, device);
                common::rendered(&config, visitor, &PageState::of(language, &config, &view(Phase::Off), None, ""))
            };
            let (off, on) = (page(config()), page(config_with_profiles()));
            assert!(!off.contains("/profile") && !off.contains(language.profile.title), "{}", language.language);
            // A Mac may be an iPad: both, of which the style shows one.
            let times = if device == Device::Mac { 2 } else { 1 };
            assert_eq!(on.matches("href=\"/profile\"").count(), times, "{} {device:?}", language.language);
            let computer = matches!(device, Device::Mac | Device::Windows | Device::Linux);
            assert_eq!(on.contains("File → Manage Profiles → Add Profile"), computer, "{device:?}");
            assert_eq!(on.contains("1.2.6") && on.contains("1.2.4"), computer, "{device:?}");
            assert_eq!(
                on.contains(language.profile.touch_steps[3]),
                device != Device::Windows && device != Device::Linux
            );
            let with = config_with_profiles();
            let state = PageState::of(language, &with, &view(Phase::Off), None, "");
            let bytes = common::weight(common::page(&with, &Visitor::reading(language, device), &state));
            assert!(bytes < common::WEIGHT, "{} {device:?}: {bytes} bytes", language.language);
        }
    }
}
