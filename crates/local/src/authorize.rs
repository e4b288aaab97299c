//! One question before every AWS call and every invocation: may this principal do that?

use std::collections::BTreeMap;

use crate::deployment::Deployment;

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

/// Asks the deployment's policies.
#[must_use]
pub fn authorize(
    _deployment: &Deployment,
    principal: &Principal,
    _action: &str,
    _resource: &str,
    _context: &Context,
) -> Decision {
    match principal {
        Principal::Administrator => Decision::Allowed,
        _ => Decision::Denied("not written yet".to_owned()),
    }
}
