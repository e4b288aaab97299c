//! Certificates that are imported over one that is there, as ACM takes them (fact 14.6): without tags, and the one that is there
//! keeps its own. moto takes them, and forgets those that were there.

use serde_json::{Value, json};

use crate::{
    client::{Client, Failed, if_there},
    operation::Operation,
    refuse::Refusal,
};

/// The certificate that is imported over, if one is.
fn over(operation: &Operation) -> Option<&str> {
    let arn = operation.text("CertificateArn");
    (operation.full_name() == "acm:ImportCertificate" && !arn.is_empty()).then_some(arn)
}

/// Why ACM would not do it.
pub fn refusal(operation: &Operation) -> Option<Refusal> {
    let has_tags = !operation.fields["Tags"].is_null();
    let message = "Tagging is not permitted on re-import.".to_owned();
    (over(operation).is_some() && has_tags).then(|| Refusal::new(400, "ValidationException", message))
}

/// The tags of the one that is imported over.
pub async fn tags(client: &Client, operation: &Operation) -> Result<Option<Value>, Failed> {
    let Some(arn) = over(operation) else { return Ok(None) };
    let input = json!({ "CertificateArn": arn });
    let found = client.json("acm", "CertificateManager.ListTagsForCertificate", &input).await;
    Ok(if_there(found, &["ResourceNotFoundException"])?.map(|answer| answer["Tags"].clone()))
}

/// Puts them back.
pub async fn put_back(client: &Client, operation: &Operation, tags: Value) -> Result<(), Failed> {
    if tags.as_array().is_some_and(|tags| !tags.is_empty()) {
        let input = json!({ "CertificateArn": operation.text("CertificateArn"), "Tags": tags });
        client.json("acm", "CertificateManager.AddTagsToCertificate", &input).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::call;

    #[test]
    fn only_a_new_one_takes_tags() {
        let code = |fields| refusal(&call("acm:ImportCertificate", fields)).map(|it| it.code);
        assert_eq!(code(json!({ "Tags": [{ "Key": "k", "Value": "v" }] })), None);
        assert_eq!(code(json!({ "CertificateArn": "c" })), None);
        assert_eq!(code(json!({ "CertificateArn": "c", "Tags": [] })), Some("ValidationException"));
        assert!(refusal(&call("acm:AddTagsToCertificate", json!({ "CertificateArn": "c", "Tags": [] }))).is_none());
    }
}
