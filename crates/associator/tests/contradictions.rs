//! Every state with every fact: nothing on a page contradicts its one sentence.

mod common;

use associator::{
    config::Config,
    page::{PageState, icon::Symbol, word},
    problem::{Kind, Problem},
    texts::{Texts, all, english, fill},
};
use common::config;
use jiff::SignedDuration;
use vpn_core::plan::{Phase, Share, View};

const fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

fn view(phase: Phase) -> View {
    View { subnets: Share { done: 0, of: 2 }, ..common::view(phase) }
}

/// Whether a fact is so, in every way.
fn ways<T>(facts: Vec<T>, with: impl Fn(&T) -> Vec<T>) -> Vec<T> {
    facts.iter().flat_map(with).collect()
}

/// Every phase with every fact, also where the rules would not bring them together today.
fn views() -> Vec<View> {
    let mut views: Vec<_> = Phase::ALL.map(view).into();
    views = ways(views, |view| {
        [(0, 0), (1, 0), (2, 0), (1, 1), (0, 2)]
            .map(|(done, failed_subnets)| View { subnets: Share { done, of: 2 }, failed_subnets, ..view.clone() })
            .into()
    });
    views = ways(views, |view| [0, 1, 20].map(|connected| View { connected, ..view.clone() }).into());
    views = ways(views, |view| {
        [(None, None), (Some(minutes(8)), None), (Some(minutes(8)), Some(minutes(19)))]
            .map(|(on_for, turns_off_in)| View { on_for, turns_off_in, ..view.clone() })
            .into()
    });
    views = ways(views, |view| [None, Some(minutes(200))].map(|kept_for| View { kept_for, ..view.clone() }).into());
    ways(views, |view| [None, Some(minutes(90))].map(|closed_for| View { closed_for, ..view.clone() }).into())
}

fn problems() -> Vec<Option<Problem>> {
    let of = |kind: Kind| {
        [(false, false), (true, true), (false, true)]
            .map(|(nothing_changed, nothing_began)| Some(Problem { nothing_changed, nothing_began, ..kind.into() }))
    };
    [None].into_iter().chain(Kind::ALL.into_iter().flat_map(of)).collect()
}

/// A page, taken apart.
struct Shown {
    said: Phase,
    state: PageState,
    hero: String,
    facts: String,
    more: String,
}

impl Shown {
    fn of(texts: &Texts, config: &Config, view: &View, problem: Option<&Problem>) -> Self {
        let state = PageState::of(texts, config, view, problem, "ref-1");
        let [hero, facts, more] = [Some(&state.parts.hero), state.parts.facts.as_ref(), state.parts.more.as_ref()]
            .map(|part| common::unbroken(part.expect("a part")));
        Self { said: state.phase.expect("a sentence"), hero, facts, more, state }
    }

    fn says(&self, text: &str) -> bool {
        // Up to the first place that is filled in, without the room that is kept for other words.
        let text = text.split('{').next().unwrap_or_default();
        let said = self.hero.split("<svg").nth(1).unwrap_or_default();
        said.contains(text)
    }

    /// Whether this is what happens or what to do next.
    fn goes_on(&self, text: &str) -> bool {
        self.says(&format!("<p>{text}"))
    }

    fn turns_on(&self) -> bool {
        self.hero.contains("action=\"/on\"")
    }
}

/// What is wrong with how a page says it.
fn contradictions(texts: &Texts, view: &View, problem: Option<&Problem>, shown: &Shown) -> Vec<&'static str> {
    let said = shown.said;
    let saying = (texts.phase)(said);
    let symbol = Symbol::of(said);
    let off = matches!(said, Phase::Off | Phase::Closed | Phase::Failed);
    let wrong = shown.hero.contains("class=\"wrong\"");
    let works = view.subnets.done > 0 || view.connected > 0;
    [
        // The sentence itself.
        (said == Phase::Ready && view.failed_subnets > 0, "ready, though a network could not be connected"),
        (said == Phase::Failed && works, "could not be turned on, though some of it works"),
        (said == Phase::Failed && !shown.says(texts.is_off), "what is wrong, without that it is off"),
        // All that shows it.
        (!shown.says(&format!("<h1>{}</h1>", saying.headline)), "another headline"),
        (!shown.hero.contains(&format!("class=\"state {}", word(said))), "another colour"),
        (!shown.hero.contains(&format!("class=\"symbol {}", symbol.class)), "another symbol"),
        (shown.state.icon != symbol.address(), "another icon"),
        (!shown.state.title.starts_with(saying.short), "another title"),
        // What is wrong, and what comes next.
        (
            wrong && matches!(said, Phase::Ready | Phase::TurningOff | Phase::Closed),
            "something wrong below a state that is well",
        ),
        (problem.is_some() && !wrong && shown.state.parts.notice.is_empty(), "nothing of what is wrong"),
        (
            said != Phase::Ready
                && [saying_of(texts, Phase::Ready), texts.keep.ready].iter().any(|text| shown.goes_on(text)),
            "connect now, though it is not ready",
        ),
        (
            view.connected > 0
                && [saying_of(texts, Phase::Ready), texts.keep.ready].iter().any(|text| shown.goes_on(text)),
            "connect now, while a device is connected",
        ),
        (view.closed_for.is_some() && shown.turns_on(), "a button that turns on what is closed"),
        (
            view.closed_for.is_some()
                && [Phase::TurningOff, Phase::Incomplete].iter().any(|phase| shown.goes_on(saying_of(texts, *phase))),
            "turn it on, though it is closed",
        ),
        (said == Phase::Ready && shown.turns_on(), "turn on, though it is ready"),
        (
            said != Phase::Off && shown.hero.contains(&fill(texts.steps.usual, &[("from", "2"), ("to", "10")])),
            "the usual time, though it is not off",
        ),
        // Numbers.
        (off && shown.facts.contains("data-left"), "turns off, though it is not on"),
        (off && shown.facts.contains("data-passed"), "on for some time, though it is not on"),
        (off && shown.facts.contains(texts.facts.not_in_use), "turns off after use, though it is not on"),
        (
            off && (shown.facts.contains("<dd>1</dd>") || shown.facts.contains("<dd>20</dd>")),
            "devices connected to what is off",
        ),
        // Keeping it on, and turning it off.
        (
            off && (shown.more.contains("action=\"/off\"") || !shown.more.contains(" disabled")),
            "buttons for what is on",
        ),
        (off && shown.more.contains("data-left"), "kept on, though it is off"),
        (
            said == Phase::Ready && (view.on_for.is_some()) && shown.says(texts.keep.not_on),
            "once it is on, though it is",
        ),
        (
            view.connected > 0 && shown.more.contains("action=\"/off\""),
            "turned off by hand while a device is connected",
        ),
    ]
    .into_iter()
    .filter_map(|(is_so, what)| is_so.then_some(what))
    .collect()
}

