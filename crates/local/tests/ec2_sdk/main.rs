//! The real SDK against the emulated EC2: what AWS documents, call by call. Time is advanced, nothing sleeps.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;

mod connections;
mod endpoints;
mod errors;
mod faults;
mod life;
mod limits;
mod lists;
mod modify;
mod rules;
mod state;
mod tags;
mod wire;
