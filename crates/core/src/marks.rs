//! The marks: the only memory the product has, tags on the endpoint itself.
//!
//! No database, no metric lag, and visible in the console. All are RFC 3339 in UTC.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// What all our tag keys start with.
pub const PREFIX: &str = "vpn-on-demand:";

/// How far `last-request`, `on-since` and `ready-since` may lie ahead before they count as absent: two minutes, the minute
/// they are rounded up by and one for clocks that differ.
pub const AHEAD_AT_MOST: SignedDuration = SignedDuration::from_mins(2);

/// One of the marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// When somebody last asked for the VPN, rounded up to the full minute.
    LastRequest,
    /// Until when it stays on though idle.
    KeepUntil,
    /// Since when a subnet has been associated.
    OnSince,
    /// When somebody first saw everything ready that a request had turned on.
    ReadySince,
    /// Until when nothing turns on.
    ClosedUntil,
}

impl Mark {
    /// All of them, in the order they are written.
    pub const ALL: [Self; 5] = [Self::LastRequest, Self::KeepUntil, Self::OnSince, Self::ReadySince, Self::ClosedUntil];

    /// The tag key on the endpoint.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::LastRequest => "vpn-on-demand:last-request",
            Self::KeepUntil => "vpn-on-demand:keep-until",
            Self::OnSince => "vpn-on-demand:on-since",
            Self::ReadySince => "vpn-on-demand:ready-since",
            Self::ClosedUntil => "vpn-on-demand:closed-until",
        }
    }
}

/// The marks as they stand on the endpoint: tag values that nobody has read yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RawMarks(BTreeMap<Mark, String>);

impl RawMarks {
    /// Picks our marks out of an endpoint's tags; other tags are left alone.
    pub fn from_tags<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mark = |key: &str| Mark::ALL.into_iter().find(|mark| mark.key() == key);
        Self(tags.into_iter().filter_map(|(key, value)| Some((mark(key)?, value.to_owned()))).collect())
    }

    /// The tag value of one mark.
    #[must_use]
    pub fn get(&self, mark: Mark) -> Option<&str> {
        self.0.get(&mark).map(String::as_str)
    }

    /// Reads all marks. What cannot be true counts as absent and is reported.
    #[must_use]
    pub fn read(&self, now: Timestamp, kept_at_most: SignedDuration) -> Marks {
        let mut bad = Vec::new();
        let mut one = |mark: Mark, ahead_at_most: Option<SignedDuration>| -> Option<Timestamp> {
            let text = self.get(mark)?;
            let reason = match text.parse::<Timestamp>() {
                Err(_) => "not an RFC 3339 time",
                Ok(at) if ahead_at_most.is_some_and(|limit| at.duration_since(now) > limit) => "too far ahead",
                Ok(at) => return Some(at),
            };
            bad.push(BadMark { mark, text: text.to_owned(), reason });
            None
        };
        Marks {
            last_request: one(Mark::LastRequest, Some(AHEAD_AT_MOST)),
            // Rounded up to the minute like every mark, hence the minute of grace.
            keep_until: one(Mark::KeepUntil, Some(kept_at_most + SignedDuration::from_mins(1))),
            on_since: one(Mark::OnSince, Some(AHEAD_AT_MOST)),
            ready_since: one(Mark::ReadySince, Some(AHEAD_AT_MOST)),
            closed_until: one(Mark::ClosedUntil, None),
            bad,
        }
    }
}

/// The marks, read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Marks {
    /// When somebody last asked for the VPN.
    pub last_request: Option<Timestamp>,
    /// Until when it stays on though idle.
    pub keep_until: Option<Timestamp>,
    /// Since when a subnet has been associated.
    pub on_since: Option<Timestamp>,
    /// When somebody first saw everything ready.
    pub ready_since: Option<Timestamp>,
    /// Until when nothing turns on.
    pub closed_until: Option<Timestamp>,
    /// Those that cannot be true.
    pub bad: Vec<BadMark>,
}

impl Marks {
    /// The end of the keeping, while it lies ahead.
    #[must_use]
    pub fn kept_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.keep_until.filter(|until| *until > now)
    }

    /// The end of an administrator's closing, while it lies ahead.
    #[must_use]
    pub fn closed_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.closed_until.filter(|until| *until > now)
    }
}

