//! AWS, over the one HTTPS client.

pub mod ec2;
pub mod https;
