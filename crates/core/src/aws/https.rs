//! The one HTTPS client: rustls on aws-lc with Amazon's root certificates.

use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Amazon's root certificates, as Amazon Trust Services publishes them: every AWS endpoint of partition `aws` chains
/// to one of them, and parsing five is quicker at a cold start than the system's hundred and forty.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// Builds the client. Once per process; the SDKs and the key fetch share it.
///
/// Outside partition `aws` (China, GovCloud) endpoints may chain elsewhere: there the system's roots are used.
#[must_use]
pub fn client(region: &str) -> SharedHttpClient {
    let roots = if other_partition(region) {
        tls::TrustStore::default()
    } else {
        tls::TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)
    };
    let context = tls::TlsContext::builder().with_trust_store(roots).build();
    let builder = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc));
    match context {
        Ok(context) => builder.tls_context(context).build_https(),
        Err(error) => {
            tracing::error!(%error, "Amazon's root certificates were not accepted; the system's are used");
            builder.build_https()
        }
    }
}

fn other_partition(region: &str) -> bool {
    ["cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-"].iter().any(|prefix| region.starts_with(prefix))
}
