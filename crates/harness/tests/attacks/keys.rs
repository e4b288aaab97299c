//! A server of the load balancer's public keys that answers well, badly or not at all: what the last three digits of a
//! key's name say.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::signer::{KID, Signer};

/// Of the curve P-384, as `openssl ecparam -name secp384r1` makes it.
const P384: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAETblT3a5DfDx6FNrwy1Q3Z9zqDBRLJbXK
FngZZr/eYWe3zsKeyjZ5vAibLyFT1KEcMQmpTSKEQpyRziUWDWbw6MpYtpS0Y/Y/
523ADnaEramy/fM4EjG+YysS3GupRzfD
-----END PUBLIC KEY-----
";

/// The keys that it knows, by their names.
pub struct KeyServer {
    pub known: Vec<(String, String)>,
}

impl KeyServer {
    /// Serves until the test ends; where.
    pub async fn serve(self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = std::sync::Arc::new(self);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = std::sync::Arc::clone(&server);
                tokio::spawn(async move { server.answer(stream, address).await });
            }
        });
        address
    }

    async fn answer(&self, mut stream: TcpStream, address: SocketAddr) {
        let mut read = vec![0; 4096];
        let length = stream.read(&mut read).await.unwrap_or(0);
        let request = String::from_utf8_lossy(&read[..length]).into_owned();
        let kid = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
        let right = &self.known[0].1;
        let answer = match (self.known.iter().find(|(known, _)| known == kid), kid.get(33..)) {
            (Some((_, pem)), _) => http("200 OK", "", pem),
            // The right key stands behind each of these, for whoever takes what he should not.
            (None, Some("001")) => http("200 OK", "", &Signer::new().pem()),
            (None, Some("002")) => http("200 OK", "", "<html>no key</html>"),
            (None, Some("003")) => http("200 OK", "", ""),
            (None, Some("004")) => http("200 OK", "", P384),
            (None, Some("005")) => http("200 OK", "", &format!("{}\n{right}", "x".repeat(4096))),
            (None, Some("006")) => {
                // Until whoever asked has had enough.
                let _ = stream.read(&mut read).await;
                return;
            }
            (None, Some("007")) => format!("nonsense\r\n\r\n{right}"),
            (None, Some("008")) => String::new(),
            (None, Some("009")) => format!("HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n{right}"),
            (None, digits) => {
                let status = format!("{} said so", digits.unwrap_or("404"));
                http(&status, &format!("location: http://{address}/{KID}\r\n"), right)
            }
        };
        // Whoever has seen enough hangs up.
        let _ = stream.write_all(answer.as_bytes()).await;
    }
}

fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}
