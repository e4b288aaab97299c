//! Filters and pages.

use aws::ec2::ClientConnect;
use aws_sdk_ec2::types::Filter;

use crate::fixture::{A, Aws, B, ENDPOINT, outcome};

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let aws = Aws::start().await;
    aws.state(|state, now| {
        for number in 0..12 {
            state.connect(now, &format!("cvpn-connection-{number:02}"), &ClientConnect::default());
        }
    });
    let page = |token: Option<String>| {
        let call = aws.ec2.describe_client_vpn_connections().client_vpn_endpoint_id(ENDPOINT).max_results(5);
        call.set_next_token(token).send()
    };
    let mut seen = Vec::new();
    let mut sizes = Vec::new();
    let mut token = None;
    loop {
        let answer = page(token).await.unwrap();
        sizes.push(answer.connections().len());
        seen.extend(answer.connections().iter().map(|connection| connection.connection_id().unwrap().to_owned()));
        token = answer.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [5, 5, 2]);
    assert_eq!(seen, (0..12).map(|number| format!("cvpn-connection-{number:02}")).collect::<Vec<_>>());

    assert_eq!(outcome(page(Some("nonsense".to_owned())).await), "InvalidPaginationToken");
    let other = aws.ec2.describe_client_vpn_routes().client_vpn_endpoint_id(ENDPOINT);
    let foreign = page(None).await.unwrap().next_token.unwrap();
    assert_eq!(outcome(other.next_token(foreign).send().await), "InvalidPaginationToken");
}

#[tokio::test]
async fn pages_are_as_small_as_the_service_likes() {
    let aws = Aws::start().await;
    aws.associate(A).await;
    aws.associate(B).await;
    aws.state(|state, _| state.settings.limits.page = 1);
    let mut pages =
        aws.ec2.describe_client_vpn_target_networks().client_vpn_endpoint_id(ENDPOINT).into_paginator().send();
    let mut networks = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert_eq!(page.client_vpn_target_networks().len(), 1);
        networks.extend(page.client_vpn_target_networks().iter().map(|it| it.target_network_id().unwrap().to_owned()));
    }
    assert_eq!(networks, [A, B]);
}

#[tokio::test]
async fn sizes_are_limited() {
    let aws = Aws::start().await;
    for (size, expected) in [(4, "InvalidParameterValue"), (5, "OK"), (1000, "OK"), (1001, "InvalidParameterValue")] {
        let call = aws.ec2.describe_client_vpn_routes().client_vpn_endpoint_id(ENDPOINT).max_results(size);
        assert_eq!(outcome(call.send().await), expected, "{size}");
    }
}

#[tokio::test]
async fn associations_are_found_by_id_and_filter() {
    let aws = Aws::start().await;
    let a = aws.associate(A).await;
    let b = aws.associate(B).await;
    let find = async |ids: &[&str], filters: &[Filter]| {
        let ids = ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        let call = aws.ec2.describe_client_vpn_target_networks().client_vpn_endpoint_id(ENDPOINT);
        let call = call.set_association_ids(Some(ids)).set_filters(Some(filters.to_vec()));
        let answer = call.send().await.unwrap();
        let ids = answer.client_vpn_target_networks().iter().map(|network| network.association_id().unwrap());
        ids.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(find(&[&b], &[]).await, [&*b]);
    assert_eq!(find(&[], &[filter("target-network-id", A)]).await, [&*a]);
    assert_eq!(find(&[], &[filter("vpc-id", "vpc-*")]).await, [&*a, &*b]);
    assert_eq!(find(&[], &[filter("vpc-id", "vpc-01"), filter("association-id", &b)]).await, [&*b]);
    assert!(find(&[], &[filter("vpc-id", "vpc-02")]).await.is_empty());
    aws.state(|state, _| state.settings.quirks.ignore_association_ids = true);
    assert_eq!(find(&[&b], &[]).await, [&*a, &*b]);
    let unknown = aws.ec2.describe_client_vpn_target_networks().client_vpn_endpoint_id(ENDPOINT);
    assert_eq!(outcome(unknown.filters(filter("colour", "red")).send().await), "InvalidParameterValue");
}

#[tokio::test]
async fn the_other_lists_have_their_filters() {
    let aws = Aws::start().await;
    aws.associated(A).await;
    assert_eq!(aws.create_route(A, "0.0.0.0/0").await, "OK");
    for (name, value, found) in
        [("destination-cidr", "0.0.0.0/0", 1), ("origin", "associate", 1), ("origin", "*", 2), ("target-subnet", B, 0)]
    {
        let call = aws.ec2.describe_client_vpn_routes().client_vpn_endpoint_id(ENDPOINT).filters(filter(name, value));
        assert_eq!(call.send().await.unwrap().routes().len(), found, "{name}={value}");
    }
    for (name, value, found) in
        [("endpoint-id", ENDPOINT, 1), ("endpoint-id", "x", 0), ("transport-protocol", "udp", 1)]
    {
        let call = aws.ec2.describe_client_vpn_endpoints().filters(filter(name, value));
        assert_eq!(call.send().await.unwrap().client_vpn_endpoints().len(), found, "{name}={value}");
    }
    for (name, value, found) in [("destination-cidr", "10.0.0.0/16", 1), ("group-id", "x", 0), ("description", "x", 0)]
    {
        let call = aws.ec2.describe_client_vpn_authorization_rules().client_vpn_endpoint_id(ENDPOINT);
        let rules = call.filters(filter(name, value)).send().await.unwrap();
        assert_eq!(rules.authorization_rules().len(), found, "{name}={value}");
    }
}

#[tokio::test]
async fn subnets_are_those_of_the_deployment() {
    let aws = Aws::start().await;
    let all = aws.ec2.describe_subnets().send().await.unwrap();
    assert_eq!(all.subnets().len(), 8);
    let first = &all.subnets()[0];
    assert_eq!((first.subnet_id(), first.vpc_id()), (Some(A), Some("vpc-01")));
    assert_eq!((first.availability_zone(), first.cidr_block()), (Some("us-east-1a"), Some("10.0.0.0/24")));
    assert_eq!(first.available_ip_address_count(), Some(251));
    for (name, value, found) in [
        ("vpc-id", "vpc-01", 7),
        ("availability-zone", "us-east-1a", 2),
        ("cidr-block", "10.0.1.0/24", 1),
        ("subnet-id", B, 1),
        ("state", "available", 8),
    ] {
        let call = aws.ec2.describe_subnets().filters(filter(name, value));
        assert_eq!(call.send().await.unwrap().subnets().len(), found, "{name}={value}");
    }
    assert_eq!(outcome(aws.ec2.describe_subnets().subnet_ids("subnet-0x").send().await), "InvalidSubnetID.NotFound");
}
