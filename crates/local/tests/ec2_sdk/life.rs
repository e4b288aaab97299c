//! On and off again, in AWS's own time.

use aws::ec2::ClientConnect;

use crate::fixture::{A, Aws, B, ENDPOINT, minutes, seconds};

#[tokio::test]
async fn an_association_comes_and_goes_in_its_time() {
    let aws = Aws::start().await;
    assert_eq!(aws.endpoint_status().await, "pending-associate");
    assert!(aws.networks().await.is_empty());

    let id = aws.associate(A).await;
    assert!(id.starts_with("cvpn-assoc-0") && id.len() == 28, "{id}");
    assert_eq!(aws.networks().await, [format!("{A} associating")]);
    aws.pass(minutes(5) - seconds(1)).await;
    assert_eq!(aws.networks().await, [format!("{A} associating")]);
    assert_eq!(aws.endpoint_status().await, "pending-associate");
    aws.pass(seconds(1)).await;
    assert_eq!(aws.networks().await, [format!("{A} associated")]);
    assert_eq!(aws.endpoint_status().await, "available");

    assert_eq!(aws.disassociate(&id).await, "OK");
    assert_eq!(aws.networks().await, [format!("{A} disassociating")]);
    assert_eq!(aws.endpoint_status().await, "pending-associate");
    aws.pass(minutes(5)).await;
    assert_eq!(aws.networks().await, [format!("{A} disassociated")]);
    aws.pass(minutes(1)).await;
    assert!(aws.networks().await.is_empty());

    let again = aws.associate(A).await;
    assert_ne!(again, id);
}

#[tokio::test]
async fn the_answers_name_what_is_under_way() {
    let aws = Aws::start().await;
    let call = aws.ec2.associate_client_vpn_target_network().client_vpn_endpoint_id(ENDPOINT).subnet_id(A);
    let answer = call.send().await.unwrap();
    assert_eq!(answer.status().unwrap().code().unwrap().as_str(), "associating");
    let id = answer.association_id.unwrap();
    let call = aws.ec2.disassociate_client_vpn_target_network().client_vpn_endpoint_id(ENDPOINT).association_id(&id);
    let answer = call.send().await.unwrap();
    assert_eq!(answer.association_id(), Some(&*id));
    assert_eq!(answer.status().unwrap().code().unwrap().as_str(), "disassociating");
}

#[tokio::test]
async fn an_association_under_way_can_be_taken_back() {
    let aws = Aws::start().await;
    let id = aws.associate(A).await;
    assert_eq!(aws.disassociate(&id).await, "OK");
    assert_eq!(aws.networks().await, [format!("{A} disassociating")]);
    assert!(aws.routes().await.is_empty(), "it never had a route");
    aws.pass(minutes(1)).await;
    assert_eq!(aws.disassociate(&id).await, "OK", "twice is once");
    aws.pass(minutes(4)).await;
    assert_eq!(aws.networks().await, [format!("{A} disassociated")], "and takes no longer");
    aws.state(|state, _| state.settings.quirks.refuse_disassociate_while_associating = true);
    let other = aws.associate(B).await;
    assert_eq!(aws.disassociate(&other).await, "IncorrectState");
    aws.pass(minutes(5)).await;
    assert_eq!(aws.disassociate(&other).await, "OK");
}

#[tokio::test]
async fn routes_go_with_their_subnet_and_only_with_it() {
    let aws = Aws::start().await;
    let a = aws.associate(A).await;
    let b = aws.associated(B).await;
    for subnet in [A, B] {
        assert_eq!(aws.create_route(subnet, "0.0.0.0/0").await, "OK");
    }
    let automatic = |subnet: &str, state: &str| format!("{subnet} 10.0.0.0/16 associate {state}");
    let made = |subnet: &str, state: &str| format!("{subnet} 0.0.0.0/0 add-route {state}");
    let all = [automatic(A, "active"), automatic(B, "active"), made(A, "creating"), made(B, "creating")];
    assert_eq!(aws.routes().await, all);
    aws.pass(seconds(120)).await;
    let all = [automatic(A, "active"), automatic(B, "active"), made(A, "active"), made(B, "active")];
    assert_eq!(aws.routes().await, all);

    assert_eq!(aws.disassociate(&a).await, "OK");
    let going = [automatic(A, "deleting"), automatic(B, "active"), made(A, "deleting"), made(B, "active")];
    assert_eq!(aws.routes().await, going);
    aws.pass(minutes(5)).await;
    assert_eq!(aws.routes().await, [automatic(B, "active"), made(B, "active")]);
    assert_eq!(aws.disassociate(&b).await, "OK");
    aws.pass(minutes(5)).await;
    assert!(aws.routes().await.is_empty());

    aws.associated(A).await;
    assert_eq!(aws.routes().await, [automatic(A, "active")], "what was made by hand does not come back");
}

