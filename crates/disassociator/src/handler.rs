//! One invocation.

use serde_json::Value;
use vpn_core::{
    Error,
    apply::Applied,
    audit::{Action, Actor, Audit, Line, Outcome},
    clock::{self, Stopwatch},
    config::Problem,
    error::CallError,
    limits::Limits,
    marks::Mark,
    meaning::{Meaning, meaning},
    model::{AssociationState, Snapshot},
    plan::{MarkChange, Trigger, Verdict, is_live},
    port::{Accepted, CallResult, Port},
    step::{Order, Step, step},
};

use crate::{
    answer::Answer,
    config::Config,
    event::{self, Ask},
    month::Month,
    watch::Watch,
};

/// The reason that stands in the alarm's history.
const JUDGE_AGAIN: &str = "Judge again, until nothing is associated any more.";

/// The disassociator.
#[derive(Debug)]
pub struct Handler<P, W, A> {
    /// EC2.
    pub port: P,
    /// CloudWatch.
    pub watch: W,
    /// Where audit lines go.
    pub audit: A,
    pub config: Config,
    /// How long an invocation may take.
    pub limits: Limits,
}

impl<P: Port, W: Watch, A: Audit> Handler<P, W, A> {
    /// Handles one event.
    ///
    /// # Errors
    /// When the event is none of ours, and whenever something that should have happened did not: after everything
    /// else was tried.
    pub async fn handle(&self, event: Value) -> Result<Answer, Error> {
        let started = Stopwatch::start();
        let trigger = match event::read(&event, &self.config.alarm)? {
            Ask::Step(trigger) => trigger,
            Ask::Nothing(why) => return Ok(Answer::nothing_to_do(&why)),
        };
        let actor = Actor { trigger, subject: None };
        let judges_again = trigger == Trigger::Alarm && self.judge_again_first(actor).await;
        let order = Order { actor, now: clock::now(), started, limits: self.limits };
        let taken = step(&self.port, &self.audit, &self.config.vpn.rules, order).await;
        let too_busy = had_no_time(&taken).filter(|_| !trigger.by_administrator()).cloned();
        if trigger == Trigger::Schedule
            && too_busy.is_none()
            && let Ok(taken) = &taken
        {
            self.put_gauge(&taken.snapshot).await;
        }
        let must_call_again = match trigger {
            Trigger::Alarm => taken.as_ref().map_or(true, may_call_again),
            // Nobody asked at the page, so no metric shows it: an alarm that is in ALARM already would never call.
            Trigger::AdminOn => taken.as_ref().is_ok_and(|taken| taken.plan.verdict == Verdict::TurnOn),
            _ => false,
        };
        let mut answer = match too_busy {
            Some(error) => {
                tracing::warn!(%error, "AWS throttles the calls; nothing was turned on or off, and the next run goes on");
                Ok(Answer::too_busy(&error))
            }
            None => taken.map_err(Error::from).and_then(|taken| self.answer(&taken, trigger)),
        };
        if must_call_again && !judges_again {
            let set = self.judge_again(actor).await;
            // The first failure is the one to report; this one fails an answer that was good.
            answer = answer.and_then(|answer| set.map(|()| answer).map_err(Error::from));
        }
        if trigger == Trigger::Schedule
            && let Some(month) = event::scheduled(&event).and_then(Month::just_over)
        {
            // Last: whatever comes of it, the rest was done. Lambda tries again, and what it gives up goes to the failure topic.
            let told = self.tell_of(&month, actor).await;
            answer = answer.and_then(|answer| told.map(|()| answer).map_err(Error::from));
        }
        match &answer {
            Ok(answer) => tracing::info!(trigger = trigger.as_str(), answer = answer.body, "the run is done"),
            Err(error) => {
                tracing::error!(trigger = trigger.as_str(), error.type = error.error_type(), %error, "the run failed");
            }
        }
        answer
    }

    fn answer(&self, taken: &Step, trigger: Trigger) -> Result<Answer, Error> {
        let applied = taken.applied.as_deref().map_err(|error| Error::from(error.clone()))?;
        let answer = self.answer_to(taken, applied, trigger)?;
        let closed = taken.plan.marks.iter().find_map(|change| match change {
            MarkChange::Set(Mark::ClosedUntil, until) => Some(*until),
            _ => None,
        });
        Ok(match closed {
            Some(until) => answer.closed(until),
            None => answer,
        })
    }

