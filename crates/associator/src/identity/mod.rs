//! Who asks: the load balancer's signed word for it, `x-amzn-oidc-data` (fact 5.9).
//!
//! The load balancer is the only one who can invoke the function, so this is the second lock on the door. It is checked
//! whole before anything happens, and before a key is fetched for it.

pub mod keys;

use std::fmt;

use aws_lc_rs::signature::ParsedPublicKey;
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};

/// The header it comes in.
pub const HEADER: &str = "x-amzn-oidc-data";

/// The load balancer itself refuses claims beyond 11 KB (fact 5.7).
const SIZE_AT_MOST: usize = 16 * 1024;
/// How far the clocks of load balancer and function may differ. Only for "not yet": an end is an end.
const CLOCKS_DIFFER_BY: f64 = 60.0;

/// The load balancer pads its parts, other signers do not.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whose signature, for whom, counts.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The load balancer's ARN.
    pub signer: &'a str,
    /// The user pool.
    pub issuer: &'a str,
    /// The load balancer's app client.
    pub client: &'a str,
}

/// Why somebody is not let in. For the log: the page says only what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No header, or several.
    #[error("the header x-amzn-oidc-data is missing or repeated")]
    NotOne,
    /// Not three parts of base64url and JSON with what an identity needs.
    #[error("x-amzn-oidc-data is not a signed token")]
    Malformed,
    /// Another algorithm.
    #[error("the token is not signed with ES256")]
    Algorithm,
    /// Another load balancer.
    #[error("the token was signed by another load balancer")]
    Signer,
    /// Another user pool.
    #[error("the token is of another issuer")]
    Issuer,
    /// Another app client.
    #[error("the token is for another app client")]
    Client,
    /// Over.
    #[error("the token has expired")]
    Expired,
    /// Of the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// The key server does not know the key.
    #[error("the key server does not know the key of the token")]
    Key,
    /// Somebody else signed it.
    #[error("the signature of the token does not verify")]
    Signature,
}

/// A person, by a name that only the user pool can resolve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(String);

impl Subject {
    /// The user pool's name for the person.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a key: a UUID, and nothing that could lead elsewhere as part of an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Kid(String);

impl Kid {
    fn parse(text: &str) -> Option<Self> {
        let hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
        let uuid = text.len() == 36
            && text.bytes().enumerate().all(|(at, c)| if hyphen(at) { c == b'-' } else { c.is_ascii_hexdigit() });
        uuid.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Deserialize)]
struct Algorithm {
    alg: String,
}

#[derive(Deserialize)]
struct Head {
    kid: String,
    signer: String,
    iss: String,
    client: String,
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    iss: Option<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
}

/// A token that is right in all but its signature, which has not been checked.
#[derive(Debug)]
pub struct Unverified<'a> {
    kid: Kid,
    signed: &'a str,
    signature: Vec<u8>,
    subject: Subject,
}

impl<'a> Unverified<'a> {
    /// Reads a token and checks everything but the signature.
    ///
    /// # Errors
    /// The first thing that is not right.
    pub fn read(token: &'a str, expected: Expected<'_>, now: Timestamp) -> Result<Self, Rejection> {
        if token.len() > SIZE_AT_MOST {
            return Err(Rejection::Malformed);
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [head, claims, signature] = parts.as_slice() else {
            return Err(Rejection::Malformed);
        };
        // What is signed is the text as it came, padding included.
        let signed = &token[..head.len() + 1 + claims.len()];
        let signature = BASE64URL.decode(signature).map_err(|_| Rejection::Malformed)?;
        if json::<Algorithm>(head)?.alg != "ES256" {
            return Err(Rejection::Algorithm);
        }
        let head: Head = json(head)?;
        let claims: Claims = json(claims)?;
        let kid = Kid::parse(&head.kid).ok_or(Rejection::Malformed)?;
        if head.signer != expected.signer {
            return Err(Rejection::Signer);
        }
        if head.iss != expected.issuer || claims.iss.is_some_and(|iss| iss != expected.issuer) {
            return Err(Rejection::Issuer);
        }
        if head.client != expected.client {
            return Err(Rejection::Client);
        }
        let now = now.as_duration().as_secs_f64();
        if [Some(head.exp), claims.exp].into_iter().flatten().any(|end| end <= now) {
            return Err(Rejection::Expired);
        }
        let starts = [head.nbf, head.iat, claims.nbf, claims.iat];
        if starts.into_iter().flatten().any(|start| start > now + CLOCKS_DIFFER_BY) {
            return Err(Rejection::NotYetValid);
        }
        if claims.sub.is_empty() || claims.sub.chars().any(char::is_control) {
            return Err(Rejection::Malformed);
        }
        Ok(Self { kid, signed, signature, subject: Subject(claims.sub) })
    }

    /// The key to check the signature with.
    #[must_use]
    pub fn kid(&self) -> &Kid {
        &self.kid
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// When the key's owner did not sign this token.
    pub fn verify(&self, key: &ParsedPublicKey) -> Result<Subject, Rejection> {
        key.verify_sig(self.signed.as_bytes(), &self.signature).map_err(|_| Rejection::Signature)?;
        Ok(self.subject.clone())
    }
}

fn json<T: DeserializeOwned>(part: &str) -> Result<T, Rejection> {
    let text = BASE64URL.decode(part).map_err(|_| Rejection::Malformed)?;
    serde_json::from_slice(&text).map_err(|_| Rejection::Malformed)
}
