//! What a browser lets the page do.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::Uri;

/// Only our own script and style, by their hashes. A form may lead to the sign-in, when the session has ended meanwhile.
pub(super) fn content_policy(script: &str, style: &str, sign_out: &str) -> String {
    let sign_in =
        sign_out.parse::<Uri>().ok().and_then(|uri| Some(format!(" {}://{}", uri.scheme_str()?, uri.authority()?)));
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; connect-src 'self'; form-action 'self'{}; \
         base-uri 'none'; frame-ancestors 'none'",
        hash(script),
        hash(style),
        sign_in.unwrap_or_default(),
    )
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, text.as_bytes())))
}
