//! The file that clients begin with, and the groups of their traffic.

use aws::ec2::Certificate;
use jiff::SignedDuration;

use crate::{A, ENDPOINT, Ec2, texts};

const EXPORT: &str = "ExportClientVpnClientConfiguration";
const APPLY: &str = "ApplySecurityGroupsToClientVpnTargetNetwork";
const OF_IT: (&str, &str) = ("ClientVpnEndpointId", ENDPOINT);
/// The server certificate that the deployment's endpoint has.
const ARN: &str = "arn:aws:acm:us-east-1:123456789012:certificate/local";

#[test]
fn the_configuration_is_as_aws_writes_it() {
    let mut ec2 = Ec2::new();
    assert_eq!(ec2.outcome(EXPORT, &[]), "UnsupportedOperation", "nobody told what stands in the certificate");
    let certificate = Certificate {
        domain: "vpn.example.com".to_owned(),
        common_name: "vpn.example.com".to_owned(),
        key_algorithm: "RSA_2048".to_owned(),
        chain: "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n".to_owned(),
    };
    ec2.state.set_certificates([(ARN.to_owned(), Some(certificate))].into());
    let xml = ec2.call(EXPORT, &[OF_IT]).expect("exported");
    let expected = "client\ndev tun\nproto udp\n\
                    remote cvpn-endpoint-0123456789abcdef0.prod.clientvpn.us-east-1.amazonaws.com 443\n\
                    remote-random-hostname\nresolv-retry infinite\nnobind\nremote-cert-tls server\n\
                    cipher AES-256-GCM\nverb 3\n&lt;ca&gt;\n-----BEGIN CERTIFICATE-----\nMIIC\n\
                    -----END CERTIFICATE-----\n\n&lt;/ca&gt;\n\n\nreneg-sec 0\n\nverify-x509-name vpn.example.com name\n";
    assert_eq!(texts(&xml, "clientConfiguration"), [expected]);

    assert_eq!(ec2.outcome("ModifyClientVpnEndpoint", &[("VpnPort", "1194")]), "OK");
    let xml = ec2.call(EXPORT, &[OF_IT]).expect("exported");
    assert!(texts(&xml, "clientConfiguration")[0].contains(".amazonaws.com 1194\n"));
    ec2.state.settings.quirks.refuse_while_pending_associate = true;
    assert_eq!(ec2.outcome(EXPORT, &[]), "InvalidClientVpnActiveAssociationNotFound");
    let unknown = ec2.call(EXPORT, &[("ClientVpnEndpointId", "cvpn-endpoint-0f")]).expect_err("unknown");
    assert_eq!(unknown.0, "InvalidClientVpnEndpointId.NotFound");
}

#[test]
fn security_groups_replace_those_of_the_associated_subnets() {
    let mut ec2 = Ec2::new();
    let vpc = ("VpcId", "vpc-01");
    let group = ("SecurityGroupId.1", "sg-1");
    assert_eq!(ec2.outcome(APPLY, &[vpc, group]), "InvalidClientVpnActiveAssociationNotFound");
    assert_eq!(ec2.outcome("AssociateClientVpnTargetNetwork", &[("SubnetId", A)]), "OK");
    ec2.pass(SignedDuration::from_mins(5));
    for (parameters, code) in [
        (vec![group], "MissingParameter"),
        (vec![vpc], "MissingParameter"),
        (vec![vpc, ("SecurityGroupId.1", "group")], "InvalidGroupId.Malformed"),
        (vec![("VpcId", "vpc-02"), group], "InvalidParameterValue"),
        (vec![("VpcId", "vpc-0nowhere"), group], "InvalidVpcID.NotFound"),
    ] {
        assert_eq!(ec2.outcome(APPLY, &parameters), code, "{parameters:?}");
    }
    let numbered: Vec<String> = (1..=6).map(|number| format!("SecurityGroupId.{number}")).collect();
    let six: Vec<_> = numbered.iter().map(|name| (name.as_str(), "sg-1")).chain([vpc]).collect();
    assert_eq!(ec2.outcome(APPLY, &six), "SecurityGroupLimitExceeded");

    let xml = ec2.call(APPLY, &[OF_IT, vpc, group, ("SecurityGroupId.2", "sg-2")]).expect("applied");
    assert_eq!(texts(&xml, "item"), ["sg-1", "sg-2"]);
    let networks = ec2.call("DescribeClientVpnTargetNetworks", &[OF_IT]).expect("networks");
    assert_eq!(texts(&networks, "securityGroups"), ["<item>sg-1</item><item>sg-2</item>"]);
}
