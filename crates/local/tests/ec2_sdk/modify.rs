//! What an endpoint is beside its subnets: everything that `ModifyClientVpnEndpoint` takes, and what it refuses.

use aws_sdk_ec2::types::{
    ClientConnectOptions, ClientLoginBannerOptions, ClientRouteEnforcementOptions,
    ClientRouteEnforcementResponseOptions, ClientVpnEndpoint, ConnectionLogOptions, DnsServersOptionsModifyStructure,
    SelfServicePortal,
};

use crate::fixture::{A, Aws, ENDPOINT, outcome};

async fn described(aws: &Aws) -> ClientVpnEndpoint {
    let answer = aws.ec2.describe_client_vpn_endpoints().send().await.unwrap();
    answer.client_vpn_endpoints()[0].clone()
}

#[tokio::test]
async fn all_that_is_changed_is_told() {
    let aws = Aws::start().await;
    let before = described(&aws).await;
    assert_eq!((before.vpn_port(), before.session_timeout_hours()), (Some(443), Some(24)));
    let log = ConnectionLogOptions::builder().enabled(true).cloudwatch_log_group("vpn").cloudwatch_log_stream("s");
    let servers = DnsServersOptionsModifyStructure::builder().enabled(true).custom_dns_servers("10.0.0.2");
    let banner = ClientLoginBannerOptions::builder().enabled(true).banner_text("Be careful");
    let modify = aws.ec2.modify_client_vpn_endpoint().client_vpn_endpoint_id(ENDPOINT).description("ours");
    let modify = modify.server_certificate_arn("arn:aws:acm:us-east-1:123456789012:certificate/new");
    let modify = modify.connection_log_options(log.build()).dns_servers(servers.build()).vpn_port(1194);
    let modify = modify.split_tunnel(false).self_service_portal(SelfServicePortal::Enabled).session_timeout_hours(8);
    let enforced = ClientRouteEnforcementOptions::builder().enforced(true).build();
    let modify = modify.client_login_banner_options(banner.build()).client_route_enforcement_options(enforced);
    let modify = modify.disconnect_on_session_timeout(false).vpc_id("vpc-01").security_group_ids("sg-1");
    assert_eq!(modify.send().await.unwrap().r#return(), Some(true));

    let after = described(&aws).await;
    assert_eq!(after.description(), Some("ours"));
    assert_eq!(after.server_certificate_arn(), Some("arn:aws:acm:us-east-1:123456789012:certificate/new"));
    let log = after.connection_log_options().unwrap();
    assert_eq!(
        (log.enabled(), log.cloudwatch_log_group(), log.cloudwatch_log_stream()),
        (Some(true), Some("vpn"), Some("s"))
    );
    assert_eq!(after.dns_servers(), ["10.0.0.2"]);
    assert_eq!((after.vpn_port(), after.session_timeout_hours()), (Some(1194), Some(8)));
    assert_eq!((after.split_tunnel(), after.disconnect_on_session_timeout()), (Some(false), Some(false)));
    assert!(after.self_service_portal_url().is_some_and(|url| url.ends_with(ENDPOINT)));
    let banner = after.client_login_banner_options().unwrap();
    assert_eq!((banner.enabled(), banner.banner_text()), (Some(true), Some("Be careful")));
    assert_eq!(
        after.client_route_enforcement_options().and_then(ClientRouteEnforcementResponseOptions::enforced),
        Some(true)
    );
    assert_eq!(after.security_group_ids(), ["sg-1"]);

    // What is not spoken of stays, and what is switched off goes.
    let modify = aws.ec2.modify_client_vpn_endpoint().client_vpn_endpoint_id(ENDPOINT).description("");
    let none = DnsServersOptionsModifyStructure::builder().enabled(false).build();
    let off = ClientLoginBannerOptions::builder().enabled(false).build();
    modify.dns_servers(none).client_login_banner_options(off).send().await.unwrap();
    let last = described(&aws).await;
    assert_eq!((last.description(), last.vpn_port()), (Some(""), Some(1194)));
    assert!(last.dns_servers().is_empty());
    assert_eq!(last.client_login_banner_options().and_then(|banner| banner.enabled()), Some(false));
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_nothing_of_it_done() {
    let aws = Aws::start().await;
    let before = described(&aws).await;
    let modify = || aws.ec2.modify_client_vpn_endpoint().client_vpn_endpoint_id(ENDPOINT).description("half done");
    assert_eq!(outcome(modify().vpc_id("vpc-0nowhere").send().await), "InvalidVpcID.NotFound");
    assert_eq!(outcome(modify().security_group_ids("sg-1").send().await), "MissingParameter");
    let groups = modify().vpc_id("vpc-01").security_group_ids("group");
    assert_eq!(outcome(groups.send().await), "InvalidGroupId.Malformed");
    for port in [0, 80, -1, i32::MAX] {
        assert_eq!(outcome(modify().vpn_port(port).send().await), "InvalidParameterValue", "{port}");
    }
    assert_eq!(outcome(modify().session_timeout_hours(9).send().await), "InvalidParameterValue");
    assert_eq!(outcome(modify().server_certificate_arn("mine").send().await), "InvalidParameterValue");
    let servers = |addresses: &[&str]| {
        let servers = DnsServersOptionsModifyStructure::builder().enabled(true);
        let addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
        servers.set_custom_dns_servers(Some(addresses)).build()
    };
    for (addresses, code) in [
        (vec!["10.0.0.2", "10.0.0.3", "10.0.0.4"], "InvalidParameterValue"),
        (vec!["ns.example.com"], "InvalidParameterValue"),
        (vec![], "MissingParameter"),
    ] {
        assert_eq!(outcome(modify().dns_servers(servers(&addresses)).send().await), code, "{addresses:?}");
    }
    let log = ConnectionLogOptions::builder().enabled(true).build();
    assert_eq!(outcome(modify().connection_log_options(log).send().await), "MissingParameter");
    let banner = ClientLoginBannerOptions::builder().enabled(true).banner_text("a".repeat(1401)).build();
    assert_eq!(outcome(modify().client_login_banner_options(banner).send().await), "InvalidParameterValue");
    let handler = ClientConnectOptions::builder().enabled(true);
    let handler = handler.lambda_function_arn("arn:aws:lambda:us-east-1:123456789012:function:Mine").build();
    assert_eq!(outcome(modify().client_connect_options(handler).send().await), "InvalidParameterValue");
    assert_eq!(described(&aws).await, before);

    // Another VPC, that of a subnet: only while none of the first is associated.
    aws.associated(A).await;
    assert_eq!(outcome(modify().vpc_id("vpc-02").send().await), "InvalidParameterValue");
    let aws = Aws::start().await;
    let modify = aws.ec2.modify_client_vpn_endpoint().client_vpn_endpoint_id(ENDPOINT).vpc_id("vpc-02");
    assert_eq!(outcome(modify.send().await), "OK");
    assert_eq!(described(&aws).await.vpc_id(), Some("vpc-02"));
}
