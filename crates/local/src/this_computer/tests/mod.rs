mod idle_alarm;
mod roles;

use aws::{
    cloudwatch,
    deployment::{Action, OnUnauthenticated},
};

use super::*;

fn ours() -> Deployment {
    deployment(&Settings { employee_url: "http://127.0.0.1:8080/".to_owned(), ..Settings::default() }).unwrap()
}

#[test]
fn every_placeholder_is_filled() {
    let text = serde_json::to_string(&ours()).unwrap();
    assert!(!text.contains("{{"), "{text}");
    let values = BTreeMap::from([("one", vec!["1".to_owned()]), ("many", vec!["a".to_owned(), "b".to_owned()])]);
    for (text, expected) in [
        (r#"["{{one}}", "{{many}}", "x{{one}}y{{one}}"]"#, Ok(json!(["1", "a", "b", "x1y1"]))),
        (r#"{"a": {"b": "{{one}}"}, "c": 3}"#, Ok(json!({ "a": { "b": "1" }, "c": 3 }))),
        (r#"["{{nobody}}"]"#, Err("nobody fills {{nobody}}")),
        (r#""x{{nobody}}""#, Err("nobody fills {{nobody}}")),
        (r#"["x{{many}}"]"#, Err("{{many}} has several values, and stands where only one can")),
        (r#""{{one""#, Err("\"{{one\" has a {{ without }}")),
    ] {
        let filled = template::fill("f", text, &values).map_err(|bad| bad.problem);
        assert_eq!(filled, expected.map_err(ToOwned::to_owned), "{text}");
    }
}

#[test]
fn the_subnets_of_the_settings_stand_in_the_policies() {
    let deployment = deployment(&Settings { subnets: subnets(2), ..Settings::default() }).unwrap();
    let policy = &deployment.roles["LambdaRole-ClientVPN-Associator"].policies[0];
    assert_eq!(
        policy["Statement"][2]["Resource"],
        json!([
            "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-0123456789abcdef0",
            "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-0aaaaaaaaaaaaaaa1",
            "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-0bbbbbbbbbbbbbbb2",
        ])
    );
}

#[test]
fn the_alarm_follows_the_idle_time_and_is_one_that_cloudwatch_takes() {
    for (minutes, periods) in [(20, 4), (30, 6), (55, 11)] {
        let settings = Settings { idle_time: Duration::from_secs(minutes * 60), ..Settings::default() };
        let deployment = deployment(&settings).unwrap();
        assert_eq!(deployment.alarms[0]["EvaluationPeriods"], periods);
        assert_eq!(deployment.alarms[0]["DatapointsToAlarm"], periods);
        assert_eq!(deployment.functions[DISASSOCIATOR].environment["VPN_IDLE_TIME"], format!("{}s", minutes * 60));
        cloudwatch::CloudWatch::new(&deployment, jiff::Timestamp::UNIX_EPOCH).unwrap();
    }
}

#[test]
fn the_page_is_as_much_faster_as_time_is() {
    let environment = |speed| {
        deployment(&Settings { speed, ..Settings::default() }).unwrap().functions[ASSOCIATOR].environment.clone()
    };
    let (sixty, real) = (environment(60.0), environment(1.0));
    for (name, fast, slow) in [
        ("VPN_PAGE_INTERVAL", "250ms", "15000ms"),
        ("VPN_PAGE_INTERVAL_HIDDEN", "1000ms", "60000ms"),
        ("VPN_PAGE_LIMIT", "30000ms", "1800000ms"),
        ("VPN_PAGE_LIMIT_READY", "2000ms", "120000ms"),
        ("VPN_PAGE_MINUTE", "1000ms", "60000ms"),
    ] {
        assert_eq!((sixty[name].as_str(), real[name].as_str()), (fast, slow), "{name}");
    }
    assert_eq!(environment(0.0), real, "a clock that is stepped asks as on AWS");
}

/// What an Application Load Balancer takes: five values in a rule, three in a condition, and no port in a host.
#[test]
fn the_rules_are_ones_that_a_load_balancer_takes() {
    for rule in ours().listener.rules {
        let headers: Vec<_> = rule.headers.iter().flat_map(|(_, values)| values.clone()).collect();
        let conditions = [&rule.hosts, &rule.paths, &rule.methods, &headers];
        assert!(conditions.iter().map(|values| values.len()).sum::<usize>() <= 5, "{rule:?}");
        assert!(conditions.iter().all(|values| values.len() <= 3), "{rule:?}");
        assert_eq!(rule.hosts, ["127.0.0.1"]);
        let last = rule.actions.last().unwrap();
        assert!(matches!(last, Action::Forward { .. } | Action::FixedResponse { .. }), "{rule:?}");
    }
}

/// Which rule takes a request, as the load balancer would: what is done with somebody who is not signed in.
#[test]
fn every_path_has_its_rule() {
    let rules = ours().listener.rules;
    let taken = |method: &str, path: &str| {
        let rule = rules
            .iter()
            .find(|rule| rule.methods.iter().any(|m| m == method) && rule.paths.iter().any(|p| p == path))?;
        Some(match &rule.actions[0] {
            Action::AuthenticateCognito(how) => match how.on_unauthenticated {
                OnUnauthenticated::Deny => "deny",
                OnUnauthenticated::Authenticate => "authenticate",
                OnUnauthenticated::Allow => "allow",
            },
            Action::Forward { .. } => "forward",
            Action::FixedResponse { .. } => "fixed",
            Action::Redirect { .. } => "redirect",
        })
    };
    for (method, path, expected) in [
        ("GET", "/", Some("authenticate")),
        ("GET", "/vpn", Some("authenticate")),
        ("GET", "/sign-out", Some("authenticate")),
        ("GET", "/signed-out", Some("fixed")),
        ("GET", "/state", Some("deny")),
        ("POST", "/on", Some("authenticate")),
        ("POST", "/off", Some("authenticate")),
        ("POST", "/keep", Some("authenticate")),
        ("POST", "/progress", Some("deny")),
        ("GET", "/on", Some("authenticate")),
        ("GET", "/off", Some("authenticate")),
        ("GET", "/keep", Some("authenticate")),
        ("GET", "/progress", Some("authenticate")),
        ("GET", "/favicon.ico", None),
        ("POST", "/vpn", None),
        ("PUT", "/on", None),
    ] {
        assert_eq!(taken(method, path), expected, "{method} {path}");
    }
}

/// Eleven are deployed: `ours are eleven in a row` in `infra/lib/rules.sh`.
#[test]
fn every_deployed_rule_is_here_and_the_last_takes_what_is_left() {
    let rules = ours().listener.rules;
    assert_eq!(rules.len(), 11);
    let by_language: Vec<_> = rules.iter().flat_map(|rule| &rule.headers).collect();
    let accepts = |language: &str| ("Accept-Language".to_owned(), vec![language.to_owned()]);
    assert_eq!(by_language, [&accepts("ja*"), &accepts("ko*"), &accepts("zh*")]);
    let last = rules.last().unwrap();
    assert!(last.paths.is_empty() && last.methods.is_empty() && last.headers.is_empty(), "{last:?}");
    assert!(matches!(last.actions[..], [Action::FixedResponse { status: 404, .. }]), "{last:?}");
}

/// A load balancer's own answers: 1,024 bytes at most, and nobody is left standing there.
#[test]
fn what_the_load_balancer_answers_itself_leads_on() {
    let bodies: Vec<_> = ours().listener.rules.iter().flat_map(|rule| rule.actions.clone()).collect();
    let bodies: Vec<_> = bodies
        .iter()
        .filter_map(|action| match action {
            Action::FixedResponse { content_type, body, .. } => Some((content_type, body)),
            _ => None,
        })
        .collect();
    assert_eq!(bodies.len(), 2);
    for (content_type, body) in bodies {
        assert_eq!(content_type, "text/html");
        assert!(body.is_ascii() && body.len() <= 1_024 && body.contains("<a href=\"/vpn\">"), "{body}");
        for language in ["zh-CN", "ko", "ja"] {
            assert!(body.contains(&format!("<p lang=\"{language}\">")), "{language}: {body}");
        }
    }
}

#[test]
fn the_endpoint_has_subnets_to_choose_wrongly() {
    let endpoint = ours().endpoint;
    let (right, wrong) = endpoint.subnets.split_at(ZONES);
    let zones: std::collections::BTreeSet<_> = right.iter().map(|subnet| &subnet.availability_zone).collect();
    assert_eq!(zones.len(), ZONES);
    assert!(right.iter().all(|subnet| subnet.vpc == endpoint.vpc));
    assert_eq!(wrong[OF_THE_SAME_ZONE - ZONES].availability_zone, right[0].availability_zone);
    assert_ne!(wrong[OF_ANOTHER_VPC - ZONES].vpc, endpoint.vpc);
}
