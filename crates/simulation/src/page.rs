//! A page that somebody has open: it asks again, sends back what it has seen, and is shown nothing that was read before.

use jiff::SignedDuration;
use serde_json::Value;
use vpn_core::plan::{Phase, Trigger};

use crate::{
    browser,
    run::Why,
    stage::{Job, Stage},
    verdict::{Checked, broken},
};

/// How long a page goes on asking once it shows *ready*.
const ASKS_WHEN_READY: SignedDuration = SignedDuration::from_mins(2);

impl Stage<'_> {
    /// A waiting page asks again.
    pub(crate) fn page_asks(&mut self, page: usize) -> Checked {
        let why = match self.pages[page].phase {
            Some(Phase::Starting | Phase::TurningOnAgain) => Why::Step(Trigger::Progress),
            _ => Why::Look,
        };
        self.start_associator(why, Some(page))
    }

    /// A page is shown what an invocation read.
    pub(crate) fn page_sees(&mut self, place: usize, observed: usize) -> Checked {
        let Some(page) = self.runs[place].page else {
            return Ok(());
        };
        let (read, page) = (self.runs[observed].began, &mut self.pages[page]);
        if read + self.truth.clocks_differ() < page.newest {
            let words = format!("read at {read}, and the page has seen what was so at {}", page.newest);
            return broken("a page is never shown anything older than it has seen", words);
        }
        page.newest = page.newest.max(read);
        Ok(())
    }

    /// A page takes what the function says that it has seen.
    pub(crate) fn page_takes(&mut self, place: usize, reply: &Value) {
        if let (Some(page), Some(seen)) = (self.runs[place].page, browser::seen(reply)) {
            self.pages[page].seen = Some(seen);
        }
    }

    /// Whoever opened it is led to the page: the request is written down, by this opening or just before it, or the VPN is
    /// closed and the page says so.
    pub(crate) fn led_to_page(&mut self, place: usize) -> Checked {
        let (now, run) = (self.now, &self.runs[place]);
        if let Some(page) = run.page {
            self.pages[page].newest = now;
        }
        match run.why == Why::Step(Trigger::Opening) && !self.truth.stood(run.now, run.began) {
            true => {
                broken("whoever is led to the page has their request written down", format!("asked at {}", run.now))
            }
            false => Ok(()),
        }
    }

    pub(crate) fn page_goes_on(&mut self, page: usize, phase: Option<Phase>) {
        let now = self.now;
        let one = &mut self.pages[page];
        // An answer that says nothing about the state, or none, leaves the page as it was.
        one.phase = phase.or(one.phase).or(Some(Phase::Starting));
        if one.phase == Some(Phase::Ready) {
            one.ready_since.get_or_insert(now);
        }
        let goes_on = match one.phase {
            Some(Phase::Starting | Phase::TurningOnAgain | Phase::TurningOff) => true,
            Some(Phase::Ready) => one.ready_since.is_some_and(|since| now < since + ASKS_WHEN_READY),
            _ => false,
        };
        let next = now + SignedDuration::from_secs(one.asks_every);
        if goes_on && next < one.until {
            self.at(next, Job::PageAsks(page));
        }
    }
}
