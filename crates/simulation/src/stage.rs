//! The stage of one story: what falls due in order of time, and invocations that go on call by call.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use aws::ec2::DuplicateAssociation;
use jiff::{SignedDuration, Timestamp};
use local::this_computer::SUBNETS;
use serde_json::Value;
use vpn_core::{
    model::{Cidr, EndpointId, SubnetId},
    plan::{Rules, Trigger},
};

use crate::{
    aws::{Aws, Beginning},
    browser::{Page, Served},
    calls::{Answered, Op, Request},
    coverage::Coverage,
    run::{Kept, Run},
    story::{CallFault, Dead, Settings, Setup, Story},
    truth::{ROUTE, Truth},
    verdict::{Broken, Checked},
};

/// Every story has at least so many invocations: else its day repeats.
pub const INVOCATIONS: u64 = 50;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// How often the events of a story repeat at most; a shortened one may have none that invokes anything.
const DAYS: u32 = 60;
/// No story takes longer.
const LONGEST: SignedDuration = SignedDuration::from_hours(10 * 24);
const FIVE_MINUTES: i64 = 300;

/// The first routes of the settings; what is beyond is made up.
const ROUTES: [&str; 2] = ["0.0.0.0/0", "10.20.0.0/16"];

fn route(number: usize) -> Cidr {
    let text = ROUTES.get(number).map_or_else(|| format!("172.16.{number}.0/24"), |text| (*text).to_owned());
    Cidr::parse(&text).expect("a block")
}

static SCHEDULE: LazyLock<Arc<Value>> = LazyLock::new(|| {
    let text = include_str!("../../../events/disassociator-schedule.json");
    Arc::new(serde_json::from_str(text).expect("the schedule's event"))
});

/// When all stories begin.
pub fn beginning() -> Timestamp {
    Timestamp::from_second(1_793_610_000).expect("a time")
}

/// Something that falls due.
pub(crate) enum Job {
    Event(usize),
    Minute,
    Schedule,
    Invoke(Kept),
    Perform(usize),
    Answer(usize),
    /// An invocation, and the number of its pause.
    Resume(usize, usize),
    Kill(usize),
    PageAsks(usize),
    ClientLeaves(String),
    Measured(Timestamp, f64),
    Check,
}

/// A call on its way.
pub(crate) struct Call {
    pub(crate) run: usize,
    pub(crate) id: usize,
    pub(crate) request: Request,
    pub(crate) sent: Timestamp,
    pub(crate) answered: Option<Answered>,
}

/// Something that is to go wrong.
pub(crate) struct Armed {
    pub(crate) op: Op,
    pub(crate) fault: CallFault,
    pub(crate) times: u32,
}

/// A time in which AWS answers nothing but an error.
pub(crate) struct Outage {
    pub(crate) until: Timestamp,
    pub(crate) code: &'static str,
    /// CloudWatch too, not only EC2.
    pub(crate) everything: bool,
}

pub struct Stage<'a> {
    pub(crate) beginning: &'a Beginning,
    pub(crate) story: &'a Story,
    pub(crate) now: Timestamp,
    queue: BTreeMap<(Timestamp, u64), Job>,
    number: u64,
    pub(crate) aws: Aws,
    pub(crate) settings: Settings,
    pub(crate) rules: Arc<Rules>,
    pub(crate) endpoint: EndpointId,
    pub(crate) runs: Vec<Run>,
    /// The associator's.
    pub(crate) environments: Vec<Served>,
    pub(crate) calls: Vec<Call>,
    pub(crate) pages: Vec<Page>,
    pub(crate) armed: Vec<Armed>,
    pub(crate) outages: Vec<Outage>,
    /// Until when AWS is slow, and how long a call takes at most until then.
    pub(crate) slow: Option<(Timestamp, SignedDuration)>,
    /// Until when AWS refuses so many of a hundred reads.
    pub(crate) crawls: (Timestamp, u8),
    pub(crate) schedule_lost: u32,
    pub(crate) late: Option<i64>,
    pub(crate) twice: bool,
    /// Since when the alarm is in ALARM.
    pub(crate) called: Option<Timestamp>,
    pub(crate) gap_until: Timestamp,
    pub(crate) metrics_late: Option<(Timestamp, i64)>,
    pub(crate) truth: Truth,
    pub(crate) coverage: &'a mut Coverage,
    /// Of this story.
    pub(crate) invocations: u64,
    days: u32,
    last_event: Timestamp,
}

