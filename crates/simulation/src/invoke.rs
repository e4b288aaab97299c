//! Invocations: how they start, and wait for AWS call by call. Each poll of one sees the story's time.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
};

use disassociator::{config::Config, handler::Handler};
use jiff::{SignedDuration, Timestamp};
use local::this_computer::{ALARM, ASSOCIATOR};
use serde_json::json;
use vpn_core::{
    audit::Actor,
    clock::{self, Stopwatch},
    config::Vpn,
    limits::{self, Limits},
    marks::{Mark, RawMarks},
    meaning::{Meaning, meaning},
    observe::Observer,
    plan::Trigger,
    port::Accepted,
    step::{Order, look, step},
};

use crate::{
    browser::{Environment, Served},
    calls::{Reply, Request, Wire},
    role::Role,
    run::{Code, Ended, Kept, Log, Run, Why},
    stage::{Job, Stage, beginning},
    story::Setup,
    verdict::Checked,
};

/// By so much the disassociator has less time in stories that are short of it: hardly anything takes 150 seconds. Lambda
/// ends it after twice as much, so that what has begun is finished there too.
const SHORT_OF_TIME: u32 = 10;

impl Stage<'_> {
    /// A source of chance that is the invocation's own: leaving out another one changes nothing here.
    pub(crate) fn chance(&self, salt: u64) -> fastrand::Rng {
        let at = self.now.as_millisecond().unsigned_abs();
        fastrand::Rng::with_seed(
            self.story.seed ^ at.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt.wrapping_mul(0xD1B5_4A32_D192_ED03),
        )
    }

    fn skewed(&self, salt: u64) -> Timestamp {
        let skew = self.story.setup.skew;
        self.now + SignedDuration::from_millis(self.chance(salt).i64(-skew..=skew))
    }

    /// A function's limits in this story.
    fn limits(&self, role: Role) -> Limits {
        let shipped = role.limits();
        match self.story.setup.short_of_time && role == Role::Disassociator {
            true => Limits {
                timeout: shipped.timeout * 2 / SHORT_OF_TIME,
                start_no_change_after: shipped.start_no_change_after / SHORT_OF_TIME,
                throttled_reads_for: shipped.throttled_reads_for / SHORT_OF_TIME,
            },
            false => shipped,
        }
    }

    pub(crate) fn start_disassociator(&mut self, kept: Kept) -> Checked {
        let now = self.skewed(u64::from(kept.attempt) + 1);
        let wire = Wire::default();
        let vpn = Vpn { endpoint: self.endpoint.clone(), rules: (*self.rules).clone() };
        let config = Config { vpn, alarm: ALARM.to_owned(), month_alarm: None, prices: None };
        let (port, watch, audit) = (wire.clone(), wire.clone(), wire.clone());
        let handler = Handler { port, watch, audit, config, limits: self.limits(Role::Disassociator) };
        let event = (*kept.event).clone();
        let code: Code = Box::pin(clock::at(now, async move { Ended::Answered(handler.handle(event).await) }));
        let kept_at = (!kept.trigger.by_administrator()).then(|| kept.clone());
        self.start(Why::Step(kept.trigger), Role::Disassociator, now, code, wire, kept_at, None)
    }

    /// An administrator invokes it by hand.
    pub(crate) fn ordered(&mut self, trigger: Trigger) -> Checked {
        let event = match trigger {
            Trigger::AdminOn => json!({ "on": true }),
            Trigger::AdminOpen => json!({ "open": true }),
            Trigger::AdminKeep(time) => json!({ "keep": format!("{}m", time.as_mins()) }),
            Trigger::Force { closed_for: Some(time) } => {
                json!({ "force": true, "closed_for": format!("{}m", time.as_mins()) })
            }
            _ => json!({ "force": true }),
        };
        self.start_disassociator(Kept { event: Arc::new(event), trigger, called: self.now, attempt: 1, unheard: true })
    }

    pub(crate) fn start_associator(&mut self, why: Why, page: Option<usize>) -> Checked {
        self.aws.cloudwatch.record(self.now, "AWS/Lambda", "Invocations", &[("FunctionName", ASSOCIATOR)], 1.0);
        self.truth.measured(self.now);
        let now = self.skewed(7);
        if self.story.setup.http {
            let by_button = self.chance(5).bool();
            let seen = page.and_then(|page| self.pages[page].seen.clone());
            let browser = &self.beginning.browser;
            let environment = self.environment();
            let code: Code = Box::pin(clock::at(now, browser.asks(environment, why, by_button, seen)));
            let wire = environment.wire.clone();
            return self.start(why, Role::Associator, now, code, wire, None, page);
        }
        let (wire, rules, limits) = (Wire::default(), Arc::clone(&self.rules), limits::ASSOCIATOR);
        let (port, audit) = (wire.clone(), wire.clone());
        let code: Code = match why {
            Why::Step(trigger) => Box::pin(clock::at(now, async move {
                let actor = Actor { trigger, subject: Some("somebody") };
                let order = Order { actor, now: clock::now(), started: Stopwatch::start(), limits };
                Ended::Stepped(step(&port, &audit, &rules, order).await.map(Box::new))
            })),
            Why::Look => Box::pin(clock::at(now, async move {
                let observer = Observer { port: &port, started: Stopwatch::start(), limits };
                Ended::Looked(observer.look(look(Trigger::Progress, &rules)).await.map(Box::new))
            })),
        };
        self.start(why, Role::Associator, now, code, wire, None, page)
    }

    /// The associator's environment for the next invocation: one that is free and has the same settings, or a new one.
    fn environment(&mut self) -> &Environment {
        let (next, settings) = (self.runs.len(), self.settings);
        let free = |one: &Served| one.settings == settings && self.runs[one.last].code.is_none();
        let place = match self.environments.iter().position(free) {
            Some(place) => place,
            None => {
                let vpn = Vpn { endpoint: self.endpoint.clone(), rules: (*self.rules).clone() };
                let environment = self.beginning.browser.environment(vpn);
                self.environments.push(Served { settings, environment, last: next, observed: None });
                self.environments.len() - 1
            }
        };
        let served = &mut self.environments[place];
        served.last = next;
        served.environment.wire.forget();
        &served.environment
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
        let (settings, rules, limits) = (self.settings, Arc::clone(&self.rules), self.limits(role));
        self.invocations += 1;
        self.coverage.invocations += 1;
        let (began, log) = (self.now, Log::new(self.now));
        self.runs.push(Run { why, role, limits, settings, rules, began, now, code: Some(code), wire, kept, page, log });
        let place = self.runs.len() - 1;
        self.at(began + Setup::virtual_time(limits.timeout), Job::Kill(place));
        self.go_on(place)
    }

    /// Lets an invocation go on until it waits for AWS again, or ends.
    fn go_on(&mut self, place: usize) -> Checked {
        let Some(mut code) = self.runs[place].code.take() else {
            return Ok(());
        };
        let reads = self.now.duration_since(beginning()).unsigned_abs();
        let polled = clock::reading(reads, || code.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        match polled {
            Poll::Ready(ended) => self.ended(place, ended),
            Poll::Pending => {
                self.runs[place].code = Some(code);
                for (id, time) in self.runs[place].wire.pauses() {
                    self.at(self.now + time, Job::Resume(place, id));
                }
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
                    if let (Some((_, marked)), Why::Step(Trigger::Opening | Trigger::AdminOn)) = (asked, why) {
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
                Request::Associate(_) => {
                    self.truth.associated(now);
                    if why == Why::Step(Trigger::AdminOn) {
                        self.truth.in_no_metric(now, self.called.is_some());
                    }
                }
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

    /// An invocation has paused long enough.
    pub(crate) fn resume(&mut self, place: usize, id: usize) -> Checked {
        if self.runs[place].code.is_none() {
            return Ok(());
        }
        self.runs[place].wire.answer(id, Ok(Reply::Accepted(Accepted::default())));
        self.go_on(place)
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
        self.runs[run].log.hears(sent, self.now, request, &answered);
        self.runs[run].wire.answer(id, answered);
        self.go_on(run)
    }
}
