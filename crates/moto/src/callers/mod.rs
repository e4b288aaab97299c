//! People who call: what each may do, by policy documents; what each has needed so far; and what goes wrong for them.

mod egress;
mod faults;
mod needs;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use aws::authorize::{Context, Decision, not_authorized, permitted};
use local::{locks::lock, this_computer::ACCOUNT};
use serde_json::{Value, json};

use crate::{operation::Operation, refuse::Refusal};

pub(crate) use faults::Faults;
use faults::Kind;
use needs::Need;

/// Whose needs are written down, whether their rights are tried or not; `lacks` and `denies` are about them.
const WATCHED: [&str; 6] = ["DEPLOYER", "OPERATOR", "ENDPOINT", "PROVIDER", "CONSUMER", "CONSUMER-ELSEWHERE"];
const BOUNDARY: &str = "iam:PermissionsBoundary";

/// The callers, by the access keys that they sign with. Whoever is not named is an administrator.
#[derive(Debug, Default)]
pub struct Callers {
    /// Policy documents: what they grant together.
    rights: BTreeMap<String, Vec<Value>>,
    /// What each has needed so far, in all copies.
    needed: Mutex<BTreeMap<String, BTreeSet<Need>>>,
}

/// How the callers are referred to: all copies of an account have the same.
pub type Shared = Arc<Callers>;

impl Callers {
    /// Those who may do only what these documents grant.
    #[must_use]
    pub fn new(rights: BTreeMap<String, Vec<Value>>) -> Self {
        Self { rights, needed: Mutex::default() }
    }

    /// What each has needed so far, as JSON: `{KEY: [[ACTION, RESOURCE], [ACTION, RESOURCE, "KEY=VALUE"]]}`.
    pub(crate) fn needed(&self) -> Value {
        let words = |needs: &BTreeSet<Need>| needs.iter().map(Need::words).collect::<Vec<_>>();
        json!(lock(&self.needed).iter().map(|(key, needs)| (key, words(needs))).collect::<BTreeMap<_, _>>())
    }

    /// Whether the documents of this caller say something about a role's permissions boundary.
    pub(crate) fn is_asked_for_boundary(&self, key: &str, operation: &Operation) -> bool {
        operation.service == "iam"
            && self
                .rights
                .get(key)
                .is_some_and(|documents| documents.iter().any(|it| it.to_string().contains(BOUNDARY)))
    }

    /// Judges a call. Gives the actions that the caller lacks for being told everything; nobody's session does here.
    ///
    /// # Errors
    /// AWS's refusal.
    pub(crate) fn judge(
        &self,
        key: &str,
        operation: &Operation,
        boundary: Option<&str>,
        faults: &Faults,
    ) -> Result<Vec<String>, Refusal> {
        let is_watched = WATCHED.contains(&key);
        let documents = self.rights.get(key).map(Vec::as_slice);
        if !is_watched && documents.is_none() {
            return Ok(Vec::new());
        }
        let needs = needs::of(operation);
        let mut lacks = Vec::new();
        for need in &needs {
            let forbidden = faults.denies.get(&need.action).filter(|_| is_watched);
            let is_taken = is_watched && faults.lacks.contains(&need.action);
            let why = match forbidden {
                None if is_taken => Some(format!("because no identity-based policy allows the {} action", need.action)),
                words => words.cloned(),
            };
            let refused =
                why.map(|why| not_authorized(&format!("User: {}", user(key)), &need.action, &need.resource, &why));
            let Some(message) = refused.or_else(|| refusal(documents?, key, need, boundary)) else {
                continue;
            };
            if needs::is_only_told_less(&need.action) {
                lacks.push(need.action.clone());
                continue;
            }
            return Err(Kind::Denied.refusal(&operation.service, message));
        }
        lock(&self.needed).entry(key.to_owned()).or_default().extend(needs);
        Ok(lacks)
    }
}

fn user(key: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{key}")
}

