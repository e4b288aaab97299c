//! Every error code that AWS documents for these actions (fact 4.17).

use aws::ec2::{DuplicateAssociation, Which};

use crate::fixture::{A, A2, Aws, B, BOTH, ELSEWHERE, ENDPOINT, IPV6_ONLY, OVERLAPPING, ROLE, TINY, outcome};

const OTHER: &str = "cvpn-endpoint-0ffffffffffffffff";

async fn associate(aws: &Aws, subnet: &str) -> String {
    let call = aws.ec2.associate_client_vpn_target_network().client_vpn_endpoint_id(ENDPOINT).subnet_id(subnet);
    outcome(call.send().await)
}

#[tokio::test]
async fn subnets_that_cannot_be_associated() {
    let aws = Aws::start().await;
    for (subnet, code) in [
        ("subnet-0nowhere", "InvalidSubnetID.NotFound"),
        (ELSEWHERE, "InvalidClientVpnSubnetId.NotFound"),
        (OVERLAPPING, "InvalidClientVpnSubnetId.OverlappingCidr"),
        (TINY, "InvalidParameterValue"),
        (A, "OK"),
        (A, "InvalidClientVpnDuplicateAssociationException"),
        (A2, "InvalidClientVpnSubnetId.DuplicateAz"),
    ] {
        assert_eq!(associate(&aws, subnet).await, code, "{subnet}");
    }
    aws.state(|state, _| {
        state.settings.quirks.duplicate_association = DuplicateAssociation::ClientVpnEndpointAssociationExists;
    });
    assert_eq!(associate(&aws, A).await, "ClientVpnEndpointAssociationExists");
}

/// Subnets and routes are of the families that the endpoint carries (fact 7.1).
#[tokio::test]
async fn an_endpoint_takes_what_it_carries() {
    const NO: &str = "InvalidParameterValue";
    for (traffic, subnets, routes) in [
        (None, [("A", A, "OK"), ("both", BOTH, "OK"), ("IPv6 only", IPV6_ONLY, NO)], ["OK", NO, NO]),
        (Some("ipv4"), [("A", A, "OK"), ("both", BOTH, "OK"), ("IPv6 only", IPV6_ONLY, NO)], ["OK", NO, NO]),
        (Some("dual-stack"), [("A", A, NO), ("both", BOTH, "OK"), ("IPv6 only", IPV6_ONLY, NO)], ["OK"; 3]),
        (Some("ipv6"), [("A", A, NO), ("both", BOTH, "OK"), ("IPv6 only", IPV6_ONLY, "OK")], [NO, "OK", "OK"]),
    ] {
        let aws = Aws::start().await;
        aws.state(|state, _| state.change_shown(|shown| shown.traffic = traffic.map(str::to_owned)));
        for (name, subnet, code) in subnets {
            assert_eq!(associate(&aws, subnet).await, code, "{traffic:?}: {name}");
        }
        aws.pass(crate::fixture::minutes(5)).await;
        for (block, code) in ["172.16.0.0/12", "::/0", "2001:db8:1::/48"].into_iter().zip(routes) {
            assert_eq!(aws.create_route(BOTH, block).await, code, "{traffic:?}: {block}");
        }
        if routes[1] == "OK" {
            let again = aws.create_route(BOTH, "2001:0DB8:1:0::/48").await;
            assert_eq!(again, "InvalidClientVpnDuplicateRoute", "{traffic:?}: the same block in other words");
        }
    }
}

/// It associates zones (fact 7.2).
#[tokio::test]
async fn a_transit_gateway_s_endpoint_takes_no_subnet() {
    let aws = Aws::start().await;
    aws.state(|state, _| state.change_shown(|shown| shown.transit_gateway = Some("tgw-0123456789abcdef0".to_owned())));
    assert_eq!(associate(&aws, A).await, "InvalidParameterCombination");
    let endpoint = aws.endpoint().await;
    let gateway = endpoint.transit_gateway_configuration().unwrap();
    assert_eq!(gateway.transit_gateway_id(), Some("tgw-0123456789abcdef0"));
}

