//! What a browser lets the page do.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};

/// Only our own script and style, by their hashes.
///
/// A form leads to the sign-in when the session has ended meanwhile, and from there straight on to the company's own
/// directory, whose address nobody tells us. Browsers hold every step of that against `form-action`, so it names no host.
pub(super) fn content_policy(script: &str, style: &str, origin: &str) -> String {
    let scheme = if origin.starts_with("https:") { "https:" } else { "http:" };
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; connect-src 'self'; form-action 'self' {}; \
         base-uri 'none'; frame-ancestors 'none'",
        hash(script),
        hash(style),
        scheme,
    )
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, text.as_bytes())))
}
