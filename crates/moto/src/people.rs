//! What Cognito refuses, and moto does not.

use serde_json::{Value, json};

use crate::{
    client::{Client, Failed, if_there},
    operation::Operation,
    refuse::Refusal,
};

/// How many are listed at once; more than any test has.
const PAGE: u64 = 60;

/// Why Cognito would not do it, if so. Calls that are for everybody are not signed, and so do not name their service.
pub(crate) async fn refusal(client: &Client, operation: &Operation) -> Result<Option<(Operation, Refusal)>, Failed> {
    let Operation { name, fields, .. } = operation;
    let (code, message) = match name.as_str() {
        "DeleteUserPool" if pool(client, &fields["UserPoolId"]).await?["DeletionProtection"] == "ACTIVE" => {
            let message = "The user pool cannot be deleted because deletion protection is activated. \
                           Deletion protection must be inactivated first.";
            ("InvalidParameterException", message)
        }
        "SignUp" if only_added(client, &fields["ClientId"]).await? => {
            ("NotAuthorizedException", "SignUp is not permitted for this user pool")
        }
        // Fact 11.8.
        "CreateUserPoolDomain" | "UpdateUserPoolDomain" | "CreateUserPoolClient" | "UpdateUserPoolClient"
            if needs_essentials(operation) && pool(client, &fields["UserPoolId"]).await?["UserPoolTier"] == "LITE" =>
        {
            let message = "This feature is not available in the feature plan of this user pool.";
            ("FeatureUnavailableInTierException", message)
        }
        "AdminCreateUser" if is_taken(client, fields).await? => {
            ("UsernameExistsException", "User account already exists")
        }
        _ => return Ok(None),
    };
    let operation = Operation { service: "cognito-idp".to_owned(), ..operation.clone() };
    Ok(Some((operation, Refusal::new(400, code, message))))
}

/// Whether only the plans above Lite have it: managed login, and the choice of how to sign in.
fn needs_essentials(operation: &Operation) -> bool {
    let flows = operation.fields["ExplicitAuthFlows"].as_array().into_iter().flatten();
    operation.fields["ManagedLoginVersion"] == 2 || flows.into_iter().any(|flow| flow == "ALLOW_USER_AUTH")
}

/// Whether somebody is there whose name differs in nothing but capitals, in a pool that takes these for the same. moto
/// tells them apart in every pool.
async fn is_taken(client: &Client, fields: &Value) -> Result<bool, Failed> {
    if pool(client, &fields["UserPoolId"]).await?["UsernameConfiguration"]["CaseSensitive"] != false {
        return Ok(false);
    }
    let wanted = fields["Username"].as_str().unwrap_or_default().to_lowercase();
    let same = |value: &Value| value.as_str().is_some_and(|name| name.to_lowercase() == wanted);
    let listed = call(client, "ListUsers", json!({ "UserPoolId": fields["UserPoolId"] })).await?;
    let email = |user: &Value| {
        let mut attributes = user["Attributes"].as_array().into_iter().flatten();
        attributes.any(|attribute| attribute["Name"] == "email" && same(&attribute["Value"]))
    };
    Ok(listed["Users"].as_array().into_iter().flatten().any(|user| same(&user["Username"]) || email(user)))
}

/// Whether the pool of an app client takes only people whom an administrator adds.
async fn only_added(client: &Client, id: &Value) -> Result<bool, Failed> {
    let pools = call(client, "ListUserPools", json!({ "MaxResults": PAGE })).await?;
    for listed in pools["UserPools"].as_array().into_iter().flatten() {
        let of_pool = json!({ "UserPoolId": listed["Id"], "MaxResults": PAGE });
        let clients = call(client, "ListUserPoolClients", of_pool).await?;
        if clients["UserPoolClients"].as_array().into_iter().flatten().any(|it| it["ClientId"] == *id) {
            let pool = pool(client, &listed["Id"]).await?;
            return Ok(pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] == true);
        }
    }
    Ok(false)
}

/// Whether a pool is there.
pub(crate) async fn has_pool(client: &Client, id: &str) -> Result<bool, Failed> {
    let found = call(client, "DescribeUserPool", json!({ "UserPoolId": id })).await;
    Ok(if_there(found, &["ResourceNotFoundException"])?.is_some())
}

/// Whether a pool has an app client.
pub(crate) async fn has_client(client: &Client, pool: &str, id: &str) -> Result<bool, Failed> {
    let found = call(client, "DescribeUserPoolClient", json!({ "UserPoolId": pool, "ClientId": id })).await;
    Ok(if_there(found, &["ResourceNotFoundException"])?.is_some())
}

async fn pool(client: &Client, id: &Value) -> Result<Value, Failed> {
    Ok(call(client, "DescribeUserPool", json!({ "UserPoolId": id })).await?["UserPool"].clone())
}

async fn call(client: &Client, operation: &str, input: Value) -> Result<Value, Failed> {
    client.json("cognito-idp", &format!("AWSCognitoIdentityProviderService.{operation}"), &input).await
}
