//! The table of attacks, as it is written down.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

const TABLE: &str = include_str!("attacks.json");
/// So many different things are tried at least.
const AT_LEAST: usize = 150;
/// What there has to be an attack of.
const KINDS: [&str; 11] = [
    "identity",
    "key server",
    "same origin",
    "fetch metadata",
    "headers",
    "paths",
    "methods",
    "bodies",
    "query",
    "sign-out",
    "host",
];

/// One attack. Whatever it is, no call may change anything in AWS.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub kind: String,
    /// What is tried, in words.
    pub attack: String,
    pub from: From,
    /// Method and target.
    pub send: String,
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    #[serde(default)]
    pub body: String,
    /// Of an event only: who is said to ask.
    #[serde(default)]
    pub identity: Identity,
    /// Of an event only: fields that are another; null takes one away.
    #[serde(default)]
    pub event: Map<String, Value>,
    pub status: u16,
    /// Where it leads, if it may lead anywhere.
    pub location: Option<String>,
    /// Whether AWS may be asked how things are. All other attacks are turned away before anything is called.
    #[serde(default)]
    pub reads: bool,
}

/// By which way it comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum From {
    /// Through the load balancer, with the cookie of an employee who has signed in: what other sites make her browser send.
    Browser,
    /// Through the load balancer, without a session.
    Stranger,
    /// As an event, past the load balancer: what a second listener or `lambda:InvokeFunction` could send.
    Event,
}

/// The claims of an event, where they are not those of an employee who has signed in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    #[serde(default)]
    pub head: Map<String, Value>,
    #[serde(default)]
    pub claims: Map<String, Value>,
    /// How the token is forged, or its header is sent: a word of `forge.rs`.
    #[serde(default)]
    pub sent: String,
}

/// All rows.
pub fn table() -> Vec<Row> {
    serde_json::from_str(TABLE).expect("attacks.json is a list of attacks")
}

/// What is written for a long text: `{8 KB}` and the like.
pub fn expanded(text: &str) -> String {
    let mut text = text.to_owned();
    for (name, length) in [("{8 KB}", 8 << 10), ("{1 MB}", 1 << 20), ("{1 MB and 1}", (1 << 20) + 1)] {
        if text.contains(name) {
            text = text.replace(name, &"x".repeat(length));
        }
    }
    text
}

#[test]
fn the_table_is_long_has_all_kinds_and_repeats_nothing() {
    let rows: Vec<Value> = serde_json::from_str(TABLE).expect("a list");
    assert!(rows.len() >= AT_LEAST, "{} attacks", rows.len());
    let (mut kinds, mut names, mut sent) = (BTreeMap::<_, usize>::new(), BTreeSet::new(), BTreeSet::new());
    for row in &rows {
        *kinds.entry(row["kind"].as_str().expect("a kind")).or_default() += 1;
        assert!(names.insert((row["kind"].to_string(), row["attack"].to_string())), "twice: {row}");
        let mut same = row.clone();
        for field in ["kind", "attack", "status", "location", "reads"] {
            same.as_object_mut().expect("an object").remove(field);
        }
        for header in same["headers"].as_array_mut().into_iter().flatten() {
            header[0] = header[0].as_str().map(str::to_lowercase).into();
        }
        assert!(sent.insert(same.to_string()), "sent twice: {row}");
        let of_an_event = row.get("identity").is_some() || row.get("event").is_some();
        assert!(!of_an_event || row["from"] == "event", "only an event has that: {row}");
    }
    assert_eq!(kinds.keys().copied().collect::<BTreeSet<_>>(), KINDS.into());
}
