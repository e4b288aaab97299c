#![doc = include_str!("../README.md")]

// In reading order: what AWS asks, what it is answered, how that is decided.
pub mod request;
pub mod response;

pub mod policy;
pub mod question;

pub mod handler;
pub mod settings;

pub use handler::Handler;
pub use request::Event;

/// The vocabulary of the policies, for checking them before they are deployed.
pub const SCHEMA: &str = include_str!("../schema.cedarschema");
