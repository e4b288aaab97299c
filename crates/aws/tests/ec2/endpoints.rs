//! Endpoints that are made and deleted.

use std::collections::BTreeMap;

use aws::{
    deployment,
    ec2::{Certificate, ClientConnect},
};
use jiff::SignedDuration;

use crate::{A, ELSEWHERE, ENDPOINT, Ec2, deployed, texts};

const CREATE: &str = "CreateClientVpnEndpoint";
const ARN: &str = "arn:aws:acm:us-east-1:123456789012:certificate/1";
const ROOT: (&str, &str) = ("Authentication.1.MutualAuthentication.ClientRootCertificateChainArn", ARN);
const NEEDED: [(&str, &str); 5] = [
    ("ClientCidrBlock", "10.100.0.0/22"),
    ("ServerCertificateArn", ARN),
    ("Authentication.1.Type", "certificate-authentication"),
    ROOT,
    ("ConnectionLogOptions.Enabled", "false"),
];
const IN_VPC: (&str, &str) = ("VpcId", "vpc-01");

/// What is needed with other parameters, which may say the same otherwise; an empty one is left out.
fn with<'a>(others: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let all: BTreeMap<&str, &str> = NEEDED.into_iter().chain(others.iter().copied()).collect();
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// `OK` or AWS's code.
fn created(ec2: &mut Ec2, others: &[(&str, &str)]) -> String {
    ec2.call(CREATE, &with(others)).map_or_else(|(code, _)| code, |_| "OK".to_owned())
}

fn describe(ec2: &mut Ec2, id: &str) -> String {
    ec2.call("DescribeClientVpnEndpoints", &[("ClientVpnEndpointId.1", id)]).expect("described")
}

fn none() -> Ec2 {
    Ec2::with(&deployment::Endpoint { id: String::new(), ..deployed() })
}

