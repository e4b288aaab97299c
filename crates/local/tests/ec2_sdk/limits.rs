//! Client tokens, throttling, concurrent changes, quotas.

use aws_sdk_ec2::error::ProvideErrorMetadata;

use crate::fixture::{A, Aws, B, ENDPOINT, minutes, outcome, seconds};

#[tokio::test]
async fn a_client_token_replays_its_success_even_when_that_is_long_over() {
    let aws = Aws::start().await;
    let associate = async |subnet: &str, token: &str| {
        let call = aws.ec2.associate_client_vpn_target_network().client_vpn_endpoint_id(ENDPOINT);
        call.subnet_id(subnet).client_token(token).send().await
    };
    let id = associate(A, "once").await.unwrap().association_id.unwrap();
    assert_eq!(associate(A, "once").await.unwrap().association_id(), Some(&*id));
    assert_eq!(outcome(associate(B, "once").await), "IdempotentParameterMismatch");
    assert_eq!(outcome(associate(A, "again").await), "InvalidClientVpnDuplicateAssociationException");
    assert_eq!(outcome(associate(B, &"x".repeat(65)).await), "InvalidClientToken");

    aws.pass(minutes(5)).await;
    assert_eq!(aws.disassociate(&id).await, "OK");
    aws.pass(minutes(10)).await;
    assert_eq!(associate(A, "once").await.unwrap().association_id(), Some(&*id), "an old success");
    assert!(aws.networks().await.is_empty(), "and nothing happened");

    aws.associated(A).await;
    let route = async |destination: &str| {
        let call = aws.ec2.create_client_vpn_route().client_vpn_endpoint_id(ENDPOINT).target_vpc_subnet_id(A);
        outcome(call.destination_cidr_block(destination).client_token("route").send().await)
    };
    assert_eq!(route("0.0.0.0/0").await, "OK");
    assert_eq!(route("0.0.0.0/0").await, "OK");
    assert_eq!(route("172.16.0.0/12").await, "IdempotentParameterMismatch");
    assert_eq!(aws.routes().await.len(), 2);
}

#[tokio::test]
async fn a_failed_call_leaves_its_token_unused() {
    let aws = Aws::start().await;
    let route = || {
        let call = aws.ec2.create_client_vpn_route().client_vpn_endpoint_id(ENDPOINT).target_vpc_subnet_id(A);
        call.destination_cidr_block("0.0.0.0/0").client_token("later").send()
    };
    assert_eq!(outcome(route().await), "InvalidClientVpnActiveAssociationNotFound");
    aws.associated(A).await;
    assert_eq!(outcome(route().await), "OK");
    assert_eq!(aws.routes().await.len(), 2);
}

#[tokio::test]
async fn each_action_has_a_bucket_that_time_refills() {
    let aws = Aws::start().await;
    aws.associated(A).await;
    for number in 0..5 {
        assert_eq!(aws.create_route(A, &format!("172.16.{number}.0/24")).await, "OK");
    }
    let call = aws.ec2.create_client_vpn_route().client_vpn_endpoint_id(ENDPOINT).target_vpc_subnet_id(A);
    let error = call.destination_cidr_block("172.16.5.0/24").send().await.unwrap_err();
    assert_eq!(error.code(), Some("RequestLimitExceeded"));
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 503);
    aws.pass(seconds(1)).await;
    assert_eq!(aws.create_route(A, "172.16.5.0/24").await, "OK");
    assert_eq!(aws.create_route(A, "172.16.6.0/24").await, "OK");
    assert_eq!(aws.create_route(A, "172.16.7.0/24").await, "RequestLimitExceeded");
    assert_eq!(aws.networks().await.len(), 1, "another action, another bucket");

    aws.pass(minutes(2)).await;
    aws.state(|state, _| state.settings.limits.throttle = false);
    for number in 10..17 {
        assert_eq!(aws.create_route(A, &format!("172.16.{number}.0/24")).await, "OK");
    }
}

#[tokio::test]
async fn reads_have_the_larger_bucket() {
    let aws = Aws::start().await;
    let outcomes = aws.state(|state, now| {
        let mut read = || state.describe_endpoints(now, &aws::ec2::Query::default()).is_ok();
        (0..101).map(|_| read()).collect::<Vec<_>>()
    });
    assert!(outcomes[..100].iter().all(|ok| *ok) && !outcomes[100]);
}

#[tokio::test]
async fn ten_changes_at_once_are_enough() {
    let aws = Aws::start().await;
    aws.state(|state, _| state.settings.limits.throttle = false);
    aws.associated(A).await;
    for number in 0..10 {
        assert_eq!(aws.create_route(A, &format!("172.16.{number}.0/24")).await, "OK");
    }
    assert_eq!(aws.create_route(A, "172.16.10.0/24").await, "ConcurrentMutationLimitExceeded");
    let associate = aws.ec2.associate_client_vpn_target_network().client_vpn_endpoint_id(ENDPOINT).subnet_id(B);
    assert_eq!(outcome(associate.send().await), "ConcurrentMutationLimitExceeded");
    aws.pass(seconds(120)).await;
    assert_eq!(aws.create_route(A, "172.16.10.0/24").await, "OK");
}

#[tokio::test]
async fn routes_that_go_with_their_subnet_are_one_change() {
    let aws = Aws::start().await;
    aws.state(|state, _| state.settings.limits.throttle = false);
    let a = aws.associated(A).await;
    for number in 0..20 {
        assert_eq!(aws.create_route(A, &format!("172.16.{number}.0/24")).await, "OK");
        aws.pass(seconds(120)).await;
    }
    assert_eq!(aws.disassociate(&a).await, "OK");
    aws.associate(B).await;
}

#[tokio::test]
async fn a_subnet_has_a_hundred_routes() {
    let aws = Aws::start().await;
    aws.state(|state, _| {
        state.settings.limits.throttle = false;
        state.settings.limits.concurrent_changes = 1_000;
    });
    aws.associated(A).await;
    for number in 0..99 {
        assert_eq!(aws.create_route(A, &format!("172.16.{number}.0/24")).await, "OK");
    }
    assert_eq!(aws.create_route(A, "172.16.99.0/24").await, "ClientVpnRouteLimitExceeded");
}
