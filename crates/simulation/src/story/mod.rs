//! A story: how the stage is set, and what people, administrators and bad luck do in it. Made from a seed; told in words.

mod told;

use std::time::Duration;

use jiff::SignedDuration;
use vpn_core::marks::Mark;

use crate::calls::Op;

/// What people set in a story has at most this many subnets, the first of this computer's: each in a zone of its own.
pub const SUBNETS_AT_MOST: usize = 3;

/// The idle times that stories use, in minutes.
pub const IDLE_MINUTES: [i64; 5] = [20, 25, 30, 45, 55];

/// Which of the two that turn the VPN off does not work. Never both: then nothing can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dead {
    /// Both work.
    Neither,
    /// The five-minute rule.
    Schedule,
    /// The idle alarm.
    Alarm,
}

/// What an administrator can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The idle time in minutes.
    pub idle: i64,
    /// How many subnets.
    pub subnets: usize,
    /// How many routes for each.
    pub routes: usize,
}

/// How the stage is set.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// The settings in the beginning.
    pub settings: Settings,
    pub dead: Dead,
    /// Whether Client VPN publishes its metrics while nothing is associated.
    pub published_while_off: bool,
    /// How far descriptions lag behind, in seconds.
    pub lag: i64,
    /// How long associating takes, in seconds.
    pub associate: i64,
    /// How long disassociating takes, in seconds.
    pub disassociate: i64,
    /// How long a call takes at most, in milliseconds.
    pub call: i64,
    /// How far the functions' clocks are off at most, in milliseconds.
    pub skew: i64,
    /// When in its five minutes the schedule runs, in seconds.
    pub schedule_at: i64,
    /// Whether the requests of people and pages go through the associator's HTTP layer.
    pub http: bool,
    /// Whether the disassociator has a tenth of the time it is shipped with.
    pub short_of_time: bool,
    /// Connections on a page.
    pub page: usize,
    /// The other spelling of a duplicate association.
    pub other_duplicate: bool,
    /// Whether routes are accepted while associating.
    pub early_routes: bool,
    /// Whether AWS refuses to disassociate what is associating.
    pub refuses_early: bool,
}

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFault {
    /// It is answered with this code.
    Refused(&'static str),
    /// There is no answer, and nothing was done.
    Unheard,
    /// There is no answer, although it was done.
    DoneUnheard,
    /// It takes so many seconds.
    Slow(i64),
    /// The function dies before it is made.
    CrashBefore,
    /// The function dies after it was made, and before it hears the answer.
    CrashAfter,
}

/// One story in so many goes through the associator's HTTP layer.
const HTTP_ONE_IN: u8 = 40;

/// AWS's codes that calls are refused with: one of each meaning at least.
pub const CODES: [&str; 9] = [
    "RequestLimitExceeded",
    "ConcurrentMutationLimitExceeded",
    "InternalError",
    "Unavailable",
    "UnauthorizedOperation",
    "IncorrectState",
    "InvalidParameterValue",
    "NeverHeardOf",
    "ExpiredToken",
];

/// Something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Somebody opens the page, which then asks every so many seconds for so many minutes.
    Open { asks_every: i64, minutes: i64 },
    /// Somebody only looks.
    Look,
    /// Somebody keeps it on.
    Keep { hours: i64 },
    /// Somebody turns it off for everyone.
    Off,
    /// An administrator turns it off, and closes it for some minutes or not.
    Force { closed_for: Option<i64> },
    /// An administrator turns it on.
    AdminOn,
    /// An administrator opens it.
    AdminOpen,
    /// An administrator keeps it on.
    AdminKeep { hours: i64 },
    /// A client connects, if it can, for some minutes.
    Connect { minutes: i64 },
    /// So many clients connect one after the other, if they can, each for some minutes: their lists have more pages.
    Crowd { clients: u32, minutes: i64 },
    /// An administrator associates a subnet at the console.
    ConsoleAssociates { subnet: usize },
    /// An administrator disassociates a subnet at the console.
    ConsoleDisassociates,
    /// An administrator removes a mark.
    MarkRemoved(Mark),
    /// Somebody removes all our tags, as `terraform apply` does.
    MarksRemoved,
    /// An administrator writes nonsense into a mark.
    MarkSpoiled(Mark),
    /// An administrator writes a time far ahead into a mark.
    MarkAhead(Mark),
    /// The settings change.
    Set(Settings),
    /// The next calls of an operation go wrong.
    Trouble { op: Op, fault: CallFault, times: u32 },
    /// Every call is answered with an error for some minutes; or every one to EC2.
    Outage { code: &'static str, minutes: i64, everything: bool },
    /// Every call takes so many seconds at most, and three quarters of that at least, for some minutes.
    SlowAws { seconds: i64, minutes: i64 },
    /// AWS has hardly any time for some minutes: every call takes nearly as long as it may, and most reads are refused.
    Crawl { minutes: i64 },
    /// Others read so much for some minutes that EC2 refuses nine of ten reads.
    EmptyBucket { minutes: i64 },
    /// The next association fails.
    AssociationFails,
    /// The next route fails.
    RouteFails,
    /// The next association is listed in a state that nobody knows.
    StrangeState,
    /// Routes are listed in a state that nobody knows for some minutes.
    StrangeRoutes { minutes: i64 },
    /// The endpoint is described as being deleted for some minutes.
    EndpointGoes { minutes: i64 },
    /// No metrics are published for some minutes.
    MetricGap { minutes: i64 },
    /// Metrics arrive so many minutes late, for half an hour.
    MetricsLate { minutes: i64 },
    /// The next scheduled invocation is lost.
    ScheduleLost,
    /// The next invocation by schedule or alarm comes so many seconds late.
    Late { seconds: i64 },
    /// The next invocation by schedule or alarm comes twice.
    Twice,
}

/// An event and its time, in seconds from the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: i64,
    /// What.
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// What it was made from.
    pub seed: u64,
    /// How the stage is set.
    pub setup: Setup,
    /// What happens, in order of time.
    pub events: Vec<Event>,
}

