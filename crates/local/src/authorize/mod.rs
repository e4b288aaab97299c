//! One question before every AWS call and every invocation: may this principal do that?
//!
//! Answered by the policies of the deployment: a role's own ones, and for an invocation the function's. Within one account
//! either is enough; an explicit denial in one of them wins; silence is a denial.

mod policy;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt};

use serde_json::{Value, json};

use crate::deployment::Deployment;

use self::policy::{Question, Says};

/// The role that Client VPN itself uses; AWS makes it with the first endpoint.
pub const CLIENT_VPN_ROLE: &str = "AWSServiceRoleForClientVPNConnections";

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
    let resource_policy = deployment.function_by_arn(resource).map(|(_, function)| function.resource_policy.clone());

    let mut allowed = false;
    for document in identity_policies.iter().chain(resource_policy.as_ref().filter(|policy| !policy.is_null())) {
        match policy::ask(document, &question) {
            Ok(Says::Nothing) => {}
            Ok(Says::Allow) => allowed = true,
            Ok(Says::Deny) => return denied(&question, "with an explicit deny in a policy"),
            // A policy that cannot be read allows nothing, and says so instead of failing silently.
            Err(error) => return denied(&question, &format!("because a policy could not be evaluated: {error}")),
        }
    }
    if allowed {
        return Decision::Allowed;
    }
    let kind = if principal_arn.is_some() { "identity-based" } else { "resource-based" };
    denied(&question, &format!("because no {kind} policy allows the {action} action"))
}

fn denied(question: &Question<'_>, why: &str) -> Decision {
    let who = match (question.principal_arn, question.principal) {
        (Some(arn), _) => format!("User: {arn}"),
        (None, principal) => format!("{principal:?}"),
    };
    let (action, resource) = (question.action, question.resource);
    Decision::Denied(format!("{who} is not authorized to perform: {action} on resource: {resource} {why}"))
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
