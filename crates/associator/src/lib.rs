//! Turns the VPN on when an employee opens the page, and shows the page.

// In reading order: an event comes in, who asks is checked, then what is asked, and a page or JSON goes out.
pub mod config;
pub mod event;
pub mod service;

pub mod again;
pub mod handler;
pub mod identity;
pub mod observations;
pub mod profiles;
pub mod request;
pub mod visitor;

pub mod page;
pub mod problem;
pub mod texts;

/// What the associator's futures answer with.
pub type Response = lambda_http::Response<lambda_http::Body>;
