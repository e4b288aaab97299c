//! What a month cost, told once it is over: what `infra/status.sh` leads with, of a whole month.

use jiff::{SignedDuration, Timestamp, ToSpan as _, Zoned, tz::TimeZone};

/// The schedule's runs are so far apart: the first of a month is the one in its first five minutes.
const EVERY: SignedDuration = SignedDuration::from_mins(5);
/// The gauge is put by each of them: so many in an hour.
const RUNS_AN_HOUR: f64 = 12.0;

/// US dollars, by the region's prices when it was deployed (`infra/prices.json`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prices {
    /// An hour of one associated subnet.
    pub associated_hour: f64,
    /// An hour of what stands there on or off, such as the load balancer.
    pub standing_hour: f64,
}

/// The gauge's values of an hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GaugeHour {
    /// When it began.
    pub at: Timestamp,
    /// Of how many subnets each run saw associated.
    pub sum: f64,
    /// The most that a run saw.
    pub maximum: f64,
}

/// A month in UTC, which is how AWS bills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// Its first second.
    pub from: Timestamp,
    /// The first second of the next.
    pub until: Timestamp,
}

impl Month {
    /// The month that was over just before this run of the schedule, if it is the first one after.
    #[must_use]
    pub fn just_over(scheduled: Timestamp) -> Option<Self> {
        let first = |at: &Zoned| at.first_of_month().and_then(|day| day.start_of_day()).ok();
        let now = scheduled.to_zoned(TimeZone::UTC);
        let began = first(&now)?;
        let since = scheduled.duration_since(began.timestamp());
        let before = first(&began.checked_sub(1.month()).ok()?)?;
        (since < EVERY).then(|| Self { from: before.timestamp(), until: began.timestamp() })
    }

    /// What it cost, in one or two sentences; nothing where nothing was measured. What AWS bills of a begun hour is not
    /// documented: at least the time that was measured, at most each hour in which something was.
    #[must_use]
    pub fn told(&self, gauge: &[GaugeHour], subnets: usize, prices: Option<Prices>) -> Option<String> {
        // What was deployed in the middle of the month has stood since the gauge began.
        let since = gauge.iter().map(|hour| hour.at).min()?;
        let sure = gauge.iter().map(|hour| hour.sum).sum::<f64>() / RUNS_AN_HOUR;
        let begun = gauge.iter().map(|hour| hour.maximum).sum::<f64>();
        let name = self.from.to_zoned(TimeZone::UTC).strftime("%B %Y");
        let name = if since > self.from { format!("{name} since {since:.0}") } else { name.to_string() };
        let Some(prices) = prices else {
            return Some(format!(
                "{name}: subnets were associated for {sure:.1} to {begun:.1} hours in all. No price of this region is known."
            ));
        };
        let hours = self.until.duration_since(since).as_secs_f64() / 3600.0;
        #[expect(clippy::cast_precision_loss, reason = "a handful of subnets")]
        let always = subnets as f64 * hours * prices.associated_hour;
        let [from, to] = [sure, begun].map(|billed| billed * prices.associated_hour + hours * prices.standing_hour);
        let compared = if always < from {
            format!(
                "that is {} MORE. If it stays so, go back: infra/README.md, \"From always on, and back\".",
                between(from - always, to - always)
            )
        } else {
            format!("saved {}.", between(always - to, always - from))
        };
        Some(format!("{name}: {}; always on would be {}; {compared}", between(from, to), dollars(always)))
    }
}

fn between(from: f64, to: f64) -> String {
    let (from, to) = (dollars(from), dollars(to));
    if from == to { from } else { format!("{from} to {to}") }
}

/// With its cents.
fn dollars(usd: f64) -> String {
    let text = format!("{:.2}", usd.abs());
    format!("{}${text}", if usd < 0.0 && text != "0.00" { "-" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn november() -> Month {
        Month { from: at("2026-11-01T00:00:00Z"), until: at("2026-12-01T00:00:00Z") }
    }

    const PRICES: Prices = Prices { associated_hour: 0.105, standing_hour: 0.03401 };

    fn hour(at_hour: &str, sum: f64, maximum: f64) -> GaugeHour {
        GaugeHour { at: at(at_hour), sum, maximum }
    }

    #[test]
    fn only_the_first_run_of_a_month_follows_one() {
        for (scheduled, month) in [
            ("2026-12-01T00:00:00Z", Some(("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"))),
            ("2026-12-01T00:04:59Z", Some(("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"))),
            ("2026-12-01T00:05:00Z", None),
            ("2026-11-30T23:59:59Z", None),
            ("2027-01-01T00:03:00Z", Some(("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"))),
            ("2028-03-01T00:01:00Z", Some(("2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"))),
            ("2026-12-02T00:00:00Z", None),
        ] {
            let expected = month.map(|(from, until)| Month { from: at(from), until: at(until) });
            assert_eq!(Month::just_over(at(scheduled)), expected, "{scheduled}");
        }
    }

    #[test]
    fn a_month_is_told_under_both_readings_of_a_begun_hour() {
        // Two subnets for half an hour, one for an hour; the rest of the month nothing.
        let gauge = [
            hour("2026-11-01T00:00:00Z", 0.0, 0.0),
            hour("2026-11-03T08:00:00Z", 12.0, 2.0),
            hour("2026-11-03T09:00:00Z", 12.0, 1.0),
        ];
        assert_eq!(
            november().told(&gauge, 2, Some(PRICES)).as_deref(),
            Some("November 2026: $24.70 to $24.80; always on would be $151.20; saved $126.40 to $126.50.")
        );
        assert_eq!(
            november().told(&gauge, 2, None).as_deref(),
            Some(
                "November 2026: subnets were associated for 2.0 to 3.0 hours in all. No price of this region is known."
            )
        );
    }

    #[test]
    fn what_was_deployed_later_counts_from_then_on() {
        let gauge = [hour("2026-11-30T00:00:00Z", 24.0, 2.0)];
        assert_eq!(
            november().told(&gauge, 2, Some(PRICES)).as_deref(),
            Some("November 2026 since 2026-11-30T00:00:00Z: $1.03; always on would be $5.04; saved $4.01.")
        );
    }

    #[test]
    fn a_month_that_cost_more_says_so_and_what_to_do() {
        let gauge = [hour("2026-11-30T22:00:00Z", 24.0, 2.0), hour("2026-11-30T23:00:00Z", 22.0, 2.0)];
        let told = november().told(&gauge, 2, Some(PRICES)).expect("told");
        assert!(told.contains("$0.47 to $0.49; always on would be $0.42; that is $0.05 to $0.07 MORE. If"), "{told}");
        assert!(told.contains("\"From always on, and back\""), "{told}");
    }

    #[test]
    fn what_costs_the_same_has_cost_no_more() {
        let gauge = [hour("2026-11-30T00:00:00Z", 24.0, 2.0)];
        let free = Prices { associated_hour: 0.0, standing_hour: 0.0 };
        let told = november().told(&gauge, 2, Some(free)).expect("told");
        assert!(told.ends_with("$0.00; always on would be $0.00; saved $0.00."), "{told}");
    }

    #[test]
    fn of_what_was_not_measured_nothing_is_told() {
        assert_eq!(november().told(&[], 2, Some(PRICES)), None);
    }

    #[test]
    fn dollars_have_cents_and_no_negative_nothing() {
        for (usd, text) in [(0.0, "$0.00"), (-0.004, "$0.00"), (-1.5, "-$1.50"), (1234.567, "$1234.57")] {
            assert_eq!(dollars(usd), text);
        }
    }
}
