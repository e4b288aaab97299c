//! How often AWS was read meanwhile, how often it had no time, and how often Lambda threw an invocation of the page back.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use local::{this_computer::ASSOCIATOR, world::Shared};

/// What is counted.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    reads: u64,
    refused: u64,
    changes: u64,
    throttled: usize,
}

/// Counts from now on, as long as it lives.
pub struct Reads {
    counts: Arc<Mutex<Counts>>,
    task: tokio::task::JoinHandle<()>,
}

impl Reads {
    pub fn of(world: &Shared) -> Self {
        let counts = Arc::<Mutex<Counts>>::default();
        let (world, kept) = (Arc::clone(world), Arc::clone(&counts));
        let task = tokio::spawn(async move {
            let mut last = world.journal.after(0).last().map_or(0, |entry| entry.number);
            loop {
                // The journal forgets what is older than its last thousands.
                tokio::time::sleep(Duration::from_millis(200)).await;
                let mut counts = kept.lock().unwrap_or_else(PoisonError::into_inner);
                for entry in world.journal.after(last) {
                    last = entry.number;
                    let action = entry.data["action"].as_str().unwrap_or_default();
                    match (entry.kind, action.starts_with("Describe")) {
                        ("aws-call", true) => {
                            counts.reads += 1;
                            counts.refused += u64::from(entry.data["outcome"] == "RequestLimitExceeded");
                        }
                        ("aws-call", false) => counts.changes += 1,
                        ("invocation", _) if entry.data["function"] == ASSOCIATOR => {
                            counts.throttled += usize::from(entry.data["error_type"] == "TooManyRequestsException");
                        }
                        _ => {}
                    }
                }
            }
        });
        Self { counts, task }
    }

    /// Prints what was counted since the last time, as a row, with the environments there are. How many invocations of the
    /// page were beyond those that the account may have at once.
    pub async fn row(&self, world: &Shared, time: Duration) -> usize {
        tokio::time::sleep(Duration::from_millis(400)).await;
        let Counts { reads, refused, changes, throttled } =
            std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        let environments = &world.functions.report()[ASSOCIATOR];
        let environments = environments["idle"].as_u64().unwrap_or(0) + environments["busy"].as_u64().unwrap_or(0);
        let a_second = reads / time.as_secs().max(1);
        println!(
            "| ... reads of EC2, by {environments} environments | {reads} ({a_second} a second) | {refused} refused | {changes} \
             changes |"
        );
        throttled
    }
}

impl Drop for Reads {
    fn drop(&mut self) {
        self.task.abort();
    }
}
