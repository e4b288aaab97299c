//! Stub.

use tokio::net::TcpListener;

use crate::world::Shared;

/// Serves until its task ends.
pub async fn serve(_world: Shared, listener: TcpListener) {
    drop(axum::serve(listener, axum::Router::new()).await);
}
