//! The parts of the page that change, as HTML. They always have the same structure and keep room for the longest words,
//! so that nothing moves under a finger when the state changes.

use askama::Template;
use jiff::SignedDuration;
use serde::Serialize;
use vpn_core::plan::{Phase, Share, View};

use super::{
    icon::{self, Symbol},
    mention::Mention,
    more::more,
    sentence::{self, headline, is_on},
    state::passes,
    words::{Timed, connected, widest, word},
};
use crate::{
    again::Again,
    config::Config,
    problem::{Kind, Problem},
    profiles::Device,
    texts::{Saying, Texts, fill},
};

/// How long AWS usually takes to associate a subnet, in minutes (fact 4.13).
const USUAL_MINUTES: (&str, &str) = ("2", "10");
/// What a waiting page may be told instead of a state.
const WHILE_WAITING: [Kind; 11] = [
    Kind::Unreachable,
    Kind::Busy,
    Kind::KeyServer,
    Kind::Forbidden,
    Kind::Endpoint,
    Kind::Subnet,
    Kind::SameZone,
    Kind::Route,
    Kind::AssociationFailed,
    Kind::RouteFailed,
    Kind::Unknown,
];

/// The parts. Where one is missing, what stands there stays.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Parts {
    /// The state, and what to do next.
    pub hero: String,
    /// What is known about the VPN.
    pub facts: Option<String>,
    /// Keeping it on and turning it off.
    pub more: Option<String>,
    /// What came of what was pressed. It stands until the page is loaded again.
    #[serde(skip)]
    pub notice: String,
}

#[derive(Template)]
#[template(path = "hero.html")]
struct Hero<'a> {
    symbol: Symbol,
    class: &'a str,
    moving: bool,
    headline: &'a str,
    headline_room: String,
    next: String,
    next_room: String,
    wrong: bool,
    action: Action<'a>,
    caption: Vec<Timed>,
    reference: Option<Mention>,
}

/// What can be done at once, or how far it is.
enum Action<'a> {
    /// Nothing but to wait: how long.
    Say(Vec<Timed>),
    /// A button, and the hours that it sends.
    Press {
        path: &'static str,
        hours: Option<u8>,
        label: String,
    },
    Lead(&'a str),
    /// Which device's profile.
    Choose(&'a [Device]),
    Steps {
        label: &'a str,
        done: usize,
        of: usize,
    },
}

#[derive(Template)]
#[template(path = "facts.html")]
struct FactsPart {
    rows: [(&'static str, Timed); 3],
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice<'a> {
    headline: &'a str,
    next: &'a str,
    reference: Option<Mention>,
}

/// Words with the settings in their places.
pub(super) struct Words<'a> {
    pub(super) texts: &'a Texts,
    pub(super) config: &'a Config,
    idle: String,
}

impl<'a> Words<'a> {
    fn of(texts: &'a Texts, config: &'a Config) -> Self {
        Self { texts, config, idle: texts.time(config.vpn.rules.idle_time) }
    }

    pub(super) fn fill(&self, text: &str) -> String {
        fill(text, &[("from", USUAL_MINUTES.0), ("to", USUAL_MINUTES.1), ("idle", &self.idle)])
    }

    /// The widest headline and the widest next step of all that may come without loading the page.
    fn room(&self) -> (String, String) {
        let phases = Phase::ALL.map(|phase| (self.texts.phase)(phase));
        let problems = WHILE_WAITING.map(|kind| (self.texts.problem)(kind));
        let sayings: Vec<_> = phases.into_iter().chain(problems).chain([self.texts.ended]).collect();
        let headline = widest(sayings.iter().map(|saying| saying.headline));
        let Texts { in_use, keep, .. } = self.texts;
        let next = sayings.iter().map(|saying| saying.next).chain([*in_use, keep.ready, keep.in_use]);
        // What is wrong with a VPN that could not be turned on begins with that it is off.
        let off = WHILE_WAITING.into_iter().filter(|kind| !passes(*kind)).map(|kind| (self.texts.problem)(kind).next);
        let off = self.texts.sentences(self.texts.is_off, widest(off));
        (headline.to_owned(), self.fill(widest(next.chain([off.as_str()]))))
    }

    fn hero(&self, saying: Saying) -> Hero<'a> {
        let (headline_room, next_room) = self.room();
        Hero {
            symbol: icon::WRONG,
            class: "wrong",
            moving: false,
            headline: saying.headline,
            headline_room,
            next: self.fill(saying.next),
            next_room,
            wrong: false,
            action: Action::Say(Vec::new()),
            caption: Vec::new(),
            reference: None,
        }
    }
}

/// Of what was seen.
pub(super) fn of_view(
    texts: &Texts,
    config: &Config,
    view: &View,
    problem: Option<&Problem>,
    reference: &str,
) -> Parts {
    let words = Words::of(texts, config);
    let said = sentence::said(view, problem);
    let (answer, problem) = match problem {
        Some(problem) if sentence::only_answers(said, problem.kind) => (Some(problem), None),
        problem => (None, problem),
    };
    let hero = of_hero(&words, view, said, problem, reference, action(texts, view, said, problem));
    Parts {
        hero: render(&hero),
        facts: Some(render(&FactsPart { rows: facts(texts, view, said) })),
        more: Some(render(&more(&words, view, said))),
        notice: answer.map_or_else(String::new, |problem| {
            let Saying { headline, .. } = (texts.problem)(problem.kind);
            let next = &sentence::of_problem(texts, problem);
            render(&Notice { headline, next, reference: Mention::of(texts, config, problem, reference) })
        }),
    }
}

fn of_hero<'a>(
    words: &Words<'a>,
    view: &View,
    said: Phase,
    problem: Option<&Problem>,
    reference: &str,
    action: Action<'a>,
) -> Hero<'a> {
    let (saying, symbol) = headline(words.texts, said);
    Hero {
        symbol,
        class: word(said),
        moving: matches!(said, Phase::Starting | Phase::TurningOff | Phase::TurningOnAgain),
        next: words.fill(&sentence::next(words.texts, view, said, problem)),
        wrong: problem.is_some(),
        action,
        caption: if problem.is_some() { Vec::new() } else { caption(words, view, said) },
        reference: problem.and_then(|problem| Mention::of(words.texts, words.config, problem, reference)),
        ..words.hero(saying)
    }
}

