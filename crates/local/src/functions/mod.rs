#![doc = include_str!("README.md")]

use bytes::Bytes;

mod activity;
mod environment;
mod event;
mod failure;
mod host;
pub mod logs;
mod runtime_api;
mod spawner;
pub(crate) mod variables;

pub(crate) use self::{environment::Environment, failure::Failure, host::Lease, runtime_api::Work};
pub use self::{
    event::Event,
    host::{Host, InProcess, Limits},
};

/// What came of a synchronous invocation.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The function's answer, or the JSON of its error.
    pub payload: Bytes,
    /// `Unhandled`, where it failed; the type of the error is in the payload.
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
