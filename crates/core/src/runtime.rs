//! Asks the Runtime API for one invocation after the other, and answers each.
//!
//! Of `lambda_runtime` only the types are used, not its loop: before any layer sees an invocation, it reads every header
//! of the answer to `/next`, and ends the process where one is missing or not what it expects (`Context::new` of 1.5).
//! Whoever may invoke the function can have that with a client context. Here only the request id is needed, because the
//! answer is sent to it; what else cannot be read was not sent. `_X_AMZN_TRACE_ID` is not set, which the loop there does:
//! it would be unsafe code, and nothing here reads it.

use std::{
    any::Any,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use lambda_runtime::{Context, Diagnostic, LambdaEvent, tower::Service};
use lambda_runtime_api_client::{BoxError, PooledClient, body::Body, build_request};
use serde::Serialize;
use serde_json::Value;
use tracing::Instrument;

use crate::{Error, clock};

const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
const DEADLINE: &str = "lambda-runtime-deadline-ms";
const FUNCTION_ARN: &str = "lambda-runtime-invoked-function-arn";
const TRACE_ID: &str = "lambda-runtime-trace-id";
/// Sent back as it came: Lambda takes no answer to an invocation that is over already.
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";

/// Serves invocations for as long as the environment lives. Each service is told the payload as `read` makes it.
///
/// # Errors
/// When the Runtime API cannot be reached, or says that the environment cannot go on: then the process has to end.
pub async fn run<P, S>(read: impl Fn(&[u8]) -> Result<P, Error>, mut service: S) -> Result<(), BoxError>
where
    S: Service<LambdaEvent<P>>,
    S::Response: Serialize,
    S::Error: Into<Diagnostic>,
{
    let api = PooledClient::builder().build();
    loop {
        let (status, headers, payload) = called(&api, "next", None, Body::empty()).await?;
        // Nothing to do yet, as cargo-lambda says it.
        if status == StatusCode::NO_CONTENT {
            continue;
        }
        if !status.is_success() {
            return Err(format!("the Runtime API answered {status} to the request for an invocation").into());
        }
        let Some(id) = request_id(&headers) else {
            tracing::error!(
                "the Runtime API sent an invocation without a request id, or with an odd one: it cannot be answered, and \
                 ends at its time limit"
            );
            continue;
        };
        let context = context(&headers, id);
        let span = tracing::info_span!("invocation", requestId = id, xrayTraceId = context.xray_trace_id);
        let answered = answer(&read, &mut service, &payload, context);
        let answer = clock::at(clock::of(&headers), answered).instrument(span.clone()).await;
        let (to, body) = match &answer {
            Ok(answer) => ("response", answer.clone()),
            Err(diagnostic) => ("error", serde_json::to_vec(diagnostic)?),
        };
        if let Err(Diagnostic { error_type, error_message }) = &answer {
            span.in_scope(|| tracing::error!(error.type = error_type, error = error_message, "the invocation failed"));
        }
        let (status, ..) = called(&api, &format!("{id}/{to}"), headers.get(INVOCATION_ID), body.into()).await?;
        if !status.is_success() {
            span.in_scope(|| tracing::error!(%status, "the Runtime API did not take the answer: it came too late, or is too large"));
        }
    }
}

/// A payload that is to be JSON.
///
/// # Errors
/// When it is none.
pub fn json(payload: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(payload).map_err(|error| Error::Event(error.to_string()))
}

/// Has the service answer, whatever comes of it.
async fn answer<P, S>(
    read: &impl Fn(&[u8]) -> Result<P, Error>,
    service: &mut S,
    payload: &[u8],
    context: Context,
) -> Result<Vec<u8>, Diagnostic>
where
    S: Service<LambdaEvent<P>>,
    S::Response: Serialize,
    S::Error: Into<Diagnostic>,
{
    let answer = caught(async {
        let event = LambdaEvent::new(read(payload)?, context);
        poll_fn(|cx| service.poll_ready(cx)).await.map_err(Into::into)?;
        let answer = service.call(event).await.map_err(Into::into)?;
        serde_json::to_vec(&answer).map_err(|error| internal("write the answer", error.to_string()))
    });
    answer.await.unwrap_or_else(|happened| Err(internal("handle the event", happened)))
}

fn internal(attempted: &'static str, happened: String) -> Diagnostic {
    Error::Internal { attempted, happened }.into()
}

/// Runs what may panic: one invocation then fails, and the process goes on.
async fn caught<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(polled) => polled.map(Ok),
        Err(panic) => std::task::Poll::Ready(Err(words(panic.as_ref()))),
    })
    .await
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", text.unwrap_or("without words"))
}

/// Calls the Runtime API: `next` is asked for, anything else is told.
async fn called(
    api: &PooledClient,
    path: &str,
    invocation: Option<&http::HeaderValue>,
    body: Body,
) -> Result<(StatusCode, HeaderMap, Bytes), BoxError> {
    let method = if path == "next" { http::Method::GET } else { http::Method::POST };
    let mut request =
        build_request().method(method).uri(format!("/2018-06-01/runtime/invocation/{path}")).body(body)?;
    if let Some(id) = invocation {
        request.headers_mut().insert(INVOCATION_ID, id.clone());
    }
    if path.ends_with("/error") {
        request.headers_mut().insert("lambda-runtime-function-error-type", http::HeaderValue::from_static("unhandled"));
    }
    let (head, body) = api.call(request).await?.into_parts();
    Ok((head.status, head.headers, body.collect().await?.to_bytes()))
}

