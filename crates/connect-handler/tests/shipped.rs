//! The events and the policies that are shipped, together.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use cedar_policy::{PolicySet, Schema, ValidationMode, Validator};
use connect_handler::{Event, Handler, SCHEMA, policy::Policy, settings::Mode};
use jiff::Timestamp;
use serde_json::{Value, json};

const DIRS: [&str; 3] = ["policy", "policy-examples/device-groups", "policy-examples/minimum-versions"];
const V1: &str = include_str!("../../../events/connect-v1.json");
const V2: &str = include_str!("../../../events/connect-v2.json");
const V3: &str = include_str!("../../../events/connect-v3.json");
const IPAD: &str = include_str!("../../../events/connect-ipad.json");
const LOST_IPAD: &str = include_str!("../../../events/connect-lost-ipad.json");
const ODD: &str = include_str!("../../../events/connect-odd.json");
const NO_OBJECT: &str = include_str!("../../../events/connect-not-an-object.json");

fn dir(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn handler(name: &str) -> Handler {
    Handler::with(Mode::Enforce, Policy::load(&dir(name)).expect("usable"))
}

fn now() -> Timestamp {
    "2026-11-02T12:00:00Z".parse().expect("timestamp")
}

fn answer(policy: &str, payload: &str) -> Value {
    let event = Event::read(payload.as_bytes());
    serde_json::to_value(handler(policy).answer(&event, "ref-1", now())).expect("JSON")
}

#[test]
fn every_version_gets_its_own_answer() {
    for (payload, version, message) in [
        (V1, "v1", "error-msg-on-failed-posture-compliance"),
        (V2, "v2", "error-msg-on-denied-connection"),
        (V3, "v3", "error-msg-on-denied-connection"),
        (IPAD, "v3", "error-msg-on-denied-connection"),
        (LOST_IPAD, "v3", "error-msg-on-denied-connection"),
        (&odd_but_somebody(), "v3", "error-msg-on-denied-connection"),
    ] {
        let expected =
            json!({"allow": true, message: "", "posture-compliance-statuses": [], "schema-version": version});
        assert_eq!(answer("policy", payload), expected, "{payload}");
    }
}

/// What is odd in `connect-odd.json`, asked by somebody at an endpoint.
fn odd_but_somebody() -> String {
    let named = ODD.replace(r#"{ "value": "ipad-reception" }"#, r#""tablet""#);
    let named = named.replace(r#"["cvpn-endpoint-0123456789abcdef0"]"#, r#""cvpn-endpoint-0123456789abcdef0""#);
    assert_ne!(named, ODD);
    named
}

#[test]
fn who_is_nobody_is_denied_by_every_policy() {
    let nulls = IPAD.lines().map(|line| match line.split_once(": ") {
        Some((name, _)) if !name.contains("schema-version") => format!("{name}: null,"),
        _ => line.to_owned(),
    });
    let nulls = nulls.collect::<String>();
    assert_eq!(nulls.matches("null").count(), 10, "{nulls}");
    let of_a_load_balancer = include_str!("../../../events/associator-open.json");
    let of_a_schedule = include_str!("../../../events/disassociator-schedule.json");
    for policy in DIRS {
        for payload in ["{}", &nulls, of_a_load_balancer, of_a_schedule, ODD, NO_OBJECT] {
            let expected = json!({
                "allow": false, "posture-compliance-statuses": [], "schema-version": "v3",
                "error-msg-on-denied-connection":
                    "Error establishing connection. Please contact your administrator. Reference: ref-1",
            });
            assert_eq!(answer(policy, payload), expected, "{policy} {payload}");
        }
    }
}

/// One function may serve several endpoints of a region: the policy tells them apart.
#[test]
fn the_policy_decides_which_endpoints() {
    let text = r#"
        @id("staff") permit (principal, action, resource == Endpoint::"cvpn-endpoint-0123456789abcdef0");
        @id("sales") permit (principal, action, resource == Endpoint::"cvpn-endpoint-0fedcba9876543210")
        when { context has user && context.user in Group::"sales" };"#;
    let handler = Handler::with(Mode::Enforce, Policy::new(&[("a.cedar", text)], "[]").expect("usable"));
    let asked = |payload: &str, endpoint: &str| {
        let payload = payload.replace("cvpn-endpoint-0123456789abcdef0", endpoint);
        handler.answer(&Event::read(payload.as_bytes()), "ref-1", now()).allows()
    };
    for (endpoint, ipad, anna_of_sales, anna_of_staff) in [
        ("cvpn-endpoint-0123456789abcdef0", true, true, true),
        ("cvpn-endpoint-0fedcba9876543210", false, true, false),
        ("cvpn-endpoint-00000000000000000", false, false, false),
    ] {
        let seen = (asked(IPAD, endpoint), asked(V2, endpoint), asked(V3, endpoint));
        assert_eq!(seen, (ipad, anna_of_sales, anna_of_staff), "{endpoint}");
        for payload in [IPAD, V2, V3] {
            let payload = payload.replace("cvpn-endpoint-0123456789abcdef0", endpoint);
            assert_eq!(answer("policy", &payload)["allow"], true, "as it is shipped: {endpoint}");
        }
    }
}

#[test]
fn the_examples_judge_the_events() {
    let unregistered = "This device is not registered for the VPN. Please ask your administrator to register it.";
    let lost = "This device was reported lost. Please contact your administrator.";
    let old = "Your VPN client is too old. Please install version 5 of the AWS VPN Client, then connect again.";
    let old_on_linux = "Your VPN client is too old. Please install OpenVPN 2.6 or newer, then connect again.";
    let unknown = "The version of your VPN client is unknown. Please install a released version, then connect again.";
    let other = "The VPN is for iPads and for computers with Windows, macOS or Linux. Please use one of them.";
    let unknown_windows =
        "The version of Windows is unknown. Please ask your administrator for a profile that tells it.";
    let windows = "Please update Windows, then connect again. The VPN needs Windows 11.";
    let default = "This connection is not permitted. Please contact your administrator. Reference: ref-1";
    let error = "Error establishing connection. Please contact your administrator. Reference: ref-1";
    let (groups, versions) = ("policy-examples/device-groups", "policy-examples/minimum-versions");
    let odd = &odd_but_somebody();
    let on =
        |platform: &str, version: &str| V2.replace(r#""mac""#, &format!("{platform:?}")).replace("2.6.10", version);
    for (policy, payload, allow, message, statuses) in [
        (groups, V1, true, "", json!(["listed"])),
        (groups, V2, false, unregistered, json!(["unlisted"])),
        (groups, V3, true, "", json!(["listed"])),
        (groups, IPAD, true, "", json!(["listed"])),
        (groups, LOST_IPAD, false, lost, json!(["lost"])),
        (groups, odd, false, unregistered, json!(["unlisted"])),
        (groups, NO_OBJECT, false, error, json!([])),
        (versions, V1, true, "", json!(["current-client"])),
        (versions, V2, true, "", json!(["current-client"])),
        (versions, V3, true, "", json!(["current-client"])),
        (versions, &V1.replace("10.0.22631", "10.0.19045"), false, windows, json!(["outdated-windows"])),
        (versions, &V2.replace("2.6.10", "2.5.9"), false, old, json!(["outdated-client"])),
        (versions, IPAD, true, "", json!(["listed-ipad"])),
        (versions, LOST_IPAD, false, default, json!([])),
        (versions, odd, false, other, json!(["other-platform"])),
        (versions, &on("android", "2.6.10"), false, other, json!(["other-platform"])),
        (versions, &on("Android", "3.git::d3f8b18b:Release"), false, other, json!(["other-platform"])),
        (versions, &on("chromeos", ""), false, other, json!(["other-platform"])),
        (versions, &on("linux", "2.6.10"), true, "", json!(["current-client"])),
        (versions, &on("linux", "2.5.9"), false, old_on_linux, json!(["outdated-client"])),
        (versions, &on("mac", "2.4_master"), false, unknown, json!(["unknown-client"])),
        (versions, &on("mac", "2.7_rc1"), false, unknown, json!(["unknown-client"])),
        (versions, &on("mac", "3.git::d3f8b18b:Release"), false, unknown, json!(["unknown-client"])),
        (versions, &on("linux", "3.git::d3f8b18b:Release"), false, unknown, json!(["unknown-client"])),
        (versions, &on("mac", "99999999999999999"), false, unknown, json!(["unknown-client"])),
        (versions, &on("mac", ""), false, unknown, json!(["unknown-client"])),
        (versions, &V3.replace("5.2.0", "4.9.9").replace("2.6.10", "2.7_rc1"), false, old, json!(["outdated-client"])),
        (versions, &V3.replace("2.6.10", "2.4_master"), true, "", json!(["current-client"])),
        (versions, &V1.replace("10.0.22631", "unknown"), false, unknown_windows, json!(["unknown-windows"])),
        (versions, &V1.replace("10.0.22631", ""), false, unknown_windows, json!(["unknown-windows"])),
        (
            versions,
            &V1.replace("10.0.22631", "6.1.7601").replace("2.6.10", "2.4.12"),
            false,
            &format!("{old} {windows}"),
            json!(["outdated-client", "outdated-windows"]),
        ),
        (versions, NO_OBJECT, false, error, json!([])),
    ] {
        let answer = answer(policy, payload);
        let message_of = |name: &str| answer.get(name).cloned();
        let said = message_of("error-msg-on-denied-connection")
            .or_else(|| message_of("error-msg-on-failed-posture-compliance"));
        let seen = (answer["allow"].clone(), said, answer["posture-compliance-statuses"].clone());
        assert_eq!(seen, (json!(allow), Some(json!(message)), statuses), "{policy} {payload}");
    }
}

#[test]
fn what_is_shipped_is_valid() {
    let (schema, warnings) = Schema::from_cedarschema_str(SCHEMA).expect("schema");
    assert_eq!(warnings.count(), 0);
    for name in DIRS {
        let mut files = 0;
        for entry in std::fs::read_dir(dir(name)).expect("directory") {
            let path = entry.expect("entry").path();
            let text = std::fs::read_to_string(&path).expect("text");
            if path.extension().is_some_and(|extension| extension == "cedar") {
                files += 1;
                let policies: PolicySet = text.parse().expect("policies");
                assert!(policies.policies().all(|policy| policy.annotation("id").is_some()), "{path:?}");
                let result = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
                assert!(result.validation_passed_without_warnings(), "{path:?}: {result}");
            } else {
                cedar_policy::Entities::from_json_str(&text, Some(&schema)).expect("entities");
            }
        }
        assert!(files > 0, "{name}");
    }
}

/// What a policy can see of a request, so what may be missing, with the values that matter to a shipped policy.
const FIELDS: [(&str, &[&str]); 9] = [
    ("endpoint-id", &["cvpn-endpoint-0123456789abcdef0"]),
    ("common-name", &["ipad-reception", "ipad-sales-2", "unknown"]),
    ("username", &["ipad-reception"]),
    ("groups", &["[devices, lost-devices, ipads]"]),
    ("platform", &["android", "ios", "linux", "mac", "win"]),
    ("platform-version", &["10.0.19045", "10.0.26100"]),
    ("public-ip", &["203.0.113.17"]),
    ("client-openvpn-version", &["2.5.9", "2.6.12", "2.7_rc1"]),
    ("aws-client-version", &["4.1.0", "5.2.0"]),
];

/// A request: for each field the place of its value, or one more where it is missing.
type Request = [usize; FIELDS.len()];

/// Every combination of values, with every combination of fields missing.
fn requests() -> Vec<Request> {
    FIELDS.iter().enumerate().fold(vec![[0; FIELDS.len()]], |requests, (field, (_, values))| {
        let with = |value| {
            requests.iter().map(move |request| {
                let mut request = *request;
                request[field] = value;
                request
            })
        };
        (0..=values.len()).flat_map(with).collect()
    })
}

/// Which field lets somebody in when it is missing, whom the handler turns away when it is there.
fn leaks(handler: &Handler) -> BTreeSet<&'static str> {
    let allows: BTreeMap<Request, bool> = requests()
        .into_iter()
        .map(|request| {
            let sent = FIELDS.iter().zip(request).filter_map(|((name, values), value)| {
                values.get(value).map(|&value| ((*name).to_owned(), json!(value)))
            });
            let event = Event::from(Value::Object(sent.collect()));
            (request, handler.answer(&event, "", now()).allows())
        })
        .collect();
    let mut leaks = BTreeSet::new();
    for (request, _) in allows.iter().filter(|(_, allow)| !**allow) {
        for (field, (name, values)) in FIELDS.iter().enumerate() {
            let mut without = *request;
            without[field] = values.len();
            if allows[&without] {
                leaks.insert(*name);
            }
        }
    }
    leaks
}

#[test]
fn leaving_something_out_never_lets_anybody_in() {
    let combinations: usize = FIELDS.iter().map(|(_, values)| values.len() + 1).product();
    assert_eq!(requests().into_iter().collect::<BTreeSet<_>>().len(), combinations);
    std::thread::scope(|scope| {
        for name in DIRS {
            scope.spawn(move || assert_eq!(leaks(&handler(name)), BTreeSet::new(), "{name}"));
        }
    });
}

#[test]
fn a_policy_that_leaks_is_found_out() {
    let text = r#"
        permit (principal, action, resource);
        forbid (principal == Device::"ipad-sales-2", action, resource);
        forbid (principal, action, resource) when { context has openvpn_version && context.openvpn_version < 200600000 };"#;
    let handler = Handler::with(Mode::Enforce, Policy::new(&[("a.cedar", text)], "[]").expect("usable"));
    assert_eq!(leaks(&handler), BTreeSet::from(["client-openvpn-version", "common-name"]));
}
