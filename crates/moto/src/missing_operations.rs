//! What moto does not have at all: branding styles of managed login, provisioned concurrency, tagging of user pools.

use serde_json::{Value, json};

use crate::{
    memory::Memory,
    operation::{Operation, function_arn},
    refuse::Refusal,
};

/// The answer, with its status; `None` for what moto has.
pub(crate) fn answer(memory: &mut Memory, operation: &Operation) -> Option<Result<(u16, Value), Refusal>> {
    match (operation.service.as_str(), operation.name.as_str()) {
        ("cognito-idp", name) if name.contains("ManagedLoginBranding") => Some(branding(memory, operation)),
        ("cognito-idp", "TagResource" | "UntagResource") => Some(Ok((200, tag(memory, operation)))),
        ("lambda", name) if name.contains("ProvisionedConcurrencyConfig") => Some(provisioned(memory, operation)),
        _ => None,
    }
}

/// What stands upstream and is answered about here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Thing {
    /// A function, or its alias or version as `NAME:QUALIFIER`.
    Function(String),
    /// A user pool.
    Pool(String),
    /// A user pool and its app client.
    Client(String, String),
}

impl Thing {
    /// In AWS's words.
    pub fn is_missing(&self) -> String {
        match self {
            Self::Function(name) if name.contains(':') => format!("Cannot find alias or version: {name}"),
            Self::Function(name) => format!("Function not found: {}", function_arn(name)),
            Self::Pool(id) => format!("User pool {id} does not exist."),
            Self::Client(_, id) => format!("User pool client {id} does not exist."),
        }
    }
}

/// What a call that is answered here is about.
pub(crate) fn about(operation: &Operation) -> Option<Thing> {
    let text = |name: &str| operation.text(name).to_owned();
    match operation.full_name().as_str() {
        "lambda:PutProvisionedConcurrencyConfig" => {
            Some(Thing::Function(format!("{}:{}", text("FunctionName"), text("Qualifier"))))
        }
        "lambda:ListProvisionedConcurrencyConfigs" => Some(Thing::Function(text("FunctionName"))),
        "cognito-idp:TagResource" | "cognito-idp:UntagResource" | "cognito-idp:ListTagsForResource" => {
            Some(Thing::Pool(pool_of(operation)))
        }
        "cognito-idp:CreateManagedLoginBranding" => Some(Thing::Client(text("UserPoolId"), text("ClientId"))),
        _ => None,
    }
}

/// The pool of an ARN.
pub(crate) fn pool_of(operation: &Operation) -> String {
    operation.text("ResourceArn").rsplit('/').next().unwrap_or_default().to_owned()
}

fn branding(memory: &mut Memory, operation: &Operation) -> Result<(u16, Value), Refusal> {
    let client = operation.text("ClientId").to_owned();
    let not_found = || Refusal::new(400, "ResourceNotFoundException", "Managed login branding does not exist.");
    match operation.name.as_str() {
        "CreateManagedLoginBranding" => {
            if memory.branding.contains_key(&client) {
                let message = "A managed login branding style is already assigned to the app client.";
                return Err(Refusal::new(400, "ManagedLoginBrandingExistsException", message));
            }
            let style = json!({
                "ManagedLoginBrandingId": aws::identifiers::uuid(),
                "UserPoolId": operation.text("UserPoolId"),
                "UseCognitoProvidedValues": operation.fields["UseCognitoProvidedValues"] == true,
            });
            memory.branding.insert(client, style.clone());
            Ok((200, json!({ "ManagedLoginBranding": style })))
        }
        "DescribeManagedLoginBrandingByClient" => {
            let style = memory.branding.get(&client).ok_or_else(not_found)?;
            Ok((200, json!({ "ManagedLoginBranding": style })))
        }
        "DeleteManagedLoginBranding" => {
            let id = operation.text("ManagedLoginBrandingId");
            let before = memory.branding.len();
            memory.branding.retain(|_, style| style["ManagedLoginBrandingId"] != id);
            if memory.branding.len() == before { Err(not_found()) } else { Ok((200, json!({}))) }
        }
        other => Err(Refusal::unknown(other)),
    }
}

/// Tags that came after the pool; none where one was taken away.
fn tag(memory: &mut Memory, operation: &Operation) -> Value {
    let pool = pool_of(operation);
    let tags = memory.pool_tags.entry(pool).or_default();
    for (key, value) in operation.fields["Tags"].as_object().into_iter().flatten() {
        tags.insert(key.clone(), value.as_str().map(ToOwned::to_owned));
    }
    for key in operation.fields["TagKeys"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        tags.insert(key.to_owned(), None);
    }
    json!({})
}

fn provisioned(memory: &mut Memory, operation: &Operation) -> Result<(u16, Value), Refusal> {
    let key = format!("{}:{}", operation.text("FunctionName"), operation.text("Qualifier"));
    let not_found = || {
        let message = "No Provisioned Concurrency Config found for this function";
        Refusal::new(404, "ProvisionedConcurrencyConfigNotFoundException", message)
    };
    let told = |number: &Value| {
        json!({
            "RequestedProvisionedConcurrentExecutions": number,
            "AvailableProvisionedConcurrentExecutions": number,
            "AllocatedProvisionedConcurrentExecutions": number,
            "Status": "READY",
        })
    };
    match operation.name.as_str() {
        "PutProvisionedConcurrencyConfig" => {
            let number = &operation.fields["ProvisionedConcurrentExecutions"];
            if number.as_u64().is_none_or(|number| number == 0) {
                return Err(Refusal::new(
                    400,
                    "InvalidParameterValueException",
                    "ProvisionedConcurrentExecutions must be at least 1.",
                ));
            }
            memory.provisioned.insert(key, number.clone());
            Ok((202, told(number)))
        }
        "GetProvisionedConcurrencyConfig" => Ok((200, told(memory.provisioned.get(&key).ok_or_else(not_found)?))),
        "DeleteProvisionedConcurrencyConfig" => {
            memory.provisioned.remove(&key).ok_or_else(not_found)?;
            Ok((204, Value::Null))
        }
        "ListProvisionedConcurrencyConfigs" => {
            let of_function = format!("{}:", operation.text("FunctionName"));
            let found = memory.provisioned.iter().filter(|(key, _)| key.starts_with(&of_function));
            let found = found.map(|(key, number)| {
                let mut one = told(number);
                one["FunctionArn"] = function_arn(key).into();
                one
            });
            Ok((200, json!({ "ProvisionedConcurrencyConfigs": found.collect::<Vec<_>>() })))
        }
        other => Err(Refusal::unknown(other)),
    }
}

