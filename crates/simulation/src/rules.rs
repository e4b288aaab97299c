//! What must never happen, checked at every call an invocation sends; `ends.rs` checks what became of it. Written from the
//! design, not from the plan: both use nothing of `vpn_core` that decides.

use jiff::{SignedDuration, Timestamp};
use vpn_core::{
    marks::{Mark, RawMarks},
    meaning::{Meaning, meaning},
    model::{AssociationState, ConnectionEnd, ConnectionState, EndpointState, Route, RouteState},
    plan::Trigger,
};

use crate::{
    calls::Request,
    ends,
    role::Role,
    run::{Run, Why, stays},
    truth::Truth,
    verdict::{AHEAD, AUDITED, Checked, KEPT, MINUTE, broken, read, unfinished_from},
};

/// Checks what an invocation is about to send.
pub fn sends(run: &Run, request: &Request, now: Timestamp, truth: &Truth) -> Checked {
    audited(run, request)?;
    begun_in_time(run, request, now)?;
    let Why::Step(trigger) = run.why else {
        return match request.is_change() {
            true => broken("a look changes nothing", format!("it sends {request:?}")),
            false => Ok(()),
        };
    };
    match request {
        Request::SetMarks(marks) => marks.iter().try_for_each(|(mark, at)| sets_mark(run, trigger, *mark, *at)),
        Request::RemoveMarks(marks) => removes_marks(run, trigger, marks),
        Request::Associate(subnet) => associates(run, trigger, subnet.as_str()),
        Request::CreateRoute(_, subnet) => creates_route(run, trigger, subnet.as_str()),
        Request::Disassociate(id) => disassociates(run, trigger, id.as_str(), truth),
        Request::SetAlarmOk(_) if !matches!(trigger, Trigger::Alarm | Trigger::AdminOn) => {
            broken("only its own event, and what no metric shows, sets the alarm", trigger.as_str())
        }
        _ => Ok(()),
    }
}

/// Every change that was answered has its line before anything else is changed.
fn audited(run: &Run, next: &Request) -> Checked {
    let heard = run.log.heard.len();
    let lines = run.wire.audit_lines();
    // A taken zone is looked at before it is known how the change went.
    let looks = matches!(next, Request::Associations)
        && run.log.heard.last().and_then(|(_, error)| error.as_ref()).map(meaning) == Some(Meaning::ZoneTaken);
    match heard == lines || looks && heard == lines + 1 {
        true => Ok(()),
        false => broken(AUDITED, format!("{heard} changes, {lines} lines")),
    }
}

/// Whoever waits for the answer does not wait for what the next step does as well: nothing is begun after the limit. The
/// marks that stand before every change are written all the same, `ready-since`, which comes last, is not.
fn begun_in_time(run: &Run, request: &Request, now: Timestamp) -> Checked {
    let begins = match request {
        Request::Associate(_) | Request::Disassociate(_) | Request::CreateRoute(..) => true,
        Request::SetMarks(marks) => marks.iter().all(|(mark, _)| *mark == Mark::ReadySince),
        Request::RemoveMarks(marks) => marks.iter().all(|(mark, _)| *mark == Mark::ReadySince),
        _ => false,
    };
    let taken = now.duration_since(run.began);
    let is_change =
        |sent: &Request| matches!(sent, Request::Associate(_) | Request::Disassociate(_) | Request::CreateRoute(..));
    // Nobody waits for the disassociator: its first change is begun all the same.
    let first = run.role == Role::Disassociator && is_change(request) && !run.log.sent.iter().any(is_change);
    match begins && !first && taken >= run.limit() {
        true => broken("no change is begun after the time limit", format!("{request:?} after {taken:#}")),
        false => Ok(()),
    }
}

