//! VPN clients that connect and go. What the service asks the connect handler, and what it makes of the answer, is
//! [`aws::client_connect`]; this is what happens around that.

use aws::{
    authorize::{CLIENT_VPN_ROLE, Context, Principal},
    client_connect::{Attempt, HANDSHAKE, NO_ANSWER, PATIENCE, Refused, failed, judge, metric, request},
    ec2::ClientConnect,
    identifiers::random_hex,
};
use bytes::Bytes;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    invocations,
    locks::{lock, read},
    timeline::Job,
    world::{Shared, World},
};

/// Connects a client: through the connect handler, if there is one.
///
/// # Errors
/// [`Refused`]; then it is in the connection log, unless nobody answered.
pub async fn connect(world: &Shared, attempt: &Attempt) -> Result<String, Refused> {
    let id = new_id();
    let client = dialling(world, attempt);
    let result = attempt_to_connect(world, &id, attempt, &client).await;
    let now = world.clock.now();
    let name = &attempt.common_name;
    match &result {
        Ok(()) => {
            let data = json!({"connection_id": id, "common_name": name});
            world.journal.note(now, "client", format!("{name} connected"), data);
            if let Some(stay) =
                attempt.minutes.and_then(|minutes| SignedDuration::try_from_secs_f64(minutes * 60.0).ok())
            {
                world.timeline.schedule(now + stay, Job::ClientDisconnects(id.clone()));
            }
        }
        Err(refused) => {
            if refused.reason != NO_ANSWER {
                log_refusal(world, &id, &client, refused.reason);
            }
            note_refusal(world, name, refused);
        }
    }
    result.map(|()| id)
}

/// A client was refused in the handshake by whoever carries the traffic, and nobody was asked.
pub fn refused_in_handshake(world: &World, attempt: &Attempt, message: &str) {
    log_refusal(world, &new_id(), &dialling(world, attempt), HANDSHAKE);
    let refused = Refused { reason: HANDSHAKE, message: message.to_owned() };
    note_refusal(world, &attempt.common_name, &refused);
}

fn new_id() -> String {
    format!("cvpn-connection-{}", &random_hex(9)[..17])
}

fn dialling(world: &World, attempt: &Attempt) -> ClientConnect {
    ClientConnect {
        endpoint: Some(read(&world.deployment).endpoint.id.clone()),
        serial: attempt.serial.clone(),
        common_name: attempt.common_name.clone(),
        username: attempt.username.clone().unwrap_or_default(),
        public_ip: attempt.public_ip.clone(),
        platform: attempt.platform.clone().unwrap_or_default(),
    }
}

fn log_refusal(world: &World, id: &str, client: &ClientConnect, reason: &str) {
    lock(&world.ec2).refuse(world.clock.now(), id, client, reason);
    count(world, reason);
}

fn note_refusal(world: &World, name: &str, refused: &Refused) {
    let data = json!({"common_name": name, "reason": refused.reason, "message": refused.message});
    let text = format!("{name} was refused ({}): {}", refused.reason, refused.message);
    world.journal.note(world.clock.now(), "client", text, data);
}

/// Ends a connection, as its user does; false if there is none that lasts.
pub fn disconnect(world: &World, id: &str) -> bool {
    let now = world.clock.now();
    let ended = lock(&world.ec2).disconnect(now, id);
    if ended {
        world.journal.note(now, "client", format!("{id} disconnected"), json!({"connection_id": id}));
    }
    ended
}

async fn attempt_to_connect(
    world: &Shared,
    id: &str,
    attempt: &Attempt,
    client: &ClientConnect,
) -> Result<(), Refused> {
    let no_answer = || Refused {
        reason: NO_ANSWER,
        message: "the VPN is off: nobody answers, and after a while the client gives up".to_owned(),
    };
    if !lock(&world.ec2).is_answered(world.clock.now(), client) {
        return Err(no_answer());
    }
    if let Some(message) = lock(&world.ec2).refuses(world.clock.now(), client) {
        return Err(Refused { reason: HANDSHAKE, message });
    }
    let (endpoint, handler) = {
        let deployment = read(&world.deployment);
        (deployment.endpoint.id.clone(), deployment.endpoint.connect_handler.clone())
    };
    let statuses = match handler {
        None => Vec::new(),
        Some(handler) => ask(world, &handler, &request(attempt, id, &endpoint)).await?,
    };
    if !statuses.is_empty() {
        let text = format!("{} has the posture {}", attempt.common_name, statuses.join(", "));
        world.journal.note(world.clock.now(), "client", text, json!({"connection_id": id, "statuses": statuses}));
    }
    // The VPN may have been turned off while the handler thought.
    let now = world.clock.now();
    let mut ec2 = lock(&world.ec2);
    if !ec2.is_answered(now, client) {
        return Err(no_answer());
    }
    ec2.connect(now, id, client);
    ec2.set_posture(id, &statuses);
    Ok(())
}

async fn ask(world: &Shared, handler: &str, request: &Value) -> Result<Vec<String>, Refused> {
    let principal = Principal::Role(CLIENT_VPN_ROLE.to_owned());
    let payload = Bytes::from(request.to_string());
    let context = Context::new();
    let invocation = invocations::invoke(world, handler, payload, &principal, &context);
    match tokio::time::timeout(PATIENCE, invocation).await {
        Ok(result) => judge(result),
        Err(_) => Err(failed("client-connect-handler-timed-out")),
    }
}

/// Counts a failure in the metrics that AWS publishes about handlers.
fn count(world: &World, reason: &str) {
    let endpoint = read(&world.deployment).endpoint.id.clone();
    let mut cloudwatch = lock(&world.cloudwatch);
    cloudwatch.record(world.clock.now(), "AWS/ClientVPN", metric(reason), &[("Endpoint", &endpoint)], 1.0);
}
