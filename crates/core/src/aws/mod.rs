//! AWS, over the one HTTPS client.

#[cfg(feature = "ec2")]
pub mod ec2;
pub mod https;

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::{display::DisplayErrorContext, metadata::ProvideErrorMetadata};
use aws_types::request_id::RequestId;

use crate::{
    Error,
    config::{Reader, Vars},
    error::CallError,
};

/// `AWS_REGION`: set by Lambda in every environment.
pub const REGION: &str = "AWS_REGION";

/// How long one attempt of a call may take, and a connection to come about. Every call of this product is small.
const ATTEMPT_AT_MOST: Duration = Duration::from_secs(3);
const CONNECT_AT_MOST: Duration = Duration::from_secs(2);
/// All attempts of a call together: within the eight seconds after which an answer to a person starts no further change.
pub const CALL_AT_MOST: Duration = Duration::from_secs(7);
const ATTEMPTS: u32 = 3;
/// So many characters of an answer that is not AWS's stand in the log.
const FIRST_WORDS: usize = 200;

/// Reads the region, with the other settings.
pub fn read_region(reader: &mut Reader<'_>) -> Option<String> {
    reader.required(REGION, |text| match text.is_empty() {
        true => Err("an AWS region, such as us-east-1"),
        false => Ok(text.to_owned()),
    })
}

/// The SDKs' configuration: credentials and endpoint addresses as the SDK finds them, our client, our time limits.
///
/// # Errors
/// [`Error::Configuration`] without a region.
pub async fn sdk_config(vars: &dyn Vars) -> Result<SdkConfig, Error> {
    let mut reader = Reader::new(vars);
    let region = read_region(&mut reader);
    let region = reader.finish(region)?;
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_AT_MOST)
        .operation_attempt_timeout(ATTEMPT_AT_MOST)
        .operation_timeout(CALL_AT_MOST)
        .build();
    Ok(aws_config::defaults(BehaviorVersion::latest())
        .http_client(https::client(&region))
        .region(Region::new(region))
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .load()
        .await)
}

/// What became of a call that failed: AWS's code, message and request id; without an answer, why there is none.
pub fn call_error<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> CallError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let service = error.as_service_error();
    let code = service.and_then(|error| error.code()).map(str::to_owned);
    let message = match (service.and_then(|error| error.message()), error.raw_response()) {
        (Some(message), _) => message.to_owned(),
        // Not AWS's form of an error: what stands between here and AWS may have answered, in HTML.
        (None, Some(answer)) if code.is_none() => foreign(answer),
        (None, _) if service.is_some() => "no message".to_owned(),
        (None, _) => DisplayErrorContext(error).to_string(),
    };
    CallError { operation, code, message, request_id: error.request_id().map(str::to_owned) }
}

/// The status of an answer, and its first words without tags.
fn foreign(answer: &HttpResponse) -> String {
    let body = String::from_utf8_lossy(answer.body().bytes().unwrap_or_default());
    let mut words = String::new();
    let mut inside = false;
    for c in body.chars().take(4 * FIRST_WORDS) {
        match c {
            '<' => (inside, words) = (true, words + " "),
            '>' => inside = false,
            c if !inside && !c.is_control() => words.push(c),
            _ => {}
        }
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let words: String = words.chars().take(FIRST_WORDS).collect();
    format!("status {} with an answer that is not AWS's: {words:?}", answer.status().as_u16())
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::{body::SdkBody, error::ErrorMetadata};

    use super::*;

    fn of(metadata: ErrorMetadata, status: u16, body: &str) -> CallError {
        let status = status.try_into().expect("a status");
        let answer = HttpResponse::new(status, SdkBody::from(body.to_owned()));
        call_error("DescribeClientVpnRoutes", &SdkError::service_error(metadata, answer))
    }

    #[test]
    fn what_is_not_aws_s_form_of_an_error_keeps_its_status_and_first_words() {
        let html =
            "<html><head><title>503 Service\n Unavailable</title></head><body>No server is available</body></html>";
        let error = of(ErrorMetadata::builder().build(), 503, html);
        assert_eq!(error.code, None);
        assert_eq!(
            error.message,
            "status 503 with an answer that is not AWS's: \"503 Service Unavailable No server is available\""
        );
        let long = of(ErrorMetadata::builder().build(), 502, &"word ".repeat(10_000));
        assert!(long.message.len() < 300, "{long}");
        let empty = of(ErrorMetadata::builder().build(), 504, "");
        assert_eq!(empty.message, "status 504 with an answer that is not AWS's: \"\"");

        let aws_s = ErrorMetadata::builder().code("InternalError").message("An internal error has occurred").build();
        let error = of(aws_s, 500, "<Response/>");
        assert_eq!(
            (error.code.as_deref(), error.message.as_str()),
            (Some("InternalError"), "An internal error has occurred")
        );
        let error = of(ErrorMetadata::builder().code("InternalError").build(), 500, "<Response/>");
        assert_eq!(error.message, "no message");
    }
}
