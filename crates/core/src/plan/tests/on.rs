//! The table of turning on, for each of its triggers.

use super::*;

const ASKED: Trigger = Trigger::Opening;

/// Wanted by a request a minute ago, so that progress and schedule go on too.
fn wanted() -> Given {
    given().mark(Mark::LastRequest, -1)
}

#[test]
fn absent_and_disassociated_subnets_are_associated() {
    for trigger in [ASKED, Trigger::Progress, Trigger::Schedule, Trigger::Alarm] {
        assert_eq!(changes(&wanted().plan(trigger)), ["associate subnet-1", "associate subnet-2"], "{trigger:?}");
        let given = wanted().association("subnet-1", "disassociated").association("subnet-2", "associated");
        assert_eq!(changes(&given.plan(trigger)), ["associate subnet-1"], "{trigger:?}");
    }
}

/// Those of associated subnets first. A page that waits does not ask for what AWS would refuse: it asks again in seconds.
#[test]
fn associating_and_associated_subnets_get_their_missing_routes() {
    for trigger in [ASKED, Trigger::Progress, Trigger::Schedule, Trigger::Alarm] {
        let early = trigger != Trigger::Progress;
        let given = wanted()
            .association("subnet-1", "associating")
            .association("subnet-2", "associated")
            .wants_route("0.0.0.0/0")
            .wants_route("10.20.0.0/16")
            .route("0.0.0.0/0", "subnet-2", "active")
            .route("10.20.0.0/16", "subnet-9", "active");
        assert_eq!(
            changes(&given.plan(trigger)),
            [
                "create route 10.20.0.0/16 through subnet-2",
                "create route 0.0.0.0/0 through subnet-1",
                "create route 10.20.0.0/16 through subnet-1",
            ][..if early { 3 } else { 1 }],
            "{trigger:?}"
        );
    }
}

/// 21 routes through each of two subnets.
fn many_routes() -> Given {
    (0..21).fold(wanted().on_for(1), |given, number| given.wants_route(&format!("172.16.{number}.0/24")))
}

#[test]
fn a_step_begins_no_more_routes_than_the_bucket_holds() {
    for trigger in [ASKED, Trigger::Progress, Trigger::Schedule, Trigger::Alarm] {
        assert_eq!(many_routes().plan(trigger).changes.len(), 5, "{trigger:?}");
    }
}

#[test]
fn no_more_changes_are_begun_than_aws_has_room_for() {
    let under_way = |state: &str, count: usize| {
        (0..count).fold(many_routes(), |given, number| given.route(&format!("172.16.{number}.0/24"), "subnet-1", state))
    };
    for (given, begun) in [
        (under_way("creating", 4), 5),
        (under_way("creating", 6), 4),
        (under_way("creating", 9), 1),
        (under_way("creating", 10), 0),
        (under_way("creating", 11), 0),
        (under_way("deleting", 8), 2),
        (under_way("active", 20), 5),
        (under_way("failed", 9), 5),
        (under_way("creating", 6).association("subnet-8", "associating").association("subnet-9", "disassociating"), 2),
        // Routes that go with their association are no change of their own.
        (under_way("deleting", 8).association("subnet-1", "disassociating"), 5),
    ] {
        assert_eq!(given.plan(Trigger::Schedule).changes.len(), begun, "{:?}", given.snapshot);
    }
    let full = (0..10).fold(wanted(), |given, number| given.association(&format!("subnet-x{number}"), "associating"));
    let plan = full.plan(ASKED);
    assert!(plan.changes.is_empty(), "nor associations");
    assert!(!plan.marks.is_empty(), "the request is marked, and a later step goes on");
}

