//! Files of `infra` with `{{name}}` where a value goes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::BadFile;

/// Fills a file in. An element of a list that is only a placeholder becomes as many elements as there are values;
/// everywhere else there must be exactly one.
pub(super) fn fill(file: &'static str, text: &str, values: &BTreeMap<&str, Vec<String>>) -> Result<Value, BadFile> {
    serde_json::from_str(text)
        .map_err(|error| error.to_string())
        .and_then(|value| filled(value, values))
        .map_err(|problem| BadFile { file, problem })
}

fn filled(value: Value, values: &BTreeMap<&str, Vec<String>>) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => Value::String(one(&text, values)?),
        Value::Array(items) => {
            let mut all = Vec::new();
            for item in items {
                match item.as_str().and_then(|text| text.strip_prefix("{{")?.strip_suffix("}}")) {
                    Some(name) => all.extend(known(name, values)?.iter().cloned().map(Value::String)),
                    None => all.push(filled(item, values)?),
                }
            }
            Value::Array(all)
        }
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| Ok((name, filled(value, values)?)));
            Value::Object(members.collect::<Result<_, String>>()?)
        }
        other => other,
    })
}

fn one(text: &str, values: &BTreeMap<&str, Vec<String>>) -> Result<String, String> {
    let mut parts = text.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").ok_or_else(|| format!("{text:?} has a {{{{ without }}}}"))?;
        let [value] = known(name, values)? else {
            return Err(format!("{{{{{name}}}}} has several values, and stands where only one can"));
        };
        filled.push_str(value);
        filled.push_str(rest);
    }
    Ok(filled)
}

fn known<'a>(name: &str, values: &'a BTreeMap<&str, Vec<String>>) -> Result<&'a [String], String> {
    values.get(name).map(Vec::as_slice).ok_or_else(|| format!("nobody fills {{{{{name}}}}}"))
}
