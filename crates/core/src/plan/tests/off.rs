//! The table of turning off, for each of its triggers.

use super::*;

const LOOKS: [Trigger; 2] = [Trigger::Schedule, Trigger::Alarm];
/// What an administrator may keep it on for, in minutes.
const DAYS: i64 = 14 * 24 * 60;

/// On for two hours, and nobody has used it for one.
fn idle() -> Given {
    given().on_for(120).mark(Mark::LastRequest, -60)
}

#[test]
fn an_idle_vpn_goes_off() {
    for trigger in LOOKS {
        let plan = idle().plan(trigger);
        assert_eq!(plan.verdict, Verdict::TurnOff, "{trigger:?}");
        assert_eq!(changes(&plan), ["disassociate cvpn-assoc-1 of subnet-1", "disassociate cvpn-assoc-2 of subnet-2"]);
        assert!(plan.marks.is_empty(), "a mark that cannot be written must not stop the turning off");
    }
}

#[test]
fn each_state_of_an_association_has_its_step() {
    for (state, goes, may_be_refused) in [
        ("associated", true, false),
        ("resting", true, false),
        ("associating", true, true),
        ("association-failed", true, true),
        ("disassociating", false, false),
        ("disassociated", false, false),
    ] {
        let given =
            given().mark(Mark::OnSince, -120).association("subnet-9", state).association("subnet-2", "associated");
        let plan = given.plan(Trigger::Schedule);
        let found = plan.changes.iter().find_map(|change| match change {
            Change::Disassociate { subnet, may_be_refused, .. } if subnet == "subnet-9" => Some(*may_be_refused),
            _ => None,
        });
        assert_eq!(found, goes.then_some(may_be_refused), "{state}");
        let reported = plan.notices.iter().any(|notice| matches!(notice, Notice::UnknownState { .. }));
        assert_eq!(reported, state == "resting", "{state}");
    }
}

#[test]
fn nothing_associated_is_an_answer_of_its_own() {
    for trigger in [Trigger::Schedule, Trigger::Alarm, Trigger::Off, Trigger::Force { closed_for: None }] {
        for given in [
            given(),
            given().association("subnet-1", "disassociating"),
            given().association("subnet-1", "disassociated"),
        ] {
            let plan = given.plan(trigger);
            assert_eq!(plan.verdict, Verdict::NothingAssociated, "{trigger:?}");
            assert!(plan.is_empty(), "{trigger:?}");
        }
    }
    // Turned off by hand just after somebody left: a recent use holds nothing that is off.
    for trigger in LOOKS {
        assert_eq!(given().left(5).plan(trigger).verdict, Verdict::NothingAssociated, "{trigger:?}");
    }
}

#[test]
fn it_is_held_back_by_whatever_uses_it() {
    let at = |minutes_ahead| now() + minutes(minutes_ahead);
    let held = |by, until| Verdict::HeldBack(Held { by, until });
    for (name, given, verdict) in [
        ("a connection", idle().connection("active", None), held(HeldBy::Connections(1), None)),
        ("one that fails to end", idle().connection("failed-to-terminate", None), held(HeldBy::Connections(1), None)),
        ("one that is ending", idle().connection("terminating", None), held(HeldBy::Connections(1), None)),
        ("an unknown state", idle().connection("resting", None), held(HeldBy::Connections(1), None)),
        ("left ten minutes ago", idle().left(10), held(HeldBy::RecentUse, Some(at(20)))),
        ("left 29 minutes ago", idle().left(29), held(HeldBy::RecentUse, Some(at(1)))),
        ("left half an hour ago", idle().left(30), Verdict::TurnOff),
        ("no end", idle().connection("terminated", None), held(HeldBy::RecentUse, Some(at(30)))),
        (
            "unreadable end",
            idle().connection("terminated", Some(ConnectionEnd::Unreadable("?".to_owned()))),
            held(HeldBy::RecentUse, Some(at(30))),
        ),
        ("an end that lies ahead", idle().left(-5), held(HeldBy::RecentUse, Some(at(30)))),
        ("asked a minute ago", idle().mark(Mark::LastRequest, -1), held(HeldBy::RecentUse, Some(at(29)))),
        ("asked half an hour ago", idle().mark(Mark::LastRequest, -30), Verdict::TurnOff),
        ("kept", idle().mark(Mark::KeepUntil, 45), held(HeldBy::Keep, Some(at(45)))),
        ("kept until now", idle().mark(Mark::KeepUntil, 0), Verdict::TurnOff),
        ("kept by an administrator", idle().mark(Mark::KeepUntil, DAYS), held(HeldBy::Keep, Some(at(DAYS)))),
        ("kept beyond the limit", idle().mark(Mark::KeepUntil, DAYS + 2), Verdict::TurnOff),
        ("on since a minute ago", idle().mark(Mark::OnSince, -1), held(HeldBy::RecentUse, Some(at(29)))),
        ("since when is not known", idle().tag(Mark::OnSince, "?"), held(HeldBy::RecentUse, Some(at(30)))),
    ] {
        for trigger in LOOKS {
            assert_eq!(given.plan(trigger).verdict, verdict, "{name}, {trigger:?}");
        }
    }
}

