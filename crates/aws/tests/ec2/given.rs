//! What whoever carries traffic is given, and what it tells.

use aws::ec2::{ClientConnect, Traffic};
use jiff::SignedDuration;

use crate::{A, ENDPOINT, Ec2, texts};

const OTHER: &str = "10.20.0.0/16";
const LIST: &str = include_str!("list.pem");

#[test]
fn it_is_given_what_holds_while_something_is_associated() {
    let mut ec2 = Ec2::new();
    let given = |ec2: &Ec2| ec2.state.given(ec2.now);
    let route = [("TargetVpcSubnetId", A), ("DestinationCidrBlock", OTHER)];
    assert_eq!(given(&ec2), None);
    assert_eq!(ec2.outcome("AssociateClientVpnTargetNetwork", &[("SubnetId", A)]), "OK");
    assert_eq!(given(&ec2), None, "it is associating");
    ec2.pass(SignedDuration::from_mins(5));
    let first = given(&ec2).expect("associated");
    assert_eq!((first.client_cidr.as_str(), first.options.transport_protocol.as_str()), ("10.200.0.0/22", "udp"));
    assert_eq!((first.routes, first.authorized), (vec!["10.0.0.0/16".to_owned()], vec!["10.0.0.0/16".to_owned()]));
    assert_eq!(first.revocation_list, None);

    // What is on its way does not hold yet; a rule for a group lets in nobody who comes with a certificate.
    assert_eq!(ec2.outcome("CreateClientVpnRoute", &route), "OK");
    let everyone = [("TargetNetworkCidr", OTHER), ("AuthorizeAllGroups", "true")];
    assert_eq!(ec2.outcome("AuthorizeClientVpnIngress", &everyone), "OK");
    let group = [("TargetNetworkCidr", "10.30.0.0/16"), ("AccessGroupId", "sales")];
    assert_eq!(ec2.outcome("AuthorizeClientVpnIngress", &group), "OK");
    let list = [("CertificateRevocationList", LIST)];
    assert_eq!(ec2.outcome("ImportClientVpnClientCertificateRevocationList", &list), "OK");
    let before = given(&ec2).expect("associated");
    assert_eq!((before.routes.len(), before.authorized.len(), before.revocation_list), (1, 1, None));
    ec2.pass(SignedDuration::from_mins(5));
    let after = given(&ec2).expect("associated");
    assert_eq!(
        (after.routes, after.authorized),
        (vec!["10.0.0.0/16".to_owned(), OTHER.to_owned()], vec!["10.0.0.0/16".to_owned(), OTHER.to_owned()])
    );
    assert_eq!(after.revocation_list.as_deref(), Some(LIST));
}

#[test]
fn what_went_through_is_listed_and_logged() {
    let mut ec2 = Ec2::new();
    assert_eq!(ec2.outcome("AssociateClientVpnTargetNetwork", &[("SubnetId", A)]), "OK");
    ec2.pass(SignedDuration::from_mins(5));
    let now = ec2.now;
    for (id, platform) in [("cvpn-connection-1", "ios"), ("cvpn-connection-2", "")] {
        let client = ClientConnect { platform: platform.to_owned(), ..ClientConnect::default() };
        ec2.state.connect(now, id, &client);
    }
    let addresses: Vec<_> = ec2.state.client_addresses(now).into_values().collect();
    assert_eq!(addresses, ["10.200.0.2", "10.200.0.3"]);
    ec2.state.set_traffic("cvpn-connection-1", Traffic { ingress: 12, egress: 345 });
    ec2.state.set_traffic("cvpn-connection-3", Traffic { ingress: 6, egress: 7 });
    let xml = ec2.call("DescribeClientVpnConnections", &[("ClientVpnEndpointId", ENDPOINT)]).expect("described");
    assert_eq!(
        (texts(&xml, "ingressBytes"), texts(&xml, "egressBytes")),
        (vec!["12".to_owned(), "0".to_owned()], vec!["345".to_owned(), "0".to_owned()])
    );
    assert!(ec2.state.disconnect(now, "cvpn-connection-1"));
    assert_eq!(ec2.state.client_addresses(now).len(), 1);
    let logged: Vec<_> =
        ec2.state.connection_log().map(|it| (it["device-type"].clone(), it["egress-bytes"].clone())).collect();
    assert_eq!(logged, [("ios".into(), "0".into()), ("NA".into(), "0".into()), ("ios".into(), "345".into())]);
}
