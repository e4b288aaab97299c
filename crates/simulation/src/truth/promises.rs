//! The promises that must be kept in time, against what really happened.

use jiff::{SignedDuration, Timestamp};
use vpn_core::{
    marks::Mark,
    model::{Association, AssociationState, Route, RouteState},
    plan::Rules,
};

use super::{ALARM_WITHIN, ROUTE, ROUTES_A_STEP, SCHEDULE_WITHIN, Truth};
use crate::{
    run::stays,
    story::Dead,
    verdict::{Broken, Checked},
};

impl Truth {
    /// The rounds of the schedule that routes need beyond the first.
    fn further_rounds(rules: &Rules) -> SignedDuration {
        let steps = (rules.routes.len() * rules.subnets.len()).div_ceil(ROUTES_A_STEP).max(1);
        SCHEDULE_WITHIN * i32::try_from(steps - 1).unwrap_or(i32::MAX)
    }

    /// What was on when the marks were removed has its routes in time, or has gone off.
    fn gets_its_routes(&mut self, now: Timestamp, rules: &Rules, on: &[Association], routes: &[Route]) -> Checked {
        let Some(since) = self.half_on else {
            return Ok(());
        };
        let there = |subnet: &str| on.iter().any(|a| a.subnet == subnet && a.state == AssociationState::Associated);
        let active = |subnet: &str, destination: &str| {
            let mut its = routes.iter().filter(|r| r.subnet == subnet && r.destination == destination);
            its.any(|route| matches!(route.state, RouteState::Active | RouteState::Failed))
        };
        let subnets: Vec<&str> = rules.subnets.iter().map(vpn_core::model::SubnetId::as_str).collect();
        let missing = subnets.iter().find(|subnet| {
            there(subnet) && rules.routes.iter().any(|destination| !active(subnet, destination.as_str()))
        });
        let coming = on.iter().any(|a| a.state == AssociationState::Associating);
        let closed = self.mark(Mark::ClosedUntil).is_some_and(|until| until > now);
        if missing.is_none() && !coming || closed || self.setup.dead == Dead::Schedule {
            self.half_on = None;
            return Ok(());
        }
        let by_the_book = SignedDuration::from_secs(self.setup.associate) + SCHEDULE_WITHIN * 2 + ROUTE;
        let until = since.max(self.trouble) + by_the_book + Self::further_rounds(rules) + self.slack();
        match missing.filter(|_| now > until) {
            None => Ok(()),
            Some(subnet) => Err(Broken {
                rule: "what is on has its routes, whatever became of the marks",
                words: format!("marks removed {since}, and at {now} {subnet} has {routes:?}"),
            }),
        }
    }

    /// Checks the promises against what is really there.
    pub fn check(&mut self, now: Timestamp, rules: &Rules, associations: &[Association], routes: &[Route]) -> Checked {
        if self.connected_at(now) {
            self.used = self.used.max(now);
        }
        self.one_each(associations)?;
        self.gets_its_routes(now, rules, associations, routes)?;
        self.goes_off(now, rules, associations)?;
        self.comes_on(now, rules, associations, routes)
    }

    fn one_each(&self, associations: &[Association]) -> Checked {
        let there = |a: &&Association| a.state != AssociationState::Disassociated;
        for one in associations.iter().filter(there) {
            if associations.iter().filter(there).filter(|other| other.subnet == one.subnet).count() > 1 {
                return Err(Broken {
                    rule: "never two associations of one subnet",
                    words: format!("{} is associated twice", one.subnet),
                });
            }
        }
        Ok(())
    }

