//! The rule cannot be wrong: a hundred thousand stories of an employee, an administrator, AWS and bad luck. See the README
//! beside this file.

mod aws;
mod broken;
mod browser;
mod calls;
mod coverage;
mod crowded;
mod ends;
mod expected;
mod invoke;
mod luck;
mod page;
mod people;
mod role;
mod rules;
mod run;
mod shrink;
mod stage;
mod story;
mod truth;
mod verdict;

use std::{
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use aws::Beginning;
use coverage::Coverage;
use stage::Stage;
use story::Story;
use verdict::Broken;

/// How many stories a plain `cargo test` lives through.
const STORIES: u64 = 3_000;

struct Options {
    stories: u64,
    seed: Option<u64>,
    first: u64,
    threads: usize,
    whole: bool,
    breaks: Option<(usize, usize)>,
    /// The first fault to make.
    from: u64,
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        return ExitCode::SUCCESS;
    };
    let faults = match broken::list_fits() {
        Ok(faults) => faults,
        Err(why) if options.whole => {
            println!("crates/simulation/faults.txt: {why}");
            return ExitCode::FAILURE;
        }
        Err(_) => 0,
    };
    let beginning = Beginning::new(stage::beginning());
    let holds = match options.seed {
        None if options.stories == 0 => true,
        Some(seed) => match live(&beginning, seed, &mut Coverage::default()) {
            None => {
                println!("the story of seed {seed} holds:\n{}", Story::new(seed));
                true
            }
            Some(broken) => {
                tell(&beginning, seed, &broken);
                false
            }
        },
        None => many(&beginning, &options),
    };
    let holds = holds && many_routes(&beginning) && crowded::gets_through(&beginning);
    println!("faults listed to be made on purpose: {faults}");
    let found = options.breaks.is_none_or(|(part, parts)| broken::break_on_purpose(options.from, part, parts));
    if holds && found { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The command line; `None` when it asks for other tests than this one.
fn options() -> Option<Options> {
    let mut options = Options {
        stories: STORIES,
        seed: None,
        first: 0,
        threads: thread::available_parallelism().map_or(1, std::num::NonZero::get),
        whole: true,
        breaks: None,
        from: 1,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let value = arguments.next().and_then(|value| value.parse().ok());
            value.unwrap_or_else(|| panic!("{argument} needs a number"))
        };
        match argument.as_str() {
            "--stories" => options.stories = number(),
            "--seed" => options.seed = Some(number()),
            "--first" => options.first = number(),
            // In a copy that was broken on purpose: the list does not fit it, and the rule's name is enough.
            "--broken" => options.whole = false,
            "--break" => (options.stories, options.breaks) = (0, Some((0, 1))),
            "--from" => options.from = number(),
            "--all" => (options.stories, options.breaks) = (100_000, Some((0, 1))),
            "--part" => {
                let part = arguments.next().unwrap_or_default();
                let numbers = part.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
                options.stories = 0;
                options.breaks = Some(numbers.unwrap_or_else(|| panic!("--part needs PART/PARTS, such as 0/5")));
            }
            "--list" => {
                println!("simulation: test");
                return None;
            }
            // `cargo test -- FILTER` and the flags of other tests reach this one too.
            other if other.starts_with('-') || "simulation".contains(other) => {}
            _ => return None,
        }
    }
    Some(options)
}

/// Lives through one story.
fn live(beginning: &Beginning, seed: u64, coverage: &mut Coverage) -> Option<Broken> {
    let story = Story::new(seed);
    coverage.stories += 1;
    let before = coverage.invocations;
    let outcome = Stage::new(beginning, &story, coverage).live();
    let invocations = coverage.invocations - before;
    coverage.fewest = Some(coverage.fewest.map_or(invocations, |fewest| fewest.min(invocations)));
    outcome.err().map(|(_, broken)| broken)
}

/// Ordinary turnings on with many routes, each 150 seconds in the making: all of them become ready, no invocation fails, so
/// nobody gets a mail, and AWS refuses at most ten calls; with a page open that asks four times a minute, and closed.
fn many_routes(beginning: &Beginning) -> bool {
    let mut good = true;
    for (routes, subnets) in [(6, 2), (21, 2), (50, 3), (50, 5)] {
        for minutes in [0, 30] {
            let mut story = Story::new(0);
            let usual = &mut story.setup;
            usual.settings = story::Settings { idle: 30, subnets, routes };
            (usual.dead, usual.lag, usual.skew, usual.page) = (story::Dead::Neither, 0, 0, 1_000);
            (usual.associate, usual.disassociate, usual.call) = (300, 300, 200);
            (usual.early_routes, usual.refuses_early) = (false, false);
            story.events = vec![story::Event { at: 60, what: story::What::Open { asks_every: 15, minutes } }];
            let mut coverage = Coverage::default();
            let outcome = Stage::new(beginning, &story, &mut coverage).live();
            let count = |wanted: &str, but: &[&str]| -> u64 {
                let counts = coverage.counts().filter(|(kind, what, _)| *kind == wanted && !but.contains(what));
                counts.map(|(.., count)| count).sum()
            };
            let opened = count("event", &[]);
            let (refused, failed) = (count("refused", &[]), count("answer", &["200", "404"]));
            let ready: u64 =
                coverage.counts().filter(|(_, what, _)| *what == "ready-since written").map(|(.., count)| count).sum();
            println!(
                "{routes} routes x {subnets}, page {minutes} min: opened {opened}, ready {ready}, refused {refused}, \
                 failed {failed}"
            );
            if outcome.is_err() || ready < opened || failed > 0 || refused > 10 * opened {
                println!("broken: many routes are no trouble");
                if let Err((at, broken)) = outcome {
                    println!("  {}: {} after {:#}", broken.rule, broken.words, at.duration_since(stage::beginning()));
                }
                good = false;
            }
        }
    }
    good
}

fn many(beginning: &Beginning, options: &Options) -> bool {
    let next = AtomicU64::new(options.first);
    let end = options.first + options.stories;
    let failed = AtomicBool::new(false);
    let total = Mutex::new((Coverage::default(), None::<(u64, Broken)>));
    thread::scope(|scope| {
        for _ in 0..options.threads {
            scope.spawn(|| {
                let mut coverage = Coverage::default();
                let mut first = None;
                while !failed.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    if let Some(broken) = live(beginning, seed, &mut coverage) {
                        failed.store(true, Ordering::Relaxed);
                        first = Some((seed, broken));
                    }
                }
                let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                total.0.add(coverage);
                total.1 = total.1.take().or(first);
            });
        }
    });
    let (coverage, broken) = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some((seed, broken)) = broken {
        match options.whole {
            true => tell(beginning, seed, &broken),
            false => println!("broken: {}", broken.rule),
        }
        return false;
    }
    print(&coverage);
    let fewest = coverage.fewest.unwrap_or(0);
    if fewest < stage::INVOCATIONS {
        println!("\na story has {fewest} invocations, and should have at least {}", stage::INVOCATIONS);
        return false;
    }
    let at_least = coverage::at_least(options.stories);
    let missing = coverage.missing(at_least);
    if missing.is_empty() {
        println!("\nwhatever should occur occurred at least {at_least} times, and no rule was broken");
        return true;
    }
    println!("\nthese should have occurred at least {at_least} times:");
    for (kind, what, count) in missing {
        println!("  {kind}: {what}: {count}");
    }
    false
}

fn print(coverage: &Coverage) {
    println!("stories      {:>12}", coverage.stories);
    println!("invocations  {:>12}  (at least {} a story)", coverage.invocations, coverage.fewest.unwrap_or(0));
    println!("steps        {:>12}", coverage.steps);
    let mut last = "";
    for (kind, what, count) in coverage.counts() {
        if kind != last {
            println!("{kind}");
        }
        last = kind;
        println!("  {what:<34} {count:>10}");
    }
}

/// Tells the shortest story that still breaks the same rule.
fn tell(beginning: &Beginning, seed: u64, broken: &Broken) {
    let (story, at, broken) = shrink::shrink(beginning, Story::new(seed), broken);
    println!("broken: {}", broken.rule);
    println!("  {}\n  after {:#}\n", broken.words, at.duration_since(stage::beginning()));
    println!("{story}");
    println!("replay: cargo test --workspace --test simulation -- --seed {seed}");
}
