#![doc = include_str!("README.md")]

mod actions;
mod body;
mod breaking;
mod guard;
mod state;

use axum::{
    Router, middleware,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tokio::net::TcpListener;

use crate::world::Shared;
use body::Refusal;

/// The page needs only what comes from here, and nobody may frame it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Serves the control panel until its task ends.
pub async fn serve(world: Shared, listener: TcpListener) {
    if let Ok(address) = listener.local_addr() {
        world.alb.set_panel(format!("http://{address}/"));
    }
    if let Err(error) = axum::serve(listener, router(world)).await {
        tracing::error!(%error, "the control panel's listener ended");
    }
}

/// The control panel and its calls.
pub(crate) fn router(world: Shared) -> Router {
    Router::new()
        .merge(files())
        .route("/api/state", get(state::state))
        .route("/api/journal", get(state::journal))
        .route("/api/step", post(actions::step))
        .route("/api/speed", post(actions::speed))
        .route("/api/clients", post(actions::connect))
        .route("/api/clients/{id}", delete(actions::disconnect))
        .route("/api/invoke", post(actions::invoke))
        .route("/api/associate", post(actions::associate))
        .route("/api/disassociate", post(actions::disassociate))
        .route("/api/tags", post(actions::tags))
        .route("/api/banner", post(actions::banner))
        .route("/api/faults", get(breaking::faults).post(breaking::add_fault).delete(breaking::clear_faults))
        .route("/api/faults/{id}", delete(breaking::remove_fault))
        .route("/api/hold", get(breaking::held).post(breaking::hold))
        .route("/api/release", post(breaking::release))
        .route("/api/alarm", post(breaking::alarm))
        .route("/api/schedule", post(breaking::schedule))
        .route("/api/metrics", post(breaking::metrics))
        .route("/api/delays", post(breaking::delays))
        .route("/api/settings", post(breaking::settings))
        .fallback(|| async { Refusal::new(StatusCode::NOT_FOUND, "no such path") })
        .method_not_allowed_fallback(|| async {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "this path takes another method")
        })
        .layer(middleware::from_fn(guard::guard))
        .with_state(world)
}

fn files() -> Router<Shared> {
    let script = |text: &'static str| get(move || file("text/javascript; charset=utf-8", text));
    Router::new()
        .route("/", get(|| file("text/html; charset=utf-8", include_str!("page.html"))))
        .route("/panel.css", get(|| file("text/css; charset=utf-8", include_str!("panel.css"))))
        .route("/panel.js", script(include_str!("panel.js")))
        .route("/bill.js", script(include_str!("bill.js")))
        .route("/draw.js", script(include_str!("draw.js")))
        .route("/log.js", script(include_str!("log.js")))
        .route("/off.js", script(include_str!("off.js")))
        .route("/vpn.js", script(include_str!("vpn.js")))
}

async fn file(kind: &'static str, text: &'static str) -> Response {
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    ];
    (headers, text).into_response()
}