impl Story {
    /// The story of a seed.
    pub fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let r = &mut random;
        let setup = setup(r);
        let mut events = Vec::new();
        let mut at = r.i64(0..600);
        let busy = r.bool();
        for _ in 0..r.usize(6..16) {
            at += match r.u8(0..10) {
                0..4 => r.i64(0..3),
                4..6 => r.i64(3..120),
                6..9 => r.i64(120..1_200),
                _ => setup.settings.idle * 60 + r.i64(-90..90),
            };
            // Much happens just when something else looks.
            let snapped = at - at.rem_euclid(300) + setup.schedule_at + r.i64(-3..4);
            let at = if r.u8(0..4) == 0 { snapped.max(0) } else { at };
            events.push(Event { at, what: what(r, &setup, busy) });
        }
        // Somebody opens the page at least once a day.
        events.push(Event { at: r.i64(0..at.max(1)), what: What::Open { asks_every: 60, minutes: 15 } });
        events.sort_by_key(|event| event.at);
        Self { seed, setup, events }
    }

    /// The time of the last event.
    pub fn ends(&self) -> i64 {
        self.events.last().map_or(0, |event| event.at)
    }
}

fn setup(r: &mut fastrand::Rng) -> Setup {
    let dead = match r.u8(0..4) {
        0 => Dead::Schedule,
        1 => Dead::Alarm,
        _ => Dead::Neither,
    };
    Setup {
        settings: settings(r),
        dead,
        published_while_off: r.bool(),
        lag: [0, 0, 0, 2, 20, 60][r.usize(0..6)],
        associate: [120, 300, 300, 600][r.usize(0..4)],
        disassociate: [60, 120, 300, 600][r.usize(0..4)],
        call: [60, 200, 1_000, 3_000][r.usize(0..4)],
        skew: [0, 0, 2_000, 30_000][r.usize(0..4)],
        schedule_at: [0, 30, r.i64(0..300)][r.usize(0..3)],
        http: r.u8(0..HTTP_ONE_IN) == 0,
        short_of_time: r.bool(),
        page: [1, 3, 1_000][r.usize(0..3)],
        other_duplicate: r.bool(),
        early_routes: r.bool(),
        refuses_early: r.u8(0..4) == 0,
    }
}

