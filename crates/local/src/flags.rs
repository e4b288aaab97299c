//! What can be set when `local` is started.

use std::{ffi::OsString, net::Ipv4Addr, path::PathBuf, str::FromStr, time::Duration};

use aws::{ec2::LONGEST_DELAY, lambda::Limits};
use jiff::Timestamp;
use lexopt::{Arg, Parser, ValueExt};

use crate::{
    clock::FASTEST,
    executables::Source,
    this_computer::{Settings, ZONES, subnets},
};

pub const HELP: &str = "\
AWS on this computer: the VPN turns on from a browser and off by itself, with the real functions and no AWS account.

Usage: cargo run -- [OPTIONS]

Time
  --speed N               how much faster than yours its clock runs; 0: it stands until it is stepped  [default: 60]
  --start TIME            where its clock starts, like 2026-11-02T09:00:00Z               [default: the present]

The VPN
  --subnets N             how many subnets are associated, 1 to 5                                  [default: 2]
  --routes CIDR,CIDR      routes made in every subnet beside its VPC's own                      [default: none]
  --idle-time TIME        without a connection or request, turns the VPN off; 20m to 55m         [default: 30m]
  --profiles              the page offers profiles for devices; they lead to no VPN                [default: off]

How long AWS takes, by its clock
  --associate-delay TIME      to associate a subnet                                               [default: 5m]
  --disassociate-delay TIME   to disassociate one                                                 [default: 5m]
  --route-delay TIME          to make or delete a route                                          [default: 120s]

Lambda
  --concurrency N         how many invocations the account may have at once, 1 to 10000; new accounts: 10  [default: 1000]

Where
  --employee-port PORT    the page that employees open; 0: any free port                        [default: 8080]
  --panel-port PORT       the control panel                                                     [default: 8081]
  --aws-port PORT         what SDKs and the AWS CLI take as endpoint URL                         [default: 8082]
  --functions DIR         takes the functions' executables from there instead of building them

  --help                  prints this
  --version               prints the version

A TIME is a number with a unit: 90s, 5m, 2h. Everything else can be changed in the control panel while it runs.
";

/// What was asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// To run.
    Run(Box<Options>),
    /// To explain.
    Help,
    /// To name the version.
    Version,
}

/// How to run. The defaults are those of `--help`.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    pub speed: f64,
    /// `--start`; the system's time if there is none.
    pub start: Option<Timestamp>,
    /// `--subnets`, `--routes`, `--idle-time`, `--profiles`: what is deployed. Its addresses and its speed are
    /// filled in at the start.
    pub settings: Settings,
    pub associate_delay: Duration,
    pub disassociate_delay: Duration,
    pub route_delay: Duration,
    /// `--concurrency`: of all functions together.
    pub concurrency: usize,
    /// How long a call to AWS is under way, by the real clock. For tests: no flag sets it.
    pub call_takes: Duration,
    pub employee_port: u16,
    pub panel_port: u16,
    pub aws_port: u16,
    pub functions: Source,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            speed: 60.0,
            start: None,
            settings: Settings { subnets: subnets(2), ..Settings::default() },
            associate_delay: Duration::from_secs(5 * 60),
            disassociate_delay: Duration::from_secs(5 * 60),
            route_delay: Duration::from_secs(120),
            concurrency: Limits::default().concurrency,
            call_takes: Duration::ZERO,
            employee_port: 8080,
            panel_port: 8081,
            aws_port: 8082,
            functions: Source::Cargo,
        }
    }
}

impl Options {
    /// For tests: the clock stands, every port is a free one, the functions come from a directory.
    #[must_use]
    pub fn stepped(functions: PathBuf) -> Self {
        let functions = Source::Directory(functions);
        Self { speed: 0.0, employee_port: 0, panel_port: 0, aws_port: 0, functions, ..Self::default() }
    }
}

/// Reads the arguments, without the program's name.
///
/// # Errors
/// A sentence about the first that is not right.
pub fn parse<I>(arguments: I) -> Result<Asked, String>
where
    I: IntoIterator,
    I::Item: Into<OsString>,
{
    read(Parser::from_args(arguments)).map_err(|error| error.to_string())
}

