//! The start of a function: what fails here is told to Lambda with its whole message.

use http_body_util::BodyExt;
use lambda_runtime::Diagnostic;

use crate::Error;

/// Tells the Runtime API that the function could not start, so that Lambda's console, its log and the on-failure
/// record name the reason instead of "exit status 1".
///
/// # Errors
/// When the Runtime API does not take it.
pub async fn report_failure(error: Error) -> Result<(), lambda_runtime::Error> {
    let diagnostic = Diagnostic::from(error);
    tracing::error!(error.type = diagnostic.error_type, error.message = diagnostic.error_message, "the function cannot start");
    let request = lambda_runtime_api_client::build_request()
        .method(http::Method::POST)
        .uri("/2018-06-01/runtime/init/error")
        .header("lambda-runtime-function-error-type", &diagnostic.error_type)
        .body(serde_json::to_vec(&diagnostic)?.into())?;
    let answer = lambda_runtime_api_client::PooledClient::builder().build().call(request).await?;
    let status = answer.status();
    answer.into_body().collect().await?;
    if !status.is_success() {
        return Err(format!("the Runtime API answered {status} to the init error").into());
    }
    Ok(())
}
