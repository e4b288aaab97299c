//! What a function is given, and what becomes of what it says.

use std::{os::unix::fs::MetadataExt, time::Duration};

use aws::lambda::NotInvoked;
use jiff::SignedDuration;
use serde_json::json;

use crate::setup::{Here, NAME};

#[tokio::test]
async fn an_invocation_is_given_what_lambda_gives() {
    let here = Here::new();
    here.pass(SignedDuration::from_millis(1_500)).await;
    let told = here.answer(json!({ "do": "tell" })).await;

    assert_eq!(told["now"], "2026-11-02T09:00:01.5Z", "the time is the emulated one");
    assert_eq!(told["arn"], "arn:aws:lambda:us-east-1:123456789012:function:Sample");
    let trace = told["trace"].as_str().expect("trace");
    assert!(trace.starts_with("Root=1-") && trace.contains(";Parent="), "{trace}");
    // The deadline is by the real clock: about twenty seconds from now.
    let left = told["deadline"].as_i64().expect("deadline") - local::clock::system().as_millisecond();
    assert!((5_000..=20_000).contains(&left), "{left}");

    let mut variables = told["variables"].as_object().expect("variables").clone();
    for (name, value) in [
        ("SAMPLE", "yes"),
        ("TZ", ":UTC"),
        ("_HANDLER", "bootstrap"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_LAMBDA_FUNCTION_NAME", NAME),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_ACCESS_KEY_ID", "ASIALOCALLAMBDAROLESAMPLE"),
    ] {
        assert_eq!(variables.remove(name), Some(value.into()), "{name}");
    }
    assert_eq!(variables["LAMBDA_TASK_ROOT"], told["directory"]);
    let of_lambda = |name: &String| {
        // The last three are the shell's, through which these tests start themselves.
        name.starts_with("AWS_")
            || name.starts_with("LAMBDA_")
            || ["LANG", "PATH", "PWD", "OLDPWD", "_", "SHLVL"].contains(&name.as_str())
            || name == "_X_AMZN_TRACE_ID"
    };
    variables.retain(|name, _| !of_lambda(name));
    assert!(variables.is_empty(), "these leak from this computer: {variables:?}");

    let [invocation] = here.happened("invocation").try_into().expect("one");
    assert_eq!(invocation["function"], NAME);
    assert_eq!(invocation["source"], "administrator");
    assert_eq!(invocation["async"], false);
    assert_eq!(invocation["request_id"], told["request_id"]);
    assert_eq!(invocation["now"], told["now"]);
    assert!(invocation["duration_ms"].is_i64() && invocation.get("error_type").is_none(), "{invocation}");
}

#[tokio::test]
async fn what_a_function_reports_reaches_the_caller_and_the_process_stays() {
    let here = Here::new();
    let first = here.answer(json!({ "do": "tell" })).await;
    let failure = here.failure(json!({ "do": "fail" })).await;
    assert_eq!(failure, ("Sample".to_owned(), "as it was told".to_owned()));
    let second = here.answer(json!({ "do": "tell" })).await;
    assert_eq!(first["pid"], second["pid"]);
    assert_ne!(first["request_id"], second["request_id"]);
    assert_eq!(here.happened("invocation")[1]["error_type"], "Sample");
}

#[tokio::test]
async fn its_output_is_in_the_log_when_it_has_answered() {
    let here = Here::new();
    // Many times, because it could be right by chance.
    for times in 1..=50 {
        here.answer(json!({ "do": "log" })).await;
        let lines = here.happened("function-log");
        for line in ["to standard output", "to standard error"] {
            let expected = json!({ "function": NAME, "line": line });
            assert_eq!(lines.iter().filter(|line| **line == expected).count(), times, "{line}");
        }
    }
}

#[tokio::test]
async fn the_end_of_the_process_is_the_failure_of_the_invocation() {
    let here = Here::new();
    let first = here.answer(json!({ "do": "tell" })).await;
    let exit = here.failure(json!({ "do": "exit" })).await;
    assert_eq!(
        exit,
        ("Runtime.ExitError".into(), "RequestId: ID Error: Runtime exited with error: exit status 3".into())
    );
    let (error_type, message) = here.failure(json!({ "do": "abort" })).await;
    assert_eq!(error_type, "Runtime.ExitError");
    assert!(message.contains("exited with error: signal: 6"), "{message}");
    let second = here.answer(json!({ "do": "tell" })).await;
    assert_ne!(first["pid"], second["pid"]);
}

#[tokio::test]
async fn a_function_that_takes_too_long_is_ended() {
    let here = Here::new();
    let first = here.answer(json!({ "do": "tell" })).await;
    here.change(|function| function.timeout = Duration::from_millis(250));
    let before = here.answer(json!({ "do": "tell" })).await;
    assert_ne!(first["pid"], before["pid"], "a changed configuration is a new environment");
    let failure = here.failure(json!({ "do": "hang" })).await;
    assert_eq!(failure, ("Sandbox.Timedout".into(), "RequestId: ID Error: Task timed out after 0.25 seconds".into()));
    let after = here.answer(json!({ "do": "tell" })).await;
    assert_ne!(before["pid"], after["pid"]);
}

#[tokio::test]
async fn an_answer_may_have_six_megabytes() {
    let here = Here::new();
    // The quotes of the JSON string count.
    let largest = 6_291_556 - 2;
    let answer = here.answer(json!({ "do": "size", "bytes": largest })).await;
    assert_eq!(answer.as_str().map(str::len), Some(largest));
    let (error_type, message) = here.failure(json!({ "do": "size", "bytes": largest + 1 })).await;
    assert_eq!(error_type, "Function.ResponseSizeTooLarge");
    assert!(message.contains("6291556 bytes"), "{message}");
}

#[tokio::test]
async fn what_cannot_be_invoked_says_why() {
    let here = Here::new();
    here.change(|function| function.bootstrap = None);
    assert_eq!(here.try_invoke(json!({})).await.expect_err("not built"), NotInvoked::NotBuilt(NAME.to_owned()));
    let gone = here.directory.0.join("gone");
    here.change(|function| function.bootstrap = Some(gone));
    let (error_type, message) = here.failure(json!({})).await;
    assert_eq!(error_type, "Runtime.InvalidEntrypoint");
    assert!(message.contains("No such file"), "{message}");
    let arn = here.arn();
    here.world.deployment.write().expect("lock").functions.clear();
    let error = here.try_invoke(json!({})).await.expect_err("gone");
    assert_eq!(error, NotInvoked::NoSuchFunction(arn));
}

#[tokio::test]
async fn a_new_file_at_the_same_path_is_new_code() {
    let here = Here::new();
    let first = here.answer(json!({ "do": "tell" })).await;
    let path = here.directory.bootstrap("bootstrap", "export REBUILT=1");
    assert!(std::fs::metadata(path).expect("file").size() > 0);
    let second = here.answer(json!({ "do": "tell" })).await;
    assert_ne!(first["pid"], second["pid"]);
    assert_eq!(second["variables"]["REBUILT"], "1");
}
