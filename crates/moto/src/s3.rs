//! Which operation of S3 a request is: by its method, whether it names a key, and the first word of its query.

use http::{Method, request::Parts};
use serde_json::json;

use crate::operation::Operation;

/// Method, whether a key is named, the word of the query, the operation, and the right that it needs.
const OPERATIONS: [(Method, bool, &str, &str, &str); 17] = [
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
    (Method::GET, false, "list-type", "ListObjectsV2", "ListBucket"),
    (Method::POST, false, "delete", "DeleteObjects", "DeleteObject"),
    (Method::PUT, true, "", "PutObject", "PutObject"),
    (Method::GET, true, "", "GetObject", "GetObject"),
    (Method::DELETE, true, "", "DeleteObject", "DeleteObject"),
];

/// The operation of a request with the bucket in its path, as it is with an address of this computer.
pub(crate) fn operation(parts: &Parts) -> Operation {
    let path = parts.uri.path().trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let has = |word: &str| form_urlencoded::parse(query).any(|(name, _)| name == word);
    let known = OPERATIONS.iter().find(|(method, with_key, word, ..)| {
        // `x-id` only names the operation once more.
        let plain = || form_urlencoded::parse(query).all(|(name, _)| name == "x-id");
        *method == parts.method && *with_key != key.is_empty() && if word.is_empty() { plain() } else { has(word) }
    });
    let name = known.map_or_else(|| format!("{} /{path}", parts.method), |known| known.3.to_owned());
    Operation { service: "s3".to_owned(), name, fields: json!({ "Bucket": bucket, "Key": key }) }
}

/// What policies call the right to an operation.
pub(crate) fn right(name: &str) -> &str {
    OPERATIONS.iter().find(|known| known.3 == name).map_or(name, |known| known.4)
}

/// What it is about: the bucket, or what is in it.
pub(crate) fn resource(operation: &Operation) -> String {
    let bucket = operation.text("Bucket");
    match operation.fields["Key"].as_str().unwrap_or_default() {
        // Which ones stands in the body; whoever may delete some may delete all that its policy names.
        "" if operation.name == "DeleteObjects" => format!("arn:aws:s3:::{bucket}/profiles/any"),
        "" => format!("arn:aws:s3:::{bucket}"),
        key => format!("arn:aws:s3:::{bucket}/{key}"),
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn every_operation_is_known_by_its_request() {
        for (method, uri, name, action, about, writes) in [
            ("PUT", "/b", "CreateBucket", "s3:CreateBucket", "b", true),
            ("PUT", "/b?publicAccessBlock", "PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock", "b", true),
            ("GET", "/b?tagging", "GetBucketTagging", "s3:GetBucketTagging", "b", false),
            ("GET", "/b?list-type=2&prefix=profiles%2F", "ListObjectsV2", "s3:ListBucket", "b", false),
            ("POST", "/b?delete", "DeleteObjects", "s3:DeleteObject", "b/profiles/any", true),
            ("PUT", "/b/profiles/x/y.ovpn", "PutObject", "s3:PutObject", "b/profiles/x/y.ovpn", true),
            ("GET", "/b?acl", "GET /b", "s3:GET /b", "b", false),
            ("PUT", "/b?acl", "PUT /b", "s3:PUT /b", "b", true),
        ] {
            let parts = Request::builder().method(method).uri(uri).body(()).unwrap().into_parts().0;
            let operation = operation(&parts);
            assert_eq!((operation.name.as_str(), operation.action().as_str()), (name, action), "{method} {uri}");
            assert_eq!((resource(&operation), operation.writes()), (format!("arn:aws:s3:::{about}"), writes), "{uri}");
        }
    }
}
