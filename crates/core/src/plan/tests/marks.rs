//! When which mark is written.

use super::*;

#[test]
fn a_request_is_marked_at_most_once_a_minute_and_never_earlier_than_it_was() {
    let at = |text: &str| -> Given { Given { now: text.parse().expect(text), ..given() } };
    let first = at("2026-11-02T09:00:12Z").plan(Trigger::Opening);
    assert_eq!(marks_of(&first)[0], "last-request=2026-11-02T09:01:00Z");
    let again = at("2026-11-02T09:00:59Z").tag(Mark::LastRequest, "2026-11-02T09:01:00Z").on_for(1);
    assert!(again.plan(Trigger::Opening).is_empty());
    let later = at("2026-11-02T09:01:01Z").tag(Mark::LastRequest, "2026-11-02T09:01:00Z").on_for(1);
    assert_eq!(marks_of(&later.plan(Trigger::Opening)), ["last-request=2026-11-02T09:02:00Z"]);
}

#[test]
fn a_mark_that_cannot_be_true_is_written_over_and_reported() {
    let given = given().on_for(1).mark(Mark::LastRequest, 600);
    let plan = given.plan(Trigger::Opening);
    assert_eq!(marks_of(&plan), ["last-request=2026-11-02T09:00:00Z"]);
    assert!(matches!(&plan.notices[..], [Notice::BadMark(bad)] if bad.mark == Mark::LastRequest));
}

#[test]
fn only_a_genuine_request_is_marked_as_one() {
    let given = given().on_for(1).mark(Mark::LastRequest, -3);
    for trigger in [Trigger::Progress, Trigger::Schedule, Trigger::Alarm, Trigger::Keep(minutes(60))] {
        let plan = given.plan(trigger);
        assert!(!marks_of(&plan).iter().any(|mark| mark.starts_with("last-request")), "{trigger:?}");
    }
}

#[test]
fn on_since_is_written_by_whoever_sees_or_makes_an_association_without_it() {
    let since = "on-since=2026-11-02T09:00:00Z".to_owned();
    let seen = given().association("subnet-9", "associated");
    for trigger in [Trigger::Opening, Trigger::Schedule, Trigger::Alarm, Trigger::Keep(minutes(60))] {
        assert!(marks_of(&seen.plan(trigger)).contains(&since), "{trigger:?}");
    }
    assert!(marks_of(&given().plan(Trigger::Opening)).contains(&since), "made");
    let progress = given().mark(Mark::LastRequest, -1).plan(Trigger::Progress);
    assert_eq!(marks_of(&progress), ["on-since=2026-11-02T09:00:00Z"], "made");
    let stale = given().mark(Mark::OnSince, -600).plan(Trigger::Opening);
    assert!(marks_of(&stale).contains(&since), "a new round starts anew");
    let known = given().on_for(5).plan(Trigger::Schedule);
    assert!(known.is_empty());
}

#[test]
fn on_since_goes_with_the_last_association() {
    for given in [given(), given().association("subnet-1", "disassociating")] {
        for trigger in [Trigger::Schedule, Trigger::Alarm] {
            let plan = given.clone().mark(Mark::OnSince, -90).plan(trigger);
            assert_eq!(marks_of(&plan), ["-on-since=2026-11-02T07:30:00Z"], "{trigger:?}: only if it is still that");
        }
    }
}

#[test]
fn a_young_on_since_stays_for_the_association_that_is_not_listed_yet() {
    for (minutes_ago, removed) in [(0, false), (4, false), (5, true), (-1, false)] {
        for trigger in [Trigger::Schedule, Trigger::Alarm] {
            let plan = given().mark(Mark::OnSince, -minutes_ago).plan(trigger);
            assert_eq!(!marks_of(&plan).is_empty(), removed, "{trigger:?} after {minutes_ago} minutes");
        }
    }
    assert!(given().tag(Mark::OnSince, "soon").plan(Trigger::Schedule).is_empty(), "it says nothing");
    let spelled_otherwise = given().tag(Mark::OnSince, "2026-11-02T07:30:00+00:00").plan(Trigger::Schedule);
    assert_eq!(marks_of(&spelled_otherwise), ["-on-since"]);
}

