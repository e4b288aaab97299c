//! Clients that forget to leave, and those that have to.

use harness::Vpn as _;
use local::this_computer::DISASSOCIATOR;
use serde_json::json;

use crate::office::{Office, STAYS};

/// Whoever moves less than a megabyte in so many seconds is not using it.
const LEAVES: &str = "3 1000000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_client_leaves_and_the_subnets_follow() {
    let office = Office::begin().await;
    office.turn_on().await;
    let mut alice = office.device(&office.pki.issue("alice/ipad"), LEAVES).await;
    alice.connects().await;
    office.pass(45).await;
    assert!(office.is_on() && office.connected().len() == 1, "somebody is connected");
    alice.says("Inactivity timeout").await;
    assert_eq!(alice.ends().await, 0, "by itself, and not to come back");
    office.sees("the endpoint knows that it has left", |office| office.connected().is_empty()).await;
    let minutes = office.pass_until("the rule takes the subnets away", 45, Office::is_off).await;
    assert!(minutes >= 29, "half an hour after it left, and not {minutes} minutes");
    office.look().await;
    let mut late = office.device(&office.pki.issue("alice/ipad"), STAYS).await;
    late.says("Connection refused").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_off_by_force_it_connects_again_when_the_page_turns_it_on() {
    let office = Office::begin().await;
    office.turn_on().await;
    let mut alice = office.device(&office.pki.issue("alice/ipad"), STAYS).await;
    alice.connects().await;
    let before = alice.lines();
    let outcome = office.invoke(DISASSOCIATOR, &json!({"force": true})).await.expect("invoked");
    assert_eq!(outcome.function_error, None);
    alice.says("Connection reset command was pushed by server").await;
    alice.says("Connection refused").await;
    assert!(office.connected().is_empty());
    office.pass_until("it is off", 10, Office::is_off).await;
    office.turn_on().await;
    alice.connects_after(before).await;
    assert_eq!(office.connected().len(), 1);
}
