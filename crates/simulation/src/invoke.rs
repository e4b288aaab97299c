//! Invocations: how they start, wait for AWS call by call, and what goes wrong with a call.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use disassociator::{config::Config, handler::Handler};
use jiff::{SignedDuration, Timestamp};
use local::this_computer::{ALARM, ASSOCIATOR};
use serde_json::json;
use vpn_core::{
    audit::Actor,
    clock::{self, Stopwatch},
    config::Vpn,
    error::CallError,
    marks::{Mark, RawMarks},
    meaning::{Meaning, meaning},
    observe::observe,
    plan::Trigger,
    step::{Order, look, step},
};

use crate::{
    aws::Role,
    calls::{Op, Request, Wire},
    rules,
    run::{Code, Ended, Kept, Log, Run, Why},
    story::Fault,
    verdict::{Broken, Checked},
    world::{Call, Job, World},
};

/// The limits of the functions, and of one call with all its attempts.
const ASSOCIATOR_TIMEOUT: SignedDuration = SignedDuration::from_secs(15);
const DISASSOCIATOR_TIMEOUT: SignedDuration = SignedDuration::from_secs(60);
const CALL_AT_MOST: SignedDuration = SignedDuration::from_secs(7);

impl World<'_> {
    /// A source of chance that is the invocation's own: leaving out another one changes nothing here.
    fn chance(&self, salt: u64) -> fastrand::Rng {
        let at = self.now.as_millisecond().unsigned_abs();
        fastrand::Rng::with_seed(
            self.story.seed ^ at.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt.wrapping_mul(0xD1B5_4A32_D192_ED03),
        )
    }

    fn skewed(&self, salt: u64) -> Timestamp {
        let skew = self.story.setup.skew;
        self.now + SignedDuration::from_millis(self.chance(salt).i64(-skew..=skew))
    }

    pub(crate) fn start_disassociator(&mut self, kept: Kept) -> Checked {
        let now = self.skewed(u64::from(kept.attempt) + 1);
        let wire = Wire::default();
        let vpn = Vpn { endpoint: self.endpoint.clone(), rules: (*self.rules).clone() };
        let config = Config { vpn, alarm: ALARM.to_owned() };
        let handler = Handler { port: wire.clone(), watch: wire.clone(), audit: wire.clone(), config };
        let event = (*kept.event).clone();
        let code: Code = Box::pin(clock::at(now, async move { Ended::Answered(handler.handle(event).await) }));
        let kept_at = (!matches!(kept.trigger, Trigger::Force { .. })).then(|| kept.clone());
        self.start(Why::Step(kept.trigger), Role::Disassociator, now, code, wire, kept_at, None)
    }

    /// An administrator invokes it by hand.
    pub(crate) fn force(&mut self, closed_for: Option<i64>) -> Checked {
        let event = match closed_for {
            Some(minutes) => json!({ "force": true, "closed_for": format!("{minutes}m") }),
            None => json!({ "force": true }),
        };
        let trigger = Trigger::Force { closed_for: closed_for.map(SignedDuration::from_mins) };
        self.start_disassociator(Kept { event: Arc::new(event), trigger, called: self.now, attempt: 1, unheard: true })
    }

    pub(crate) fn start_associator(&mut self, why: Why, page: Option<usize>) -> Checked {
        self.aws.cloudwatch.record(self.now, "AWS/Lambda", "Invocations", &[("FunctionName", ASSOCIATOR)], 1.0);
        self.truth.measured(self.now);
        let now = self.skewed(7);
        let (wire, rules) = (Wire::default(), Arc::clone(&self.rules));
        let (port, audit) = (wire.clone(), wire.clone());
        let code: Code = match why {
            Why::Step(trigger) => Box::pin(clock::at(now, async move {
                let actor = Actor { trigger, subject: Some("somebody") };
                let order =
                    Order { actor, now: clock::now(), started: Stopwatch::start(), limit: Duration::from_secs(8) };
                Ended::Stepped(step(&port, &audit, &rules, order).await.map(Box::new))
            })),
            Why::Look => Box::pin(clock::at(now, async move {
                Ended::Looked(observe(&port, look(Trigger::Progress, &rules)).await.map(Box::new))
            })),
        };
        self.start(why, Role::Associator, now, code, wire, None, page)
    }

    #[expect(clippy::too_many_arguments, reason = "both functions start here")]
    fn start(
        &mut self,
        why: Why,
        role: Role,
        now: Timestamp,
        code: Code,
        wire: Wire,
        kept: Option<Kept>,
        page: Option<usize>,
    ) -> Checked {
        let (settings, rules) = (self.settings, Arc::clone(&self.rules));
        self.invocations += 1;
        self.coverage.invocations += 1;
        let run = Run { why, role, settings, rules, now, code: Some(code), wire, kept, page, log: Log::default() };
        self.runs.push(run);
        let place = self.runs.len() - 1;
        let timeout = if role == Role::Associator { ASSOCIATOR_TIMEOUT } else { DISASSOCIATOR_TIMEOUT };
        self.at(self.now + timeout, Job::Kill(place));
        self.go_on(place)
    }

    /// Lets an invocation go on until it waits for AWS again, or ends.
    fn go_on(&mut self, place: usize) -> Checked {
        let Some(mut code) = self.runs[place].code.take() else {
            return Ok(());
        };
        let polled = code.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Ready(ended) => self.ended(place, ended),
            Poll::Pending => {
                self.runs[place].code = Some(code);
                for (id, request) in self.runs[place].wire.issued() {
                    self.send(place, id, request)?;
                    if self.runs[place].code.is_none() {
                        break;
                    }
                }
                Ok(())
            }
        }
    }

    fn send(&mut self, place: usize, id: usize, request: Request) -> Checked {
        let run = &mut self.runs[place];
        rules::sends(run, &request, &self.truth)?;
        if !self.beginning.permits(run.settings.subnets, run.role, &request) {
            let words = format!("{} of the {:?}", request.op().name(), run.role);
            return Err(Broken { rule: "no call outside what the function's role allows", words });
        }
        run.log.sent.push(request.clone());
        let op = request.op();
        let fault = self.strike(op);
        let r = &mut self.chance((place * 64 + id) as u64 + 11);
        let most = self.story.setup.call;
        let there = self.now + SignedDuration::from_millis(r.i64(1..=most * 2 / 3));
        let back = there + SignedDuration::from_millis(r.i64(1..=most / 3));
        let given_up = self.now + CALL_AT_MOST;
        let call = self.calls.len();
        self.calls.push(Call { run: place, id, request, sent: self.now, answered: None });
        match fault {
            None => {
                self.at(there, Job::Perform(call));
                self.at(back, Job::Answer(call));
            }
            Some(Fault::Refused(code)) => {
                self.refuse(call, Some(code));
                self.truth.trouble(back);
                self.at(back, Job::Answer(call));
            }
            Some(Fault::Unheard | Fault::DoneUnheard) => {
                if fault == Some(Fault::DoneUnheard) {
                    self.at(there, Job::Perform(call));
                }
                self.refuse(call, None);
                self.truth.trouble(given_up);
                self.at(given_up, Job::Answer(call));
            }
            Some(Fault::Slow(seconds)) => {
                let there = self.now + SignedDuration::from_secs(seconds);
                self.at(there, Job::Perform(call));
                if there >= given_up {
                    self.refuse(call, None);
                }
                self.at(given_up.min(there), Job::Answer(call));
                self.truth.trouble(there);
            }
            Some(Fault::CrashBefore) => self.dies(place),
            Some(Fault::CrashAfter) => {
                self.at(there, Job::Perform(call));
                self.dies(place);
            }
        }
        if let Some(fault) = fault {
            self.coverage.fault(op, fault);
        }
        Ok(())
    }

    fn refuse(&mut self, call: usize, code: Option<&str>) {
        let call = &mut self.calls[call];
        call.answered = Some(Err(CallError {
            operation: call.request.op().name(),
            code: code.map(str::to_owned),
            message: "as the story has it".to_owned(),
            request_id: None,
        }));
    }

    /// What goes wrong with a call, if anything.
    fn strike(&mut self, op: Op) -> Option<Fault> {
        if let Some(place) = self.armed.iter().position(|armed| armed.op == op) {
            let armed = &mut self.armed[place];
            let fault = armed.fault;
            armed.times -= 1;
            if armed.times == 0 {
                self.armed.swap_remove(place);
            }
            return Some(fault);
        }
        let now = self.now;
        let watch = matches!(op, Op::PutMetricData | Op::SetAlarmState);
        let struck = self.outages.iter().find(|outage| now < outage.until && (outage.everything || !watch));
        struck.map(|outage| Fault::Refused(outage.code))
    }

    pub(crate) fn perform(&mut self, place: usize) -> Checked {
        let (now, call) = (self.now, &self.calls[place]);
        let (request, run) = (call.request.clone(), &self.runs[call.run]);
        let (why, made) = (run.why, run.now);
        let connected = self.aws.ec2.active_connections(now);
        let answered = self.aws.perform(now, &request);
        if answered.is_ok() {
            match &request {
                Request::SetMarks(marks) => {
                    self.marks_changed();
                    let asked = marks.iter().find(|(mark, _)| *mark == Mark::LastRequest);
                    if let (Some((_, marked)), Why::Step(Trigger::Opening)) = (asked, why) {
                        self.truth.asked(now, made, *marked);
                    }
                    if marks.iter().any(|(mark, _)| *mark == Mark::OnSince) {
                        self.truth.on_since_written(now);
                    }
                    if marks.iter().any(|(mark, _)| *mark == Mark::ReadySince) {
                        self.coverage.count("mark", "ready-since written");
                        self.truth.seen_ready(now);
                    }
                    if marks.iter().any(|(mark, _)| *mark == Mark::ClosedUntil) {
                        self.truth.unwished();
                    }
                }
                Request::RemoveMarks(marks) => {
                    self.marks_changed();
                    if marks.iter().any(|(mark, _)| *mark == Mark::LastRequest) {
                        self.truth.unwished();
                    }
                    if marks.iter().any(|(mark, _)| *mark == Mark::ReadySince) {
                        self.coverage.count("mark", "ready-since removed");
                    }
                    // What kept it on until now does no longer.
                    self.truth.trouble(now);
                }
                Request::Associate(_) => self.truth.associated(now),
                Request::SetAlarmOk(_) => {
                    self.called = None;
                    self.truth.alarm_judges_again(now);
                }
                Request::Disassociate(_) => {
                    if self.truth.taken_away(now, &self.rules) {
                        self.coverage.count("race", "asked or kept between the last read and the change");
                    }
                    if connected > 0 && self.aws.ec2.active_connections(now) == 0 {
                        self.truth.all_leave(now + self.aws.ec2.settings.delays.terminate_connection);
                    }
                }
                _ => {}
            }
            if request.is_change() {
                self.at(now, Job::Check);
            }
        } else if let Err(error) = &answered
            && meaning(error) == Meaning::Throttled
        {
            self.truth.trouble(now);
        }
        self.calls[place].answered.get_or_insert(answered);
        Ok(())
    }

    /// Writes down what the marks are now.
    pub(crate) fn marks_changed(&mut self) {
        let tags = self.aws.ec2.tags_of(self.endpoint.as_str());
        let tags = tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        self.truth.marks_become(self.now, RawMarks::from_tags(tags));
    }

    pub(crate) fn answer(&mut self, place: usize) -> Checked {
        let call = &mut self.calls[place];
        let (run, id, request) = (call.run, call.id, call.request.clone());
        let Some(answered) = call.answered.take() else {
            return Ok(());
        };
        if self.runs[run].code.is_none() {
            return Ok(());
        }
        self.coverage.answered(request.op(), &answered);
        let sent = self.calls[place].sent;
        self.runs[run].log.hears(sent, request, &answered);
        self.runs[run].wire.answer(id, answered);
        self.go_on(run)
    }
}
