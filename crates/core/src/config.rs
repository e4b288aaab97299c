//! Configuration from the environment, as a pure function of it: every bad variable is named at once.

use std::fmt;

use jiff::SignedDuration;

use crate::{
    Error,
    model::{BadId, Cidr, EndpointId, SubnetId},
    plan::Rules,
};

/// `VPN_ENDPOINT_ID`: the Client VPN endpoint, `cvpn-endpoint-…`. Required.
pub const ENDPOINT_ID: &str = "VPN_ENDPOINT_ID";
/// `VPN_SUBNET_IDS`: the subnets to associate, separated by commas, at most five (fact 7.3). Required.
pub const SUBNET_IDS: &str = "VPN_SUBNET_IDS";
/// `VPN_ROUTES`: the blocks to route through every subnet, separated by commas. Empty by default.
pub const ROUTES: &str = "VPN_ROUTES";
/// `VPN_IDLE_TIME`: how long without a connection or request turns the VPN off. Default `30m`.
pub const IDLE_TIME: &str = "VPN_IDLE_TIME";
/// `VPN_KEEP_LIMIT`: how long an employee may keep it on though idle. Default `8h`.
pub const KEEP_LIMIT: &str = "VPN_KEEP_LIMIT";

/// The idle time is evaluated in five-minute datapoints, and AWS lists ended connections for an hour: it must stay
/// well below that, and above the time an association takes.
const IDLE_MINUTES: std::ops::RangeInclusive<i64> = 20..=55;
const IDLE_STEP_MINUTES: i64 = 5;
const SUBNETS_AT_MOST: usize = 5;

/// Where the variables come from: the process, or a table in a test.
pub trait Vars {
    /// The value of a variable, if it is set.
    fn get(&self, name: &str) -> Option<String>;
}

/// The environment of the process. The only reader of it.
#[derive(Debug, Clone, Copy)]
pub struct Process;

impl Vars for Process {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

impl<S: std::hash::BuildHasher> Vars for std::collections::HashMap<String, String, S> {
    fn get(&self, name: &str) -> Option<String> {
        Self::get(self, name).cloned()
    }
}

impl<const N: usize> Vars for [(&str, &str); N] {
    fn get(&self, name: &str) -> Option<String> {
        self.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }
}

/// One variable that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable, such as `VPN_ENDPOINT_ID`.
    pub name: &'static str,
    /// Its value; `None` when it is not set.
    pub value: Option<String>,
    /// What it should be.
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{}={value:?}: expected {}", self.name, self.expected),
            None => write!(f, "{} is not set: expected {}", self.name, self.expected),
        }
    }
}

/// Reads variables one by one and collects what is wrong with them.
///
/// ```
/// use vpn_core::config::{Reader, duration};
///
/// let vars = [("VPN_PATIENCE", "15")];
/// let mut reader = Reader::new(&vars);
/// let patience = reader.optional("VPN_PATIENCE", duration);
/// let name = reader.required("VPN_NAME", |text| Ok::<_, String>(text.to_owned()));
/// let error = reader.finish(patience.zip(name)).unwrap_err().to_string();
/// assert!(error.contains("VPN_PATIENCE=\"15\": expected a time with a unit"), "{error}");
/// assert!(error.contains("VPN_NAME is not set"), "{error}");
/// ```
pub struct Reader<'a> {
    vars: &'a dyn Vars,
    problems: Vec<Problem>,
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("problems", &self.problems).finish_non_exhaustive()
    }
}

impl<'a> Reader<'a> {
    /// Starts reading.
    #[must_use]
    pub fn new(vars: &'a dyn Vars) -> Self {
        Self { vars, problems: Vec::new() }
    }

