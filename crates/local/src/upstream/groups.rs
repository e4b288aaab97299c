//! A target group serves one load balancer; moto lets several have it.

use serde_json::Value;

use super::{
    client::{Client, Failed},
    operation::Operation,
    refuse::Refusal,
};

const ELB: &str = "2015-12-01";

/// Why an action that forwards would not be taken, if so.
pub(super) async fn refusal(client: &Client, operation: &Operation) -> Result<Option<Refusal>, Failed> {
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
