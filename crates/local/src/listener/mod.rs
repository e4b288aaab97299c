//! The load balancer's listeners: what a request meets on its way to a function. [`crate::alb`] says how each step answers.

mod forward;
mod sign_in;

use std::net::SocketAddr;

use aws::{
    deployment::{self, Action, Authenticate, OnUnauthenticated},
    elb::{
        event::{self, FORWARDED_FOR_LIMIT},
        rules::{self, without_port},
        session::{Session, SignedIn},
    },
};
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State as Extract},
};
use http::{Method, Response, StatusCode, header, request::Parts};
use serde_json::json;
use tokio::net::TcpListener;

pub use forward::health_check;

use crate::{
    alb::{ListenerAnswer, banner, pages},
    locks::read,
    world::Shared,
};

/// The listener: everything it needs for a request but the request.
#[derive(Debug, Clone)]
pub(crate) struct Listener {
    world: Shared,
    port: u16,
    plain: bool,
}

/// Serves the listener of the page until its task ends.
pub async fn serve(world: Shared, listener: TcpListener) {
    if let Ok(address) = listener.local_addr() {
        world.alb.page.get_or_init(|| format!("http://{address}/"));
    }
    serve_as(world, listener, false).await;
}

/// Serves the load balancer's listener for plain HTTP until its task ends.
pub async fn serve_plain(world: Shared, listener: TcpListener) {
    serve_as(world, listener, true).await;
}

async fn serve_as(world: Shared, listener: TcpListener, plain: bool) {
    let port = listener.local_addr().map_or(0, |address| address.port());
    let app = Router::new().fallback(handle).with_state(Listener { world, port, plain });
    if let Err(error) = axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await {
        tracing::error!(%error, "the employee page's listener ended");
    }
}

async fn handle(
    Extract(listener): Extract<Listener>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let answer = listener.answer(&parts, body, peer).await;
    let world = &listener.world;
    let status = answer.response.status();
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    let text = match &answer.reason {
        Some(reason) => format!("{method} {path}: {}, {reason}", status.as_u16()),
        None => format!("{method} {path}: {}", status.as_u16()),
    };
    let data = json!({"method": method, "path": path, "status": status.as_u16(), "reason": answer.reason});
    // The functions fetch the key, not the employee.
    let kind = if path.starts_with(sign_in::KEYS) { "aws-call" } else { "employee" };
    world.journal.note(world.clock.now(), kind, text, data);
    let response = if world.alb.shows_banner() {
        let html = banner::banner(world.timeline.speed(), world.alb.panel.get().map(String::as_str));
        banner::insert(answer.response, &html)
    } else {
        answer.response
    };
    response.map(Body::from)
}

impl Listener {
    async fn answer(&self, parts: &Parts, body: Body, peer: SocketAddr) -> ListenerAnswer {
        if parts.method == Method::TRACE {
            return pages::error(StatusCode::METHOD_NOT_ALLOWED, "the method TRACE");
        }
        let Some(host) = host(parts) else {
            return pages::error(StatusCode::BAD_REQUEST, "a request without a host");
        };
        if event::forwarded_for(&parts.headers).len() > FORWARDED_FOR_LIMIT {
            let status = StatusCode::from_u16(463).unwrap_or(StatusCode::BAD_REQUEST);
            return pages::error(status, "more than 30 addresses in X-Forwarded-For");
        }
        let path = parts.uri.path();
        self.world.refresh_deployment().await;
        if !self.plain && (path == "/local" || path.starts_with("/local/")) {
            return sign_in::answer(&self.world, parts, body, &host).await;
        }
        let rule = {
            let deployment = read(&self.world.deployment);
            let listener = if self.plain { deployment.http_listener.as_ref() } else { Some(&deployment.listener) };
            // Of this computer's own there is always one.
            let is_there = |listener: &&deployment::Listener| {
                self.world.upstream.is_none() || !listener.load_balancer_arn.is_empty()
            };
            let Some(listener) = listener.filter(is_there) else {
                return pages::unreachable(format!("there is no listener on port {}", self.seen_as().0));
            };
            if let Some(reason) = unreachable(listener, without_port(&host)) {
                return pages::unreachable(reason);
            }
            rules::matching(&listener.rules, &host, path, &parts.method, &parts.headers).cloned()
        };
        let Some(rule) = rule else { return pages::error(StatusCode::NOT_FOUND, "no rule takes it") };
        let mut session = None;
        for action in &rule.actions {
            match action {
                Action::AuthenticateCognito(authenticate) => match self.authenticate(authenticate, parts) {
                    Ok(found) => session = found.map(|found| (authenticate.clone(), found)),
                    Err(answer) => return *answer,
                },
                Action::Forward { target_group } => {
                    return self.forward(target_group, parts, body, peer, session).await;
                }
                Action::FixedResponse { status, content_type, body } => {
                    return pages::fixed(*status, content_type, body);
                }
                Action::Redirect { .. } => return pages::redirect(action, self.seen_as(), &host, &parts.uri),
            }
        }
        pages::error(StatusCode::INTERNAL_SERVER_ERROR, "the rule has no final action")
    }

    /// Port and protocol, as the load balancer tells a function.
    fn seen_as(&self) -> (u16, &'static str) {
        match (&self.world.upstream, self.plain) {
            (None, _) => (self.port, "http"),
            (Some(_), true) => (80, "http"),
            (Some(_), false) => (443, "https"),
        }
    }

    /// Who it is, or what they get instead of the page.
    fn authenticate(&self, rule: &Authenticate, parts: &Parts) -> Result<Option<Session>, Box<ListenerAnswer>> {
        let now = self.world.clock.now();
        let signed_in = {
            let deployment = read(&self.world.deployment);
            self.world.alb.sessions().of(&parts.headers, rule, &deployment.user_pool, now)
        };
        match (signed_in, rule.on_unauthenticated) {
            (SignedIn::Yes(session), _) => Ok(Some(session)),
            (_, OnUnauthenticated::Allow) => Ok(None),
            (SignedIn::No, OnUnauthenticated::Deny) => {
                Err(Box::new(pages::error(StatusCode::UNAUTHORIZED, "nobody has signed in")))
            }
            (SignedIn::Expired, _) | (SignedIn::No, OnUnauthenticated::Authenticate) => {
                Err(Box::new(sign_in::redirect(&parts.method, &parts.uri)))
            }
        }
    }
}

/// Why a browser does not even get to the rules.
fn unreachable(listener: &deployment::Listener, host: &str) -> Option<String> {
    if let Some(reason) = &listener.unreachable {
        return Some(reason.clone());
    }
    let names = listener.certificate_names.as_ref()?;
    let parent = host.split_once('.').map(|(_, parent)| format!("*.{parent}"));
    let covers = |name: &String| name.eq_ignore_ascii_case(host) || Some(name) == parent.as_ref();
    (!names.iter().any(covers)).then(|| format!("the certificate is for {}, not for {host}", names.join(", ")))
}

/// The host a request is for: its `Host` header, or the authority of its URI.
fn host(parts: &Parts) -> Option<String> {
    let header = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let host = header.or_else(|| parts.uri.authority().map(http::uri::Authority::as_str))?;
    (!host.is_empty()).then(|| host.to_owned())
}
