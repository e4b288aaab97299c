//! From a story that breaks a rule to the shortest one that breaks the same.

use jiff::Timestamp;

use crate::{aws::Beginning, coverage::Coverage, stage::Stage, story::Story, verdict::Broken};

/// Leaves out events, as long as the same rule is broken. Every invocation has chances of its own, so what is left out
/// changes nothing for the others.
pub fn shrink(beginning: &Beginning, mut story: Story, broken: &Broken) -> (Story, Timestamp, Broken) {
    let breaks = |story: &Story| {
        let outcome = Stage::new(beginning, story, &mut Coverage::default()).live();
        outcome.err().filter(|(_, other)| other.rule == broken.rule)
    };
    let mut shortest = breaks(&story).unwrap_or_else(|| (crate::stage::beginning(), broken.clone()));
    loop {
        let before = story.events.len();
        for place in (0..before).rev() {
            let mut shorter = story.clone();
            shorter.events.remove(place);
            if let Some(found) = breaks(&shorter) {
                (story, shortest) = (shorter, found);
            }
        }
        if story.events.len() == before {
            return (story, shortest.0, shortest.1);
        }
    }
}
