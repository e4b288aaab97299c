//! What must be so when an invocation has ended, and when a page shows something. Written from the design, as `rules.rs` is.

use serde_json::Value;
use vpn_core::{
    Error,
    apply::Applied,
    audit::{Action, Outcome},
    error::CallError,
    marks::Mark,
    meaning::{Meaning, meaning},
    model::{AssociationId, AssociationState, RouteState},
    plan::Trigger,
};

use crate::{
    calls::Request,
    role::Role,
    run::{Ended, Run, Why, stays},
    verdict::{AUDITED, Checked, broken},
};

/// Every change that AWS answered has a line, in the same order, that says who, what and how it went.
fn lines_tell(run: &Run) -> Checked {
    let lines = run.wire.take_audit_lines();
    if run.log.heard.len() != lines.len() {
        return broken(AUDITED, format!("{} changes, {} lines", run.log.heard.len(), lines.len()));
    }
    let Why::Step(trigger) = run.why else {
        return Ok(());
    };
    for ((request, error), line) in run.log.heard.iter().zip(&lines) {
        let action = match (request, trigger) {
            (Request::SetMarks(_), _) => Action::SetMarks,
            (Request::RemoveMarks(_), _) => Action::RemoveMarks,
            (Request::Associate(_), _) => Action::Associate,
            (Request::CreateRoute(..), _) => Action::CreateRoute,
            (Request::Disassociate(_), Trigger::Opening | Trigger::AdminOn) => Action::ClearFailed,
            (Request::Disassociate(_), _) => Action::Disassociate,
            _ => Action::SetAlarmState,
        };
        let told = match (error.as_ref().map(meaning), &line.outcome) {
            (None, outcome) => *outcome == Outcome::Accepted,
            (Some(Meaning::Already | Meaning::Gone), Outcome::Already) => true,
            // The wanted subnet itself may have taken it.
            (Some(Meaning::ZoneTaken), Outcome::Accepted) => true,
            (Some(_), outcome) => matches!(outcome, Outcome::Failed(_)),
        };
        if line.action != action || line.trigger != trigger || !told {
            return broken(AUDITED, format!("{request:?} was answered {error:?}, and the line says {line:?}"));
        }
    }
    Ok(())
}

/// Checks an invocation that came to its end.
pub fn ends(run: &Run, ended: &Ended) -> Checked {
    lines_tell(run)?;
    tells(run, ended)?;
    leaves_none(run, ended)
}

/// What is not there is gone after all, or was taken by whom it is for: that counts as done.
fn is_done(request: &Request, error: Option<&CallError>) -> bool {
    match error.map(meaning) {
        None | Some(Meaning::Already) => true,
        Some(Meaning::Gone) => matches!(request, Request::Disassociate(_)),
        Some(Meaning::ZoneTaken) => matches!(request, Request::Associate(_)),
        Some(_) => false,
    }
}

/// A change that is told as done was sent, and AWS took it; one that AWS took is not told as failed.
fn tells(run: &Run, ended: &Ended) -> Checked {
    let heard = |is: &dyn Fn(&Request) -> bool| run.log.heard.iter().find(|(request, _)| is(request));
    let told = |words: &str, is_told_done: bool, is: &dyn Fn(&Request) -> bool| {
        let heard = heard(is);
        let right = match is_told_done {
            true => heard.is_some_and(|(request, error)| is_done(request, error.as_ref())),
            false => heard.is_none_or(|(_, error)| error.is_some()),
        };
        match right {
            true => Ok(()),
            false => broken(TOLD, format!("{words}, told as done: {is_told_done}, heard: {heard:?}")),
        }
    };
    match ended {
        Ended::Answered(answer) => {
            let body = body(answer);
            for one in listed(&body, "Results").iter().chain(listed(&body, "Changes")) {
                let words = one["AssociationId"].as_str().or(one["Change"].as_str()).unwrap_or_default();
                told(words, one.get("Error").is_none(), &|request| match request {
                    Request::Disassociate(id) => id.as_str() == words || words.starts_with(&format!("clear {id} of ")),
                    Request::Associate(subnet) => format!("associate {subnet}") == words,
                    Request::CreateRoute(to, subnet) => format!("create route {to} through {subnet}") == words,
                    _ => false,
                })?;
            }
            Ok(())
        }
        Ended::Stepped(Ok(step)) => step.applied.iter().flatten().try_for_each(|Applied { change, result }| {
            told(&change.to_string(), result.is_ok(), &|request| request.makes(change))
        }),
        Ended::Replied(reply) if reply["statusCode"] == 303 => leads_on(run),
        Ended::Replied(_) | Ended::Stepped(Err(_)) | Ended::Looked(_) => Ok(()),
    }
}

