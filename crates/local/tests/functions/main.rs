//! Lambda on this computer, with real processes: this executable itself is the function (see `sample`).

mod boot;
mod events;
mod invocations;
mod limits;
mod processes;
mod sample;
mod setup;
mod time;
