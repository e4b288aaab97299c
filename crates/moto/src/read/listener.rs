//! The load balancer: listeners with their rules in order, target groups.

use std::{collections::BTreeMap, time::Duration};

use aws::deployment::{Action, Authenticate, Listener, OnUnauthenticated, Rule, TargetGroup};
use serde_json::{Value, json};

use super::{attributes, list, network::open, sign_in::Asked, text, texts};
use crate::client::{Client, EC2, ELB, Failed, if_there};

const HTTPS: u16 = 443;
const HTTP: u16 = 80;

/// The listeners that people reach.
#[derive(Debug, Default)]
pub(super) struct Listeners {
    /// The one that the page is served by.
    pub https: Listener,
    /// The one for plain HTTP.
    pub http: Option<Listener>,
    /// What the rules of the first ask Cognito, rule by rule in the order of their actions.
    pub asked: Vec<Asked>,
}

/// Of several load balancers the one whose HTTPS listener signs people in counts, or else the first.
pub(super) async fn all(client: &Client, remarks: &mut Vec<String>) -> Result<Listeners, Failed> {
    let balancers = client.query("elasticloadbalancing", ELB, "DescribeLoadBalancers", &[]).await?;
    let mut chosen = Listeners::default();
    let mut found = false;
    for balancer in list(&balancers, "LoadBalancers") {
        let arn = text(balancer, "LoadBalancerArn");
        let answer =
            client.query("elasticloadbalancing", ELB, "DescribeListeners", &[("LoadBalancerArn", &arn)]).await?;
        let of_balancer = [("LoadBalancerArn", arn.as_str())];
        let set = client.query("elasticloadbalancing", ELB, "DescribeLoadBalancerAttributes", &of_balancer).await?;
        let drops = attributes(&set, "Attributes").remove("routing.http.drop_invalid_header_fields.enabled");
        let drops_invalid_headers = drops.as_deref() == Some("true");
        let mut these = Listeners::default();
        let mut any = false;
        for listener in list(&answer, "Listeners") {
            let port: u16 = text(listener, "Port").parse().unwrap_or_default();
            let protocol = text(listener, "Protocol");
            if (protocol.as_str(), port) != ("HTTPS", HTTPS) && (protocol.as_str(), port) != ("HTTP", HTTP) {
                continue;
            }
            let listener_arn = text(listener, "ListenerArn");
            let rules =
                client.query("elasticloadbalancing", ELB, "DescribeRules", &[("ListenerArn", &listener_arn)]).await?;
            let (rules, asked) = read_rules(&rules, remarks);
            let zones = u32::try_from(list(balancer, "AvailabilityZones").count()).unwrap_or(u32::MAX);
            let mut read =
                Listener { load_balancer_arn: arn.clone(), zones, rules, drops_invalid_headers, ..Listener::default() };
            reach(client, balancer, port, &mut read).await?;
            if port == HTTPS {
                read.certificate_names = Some(certificate_names(client, listener).await?);
                (these.https, these.asked, any) = (read, asked, true);
            } else {
                these.http = Some(read);
            }
        }
        if any && (!found || (chosen.asked.is_empty() && !these.asked.is_empty())) {
            (chosen, found) = (these, true);
        }
    }
    Ok(chosen)
}

/// Whether people get to it, and it to Cognito.
async fn reach(client: &Client, balancer: &Value, port: u16, listener: &mut Listener) -> Result<(), Failed> {
    let ids = texts(balancer, "SecurityGroups");
    let names: Vec<String> = (1..=ids.len()).map(|number| format!("GroupId.{number}")).collect();
    let parameters: Vec<_> = names.iter().map(String::as_str).zip(ids.iter().map(String::as_str)).collect();
    let answer = client.query("ec2", EC2, "DescribeSecurityGroups", &parameters).await?;
    let groups: Vec<_> = list(&answer, "securityGroupInfo").filter(|_| !ids.is_empty()).collect();
    if balancer["Scheme"] == "internal" {
        listener.unreachable = Some("the load balancer is internal".to_owned());
    } else if !open(&groups, "ipPermissions", port) {
        listener.unreachable = Some(format!("no security group lets anybody in on port {port}"));
    }
    if !open(&groups, "ipPermissionsEgress", HTTPS) {
        listener.no_way_out = Some("no security group lets the load balancer out to Cognito".to_owned());
    }
    Ok(())
}