fn saying_of(texts: &Texts, phase: Phase) -> &'static str {
    (texts.phase)(phase).next
}

#[test]
fn nothing_contradicts_the_sentence_of_state() {
    let (config, views, problems) = (config(), views(), problems());
    let mut found = std::collections::BTreeMap::new();
    let mut tried = 0_usize;
    for (index, view) in views.iter().enumerate() {
        for (number, problem) in problems.iter().enumerate() {
            // All four languages say it; which says what makes no difference to the rest.
            let texts = all()[(index + number) % 4];
            let shown = Shown::of(texts, &config, view, problem.as_ref());
            tried += 1;
            for what in contradictions(texts, view, problem.as_ref(), &shown) {
                found.entry(what).or_insert_with(|| format!("{}: {view:?} {problem:?}", texts.language));
            }
        }
    }
    assert_eq!(tried, 8 * 5 * 3 * 3 * 2 * 2 * (1 + 20 * 3));
    assert!(found.is_empty(), "{found:#?}");
}

/// As the rules bring them about, and in words.
#[test]
fn what_contradicted_itself_says_one_thing() {
    let config = config();
    let on = View { on_for: Some(minutes(8)), turns_off_in: Some(minutes(19)), ..view(Phase::Ready) };
    let both = Share { done: 2, of: 2 };
    for (what, view, problem, said, has, has_not) in [
        (
            "connect now, while a device is connected",
            View { connected: 1, turns_off_in: None, subnets: both, ..on.clone() },
            None,
            Phase::Ready,
            "If this device is not connected yet",
            "Connect in your VPN app now",
        ),
        (
            "ready, above a network that could not be connected",
            View { failed_subnets: 1, subnets: Share { done: 1, of: 2 }, ..on.clone() },
            Some(Kind::AssociationFailed.into()),
            Phase::Incomplete,
            "A network could not be connected.",
            "green",
        ),
        (
            "turns off in 19 min, below failed",
            View { phase: Phase::Failed, failed_subnets: 2, ..on.clone() },
            Some(Kind::AssociationFailed.into()),
            Phase::Failed,
            "<dt>Turns off</dt><dd>–</dd>",
            "19 min",
        ),
        (
            "a network was not accepted, without that it is off",
            view(Phase::Starting),
            Some(Problem { nothing_began: true, ..Kind::Subnet.into() }),
            Phase::Failed,
            "The VPN is off. A network does not fit",
            "<h1>A network was not accepted",
        ),
        (
            "a route is missing, and a device is connected",
            View { phase: Phase::Failed, subnets: both, connected: 1, ..on.clone() },
            Some(Kind::RouteFailed.into()),
            Phase::Incomplete,
            "A route is missing",
            "could not be turned on",
        ),
        (
            "turning off and closed",
            View { closed_for: Some(minutes(90)), ..view(Phase::TurningOff) },
            None,
            Phase::TurningOff,
            "Your administrator",
            "turn it on: it starts again",
        ),
    ] {
        let shown = Shown::of(english(), &config, &view, problem.as_ref());
        assert_eq!(shown.said, said, "{what}");
        let hero = shown.hero.split("<svg").nth(1).expect("a hero");
        let page = format!("{hero}{}{}", shown.facts, shown.more);
        assert!(page.contains(has) && !page.contains(has_not), "{what}: {page}");
    }
}
