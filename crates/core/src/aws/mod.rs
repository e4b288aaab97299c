//! AWS, over the one HTTPS client.

#[cfg(feature = "ec2")]
pub mod ec2;
pub mod https;

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_runtime_api::client::result::SdkError;
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
pub fn call_error<E, R>(operation: &'static str, error: &SdkError<E, R>) -> CallError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
    SdkError<E, R>: RequestId,
{
    let service = error.as_service_error();
    CallError {
        operation,
        code: service.and_then(|error| error.code()).map(str::to_owned),
        message: match service {
            Some(service) => service.message().unwrap_or("no message").to_owned(),
            None => DisplayErrorContext(error).to_string(),
        },
        request_id: error.request_id().map(str::to_owned),
    }
}
