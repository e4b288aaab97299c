//! How a function stands while Lambda works on it (fact 11.12).

use serde_json::Value;

use super::delays::Kind;
use crate::{
    operation::{Operation, function_arn},
    refuse::Refusal,
};

/// Whether a call is about the function itself, and not about a version of it, which stays as it is.
pub fn is_of_latest(operation: &Operation) -> bool {
    ["", "$LATEST"].contains(&operation.text("Qualifier"))
}

/// The function whose state an answer tells.
pub fn tells_state(operation: &Operation) -> Option<&str> {
    const TELL: [&str; 5] = [
        "CreateFunction",
        "UpdateFunctionCode",
        "UpdateFunctionConfiguration",
        "GetFunction",
        "GetFunctionConfiguration",
    ];
    let tells = operation.service == "lambda" && TELL.contains(&operation.name.as_str()) && is_of_latest(operation);
    tells.then(|| operation.text("FunctionName"))
}

/// A function's configuration while Lambda works on it; the same for one of a list.
pub fn in_work(mut answer: Value, of: impl Fn(&str) -> Option<Kind>) -> Value {
    let tell = |configuration: &mut Value| {
        let state = match of(configuration["FunctionName"].as_str().unwrap_or_default()) {
            Some(Kind::Pending) => [("State", "Pending"), ("StateReason", CREATING), ("StateReasonCode", "Creating")],
            // Lambda gives this reason for updates too.
            Some(_) => [
                ("LastUpdateStatus", "InProgress"),
                ("LastUpdateStatusReason", CREATING),
                ("LastUpdateStatusReasonCode", "Creating"),
            ],
            None => return,
        };
        for (field, value) in state {
            configuration[field] = value.into();
        }
    };
    match &mut answer {
        Value::Object(fields) if fields.contains_key("Configuration") => {
            fields.get_mut("Configuration").into_iter().for_each(tell)
        }
        Value::Object(fields) if fields.contains_key("Functions") => {
            fields["Functions"].as_array_mut().into_iter().flatten().for_each(tell);
        }
        one => tell(one),
    }
    answer
}

const CREATING: &str = "The function is being created.";

/// Why nothing else is done with it meanwhile, in AWS's words.
pub fn refusal(kind: Kind, function: &str) -> Refusal {
    let why = match kind {
        Kind::Pending => "The function is currently in the following state: Pending".to_owned(),
        _ => {
            format!("An update is in progress for resource: {}", function_arn(function))
        }
    };
    let message = format!("The operation cannot be performed at this time. {why}");
    Refusal::new(409, "ResourceConflictException", message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::operation::call;

    #[test]
    fn a_function_is_told_as_lambda_has_it_and_a_version_as_it_is() {
        let read = |qualifier: &str| call("lambda:GetFunction", json!({ "FunctionName": "F", "Qualifier": qualifier }));
        assert_eq!(tells_state(&read("$LATEST")), Some("F"));
        assert_eq!(tells_state(&read("7")), None);
        assert_eq!(tells_state(&call("lambda:GetPolicy", json!({ "FunctionName": "F" }))), None);
        let one = json!({ "FunctionName": "F", "State": "Active", "LastUpdateStatus": "Successful" });
        let whole = json!({ "Configuration": one, "Tags": {} });
        let told = in_work(whole.clone(), |name| (name == "F").then_some(Kind::Pending));
        assert_eq!((&told["Configuration"]["State"], &told["Tags"]), (&json!("Pending"), &json!({})));
        assert_eq!(in_work(whole.clone(), |_| None), whole);
        let list = json!({ "Functions": [one, { "FunctionName": "G", "State": "Active" }] });
        let told = in_work(list, |name| (name == "F").then_some(Kind::Updating));
        assert_eq!(told["Functions"][0]["LastUpdateStatus"], "InProgress");
        assert_eq!(told["Functions"][1], json!({ "FunctionName": "G", "State": "Active" }));
        assert!(
            refusal(Kind::Updating, "F")
                .message
                .ends_with("for resource: arn:aws:lambda:us-east-1:123456789012:function:F")
        );
    }
}
