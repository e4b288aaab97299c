//! Fields that moto forgets: noted when they are written, put into answers that should have them.

use axum::body::Bytes;
use serde_json::Value;

use local::this_computer;

use crate::{memory::Memory, operation::Operation};

/// A field, who writes it, who tells it and where, and what it belongs to.
struct Kept {
    field: &'static str,
    writers: &'static [&'static str],
    readers: &'static [&'static str],
    /// The field by which the thing is named.
    of: &'static str,
    /// Where in the answer.
    inside: &'static str,
}

const LOGGING: &str = "LoggingConfig";
const ARCHITECTURES: &str = "Architectures";
/// A function's fields, of which a version keeps what they were.
const OF_VERSIONS: [&str; 2] = [LOGGING, ARCHITECTURES];
const MANAGED_LOGIN: &str = "ManagedLoginVersion";

const KEPT: [Kept; 6] = [
    Kept {
        field: LOGGING,
        writers: &["CreateFunction", "UpdateFunctionConfiguration"],
        readers: &["CreateFunction", "UpdateFunctionConfiguration", "PublishVersion", "GetFunctionConfiguration"],
        of: "FunctionName",
        inside: "",
    },
    Kept { field: LOGGING, writers: &[], readers: &["GetFunction"], of: "FunctionName", inside: "/Configuration" },
    Kept {
        field: ARCHITECTURES,
        writers: &["CreateFunction", "UpdateFunctionCode"],
        readers: &["UpdateFunctionCode", "PublishVersion", "GetFunctionConfiguration"],
        of: "FunctionName",
        inside: "",
    },
    Kept {
        field: ARCHITECTURES,
        writers: &[],
        readers: &["GetFunction"],
        of: "FunctionName",
        inside: "/Configuration",
    },
    Kept {
        field: "WebAuthnConfiguration",
        writers: &["SetUserPoolMfaConfig"],
        readers: &["GetUserPoolMfaConfig"],
        of: "UserPoolId",
        inside: "",
    },
    Kept {
        field: MANAGED_LOGIN,
        writers: &["CreateUserPoolDomain", "UpdateUserPoolDomain"],
        readers: &["DescribeUserPoolDomain"],
        of: "Domain",
        inside: "/DomainDescription",
    },
];

/// After a call that succeeded: notes what it wrote, and gives its answer with what should be in it.
pub(crate) fn after(memory: &mut Memory, operation: &Operation, answer: Bytes, aws: &str) -> Bytes {
    for kept in KEPT.iter().filter(|kept| kept.writers.contains(&operation.name.as_str())) {
        if let Some(value) = operation.fields.get(kept.field) {
            memory.kept.insert(key(kept.field, operation.text(kept.of), ""), value.clone());
        }
    }
    let name = operation.text("FunctionName");
    match operation.name.as_str() {
        // A version keeps what the function had then.
        "PublishVersion" | "CreateFunction" | "UpdateFunctionCode"
            if operation.name == "PublishVersion" || operation.fields["Publish"] == true =>
        {
            let version = serde_json::from_slice::<Value>(&answer)
                .ok()
                .and_then(|answer| answer["Version"].as_str().map(ToOwned::to_owned));
            for field in OF_VERSIONS {
                if let (Some(version), Some(value)) = (&version, memory.kept.get(&key(field, name, "")).cloned()) {
                    memory.kept.insert(key(field, name, version), value);
                }
            }
        }
        "DeleteFunction" => {
            for field in OF_VERSIONS {
                let (whole, versions) = (key(field, name, ""), format!("{} ", key(field, name, "")));
                memory.kept.retain(|key, _| *key != whole && !key.starts_with(&versions));
            }
        }
        "DeleteUserPoolDomain" => drop(memory.kept.remove(&key(MANAGED_LOGIN, operation.text("Domain"), ""))),
        _ => {}
    }
    if operation.name == "DescribeUserPool" {
        return with_tags(memory, operation.text("UserPoolId"), answer);
    }
    let readers = KEPT.iter().filter(|kept| kept.readers.contains(&operation.name.as_str()));
    let answer = match operation.name.as_str() {
        "GetFunction" => with_code(memory, answer, aws),
        "DescribeUserPoolDomain" => with_account(answer),
        _ => answer,
    };
    let qualifier = operation.text("Qualifier");
    let version = if qualifier == "$LATEST" { "" } else { qualifier };
    readers.fold(answer, |answer, kept| match memory.kept.get(&key(kept.field, operation.text(kept.of), version)) {
        Some(value) => with_field(answer, kept, value),
        None => answer,
    })
}

fn with_field(answer: Bytes, kept: &Kept, value: &Value) -> Bytes {
    let Ok(mut whole) = serde_json::from_slice::<Value>(&answer) else { return answer };
    match whole.pointer_mut(kept.inside) {
        // A domain that does not exist is an empty description.
        Some(Value::Object(fields)) if !fields.is_empty() => drop(fields.insert(kept.field.to_owned(), value.clone())),
        _ => return answer,
    }
    whole.to_string().into()
}

