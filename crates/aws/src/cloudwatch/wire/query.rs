//! The Query protocol: a form in, XML out.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{NAMESPACE, VERSION, malformed, sender};
use crate::{
    cloudwatch::{
        ServiceError,
        table::{Kind, Member, members},
    },
    xml::escape,
};

/// The deepest name: `MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name`.
const PARTS_AT_MOST: usize = 10;

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
            _ if name.split('.').count() > PARTS_AT_MOST => {
                let message = format!("The name of a parameter has more than {PARTS_AT_MOST} parts.");
                return (operation, Err(ServiceError::new("MalformedQueryString", message)));
            }
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
    let input = match members(&operation) {
        Some(members) => structure(members, tree),
        // It is refused for its operation, or somebody else's: whoever asks what it is about reads it.
        None => Ok(untyped(tree)),
    };
    (operation, input)
}

/// What nobody knows the kinds of: text, lists and structures.
fn untyped(tree: Tree) -> Value {
    let Tree { value, mut members } = tree;
    if let Some(text) = value {
        return json!(text);
    }
    if members.len() == 1
        && let Some(list) = members.remove("member")
    {
        let numbered = list.members.into_iter().filter_map(|(number, item)| Some((number.parse::<u32>().ok()?, item)));
        return numbered.collect::<BTreeMap<_, _>>().into_values().map(untyped).collect();
    }
    Value::Object(members.into_iter().map(|(name, tree)| (name, untyped(tree))).collect())
}

fn structure(members: &[Member], tree: Tree) -> Result<Value, ServiceError> {
    let value = |(name, tree): (String, Tree)| {
        let known = members.iter().find(|member| member.name == name);
        // What is not known, or has no kind here, is refused by its name, whatever it is.
        let value = known.map_or(Ok(json!("")), |member| typed(&member.kind, tree, &name))?;
        Ok((name, value))
    };
    Ok(Value::Object(tree.members.into_iter().map(value).collect::<Result<Map<_, _>, ServiceError>>()?))
}

fn typed(kind: &Kind, tree: Tree, name: &str) -> Result<Value, ServiceError> {
    let text = tree.value.as_deref();
    let wrong = |expected: &str| malformed(format!("The parameter {name} is not {expected}"));
    match kind {
        Kind::Structure(members) => structure(members, tree),
        // An empty list is sent as its name with nothing behind it.
        Kind::List(..) if text == Some("") && tree.members.is_empty() => Ok(json!([])),
        Kind::List(_, _, of) => {
            let mut tree = tree;
            let list = tree.members.remove("member").filter(|_| tree.members.is_empty() && tree.value.is_none());
            let list = list.ok_or_else(|| wrong("a list: expected names like NAME.member.1"))?;
            let mut items = BTreeMap::new();
            for (number, item) in list.members {
                let number: u32 = number.parse().map_err(|_| wrong("a list: expected names like NAME.member.1"))?;
                items.insert(number, typed(of, item, name)?);
            }
            Ok(items.into_values().collect())
        }
        Kind::NotEmulated => Ok(json!("")),
        Kind::Integer(..) | Kind::Number => {
            let number = text.and_then(|text| serde_json::from_str::<serde_json::Number>(text).ok());
            number.map(Value::Number).ok_or_else(|| wrong("a number"))
        }
        Kind::Flag => text.and_then(|text| text.parse().ok()).map(Value::Bool).ok_or_else(|| wrong("true or false")),
        Kind::Text(..) | Kind::Word(_) | Kind::Time => text.map(|text| json!(text)).ok_or_else(|| wrong("a string")),
    }
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
