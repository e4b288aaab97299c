//! What the disassociator is told by its environment.

use vpn_core::{
    Error, aws,
    config::{Reader, Vars, Vpn},
};

/// `VPN_ALARM_NAME`: the idle alarm whose events count. Required.
pub const ALARM_NAME: &str = "VPN_ALARM_NAME";

#[derive(Debug, Clone)]
pub struct Config {
    /// The endpoint and the rules.
    pub vpn: Vpn,
    /// The idle alarm's name.
    pub alarm: String,
}

impl Config {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Configuration`] with every bad variable at once.
    pub fn from_vars(vars: &dyn Vars) -> Result<Self, Error> {
        let mut reader = Reader::new(vars);
        let vpn = Vpn::read(&mut reader);
        let alarm = reader.required(ALARM_NAME, |name| match name.is_empty() {
            true => Err("the name of the idle alarm"),
            false => Ok(name.to_owned()),
        });
        let region = aws::read_region(&mut reader);
        let read = vpn.zip(alarm).zip(region).map(|((vpn, alarm), _)| Self { vpn, alarm });
        reader.finish(read)
    }
}
