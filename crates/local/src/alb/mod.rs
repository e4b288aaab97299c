//! Stub.

use tokio::net::TcpListener;

use crate::world::Shared;

/// The load balancer's sessions and key.
#[derive(Debug, Default)]
pub struct State {}

/// Checks the health of every target group that has that on.
pub async fn health_check(_world: &Shared) {}

/// Serves until its task ends.
pub async fn serve(_world: Shared, listener: TcpListener) {
    drop(axum::serve(listener, axum::Router::new()).await);
}
