//! Calls for tests at the AWS endpoint, under `/_local/`.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Upstream, operation::Operation, refuse::Refusal};
use crate::world::{Shared, lock, read, write};

/// A call that was answered.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    operation: String,
    write: bool,
    principal: String,
    status: u16,
}

impl Call {
    pub(super) fn new(operation: &Operation, principal: String, status: u16) -> Self {
        Self { operation: operation.full_name(), write: operation.writes(), principal, status }
    }
}

/// What goes wrong on demand.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// After so many more writes, all fail.
    writes: Option<u64>,
    deny: BTreeSet<String>,
    throttle: BTreeSet<String>,
    fail: BTreeSet<String>,
}

impl Faults {
    /// What becomes of a call.
    pub(super) fn strike(&mut self, operation: &Operation) -> Result<(), Refusal> {
        let name = operation.full_name();
        let failure = || Refusal::new(500, "InternalFailure", "An internal error has occurred");
        if self.deny.contains(&name) {
            let action = operation.action();
            let message =
                format!("User: arn:aws:iam::123456789012:user/administrator is not authorized to perform: {action}");
            return Err(Refusal::denied(&operation.service, message));
        }
        if self.throttle.contains(&name) {
            let code = if operation.service == "ec2" { "RequestLimitExceeded" } else { "ThrottlingException" };
            return Err(Refusal::new(400, code, "Rate exceeded"));
        }
        if self.fail.contains(&name) {
            return Err(failure());
        }
        match &mut self.writes {
            Some(left) if operation.writes() => match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => return Err(failure()),
            },
            _ => {}
        }
        Ok(())
    }
}

/// Changes the endpoint in ways that take years on AWS, or that AWS does by itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ChangedEndpoint {
    vpc: Option<String>,
    security_groups: Option<Vec<String>>,
    status: Option<String>,
    connect_handler: Option<String>,
}

/// Answers a call under `/_local/`.
pub(super) async fn answer(world: &Shared, upstream: &Upstream, method: &Method, path: &str, body: &[u8]) -> Response {
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    let answered = match (method, path) {
        (&Method::GET, "calls") => Ok(json!({ "calls": upstream.state().calls })),
        (&Method::POST, "faults") => serde_json::from_slice(body).map(|faults| {
            let mut state = upstream.state();
            state.calls.clear();
            state.faults = faults;
            json!({})
        }),
        (&Method::POST, "endpoint") => serde_json::from_slice(body).map(|changed| {
            change_endpoint(world, changed);
            state(world, upstream)
        }),
        (&Method::POST, "reset") => match upstream.reset(world).await {
            Ok(()) => Ok(state(world, upstream)),
            Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        },
        (&Method::GET, "state") => Ok(state(world, upstream)),
        (&Method::GET, "used") => Ok(json!({ "used": *lock(&world.used) })),
        (&Method::GET, "deployment") => {
            world.fresh().await;
            serde_json::to_value(&*read(&world.deployment))
        }
        _ => return (StatusCode::NOT_FOUND, "no such call").into_response(),
    };
    match answered {
        Ok(value) => Json(value).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

fn change_endpoint(world: &Shared, changed: ChangedEndpoint) {
    let mut ec2 = lock(&world.ec2);
    ec2.change_endpoint(|endpoint| {
        if let Some(vpc) = changed.vpc {
            endpoint.vpc = vpc;
        }
        if let Some(groups) = changed.security_groups {
            endpoint.security_groups = Some(groups);
        }
        if let Some(handler) = changed.connect_handler {
            endpoint.connect_handler = Some(handler).filter(|handler| !handler.is_empty());
        }
    });
    if let Some(status) = changed.status {
        ec2.shown_status = Some(status).filter(|status| !status.is_empty());
    }
    let endpoint = ec2.endpoint().clone();
    drop(ec2);
    write(&world.deployment).endpoint = endpoint;
}

fn state(world: &Shared, upstream: &Upstream) -> Value {
    let report = lock(&world.ec2).report(world.clock.now());
    let state = upstream.state();
    let provisioned: BTreeMap<_, _> = state.provisioned.iter().collect();
    let publications = lock(&world.publications).clone();
    json!({
        "endpoint": report["Endpoint"],
        "tags": report["Endpoint"]["Tags"],
        "associations": report["Associations"],
        "routes": report["Routes"],
        "provisioned": provisioned,
        "publications": publications,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(service: &str, name: &str) -> Operation {
        Operation { service: service.to_owned(), name: name.to_owned(), fields: Value::Null }
    }

    #[test]
    fn writes_fail_from_the_nth_on_and_reads_never() {
        let mut faults: Faults = serde_json::from_value(json!({ "writes": 1 })).unwrap();
        assert!(faults.strike(&operation("iam", "CreateRole")).is_ok());
        assert_eq!(faults.strike(&operation("iam", "CreateRole")).unwrap_err().status, 500);
        assert!(faults.strike(&operation("iam", "GetRole")).is_ok());
        assert!(faults.strike(&operation("iam", "CreateRole")).is_err());
    }

    #[test]
    fn each_service_refuses_in_its_own_words() {
        let given = json!({ "deny": ["ec2:X", "lambda:X"], "throttle": ["ec2:Y", "sns:Y"], "fail": ["sns:GetZ"] });
        let mut faults: Faults = serde_json::from_value(given).unwrap();
        for (service, name, code) in [
            ("ec2", "X", "UnauthorizedOperation"),
            ("lambda", "X", "AccessDeniedException"),
            ("ec2", "Y", "RequestLimitExceeded"),
            ("sns", "Y", "ThrottlingException"),
            ("sns", "GetZ", "InternalFailure"),
        ] {
            assert_eq!(faults.strike(&operation(service, name)).unwrap_err().code, code);
        }
        assert!(serde_json::from_value::<Faults>(json!({ "writse": 1 })).is_err());
    }
}
