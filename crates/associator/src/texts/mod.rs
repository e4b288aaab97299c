//! Everything the page says. One value per language: a text that is missing does not compile.

mod chinese;
mod english;
mod japanese;
mod korean;
#[cfg(test)]
mod tests;

use jiff::SignedDuration;
use vpn_core::plan::Phase;

use crate::problem::Kind;

pub use chinese::chinese;
pub use english::english;
pub use japanese::japanese;
pub use korean::korean;

/// The languages, as the page offers them.
#[must_use]
pub const fn all() -> [&'static Texts; 4] {
    [english(), chinese(), korean(), japanese()]
}

/// The language with this very code.
#[must_use]
pub fn named(code: &str) -> Option<&'static Texts> {
    all().into_iter().find(|texts| texts.language == code)
}

/// The best language for an `Accept-Language` header; English when it names none of ours. Only the language counts, not
/// the region or script: whoever reads Traditional Chinese is better off with Simplified than with English.
#[must_use]
pub fn preferred(accept: &str) -> &'static Texts {
    let mut best = (0.0, english());
    for range in accept.split(',') {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        let weight = weight.filter(|weight| (0.0..=1.0).contains(weight)).unwrap_or(0.0);
        let language = |tag: &str| tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let known = all().into_iter().find(|texts| language(texts.language) == language(tag));
        if let Some(texts) = known.filter(|_| weight > best.0) {
            best = (weight, texts);
        }
    }
    best.1
}

/// What is so, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saying {
    /// A few words, for the title of a tab.
    pub short: &'static str,
    /// One sentence.
    pub headline: &'static str,
    /// What happens or what to do next. It stands by itself: a problem's may follow the headline of a phase.
    pub next: &'static str,
}

/// The texts of one language. Places to fill in are written `{name}`.
#[derive(Debug, Clone, Copy)]
pub struct Texts {
    /// The language's code.
    pub language: &'static str,
    /// What the language calls itself.
    pub own_name: &'static str,
    /// Over the choice of languages.
    pub languages: &'static str,
    /// Of the state of the VPN. Places: `{from}` and `{to}`, the usual minutes; `{idle}`, the idle time.
    pub phase: fn(Phase) -> Saying,
    pub problem: fn(Kind) -> Saying,
    /// Added where nothing was changed because of the problem.
    pub nothing_changed: &'static str,
    /// What follows *ready* while a device is connected. Place: `{idle}`, the idle time.
    pub in_use: &'static str,
    /// Stands before what is wrong where it could not be turned on.
    pub is_off: &'static str,
    /// Names the reference. Place: `{reference}`.
    pub reference: &'static str,

    /// Less than a minute.
    pub moment: &'static str,
    /// Minutes. Place: `{minutes}`.
    pub minutes: &'static str,
    /// Full hours. Place: `{hours}`.
    pub full_hours: &'static str,
    /// Hours and minutes. Places: `{hours}`, `{minutes}`.
    pub hours: &'static str,

    /// Steps, and how long they take.
    pub steps: Steps,
    /// What is known about the VPN.
    pub facts: Facts,
    /// Keeping it on.
    pub keep: Keep,
    /// Turning it off.
    pub off: Off,
    /// How to connect.
    pub guide: Guide,
    /// How to set up the VPN with a profile that waits for her.
    pub profile: Profile,
    /// What can be pressed.
    pub press: Presses,

    /// When the state was read, just now.
    pub looked_now: &'static str,
    /// When it was read. Place: `{time}`.
    pub looked_ago: &'static str,
    /// The same where no script counts the minutes and looks again.
    pub looked_at_load: &'static str,
    /// The page cannot reach the server.
    pub lost: &'static str,
    /// Whom to ask.
    pub help: &'static str,
    /// The sign-in is over.
    pub ended: Saying,
    /// After a sign-in that came between a press and what it was to do.
    pub signed_in: Saying,
    /// After signing out.
    pub signed_out: Saying,
}

/// Steps, and how long they take.
#[derive(Debug, Clone, Copy)]
pub struct Steps {
    /// What the bar measures.
    pub label: &'static str,
    /// How many. Places: `{done}`, `{of}`.
    pub so_many: &'static str,
    /// How long it has taken. Place: `{time}`.
    pub so_far: &'static str,
    /// How long it usually takes. Places: `{from}`, `{to}`.
    pub usual: &'static str,
    /// When an administrator's closing ends. Place: `{time}`.
    pub opens_in: &'static str,
}

