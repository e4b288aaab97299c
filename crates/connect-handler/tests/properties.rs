//! What holds for whatever is sent, and whatever stands in the files: tried on what nobody would think of, and on a corpus.
//!
//! What a property finds goes into `corpus`: a file's name says what has to be answered, in which version, and why it is
//! there.

#[path = "../../core/tests/odd/mod.rs"]
mod odd;

use std::{fs, path::PathBuf, sync::LazyLock};

use connect_handler::{
    Event, Handler,
    policy::Policy,
    question::{Asked, comparable},
    request::Request,
    settings::{self, Mode},
};
use jiff::Timestamp;
use odd::changed;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const DEFAULT: &str = include_str!("../policy/default.cedar");
const GROUPS: &str = include_str!("../policy-examples/device-groups/policy.cedar");
const DEVICES: &str = include_str!("../policy-examples/device-groups/entities.json");
const VERSIONS: &str = include_str!("../policy-examples/minimum-versions/policy.cedar");
const FIELDS: [&str; 11] = [
    "connection-id",
    "endpoint-id",
    "common-name",
    "username",
    "groups",
    "platform",
    "platform-version",
    "public-ip",
    "client-openvpn-version",
    "aws-client-version",
    "schema-version",
];

fn now() -> Timestamp {
    "2026-11-02T12:00:00Z".parse().expect("timestamp")
}

fn handler(policy: &str) -> Handler {
    Handler::with(Mode::Enforce, Policy::new(&[("a.cedar", policy)], DEVICES).expect("usable"))
}

/// As it is shipped.
static SHIPPED: LazyLock<Handler> = LazyLock::new(|| handler(DEFAULT));
static EXAMPLES: LazyLock<[Handler; 2]> = LazyLock::new(|| [GROUPS, VERSIONS].map(handler));

/// Has it answered, and holds the answer against what AWS takes (fact 6.3).
fn answer(handler: &Handler, event: &Event) -> (bool, String) {
    let answer = serde_json::to_value(handler.answer(event, "ref-1", now())).expect("JSON");
    let fields = answer.as_object().expect("an object");
    let version = answer["schema-version"].as_str().expect("a version");
    let message = match version {
        "v1" => "error-msg-on-failed-posture-compliance",
        "v2" | "v3" => "error-msg-on-denied-connection",
        other => panic!("no version: {other}"),
    };
    let mut names: Vec<_> = fields.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["allow", message, "posture-compliance-statuses", "schema-version"]);
    let allow = answer["allow"].as_bool().expect("yes or no");
    let words = answer[message].as_str().expect("a text");
    assert!(words.encode_utf16().count() <= 255 && words.is_empty() == allow, "{words}");
    let statuses = answer["posture-compliance-statuses"].as_array().expect("a list");
    assert!(statuses.len() <= 10, "{statuses:?}");
    for status in statuses {
        assert!(status.as_str().expect("a text").encode_utf16().count() <= 255, "{status}");
    }
    (allow, version.to_owned())
}

fn corpus() -> Vec<(String, Vec<u8>)> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let files = fs::read_dir(dir).expect("the corpus").map(|entry| entry.expect("a file").path());
    let read = |path: PathBuf| {
        let name = path.file_stem().expect("a name").to_str().expect("a text").to_owned();
        (name, fs::read(&path).expect("read"))
    };
    files.map(read).collect()
}