fn read(mut parser: Parser) -> Result<Asked, lexopt::Error> {
    let mut options = Options::default();
    while let Some(argument) = parser.next()? {
        let Arg::Long(flag) = argument else {
            return match argument {
                Arg::Short('h') => Ok(Asked::Help),
                Arg::Short('V') => Ok(Asked::Version),
                other => Err(other.unexpected()),
            };
        };
        let flag = flag.to_owned();
        match flag.as_str() {
            "help" => return Ok(Asked::Help),
            "version" => return Ok(Asked::Version),
            "speed" => options.speed = value(&mut parser, &flag, "a number from 0 to 10000", speed)?,
            "start" => options.start = Some(value(&mut parser, &flag, A_START, start)?),
            "subnets" => {
                options.settings.subnets = value(&mut parser, &flag, "1 to 5", |text| {
                    parsed(text).filter(|count| (1..=ZONES).contains(count)).map(subnets)
                })?;
            }
            "routes" => options.settings.routes = value(&mut parser, &flag, BLOCKS, blocks)?,
            "idle-time" => options.settings.idle_time = value(&mut parser, &flag, AN_IDLE_TIME, idle_time)?,
            "profiles" => options.settings.profiles = true,
            "associate-delay" => options.associate_delay = value(&mut parser, &flag, A_DELAY, delay)?,
            "disassociate-delay" => options.disassociate_delay = value(&mut parser, &flag, A_DELAY, delay)?,
            "route-delay" => options.route_delay = value(&mut parser, &flag, A_DELAY, delay)?,
            "concurrency" => {
                options.concurrency = value(&mut parser, &flag, "a number from 1 to 10000", |text| {
                    parsed(text).filter(|number| (1..=10_000).contains(number))
                })?;
            }
            "employee-port" => options.employee_port = value(&mut parser, &flag, A_PORT, parsed)?,
            "panel-port" => options.panel_port = value(&mut parser, &flag, A_PORT, parsed)?,
            "aws-port" => options.aws_port = value(&mut parser, &flag, A_PORT, parsed)?,
            "functions" => options.functions = Source::Directory(parser.value()?.into()),
            _ => return Err(Arg::Long(&flag).unexpected()),
        }
    }
    Ok(Asked::Run(Box::new(options)))
}

const A_DELAY: &str = "a number with a unit, like 90s, 5m or 2h, at most 744h";
const AN_IDLE_TIME: &str = "a multiple of 5m from 20m to 55m";
/// What `--start` takes.
pub const A_START: &str = "a time like 2026-11-02T09:00:00Z, from 2000 to 2999";
const BLOCKS: &str = "IPv4 blocks without host bits, each once, like 10.1.0.0/16,0.0.0.0/0";
const A_PORT: &str = "a port from 0 to 65535";

