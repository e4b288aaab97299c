//! The function of these tests: it does what its event says.

use std::{fs, path::Path, time::Duration};

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};
use vpn_core::{
    Error, clock,
    config::{Process, Vars},
    init, runtime,
};

/// What it does at its start, by a variable of the function.
pub const INIT: &str = "SAMPLE_INIT";

/// Runs as a function if that is how it was started; as an ordinary test it has nothing to show.
#[test]
fn function() {
    if Process.get("AWS_LAMBDA_RUNTIME_API").is_some() {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        tokio.block_on(run());
    }
}

async fn run() {
    match Process.get(INIT).as_deref() {
        Some("error") => {
            init::report_failure(Error::Event("a, b and c are missing".to_owned())).await.expect("taken");
            std::process::exit(1);
        }
        Some("exit") => std::process::exit(4),
        Some("hang") => std::future::pending().await,
        _ => {}
    }
    let ended = runtime::run(runtime::json, service_fn(handle)).await;
    // As in a real main: what ends the runtime ends the process.
    eprintln!("{ended:?}");
    std::process::exit(5);
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let LambdaEvent { payload, context } = event;
    match payload["do"].as_str().unwrap_or_default() {
        "tell" => Ok(json!({
            "now": clock::now(),
            "pid": std::process::id(),
            "request_id": context.request_id,
            "arn": context.invoked_function_arn,
            "deadline": context.deadline,
            "trace": context.xray_trace_id,
            "variables": variables(),
            "directory": std::env::current_dir().expect("directory"),
        })),
        "fail" => Err(Diagnostic { error_type: "Sample".to_owned(), error_message: "as it was told".to_owned() }),
        "log" => {
            println!("to standard output");
            eprintln!("to standard error");
            Ok(Value::Null)
        }
        "exit" => std::process::exit(3),
        "abort" => std::process::abort(),
        "hang" => std::future::pending().await,
        "size" => Ok("x".repeat(payload["bytes"].as_u64().expect("bytes") as usize).into()),
        "meet" => meet(&payload).await,
        other => Err(Diagnostic { error_type: "Sample".to_owned(), error_message: format!("what is {other}?") }),
    }
}

#[expect(clippy::disallowed_methods, reason = "shows what the function was given")]
fn variables() -> Value {
    Value::Object(std::env::vars().map(|(name, value)| (name, value.into())).collect())
}

/// Ends when as many as it is told are here at once.
async fn meet(payload: &Value) -> Result<Value, Diagnostic> {
    let place = Path::new(payload["place"].as_str().expect("place"));
    fs::write(place.join(std::process::id().to_string()), "").expect("arrived");
    while (fs::read_dir(place).expect("place").count() as u64) < payload["all"].as_u64().expect("all") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(Value::Null)
}
