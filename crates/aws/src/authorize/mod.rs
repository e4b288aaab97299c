//! One question before every AWS call and every invocation: may this principal do that?
//!
//! Answered by the policies of the deployment: a role's own ones, and for an invocation the function's. Within one account
//! either is enough; an explicit denial in one of them wins; silence is a denial.

pub mod keys;
mod policy;

use std::{collections::BTreeMap, fmt};

use serde_json::{Value, json};

use crate::deployment::{Deployment, Role};

use self::policy::{Question, Says};

/// The service-linked role that Client VPN itself uses; AWS makes it with the first endpoint. Its own policy lets it invoke
/// functions named `AWSClientVPN-*`: the handler's resource policy says nothing about it (fact 6.5).
pub const CLIENT_VPN_ROLE: &str = "AWSServiceRoleForClientVPNConnections";

/// A kind of policy, with its article, as AWS's refusals name it.
type Kind = (&'static str, &'static str);
const IDENTITY: Kind = ("an", "identity-based");
const RESOURCE: Kind = ("a", "resource-based");

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Somebody at this computer, with whatever credentials: an administrator of the account.
    Administrator,
    /// A function, under its role.
    Role(String),
    /// A service of AWS, for example `lambda.alarms.cloudwatch.amazonaws.com`.
    Service(String),
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Administrator => f.write_str("administrator"),
            Self::Role(name) | Self::Service(name) => f.write_str(name),
        }
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Allowed,
    /// It may not, with the reason in a sentence.
    Denied(String),
}

/// Condition keys and their values, for example `aws:SourceArn`.
pub type Context = BTreeMap<String, Vec<String>>;

/// Asks the deployment's policies. `resource` is an ARN, or `*` for actions that know no resource.
#[must_use]
pub fn authorize(
    deployment: &Deployment,
    principal: &Principal,
    action: &str,
    resource: &str,
    context: &Context,
) -> Decision {
    let (identity_policies, principal_arn) = match principal {
        Principal::Administrator => return Decision::Allowed,
        Principal::Service(_) => (Vec::new(), None),
        Principal::Role(role) => (identity_policies(deployment, role), Some(role_arn(deployment, role))),
    };
    let mut context = context.clone();
    if let Some(arn) = &principal_arn {
        context.entry("aws:PrincipalArn".to_owned()).or_insert_with(|| vec![arn.clone()]);
    }
    context.entry("aws:RequestedRegion".to_owned()).or_insert_with(|| vec![deployment.region.clone()]);
    if action.starts_with("ec2:") {
        context.entry("ec2:Region".to_owned()).or_insert_with(|| vec![deployment.region.clone()]);
    }
    let question = Question { principal, principal_arn: principal_arn.as_deref(), action, resource, context: &context };
    let of_function = deployment.function_by_arn(resource).map(|(_, function)| &function.resource_policy);
    let resource_policy = of_function.or_else(|| deployment.topics.get(resource)).cloned();

    let identity = identity_policies.iter().map(|policy| (IDENTITY, policy));
    let resource = resource_policy.as_ref().filter(|policy| !policy.is_null()).map(|policy| (RESOURCE, policy));
    together(identity.chain(resource), &question)
}

/// Asks policy documents what they grant together to the person or role of this ARN, whatever is deployed. A `*` in the
/// resource stands for anything: it is granted where a `*` of a document covers it.
#[must_use]
pub fn permitted(documents: &[Value], arn: &str, action: &str, resource: &str, context: &Context) -> Decision {
    let principal = Principal::Role(arn.to_owned());
    let documents = documents.iter().map(|document| (IDENTITY, document));
    together(documents, &Question { principal: &principal, principal_arn: Some(arn), action, resource, context })
}

/// Whether the policy of a resource, such as a bucket, denies that to the person or role of this ARN, whatever else allows it:
/// AWS's sentence then.
#[must_use]
pub fn denied_by(policy: &Value, arn: &str, action: &str, resource: &str, context: &Context) -> Option<String> {
    let principal = Principal::Role(arn.to_owned());
    let question = Question { principal: &principal, principal_arn: Some(arn), action, resource, context };
    match policy::ask(policy, true, &question) {
        Ok(Says::Allow | Says::Nothing) => None,
        _ => match together([(RESOURCE, policy)], &question) {
            Decision::Denied(words) => Some(words),
            Decision::Allowed => None,
        },
    }
}

/// One document that allows is enough, and one that denies decides.
fn together<'a>(documents: impl IntoIterator<Item = (Kind, &'a Value)>, question: &Question<'_>) -> Decision {
    let mut allowed = false;
    for (of_kind, document) in documents {
        let (article, kind) = of_kind;
        match policy::ask(document, of_kind == RESOURCE, question) {
            Ok(Says::Nothing) => {}
            Ok(Says::Allow) => allowed = true,
            Ok(Says::Deny) => return denied(question, &format!("with an explicit deny in {article} {kind} policy")),
            // A policy that cannot be read allows nothing, and says so instead of failing silently.
            Err(error) => return denied(question, &format!("because a policy could not be evaluated: {error}")),
        }
    }
    if allowed {
        return Decision::Allowed;
    }
    let (_, kind) = if question.principal_arn.is_some() { IDENTITY } else { RESOURCE };
    denied(question, &format!("because no {kind} policy allows the {} action", question.action))
}