/// The state with a button for what was pressed before the sign-in, where it can be done now.
pub(super) fn again(
    texts: &Texts,
    config: &Config,
    view: &View,
    problem: Option<&Problem>,
    again: Again,
) -> Option<String> {
    let words = Words::of(texts, config);
    let said = sentence::said(view, problem);
    let press = &texts.press;
    let more = more(&words, view, said);
    let label = match again {
        Again::On if matches!(action(texts, view, said, problem), Action::Press { .. }) => press.again_on.to_owned(),
        Again::Off if more.can_turn_off => press.again_off.to_owned(),
        Again::Keep(hours) if more.can_keep => {
            fill(press.again_keep, &[("time", &texts.time(SignedDuration::from_hours(i64::from(hours))))])
        }
        _ => return None,
    };
    let action = Action::Press { path: again.path(), hours: again.hours(), label };
    // What is wrong keeps its reference: nothing of it is said anew here.
    problem.is_none().then(|| render(&of_hero(&words, view, said, None, "", action)))
}

/// Above the state: what was pressed was not done.
pub(super) fn signed_in_again(texts: &Texts) -> String {
    let Saying { headline, next, .. } = texts.signed_in;
    render(&Notice { headline, next, reference: None })
}

/// Of what is wrong where nothing was seen.
pub(super) fn of_problem(texts: &Texts, config: &Config, problem: &Problem, reference: &str) -> Parts {
    let words = Words::of(texts, config);
    let press = &texts.press;
    let hero = Hero {
        next: sentence::of_problem(texts, problem),
        wrong: true,
        action: Action::Lead(match problem.kind {
            Kind::Identity => press.sign_in,
            Kind::BadRequest | Kind::OtherOrigin | Kind::NotFound | Kind::Method | Kind::NoProfile => press.open,
            _ => press.look,
        }),
        reference: Mention::of(texts, config, problem, reference),
        ..words.hero((texts.problem)(problem.kind))
    };
    Parts { hero: render(&hero), ..Parts::default() }
}

/// The sign-in is over.
pub(super) fn ended(texts: &Texts, config: &Config) -> Parts {
    let hero = Hero {
        symbol: icon::UNKNOWN,
        action: Action::Lead(texts.press.sign_in),
        // It is put in the place of a state, which has the room.
        headline_room: String::new(),
        next_room: String::new(),
        ..Words::of(texts, config).hero(texts.ended)
    };
    Parts { hero: render(&hero), ..Parts::default() }
}

/// After signing out.
pub(super) fn signed_out(texts: &Texts, config: &Config) -> Parts {
    let hero = Hero {
        symbol: icon::UNKNOWN,
        class: "unknown",
        action: Action::Lead(texts.press.sign_in),
        ..Words::of(texts, config).hero(texts.signed_out)
    };
    Parts { hero: render(&hero), ..Parts::default() }
}

