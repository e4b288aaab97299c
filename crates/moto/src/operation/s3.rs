//! S3, as far as profiles wait there: which operation a request is, and what it is about.

use http::{Method, request::Parts};
use serde_json::{Value, json};

use super::Operation;
use crate::xml;

/// Method, whether a key is named, the word of the query, the operation, and the right that it needs.
const OPERATIONS: [(Method, bool, &str, &str, &str); 20] = [
    (Method::PUT, false, "", "CreateBucket", "CreateBucket"),
    (Method::DELETE, false, "", "DeleteBucket", "DeleteBucket"),
    (Method::GET, false, "tagging", "GetBucketTagging", "GetBucketTagging"),
    (Method::PUT, false, "tagging", "PutBucketTagging", "PutBucketTagging"),
    (Method::GET, false, "publicAccessBlock", "GetPublicAccessBlock", "GetBucketPublicAccessBlock"),
    (Method::PUT, false, "publicAccessBlock", "PutPublicAccessBlock", "PutBucketPublicAccessBlock"),
    (Method::GET, false, "encryption", "GetBucketEncryption", "GetEncryptionConfiguration"),
    (Method::PUT, false, "encryption", "PutBucketEncryption", "PutEncryptionConfiguration"),
    (Method::GET, false, "policy", "GetBucketPolicy", "GetBucketPolicy"),
    (Method::PUT, false, "policy", "PutBucketPolicy", "PutBucketPolicy"),
    (Method::GET, false, "lifecycle", "GetBucketLifecycleConfiguration", "GetLifecycleConfiguration"),
    (Method::PUT, false, "lifecycle", "PutBucketLifecycleConfiguration", "PutLifecycleConfiguration"),
    (Method::GET, false, "versioning", "GetBucketVersioning", "GetBucketVersioning"),
    (Method::PUT, false, "versioning", "PutBucketVersioning", "PutBucketVersioning"),
    (Method::GET, false, "versions", "ListObjectVersions", "ListBucketVersions"),
    (Method::GET, false, "list-type", "ListObjectsV2", "ListBucket"),
    (Method::POST, false, "delete", "DeleteObjects", "DeleteObject"),
    (Method::PUT, true, "", "PutObject", "PutObject"),
    (Method::GET, true, "", "GetObject", "GetObject"),
    (Method::DELETE, true, "", "DeleteObject", "DeleteObject"),
];

/// The operation of a request with the bucket in its path, as it is with an address of this computer.
pub(crate) fn operation(parts: &Parts, body: &[u8]) -> Operation {
    let path = parts.uri.path().trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let of = |word: &str| form_urlencoded::parse(query).find(|(name, _)| name == word).map(|(_, value)| value);
    // What only says how it is to be answered, names the operation once more, or signs it.
    let is_aside = |name: &str| name == "x-id" || name.starts_with("response-") || name.starts_with("X-Amz-");
    let is_plain = || form_urlencoded::parse(query).all(|(name, _)| is_aside(&name));
    let known = OPERATIONS.iter().find(|(method, with_key, word, ..)| {
        let is_asked = if word.is_empty() { is_plain() } else { of(word).is_some() };
        *method == parts.method && *with_key != key.is_empty() && is_asked
    });
    let name = match known {
        _ if path.is_empty() && parts.method == Method::GET => "ListBuckets".to_owned(),
        Some(known) => known.3.to_owned(),
        None => format!("{} /{path}", parts.method),
    };
    let mut fields = json!({ "Bucket": bucket, "Key": key, "Prefix": of("prefix").unwrap_or_default() });
    match name.as_str() {
        "CreateBucket" => {
            let asked = xml::read(body).unwrap_or_default();
            if let Some(tags) = asked.get("Tags") {
                fields["Tags"] = one_or_many(&tags["Tag"]);
            }
        }
        "DeleteObjects" => {
            fields["Objects"] = one_or_many(&xml::read(body).unwrap_or_default()["Object"]);
        }
        _ => {}
    }
    Operation { service: "s3".to_owned(), name, fields }
}

/// Elements of one name, as XML has them: there is no telling one from a list of one.
fn one_or_many(value: &Value) -> Value {
    match value {
        Value::Array(_) => value.clone(),
        Value::Null => json!([]),
        one => json!([one]),
    }
}