/// What is known about the VPN.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// Connected devices.
    pub connected: &'static str,
    /// For how long it has been on.
    pub on_for: &'static str,
    /// When it turns off by itself.
    pub turns_off: &'static str,
    /// So long from now. Place: `{time}`.
    pub in_time: &'static str,
    /// It does not turn off while somebody is connected.
    pub not_in_use: &'static str,
}

/// Keeping it on.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// The heading.
    pub title: &'static str,
    /// What it is for.
    pub why: &'static str,
    /// How long it is kept on. Place: `{time}`.
    pub kept: &'static str,
    /// What follows *ready* while it is kept on.
    pub ready: &'static str,
    /// The same while a device is connected.
    pub in_use: &'static str,
    pub not_on: &'static str,
    pub hour: &'static str,
    /// Some hours. Place: `{hours}`.
    pub hours: &'static str,
}

/// Turning it off.
#[derive(Debug, Clone, Copy)]
pub struct Off {
    /// Opens what follows.
    pub title: &'static str,
    pub means: &'static str,
    /// The button.
    pub really: &'static str,
    /// Why it cannot be turned off now, and what to do. Place: `{idle}`.
    pub in_use: &'static str,
    /// There is nothing to turn off.
    pub not_on: &'static str,
}

/// How to connect.
#[derive(Debug, Clone, Copy)]
pub struct Guide {
    /// On an iPad.
    pub ipad: &'static str,
    /// On an iPhone.
    pub iphone: &'static str,
    /// On an Android device.
    pub android: &'static str,
    /// On a computer with Windows.
    pub windows: &'static str,
    /// On a Mac.
    pub mac: &'static str,
    /// On a computer with Linux.
    pub linux: &'static str,
    /// On any phone or tablet.
    pub touch: &'static str,
    /// On any computer.
    pub computer: &'static str,
    /// What to do in the app of a phone or tablet.
    pub touch_steps: [&'static str; 3],
    /// What to do in the app of a computer.
    pub computer_steps: [&'static str; 3],
    /// For whom it is the first time.
    pub first: &'static str,
    /// Leads to an app. Place: `{app}`.
    pub get: &'static str,
}

/// How to set up the VPN with a profile that waits for her.
#[derive(Debug, Clone, Copy)]
pub struct Profile {
    /// Over the steps.
    pub title: &'static str,
    /// Fetches it.
    pub get: &'static str,
    /// What to tap on a phone or tablet.
    pub touch_steps: [&'static str; 5],
    /// What to choose on a computer. Places: `{menu}`, of AWS's own client; `{windows}` and `{mac}`, its oldest versions.
    pub computer_steps: [&'static str; 5],
    /// There are several.
    pub which: Saying,
}

/// What can be pressed.
#[derive(Debug, Clone, Copy)]
pub struct Presses {
    /// Turn on.
    pub on: &'static str,
    /// Turn on after a failure.
    pub on_again: &'static str,
    /// Turn on, of whoever pressed it without a session.
    pub again_on: &'static str,
    /// Turn off, likewise.
    pub again_off: &'static str,
    /// Keep on, likewise. Place: `{time}`.
    pub again_keep: &'static str,
    /// Look again.
    pub look: &'static str,
    /// Go to the page, from one that is none.
    pub open: &'static str,
    /// Sign in again.
    pub sign_in: &'static str,
    pub sign_out: &'static str,
}

impl Texts {
    /// One sentence after the other, also after a headline that has no full stop in its language.
    #[must_use]
    pub fn sentences(&self, first: &str, second: &str) -> String {
        let between = match self.language {
            "zh-CN" | "ja" if first.ends_with('。') => "",
            "zh-CN" | "ja" => "。",
            _ => " ",
        };
        format!("{first}{between}{second}")
    }

    /// A time in full minutes, rounded down: what is left is at least what it says.
    #[must_use]
    pub fn time(&self, time: SignedDuration) -> String {
        let minutes = time.as_mins();
        let (hours, rest) = ((minutes / 60).to_string(), (minutes % 60).to_string());
        let places = [("hours", hours.as_str()), ("minutes", rest.as_str())];
        match (minutes / 60, minutes % 60) {
            _ if minutes < 1 => self.moment.to_owned(),
            (0, _) => fill(self.minutes, &places),
            (_, 0) => fill(self.full_hours, &places),
            _ => fill(self.hours, &places),
        }
    }
}

/// A number as people write it: all four languages put a comma at the thousands.
#[must_use]
pub fn number(number: usize) -> String {
    let digits = number.to_string();
    let mut written = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
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