fn sets_mark(run: &Run, trigger: Trigger, mark: Mark, at: Timestamp) -> Checked {
    const RULE: &str = "a mark is written by whom, when and as it should be";
    let ahead = at.duration_since(run.now);
    let right = match (mark, trigger) {
        (Mark::LastRequest, Trigger::Opening | Trigger::AdminOn) => {
            let stored = read(run.log.mark(mark), run.now, AHEAD);
            // Who could not look does not know what is stored.
            let unknown = run.log.snapshot().is_none();
            (SignedDuration::ZERO..MINUTE).contains(&ahead) && (unknown || stored.is_none_or(|stored| stored < at))
        }
        (Mark::KeepUntil, Trigger::Keep(time) | Trigger::AdminKeep(time)) => {
            let stored = read(run.log.mark(mark), run.now, KEPT);
            // Employees get less than they ask for; what an administrator asks for is refused or whole.
            let time = if matches!(trigger, Trigger::Keep(_)) { time.min(run.rules.keep_limit) } else { time };
            ahead <= KEPT && (time..time + MINUTE).contains(&ahead) && stored.is_none_or(|stored| stored < at)
        }
        (Mark::OnSince, Trigger::Off | Trigger::Force { .. }) => false,
        (Mark::ReadySince, Trigger::Off | Trigger::Force { .. }) => false,
        (Mark::ReadySince, _) => {
            let now = (SignedDuration::ZERO - MINUTE..=SignedDuration::ZERO).contains(&ahead);
            now && run.log.endpoint.as_ref().is_some_and(|it| unseen(&it.marks, run).is_some())
                && ends::shows_ready(run).is_ok()
        }
        (Mark::OnSince, _) => (SignedDuration::ZERO - MINUTE..=SignedDuration::ZERO).contains(&ahead),
        (Mark::ClosedUntil, Trigger::Force { closed_for: Some(time) }) => (time..time + MINUTE).contains(&ahead),
        _ => false,
    };
    match right {
        true => Ok(()),
        false => broken(RULE, format!("{} writes {}={at} at {}", trigger.as_str(), mark.key(), run.now)),
    }
}

fn removes_marks(run: &Run, trigger: Trigger, marks: &[(Mark, Option<Timestamp>)]) -> Checked {
    const RULE: &str = "a mark is removed by whom and when it should be";
    closed_first(run, trigger)?;
    for (mark, _) in marks {
        let right = match (mark, trigger) {
            (Mark::LastRequest | Mark::KeepUntil, Trigger::Force { .. }) => true,
            (Mark::LastRequest | Mark::KeepUntil, Trigger::Off) => !shows_use(run),
            (Mark::ClosedUntil, Trigger::AdminOpen) => true,
            (Mark::OnSince | Mark::ReadySince, _) => {
                run.log.associations.iter().flatten().all(|association| !stays(&association.state))
            }
            _ => false,
        };
        if !right {
            return broken(RULE, format!("{} removes {}", trigger.as_str(), mark.key()));
        }
    }
    Ok(())
}

/// Whether the last reading showed a connection in use.
fn shows_use(run: &Run) -> bool {
    run.log.last_connections().iter().any(|connection| connection.state != ConnectionState::Terminated)
}

/// [`unfinished_from`] of the marks that a run has read.
fn unseen(marks: &RawMarks, run: &Run) -> Option<Timestamp> {
    unfinished_from(marks, run.now, run.rules.idle_time)
}

/// How long the schedule takes for the wanted routes that were read as coming or there: five in five minutes.
fn built_in(run: &Run) -> SignedDuration {
    let counts = |route: &&Route| {
        let (to, through) = (route.destination.as_str(), route.subnet.as_str());
        let wanted = run.rules.routes.iter().any(|cidr| cidr.as_str() == to)
            && run.rules.subnets.iter().any(|subnet| subnet.as_str() == through);
        wanted && matches!(route.state, RouteState::Creating | RouteState::Active)
    };
    let routes = run.log.routes.iter().flatten().filter(counts).count();
    MINUTE * 5 * i32::try_from(routes / 5).unwrap_or(i32::MAX)
}

/// Nothing turns on without a genuine request, and nothing while it is closed.
fn wanted(run: &Run, trigger: Trigger) -> Checked {
    const RULE: &str = "nothing turns on without a genuine request";
    let closed = read(run.log.mark(Mark::ClosedUntil), run.now, SignedDuration::MAX);
    if closed.is_some_and(|until| until > run.now) {
        return broken("nothing turns on while it is closed", trigger.as_str());
    }
    if run.log.endpoint.as_ref().is_some_and(|endpoint| endpoint.state == EndpointState::Deleting) {
        return broken("nothing turns on while the endpoint goes", trigger.as_str());
    }
    match trigger {
        Trigger::Opening | Trigger::AdminOn => Ok(()),
        Trigger::Progress | Trigger::Schedule | Trigger::Alarm => {
            let requested = read(run.log.mark(Mark::LastRequest), run.now, AHEAD);
            let kept = read(run.log.mark(Mark::KeepUntil), run.now, KEPT);
            let idle = run.rules.idle_time;
            let young = requested.is_some_and(|at| run.now.duration_since(at) < idle);
            // What a request turned on is finished, also when AWS takes its time: twice the idle time at most, and as long
            // as its routes took.
            let from = run.log.endpoint.as_ref().and_then(|it| unseen(&it.marks, run));
            let finishing = from.is_some_and(|from| run.now.duration_since(from) < idle * 2 + built_in(run));
            match young || finishing || kept.is_some_and(|until| until > run.now) {
                true => Ok(()),
                false => broken(RULE, format!("{} at {}, asked {requested:?}", trigger.as_str(), run.now)),
            }
        }
        _ => broken(RULE, trigger.as_str()),
    }
}