#[test]
fn the_corpus_is_answered_as_its_names_say() {
    let corpus = corpus();
    assert!(corpus.len() >= 18, "{}", corpus.len());
    for (name, sent) in corpus {
        let mut words = name.split('-');
        let (allow, version) = (words.next() == Some("allow"), words.next().unwrap_or_default().to_owned());
        assert_eq!(answer(&SHIPPED, &Event::read(&sent)), (allow, version), "{name}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    odd::any_json(&["v1", "v2", "ios", "android", "win", " ", "::1", "[a, b]"])
}

/// A request with any of its fields, and anything in them.
fn any_request() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((prop::sample::select(FIELDS.to_vec()), any_json()), 0..16)
        .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn says(request: &Map<String, Value>, name: &str) -> bool {
    request.get(name).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty())
}

/// What has a number as a version, as somebody who writes a policy would say it.
fn number(parts: [i64; 3]) -> i64 {
    parts[0] * 100_000_000 + parts[1] * 100_000 + parts[2]
}

fn parts() -> impl Strategy<Value = [i64; 3]> {
    [0..=99_999_i64, 0..=999, 0..=99_999]
}

proptest! {
    #![proptest_config(odd::config())]

    #[test]
    fn whatever_is_sent_is_answered(sent in prop::collection::vec(any::<u8>(), 0..200)) {
        let event = Event::read(&sent);
        prop_assert!(event.payload.is_ok() || !answer(&SHIPPED, &event).0);
    }

    #[test]
    fn what_is_nearly_a_request_is_answered(
        sent in prop::sample::select(corpus()).prop_flat_map(|(_, text)| changed(text)),
    ) {
        let event = Event::read(&sent);
        let (allow, version) = answer(&SHIPPED, &event);
        prop_assert!(event.payload.is_ok() || !allow);
        prop_assert_eq!(version, event.version.as_str());
    }

    #[test]
    fn somebody_at_an_endpoint_is_let_in_and_nobody_else(request in any_request()) {
        let somebody = says(&request, "endpoint-id") && (says(&request, "common-name") || says(&request, "username"));
        let said = request.get("schema-version").and_then(Value::as_str);
        let expected = said.filter(|said| ["v1", "v2"].contains(said)).unwrap_or("v3").to_owned();
        // As it is written and read again, as well as it is.
        let written = serde_json::to_vec(&request).expect("JSON");
        for event in [Event::from(Value::Object(request)), Event::read(&written)] {
            prop_assert_eq!(answer(&SHIPPED, &event), (somebody, expected.clone()));
            for example in &*EXAMPLES {
                prop_assert!(somebody || !answer(example, &event).0);
            }
        }
    }

    #[test]
    fn the_version_is_found_beside_what_is_no_json(request in any_request(), before: bool, broken in 0..4_usize) {
        let broken = ["\"\\ud800\"", "-1e999", "[\"\\udfff\", 1e4000]", "{\"schema-version\": \"v2\", \"x\": 1e999}"][broken];
        let field = format!("\"x\": {broken}");
        let mut fields: Vec<_> = request.iter().map(|(name, value)| format!("{:?}: {value}", name)).collect();
        fields.insert(if before { 0 } else { fields.len() }, field);
        let event = Event::read(format!("{{{}}}", fields.join(", ")).as_bytes());
        prop_assert!(event.payload.is_err());
        prop_assert_eq!(event.version, Event::from(Value::Object(request)).version);
    }

    #[test]
    fn names_stay_what_they_are(name in any::<String>(), groups in prop::collection::vec(any::<String>(), 0..4)) {
        let sent = json!({"endpoint-id": name, "username": name, "groups": groups});
        let request = Request::read(&Event::from(sent)).map_err(TestCaseError::fail)?;
        let asked = Asked::new(&request, now()).map_err(TestCaseError::fail)?;
        let said = |uid: Option<&cedar_policy::EntityUid>| uid.map(|uid| uid.id().unescaped().to_owned());
        // Blank is not sent, and a name that was not sent is empty.
        let name = if name.trim().is_empty() { String::new() } else { name };
        prop_assert_eq!(said(asked.question.principal()), Some(name.clone()));
        prop_assert_eq!(said(asked.question.resource()), Some(name));
        let known: Vec<_> = groups.iter().map(|group| group.trim()).filter(|group| !group.is_empty()).collect();
        prop_assert_eq!(request.groups, known);
    }

    #[test]
    fn versions_are_ordered_as_their_parts(one in parts(), other in parts(), fourth: u64, words in "( [^\n]*)?") {
        let text = |[major, minor, patch]: [i64; 3]| format!("{major}.{minor}.{patch}");
        prop_assert_eq!(comparable(&text(one)), Some(number(one)));
        prop_assert_eq!(comparable(&format!("{}.{fourth}{words}", text(one))), Some(number(one)));
        prop_assert_eq!(one.cmp(&other), comparable(&text(one)).cmp(&comparable(&text(other))));
    }

    #[test]
    fn any_text_is_a_version_or_none(text in prop_oneof![any::<String>(), "[0-9._ a-z]{0,40}", "[0-9]{1,40}(\\.[0-9]{1,40}){0,3}"]) {
        if let Some(found) = comparable(&text) {
            prop_assert!((0..=9_999_999_999_999).contains(&found), "{} of {}", found, text);
            prop_assert!(text.trim_start().starts_with(|first: char| first.is_ascii_digit()));
        }
    }

    #[test]
    fn a_policy_is_usable_or_says_what_is_wrong(
        policy in prop::sample::select(vec![DEFAULT, GROUPS, VERSIONS]).prop_flat_map(|text| changed(text.into())),
        entities in changed(DEVICES.into()),
    ) {
        let (policy, entities) = (String::from_utf8_lossy(&policy), String::from_utf8_lossy(&entities));
        for (policy, entities, file) in [(&*policy, DEVICES, "a.cedar"), (GROUPS, &*entities, "entities.json")] {
            match Policy::new(&[("a.cedar", policy)], entities) {
                // Whatever it says, it answers.
                Ok(policy) => {
                    let somebody = json!({"endpoint-id": "e", "common-name": "ipad-reception", "platform": "ios"});
                    answer(&Handler::with(Mode::Enforce, policy), &Event::from(somebody));
                }
                Err(error) => {
                    let error = error.to_string();
                    prop_assert!(error.contains(file) || error.contains("two policies have the id"), "{}", error);
                }
            }
        }
    }

    #[test]
    fn only_two_words_are_a_mode(text in prop_oneof![any::<String>(), "(enforce|shadow)[ a-z]?", "(?i)(enforce|shadow)"]) {
        let mode = settings::mode(&[(settings::MODE, text.as_str())]);
        prop_assert_eq!(mode.ok().map(Mode::as_str), Some(text.as_str()).filter(|text| ["enforce", "shadow"].contains(text)));
    }
}
