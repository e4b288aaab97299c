//! The log, in a process of its own because a subscriber is global.

mod common;

use std::sync::Mutex;

use common::{REFERENCE, Setup};
use tracing_subscriber::fmt::MakeWriter as _;
use vpn_core::model::AssociationState;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

#[tokio::test]
async fn the_reference_leads_to_aws_s_own_words() {
    let subscriber = tracing_subscriber::fmt().json().with_writer(|| LOG.make_writer()).finish();
    tracing::subscriber::set_global_default(subscriber).expect("the only one");
    let setup = Setup::new();
    setup.aws.turn_on();
    setup.aws.put_association("subnet-b", AssociationState::AssociationFailed);
    setup.get("/vpn").await;
    let text = String::from_utf8(LOG.lock().expect("not poisoned").clone()).expect("text");
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).expect("json")).collect();
    let fields = |message: &str| -> Vec<&serde_json::Value> {
        lines.iter().map(|line| &line["fields"]).filter(|fields| fields["message"] == message).collect()
    };
    let failed = fields("an association failed");
    assert_eq!(failed.len(), 1, "{text}");
    assert_eq!((&failed[0]["subnet.id"], &failed[0]["reference"]), (&"subnet-b".into(), &REFERENCE.into()));
    assert_eq!(failed[0]["aws.message"], "AWS's own <words>");
    let said = fields("the page says that something is wrong");
    assert_eq!(said.len(), 1, "{text}");
    assert_eq!((&said[0]["problem"], &said[0]["reference"]), (&"association-failed".into(), &REFERENCE.into()));
}