/// Somebody removed our tags, as `terraform apply` does: what is on gets its routes for the idle time from when it is on, or
/// first seen. Nothing is associated for that reason.
#[test]
fn what_is_on_without_a_request_gets_its_routes_and_nothing_else() {
    let on = given().association("subnet-1", "associated").wants_route("0.0.0.0/0");
    let made = ["create route 0.0.0.0/0 through subnet-1"];
    for trigger in [Trigger::Schedule, Trigger::Alarm, Trigger::Progress] {
        for (since, routed) in
            [(None, true), (Some(-1), true), (Some(-29), true), (Some(-30), false), (Some(-90), false)]
        {
            let given = match since {
                Some(minutes) => on.clone().mark(Mark::OnSince, minutes),
                None => on.clone(),
            };
            // Somebody is connected, so it stays on.
            let plan = given.connection("active", None).plan(trigger);
            assert_eq!(changes(&plan), made[..usize::from(routed)], "{trigger:?}, on since {since:?}");
            assert_eq!(plan.notices.contains(&Notice::NoMarks), since.is_none(), "{trigger:?}, on since {since:?}");
            let marked = plan.marks.iter().any(|change| matches!(change, MarkChange::Set(Mark::OnSince, _)));
            assert_eq!(marked, since.is_none(), "{trigger:?}");
        }
        let closed = on.clone().mark(Mark::OnSince, -1).mark(Mark::ClosedUntil, 10).plan(trigger);
        assert!(closed.changes.is_empty(), "{trigger:?}");
        let asked_long_ago = on.clone().mark(Mark::OnSince, -1).mark(Mark::LastRequest, -90).plan(trigger);
        assert!(asked_long_ago.changes.is_empty(), "{trigger:?}: associated by hand, the marks are there");
        let coming = given().association("subnet-1", "associating").wants_route("0.0.0.0/0").plan(trigger);
        assert!(coming.changes.is_empty(), "{trigger:?}: not yet");
        assert!(!coming.notices.contains(&Notice::NoMarks), "{trigger:?}: its mark may not be listed yet");
    }
}

/// AWS may spell a block otherwise than the settings do.
#[test]
fn a_route_is_known_by_its_block_not_by_its_spelling() {
    for listed in ["2001:db8::/32", "2001:0db8:0000::/32", "2001:DB8:0:0:0:0:0:0/32"] {
        let mut given = wanted().on_for(1).wants_route("2001:db8::/32").route(listed, "subnet-1", "active");
        given.rules.subnets.pop();
        assert!(given.plan(Trigger::Schedule).is_empty(), "{listed}");
        assert_eq!(given.view().phase, Phase::Ready, "{listed}");
        let off = given.mark(Mark::LastRequest, -90).mark(Mark::OnSince, -90).mark(Mark::ReadySince, -90);
        assert!(off.plan(Trigger::Schedule).notices.is_empty(), "{listed}: it is in the settings, and not lost");
    }
    let other = wanted().on_for(1).wants_route("2001:db8::/32").route("2001:db9::/32", "subnet-1", "active");
    assert_eq!(other.plan(Trigger::Schedule).changes.len(), 2);
}

#[test]
fn a_route_is_made_unless_it_is_there_in_any_state() {
    for (state, made, named) in [
        ("creating", false, false),
        ("active", false, false),
        ("deleting", false, false),
        ("failed", false, true),
        ("resting", false, true),
    ] {
        let mut given = wanted().on_for(1).wants_route("0.0.0.0/0").route("0.0.0.0/0", "subnet-1", state);
        given.rules.subnets.pop();
        let plan = given.plan(ASKED);
        assert_eq!(!plan.changes.is_empty(), made, "{state}");
        assert_eq!(!plan.notices.is_empty(), named, "{state}");
    }
}

#[test]
fn a_subnet_that_goes_is_left_alone_until_it_is_gone() {
    let given = wanted().association("subnet-1", "disassociating").association("subnet-2", "associated");
    for trigger in [ASKED, Trigger::Progress, Trigger::Schedule] {
        assert!(given.plan(trigger).changes.is_empty(), "{trigger:?}");
    }
}

#[test]
fn a_failed_association_is_cleared_only_by_a_fresh_request() {
    let given = wanted().association("subnet-1", "association-failed").association("subnet-2", "associated");
    let plan = given.plan(ASKED);
    assert_eq!(changes(&plan), ["clear cvpn-assoc-1 of subnet-1"]);
    assert!(matches!(plan.notices[..], [Notice::AssociationFailed { .. }]));
    for trigger in [Trigger::Progress, Trigger::Schedule, Trigger::Alarm] {
        let plan = given.plan(trigger);
        assert!(plan.changes.is_empty(), "{trigger:?}");
        assert!(matches!(plan.notices[..], [Notice::AssociationFailed { .. }]), "{trigger:?}");
    }
}