/// An IPv6-only subnet is described without an IPv4 block.
#[tokio::test]
async fn subnets_are_described_with_their_families() {
    let aws = Aws::start().await;
    let described = aws.ec2.describe_subnets().send().await.unwrap().subnets.unwrap();
    for (id, ipv4, ipv6) in [
        (A, Some("10.0.0.0/24"), None),
        (BOTH, Some("10.0.4.0/24"), Some("2001:db8:0:4::/64")),
        (IPV6_ONLY, None, Some("2001:db8:0:5::/64")),
    ] {
        let subnet = described.iter().find(|subnet| subnet.subnet_id() == Some(id)).unwrap();
        assert_eq!(subnet.cidr_block(), ipv4, "{id}");
        let blocks = subnet.ipv6_cidr_block_association_set();
        assert_eq!(blocks.first().and_then(|block| block.ipv6_cidr_block()), ipv6, "{id}");
        assert_eq!(subnet.ipv6_native(), Some(ipv4.is_none()), "{id}");
    }
}

#[tokio::test]
async fn an_unknown_endpoint_is_unknown_to_every_action() {
    let aws = Aws::start().await;
    let ec2 = &aws.ec2;
    let outcomes = [
        outcome(ec2.associate_client_vpn_target_network().client_vpn_endpoint_id(OTHER).subnet_id(A).send().await),
        outcome(
            ec2.disassociate_client_vpn_target_network().client_vpn_endpoint_id(OTHER).association_id("x").send().await,
        ),
        outcome(ec2.describe_client_vpn_target_networks().client_vpn_endpoint_id(OTHER).send().await),
        outcome(ec2.describe_client_vpn_endpoints().client_vpn_endpoint_ids(OTHER).send().await),
        outcome(ec2.describe_client_vpn_connections().client_vpn_endpoint_id(OTHER).send().await),
        outcome(ec2.describe_client_vpn_routes().client_vpn_endpoint_id(OTHER).send().await),
        outcome(ec2.describe_client_vpn_authorization_rules().client_vpn_endpoint_id(OTHER).send().await),
        outcome(ec2.terminate_client_vpn_connections().client_vpn_endpoint_id(OTHER).connection_id("x").send().await),
        outcome(
            ec2.create_client_vpn_route()
                .client_vpn_endpoint_id(OTHER)
                .target_vpc_subnet_id(A)
                .destination_cidr_block("0.0.0.0/0")
                .send()
                .await,
        ),
        outcome(
            ec2.delete_client_vpn_route()
                .client_vpn_endpoint_id(OTHER)
                .target_vpc_subnet_id(A)
                .destination_cidr_block("0.0.0.0/0")
                .send()
                .await,
        ),
    ];
    for (number, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome, "InvalidClientVpnEndpointId.NotFound", "{number}");
    }
}

#[tokio::test]
async fn associations_that_are_not_there() {
    let aws = Aws::start().await;
    assert_eq!(aws.disassociate("cvpn-assoc-0").await, "InvalidClientVpnAssociationIdNotFound");
    let id = aws.associated(A).await;
    assert_eq!(aws.disassociate(&id).await, "OK");
    aws.pass(crate::fixture::minutes(5)).await;
    assert_eq!(aws.disassociate(&id).await, "InvalidClientVpnAssociationIdNotFound", "it is disassociated");
    let describe = aws.ec2.describe_client_vpn_target_networks().client_vpn_endpoint_id(ENDPOINT);
    assert_eq!(outcome(describe.association_ids("cvpn-assoc-0").send().await), "InvalidClientVpnAssociationIdNotFound");
}