async fn certificate_names(client: &Client, listener: &Value) -> Result<Vec<String>, Failed> {
    let mut names = Vec::new();
    for certificate in list(listener, "Certificates") {
        let input = json!({ "CertificateArn": text(certificate, "CertificateArn") });
        let answer = client.json("acm", "CertificateManager.DescribeCertificate", &input).await;
        if let Some(answer) = if_there(answer, &["ResourceNotFoundException"])? {
            let certificate = &answer["Certificate"];
            names.push(text(certificate, "DomainName"));
            names.extend(texts(certificate, "SubjectAlternativeNames"));
        }
    }
    Ok(names)
}

/// The rules as they are taken: by number, the default one last.
fn read_rules(answer: &Value, remarks: &mut Vec<String>) -> (Vec<Rule>, Vec<Asked>) {
    let mut sorted: Vec<_> =
        list(answer, "Rules").map(|rule| (text(rule, "Priority").parse().unwrap_or(u32::MAX), rule)).collect();
    sorted.sort_by_key(|(priority, _)| *priority);
    let mut asked = Vec::new();
    let rules = sorted
        .into_iter()
        .map(|(_, value)| {
            let mut rule = conditions(value);
            let mut actions: Vec<_> = list(value, "Actions").collect();
            actions.sort_by_key(|action| text(action, "Order").parse().unwrap_or(1_u32));
            for value in actions {
                match action(value) {
                    Some(action) => rule.actions.push(action),
                    None => rule.not_emulated = Some(format!("an action of type {}", text(value, "Type"))),
                }
                if value["Type"] == "authenticate-cognito" {
                    asked.push(Asked::read(&value["AuthenticateCognitoConfig"]));
                }
            }
            if let Some(not_emulated) = &rule.not_emulated {
                remarks.push(format!("the rule {} takes nothing here: {not_emulated}", text(value, "RuleArn")));
            }
            rule
        })
        .collect();
    (rules, asked)
}

fn conditions(value: &Value) -> Rule {
    let mut rule = Rule::default();
    for condition in list(value, "Conditions") {
        let values = |config: &str| {
            let values = texts(&condition[config], "Values");
            if values.is_empty() { texts(condition, "Values") } else { values }
        };
        match text(condition, "Field").as_str() {
            "host-header" => rule.hosts = values("HostHeaderConfig"),
            "path-pattern" => rule.paths = values("PathPatternConfig"),
            "http-request-method" => rule.methods = values("HttpRequestMethodConfig"),
            "http-header" => {
                let name = text(&condition["HttpHeaderConfig"], "HttpHeaderName");
                rule.headers.push((name, values("HttpHeaderConfig")));
            }
            other => rule.not_emulated = Some(format!("a condition on {other}")),
        }
    }
    rule
}

fn action(value: &Value) -> Option<Action> {
    let status = |text: String| text.parse().unwrap_or(500);
    Some(match text(value, "Type").as_str() {
        "forward" => {
            let group = text(value, "TargetGroupArn");
            let of_config =
                list(&value["ForwardConfig"], "TargetGroups").next().map(|group| text(group, "TargetGroupArn"));
            Action::Forward { target_group: if group.is_empty() { of_config.unwrap_or_default() } else { group } }
        }
        "fixed-response" => {
            let config = &value["FixedResponseConfig"];
            Action::FixedResponse {
                status: status(text(config, "StatusCode")),
                content_type: text(config, "ContentType"),
                body: text(config, "MessageBody"),
            }
        }
        "redirect" => {
            let config = &value["RedirectConfig"];
            let part = |name: &str, default: &str| {
                let part = text(config, name);
                if part.is_empty() { default.to_owned() } else { part }
            };
            Action::Redirect {
                status: status(text(config, "StatusCode").trim_start_matches("HTTP_").to_owned()),
                protocol: part("Protocol", "#{protocol}"),
                host: part("Host", "#{host}"),
                port: part("Port", "#{port}"),
                path: part("Path", "/#{path}"),
                query: part("Query", "#{query}"),
            }
        }
        "authenticate-cognito" => Action::AuthenticateCognito(authenticate(&value["AuthenticateCognitoConfig"])),
        _ => return None,
    })
}

fn authenticate(config: &Value) -> Authenticate {
    let cookie = text(config, "SessionCookieName");
    Authenticate {
        on_unauthenticated: match text(config, "OnUnauthenticatedRequest").as_str() {
            "deny" => OnUnauthenticated::Deny,
            "allow" => OnUnauthenticated::Allow,
            _ => OnUnauthenticated::Authenticate,
        },
        // A week is AWS's default.
        session_timeout: Duration::from_secs(text(config, "SessionTimeout").parse().unwrap_or(604_800)),
        session_cookie_name: if cookie.is_empty() { "AWSELBAuthSessionCookie".to_owned() } else { cookie },
        cognito: None,
    }
}

