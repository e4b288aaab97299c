//! The Runtime API: what one process of a function talks to.

use std::sync::{Arc, Mutex};

use aws::lambda::{Failure, LARGEST_ANSWER};
use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{DefaultBodyLimit, Path, State},
    http::{Request, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{Mutex as AsyncMutex, mpsc},
    task::JoinHandle,
};

use crate::locks::lock;

/// The header that carries the emulated time; AWS never sends it.
const NOW_HEADER: &str = "vpn-on-demand-now-ms";

/// One invocation, as the process is given it.
#[derive(Debug)]
pub(crate) struct Work {
    pub request_id: String,
    pub trace_id: String,
    pub function_arn: String,
    /// In milliseconds since 1970, by the real clock.
    pub deadline_ms: i64,
    pub now: Timestamp,
    pub payload: Bytes,
}

/// What the process says.
#[derive(Debug)]
pub(crate) enum Said {
    /// It asks for work.
    Next,
    /// It answers the invocation that it has.
    Answer(Result<Bytes, Failure>),
    /// It cannot start.
    CannotStart(Failure),
}

#[derive(Debug)]
struct Exchange {
    work: AsyncMutex<mpsc::Receiver<Work>>,
    said: mpsc::UnboundedSender<Said>,
    /// The invocation that the process has.
    current: Mutex<Option<String>>,
}

impl Exchange {
    fn say(&self, said: Said) {
        // Nobody listens any more when the environment is being ended; then the process ends too.
        drop(self.said.send(said));
    }

    /// Takes the invocation if it is this one: each is answered once.
    fn take(&self, request_id: &str) -> bool {
        let mut current = lock(&self.current);
        current.take_if(|current| current == request_id).is_some()
    }
}

/// Serves one process until the handle is aborted.
pub(crate) fn serve(
    listener: TcpListener,
    work: mpsc::Receiver<Work>,
    said: mpsc::UnboundedSender<Said>,
) -> JoinHandle<std::io::Result<()>> {
    let exchange = Arc::new(Exchange { work: AsyncMutex::new(work), said, current: Mutex::default() });
    let runtime = Router::new()
        .route("/invocation/next", get(next))
        .route("/invocation/{id}/response", post(response))
        .route("/invocation/{id}/error", post(error))
        .route("/init/error", post(init_error))
        .layer(DefaultBodyLimit::disable())
        .with_state(exchange);
    let router = Router::new().nest("/2018-06-01/runtime", runtime);
    tokio::spawn(axum::serve(listener, router).into_future())
}

async fn next(State(exchange): State<Arc<Exchange>>) -> Response {
    exchange.say(Said::Next);
    let Some(work) = exchange.work.lock().await.recv().await else {
        return refusal(StatusCode::GONE, "Runtime.Shutdown", "the environment is being ended");
    };
    *lock(&exchange.current) = Some(work.request_id.clone());
    let headers = [
        ("lambda-runtime-aws-request-id", work.request_id),
        ("lambda-runtime-deadline-ms", work.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", work.function_arn),
        ("lambda-runtime-trace-id", work.trace_id),
        (NOW_HEADER, work.now.as_millisecond().to_string()),
        (CONTENT_TYPE.as_str(), "application/json".to_owned()),
    ];
    let mut response = Response::builder();
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response
        .body(Body::from(work.payload))
        .unwrap_or_else(|error| refusal(StatusCode::INTERNAL_SERVER_ERROR, "Runtime.BadInvocation", &error.to_string()))
}

async fn response(
    State(exchange): State<Arc<Exchange>>,
    Path(request_id): Path<String>,
    request: Request<Body>,
) -> Response {
    // The size is judged after the rest was read, so that the process is not cut off while it writes.
    let body = to_bytes(request.into_body(), usize::MAX).await;
    if !exchange.take(&request_id) {
        return refusal(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID");
    }
    match body {
        Ok(body) if body.len() <= LARGEST_ANSWER => {
            exchange.say(Said::Answer(Ok(body)));
            accepted()
        }
        Ok(_) => {
            let message =
                format!("Response payload size exceeded maximum allowed payload size ({LARGEST_ANSWER} bytes).");
            exchange.say(Said::Answer(Err(Failure::new("Function.ResponseSizeTooLarge", message.clone()))));
            refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
        }
        Err(error) => {
            exchange.say(Said::Answer(Err(Failure::new("Runtime.TruncatedResponse", error.to_string()))));
            refusal(StatusCode::BAD_REQUEST, "InvalidRequestBody", &error.to_string())
        }
    }
}

async fn error(State(exchange): State<Arc<Exchange>>, Path(request_id): Path<String>, body: Bytes) -> Response {
    if !exchange.take(&request_id) {
        return refusal(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID");
    }
    exchange.say(Said::Answer(Err(Failure::posted(body))));
    accepted()
}

async fn init_error(State(exchange): State<Arc<Exchange>>, body: Bytes) -> Response {
    exchange.say(Said::CannotStart(Failure::posted(body)));
    accepted()
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response()
}

fn refusal(status: StatusCode, error_type: &str, message: &str) -> Response {
    (status, Json(json!({ "errorType": error_type, "errorMessage": message }))).into_response()
}
