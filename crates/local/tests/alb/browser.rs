//! A browser with a world around it.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use local::{
    listener, panel,
    world::{Shared, World},
};
use tokio::net::TcpListener;

/// What a person has: a browser, and a world around it.
pub(crate) struct Browser {
    pub(crate) world: Shared,
    pub(crate) address: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
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
        Self { world, address, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Response<String> {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).expect("a request");
        let response = self.client.request(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Response::from_parts(parts, String::from_utf8(body.to_vec()).expect("text"))
    }

    pub(crate) async fn get(&self, path: &str, cookie: &str) -> Response<String> {
        self.send("GET", path, &[("cookie", cookie)], "").await
    }

    pub(crate) async fn sign_in(&self, sub: &str, uri: &str) -> Response<String> {
        let form =
            form_urlencoded::Serializer::new(String::new()).append_pair("user", sub).append_pair("uri", uri).finish();
        self.send("POST", "/local/sign-in", &[("content-type", "application/x-www-form-urlencoded")], form).await
    }
}