/// The target groups that lead to functions.
pub(super) async fn target_groups(client: &Client) -> Result<BTreeMap<String, TargetGroup>, Failed> {
    let answer = client.query("elasticloadbalancing", ELB, "DescribeTargetGroups", &[]).await?;
    let mut groups = BTreeMap::new();
    for group in list(&answer, "TargetGroups").filter(|group| group["TargetType"] == "lambda") {
        let arn = text(group, "TargetGroupArn");
        let of_group = [("TargetGroupArn", arn.as_str())];
        let set = client.query("elasticloadbalancing", ELB, "DescribeTargetGroupAttributes", &of_group).await?;
        let targets = client.query("elasticloadbalancing", ELB, "DescribeTargetHealth", &of_group).await?;
        let target = list(&targets, "TargetHealthDescriptions").next();
        groups.insert(arn.clone(), target_group(group, &set, target));
    }
    Ok(groups)
}

fn target_group(group: &Value, set: &Value, target: Option<&Value>) -> TargetGroup {
    let interval = text(group, "HealthCheckIntervalSeconds").parse().unwrap_or(35);
    let multi_value = attributes(set, "Attributes").remove("lambda.multi_value_headers.enabled");
    TargetGroup {
        function: target.map(|target| text(&target["Target"], "Id")).unwrap_or_default(),
        multi_value_headers: multi_value.as_deref() == Some("true"),
        health_check: (group["HealthCheckEnabled"] == "true").then(|| Duration::from_secs(interval)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_taken_by_number_and_their_actions_by_order() {
        let answer = json!({ "Rules": [
            { "Priority": "default", "Actions": [{ "Type": "fixed-response", "FixedResponseConfig": { "StatusCode": "404", "ContentType": "text/plain", "MessageBody": "x" } }] },
            { "Priority": "10", "Conditions": [
                { "Field": "path-pattern", "PathPatternConfig": { "Values": ["/on"] } },
                { "Field": "host-header", "Values": ["a.example"] },
                { "Field": "http-request-method", "HttpRequestMethodConfig": { "Values": ["POST"] } },
                { "Field": "http-header", "HttpHeaderConfig": { "HttpHeaderName": "Accept-Language", "Values": ["ja*"] } }],
              "Actions": [
                { "Type": "forward", "Order": "2", "TargetGroupArn": "arn:tg" },
                { "Type": "authenticate-cognito", "Order": "1", "AuthenticateCognitoConfig": { "OnUnauthenticatedRequest": "deny", "SessionTimeout": "60" } }] },
            { "Priority": "9", "Conditions": [{ "Field": "source-ip" }], "Actions": [{ "Type": "redirect", "RedirectConfig": { "StatusCode": "HTTP_301", "Protocol": "HTTPS", "Port": "443" } }] },
        ] });
        let mut remarks = Vec::new();
        let (rules, asked) = read_rules(&answer, &mut remarks);
        assert_eq!((rules.len(), asked.len(), remarks.len()), (3, 1, 1));
        assert!(rules[0].not_emulated.as_deref().is_some_and(|text| text.contains("source-ip")));
        assert!(
            matches!(&rules[0].actions[..], [Action::Redirect { status: 301, protocol, .. }] if protocol == "HTTPS")
        );
        assert_eq!(
            (rules[1].hosts.as_slice(), rules[1].methods.as_slice()),
            (&["a.example".to_owned()][..], &["POST".to_owned()][..])
        );
        assert_eq!(rules[1].headers, [("Accept-Language".to_owned(), vec!["ja*".to_owned()])]);
        let [Action::AuthenticateCognito(authenticate), Action::Forward { target_group }] = &rules[1].actions[..]
        else {
            panic!("{:?}", rules[1].actions)
        };
        assert_eq!(
            (authenticate.session_timeout.as_secs(), authenticate.on_unauthenticated),
            (60, OnUnauthenticated::Deny)
        );
        assert_eq!(target_group, "arn:tg");
        assert!(matches!(&rules[2].actions[..], [Action::FixedResponse { status: 404, .. }]));
    }

    #[test]
    fn a_target_group_has_its_attributes() {
        let set = json!({ "Attributes": [{ "Key": "lambda.multi_value_headers.enabled", "Value": "true" }] });
        let group = target_group(
            &json!({ "HealthCheckEnabled": "false" }),
            &set,
            Some(&json!({ "Target": { "Id": "arn:f" } })),
        );
        assert_eq!((group.function.as_str(), group.multi_value_headers, group.health_check), ("arn:f", true, None));
        let group = target_group(&json!({ "HealthCheckEnabled": "true" }), &json!({}), None);
        assert_eq!((group.multi_value_headers, group.health_check), (false, Some(Duration::from_secs(35))));
    }
}
