//! What a page says.

use super::*;

fn wanted() -> Given {
    given().mark(Mark::LastRequest, -1)
}

#[test]
fn each_state_has_its_phase() {
    let routed = |given: Given| given.wants_route("0.0.0.0/0");
    for (name, given, phase) in [
        ("nothing", given(), Phase::Off),
        ("an old request", given().mark(Mark::LastRequest, -30), Phase::Off),
        ("asked", wanted(), Phase::Starting),
        ("associating", wanted().association("subnet-1", "associating"), Phase::Starting),
        ("by the console", given().association("subnet-1", "associating"), Phase::Starting),
        ("half", wanted().association("subnet-1", "associated"), Phase::Starting),
        ("half, unasked", given().association("subnet-1", "associated"), Phase::Incomplete),
        (
            "without marks, its routes are being made",
            routed(given().both_associated().mark(Mark::OnSince, -1)),
            Phase::Starting,
        ),
        ("without marks for too long", routed(given().both_associated().mark(Mark::OnSince, -30)), Phase::Incomplete),
        ("another subnet", given().association("subnet-9", "associated"), Phase::Incomplete),
        ("on", given().on_for(5), Phase::Ready),
        ("on, routes missing", routed(wanted().on_for(5)), Phase::Starting),
        ("a route creating", routed(wanted().on_for(5)).route("0.0.0.0/0", "subnet-1", "creating"), Phase::Starting),
        ("a route of one subnet", routed(wanted().on_for(5)).route("0.0.0.0/0", "subnet-1", "active"), Phase::Starting),
        (
            "all routes",
            routed(wanted().on_for(5)).route("0.0.0.0/0", "subnet-1", "active").route(
                "0.0.0.0/0",
                "subnet-2",
                "active",
            ),
            Phase::Ready,
        ),
        (
            "a route failed",
            routed(wanted().on_for(5)).route("0.0.0.0/0", "subnet-1", "active").route(
                "0.0.0.0/0",
                "subnet-2",
                "failed",
            ),
            Phase::Failed,
        ),
        (
            "one failed for good, the other is routed",
            routed(wanted().association("subnet-1", "association-failed").association("subnet-2", "associated")).route(
                "0.0.0.0/0",
                "subnet-2",
                "active",
            ),
            Phase::Ready,
        ),
        (
            "all failed",
            wanted().association("subnet-1", "association-failed").association("subnet-2", "association-failed"),
            Phase::Failed,
        ),
        (
            "one failed, the other goes on",
            wanted().association("subnet-1", "association-failed").association("subnet-2", "associating"),
            Phase::Starting,
        ),
        ("going", given().association("subnet-1", "disassociating"), Phase::TurningOff),
        ("going, wanted again", wanted().association("subnet-1", "disassociating"), Phase::TurningOnAgain),
        (
            "one goes, one comes",
            wanted().association("subnet-1", "disassociating").association("subnet-2", "associating"),
            Phase::Starting,
        ),
        ("closed", wanted().mark(Mark::ClosedUntil, 60), Phase::Closed),
        (
            "closed, still going",
            given().association("subnet-1", "disassociating").mark(Mark::ClosedUntil, 60),
            Phase::TurningOff,
        ),
    ] {
        assert_eq!(given.view().phase, phase, "{name}");
    }
}

#[test]
fn it_tells_durations() {
    let given = given().on_for(12).mark(Mark::LastRequest, -10).mark(Mark::KeepUntil, 10);
    let view = given.view();
    assert_eq!(view.on_for, Some(minutes(12)));
    assert_eq!(view.turns_off_in, Some(minutes(20)));
    assert_eq!(view.kept_for, Some(minutes(10)));
    assert_eq!(given.clone().mark(Mark::KeepUntil, 60).view().turns_off_in, Some(minutes(60)));
    let connected = given.connection("active", None).view();
    assert_eq!((connected.connected, connected.turns_off_in), (1, None));
    let overdue = super::given().on_for(90).view();
    assert_eq!(overdue.turns_off_in, Some(SignedDuration::ZERO));
    let off = super::given().mark(Mark::ClosedUntil, 60).view();
    assert_eq!((off.on_for, off.turns_off_in, off.closed_for), (None, None, Some(minutes(60))));
}

#[test]
fn it_counts_what_is_wanted() {
    let given = wanted()
        .association("subnet-1", "associated")
        .association("subnet-2", "association-failed")
        .wants_route("0.0.0.0/0")
        .wants_route("10.20.0.0/16")
        .route("0.0.0.0/0", "subnet-1", "active")
        .route("0.0.0.0/0", "subnet-9", "active");
    let view = given.view();
    assert_eq!(view.subnets, Share { done: 1, of: 2 });
    assert_eq!(view.failed_subnets, 1);
    assert_eq!(view.routes, Share { done: 1, of: 2 }, "a failed subnet waits for no routes");
}
