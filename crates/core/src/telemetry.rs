//! Logs: JSON in Lambda, text in a terminal.

use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt};

use crate::config::Vars;

/// Lambda's own setting of the level; `RUST_LOG` is read where it is missing.
const LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
const RUST_LOG: &str = "RUST_LOG";
/// Our own crates, whose every line is known to name nobody.
const OURS: [&str; 4] = ["associator", "connect_handler", "disassociator", "vpn_core"];
/// The most that is read of any other crate. Below warnings AWS's SDK logs what it signs with (an access key id is in the
/// `Debug` of its `Credentials`, and in the requests that aws-sigv4 shows), and hyper, rustls and the runtime whatever they
/// are given: names, addresses, sign-in tokens.
const OF_OTHERS: LevelFilter = LevelFilter::WARN;
/// Set in every Lambda environment, and nowhere else.
const IN_LAMBDA: &str = "AWS_LAMBDA_RUNTIME_API";

/// Starts logging to standard output. Called once, first thing in `main`.
///
/// A level that cannot be read is `INFO`: logs that say too much are better than none.
pub fn init(vars: &dyn Vars) {
    let level = level(vars);
    let logs = tracing_subscriber::fmt().with_max_level(level).with_target(false);
    let started = if vars.get(IN_LAMBDA).is_some() {
        let json = logs.json().flatten_event(true).with_current_span(true).with_span_list(false);
        tracing::subscriber::set_global_default(json.finish().with(filter(level)))
    } else {
        tracing::subscriber::set_global_default(logs.finish().with(filter(level)))
    };
    if started.is_err() {
        tracing::debug!("logging was started already");
    }
}

/// What is logged at a level: all of it by our own crates, by others at most warnings.
fn filter(level: LevelFilter) -> Targets {
    Targets::new().with_default(level.min(OF_OTHERS)).with_targets(OURS.map(|target| (target, level)))
}

fn level(vars: &dyn Vars) -> LevelFilter {
    let text = vars.get(LOG_LEVEL).or_else(|| vars.get(RUST_LOG));
    match text.as_deref() {
        // Lambda's word for the highest level, which tracing does not know.
        Some(text) if text.eq_ignore_ascii_case("fatal") => LevelFilter::ERROR,
        Some(text) => LevelFilter::from_str(text).unwrap_or(LevelFilter::INFO),
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
        assert_eq!(level(&[(LOG_LEVEL, "TRACE")]), LevelFilter::TRACE);
        assert_eq!(level(&[(LOG_LEVEL, "loud")]), LevelFilter::INFO);
    }

    #[test]
    fn only_our_own_crates_say_more_than_warnings() {
        use tracing::Level;
        // Those that have credentials or whole requests in hand, and a crate that nobody has heard of yet.
        let others = [
            "aws_config::profile::credentials",
            "aws_credential_types",
            "aws_runtime::auth::sigv4",
            "aws_sdk_ec2::operation",
            "aws_sigv4::http_request::sign",
            "aws_smithy_http_client::client",
            "aws_smithy_runtime::client::orchestrator::auth",
            "hyper::proto::h1::io",
            "hyper_util::client::legacy::pool",
            "lambda_http",
            "lambda_runtime::layers::api_response",
            "rustls::client::hs",
            "somebody_else",
        ];
        for text in ["off", "fatal", "error", "warn", "info", "debug", "trace", "TRACE", "5", "loud"] {
            let level = level(&[(RUST_LOG, text)]);
            let filter = filter(level);
            for asked in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE] {
                for target in ["associator::handler", "connect_handler::policy", "disassociator", "vpn_core::runtime"] {
                    assert_eq!(filter.would_enable(target, &asked), asked <= level, "{target} at {text}: {asked}");
                }
                for target in others {
                    let wanted = asked <= level && asked <= Level::WARN;
                    assert_eq!(filter.would_enable(target, &asked), wanted, "{target} at {text}: {asked}");
                }
            }
        }
    }
}
