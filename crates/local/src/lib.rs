#![doc = include_str!("../README.md")]

// From the bottom up: what stands in a group uses those above it. What there is,
pub mod clock;
pub mod executables;
pub mod holds;
pub mod journal;
pub mod locks;
pub mod own_page;
pub mod this_computer;

// what the services need beside their plain state in the crate `aws`,
pub mod alb;
pub mod functions;
pub mod timeline;

// all of it together,
pub mod world;

// what happens in it,
pub mod alarm_actions;
pub mod build;
pub mod clients;
pub mod engine;
pub mod invocations;
pub mod listener;

// who lets it happen from outside,
pub mod api;
pub mod panel;

// and the start.
pub mod boot;
pub mod flags;
pub mod program;
