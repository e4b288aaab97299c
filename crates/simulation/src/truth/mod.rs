//! What really happened, whoever has seen it; `truth/promises.rs` checks the promises against it.

mod promises;

use jiff::{SignedDuration, Timestamp};
use vpn_core::{
    marks::{Mark, RawMarks},
    plan::Rules,
};

use crate::{
    story::{Dead, Setup},
    verdict::{KEPT, unfinished_from},
};

/// A client's connection.
#[derive(Debug, Clone)]
pub struct Client {
    pub id: String,
    began: Timestamp,
    ended: Option<Timestamp>,
}

/// Somebody asked, and it was written down.
#[derive(Debug, Clone, Copy)]
struct Wish {
    /// Since when AWS and everybody else had nothing against it.
    since: Timestamp,
}

/// What really happened.
pub struct Truth {
    setup: Setup,
    tags: Vec<(Timestamp, RawMarks)>,
    clients: Vec<Client>,
    /// Requests whose mark was written: when they were made, and when it was.
    requests: Vec<(Timestamp, Timestamp)>,
    wish: Option<Wish>,
    /// The last use, as far as it must be known to whoever turns off.
    used: Timestamp,
    /// The last use as the alarm's metrics show it.
    measured: Timestamp,
    /// Whether the alarm is in ALARM and nobody sets it to OK any more: it calls again only after it was OK for another
    /// reason, such as the next use.
    silent: bool,
    /// When somebody last turned on without a page.
    by_hand: Timestamp,
    /// Whether it is written nowhere since when it is on.
    forgotten: bool,
    /// When something last went wrong.
    trouble: Timestamp,
    /// Until when AWS takes away what an administrator disassociated at the console.
    taken_by_hand: Timestamp,
    /// When our tags were removed while something was on.
    half_on: Option<Timestamp>,
}

/// The schedule's promise and the alarm's.
const SCHEDULE_WITHIN: SignedDuration = SignedDuration::from_mins(5);
const ALARM_WITHIN: SignedDuration = SignedDuration::from_mins(12);
/// How late an invocation comes at most.
const LATE: SignedDuration = SignedDuration::from_mins(1);
/// How long a route takes.
pub const ROUTE: SignedDuration = SignedDuration::from_secs(150);
/// So many routes a step begins at most: EC2's bucket (fact 4.16).
const ROUTES_A_STEP: usize = 5;

impl Truth {
    /// Nothing has happened.
    pub fn new(setup: &Setup, now: Timestamp) -> Self {
        Self {
            setup: setup.clone(),
            tags: vec![(now, RawMarks::default())],
            clients: Vec::new(),
            requests: Vec::new(),
            wish: None,
            used: Timestamp::MIN,
            measured: now,
            silent: false,
            by_hand: Timestamp::MIN,
            forgotten: false,
            trouble: now,
            taken_by_hand: now,
            half_on: None,
        }
    }

    /// What is certainly readable at a time was there then.
    pub fn readable(&self, at: Timestamp) -> Timestamp {
        at - SignedDuration::from_secs(self.setup.lag)
    }

    /// How much the clocks of two functions may differ.
    pub fn clocks_differ(&self) -> SignedDuration {
        SignedDuration::from_millis(2 * self.setup.skew)
    }

    /// The marks as they stood at a time.
    pub fn marks_at(&self, at: Timestamp) -> RawMarks {
        let mut history = self.tags.iter().rev();
        history.find(|(since, _)| *since <= at).map_or_else(RawMarks::default, |(_, marks)| marks.clone())
    }

    /// Whether a request that a function began, and made at a time by its clock, stood, or the VPN was closed: at some moment
    /// since the minute before, in which whoever comes next finds it written.
    pub fn stood(&self, made: Timestamp, began: Timestamp) -> bool {
        let from = self.readable(began) - self.clocks_differ() - LATE;
        let written = |marks: &RawMarks| {
            let at = |mark| marks.get(mark).and_then(|text| text.parse::<Timestamp>().ok());
            at(Mark::LastRequest).is_some_and(|mark| mark >= made)
                || at(Mark::ClosedUntil).is_some_and(|until| until > from)
        };
        written(&self.marks_at(from)) || self.tags.iter().any(|(since, marks)| *since > from && written(marks))
    }

