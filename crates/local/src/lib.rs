#![doc = include_str!("../README.md")]

// In reading order: what stands there, time, AWS's services, and what a person sees.
pub mod authorize;
pub mod bill;
pub mod deployment;
pub mod executables;
pub mod happenings;
pub mod identifiers;
pub mod locks;
pub mod this_computer;

pub mod clock;
pub mod engine;
pub mod timeline;

pub mod alarm_actions;
pub mod api;
pub mod cloudwatch;
pub mod ec2;
pub mod functions;
pub mod invocations;
pub mod upstream;

pub mod alb;
pub mod clients;
pub mod listener;
pub mod panel;

pub mod boot;
pub mod build;
pub mod flags;
pub mod world;
