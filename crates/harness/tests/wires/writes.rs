//! What a deployment writes: every call with its input, and every field of that by a name that is the same each time.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::{Map, Value, json};

use harness::Script;

use crate::Account;

/// Notes the input of each call, and makes it.
const RECORDING: &str = "#!/bin/bash
previous=''
for argument in \"$@\"; do
  [[ $previous != --cli-input-json ]] || jq -nc --slurpfile input \"${argument#file://}\" '{arguments: $ARGS.positional, input: $input[0]}' --args -- \"$@\" >>\"${0%/*}/../calls\"
  previous=$argument
done
exec \"${0%/*}/aws-alone\" \"$@\"
";

/// Documents that are JSON in text.
const DOCUMENTS: [&str; 4] = ["PolicyDocument", "AssumeRolePolicyDocument", "AttributeValue", "Policy"];
/// By these a thing is called, the first first.
const NAMES: [&str; 15] = [
    "RoleName",
    "FunctionName",
    "StatementId",
    "AlarmName",
    "TopicArn",
    "logGroupName",
    "Rule",
    "Domain",
    "PoolName",
    "ClientName",
    "GroupName",
    "Name",
    "Port",
    "Priority",
    "Protocol",
];

/// A write.
#[derive(Debug, Clone)]
pub struct Write {
    /// The step of `deploy.sh` that makes it.
    pub step: String,
    pub service: String,
    pub operation: String,
    /// Its input, with documents as what they say.
    pub input: Value,
}

/// A field of a write.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    pub write: usize,
    /// Where it is in the input, as a JSON pointer.
    pub pointer: String,
}

/// Deploys, and gives what was written.
pub async fn record(account: &Account) -> Vec<Write> {
    let bin = account.place.directory.join("bin");
    fs::rename(bin.join("aws"), bin.join("aws-alone")).expect("a file");
    fs::write(bin.join("aws"), RECORDING).expect("a file");
    fs::set_permissions(bin.join("aws"), fs::Permissions::from_mode(0o755)).expect("a mode");
    let deployed: Script = account.deploy(&[]).await;
    assert_eq!(deployed.status, 0, "{}", deployed.text);
    fs::rename(bin.join("aws-alone"), bin.join("aws")).expect("a file");

    let calls = fs::read_to_string(account.place.directory.join("calls")).expect("the calls");
    let mut writes: Vec<Write> = Vec::new();
    for line in calls.lines() {
        let call: Value = serde_json::from_str(line).expect("a call");
        let words: Vec<&str> = call["arguments"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let at = words.iter().position(|word| *word == "--cli-input-json").expect("an input");
        let write = Write {
            step: String::new(),
            service: words[at - 2].to_owned(),
            operation: words[at - 1].to_owned(),
            input: with_documents(call["input"].clone()),
        };
        // Tried again.
        let is_new =
            writes.last().is_none_or(|last| (&last.operation, &last.input) != (&write.operation, &write.input));
        if is_new {
            writes.push(write);
        }
    }
    // Each change is announced when it is planned and when it is made, with its step: `[step] what`.
    let changes: Vec<_> = deployed.changes.iter().filter(|line| !line.contains("] waiting for ")).collect();
    let made = &changes[changes.len() / 2..];
    assert_eq!(made.len(), writes.len(), "every write has an input that was noted");
    for (write, line) in writes.iter_mut().zip(made) {
        write.step = line.trim_start_matches('[').split(']').next().expect("a step").to_owned();
    }
    writes
}

fn with_documents(mut input: Value) -> Value {
    for name in DOCUMENTS {
        if let Some(document) = input[name].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()) {
            input[name] = document;
        }
    }
    if let Some(fields) = input.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    input
}

/// As AWS takes it.
pub fn as_sent(mut input: Value) -> Value {
    for name in DOCUMENTS {
        if input.get(name).is_some_and(Value::is_object) {
            input[name] = json!(input[name].to_string());
        }
    }
    input
}

/// Every field of every write.
pub fn fields(writes: &[Write]) -> Vec<Field> {
    let mut all = Vec::new();
    for (number, write) in writes.iter().enumerate() {
        let record = &write.input["ChangeBatch"]["Changes"][0]["ResourceRecordSet"]["Type"];
        let things: Vec<String> =
            NAMES.iter().map(|name| &write.input[*name]).chain([record]).filter_map(word).collect();
        let begin = format!("{} {} {}: ", write.service, write.operation, things.join("/"));
        let mut found = Vec::new();
        flatten(&write.input, "", "", &mut found);
        all.extend(found.into_iter().map(|(name, pointer)| Field {
            name: format!("{begin}{}", name.trim_start_matches('.')),
            write: number,
            pointer,
        }));
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

fn flatten(value: &Value, name: &str, pointer: &str, found: &mut Vec<(String, String)>) {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                flatten(value, &format!("{name}.{key}"), &format!("{pointer}/{}", escaped(key)), found);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            // A condition on several values is one more field: that there is a condition at all.
            if name.contains(".Condition.") {
                found.push((format!("{name}[any]"), pointer.to_owned()));
            }
            for (index, item) in items.iter().enumerate() {
                let label = label(item).unwrap_or_else(|| index.to_string());
                flatten(item, &format!("{name}[{label}]"), &format!("{pointer}/{index}"), found);
            }
        }
        _ => found.push((name.to_owned(), pointer.to_owned())),
    }
}

/// What an item of a list is called.
fn label(item: &Value) -> Option<String> {
    let of = |fields: &Map<String, Value>| {
        ["Sid", "Id", "Key", "Field", "Name", "Type"].iter().find_map(|name| word(fields.get(*name)?))
    };
    item.as_object().map_or_else(|| word(item), of)
}

/// A short text that is the same in every deployment; of an ARN its last part.
fn word(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let text = if text.starts_with("arn:") { text.rsplit([':', '/']).next()?.to_owned() } else { text };
    let made_up = |part: &str| {
        part.len() >= 8 && part.chars().any(|c| c.is_ascii_digit()) && part.chars().all(|c| c.is_ascii_hexdigit())
    };
    let stable = text.len() <= 60 && !text.split(['-', '/', '.']).any(made_up);
    stable.then_some(text)
}
