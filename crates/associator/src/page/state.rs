//! What a page shows, and the same as JSON for its script.

use askama::Template;
use jiff::SignedDuration;
use serde::Serialize;
use vpn_core::plan::{Phase, Share, View};

use crate::{
    config::{Config, Pace},
    problem::{Kind, Problem},
    request,
    texts::{Saying, Texts, fill},
};

/// How long AWS usually takes to associate a subnet, in minutes [facts 4.13].
const USUAL_MINUTES: (&str, &str) = ("2", "10");

/// The state of things, with the words for it.
#[derive(Debug, Clone, Serialize)]
pub struct State {
    /// The page's title.
    pub title: String,
    /// The state of the VPN; `None` where it could not be read.
    pub phase: Option<Phase>,
    /// Wanted subnets that are associated.
    pub subnets: Option<Share>,
    /// Their routes that are active.
    pub routes: Option<Share>,
    /// Devices connected, such as `2` or `1000+`.
    pub connected: Option<String>,
    /// For how many seconds it has been on or starting.
    pub on_for: Option<i64>,
    /// In how many seconds it turns off by itself.
    pub turns_off_in: Option<i64>,
    /// For how many seconds somebody keeps it on.
    pub kept_for: Option<i64>,
    /// For how many seconds it is closed.
    pub closed_for: Option<i64>,
    /// What is wrong.
    pub problem: Option<Reported>,
    /// When and how the page asks again; `None` when there is nothing to wait for.
    pub ask: Option<Ask>,
    /// What is wrong, as HTML.
    pub notice: String,
    /// The state, as HTML; `None` where it could not be read: what stands there stays.
    pub main: Option<String>,
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

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice<'a> {
    headline: &'a str,
    next: &'a str,
    more: &'a str,
    reference: String,
}

#[derive(Template)]
#[template(path = "main.html")]
struct Main<'a> {
    texts: &'a Texts,
    phase: &'a str,
    headline: &'a str,
    next: String,
    moving: bool,
    facts: Vec<Fact>,
    on: Option<&'a str>,
    keep: Vec<(u8, String)>,
    off: Off,
}

struct Fact {
    label: &'static str,
    value: String,
    /// Seconds that the script counts down or up from.
    left: Option<i64>,
    passed: Option<i64>,
}

#[derive(PartialEq)]
enum Off {
    No,
    InUse,
    Offered,
}

impl State {
    /// What was seen, and what is wrong nevertheless.
    #[must_use]
    pub fn of(texts: &Texts, config: &Config, view: &View, problem: Option<&Problem>, reference: &str) -> Self {
        let seconds = |time: Option<SignedDuration>| time.map(|time| time.as_secs());
        Self {
            title: title(texts, (texts.phase)(view.phase)),
            phase: Some(view.phase),
            subnets: Some(view.subnets),
            routes: Some(view.routes),
            connected: Some(connected(view)),
            on_for: seconds(view.on_for),
            turns_off_in: seconds(view.turns_off_in),
            kept_for: seconds(view.kept_for),
            closed_for: seconds(view.closed_for),
            ask: ask(view.phase, &config.pace),
            main: Some(main(texts, config, view)),
            ..Self::reporting(texts, problem, reference)
        }
    }

    /// What is wrong, where nothing was seen.
    #[must_use]
    pub fn of_problem(texts: &Texts, config: &Config, problem: &Problem, reference: &str) -> Self {
        // What may pass by itself is asked again; nothing else.
        let passes = matches!(problem.kind, Kind::Unreachable | Kind::Busy | Kind::KeyServer);
        Self {
            title: title(texts, (texts.problem)(problem.kind)),
            ask: passes.then(|| ask(Phase::TurningOff, &config.pace)).flatten(),
            ..Self::reporting(texts, Some(problem), reference)
        }
    }

    /// Some words, and nothing to wait for.
    #[must_use]
    pub fn saying(texts: &Texts, saying: Saying) -> Self {
        let notice =
            render(&Notice { headline: saying.headline, next: saying.next, more: "", reference: String::new() });
        Self { title: title(texts, saying), notice, ..Self::reporting(texts, None, "") }
    }

    fn reporting(texts: &Texts, problem: Option<&Problem>, reference: &str) -> Self {
        let saying = problem.map(|problem| (problem, (texts.problem)(problem.kind)));
        Self {
            title: texts.name.to_owned(),
            phase: None,
            subnets: None,
            routes: None,
            connected: None,
            on_for: None,
            turns_off_in: None,
            kept_for: None,
            closed_for: None,
            ask: None,
            main: None,
            problem: saying.map(|(problem, saying)| Reported {
                code: problem.kind.word(),
                text: [saying.headline, more(texts, problem), saying.next]
                    .into_iter()
                    .filter(|text| !text.is_empty())
                    .collect::<Vec<_>>()
                    .join(" "),
                reference: reference.to_owned(),
            }),
            notice: saying.map_or_else(String::new, |(problem, saying)| {
                render(&Notice {
                    headline: saying.headline,
                    next: saying.next,
                    more: more(texts, problem),
                    reference: fill(texts.reference, &[("reference", reference)]),
                })
            }),
        }
    }

