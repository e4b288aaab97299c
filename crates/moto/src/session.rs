//! Sessions of an administrator whose session policy denies something. On AWS the session token stands for that policy; here
//! the token says it: `lacks ACTION ACTION`. Every other token, and none, denies nothing.

use axum::http::HeaderMap;

/// The actions that the caller's session denies, as policies call them.
pub(crate) fn lacks(headers: &HeaderMap) -> Vec<String> {
    let token = headers.get("x-amz-security-token").and_then(|token| token.to_str().ok()).unwrap_or_default();
    token.strip_prefix("lacks ").into_iter().flat_map(str::split_whitespace).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_token_that_says_so_denies() {
        for (token, denied) in
            [("lacks lambda:ListTags sns:Publish", vec!["lambda:ListTags", "sns:Publish"]), ("IQoJb3Jp", vec![])]
        {
            let mut headers = HeaderMap::new();
            headers.insert("x-amz-security-token", HeaderValue::from_static(token));
            assert_eq!(lacks(&headers), denied);
        }
        assert!(lacks(&HeaderMap::new()).is_empty());
    }
}
