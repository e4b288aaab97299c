//! Who gets in by certificate, and when.

use aws::{
    client_connect::HANDSHAKE,
    ec2::{Authentication, ConnectionLog, EndpointChanges, NewEndpoint, Which},
};
use harness::Vpn as _;
use local::locks::write;
use serde_json::Value;

use crate::{
    device::HANDSHAKE_FAILED,
    office::{Office, STAYS},
    pki::Pki,
};

/// The names of whoever is listed as connected.
fn names(office: &Office) -> Vec<String> {
    let name = |connection: &Value| connection["CommonName"].as_str().unwrap_or_default().to_owned();
    let mut names: Vec<_> = office.connected().iter().map(name).collect();
    names.sort();
    names
}

/// Refusals in the handshake, as they stand in the connection log: whose, and the reason.
fn refusals(office: &Office) -> Vec<(String, String)> {
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    let failed = office.logged().into_iter().filter(|entry| entry["connection-attempt-status"] == "failed");
    failed.map(|it| (text(&it, "common-name"), text(&it, "connection-attempt-failure-reason"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_while_it_is_on() {
    let office = Office::begin().await;
    let mut alice = office.device(&office.pki.issue("alice/ipad"), STAYS).await;
    alice.says("Connection refused").await;
    assert!(office.logged().is_empty(), "nobody answers, so there is nothing to log");
    office.open().await;
    office.pass(2).await;
    office.look().await;
    let before = alice.lines();
    alice.says_after(before, "Connection refused").await;
    assert!(!alice.has_connected(), "it is not ready yet");

    office.turn_on().await;
    alice.connects().await;
    let mut ben = office.device(&office.pki.issue("ben/laptop"), STAYS).await;
    ben.connects().await;
    office
        .sees("both are listed with what went through", |office| {
            let counted = |it: &Value| it["IngressBytes"].as_u64() > Some(0) && it["EgressBytes"].as_u64() > Some(0);
            names(office) == ["alice/ipad", "ben/laptop"] && office.connected().iter().all(counted)
        })
        .await;
    let addresses: Vec<_> = office.connected().iter().map(|it| it["ClientIp"].clone()).collect();
    for (device, address) in [(&alice, &addresses[0]), (&ben, &addresses[1])] {
        let address = address.as_str().expect("an address");
        assert!(device.has_said(&format!("ifconfig {address} 255.255.252.0")), "{address}:\n{}", device.log());
    }
    let logged = office.logged();
    let platforms: Vec<_> = logged.iter().map(|it| (&it["common-name"], &it["device-type"])).collect();
    assert_eq!(platforms, [(&"alice/ipad".into(), &"linux".into()), (&"ben/laptop".into(), &"linux".into())]);

    // Whoever leaves is no longer listed, and what went through stands in the log.
    ben.leaves().await;
    office.sees("one has left", |office| names(office) == ["alice/ipad"]).await;
    let logged = office.logged();
    let reset = logged.iter().find(|it| it["connection-log-type"] == "connection-reset").expect("its end is logged");
    assert_eq!(reset["common-name"], "ben/laptop");
    assert_ne!(reset["ingress-bytes"], "0", "{reset}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_cuts_one_off() {
    let office = Office::begin().await;
    office.turn_on().await;
    let mut alice = office.device(&office.pki.issue("alice/ipad"), STAYS).await;
    let mut ben = office.device(&office.pki.issue("ben/ipad"), STAYS).await;
    alice.connects().await;
    ben.connects().await;
    let (id, before) = (office.connection_of("ben/ipad"), ben.lines());
    office.with_ec2(|ec2, now| {
        let endpoint = ec2.endpoint().id;
        ec2.terminate(now, &endpoint, &Which::ConnectionId(id.clone())).expect("terminated");
    });
    ben.says("Connection reset command was pushed by server").await;
    // OpenVPN comes back by itself, as another connection.
    ben.connects_after(before).await;
    assert_ne!(office.connection_of("ben/ipad"), id);
    assert!(!alice.has_said("Connection reset command"), "{}", alice.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_removed_is_refused_and_the_others_come_back() {
    let office = Office::begin().await;
    let page = office.turn_on().await;
    let (alice, old) = (office.pki.issue("alice/ipad"), office.pki.issue("ben/ipad"));
    let mut of_alice = office.device(&alice, STAYS).await;
    let mut of_ben = office.device(&old, STAYS).await;
    of_alice.connects().await;
    of_ben.connects().await;

    let before = of_alice.lines();
    // Ben's device has a new certificate, and the old one is taken back.
    let new = office.pki.issue("ben/ipad");
    office.pki.revoke(&old);
    office.import_list(&office.pki.list(86_400)).await;
    of_ben.says("Connection reset command was pushed by server").await;
    of_ben.says(HANDSHAKE_FAILED).await;
    of_alice.connects_after(before).await;
    assert_eq!(names(&office), ["alice/ipad"]);
    let mut renewed = office.device(&new, STAYS).await;
    renewed.connects().await;
    assert_eq!(names(&office), ["alice/ipad", "ben/ipad"]);
    let refusals = refusals(&office);
    assert!(!refusals.is_empty(), "it is logged");
    assert!(refusals.iter().all(|it| *it == ("ben/ipad".to_owned(), HANDSHAKE.to_owned())), "{refusals:?}");
    assert!(HANDSHAKE.contains("not known"), "AWS's words are marked as such");

    // Whose page is open is out of it when her access token ends: to the sign-in, which does not know her any more.
    assert_eq!(office.page_sees(&page).await, 200);
    write(&office.running.world.deployment).user_pool.users.remove(0);
    office.pass(5).await;
    assert_eq!(office.page_sees(&page).await, 302);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_has_expired_keeps_everybody_out() {
    let office = Office::begin().await;
    office.turn_on().await;
    let alice = office.pki.issue("alice/ipad");
    office.import_list(&office.pki.list(86_400)).await;
    let mut before = office.device(&alice, STAYS).await;
    before.connects().await;
    office.import_list(&office.pki.list(0)).await;
    before.says(HANDSHAKE_FAILED).await;
    assert!(office.connected().is_empty());
    assert_eq!(refusals(&office).first().map(|it| it.1.as_str()), Some(HANDSHAKE));
    let after = before.lines();
    // A new one lets them in again.
    office.import_list(&office.pki.list(86_400)).await;
    before.connects_after(after).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_refused_on_both_sides() {
    let office = Office::begin().await;
    office.turn_on().await;
    let strangers = Pki::new();
    // A certificate of another CA, with the right profile around it.
    let mut theirs = office.device(&strangers.issue("alice/ipad"), STAYS).await;
    theirs.says(HANDSHAKE_FAILED).await;
    assert!(office.connected().is_empty());
    office.sees("it is logged", |office| refusals(office).iter().any(|it| it.1 == HANDSHAKE)).await;
    // A profile that trusts another CA: the device does not trust the server.
    let profile = office.profile(&office.pki.issue("alice/ipad"), STAYS);
    let profile = profile.replace(office.pki.ca().trim_end(), strangers.ca().trim_end());
    let mut misled = office.device_of(&profile).await;
    misled.says("VERIFY ERROR: depth=").await;
    misled.says(HANDSHAKE_FAILED).await;
    assert!(office.connected().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_tcp_too() {
    let office = Office::begin().await;
    office.with_ec2(|ec2, now| {
        let before = ec2.endpoint();
        ec2.delete_endpoint(now, &before.id).expect("deleted");
        let arn = ec2.server_certificates().remove(0);
        let wanted = NewEndpoint {
            client_cidr: Some(before.client_cidr),
            authentication: vec![Authentication::by_certificate(&arn)],
            transport_protocol: Some("tcp".to_owned()),
            changes: EndpointChanges {
                vpc: Some(before.vpc.clone()),
                server_certificate: Some(arn),
                connection_log: Some(ConnectionLog::default()),
                ..EndpointChanges::default()
            },
            ..NewEndpoint::default()
        };
        ec2.create_endpoint(now, &wanted, None).expect("made");
    });
    office.pass(2).await;
    let endpoint = office.with_ec2(|ec2, now| {
        let endpoint = ec2.endpoint();
        let subnet = endpoint.subnets.iter().find(|subnet| subnet.vpc == endpoint.vpc).expect("a subnet");
        ec2.associate(now, &endpoint.id, &subnet.id, None).expect("associated");
        endpoint
    });
    office.change(|deployment| deployment.endpoint = endpoint);
    office.pass(6).await;
    office.look().await;
    let profile = office.profile(&office.pki.issue("alice/ipad"), STAYS);
    assert!(profile.contains("proto tcp\n"), "{profile}");
    let mut alice = office.device_of(&profile).await;
    alice.connects().await;
    assert!(alice.has_said("TCPv4_CLIENT link remote"), "{}", alice.log());
    assert_eq!(names(&office), ["alice/ipad"]);
}
