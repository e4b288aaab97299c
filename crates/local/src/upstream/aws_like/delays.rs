//! What AWS does not know of at once (fact 11.5): after one call another is refused, or told that it is not there yet, for
//! some seconds of the clock here. Somebody who is told so waits before trying again; a clock that stands is moved by that.

use jiff::SignedDuration;
use serde_json::Value;

use crate::upstream::{operation::Operation, refuse::Refusal};

/// How much a clock that stands is moved by each refusal: the scripts wait as long before they try again.
pub const TRY_AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// What takes its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Lambda cannot assume a role that was just created.
    Role,
    /// A role's rights are not in force at once.
    Rights,
    /// The load balancer does not see a function's permission at once.
    Permission,
    /// A sign-in domain is created.
    Domain,
    /// A target group is in use while its rules are being forgotten.
    Rules,
    /// A security group is in use while a load balancer's network interfaces go away.
    Interfaces,
}

/// What begins it, the field that names the thing, and for how many seconds it lasts. An empty field is any thing: which
/// target group a rule was for, and which security group an interface had, is not in the call that deletes it.
const BEGINS: [(Kind, &str, &str, i64); 8] = [
    (Kind::Role, "iam:CreateRole", "RoleName", 10),
    (Kind::Rights, "iam:PutRolePolicy", "RoleName", 20),
    (Kind::Permission, "lambda:AddPermission", "FunctionName", 10),
    (Kind::Domain, "cognito-idp:CreateUserPoolDomain", "Domain", 60),
    (Kind::Rules, "elbv2:DeleteRule", "", 10),
    (Kind::Rules, "elbv2:DeleteListener", "", 10),
    (Kind::Rules, "elbv2:DeleteLoadBalancer", "", 10),
    (Kind::Interfaces, "elbv2:DeleteLoadBalancer", "", 60),
];

/// What a call that succeeded begins: each with what it is about and how long it lasts.
pub fn begun(operation: &Operation) -> impl Iterator<Item = (Kind, String, SignedDuration)> {
    let call = operation.full_name();
    BEGINS.into_iter().filter(move |row| row.1 == call).map(|(kind, _, field, seconds)| {
        let thing = if field.is_empty() { "" } else { operation.text(field) };
        (kind, thing.to_owned(), SignedDuration::from_secs(seconds))
    })
}

/// What a call must wait for. `role` tells the role of a function.
pub fn awaited(operation: &Operation, role: impl Fn(&str) -> Option<String>) -> Option<(Kind, String)> {
    let last = |text: &str, separator: char| text.rsplit(separator).next().unwrap_or_default().to_owned();
    match operation.full_name().as_str() {
        "lambda:CreateFunction" | "lambda:UpdateFunctionConfiguration" => {
            operation.fields["Role"].as_str().map(|arn| (Kind::Role, last(arn, '/')))
        }
        "lambda:PutFunctionEventInvokeConfig" => {
            operation.fields["DestinationConfig"]["OnFailure"]["Destination"].as_str()?;
            role(operation.text("FunctionName")).map(|role| (Kind::Rights, role))
        }
        "elbv2:RegisterTargets" => {
            let target = operation.text("Targets.member.1.Id");
            target.split_once(":function:").map(|(_, name)| (Kind::Permission, name.to_owned()))
        }
        "elbv2:CreateRule" | "elbv2:ModifyRule" => domain(operation).map(|domain| (Kind::Domain, domain.to_owned())),
        "elbv2:DeleteTargetGroup" => Some((Kind::Rules, String::new())),
        "ec2:DeleteSecurityGroup" => Some((Kind::Interfaces, String::new())),
        _ => None,
    }
}

/// The sign-in domain of a rule.
fn domain(operation: &Operation) -> Option<&str> {
    let fields = operation.fields.as_object()?;
    let found = fields.iter().find(|(name, _)| name.ends_with(".AuthenticateCognitoConfig.UserPoolDomain"));
    found.and_then(|(_, domain)| domain.as_str())
}

