//! Logs: JSON in Lambda, text in a terminal.

use std::str::FromStr;

use tracing::level_filters::LevelFilter;

use crate::config::Vars;

/// Lambda's own setting of the level; `RUST_LOG` is read where it is missing.
const LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
const RUST_LOG: &str = "RUST_LOG";
/// The most there is to read. Above it `lambda_runtime` logs whole events: names, addresses and sign-in tokens.
const HIGHEST: LevelFilter = LevelFilter::DEBUG;
/// Set in every Lambda environment, and nowhere else.
const IN_LAMBDA: &str = "AWS_LAMBDA_RUNTIME_API";

/// Starts logging to standard output. Called once, first thing in `main`.
///
/// A level that cannot be read is `INFO`: logs that say too much are better than none.
pub fn init(vars: &dyn Vars) {
    let logs = tracing_subscriber::fmt().with_max_level(level(vars)).with_target(false);
    let started = if vars.get(IN_LAMBDA).is_some() {
        let json = logs.json().flatten_event(true).with_current_span(true).with_span_list(false);
        tracing::subscriber::set_global_default(json.finish())
    } else {
        tracing::subscriber::set_global_default(logs.finish())
    };
    if started.is_err() {
        tracing::debug!("logging was started already");
    }
}

fn level(vars: &dyn Vars) -> LevelFilter {
    let text = vars.get(LOG_LEVEL).or_else(|| vars.get(RUST_LOG));
    match text.as_deref() {
        // Lambda's word for the highest level, which tracing does not know.
        Some(text) if text.eq_ignore_ascii_case("fatal") => LevelFilter::ERROR,
        Some(text) => LevelFilter::from_str(text).unwrap_or(LevelFilter::INFO).min(HIGHEST),
        None => LevelFilter::INFO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambda_s_level_wins() {
        assert_eq!(level(&[]), LevelFilter::INFO);
        assert_eq!(level(&[(RUST_LOG, "debug")]), LevelFilter::DEBUG);
        assert_eq!(level(&[(RUST_LOG, "debug"), (LOG_LEVEL, "WARN")]), LevelFilter::WARN);
        assert_eq!(level(&[(LOG_LEVEL, "FATAL")]), LevelFilter::ERROR);
        assert_eq!(level(&[(LOG_LEVEL, "TRACE")]), LevelFilter::DEBUG);
        assert_eq!(level(&[(LOG_LEVEL, "loud")]), LevelFilter::INFO);
    }
}
