//! Things that go wrong on demand, and calls that are held.

use aws::ec2::{AwsError, Effect, Fault};
use serde_json::json;

use crate::fixture::{A, Aws, B, ENDPOINT, minutes, outcome, seconds};

const ASSOCIATE: &str = "AssociateClientVpnTargetNetwork";
const DISASSOCIATE: &str = "DisassociateClientVpnTargetNetwork";

#[tokio::test]
async fn a_fault_strikes_as_often_as_it_should_and_where_it_should() {
    let aws = Aws::start().await;
    let a = aws.associate(A).await;
    let b = aws.associate(B).await;
    aws.state(|state, _| {
        let error = AwsError::with_status("InternalError", "An internal error has occurred", 500);
        state.add_fault(Fault::error(DISASSOCIATE, error).of(&a).times(2));
    });
    assert_eq!(aws.disassociate(&a).await, "InternalError");
    assert_eq!(aws.disassociate(&b).await, "OK");
    assert_eq!(aws.disassociate(&a).await, "InternalError");
    assert_eq!(aws.disassociate(&a).await, "OK");
    assert!(aws.state(|state, _| state.faults().is_empty()));
}

#[tokio::test]
async fn faults_are_json_and_can_be_removed() {
    let aws = Aws::start().await;
    let fault: Fault = serde_json::from_value(json!({
        "action": "*", "effect": "error", "code": "Unavailable", "message": "later", "status": 503,
    }))
    .unwrap();
    let id = aws.state(|state, _| state.add_fault(fault));
    let listed = aws.state(|state, _| serde_json::to_value(state.faults()).unwrap());
    assert_eq!(listed[0]["id"], id);
    assert_eq!(listed[0]["code"], "Unavailable");
    assert_eq!(outcome(aws.ec2.describe_client_vpn_endpoints().send().await), "Unavailable");
    assert!(aws.state(|state, _| state.remove_fault(id)));
    assert!(!aws.state(|state, _| state.remove_fault(id)));
    assert_eq!(aws.endpoint_status().await, "pending-associate");
    for text in [
        json!({"action": "CreateTags", "effect": "no-answer", "times": 1}),
        json!({"action": "CreateTags", "resource": ENDPOINT, "effect": "no-answer", "performed": true}),
        json!({"action": ASSOCIATE, "effect": "fails", "message": "no"}),
        json!({"action": ASSOCIATE, "effect": "takes", "duration": "PT2H"}),
        json!({"action": ASSOCIATE, "effect": "shows", "status": "new"}),
    ] {
        let fault: Fault = serde_json::from_value(text.clone()).unwrap();
        let again: Fault = serde_json::from_value(serde_json::to_value(&fault).unwrap()).unwrap();
        assert_eq!(again, fault, "{text}");
    }
}

#[tokio::test]
async fn no_answer_comes_before_or_after_the_deed() {
    let aws = Aws::start().await;
    let associate = async || {
        let call = aws.ec2.associate_client_vpn_target_network().client_vpn_endpoint_id(ENDPOINT).subnet_id(A);
        outcome(call.send().await)
    };
    aws.state(|state, _| state.add_fault(Fault::new(ASSOCIATE, Effect::NoAnswer { performed: false }).times(1)));
    assert_eq!(associate().await, "no answer");
    assert!(aws.networks().await.is_empty());
    aws.state(|state, _| state.add_fault(Fault::new(ASSOCIATE, Effect::NoAnswer { performed: true }).times(1)));
    assert_eq!(associate().await, "no answer");
    assert_eq!(aws.networks().await, [format!("{A} associating")]);
}

#[tokio::test]
async fn an_association_fails_lingers_or_shows_something_new() {
    let aws = Aws::start().await;
    aws.state(|state, _| {
        let message = "no addresses left".to_owned();
        state.add_fault(Fault::new(ASSOCIATE, Effect::Fails { message }).of(A).times(1));
        state.add_fault(Fault::new(ASSOCIATE, Effect::Takes { duration: minutes(60) }).of(B).times(1));
    });
    let a = aws.associate(A).await;
    aws.associate(B).await;
    assert_eq!(aws.networks().await, [format!("{A} associating"), format!("{B} associating")]);
    aws.pass(minutes(59)).await;
    assert_eq!(aws.networks().await, [format!("{A} association-failed"), format!("{B} associating")]);
    let call = aws.ec2.describe_client_vpn_target_networks().client_vpn_endpoint_id(ENDPOINT).send().await.unwrap();
    let status = call.client_vpn_target_networks()[0].status().unwrap();
    assert_eq!(status.message(), Some("no addresses left"));
    assert_eq!(aws.disassociate(&a).await, "OK", "a failed one can be cleared");
    aws.pass(minutes(6)).await;
    assert_eq!(aws.networks().await, [format!("{B} associated")]);

    let status = "re-associating".to_owned();
    aws.state(|state, _| state.add_fault(Fault::new(ASSOCIATE, Effect::Shows { status })));
    aws.associate(A).await;
    aws.pass(minutes(60)).await;
    assert_eq!(aws.networks().await, [format!("{B} associated"), format!("{A} re-associating")]);
}

#[tokio::test]
async fn a_route_fails() {
    let aws = Aws::start().await;
    aws.associated(A).await;
    let message = "no".to_owned();
    aws.state(|state, _| state.add_fault(Fault::new("CreateClientVpnRoute", Effect::Fails { message })));
    assert_eq!(aws.create_route(A, "0.0.0.0/0").await, "OK");
    aws.pass(seconds(120)).await;
    assert!(aws.routes().await.contains(&format!("{A} 0.0.0.0/0 add-route failed")));
}

#[tokio::test]
async fn held_calls_begin_and_wait() {
    let aws = Aws::start().await;
    let holds = aws.world.holds.clone();
    holds.hold(&["DescribeClientVpnEndpoints", "DescribeClientVpnRoutes"]);
    let endpoints = tokio::spawn(aws.ec2.describe_client_vpn_endpoints().send());
    let routes = tokio::spawn(aws.ec2.describe_client_vpn_routes().client_vpn_endpoint_id(ENDPOINT).send());
    holds.until_waiting(2).await;
    let mut waiting = holds.waiting();
    waiting.sort();
    assert_eq!(waiting, ["DescribeClientVpnEndpoints", "DescribeClientVpnRoutes"]);
    assert!(aws.networks().await.is_empty(), "other actions are answered");
    assert!(!endpoints.is_finished() && !routes.is_finished());
    holds.release();
    assert_eq!(outcome(endpoints.await.unwrap()), "OK");
    assert_eq!(outcome(routes.await.unwrap()), "OK");
    assert!(holds.waiting().is_empty());
}