/// In AWS's words.
pub fn refusal(kind: Kind, operation: &Operation) -> Refusal {
    let text = |name: &str| operation.text(name);
    match kind {
        Kind::Role => {
            let message = "The role defined for the function cannot be assumed by Lambda.";
            Refusal::new(400, "InvalidParameterValueException", message)
        }
        Kind::Rights => {
            let destination = &operation.fields["DestinationConfig"]["OnFailure"]["Destination"];
            let destination = destination.as_str().unwrap_or_default();
            let message =
                format!("The function execution role does not have permissions to call Publish on {destination}");
            Refusal::new(400, "InvalidParameterValueException", message)
        }
        Kind::Permission => {
            let (function, group) = (text("Targets.member.1.Id"), text("TargetGroupArn"));
            let message = format!(
                "elasticloadbalancing principal does not have permission to invoke {function} from target group {group}"
            );
            Refusal::denied("elbv2", message)
        }
        Kind::Domain => {
            let domain = domain(operation).unwrap_or_default();
            let message = format!("The user pool domain '{domain}' is not associated with the provided user pool");
            Refusal::new(400, "InvalidLoadBalancerAction", message)
        }
        Kind::Rules => {
            let message =
                format!("Target group '{}' is currently in use by a listener or a rule", text("TargetGroupArn"));
            Refusal::new(400, "ResourceInUse", message)
        }
        Kind::Interfaces => {
            Refusal::new(400, "DependencyViolation", format!("resource {} has a dependent object", text("GroupId")))
        }
    }
}

/// A domain's description while it is created.
pub fn creating(mut answer: Value) -> Value {
    if let Some(description) = answer["DomainDescription"].as_object_mut().filter(|fields| !fields.is_empty()) {
        description.insert("Status".to_owned(), "CREATING".into());
    }
    answer
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::upstream::operation::call;

    #[test]
    fn what_one_call_begins_another_waits_for() {
        let function = "arn:aws:lambda:us-east-1:1:function:F";
        let pairs = [
            (
                call("iam:CreateRole", json!({ "RoleName": "R" })),
                call("lambda:CreateFunction", json!({ "Role": "arn:aws:iam::1:role/R" })),
            ),
            (
                call("iam:PutRolePolicy", json!({ "RoleName": "R" })),
                call(
                    "lambda:PutFunctionEventInvokeConfig",
                    json!({ "FunctionName": "F", "DestinationConfig": { "OnFailure": { "Destination": "arn:aws:sns:t" } } }),
                ),
            ),
            (
                call("lambda:AddPermission", json!({ "FunctionName": "F" })),
                call("elbv2:RegisterTargets", json!({ "Targets.member.1.Id": function })),
            ),
            (
                call("cognito-idp:CreateUserPoolDomain", json!({ "Domain": "d" })),
                call("elbv2:CreateRule", json!({ "Actions.member.1.AuthenticateCognitoConfig.UserPoolDomain": "d" })),
            ),
            (call("elbv2:DeleteRule", json!({})), call("elbv2:DeleteTargetGroup", json!({ "TargetGroupArn": "t" }))),
            (
                call("elbv2:DeleteLoadBalancer", json!({})),
                call("ec2:DeleteSecurityGroup", json!({ "GroupId": "sg-1" })),
            ),
        ];
        for (first, second) in pairs {
            let waits = awaited(&second, |name| (name == "F").then(|| "R".to_owned())).unwrap();
            assert!(begun(&first).any(|(kind, thing, _)| (kind, thing) == waits), "{first:?} {second:?}");
            assert!(!refusal(waits.0, &second).message.contains("''"), "{second:?}");
        }
        assert_eq!(awaited(&call("elbv2:CreateRule", json!({})), |_| None), None, "a rule without sign-in");
    }

    #[test]
    fn a_domain_that_is_there_is_told_as_being_created() {
        let told = creating(json!({ "DomainDescription": { "Domain": "d", "Status": "ACTIVE" } }));
        assert_eq!(told["DomainDescription"]["Status"], "CREATING");
        let absent = json!({ "DomainDescription": {} });
        assert_eq!(creating(absent.clone()), absent);
    }
}