    /// The marks are these from now on.
    pub fn marks_become(&mut self, now: Timestamp, marks: RawMarks) {
        self.tags.push((now, marks));
    }

    /// A mark as it stands.
    pub fn mark(&self, mark: Mark) -> Option<Timestamp> {
        self.tags.last()?.1.get(mark)?.parse().ok()
    }

    /// Until when somebody keeps it on; a mark further ahead than the limit counts as absent.
    fn kept_until(&self, now: Timestamp) -> Option<Timestamp> {
        let until = self.mark(Mark::KeepUntil)?;
        (until.duration_since(now) <= KEPT).then_some(until)
    }

    /// Whether a client was connected at a time.
    pub fn connected_at(&self, at: Timestamp) -> bool {
        self.clients.iter().any(|client| client.began <= at && client.ended.is_none_or(|ended| ended > at))
    }

    /// When the last client left, as far as it was known at a time.
    pub fn last_left_at(&self, at: Timestamp) -> Option<Timestamp> {
        self.clients.iter().filter_map(|client| client.ended).filter(|ended| *ended <= at).max()
    }

    /// The latest request whose mark stood at a time.
    pub fn last_request_at(&self, at: Timestamp) -> Option<Timestamp> {
        self.requests.iter().filter(|(_, written)| *written <= at).map(|(made, _)| *made).max()
    }

    /// A client connected.
    pub fn connects(&mut self, now: Timestamp, id: &str) {
        self.clients.push(Client { id: id.to_owned(), began: now, ended: None });
    }

    /// A client left.
    pub fn leaves(&mut self, now: Timestamp, id: &str) {
        if let Some(client) = self.clients.iter_mut().find(|client| client.id == id && client.ended.is_none()) {
            client.ended = Some(now);
            self.used = self.used.max(now);
        }
    }

    /// AWS ended all connections.
    pub fn all_leave(&mut self, now: Timestamp) {
        for client in self.clients.iter_mut().filter(|client| client.ended.is_none()) {
            client.ended = Some(now);
        }
        self.used = self.used.max(now);
    }

    /// A genuine request was written down: made at a time by the function's clock, marked as another.
    pub fn asked(&mut self, now: Timestamp, made: Timestamp, marked: Timestamp) {
        self.requests.push((made, now));
        self.used = self.used.max(marked);
        self.wish.get_or_insert(Wish { since: now });
    }

    /// Nobody wants it any more: turned off by hand, closed, or the mark is gone.
    pub fn unwished(&mut self) {
        self.half_on = None;
        self.requests.clear();
        self.wish = None;
    }

    /// A function took something away. Who asked, or kept it on, after its last read and before the change still has
    /// their wish. Whether somebody has.
    pub fn taken_away(&mut self, now: Timestamp, rules: &Rules) -> bool {
        let margin = self.clocks_differ() + LATE;
        let young = |at: Timestamp| {
            let age = now.duration_since(at);
            -margin <= age && age < rules.idle_time - margin
        };
        let asked = !self.requests.is_empty() && self.mark(Mark::LastRequest).is_some_and(young);
        let kept = self.kept_until(now).is_some_and(|until| until > now + margin);
        if asked || kept {
            self.wish.get_or_insert(Wish { since: now });
        }
        asked || kept
    }

    /// AWS will not do it: the wish is not to be granted.
    pub fn refused(&mut self) {
        self.wish = None;
        self.half_on = None;
    }

    /// What is wished is something else, or was taken away by an administrator: it counts from now.
    pub fn disturbed(&mut self, now: Timestamp) {
        if let Some(wish) = &mut self.wish {
            wish.since = now;
        }
        self.half_on = None;
        self.trouble(now);
    }

    /// An administrator disassociated something at the console. AWS may take so long for it that a request that comes
    /// meanwhile is no longer wanted when it could be granted.
    pub fn taken_by_hand(&mut self, now: Timestamp) {
        self.disturbed(now);
        self.taken_by_hand = now + SignedDuration::from_secs(self.setup.disassociate);
    }

    /// A function associated something.
    pub fn associated(&mut self, now: Timestamp) {
        self.used = self.used.max(now);
        self.measured = self.measured.max(now);
    }