#[test]
fn an_endpoint_is_made_associated_and_deleted() {
    let mut ec2 = none();
    assert_eq!(texts(&ec2.call("DescribeClientVpnEndpoints", &[]).expect("none"), "item"), [""; 0]);
    let answer = ec2.call(CREATE, &with(&[])).expect("created");
    let id = texts(&answer, "clientVpnEndpointId").remove(0);
    assert_eq!(texts(&answer, "code"), ["pending-associate"]);
    assert_eq!(texts(&answer, "dnsName"), [format!("{id}.prod.clientvpn.us-east-1.amazonaws.com")]);

    // What is not spoken of is as the API reference says; no VPC, no group and no rule until somebody makes them.
    let xml = describe(&mut ec2, &id);
    for (name, expected) in [
        ("creationTime", "2026-01-05T08:00:00"),
        ("dnsName", &format!("*.{id}.prod.clientvpn.us-east-1.amazonaws.com")),
        ("clientCidrBlock", "10.100.0.0/22"),
        ("splitTunnel", "false"),
        ("transportProtocol", "udp"),
        ("vpnPort", "443"),
        ("serverCertificateArn", ARN),
        ("clientRootCertificateChain", ARN),
        ("Enabled", "false"),
        ("sessionTimeoutHours", "24"),
        ("disconnectOnSessionTimeout", "true"),
        ("enforced", "false"),
    ] {
        assert_eq!(texts(&xml, name), [expected], "{name}");
    }
    for absent in ["vpcId", "selfServicePortalUrl", "deletionTime", "trafficIpAddressType", "dnsServer"] {
        assert_eq!(texts(&xml, absent), [""; 0], "{absent}");
    }
    assert_eq!(texts(&xml, "securityGroupIdSet"), [""]);
    let of_it = ("ClientVpnEndpointId", id.as_str());
    let rules = ec2.call("DescribeClientVpnAuthorizationRules", &[of_it]).expect("rules");
    assert_eq!(texts(&rules, "item"), [""; 0]);

    // The first subnet brings its VPC, and that one's default group (fact 7.10).
    let answer = ec2.call("AssociateClientVpnTargetNetwork", &[of_it, ("SubnetId", ELSEWHERE)]).expect("associated");
    let association = texts(&answer, "associationId").remove(0);
    let xml = describe(&mut ec2, &id);
    assert_eq!(
        (texts(&xml, "vpcId"), texts(&xml, "securityGroupIdSet")),
        (vec!["vpc-02".to_owned()], vec!["<item>sg-02</item>".to_owned()])
    );
    ec2.pass(SignedDuration::from_mins(5));
    let routes = ec2.call("DescribeClientVpnRoutes", &[of_it]).expect("routes");
    assert_eq!(texts(&routes, "destinationCidr"), ["10.1.0.0/16"]);
    assert!(ec2.state.takes_connections(ec2.now));

    let delete = |ec2: &mut Ec2| ec2.call("DeleteClientVpnEndpoint", &[of_it]);
    let (code, message) = delete(&mut ec2).expect_err("it has an association");
    assert_eq!(code, "ClientVpnEndpointAssociationExists");
    assert_eq!(message, format!("The endpoint that you're trying to delete has associations {association}"));
    let disassociate = [of_it, ("AssociationId", association.as_str())];
    ec2.call("DisassociateClientVpnTargetNetwork", &disassociate).expect("disassociated");
    assert_eq!(delete(&mut ec2).expect_err("it is on its way").0, "ClientVpnEndpointAssociationExists");
    ec2.pass(SignedDuration::from_mins(5));
    let billed = ec2.state.billed_hours(ec2.now);
    assert_eq!(texts(&delete(&mut ec2).expect("deleted"), "code"), ["deleting"]);

    let xml = describe(&mut ec2, &id);
    assert_eq!(
        (texts(&xml, "code").remove(0), texts(&xml, "deletionTime")),
        ("deleting".to_owned(), vec!["2026-01-05T08:10:00".to_owned()])
    );
    for (action, more) in [
        ("AssociateClientVpnTargetNetwork", vec![("SubnetId", A)]),
        ("ModifyClientVpnEndpoint", vec![("Description", "x")]),
        ("AuthorizeClientVpnIngress", vec![("TargetNetworkCidr", "10.0.0.0/8"), ("AuthorizeAllGroups", "true")]),
    ] {
        let refused = ec2.call(action, &[vec![of_it], more].concat()).expect_err(action);
        assert_eq!(refused.0, "IncorrectState", "{action}");
    }
    delete(&mut ec2).expect("once more is no error");
    ec2.pass(SignedDuration::from_mins(1));
    assert_eq!(delete(&mut ec2).expect_err("gone").0, "InvalidClientVpnEndpointId.NotFound");
    assert_eq!(texts(&ec2.call("DescribeClientVpnEndpoints", &[]).expect("none"), "item"), [""; 0]);
    assert!(billed > 0.1 && (ec2.state.billed_hours(ec2.now) - billed).abs() < 1e-9, "the bill stays");
}