    /// The same for a page that has the parts already.
    #[must_use]
    pub fn without_parts(&self) -> Self {
        Self { notice: String::new(), main: None, ..self.clone() }
    }
}

fn more(texts: &Texts, problem: &Problem) -> &'static str {
    if problem.nothing_changed { texts.nothing_changed } else { "" }
}

fn title(texts: &Texts, saying: Saying) -> String {
    format!("{} – {}", saying.headline.trim_end_matches('.'), texts.name)
}

fn connected(view: &View) -> String {
    format!("{}{}", view.connected, if view.connected_or_more { "+" } else { "" })
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

fn main(texts: &Texts, config: &Config, view: &View) -> String {
    let saying = (texts.phase)(view.phase);
    let rules = &config.vpn.rules;
    let next = fill(
        saying.next,
        &[("from", USUAL_MINUTES.0), ("to", USUAL_MINUTES.1), ("idle", &texts.time(rules.idle_time))],
    );
    // Whatever is on tells for how long, or when it turns off.
    let is_on = view.on_for.is_some() || view.turns_off_in.is_some();
    let closed = view.closed_for.is_some();
    let hours = request::HOURS.into_iter().filter(|_| is_on && !closed && view.phase != Phase::Failed);
    render(&Main {
        texts,
        phase: word(view.phase),
        headline: saying.headline,
        next,
        moving: matches!(view.phase, Phase::Starting | Phase::TurningOff | Phase::TurningOnAgain),
        facts: facts(texts, view),
        on: match view.phase {
            _ if closed => None,
            Phase::Off | Phase::Incomplete | Phase::TurningOff => Some(texts.press.on),
            Phase::Failed => Some(texts.press.on_again),
            Phase::Ready if view.failed_subnets > 0 => Some(texts.press.on_again),
            Phase::Ready | Phase::Starting | Phase::TurningOnAgain | Phase::Closed => None,
        },
        keep: hours
            .filter(|hours| SignedDuration::from_hours(i64::from(*hours)) <= rules.keep_limit)
            .map(|hours| (hours, keep_label(texts, hours)))
            .collect(),
        off: match (is_on, view.connected) {
            (false, _) => Off::No,
            (true, 0) => Off::Offered,
            (true, _) => Off::InUse,
        },
    })
}

fn keep_label(texts: &Texts, hours: u8) -> String {
    match hours {
        1 => texts.press.keep_hour.to_owned(),
        hours => fill(texts.press.keep_hours, &[("hours", &hours.to_string())]),
    }
}

fn facts(texts: &Texts, view: &View) -> Vec<Fact> {
    let label = &texts.label;
    let plain = |label, value| Fact { label, value, left: None, passed: None };
    let share = |share: Share| fill(texts.share, &[("done", &share.done.to_string()), ("of", &share.of.to_string())]);
    let left =
        |label, time: SignedDuration| Fact { label, value: texts.time(time), left: Some(time.as_secs()), passed: None };
    let mut facts = Vec::new();
    let shows_parts = !matches!(view.phase, Phase::Off | Phase::Closed);
    if shows_parts {
        facts.push(plain(label.subnets, share(view.subnets)));
    }
    if shows_parts && view.routes.of > 0 {
        facts.push(plain(label.routes, share(view.routes)));
    }
    if let Some(time) = view.on_for.filter(|_| view.phase != Phase::Failed) {
        let label = if view.phase == Phase::Starting { label.starting_for } else { label.on_for };
        facts.push(Fact { label, value: texts.time(time), left: None, passed: Some(time.as_secs()) });
    }
    if shows_parts {
        facts.push(plain(label.connected, connected(view)));
    }
    facts.extend(view.turns_off_in.map(|time| left(label.turns_off_in, time)));
    facts.extend(view.kept_for.map(|time| left(label.kept_for, time)));
    facts.extend(view.closed_for.map(|time| left(label.closed_for, time)));
    facts
}

fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Off => "off",
        Phase::Starting => "starting",
        Phase::Ready => "ready",
        Phase::TurningOff => "turning-off",
        Phase::TurningOnAgain => "turning-on-again",
        Phase::Failed => "failed",
        Phase::Incomplete => "incomplete",
        Phase::Closed => "closed",
    }
}

/// Writing into a string does not fail; should it, the log has it and the part stays empty.
fn render(part: &impl Template) -> String {
    part.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a part of the page could not be written");
        String::new()
    })
}
