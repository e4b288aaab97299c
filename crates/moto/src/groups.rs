//! Which target groups and security groups load balancers have. A target group serves one of them, and none of both can be
//! deleted while one has it; moto lets several have it, and forgets at once that one had it.

use serde_json::Value;

use crate::{
    aws_like::delays::{self, Kind},
    client::{Client, ELB, Failed},
    operation::Operation,
    refuse::Refusal,
};

/// Why an action that forwards would not be taken, if so.
pub(crate) async fn refusal(client: &Client, operation: &Operation) -> Result<Option<Refusal>, Failed> {
    let fields = operation.fields.as_object().into_iter().flatten();
    let groups: Vec<_> =
        fields.filter(|(key, _)| key.ends_with(".TargetGroupArn")).filter_map(|(_, group)| group.as_str()).collect();
    if groups.is_empty() {
        return Ok(None);
    }
    let asked = ["LoadBalancerArn", "ListenerArn", "RuleArn"].map(|name| operation.text(name));
    let ours = asked.iter().find_map(|arn| balancer(arn));
    let balancers = client.query("elasticloadbalancing", ELB, "DescribeLoadBalancers", &[]).await?;
    for arn in texts(&balancers, "LoadBalancerArn").into_iter().filter(|arn| balancer(arn) != ours) {
        let listeners =
            client.query("elasticloadbalancing", ELB, "DescribeListeners", &[("LoadBalancerArn", arn)]).await?;
        for listener in texts(&listeners, "ListenerArn") {
            let rules =
                client.query("elasticloadbalancing", ELB, "DescribeRules", &[("ListenerArn", listener)]).await?;
            if let Some(group) = texts(&rules, "TargetGroupArn").into_iter().find(|group| groups.contains(group)) {
                let message = format!(
                    "The following target groups cannot be associated with more than one load balancer: {group}"
                );
                return Ok(Some(Refusal::new(400, "TargetGroupAssociationLimit", message)));
            }
        }
    }
    Ok(None)
}

/// The target groups and security groups that a call is about to let go.
pub(crate) async fn let_go(client: &Client, operation: &Operation) -> Result<Vec<(Kind, String)>, Failed> {
    let text = |name: &'static str| (name, operation.text(name));
    let found = match operation.full_name().as_str() {
        "elbv2:DeleteRule" => of_rules(client, ("RuleArns.member.1", operation.text("RuleArn"))).await,
        "elbv2:DeleteListener" => of_rules(client, text("ListenerArn")).await,
        "elbv2:DeleteLoadBalancer" => of_balancer(client, operation.text("LoadBalancerArn")).await,
        _ => Ok(Vec::new()),
    };
    match found {
        // It is not there: the call itself is answered so.
        Err(Failed::Answered { .. }) => Ok(Vec::new()),
        found => found,
    }
}

/// What the rules of a listener, or one of them, forward to; a listener's own actions are a rule too.
async fn of_rules(client: &Client, which: (&str, &str)) -> Result<Vec<(Kind, String)>, Failed> {
    let rules = client.query("elasticloadbalancing", ELB, "DescribeRules", &[which]).await?;
    Ok(texts(&rules, "TargetGroupArn").into_iter().map(|group| (Kind::Rules, group.to_owned())).collect())
}

async fn of_balancer(client: &Client, arn: &str) -> Result<Vec<(Kind, String)>, Failed> {
    let balancers = [("LoadBalancerArns.member.1", arn)];
    let balancers = client.query("elasticloadbalancing", ELB, "DescribeLoadBalancers", &balancers).await?;
    let groups = security_groups(&balancers).into_iter();
    let mut found: Vec<_> = groups.map(|group| (Kind::Interfaces, group.to_owned())).collect();
    let listeners = [("LoadBalancerArn", arn)];
    let listeners = client.query("elasticloadbalancing", ELB, "DescribeListeners", &listeners).await?;
    for listener in texts(&listeners, "ListenerArn") {
        found.extend(of_rules(client, ("ListenerArn", listener)).await?);
    }
    Ok(found)
}

/// A security group that a load balancer has cannot be deleted.
pub(crate) async fn in_use(client: &Client, operation: &Operation) -> Result<Option<Refusal>, Failed> {
    let balancers = client.query("elasticloadbalancing", ELB, "DescribeLoadBalancers", &[]).await?;
    let is_used = security_groups(&balancers).contains(&operation.text("GroupId"));
    Ok(is_used.then(|| delays::refusal(Kind::Interfaces, operation)))
}

fn security_groups(balancers: &Value) -> Vec<&str> {
    let balancers = balancers["LoadBalancers"].as_array().into_iter().flatten();
    balancers.flat_map(|one| one["SecurityGroups"].as_array().into_iter().flatten()).filter_map(Value::as_str).collect()
}

/// Kind, name and number of the load balancer in an ARN of it, of its listeners or of their rules.
fn balancer(arn: &str) -> Option<[&str; 3]> {
    let mut parts = arn.split('/').skip(1);
    Some([parts.next()?, parts.next()?, parts.next()?])
}

/// Every text of this name, wherever it stands.
fn texts<'a>(value: &'a Value, name: &str) -> Vec<&'a str> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| match value.as_str() {
                Some(text) if key == name => vec![text],
                _ => texts(value, name),
            })
            .collect(),
        Value::Array(list) => list.iter().flat_map(|value| texts(value, name)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_belongs_to_a_load_balancer_names_it() {
        let start = "arn:aws:elasticloadbalancing:us-east-1:1:";
        for rest in ["loadbalancer/app/b/1", "listener/app/b/1/2", "listener-rule/app/b/1/2/3"] {
            assert_eq!(balancer(&format!("{start}{rest}")), Some(["app", "b", "1"]), "{rest}");
        }
        assert_eq!(balancer(""), None);
    }

    #[test]
    fn target_groups_are_found_in_both_forms_of_an_action() {
        let rules = json!({ "Rules": [{ "Actions": [{ "TargetGroupArn": "a" }] },
            { "Actions": [{ "ForwardConfig": { "TargetGroups": [{ "TargetGroupArn": "b" }] } }] }] });
        assert_eq!(texts(&rules, "TargetGroupArn"), ["a", "b"]);
    }
}
