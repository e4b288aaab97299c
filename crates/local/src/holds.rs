//! Calls that wait: a test holds some actions, sees that the calls have begun, and lets go.

use std::{collections::BTreeSet, sync::Arc};

use tokio::sync::watch;

/// A handle; clones are the same one.
#[derive(Debug, Clone)]
pub struct Holds(Arc<watch::Sender<Held>>);

#[derive(Debug, Default)]
struct Held {
    actions: BTreeSet<String>,
    waiting: Vec<String>,
}

impl Default for Holds {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Held::default())))
    }
}

impl Holds {
    /// From now on calls to these actions wait.
    pub fn hold(&self, actions: &[&str]) {
        self.0.send_modify(|held| held.actions.extend(actions.iter().map(ToString::to_string)));
    }

    /// The actions of the calls that wait, in the order they came.
    #[must_use]
    pub fn waiting(&self) -> Vec<String> {
        self.0.borrow().waiting.clone()
    }

    /// Waits until so many calls wait.
    pub async fn until_waiting(&self, calls: usize) {
        self.until(|held| held.waiting.len() >= calls).await;
    }

    /// Lets every call go, and holds no more.
    pub fn release(&self) {
        self.0.send_modify(|held| held.actions.clear());
    }

    /// A call passes, at once or when it is let go. It counts as waiting until then, or until its caller gives up.
    pub(crate) async fn pass(&self, action: &str) {
        if !self.0.borrow().actions.contains(action) {
            return;
        }
        self.0.send_modify(|held| held.waiting.push(action.to_owned()));
        let _waiting = Waiting { holds: self, action };
        self.until(|held| !held.actions.contains(action)).await;
    }

    async fn until(&self, condition: impl FnMut(&Held) -> bool) {
        // The only error is that the sender is gone, and this is the sender.
        if self.0.subscribe().wait_for(condition).await.is_err() {
            tracing::error!("held calls lost their holder");
        }
    }
}

struct Waiting<'a> {
    holds: &'a Holds,
    action: &'a str,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.holds.0.send_modify(|held| {
            if let Some(place) = held.waiting.iter().position(|action| action == self.action) {
                held.waiting.remove(place);
            }
        });
    }
}
