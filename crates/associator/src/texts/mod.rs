//! Everything the page says. One value per language: a text that is missing does not compile.

mod english;

use jiff::SignedDuration;
use vpn_core::plan::Phase;

use crate::problem::Kind;

pub use english::english;

/// What is so, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saying {
    /// One sentence.
    pub headline: &'static str,
    /// What happens or what to do next. May hold the places that [`Texts::phase`] names.
    pub next: &'static str,
}

/// The texts of one language. Places to fill in are written `{name}`.
#[derive(Debug, Clone, Copy)]
pub struct Texts {
    /// The language's code.
    pub language: &'static str,
    /// What the page is called.
    pub name: &'static str,
    /// Of the state of the VPN. Places: `{from}` and `{to}`, the usual minutes; `{idle}`, the idle time.
    pub phase: fn(Phase) -> Saying,
    /// Of a problem.
    pub problem: fn(Kind) -> Saying,
    /// Added where nothing was changed because of the problem.
    pub nothing_changed: &'static str,
    /// Names the reference. Place: `{reference}`.
    pub reference: &'static str,

    /// So many of so many. Places: `{done}`, `{of}`.
    pub share: &'static str,
    /// Less than a minute.
    pub moment: &'static str,
    /// Minutes. Place: `{minutes}`.
    pub minutes: &'static str,
    /// Hours and minutes. Places: `{hours}`, `{minutes}`.
    pub hours: &'static str,

    /// Labels of what is known about the VPN.
    pub label: Labels,
    /// What can be pressed.
    pub press: Presses,

    /// When the state was read, just now.
    pub looked_now: &'static str,
    /// When it was read. Place: `{time}`.
    pub looked_ago: &'static str,
    /// The same where no script counts the minutes.
    pub looked_at_load: &'static str,
    /// Where there is no script: the page stays as it is.
    pub no_script: &'static str,
    /// The page cannot reach the server.
    pub lost: &'static str,
    /// The sign-in is over.
    pub ended: &'static str,
    /// After signing out.
    pub signed_out: Saying,
}

/// Labels of what is known about the VPN.
#[derive(Debug, Clone, Copy)]
pub struct Labels {
    /// Subnets.
    pub subnets: &'static str,
    /// Routes.
    pub routes: &'static str,
    /// Connected devices.
    pub connected: &'static str,
    /// For how long it has been starting.
    pub starting_for: &'static str,
    /// For how long it has been on.
    pub on_for: &'static str,
    /// When it turns off by itself.
    pub turns_off_in: &'static str,
    /// For how long somebody keeps it on.
    pub kept_for: &'static str,
    /// For how long it is closed.
    pub closed_for: &'static str,
}

/// What can be pressed.
#[derive(Debug, Clone, Copy)]
pub struct Presses {
    /// Turn on.
    pub on: &'static str,
    /// Turn on after a failure.
    pub on_again: &'static str,
    /// Over the buttons that keep it on.
    pub keep: &'static str,
    /// Keep it on for one hour.
    pub keep_hour: &'static str,
    /// Keep it on for some hours. Place: `{hours}`.
    pub keep_hours: &'static str,
    /// Opens what follows.
    pub off: &'static str,
    /// What turning off means.
    pub off_means: &'static str,
    /// Turn off.
    pub off_really: &'static str,
    /// Why it cannot be turned off.
    pub off_not: &'static str,
    /// Look again.
    pub look: &'static str,
    /// Sign in again.
    pub sign_in: &'static str,
    /// Sign out.
    pub sign_out: &'static str,
}

impl Texts {
    /// A time in full minutes, rounded down: what is left is at least what it says.
    #[must_use]
    pub fn time(&self, time: SignedDuration) -> String {
        let minutes = time.as_mins();
        match (minutes / 60, minutes % 60) {
            _ if minutes < 1 => self.moment.to_owned(),
            (0, minutes) => fill(self.minutes, &[("minutes", &minutes.to_string())]),
            (hours, minutes) => fill(self.hours, &[("hours", &hours.to_string()), ("minutes", &minutes.to_string())]),
        }
    }
}

/// Puts values into the places of a text.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = text.to_owned();
    for (name, value) in values {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_minutes() {
        let texts = english();
        for (seconds, said) in [
            (-5, "less than a minute"),
            (0, "less than a minute"),
            (59, "less than a minute"),
            (60, "1 min"),
            (119, "1 min"),
            (1800, "30 min"),
            (1854, "30 min"),
            (3599, "59 min"),
            (3600, "1 h 0 min"),
            (7260, "2 h 1 min"),
        ] {
            assert_eq!(texts.time(SignedDuration::from_secs(seconds)), said, "{seconds}");
        }
    }

    #[test]
    fn every_problem_and_phase_has_words() {
        let texts = english();
        for kind in Kind::ALL {
            let Saying { headline, next } = (texts.problem)(kind);
            assert!(headline.ends_with('.') && next.ends_with('.') && !next.contains('{'), "{kind:?}");
        }
    }
}
