//! Authorization rules. Which are refused stands in `crates/aws/tests/ec2`.

use crate::fixture::{Aws, ENDPOINT, ROLE, outcome, seconds};

/// `block group state` of each rule.
async fn rules(aws: &Aws) -> Vec<String> {
    let call = aws.ec2.describe_client_vpn_authorization_rules().client_vpn_endpoint_id(ENDPOINT);
    let rules = call.send().await.unwrap().authorization_rules.unwrap();
    let rule = |rule: &aws_sdk_ec2::types::AuthorizationRule| {
        let who = if rule.access_all().unwrap() { "everyone" } else { rule.group_id().unwrap() };
        let code = rule.status().unwrap().code().unwrap().as_str();
        format!("{} {who} {} {code}", rule.destination_cidr().unwrap(), rule.description().unwrap())
    };
    rules.iter().map(rule).collect()
}

#[tokio::test]
async fn rules_are_authorized_and_revoked() {
    let aws = Aws::start().await;
    let authorize = aws.ec2.authorize_client_vpn_ingress().client_vpn_endpoint_id(ENDPOINT);
    let authorize = authorize.target_network_cidr("192.168.0.0/16").description("office");
    let answer = authorize.clone().authorize_all_groups(true).send().await.unwrap();
    assert_eq!(answer.status().unwrap().code().unwrap().as_str(), "authorizing");
    assert_eq!(outcome(authorize.clone().access_group_id("admins").send().await), "OK");
    let again = authorize.clone().authorize_all_groups(true).send().await;
    assert_eq!(outcome(again), "InvalidClientVpnDuplicateAuthorizationRule");
    assert_eq!(outcome(authorize.clone().send().await), "MissingParameter");
    aws.pass(seconds(30)).await;
    let expected = ["192.168.0.0/16 everyone office active", "192.168.0.0/16 admins office active"];
    assert_eq!(rules(&aws).await[1..], expected);

    let revoke = || {
        let revoke = aws.ec2.revoke_client_vpn_ingress().client_vpn_endpoint_id(ENDPOINT);
        revoke.target_network_cidr("192.168.0.0/16")
    };
    assert_eq!(outcome(revoke().revoke_all_groups(true).dry_run(true).send().await), "DryRunOperation");
    let answer = revoke().revoke_all_groups(true).send().await.unwrap();
    assert_eq!(answer.status().unwrap().code().unwrap().as_str(), "revoking");
    aws.pass(seconds(30)).await;
    assert_eq!(rules(&aws).await[1..], expected[1..]);
    let gone = outcome(revoke().revoke_all_groups(true).send().await);
    assert_eq!(gone, "InvalidClientVpnEndpointAuthorizationRuleNotFound");

    let revoke = aws.as_role(ROLE).revoke_client_vpn_ingress().client_vpn_endpoint_id(ENDPOINT);
    let denied = revoke.target_network_cidr("192.168.0.0/16").access_group_id("admins").send().await;
    assert_eq!(outcome(denied), "UnauthorizedOperation");
}