/// Whether a function may run under a role, as the role's trust policy says.
#[must_use]
pub fn may_be_assumed(deployment: &Deployment, role: &Role, function_arn: &str) -> Decision {
    let principal = Principal::Service("lambda.amazonaws.com".to_owned());
    let context = Context::from([
        ("aws:SourceArn".to_owned(), vec![function_arn.to_owned()]),
        ("aws:SourceAccount".to_owned(), vec![deployment.account.clone()]),
    ]);
    // A trust policy names no resource: it is the role's own.
    let mut trust = role.trust.clone();
    let statements = match trust.get_mut("Statement") {
        Some(Value::Array(statements)) => statements.as_mut_slice(),
        Some(statement) => std::slice::from_mut(statement),
        None => &mut [],
    };
    // What is no object cannot be read, and is left for that to be said.
    for statement in statements.iter_mut().filter_map(Value::as_object_mut) {
        statement.insert("Resource".to_owned(), json!("*"));
    }
    let action = "sts:AssumeRole";
    let question = Question { principal: &principal, principal_arn: None, action, resource: "*", context: &context };
    match policy::ask(&trust, true, &question) {
        Ok(Says::Allow) => Decision::Allowed,
        Ok(_) => Decision::Denied("The role defined for the function cannot be assumed by Lambda.".to_owned()),
        Err(error) => denied(&question, &format!("because the trust policy could not be evaluated: {error}")),
    }
}

fn denied(question: &Question<'_>, why: &str) -> Decision {
    let who = match (question.principal_arn, question.principal) {
        (Some(arn), _) => format!("User: {arn}"),
        (None, principal) => format!("{principal:?}"),
    };
    Decision::Denied(not_authorized(&who, question.action, question.resource, why))
}

/// AWS's sentence; `who` is like `User: ARN`, and `why` like `because no identity-based policy allows the ec2:CreateTags
/// action`.
#[must_use]
pub fn not_authorized(who: &str, action: &str, resource: &str, why: &str) -> String {
    format!("{who} is not authorized to perform: {action} on resource: {resource} {why}")
}

fn role_arn(deployment: &Deployment, role: &str) -> String {
    format!("arn:{}:iam::{}:role/{role}", deployment.partition, deployment.account)
}

/// A role's policies. Client VPN's own role is AWS's: it may invoke the functions whose names begin as AWS demands.
fn identity_policies(deployment: &Deployment, role: &str) -> Vec<Value> {
    match deployment.roles.get(role) {
        Some(role) => role.policies.clone(),
        None if role == CLIENT_VPN_ROLE => vec![json!({
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "lambda:InvokeFunction",
                "Resource": format!("arn:{}:lambda:*:*:function:AWSClientVPN-*", deployment.partition),
            },
        })],
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::Function;

    #[test]
    fn a_refusal_names_the_kind_of_policy_that_denies() {
        let says = |effect: &str, resource: &str| {
            json!({ "Version": "2012-10-17", "Statement": [
                { "Effect": effect, "Action": "lambda:InvokeFunction", "Resource": resource }
            ] })
        };
        let says_of_all = |effect: &str, resource: &str| {
            let mut policy = says(effect, resource);
            policy["Statement"][0]["Principal"] = json!({ "AWS": "*" });
            policy
        };
        let mut deployment = Deployment {
            partition: "aws".to_owned(),
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            ..Deployment::default()
        };
        deployment.functions.insert("F".to_owned(), Function::default());
        let arn = deployment.function_arn("F");
        let mut asked = |of_role: &str, of_function: &str| {
            let role = Role { policies: vec![says(of_role, &arn)], ..Role::default() };
            deployment.roles.insert("R".to_owned(), role);
            if let Some(function) = deployment.functions.get_mut("F") {
                function.resource_policy = says_of_all(of_function, &arn);
            }
            let who = Principal::Role("R".to_owned());
            match authorize(&deployment, &who, "lambda:InvokeFunction", &arn, &Context::new()) {
                Decision::Allowed => String::new(),
                Decision::Denied(words) => words,
            }
        };
        assert_eq!(asked("Allow", "Allow"), "");
        for (of_role, of_function, kind) in [
            ("Deny", "Allow", "an identity-based"),
            ("Allow", "Deny", "a resource-based"),
            ("Deny", "Deny", "an identity-based"),
        ] {
            let words = asked(of_role, of_function);
            assert!(words.ends_with(&format!("with an explicit deny in {kind} policy")), "{words}");
        }
    }
}
