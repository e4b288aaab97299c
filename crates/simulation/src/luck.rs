//! A call on its way: how long it takes, and what goes wrong with it.

use jiff::{SignedDuration, Timestamp};
use vpn_core::error::CallError;

use crate::{
    calls::{Op, Request},
    rules,
    stage::{Call, Job, Stage},
    story::CallFault,
    verdict::{Broken, Checked},
};

/// A call with all its attempts, and the longest that is still answered.
const CALL_AT_MOST: SignedDuration = SignedDuration::from_millis(MILLIS);
const CALL_ANSWERED: SignedDuration = SignedDuration::from_millis(MILLIS - 10);
const MILLIS: i64 = vpn_core::aws::CALL_AT_MOST.as_millis() as i64;
/// What AWS's SDK tries again, three times in all, before a function hears of it.
const TRIED_AGAIN: [&str; 3] = ["RequestLimitExceeded", "InternalError", "Unavailable"];
/// How long it waits at most before the second attempt and before the third, in milliseconds.
const WAITS: [i64; 2] = [1_000, 2_000];

fn is_read(op: Op) -> bool {
    op.name().starts_with("Describe")
}

impl Stage<'_> {
    pub(crate) fn send(&mut self, place: usize, id: usize, request: Request) -> Checked {
        let run = &mut self.runs[place];
        rules::sends(run, &request, self.now, &self.truth)?;
        if !self.beginning.permits(run.settings.subnets, run.role, &request) {
            let words = format!("{} of the {:?}", request.op().name(), run.role);
            return Err(Broken { rule: "no call outside what the function's role allows", words });
        }
        run.log.sent.push(request.clone());
        let op = request.op();
        let fault = self.strike(op);
        let r = &mut self.chance((place * 64 + id) as u64 + 11);
        let (there, back) = self.way(r);
        let given_up = self.now + CALL_AT_MOST;
        let call = self.calls.len();
        self.calls.push(Call { run: place, id, request, sent: self.now, answered: None });
        match fault {
            None => {
                self.at(there, Job::Perform(call));
                self.at(back, Job::Answer(call));
            }
            Some(CallFault::Refused(code)) => {
                // Of reads the product says itself whether they are tried again.
                let is_throttled_read = is_read(op) && code == "RequestLimitExceeded";
                let tried_again = TRIED_AGAIN.contains(&code) && !is_throttled_read;
                let back = if tried_again { given_up.min(self.third_time(r, back)) } else { back };
                self.refuse(call, Some(code));
                self.truth.trouble(back);
                self.at(back, Job::Answer(call));
            }
            Some(CallFault::Unheard | CallFault::DoneUnheard) => {
                if fault == Some(CallFault::DoneUnheard) {
                    self.at(there, Job::Perform(call));
                }
                self.refuse(call, None);
                self.truth.trouble(given_up);
                self.at(given_up, Job::Answer(call));
            }
            Some(CallFault::Slow(seconds)) => {
                let there = self.now + SignedDuration::from_secs(seconds);
                self.at(there, Job::Perform(call));
                if there >= given_up {
                    self.refuse(call, None);
                }
                self.at(given_up.min(there), Job::Answer(call));
                self.truth.trouble(there);
            }
            Some(CallFault::CrashBefore) => self.dies(place),
            Some(CallFault::CrashAfter) => {
                self.at(there, Job::Perform(call));
                self.dies(place);
            }
        }
        if let Some(fault) = fault {
            self.coverage.fault(op, fault);
        }
        Ok(())
    }

    /// When a call that is sent now is there, and its answer back.
    fn way(&mut self, r: &mut fastrand::Rng) -> (Timestamp, Timestamp) {
        let slow = self.slow.filter(|(until, _)| self.now < *until);
        let (least, most) = match slow.map(|(_, most)| most.min(CALL_ANSWERED).as_millis() as i64) {
            Some(most) => (most * 3 / 4, most),
            None => (0, self.story.setup.call),
        };
        let there = self.now + SignedDuration::from_millis(least + r.i64(1..=(most - least) * 2 / 3));
        let back = there + SignedDuration::from_millis(r.i64(1..=(most - least) / 3));
        if slow.is_some() {
            self.coverage.count("trouble", "AWS slow");
            self.truth.trouble(back);
        }
        (there, back)
    }

    /// When the third attempt is answered, if each takes as long as the first.
    fn third_time(&self, r: &mut fastrand::Rng, first: Timestamp) -> Timestamp {
        let waits = WAITS.map(|most| SignedDuration::from_millis(r.i64(0..most)));
        first + first.duration_since(self.now) * 2 + waits[0] + waits[1]
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
    fn strike(&mut self, op: Op) -> Option<CallFault> {
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
        let (until, refused) = self.crawls;
        if now < until && is_read(op) && self.chance(op as u64 + 977).u8(0..100) < refused {
            return Some(CallFault::Refused("RequestLimitExceeded"));
        }
        let watch = matches!(op, Op::PutMetricData | Op::SetAlarmState);
        let struck = self.outages.iter().find(|outage| now < outage.until && (outage.everything || !watch));
        struck.map(|outage| CallFault::Refused(outage.code))
    }
}
