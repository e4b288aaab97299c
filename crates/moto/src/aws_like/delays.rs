//! What AWS does not know of at once (fact 11.5): after one call another is refused, or told that it is not there yet, for
//! some seconds of the clock here. Somebody who is told so waits before trying again; a clock that stands is moved by that.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::states;
use crate::{operation::Operation, refuse::Refusal};

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
    /// A new function is `Pending` (fact 11.12).
    Pending,
    /// A changed function's update is `InProgress` (fact 11.12).
    Updating,
    /// A new NAT gateway is `pending`.
    NatPending,
    /// A deleted NAT gateway is `deleting`, and still in its subnet.
    NatDeleting,
    /// Auto Scaling does not know a new instance profile at once.
    Profile,
}

impl Kind {
    fn lasts(self) -> SignedDuration {
        SignedDuration::from_secs(match self {
            Self::Role | Self::Permission | Self::Rules | Self::Profile => 10,
            Self::Pending | Self::Updating => 15,
            // Longer than a new role and its function take, else nobody would meet it.
            Self::Rights => 40,
            Self::Domain | Self::Interfaces | Self::NatPending | Self::NatDeleting => 60,
        })
    }
}

/// What begins it, and the field that names the thing. Which target groups and security groups are let go is not in the
/// call that deletes a rule or a load balancer: see `groups`.
const BEGINS: [(Kind, &str, &str); 8] = [
    // A launch template names it; which one a group would have is not looked up.
    (Kind::Profile, "iam:CreateInstanceProfile", ""),
    (Kind::Role, "iam:CreateRole", "RoleName"),
    (Kind::Rights, "iam:PutRolePolicy", "RoleName"),
    (Kind::Permission, "lambda:AddPermission", "FunctionName"),
    (Kind::Domain, "cognito-idp:CreateUserPoolDomain", "Domain"),
    (Kind::Pending, "lambda:CreateFunction", "FunctionName"),
    (Kind::Updating, "lambda:UpdateFunctionCode", "FunctionName"),
    (Kind::Updating, "lambda:UpdateFunctionConfiguration", "FunctionName"),
];

/// What a call that succeeded begins: each with what it is about. `let_go` is what stood in what it deleted.
pub fn begun(operation: &Operation, let_go: Vec<(Kind, String)>) -> impl Iterator<Item = (Kind, String)> {
    let call = operation.full_name();
    let named = BEGINS.into_iter().filter(move |row| row.1 == call);
    named.map(|(kind, _, field)| (kind, operation.text(field).to_owned())).chain(let_go)
}

/// Until when that lasts.
pub fn until(kind: Kind, now: Timestamp) -> Timestamp {
    now + kind.lasts()
}

/// What a call must wait for. `role` tells the role of a function.
pub fn awaited(operation: &Operation, role: impl Fn(&str) -> Option<String>) -> Vec<(Kind, String)> {
    let last = |text: &str, separator: char| text.rsplit(separator).next().unwrap_or_default().to_owned();
    let text = |name: &str| operation.text(name).to_owned();
    let assumed = || operation.fields["Role"].as_str().map(|arn| (Kind::Role, last(arn, '/')));
    let busy = || [Kind::Pending, Kind::Updating].map(|kind| (kind, text("FunctionName")));
    match operation.full_name().as_str() {
        "lambda:CreateFunction" => assumed().into_iter().collect(),
        "lambda:UpdateFunctionConfiguration" => busy().into_iter().chain(assumed()).collect(),
        "lambda:UpdateFunctionCode" | "lambda:PublishVersion" => busy().into(),
        "lambda:Invoke" if states::is_of_latest(operation) => vec![(Kind::Pending, text("FunctionName"))],
        "lambda:PutFunctionEventInvokeConfig"
            if operation.fields["DestinationConfig"]["OnFailure"]["Destination"].is_string() =>
        {
            role(operation.text("FunctionName")).map(|role| (Kind::Rights, role)).into_iter().collect()
        }
        "elbv2:RegisterTargets" => {
            let target = operation.text("Targets.member.1.Id");
            target.split_once(":function:").map(|(_, name)| (Kind::Permission, name.to_owned())).into_iter().collect()
        }
        "elbv2:CreateRule" | "elbv2:ModifyRule" => {
            domain(operation).map(|domain| (Kind::Domain, domain.to_owned())).into_iter().collect()
        }
        "autoscaling:CreateAutoScalingGroup" => vec![(Kind::Profile, String::new())],
        "elbv2:DeleteTargetGroup" => vec![(Kind::Rules, text("TargetGroupArn"))],
        "ec2:DeleteSecurityGroup" => vec![(Kind::Interfaces, text("GroupId"))],
        _ => Vec::new(),
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
        Kind::NatPending | Kind::NatDeleting => {
            Refusal::new(400, "DependencyViolation", "The NAT gateway is not ready")
        }
        Kind::Profile => {
            let message = "You must use a valid fully-formed launch template. Value for parameter iamInstanceProfile.name is \
                           invalid. Invalid IAM Instance Profile name";
            Refusal::new(400, "ValidationError", message)
        }
        Kind::Pending | Kind::Updating => states::refusal(kind, text("FunctionName")),
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
    use crate::operation::call;

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
            (
                call("lambda:CreateFunction", json!({ "FunctionName": "F" })),
                call("lambda:Invoke", json!({ "FunctionName": "F" })),
            ),
            (
                call("lambda:UpdateFunctionConfiguration", json!({ "FunctionName": "F" })),
                call("lambda:PublishVersion", json!({ "FunctionName": "F" })),
            ),
            (call("iam:CreateInstanceProfile", json!({})), call("autoscaling:CreateAutoScalingGroup", json!({}))),
            (call("elbv2:DeleteRule", json!({})), call("elbv2:DeleteTargetGroup", json!({ "TargetGroupArn": "t" }))),
            (
                call("elbv2:DeleteLoadBalancer", json!({})),
                call("ec2:DeleteSecurityGroup", json!({ "GroupId": "sg-1" })),
            ),
        ];
        let let_go = || vec![(Kind::Rules, "t".to_owned()), (Kind::Interfaces, "sg-1".to_owned())];
        for (first, second) in pairs {
            let waits = awaited(&second, |name| (name == "F").then(|| "R".to_owned()));
            let found = begun(&first, let_go()).find(|begun| waits.contains(begun));
            let (kind, _) = found.unwrap_or_else(|| panic!("{first:?} {second:?}"));
            assert!(!refusal(kind, &second).message.contains("''"), "{second:?}");
        }
        assert!(awaited(&call("elbv2:CreateRule", json!({})), |_| None).is_empty(), "a rule without sign-in");
        for other in ["elbv2:DeleteTargetGroup", "ec2:DeleteSecurityGroup"] {
            let other = call(other, json!({ "TargetGroupArn": "another", "GroupId": "another" }));
            let waits = awaited(&other, |_| None);
            assert!(!begun(&call("elbv2:DeleteLoadBalancer", json!({})), let_go()).any(|it| waits.contains(&it)));
        }
    }

    #[test]
    fn a_domain_that_is_there_is_told_as_being_created() {
        let told = creating(json!({ "DomainDescription": { "Domain": "d", "Status": "ACTIVE" } }));
        assert_eq!(told["DomainDescription"]["Status"], "CREATING");
        let absent = json!({ "DomainDescription": {} });
        assert_eq!(creating(absent.clone()), absent);
    }
}