    fn answer_to(&self, taken: &Step, applied: &[Applied], trigger: Trigger) -> Result<Answer, Error> {
        match &taken.plan.verdict {
            Verdict::TurnOff => Answer::turned_off(applied, !matches!(trigger, Trigger::Force { .. })),
            Verdict::HeldBack(held) => Answer::held_back(held, applied),
            Verdict::NothingAssociated => Ok(Answer::nothing_associated(&self.config.vpn.endpoint)),
            Verdict::TurnOn => Answer::turning_on(applied),
            Verdict::Open => Ok(Answer::open(taken.plan.is_empty())),
            Verdict::Kept { until } => Ok(Answer::kept(*until)),
            Verdict::Closed { .. } | Verdict::NotOn | Verdict::KeepOutOfRange | Verdict::EndpointGone => {
                Ok(Answer::refused(&taken.plan.verdict))
            }
            Verdict::OfTransitGateway { id } => Err(Error::Configuration(vec![Problem {
                name: "VPN_ENDPOINT_ID",
                value: Some(self.config.vpn.endpoint.to_string()),
                expected: format!(
                    "an endpoint with a VPC of its own; this one belongs to the Transit Gateway {id}, so availability zones \
                     are associated with it and not subnets, which this function cannot do"
                ),
            }])),
            other => Err(Error::Internal {
                attempted: "decide about turning off",
                happened: format!("the rules answered {other:?}"),
            }),
        }
    }

    /// A failed gauge never stops the turning off; that it is missing raises an alarm of its own.
    async fn put_gauge(&self, snapshot: &Snapshot) {
        let billed = snapshot.associations.iter().filter(|a| a.state != AssociationState::Disassociated).count();
        if let Err(error) = self.watch.put_gauge(self.config.vpn.endpoint.as_str(), billed).await {
            tracing::error!(%error, "the gauge could not be put; what is associated is not affected");
        }
    }

    /// Before anything can go wrong: an alarm calls only when its state changes, and Lambda gives an event up after its
    /// third attempt. Only when nothing is associated it stays as it is, or it would call every minute while the VPN is
    /// off.
    async fn judge_again_first(&self, actor: Actor<'_>) -> bool {
        let first = self.port.associations(None).await;
        let nothing_there = first.is_ok_and(|page| page.next.is_none() && !page.items.iter().any(is_live));
        !nothing_there && self.judge_again(actor).await.is_ok()
    }

    async fn judge_again(&self, actor: Actor<'_>) -> Result<(), CallError> {
        let set = self.watch.set_alarm_ok(&self.config.alarm, JUDGE_AGAIN).await;
        self.alarm_set(actor, format!("set {} to OK", self.config.alarm), set)
    }

    /// What the month that is over cost, to whom its alarm mails.
    async fn tell_of(&self, month: &Month, actor: Actor<'_>) -> Result<(), CallError> {
        let Some(alarm) = &self.config.month_alarm else { return Ok(()) };
        let vpn = &self.config.vpn;
        let gauge = self.watch.gauge(vpn.endpoint.as_str(), month).await?;
        let Some(told) = month.told(&gauge, vpn.rules.subnets.len(), self.config.prices) else { return Ok(()) };
        let set = self.watch.tell(alarm, &told).await;
        self.alarm_set(actor, format!("set {alarm} to ALARM: {told}"), set)
    }

    fn alarm_set(&self, actor: Actor<'_>, change: String, set: CallResult<Accepted>) -> Result<(), CallError> {
        self.audit.write(&Line {
            actor,
            action: Action::SetAlarmState,
            change,
            association: None,
            outcome: set.as_ref().map_or_else(|error| Outcome::Failed(meaning(error)), |_| Outcome::Accepted),
            code: set.as_ref().err().and_then(|error| error.code.clone()),
            message: set.as_ref().err().map(|error| error.message.clone()),
            request_id: set.as_ref().map_or_else(|error| error.request_id.clone(), |ok| ok.request_id.clone()),
        });
        set.map(drop)
    }
}

/// Why nothing came of it, if AWS had no time for a read, or for the marks that stand before every change: the next run
/// does all of it, so it fails nothing and mails nobody. It hides nothing that lasts: such a run puts no gauge, and the
/// alarm on the missing gauge tells after a quarter of an hour. A read was tried for a minute by then, a mark three times.
fn had_no_time(taken: &Result<Step, CallError>) -> Option<&CallError> {
    let error = match taken {
        Ok(taken) => taken.applied.as_ref().err()?,
        Err(error) => error,
    };
    (meaning(error) == Meaning::Throttled).then_some(error)
}

/// Whether the alarm must be able to call again. Also after everything was turned off: descriptions lag, so one look that
/// finds nothing associated must follow, or what another step had just associated would stay on if no schedule came.
fn may_call_again(taken: &Step) -> bool {
    !matches!((&taken.plan.verdict, &taken.applied), (Verdict::NothingAssociated, Ok(_)))
}