    /// An administrator associated something at the console.
    ///
    /// With the metric published as 0 while off, the alarm may be in ALARM already, and it calls only when that changes.
    pub fn associated_by_hand(&mut self, now: Timestamp, in_alarm: bool) {
        self.used = self.used.max(now);
        // An old mark may still stand there, from before; the next look removes it, the one after writes another.
        self.forgotten = true;
        self.measured = self.measured.max(now);
        self.by_hand = now;
        self.silent |= in_alarm;
    }

    /// What was associated was asked for at no page: an alarm that is in ALARM already calls only once it is set to OK.
    pub fn in_no_metric(&mut self, now: Timestamp, in_alarm: bool) {
        self.by_hand = now;
        self.silent |= in_alarm;
    }

    /// The alarm is in ALARM since a time. What was associated just before may not have been listed when it called.
    pub fn alarm_calls(&mut self, now: Timestamp, since: Timestamp) {
        let listed = self.by_hand + SignedDuration::from_secs(self.setup.lag) + LATE;
        self.silent |= since <= listed && now <= listed + LATE;
    }

    /// Lambda has given up the alarm's event, and CloudWatch could not be told to judge again.
    pub fn alarm_falls_silent(&mut self) {
        self.silent = true;
    }

    /// The alarm was set to OK: it calls within a minute if there is reason.
    pub fn alarm_judges_again(&mut self, now: Timestamp) {
        if std::mem::take(&mut self.silent) {
            self.trouble(now);
        }
    }

    /// The alarm is not in ALARM: it calls once the metrics have shown no use for the idle time.
    pub fn alarm_is_quiet(&mut self, now: Timestamp) {
        if std::mem::take(&mut self.silent) {
            self.measured = self.measured.max(now);
        }
    }

    /// Since when it is on is not written anywhere: whoever sees it next writes that down, and it counts from then.
    pub fn on_since_forgotten(&mut self) {
        self.forgotten = true;
    }

    /// Somebody wrote down since when it is on.
    pub fn on_since_written(&mut self, now: Timestamp) {
        if std::mem::take(&mut self.forgotten) {
            self.used = self.used.max(now);
        }
    }

    /// Somebody saw ready what a request had turned on, and wrote it down: the idle time begins.
    pub fn seen_ready(&mut self, now: Timestamp) {
        self.used = self.used.max(now);
    }

    /// Until when what a request turned on counts as in use because nobody has seen it ready, at most: each five routes
    /// that have come give it the time that they took.
    fn unfinished_until(&self, now: Timestamp, rules: &Rules) -> Timestamp {
        let marks = self.tags.last().map(|(_, marks)| marks);
        let from = marks.and_then(|marks| unfinished_from(marks, now, rules.idle_time));
        let routes = rules.routes.len() * rules.subnets.len() / ROUTES_A_STEP;
        let built = SCHEDULE_WITHIN * i32::try_from(routes).unwrap_or(i32::MAX);
        from.map_or(Timestamp::MIN, |from| from + rules.idle_time * 2 + built)
    }

    /// The alarm's metrics show use at a time, or nothing until then.
    pub fn measured(&mut self, at: Timestamp) {
        self.measured = self.measured.max(at);
    }

    /// The metrics do not tell until a time.
    pub fn unmeasured(&mut self, until: Timestamp) {
        self.measured = self.measured.max(until);
    }

    /// Something goes wrong until a time.
    pub fn trouble(&mut self, until: Timestamp) {
        self.trouble = self.trouble.max(until);
    }

    /// How much later than by the book something may happen: calls take time, clocks differ, descriptions lag.
    fn slack(&self) -> SignedDuration {
        SignedDuration::from_secs(60 + self.setup.lag)
            + SignedDuration::from_millis(self.setup.skew + 10 * self.setup.call)
    }

    /// Whether the alarm is the only trigger there is, and does not call until it was OK.
    pub fn alarm_is_silent(&self) -> bool {
        self.setup.dead == Dead::Schedule && self.silent
    }

    /// Whether a wish is still to be granted.
    pub fn is_waiting(&self) -> bool {
        self.wish.is_some() || self.half_on.is_some()
    }

    /// Somebody removed all our tags. What is on gets its routes all the same.
    pub fn marks_removed(&mut self, now: Timestamp) {
        self.unwished();
        self.on_since_forgotten();
        self.half_on = Some(now);
    }
}