/// What AWS says where these documents together do not allow it: none does, or one denies it.
fn refusal(documents: &[Value], key: &str, need: &Need, boundary: Option<&str>) -> Option<String> {
    let conditions = need.condition.iter().map(|(key, value)| (*key, value.clone()));
    let boundary = boundary.filter(|arn| !arn.is_empty()).map(|arn| (BOUNDARY, arn.to_owned()));
    let context: Context = conditions.chain(boundary).map(|(key, value)| (key.to_owned(), vec![value])).collect();
    match permitted(documents, &user(key), &need.action, &need.resource, &context) {
        Decision::Allowed => None,
        Decision::Denied(words) => Some(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::call;

    fn statement(effect: &str, action: &str, resource: &str, condition: &Value) -> Value {
        json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": effect, "Action": [action], "Resource": [resource], "Condition": condition }
        ] })
    }

    /// What is answered to somebody with these documents: the code of the refusal, or what is lacking.
    fn judged(documents: &[Value], name: &str, boundary: Option<&str>, faults: &Value) -> Result<Vec<String>, String> {
        let callers = Callers::new([("DEPLOYER".to_owned(), documents.to_vec())].into());
        let fields = json!({ "RoleName": "R", "FunctionName": "F" });
        let faults = serde_json::from_value(faults.clone()).expect("faults");
        callers.judge("DEPLOYER", &call(name, fields), boundary, &faults).map_err(|refusal| refusal.message)
    }

    #[test]
    fn the_documents_decide_together() {
        let any = json!({});
        let roles = statement("Allow", "iam:CreateRole", "arn:aws:iam::*:role/*", &any);
        let unbound = json!({ "ArnNotLike": { "iam:PermissionsBoundary": "arn:aws:iam::*:policy/b" } });
        let demanded = statement("Deny", "iam:CreateRole", "arn:aws:iam::*:role/*", &unbound);
        let bound = Some("arn:aws:iam::123456789012:policy/b");
        for (documents, boundary, is_allowed) in [
            (vec![roles.clone()], None, true),
            (vec![], None, false),
            (vec![statement("Allow", "iam:CreateRole", "arn:aws:iam::*:role/S", &any)], None, false),
            (vec![roles.clone(), demanded.clone()], bound, true),
            (vec![roles.clone(), demanded.clone()], Some("arn:aws:iam::123456789012:policy/c"), false),
            (vec![roles.clone(), demanded.clone()], Some(""), false),
            (vec![roles, demanded], None, false),
        ] {
            let judged = judged(&documents, "iam:CreateRole", boundary, &json!({}));
            assert_eq!(judged.is_ok(), is_allowed, "{boundary:?}: {judged:?}");
            let Err(words) = judged else { continue };
            let is_denied = words.ends_with("with an explicit deny in an identity-based policy");
            assert_eq!(is_denied, documents.len() == 2, "{words}");
        }
    }

    #[test]
    fn a_refusal_says_what_aws_says() {
        let all = statement("Allow", "*", "*", &json!({}));
        let start = "User: arn:aws:iam::123456789012:user/DEPLOYER is not authorized to perform: iam:GetRole on resource: \
                     arn:aws:iam::*:role/R ";
        for (faults, why) in [
            (json!({ "lacks": ["iam:GetRole"] }), "because no identity-based policy allows the iam:GetRole action"),
            (json!({ "denies": { "iam:GetRole": "with an explicit deny" } }), "with an explicit deny"),
        ] {
            assert_eq!(judged(std::slice::from_ref(&all), "iam:GetRole", None, &faults), Err(format!("{start}{why}")));
        }
        assert_eq!(judged(std::slice::from_ref(&all), "iam:GetRole", None, &json!({})), Ok(vec![]));
    }

    #[test]
    fn what_only_tells_less_is_no_refusal() {
        let function = statement("Allow", "lambda:GetFunction", "arn:aws:lambda:*:*:function:F", &json!({}));
        assert_eq!(judged(&[function], "lambda:GetFunction", None, &json!({})), Ok(vec!["lambda:ListTags".to_owned()]));
    }

    #[test]
    fn who_is_not_named_is_an_administrator() {
        let callers = Callers::default();
        let of =
            |key: &str| callers.judge(key, &call("iam:GetRole", json!({ "RoleName": "R" })), None, &Faults::default());
        assert_eq!((of("test"), of("DEPLOYER")), (Ok(vec![]), Ok(vec![])));
        assert_eq!(callers.needed(), json!({ "DEPLOYER": [["iam:GetRole", "arn:aws:iam::*:role/R"]] }));
    }
}
