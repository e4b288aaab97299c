//! Profiles in a bucket. Both calls are addresses that are signed for a minute: the list's is used here, and a profile's in
//! her browser. The SDK of S3 would be as large as all the rest of the function.

use std::time::{Duration, SystemTime};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use aws_sigv4::{
    http_request::{
        PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
        UriPathNormalizationMode, sign,
    },
    sign::v4::SigningParams,
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, SharedHttpConnector},
    orchestrator::HttpRequest,
};
use http_body_util::{BodyExt, Limited};
use jiff::Timestamp;
use vpn_core::{error::CallError, port::CallResult};

use super::{Asked, Device, Folder, Profiles};
use crate::config::Bucket;

/// For so long an address is good: a browser follows it at once.
const GOOD_FOR: Duration = Duration::from_secs(60);
const ANSWER_AT_MOST: Duration = Duration::from_secs(3);
/// Of a list of so many keys.
const KEYS_AT_MOST: usize = 20;
const SIZE_AT_MOST: usize = 64 * 1024;
const LIST: &str = "ListObjectsV2";
const GET: &str = "GetObject";

/// The bucket.
#[derive(Debug)]
pub struct S3 {
    connector: SharedHttpConnector,
    credentials: Option<SharedCredentialsProvider>,
    bucket: Bucket,
}

impl S3 {
    /// With the function's own credentials.
    #[must_use]
    pub fn new(connector: SharedHttpConnector, credentials: Option<SharedCredentialsProvider>, bucket: Bucket) -> Self {
        Self { connector, credentials, bucket }
    }

    async fn signed(&self, operation: &'static str, address: &str, now: Timestamp) -> CallResult<String> {
        let provider = self.credentials.as_ref().ok_or_else(|| unanswered(operation, "there are no credentials"))?;
        let credentials =
            provider.provide_credentials().await.map_err(|error| unanswered(operation, &error.to_string()))?;
        sign_address(address, credentials, &self.bucket.region, now.into(), GOOD_FOR)
            // What it was to sign is not said: it might stand in the log signed.
            .map_err(|_| unanswered(operation, "the address could not be signed"))
    }

    async fn list(&self, folder: &Folder, now: Timestamp) -> CallResult<Vec<Device>> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("list-type", "2")
            .append_pair("max-keys", &KEYS_AT_MOST.to_string())
            .append_pair("prefix", &folder.0)
            .finish();
        let address = self.signed(LIST, &format!("{}/?{query}", self.bucket.address), now).await?;
        let request = HttpRequest::get(address).map_err(|error| unanswered(LIST, &error.to_string()))?;
        let answer = async {
            let answer = self.connector.call(request).await.map_err(|error| error.to_string())?;
            let status = answer.status().as_u16();
            let body = Limited::new(answer.into_body(), SIZE_AT_MOST).collect().await;
            let body = body.map_err(|error| error.to_string())?.to_bytes();
            Ok::<_, String>((status, String::from_utf8_lossy(&body).into_owned()))
        };
        let answer =
            tokio::time::timeout(ANSWER_AT_MOST, answer).await.unwrap_or_else(|_| Err("no answer in time".to_owned()));
        let (status, body) = answer.map_err(|why| unanswered(LIST, &why))?;
        match status {
            200 => Ok(texts(&body, "Key").filter_map(|key| folder.device(key)).collect()),
            _ => Err(refused(status, &body)),
        }
    }

    /// As a download that no cache keeps.
    async fn place(&self, folder: &Folder, device: &Device, now: Timestamp) -> CallResult<String> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response-cache-control", "no-store")
            .append_pair("response-content-disposition", &format!("attachment; filename=\"{}.ovpn\"", device.0))
            .append_pair("response-content-type", "application/x-openvpn-profile")
            .finish()
            // A plus is a space in forms, and a plus to S3.
            .replace('+', "%20");
        self.signed(GET, &format!("{}/{}?{query}", self.bucket.address, folder.key(device)), now).await
    }
}

impl Profiles for S3 {
    fn waiting<'a>(&'a self, folder: &'a Folder, now: Timestamp) -> Asked<'a, Vec<Device>> {
        Box::pin(self.list(folder, now))
    }

    fn address<'a>(&'a self, folder: &'a Folder, device: &'a Device, now: Timestamp) -> Asked<'a, String> {
        Box::pin(self.place(folder, device, now))
    }
}

/// An address with its signature in the query (AWS Signature Version 4).
fn sign_address(
    address: &str,
    credentials: Credentials,
    region: &str,
    at: SystemTime,
    good_for: Duration,
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(good_for);
    // S3 signs a path as it is sent.
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    let identity = credentials.into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("s3")
        .time(at)
        .settings(settings)
        .build()?
        .into();
    let request = SignableRequest::new("GET", address, std::iter::empty(), SignableBody::UnsignedPayload)?;
    let (instructions, _) = sign(request, &params)?.into_parts();
    let mut signed = http::Request::get(address).body(())?;
    instructions.apply_to_request_http1x(&mut signed);
    Ok(signed.uri().to_string())
}

