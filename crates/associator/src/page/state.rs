//! What a page shows, and the same as JSON for its script.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use vpn_core::plan::{Phase, Share, View};

use super::{
    icon,
    parts::{self, Parts},
    sentence,
    words::connected,
};
use crate::{
    again::Again,
    config::{Config, Pace},
    problem::{Kind, Problem},
    profiles::Device,
    texts::{Saying, Texts},
};

/// By so much longer a page waits with its next question while AWS has no time.
const LESS_OFTEN: f64 = 4.0;

/// The state of things, with the words for it.
#[derive(Debug, Clone, Serialize)]
pub struct PageState {
    /// The page's title.
    pub title: String,
    /// The page's icon.
    pub icon: String,
    /// The state of the VPN, as the page says it; `None` where it could not be read.
    pub phase: Option<Phase>,
    /// Wanted subnets that are associated.
    pub subnets: Option<Share>,
    /// Their routes that are active.
    pub routes: Option<Share>,
    /// Devices connected, such as `2` or `1,000+`.
    pub connected: Option<String>,
    /// For how many seconds it has been on or starting.
    pub on_for: Option<i64>,
    /// In how many seconds it turns off by itself.
    pub turns_off_in: Option<i64>,
    /// For how many seconds somebody keeps it on.
    pub kept_for: Option<i64>,
    /// For how many seconds it is closed.
    pub closed_for: Option<i64>,
    /// When it was seen, in milliseconds since 1970-01-01T00:00:00Z: the page sends it back, and is shown nothing older.
    pub seen: Option<i64>,
    /// How many seconds ago that was.
    pub age: i64,
    /// What is wrong.
    pub problem: Option<Reported>,
    /// When and how the page asks again; `None` when there is nothing to wait for.
    pub ask: Option<Ask>,
    /// How the page counts.
    pub pace: Pacing,
    /// What was pressed before the sign-in, and is to be pressed once more.
    #[serde(skip)]
    pub again: Option<Again>,
    /// The page's parts, as HTML.
    pub parts: Parts,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reported {
    /// A stable word.
    pub code: &'static str,
    /// What is wrong and what to do, in words.
    pub text: String,
    /// What to find it by in the log.
    pub reference: String,
}

/// When and how the page asks again. The script only obeys.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ask {
    /// `POST` or `GET`.
    pub method: &'static str,
    /// Where.
    pub path: &'static str,
    /// After how many seconds while the page is visible.
    pub after: f64,
    /// After how many while it is hidden.
    pub after_hidden: f64,
    /// For how many seconds at most, from when this kind of waiting began.
    pub at_most: f64,
}

/// To a script, that nothing can be said which its page does not know: it goes on showing that, and asks less often.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Unchanged {
    unchanged: bool,
    /// As in [`Ask`].
    after: f64,
    after_hidden: f64,
}

impl Unchanged {
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let Pace { interval, interval_hidden, .. } = config.pace;
        let (after, after_hidden) = less_often(interval.as_secs_f64(), interval_hidden.as_secs_f64());
        Self { unchanged: true, after, after_hidden }
    }
}

/// The pauses of a page in front and in the background, in seconds, while AWS has no time.
fn less_often(after: f64, after_hidden: f64) -> (f64, f64) {
    let after = after * LESS_OFTEN;
    (after, after_hidden.max(after))
}

/// How the page counts. It stands in every answer, so that a page that stays open follows a change of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pacing {
    /// How many of the browser's seconds a minute lasts.
    pub minute: f64,
    /// After how many of them without a look the page says no more than how long ago that was.
    pub limit: f64,
}

impl Pacing {
    fn of(pace: &Pace) -> Self {
        Self { minute: pace.minute.as_secs_f64(), limit: pace.limit.as_secs_f64() }
    }
}

impl PageState {
    /// What was seen, and what is wrong nevertheless.
    #[must_use]
    pub fn of(texts: &Texts, config: &Config, view: &View, problem: Option<&Problem>, reference: &str) -> Self {
        let seconds = |time: Option<SignedDuration>| time.map(|time| time.as_secs());
        let said = sentence::said(view, problem);
        let (saying, symbol) = sentence::headline(texts, said);
        Self {
            title: title(config, saying),
            icon: symbol.address(),
            phase: Some(said),
            subnets: Some(view.subnets),
            routes: Some(view.routes),
            connected: Some(connected(view)),
            on_for: seconds(view.on_for),
            turns_off_in: seconds(view.turns_off_in),
            kept_for: seconds(view.kept_for),
            closed_for: seconds(view.closed_for),
            seen: None,
            age: 0,
            problem: problem.map(|problem| reported(texts, problem, reference)),
            ask: ask(view.phase, &config.pace),
            pace: Pacing::of(&config.pace),
            again: None,
            parts: parts::of_view(texts, config, view, problem, reference),
        }
    }