/// A mark that counts as absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadMark {
    /// Which.
    pub mark: Mark,
    /// What stands in the tag.
    pub text: String,
    /// Why it does not count.
    pub reason: &'static str,
}

/// The full minute at or after `at`: never earlier than what happened, and the same for a whole minute of requests.
#[must_use]
pub fn round_up_to_minute(at: Timestamp) -> Timestamp {
    let second = at.as_second() + i64::from(at.subsec_nanosecond() > 0);
    let minute = second.div_euclid(60) + i64::from(second.rem_euclid(60) > 0);
    // Only the last minute before the year 10000 has no full minute after it.
    Timestamp::from_second(minute * 60).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect(text)
    }

    fn raw(key: &str, value: &str) -> RawMarks {
        RawMarks::from_tags([(key, value), ("Name", "vpn"), ("vpn-on-demand:other", "x")])
    }

    #[test]
    fn keys_carry_the_prefix_and_words_of_the_design() {
        for mark in Mark::ALL {
            assert!(mark.key().starts_with(PREFIX));
            assert_eq!(
                serde_json::to_value(mark).expect("json"),
                serde_json::json!(mark.key().trim_start_matches(PREFIX))
            );
        }
    }

    #[test]
    fn rounding_goes_up_and_never_down() {
        for (given, rounded) in [
            ("2026-11-02T09:00:00Z", "2026-11-02T09:00:00Z"),
            ("2026-11-02T09:00:00.000000001Z", "2026-11-02T09:01:00Z"),
            ("2026-11-02T09:00:01Z", "2026-11-02T09:01:00Z"),
            ("2026-11-02T09:00:59.999Z", "2026-11-02T09:01:00Z"),
            ("2026-12-31T23:59:30Z", "2027-01-01T00:00:00Z"),
            ("1969-12-31T23:59:30Z", "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(round_up_to_minute(at(given)), at(rounded), "{given}");
        }
    }

    #[test]
    fn what_cannot_be_true_counts_as_absent_and_is_reported() {
        let now = at("2026-11-02T09:00:00Z");
        let limit = SignedDuration::from_hours(8);
        let read = |key: &str, value: &str| raw(key, value).read(now, limit);
        for (key, value, counts) in [
            ("vpn-on-demand:last-request", "2026-11-02T08:59:00Z", true),
            ("vpn-on-demand:last-request", "2026-11-02T09:02:00Z", true),
            ("vpn-on-demand:last-request", "2026-11-02T09:02:01Z", false),
            ("vpn-on-demand:last-request", "soon", false),
            ("vpn-on-demand:last-request", "", false),
            ("vpn-on-demand:on-since", "2026-11-02T09:02:00Z", true),
            ("vpn-on-demand:on-since", "2026-11-02T09:03:00Z", false),
            ("vpn-on-demand:ready-since", "2026-11-02T09:02:00Z", true),
            ("vpn-on-demand:ready-since", "2026-11-02T09:03:00Z", false),
            ("vpn-on-demand:keep-until", "2026-11-02T17:01:00Z", true),
            ("vpn-on-demand:keep-until", "2026-11-02T17:01:01Z", false),
            ("vpn-on-demand:closed-until", "2027-11-02T17:01:01Z", true),
            ("vpn-on-demand:closed-until", "later", false),
        ] {
            let marks = read(key, value);
            let all = [marks.last_request, marks.keep_until, marks.on_since, marks.ready_since, marks.closed_until];
            let found = all.into_iter().flatten().count();
            assert_eq!(found == 1, counts, "{key}={value}");
            assert_eq!(marks.bad.len(), usize::from(!counts), "{key}={value}");
        }
    }

    #[test]
    fn an_end_that_has_come_no_longer_holds() {
        let now = at("2026-11-02T09:00:00Z");
        let marks = raw("vpn-on-demand:keep-until", "2026-11-02T09:00:00Z").read(now, SignedDuration::from_hours(8));
        assert_eq!(marks.keep_until, Some(now));
        assert_eq!(marks.kept_until(now), None);
        assert_eq!(marks.kept_until(now - SignedDuration::from_secs(1)), Some(now));
    }
}
