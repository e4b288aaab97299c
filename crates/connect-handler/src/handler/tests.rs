use serde_json::{Value, json};

use super::*;

const OPEN: &str = "permit (principal, action, resource);";
const BROKEN_FOR_IPADS: &str =
    "permit (principal, action, resource); forbid (principal, action, resource) when { context.platform_version < 1 };";

fn handler(mode: Mode, policy: &str) -> Handler {
    Handler::with(mode, Policy::new(&[("a.cedar", policy)], "[]").expect("usable"))
}

fn answer(handler: &Handler, payload: &Value) -> Value {
    let now = "2026-11-02T12:00:00Z".parse().expect("timestamp");
    serde_json::to_value(handler.answer(&Event::from(payload.clone()), "ref-1", now)).expect("JSON")
}

/// What AWS cannot leave out.
fn somebody() -> Value {
    json!({"connection-id": "cvpn-connection-1", "endpoint-id": "cvpn-endpoint-1", "common-name": "ipad-7"})
}

fn denial(message: &str) -> Value {
    json!({"allow": false, "error-msg-on-denied-connection": message, "posture-compliance-statuses": [],
           "schema-version": "v3"})
}

fn allowance() -> Value {
    json!({"allow": true, "error-msg-on-denied-connection": "", "posture-compliance-statuses": [],
           "schema-version": "v3"})
}

const ON_DOUBT: &str = "Error establishing connection. Please contact your administrator. Reference: ref-1";

#[test]
fn a_denial_without_words_says_what_to_do() {
    let message = "This connection is not permitted. Please contact your administrator. Reference: ref-1";
    assert_eq!(answer(&handler(Mode::Enforce, ""), &somebody()), denial(message));
}

#[test]
fn a_denial_has_the_words_of_its_policies() {
    let policy = r#"@message("No.") forbid (principal, action, resource);
                    @message("Ask Kim.") forbid (principal, action, resource);"#;
    assert_eq!(answer(&handler(Mode::Enforce, policy), &somebody()), denial("No. Ask Kim."));
}

#[test]
fn long_words_are_cut() {
    let policy = format!(r#"@message("{}") forbid (principal, action, resource);"#, "拒".repeat(300));
    assert_eq!(answer(&handler(Mode::Enforce, &policy), &somebody()), denial(&"拒".repeat(255)));
}

#[test]
fn every_doubt_denies_and_shadow_never_does() {
    for mode in [Mode::Enforce, Mode::Shadow] {
        let expected = if mode == Mode::Enforce { denial(ON_DOUBT) } else { allowance() };
        assert_eq!(answer(&handler(mode, BROKEN_FOR_IPADS), &somebody()), expected, "evaluation");
        for payload in [json!(null), json!([]), json!("text"), json!(1), json!({})] {
            assert_eq!(answer(&handler(mode, OPEN), &payload), expected, "{payload}");
        }
        let unusable = Handler { mode, policy: Err(Doubt::Policy("a.cedar".to_owned())) };
        assert_eq!(answer(&unusable, &somebody()), expected, "policy");
        let panicked = guarded(|| panic!("on purpose"));
        assert_eq!(panicked, Err(Doubt::Panic));
        let answer = handler(mode, OPEN).conclude(SchemaVersion::V3, "ref-1", panicked, &Line::default());
        assert_eq!(serde_json::to_value(answer).expect("JSON"), expected, "panic");
    }
    assert_eq!(answer(&handler(Mode::Shadow, ""), &somebody()), allowance(), "nothing permits it");
    assert_eq!(answer(&handler(Mode::Enforce, OPEN), &somebody()), allowance());
}

#[test]
fn it_starts_whatever_the_settings_are() {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/policy");
    let dir = settings::POLICY_DIR;
    for (vars, expected) in [
        ([(settings::MODE, "enforce"), (dir, shipped)], allowance()),
        ([(settings::MODE, "enforce"), (dir, "/nowhere")], denial(ON_DOUBT)),
        ([(settings::MODE, "enforce"), ("", "")], denial(ON_DOUBT)),
        ([(settings::MODE, "off"), (dir, shipped)], denial(ON_DOUBT)),
        ([(settings::MODE, "off"), (dir, "/nowhere")], denial(ON_DOUBT)),
        ([(settings::MODE, "shadow"), (dir, "/nowhere")], allowance()),
        ([(settings::MODE, "shadow"), (dir, "")], allowance()),
        ([("LAMBDA_TASK_ROOT", env!("CARGO_MANIFEST_DIR")), ("", "")], allowance()),
    ] {
        assert_eq!(answer(&Handler::new(&vars), &somebody()), expected, "{vars:?}");
    }
}
