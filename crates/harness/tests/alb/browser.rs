//! A browser with a world around it.

use std::{net::SocketAddr, sync::Arc};

use ::http::Response;
use bytes::Bytes;
use harness::http;
use local::{
    listener, panel,
    world::{Shared, World},
};
use tokio::net::TcpListener;

/// What a person has: a browser, and a world around it.
pub(crate) struct Browser {
    pub(crate) world: Shared,
    pub(crate) address: SocketAddr,
}

impl Browser {
    /// At the employee's page.
    pub(crate) async fn at_the_page() -> Self {
        Self::at(listener::serve).await
    }

    /// At the control panel.
    pub(crate) async fn at_the_panel() -> Self {
        Self::at(panel::serve).await
    }

    async fn at<F: Future<Output = ()> + Send + 'static>(serve: impl FnOnce(Shared, TcpListener) -> F) -> Self {
        let world = World::new(super::deployment(), super::noon()).expect("no alarm that could be refused");
        let world = Arc::new(world);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(serve(Arc::clone(&world), listener));
        Self { world, address }
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Response<String> {
        http::send(method, &format!("http://{}{path}", self.address), headers, body).await
    }

    pub(crate) async fn get(&self, path: &str, cookie: &str) -> Response<String> {
        self.send("GET", path, &[("cookie", cookie)], "").await
    }

    pub(crate) async fn sign_in(&self, sub: &str, uri: &str) -> Response<String> {
        http::sign_in(&format!("http://{}", self.address), &[], sub, uri).await
    }
}
