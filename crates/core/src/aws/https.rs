//! The one HTTPS client: rustls on aws-lc with Amazon's root certificates.

use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector};

/// Amazon's root certificates, as Amazon Trust Services publishes them: every AWS endpoint of partition `aws` chains
/// to one of them, and parsing five is quicker at a cold start than the system's hundred and forty.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");
const RUSTLS: tls::Provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);

/// Builds the client. Once per process; the SDKs share it.
///
/// Outside partition `aws` (China, GovCloud) endpoints may chain elsewhere: there the system's roots are used.
#[must_use]
pub fn client(region: &str) -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(RUSTLS).tls_context(context(region)).build_https()
}

/// The same for a single request without an SDK around it: no retry, no redirect, no time limit of its own.
#[must_use]
pub fn connector(region: &str) -> SharedHttpConnector {
    SharedHttpConnector::new(Connector::builder().tls_provider(RUSTLS).tls_context(context(region)).build())
}

fn context(region: &str) -> tls::TlsContext {
    if other_partition(region) {
        return tls::TlsContext::default();
    }
    let roots = tls::TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    tls::TlsContext::builder().with_trust_store(roots).build().unwrap_or_else(|error| {
        tracing::error!(%error, "Amazon's root certificates were not accepted; the system's are used");
        tls::TlsContext::default()
    })
}

fn other_partition(region: &str) -> bool {
    ["cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-"].iter().any(|prefix| region.starts_with(prefix))
}
