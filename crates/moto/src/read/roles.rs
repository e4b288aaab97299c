//! Roles: who may assume them, and what they may do.

use aws::deployment::Role;

use super::{document, list, text};
use crate::{
    client::{Client, Failed, if_there},
    operation::Operation,
};

const IAM: &str = "2010-05-08";
const ABSENT: [&str; 2] = ["NoSuchEntity", "NoSuchEntityException"];

/// The permissions boundary that a call gives a role, or that the role has.
///
/// # Errors
/// What the upstream refuses.
pub async fn boundary(client: &Client, operation: &Operation) -> Result<Option<String>, Failed> {
    let given = operation.text("PermissionsBoundary");
    if !given.is_empty() || operation.name == "CreateRole" {
        return Ok(Some(given.to_owned()));
    }
    let of_role = ("RoleName", operation.text("RoleName"));
    let found = if_there(client.query("iam", IAM, "GetRole", &[of_role]).await, &ABSENT)?;
    let arn = found
        .and_then(|it| it.pointer("/Role/PermissionsBoundary/PermissionsBoundaryArn")?.as_str().map(ToOwned::to_owned));
    Ok(arn)
}

/// A role by its name, with its inline and its attached policies; `None` if there is none.
///
/// # Errors
/// What the upstream refuses.
pub async fn role(client: &Client, name: &str) -> Result<Option<Role>, Failed> {
    let of_role = ("RoleName", name);
    let Some(found) = if_there(client.query("iam", IAM, "GetRole", &[of_role]).await, &ABSENT)? else {
        return Ok(None);
    };
    let mut policies = Vec::new();
    let inline = client.query("iam", IAM, "ListRolePolicies", &[of_role]).await?;
    for policy in list(&inline, "PolicyNames").filter_map(|name| name.as_str()) {
        let answer = client.query("iam", IAM, "GetRolePolicy", &[of_role, ("PolicyName", policy)]).await?;
        policies.push(document(&text(&answer, "PolicyDocument")));
    }
    let attached = client.query("iam", IAM, "ListAttachedRolePolicies", &[of_role]).await?;
    for policy in list(&attached, "AttachedPolicies") {
        let arn = text(policy, "PolicyArn");
        let answer = client.query("iam", IAM, "GetPolicy", &[("PolicyArn", &arn)]).await?;
        let version = text(&answer["Policy"], "DefaultVersionId");
        let parameters = [("PolicyArn", arn.as_str()), ("VersionId", version.as_str())];
        let answer = client.query("iam", IAM, "GetPolicyVersion", &parameters).await?;
        policies.push(document(&text(&answer["PolicyVersion"], "Document")));
    }
    Ok(Some(Role { trust: document(&text(&found["Role"], "AssumeRolePolicyDocument")), policies }))
}
