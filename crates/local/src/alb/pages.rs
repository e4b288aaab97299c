//! What the load balancer answers by itself, and local's own pages.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use super::{Answer, banner::escape};
use crate::world::World;

/// An error as the load balancer words it: no reason in the page, as on AWS; the reason is for the control panel.
pub(super) fn error(status: StatusCode, reason: impl Into<String>) -> Answer {
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let title = title.trim_end();
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    Answer { response: html(status, page), reason: Some(reason.into()) }
}

pub(super) fn bad_gateway(reason: String) -> Answer {
    error(StatusCode::BAD_GATEWAY, reason)
}

/// A `fixed-response` action.
pub(super) fn fixed(status: u16, content_type: &str, body: &str) -> Answer {
    let (Ok(status), Ok(kind)) = (StatusCode::from_u16(status), HeaderValue::from_str(content_type)) else {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "the fixed response is not valid");
    };
    with(status, kind, body.to_owned()).into()
}

pub(super) fn html(status: StatusCode, page: String) -> Response<Bytes> {
    with(status, HeaderValue::from_static("text/html; charset=utf-8"), page)
}

pub(super) fn with(status: StatusCode, kind: HeaderValue, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static("awselb/2.0"));
    response
}

/// A page of local's own, which a load balancer does not have.
pub(super) fn own(status: StatusCode, title: &str, head: &str, body: &str) -> Response<Bytes> {
    let title = escape(title);
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n{head}\
         <style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem}}\
         button{{font:inherit;padding:.6rem 1.2rem;margin:.3rem 0;width:100%}}</style>\n\
         </head>\n<body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n"
    );
    let mut response = html(status, page);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Until the functions are there, the page says so and looks again by itself.
pub(super) fn being_built(_world: &World, name: &str) -> Answer {
    let body = format!(
        "<p>{} is not there yet: <code>cargo build</code> is at work. The first time takes some minutes.</p>\n\
         <p>This page looks again by itself.</p>",
        escape(name)
    );
    let refresh = "<meta http-equiv=\"refresh\" content=\"3\">\n";
    let mut response = own(StatusCode::SERVICE_UNAVAILABLE, "The functions are being built", refresh, &body);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("3"));
    Answer { response, reason: Some("the functions are being built".to_owned()) }
}
