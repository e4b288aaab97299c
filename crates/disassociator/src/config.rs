//! What the disassociator is told by its environment.

use vpn_core::{
    Error, aws,
    config::{Reader, Vars, Vpn},
};

/// `VPN_ALARM_NAME`: the idle alarm whose events count. Required.
pub const ALARM_NAME: &str = "VPN_ALARM_NAME";
/// `VPN_MONTH_ALARM_NAME`: the alarm that mails what a month cost. Optional: without it nobody is told.
pub const MONTH_ALARM_NAME: &str = "VPN_MONTH_ALARM_NAME";
/// `VPN_COST_ASSOCIATED_HOUR`: US dollars for an hour of one associated subnet. Optional, with the next.
pub const COST_ASSOCIATED_HOUR: &str = "VPN_COST_ASSOCIATED_HOUR";
/// `VPN_COST_STANDING_HOUR`: US dollars for an hour of what stands there on or off. Optional, with the one before.
pub const COST_STANDING_HOUR: &str = "VPN_COST_STANDING_HOUR";

use crate::month::Prices;

#[derive(Debug, Clone)]
pub struct Config {
    /// The endpoint and the rules.
    pub vpn: Vpn,
    /// The idle alarm's name.
    pub alarm: String,
    /// The alarm that mails what a month cost.
    pub month_alarm: Option<String>,
    /// Where no price of the region is known, none.
    pub prices: Option<Prices>,
}

impl Config {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Configuration`] with every bad variable at once.
    pub fn from_vars(vars: &dyn Vars) -> Result<Self, Error> {
        let mut reader = Reader::new(vars);
        let vpn = Vpn::read(&mut reader);
        let name = |of: &'static str| move |name: &str| if name.is_empty() { Err(of) } else { Ok(name.to_owned()) };
        let alarm = reader.required(ALARM_NAME, name("the name of the idle alarm"));
        let month_alarm = reader.optional(MONTH_ALARM_NAME, name("the name of the alarm that tells of a month"));
        let associated = reader.optional(COST_ASSOCIATED_HOUR, usd);
        let standing = reader.optional(COST_STANDING_HOUR, usd);
        if let (Some(associated), Some(standing)) = (associated, standing)
            && associated.is_some() != standing.is_some()
        {
            reader.problem(COST_ASSOCIATED_HOUR, format!("both of it and {COST_STANDING_HOUR}, or none"));
        }
        let region = aws::read_region(&mut reader);
        let read = vpn.zip(alarm).zip(region).zip(month_alarm).map(|(((vpn, alarm), _), month_alarm)| {
            let prices = associated.flatten().zip(standing.flatten());
            let prices = prices.map(|(associated_hour, standing_hour)| Prices { associated_hour, standing_hour });
            Self { vpn, alarm, month_alarm, prices }
        });
        reader.finish(read)
    }
}

fn usd(text: &str) -> Result<f64, &'static str> {
    match text.parse() {
        Ok(usd) if (0.0..1000.0).contains(&usd) => Ok(usd),
        _ => Err("US dollars an hour, such as 0.105"),
    }
}
