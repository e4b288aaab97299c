//! Time enters here and nowhere else.
//!
//! `now` is read once per invocation. The header [`NOW_HEADER`] of the Runtime API's `/next` answer wins over the
//! system clock: AWS never sends it, and nobody but the Runtime API's host can, so the binary that ships is the one
//! that was tested, and there is no variable to set wrongly.
//!
//! How long an invocation has taken is another clock's word, one that only goes on: the system's, or that of whoever runs
//! an invocation on virtual time and says what it reads at each poll.

use std::{
    future::Future,
    pin::Pin,
    sync::LazyLock,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use lambda_runtime::{LambdaInvocation, tower::Service};

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

/// A tower service around a Lambda runtime: gives each invocation its time.
#[derive(Debug, Clone)]
pub struct ClockService<S>(S);

/// The layer that adds [`ClockService`].
#[derive(Debug, Clone, Copy, Default)]
pub struct ClockLayer;

impl<S> tower::Layer<S> for ClockLayer {
    type Service = ClockService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClockService(inner)
    }
}

impl<S> Service<LambdaInvocation> for ClockService<S>
where
    S: Service<LambdaInvocation>,
    S::Future: Send + 'static,
    S::Response: 'static,
    S::Error: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let now = sent(&invocation.parts.headers).unwrap_or_else(system);
        // The inner service may already look at the time while it is called, not only while its future runs.
        let future = NOW.sync_scope(now, || self.0.call(invocation));
        Box::pin(NOW.scope(now, future))
    }
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
        headers.insert(NOW_HEADER, http::HeaderValue::from_static("noon"));
        assert_eq!(sent(&headers), None);
    }

    #[test]
    fn outside_an_invocation_it_is_the_system_s_time() {
        let built: Timestamp = "2025-01-01T00:00:00Z".parse().expect("timestamp");
        assert!(now() > built);
        let watch = Stopwatch::start();
        assert!((0..10_000_000).any(|_| !watch.elapsed().is_zero()), "it goes on");
    }

    #[test]
    fn on_virtual_time_it_reads_what_it_is_told() {
        let watch = reading(Duration::from_secs(100), Stopwatch::start);
        assert_eq!(reading(Duration::from_secs(108), || watch.elapsed()), Duration::from_secs(8));
        assert_eq!(reading(Duration::from_secs(99), || watch.elapsed()), Duration::ZERO, "it never goes back");
    }

    /// A runtime's service: not ready at first, then tells the time it sees when it is called and while it runs.
    #[derive(Default)]
    struct Inner {
        polled: bool,
    }

    impl Service<LambdaInvocation> for Inner {
        type Response = (Timestamp, Timestamp);
        type Error = ();
        type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ()>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
            match std::mem::replace(&mut self.polled, true) {
                false => Poll::Pending,
                true => Poll::Ready(Ok(())),
            }
        }

        fn call(&mut self, _: LambdaInvocation) -> Self::Future {
            let called = now();
            Box::pin(async move { Ok((called, now())) })
        }
    }

    #[tokio::test]
    async fn the_layer_gives_each_invocation_its_time() {
        let mut service = tower::Layer::layer(&ClockLayer, Inner::default());
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert_eq!(service.poll_ready(&mut context), Poll::Pending, "the inner service is asked");
        assert_eq!(service.poll_ready(&mut context), Poll::Ready(Ok(())));
        let response = http::Response::builder().header(NOW_HEADER, "1793610000500").body(()).expect("response");
        let (parts, ()) = response.into_parts();
        let invocation =
            LambdaInvocation { parts, body: bytes::Bytes::new(), context: lambda_runtime::Context::default() };
        let sent = Timestamp::from_millisecond(1_793_610_000_500).expect("timestamp");
        assert_eq!(service.call(invocation).await, Ok((sent, sent)));
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
