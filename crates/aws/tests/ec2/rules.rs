//! Authorization rules.

use aws::ec2::{Effect, Fault};
use jiff::SignedDuration;

use crate::{ENDPOINT, Ec2, texts};

const AUTHORIZE: &str = "AuthorizeClientVpnIngress";
const REVOKE: &str = "RevokeClientVpnIngress";
const OFFICE: (&str, &str) = ("TargetNetworkCidr", "192.168.0.0/16");
const EVERYONE: (&str, &str) = ("AuthorizeAllGroups", "true");
const ADMINS: (&str, &str) = ("AccessGroupId", "admins");

/// `block group state` of each rule.
fn rules(ec2: &mut Ec2) -> Vec<String> {
    let xml = ec2.call("DescribeClientVpnAuthorizationRules", &[("ClientVpnEndpointId", ENDPOINT)]).expect("rules");
    let rule = |xml: &String| {
        let one = |name: &str| texts(xml, name).remove(0);
        let who = if one("accessAll") == "true" { "everyone".to_owned() } else { one("groupId") };
        format!("{} {who} {}", one("destinationCidr"), one("code"))
    };
    texts(&xml, "item").iter().map(rule).collect()
}

#[test]
fn a_rule_is_authorized_and_revoked() {
    const VPC: &str = "10.0.0.0/16 everyone active";
    let mut ec2 = Ec2::new();
    assert_eq!(rules(&mut ec2), [VPC], "nothing is associated, and the first rule is there (fact 4.10)");
    let answer = ec2.call(AUTHORIZE, &[("ClientVpnEndpointId", ENDPOINT), OFFICE, EVERYONE]).expect("authorized");
    assert_eq!(texts(&answer, "code"), ["authorizing"]);
    assert_eq!(ec2.outcome(AUTHORIZE, &[OFFICE, ADMINS]), "OK");
    assert_eq!(rules(&mut ec2)[1..], ["192.168.0.0/16 everyone authorizing", "192.168.0.0/16 admins authorizing"]);
    ec2.pass(SignedDuration::from_secs(30));
    assert_eq!(rules(&mut ec2)[1..], ["192.168.0.0/16 everyone active", "192.168.0.0/16 admins active"]);

    // Everyone's rule goes, the group's stays.
    let revoke = [OFFICE, ("RevokeAllGroups", "true")];
    assert_eq!(ec2.outcome(REVOKE, &revoke), "OK");
    assert_eq!(rules(&mut ec2)[1..], ["192.168.0.0/16 everyone revoking", "192.168.0.0/16 admins active"]);
    assert_eq!(ec2.outcome(REVOKE, &revoke), "IncorrectState");
    assert_eq!(ec2.outcome(AUTHORIZE, &[OFFICE, EVERYONE]), "IncorrectState");
    ec2.pass(SignedDuration::from_secs(30));
    assert_eq!(rules(&mut ec2)[1..], ["192.168.0.0/16 admins active"]);
    assert_eq!(ec2.outcome(REVOKE, &revoke), "InvalidClientVpnEndpointAuthorizationRuleNotFound");
    assert_eq!(ec2.outcome(AUTHORIZE, &[OFFICE, EVERYONE]), "OK", "the same once more");
}

#[test]
fn rules_that_cannot_be() {
    let mut ec2 = Ec2::new();
    for (parameters, code) in [
        (vec![OFFICE], "MissingParameter"),
        (vec![OFFICE, ("AuthorizeAllGroups", "false")], "MissingParameter"),
        (vec![OFFICE, EVERYONE, ADMINS], "InvalidParameterCombination"),
        (vec![EVERYONE], "MissingParameter"),
        (vec![("TargetNetworkCidr", "office"), EVERYONE], "InvalidParameterValue"),
        (vec![("TargetNetworkCidr", "::/0"), EVERYONE], "InvalidParameterValue"),
        (vec![("TargetNetworkCidr", "10.0.0.0/16"), EVERYONE], "InvalidClientVpnDuplicateAuthorizationRule"),
        (vec![("TargetNetworkCidr", "10.0.255.0/16"), EVERYONE], "InvalidClientVpnDuplicateAuthorizationRule"),
        (vec![("TargetNetworkCidr", "10.0.0.0/16"), ADMINS], "OK"),
    ] {
        ec2.pass(SignedDuration::from_mins(1));
        assert_eq!(ec2.outcome(AUTHORIZE, &parameters), code, "{parameters:?}");
    }
    let unknown = ec2.call(AUTHORIZE, &[("ClientVpnEndpointId", "cvpn-endpoint-0f"), OFFICE, EVERYONE]);
    assert_eq!(unknown.expect_err("unknown").0, "InvalidClientVpnEndpointId.NotFound");
    let neither = ec2.call(REVOKE, &[("ClientVpnEndpointId", ENDPOINT), OFFICE]).expect_err("nobody's");
    assert_eq!(neither.1, "You must specify either access-group-id or revoke-all-groups");

    // Two hundred, the first one and what is being revoked included (fact 7.3).
    ec2.state.settings.limits.rules = 3;
    assert_eq!(ec2.outcome(AUTHORIZE, &[OFFICE, EVERYONE]), "OK");
    assert_eq!(ec2.outcome(AUTHORIZE, &[OFFICE, ADMINS]), "ClientVpnAuthorizationRuleLimitExceeded");
}

#[test]
fn rules_are_throttled_replayed_counted_and_fail() {
    let mut ec2 = Ec2::new();
    let network = |number: usize| format!("172.16.{number}.0/24");
    let authorize = |ec2: &mut Ec2, number: usize, token: &str| {
        ec2.outcome(AUTHORIZE, &[("TargetNetworkCidr", &network(number)), EVERYONE, ("ClientToken", token)])
    };
    // Five at once, two a second (fact 4.16).
    let at_once: Vec<_> = (0..6).map(|number| authorize(&mut ec2, number, &number.to_string())).collect();
    assert_eq!(at_once, ["OK", "OK", "OK", "OK", "OK", "RequestLimitExceeded"]);
    ec2.pass(SignedDuration::from_secs(1));
    assert_eq!(authorize(&mut ec2, 0, "0"), "OK", "the token replays");
    assert_eq!(authorize(&mut ec2, 7, "0"), "IdempotentParameterMismatch");
    assert_eq!(rules(&mut ec2).len(), 6);

    // Ten under way, then no more (fact 4.15).
    ec2.state.settings.limits.throttle = false;
    let more: Vec<_> = (10..16).map(|number| authorize(&mut ec2, number, &number.to_string())).collect();
    assert_eq!(more, ["OK", "OK", "OK", "OK", "OK", "ConcurrentMutationLimitExceeded"]);

    ec2.pass(SignedDuration::from_mins(1));
    let fails = Effect::Fails { message: "no such group".to_owned() };
    ec2.state.add_fault(Fault::new(AUTHORIZE, fails));
    assert_eq!(authorize(&mut ec2, 20, "20"), "OK");
    ec2.pass(SignedDuration::from_mins(1));
    assert_eq!(rules(&mut ec2).pop().as_deref(), Some("172.16.20.0/24 everyone failed"));
}
