//! AWS refuses, fails, or was told the wrong thing.

use aws::{deployment::Deployment, ec2::Fault};
use harness::Vpn as _;
use http::StatusCode;
use local::this_computer::{OF_ANOTHER_VPC, OF_THE_SAME_ZONE, SUBNETS};
use serde_json::json;

use crate::story::{
    ASSOCIATE, ASSOCIATOR, DISASSOCIATE, DISASSOCIATOR, Functions, IDLE, MAKE_ROUTE, SCHEDULE, Story, error, json_of,
};

stories!(
    one_disassociation_fails,
    a_mark_that_cannot_be_written,
    two_subnets_of_one_zone,
    an_unknown_endpoint,
    a_permission_is_missing,
    a_subnet_of_another_vpc,
    everything_fails_for_a_while,
    no_answer_though_it_was_done,
    aws_has_no_time_for_a_while,
    a_transit_gateway_s_endpoint,
);

async fn one_disassociation_fails(functions: Functions) {
    for (code, status) in
        [("RequestLimitExceeded", 503), ("ConcurrentMutationLimitExceeded", 400), ("InternalError", 500)]
    {
        let mut story = Story::begin(functions).await;
        story.turned_on().await;
        // Neither the SDK's three attempts nor the other trigger, half a minute later, gets through.
        let of = story.subnet(0);
        let association = story.association(&of);
        let fault = Fault::error("DisassociateClientVpnTargetNetwork", error(code, status)).of(&association);
        story.break_call(fault.times(if functions == Functions::Processes { 6 } else { 2 }));
        // That AWS has no room now is no failure: the next run goes on.
        let fails = code == "InternalError";
        let failed = |story: &Story| story.invocations(DISASSOCIATOR, 0).iter().any(Option::is_some);
        let goes = |story: &Story| story.states().values().any(|state| state == "disassociating");
        story.pass_until("the other goes", IDLE + SCHEDULE + 1, goes).await;
        assert_eq!(failed(&story), fails, "{code}");
        let states = story.states();
        assert_eq!(states.get(&of).map(String::as_str), Some("associated"), "{code}");
        assert_eq!(states.get(&story.subnet(1)).map(String::as_str), Some("disassociating"), "{code}: the rest goes");
        story.pass_until("a retry or the next run finishes", SCHEDULE + 5, Story::goes_off).await;
        story.pass_until("it is off", DISASSOCIATE + 1, Story::is_off).await;
    }
}

async fn a_mark_that_cannot_be_written(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.break_call(Fault::error("CreateTags", error("UnauthorizedOperation", 403)));
    let page = story.open().await;
    assert_eq!(page.status(), StatusCode::INTERNAL_SERVER_ERROR);
    a_reference_leads_to(&story, page.body(), "UnauthorizedOperation");
    story.pass(3 * SCHEDULE).await;
    assert!(story.is_off());
    assert!(!story.changes(0).iter().any(|call| call.starts_with("Associate")));
}

/// The page names a reference, by which the log tells AWS's code and request id.
fn a_reference_leads_to(story: &Story, page: &str, code: &str) {
    let lines = story.of_kind("function-log", 0);
    let line = lines.iter().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let line = line.into_iter().find(|line| line["reference"].as_str().is_some_and(|r| page.contains(r)));
    if lines.is_empty() {
        // In this process nobody collects the log; the page's reference is Lambda's request id all the same.
        let invocations = story.since(0).into_iter().filter(|h| h.kind == "invocation");
        let known = invocations.into_iter().any(|h| h.data["request_id"].as_str().is_some_and(|id| page.contains(id)));
        assert!(known, "{page}");
        return;
    }
    let line = line.unwrap_or_else(|| panic!("no line for a reference on {page}"));
    assert_eq!(line["aws.code"], code, "{line}");
    assert!(line["aws.request_id"].is_string(), "{line}");
    assert!(!page.contains(code), "AWS's own words are for the log");
}

fn wants(deployment: &mut Deployment, subnets: [usize; 2]) {
    let ids = subnets.map(|number| SUBNETS[number].0).join(",");
    for function in [ASSOCIATOR, DISASSOCIATOR] {
        let function = deployment.functions.get_mut(function).expect("deployed");
        function.environment.insert("VPN_SUBNET_IDS".to_owned(), ids.clone());
    }
    // The role names the subnets of the settings: widen it, so that EC2 itself answers.
    for role in deployment.roles.values_mut() {
        let allow = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "ec2:AssociateClientVpnTargetNetwork", "Resource": "*"
        }] });
        role.policies.push(allow);
    }
}

async fn says_what_is_wrong(story: &mut Story, code: &str) {
    let page = story.open().await;
    assert!(page.status().is_client_error() || page.status().is_server_error(), "{}", page.status());
    a_reference_leads_to(story, page.body(), code);
}

async fn two_subnets_of_one_zone(functions: Functions) {
    let mut story = Story::begin_with(functions, |deployment| wants(deployment, [0, OF_THE_SAME_ZONE])).await;
    says_what_is_wrong(&mut story, "InvalidClientVpnSubnetId.DuplicateAz").await;
    assert_eq!(story.states().len(), 1, "the other one is turned on");
}

async fn a_subnet_of_another_vpc(functions: Functions) {
    let mut story = Story::begin_with(functions, |deployment| wants(deployment, [0, OF_ANOTHER_VPC])).await;
    story.open().await;
    let refused = story.changes(0).into_iter().find(|call| call.starts_with("Associate") && !call.ends_with("OK"));
    let refused = refused.expect("EC2 refuses");
    says_what_is_wrong(&mut story, refused.split(' ').nth(1).unwrap_or_default()).await;
}

