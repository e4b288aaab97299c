//! Who gets in, without packets in the tunnel: nothing here needs root.

use crate::{
    device::HANDSHAKE_FAILED,
    place::Office,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opened_and_ready_it_connects() {
    let office = Office::begin().await;
    let alice = office.pki.issue("alice/ipad");
    let mut early = office.device(&alice, "900 65536").await;
    early.says("Connection refused").await;
    assert!(office.connected().is_empty());
    office.turn_on().await;
    early.connects().await;
    let listed = office.connected();
    assert_eq!(listed.len(), 1, "{listed:?}");
    println!("{}\n{:?}", early.log(), listed);
    println!("{:?}", office.logged());
    let _ = HANDSHAKE_FAILED;
}