fn value<T>(
    parser: &mut Parser,
    flag: &str,
    expected: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, lexopt::Error> {
    let text = parser.value()?.string()?;
    read(&text).ok_or_else(|| format!("--{flag} {text}: expected {expected}").into())
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn speed(text: &str) -> Option<f64> {
    parsed(text).filter(|speed| (0.0..=FASTEST).contains(speed))
}

fn duration(text: &str) -> Option<Duration> {
    let (number, seconds) = match text.split_at_checked(text.len().checked_sub(1)?)? {
        (number, "s") => (number, 1),
        (number, "m") => (number, 60),
        (number, "h") => (number, 3_600),
        _ => return None,
    };
    number.parse::<u32>().ok().map(|number| Duration::from_secs(u64::from(number) * seconds))
}

fn delay(text: &str) -> Option<Duration> {
    duration(text).filter(|delay| delay.as_secs() <= LONGEST_DELAY.unsigned_abs().as_secs())
}

/// What the functions take, and the alarm can count in its datapoints of five minutes.
fn idle_time(text: &str) -> Option<Duration> {
    let is_right =
        |time: &Duration| time.as_secs().is_multiple_of(300) && (20 * 60..=55 * 60).contains(&time.as_secs());
    duration(text).filter(is_right)
}

/// Far from the ends of what can be computed with.
#[must_use]
pub fn start(text: &str) -> Option<Timestamp> {
    // In seconds since 1970.
    let (year_2000, year_3000) = (946_684_800, 32_503_680_000);
    parsed(text).filter(|time: &Timestamp| (year_2000..year_3000).contains(&time.as_second()))
}

/// What the functions take, of the family that the endpoint here carries.
fn blocks(text: &str) -> Option<Vec<String>> {
    let mut blocks = Vec::new();
    for block in text.split(',').map(str::trim) {
        let (address, bits) = block.split_once('/')?;
        let address: Ipv4Addr = parsed(address)?;
        let bits = parsed(bits).filter(|bits: &u32| *bits <= Ipv4Addr::BITS)?;
        let has_host_bits = address.to_bits().checked_shl(bits).is_some_and(|host| host != 0);
        let block = format!("{address}/{bits}");
        if has_host_bits || blocks.contains(&block) {
            return None;
        }
        blocks.push(block);
    }
    Some(blocks)
}

#[cfg(test)]
mod tests {
    use vpn_core::config::{Reader, Vpn};

    use super::*;

    fn run(arguments: &[&str]) -> Options {
        match parse(arguments) {
            Ok(Asked::Run(options)) => *options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_is_the_defaults_that_help_names() {
        let options = run(&[]);
        assert_eq!(options, Options::default());
        let defaults = [
            ("--speed", options.speed.to_string()),
            ("--subnets", options.settings.subnets.len().to_string()),
            ("--idle-time", format!("{}m", options.settings.idle_time.as_secs() / 60)),
            ("--associate-delay", format!("{}m", options.associate_delay.as_secs() / 60)),
            ("--disassociate-delay", format!("{}m", options.disassociate_delay.as_secs() / 60)),
            ("--route-delay", format!("{}s", options.route_delay.as_secs())),
            ("--concurrency", options.concurrency.to_string()),
            ("--employee-port", options.employee_port.to_string()),
            ("--panel-port", options.panel_port.to_string()),
            ("--aws-port", options.aws_port.to_string()),
        ];
        for (flag, default) in defaults {
            let line =
                HELP.lines().find(|line| line.trim_start().starts_with(flag)).unwrap_or_else(|| panic!("{flag}"));
            assert!(line.ends_with(&format!("[default: {default}]")), "{line}: {default}");
        }
    }

    #[test]
    fn every_flag_changes_something() {
        let options = run(&[
            "--speed=600",
            "--concurrency=10",
            "--start",
            "2026-11-02T09:00:00Z",
            "--subnets",
            "3",
            "--routes",
            "10.1.0.0/16,0.0.0.0/0",
            "--idle-time",
            "20m",
            "--associate-delay",
            "90s",
            "--disassociate-delay",
            "2h",
            "--route-delay",
            "1s",
            "--employee-port",
            "0",
            "--panel-port",
            "1",
            "--aws-port",
            "65535",
            "--functions",
            "target/debug",
        ]);
        let expected = Options {
            speed: 600.0,
            start: "2026-11-02T09:00:00Z".parse().ok(),
            settings: Settings {
                subnets: subnets(3),
                routes: vec!["10.1.0.0/16".to_owned(), "0.0.0.0/0".to_owned()],
                idle_time: Duration::from_secs(20 * 60),
                ..Settings::default()
            },
            associate_delay: Duration::from_secs(90),
            disassociate_delay: Duration::from_secs(7_200),
            route_delay: Duration::from_secs(1),
            concurrency: 10,
            call_takes: Duration::ZERO,
            employee_port: 0,
            panel_port: 1,
            aws_port: 65_535,
            functions: Source::Directory("target/debug".into()),
        };
        assert_eq!(options, expected);
        assert_eq!(parse(["--help"]), Ok(Asked::Help));
        assert_eq!(parse(["--version"]), Ok(Asked::Version));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (arguments, named) in [
            (vec!["--sped", "1"], "--sped"),
            (vec!["--speed", "-1"], "--speed -1"),
            (vec!["--speed", "fast"], "expected a number"),
            (vec!["--speed"], "--speed"),
            (vec!["--subnets", "6"], "expected 1 to 5"),
            (vec!["--idle-time", "30"], "--idle-time 30: expected a multiple of 5m from 20m to 55m"),
            (vec!["--associate-delay", "745h"], "at most 744h"),
            (vec!["--disassociate-delay", "4294967295h"], "at most 744h"),
            (vec!["--concurrency", "0"], "--concurrency 0: expected a number from 1 to 10000"),
            (vec!["--route-delay", "1ü"], "with a unit"),
            (vec!["--routes", "10.1.0.0"], "expected IPv4 blocks"),
            (vec!["--routes", "10.0.0.0/33"], "--routes 10.0.0.0/33: expected IPv4 blocks"),
            (vec!["--routes", "2001:db8::/32"], "expected IPv4 blocks"),
            (vec!["--aws-port", "65536"], "expected a port"),
            (vec!["--start", "noon"], "expected a time"),
            (vec!["--start", "9999-12-30T00:00:00Z"], "from 2000 to 2999"),
            (vec!["--start", "-009999-01-02T00:00:00Z"], "from 2000 to 2999"),
            (vec!["now"], "now"),
        ] {
            let error = parse(&arguments).expect_err(named);
            assert!(error.contains(named), "{error}");
        }
    }

    /// What is taken here is what the functions take, by their own word.
    #[test]
    fn the_functions_decide() {
        let reads = |name, text: &str| {
            let vars = [("VPN_ENDPOINT_ID", "cvpn-endpoint-1"), ("VPN_SUBNET_IDS", "subnet-1"), (name, text)];
            let mut reader = Reader::new(&vars);
            let vpn = Vpn::read(&mut reader);
            reader.finish(vpn).is_ok()
        };
        let times = (0..=60).map(|minutes| format!("{minutes}m"));
        for time in times.chain(["1200s", "1h", "1201s", "30", ""].map(str::to_owned)) {
            assert_eq!(parse(["--idle-time", &time]).is_ok(), reads("VPN_IDLE_TIME", &time), "{time}");
        }
        for routes in [
            "10.0.0.0/8",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0.1/32",
            "10.0.0.0/-1",
            "0.0.0.0/0",
            "128.0.0.0/0",
            "128.0.0.0/1, 10.1.0.0/16",
            "10.0.0.0/8,10.0.0.0/8",
            "10.0.0.0/8,10.0.0.0/08",
            "10.0.0/8",
            "everywhere",
        ] {
            assert_eq!(parse(["--routes", routes]).is_ok(), reads("VPN_ROUTES", routes), "{routes}");
        }
    }
}
