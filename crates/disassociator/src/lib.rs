//! The disassociator: looks whether the VPN is idle and turns it off; else finishes a turning-on that was asked for.
//!
//! The alarm, the five-minute schedule and an administrator by hand invoke it. One rule decides, whoever asks:
//! [`vpn_core::plan`].

pub mod answer;
pub mod config;
pub mod event;
pub mod handler;
pub mod month;
pub mod watch;