/// Of several profiles that wait for her.
pub(super) fn of_devices(texts: &Texts, config: &Config, devices: &[Device]) -> Parts {
    let hero = Hero {
        symbol: icon::UNKNOWN,
        class: "unknown",
        action: Action::Choose(devices),
        ..Words::of(texts, config).hero(texts.profile.which)
    };
    Parts { hero: render(&hero), ..Parts::default() }
}

/// The rest of a page that has seen nothing yet and goes on looking.
pub(super) fn blank(texts: &Texts, config: &Config) -> (String, String) {
    let nothing = Share { done: 0, of: 0 };
    let view = View {
        phase: Phase::Off,
        subnets: nothing,
        failed_subnets: 0,
        routes: nothing,
        connected: 0,
        connected_or_more: false,
        on_for: None,
        turns_off_in: None,
        kept_for: None,
        closed_for: None,
    };
    let facts = &texts.facts;
    let rows = [facts.connected, facts.on_for, facts.turns_off].map(|label| (label, Timed::unknown()));
    (render(&FactsPart { rows }), render(&more(&Words::of(texts, config), &view, view.phase)))
}

fn action<'a>(texts: &'a Texts, view: &View, said: Phase, problem: Option<&Problem>) -> Action<'a> {
    let press = &texts.press;
    let on = |label: &str| Action::Press { path: Again::On.path(), hours: None, label: label.to_owned() };
    if let Some(time) = view.closed_for.filter(|_| said != Phase::Ready) {
        return Action::Say(vec![Timed::left(texts, texts.steps.opens_in, time)]);
    }
    match said {
        Phase::Off | Phase::TurningOff => on(press.on),
        Phase::Incomplete if problem.is_none() && view.failed_subnets == 0 => on(press.on),
        Phase::Incomplete | Phase::Failed => on(press.on_again),
        Phase::Ready | Phase::Starting | Phase::TurningOnAgain => {
            let (done, of) = share_of(view);
            Action::Steps { label: texts.steps.label, done, of }
        }
        Phase::Closed => Action::Say(Vec::new()),
    }
}

/// How much is done, of how much: whether a subnet or a route, only administrators need to know.
fn share_of(view: &View) -> (usize, usize) {
    (view.subnets.done + view.routes.done, view.subnets.of + view.routes.of)
}

fn caption(words: &Words<'_>, view: &View, said: Phase) -> Vec<Timed> {
    let texts = words.texts;
    let steps = &texts.steps;
    let (done, of) = share_of(view);
    let mut parts = vec![Timed::plain(fill(steps.so_many, &[("done", &done.to_string()), ("of", &of.to_string())]))];
    match said {
        Phase::Starting | Phase::TurningOnAgain => {
            parts.extend(view.on_for.map(|time| Timed::passed(texts, steps.so_far, time)));
            parts
        }
        Phase::Ready | Phase::Incomplete => parts,
        Phase::Off if view.closed_for.is_none() => vec![Timed::plain(words.fill(steps.usual))],
        // What goes has to be gone first, and what failed may fail again: neither takes the usual time.
        Phase::Off | Phase::TurningOff | Phase::Failed | Phase::Closed => Vec::new(),
    }
}

fn facts(texts: &Texts, view: &View, said: Phase) -> [(&'static str, Timed); 3] {
    let label = &texts.facts;
    let off = matches!(said, Phase::Off | Phase::Closed | Phase::Failed);
    let on_for = view.on_for.filter(|_| matches!(said, Phase::Ready | Phase::Incomplete));
    let turns_off = match view.turns_off_in {
        _ if off => Timed::unknown(),
        Some(time) => Timed::left(texts, label.in_time, time),
        None if is_on(view) && view.connected > 0 => Timed::plain(label.not_in_use),
        None => Timed::unknown(),
    };
    // AWS still lists a connection for a moment when what it went through is gone.
    let connected = if off && view.connected > 0 { Timed::unknown() } else { Timed::plain(connected(view)) };
    [
        (label.connected, connected),
        (label.on_for, on_for.map_or_else(Timed::unknown, |time| Timed::passed(texts, "{time}", time))),
        (label.turns_off, turns_off),
    ]
}

/// Writing into a string does not fail; should it, the log has it and the part stays empty.
pub(super) fn render(part: &impl Template) -> String {
    part.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a part of the page could not be written");
        String::new()
    })
}