#[test]
fn ready_since_is_written_once_by_whoever_first_sees_ready_what_was_asked_for() {
    let ready = given().both_associated().mark(Mark::LastRequest, -6).mark(Mark::OnSince, -7);
    let since = ["ready-since=2026-11-02T09:00:00Z".to_owned()];
    for trigger in [Trigger::Opening, Trigger::Progress, Trigger::Schedule, Trigger::Alarm, Trigger::Keep(minutes(60))]
    {
        assert_eq!(last_marks_of(&ready.plan(trigger)), since, "{trigger:?}");
        let known = ready.clone().mark(Mark::ReadySince, -7);
        assert_eq!(last_marks_of(&known.plan(trigger)), Vec::<String>::new(), "{trigger:?}");
        let of_an_earlier_time = ready.clone().mark(Mark::ReadySince, -8);
        assert_eq!(last_marks_of(&of_an_earlier_time.plan(trigger)), since, "{trigger:?}");
        let not_asked_for = given().both_associated().mark(Mark::LastRequest, -40).mark(Mark::OnSince, -7);
        assert_eq!(last_marks_of(&not_asked_for.plan(trigger)), Vec::<String>::new(), "{trigger:?}");
        let not_ready = ready.clone().wants_route("0.0.0.0/0").route("0.0.0.0/0", "subnet-1", "active");
        assert_eq!(last_marks_of(&not_ready.plan(trigger)), Vec::<String>::new(), "{trigger:?}");
    }
    for trigger in [Trigger::Off, Trigger::Force { closed_for: None }] {
        assert!(ready.plan(trigger).marks_last.is_empty(), "{trigger:?}");
    }
}

#[test]
fn ready_since_goes_with_the_last_association() {
    for given in [given(), given().association("subnet-1", "disassociating")] {
        for trigger in [Trigger::Schedule, Trigger::Alarm] {
            let plan = given.clone().mark(Mark::ReadySince, -90).plan(trigger);
            assert_eq!(last_marks_of(&plan), ["-ready-since=2026-11-02T07:30:00Z"], "{trigger:?}");
            assert!(given.clone().mark(Mark::ReadySince, -4).plan(trigger).is_empty(), "{trigger:?}: a young one");
        }
    }
    let again = given().association("subnet-1", "disassociating").association("subnet-2", "disassociating");
    let again = again.mark(Mark::ReadySince, -90).mark(Mark::LastRequest, -1).plan(Trigger::Progress);
    assert_eq!(last_marks_of(&again), ["-ready-since=2026-11-02T07:30:00Z"]);
}

#[test]
fn keep_goes_forward_only_within_the_limit_and_only_while_on() {
    let on = given().on_for(5);
    for (stored, asked, written, until) in [
        (None, 60, Some("keep-until=2026-11-02T10:00:00Z"), 60),
        (Some(30), 60, Some("keep-until=2026-11-02T10:00:00Z"), 60),
        (Some(60), 60, None, 60),
        (Some(240), 60, None, 240),
        (Some(-60), 60, Some("keep-until=2026-11-02T10:00:00Z"), 60),
        (None, 24 * 60, Some("keep-until=2026-11-02T17:00:00Z"), 480),
    ] {
        let given = match stored {
            Some(ahead) => on.clone().mark(Mark::KeepUntil, ahead),
            None => on.clone(),
        };
        let plan = given.plan(Trigger::Keep(minutes(asked)));
        assert_eq!(plan.verdict, Verdict::Kept { until: now() + minutes(until) }, "{stored:?} {asked}");
        assert_eq!(marks_of(&plan), Vec::from_iter(written.map(str::to_owned)), "{stored:?} {asked}");
        assert!(plan.changes.is_empty());
    }
    for off in [given(), given().association("subnet-1", "disassociating").mark(Mark::LastRequest, -1)] {
        let plan = off.plan(Trigger::Keep(minutes(60)));
        assert_eq!(plan.verdict, Verdict::NotOn);
        assert!(plan.is_empty());
    }
}