#[tokio::test]
async fn routes_that_cannot_be_made_or_deleted() {
    let aws = Aws::start().await;
    assert_eq!(aws.create_route(A, "0.0.0.0/0").await, "InvalidClientVpnActiveAssociationNotFound");
    aws.associated(A).await;
    assert_eq!(aws.create_route(B, "0.0.0.0/0").await, "InvalidClientVpnActiveAssociationNotFound");
    assert_eq!(aws.create_route(A, "everywhere").await, "InvalidParameterValue");
    assert_eq!(aws.create_route(A, "10.0.0.0/16").await, "InvalidClientVpnDuplicateRoute", "the automatic one");
    aws.pass(crate::fixture::minutes(1)).await;
    assert_eq!(aws.create_route(A, "0.0.0.0/0").await, "OK");
    assert_eq!(aws.create_route(A, "0.0.0.0/0").await, "InvalidClientVpnDuplicateRoute");
    aws.pass(crate::fixture::minutes(1)).await;
    let delete = async |destination: &str, subnet: &str| {
        let call = aws.ec2.delete_client_vpn_route().client_vpn_endpoint_id(ENDPOINT).target_vpc_subnet_id(subnet);
        outcome(call.destination_cidr_block(destination).send().await)
    };
    assert_eq!(delete("0.0.0.0/0", B).await, "InvalidClientVpnRouteNotFound");
    assert_eq!(delete("172.16.0.0/12", A).await, "InvalidClientVpnRouteNotFound");
    assert_eq!(delete("10.0.0.0/16", A).await, "OperationNotPermitted", "the automatic one");
    assert_eq!(delete("0.0.0.0/0", A).await, "OK");
    assert_eq!(delete("0.0.0.0/0", A).await, "InvalidClientVpnRouteNotFound", "it is being deleted");
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_says_whether_it_may() {
    let aws = Aws::start().await;
    let dry = async |ec2: &aws_sdk_ec2::Client| {
        let call = ec2.associate_client_vpn_target_network().client_vpn_endpoint_id(ENDPOINT).subnet_id(A);
        outcome(call.dry_run(true).send().await)
    };
    assert_eq!(dry(&aws.ec2).await, "DryRunOperation");
    assert_eq!(dry(&aws.as_role(ROLE)).await, "UnauthorizedOperation");
    assert!(aws.networks().await.is_empty());
}

#[tokio::test]
async fn a_role_without_a_policy_may_do_nothing() {
    let aws = Aws::start().await;
    let ec2 = aws.as_role(ROLE);
    assert_eq!(outcome(ec2.describe_client_vpn_endpoints().send().await), "UnauthorizedOperation");
    let call = ec2.associate_client_vpn_target_network().client_vpn_endpoint_id(ENDPOINT).subnet_id(A);
    let error = call.send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 403);
    let message = aws_sdk_ec2::error::ProvideErrorMetadata::message(&error).unwrap();
    let who = format!("User: arn:aws:sts::123456789012:assumed-role/{ROLE}/");
    let what = format!(
        "is not authorized to perform: ec2:AssociateClientVpnTargetNetwork on resource: \
         arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/{ENDPOINT}"
    );
    assert!(message.contains(&who) && message.contains(&what), "{message}");
    assert!(aws.networks().await.is_empty());

    let entries = aws.world.journal.after(0);
    let calls: Vec<_> = entries.iter().filter(|entry| entry.kind == "aws-call").collect();
    let noted = calls.iter().find(|call| call.data["action"] == "AssociateClientVpnTargetNetwork").unwrap();
    assert_eq!(noted.data["principal"], ROLE);
    assert_eq!(noted.data["outcome"], "UnauthorizedOperation");
    assert_eq!(noted.data["resources"][1], format!("subnet/{A}"));
    assert_eq!(noted.data["request_id"].as_str(), aws_sdk_ec2::operation::RequestId::request_id(&error));
}

#[tokio::test]
async fn connections_that_are_not_there() {
    let aws = Aws::start().await;
    let terminate = || aws.ec2.terminate_client_vpn_connections().client_vpn_endpoint_id(ENDPOINT);
    let unknown = outcome(terminate().connection_id("cvpn-connection-0").send().await);
    assert_eq!(unknown, "InvalidClientVpnConnection.IdNotFound");
    assert_eq!(outcome(terminate().username("joe").send().await), "InvalidClientVpnConnection.UserNotFound");
    assert_eq!(outcome(terminate().send().await), "MissingParameter");
    assert_eq!(outcome(terminate().username("joe").connection_id("x").send().await), "InvalidParameterCombination");

    let client = aws::ec2::ClientConnect { username: "joe".to_owned(), ..Default::default() };
    aws.state(|state, now| {
        state.settings.limits.terminated_at_once = 1;
        state.connect(now, "cvpn-connection-1", &client);
        state.connect(now, "cvpn-connection-2", &client);
        let refused = state.terminate(now, ENDPOINT, &Which::Username("joe".to_owned())).unwrap_err();
        assert_eq!(refused.code, "ClientVpnTerminateConnectionsLimitExceeded");
    });
}
