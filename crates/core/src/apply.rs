//! Doing: walks a plan through the port. Marks first, then one change at a time; among equals no failure stops the
//! others, only a route for which AWS has no room keeps those after it waiting. `ready-since` comes last, and fails nothing.

use crate::{
    audit::{Action, Actor, Audit, Line, Outcome},
    error::CallError,
    meaning::{Meaning, meaning},
    model::SubnetId,
    observe::Observer,
    plan::{Change, MarkChange, Plan, Trigger},
    port::{Accepted, CallResult, Port},
};

/// How one change went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// What was to be changed.
    pub change: Change,
    /// AWS's answer, or why it did not happen.
    pub result: Result<Accepted, Failure>,
}

/// Why a change did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// AWS did not take it.
    Call(CallError, Meaning),
    /// There was no time left to start it; the next step goes on.
    OutOfTime,
    /// AWS had no room for the route before it; the next step goes on.
    NoRoom,
}

/// Whether a later step of turning on goes on with it, so that it is no failure: AWS has no room or no time now, or the
/// subnet is not there yet.
#[must_use]
pub fn is_only_later(change: &Change, failure: &Failure) -> bool {
    match (change, failure) {
        (Change::Disassociate { .. }, _) => false,
        (_, Failure::OutOfTime | Failure::NoRoom | Failure::Call(_, Meaning::Throttled)) => true,
        (Change::CreateRoute { .. }, Failure::Call(_, Meaning::NotYet)) => true,
        (_, Failure::Call(..)) => false,
    }
}

/// Applies plans.
#[derive(Debug, Clone, Copy)]
pub struct Apply<'a, P, A> {
    /// The endpoint, and the function's limits: no change is started after `start_no_change_after`, but the first where nobody
    /// waits at the page.
    pub observer: Observer<'a, P>,
    /// Where the audit lines go.
    pub audit: &'a A,
    /// Who makes the changes.
    pub actor: Actor<'a>,
}

