//! What one policy document says, by `iam-rs`, and what has to be done around it.
//!
//! `iam-rs` differs from IAM in a few places, all of them mended here:
//! - `Principal` with several kinds in one statement does not parse: such a statement is taken apart
//! - a missing `Version` does not parse: IAM's default is the older one
//! - `ArnEquals` compares letter by letter: with IAM it is the same as `ArnLike`
//! - a request's resource must be an ARN: `*` becomes one that only the pattern `*` matches
//! - values have types: IAM's keys that are true or false are handed over as such, others as text
//! - what it does not know, and what is `null`, it passes over: a statement could allow more than whoever wrote it meant.
//!   IAM takes no such document, so it cannot be read here
//!
//! One difference stays: a wildcard of `ArnLike` may pass a colon, where IAM compares the six parts of an ARN one by one.

use iam_rs::{Arn, ContextValue, IAMPolicy, IAMRequest, PolicyEvaluator, PrincipalId};
use serde_json::{Map, Value, json};

use super::{Context, Principal};

/// Condition keys that are true or false, in lower case.
const BOOLEAN_KEYS: [&str; 4] =
    ["aws:securetransport", "aws:multifactorauthpresent", "aws:viaawsservice", "aws:principalisawsservice"];

/// What is to be decided.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub principal: &'a Principal,
    pub principal_arn: Option<&'a str>,
    pub action: &'a str,
    pub resource: &'a str,
    pub context: &'a Context,
}

/// What a policy says to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Allow,
    Deny,
    Nothing,
}

/// Asks one policy document; whether its statements have to name a principal, as those of a resource do, or may not.
pub(super) fn ask(document: &Value, of_a_resource: bool, question: &Question<'_>) -> Result<Says, String> {
    let policy = mended(document, of_a_resource)?;
    let policy: IAMPolicy = serde_json::from_value(policy).map_err(|error| error.to_string())?;
    let principal = match (question.principal_arn, question.principal) {
        (Some(arn), _) => iam_rs::Principal::Aws(PrincipalId::String(arn.to_owned())),
        (None, Principal::Service(name)) => iam_rs::Principal::Service(PrincipalId::String(name.clone())),
        (None, other) => return Err(format!("{other:?} has no name")),
    };
    let resource = match question.resource {
        "*" => Arn {
            partition: "none".to_owned(),
            service: "none".to_owned(),
            region: String::new(),
            account_id: String::new(),
            resource: "none".to_owned(),
        },
        arn => Arn::parse(arn).map_err(|error| error.to_string())?,
    };
    let mut context = iam_rs::Context::new();
    for (key, values) in question.context {
        if let Some(value) = typed(key, values) {
            context.insert(key.clone(), value);
        }
    }
    let request = IAMRequest::new_with_context(principal, question.action, resource, context);
    let evaluator = PolicyEvaluator::with_policies(vec![policy]);
    let result = evaluator.evaluate(&request).map_err(|error| error.to_string())?;
    Ok(match result.decision {
        iam_rs::Decision::Allow => Says::Allow,
        iam_rs::Decision::Deny => Says::Deny,
        iam_rs::Decision::NotApplicable => Says::Nothing,
    })
}

/// A key without values is an absent key.
fn typed(key: &str, values: &[String]) -> Option<ContextValue> {
    match values {
        [] => None,
        [value] if BOOLEAN_KEYS.contains(&key.to_ascii_lowercase().as_str()) => {
            value.parse().ok().map(ContextValue::Boolean)
        }
        [value] => Some(ContextValue::String(value.clone())),
        values => Some(ContextValue::StringList(values.to_vec())),
    }
}

fn mended(document: &Value, of_a_resource: bool) -> Result<Value, String> {
    let Value::Object(members) = document else { return Err("it is not a JSON object".to_owned()) };
    known(members, &["Version", "Id", "Statement"])?;
    let statements = match members.get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(statement) => std::slice::from_ref(statement),
        None => return Err("it has no Statement".to_owned()),
    };
    for statement in statements {
        readable(statement, of_a_resource)?;
    }
    let statements: Result<Value, String> = statements.iter().flat_map(by_principal).map(arn_like).collect();
    let mut mended = members.clone();
    mended.entry("Version").or_insert_with(|| json!("2008-10-17"));
    mended.insert("Statement".to_owned(), statements?);
    Ok(Value::Object(mended))
}

fn readable(statement: &Value, of_a_resource: bool) -> Result<(), String> {
    let Value::Object(members) = statement else { return Err("a statement is not a JSON object".to_owned()) };
    let pairs = [("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")];
    for (one, other) in pairs {
        let count = usize::from(members.contains_key(one)) + usize::from(members.contains_key(other));
        match one == "Principal" && !of_a_resource {
            true if count > 0 => return Err(format!("a statement of an identity-based policy has a {one}")),
            false if count != 1 => return Err(format!("a statement needs either {one} or {other}")),
            _ => {}
        }
    }
    let pairs = pairs.iter().flat_map(|(one, other)| [*one, *other]);
    known(members, &["Sid", "Effect", "Condition"].into_iter().chain(pairs).collect::<Vec<_>>())
}

fn known(members: &Map<String, Value>, names: &[&str]) -> Result<(), String> {
    match members.iter().find(|(name, value)| !names.contains(&name.as_str()) || value.is_null()) {
        Some((name, Value::Null)) => Err(format!("the element {name} is null")),
        Some((name, _)) => Err(format!("it has an unknown element {name}")),
        None => Ok(()),
    }
}

/// One statement for each kind of principal, and for `{"AWS": "*"}` the `"*"` it is the same as.
fn by_principal(statement: &Value) -> Vec<Value> {
    let kinds = statement.get("Principal").and_then(Value::as_object).filter(|kinds| !kinds.is_empty());
    let Some(kinds) = kinds else { return vec![statement.clone()] };
    kinds
        .iter()
        .map(|(kind, ids)| {
            let mut part = statement.clone();
            let anybody = kind == "AWS" && (ids == "*" || ids.as_array().is_some_and(|ids| ids.contains(&json!("*"))));
            part["Principal"] = if anybody { json!("*") } else { json!({ kind: ids }) };
            part
        })
        .collect()
}

fn arn_like(mut statement: Value) -> Result<Value, String> {
    if let Some(Value::Object(conditions)) = statement.get_mut("Condition") {
        let old = std::mem::replace(conditions, Map::new());
        for (operator, keys) in old {
            let operator = operator.replace("ArnEquals", "ArnLike").replace("ArnNotEquals", "ArnNotLike");
            match (conditions.get_mut(&operator), keys) {
                // Both spellings in one statement: all of their keys must hold, which cannot be said twice of one key.
                (Some(Value::Object(there)), Value::Object(keys)) => {
                    if let Some(twice) = keys.keys().find(|key| there.contains_key(*key)) {
                        return Err(format!(
                            "{operator} of {twice}, in both spellings in one statement, is not emulated"
                        ));
                    }
                    there.extend(keys);
                }
                (Some(_), _) => return Err(format!("the condition {operator} is not a JSON object")),
                (None, keys) => drop(conditions.insert(operator, keys)),
            }
        }
    }
    Ok(statement)
}
