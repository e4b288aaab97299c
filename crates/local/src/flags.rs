//! What can be set when `local` is started.

use std::{ffi::OsString, path::PathBuf, str::FromStr, time::Duration};

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
  --idle-time TIME        without a connection or request, turns the VPN off                     [default: 30m]

How long AWS takes, by its clock
  --associate-delay TIME      to associate a subnet                                               [default: 5m]
  --disassociate-delay TIME   to disassociate one                                                 [default: 5m]
  --route-delay TIME          to make or delete a route                                          [default: 120s]

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
    /// `--subnets`, `--routes`, `--idle-time`: what is deployed. Its addresses and its speed are
    /// filled in at the start.
    pub settings: Settings,
    pub associate_delay: Duration,
    pub disassociate_delay: Duration,
    pub route_delay: Duration,
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
            "start" => options.start = Some(value(&mut parser, &flag, "a time like 2026-11-02T09:00:00Z", parsed)?),
            "subnets" => {
                options.settings.subnets = value(&mut parser, &flag, "1 to 5", |text| {
                    parsed(text).filter(|count| (1..=ZONES).contains(count)).map(subnets)
                })?;
            }
            "routes" => {
                options.settings.routes = value(&mut parser, &flag, "blocks like 10.1.0.0/16,0.0.0.0/0", blocks)?
            }
            "idle-time" => options.settings.idle_time = value(&mut parser, &flag, A_TIME, duration)?,
            "associate-delay" => options.associate_delay = value(&mut parser, &flag, A_TIME, duration)?,
            "disassociate-delay" => options.disassociate_delay = value(&mut parser, &flag, A_TIME, duration)?,
            "route-delay" => options.route_delay = value(&mut parser, &flag, A_TIME, duration)?,
            "employee-port" => options.employee_port = value(&mut parser, &flag, A_PORT, parsed)?,
            "panel-port" => options.panel_port = value(&mut parser, &flag, A_PORT, parsed)?,
            "aws-port" => options.aws_port = value(&mut parser, &flag, A_PORT, parsed)?,
            "functions" => options.functions = Source::Directory(parser.value()?.into()),
            _ => return Err(Arg::Long(&flag).unexpected()),
        }
    }
    Ok(Asked::Run(Box::new(options)))
}

const A_TIME: &str = "a number with a unit, like 90s, 5m or 2h";
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

/// Only that they look like blocks: whether they are right is for the functions to say.
fn blocks(text: &str) -> Option<Vec<String>> {
    let blocks: Vec<String> = text.split(',').map(|block| block.trim().to_owned()).collect();
    let good = |block: &String| {
        block
            .split_once('/')
            .is_some_and(|(address, bits)| address.parse::<std::net::IpAddr>().is_ok() && bits.parse::<u8>().is_ok())
    };
    blocks.iter().all(good).then_some(blocks)
}

#[cfg(test)]
mod tests {
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
            (vec!["--idle-time", "30"], "with a unit"),
            (vec!["--route-delay", "1ü"], "with a unit"),
            (vec!["--routes", "10.1.0.0"], "expected blocks"),
            (vec!["--aws-port", "65536"], "expected a port"),
            (vec!["--start", "noon"], "expected a time"),
            (vec!["now"], "now"),
        ] {
            let error = parse(&arguments).expect_err(named);
            assert!(error.contains(named), "{error}");
        }
    }
}