/// Whoever is led to the page is told that their wish was taken: its mark is written, and what was to go goes.
fn leads_on(run: &Run) -> Checked {
    let is_mark = |request: &Request| matches!(request, Request::SetMarks(_) | Request::RemoveMarks(_));
    let refused = |(request, error): &&(Request, Option<CallError>)| {
        is_mark(request)
            && error
                .as_ref()
                .is_some_and(|error| !matches!(request, Request::RemoveMarks(_)) || meaning(error) != Meaning::Gone)
    };
    let comes_last = |request: &Request| match request {
        Request::SetMarks(marks) => marks.iter().all(|(mark, _)| *mark == Mark::ReadySince),
        Request::RemoveMarks(marks) => marks.iter().all(|(mark, _)| *mark == Mark::ReadySince),
        _ => false,
    };
    if let Some((request, error)) = run.log.heard.iter().filter(|(request, _)| !comes_last(request)).find(refused) {
        return broken(TOLD, format!("led to the page, though {request:?} was answered {error:?}"));
    }
    let goes = |id: &AssociationId| {
        run.log.heard.iter().any(|(request, error)| {
            matches!(request, Request::Disassociate(of) if of == id) && is_done(request, error.as_ref())
        })
    };
    let all = run.log.associations.as_deref().unwrap_or_default();
    match all.iter().find(|association| stays(&association.state) && !goes(&association.id)) {
        Some(left) if run.why == Why::Step(Trigger::Off) => {
            broken(TOLD, format!("led to the page as if all was off, though {} was not disassociated", left.id))
        }
        _ => Ok(()),
    }
}

const TOLD: &str = "what is told as done was done";

/// The body of an answer, or of the error that has one.
fn body(answer: &Result<disassociator::answer::Answer, Error>) -> Value {
    let text = match answer {
        Ok(answer) => answer.body.as_str(),
        Err(Error::Incomplete(body) | Error::Unfinished(body)) => body.as_str(),
        Err(_) => return Value::Null,
    };
    serde_json::from_str(text).unwrap_or_default()
}

fn listed<'a>(body: &'a Value, what: &str) -> &'a [Value] {
    body[what].as_array().map_or(&[], Vec::as_slice)
}

/// What turns off takes everything, whatever fails, but what there was no time left for, and one of it all the same where
/// nobody waits; and then the run fails, so that Lambda tries again, or an administrator is told.
fn leaves_none(run: &Run, ended: &Ended) -> Checked {
    let Why::Step(Trigger::Schedule | Trigger::Alarm | Trigger::Off | Trigger::Force { .. }) = run.why else {
        return Ok(());
    };
    let sent =
        |id: &str| run.log.sent.iter().any(|sent| matches!(sent, Request::Disassociate(of) if of.as_str() == id));
    let all = run.log.associations.as_deref().unwrap_or_default();
    let missed = all.iter().find(|association| stays(&association.state) && !sent(association.id.as_str()));
    match missed {
        Some(missed) if !ran_out(run) && all.iter().any(|association| sent(association.id.as_str())) => {
            broken("no failure stops the others", format!("{} was not disassociated", missed.id))
        }
        Some(missed) if turns_off(ended) && !has_begun(run) => {
            broken("one change is begun whatever the time", format!("{} was not disassociated", missed.id))
        }
        Some(missed) if matches!(ended, Ended::Answered(Ok(answer)) if answer.body.contains("\"Results\"")) => {
            broken("what is left for want of time fails the run", format!("{} was not disassociated", missed.id))
        }
        _ => Ok(()),
    }
}

/// Whether the disassociator had decided to turn off, and written the marks that come first.
fn turns_off(ended: &Ended) -> bool {
    matches!(ended, Ended::Answered(answer) if body(answer)["Results"].is_array())
}

/// Whether a function where nobody waits has begun a change.
pub fn has_begun(run: &Run) -> bool {
    let begins =
        |sent: &Request| matches!(sent, Request::Associate(_) | Request::Disassociate(_) | Request::CreateRoute(..));
    run.role == Role::Disassociator && run.log.sent.iter().any(begins)
}

/// Whether the function's time limit had passed when it last could have begun something.
pub fn ran_out(run: &Run) -> bool {
    run.log.heard_at.duration_since(run.began) >= run.limit()
}

/// A page never shows *ready* while something wanted that works is missing, as far as its last read could know.
pub fn shows_ready(run: &Run) -> Checked {
    const RULE: &str = "a page shows ready only when it is";
    let listed = run.log.associations.as_deref().unwrap_or_default();
    let mut on = 0;
    for subnet in &run.rules.subnets {
        let has = |state: AssociationState| listed.iter().any(|a| a.subnet == subnet.as_str() && a.state == state);
        if !has(AssociationState::Associated) {
            let failed = has(AssociationState::AssociationFailed);
            if !failed {
                return broken(RULE, format!("{subnet} is not associated"));
            }
            continue;
        }
        on += 1;
        for route in &run.rules.routes {
            let active = run.log.routes.iter().flatten().any(|listed| {
                listed.subnet == subnet.as_str()
                    && listed.destination == route.as_str()
                    && listed.state == RouteState::Active
            });
            if !active {
                return broken(RULE, format!("the route {route} through {subnet} is missing"));
            }
        }
    }
    match on {
        0 => broken(RULE, "nothing is associated"),
        _ => Ok(()),
    }
}