    /// Reads a variable that must be set. `parse` answers a bad value with what was expected.
    pub fn required<T, E: Into<String>>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.vars.get(name);
        if value.is_none() {
            let expected = match parse("") {
                Ok(_) => "a value".to_owned(),
                Err(expected) => expected.into(),
            };
            self.problems.push(Problem { name, value, expected });
            return None;
        }
        self.parse(name, value, parse)
    }

    /// Reads a variable that may be missing, which is `Some(None)`; an empty one counts as a value.
    pub fn optional<T, E: Into<String>>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Option<T>> {
        match self.vars.get(name) {
            None => Some(None),
            value => self.parse(name, value, parse).map(Some),
        }
    }

    fn parse<T, E: Into<String>>(
        &mut self,
        name: &'static str,
        value: Option<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(value.as_deref().unwrap_or_default()) {
            Ok(read) => Some(read),
            Err(expected) => {
                self.problems.push(Problem { name, value, expected: expected.into() });
                None
            }
        }
    }

    /// Notes something that only several variables together show.
    pub fn problem(&mut self, name: &'static str, expected: impl Into<String>) {
        let value = self.vars.get(name);
        self.problems.push(Problem { name, value, expected: expected.into() });
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`Error::Configuration`] with every problem there was.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, Error> {
        match read {
            Some(read) if self.problems.is_empty() => Ok(read),
            _ => Err(Error::Configuration(self.problems)),
        }
    }
}

/// A time: a whole number directly followed by `ms`, `s`, `m`, `h` or `d`. A bare number is refused, its unit would be a guess.
///
/// # Errors
/// What was expected, when the text is anything else, zero, or more than a year.
pub fn duration(text: &str) -> Result<SignedDuration, String> {
    let expected = || "a time with a unit, such as 90s, 30m, 8h or 3d".to_owned();
    let (number, unit) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    let milliseconds_each = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 24 * 3_600_000,
        _ => return Err(expected()),
    };
    let time = number.parse::<i64>().ok().and_then(|n| n.checked_mul(milliseconds_each)).ok_or_else(expected)?;
    if !(1..=366 * 24 * 3_600_000).contains(&time) {
        return Err(expected());
    }
    Ok(SignedDuration::from_millis(time))
}

fn idle_time(text: &str) -> Result<SignedDuration, String> {
    let expected = || {
        let (least, most) = (IDLE_MINUTES.start(), IDLE_MINUTES.end());
        format!("a multiple of {IDLE_STEP_MINUTES}m from {least}m to {most}m")
    };
    let time = duration(text).map_err(|_| expected())?;
    let minutes = time.as_mins();
    if time == SignedDuration::from_mins(minutes) && IDLE_MINUTES.contains(&minutes) && minutes % IDLE_STEP_MINUTES == 0
    {
        Ok(time)
    } else {
        Err(expected())
    }
}

fn list<T: PartialEq>(text: &str, parse: impl Fn(&str) -> Result<T, BadId>) -> Result<Vec<T>, String> {
    let mut items = Vec::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let item = parse(item).map_err(|bad| bad.to_string())?;
        if items.contains(&item) {
            return Err("each entry once".to_owned());
        }
        items.push(item);
    }
    Ok(items)
}

fn subnets(text: &str) -> Result<Vec<SubnetId>, String> {
    let items = list(text, SubnetId::parse)?;
    if (1..=SUBNETS_AT_MOST).contains(&items.len()) {
        Ok(items)
    } else {
        Err(format!("1 to {SUBNETS_AT_MOST} subnet ids separated by commas, such as subnet-0a1b,subnet-2c3d"))
    }
}

/// What every function that changes the endpoint needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vpn {
    /// `VPN_ENDPOINT_ID`.
    pub endpoint: EndpointId,
    /// What the decisions need.
    pub rules: Rules,
}