/// What stands between the tags of this name. Nothing that is looked for here has a letter that XML writes otherwise.
fn texts<'a>(xml: &'a str, tag: &str) -> impl Iterator<Item = &'a str> {
    let (begin, end) = (format!("<{tag}>"), format!("</{tag}>"));
    let parts: Vec<&str> = xml.split(&begin).skip(1).collect();
    parts.into_iter().filter_map(move |part| Some(part.split_once(&end)?.0))
}

fn refused(status: u16, body: &str) -> CallError {
    let one = |tag| texts(body, tag).next().map(str::to_owned);
    // The message alone: what else S3 says of a wrong signature names the key and what was signed.
    CallError {
        operation: LIST,
        code: one("Code").or_else(|| Some(format!("status {status}"))),
        message: one("Message").unwrap_or_else(|| "no message".to_owned()),
        request_id: one("RequestId"),
    }
}

fn unanswered(operation: &'static str, why: &str) -> CallError {
    CallError { operation, code: None, message: why.to_owned(), request_id: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in S3's manual, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)".
    #[test]
    fn an_address_is_signed_as_in_the_example_of_aws() {
        let credentials =
            Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None, None, "example");
        let at: Timestamp = "2013-05-24T00:00:00Z".parse().expect("a time");
        let signed = sign_address(
            "https://examplebucket.s3.amazonaws.com/test.txt",
            credentials,
            "us-east-1",
            at.into(),
            Duration::from_secs(86_400),
        );
        assert_eq!(
            signed.expect("signed"),
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        );
    }

    /// Against what botocore 1.42 signs for the same profile, time and session (`S3SigV4QueryAuth`).
    #[tokio::test]
    async fn a_profile_s_address_is_a_download_for_a_minute_of_this_object_alone() {
        let credentials = Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            Some("to/ken+of=a/session".to_owned()),
            None,
            "example",
        );
        let connector = vpn_core::aws::https::connector("us-east-1");
        let address = "https://a-bucket.s3.us-east-1.amazonaws.com".to_owned();
        let bucket = Bucket { region: "us-east-1".to_owned(), address };
        let s3 = S3::new(connector, Some(SharedCredentialsProvider::new(credentials)), bucket);
        let device = Device::parse("my.ipad_2").expect("a name");
        let at = "2013-05-24T00:00:00Z".parse().expect("a time");
        let address = s3.address(&Folder("profiles/0b1c/".to_owned()), &device, at).await.expect("signed");
        let (object, query) = address.split_once('?').expect("a query");
        assert_eq!(object, "https://a-bucket.s3.us-east-1.amazonaws.com/profiles/0b1c/my.ipad_2.ovpn");
        let mut query: Vec<_> = query.split('&').collect();
        query.sort_unstable();
        assert_eq!(
            query,
            [
                "X-Amz-Algorithm=AWS4-HMAC-SHA256",
                "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request",
                "X-Amz-Date=20130524T000000Z",
                "X-Amz-Expires=60",
                "X-Amz-Security-Token=to%2Fken%2Bof%3Da%2Fsession",
                "X-Amz-Signature=3e5f47f7caa436f16c97e6d276ff36205e6de0e29f0bd1dd3bb03067afb9ef91",
                "X-Amz-SignedHeaders=host",
                "response-cache-control=no-store",
                "response-content-disposition=attachment%3B%20filename%3D%22my.ipad_2.ovpn%22",
                "response-content-type=application%2Fx-openvpn-profile",
            ]
        );
    }

    #[test]
    fn of_a_list_only_her_devices_are_read() {
        let list = "<?xml version=\"1.0\"?><ListBucketResult><Name>b</Name><Prefix>profiles/her/</Prefix>\
                    <Contents><Key>profiles/her/ipad.ovpn</Key><Size>1</Size></Contents>\
                    <Contents><Key>profiles/his/mac.ovpn</Key></Contents><Contents><Key>profiles/her/&amp;.ovpn</Key></Contents>\
                    <Contents><Key>profiles/her/mac.ovpn</Key></Contents><Contents><Key>profiles/her/half</ListBucketResult>";
        let folder = Folder("profiles/her/".to_owned());
        let devices: Vec<_> = texts(list, "Key").filter_map(|key| folder.device(key)).map(|device| device.0).collect();
        assert_eq!(devices, ["ipad", "mac"]);
    }

    #[test]
    fn of_a_refusal_the_log_gets_code_message_and_id_and_nothing_that_was_signed() {
        let error = refused(
            403,
            "<Error><Code>SignatureDoesNotMatch</Code><Message>No.</Message><AWSAccessKeyId>AKIA</AWSAccessKeyId>\
             <StringToSign>secret</StringToSign><RequestId>7</RequestId></Error>",
        );
        assert_eq!(error.to_string(), "ListObjectsV2: SignatureDoesNotMatch: No. (AWS request id 7)");
        assert_eq!(refused(502, "<html>").to_string(), "ListObjectsV2: status 502: no message");
    }
}
