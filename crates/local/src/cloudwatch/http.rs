//! The server's part. Stub: helper D.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, request::Parts};

use crate::{authorize::Principal, world::Shared};

/// Answers one call of a CloudWatch API.
pub async fn answer(_world: &Shared, _principal: &Principal, _request: &Parts, _body: &[u8]) -> Response {
    StatusCode::NOT_IMPLEMENTED.into_response()
}
