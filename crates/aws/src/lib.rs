#![doc = include_str!("../README.md")]

// From the bottom up: what stands in a group uses those above it. What is deployed, and how AWS writes it,
pub mod deployment;
pub mod identifiers;
mod wildcard;
pub mod xml;

// who may do what, and what it costs,
pub mod authorize;
pub mod bill;

// and the services.
pub mod cloudwatch;
pub mod ec2;
pub mod elb;
pub mod lambda;

// How Client VPN uses Lambda.
pub mod client_connect;