#[test]
fn an_unknown_state_is_only_reported() {
    let given = wanted().association("subnet-1", "resting").association("subnet-2", "associated");
    let plan = given.plan(ASKED);
    assert!(plan.changes.is_empty());
    assert_eq!(plan.notices, [Notice::UnknownState { subnet: "subnet-1".to_owned(), state: "resting".to_owned() }]);
}

#[test]
fn of_several_associations_of_a_subnet_the_one_furthest_along_counts() {
    for order in [["disassociated", "associated"], ["associated", "disassociated"], ["disassociating", "associating"]] {
        let given = wanted()
            .association("subnet-1", order[0])
            .association("subnet-1", order[1])
            .association("subnet-2", "associated");
        assert!(given.plan(ASKED).changes.is_empty(), "{order:?}");
    }
    let gone = wanted().association("subnet-1", "disassociated").association("subnet-1", "disassociating");
    assert_eq!(changes(&gone.association("subnet-2", "associated").plan(ASKED)), Vec::<String>::new());
}

#[test]
fn nothing_turns_on_without_a_genuine_request() {
    for given in [given(), given().mark(Mark::LastRequest, -30), given().tag(Mark::LastRequest, "soon")] {
        let plan = given.plan(Trigger::Progress);
        assert_eq!(plan.verdict, Verdict::NotWanted);
        assert!(plan.is_empty());
        for trigger in [Trigger::Schedule, Trigger::Alarm] {
            let plan = given.plan(trigger);
            assert_eq!(plan.verdict, Verdict::NothingAssociated, "{trigger:?}");
            assert!(plan.is_empty(), "{trigger:?}");
        }
    }
}

#[test]
fn a_keep_that_lies_ahead_is_wanted_too() {
    let given = given().mark(Mark::LastRequest, -90).mark(Mark::KeepUntil, 30);
    for trigger in [Trigger::Progress, Trigger::Schedule] {
        assert_eq!(changes(&given.plan(trigger)), ["associate subnet-1", "associate subnet-2"], "{trigger:?}");
    }
}

#[test]
fn while_closed_nothing_turns_on_and_nothing_is_marked() {
    let given = wanted().mark(Mark::KeepUntil, 60).mark(Mark::ClosedUntil, 10);
    let until = now() + minutes(10);
    for trigger in [ASKED, Trigger::Progress, Trigger::Keep(minutes(60))] {
        let plan = given.plan(trigger);
        assert_eq!(plan.verdict, Verdict::Closed { until }, "{trigger:?}");
        assert!(plan.is_empty(), "{trigger:?}");
    }
    assert!(given.plan(Trigger::Schedule).changes.is_empty());
    let opened = wanted().mark(Mark::ClosedUntil, 0);
    assert_eq!(opened.plan(ASKED).verdict, Verdict::TurnOn);
}

#[test]
fn an_endpoint_that_is_being_deleted_is_left_alone() {
    for state in [EndpointState::Deleting, EndpointState::Deleted] {
        let mut given = wanted();
        given.snapshot.endpoint.state = state;
        let plan = given.plan(ASKED);
        assert_eq!(plan.verdict, Verdict::EndpointGone);
        assert!(plan.is_empty());
    }
}

#[test]
fn associations_come_before_routes() {
    let given = wanted().association("subnet-1", "associated").wants_route("0.0.0.0/0");
    assert_eq!(changes(&given.plan(ASKED)), ["associate subnet-2", "create route 0.0.0.0/0 through subnet-1"]);
}

#[test]
fn what_is_on_needs_no_change() {
    let given = wanted().on_for(10).wants_route("0.0.0.0/0");
    let given = given.route("0.0.0.0/0", "subnet-1", "active").route("0.0.0.0/0", "subnet-2", "creating");
    let plan = given.plan(Trigger::Progress);
    assert_eq!(plan.verdict, Verdict::TurnOn);
    assert!(plan.is_empty());
}
