//! The parts of the page that change, as HTML. They always have the same structure and keep room for the longest words,
//! so that nothing moves under a finger when the state changes.

use askama::Template;
use jiff::SignedDuration;
use serde::Serialize;
use vpn_core::plan::{Phase, Share, View};

use super::{
    icon::{self, Symbol},
    words::{Timed, connected, widest, word},
};
use crate::{
    config::Config,
    problem::{Kind, Problem},
    profiles::Device,
    request,
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
    reference: String,
}

/// What can be done at once, or how far it is.
enum Action<'a> {
    /// Nothing but to wait: how long.
    Say(Vec<Timed>),
    On(&'a str),
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
#[template(path = "more.html")]
struct MorePart<'a> {
    texts: &'a Texts,
    keep_says: Timed,
    keep_room: String,
    keep: Vec<(u8, String)>,
    can_keep: bool,
    can_turn_off: bool,
    off_says: String,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice<'a> {
    headline: &'a str,
    next: &'a str,
    reference: String,
}

/// Words with the settings in their places.
struct Words<'a> {
    texts: &'a Texts,
    idle: String,
}

impl<'a> Words<'a> {
    fn of(texts: &'a Texts, config: &Config) -> Self {
        Self { texts, idle: texts.time(config.vpn.rules.idle_time) }
    }

    fn fill(&self, text: &str) -> String {
        fill(text, &[("from", USUAL_MINUTES.0), ("to", USUAL_MINUTES.1), ("idle", &self.idle)])
    }

    /// The widest headline and the widest next step of all that may come without loading the page.
    fn room(&self) -> (String, String) {
        let phases = Phase::ALL.map(|phase| (self.texts.phase)(phase));
        let problems = WHILE_WAITING.map(|kind| (self.texts.problem)(kind));
        let sayings: Vec<_> = phases.into_iter().chain(problems).chain([self.texts.ended]).collect();
        let headline = widest(sayings.iter().map(|saying| saying.headline));
        let next = sayings.iter().map(|saying| saying.next).chain([self.texts.keep.ready]);
        (headline.to_owned(), self.fill(widest(next)))
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
            reference: String::new(),
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
    let (answer, problem) = match problem {
        Some(problem) if answers(problem.kind) => (Some(problem), None),
        problem => (None, problem),
    };
    let (saying, symbol) = headline(texts, view, problem);
    let next = if view.phase == Phase::Ready && view.kept_for.is_some() { texts.keep.ready } else { saying.next };
    let stuck = is_stuck(view, problem);
    let hero = Hero {
        symbol,
        class: if stuck { "wrong" } else { word(view.phase) },
        moving: !stuck && matches!(view.phase, Phase::Starting | Phase::TurningOff | Phase::TurningOnAgain),
        next: problem.map_or_else(|| words.fill(next), |problem| next_of(texts, problem)),
        wrong: problem.is_some(),
        action: if stuck { Action::On(texts.press.on_again) } else { action(texts, view) },
        caption: if problem.is_some() || view.closed_for.is_some() { Vec::new() } else { caption(&words, view) },
        reference: problem.map(|problem| reference_of(texts, problem, reference)).unwrap_or_default(),
        ..words.hero(saying)
    };
    Parts {
        hero: render(&hero),
        facts: Some(render(&FactsPart { rows: facts(texts, view) })),
        more: Some(render(&more(&words, config, view))),
        notice: answer.map_or_else(String::new, |problem| {
            let Saying { headline, next, .. } = (texts.problem)(problem.kind);
            render(&Notice { headline, next, reference: reference_of(texts, problem, reference) })
        }),
    }
}

/// Of what is wrong where nothing was seen.
pub(super) fn of_problem(texts: &Texts, config: &Config, problem: &Problem, reference: &str) -> Parts {
    let words = Words::of(texts, config);
    let press = &texts.press;
    let hero = Hero {
        next: next_of(texts, problem),
        wrong: true,
        action: Action::Lead(match problem.kind {
            Kind::Identity => press.sign_in,
            Kind::BadRequest | Kind::OtherOrigin | Kind::NotFound | Kind::Method | Kind::NoProfile => press.open,
            _ => press.look,
        }),
        reference: reference_of(texts, problem, reference),
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
        symbol: Symbol::of(Phase::Off),
        class: "off",
        action: Action::Lead(texts.press.sign_in),
        ..Words::of(texts, config).hero(texts.signed_out)
    };
    Parts { hero: render(&hero), ..Parts::default() }
}

/// Of several profiles that wait for her.
pub(super) fn of_devices(texts: &Texts, config: &Config, devices: &[Device]) -> Parts {
    let hero = Hero {
        symbol: Symbol::of(Phase::Ready),
        class: "off",
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
    (render(&FactsPart { rows }), render(&more(&Words::of(texts, config), config, &view)))
}

/// What stands above everything, and in the title.
pub(super) fn headline(texts: &Texts, view: &View, problem: Option<&Problem>) -> (Saying, Symbol) {
    match problem.filter(|_| is_stuck(view, problem)) {
        Some(problem) => ((texts.problem)(problem.kind), icon::WRONG),
        None => ((texts.phase)(view.phase), Symbol::of(view.phase)),
    }
}

/// Somebody asked for it, but nothing of it could even begin: "starting" would promise what does not come.
fn is_stuck(view: &View, problem: Option<&Problem>) -> bool {
    problem.is_some_and(|problem| problem.nothing_began) && view.phase == Phase::Starting && !is_on(view)
}

/// Whether it only tells what came of what was pressed: the state itself is as it is.
fn answers(kind: Kind) -> bool {
    matches!(kind, Kind::InUse | Kind::NotOn | Kind::PartlyOff)
}

fn next_of(texts: &Texts, problem: &Problem) -> String {
    let next = (texts.problem)(problem.kind).next;
    if problem.nothing_changed { format!("{} {next}", texts.nothing_changed) } else { next.to_owned() }
}

/// Only where somebody has to look into the log.
fn reference_of(texts: &Texts, problem: &Problem, reference: &str) -> String {
    match problem.kind {
        Kind::NotFound | Kind::NoProfile | Kind::Method | Kind::InUse | Kind::NotOn => String::new(),
        _ => fill(texts.reference, &[("reference", reference)]),
    }
}

fn action<'a>(texts: &'a Texts, view: &View) -> Action<'a> {
    let press = &texts.press;
    let steps = Action::Steps {
        label: texts.steps.label,
        done: view.subnets.done + view.routes.done,
        of: view.subnets.of + view.routes.of,
    };
    if let Some(time) = view.closed_for {
        return Action::Say(vec![Timed::left(texts, texts.steps.opens_in, time)]);
    }
    match view.phase {
        Phase::Off | Phase::Incomplete | Phase::TurningOff => Action::On(press.on),
        Phase::Failed => Action::On(press.on_again),
        Phase::Ready if view.failed_subnets > 0 => Action::On(press.on_again),
        Phase::Ready | Phase::Starting | Phase::TurningOnAgain => steps,
        Phase::Closed => Action::Say(Vec::new()),
    }
}