/// The rules of some settings.
pub(crate) fn rules_of(settings: Settings) -> Arc<Rules> {
    Arc::new(Rules {
        subnets: SUBNETS[..settings.subnets].iter().map(|s| SubnetId::parse(s.0).expect("a subnet")).collect(),
        routes: (0..settings.routes).map(route).collect(),
        idle_time: SignedDuration::from_mins(settings.idle),
        keep_limit: SignedDuration::from_hours(8),
    })
}

impl<'a> Stage<'a> {
    /// As the story begins.
    pub fn new(prepared: &'a Beginning, story: &'a Story, coverage: &'a mut Coverage) -> Self {
        let now = beginning();
        let setup = &story.setup;
        let mut ec2 = prepared.ec2(story.seed);
        let delays = &mut ec2.settings.delays;
        delays.associate = Setup::seconds(setup.associate);
        delays.disassociate = Setup::seconds(setup.disassociate);
        delays.lag = Setup::seconds(setup.lag);
        delays.create_route = ROUTE;
        ec2.settings.limits.page = setup.page;
        if setup.other_duplicate {
            ec2.settings.quirks.duplicate_association = DuplicateAssociation::ClientVpnEndpointAssociationExists;
        }
        ec2.settings.quirks.routes_while_associating = setup.early_routes.then_some(SignedDuration::from_secs(3));
        ec2.settings.quirks.refuse_disassociate_while_associating = setup.refuses_early;
        let aws = Aws {
            endpoint_id: prepared.endpoint_id().to_owned(),
            ec2,
            cloudwatch: prepared.cloudwatch(setup.settings.idle),
            strange_routes_until: now,
            goes_until: now,
        };
        let mut stage = Self {
            beginning: prepared,
            story,
            now,
            queue: BTreeMap::new(),
            number: 0,
            aws,
            settings: setup.settings,
            rules: rules_of(setup.settings),
            endpoint: EndpointId::parse(prepared.endpoint_id()).expect("an endpoint"),
            runs: Vec::new(),
            environments: Vec::new(),
            calls: Vec::new(),
            pages: Vec::new(),
            armed: Vec::new(),
            outages: Vec::new(),
            slow: None,
            crawls: (now, 0),
            schedule_lost: 0,
            late: None,
            twice: false,
            called: None,
            gap_until: now,
            metrics_late: None,
            truth: Truth::new(setup, now),
            coverage,
            invocations: 0,
            days: 0,
            last_event: now,
        };
        stage.plan_events();
        stage.at(now + MINUTE, Job::Minute);
        if setup.dead != Dead::Schedule {
            stage.at(now + Setup::seconds(setup.schedule_at), Job::Schedule);
        }
        stage
    }

    fn plan_events(&mut self) {
        self.days += 1;
        for (place, event) in self.story.events.iter().enumerate() {
            let at = self.now + Setup::seconds(event.at);
            self.at(at, Job::Event(place));
        }
        self.last_event = self.now + Setup::seconds(self.story.ends());
    }

    pub(crate) fn at(&mut self, at: Timestamp, job: Job) {
        self.number += 1;
        self.queue.insert((at.max(self.now), self.number), job);
    }

    /// Lives through the story.
    pub fn live(mut self) -> Result<(), (Timestamp, Broken)> {
        self.coverage.count(
            "dead",
            match self.story.setup.dead {
                Dead::Neither => "neither",
                Dead::Schedule => "schedule",
                Dead::Alarm => "alarm",
            },
        );
        let setup = &self.story.setup;
        self.coverage.count("clocks", if setup.skew == 0 { "the same" } else { "up to half a minute apart" });
        let published = if setup.published_while_off { "published as 0" } else { "not published" };
        self.coverage.count("metric while off", published);
        while let Some(((at, _), job)) = self.queue.pop_first() {
            self.now = at;
            self.coverage.steps += 1;
            match self.take(job) {
                Err(broken) => return Err((at, broken)),
                Ok(false) if at > beginning() + LONGEST => {
                    let words = format!("{:?}", self.aws.associations(at));
                    return Err((at, Broken { rule: "every story comes to its end", words }));
                }
                Ok(true) => break,
                Ok(false) => {}
            }
        }
        Ok(())
    }

