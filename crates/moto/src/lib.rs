#![doc = include_str!("../README.md")]

// From the bottom up: what stands in a group uses those above it. What a call is, and how the server is asked;
mod accounts;
pub(crate) mod client;
pub mod operation;
mod refuse;
mod s3;
mod session;
mod xml;

// what AWS answers where moto is kinder;
mod aws_like;

// what is remembered, and what is answered from it;
mod callers;
mod lattice;
mod memory;
mod missing_fields;
mod missing_operations;
mod packages;
mod refreshes;

// what stands upstream;
mod groups;
mod internet;
mod people;
mod private_link;
mod read;
mod upstream;

// what happens to a call,
mod control;
mod expect;
mod invoke;
mod logs;
mod tagging;

// each of them, in order,
mod dispatch;

// and the start.
pub mod boot;
mod fork;

pub use callers::Callers;
