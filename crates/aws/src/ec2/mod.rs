#![doc = include_str!("README.md")]

// In reading order: what stands there, and how it is asked.
mod error;
mod faults;
mod settings;

mod cidr;
mod state;

pub mod wire;

pub use error::AwsError;
pub use faults::{Effect, Fault, Numbered};
pub use settings::{Bucket, Delays, DuplicateAssociation, LONGEST_DELAY, Limits, Quirks, Settings};
pub use state::{
    Associated, Authentication, AuthorizationRule, Certificate, ClientConnect, ClientVpn, Connection, ConnectionLog,
    Endpoint, EndpointChanges, EndpointOptions, Filter, Given, Measured, NewEndpoint, Page, Query, Route, Shown,
    Status, Subnet, TagDescription, TargetNetwork, Terminated, Traffic, Which,
};
pub use wire::{ActionResponse, Call, Request};