fn settings(r: &mut fastrand::Rng) -> Settings {
    let idle = IDLE_MINUTES[r.usize(0..IDLE_MINUTES.len())];
    Settings { idle, subnets: r.usize(1..=SUBNETS_AT_MOST), routes: r.usize(0..=2) }
}

fn what(r: &mut fastrand::Rng, setup: &Setup, busy: bool) -> What {
    let mark = Mark::ALL[r.usize(0..Mark::ALL.len())];
    match r.u8(0..100) {
        0..26 => What::Open { asks_every: [15, 60, 60][r.usize(0..3)], minutes: [0, 2, 15, 30][r.usize(0..4)] },
        26..30 => What::Look,
        30..34 => What::Keep { hours: [1, 1, 1, 1, 1, 1, 1, 4][r.usize(0..8)] },
        34..38 => What::Off,
        38..40 => What::Force { closed_for: [None, Some(5), Some(60)][r.usize(0..3)] },
        40..41 => match r.u8(0..3) {
            0 => What::AdminOn,
            1 => What::AdminOpen,
            // Longer than an employee may, and longer than anybody may.
            _ => What::AdminKeep { hours: [1, 9, 14 * 24 + 1][r.usize(0..3)] },
        },
        41..52 => What::Connect { minutes: r.i64(1..if busy { 90 } else { 20 }) },
        52..54 => What::Crowd { clients: r.u32(3..9), minutes: r.i64(1..10) },
        54..57 => What::ConsoleAssociates { subnet: r.usize(0..=SUBNETS_AT_MOST) },
        57..59 => What::ConsoleDisassociates,
        59..61 => What::MarkRemoved(mark),
        61..62 if r.u8(0..3) == 0 => What::MarksRemoved,
        61..62 if r.bool() => What::MarkSpoiled(mark),
        61..62 => What::MarkAhead(mark),
        62..64 => What::Set(settings(r)),
        64..65 => What::Crawl { minutes: [20, 60, 90][r.usize(0..3)] },
        65..67 => What::SlowAws { seconds: [3, 5, 7, 7][r.usize(0..4)], minutes: [5, 20, 60, 90][r.usize(0..4)] },
        67..84 => What::Trouble { op: Op::ALL[r.usize(0..Op::ALL.len())], fault: fault(r), times: r.u32(1..4) },
        84..86 => {
            What::Outage { code: CODES[r.usize(0..CODES.len())], minutes: r.i64(1..20), everything: r.u8(0..4) == 0 }
        }
        86..88 => What::AssociationFails,
        88..89 if r.bool() => What::RouteFails,
        88..89 => What::StrangeRoutes { minutes: r.i64(1..15) },
        89..90 if r.bool() => What::StrangeState,
        89..90 => What::EndpointGoes { minutes: r.i64(1..15) },
        90..92 => What::MetricGap { minutes: r.i64(5..40) },
        92..93 => What::MetricsLate { minutes: r.i64(1..8) },
        93..95 if setup.dead != Dead::Schedule => What::ScheduleLost,
        93..97 => What::Late { seconds: r.i64(5..60) },
        _ => What::Twice,
    }
}

fn fault(r: &mut fastrand::Rng) -> CallFault {
    match r.u8(0..8) {
        0 | 1 => CallFault::Refused(CODES[r.usize(0..CODES.len())]),
        2 => CallFault::Unheard,
        3 => CallFault::DoneUnheard,
        4 => CallFault::Slow(r.i64(2..30)),
        5 => CallFault::CrashBefore,
        _ => CallFault::CrashAfter,
    }
}

impl Setup {
    /// A time limit on the story's clock.
    pub fn virtual_time(limit: Duration) -> SignedDuration {
        SignedDuration::try_from(limit).expect("minutes at most")
    }

    /// A duration of so many seconds.
    pub fn seconds(seconds: i64) -> SignedDuration {
        SignedDuration::from_secs(seconds)
    }
}