/// The package can be fetched where AWS would have it: here.
fn with_code(memory: &Memory, answer: Bytes, aws: &str) -> Bytes {
    let Ok(mut whole) = serde_json::from_slice::<Value>(&answer) else { return answer };
    let digest = whole["Configuration"]["CodeSha256"].as_str().unwrap_or_default();
    if memory.packages.zip(digest).is_none() {
        return answer;
    }
    let digest: String = form_urlencoded::byte_serialize(digest.as_bytes()).collect();
    whole["Code"]["Location"] = format!("{aws}/_local/code?{digest}").into();
    whole.to_string().into()
}

/// moto makes up another account each time.
fn with_account(answer: Bytes) -> Bytes {
    let Ok(mut whole) = serde_json::from_slice::<Value>(&answer) else { return answer };
    let Some(account) = whole.pointer_mut("/DomainDescription/AWSAccountId") else { return answer };
    *account = this_computer::ACCOUNT.into();
    whole.to_string().into()
}

/// A pool's description with the tags it got, and without those it lost, after it was created.
fn with_tags(memory: &Memory, pool: &str, answer: Bytes) -> Bytes {
    let Some(changed) = memory.pool_tags.get(pool) else { return answer };
    let Ok(mut whole) = serde_json::from_slice::<Value>(&answer) else { return answer };
    for (key, value) in changed {
        match value {
            Some(value) => whole["UserPool"]["UserPoolTags"][key] = value.clone().into(),
            None => {
                if let Some(tags) = whole["UserPool"]["UserPoolTags"].as_object_mut() {
                    tags.remove(key);
                }
            }
        }
    }
    whole.to_string().into()
}

/// `LoggingConfig` of a function's version; an empty one is `$LATEST`.
#[must_use]
pub fn logging(memory: &Memory, function: &str, version: &str) -> Value {
    memory.kept.get(&key(LOGGING, function, version)).cloned().unwrap_or_default()
}

/// Whether a domain has managed login; without a word it is the classic pages.
#[must_use]
pub fn managed_login(memory: &Memory, domain: &str) -> bool {
    memory.kept.get(&key(MANAGED_LOGIN, domain, "")).is_some_and(|version| *version == 2)
}

fn key(field: &str, thing: &str, version: &str) -> String {
    format!("{field} {thing} {version}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn operation(name: &str, fields: Value) -> Operation {
        Operation { service: "s".to_owned(), name: name.to_owned(), fields }
    }

    fn after_json(memory: &mut Memory, operation: &Operation, answer: &Value) -> Value {
        serde_json::from_slice(&after(memory, operation, answer.to_string().into(), "")).unwrap()
    }

    #[test]
    fn a_function_keeps_its_logging_and_a_version_what_it_was() {
        let mut memory = Memory::default();
        let config = json!({ "LogFormat": "JSON" });
        let create = operation("CreateFunction", json!({ "FunctionName": "F", "LoggingConfig": config }));
        assert_eq!(after_json(&mut memory, &create, &json!({ "FunctionName": "F" }))["LoggingConfig"], config);
        let publish = operation("PublishVersion", json!({ "FunctionName": "F" }));
        after_json(&mut memory, &publish, &json!({ "Version": "1" }));
        let text = json!({ "LogFormat": "Text" });
        let update = operation("UpdateFunctionConfiguration", json!({ "FunctionName": "F", "LoggingConfig": text }));
        after_json(&mut memory, &update, &json!({}));
        assert_eq!((logging(&memory, "F", ""), logging(&memory, "F", "1")), (text.clone(), config.clone()));
        let get = operation("GetFunction", json!({ "FunctionName": "F" }));
        let told = after_json(&mut memory, &get, &json!({ "Configuration": { "Timeout": 3 } }));
        assert_eq!(told, json!({ "Configuration": { "Timeout": 3, "LoggingConfig": text } }));
        let get = operation("GetFunctionConfiguration", json!({ "FunctionName": "F", "Qualifier": "1" }));
        assert_eq!(after_json(&mut memory, &get, &json!({ "Timeout": 3 }))["LoggingConfig"], config);
        after_json(&mut memory, &operation("DeleteFunction", json!({ "FunctionName": "F" })), &json!({}));
        assert!(memory.kept.is_empty());
    }

    #[test]
    fn what_was_never_written_is_left_as_it_is() {
        let mut memory = Memory::default();
        let read = operation("DescribeUserPoolDomain", json!({ "Domain": "d" }));
        let answer = Bytes::from_static(b"{\"DomainDescription\":  {\"UserPoolId\": \"p\"}}");
        assert_eq!(after(&mut memory, &read, answer.clone(), ""), answer, "byte for byte");
        after_json(
            &mut memory,
            &operation("CreateUserPoolDomain", json!({ "Domain": "d", "ManagedLoginVersion": 2 })),
            &json!({}),
        );
        assert!(managed_login(&memory, "d") && !managed_login(&memory, "e"));
        assert_eq!(
            after_json(&mut memory, &read, &json!({ "DomainDescription": { "UserPoolId": "p" } }))["DomainDescription"]
                ["ManagedLoginVersion"],
            2
        );
        assert_eq!(
            after_json(&mut memory, &read, &json!({ "DomainDescription": {} })),
            json!({ "DomainDescription": {} })
        );
    }
}
