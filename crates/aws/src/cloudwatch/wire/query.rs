//! The Query protocol: a form in, XML out.

use std::collections::BTreeMap;

use quick_xml::escape::escape;
use serde_json::{Map, Value, json};

use super::{NAMESPACE, VERSION, malformed, sender};
use crate::cloudwatch::ServiceError;

/// Members that are numbers; a dimension's `Value` is text.
const NUMBERS: [&str; 13] = [
    "Counts",
    "DatapointsToAlarm",
    "EvaluationPeriods",
    "MaxDatapoints",
    "MaxRecords",
    "Maximum",
    "Minimum",
    "Period",
    "SampleCount",
    "StorageResolution",
    "Sum",
    "Threshold",
    "Values",
];
/// Members that are true or false.
const BOOLEANS: [&str; 3] = ["ActionsEnabled", "ReturnData", "StrictEntityValidation"];

/// A form's names, taken apart at the dots.
#[derive(Debug, Default)]
struct Tree {
    value: Option<String>,
    members: BTreeMap<String, Tree>,
}

/// Reads a form: the operation, and its input.
pub(super) fn read(body: &[u8]) -> (String, Result<Value, ServiceError>) {
    let mut tree = Tree::default();
    let (mut operation, mut version) = (String::new(), String::new());
    for (name, value) in form_urlencoded::parse(body) {
        match name.as_ref() {
            "Action" => operation = value.into_owned(),
            "Version" => version = value.into_owned(),
            _ => {
                let place =
                    name.split('.').fold(&mut tree, |tree, part| tree.members.entry(part.to_owned()).or_default());
                place.value = Some(value.into_owned());
            }
        }
    }
    if version != VERSION {
        return (
            operation,
            Err(ServiceError::new("NoSuchVersion", format!("The version {version:?} is not {VERSION}."))),
        );
    }
    (operation, typed(tree, "", ""))
}

fn typed(tree: Tree, name: &str, parent: &str) -> Result<Value, ServiceError> {
    if let Some(text) = tree.value {
        let number = NUMBERS.contains(&name) || (name == "Value" && parent == "MetricData");
        return match (number, BOOLEANS.contains(&name)) {
            (true, _) => serde_json::from_str::<serde_json::Number>(&text).map(Value::Number).map_err(malformed),
            (_, true) => text.parse::<bool>().map(Value::Bool).map_err(malformed),
            _ => Ok(Value::String(text)),
        };
    }
    if let Some(list) = tree.members.get("member").filter(|_| tree.members.len() == 1) {
        let mut numbered: Vec<usize> = list.members.keys().filter_map(|number| number.parse().ok()).collect();
        numbered.sort_unstable();
        let mut members = tree.members;
        let mut items = members.remove("member").unwrap_or_default().members;
        return numbered
            .iter()
            .filter_map(|number| items.remove(&number.to_string()))
            .map(|item| typed(item, name, name))
            .collect();
    }
    let members = tree.members.into_iter().map(|(member, tree)| {
        let value = typed(tree, &member, if name.is_empty() { parent } else { name })?;
        Ok((member, value))
    });
    Ok(Value::Object(members.collect::<Result<Map<_, _>, ServiceError>>()?))
}

/// Writes an output.
pub(super) fn write(operation: &str, output: Option<&Value>, request_id: &str) -> Vec<u8> {
    let mut xml = format!("<{operation}Response xmlns=\"{NAMESPACE}\">");
    if let Some(output) = output {
        element(&mut xml, &format!("{operation}Result"), output);
    }
    element(&mut xml, "ResponseMetadata", &json!({ "RequestId": request_id }));
    xml.push_str(&format!("</{operation}Response>"));
    xml.into_bytes()
}

/// Writes an error.
pub(super) fn write_error(error: &ServiceError, request_id: &str) -> Vec<u8> {
    let mut xml = format!("<ErrorResponse xmlns=\"{NAMESPACE}\">");
    element(&mut xml, "Error", &json!({ "Type": sender(error), "Code": error.code, "Message": error.message }));
    element(&mut xml, "RequestId", &json!(request_id));
    xml.push_str("</ErrorResponse>");
    xml.into_bytes()
}

fn element(xml: &mut String, name: &str, value: &Value) {
    xml.push_str(&format!("<{name}>"));
    match value {
        Value::Null => {}
        Value::String(text) => xml.push_str(&escape(text.as_str())),
        Value::Bool(_) | Value::Number(_) => xml.push_str(&value.to_string()),
        Value::Array(items) => items.iter().for_each(|item| element(xml, "member", item)),
        Value::Object(members) => members.iter().for_each(|(name, value)| element(xml, name, value)),
    }
    xml.push_str(&format!("</{name}>"));
}
