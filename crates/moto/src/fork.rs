//! `GET /_fork` and `GET /_end`, as the moto server of the scripts' tests has them: a copy of everything, and its end.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use futures_util::future::BoxFuture;
use local::{locks::lock, world::Shared};

use crate::{boot, upstream::Upstream};

/// Answers these two; `None` for every other path.
pub(crate) async fn answer(world: &Shared, upstream: &Upstream, path: &str) -> Option<Response> {
    match path {
        "/_fork" => Some(match fork(world, upstream).await {
            Ok(port) => port.into_response(),
            Err(error) => (StatusCode::BAD_GATEWAY, error).into_response(),
        }),
        "/_end" => {
            let copies = upstream.copies.upgrade();
            let ended = copies.and_then(|copies| lock(&copies).remove(&upstream.addresses.aws));
            if ended.is_none() {
                return Some(
                    (StatusCode::NOT_FOUND, "this program is the original, not a copy: only a copy can be ended")
                        .into_response(),
                );
            }
            // A server that ends does not answer.
            drop(upstream.client.plain("/_end").await);
            Some(StatusCode::OK.into_response())
        }
        _ => None,
    }
}

/// The port of the copy's AWS endpoint. Boxed, since a copy can be copied too.
fn fork<'a>(world: &'a Shared, upstream: &'a Upstream) -> BoxFuture<'a, Result<String, String>> {
    Box::pin(async move {
        let port = upstream.client.plain("/_fork").await.map_err(|error| error.to_string())?;
        let copy = boot::fork(world, upstream, &format!("http://127.0.0.1:{port}")).await;
        let copy = copy.map_err(|error| error.to_string())?;
        let aws = copy.urls.aws.clone();
        let port = aws.rsplit(':').next().unwrap_or_default().to_owned();
        if let Some(copies) = upstream.copies.upgrade() {
            lock(&copies).insert(aws, Box::new(copy));
        }
        Ok(port)
    })
}
