//! What the connect handler says of a client, and what becomes of it: the six reasons that AWS documents (fact 6.6).

use std::{fs, sync::Arc};

use harness::Vpn as _;
use local::this_computer::{CONNECT_HANDLER, Settings};
use serde_json::Value;
use tokio::sync::Notify;

use crate::{
    device::Device,
    office::{Office, STAYS},
};

/// What a client shows of a denial, before the message.
const DENIED: &str = "AUTH_FAILED,";
/// AWS's words where the handler gave no valid answer (fact 6.3).
const NO_ANSWER: &str = "AUTH_FAILED,Error establishing connection. Please contact your administrator.";

fn last_reason(office: &Office) -> Option<Value> {
    office.logged().pop().map(|entry| entry["connection-attempt-failure-reason"].clone())
}

/// A client is turned away, with these words; the connection log has this reason.
async fn turned_away(office: &Office, mut device: Device, words: &str, reason: &str) {
    let line = device.says(DENIED).await;
    assert!(line.contains(words), "{line}");
    // It does not try again: its user has to.
    device.ends().await;
    assert_eq!(last_reason(office), Some(reason.into()));
    assert!(office.connected().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_shows_the_handlers_message() {
    let office = Office::begin().await;
    let policy = office.pki.directory().join("policy");
    fs::create_dir(&policy).expect("a directory");
    fs::write(policy.join("entities.json"), "[]").expect("a file");
    let message = "Alice's \\\"old\\\" iPad was reported lost. Ask Ben.";
    let rule = format!(
        "permit (principal, action, resource);\n@message(\"{message}\") forbid (principal == Device::\"alice/ipad\", action, resource);\n"
    );
    fs::write(policy.join("policy.cedar"), rule).expect("a file");
    office.change(|deployment| {
        let handler = deployment.functions.get_mut(CONNECT_HANDLER).expect("deployed");
        handler.environment.insert("VPN_POLICY_DIR".to_owned(), policy.display().to_string());
    });
    office.turn_on().await;
    let alice = office.device(&office.pki.issue("alice/ipad"), STAYS).await;
    turned_away(&office, alice, &message.replace('\\', ""), "client-connect-failed").await;
    let mut ben = office.device(&office.pki.issue("ben/ipad"), STAYS).await;
    ben.connects().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_failure_of_the_handler_has_awss_reason() {
    let office = Office::begin_with(Settings::default(), 1).await;
    office.turn_on().await;
    let device = office.pki.issue("alice/ipad");
    for (answer, reason) in [
        (Ok("{}"), "client-connect-handler-invalid-response"),
        (Err("Runtime.ExitError"), "client-connect-handler-other-execution-error"),
        (Err("Sandbox.Timedout"), "client-connect-handler-timed-out"),
    ] {
        let answer = answer.map(|text| text.as_bytes().into()).map_err(|kind| (kind.to_owned(), String::new()));
        let handler = move |_, _, _| -> futures_util::future::BoxFuture<'static, _> {
            let answer = answer.clone();
            Box::pin(async move { answer })
        };
        office.world().functions.run_in_process(CONNECT_HANDLER, Arc::new(handler));
        turned_away(&office, office.device(&device, STAYS).await, NO_ANSWER, reason).await;
    }

    // Somebody else's invocation is the one that the account may have at once.
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, waits) = (Arc::clone(&begun), Arc::clone(&go_on));
    let handler = move |_, _, _| -> futures_util::future::BoxFuture<'static, _> {
        let (begins, waits) = (Arc::clone(&begins), Arc::clone(&waits));
        Box::pin(async move {
            begins.notify_one();
            waits.notified().await;
            let allow = "{\"allow\": true, \"error-msg-on-denied-connection\": \"\", \"posture-compliance-statuses\": [], \"schema-version\": \"v3\"}";
            Ok(allow.into())
        })
    };
    office.world().functions.run_in_process(CONNECT_HANDLER, Arc::new(handler));
    let mut ben = office.device(&office.pki.issue("ben/ipad"), STAYS).await;
    begun.notified().await;
    let alice = office.device(&device, STAYS).await;
    turned_away(&office, alice, NO_ANSWER, "client-connect-handler-throttled").await;
    go_on.notify_one();
    ben.connects().await;
    ben.leaves().await;
    office.sees("nobody is there", |office| office.connected().is_empty()).await;

    office.change(|deployment| deployment.functions.remove(CONNECT_HANDLER).expect("it was there"));
    turned_away(&office, office.device(&device, STAYS).await, NO_ANSWER, "client-connect-handler-service-error").await;
}