#[test]
fn force_asks_for_no_condition_and_closes() {
    let used = idle().connection("active", None).mark(Mark::LastRequest, -1).mark(Mark::KeepUntil, 60);
    let plan = used.plan(Trigger::Force { closed_for: None });
    assert_eq!(plan.verdict, Verdict::TurnOff);
    assert_eq!(plan.changes.len(), 2);
    assert_eq!(marks_of(&plan), ["-last-request", "-keep-until"]);
    let plan = used.plan(Trigger::Force { closed_for: Some(minutes(120)) });
    assert_eq!(marks_of(&plan), ["closed-until=2026-11-02T11:00:00Z", "-last-request", "-keep-until"]);
    let off = given().plan(Trigger::Force { closed_for: Some(SignedDuration::from_secs(61)) });
    assert_eq!(off.verdict, Verdict::NothingAssociated);
    assert_eq!(marks_of(&off), ["closed-until=2026-11-02T09:02:00Z"]);
}

#[test]
fn an_employee_turns_it_off_only_while_nobody_is_connected() {
    let recent = idle().mark(Mark::LastRequest, -1).left(1);
    let plan = recent.plan(Trigger::Off);
    assert_eq!(plan.verdict, Verdict::TurnOff);
    assert_eq!((plan.changes.len(), marks_of(&plan)), (2, vec!["-last-request".to_owned()]));
    let plan = recent.connection("active", None).plan(Trigger::Off);
    assert_eq!(plan.verdict, Verdict::InUse { connections: 1 });
    assert!(plan.is_empty());
}

#[test]
fn off_takes_back_what_was_asked_even_before_anything_is_associated() {
    let plan = given().mark(Mark::LastRequest, -1).plan(Trigger::Off);
    assert_eq!(plan.verdict, Verdict::NothingAssociated);
    assert_eq!(marks_of(&plan), ["-last-request"]);
}

#[test]
fn routes_that_go_for_good_are_named() {
    let given = idle()
        .wants_route("0.0.0.0/0")
        .route("0.0.0.0/0", "subnet-1", "active")
        .route("10.9.0.0/16", "subnet-1", "active")
        .route("0.0.0.0/0", "subnet-9", "active");
    let lost: Vec<_> = given
        .plan(Trigger::Schedule)
        .notices
        .into_iter()
        .filter_map(|notice| match notice {
            Notice::RouteLost { destination, subnet } => Some(format!("{destination} {subnet}")),
            _ => None,
        })
        .collect();
    assert_eq!(lost, ["10.9.0.0/16 subnet-1", "0.0.0.0/0 subnet-9"]);
}

#[test]
fn a_wanted_vpn_is_finished_while_it_is_held_back() {
    let given = given().association("subnet-1", "associated").mark(Mark::OnSince, -5).mark(Mark::LastRequest, -5);
    let plan = given.plan(Trigger::Schedule);
    assert!(matches!(plan.verdict, Verdict::HeldBack(_)));
    assert_eq!(changes(&plan), ["associate subnet-2"]);
    let unwanted = given.mark(Mark::LastRequest, -60).connection("active", None);
    assert!(unwanted.plan(Trigger::Schedule).changes.is_empty(), "a connection alone asks for nothing more");
}
