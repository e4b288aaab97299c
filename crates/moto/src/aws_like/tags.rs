//! Who is told tags (fact 11.1).
//!
//! Of the calls that tell tags, Lambda's `GetFunction` alone is answered without them to whoever may make it but lacks
//! another right. The others either are there for tags and refused like every call (`DescribeTags`, `ListTags`,
//! `ListTagsForResource`), or tell them to everybody who may make them (EC2's `Describe…`, `GetRole`, `DescribeUserPool`):
//! in botocore's models nothing else knows of an error about tags.

use serde_json::{Value, json};

use crate::operation::Operation;

/// The call that is answered all the same, and the right without which it tells no tags.
const TOLD_WITH: [(&str, &str); 1] = [("lambda:GetFunction", "lambda:ListTags")];

/// The right that decides whether this call tells tags.
pub fn right(operation: &Operation) -> Option<&'static str> {
    TOLD_WITH.iter().find(|(call, _)| *call == operation.full_name()).map(|(_, right)| *right)
}

/// The answer to whoever lacks that right.
pub fn withheld(mut answer: Value, right: &str) -> Value {
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("Tags");
        let message = format!("The caller is not authorized to perform: {right}");
        fields.insert("TagsError".to_owned(), json!({ "ErrorCode": "AccessDeniedException", "Message": message }));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_told_without_its_tags() {
        let call = |service: &str, name: &str| Operation {
            service: service.to_owned(),
            name: name.to_owned(),
            fields: Value::Null,
        };
        assert_eq!(right(&call("lambda", "GetFunction")), Some("lambda:ListTags"));
        for (service, name) in [("lambda", "ListTags"), ("iam", "GetRole"), ("lambda", "GetFunctionConfiguration")] {
            assert_eq!(right(&call(service, name)), None, "{service}:{name}");
        }
        let told = withheld(json!({ "Configuration": { "Timeout": 3 }, "Tags": { "a": "b" } }), "lambda:ListTags");
        assert_eq!((&told["Tags"], &told["Configuration"]["Timeout"]), (&Value::Null, &json!(3)));
        assert_eq!(told["TagsError"]["ErrorCode"], "AccessDeniedException");
    }
}
