//! What the load balancer answers by itself, and local's own pages.

use aws::{deployment::Action, elb::rules::without_port};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, Uri, header};

use super::{ListenerAnswer, banner::escape};
use crate::executables::BuildProgress;

/// An error as the load balancer words it: no reason in the page, as on AWS; the reason is for the control panel.
pub(crate) fn error(status: StatusCode, reason: impl Into<String>) -> ListenerAnswer {
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let title = title.trim_end();
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    ListenerAnswer { response: html(status, page), reason: Some(reason.into()) }
}

pub(crate) fn bad_gateway(reason: String) -> ListenerAnswer {
    error(StatusCode::BAD_GATEWAY, reason)
}

/// Nobody answers at the load balancer's address. Where a browser would wait or warn, this says why.
pub(crate) fn unreachable(reason: impl Into<String>) -> ListenerAnswer {
    error(StatusCode::GATEWAY_TIMEOUT, reason)
}

/// A `redirect` action: each part may name those of the request.
pub(crate) fn redirect(action: &Action, seen_as: (u16, &str), host: &str, uri: &Uri) -> ListenerAnswer {
    let Action::Redirect { status, protocol, host: to, port, path, query } = action else {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "no redirect");
    };
    let (own_port, own_protocol) = seen_as;
    let filled = |text: &str| {
        text.replace("#{protocol}", own_protocol)
            .replace("#{host}", without_port(host))
            .replace("#{port}", &own_port.to_string())
            .replace("#{path}", uri.path().trim_start_matches('/'))
            .replace("#{query}", uri.query().unwrap_or_default())
    };
    let query = filled(query);
    let query = if query.is_empty() { query } else { format!("?{query}") };
    let protocol = filled(protocol).to_ascii_lowercase();
    let location = format!("{protocol}://{}:{}{}{query}", filled(to), filled(port), filled(path));
    let (Ok(status), Ok(location)) = (StatusCode::from_u16(*status), HeaderValue::from_str(&location)) else {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "the redirect is not valid");
    };
    let mut response = html(status, String::new());
    response.headers_mut().insert(header::LOCATION, location);
    response.into()
}

/// A `fixed-response` action.
pub(crate) fn fixed(status: u16, content_type: &str, body: &str) -> ListenerAnswer {
    let (Ok(status), Ok(kind)) = (StatusCode::from_u16(status), HeaderValue::from_str(content_type)) else {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "the fixed response is not valid");
    };
    with(status, kind, body.to_owned()).into()
}

pub(crate) fn html(status: StatusCode, page: String) -> Response<Bytes> {
    with(status, HeaderValue::from_static("text/html; charset=utf-8"), page)
}

pub(crate) fn with(status: StatusCode, kind: HeaderValue, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static("awselb/2.0"));
    response
}

/// A page of local's own, which a load balancer does not have.
pub(crate) fn own(status: StatusCode, title: &str, head: &str, body: &str) -> Response<Bytes> {
    let title = escape(title);
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{title}</title>\n{head}\
         <style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;background:canvas;color:canvastext}}\
         button{{font:inherit;color:canvastext;background:light-dark(#f0f0f4,#3a3a40);border:1px solid;border-radius:.4rem;padding:.6rem 1.2rem;margin:.3rem 0;width:100%}}pre{{overflow:auto;font-size:.8rem}}\
         a{{display:inline-block;padding:.7rem 0;color:light-dark(#0b57d0,#8ab4f8)}}</style>\n\
         </head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    );
    let mut response = html(status, page);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Until the functions are there, the page says so and looks again by itself.
pub(crate) fn being_built(build: &BuildProgress, name: &str) -> ListenerAnswer {
    let (title, body) = match &build.error {
        Some(error) => ("The functions could not be built", format!("<pre>{}</pre>", escape(error))),
        None => {
            let progress = match build.total {
                0 => String::new(),
                total => format!(
                    "<p><progress max=\"{total}\" value=\"{}\"></progress> {} of {total}: {}</p>\n",
                    build.compiled,
                    build.compiled,
                    escape(&build.current)
                ),
            };
            let name = escape(name);
            let why = "<code>cargo build</code> is at work. The first time takes some minutes.";
            ("The functions are being built", format!("<p>{name} is not there yet: {why}</p>\n{progress}"))
        }
    };
    let body = format!("{body}\n<p>This page looks again by itself.</p>");
    let refresh = "<meta http-equiv=\"refresh\" content=\"3\">\n";
    let mut response = own(StatusCode::SERVICE_UNAVAILABLE, title, refresh, &body);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("3"));
    ListenerAnswer { response, reason: Some(title.to_lowercase()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(build: &BuildProgress) -> String {
        let ListenerAnswer { response, .. } = being_built(build, "associator");
        assert_eq!(
            (response.status(), response.headers()["retry-after"].as_bytes()),
            (StatusCode::SERVICE_UNAVAILABLE, &b"3"[..])
        );
        String::from_utf8(response.into_body().to_vec()).unwrap()
    }

    #[test]
    fn the_page_follows_the_building() {
        let page = text(&BuildProgress::default());
        assert!(page.contains("being built") && page.contains("http-equiv=\"refresh\"") && !page.contains("<progress"));
        let build =
            BuildProgress { compiled: 57, total: 312, current: "serde<1>".to_owned(), ..BuildProgress::default() };
        assert!(text(&build).contains("<progress max=\"312\" value=\"57\"></progress> 57 of 312: serde&lt;1&gt;"));
        let build = BuildProgress { error: Some("error[E0308] <T>".to_owned()), ..BuildProgress::default() };
        assert!(
            text(&build).contains("could not be built") && text(&build).contains("<pre>error[E0308] &lt;T&gt;</pre>")
        );
    }

    #[test]
    fn an_error_says_no_more_than_aws() {
        let ListenerAnswer { response, reason } = bad_gateway("the function failed".to_owned());
        let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
             <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
        assert_eq!((response.into_body(), reason.as_deref()), (Bytes::from(page), Some("the function failed")));
    }
}
