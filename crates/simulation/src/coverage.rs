//! What occurred, counted: coverage is asserted, not hoped for.

use std::collections::BTreeMap;

use disassociator::answer::Answer;
use serde_json::Value;
use vpn_core::{
    Error,
    meaning::meaning,
    model::AssociationState,
    plan::{Change, Notice, Phase, Plan, Trigger, Verdict, plan},
};

use crate::{
    calls::{Answered, Op, Request},
    ends::ran_out,
    expected::EXPECTED,
    role::Role,
    run::{Run, Why},
    story::{CallFault, What},
};

/// Counters of many stories.
#[derive(Debug, Default)]
pub struct Coverage {
    pub stories: u64,
    pub invocations: u64,
    /// The fewest of a story.
    pub fewest: Option<u64>,
    /// Things that fell due.
    pub steps: u64,
    counts: BTreeMap<(&'static str, &'static str), u64>,
}

/// How often each must have occurred in so many stories: a hundred times in a hundred thousand.
pub fn at_least(stories: u64) -> u64 {
    (stories / 1_000).clamp(1, 100)
}

impl Coverage {
    /// One more.
    pub fn count(&mut self, kind: &'static str, what: &'static str) {
        *self.counts.entry((kind, what)).or_default() += 1;
    }

    /// Adds another's.
    pub fn add(&mut self, other: Self) {
        self.stories += other.stories;
        self.invocations += other.invocations;
        self.steps += other.steps;
        self.fewest = self.fewest.into_iter().chain(other.fewest).min();
        for (key, count) in other.counts {
            *self.counts.entry(key).or_default() += count;
        }
    }

    pub fn counts(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        self.counts.iter().map(|((kind, what), count)| (*kind, *what, *count))
    }

    /// What occurred less often than it must have.
    pub fn missing(&self, at_least: u64) -> Vec<(&'static str, &'static str, u64)> {
        let crashes = Op::ALL.into_iter().flat_map(|op| [("crash before", op.name()), ("crash after", op.name())]);
        let expected = EXPECTED.iter().flat_map(|(kind, all)| all.iter().map(|what| (*kind, *what)));
        expected
            .chain(crashes)
            .map(|key| (key.0, key.1, self.counts.get(&key).copied().unwrap_or(0)))
            .filter(|(.., count)| *count < at_least)
            .collect()
    }

    /// A fault struck a call.
    pub fn fault(&mut self, op: Op, fault: CallFault) {
        match fault {
            CallFault::Refused(_) => self.count("trouble", "call refused"),
            CallFault::Unheard => self.count("trouble", "call unheard"),
            CallFault::DoneUnheard => self.count("trouble", "call done but unheard"),
            CallFault::Slow(_) => self.count("trouble", "call slow"),
            CallFault::CrashBefore => self.count("crash before", op.name()),
            CallFault::CrashAfter => self.count("crash after", op.name()),
        }
    }

    /// A call was answered.
    pub fn answered(&mut self, op: Op, answered: &Answered) {
        let Err(error) = answered else {
            return;
        };
        self.count("refused", op.name());
        self.count(
            "error",
            match meaning(error) {
                vpn_core::meaning::Meaning::Already => "Already",
                vpn_core::meaning::Meaning::ZoneTaken => "ZoneTaken",
                vpn_core::meaning::Meaning::NotYet => "NotYet",
                vpn_core::meaning::Meaning::Gone => "Gone",
                vpn_core::meaning::Meaning::Throttled => "Throttled",
                vpn_core::meaning::Meaning::Refused => "Refused",
                vpn_core::meaning::Meaning::Forbidden => "Forbidden",
                vpn_core::meaning::Meaning::Misconfigured => "Misconfigured",
                vpn_core::meaning::Meaning::Unavailable => "Unavailable",
                vpn_core::meaning::Meaning::Unknown => "Unknown",
            },
        );
    }

    /// An event happened.
    pub fn happened(&mut self, what: What) {
        self.count(
            "event",
            match what {
                What::Open { .. } => "page opened",
                What::Look => "page looked at",
                What::Keep { .. } => "kept",
                What::Off => "turned off by hand",
                What::Force { .. } => "forced off",
                What::AdminOn => "turned on by an administrator",
                What::AdminOpen => "opened by an administrator",
                What::AdminKeep { .. } => "kept by an administrator",
                What::Connect { .. } => "client connects",
                What::Crowd { .. } => "a crowd connects",
                What::ConsoleAssociates { .. } => "associated at the console",
                What::ConsoleDisassociates => "disassociated at the console",
                What::MarkRemoved(_) => "mark removed",
                What::MarksRemoved => "all marks removed",
                What::MarkSpoiled(_) => "mark spoiled",
                What::MarkAhead(_) => "mark far ahead",
                What::Set(_) => "settings changed",
                What::Trouble { .. } => "trouble prepared",
                What::Outage { .. } => "outage",
                What::SlowAws { .. } => "AWS is slow",
                What::Crawl { .. } | What::EmptyBucket { .. } => "AWS has hardly any time",
                What::AssociationFails => "association will fail",
                What::RouteFails => "route will fail",
                What::StrangeState => "strange state",
                What::StrangeRoutes { .. } => "strange routes",
                What::EndpointGoes { .. } => "endpoint goes",
                What::MetricGap { .. } => "metric gap",
                What::MetricsLate { .. } => "metrics late",
                What::ScheduleLost => "schedule lost",
                What::Late { .. } => "invocation late",
                What::Twice => "invocation twice",
            },
        );
    }