    /// With either trigger dead: by when it must be off, whatever failed, once AWS answers again. `None` while the alarm,
    /// the only trigger there is, does not call.
    fn off_by(&self, now: Timestamp, rules: &Rules) -> Option<Timestamp> {
        let kept = self.kept_until(now);
        let idle_from = (self.used + rules.idle_time).max(self.unfinished_until(now, rules));
        let (from, within) = match self.setup.dead {
            Dead::Neither | Dead::Alarm => (idle_from, SCHEDULE_WITHIN),
            Dead::Schedule if self.silent => return None,
            Dead::Schedule => (idle_from.max(self.measured + rules.idle_time), ALARM_WITHIN),
        };
        let from = from.max(self.trouble).max(kept.unwrap_or(Timestamp::MIN));
        let until = from + within + self.slack();
        Some(if self.forgotten { until + within + rules.idle_time } else { until })
    }

    /// Whether a look at what is associated could show that a promise is broken.
    pub fn is_due(&self, now: Timestamp, rules: &Rules) -> bool {
        self.is_waiting() || self.off_by(now, rules).is_some_and(|until| now > until)
    }

    fn goes_off(&self, now: Timestamp, rules: &Rules, associations: &[Association]) -> Checked {
        let Some(mut until) = self.off_by(now, rules) else {
            return Ok(());
        };
        if self.setup.refuses_early && associations.iter().any(|a| a.state == AssociationState::Associating) {
            until += SignedDuration::from_secs(self.setup.associate);
        }
        // What failed costs nothing and shows in no metric: the alarm cannot know of it.
        let unseen = |state: &AssociationState| {
            self.setup.dead == Dead::Schedule && *state == AssociationState::AssociationFailed
        };
        match associations.iter().find(|association| stays(&association.state) && !unseen(&association.state)) {
            Some(on) if now > until => Err(Broken {
                rule: "off in time after the last use",
                words: format!(
                    "{} of {} is {} at {now}; last use {}, measured {}, trouble until {}",
                    on.id, on.subnet, on.state, self.used, self.measured, self.trouble
                ),
            }),
            _ => Ok(()),
        }
    }

    /// After a genuine request: on and routed in time, with or without an open page.
    fn comes_on(&mut self, now: Timestamp, rules: &Rules, associations: &[Association], routes: &[Route]) -> Checked {
        let Some(wish) = self.wish else {
            return Ok(());
        };
        if is_on(rules, associations, routes) {
            self.wish = None;
            return Ok(());
        }
        // Only the schedule goes on where no page does; and what fails until nobody wants it any more is given up.
        let expired = self.mark(Mark::LastRequest).is_none_or(|at| now.duration_since(at) >= rules.idle_time)
            && self.kept_until(now).is_none_or(|until| until <= now)
            && self.unfinished_until(now, rules) <= now;
        if routes.iter().any(|route| route.state == RouteState::Failed) {
            self.wish = None;
            return Ok(());
        }
        let closed = self.mark(Mark::ClosedUntil).is_some_and(|until| until > now);
        if closed || self.setup.dead == Dead::Schedule || expired && self.trouble.max(self.taken_by_hand) > wish.since {
            self.wish = None;
            return Ok(());
        }
        let setup = &self.setup;
        let by_the_book = SignedDuration::from_secs(setup.disassociate + setup.associate) + SCHEDULE_WITHIN * 2 + ROUTE;
        let from = wish.since.max(self.trouble);
        let further = Self::further_rounds(rules);
        match now > from + by_the_book + further + self.slack() {
            false => Ok(()),
            true => Err(Broken {
                rule: "on in time after a request",
                words: format!(
                    "asked {}, trouble until {}, and at {now}: {associations:?} {routes:?}",
                    wish.since, self.trouble
                ),
            }),
        }
    }
}

/// Whether everything that is wanted is there.
fn is_on(rules: &Rules, associations: &[Association], routes: &[Route]) -> bool {
    rules.subnets.iter().all(|subnet| {
        let subnet = subnet.as_str();
        associations.iter().any(|a| a.subnet == subnet && a.state == AssociationState::Associated)
            && rules.routes.iter().all(|destination| {
                routes.iter().any(|route| {
                    route.subnet == subnet
                        && route.destination == destination.as_str()
                        && route.state == RouteState::Active
                })
            })
    })
}
