//! EC2's answers, in its XML.

use aws::xml::escape;
use axum::{body::Body, response::Response};
use http::{HeaderValue, header::CONTENT_TYPE};
use serde_json::Value;

use crate::client::EC2;

/// An answer: every list is one of `item`.
pub(crate) fn answer(action: &str, told: &Value) -> String {
    let id = aws::identifiers::uuid();
    format!(
        "<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/{EC2}/\"><requestId>{id}</requestId>{}</{action}Response>",
        inside(told)
    )
}

/// An answer of a Query API other than EC2's: every list is one of `member`.
pub(crate) fn result(action: &str, told: &Value) -> String {
    let id = aws::identifiers::uuid();
    format!(
        "<{action}Response><{action}Result>{}</{action}Result><ResponseMetadata><RequestId>{id}</RequestId>\
         </ResponseMetadata></{action}Response>",
        members(told)
    )
}

fn members(value: &Value) -> String {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| match value {
                Value::Array(all) => all.iter().map(|it| format!("<{name}>{}</{name}>", members(it))).collect(),
                one => format!("<{name}>{}</{name}>", members(one)),
            })
            .collect(),
        other => inside(other),
    }
}

fn inside(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| format!("<{name}>{}</{name}>", inside(value))).collect()
        }
        Value::Array(list) => list.iter().map(|value| format!("<item>{}</item>", inside(value))).collect(),
        Value::Null => String::new(),
        Value::String(text) => escape(text).into_owned(),
        other => other.to_string(),
    }
}

pub(crate) fn response(text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/xml;charset=UTF-8"));
    response
}

/// One answer with the items of both: ours behind theirs.
pub(crate) fn together(theirs: &str, ours: &str, list: &str) -> String {
    let (start, end, empty) = (format!("<{list}>"), format!("</{list}>"), format!("<{list}/>"));
    let items = ours.split_once(&start).and_then(|(_, rest)| rest.split_once(&end)).map_or("", |(items, _)| items);
    let whole = theirs.replacen(&empty, &format!("{start}{end}"), 1);
    whole.replacen(&end, &format!("{items}{end}"), 1)
}