    /// A page showed something.
    pub fn shown(&mut self, phase: Phase) {
        self.count(
            "shown",
            match phase {
                Phase::Off => "Off",
                Phase::Starting => "Starting",
                Phase::Ready => "Ready",
                Phase::TurningOff => "TurningOff",
                Phase::TurningOnAgain => "TurningOnAgain",
                Phase::Failed => "Failed",
                Phase::Incomplete => "Incomplete",
                Phase::Closed => "Closed",
            },
        );
    }

    /// The associator answered a browser.
    pub fn replied(&mut self, reply: &Value) {
        self.count(
            "page's answer",
            match reply["statusCode"].as_u64() {
                Some(200) => "200",
                Some(303) => "303",
                Some(409) => "409",
                Some(500) => "500",
                Some(503) => "503",
                other => unreachable!("the page answers {other:?}"),
            },
        );
    }

    /// The disassociator answered.
    pub fn answer(&mut self, answer: &Result<Answer, Error>) {
        self.count(
            "answer",
            match answer {
                Ok(answer) if answer.status_code == 404 => "404",
                Ok(answer) if answer.status_code == 409 => "409",
                Ok(answer) if answer.body.contains("AWS throttles") => "AWS had no time",
                Ok(_) => "200",
                Err(error) => error.error_type(),
            },
        );
    }

    /// An invocation ended: which rows of the plan's tables it used.
    pub fn ended(&mut self, run: &Run) {
        let Why::Step(trigger) = run.why else {
            return;
        };
        let Some(snapshot) = run.log.snapshot() else {
            self.count("decided", "nothing: a read failed");
            return;
        };
        let decided = plan(&snapshot, &run.rules, trigger, run.now);
        self.decided(trigger, &decided.verdict);
        if ran_out(run) {
            self.out_of_time(run, &decided);
        }
        for change in &decided.changes {
            self.count(
                "change",
                match change {
                    Change::Associate { .. } => "associate",
                    Change::ClearFailed { .. } => "clear failed",
                    Change::CreateRoute { .. } => "create route",
                    Change::Disassociate { may_be_refused: false, .. } => "disassociate",
                    Change::Disassociate { may_be_refused: true, .. } => "disassociate, may be refused",
                },
            );
        }
        for notice in &decided.notices {
            self.count(
                "notice",
                match notice {
                    Notice::BadMark(_) => "bad mark",
                    Notice::UnknownState { .. } => "unknown state",
                    Notice::AssociationFailed { .. } => "association failed",
                    Notice::RouteFailed { .. } => "route failed",
                    Notice::RouteLost { .. } => "route lost",
                    Notice::NoMarks => "no marks",
                    Notice::UnreadableEnd { .. } => "unreadable end",
                    // No story has such an endpoint: it is what it is from its first day.
                    Notice::OfTransitGateway { .. } => "of a transit gateway",
                },
            );
        }
        match (&decided.verdict, trigger) {
            (Verdict::TurnOff, _) => {
                for association in &snapshot.associations {
                    self.count("turning off", word(Some(&association.state)));
                }
            }
            (Verdict::TurnOn, Trigger::Opening | Trigger::AdminOn) => self.turning_on("turning on, freshly asked", run),
            (Verdict::TurnOn, _) => self.turning_on("turning on, asked earlier", run),
            _ => {}
        }
    }

    /// The time limit had passed before everything that was decided could be begun, or just then.
    fn out_of_time(&mut self, run: &Run, decided: &Plan) {
        let refused = run.log.heard.iter().any(|(request, error)| {
            matches!(request, Request::SetMarks(_) | Request::RemoveMarks(_)) && error.is_some()
        });
        if refused {
            // Nothing would have been begun with more time either.
            return;
        }
        let sent = |change: &&Change| run.log.sent.iter().any(|sent| sent.makes(change));
        let kind = match run.role {
            Role::Associator => "out of time, associator",
            Role::Disassociator => "out of time, disassociator",
        };
        let (all, begun) = (decided.changes.len(), decided.changes.iter().filter(sent).count());
        let what = match (decided.verdict == Verdict::TurnOff, begun) {
            (_, 0) if all == 0 && !decided.marks_last.is_empty() => "with ready-since to write",
            (_, 0) if all == 0 => "with nothing to change",
            (_, begun) if begun == all => "after the last change",
            (true, 0) => "turning off, before the first change",
            (true, _) => "turning off, between changes",
            (false, 0) => "turning on, before the first change",
            (false, _) => "turning on, between changes",
        };
        self.count(kind, what);
    }