fn associates(run: &Run, trigger: Trigger, subnet: &str) -> Checked {
    wanted(run, trigger)?;
    if !run.rules.subnets.iter().any(|wanted| wanted.as_str() == subnet) {
        return broken("only wanted subnets are associated", subnet);
    }
    let listed = run.log.associations.iter().flatten().filter(|association| association.subnet == subnet);
    if let Some(there) = listed.into_iter().find(|a| a.state != AssociationState::Disassociated) {
        return broken("never two associations of one subnet", format!("{subnet} is listed as {}", there.state));
    }
    let twice = run.log.sent.iter().any(|sent| matches!(sent, Request::Associate(again) if again.as_str() == subnet));
    if twice {
        return broken("never two associations of one subnet", format!("{subnet} is associated twice in one run"));
    }
    let marked = run.log.heard.iter().any(|(request, error)| {
        error.is_none()
            && matches!(request, Request::SetMarks(marks) if marks.iter().any(|(mark, _)| *mark == Mark::LastRequest))
    });
    let stored = read(run.log.mark(Mark::LastRequest), run.now, AHEAD).is_some_and(|at| at >= run.now);
    if matches!(trigger, Trigger::Opening | Trigger::AdminOn) && !marked && !stored {
        return broken("the request is marked before anything is associated", subnet);
    }
    Ok(())
}

/// AWS has ten changes of an endpoint under way at once, and takes five routes at once. After one it had no room for, or
/// that came too early, it is not asked again.
fn paced(run: &Run) -> Checked {
    const RULE: &str = "no more is begun than AWS has room for";
    let is_route = |request: &Request| matches!(request, Request::CreateRoute(..));
    let sent = run.log.sent.iter().filter(|request| is_route(request)).count();
    let refused = run.log.heard.iter().any(|(request, error)| {
        let later = matches!(error.as_ref().map(meaning), Some(Meaning::Throttled | Meaning::NotYet));
        is_route(request) && later
    });
    let creating = run.log.routes.iter().flatten().filter(|route| route.state == RouteState::Creating).count();
    match sent < 5 && sent + creating < 10 && !refused {
        true => Ok(()),
        false => broken(RULE, format!("{sent} routes sent, {creating} under way, refused: {refused}")),
    }
}

/// What is on without a request, since somebody removed the marks, gets its routes for the idle time.
fn unmarked(run: &Run) -> bool {
    let one = |mark| read(run.log.mark(mark), run.now, AHEAD);
    let young = one(Mark::OnSince).is_none_or(|since| run.now.duration_since(since) < run.rules.idle_time);
    let closed = read(run.log.mark(Mark::ClosedUntil), run.now, SignedDuration::MAX);
    one(Mark::LastRequest).is_none() && young && closed.is_none_or(|until| until <= run.now)
}

fn creates_route(run: &Run, trigger: Trigger, subnet: &str) -> Checked {
    paced(run)?;
    if !unmarked(run) {
        wanted(run, trigger)?;
    }
    let coming = run.log.associations.iter().flatten().any(|association| {
        association.subnet == subnet
            && matches!(association.state, AssociationState::Associating | AssociationState::Associated)
    });
    match coming {
        true => Ok(()),
        false => broken("routes are made for subnets that are on", subnet),
    }
}

fn disassociates(run: &Run, trigger: Trigger, id: &str, truth: &Truth) -> Checked {
    let listed = run.log.association(id);
    match trigger {
        Trigger::Opening | Trigger::AdminOn => match listed.map(|a| &a.state) {
            Some(AssociationState::AssociationFailed) => wanted(run, trigger),
            other => broken("a request takes away only what failed", format!("{id} is {other:?}")),
        },
        Trigger::Progress | Trigger::Keep(_) | Trigger::AdminOpen | Trigger::AdminKeep(_) => {
            broken("asking takes nothing away", trigger.as_str())
        }
        Trigger::Force { .. } => unmarked_first(run, trigger),
        Trigger::Off => {
            unmarked_first(run, trigger)?;
            nobody_connected(run, truth)
        }
        Trigger::Schedule | Trigger::Alarm => {
            nobody_connected(run, truth)?;
            nobody_uses(run, truth)
        }
    }
}

