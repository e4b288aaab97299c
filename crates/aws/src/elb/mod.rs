#![doc = include_str!("README.md")]

// In the order a request passes them.
pub mod rules;

pub mod session;
pub mod token;

pub mod event;

pub mod answer;
