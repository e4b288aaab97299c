//! From an empty VPC to a connected device, with the scripts alone: the CA, the endpoint, the deployment, the person's profile.

use std::{fs, sync::Arc, time::Duration};

use data_plane::{Certificates, DataPlane, Imported, Place};
use harness::{Account, Vpn as _, infra};
use jiff::SignedDuration;
use local::{functions::spawner::Spawner, locks::lock};
use serde_json::Value;

use crate::{
    device::{Device, HANDSHAKE_FAILED},
    network::{DEVICE, IN_THE_SUBNET, INTERNET, Network, VPC},
    pki::SERVER,
};

/// What the emulated account begins with, and nobody has certificates for.
const GIVEN: &str = "cvpn-endpoint-0123456789abcdef0";

/// Runs lines of bash where the account's settings are; `$E` is where the endpoint's scripts are.
async fn bash(account: &Account, lines: &str) -> String {
    let script = format!("set -Eeuo pipefail\nE='{}'\n{lines}", infra().join("endpoint").display());
    let output = account.succeeds("bash", &["-c", &script]).await;
    String::from_utf8(output).expect("text").trim().to_owned()
}

/// A VPC with two subnets, the CA, the endpoint, and everything that deploy.sh makes: the endpoint's id.
async fn made(account: &Account) -> String {
    account.aws(&format!("ec2 delete-client-vpn-endpoint --client-vpn-endpoint-id {GIVEN}")).await;
    account.pass(2).await;
    // The script waits for its rules by the real clock.
    account.with_ec2(|ec2, _| ec2.settings.delays.authorize = SignedDuration::ZERO);
    let id = bash(
        account,
        &format!(
            "(umask 077; echo 'a passphrase for this test' >passphrase)
            ca() {{ \"$E/pki.sh\" \"$@\" --directory \"$PWD/pki\" --passphrase-file passphrase --yes >&2; }}
            ca init --server-name {SERVER} --region us-east-1
            vpc=$(aws ec2 create-vpc --cidr-block 10.0.0.0/16 --query Vpc.VpcId --output text)
            subnet() {{ aws ec2 create-subnet --vpc-id \"$vpc\" --cidr-block \"$1\" --availability-zone \"$2\" --query Subnet.SubnetId --output text; }}
            subnets=$(subnet 10.0.0.0/24 us-east-1a),$(subnet 10.0.1.0/24 us-east-1b)
            printf '%s\\n' REGION=us-east-1 \"VPC_ID=$vpc\" \"SUBNET_IDS=$subnets\" CLIENT_CIDR=10.254.0.0/22 \"PKI_DIRECTORY=$PWD/pki\" >endpoint.env
            \"$E/endpoint.sh\" ensure --settings endpoint.env --yes >&2
            id=$(aws ec2 describe-client-vpn-endpoints --query \"ClientVpnEndpoints[?Tags[?Key=='vpn-on-demand:made-by']] | [0].ClientVpnEndpointId\" --output text)
            sed -i -e '/^ROUTES=/d' -e \"s/^ENDPOINT_ID=.*/ENDPOINT_ID=$id/\" -e \"s/^SUBNET_IDS=.*/SUBNET_IDS=$subnets/\" settings.env
            echo \"$id\""
        ),
    )
    .await;
    let deployed = account.deploy(&[]).await;
    assert_eq!(deployed.status, 0, "{}", deployed.text);
    id
}

/// What the CA's directory has of the certificate that the endpoint names.
async fn imported(account: &Account) -> Certificates {
    let described = account.aws("ec2 describe-client-vpn-endpoints").await;
    let endpoint = described["ClientVpnEndpoints"].as_array().and_then(|all| all.last()).cloned().expect("an endpoint");
    let root = &endpoint["AuthenticationOptions"][0]["MutualAuthentication"]["ClientRootCertificateChain"];
    let arns = [&endpoint["ServerCertificateArn"], root].map(|arn| arn.as_str().expect("an ARN").to_owned());
    let read = |path: &str| fs::read_to_string(account.place.directory.join("pki").join(path)).expect("the CA's file");
    let server = Imported {
        certificate: read(&format!("issued/{SERVER}.crt")),
        private_key: read(&format!("private/{SERVER}.key")),
        chain: read("ca.crt"),
    };
    arns.map(|arn| (arn, server.clone())).into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_an_empty_vpc_to_a_connected_device() {
    let account = Account::begin().await;
    let directory = account.place.directory.clone();
    let network = Network::begin(&directory).await;
    let id = made(&account).await;
    let place = Place::Namespace { of: network.endpoint() };
    let data_plane = DataPlane::start(Arc::clone(account.world()), imported(&account).await, place);

    // Before anything is on: the profile is made without it.
    let people = "people() { \"$E/../tests/with_pki.sh\" \"$PWD/pki\" passphrase \"$@\" >&2; }";
    bash(&account, &format!("{people}\npeople people::issue alice/ipad\npeople profile::make {id} alice/ipad")).await;
    let profile = fs::read_to_string(directory.join("pki/profiles/alice/ipad.ovpn")).expect("a profile");
    let spawner = Spawner::default();
    let there = network.on_the_device(&directory);
    let mut device =
        Device::start(&spawner, &directory, &profile, &["--connect-retry", "1", "1", "--hand-window", "5"], &there)
            .await;
    assert_eq!(network.reaches(VPC).await, None);

    let cookie = account.sign_in().await;
    account.open(&cookie, "/").await;
    account
        .pass_until("it is on", 15, |account| {
            account.billed() == 2 && account.states().values().all(|it| it == "associated")
        })
        .await;
    data_plane.look().await.expect("a data plane");
    device.connects().await;
    assert_eq!(network.reaches(VPC).await.as_deref(), Some(IN_THE_SUBNET), "{}", device.log());
    assert_eq!(network.reaches(INTERNET).await.as_deref(), Some(DEVICE));
    assert_eq!(network.reaches(&format!("{VPC}/much")).await.map(|it| it.len()), Some(100_000));

    // As an administrator sees it. Counts come each second.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let listed = account.aws(&format!("ec2 describe-client-vpn-connections --client-vpn-endpoint-id {id}")).await;
    let connection = &listed["Connections"][0];
    assert_eq!((&connection["CommonName"], &connection["Status"]["Code"]), (&"alice/ipad".into(), &"active".into()));
    let bytes = connection["EgressBytes"].as_str().and_then(|it| it.parse::<u64>().ok());
    assert!(bytes > Some(100_000), "{connection}");
    let log: Vec<Value> = lock(&account.world().ec2).connection_log().cloned().collect();
    assert_eq!((&log[0]["common-name"], &log[0]["device-type"]), (&"alice/ipad".into(), &"linux".into()));

    // Removed while connected.
    let list =
        "aws ec2 import-client-vpn-client-certificate-revocation-list --certificate-revocation-list file://pki/crl.pem";
    bash(&account, &format!("{people}\npeople revoke alice/ipad\n{list} --client-vpn-endpoint-id {id}")).await;
    account.pass(1).await;
    data_plane.look().await.expect("a data plane");
    device.says("Connection reset command was pushed by server").await;
    device.says(HANDSHAKE_FAILED).await;
    assert_eq!(network.reaches(VPC).await, None);
}