    fn turning_on(&mut self, kind: &'static str, run: &Run) {
        let associations = run.log.associations.as_deref().unwrap_or_default();
        for subnet in &run.rules.subnets {
            let mut listed = associations.iter().filter(|a| a.subnet == subnet.as_str()).map(|a| &a.state).peekable();
            if listed.peek().is_none() {
                self.count(kind, "absent");
            }
            for state in listed {
                self.count(kind, word(Some(state)));
            }
            for destination in &run.rules.routes {
                let mut routes = run.log.routes.iter().flatten();
                let route = routes.find(|r| r.subnet == subnet.as_str() && r.destination == destination.as_str());
                self.count(
                    "route",
                    match route.map(|route| route.state.as_str()) {
                        None => "missing",
                        Some("creating") => "creating",
                        Some("active") => "active",
                        Some("deleting") => "deleting",
                        Some("failed") => "failed",
                        Some(_) => "unknown",
                    },
                );
            }
        }
    }

    fn decided(&mut self, trigger: Trigger, verdict: &Verdict) {
        use vpn_core::plan::HeldBy;
        if let Verdict::HeldBack(held) = verdict {
            self.count(
                "held back by",
                match held.by {
                    HeldBy::Connections(_) => "connections",
                    HeldBy::Keep => "keep",
                    HeldBy::RecentUse => "recent use",
                },
            );
        }
        self.count(
            "decided",
            match (trigger, verdict) {
                (Trigger::Opening, Verdict::TurnOn) => "opening: turn on",
                (Trigger::Opening, Verdict::Closed { .. }) => "opening: closed",
                (Trigger::Progress, Verdict::TurnOn) => "progress: turn on",
                (Trigger::Progress, Verdict::NotWanted) => "progress: not wanted",
                (Trigger::Progress, Verdict::Closed { .. }) => "progress: closed",
                (Trigger::Schedule, Verdict::TurnOff) => "schedule: turn off",
                (Trigger::Schedule, Verdict::HeldBack(_)) => "schedule: held back",
                (Trigger::Schedule, Verdict::NothingAssociated) => "schedule: nothing associated",
                (Trigger::Alarm, Verdict::TurnOff) => "alarm: turn off",
                (Trigger::Alarm, Verdict::HeldBack(_)) => "alarm: held back",
                (Trigger::Alarm, Verdict::NothingAssociated) => "alarm: nothing associated",
                (Trigger::Keep(_), Verdict::Kept { .. }) => "keep: kept",
                (Trigger::Keep(_), Verdict::NotOn) => "keep: not on",
                (Trigger::Keep(_), Verdict::Closed { .. }) => "keep: closed",
                (Trigger::Opening, Verdict::EndpointGone) => "opening: endpoint gone",
                (Trigger::Progress, Verdict::EndpointGone) => "progress: endpoint gone",
                (Trigger::Keep(_), Verdict::EndpointGone) => "keep: endpoint gone",
                (Trigger::Off, Verdict::TurnOff) => "off: turn off",
                (Trigger::Off, Verdict::InUse { .. }) => "off: in use",
                (Trigger::Off, Verdict::NothingAssociated) => "off: nothing associated",
                (Trigger::AdminOn, Verdict::TurnOn) => "admin-on: turn on",
                (Trigger::AdminOn, Verdict::Closed { .. }) => "admin-on: closed",
                (Trigger::AdminOn, Verdict::EndpointGone) => "admin-on: endpoint gone",
                (Trigger::AdminOpen, Verdict::Open) => "admin-open: open",
                (Trigger::AdminKeep(_), Verdict::Kept { .. }) => "admin-keep: kept",
                (Trigger::AdminKeep(_), Verdict::NotOn) => "admin-keep: not on",
                (Trigger::AdminKeep(_), Verdict::Closed { .. }) => "admin-keep: closed",
                (Trigger::AdminKeep(_), Verdict::EndpointGone) => "admin-keep: endpoint gone",
                (Trigger::AdminKeep(_), Verdict::KeepOutOfRange) => "admin-keep: out of range",
                (Trigger::Force { .. }, Verdict::TurnOff) => "force: turn off",
                (Trigger::Force { .. }, Verdict::NothingAssociated) => "force: nothing associated",
                // A row that is missing here would not be asked for either.
                _ => unreachable!("{} decided {verdict:?}", trigger.as_str()),
            },
        );
    }
}

fn word(state: Option<&AssociationState>) -> &'static str {
    match state {
        None => "absent",
        Some(AssociationState::Associating) => "associating",
        Some(AssociationState::Associated) => "associated",
        Some(AssociationState::AssociationFailed) => "association-failed",
        Some(AssociationState::Disassociating) => "disassociating",
        Some(AssociationState::Disassociated) => "disassociated",
        Some(AssociationState::Unknown(_)) => "unknown",
    }
}