impl Vpn {
    /// Reads it; problems stay in the reader.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let endpoint = reader.required(ENDPOINT_ID, |text| {
            EndpointId::parse(text).map_err(|_| "a Client VPN endpoint id, cvpn-endpoint-…")
        });
        let subnets = reader.required(SUBNET_IDS, subnets);
        let routes = reader.optional(ROUTES, |text| list(text, Cidr::parse));
        let idle_time = reader.optional(IDLE_TIME, idle_time);
        let keep_limit = reader.optional(KEEP_LIMIT, duration);
        Some(Self {
            endpoint: endpoint?,
            rules: Rules {
                subnets: subnets?,
                routes: routes?.unwrap_or_default(),
                idle_time: idle_time?.unwrap_or(SignedDuration::from_mins(30)),
                keep_limit: keep_limit?.unwrap_or(SignedDuration::from_hours(8)),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 2] = [(ENDPOINT_ID, "cvpn-endpoint-1"), (SUBNET_IDS, "subnet-1, subnet-2")];

    fn read(vars: &dyn Vars) -> Result<Vpn, Error> {
        let mut reader = Reader::new(vars);
        let vpn = Vpn::read(&mut reader);
        reader.finish(vpn)
    }

    #[test]
    fn defaults_are_the_documented_ones() {
        let vpn = read(&GOOD).expect("valid");
        assert_eq!(vpn.rules.subnets.len(), 2);
        assert!(vpn.rules.routes.is_empty());
        assert_eq!(vpn.rules.idle_time, SignedDuration::from_mins(30));
        assert_eq!(vpn.rules.keep_limit, SignedDuration::from_hours(8));
    }

    #[test]
    fn every_bad_variable_is_named_at_once() {
        let vars =
            [(ENDPOINT_ID, "vpn"), (SUBNET_IDS, ""), (ROUTES, "10.0.0.1/8"), (IDLE_TIME, "31m"), (KEEP_LIMIT, "8")];
        let error = read(&vars).expect_err("bad").to_string();
        for name in [ENDPOINT_ID, SUBNET_IDS, ROUTES, IDLE_TIME, KEEP_LIMIT] {
            assert!(error.contains(&format!("{name}=")), "{name} in {error}");
        }
        let error = read(&[("OTHER", "")]).expect_err("bad").to_string();
        assert!(error.contains("VPN_ENDPOINT_ID is not set"), "{error}");
        assert!(error.contains("VPN_SUBNET_IDS is not set"), "{error}");
    }

    #[test]
    fn what_only_several_variables_show_is_a_problem_too() {
        let mut reader = Reader::new(&GOOD);
        let vpn = Vpn::read(&mut reader);
        reader.problem(SUBNET_IDS, "two subnets at least");
        let error = reader.finish(vpn).expect_err("a problem").to_string();
        assert!(error.contains("VPN_SUBNET_IDS=\"subnet-1, subnet-2\": expected two subnets at least"), "{error}");
    }

    #[test]
    fn variables_come_from_the_process_or_a_table() {
        assert!(Process.get("PATH").is_some_and(|path| path.contains('/')));
        assert_eq!(Process.get("VPN_NEVER_HEARD_OF"), None);
        let table = std::collections::HashMap::from([("A".to_owned(), "b".to_owned())]);
        assert_eq!(Vars::get(&table, "A").as_deref(), Some("b"));
        assert_eq!(Vars::get(&table, "B"), None);
    }

    #[test]
    fn subnets_are_one_to_five_and_different() {
        for (text, ok) in [
            ("subnet-1", true),
            ("subnet-1,subnet-2,subnet-3,subnet-4,subnet-5", true),
            ("subnet-1,subnet-2,subnet-3,subnet-4,subnet-5,subnet-6", false),
            ("subnet-1,subnet-1", false),
            (" , ", false),
        ] {
            assert_eq!(subnets(text).is_ok(), ok, "{text}");
        }
    }

    #[test]
    fn durations_carry_a_unit() {
        for (text, seconds) in
            [("1s", 1), ("90s", 90), ("30m", 1800), ("8h", 28800), ("3d", 3 * 86400), ("366d", 366 * 86400)]
        {
            assert_eq!(duration(text), Ok(SignedDuration::from_secs(seconds)), "{text}");
        }
        assert_eq!(duration("250ms"), Ok(SignedDuration::from_millis(250)));
        for bad in [
            "",
            "30",
            "m",
            "0m",
            "-1m",
            "+1m",
            "1.5h",
            "30 m",
            "30M",
            "1w",
            "8785h",
            "367d",
            "99999999999999999999h",
            "３m",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn idle_time_is_a_multiple_of_five_minutes_within_bounds() {
        for (text, ok) in [
            ("15m", false),
            ("19m", false),
            ("20m", true),
            ("25m", true),
            ("1200s", true),
            ("1201s", false),
            ("32m", false),
            ("55m", true),
            ("60m", false),
            ("1h", false),
        ] {
            assert_eq!(idle_time(text).is_ok(), ok, "{text}");
        }
    }
}
