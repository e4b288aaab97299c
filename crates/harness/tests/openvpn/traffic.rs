//! What goes through the tunnel, and what does not: a device with the unchanged profile, a VPC without an internet gateway.

use aws::ec2::EndpointChanges;
use data_plane::Place;
use harness::Vpn as _;
use local::this_computer::{DISASSOCIATOR, Settings};
use serde_json::json;

use crate::{
    device::Device,
    network::{DEVICE, ENDPOINT, IN_THE_SUBNET, INTERNET, Network, OTHER, PEERED, VPC},
    office::{ENOUGH, Office, STAYS},
    pki::{Certified, Pki},
};

/// A route that the settings name.
const ROUTE: &str = "10.20.0.0/16";

struct Site {
    office: Office,
    network: Network,
}

impl Site {
    async fn begin() -> Self {
        let settings = Settings { routes: vec![ROUTE.to_owned()], ..Settings::default() };
        let pki = Pki::new();
        let network = Network::begin(pki.directory()).await;
        let place = Place::Namespace { of: network.endpoint() };
        let office = Office::begin_at(pki, place, None, settings, ENOUGH).await;
        Self { office, network }
    }

    /// The profile as it is, on the device.
    async fn device(&self, certified: &Certified) -> Device {
        let profile = self.office.profile(certified, STAYS);
        let directory = self.office.pki.directory();
        let there = self.network.on_the_device(directory);
        let options = ["--connect-retry", "1", "1"];
        let mut device = Device::start(&self.office.spawner, directory, &profile, &options, &there).await;
        device.connects().await;
        device
    }

    async fn is_routed(&self) {
        let routed = |office: &Office| {
            let report = office.report();
            let routes = report["Routes"].as_array().cloned().unwrap_or_default();
            routes.len() == 2 && routes.iter().all(|route| route["Status"]["Code"] == "active")
        };
        self.office.pass_until("the routes are there", 10, routed).await;
        self.office.look().await;
    }

    /// A rule of authorization is changed, and holds.
    async fn authorize(&self, network: &str, may: bool) {
        self.office.with_ec2(|ec2, now| {
            let id = ec2.endpoint().id;
            let changed = if may {
                ec2.authorize_ingress(now, &id, network, None, None, None)
            } else {
                ec2.revoke_ingress(now, &id, network, None)
            };
            changed.expect("changed");
        });
        self.office.pass(1).await;
        self.office.look().await;
    }

    async fn reaches(&self, address: &str) -> Option<String> {
        self.network.reaches(address).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_has_a_route_and_a_rule_is_reached() {
    let site = Site::begin().await;
    let by_way_of_the_subnet = Some(IN_THE_SUBNET.to_owned());
    let outside = Some(DEVICE.to_owned());
    assert_eq!(site.reaches(VPC).await, None, "nothing is on");
    site.office.turn_on().await;
    site.is_routed().await;
    assert_eq!(site.reaches(VPC).await, None, "it is on, and nobody is connected");

    let alice = site.office.pki.issue("alice/ipad");
    let device = site.device(&alice).await;
    assert_eq!(site.reaches(VPC).await, by_way_of_the_subnet, "{}", device.log());
    assert!(
        device.has_said(&format!("link remote: [AF_INET]{ENDPOINT}:443")),
        "by its name, with something in front of it"
    );
    assert_eq!(site.reaches(INTERNET).await, outside, "what is not for the VPC stays outside of the tunnel");
    assert_eq!(site.reaches(PEERED).await, None, "a route, and no rule");
    assert_eq!(site.reaches(OTHER).await, None, "neither");
    site.authorize("10.30.0.0/16", true).await;
    assert_eq!(site.reaches(OTHER).await, None, "a rule, and no route");
    site.authorize(ROUTE, true).await;
    assert_eq!(site.reaches(PEERED).await, by_way_of_the_subnet);
    assert_eq!(site.reaches(&format!("{VPC}/much")).await.map(|it| it.len()), Some(100_000));
    let counted = |office: &Office| office.connected().iter().any(|it| it["EgressBytes"].as_u64() > Some(100_000));
    site.office.sees("what went through is counted", counted).await;

    // Off and on: AWS deletes the route with its association, and the page has it made again.
    let off = site.office.invoke(DISASSOCIATOR, &json!({"force": true})).await.expect("invoked");
    assert_eq!(off.function_error, None);
    site.office.pass_until("it is off", 10, Office::is_off).await;
    site.office.look().await;
    for address in [VPC, PEERED] {
        assert_eq!(site.reaches(address).await, None, "{address}");
    }
    device.leaves().await;
    site.office.turn_on().await;
    site.is_routed().await;
    let device = site.device(&alice).await;
    for address in [VPC, PEERED] {
        assert_eq!(site.reaches(address).await, by_way_of_the_subnet, "{address}: {}", device.log());
    }
    // A rule that is taken away holds for whoever is connected.
    site.authorize("10.0.0.0/16", false).await;
    assert_eq!(site.reaches(VPC).await, None);
    assert_eq!(site.reaches(PEERED).await, by_way_of_the_subnet);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_split_tunnel_everything_goes_in_and_stays_there() {
    let site = Site::begin().await;
    site.office.with_ec2(|ec2, now| {
        let id = ec2.endpoint().id;
        let changes = EndpointChanges { split_tunnel: Some(false), ..EndpointChanges::default() };
        ec2.modify_endpoint(now, &id, &changes).expect("changed");
    });
    site.office.turn_on().await;
    site.is_routed().await;
    let device = site.device(&site.office.pki.issue("alice/ipad")).await;
    assert_eq!(site.reaches(VPC).await.as_deref(), Some(IN_THE_SUBNET), "{}", device.log());
    assert_eq!(site.reaches(INTERNET).await, None, "the VPC has no internet gateway");
    site.authorize("10.30.0.0/16", true).await;
    assert_eq!(site.reaches(OTHER).await, None, "a rule, and no route");
}
