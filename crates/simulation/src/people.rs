//! What people, administrators and bad luck do; and what becomes of invocations that end.

use associator::observations::{SHARED_FOR, SHOWN_FOR};
use aws::ec2::{ClientConnect, Effect, Fault as Ec2Fault};
use aws::lambda::events::AFTER_FAILURE;
use jiff::SignedDuration;
use local::this_computer::{OF_THE_SAME_ZONE, SUBNETS};
use serde_json::Value;
use vpn_core::{
    Error,
    marks::Mark,
    model::{AssociationState, Snapshot},
    observe::LIST_WITHOUT_END,
    plan::{Phase, Trigger, view},
};

use crate::{
    browser::{self, Page},
    calls::Request,
    ends,
    run::{Ended, Kept, Why, stays},
    stage::{Armed, Job, Outage, Stage, rules_of},
    story::{SUBNETS_AT_MOST, Settings, What},
    verdict::{Broken, Checked},
};

impl Stage<'_> {
    /// An event of the story.
    pub(crate) fn happens(&mut self, what: What) -> Checked {
        let now = self.now;
        self.coverage.happened(what);
        match what {
            What::Open { asks_every, minutes } => {
                let until = now + SignedDuration::from_mins(minutes);
                self.pages.push(Page::new(asks_every, until));
                self.start_associator(Why::Step(Trigger::Opening), Some(self.pages.len() - 1))?;
            }
            What::Look => self.start_associator(Why::Look, None)?,
            What::Keep { hours } => {
                self.start_associator(Why::Step(Trigger::Keep(SignedDuration::from_hours(hours))), None)?;
            }
            What::Off => self.start_associator(Why::Step(Trigger::Off), None)?,
            What::Force { closed_for } => {
                self.ordered(Trigger::Force { closed_for: closed_for.map(SignedDuration::from_mins) })?;
            }
            What::AdminOn => self.ordered(Trigger::AdminOn)?,
            What::AdminOpen => self.ordered(Trigger::AdminOpen)?,
            What::AdminKeep { hours } => self.ordered(Trigger::AdminKeep(SignedDuration::from_hours(hours)))?,
            What::Connect { minutes } => self.connects(minutes),
            What::Crowd { clients, minutes } => (0..clients).for_each(|_| self.connects(minutes)),
            What::ConsoleAssociates { subnet } => {
                // The last one is of a zone that is taken.
                let place = if subnet == SUBNETS_AT_MOST { OF_THE_SAME_ZONE } else { subnet };
                self.console_associates(SUBNETS[place].0)
            }
            What::ConsoleDisassociates => self.console_disassociates(),
            What::MarkRemoved(mark) => self.mark_tampered(mark, None),
            What::MarksRemoved => self.marks_removed(),
            What::MarkSpoiled(mark) => self.mark_tampered(mark, Some("soon")),
            What::MarkAhead(mark) => {
                let next_month = now + SignedDuration::from_hours(30 * 24);
                self.mark_tampered(mark, Some(&next_month.to_string()));
            }
            What::Set(settings) => self.set(settings),
            What::Trouble { op, fault, times } => self.armed.push(Armed { op, fault, times }),
            What::Outage { code, minutes, everything } => {
                let until = now + SignedDuration::from_mins(minutes);
                self.outages.push(Outage { until, code, everything });
                self.truth.trouble(until);
            }
            What::SlowAws { seconds, minutes } => {
                self.slow = Some((now + SignedDuration::from_mins(minutes), SignedDuration::from_secs(seconds)));
            }
            What::Crawl { minutes } => {
                let until = now + SignedDuration::from_mins(minutes);
                self.slow = Some((until, SignedDuration::MAX));
                self.crawls = (until, 75);
            }
            What::EmptyBucket { minutes } => self.crawls = (now + SignedDuration::from_mins(minutes), 90),
            What::AssociationFails => {
                let effect = Effect::Fails { message: "as the story has it".to_owned() };
                self.aws.ec2.add_fault(Ec2Fault::new("AssociateClientVpnTargetNetwork", effect).times(1));
            }
            What::RouteFails => {
                let effect = Effect::Fails { message: "as the story has it".to_owned() };
                self.aws.ec2.add_fault(Ec2Fault::new("CreateClientVpnRoute", effect).times(1));
            }
            What::StrangeState => {
                let effect = Effect::Shows { status: "resting".to_owned() };
                self.aws.ec2.add_fault(Ec2Fault::new("AssociateClientVpnTargetNetwork", effect).times(1));
            }
            What::StrangeRoutes { minutes } => {
                self.aws.strange_routes_until = now + SignedDuration::from_mins(minutes);
                self.truth.trouble(self.aws.strange_routes_until);
            }
            What::EndpointGoes { minutes } => {
                self.aws.goes_until = now + SignedDuration::from_mins(minutes);
                self.truth.trouble(self.aws.goes_until);
            }
            What::MetricGap { minutes } => self.gap_until = now + SignedDuration::from_mins(minutes),
            What::MetricsLate { minutes } => {
                self.metrics_late = Some((now + SignedDuration::from_mins(30), minutes));
            }
            What::ScheduleLost => self.schedule_lost = 1,
            What::Late { seconds } => self.late = Some(seconds),
            What::Twice => self.twice = true,
        }
        Ok(())
    }

    fn connects(&mut self, minutes: i64) {
        let now = self.now;
        if !self.aws.ec2.takes_connections(now) {
            return;
        }
        let id = self.aws.ec2.new_id("cvpn-connection");
        self.aws.ec2.connect(now, &id, &ClientConnect::default());
        self.truth.connects(now, &id);
        self.at(now + SignedDuration::from_mins(minutes), Job::ClientLeaves(id));
    }

    fn console_associates(&mut self, subnet: &str) {
        let id = self.aws.endpoint_id.clone();
        if self.aws.ec2.associate(self.now, &id, subnet, None).is_ok() {
            self.truth.associated_by_hand(self.now, self.called.is_some());
        }
    }

    fn console_disassociates(&mut self) {
        let now = self.now;
        let associations = self.aws.associations(now);
        let Some(one) = associations.iter().find(|association| stays(&association.state)) else {
            return;
        };
        let id = one.id.clone();
        let connected = self.aws.ec2.active_connections(now);
        if self.aws.perform(now, &Request::Disassociate(id)).is_ok() {
            self.truth.taken_by_hand(now);
            if connected > 0 && self.aws.ec2.active_connections(now) == 0 {
                self.truth.all_leave(now + self.aws.ec2.settings.delays.terminate_connection);
            }
        }
    }

    fn mark_tampered(&mut self, mark: Mark, text: Option<&str>) {
        let (now, id) = (self.now, [self.aws.endpoint_id.clone()]);
        let done = match text {
            Some(text) => self.aws.ec2.create_tags(now, &id, &[(mark.key().to_owned(), text.to_owned())]),
            None => self.aws.ec2.delete_tags(now, &id, &[(mark.key().to_owned(), None)]),
        };
        if done.is_err() {
            return;
        }
        self.marks_changed();
        self.truth.trouble(now);
        match mark {
            Mark::LastRequest => self.truth.unwished(),
            Mark::OnSince => self.truth.on_since_forgotten(),
            Mark::KeepUntil | Mark::ReadySince | Mark::ClosedUntil => {}
        }
    }

    fn marks_removed(&mut self) {
        let (now, id) = (self.now, [self.aws.endpoint_id.clone()]);
        let keys: Vec<_> = Mark::ALL.iter().map(|mark| (mark.key().to_owned(), None)).collect();
        if self.aws.ec2.delete_tags(now, &id, &keys).is_err() {
            return;
        }
        self.marks_changed();
        self.truth.trouble(now);
        self.truth.marks_removed(now);
    }

    fn set(&mut self, settings: Settings) {
        self.settings = settings;
        self.rules = rules_of(settings);
        let alarm = self.beginning.alarm(settings.idle);
        self.aws.cloudwatch.call(self.now, "PutMetricAlarm", alarm).expect("infra/alarm.json");
        self.truth.disturbed(self.now);
        self.truth.unmeasured(self.now);
    }

    /// An invocation has ended.
    pub(crate) fn ended(&mut self, place: usize, ended: Ended) -> Checked {
        let run = &self.runs[place];
        ends::ends(run, &ended)?;
        self.coverage.ended(run);
        let phase = match (&ended, run.why) {
            (Ended::Replied(reply), _) => self.replied(place, reply)?,
            (Ended::Looked(Ok(snapshot)), _) => Some(self.shown(place, snapshot)?),
            (Ended::Stepped(Ok(step)), Why::Step(Trigger::Progress)) => Some(self.shown(place, &step.snapshot)?),
            _ => None,
        };
        if self.runs[place].log.snapshot().is_some()
            && let Some(served) = self.environments.iter_mut().find(|served| served.last == place)
        {
            served.observed = Some(place);
        }
        self.notice_what_failed(place);
        if ends::ran_out(&self.runs[place]) && ends::has_begun(&self.runs[place]) {
            // What it had no time for is left to the next; one that begins nothing gives the next no more time.
            self.truth.trouble(self.now);
        }
        if let Ended::Answered(answer) = &ended {
            self.coverage.answer(answer);
            if let Err(error) = answer {
                if matches!(error, Error::Call(call) if call.code.as_deref() == Some(LIST_WITHOUT_END)) {
                    // Nothing is turned off on a part of a list: the failed run has told an administrator.
                    self.coverage.count("trouble", "list without end");
                    self.truth.trouble(self.now);
                }
                self.fails(place, false);
            }
        }
        if let Some(page) = self.runs[place].page {
            self.page_goes_on(page, phase);
        }
        Ok(())
    }

    fn shown(&mut self, place: usize, snapshot: &Snapshot) -> Result<Phase, Broken> {
        let run = &self.runs[place];
        self.says(place, view(snapshot, &run.rules, run.now).phase)
    }

    fn replied(&mut self, place: usize, reply: &Value) -> Result<Option<Phase>, Broken> {
        self.coverage.replied(reply);
        self.page_takes(place, reply);
        if reply["statusCode"] == 303 {
            self.led_to_page(place)?;
        }
        browser::phase(reply).map(|phase| self.says(place, phase)).transpose()
    }

    fn says(&mut self, place: usize, phase: Phase) -> Result<Phase, Broken> {
        self.coverage.shown(phase);
        let observed = self.observed(place)?;
        self.page_sees(place, observed)?;
        if phase == Phase::Ready {
            ends::shows_ready(&self.runs[observed])?;
        }
        Ok(phase)
    }

    /// The invocation that read what this one shows: itself, or one of the same environment two seconds before, or five
    /// minutes where AWS had no time.
    fn observed(&mut self, place: usize) -> Result<usize, Broken> {
        let run = &self.runs[place];
        let served = self.environments.iter_mut().find(|served| served.last == place);
        let Some(served) = served.filter(|_| run.log.snapshot().is_none()) else {
            return Ok(place);
        };
        let asked = run.log.sent.iter().any(|request| !request.is_change());
        let (at_most, kind) = match asked {
            true => (SHOWN_FOR, "shown where AWS had no time"),
            false => (SHARED_FOR, "shared"),
        };
        let observed = served.observed.filter(|observed| run.now.duration_since(self.runs[*observed].now) < at_most);
        self.coverage.count("observation", kind);
        observed.ok_or_else(|| Broken {
            rule: "a page shows what was read a moment ago, or with its age",
            words: format!("asked AWS: {asked}, last read by {:?}", served.observed),
        })
    }

    /// What AWS lists as failed, or in a way nobody knows, nobody can be promised.
    fn notice_what_failed(&mut self, place: usize) {
        let log = &self.runs[place].log;
        let odd = |state: &AssociationState| {
            matches!(state, AssociationState::AssociationFailed | AssociationState::Unknown(_))
        };
        let route_failed = log.routes.iter().flatten().any(|route| route.state == vpn_core::model::RouteState::Failed);
        // Another subnet of the zone was associated at the console.
        let zone_taken = log.associations.iter().flatten().any(|a| a.subnet == SUBNETS[OF_THE_SAME_ZONE].0);
        if route_failed || zone_taken || log.associations.iter().flatten().any(|a| odd(&a.state)) {
            self.truth.refused();
        }
    }

    /// An invocation failed: Lambda tries its event again.
    fn fails(&mut self, place: usize, died: bool) {
        let Some(mut kept) = self.runs[place].kept.clone() else {
            return;
        };
        kept.unheard &= self.runs[place].log.alarm_unheard(died);
        match AFTER_FAILURE.get(kept.attempt as usize - 1) {
            Some(after) => {
                self.coverage.count("retry", if kept.attempt == 1 { "first" } else { "second" });
                let at = self.now + *after;
                self.at(at, Job::Invoke(Kept { attempt: kept.attempt + 1, ..kept }));
            }
            None => self.given_up(&kept),
        }
    }

    /// Lambda gives an event up after three attempts. The schedule comes again by itself; the alarm when it was set to OK.
    fn given_up(&mut self, kept: &Kept) {
        let still_calls = self.called == Some(kept.called);
        let what = match (kept.trigger, kept.unheard && still_calls) {
            (Trigger::Alarm, true) => {
                self.truth.alarm_falls_silent();
                "the alarm's event given up, and CloudWatch did not hear"
            }
            (Trigger::Alarm, false) => "the alarm's event given up, and the alarm judges again",
            _ => "the schedule's event given up",
        };
        self.coverage.count("retry", what);
    }

    /// A function dies in the middle: whatever it had sent is done or not.
    pub(crate) fn dies(&mut self, place: usize) {
        self.runs[place].code = None;
        self.truth.trouble(self.now);
        self.fails(place, true);
        if let Some(page) = self.runs[place].page {
            self.page_goes_on(page, None);
        }
    }
}
