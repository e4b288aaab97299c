//! Invoking the target group's function, and what comes of it.

use std::net::SocketAddr;

use aws::{
    authorize::{Context, Principal},
    deployment::Authenticate,
    elb::{
        answer,
        event::{self, Arrival, Identity, LIMIT},
        session::Session,
    },
    identifiers::random_hex,
    lambda::{NotInvoked, Outcome},
};
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{StatusCode, header, request::Parts};
use jiff::Timestamp;

use super::Listener;
use crate::{
    alb::{ListenerAnswer, pages},
    invocations,
    locks::read,
    world::{Shared, World},
};

/// The principal that a function's resource policy has to let in (fact 5.4).
const PRINCIPAL: &str = "elasticloadbalancing.amazonaws.com";

impl Listener {
    pub(super) async fn forward(
        &self,
        target_group_arn: &str,
        parts: &Parts,
        body: Body,
        peer: SocketAddr,
        signed_in: Option<(Authenticate, Session)>,
    ) -> ListenerAnswer {
        let world = &self.world;
        let Some((function, multi_value)) = target(world, target_group_arn) else {
            return pages::error(StatusCode::SERVICE_UNAVAILABLE, "the target group has no registered target");
        };
        if parts.headers.contains_key(header::UPGRADE) {
            return pages::error(StatusCode::BAD_REQUEST, "Lambda targets take no upgrade");
        }
        let Ok(body) = to_bytes(body, LIMIT).await else {
            return pages::error(StatusCode::PAYLOAD_TOO_LARGE, "the request's body exceeds 1 MB, or broke off");
        };
        let (mut parts, arn) = (parts.clone(), target_group_arn.to_owned());
        if read(&world.deployment).listener.drops_invalid_headers {
            event::drop_invalid(&mut parts.headers);
        }
        let (port, protocol) = self.seen_as();
        let method = parts.method.clone();
        // Made when the invocation begins: its claims are good for minutes only, and a clock that is stepped goes first.
        let payload = move |world: &Shared| {
            let now = world.clock.now();
            let identity = signed_in.map(|(rule, session)| identity(world, &rule, session, now));
            let trace = (now.as_second(), random_hex(12));
            let arrival = Arrival { peer, port, protocol, trace, identity: identity.as_ref() };
            event::event(&arn, multi_value, &parts, &body, &arrival).to_string().into()
        };
        match invoke(world, target_group_arn, &function, payload).await {
            Ok(outcome) => match outcome.function_error {
                Some(kind) => {
                    pages::bad_gateway(format!("the function failed ({kind}, request {})", outcome.request_id))
                }
                None => match answer::answer(&outcome.payload, multi_value, &method) {
                    Ok(response) => response.into(),
                    Err(malformed) => pages::bad_gateway(malformed.to_string()),
                },
            },
            Err(NotInvoked::NotBuilt(name)) => pages::being_built(&world.functions.build.get(), &name),
            // AWS answers a throttled function with 502 too, not 503 (troubleshooting guide, "HTTP 502").
            Err(reason) => pages::bad_gateway(reason.to_string()),
        }
    }
}

fn target(world: &World, target_group_arn: &str) -> Option<(String, bool)> {
    let deployment = read(&world.deployment);
    let group = deployment.target_groups.get(target_group_arn).filter(|group| !group.function.is_empty())?;
    Some((group.function.clone(), group.multi_value_headers))
}

/// The claims of somebody who is signed in, signed for this request.
fn identity(world: &World, rule: &Authenticate, session: Session, now: Timestamp) -> Identity {
    let deployment = read(&world.deployment);
    Identity {
        data: world.alb.key().sign(&deployment, rule, &session.user, now),
        subject: session.user.sub,
        access_token: session.access_token,
    }
}

async fn invoke(
    world: &Shared,
    target_group: &str,
    function: &str,
    payload: impl FnOnce(&Shared) -> Bytes + Send + 'static,
) -> Result<Outcome, NotInvoked> {
    let account = read(&world.deployment).account.clone();
    let context = Context::from([
        ("aws:SourceArn".to_owned(), vec![target_group.to_owned()]),
        ("aws:SourceAccount".to_owned(), vec![account]),
    ]);
    invocations::invoke_with(world, function, payload, &Principal::Service(PRINCIPAL.to_owned()), &context).await
}

/// Sends one health check to every target group that has them on. Each is an invocation like any other, also for the
/// idle alarm's metric (fact 5.5).
pub async fn health_check(world: &Shared) {
    let groups: Vec<(String, String, bool)> = {
        let deployment = read(&world.deployment);
        let checked = deployment.target_groups.iter().filter(|(_, group)| group.health_check.is_some());
        checked.map(|(arn, group)| (arn.clone(), group.function.clone(), group.multi_value_headers)).collect()
    };
    for (arn, function, multi_value) in groups {
        let event = event::health_check(&arn, multi_value).to_string();
        let result = invoke(world, &arn, &function, |_| event.into()).await;
        let health = match result {
            Err(reason) => format!("unhealthy: {reason}"),
            Ok(outcome) if outcome.function_error.is_some() => "unhealthy: the function failed".to_owned(),
            Ok(outcome) => match answer::answer(&outcome.payload, multi_value, &http::Method::GET) {
                Ok(response) if response.status() == StatusCode::OK => "healthy".to_owned(),
                Ok(response) => format!("unhealthy: status {}", response.status().as_u16()),
                Err(malformed) => format!("unhealthy: {malformed}"),
            },
        };
        let data = serde_json::json!({"target_group": arn, "health": health});
        world.journal.note(world.clock.now(), "employee", format!("health check: {health}"), data);
    }
}