fn caption(words: &Words<'_>, view: &View) -> Vec<Timed> {
    let texts = words.texts;
    let steps = &texts.steps;
    let share = |text, share: Share| {
        Timed::plain(fill(text, &[("done", &share.done.to_string()), ("of", &share.of.to_string())]))
    };
    let mut parts = vec![share(steps.subnets, view.subnets)];
    if view.routes.of > 0 {
        parts.push(share(steps.routes, view.routes));
    }
    match view.phase {
        Phase::Starting | Phase::TurningOnAgain => {
            parts.extend(view.on_for.map(|time| Timed::passed(texts, steps.so_far, time)));
            parts
        }
        Phase::Ready | Phase::Incomplete => parts,
        Phase::Off | Phase::TurningOff | Phase::Failed | Phase::Closed => vec![Timed::plain(words.fill(steps.usual))],
    }
}

fn facts(texts: &Texts, view: &View) -> [(&'static str, Timed); 3] {
    let label = &texts.facts;
    let on_for = view.on_for.filter(|_| !matches!(view.phase, Phase::Starting | Phase::Failed));
    let turns_off = match view.turns_off_in {
        Some(time) => Timed::left(texts, label.in_time, time),
        None if is_on(view) && view.connected > 0 => Timed::plain(label.not_in_use),
        None => Timed::unknown(),
    };
    [
        (label.connected, Timed::plain(connected(view))),
        (label.on_for, on_for.map_or_else(Timed::unknown, |time| Timed::passed(texts, "{time}", time))),
        (label.turns_off, turns_off),
    ]
}

/// Whatever is on tells for how long, or when it turns off.
fn is_on(view: &View) -> bool {
    view.on_for.is_some() || view.turns_off_in.is_some()
}

fn more<'a>(words: &Words<'a>, config: &Config, view: &View) -> MorePart<'a> {
    let texts = words.texts;
    let can_keep = is_on(view) && view.closed_for.is_none() && view.phase != Phase::Failed;
    let within_limit = |hours: &u8| SignedDuration::from_hours(i64::from(*hours)) <= config.vpn.rules.keep_limit;
    let label = |hours: u8| match hours {
        1 => texts.keep.hour.to_owned(),
        hours => fill(texts.keep.hours, &[("hours", &hours.to_string())]),
    };
    MorePart {
        texts,
        keep_says: match view.kept_for {
            _ if !can_keep => Timed::plain(texts.keep.not_on),
            Some(time) => Timed::left(texts, texts.keep.kept, time),
            None => Timed::plain(texts.keep.why),
        },
        keep_room: widest([texts.keep.why, texts.keep.kept, texts.keep.not_on].into_iter())
            .replace("{time}", &texts.time(SignedDuration::from_mins(7 * 60 + 59))),
        keep: request::HOURS.into_iter().filter(within_limit).map(|hours| (hours, label(hours))).collect(),
        can_keep,
        can_turn_off: is_on(view) && view.connected == 0,
        off_says: words.fill(match (is_on(view), view.connected) {
            (false, _) => texts.off.not_on,
            (true, 0) => texts.off.means,
            (true, _) => texts.off.in_use,
        }),
    }
}

/// Writing into a string does not fail; should it, the log has it and the part stays empty.
pub(super) fn render(part: &impl Template) -> String {
    part.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a part of the page could not be written");
        String::new()
    })
}
