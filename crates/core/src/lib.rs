#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

// In reading order: the vocabulary, the rules, what carries them out, and what surrounds every function.
pub mod model;

pub mod marks;
pub mod plan;

pub mod apply;
pub mod audit;
pub mod meaning;
pub mod observe;
pub mod port;
pub mod step;

#[cfg(feature = "aws")]
pub mod aws;
pub mod clock;
pub mod config;
pub mod error;
pub mod init;
pub mod limits;
pub mod runtime;
pub mod telemetry;

#[cfg(test)]
mod fake;

pub use error::Error;
