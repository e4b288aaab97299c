//! The load balancer's signature, and the server of its keys.

use std::sync::{Arc, Mutex};

use associator::identity::{
    Kid,
    keys::{KeyServer, Unavailable},
};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

pub const LOAD_BALANCER: &str =
    "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/vpn-on-demand/50dc6c495c0c9188";
pub const ISSUER: &str = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e";
pub const CLIENT: &str = "7k1example2client3id";
pub const KID: &str = "11111111-2222-4333-8444-555555555555";
pub const SUBJECT: &str = "an-employee";
/// 2026-11-02T09:00:20Z, the time of the tests, and two minutes later.
pub const NOW: i64 = 1_793_610_020;
pub const END: i64 = NOW + 120;

pub struct Signer {
    pair: EcdsaKeyPair,
}

impl Signer {
    pub fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        Self { pair }
    }

    pub fn head() -> Value {
        json!({ "typ": "JWT", "alg": "ES256", "kid": KID, "signer": LOAD_BALANCER, "iss": ISSUER, "client": CLIENT, "exp": END })
    }

    pub fn claims() -> Value {
        json!({ "sub": SUBJECT, "email": "employee@example.com", "iss": ISSUER, "exp": END })
    }

    /// As the load balancer makes it: padded.
    pub fn token(&self) -> String {
        self.sign(&Self::head(), &Self::claims())
    }

    pub fn sign(&self, head: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", URL_SAFE.encode(head.to_string()), URL_SAFE.encode(claims.to_string()));
        format!("{signed}.{}", URL_SAFE.encode(self.signature(&signed)))
    }

    pub fn sign_unpadded(&self, head: &Value, claims: &Value) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(head), encode(claims));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(self.signature(&signed)))
    }

    fn signature(&self, text: &str) -> Vec<u8> {
        self.pair.sign(&SystemRandom::new(), text.as_bytes()).expect("a signature").as_ref().to_vec()
    }

    pub fn pem(&self) -> String {
        // What comes before the point in the SubjectPublicKeyInfo of every P-256 key.
        let mut der = vec![
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
            0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        der.extend_from_slice(self.pair.public_key().as_ref());
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
    }
}

/// The key server.
#[derive(Clone, Default)]
pub struct KeyBox {
    keys: Arc<Mutex<Vec<(String, String)>>>,
    asked: Arc<Mutex<Vec<String>>>,
    broken: Arc<Mutex<Option<&'static str>>>,
}

impl KeyBox {
    pub fn knowing(signer: &Signer) -> Self {
        let keys = Self::default();
        keys.add(KID, &signer.pem());
        // The key that the tokens of events/ are signed with.
        let kid = "5f1c2a7e-3b9d-4c68-9a41-0d2e8b7f6c15";
        keys.add(kid, include_str!("../../../../events/keys/5f1c2a7e-3b9d-4c68-9a41-0d2e8b7f6c15"));
        keys
    }

    /// Adds a key, or puts another in its place.
    pub fn add(&self, kid: &str, pem: &str) {
        let mut keys = self.keys.lock().expect("not poisoned");
        keys.retain(|(known, _)| known != kid);
        keys.push((kid.to_owned(), pem.to_owned()));
    }

    pub fn repair(&self) {
        *self.broken.lock().expect("not poisoned") = None;
    }

    pub fn break_down(&self, why: &'static str) {
        *self.broken.lock().expect("not poisoned") = Some(why);
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("not poisoned").clone()
    }
}

impl KeyServer for KeyBox {
    async fn fetch(&self, kid: &Kid) -> Result<Option<Vec<u8>>, Unavailable> {
        self.asked.lock().expect("not poisoned").push(kid.to_string());
        if let Some(why) = *self.broken.lock().expect("not poisoned") {
            return Err(Unavailable(why.to_owned()));
        }
        let keys = self.keys.lock().expect("not poisoned");
        Ok(keys.iter().find(|(known, _)| *known == kid.to_string()).map(|(_, pem)| pem.clone().into_bytes()))
    }
}
