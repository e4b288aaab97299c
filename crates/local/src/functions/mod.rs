//! Lambda: the functions' processes behind a Runtime API. Stub: helper B.

use bytes::Bytes;

use crate::{
    authorize::{Context, Principal},
    world::Shared,
};

/// The functions' processes.
#[derive(Debug, Default)]
pub struct Host {
    /// How far the building of the functions is.
    pub build: crate::build::Progress,
}

impl Host {
    /// Environments per function, for the control panel.
    pub fn report(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}

/// What came of a synchronous invocation.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The function's answer, or the JSON of its error.
    pub payload: Bytes,
    /// `Handled`/`Unhandled`, where it failed; the type of the error is in the payload.
    pub function_error: Option<&'static str>,
    /// Lambda's request id.
    pub request_id: String,
}

/// Why a function was not invoked at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotInvoked {
    /// No such function.
    #[error("{0} does not exist")]
    NoSuchFunction(String),
    /// The caller may not.
    #[error("{0}")]
    AccessDenied(String),
    /// It has not been built yet.
    #[error("{0} is still being built")]
    NotBuilt(String),
    /// All its environments are busy (reserved concurrency).
    #[error("{0} is throttled")]
    Throttled(String),
}

/// Invokes a function and waits for its answer (`RequestResponse`).
pub async fn invoke(
    _world: &Shared,
    function_arn: &str,
    _payload: Bytes,
    _principal: &Principal,
    _context: &Context,
) -> Result<Outcome, NotInvoked> {
    Err(NotInvoked::NoSuchFunction(function_arn.to_owned()))
}

/// Hands an event over (`Event`): retried after one and two minutes, then recorded as a failure.
pub async fn invoke_async(
    _world: &Shared,
    function_arn: &str,
    _payload: Bytes,
    _principal: &Principal,
    _context: &Context,
) -> Result<(), NotInvoked> {
    Err(NotInvoked::NoSuchFunction(function_arn.to_owned()))
}
