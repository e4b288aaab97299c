//! Copies of an account: moto forked in memory, and what `local` keeps beside it.

use std::sync::Arc;

use harness::Vpn as _;
use moto::boot;
use serde_json::Value;

use crate::Account;

impl Account {
    /// A copy that begins with everything this one has, and goes its own way.
    pub async fn copy(&self) -> Self {
        let upstream = &self.running.upstream;
        let port = self.send_to(upstream.url(), "GET", "/_fork", &[], "").await.into_body();
        let running = boot::fork(self.world(), upstream, &format!("http://127.0.0.1:{port}")).await;
        let running = running.expect("local starts in front of a copy of moto");
        Self(harness::Account { running, place: Arc::clone(&self.place) })
    }

    /// Ends a copy.
    pub async fn end(self) {
        let url = self.0.running.upstream.url().to_owned();
        // It ends in the middle of this call: there is no answer.
        let call = tokio::net::TcpStream::connect(url.trim_start_matches("http://")).await;
        if let Ok(mut stream) = call {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            if stream.write_all(b"GET /_end HTTP/1.1\r\nHost: moto\r\n\r\n").await.is_ok() {
                drop(stream.read(&mut [0]).await);
            }
        }
    }

    /// A call of the AWS CLI with an input, as the scripts make it.
    ///
    /// # Errors
    /// AWS's words.
    pub async fn call(&self, service: &str, operation: &str, input: &Value) -> Result<Value, String> {
        let name = format!("input-{:016x}.json", fastrand::u64(..));
        let path = self.place.directory.join(&name);
        std::fs::write(&path, input.to_string()).map_err(|error| error.to_string())?;
        let input = format!("file://{name}");
        let arguments = [service, operation, "--cli-input-json", &input, "--output", "json"];
        let output = self.command("aws", &arguments).output().await.map_err(|error| error.to_string())?;
        std::fs::remove_file(path).map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(serde_json::from_slice(&output.stdout).unwrap_or_default());
        }
        Err(format!("{service} {operation}: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}