async fn an_unknown_endpoint(functions: Functions) {
    let mut story = Story::begin_with(functions, |deployment| {
        let function = deployment.functions.get_mut(ASSOCIATOR).expect("deployed");
        function.environment.insert("VPN_ENDPOINT_ID".to_owned(), "cvpn-endpoint-0aaaaaaaaaaaaaaaa".to_owned());
        let allow = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"
        }] });
        deployment.roles.values_mut().for_each(|role| role.policies.push(allow.clone()));
    })
    .await;
    says_what_is_wrong(&mut story, "InvalidClientVpnEndpointId.NotFound").await;
}

async fn a_permission_is_missing(functions: Functions) {
    let mut story = Story::begin_with(functions, |deployment| {
        for role in deployment.roles.values_mut() {
            let deny = json!({ "Version": "2012-10-17", "Statement": [{
                "Effect": "Deny", "Action": "ec2:AssociateClientVpnTargetNetwork", "Resource": "*"
            }] });
            role.policies.push(deny);
        }
    })
    .await;
    says_what_is_wrong(&mut story, "UnauthorizedOperation").await;
    let state = json_of(&story.send("POST", "/progress", &crate::story::SCRIPT, "").await);
    assert!(state["problem"]["reference"].is_string(), "a waiting page is told too: {state}");
}

async fn everything_fails_for_a_while(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.turned_on().await;
    story.break_call(Fault::error("*", error("InternalError", 500)));
    story.pass(2 * IDLE).await;
    assert!(story.is_on());
    assert!(story.show().await.status().is_redirection(), "the session ended meanwhile");
    story.with_ec2(|ec2, _| ec2.clear_faults());
    story.pass_until("it goes off once AWS answers again", SCHEDULE + 1, Story::goes_off).await;
}

/// While it is turned on, AWS throttles what is read, marked or routed: no invocation fails, nobody gets a mail, and what was
/// asked for becomes ready. A run whose mark was refused has put no gauge, which an alarm of its own watches; one whose reads were
/// tried again has.
async fn aws_has_no_time_for_a_while(functions: Functions) {
    let all = ["DescribeClientVpnTargetNetworks", "DescribeClientVpnEndpoints", "CreateTags", "CreateClientVpnRoute"];
    // The real SDK tries three times, and waits in between.
    let actions = if functions == Functions::Processes { &all[..1] } else { &all[..] };
    for &action in actions {
        let mut story = Story::begin(functions).await;
        story.open().await;
        let puts = |story: &Story| story.of_kind("aws-call", 0).iter().filter(|t| t.contains("PutMetricData")).count();
        story.pass(1).await;
        if action == "CreateTags" {
            // Somebody removes our tags: the next run writes since when it is on.
            let all = story.tags().as_object().cloned().unwrap_or_default();
            let all: Vec<_> = all.into_iter().map(|(key, _)| (key, None)).collect();
            let endpoint = story.endpoint();
            story.with_ec2(|ec2, now| ec2.delete_tags(now, &[endpoint], &all)).expect("removed");
        }
        let before = puts(&story);
        // A read is tried again every half second, by the real clock: what a whole minute of it comes to is tried by the
        // disassociator's own tests.
        let fault = Fault::error(action, error("RequestLimitExceeded", 503));
        story.break_call(if action.starts_with("Describe") { fault.times(3) } else { fault });
        story.pass(2 * SCHEDULE).await;
        let put = puts(&story) - before;
        assert_eq!(put, if action == "CreateTags" { 0 } else { 2 }, "{action}: gauges");
        story.with_ec2(|ec2, _| ec2.clear_faults());
        story.pass_until("on and routed", ASSOCIATE + SCHEDULE + MAKE_ROUTE + 1, Story::is_routed).await;
        let failed: Vec<_> = story.invocations(DISASSOCIATOR, 0).into_iter().flatten().collect();
        assert!(failed.is_empty(), "{action}: {failed:?}");
        assert_eq!(story.world().publications.lock().expect("publications").len(), 0, "{action}: mails");
    }
}

/// Both functions say what it is, and neither tries to change anything of it.
async fn a_transit_gateway_s_endpoint(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.with_ec2(|ec2, _| {
        ec2.change_shown(|shown| shown.transit_gateway = Some("tgw-0123456789abcdef0".to_owned()));
    });
    let page = story.open().await;
    assert_eq!(page.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let refused = story.order(json!({ "force": true })).await;
    assert_eq!(refused["errorType"], "ConfigurationInvalid", "{refused}");
    let words = refused["errorMessage"].as_str().unwrap_or_default();
    assert!(words.contains("VPN_ENDPOINT_ID") && words.contains("tgw-0123456789abcdef0"), "{words}");
    assert_eq!(story.changes(0), Vec::<String>::new());
}

async fn no_answer_though_it_was_done(functions: Functions) {
    let mut story = Story::begin(functions).await;
    let effect = aws::ec2::Effect::NoAnswer { performed: true };
    story.break_call(Fault::new("AssociateClientVpnTargetNetwork", effect).times(1));
    story.open().await;
    story.pass_until("on and routed", 4 * SCHEDULE, Story::is_routed).await;
    let associated = story.changes(0).into_iter().filter(|call| call == "AssociateClientVpnTargetNetwork OK");
    assert!(associated.count() <= 2);
}
