//! A browser's requests, without the browser.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

/// By these headers a browser says that a person navigates.
pub const NAVIGATION: [(&str, &str); 3] =
    [("accept", "text/html"), ("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate")];
/// What a script of the page sends.
pub const SCRIPT: [(&str, &str); 2] = [("accept", "application/json"), ("sec-fetch-site", "same-origin")];
/// What a form of the page sends.
pub const FORM: [(&str, &str); 3] =
    [("accept", "text/html"), ("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")];

/// Sends a request to `http://…` over a connection of its own, and waits for the whole answer.
///
/// # Errors
/// What went wrong on the way. An answer of any status is none.
pub async fn try_send(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Result<Response<String>, String> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).map_err(|error| error.to_string())?;
    let client = Client::builder(TokioExecutor::new()).build_http();
    let (parts, body) = client.request(request).await.map_err(|error| error.to_string())?.into_parts();
    let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
    let body = String::from_utf8(body.to_vec()).map_err(|error| error.to_string())?;
    Ok(Response::from_parts(parts, body))
}

/// The same where an answer must come.
///
/// # Panics
/// Where none comes.
pub async fn send(method: &str, url: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Response<String> {
    try_send(method, url, headers, body).await.unwrap_or_else(|error| panic!("{method} {url}: {error}"))
}

/// Chooses who signs in, at the sign-in page of a listener's address, and goes on to `uri`.
pub async fn sign_in(listener: &str, headers: &[(&str, &str)], user: &str, uri: &str) -> Response<String> {
    let mut all = FORM.to_vec();
    all.extend(headers);
    let url = format!("{}/local/sign-in", listener.trim_end_matches('/'));
    let form =
        form_urlencoded::Serializer::new(String::new()).append_pair("user", user).append_pair("uri", uri).finish();
    send("POST", &url, &all, form).await
}

/// What a browser keeps of an answer, and sends as the header `cookie` from then on.
pub fn cookies(answer: &Response<String>) -> String {
    let given = answer.headers().get_all("set-cookie").iter();
    let pairs = given.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    pairs.collect::<Vec<_>>().join("; ")
}
