//! The log, in a process of its own because a subscriber is global.

use std::sync::Mutex;

use connect_handler::{Event, Handler, policy::Policy, settings::Mode};
use tracing_subscriber::fmt::MakeWriter as _;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// What was written since the last time.
fn written() -> String {
    String::from_utf8(std::mem::take(&mut *LOG.lock().expect("lock"))).expect("text")
}

const IPAD: &str = include_str!("../../../events/connect-ipad.json");
const SOMEBODY: &str = include_str!("../../../events/connect-v3.json");
const PERSONAL: [&str; 5] = ["ipad-reception", "laptop-accounting", "anna", "203.0.113", "2001:db8"];

#[test]
fn the_log_has_the_decision_and_nobody_s_name() {
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(|| LOG.make_writer())
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("the only one");

    let entities = r#"[{ "uid": { "type": "Device", "id": "ipad-reception" }, "attrs": {}, "parents": [] }]"#;
    let no_ipads = r#"@id("no-ipads") forbid (principal, action, resource) when { context.platform == "ios" };"#;
    let floors = r#"@id("floors") forbid (principal, action, resource) when { principal.floor > 3 };"#;
    let bad_ip = r#"@id("ranges") forbid (principal, action, resource) when { ip(context.platform).isIpv4() };"#;
    let expected = [
        (
            no_ipads,
            Mode::Enforce,
            IPAD,
            &[r#""decision":"deny""#, r#""policies":"no-ipads""#, r#""mode":"enforce""#][..],
        ),
        (no_ipads, Mode::Shadow, IPAD, &[r#""decision":"deny""#, r#""policies":"no-ipads""#, r#""mode":"shadow""#]),
        (no_ipads, Mode::Enforce, IPAD, &["cvpn-connection-0b1c2d3e4f5a6b7cb", "cvpn-endpoint-0123456789abcdef0"]),
        (no_ipads, Mode::Enforce, IPAD, &[r#""attributes":"time,platform,public_ip""#, r#""schema_version":"v3""#]),
        (floors, Mode::Enforce, IPAD, &["ERROR", "EvaluationFailed", "floors", "floor"]),
        (floors, Mode::Enforce, SOMEBODY, &["ERROR", "EvaluationFailed", "floors", "floor"]),
        (bad_ip, Mode::Enforce, SOMEBODY, &["ERROR", "EvaluationFailed", "ranges"]),
    ];
    for (policy, mode, payload, words) in expected {
        let handler = Handler::with(mode, Policy::new(&[("a.cedar", policy)], entities).expect("usable"));
        let event = Event::read(payload.as_bytes());
        let now = "2026-11-02T12:00:00Z".parse().expect("timestamp");
        let answer = handler.answer(&event, "ref-1", now);
        assert_eq!(answer.allows(), mode == Mode::Shadow);
        let log = written();
        assert_eq!(log.lines().count(), 1, "{log}");
        for word in words {
            assert!(log.contains(word), "{word} in {log}");
        }
        for name in PERSONAL {
            assert!(!log.contains(name), "{name} in {log}");
        }
    }

    for (vars, words) in [
        ([("VPN_CONNECT_MODE", "off"), ("VPN_POLICY_DIR", "/nowhere")], ["ConfigurationInvalid", "VPN_CONNECT_MODE"]),
        ([("VPN_CONNECT_MODE", "shadow"), ("VPN_POLICY_DIR", "/nowhere")], ["PolicyUnusable", "/nowhere"]),
    ] {
        let handler = Handler::new(&vars);
        let at_start = written();
        let event = Event::read(IPAD.as_bytes());
        assert_eq!(handler.answer(&event, "ref-1", jiff::Timestamp::UNIX_EPOCH).allows(), vars[0].1 == "shadow");
        let each_time = written();
        for word in words {
            assert!(at_start.contains(word), "{word} in {at_start}");
            assert!(each_time.contains(word), "{word} in {each_time}");
        }
    }
}