#[tokio::test]
async fn a_route_is_deleted_by_hand() {
    let aws = Aws::start().await;
    aws.associated(A).await;
    assert_eq!(aws.create_route(A, "192.168.0.0/16").await, "OK");
    aws.pass(minutes(1)).await;
    let delete = || aws.ec2.delete_client_vpn_route().client_vpn_endpoint_id(ENDPOINT).target_vpc_subnet_id(A);
    let answer = delete().destination_cidr_block("192.168.0.0/16").send().await.unwrap();
    assert_eq!(answer.status().unwrap().code().unwrap().as_str(), "deleting");
    assert_eq!(aws.routes().await.len(), 2);
    aws.pass(seconds(120)).await;
    assert_eq!(aws.routes().await.len(), 1);
    assert_eq!(aws.create_route(A, "192.168.0.0/16").await, "OK");
}

#[tokio::test]
async fn a_deleted_route_does_not_wait_for_its_subnet() {
    let aws = Aws::start().await;
    let id = aws.associated(A).await;
    assert_eq!(aws.create_route(A, "192.168.0.0/16").await, "OK");
    aws.pass(minutes(1)).await;
    let delete = aws.ec2.delete_client_vpn_route().client_vpn_endpoint_id(ENDPOINT).target_vpc_subnet_id(A);
    delete.destination_cidr_block("192.168.0.0/16").send().await.unwrap();
    aws.pass(seconds(60)).await;
    assert_eq!(aws.disassociate(&id).await, "OK");
    assert_eq!(aws.routes().await.len(), 2);
    aws.pass(seconds(60)).await;
    assert_eq!(aws.routes().await, [format!("{A} 10.0.0.0/16 associate deleting")]);
}

#[tokio::test]
async fn routes_may_be_made_while_associating_unless_told_otherwise() {
    let aws = Aws::start().await;
    aws.associate(A).await;
    assert_eq!(aws.create_route(A, "192.168.0.0/16").await, "OK");
    assert_eq!(aws.routes().await, [format!("{A} 192.168.0.0/16 add-route creating")]);

    let aws = Aws::start().await;
    aws.state(|state, _| state.settings.quirks.routes_while_associating = None);
    aws.associate(A).await;
    assert_eq!(aws.create_route(A, "0.0.0.0/0").await, "InvalidClientVpnActiveAssociationNotFound");
    aws.state(|state, _| state.settings.quirks.routes_while_associating = Some(seconds(3)));
    assert_eq!(aws.create_route(A, "0.0.0.0/0").await, "InvalidClientVpnActiveAssociationNotFound");
    aws.pass(seconds(3)).await;
    assert_eq!(aws.create_route(A, "0.0.0.0/0").await, "OK");
    aws.pass(minutes(4)).await;
    assert_eq!(aws.routes().await, [format!("{A} 0.0.0.0/0 add-route creating")]);
    aws.pass(minutes(3)).await;
    assert!(aws.routes().await.contains(&format!("{A} 0.0.0.0/0 add-route active")));
}

#[tokio::test]
async fn the_last_disassociation_ends_all_connections() {
    let aws = Aws::start().await;
    let a = aws.associate(A).await;
    let b = aws.associated(B).await;
    aws.state(|state, now| state.connect(now, "cvpn-connection-1", &ClientConnect::default()));
    assert_eq!(aws.disassociate(&a).await, "OK");
    assert_eq!(aws.state(|state, now| state.active_connections(now)), 1);
    assert!(aws.state(|state, now| state.takes_connections(now)));
    assert_eq!(aws.disassociate(&b).await, "OK");
    assert_eq!(aws.state(|state, now| state.active_connections(now)), 0);
    assert!(!aws.state(|state, now| state.takes_connections(now)));
}

#[tokio::test]
async fn the_endpoint_is_described_whole() {
    let aws = Aws::start().await;
    let endpoint = aws.endpoint().await;
    assert_eq!(endpoint.vpc_id(), Some("vpc-01"));
    assert_eq!(endpoint.client_cidr_block(), Some("10.200.0.0/22"));
    assert_eq!(endpoint.security_group_ids(), ["sg-01"]);
    let handler = endpoint.client_connect_options().unwrap();
    assert_eq!(handler.enabled(), Some(true));
    assert!(handler.lambda_function_arn().unwrap().ends_with(":function:AWSClientVPN-X"));
    assert_eq!(handler.status().unwrap().code().unwrap().as_str(), "applied");
    assert_eq!(endpoint.authentication_options()[0].r#type().unwrap().as_str(), "certificate-authentication");

    aws.associated(A).await;
    let call = aws.ec2.describe_client_vpn_target_networks().client_vpn_endpoint_id(ENDPOINT).send().await.unwrap();
    let network = &call.client_vpn_target_networks()[0];
    assert_eq!((network.vpc_id(), network.client_vpn_endpoint_id()), (Some("vpc-01"), Some(ENDPOINT)));
    assert_eq!(network.security_groups(), ["sg-01"]);

    let rules = aws.ec2.describe_client_vpn_authorization_rules().client_vpn_endpoint_id(ENDPOINT);
    let rules = rules.send().await.unwrap();
    assert_eq!(rules.authorization_rules()[0].destination_cidr(), Some("10.0.0.0/16"));
    assert_eq!(rules.authorization_rules()[0].access_all(), Some(true));
}
