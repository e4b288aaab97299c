//! Lambda as a service: what an invocation answers and how it fails, in its own words; the events it keeps; the variables it
//! sets; its limits. Who runs the function is somebody else.

use std::time::Duration;

use bytes::Bytes;
use jiff::SignedDuration;

pub mod events;
mod failure;
pub mod variables;

pub use self::{events::Event, failure::Failure};

/// What a synchronous answer may have at most, in bytes.
pub const LARGEST_ANSWER: usize = 6_291_556;

/// How the service treats all functions.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long a process may take until it first asks for work (real time).
    pub init: Duration,
    /// How many invocations the account may have at once, of all functions together: 1,000, and 10 in a new account
    /// (fact 9.5).
    pub concurrency: usize,
    /// How long an unused environment is kept (emulated time). AWS does not say; minutes are observed.
    pub idle: SignedDuration,
    /// How old an environment becomes (emulated time). AWS does not say; hours are observed.
    pub age: SignedDuration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            init: Duration::from_secs(10),
            concurrency: 1_000,
            idle: SignedDuration::from_mins(10),
            age: SignedDuration::from_hours(2),
        }
    }
}

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
    #[error("{0} does not exist")]
    NoSuchFunction(String),
    /// The caller may not.
    #[error("{0}")]
    AccessDenied(String),
    /// Not AWS's: here the program of a function may still be being built.
    #[error("{0} is still being built")]
    NotBuilt(String),
    /// As many invocations as the account may have are under way.
    #[error("{0} is throttled")]
    Throttled(String),
}
