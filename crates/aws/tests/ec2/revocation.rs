//! Lists of revoked client certificates.

use aws::ec2::ClientConnect;
use jiff::SignedDuration;

use crate::{A, ENDPOINT, Ec2, texts};

const IMPORT: &str = "ImportClientVpnClientCertificateRevocationList";
/// Two are revoked; it expires on the first of February.
const LIST: &str = include_str!("list.pem");
/// Nobody is; it lasts for thirty years.
const EMPTY: &str = include_str!("empty.pem");

fn import(ec2: &mut Ec2, list: &str) -> String {
    ec2.outcome(IMPORT, &[("CertificateRevocationList", list)])
}

/// The list that is told, and its state.
fn exported(ec2: &mut Ec2) -> (String, String) {
    let of_it = [("ClientVpnEndpointId", ENDPOINT)];
    let xml = ec2.call("ExportClientVpnClientCertificateRevocationList", &of_it).expect("exported");
    let one = |name: &str| texts(&xml, name).pop().unwrap_or_default();
    (one("certificateRevocationList"), one("code"))
}

fn client(serial: &str) -> ClientConnect {
    ClientConnect { serial: Some(serial.to_owned()), ..ClientConnect::default() }
}

fn refused(ec2: &Ec2, serial: &str) -> bool {
    ec2.state.refuses(ec2.now, &client(serial)).is_some()
}

#[test]
fn a_list_ends_all_connections_and_keeps_the_revoked_out() {
    let mut ec2 = Ec2::new();
    assert_eq!(exported(&mut ec2), (String::new(), String::new()));
    assert_eq!(ec2.outcome("AssociateClientVpnTargetNetwork", &[("SubnetId", A)]), "OK");
    ec2.pass(SignedDuration::from_mins(5));
    let now = ec2.now;
    ec2.state.connect(now, "cvpn-connection-1", &client("1001"));
    ec2.state.connect(now, "cvpn-connection-2", &client("1002"));
    assert!(!refused(&ec2, "1001"));

    assert_eq!(import(&mut ec2, LIST), "OK");
    assert_eq!(ec2.state.active_connections(ec2.now), 0, "that of who is not revoked too");
    assert_eq!(exported(&mut ec2), (LIST.to_owned(), "pending".to_owned()));
    assert!(!refused(&ec2, "1001"), "not yet");
    ec2.pass(SignedDuration::from_secs(10));
    assert_eq!(exported(&mut ec2), (LIST.to_owned(), "active".to_owned()));
    assert_eq!(["1001", "1002"].map(|serial| refused(&ec2, serial)), [true, false]);
    assert!(refused(&ec2, "00f3d2a1b0c4e5968778695a4b3c2d1e0f"), "as others write it");
    assert!(ec2.state.refuses(ec2.now, &ClientConnect::default()).is_none(), "whose serial nobody knows");

    // The next one replaces it, whoever stood in it; until then the old one counts.
    assert_eq!(import(&mut ec2, EMPTY), "OK");
    assert!(refused(&ec2, "1001"));
    ec2.pass(SignedDuration::from_secs(10));
    assert!(!refused(&ec2, "1001"));
    assert_eq!(exported(&mut ec2).0, EMPTY);
}

#[test]
fn an_expired_list_keeps_everybody_out() {
    let mut ec2 = Ec2::new();
    assert_eq!(import(&mut ec2, LIST), "OK");
    let days = |ec2: &Ec2| ec2.state.measured(ec2.now)[0].list_expires_in.map(|left| left.as_hours() / 24);
    assert_eq!(days(&ec2), None);
    ec2.now = "2026-01-31T23:59:59Z".parse().expect("a time");
    assert_eq!((refused(&ec2, "1002"), days(&ec2)), (false, Some(0)));
    ec2.pass(SignedDuration::from_secs(1));
    assert!(refused(&ec2, "1002"));
    assert!(ec2.state.refuses(ec2.now, &ClientConnect::default()).is_some(), "whoever it is");
    ec2.pass(SignedDuration::from_hours(48));
    assert_eq!(days(&ec2), Some(-2));
    assert_eq!(import(&mut ec2, EMPTY), "OK");
    ec2.pass(SignedDuration::from_secs(10));
    assert!(!refused(&ec2, "1002"));
}

#[test]
fn lists_that_are_not_taken() {
    let mut ec2 = Ec2::new();
    assert_eq!(ec2.outcome(IMPORT, &[]), "MissingParameter");
    for bad in ["list", &LIST.replace("X509 CRL", "CERTIFICATE"), &LIST[..300]] {
        assert_eq!(import(&mut ec2, bad), "InvalidParameterValue");
    }
    ec2.state.settings.limits.revoked = 1;
    assert_eq!(import(&mut ec2, LIST), "ClientVpnCertificateRevocationListLimitExceeded");
    assert_eq!(exported(&mut ec2), (String::new(), String::new()), "nothing of it was kept");

    // Whether it is taken while nothing is associated, nobody says.
    ec2.state.settings.quirks.refuse_while_pending_associate = true;
    assert_eq!(import(&mut ec2, EMPTY), "InvalidClientVpnActiveAssociationNotFound");
    assert_eq!(ec2.outcome("AssociateClientVpnTargetNetwork", &[("SubnetId", A)]), "OK");
    ec2.pass(SignedDuration::from_mins(5));
    assert_eq!(import(&mut ec2, EMPTY), "OK");
}
