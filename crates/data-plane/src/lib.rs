#![doc = include_str!("../README.md")]

// From the bottom up. What is written for OpenVPN and nftables, and what OpenVPN says: text only.
pub mod configuration;
pub mod firewall;
pub mod management;

// The process,
pub mod namespace;
pub mod place;
pub mod server;

// and how it follows what happens at the endpoint.
pub mod plane;

pub use configuration::{Certificates, Imported};
pub use namespace::Namespace;
pub use place::Place;
pub use plane::DataPlane;
