//! The load balancer's signed claims, `x-amzn-oidc-data`, and the key server's answer (fact 5.9).

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::{
    deployment::{Authenticate, Deployment, User},
    identifiers,
};

/// How long one signed set of claims is good for. AWS documents no number; it signs anew while the session lasts.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(5);

/// The key pair that signs, and its id.
#[derive(Debug)]
pub struct Key {
    pair: EcdsaKeyPair,
    id: String,
    pem: String,
}

impl Key {
    /// A new key with a random id.
    ///
    /// # Panics
    /// If the system has no random bytes to give: nothing could be signed or kept secret then.
    #[must_use]
    pub fn generate() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("the system gives random bytes");
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a P-256 key has a DER form");
        let text = STANDARD.encode(der.as_ref());
        let mut pem = "-----BEGIN PUBLIC KEY-----\n".to_owned();
        for (index, digit) in text.chars().enumerate() {
            if index > 0 && index % 64 == 0 {
                pem.push('\n');
            }
            pem.push(digit);
        }
        pem.push_str("\n-----END PUBLIC KEY-----\n");
        Self { pair, id: identifiers::uuid(), pem }
    }

    /// The `kid`, a UUID.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public key as the key server gives it.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The signed claims of a user. As on AWS each part keeps its `=` padding, and the padded text is what is signed.
    #[must_use]
    pub fn sign(&self, deployment: &Deployment, rule: &Authenticate, user: &User, now: Timestamp) -> String {
        let expires = (now + GOOD_FOR).as_second();
        let pool = &deployment.user_pool;
        let asked = rule.cognito.as_ref();
        let (issuer, client) =
            asked.map_or((&pool.issuer, &pool.client_id), |cognito| (&cognito.issuer, &cognito.client_id));
        let header = json!({
            "typ": "JWT",
            "kid": self.id,
            "alg": "ES256",
            "iss": issuer,
            "client": client,
            "signer": deployment.listener.load_balancer_arn,
            "exp": expires,
        });
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), json!(user.sub));
        if !user.name.is_empty() {
            claims.insert("name".to_owned(), json!(user.name));
        }
        claims.insert("username".to_owned(), json!(user.sub));
        claims.insert("exp".to_owned(), json!(expires));
        claims.insert("iss".to_owned(), json!(issuer));
        let encode = |value: &Value| URL_SAFE.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&Value::Object(claims)));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).expect("the key signs");
        format!("{signed}.{}", URL_SAFE.encode(signature.as_ref()))
    }
}
