//! An employee with a browser, and what an administrator sees.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

use crate::setup::{Account, HOST};

/// A header by which browsers say that a person navigates.
const NAVIGATION: [(&str, &str); 3] =
    [("accept", "text/html"), ("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate")];
/// What a form of the page sends.
const FORM: [(&str, &str); 3] =
    [("accept", "text/html"), ("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")];

impl Account {
    /// A request to the listener of the page.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response<String> {
        self.send_to(&self.running.urls.employee, method, path, headers, body).await
    }

    /// A request to a listener.
    pub async fn send_to(
        &self,
        listener: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response<String> {
        let url = format!("{}{path}", listener.trim_end_matches('/'));
        let mut request = Request::builder().method(method).uri(url);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", HOST);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).expect("a request");
        let http = Client::builder(TokioExecutor::new()).build_http();
        let (parts, body) = http.request(request).await.expect("an answer").into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        Response::from_parts(parts, String::from_utf8(body.to_vec()).expect("text"))
    }

    /// Signs somebody in, and gives the browser's cookie.
    pub async fn sign_in(&self) -> String {
        self.world().fresh().await;
        let sub = self.world().deployment.read().expect("deployment").user_pool.users[0].sub.clone();
        let answer = self.send("POST", "/local/sign-in", &FORM, &format!("user={sub}&uri=/vpn")).await;
        assert_eq!(answer.status(), 303, "{}", answer.body());
        let cookies = answer.headers().get_all("set-cookie").iter();
        cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next()).collect::<Vec<_>>().join("; ")
    }

    /// Opens the address everybody has, as somebody who has signed in.
    pub async fn open(&self, cookie: &str, path: &str) -> Response<String> {
        let mut headers = NAVIGATION.to_vec();
        if !cookie.is_empty() {
            headers.push(("cookie", cookie));
        }
        self.send("GET", path, &headers, "").await
    }
}
