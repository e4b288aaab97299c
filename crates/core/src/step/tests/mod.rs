mod log;

use std::{
    collections::VecDeque,
    future::Future,
    sync::Mutex,
    task::{Context, Poll, Waker},
    time::Duration,
};

use jiff::SignedDuration;

use super::*;
use crate::{
    apply::{Applied, Failure, is_only_later},
    clock,
    fake::{Fake, Lines},
    limits,
    marks::{Mark, RawMarks},
    meaning::Meaning,
    model::{Association, AssociationId, AssociationState, Connection, ConnectionEnd, ConnectionState, SubnetId},
};

fn now() -> Timestamp {
    "2026-11-02T09:00:00Z".parse().expect("timestamp")
}

fn rules(subnets: &[&str]) -> Rules {
    Rules {
        subnets: subnets.iter().map(|id| SubnetId::parse(id).expect(id)).collect(),
        routes: Vec::new(),
        idle_time: SignedDuration::from_mins(30),
        keep_limit: SignedDuration::from_hours(8),
    }
}

fn associated(subnet: &str) -> Association {
    Association {
        id: AssociationId::parse(&format!("cvpn-assoc-{subnet}")).expect(subnet),
        subnet: subnet.to_owned(),
        state: AssociationState::Associated,
        message: None,
    }
}

fn marks(mark: Mark, minutes_ago: i64) -> RawMarks {
    let text = (now() - SignedDuration::from_mins(minutes_ago)).to_string();
    let since = (now() - SignedDuration::from_mins(600)).to_string();
    RawMarks::from_tags([(Mark::OnSince.key(), since.as_str()), (mark.key(), text.as_str())])
}

fn seen<const N: usize>(marks: [RawMarks; N]) -> Mutex<VecDeque<RawMarks>> {
    Mutex::new(marks.into())
}

fn connection(state: ConnectionState) -> Connection {
    Connection { state, ended: None }
}

fn observer(port: &Fake) -> Observer<'_, Fake> {
    Observer { port, started: Stopwatch::start(), limits: limits::ASSOCIATOR }
}

async fn take(port: &Fake, rules: &Rules, trigger: Trigger) -> (Result<Step, CallError>, Vec<String>) {
    take_within(port, rules, trigger, Duration::MAX).await
}

async fn take_within(
    port: &Fake,
    rules: &Rules,
    trigger: Trigger,
    limit: Duration,
) -> (Result<Step, CallError>, Vec<String>) {
    let lines = Lines::default();
    let actor = Actor { trigger, subject: None };
    let limits = Limits { start_no_change_after: limit, ..limits::ASSOCIATOR };
    let order = Order { actor, now: now(), started: Stopwatch::start(), limits };
    let step = step(port, &lines, rules, order).await;
    (step, lines.0.into_inner().expect("lines"))
}