/// Where nothing could be read: whatever looks next knows of her.
#[test]
fn a_request_alone_is_its_mark() {
    let at = |text: &str| text.parse::<Timestamp>().expect(text);
    let plan = Plan::of_request(at("2026-11-02T09:00:20Z"));
    assert_eq!(plan.marks, [MarkChange::Set(Mark::LastRequest, at("2026-11-02T09:01:00Z"))]);
    assert_eq!((plan.verdict, plan.changes, plan.marks_last), (Verdict::TurnOn, Vec::new(), Vec::new()));
}

#[test]
fn an_administrator_keeps_it_on_for_a_minute_to_fourteen_days_and_nothing_is_shortened() {
    let (second, days) = (SignedDuration::from_secs(1), SignedDuration::from_hours(14 * 24));
    let on = given().on_for(5);
    for (asked, until) in [
        (minutes(1), Some("2026-11-02T09:01:00Z")),
        (days - second, Some("2026-11-16T09:00:00Z")),
        (days, Some("2026-11-16T09:00:00Z")),
        (days + second, None),
        (minutes(1) - second, None),
        (SignedDuration::ZERO, None),
        (SignedDuration::MAX, None),
    ] {
        let plan = on.plan(Trigger::AdminKeep(asked));
        match until {
            Some(until) => {
                assert_eq!(plan.verdict, Verdict::Kept { until: until.parse().expect(until) }, "{asked:#}");
                assert_eq!(marks_of(&plan), [format!("keep-until={until}")], "{asked:#}");
            }
            None => assert_eq!((&plan.verdict, plan.is_empty()), (&Verdict::KeepOutOfRange, true), "{asked:#}"),
        }
    }
    assert_eq!(given().plan(Trigger::AdminKeep(days)).verdict, Verdict::NotOn);
    let closed = on.clone().mark(Mark::ClosedUntil, 60).plan(Trigger::AdminKeep(days));
    assert_eq!((closed.verdict, closed.marks), (Verdict::Closed { until: now() + minutes(60) }, vec![]));
}

#[test]
fn what_an_administrator_keeps_on_no_employee_shortens() {
    let kept = given().on_for(5).mark(Mark::KeepUntil, 3 * 24 * 60);
    let plan = kept.plan(Trigger::Keep(minutes(60)));
    assert_eq!((plan.verdict, plan.marks), (Verdict::Kept { until: now() + minutes(3 * 24 * 60) }, vec![]));
    assert_eq!(kept.view().kept_for, Some(minutes(3 * 24 * 60)), "and the page shows it");
}

#[test]
fn opening_takes_the_closing_away_and_turns_nothing_on() {
    let closed = given().mark(Mark::ClosedUntil, 120).mark(Mark::LastRequest, -1);
    for given in [closed.clone(), closed.clone().mark(Mark::ClosedUntil, -1), closed.tag(Mark::ClosedUntil, "later")] {
        let plan = given.plan(Trigger::AdminOpen);
        assert_eq!((&plan.verdict, marks_of(&plan)), (&Verdict::Open, vec!["-closed-until".to_owned()]));
        assert!(plan.changes.is_empty());
    }
    let open = given().on_for(5).plan(Trigger::AdminOpen);
    assert_eq!((&open.verdict, open.is_empty()), (&Verdict::Open, true));
}

#[test]
fn an_administrator_turns_on_as_a_person_at_the_page_does() {
    for given in [given(), given().mark(Mark::ClosedUntil, 60), given().association("subnet-1", "association-failed")] {
        assert_eq!(given.plan(Trigger::AdminOn), given.plan(Trigger::Opening));
    }
    assert_eq!(Trigger::AdminOn.as_str(), "admin-on", "but the audit tells who");
}
