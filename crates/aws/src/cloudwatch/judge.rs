//! From datapoints to a verdict: "M out of N" and the four ways to treat missing data.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TreatMissingData {
    /// Everything missing is `INSUFFICIENT_DATA`.
    #[default]
    Missing,
    /// The state is kept.
    Ignore,
    /// A missing datapoint breaches.
    Breaching,
    /// A missing datapoint does not breach.
    NotBreaching,
}

/// What the datapoints say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Ok,
    Alarm,
    InsufficientData,
    /// Whatever it was before.
    Retain,
}

/// How many datapoints are fetched for N evaluation periods. AWS does not say; its example fetches 5 for N = 3.
#[must_use]
pub fn evaluation_range(evaluation_periods: usize) -> usize {
    evaluation_periods + 2
}

/// Judges the datapoints of the evaluation range, oldest first: `Some(true)` breaches, `None` is missing.
///
/// With N or more real datapoints the most recent N decide and missing ones do not matter. With fewer, all real ones
/// count and missing ones are filled in, as few as possible.
#[must_use]
pub fn judge(points: &[Option<bool>], n: usize, m: usize, missing: TreatMissingData) -> Verdict {
    let real: Vec<(usize, bool)> =
        points.iter().rev().enumerate().filter_map(|(age, point)| Some((age + 1, (*point)?))).take(n).collect();
    let breaching = real.iter().filter(|(_, breaches)| *breaches).count();
    let filled = n - real.len();
    if breaching >= m {
        return Verdict::Alarm;
    }
    if filled == 0 {
        return Verdict::Ok;
    }
    match missing {
        TreatMissingData::NotBreaching => Verdict::Ok,
        TreatMissingData::Breaching if breaching + filled >= m => Verdict::Alarm,
        TreatMissingData::Breaching => Verdict::Ok,
        TreatMissingData::Missing if real.is_empty() => Verdict::InsufficientData,
        // "Premature" by AWS's own name: everything there is breaches, and the oldest of it is as old as M.
        TreatMissingData::Missing if all_breach(&real) && real.last().is_some_and(|(age, _)| *age >= m) => {
            Verdict::Alarm
        }
        TreatMissingData::Ignore if all_breach(&real) => Verdict::Retain,
        TreatMissingData::Missing | TreatMissingData::Ignore => Verdict::Ok,
    }
}

fn all_breach(real: &[(usize, bool)]) -> bool {
    real.iter().all(|(_, breaches)| *breaches)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> Vec<Option<bool>> {
        text.split(' ')
            .map(|point| [("0", false), ("X", true)].iter().find(|(p, _)| *p == point).map(|(_, b)| *b))
            .collect()
    }

    const TREATMENTS: [TreatMissingData; 4] = [
        TreatMissingData::Missing,
        TreatMissingData::Ignore,
        TreatMissingData::Breaching,
        TreatMissingData::NotBreaching,
    ];

    fn check(m: usize, rows: &[(&str, [Verdict; 4])]) {
        for (text, expected) in rows {
            assert_eq!(TREATMENTS.map(|treat| judge(&points(text), 3, m, treat)), *expected, "{text}, {m} of 3");
        }
    }

    /// The two tables of AWS's page "Configuring how CloudWatch alarms treat missing data", every row.
    #[test]
    fn aws_tables() {
        use Verdict::{Alarm, InsufficientData, Ok, Retain};
        check(
            3,
            &[
                ("0 - X - X", [Ok; 4]),
                ("0 - - - -", [Ok; 4]),
                ("- - - - -", [InsufficientData, Retain, Alarm, Ok]),
                ("0 X X - X", [Alarm; 4]),
                ("- - X - -", [Alarm, Retain, Alarm, Ok]),
            ],
        );
        check(
            2,
            &[
                ("0 - X - X", [Alarm; 4]),
                ("0 0 X 0 X", [Alarm; 4]),
                ("0 - X - -", [Ok, Ok, Alarm, Ok]),
                ("- - - - 0", [Ok, Ok, Alarm, Ok]),
                ("- - - X -", [Alarm, Retain, Alarm, Ok]),
            ],
        );
    }

    /// The page's text: a young breaching tail does not alarm yet, an old one does, whatever is missing behind it.
    #[test]
    fn premature_alarms() {
        for (text, expected) in [
            ("- - - - X", Verdict::Ok),
            ("- - - X -", Verdict::Ok),
            ("- - X - -", Verdict::Alarm),
            ("- - X - 0", Verdict::Ok),
            ("- X - - X", Verdict::Alarm),
        ] {
            assert_eq!(judge(&points(text), 3, 3, TreatMissingData::Missing), expected, "{text}");
        }
    }

    #[test]
    fn only_the_last_n_real_points_count() {
        assert_eq!(judge(&points("X X 0 0 0"), 3, 1, TreatMissingData::Breaching), Verdict::Ok);
        assert_eq!(judge(&points("0 0 X X X"), 3, 3, TreatMissingData::NotBreaching), Verdict::Alarm);
        assert_eq!(judge(&points("0 X X X 0"), 3, 3, TreatMissingData::Missing), Verdict::Ok);
        assert_eq!(evaluation_range(3), 5, "AWS's example");
    }
}
