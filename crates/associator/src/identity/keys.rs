//! The load balancer's public keys: fetched once per key, from the one server that the settings name.

use std::{collections::HashMap, fmt, future::Future, sync::Mutex, time::Duration};

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, SharedHttpConnector},
    orchestrator::HttpRequest,
};
use http_body_util::{BodyExt, Limited};
use jiff::Timestamp;
use rustls_pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};

use super::{Expected, Kid, PublicKey, Rejection, Subject, Unverified};

const FETCH_AT_MOST: Duration = Duration::from_secs(2);
const SIZE_AT_MOST: usize = 4096;
/// The load balancer changes its keys now and then; a process does not live to see many.
const KEYS_AT_MOST: usize = 16;

/// Where keys come from.
pub trait KeyServer: Send + Sync {
    /// The key as PEM; `None` if there is no such key.
    fn fetch(&self, kid: &Kid) -> impl Future<Output = Result<Option<Vec<u8>>, Unavailable>> + Send;
}

/// The key server did not answer as it should: nobody's identity can be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("fetch the load balancer's public key: {0}")]
pub struct Unavailable(pub String);

/// Why nobody is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The identity is not right.
    Rejected(Rejection),
    /// It cannot be told.
    Unavailable(Unavailable),
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// The keys that were fetched.
pub struct Keys<S> {
    server: S,
    known: Mutex<HashMap<Kid, PublicKey>>,
}

impl<S> fmt::Debug for Keys<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl<S: KeyServer> Keys<S> {
    /// None yet.
    pub fn new(server: S) -> Self {
        Self { server, known: Mutex::default() }
    }

    /// Tells who asks.
    ///
    /// # Errors
    /// When the token is not right, or the key server does not answer.
    pub async fn identify(&self, token: &str, expected: Expected<'_>, now: Timestamp) -> Result<Subject, Refusal> {
        let token = Unverified::read(token, expected, now)?;
        let key = self.key(token.kid()).await?;
        Ok(token.verify(&key)?)
    }

    async fn key(&self, kid: &Kid) -> Result<PublicKey, Refusal> {
        if let Some(key) = self.known().get(kid) {
            return Ok(PublicKey::clone(key));
        }
        let pem = self.server.fetch(kid).await.map_err(Refusal::Unavailable)?.ok_or(Rejection::Key)?;
        let der = SubjectPublicKeyInfoDer::from_pem_slice(&pem)
            .map_err(|error| Refusal::Unavailable(Unavailable(format!("no PEM of a public key: {error}"))))?;
        let key = PublicKey::from(der.as_ref());
        let mut known = self.known();
        if known.len() >= KEYS_AT_MOST {
            known.clear();
        }
        known.insert(kid.clone(), PublicKey::clone(&key));
        Ok(key)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Kid, PublicKey>> {
        // A panic while the lock was held leaves a map that is whole.
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The key server, over HTTP.
#[derive(Debug, Clone)]
pub struct HttpKeys {
    connector: SharedHttpConnector,
    base: String,
}

impl HttpKeys {
    /// At an address without a slash at its end.
    #[must_use]
    pub fn new(connector: SharedHttpConnector, base: String) -> Self {
        Self { connector, base }
    }

    async fn get(&self, kid: &Kid) -> Result<Option<Vec<u8>>, String> {
        let request = HttpRequest::get(format!("{}/{kid}", self.base)).map_err(|error| error.to_string())?;
        let answer = self.connector.call(request).await.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        match status {
            200 => {}
            // S3, which AWS keeps the keys in, says 403 of what is not there.
            400 | 403 | 404 | 410 => return Ok(None),
            _ => return Err(format!("status {status}")),
        }
        let body = Limited::new(answer.into_body(), SIZE_AT_MOST).collect().await.map_err(|error| error.to_string())?;
        Ok(Some(body.to_bytes().to_vec()))
    }
}

impl KeyServer for HttpKeys {
    async fn fetch(&self, kid: &Kid) -> Result<Option<Vec<u8>>, Unavailable> {
        match tokio::time::timeout(FETCH_AT_MOST, self.get(kid)).await {
            Ok(answer) => answer.map_err(Unavailable),
            Err(_) => Err(Unavailable(format!("no answer within {} s", FETCH_AT_MOST.as_secs()))),
        }
    }
}
