//! Answers as small as they travel: the load balancer compresses nothing that a function answers.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, header};
use lambda_http::Body;

use crate::{Response, request::text};

/// Bytes of a body below which nothing is gained: it fits into one packet as it is.
const AT_LEAST: usize = 1_200;

/// The answer, with its body compressed where that gains something and the browser takes it.
#[must_use]
pub fn packed(mut response: Response, asked: &HeaderMap) -> Response {
    let Body::Text(body) = response.body() else { return response };
    if body.len() < AT_LEAST || !takes_gzip(asked) {
        return response;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    match encoder.write_all(body.as_bytes()).and_then(|()| encoder.finish()) {
        Ok(packed) => {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            *response.body_mut() = Body::Binary(packed);
        }
        Err(error) => tracing::warn!(%error, "an answer could not be compressed; it is sent as it is"),
    }
    response
}

/// Whether `Accept-Encoding` names gzip, and not with a weight of none (RFC 9110, 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let is_none = |weight: &str| weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32));
    text(headers, "accept-encoding").is_some_and(|codings| {
        codings.split(',').any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            name.trim().eq_ignore_ascii_case("gzip") && !is_none(weight)
        })
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use http::StatusCode;

    use super::*;
    use crate::page::answer;

    fn asking(accepted: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))])
    }

    #[test]
    fn only_for_who_takes_it() {
        let long = "a page ".repeat(1_000);
        let answer = || answer::with(StatusCode::OK, "text/html; charset=utf-8", long.clone());
        for accepted in ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.5", "deflate, gzip ; q=0.001"] {
            let packed = packed(answer(), &asking(accepted));
            assert_eq!(packed.headers().get(header::CONTENT_ENCODING), Some(&HeaderValue::from_static("gzip")));
            let Body::Binary(bytes) = packed.body() else { panic!("{accepted}: not packed") };
            let mut read = String::new();
            GzDecoder::new(&bytes[..]).read_to_string(&mut read).expect("gzip");
            assert_eq!(read, long, "{accepted}");
        }
        for accepted in ["", "identity", "br", "gzip;q=0", "gzip;q=0.000", "x-gzip", "*"] {
            let plain = packed(answer(), &asking(accepted));
            assert_eq!(plain.headers().get(header::CONTENT_ENCODING), None, "{accepted}");
            assert!(matches!(plain.body(), Body::Text(text) if *text == long), "{accepted}");
        }
        assert_eq!(packed(answer(), &HeaderMap::new()).headers().get(header::CONTENT_ENCODING), None);
    }

    #[test]
    fn not_what_fits_into_one_packet_anyway() {
        let asked = asking("gzip");
        for (length, is_packed) in [(0, false), (AT_LEAST - 1, false), (AT_LEAST, true)] {
            let answer = answer::with(StatusCode::OK, "text/plain; charset=utf-8", "a".repeat(length));
            assert_eq!(packed(answer, &asked).headers().contains_key(header::CONTENT_ENCODING), is_packed, "{length}");
        }
        assert!(packed(answer::nothing(), &asked).body().is_empty());
    }
}