#[test]
fn all_reads_begin_before_one_is_answered() {
    let port = Fake { unanswered: true, ..Fake::default() };
    let mut rules = rules(&["subnet-1"]);
    rules.routes.push(crate::model::Cidr::parse("0.0.0.0/0").expect("cidr"));
    let step = std::pin::pin!(take(&port, &rules, Trigger::Progress));
    assert!(step.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let mut calls = port.calls();
    calls.sort();
    assert_eq!(calls, ["associations", "connections", "endpoint", "routes"]);
}

#[tokio::test]
async fn marks_are_written_first_and_nothing_follows_if_they_cannot_be() {
    let port = Fake::default();
    let (step, lines) = take(&port, &rules(&["subnet-1"]), Trigger::Opening).await;
    assert!(step.expect("step").applied.expect("applied").iter().all(|one| one.result.is_ok()));
    assert_eq!(port.calls()[3..], ["set 2", "associate subnet-1"]);
    assert_eq!(lines, ["SetMarks Accepted req-2", "Associate Accepted req-2"]);

    let port = Fake { failing: vec![("set_marks", "UnauthorizedOperation")], ..Fake::default() };
    let (step, lines) = take(&port, &rules(&["subnet-1"]), Trigger::Opening).await;
    let error = step.expect("step").applied.expect_err("no mark");
    assert_eq!(error.code.as_deref(), Some("UnauthorizedOperation"));
    assert_eq!(port.calls()[3..], ["set 2"]);
    assert_eq!(lines, ["SetMarks Failed(Forbidden) req-1"]);
}

#[tokio::test]
async fn a_failed_read_decides_nothing() {
    for operation in ["endpoint", "associations", "connections"] {
        let port = Fake { failing: vec![(operation, "RequestLimitExceeded")], ..Fake::default() };
        let (step, lines) = take(&port, &rules(&["subnet-1"]), Trigger::Opening).await;
        assert!(step.is_err(), "{operation}");
        assert!(lines.is_empty(), "{operation}");
    }
}

#[tokio::test]
async fn no_failure_stops_the_others() {
    let port = Fake {
        associations: vec![associated("subnet-1"), associated("subnet-2")],
        marks: seen([marks(Mark::LastRequest, 60)]),
        failing: vec![("disassociate", "ConcurrentMutationLimitExceeded")],
        ..Fake::default()
    };
    let (step, lines) = take(&port, &rules(&["subnet-1"]), Trigger::Schedule).await;
    let applied = step.expect("step").applied.expect("applied");
    assert_eq!(applied.len(), 2);
    assert!(applied.iter().all(|one| matches!(one.result, Err(Failure::Call(_, Meaning::Throttled)))));
    assert_eq!(lines, ["Disassociate Failed(Throttled) req-1", "Disassociate Failed(Throttled) req-1"]);
}

/// Where AWS has no room for one route it has none for the next: the others are left to the next step.
#[tokio::test]
async fn a_route_that_finds_no_room_keeps_the_others_waiting() {
    let asked = marks(Mark::LastRequest, 1);
    for (code, tried) in [
        ("RequestLimitExceeded", 1),
        ("ConcurrentMutationLimitExceeded", 1),
        ("InvalidClientVpnActiveAssociationNotFound", 1),
        ("UnauthorizedOperation", 3),
        ("InternalError", 3),
    ] {
        let port = Fake {
            associations: vec![associated("subnet-1")],
            marks: seen([asked.clone()]),
            failing: vec![("create_route", code)],
            ..Fake::default()
        };
        let mut rules = rules(&["subnet-1", "subnet-2"]);
        rules.routes.extend((0..3).map(|n| crate::model::Cidr::parse(&format!("10.{n}.0.0/16")).expect("a block")));
        let (step, lines) = take(&port, &rules, Trigger::Schedule).await;
        let applied = step.expect("step").applied.expect("applied");
        assert_eq!(applied.len(), 4, "{code}");
        assert!(applied[0].result.is_ok(), "{code}: the other subnet is associated");
        assert_eq!(port.calls().iter().filter(|call| call.starts_with("route ")).count(), tried, "{code}");
        let waiting = applied.iter().filter(|one| one.result == Err(Failure::NoRoom)).count();
        assert_eq!(waiting, 3 - tried, "{code}");
        assert_eq!(lines.len(), 1 + tried, "{code}: what was not tried has no line");
        let later = |one: &Applied| one.result.as_ref().is_err_and(|failure| is_only_later(&one.change, failure));
        assert_eq!(applied[1..].iter().all(later), tried == 1, "{code}");
    }
}

#[tokio::test]
async fn what_is_already_so_or_already_gone_is_success() {
    let taken = ["InvalidClientVpnDuplicateAssociationException", "ClientVpnEndpointAssociationExists"];
    for code in taken {
        let port = Fake { failing: vec![("associate", code)], ..Fake::default() };
        let (step, lines) = take(&port, &rules(&["subnet-1"]), Trigger::Opening).await;
        assert!(step.expect("step").applied.expect("applied")[0].result.is_ok(), "{code}");
        assert_eq!(lines[1], "Associate Already req-1", "{code}");
    }
    let gone = Fake {
        associations: vec![associated("subnet-1")],
        failing: vec![("disassociate", "InvalidClientVpnAssociationIdNotFound")],
        ..Fake::default()
    };
    let (step, _) = take(&gone, &rules(&["subnet-1"]), Trigger::Force { closed_for: None }).await;
    assert!(step.expect("step").applied.expect("applied")[0].result.is_ok());

    // Gone is success only for what was to go.
    let failing = vec![("associate", "InvalidClientVpnAssociationIdNotFound")];
    let port = Fake { failing, ..Fake::default() };
    let (step, _) = take(&port, &rules(&["subnet-1"]), Trigger::Opening).await;
    let applied = step.expect("step").applied.expect("applied");
    assert!(matches!(applied[0].result, Err(Failure::Call(_, Meaning::Gone))));
}

#[tokio::test]
async fn a_taken_zone_is_success_only_if_the_subnet_itself_took_it() {
    let failing = vec![("associate", "InvalidClientVpnSubnetId.DuplicateAz")];
    let other = Fake { failing: failing.clone(), associations: vec![associated("subnet-9")], ..Fake::default() };
    let (step, lines) = take(&other, &rules(&["subnet-1"]), Trigger::Opening).await;
    let applied = step.expect("step").applied.expect("applied");
    assert!(matches!(applied[0].result, Err(Failure::Call(_, Meaning::ZoneTaken))));
    assert_eq!(lines[1], "Associate Failed(ZoneTaken) req-1");

    // It took it between the first look and the call, as after a request that was repeated.
    let mut itself = Fake { failing, ..Fake::default() };
    let wanted = rules(&["subnet-1"]);
    let plan = plan(
        &observer(&itself).look(look(Trigger::Opening, &wanted)).await.expect("snapshot"),
        &wanted,
        Trigger::Opening,
        now(),
    );
    itself.associations = vec![associated("subnet-1")];
    let lines = Lines::default();
    let actor = Actor { trigger: Trigger::Opening, subject: None };
    let apply = Apply { observer: observer(&itself), audit: &lines, actor };
    let applied = apply.run(&plan).await.expect("applied");
    assert_eq!(applied[0].result.as_ref().expect("itself").association, Some(associated("subnet-1").id));
}

#[tokio::test]
async fn marks_and_connections_are_read_again_before_anything_goes() {
    let on = || Fake { associations: vec![associated("subnet-1")], ..Fake::default() };
    let idle = marks(Mark::LastRequest, 60);
    for trigger in [Trigger::Schedule, Trigger::Alarm] {
        let port = Fake { marks: seen([idle.clone(), marks(Mark::LastRequest, 0)]), ..on() };
        let (step, lines) = take(&port, &rules(&["subnet-1"]), trigger).await;
        assert!(matches!(step.expect("step").plan.verdict, Verdict::HeldBack(_)), "{trigger:?}");
        assert_eq!(lines, ["SetMarks Accepted req-2"], "{trigger:?}: it is ready, and that is all there is to say");
    }
    let port = Fake { marks: seen([idle.clone()]), connects_meanwhile: true, ..on() };
    let (step, lines) = take(&port, &rules(&["subnet-1"]), Trigger::Schedule).await;
    assert!(matches!(step.expect("step").plan.verdict, Verdict::HeldBack(_)), "somebody connected");
    assert_eq!(lines, ["SetMarks Accepted req-2"], "it is ready, and that is all there is to say");
    let port = Fake { marks: seen([idle.clone()]), ..on() };
    let (step, _) = take(&port, &rules(&["subnet-1"]), Trigger::Schedule).await;
    assert_eq!(step.expect("step").plan.verdict, Verdict::TurnOff);
    let mut reads = port.calls()[4..6].to_vec();
    reads.sort();
    assert_eq!(reads, ["connections", "endpoint"]);
}

#[tokio::test]
async fn connections_are_read_until_the_first_that_is_in_use() {
    let ended = || vec![connection(ConnectionState::Terminated)];
    let used = || vec![connection(ConnectionState::Active)];
    for (pages, trigger, read) in [
        (vec![ended(), used(), ended()], Trigger::Schedule, 2),
        (vec![ended(), ended(), ended()], Trigger::Schedule, 3),
        (vec![ended(), used(), ended()], Trigger::Progress, 1),
        (vec![used(), ended()], Trigger::Off, 1),
    ] {
        let port = Fake { pages, ..Fake::default() };
        let (step, _) = take(&port, &rules(&["subnet-1"]), trigger).await;
        let seen = step.expect("step").snapshot.connections;
        assert_eq!(port.calls().iter().filter(|call| *call == "connections").count(), read, "{trigger:?}");
        assert_eq!(seen.more, read < port.pages.len(), "{trigger:?}");
    }
}

#[tokio::test]
async fn before_anything_goes_every_page_of_connections_is_read_twice() {
    let ended = Some(ConnectionEnd::At(now() - SignedDuration::from_mins(45)));
    let page = || vec![Connection { state: ConnectionState::Terminated, ended: ended.clone() }];
    let port = Fake {
        associations: vec![associated("subnet-1")],
        marks: seen([marks(Mark::LastRequest, 60)]),
        pages: vec![page(), page(), page()],
        ..Fake::default()
    };
    let (step, _) = take(&port, &rules(&["subnet-1"]), Trigger::Schedule).await;
    assert_eq!(step.expect("step").plan.verdict, Verdict::TurnOff);
    assert_eq!(port.calls().iter().filter(|call| *call == "connections").count(), 6);
}

#[tokio::test]
async fn closing_stands_before_anything_else_changes() {
    let port = Fake {
        associations: vec![associated("subnet-1")],
        marks: seen([marks(Mark::LastRequest, 10)]),
        ..Fake::default()
    };
    let force = Trigger::Force { closed_for: Some(SignedDuration::from_hours(2)) };
    let (_, lines) = take(&port, &rules(&["subnet-1"]), force).await;
    assert_eq!(lines, ["SetMarks Accepted req-2", "RemoveMarks Accepted req-2", "Disassociate Accepted req-2"]);
}

#[tokio::test]
async fn nothing_is_started_after_the_limit() {
    let port = Fake::default();
    let (step, lines) = take_within(&port, &rules(&["subnet-1"]), Trigger::Opening, Duration::ZERO).await;
    let applied = step.expect("step").applied.expect("applied");
    assert_eq!(applied[0].result, Err(Failure::OutOfTime));
    assert_eq!(lines, ["SetMarks Accepted req-2"], "the mark stands, so the schedule goes on");
}

/// Else what takes all the time to read would never go, and what is wanted would never come.
#[tokio::test]
async fn one_change_is_begun_whatever_the_time_where_nobody_waits() {
    for (trigger, since, begun) in [
        (Trigger::Schedule, 60, "Disassociate"),
        (Trigger::Alarm, 60, "Disassociate"),
        (Trigger::Force { closed_for: None }, 60, "Disassociate"),
        (Trigger::Schedule, 1, "Associate"),
    ] {
        let there: &[&str] = if since == 60 { &["subnet-1", "subnet-2"] } else { &[] };
        let associations = there.iter().map(|subnet| associated(subnet)).collect();
        let port = Fake { associations, marks: seen([marks(Mark::LastRequest, since)]), ..Fake::default() };
        let (step, lines) = take_within(&port, &rules(&["subnet-1", "subnet-2"]), trigger, Duration::ZERO).await;
        let applied = step.expect("step").applied.expect("applied");
        assert!(applied[0].result.is_ok(), "{trigger:?}: {applied:?}");
        assert_eq!(applied[1].result, Err(Failure::OutOfTime), "{trigger:?}");
        assert_eq!(lines.last().map(String::as_str), Some(format!("{begun} Accepted req-2").as_str()), "{trigger:?}");
    }
    let port = Fake { associations: vec![associated("subnet-1")], ..Fake::default() };
    let (step, _) = take_within(&port, &rules(&["subnet-1"]), Trigger::Off, Duration::ZERO).await;
    assert_eq!(step.expect("step").applied.expect("applied")[0].result, Err(Failure::OutOfTime), "somebody waits");
}

/// On a clock that goes on by three seconds a poll: two of three changes begin within five.
#[test]
fn what_has_begun_is_finished_and_what_has_not_is_left() {
    let port = Fake { slow: true, ..Fake::default() };
    let (rules, limit) = (rules(&["subnet-1", "subnet-2", "subnet-3"]), Duration::from_secs(5));
    let mut step = std::pin::pin!(take_within(&port, &rules, Trigger::Opening, limit));
    let mut context = Context::from_waker(Waker::noop());
    let ended = (0..9).find_map(|poll| {
        match clock::reading(Duration::from_secs(3 * poll), || step.as_mut().poll(&mut context)) {
            Poll::Ready((step, _)) => step.ok(),
            Poll::Pending => None,
        }
    });
    let applied = ended.expect("it ends").applied.expect("applied");
    let results: Vec<_> = applied.iter().map(|one| one.result.as_ref().err()).collect();
    assert_eq!(results, [None, None, Some(&Failure::OutOfTime)]);
    assert_eq!(port.calls()[4..], ["associate subnet-1", "associate subnet-2"]);
}

/// What a request turned on is ready: the mark of it is all there is to write.
#[tokio::test]
async fn a_ready_since_that_cannot_be_written_fails_nothing() {
    let tags = RawMarks::from_tags([
        (Mark::LastRequest.key(), "2026-11-02T08:50:00Z"),
        (Mark::OnSince.key(), "2026-11-02T08:50:00Z"),
    ]);
    for failing in [vec![], vec![("set_marks", "UnauthorizedOperation")]] {
        let associations = vec![associated("subnet-1")];
        let port = Fake { associations, marks: seen([tags.clone()]), failing: failing.clone(), ..Fake::default() };
        let (step, lines) = take(&port, &rules(&["subnet-1"]), Trigger::Schedule).await;
        assert_eq!(step.expect("step").applied, Ok(Vec::new()), "{failing:?}");
        let outcome = if failing.is_empty() { "Accepted req-2" } else { "Failed(Forbidden) req-1" };
        assert_eq!(lines, [format!("SetMarks {outcome}")]);
    }
}

/// A request has its own call for its marks: a role that may not write `ready-since` yet turns on all the same.
#[tokio::test]
async fn ready_since_is_written_last_and_in_a_call_of_its_own() {
    let port = Fake {
        associations: vec![associated("subnet-1")],
        marks: seen([marks(Mark::LastRequest, 600)]),
        ..Fake::default()
    };
    let (step, _) = take(&port, &rules(&["subnet-1"]), Trigger::Opening).await;
    assert!(step.expect("step").applied.is_ok());
    assert_eq!(port.calls()[3..], ["set 1", "set 1"], "last-request, then ready-since");

    let off = RawMarks::from_tags([
        (Mark::OnSince.key(), "2026-11-02T07:00:00Z"),
        (Mark::ReadySince.key(), "2026-11-02T07:09:00Z"),
    ]);
    let port = Fake { marks: seen([off]), failing: vec![("remove_marks", "UnauthorizedOperation")], ..Fake::default() };
    let (step, lines) = take(&port, &rules(&["subnet-1"]), Trigger::Schedule).await;
    assert!(step.expect("step").applied.is_err(), "on-since must go");
    assert_eq!(lines.len(), 1);

    let port = Fake {
        associations: vec![associated("subnet-1")],
        marks: seen([marks(Mark::LastRequest, 600)]),
        ..Fake::default()
    };
    let (_, lines) = take_within(&port, &rules(&["subnet-1"]), Trigger::Opening, Duration::ZERO).await;
    assert_eq!(lines, ["SetMarks Accepted req-2"], "not after the limit");
}
