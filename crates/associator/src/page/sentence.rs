//! The one sentence of state. Whatever else the page shows follows from it: symbol, title, next step, numbers, buttons.

use vpn_core::plan::{Phase, View};

use super::icon::Symbol;
use crate::{
    problem::{Kind, Problem},
    texts::{Saying, Texts},
};

/// What the page says is so, from what was seen and what is wrong.
pub(super) fn said(view: &View, problem: Option<&Problem>) -> Phase {
    let works_in_part = view.subnets.done > 0 || view.connected > 0;
    let phase = match view.phase {
        // Asked for, but nothing of it could even begin: "starting" would promise what does not come.
        Phase::Starting if problem.is_some_and(|problem| problem.nothing_began) && !is_on(view) => Phase::Failed,
        phase => phase,
    };
    match phase {
        // Nothing goes on while it is closed.
        Phase::Starting if view.closed_for.is_some() => Phase::Incomplete,
        // What does not work of it must not stand below "ready", nor what works of it below "could not be turned on".
        Phase::Ready if view.failed_subnets > 0 => Phase::Incomplete,
        Phase::Failed if works_in_part => Phase::Incomplete,
        phase => phase,
    }
}

/// What stands above everything, and in the title.
pub(super) fn headline(texts: &Texts, said: Phase) -> (Saying, Symbol) {
    ((texts.phase)(said), Symbol::of(said))
}

/// Whether a problem only answers what was pressed, and stands above a state that is as it was.
pub(super) fn only_answers(said: Phase, kind: Kind) -> bool {
    matches!(said, Phase::Ready | Phase::TurningOff | Phase::Closed)
        || matches!(kind, Kind::InUse | Kind::NotOn | Kind::PartlyOff)
}

/// What happens or what to do next.
pub(super) fn next(texts: &Texts, view: &View, said: Phase, problem: Option<&Problem>) -> String {
    let own = (texts.phase)(said).next;
    let next = match (said, problem) {
        (Phase::Failed, problem) => {
            let next = problem.map_or(own, |problem| (texts.problem)(problem.kind).next);
            return texts.sentences(texts.is_off, next);
        }
        (_, Some(problem)) => return of_problem(texts, problem),
        (Phase::Ready, None) => match (view.kept_for.is_some(), view.connected > 0) {
            (false, false) => own,
            (false, true) => texts.in_use,
            (true, false) => texts.keep.ready,
            (true, true) => texts.keep.in_use,
        },
        (Phase::TurningOff | Phase::Incomplete, None) if view.closed_for.is_some() => (texts.phase)(Phase::Closed).next,
        _ => own,
    };
    next.to_owned()
}

/// Of what is wrong.
pub(super) fn of_problem(texts: &Texts, problem: &Problem) -> String {
    let next = (texts.problem)(problem.kind).next;
    if problem.nothing_changed { texts.sentences(texts.nothing_changed, next) } else { next.to_owned() }
}

/// Whatever is on tells for how long, or when it turns off.
pub(super) fn is_on(view: &View) -> bool {
    view.on_for.is_some() || view.turns_off_in.is_some()
}
