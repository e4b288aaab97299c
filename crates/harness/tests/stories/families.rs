//! IPv6: an endpoint takes subnets and routes of the families that it carries (fact 7.1).

use harness::Vpn as _;
use http::StatusCode;

use crate::story::{ASSOCIATE, Functions, MAKE_ROUTE, ROUTE, SCHEDULE, Story, phase_of};

stories!(a_dual_stack_endpoint_gets_ipv6_routes, an_ipv4_endpoint_takes_no_ipv6_route, an_ipv6_only_subnet);

/// AWS tells a block in its own words; ours are others.
const IPV6_ROUTE: &str = "2001:0db8:0:0::/32";

async fn begin(functions: Functions, traffic: &str) -> Story {
    let story = Story::begin_with_these_routes(functions, &[ROUTE, IPV6_ROUTE]).await;
    story.with_ec2(|ec2, _| {
        ec2.change_shown(|shown| shown.traffic = Some(traffic.to_owned()));
        ec2.change_endpoint(|endpoint| {
            for (number, subnet) in endpoint.subnets.iter_mut().enumerate() {
                subnet.ipv6_cidr = Some(format!("2001:db8:0:{number}::/64"));
            }
        });
    });
    story
}

async fn a_dual_stack_endpoint_gets_ipv6_routes(functions: Functions) {
    let mut story = begin(functions, "dual-stack").await;
    story.open().await;
    story.pass_until("on and routed", ASSOCIATE + SCHEDULE + MAKE_ROUTE + 1, Story::is_routed).await;
    let page = story.show().await;
    assert_eq!(phase_of(page.body()), "ready");
}

/// The page says that a route was not accepted; the others are made.
async fn an_ipv4_endpoint_takes_no_ipv6_route(functions: Functions) {
    let mut story = begin(functions, "ipv4").await;
    story.open().await;
    story
        .pass_until("on, with the other routes", ASSOCIATE + SCHEDULE + MAKE_ROUTE + 1, |story| story.routes() == 2)
        .await;
    let told = story.progress().await;
    assert_eq!(told["phase"], "starting", "{told}");
    assert!(told["problem"]["reference"].is_string(), "{told}");
    let calls = story.changes(0);
    assert!(calls.contains(&"CreateClientVpnRoute InvalidParameterValue".to_owned()), "{calls:?}");
}

/// An endpoint for IPv4 cannot have it: the page says so, and the other subnet is turned on.
async fn an_ipv6_only_subnet(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.with_ec2(|ec2, _| {
        ec2.change_endpoint(|endpoint| {
            endpoint.subnets[1].cidr = String::new();
            endpoint.subnets[1].ipv6_cidr = Some("2001:db8:0:2::/64".to_owned());
        });
    });
    let page = story.open().await;
    assert_eq!(page.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(story.changes(0).contains(&"AssociateClientVpnTargetNetwork InvalidParameterValue".to_owned()));
    assert_eq!(story.states().into_keys().collect::<Vec<_>>(), [story.subnet(0)]);
}
