//! Everybody reads: EC2's bucket is kept empty, and what turns off gets through all the same, in a hundred stories.

use crate::{
    aws::Beginning,
    coverage::Coverage,
    stage::{self, Stage},
    story::{Dead, Event, Story, What},
};

const SEEDS: u64 = 100;
/// Somebody opens the page and leaves, and from then on others take nine of ten reads that come; in every other story an
/// administrator turns it off by force half an hour after.
const EVENTS: [Event; 3] = [
    Event { at: 60, what: What::Open { asks_every: 60, minutes: 0 } },
    Event { at: 120, what: What::EmptyBucket { minutes: 5 * 60 } },
    Event { at: 1_920, what: What::Force { closed_for: None } },
];

/// Whether every run of the schedule got through in its time: then turning off takes no more rounds than it does while
/// nobody else reads.
pub fn gets_through(beginning: &Beginning) -> bool {
    let (mut rounds, mut refused, mut busy, mut failed, mut broken) = (0, 0, 0, 0, 0);
    for seed in 0..SEEDS {
        let mut story = Story::new(seed);
        let usual = &mut story.setup;
        (usual.dead, usual.call, usual.short_of_time, usual.http) = (Dead::Neither, 200, false, false);
        story.events = EVENTS[..if seed % 2 == 0 { 3 } else { 2 }].to_vec();
        let mut coverage = Coverage::default();
        let outcome = Stage::new(beginning, &story, &mut coverage).live();
        let count = |kind: &str, what: &str| -> u64 {
            coverage.counts().filter(|one| (one.0, one.1) == (kind, what)).map(|(.., count)| count).sum()
        };
        rounds += count("answer", "200") + count("answer", "404");
        refused += count("error", "Throttled");
        busy += count("answer", "AWS had no time");
        failed += count("answer", "AwsCallFailed");
        if let Err((at, it)) = outcome {
            println!("  seed {seed}: {}: {} after {:#}", it.rule, it.words, at.duration_since(stage::beginning()));
            broken += 1;
        }
    }
    println!(
        "{SEEDS} stories with the bucket kept empty: {rounds} runs got through, {busy} had no time, {failed} failed; {refused} reads refused"
    );
    let good = busy + failed + broken == 0 && refused > 10_000;
    if !good {
        println!("broken: whoever reads, turning off gets through");
    }
    good
}
