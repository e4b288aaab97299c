#![doc = include_str!("README.md")]

mod activity;
mod environment;
mod host;
pub mod logs;
mod runtime_api;
pub mod spawner;

pub use self::host::{Host, InProcess};
pub(crate) use self::{environment::Environment, host::Lease, runtime_api::Work};
