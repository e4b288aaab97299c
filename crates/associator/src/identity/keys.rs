//! The load balancer's public keys: fetched once per key, from the one server that the settings name.

use std::{collections::HashMap, fmt, future::Future, sync::Mutex, time::Duration};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, SharedHttpConnector},
    orchestrator::HttpRequest,
};
use http_body_util::{BodyExt, Limited};
use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};

use super::{Expected, Kid, Rejection, Subject, Unverified};

const FETCH_AT_MOST: Duration = Duration::from_secs(2);
const SIZE_AT_MOST: usize = 4096;
/// The load balancer changes its keys now and then; a process does not live to see many.
const KEYS_AT_MOST: usize = 16;
/// How long a key that was fetched is the last word on a signature that it does not verify. Then the server is asked once
/// more: what it answered may have been another key, and everybody would be turned away until the process ends.
const ASKED_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);

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

/// A public key that was fetched.
struct Known {
    key: ParsedPublicKey,
    /// When the server was last asked for it.
    asked: Timestamp,
}

/// The keys that were fetched.
pub struct Keys<S> {
    server: S,
    known: Mutex<HashMap<Kid, Known>>,
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
        let known = self.known().get(token.kid()).map(|known| (token.verify(&known.key), known.asked));
        match known {
            Some((Err(_), asked)) if now.duration_since(asked).abs() >= ASKED_AGAIN_AFTER => {}
            Some((verified, _)) => return Ok(verified?),
            None => {}
        }
        Ok(token.verify(&self.fetch(token.kid(), now).await?)?)
    }

    /// Fetches a key. Only one that can verify such tokens is kept.
    async fn fetch(&self, kid: &Kid, now: Timestamp) -> Result<ParsedPublicKey, Refusal> {
        // Also where it does not answer: each forged signature would wait for it.
        if let Some(known) = self.known().get_mut(kid) {
            known.asked = now;
        }
        let pem = self.server.fetch(kid).await.map_err(Refusal::Unavailable)?.ok_or(Rejection::Key)?;
        let unusable = |why: String| Refusal::Unavailable(Unavailable(why));
        let der = SubjectPublicKeyInfoDer::from_pem_slice(&pem)
            .map_err(|error| unusable(format!("the answer is not the PEM of a public key: {error}")))?;
        let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, der.as_ref())
            .map_err(|error| unusable(format!("the answer is not a public key on the curve P-256: {error}")))?;
        let mut known = self.known();
        if known.len() >= KEYS_AT_MOST {
            known.clear();
        }
        known.insert(kid.clone(), Known { key: key.clone(), asked: now });
        Ok(key)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Kid, Known>> {
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