impl<P: Port, A: Audit> Apply<'_, P, A> {
    /// Carries a plan out.
    ///
    /// # Errors
    /// When a mark could not be written or removed: then nothing else was changed either.
    pub async fn run(&self, plan: &Plan) -> Result<Vec<Applied>, CallError> {
        self.marks(&plan.marks).await?;
        let mut applied = Vec::with_capacity(plan.changes.len());
        // Where AWS does not take one route for want of room, or not yet, it takes no other of this step.
        let mut no_room = false;
        for change in &plan.changes {
            let is_route = matches!(change, Change::CreateRoute { .. });
            let result = match () {
                () if self.is_out_of_time(&applied) => Err(Failure::OutOfTime),
                () if is_route && no_room => Err(Failure::NoRoom),
                () => self.change(change).await,
            };
            no_room |= is_route && result.as_ref().is_err_and(|failure| is_only_later(change, failure));
            applied.push(Applied { change: change.clone(), result });
        }
        for change in &plan.marks_last {
            if self.is_late() {
                break;
            }
            if let Err(error) = self.marks(std::slice::from_ref(change)).await {
                tracing::warn!(%error, "a mark on the endpoint could not be written or removed; nothing depends on it now, and the next step tries again");
            }
        }
        Ok(applied)
    }

    /// Where nobody waits at the page, one change is begun whatever the time: with many pages of connections and a slow AWS
    /// reading takes all of it, round after round, and nothing would ever be turned off.
    fn is_out_of_time(&self, applied: &[Applied]) -> bool {
        let somebody_waits =
            !matches!(self.actor.trigger, Trigger::Schedule | Trigger::Alarm) && !self.actor.trigger.by_administrator();
        self.is_late() && (somebody_waits || !applied.is_empty())
    }

    fn is_late(&self) -> bool {
        self.observer.started.elapsed() >= self.observer.limits.start_no_change_after
    }

    async fn marks(&self, changes: &[MarkChange]) -> Result<(), CallError> {
        let mut set = Vec::new();
        let mut remove = Vec::new();
        for change in changes {
            match *change {
                MarkChange::Set(mark, at) => set.push((mark, at)),
                MarkChange::Remove(mark) => remove.push((mark, None)),
                MarkChange::RemoveIf(mark, at) => remove.push((mark, Some(at))),
            }
        }
        // Setting goes first: an administrator's `closed-until` must stand before anything else changes.
        if !set.is_empty() {
            let words = set.iter().map(|(mark, at)| format!("{}={at}", mark.key())).collect::<Vec<_>>().join(" ");
            self.write(Action::SetMarks, words, None, self.observer.port.set_marks(&set).await)?;
        }
        if !remove.is_empty() {
            let words = remove.iter().map(|(mark, _)| mark.key()).collect::<Vec<_>>().join(" ");
            self.write(Action::RemoveMarks, words, None, self.observer.port.remove_marks(&remove).await)?;
        }
        Ok(())
    }

    async fn change(&self, change: &Change) -> Result<Accepted, Failure> {
        let words = change.to_string();
        let answer = match change {
            Change::Associate { subnet } => {
                let answer = self.observer.port.associate(subnet).await;
                let answer = self.unless_listed(subnet, answer).await;
                self.write(Action::Associate, words, None, answer)
            }
            Change::ClearFailed { association, .. } => {
                let answer = self.observer.port.disassociate(association).await;
                self.write(Action::ClearFailed, words, Some(association.to_string()), answer)
            }
            Change::CreateRoute { destination, subnet } => {
                self.write(Action::CreateRoute, words, None, self.observer.port.create_route(destination, subnet).await)
            }
            Change::Disassociate { association, .. } => {
                let answer = self.observer.port.disassociate(association).await;
                self.write(Action::Disassociate, words, Some(association.to_string()), answer)
            }
        };
        answer.map_err(|error| {
            let meaning = meaning(&error);
            Failure::Call(error, meaning)
        })
    }

    /// AWS says that the zone is taken: by the wanted subnet itself, as after a request that was repeated, or by
    /// another one, which only the settings can mend.
    async fn unless_listed(&self, subnet: &SubnetId, answer: CallResult<Accepted>) -> CallResult<Accepted> {
        let zone_taken = |error: &CallError| meaning(error) == Meaning::ZoneTaken;
        if !answer.as_ref().is_err_and(zone_taken) {
            return answer;
        }
        let listed = self.observer.associations().await?;
        match listed.into_iter().find(|a| a.subnet == subnet.as_str() && crate::plan::is_live(a)) {
            Some(itself) => {
                Ok(Accepted { association: Some(itself.id), state: Some(itself.state.to_string()), request_id: None })
            }
            None => answer,
        }
    }

    /// Writes the audit line, and turns "already so" and "already gone" into success.
    fn write(
        &self,
        action: Action,
        change: String,
        association: Option<String>,
        answer: CallResult<Accepted>,
    ) -> CallResult<Accepted> {
        let removes = matches!(action, Action::ClearFailed | Action::Disassociate | Action::RemoveMarks);
        let (outcome, error) = match &answer {
            Ok(_) => (Outcome::Accepted, None),
            Err(error) => match meaning(error) {
                Meaning::Already => (Outcome::Already, Some(error)),
                Meaning::Gone if removes => (Outcome::Already, Some(error)),
                other => (Outcome::Failed(other), Some(error)),
            },
        };
        let accepted = answer.as_ref().ok();
        self.audit.write(&Line {
            actor: self.actor,
            action,
            change,
            association: association.or_else(|| accepted?.association.as_ref().map(ToString::to_string)),
            outcome: outcome.clone(),
            code: error.and_then(|e| e.code.clone()),
            message: error.map(|e| e.message.clone()),
            request_id: accepted.map_or_else(|| error?.request_id.clone(), |a| a.request_id.clone()),
        });
        match (outcome, answer) {
            (Outcome::Already, Err(error)) => {
                Ok(Accepted { association: None, state: None, request_id: error.request_id })
            }
            (_, answer) => answer,
        }
    }
}