/// Turning off by hand removes the request and the keeping first, or the schedule would turn it on again.
fn unmarked_first(run: &Run, trigger: Trigger) -> Checked {
    for mark in [Mark::LastRequest, Mark::KeepUntil] {
        let removed = run.log.heard.iter().any(|(request, error)| {
            error.is_none() && matches!(request, Request::RemoveMarks(marks) if marks.contains(&(mark, None)))
        });
        if run.log.mark(mark).is_some() && !removed {
            return broken(
                "turning off by hand removes the wish first",
                format!("{} {}", trigger.as_str(), mark.key()),
            );
        }
    }
    closed_first(run, trigger)
}

/// An administrator's closing stands before anything else changes.
fn closed_first(run: &Run, trigger: Trigger) -> Checked {
    let closes = |request: &Request| matches!(request, Request::SetMarks(marks) if marks.iter().any(|(mark, _)| *mark == Mark::ClosedUntil));
    let closed = run.log.heard.iter().any(|(request, error)| error.is_none() && closes(request));
    match matches!(trigger, Trigger::Force { closed_for: Some(_) }) && !closed {
        true => broken("closing comes before anything else", trigger.as_str()),
        false => Ok(()),
    }
}

const UNDER: &str = "nobody loses a VPN in use";

fn nobody_connected(run: &Run, truth: &Truth) -> Checked {
    for (at, _, listed) in &run.log.connections {
        if let Some(used) = listed.iter().find(|connection| connection.state != ConnectionState::Terminated) {
            return broken(UNDER, format!("a connection was read as {} at {at}", used.state));
        }
    }
    let Some(began) = run.log.connections_read_at() else {
        return broken(UNDER, "connections were not read");
    };
    if run.log.more {
        return broken(UNDER, "not all connections were read");
    }
    match truth.connected_at(truth.readable(began)) {
        true => broken(UNDER, format!("a client was connected when the last read began, {began}")),
        false => Ok(()),
    }
}

fn nobody_uses(run: &Run, truth: &Truth) -> Checked {
    let idle = run.rules.idle_time;
    let young = |at: Timestamp| run.now.duration_since(at) < idle;
    let (Some(marks_began), Some(connections_began)) = (run.log.marks_read_at(), run.log.connections_read_at()) else {
        return broken(UNDER, "marks or connections were not read");
    };
    let actual = truth.marks_at(truth.readable(marks_began));
    for marks in run.log.marks.iter().map(|(_, marks)| marks).chain([&actual]) {
        if let Some(from) = unseen(marks, run).filter(|from| run.now.duration_since(*from) < idle * 2 + built_in(run)) {
            return broken(UNDER, format!("it was asked for or on since {from}, and nobody has seen it ready"));
        }
        for mark in [Mark::LastRequest, Mark::OnSince, Mark::ReadySince] {
            if let Some(at) = read(marks.get(mark), run.now, AHEAD).filter(|at| young(*at)) {
                return broken(UNDER, format!("{} was {at}, and it is {}", mark.key(), run.now));
            }
        }
        let kept = read(marks.get(Mark::KeepUntil), run.now, KEPT);
        if let Some(until) = kept.filter(|until| *until > run.now) {
            return broken(UNDER, format!("it is kept until {until}, and it is {}", run.now));
        }
    }
    for connection in run.log.connections.iter().flat_map(|(_, _, listed)| listed) {
        let used = match &connection.ended {
            Some(ConnectionEnd::At(at)) => *at > run.now || young(*at),
            _ => true,
        };
        if used {
            return broken(
                UNDER,
                format!("a connection was read as ended {:?}, and it is {}", connection.ended, run.now),
            );
        }
    }
    if let Some(at) = truth.last_left_at(truth.readable(connections_began)).filter(|at| young(*at)) {
        return broken(UNDER, format!("a client left at {at}, and it is {}", run.now));
    }
    // Rounding up and clocks aside, a request counts from when it was made.
    let requested = truth.last_request_at(truth.readable(marks_began));
    if let Some(at) =
        requested.filter(|at| run.now.duration_since(*at) < idle - SLOWEST_REQUEST - truth.clocks_differ())
    {
        return broken(UNDER, format!("somebody asked at {at}, and it is {}", run.now));
    }
    Ok(())
}

/// Two requests at once: the earlier one's mark may be written last, as much later as a function may take and clocks
/// differ. Tags know no "only if it is later".
const SLOWEST_REQUEST: SignedDuration = SignedDuration::from_secs(21);
