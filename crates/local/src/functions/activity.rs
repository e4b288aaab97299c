//! The clock stands while an invocation runs: who runs, and who waits to move it.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

/// How long a new invocation lets a waiting clock go first (real time): long enough that invocations which overlap
/// without end cannot stop the clock, short enough that one which hangs does not stop all others.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    running: usize,
    clock_waits: bool,
}

/// Counts the invocations that run.
#[derive(Debug, Default)]
pub struct Activity(watch::Sender<Counts>);

/// One invocation that runs, until it is dropped.
#[derive(Debug)]
pub struct Running(Arc<Activity>);

impl Activity {
    /// For an invocation that comes from outside: a clock that waits to move goes first.
    pub async fn enter(self: &Arc<Self>) -> Running {
        let mut state = self.0.subscribe();
        // Both ends of the wait are good: the clock has moved, or it has had its chance.
        drop(tokio::time::timeout(PATIENCE, state.wait_for(|state| !state.clock_waits)).await);
        self.enter_now()
    }

    /// For an invocation that something causes which runs or falls due itself: it belongs to the same instant.
    pub fn enter_now(self: &Arc<Self>) -> Running {
        self.0.send_modify(|state| state.running += 1);
        Running(Arc::clone(self))
    }

    /// Waits until nothing runs, and then acts before anything else can start.
    pub async fn when_quiet<R>(&self, act: impl FnOnce() -> R) -> R {
        let mut changes = self.0.subscribe();
        let mut act = Some(act);
        self.0.send_modify(|state| state.clock_waits = true);
        loop {
            let mut result = None;
            self.0.send_if_modified(|state| {
                if state.running > 0 {
                    return false;
                }
                result = act.take().map(|act| act());
                state.clock_waits = false;
                true
            });
            if let Some(result) = result {
                return result;
            }
            // Fails only when the sender is gone, and it is borrowed here.
            drop(changes.wait_for(|state| state.running == 0).await);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.0.send_modify(|state| state.running -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_clock_waits_for_what_runs_and_goes_before_what_comes() {
        let activity = Arc::new(Activity::default());
        let first = activity.enter().await;
        let moving = tokio::spawn({
            let activity = Arc::clone(&activity);
            async move { activity.when_quiet(|| "moved").await }
        });
        while !activity.0.borrow().clock_waits {
            tokio::task::yield_now().await;
        }
        let mut second = Box::pin(activity.enter());
        assert!(futures_util::poll!(second.as_mut()).is_pending(), "the clock goes first");
        let caused = activity.enter_now();
        drop(first);
        tokio::task::yield_now().await;
        assert!(!moving.is_finished(), "what was caused by the first belongs to the same instant");
        drop(caused);
        assert_eq!(moving.await.expect("task"), "moved");
        second.await;
    }
}
