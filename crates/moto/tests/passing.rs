//! What is not answered here goes to the upstream as it came, and comes back as it was answered.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes as Body, extract::State, http::request::Parts, response::IntoResponse};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use moto::{Callers, boot};

/// What is asked before anything passes: the VPC, its subnets and groups, and its way to the internet, which is made.
const AT_THE_START: usize = 8;

/// A request as the upstream saw it.
type Seen = Arc<Mutex<Vec<(String, String, HeaderMap, Body)>>>;

async fn upstream(State(seen): State<Seen>, request: axum::extract::Request) -> impl IntoResponse {
    let (Parts { method, uri, headers, .. }, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    seen.lock().expect("seen").push((method.to_string(), uri.to_string(), headers, body));
    let headers = [("content-type", "application/octet-stream"), ("x-amzn-requestid", "r-1"), ("x-odd", "a, b")];
    (StatusCode::IM_A_TEAPOT, headers, &b"\x00\xff answer <a/>"[..])
}

/// Answers what is asked at the start, and then as above.
async fn vpc(State(seen): State<Seen>, request: axum::extract::Request) -> axum::response::Response {
    let is_asked = seen.lock().expect("seen").len() < AT_THE_START;
    let answer = upstream(State(seen), request).await.into_response();
    if is_asked { "<R><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet></R>".into_response() } else { answer }
}

#[tokio::test]
async fn every_byte_passes_both_ways() {
    let seen = Seen::default();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().fallback(vpc).with_state(Arc::clone(&seen));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let running = boot::start(&url, None, Callers::default()).await.expect("started");
    seen.lock().expect("seen").clear();
    seen.lock().expect("seen").extend(std::iter::repeat_n(Default::default(), AT_THE_START));

    let scope =
        "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=abc";
    let body = Bytes::from_static(b"\x00\x01\xfe not UTF-8 \xff & = %2F");
    let request = Request::builder()
        .method("PATCH")
        .uri(format!("{}/a%2Fb/c+d//e?x=%20&y&z=1&z=2", running.urls.aws))
        .header("host", "LOCALHOST:4566")
        .header("authorization", scope)
        .header("x-amz-meta-twice", "one")
        .header("x-amz-meta-twice", "two")
        .header("connection", "keep-alive")
        .body(Full::new(body.clone()))
        .expect("a request");
    let http = Client::builder(TokioExecutor::new()).build_http();
    let (parts, answer) = http.request(request).await.expect("an answer").into_parts();
    let answer = answer.collect().await.expect("a body").to_bytes();

    let (method, uri, headers, sent) = seen.lock().expect("seen").last().cloned().expect("it was asked");
    assert_eq!((method.as_str(), uri.as_str()), ("PATCH", "/a%2Fb/c+d//e?x=%20&y&z=1&z=2"));
    assert_eq!(sent, body);
    assert_eq!(headers["host"], "LOCALHOST:4566");
    assert_eq!(headers["authorization"], scope);
    assert_eq!(headers.get_all("x-amz-meta-twice").iter().collect::<Vec<_>>(), ["one", "two"]);
    assert!(!headers.contains_key("connection"), "that is between two neighbours");
    assert_eq!(parts.status, StatusCode::IM_A_TEAPOT);
    assert_eq!(
        (&parts.headers["x-odd"], &parts.headers["x-amzn-requestid"]),
        (&"a, b".parse().expect("v"), &"r-1".parse().expect("v"))
    );
    assert_eq!(answer, &b"\x00\xff answer <a/>"[..]);

    // A page that got a name of its own to lead here, or is of another address, reaches nothing: neither what is behind, nor
    // what runs what it sends.
    let before = seen.lock().expect("seen").len();
    for path in ["/", "/moto-api/reset", "/_local/state", "/_local/reset", "/_local/panel/api/state", "/_fork"] {
        for (host, origin) in [("evil.example", None), ("127.0.0.1", Some("http://evil.example"))] {
            let request =
                Request::builder().method("POST").uri(format!("{}{path}", running.urls.aws)).header("host", host);
            let request = origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
            let signed = request.header("authorization", scope).body(Full::default()).expect("a request");
            let status = http.request(signed).await.expect("an answer").status();
            assert_eq!(status, StatusCode::FORBIDDEN, "{path} of {host}, {origin:?}");
        }
    }
    assert_eq!(seen.lock().expect("seen").len(), before);
    serving.abort();
}