    /// Does one thing; true when the story is over.
    fn take(&mut self, job: Job) -> Result<bool, Broken> {
        match job {
            Job::Event(place) => self.happens(self.story.events[place].what)?,
            Job::Minute => {
                self.minute()?;
                return Ok(self.is_over());
            }
            Job::Schedule => {
                let now = self.now;
                self.at(now + SignedDuration::from_secs(FIVE_MINUTES), Job::Schedule);
                if self.schedule_lost > 0 {
                    self.schedule_lost -= 1;
                    self.coverage.count("trouble", "schedule lost");
                    self.truth.trouble(now);
                } else {
                    self.calls_off(Trigger::Schedule, Arc::clone(&SCHEDULE));
                }
            }
            Job::Invoke(kept) => self.start_disassociator(kept)?,
            Job::Perform(call) => self.perform(call)?,
            Job::Answer(call) => self.answer(call)?,
            Job::Resume(run, pause) => self.resume(run, pause)?,
            Job::Kill(run) => {
                if self.runs[run].code.is_some() {
                    self.coverage.count("trouble", "function timed out");
                    self.dies(run);
                }
            }
            Job::PageAsks(page) => self.page_asks(page)?,
            Job::ClientLeaves(id) => {
                if self.aws.ec2.disconnect(self.now, &id) {
                    self.truth.leaves(self.now, &id);
                }
            }
            Job::Measured(at, count) => self.record_connections(at, count),
            Job::Check => self.check()?,
        }
        Ok(false)
    }

    /// The schedule or the alarm invokes: once, or as bad luck has it.
    fn calls_off(&mut self, trigger: Trigger, event: Arc<Value>) {
        let mut at = self.now;
        if let Some(seconds) = self.late.take() {
            self.coverage.count("trouble", "invocation late");
            at += SignedDuration::from_secs(seconds);
            self.truth.trouble(at);
        }
        let kept = Kept { event, trigger, called: self.now, attempt: 1, unheard: true };
        if std::mem::take(&mut self.twice) {
            self.coverage.count("trouble", "invocation twice");
            self.at(at + SignedDuration::from_millis(20), Job::Invoke(kept.clone()));
        }
        self.at(at, Job::Invoke(kept));
    }

    fn minute(&mut self) -> Checked {
        let now = self.now;
        self.at(now + MINUTE, Job::Minute);
        if now.as_second().rem_euclid(FIVE_MINUTES) == 0 {
            self.publish();
        }
        // An alarm that is dead is one whose action nobody may carry out.
        if self.story.setup.dead != Dead::Alarm {
            for action in self.aws.cloudwatch.evaluate(now) {
                self.calls_off(Trigger::Alarm, Arc::new(action.event));
            }
        }
        match self.aws.in_alarm() {
            true => self.truth.alarm_calls(now, *self.called.get_or_insert(now)),
            false => {
                self.called = None;
                self.truth.alarm_is_quiet(now);
            }
        }
        match self.truth.is_due(now, &self.rules) {
            true => self.check(),
            false => Ok(()),
        }
    }

    fn publish(&mut self) {
        let (now, active) = (self.now, self.aws.ec2.active_connections(self.now));
        if self.aws.ec2.billed_associations(now) == 0 && !self.story.setup.published_while_off {
            return;
        }
        if now < self.gap_until {
            self.coverage.count("trouble", "metric missing");
            self.truth.unmeasured(now + SignedDuration::from_mins(5));
            return;
        }
        let count = f64::from(u32::try_from(active).unwrap_or(u32::MAX));
        match self.metrics_late.filter(|(until, _)| now < *until) {
            Some((_, minutes)) => {
                self.coverage.count("trouble", "metric late");
                let comes = now + SignedDuration::from_mins(minutes);
                self.truth.unmeasured(comes);
                self.at(comes, Job::Measured(now, count));
            }
            None => self.record_connections(now, count),
        }
    }

    fn record_connections(&mut self, at: Timestamp, count: f64) {
        if count > 0.0 {
            self.truth.measured(at);
        }
        let dimensions = [("Endpoint", self.endpoint.as_str())];
        self.aws.cloudwatch.record(at, "AWS/ClientVPN", "ActiveConnectionsCount", &dimensions, count);
    }

    fn check(&mut self) -> Checked {
        let associations = self.aws.associations(self.now);
        if associations.is_empty() && !self.truth.is_waiting() {
            return Ok(());
        }
        let routes = if self.truth.is_waiting() { self.aws.routes(self.now) } else { Vec::new() };
        self.truth.check(self.now, &self.rules, &associations, &routes)
    }

    fn is_over(&mut self) -> bool {
        if self.now <= self.last_event || self.runs.iter().any(|run| run.code.is_some()) {
            return false;
        }
        let unseen = self.story.setup.dead == Dead::Schedule && self.aws.ec2.billed_associations(self.now) == 0;
        let stays_on = !self.truth.alarm_is_silent() && !unseen && !self.aws.associations(self.now).is_empty();
        if self.truth.is_waiting() || stays_on || self.schedule_lost > 0 {
            return false;
        }
        if self.invocations < INVOCATIONS && self.days < DAYS {
            self.plan_events();
            return false;
        }
        true
    }
}
