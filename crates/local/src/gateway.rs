//! Stub.

use tokio::net::TcpListener;

use crate::world::Shared;

/// The access key of a role's functions.
#[must_use]
pub fn access_key(role_name: &str) -> String {
    let suffix = role_name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase());
    format!("ASIALOCAL{}", suffix.collect::<String>())
}

/// Serves until its task ends.
pub async fn serve(_world: Shared, listener: TcpListener) {
    drop(axum::serve(listener, axum::Router::new()).await);
}
