use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{
    audit::Actor,
    fake::{Fake, Lines},
    limits,
    model::{Association, AssociationId, AssociationState, ConnectionEnd, ConnectionState, SubnetId},
    plan::{Rules, Trigger, Verdict},
    step::{Order, Step, step},
};

/// More reads than any limit leaves time for; and if none is kept, it ends all the same.
const BUSY_FOR_LONG: usize = 10_000;

fn now() -> Timestamp {
    "2026-11-02T09:00:00Z".parse().expect("timestamp")
}

/// On and idle, with so many pages of connections that have ended.
fn idle(pages: usize) -> Fake {
    let ended = Some(ConnectionEnd::At(now() - SignedDuration::from_mins(45)));
    let since = (now() - SignedDuration::from_mins(90)).to_string();
    let marks = crate::marks::RawMarks::from_tags([(crate::marks::Mark::OnSince.key(), since.as_str())]);
    Fake {
        associations: vec![Association {
            id: AssociationId::parse("cvpn-assoc-1").expect("id"),
            subnet: "subnet-1".to_owned(),
            state: AssociationState::Associated,
            message: None,
        }],
        pages: vec![vec![Connection { state: ConnectionState::Terminated, ended }]; pages],
        marks: Mutex::new([marks].into()),
        ..Fake::default()
    }
}

/// A step of a function, and the lines of its audit.
fn take(port: &Fake, trigger: Trigger, limits: Limits) -> (CallResult<Step>, Vec<String>) {
    let rules = Rules {
        subnets: vec![SubnetId::parse("subnet-1").expect("id")],
        routes: Vec::new(),
        idle_time: SignedDuration::from_mins(30),
        keep_limit: SignedDuration::from_hours(8),
    };
    let lines = Lines::default();
    let taken = port.runs(async {
        let actor = Actor { trigger, subject: None };
        let order = Order { actor, now: now(), started: Stopwatch::start(), limits };
        step(port, &lines, &rules, order).await
    });
    (taken, lines.0.into_inner().expect("lines"))
}

fn reads(port: &Fake, what: &str) -> usize {
    port.calls().iter().filter(|call| *call == what).count()
}

/// A list that never comes to its end: nothing is turned off, and the run fails with what happened.
fn never_ends(port: &Fake, limits: Limits, words: &str) {
    let (taken, lines) = take(port, Trigger::Schedule, limits);
    let error = taken.expect_err("no end");
    assert_eq!(error.code.as_deref(), Some(LIST_WITHOUT_END));
    assert!(error.message.contains(words), "{error}");
    assert_eq!(lines, Vec::<String>::new());
}

#[test]
fn a_hundred_and_twenty_six_thousand_connections_are_read_twice_and_turned_off() {
    let port = Fake { read_takes: Duration::from_millis(300), ..idle(127) };
    let (taken, lines) = take(&port, Trigger::Schedule, limits::DISASSOCIATOR);
    assert_eq!(taken.expect("a step").plan.verdict, Verdict::TurnOff);
    assert_eq!(reads(&port, "connections"), 254);
    assert_eq!(lines, ["Disassociate Accepted req-2"]);
}

#[test]
fn a_list_without_end_is_an_error_with_a_name() {
    never_ends(&idle(201), limits::DISASSOCIATOR, "after 200 pages");
    never_ends(&Fake { leads_back: true, ..idle(9) }, limits::DISASSOCIATOR, "the same token twice");
    let slow = Fake { read_takes: Duration::from_millis(600), ..idle(127) };
    never_ends(&slow, limits::DISASSOCIATOR, "it took a minute");
    assert_eq!(reads(&slow, "connections"), 100);
    let waits = Fake { read_takes: Duration::from_secs(3), ..idle(9) };
    never_ends(&waits, limits::ASSOCIATOR, "the 8 seconds that the function reads for are over");
    assert_eq!(reads(&waits, "connections"), 3);
    // At its end nothing is asked of it.
    let (taken, _) =
        take(&Fake { read_takes: Duration::from_secs(59), ..idle(1) }, Trigger::Schedule, limits::DISASSOCIATOR);
    assert_eq!(taken.expect("a step").plan.verdict, Verdict::TurnOff);
    assert!(take(&idle(200), Trigger::Schedule, limits::DISASSOCIATOR).0.is_ok());
}

#[test]
fn a_throttled_read_is_tried_again_for_a_minute_by_what_turns_off_and_never_by_a_page() {
    // Of four reads at once each is refused in turn, every half second.
    let busy = |reads| Fake { busy: Mutex::new(reads), ..idle(1) };
    let turns_off = busy(100);
    let (taken, _) = take(&turns_off, Trigger::Schedule, limits::DISASSOCIATOR);
    assert_eq!(taken.expect("a step").plan.verdict, Verdict::TurnOff);

    let never = busy(BUSY_FOR_LONG);
    let (taken, lines) = take(&never, Trigger::Force { closed_for: None }, limits::DISASSOCIATOR);
    assert_eq!(meaning(&taken.expect_err("throttled")), Meaning::Throttled);
    assert_eq!(lines, Vec::<String>::new());
    assert!(*never.reads.lock().expect("a time") <= Duration::from_secs(4 * 60), "{:?}", never.reads);

    let page = busy(1);
    assert!(take(&page, Trigger::Progress, limits::ASSOCIATOR).0.is_err());
    assert_eq!(page.calls(), ["endpoint"], "one refusal is enough");
}

#[test]
fn no_read_is_tried_again_when_nothing_could_be_begun_after_it() {
    let port = Fake { busy: Mutex::new(BUSY_FOR_LONG), ..idle(1) };
    let limits = Limits { start_no_change_after: Duration::from_secs(2), ..limits::DISASSOCIATOR };
    assert!(take(&port, Trigger::Schedule, limits).0.is_err());
    assert!(*port.reads.lock().expect("a time") <= Duration::from_secs(2), "{:?}", port.reads);
}