/// What policies call the right to an operation.
pub(crate) fn right(operation: &Operation) -> &str {
    let name = operation.name.as_str();
    if name == "ListBuckets" {
        return "ListAllMyBuckets";
    }
    let objects = operation.fields["Objects"].as_array().into_iter().flatten();
    if objects.into_iter().any(|object| object["VersionId"].is_string()) {
        return "DeleteObjectVersion";
    }
    OPERATIONS.iter().find(|known| known.3 == name).map_or(name, |known| known.4)
}

/// What it is about: the bucket, or what is in it.
pub(crate) fn resources(operation: &Operation) -> Vec<String> {
    let bucket = operation.text("Bucket");
    let of_key = |key: &str| format!("arn:aws:s3:::{bucket}/{key}");
    if operation.name == "DeleteObjects" {
        let objects = operation.fields["Objects"].as_array().into_iter().flatten();
        return objects.filter_map(|object| object["Key"].as_str()).map(of_key).collect();
    }
    match operation.text("Key") {
        "" => vec![format!("arn:aws:s3:::{bucket}")],
        key => vec![of_key(key)],
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn of(method: &str, uri: &str, body: &str) -> Operation {
        operation(&Request::builder().method(method).uri(uri).body(()).unwrap().into_parts().0, body.as_bytes())
    }

    #[test]
    fn every_operation_is_known_by_its_request() {
        for (method, uri, name, action, about, writes) in [
            ("PUT", "/b", "CreateBucket", "s3:CreateBucket", "b", true),
            ("PUT", "/b?publicAccessBlock", "PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock", "b", true),
            ("GET", "/b?tagging", "GetBucketTagging", "s3:GetBucketTagging", "b", false),
            ("GET", "/b?versions&prefix=profiles%2F", "ListObjectVersions", "s3:ListBucketVersions", "b", false),
            ("GET", "/b/?list-type=2&prefix=profiles%2F&X-Amz-Date=1", "ListObjectsV2", "s3:ListBucket", "b", false),
            ("PUT", "/b/profiles/x/y.ovpn", "PutObject", "s3:PutObject", "b/profiles/x/y.ovpn", true),
            ("GET", "/b/k?response-content-type=t&X-Amz-Date=1", "GetObject", "s3:GetObject", "b/k", false),
            ("GET", "/b/k?acl", "GET /b/k", "s3:GET /b/k", "b/k", false),
            ("GET", "/b?acl", "GET /b", "s3:GET /b", "b", false),
            ("GET", "/?prefix=b", "ListBuckets", "s3:ListAllMyBuckets", "", false),
            ("PUT", "/b?acl", "PUT /b", "s3:PUT /b", "b", true),
        ] {
            let operation = of(method, uri, "");
            assert_eq!((operation.name.as_str(), operation.action().as_str()), (name, action), "{method} {uri}");
            assert_eq!(resources(&operation), [format!("arn:aws:s3:::{about}")], "{uri}");
            assert_eq!(operation.writes(), writes, "{uri}");
        }
    }

    #[test]
    fn what_is_in_a_body_needs_rights_too() {
        let tags = "<CreateBucketConfiguration><Tags><Tag><Key>k</Key><Value>v</Value></Tag></Tags></CreateBucketConfiguration>";
        assert_eq!(of("PUT", "/b", tags).fields["Tags"], json!([{ "Key": "k", "Value": "v" }]));
        assert!(of("PUT", "/b", "").fields.get("Tags").is_none());
        let object = |key: &str, version: &str| format!("<Object><Key>{key}</Key>{version}</Object>");
        for (version, action) in [("<VersionId>null</VersionId>", "s3:DeleteObjectVersion"), ("", "s3:DeleteObject")] {
            let body = format!("<Delete>{}{}</Delete>", object("p/1", version), object("p/2", version));
            let operation = of("POST", "/b?delete", &body);
            assert_eq!(operation.action(), action);
            assert_eq!(resources(&operation), ["arn:aws:s3:::b/p/1", "arn:aws:s3:::b/p/2"]);
        }
    }
}