    /// The same after a sign-in that came between a press and what it was to do: nothing was done, and it says so.
    #[must_use]
    pub fn again(
        mut self,
        texts: &Texts,
        config: &Config,
        view: &View,
        problem: Option<&Problem>,
        again: Option<Again>,
    ) -> Self {
        if let Some(again) = again {
            self.again = Some(again);
            if let Some(hero) = parts::again(texts, config, view, problem, again) {
                self.parts.hero = hero;
            }
            if self.parts.notice.is_empty() {
                self.parts.notice = parts::signed_in_again(texts);
            }
        }
        self
    }

    /// The same, with the time at which it was seen.
    #[must_use]
    pub fn seen(self, at: Timestamp, now: Timestamp) -> Self {
        Self { seen: Some(at.as_millisecond()), age: now.duration_since(at).as_secs().max(0), ..self }
    }

    /// The same, to be followed by nothing older than this either.
    #[must_use]
    pub fn since(self, seen: Option<Timestamp>) -> Self {
        Self { seen: self.seen.max(seen.map(Timestamp::as_millisecond)), ..self }
    }

    /// The same, of a page that is to ask, and less often: AWS has no time, so what it shows may be over.
    #[must_use]
    pub fn patient(self, config: &Config) -> Self {
        let ask = self.ask.or_else(|| ask(Phase::TurningOff, &config.pace)).map(|ask| {
            let (after, after_hidden) = less_often(ask.after, ask.after_hidden);
            Ask { after, after_hidden, ..ask }
        });
        Self { ask, ..self }
    }

    /// What is wrong, where nothing was seen.
    #[must_use]
    pub fn of_problem(texts: &Texts, config: &Config, problem: &Problem, reference: &str) -> Self {
        Self {
            problem: Some(reported(texts, problem, reference)),
            // What may pass by itself is asked again; nothing else.
            ask: passes(problem.kind).then(|| ask(Phase::TurningOff, &config.pace)).flatten(),
            parts: parts::of_problem(texts, config, problem, reference),
            ..Self::saying(config, (texts.problem)(problem.kind))
        }
    }

    /// The sign-in is over. The script puts it in place.
    #[must_use]
    pub fn ended(texts: &Texts, config: &Config) -> Self {
        let icon = icon::UNKNOWN.address();
        Self { icon, parts: parts::ended(texts, config), ..Self::saying(config, texts.ended) }
    }

    /// Several profiles wait for her.
    #[must_use]
    pub fn of_devices(texts: &Texts, config: &Config, devices: &[Device]) -> Self {
        let icon = icon::UNKNOWN.address();
        Self { icon, parts: parts::of_devices(texts, config, devices), ..Self::saying(config, texts.profile.which) }
    }

    /// After signing out.
    #[must_use]
    pub fn signed_out(texts: &Texts, config: &Config) -> Self {
        let icon = icon::UNKNOWN.address();
        Self { icon, parts: parts::signed_out(texts, config), ..Self::saying(config, texts.signed_out) }
    }

    /// Some words, and nothing to wait for.
    fn saying(config: &Config, saying: Saying) -> Self {
        Self {
            title: title(config, saying),
            icon: icon::WRONG.address(),
            phase: None,
            subnets: None,
            routes: None,
            connected: None,
            on_for: None,
            turns_off_in: None,
            kept_for: None,
            closed_for: None,
            seen: None,
            age: 0,
            problem: None,
            ask: None,
            pace: Pacing::of(&config.pace),
            again: None,
            parts: Parts::default(),
        }
    }
}

/// What the page is called.
#[must_use]
pub fn name(config: &Config) -> String {
    config.company.name.as_ref().map_or_else(|| "VPN".to_owned(), |company| format!("{company} VPN"))
}

/// The state comes first: a tab is narrow.
fn title(config: &Config, saying: Saying) -> String {
    format!("{} – {}", saying.short, name(config))
}

/// Whether a problem may pass by itself.
#[must_use]
pub fn passes(kind: Kind) -> bool {
    matches!(kind, Kind::Unreachable | Kind::Busy | Kind::KeyServer)
}

fn reported(texts: &Texts, problem: &Problem, reference: &str) -> Reported {
    let headline = (texts.problem)(problem.kind).headline;
    Reported {
        code: problem.kind.word(),
        text: texts.sentences(headline, &sentence::of_problem(texts, problem)),
        reference: reference.to_owned(),
    }
}

fn ask(phase: Phase, pace: &Pace) -> Option<Ask> {
    let (method, path, at_most) = match phase {
        Phase::Starting | Phase::TurningOnAgain => ("POST", "/progress", pace.limit),
        Phase::TurningOff => ("GET", "/state", pace.limit),
        Phase::Ready => ("GET", "/state", pace.limit_ready),
        Phase::Off | Phase::Failed | Phase::Incomplete | Phase::Closed => return None,
    };
    Some(Ask {
        method,
        path,
        after: pace.interval.as_secs_f64(),
        after_hidden: pace.interval_hidden.as_secs_f64(),
        at_most: at_most.as_secs_f64(),
    })
}
