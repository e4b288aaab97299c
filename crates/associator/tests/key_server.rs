//! The fetch of a key, over a socket: what it takes and what it does not.

mod common;

use associator::identity::{
    Expected,
    keys::{HttpKeys, Keys, Refusal},
};
use common::{Signer, now, signer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::oneshot,
};
use vpn_core::aws::https;

const EXPECTED: Expected<'static> =
    Expected { signer: signer::LOAD_BALANCER, issuer: signer::ISSUER, client: signer::CLIENT };

/// Serves one answer, and gives back the request's first line; an empty one if nobody asked.
async fn fetch(answer: String) -> (Result<(), Refusal>, String) {
    let signer = Signer::new();
    let answer = answer.replace("PEM", &signer.pem());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (hears, mut heard) = oneshot::channel();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut read = vec![0; 4096];
        let length = stream.read(&mut read).await.expect("a request");
        hears.send(String::from_utf8_lossy(&read[..length]).lines().next().unwrap_or_default().to_owned()).ok();
        // A client that has seen enough may hang up.
        let _ = stream.write_all(answer.as_bytes()).await;
    });
    let keys = Keys::new(HttpKeys::new(https::connector("us-east-1"), format!("http://{address}")));
    let identified = keys.identify(&signer.token(), EXPECTED, now()).await;
    server.abort();
    (identified.map(|_| ()), heard.try_recv().unwrap_or_default())
}

fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}\r\n{body}")
}

#[tokio::test]
async fn the_key_is_asked_for_by_its_name() {
    let (identified, line) = fetch(http("200 OK", "", "PEM")).await;
    assert_eq!(identified, Ok(()));
    assert_eq!(line, format!("GET /{} HTTP/1.1", signer::KID));
}

#[tokio::test]
async fn a_key_that_is_not_there_is_nobody_s() {
    for status in ["403 Forbidden", "404 Not Found"] {
        let (identified, _) = fetch(http(status, "", "PEM")).await;
        assert!(matches!(identified, Err(Refusal::Rejected(_))), "{status}: {identified:?}");
    }
}

#[tokio::test]
async fn what_is_no_key_is_not_taken_for_one() {
    for answer in [
        // No redirect is followed, wherever it leads.
        http("302 Found", "location: http://127.0.0.1:1/\r\n", "PEM"),
        http("301 Moved", &format!("location: /{}\r\n", signer::KID), "PEM"),
        http("500 Internal Server Error", "", "PEM"),
        http("204 No Content", "", ""),
        http("200 OK", "", "<html>"),
        http("200 OK", "", ""),
        // The right key after too much.
        http("200 OK", "", &format!("{}\nPEM", "x".repeat(4096))),
        "nonsense\r\n\r\n".to_owned(),
        String::new(),
    ] {
        let (identified, _) = fetch(answer.clone()).await;
        assert!(matches!(identified, Err(Refusal::Unavailable(_))), "{answer}: {identified:?}");
    }
}
