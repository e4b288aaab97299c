#![doc = include_str!("../README.md")]

pub mod http;
pub mod vpn;

mod account;

pub use account::{Account, HOST, Script, infra, python};
pub use vpn::Vpn;
