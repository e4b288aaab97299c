//! `moto URL`: the emulated AWS in front of a moto server, until Ctrl-C.

use std::{collections::BTreeMap, ffi::OsString, fs, path::PathBuf, process::ExitCode};

use jiff::Timestamp;
use lexopt::{Arg, Parser, ValueExt as _};
use local::{
    flags,
    program::{self, USAGE, say},
};
use moto::{
    Callers,
    boot::{self, CannotStart},
};

const HELP: &str = "\
AWS in front of a moto server: what is deployed there decides what happens here. For tests; its clock stands until it is
stepped, or let run, in the control panel.

Usage: moto [OPTIONS] URL

  URL                     of the moto server, like http://127.0.0.1:5000
  --start TIME            where its clock starts, like 2026-11-02T09:00:00Z    [default: the present]
  --rights KEY=FILE       whoever signs with this access key may do only what the policy document in the file grants, and
                          several of them together; everybody else is an administrator

Every address is at a free port, and is printed.
";

/// Access keys, and the files with what they may do.
type Rights = Vec<(String, PathBuf)>;

/// What was asked for.
#[derive(Debug, PartialEq)]
enum Asked {
    Help,
    Run { url: String, start: Option<Timestamp>, rights: Rights },
}

#[tokio::main]
async fn main() -> ExitCode {
    match parse(std::env::args_os().skip(1)) {
        Ok(Asked::Help) => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(Asked::Run { url, start, rights }) => match callers(&rights) {
            Ok(callers) => program::until_stopped("moto", run(url, start, callers)).await,
            Err(error) => {
                eprintln!("moto: {error}");
                ExitCode::from(USAGE)
            }
        },
        Err(error) => {
            eprintln!("moto: {error}\nmoto --help explains what can be set");
            ExitCode::from(USAGE)
        }
    }
}

/// Reads the policy documents.
fn callers(rights: &Rights) -> Result<Callers, String> {
    let mut documents = BTreeMap::<_, Vec<_>>::new();
    for (key, file) in rights {
        let wrong = |error: &dyn std::error::Error| format!("--rights {key}={}: {error}", file.display());
        let text = fs::read(file).map_err(|error| wrong(&error))?;
        let document = serde_json::from_slice(&text).map_err(|error| wrong(&error))?;
        documents.entry(key.clone()).or_default().push(document);
    }
    Ok(Callers::new(documents))
}

async fn run(url: String, start: Option<Timestamp>, callers: Callers) -> Result<(), CannotStart> {
    let running = boot::start(&url, start, callers).await?;
    say(format_args!("employee page: {}", running.urls.employee));
    say(format_args!("control panel: {}", running.urls.panel));
    say(format_args!("http listener: {}", running.http));
    say(format_args!("aws endpoint: {}", running.urls.aws));
    std::future::pending().await
}

fn parse<I>(arguments: I) -> Result<Asked, lexopt::Error>
where
    I: IntoIterator,
    I::Item: Into<OsString>,
{
    let mut parser = Parser::from_args(arguments);
    let (mut url, mut start, mut rights) = (None, None, Rights::new());
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Asked::Help),
            Arg::Long("start") => {
                let text = parser.value()?.string()?;
                let time = flags::start(&text).ok_or_else(|| format!("--start {text}: expected {}", flags::A_START))?;
                start = Some(time);
            }
            Arg::Long("rights") => {
                let text = parser.value()?.string()?;
                let right = text.split_once('=').ok_or_else(|| format!("--rights {text}: expected KEY=FILE"))?;
                rights.push((right.0.to_owned(), right.1.into()));
            }
            Arg::Value(value) if url.is_none() => {
                let text = value.string()?;
                if !is_url(&text) {
                    return Err(format!("{text}: expected a URL like http://127.0.0.1:5000").into());
                }
                url = Some(text);
            }
            other => return Err(other.unexpected()),
        }
    }
    let url = url.ok_or("the URL of a moto server is missing, like http://127.0.0.1:5000")?;
    Ok(Asked::Run { url, start, rights })
}

/// Only plain HTTP: it stands beside this program.
fn is_url(text: &str) -> bool {
    let authority = text.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
    authority.is_some_and(|authority| !authority.is_empty() && !authority.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line() {
        let url = "http://127.0.0.1:5000";
        let run = |start: &str| Asked::Run { url: url.to_owned(), start: start.parse().ok(), rights: Rights::new() };
        assert_eq!(parse([url]).expect("a URL"), run(""));
        let time = "2026-11-02T09:00:00Z";
        assert_eq!(parse(["--start", time, url]).expect("both"), run(time));
        let Ok(Asked::Run { rights, .. }) = parse(["--rights", "A=a.json", url, "--rights", "A=b=.json"]) else {
            panic!("rights are taken");
        };
        assert_eq!(rights, [("A".to_owned(), "a.json".into()), ("A".to_owned(), "b=.json".into())]);
        assert_eq!(parse(["--help"]).expect("help"), Asked::Help);
        for (arguments, named) in [
            (vec![], "is missing"),
            (vec!["127.0.0.1:5000"], "expected a URL"),
            (vec!["http://127.0.0.1/path"], "expected a URL"),
            (vec!["--start", "noon", url], "expected a time"),
            (vec!["--start", "9999-12-30T00:00:00Z", url], "from 2000 to 2999"),
            (vec!["--rights", "DEPLOYER", url], "expected KEY=FILE"),
            (vec!["--speed", "1", url], "--speed"),
            (vec![url, url], url),
        ] {
            let error = parse(arguments).expect_err(named).to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