/// The request id, if it can stand in the address of the answer. AWS's is a UUID.
fn request_id(headers: &HeaderMap) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text(headers, REQUEST_ID).filter(|id| !id.is_empty() && id.bytes().all(plain))
}

fn context(headers: &HeaderMap, id: &str) -> Context {
    let mut context = Context::default();
    id.clone_into(&mut context.request_id);
    context.deadline = text(headers, DEADLINE).and_then(|text| text.parse().ok()).unwrap_or_default();
    text(headers, FUNCTION_ARN).unwrap_or_default().clone_into(&mut context.invoked_function_arn);
    context.xray_trace_id = text(headers, TRACE_ID).map(str::to_owned);
    context
}

/// A header that is there and is ASCII; of two with one name the first.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn headers(sent: &[(&'static str, &[u8])]) -> HeaderMap {
        let value = |bytes: &[u8]| http::HeaderValue::from_bytes(bytes).expect("a header");
        sent.iter().map(|(name, bytes)| (http::HeaderName::from_static(name), value(bytes))).collect()
    }

    #[test]
    fn an_invocation_is_answered_under_an_id_that_fits_an_address() {
        let long = "a".repeat(8192);
        for (sent, id) in [
            (&[][..], None),
            (&[""], None),
            (&["6c6a1d47-0b1c-4d2e-8f3a-5b6c7d8e9f00"], Some("6c6a1d47-0b1c-4d2e-8f3a-5b6c7d8e9f00")),
            (&["first", "second"], Some("first")),
            (&[long.as_str()], Some(long.as_str())),
            (&["é"], None),
            (&["a b"], None),
            (&["../next"], None),
            (&["a?b"], None),
        ] {
            let sent: Vec<_> = sent.iter().map(|id| (REQUEST_ID, id.as_bytes())).collect();
            let mut all = HeaderMap::new();
            for (name, bytes) in sent {
                all.append(name, http::HeaderValue::from_bytes(bytes).expect("a header"));
            }
            assert_eq!(request_id(&all), id);
        }
    }

    #[test]
    fn what_cannot_be_read_was_not_sent() {
        let whole = context(
            &headers(&[(DEADLINE, b"1793610000500"), (FUNCTION_ARN, b"arn:aws:lambda"), (TRACE_ID, b"Root=1")]),
            "ref-1",
        );
        assert_eq!((whole.request_id.as_str(), whole.deadline), ("ref-1", 1_793_610_000_500));
        assert_eq!(whole.invoked_function_arn, "arn:aws:lambda");
        assert_eq!(whole.xray_trace_id.as_deref(), Some("Root=1"));
        for odd in [&b"\xff"[..], b""] {
            let context = context(&headers(&[(DEADLINE, odd), (FUNCTION_ARN, odd)]), "ref-1");
            assert_eq!((context.deadline, context.invoked_function_arn.as_str()), (0, ""));
        }
        assert_eq!(context(&HeaderMap::new(), "ref-1").xray_trace_id, None);
    }

    #[tokio::test]
    async fn a_failure_of_any_kind_is_an_answer() {
        type Event = LambdaEvent<Value>;
        let mut service = lambda_runtime::service_fn(|event: Event| async move {
            match event.payload.as_str() {
                Some("fail") => Err(Error::Incomplete("one of two".to_owned())),
                Some("panic") => panic!("on purpose"),
                Some("panic with a number") => panic!("number {}", event.context.deadline),
                _ => Ok(event.payload),
            }
        });
        let mut error = async |payload: &[u8]| {
            let failed = answer(&json, &mut service, payload, Context::default()).await.expect_err("it fails");
            (failed.error_type, failed.error_message)
        };
        for (payload, kind, message) in [
            (&b"\"fail\""[..], "DisassociationIncomplete", "one of two"),
            (b"\"panic\"", "InternalError", "handle the event: it panicked: on purpose"),
            (b"\"panic with a number\"", "InternalError", "handle the event: it panicked: number 0"),
            (b"{} {}", "EventNotUnderstood", "the event was not understood: trailing characters at line 1 column 4"),
        ] {
            assert_eq!(error(payload).await, (kind.to_owned(), message.to_owned()));
        }
        assert_eq!(answer(&json, &mut service, b"[1]", Context::default()).await.expect("answered"), b"[1]");
    }

    /// A service that panics while it is called, not while its answer is made.
    #[tokio::test]
    async fn a_panic_before_the_answer_is_begun_is_one_too() {
        let times = Cell::new(0);
        let mut service = lambda_runtime::service_fn(|_: LambdaEvent<Value>| {
            times.set(times.get() + 1);
            assert!(times.get() > 1, "the first time");
            std::future::ready(Ok::<_, Error>("well"))
        });
        let first = answer(&json, &mut service, b"1", Context::default()).await.expect_err("it panics");
        assert_eq!(first.error_message, "handle the event: it panicked: the first time");
        assert_eq!(answer(&json, &mut service, b"1", Context::default()).await.expect("answered"), b"\"well\"");
    }
}