#[test]
fn what_cannot_be_made() {
    const NO: &str = "InvalidParameterValue";
    let second = ("Authentication.2.Type", "directory-service-authentication");
    for (others, code) in [
        (vec![("ClientCidrBlock", "")], "MissingParameter"),
        (vec![("ServerCertificateArn", "")], "MissingParameter"),
        (vec![("Authentication.1.Type", ""), (ROOT.0, "")], "MissingParameter"),
        (vec![(ROOT.0, "")], "MissingParameter"),
        (vec![("ConnectionLogOptions.Enabled", "")], "MissingParameter"),
        (vec![("ConnectionLogOptions.Enabled", "true")], "MissingParameter"),
        (vec![("ClientCidrBlock", "10.100.0.0/23")], NO),
        (vec![("ClientCidrBlock", "10.96.0.0/11")], NO),
        (vec![("ClientCidrBlock", "10.96.0.0/12")], "OK"),
        (vec![("ClientCidrBlock", "2001:db8::/20")], NO),
        (vec![("ClientCidrBlock", "clients")], NO),
        (vec![("ClientCidrBlock", "10.0.252.0/22"), IN_VPC], NO),
        (vec![("ClientCidrBlock", ""), ("TrafficIpAddressType", "ipv6")], "OK"),
        (vec![("ServerCertificateArn", "mine")], NO),
        (vec![(ROOT.0, "mine")], NO),
        (vec![("VpcId", "vpc-0nowhere")], "InvalidVpcID.NotFound"),
        (vec![("SecurityGroupId.1", "sg-1")], "MissingParameter"),
        (vec![IN_VPC, ("SecurityGroupId.1", "group")], "InvalidGroupId.Malformed"),
        (vec![("VpnPort", "80")], NO),
        (vec![("TransportProtocol", "sctp")], NO),
        (vec![("DnsServers.1", "ns.example.com")], NO),
        (vec![("SessionTimeoutHours", "9")], NO),
        (vec![second], "MissingParameter"),
        (vec![second, ("Authentication.2.ActiveDirectory.DirectoryId", "d-1")], "OK"),
        (
            vec![("Authentication.2.Type", NEEDED[2].1), (&ROOT.0.replace(".1.", ".2."), ARN)],
            "InvalidParameterCombination",
        ),
        (vec![("TransitGatewayConfiguration.TransitGatewayId", "tgw-1")], "UnsupportedOperation"),
        (vec![("TagSpecification.1.ResourceType", "subnet")], NO),
        (
            vec![("TagSpecification.1.ResourceType", "client-vpn-endpoint"), ("TagSpecification.1.Tag.1.Key", "aws:k")],
            NO,
        ),
    ] {
        let mut ec2 = none();
        assert_eq!(created(&mut ec2, &others), code, "{others:?}");
        let listed = ec2.call("DescribeClientVpnEndpoints", &[]).expect("listed");
        assert_eq!(texts(&listed, "clientVpnEndpointId").len(), usize::from(code == "OK"), "{others:?}");
    }
}

/// AWS's own words for the first (fact 7.15), fact 7.8 for the others.
#[test]
fn certificates_that_are_not_taken() {
    let mut ec2 = none();
    let mut told = |domain: &str, key_algorithm: &str| {
        let (domain, key_algorithm) = (domain.to_owned(), key_algorithm.to_owned());
        let certificate = Certificate { domain, key_algorithm, ..Certificate::default() };
        ec2.state.set_certificates([(ARN.to_owned(), Some(certificate))].into());
        ec2.call(CREATE, &with(&[])).map_or_else(|(code, message)| format!("{code}: {message}"), |_| "OK".to_owned())
    };
    assert_eq!(told("", "RSA_2048"), format!("InvalidParameterValue: Certificate {ARN} does not have a domain"));
    assert!(told("vpn.example.com", "EC_prime256v1").starts_with("InvalidParameterValue: "));
    assert!(told("vpn.example.com", "RSA_4096").starts_with("InvalidParameterValue: "));
    assert_eq!(told("vpn.example.com", "RSA_2048"), "OK");
    assert_eq!(told("server", "RSA-1024"), "OK");
    let other = "arn:aws:acm:us-east-1:123456789012:certificate/2";
    assert_eq!(created(&mut ec2, &[("ServerCertificateArn", other)]), "InvalidParameterValue", "there is none");
    assert_eq!(created(&mut ec2, &[(ROOT.0, other)]), "InvalidParameterValue", "there is none");
    // A call beside it names the other one.
    ec2.state.set_certificates([(other.to_owned(), None)].into());
    assert_eq!(created(&mut ec2, &[]), "OK", "what was told before stays");
    ec2.state.set_certificates([(ARN.to_owned(), None)].into());
    assert_eq!(created(&mut ec2, &[]), "InvalidParameterValue", "deleted");
}

/// Of each endpoint its connections, and whether it is billed.
fn measured(ec2: &Ec2) -> Vec<(String, usize, bool)> {
    let all = ec2.state.measured(ec2.now).into_iter();
    all.map(|it| (it.endpoint, it.active_connections, it.is_billed)).collect()
}