/// What goes with what was deleted upstream.
pub(crate) fn after(memory: &mut Memory, operation: &Operation) {
    match operation.name.as_str() {
        "DeleteUserPoolClient" => drop(memory.branding.remove(operation.text("ClientId"))),
        "DeleteUserPool" => {
            memory.branding.retain(|_, style| style["UserPoolId"] != operation.text("UserPoolId"));
            memory.pool_tags.remove(operation.text("UserPoolId"));
        }
        "DeleteFunction" => {
            let prefix = format!("{}:", operation.text("FunctionName"));
            memory.provisioned.retain(|key, _| !key.starts_with(&prefix));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(memory: &mut Memory, service: &str, name: &str, fields: Value) -> Result<(u16, Value), &'static str> {
        let operation = Operation { service: service.to_owned(), name: name.to_owned(), fields };
        let answered = answer(memory, &operation).expect("is emulated");
        answered.map_err(|refusal| refusal.code)
    }

    #[test]
    fn one_style_for_each_client() {
        let mut memory = Memory::default();
        let fields = json!({ "UserPoolId": "p", "ClientId": "c", "UseCognitoProvidedValues": true });
        let mut cognito = |name: &str| call(&mut memory, "cognito-idp", name, fields.clone());
        assert_eq!(cognito("DescribeManagedLoginBrandingByClient"), Err("ResourceNotFoundException"));
        assert_eq!(cognito("CreateManagedLoginBranding").map(|(status, _)| status), Ok(200));
        assert_eq!(cognito("CreateManagedLoginBranding"), Err("ManagedLoginBrandingExistsException"));
        let (_, told) = cognito("DescribeManagedLoginBrandingByClient").unwrap();
        assert_eq!(told["ManagedLoginBranding"]["UseCognitoProvidedValues"], true);
        after(
            &mut memory,
            &Operation {
                service: String::new(),
                name: "DeleteUserPool".to_owned(),
                fields: json!({ "UserPoolId": "p" }),
            },
        );
        assert!(memory.branding.is_empty());
    }

    #[test]
    fn a_pool_has_the_tags_it_was_given_later() {
        let mut memory = Memory::default();
        let arn = "arn:aws:cognito-idp:us-east-1:1:userpool/p";
        call(&mut memory, "cognito-idp", "TagResource", json!({ "ResourceArn": arn, "Tags": { "a": "1", "b": "2" } }))
            .unwrap();
        call(&mut memory, "cognito-idp", "UntagResource", json!({ "ResourceArn": arn, "TagKeys": ["b", "old"] }))
            .unwrap();
        let read = Operation {
            service: String::new(),
            name: "DescribeUserPool".to_owned(),
            fields: json!({ "UserPoolId": "p" }),
        };
        let answer = json!({ "UserPool": { "UserPoolTags": { "old": "0", "stays": "3" } } }).to_string();
        let told: Value =
            serde_json::from_slice(&super::super::missing_fields::after(&mut memory, &read, answer.into(), ""))
                .unwrap();
        assert_eq!(told["UserPool"]["UserPoolTags"], json!({ "a": "1", "stays": "3" }));
    }

    #[test]
    fn concurrency_is_kept_by_alias() {
        let mut memory = Memory::default();
        let fields = json!({ "FunctionName": "F", "Qualifier": "live", "ProvisionedConcurrentExecutions": 2 });
        let mut lambda = |name: &str| call(&mut memory, "lambda", name, fields.clone());
        assert_eq!(lambda("GetProvisionedConcurrencyConfig"), Err("ProvisionedConcurrencyConfigNotFoundException"));
        assert_eq!(lambda("PutProvisionedConcurrencyConfig").map(|(status, _)| status), Ok(202));
        let (_, told) = lambda("GetProvisionedConcurrencyConfig").unwrap();
        assert_eq!((&told["Status"], &told["RequestedProvisionedConcurrentExecutions"]), (&json!("READY"), &json!(2)));
        let (_, told) = lambda("ListProvisionedConcurrencyConfigs").unwrap();
        let [one] = told["ProvisionedConcurrencyConfigs"].as_array().unwrap().as_slice() else { panic!("{told}") };
        assert_eq!(one["FunctionArn"], "arn:aws:lambda:us-east-1:123456789012:function:F:live");
        assert_eq!(lambda("DeleteProvisionedConcurrencyConfig"), Ok((204, Value::Null)));
        assert_eq!(lambda("ListProvisionedConcurrencyConfigs").unwrap().1["ProvisionedConcurrencyConfigs"], json!([]));
        assert_eq!(lambda("DeleteProvisionedConcurrencyConfig"), Err("ProvisionedConcurrencyConfigNotFoundException"));
        assert!(
            answer(
                &mut memory,
                &Operation { service: "lambda".to_owned(), name: "GetFunction".to_owned(), fields: json!({}) }
            )
            .is_none()
        );
    }
}
