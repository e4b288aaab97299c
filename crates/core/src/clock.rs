//! Time enters here and nowhere else.
//!
//! `now` is read once per invocation. The header [`NOW_HEADER`] of the Runtime API's `/next` answer wins over the
//! system clock: AWS never sends it, and nobody but the Runtime API's host can, so the binary that ships is the one
//! that was tested, and there is no variable to set wrongly.
//!
//! How long an invocation has taken is another clock's word, one that only goes on: the system's, or that of whoever runs
//! an invocation on virtual time and says what it reads at each poll.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::LazyLock,
    time::{Duration, Instant},
};

use jiff::Timestamp;

/// The header in which `local` sends the time, in milliseconds since 1970-01-01T00:00:00Z.
pub const NOW_HEADER: &str = "vpn-on-demand-now-ms";

tokio::task_local! {
    static NOW: Timestamp;
    static READING: Duration;
}

/// The time of this invocation: the same at every call within it.
///
/// Outside an invocation, as in a test that calls a handler directly, it is the system's time.
#[must_use]
pub fn now() -> Timestamp {
    NOW.try_with(|now| *now).unwrap_or_else(|_| system())
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn system() -> Timestamp {
    Timestamp::now()
}

/// Runs a future with the time it is to see, as the Runtime API's header does.
pub fn at<F: Future>(now: Timestamp, future: F) -> impl Future<Output = F::Output> {
    NOW.scope(now, future)
}

/// Runs a piece of a future, as one poll of it, while the clock that only goes on reads so much.
///
/// On virtual time an invocation advances between its polls: a time limit runs out, and nobody sleeps. In Lambda nobody
/// calls this.
pub fn reading<T>(reading: Duration, piece: impl FnOnce() -> T) -> T {
    READING.sync_scope(reading, piece)
}

/// Runs a future to its end while the clock that only goes on reads, at each poll, what it is told then.
pub async fn on_reading<F: Future>(mut reads: impl FnMut() -> Duration, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| reading(reads(), || future.as_mut().poll(context))).await
}

/// What the clock that only goes on reads: since any moment, so only differences mean something.
fn reads() -> Duration {
    READING.try_with(|reading| *reading).unwrap_or_else(|_| ORIGIN.elapsed())
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Measures how long something takes: for time limits, never for decisions.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Duration);

impl Stopwatch {
    /// Reads the clock that only goes on.
    #[must_use]
    pub fn start() -> Self {
        Self(reads())
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        reads().saturating_sub(self.0)
    }
}

/// The time of an invocation that came with these headers.
pub(crate) fn of(headers: &http::HeaderMap) -> Timestamp {
    sent(headers).unwrap_or_else(system)
}

fn sent(headers: &http::HeaderMap) -> Option<Timestamp> {
    let text = headers.get(NOW_HEADER)?.to_str().ok()?;
    Timestamp::from_millisecond(text.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_milliseconds() {
        let mut headers = http::HeaderMap::new();
        assert_eq!(sent(&headers), None);
        headers.insert("Vpn-On-Demand-Now-Ms", http::HeaderValue::from_static("1793610000500"));
        assert_eq!(sent(&headers), Timestamp::from_millisecond(1_793_610_000_500).ok());
        headers.append(NOW_HEADER, http::HeaderValue::from_static("0"));
        assert_eq!(
            of(&headers),
            Timestamp::from_millisecond(1_793_610_000_500).expect("timestamp"),
            "the first of two"
        );
        let (long, too_late) = ("1".repeat(8192), i64::MAX.to_string());
        for odd in [&b"noon"[..], b"", b"\xff", long.as_bytes(), too_late.as_bytes()] {
            headers.insert(NOW_HEADER, http::HeaderValue::from_bytes(odd).expect("a header"));
            assert_eq!(sent(&headers), None);
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// Whatever the header says, an invocation has a time, and the one it says if that is one.
        #[test]
        fn whatever_the_header_says_there_is_a_time(text in "[ -~\\x80-\\xff]{0,30}|-?[0-9]{1,20}", said: i64) {
            let of = |text: &str| {
                let value = http::HeaderValue::from_bytes(text.as_bytes()).expect("a header");
                sent(&http::HeaderMap::from_iter([(http::HeaderName::from_static(NOW_HEADER), value)]))
            };
            let number = text.parse().ok().and_then(|number| Timestamp::from_millisecond(number).ok());
            proptest::prop_assert_eq!(of(&text), number);
            proptest::prop_assert_eq!(of(&said.to_string()), Timestamp::from_millisecond(said).ok());
            let said = said % 253_402_207_200_000;
            proptest::prop_assert_eq!(of(&said.to_string()).map(Timestamp::as_millisecond), Some(said));
        }
    }

    #[test]
    fn outside_an_invocation_it_is_the_system_s_time() {
        let built: Timestamp = "2025-01-01T00:00:00Z".parse().expect("timestamp");
        assert!(now() > built);
        let watch = Stopwatch::start();
        assert!((0..1_000_000).any(|_| !watch.elapsed().is_zero()), "it goes on");
    }

    #[test]
    fn on_virtual_time_it_reads_what_it_is_told() {
        let watch = reading(Duration::from_secs(100), Stopwatch::start);
        assert_eq!(reading(Duration::from_secs(108), || watch.elapsed()), Duration::from_secs(8));
        assert_eq!(reading(Duration::from_secs(99), || watch.elapsed()), Duration::ZERO, "it never goes back");
    }

    #[tokio::test]
    async fn one_invocation_sees_one_time() {
        let noon: Timestamp = "2026-11-02T12:00:00Z".parse().expect("timestamp");
        let seen = at(noon, async {
            tokio::task::yield_now().await;
            now()
        });
        assert_eq!(seen.await, noon);
        assert_ne!(now(), noon);
    }
}