#[test]
fn several_endpoints_are_apart() {
    let mut ec2 = Ec2::new();
    let tagged = [
        ("TagSpecification.1.ResourceType", "client-vpn-endpoint"),
        ("TagSpecification.1.Tag.1.Key", "team"),
        ("TagSpecification.1.Tag.1.Value", "vpn"),
        ("TransportProtocol", "tcp"),
        ("ClientToken", "t"),
        IN_VPC,
    ];
    let answer = ec2.call(CREATE, &with(&tagged)).expect("created");
    let second = texts(&answer, "clientVpnEndpointId").remove(0);
    assert_eq!(texts(&ec2.call(CREATE, &with(&tagged)).expect("replayed"), "clientVpnEndpointId"), [second.as_str()]);
    let other = [&tagged[..], &[("SplitTunnel", "true")]].concat();
    assert_eq!(created(&mut ec2, &other), "IdempotentParameterMismatch");
    assert_eq!(ec2.state.tags_of(&second), [("team".to_owned(), "vpn".to_owned())].into());

    // Both have the same subnet, and each its own connections, routes and rules.
    let of_second = ("ClientVpnEndpointId", second.as_str());
    for endpoint in [ENDPOINT, &second] {
        let of_it = ("ClientVpnEndpointId", endpoint);
        ec2.call("AssociateClientVpnTargetNetwork", &[of_it, ("SubnetId", A)]).expect(endpoint);
    }
    ec2.pass(SignedDuration::from_mins(5));
    let to = |endpoint: &str| ClientConnect { endpoint: Some(endpoint.to_owned()), ..ClientConnect::default() };
    let now = ec2.now;
    ec2.state.connect(now, "cvpn-connection-1", &to(ENDPOINT));
    ec2.state.connect(now, "cvpn-connection-2", &to(&second));
    ec2.state.connect(now, "cvpn-connection-3", &to("cvpn-endpoint-0nowhere"));
    assert_eq!(
        measured(&ec2),
        [(ENDPOINT.to_owned(), 1, true), (second.clone(), 1, true)],
        "nobody is connected to what is not there"
    );
    assert_eq!(ec2.state.billed_associations(now), 2);
    let protocols = ec2.state.connection_log().map(|line| line["transport-protocol"].clone()).collect::<Vec<_>>();
    assert_eq!(protocols, ["udp", "tcp"]);
    let connections = ec2.call("DescribeClientVpnConnections", &[of_second]).expect("connections");
    assert_eq!(texts(&connections, "connectionId"), ["cvpn-connection-2"]);
    let networks = ec2.call("DescribeClientVpnTargetNetworks", &[of_second]).expect("networks");
    let association = texts(&networks, "associationId").remove(0);
    assert_eq!(
        ec2.outcome("DisassociateClientVpnTargetNetwork", &[("AssociationId", &association)]),
        "InvalidClientVpnAssociationIdNotFound"
    );
    ec2.call("DisassociateClientVpnTargetNetwork", &[of_second, ("AssociationId", &association)]).expect("its own");
    assert_eq!(measured(&ec2), [(ENDPOINT.to_owned(), 1, true), (second.clone(), 0, true)]);

    // Filters, and five in a region (fact 7.3).
    let tcp =
        ec2.call("DescribeClientVpnEndpoints", &[("Filter.1.Name", "transport-protocol"), ("Filter.1.Value.1", "tcp")]);
    assert_eq!(texts(&tcp.expect("filtered"), "clientVpnEndpointId"), [second.as_str()]);
    let more: Vec<String> = (0..4).map(|_| created(&mut ec2, &[])).collect();
    assert_eq!(more, ["OK", "OK", "OK", "ClientVpnEndpointLimitExceeded"]);

    // Whoever asks for the one endpoint gets the oldest that stays.
    assert_eq!(ec2.state.endpoint().id, ENDPOINT);
    let xml = ec2.call("DescribeClientVpnTargetNetworks", &[("ClientVpnEndpointId", ENDPOINT)]).expect("networks");
    let association = texts(&xml, "associationId").remove(0);
    assert_eq!(ec2.outcome("DisassociateClientVpnTargetNetwork", &[("AssociationId", &association)]), "OK");
    ec2.pass(SignedDuration::from_mins(6));
    assert_eq!(ec2.outcome("DeleteClientVpnEndpoint", &[]), "OK");
    assert_eq!(ec2.state.endpoint().id, second);
}
