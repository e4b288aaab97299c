//! Endpoints from their making to their end, with what clients and administrators fetch from them. What is refused stands
//! in `crates/aws/tests/ec2`.

use aws::ec2::Certificate;
use aws_sdk_ec2::{
    Client,
    error::ProvideErrorMetadata as _,
    operation::create_client_vpn_endpoint::builders::CreateClientVpnEndpointFluentBuilder,
    types::{
        CertificateAuthenticationRequest, ClientVpnAuthenticationRequest, ClientVpnAuthenticationType,
        ConnectionLogOptions, ResourceType, Tag, TagSpecification, TransportProtocol,
    },
};

use crate::fixture::{A, Aws, ENDPOINT, ROLE, minutes, outcome, seconds};

const ARN: &str = "arn:aws:acm:us-east-1:123456789012:certificate/1";
/// Of certificates 1001 and another one, until the first of February.
const LIST: &str = include_str!("../../../aws/tests/ec2/list.pem");

fn create(ec2: &Client) -> CreateClientVpnEndpointFluentBuilder {
    let root = CertificateAuthenticationRequest::builder().client_root_certificate_chain_arn(ARN).build();
    let by_certificate = ClientVpnAuthenticationRequest::builder().mutual_authentication(root);
    let tags = TagSpecification::builder().resource_type(ResourceType::ClientVpnEndpoint);
    ec2.create_client_vpn_endpoint()
        .client_cidr_block("10.100.0.0/22")
        .server_certificate_arn(ARN)
        .authentication_options(by_certificate.r#type(ClientVpnAuthenticationType::CertificateAuthentication).build())
        .connection_log_options(ConnectionLogOptions::builder().enabled(false).build())
        .tag_specifications(tags.tags(Tag::builder().key("team").value("vpn").build()).build())
}

fn knows_certificate(aws: &Aws) {
    let certificate = Certificate {
        domain: "vpn.example.com".to_owned(),
        common_name: "vpn.example.com".to_owned(),
        key_algorithm: "RSA_2048".to_owned(),
        chain: "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n".to_owned(),
    };
    aws.state(|state, _| state.set_certificates([(ARN.to_owned(), Some(certificate))].into()));
}

#[tokio::test]
async fn an_endpoint_lives_and_ends() {
    let aws = Aws::start().await;
    knows_certificate(&aws);
    let ec2 = &aws.ec2;
    let made = create(ec2).transport_protocol(TransportProtocol::Tcp).split_tunnel(true).dns_servers("10.0.0.2");
    let made = made.vpc_id("vpc-01").security_group_ids("sg-1").description("ours").client_token("t").send().await;
    let made = made.unwrap();
    let id = made.client_vpn_endpoint_id().unwrap();
    assert_eq!(made.status().unwrap().code().unwrap().as_str(), "pending-associate");
    assert_eq!(made.dns_name(), Some(&*format!("{id}.prod.clientvpn.us-east-1.amazonaws.com")));

    let described = || async {
        let answer = ec2.describe_client_vpn_endpoints().client_vpn_endpoint_ids(id).send().await.unwrap();
        answer.client_vpn_endpoints.unwrap().remove(0)
    };
    let endpoint = described().await;
    assert_eq!(endpoint.transport_protocol(), Some(&TransportProtocol::Tcp));
    assert_eq!((endpoint.split_tunnel(), endpoint.dns_servers()), (Some(true), &["10.0.0.2".to_owned()][..]));
    assert_eq!((endpoint.vpc_id(), endpoint.security_group_ids()), (Some("vpc-01"), &["sg-1".to_owned()][..]));
    assert_eq!((endpoint.description(), endpoint.client_cidr_block()), (Some("ours"), Some("10.100.0.0/22")));
    assert_eq!(endpoint.creation_time(), Some("2026-01-05T08:00:00"));
    assert_eq!(endpoint.tags()[0].value(), Some("vpn"));
    let way = &endpoint.authentication_options()[0];
    assert_eq!(way.mutual_authentication().unwrap().client_root_certificate_chain(), Some(ARN));
    assert_eq!(ec2.describe_client_vpn_endpoints().send().await.unwrap().client_vpn_endpoints().len(), 2);

    let associate = ec2.associate_client_vpn_target_network().client_vpn_endpoint_id(id).subnet_id(A);
    let association = associate.send().await.unwrap().association_id.unwrap();
    aws.pass(minutes(5)).await;
    let apply = ec2.apply_security_groups_to_client_vpn_target_network().client_vpn_endpoint_id(id).vpc_id("vpc-01");
    let applied = apply.security_group_ids("sg-2").send().await.unwrap();
    assert_eq!(applied.security_group_ids(), ["sg-2"]);
    let networks = ec2.describe_client_vpn_target_networks().client_vpn_endpoint_id(id).send().await.unwrap();
    assert_eq!(networks.client_vpn_target_networks()[0].security_groups(), ["sg-2"]);

    let delete = || ec2.delete_client_vpn_endpoint().client_vpn_endpoint_id(id).send();
    assert_eq!(outcome(delete().await), "ClientVpnEndpointAssociationExists");
    let disassociate = ec2.disassociate_client_vpn_target_network().client_vpn_endpoint_id(id);
    disassociate.association_id(association).send().await.unwrap();
    aws.pass(minutes(5)).await;
    assert_eq!(delete().await.unwrap().status().unwrap().code().unwrap().as_str(), "deleting");
    assert!(described().await.deletion_time().is_some());
    aws.pass(minutes(1)).await;
    assert_eq!(outcome(delete().await), "InvalidClientVpnEndpointId.NotFound");
    assert_eq!(aws.endpoint_status().await, "pending-associate", "the other one stays");
}

#[tokio::test]
async fn lists_and_configurations_are_fetched() {
    let aws = Aws::start().await;
    knows_certificate(&aws);
    let ec2 = &aws.ec2;
    let export = || ec2.export_client_vpn_client_certificate_revocation_list().client_vpn_endpoint_id(ENDPOINT).send();
    assert_eq!(export().await.unwrap().certificate_revocation_list(), None);
    let import = ec2.import_client_vpn_client_certificate_revocation_list().client_vpn_endpoint_id(ENDPOINT);
    assert_eq!(outcome(import.clone().certificate_revocation_list("list").send().await), "InvalidParameterValue");
    let imported = import.certificate_revocation_list(LIST).send().await.unwrap();
    assert_eq!(imported.r#return(), Some(true));
    assert_eq!(export().await.unwrap().status().unwrap().code().unwrap().as_str(), "pending");
    aws.pass(seconds(10)).await;
    let told = export().await.unwrap();
    assert_eq!(told.certificate_revocation_list(), Some(LIST));
    assert_eq!(told.status().unwrap().code().unwrap().as_str(), "active");

    let id = create(ec2).send().await.unwrap().client_vpn_endpoint_id.unwrap();
    let export = ec2.export_client_vpn_client_configuration().client_vpn_endpoint_id(&id);
    let text = export.send().await.unwrap().client_configuration.unwrap();
    assert!(text.starts_with("client\ndev tun\n"), "{text}");
    assert!(text.contains(&format!("\nremote {id}.prod.clientvpn.us-east-1.amazonaws.com 443\n")), "{text}");
    assert!(text.contains("<ca>\n-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n"), "{text}");
}

/// Each of the new actions needs a right, and one that tags what it makes that right too.
#[tokio::test]
async fn nobody_may_without_a_right() {
    const NO: &str = "UnauthorizedOperation";
    let aws = Aws::start().await;
    let ec2 = aws.as_role(ROLE);
    let import = ec2.import_client_vpn_client_certificate_revocation_list().certificate_revocation_list(LIST);
    let export = ec2.export_client_vpn_client_certificate_revocation_list();
    let configuration = ec2.export_client_vpn_client_configuration();
    let apply = ec2.apply_security_groups_to_client_vpn_target_network().vpc_id("vpc-01").security_group_ids("sg-1");
    assert_eq!(outcome(ec2.delete_client_vpn_endpoint().client_vpn_endpoint_id(ENDPOINT).send().await), NO);
    assert_eq!(outcome(import.client_vpn_endpoint_id(ENDPOINT).send().await), NO);
    assert_eq!(outcome(export.client_vpn_endpoint_id(ENDPOINT).send().await), NO);
    assert_eq!(outcome(configuration.client_vpn_endpoint_id(ENDPOINT).send().await), NO);
    assert_eq!(outcome(apply.client_vpn_endpoint_id(ENDPOINT).send().await), NO);
    assert_eq!(outcome(create(&ec2).send().await), NO);

    let may_create = serde_json::json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "ec2:CreateClientVpnEndpoint", "Resource": "*" },
    ] });
    aws.world.deployment.write().unwrap().roles.get_mut(ROLE).unwrap().policies.push(may_create);
    let error = create(&ec2).send().await.unwrap_err();
    assert!(error.message().unwrap().contains("perform: ec2:CreateTags on resource"), "{error:?}");
    assert_eq!(outcome(create(&ec2).set_tag_specifications(None).send().await), "OK");
    assert_eq!(outcome(create(&aws.ec2).dry_run(true).send().await), "DryRunOperation");
}
