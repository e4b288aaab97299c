//! One element outside the function's page says that this is a trial.

use std::{fmt::Write as _, io::Read as _};

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderValue, Response, header};

/// What the banner says.
#[must_use]
pub fn banner(speed: f64, panel: Option<&str>) -> String {
    let clock = if speed == 0.0 {
        "its clock stands".to_owned()
    } else if speed == 1.0 {
        "its clock runs as fast as yours".to_owned()
    } else {
        format!("its clock runs {speed} times as fast as yours")
    };
    // A class that the function's page has a place for: its content policy lets nobody bring a style along.
    let mut html =
        format!("<p role=\"note\" lang=\"en\" class=\"notice\">This is a trial on this computer, not AWS; {clock}.");
    if let Some(panel) = panel {
        let _ = write!(html, " <a href=\"{}\">Control panel</a>", escape(panel));
    }
    html.push_str("</p>");
    html
}

/// Puts it first into `main`, or into `body` where there is none, of an HTML page, which is not compressed any more then;
/// everything else stays.
#[must_use]
pub fn insert(response: Response<Bytes>, banner: &str) -> Response<Bytes> {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/html") {
        return response;
    }
    let mut response = unpacked(response);
    if response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let Some(at) = ["main", "body"].into_iter().find_map(|tag| behind_tag(response.body(), tag)) else {
        return response;
    };
    let body = [&response.body()[..at], banner.as_bytes(), &response.body()[at..]].concat();
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    *response.body_mut() = Bytes::from(body);
    response
}

fn unpacked(mut response: Response<Bytes>) -> Response<Bytes> {
    let is_packed = response.headers().get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
    let mut body = Vec::new();
    if is_packed && GzDecoder::new(&response.body()[..]).read_to_end(&mut body).is_ok() {
        response.headers_mut().remove(header::CONTENT_ENCODING);
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        *response.body_mut() = Bytes::from(body);
    }
    response
}

/// Where an opening tag ends; a `>` within a quoted attribute does not end it.
fn behind_tag(html: &[u8], tag: &str) -> Option<usize> {
    let begins = |window: &[u8]| {
        let (name, next) = (&window[1..=tag.len()], window[tag.len() + 1]);
        window[0] == b'<' && name.eq_ignore_ascii_case(tag.as_bytes()) && (next == b'>' || next.is_ascii_whitespace())
    };
    let start = html.windows(tag.len() + 2).position(begins)?;
    let mut quote = None;
    for (index, &byte) in html.iter().enumerate().skip(start) {
        match (quote, byte) {
            (None, b'>') => return Some(index + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

/// Text for HTML, also within attributes.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn page(kind: &'static str, body: &'static str) -> Response<Bytes> {
        let response = Response::builder().header("content-type", kind).header("content-length", body.len());
        response.body(Bytes::from_static(body.as_bytes())).unwrap()
    }

    #[test]
    fn it_stands_first_in_what_the_page_is_about() {
        for (page_, with) in [
            ("<html><body>x", "<html><body>B!x"),
            (
                "<body><header>h</header><main id=\"m\" class='>'>x",
                "<body><header>h</header><main id=\"m\" class='>'>B!x",
            ),
            ("<body><mainly>x", "<body>B!<mainly>x"),
            ("<BODY\n class='a>b' id=\"c>d\">x", "<BODY\n class='a>b' id=\"c>d\">B!x"),
            ("<bodyguard><body >x", "<bodyguard><body >B!x"),
            ("no such tag", "no such tag"),
            ("<body class='never closed", "<body class='never closed"),
        ] {
            let response = insert(page("text/html; charset=utf-8", page_), "B!");
            assert_eq!(response.headers()["content-length"], with.len().to_string());
            assert_eq!(response.into_body(), with);
        }
    }

    #[test]
    fn only_html_gets_it() {
        assert_eq!(insert(page("application/json", "<body>"), "B!").into_body(), "<body>");
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(b"<body>x").unwrap();
        let packed = packed.finish().unwrap();
        for (kind, with) in [("text/html", &b"<body>B!x"[..]), ("application/json", &packed)] {
            let mut response = page(kind, "").map(|_| Bytes::from(packed.clone()));
            response.headers_mut().insert("content-encoding", HeaderValue::from_static("gzip"));
            let response = insert(response, "B!");
            assert_eq!(response.headers().contains_key("content-encoding"), kind != "text/html");
            assert_eq!(response.into_body(), with);
        }
        let mut compressed = page("text/html", "<body>");
        compressed.headers_mut().insert("content-encoding", HeaderValue::from_static("br"));
        assert_eq!(insert(compressed, "B!").into_body(), "<body>");
    }

    #[test]
    fn it_says_how_fast_the_clock_is() {
        assert!(banner(60.0, Some("http://127.0.0.1:1/?a&b")).contains("60 times"));
        assert!(banner(60.0, Some("http://127.0.0.1:1/?a&b")).contains("href=\"http://127.0.0.1:1/?a&amp;b\""));
        assert!(banner(0.0, None).contains("stands") && !banner(0.0, None).contains("href"));
    }
}
