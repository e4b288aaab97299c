//! `GET /_fork` and `GET /_end`, as the moto server of the scripts' tests has them: a copy of everything, and its end.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::{Forked, Upstream};
use crate::{locks::lock, world::Shared};

/// Answers these two; `None` for every other path.
pub(super) async fn answer(world: &Shared, upstream: &Upstream, path: &str) -> Option<Response> {
    match path {
        "/_fork" => Some(match fork(world, upstream).await {
            Ok(port) => port.into_response(),
            Err(error) => (StatusCode::BAD_GATEWAY, error).into_response(),
        }),
        "/_end" => {
            let copies = upstream.copies.upgrade();
            let ended = copies.and_then(|copies| lock(&copies).remove(&upstream.addresses.aws));
            if ended.is_none() {
                return Some((StatusCode::NOT_FOUND, "this is no copy").into_response());
            }
            // A server that ends does not answer.
            drop(upstream.client.plain("/_end").await);
            Some(StatusCode::OK.into_response())
        }
        _ => None,
    }
}

/// The port of the copy's AWS endpoint.
async fn fork(world: &Shared, upstream: &Upstream) -> Result<String, String> {
    let port = upstream.client.plain("/_fork").await.map_err(|error| error.to_string())?;
    let Forked { aws, running } = (upstream.fork)(world, upstream, &format!("http://127.0.0.1:{port}")).await?;
    let port = aws.rsplit(':').next().unwrap_or_default().to_owned();
    if let Some(copies) = upstream.copies.upgrade() {
        lock(&copies).insert(aws, running);
    }
    Ok(port)
}
