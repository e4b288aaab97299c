//! What holds for whatever the load balancer, a browser or the settings send.

#[path = "../common/mod.rs"]
mod common;
mod events;
#[path = "../../../core/tests/odd/mod.rs"]
mod odd;
mod settings;
mod tokens;
mod visitors;
