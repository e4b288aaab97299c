//! How long the two functions that call AWS may take: the one home of these numbers. Lambda is told its time-out by
//! `package.metadata.lambda.deploy` of each crate, which a test holds equal to them, and which the emulated AWS reads as
//! the scripts do; the simulation takes them from here.

use std::time::Duration;

/// What one invocation of a function may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// After so long Lambda ends it.
    pub timeout: Duration,
    /// After so long since its beginning it starts no change, and reads no further page of a list: what has begun is
    /// finished before the time-out, with three attempts of each call.
    pub start_no_change_after: Duration,
    /// For how long a read that AWS has no time for is tried again.
    pub throttled_reads_for: Duration,
}

/// Somebody waits for the answer, and the next step goes on. A page's read is not tried again: it only empties what others
/// need (fact 4.16), and the page asks again by itself.
pub const ASSOCIATOR: Limits = Limits {
    timeout: Duration::from_secs(20),
    start_no_change_after: Duration::from_secs(8),
    throttled_reads_for: Duration::ZERO,
};

/// Nobody waits, and it must get through: 127,000 connections are 127 pages, read twice, at 300 ms a page 76 seconds.
pub const DISASSOCIATOR: Limits = Limits {
    timeout: Duration::from_secs(180),
    start_no_change_after: Duration::from_secs(150),
    throttled_reads_for: Duration::from_secs(60),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_ship_with_them() {
        for (manifest, limits) in [
            (include_str!("../../associator/Cargo.toml"), ASSOCIATOR),
            (include_str!("../../disassociator/Cargo.toml"), DISASSOCIATOR),
        ] {
            let (_, deploy) = manifest.split_once("[package.metadata.lambda.deploy]\n").expect("its settings");
            let timeout = deploy.lines().find_map(|line| line.strip_prefix("timeout = ")?.parse().ok());
            assert_eq!(timeout, Some(limits.timeout.as_secs()));
        }
    }

    #[test]
    fn what_has_begun_is_finished_before_the_time_out() {
        for limits in [ASSOCIATOR, DISASSOCIATOR] {
            assert!(limits.start_no_change_after + 3 * Duration::from_secs(3) < limits.timeout, "{limits:?}");
            assert!(limits.throttled_reads_for < limits.start_no_change_after, "{limits:?}");
        }
    }
}
