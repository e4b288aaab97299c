//! Identities that are none: `x-amzn-oidc-data` as nobody but the load balancer may write it (fact 5.9).

use aws_lc_rs::hmac;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    row::Identity,
    signer::{KID, Signer},
};

/// The header's name.
pub const HEADER: &str = "x-amzn-oidc-data";

/// Whom the function believes.
pub struct Trusted {
    pub signer: Signer,
    pub load_balancer: String,
    pub issuer: String,
    pub client: String,
}

impl Trusted {
    /// Adds the identity's header to an event's `multiValueHeaders`, and what a forger would put beside it.
    pub fn put(&self, event: &mut Value, identity: &Identity, now: Timestamp) {
        let (head, claims) = (self.head(&identity.head, now), self.claims(&identity.claims, now));
        let token = self.signer.sign(&head, &claims);
        let parts: Vec<&str> = token.split('.').collect();
        let [first, second, third] = parts[..] else { unreachable!("a token has three parts") };
        let cut = |part: &str| part.trim_end_matches('=').to_owned();
        let headers = &mut event["multiValueHeaders"];
        let one = match identity.sent.as_str() {
            "" => token.clone(),
            "not at all" => return,
            "twice" => return headers[HEADER] = json!([token, token]),
            "in no value" => return headers[HEADER] = json!([]),
            "as a number" => return headers[HEADER] = json!([1]),
            "as an object" => return headers[HEADER] = json!([{ "sub": "an-employee" }]),
            "in two spellings" => {
                headers["X-Amzn-Oidc-Data"] = json!([token]);
                token.clone()
            }
            "in two forms" => {
                headers[HEADER] = json!([token]);
                return event["headers"] = json!({ HEADER: "another" });
            }
            "as x-amzn-oidc-identity" => return headers["x-amzn-oidc-identity"] = json!(["an-employee"]),
            "as authorization" => return headers["authorization"] = json!([format!("Bearer {token}")]),
            "as a cookie" => return headers["cookie"] = json!([format!("{HEADER}={token}")]),
            "under another name" => return headers["x_amzn_oidc_data"] = json!([token]),
            "empty" => String::new(),
            "as a blank" => " ".to_owned(),
            "as three dots" => "...".to_owned(),
            "as two dots" => "..".to_owned(),
            "unpadded, signed so" => self.signer.sign_unpadded(&head, &claims),
            "signed by a stranger" => Signer::new().sign(&head, &claims),
            "signed with the public key as a secret" => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, self.signer.pem().as_bytes());
                let signature = hmac::sign(&key, format!("{first}.{second}").as_bytes());
                format!("{first}.{second}.{}", URL_SAFE.encode(signature.as_ref()))
            }
            "without a signature" => format!("{first}.{second}."),
            "in two parts" => format!("{first}.{second}"),
            "in four parts" => format!("{token}.{third}"),
            "in five parts" => format!("{token}..{third}"),
            "cut in half" => token[..token.len() / 2].to_owned(),
            "one character short" => cut(&token)[..cut(&token).len() - 1].to_owned(),
            "one character changed" => {
                let other = if third.starts_with('A') { "B" } else { "A" };
                format!("{first}.{second}.{other}{}", &third[1..])
            }
            "signature of zeros" => format!("{first}.{second}.{}", URL_SAFE.encode([0; 64])),
            "signature of other claims" => {
                let other = self.signer.sign(&head, &json!({ "sub": "somebody else" }));
                format!("{first}.{second}.{}", other.rsplit('.').next().unwrap_or_default())
            }
            "claims of another token" => {
                let other = json!({ "sub": "somebody else", "exp": now.as_second() + 60 }).to_string();
                format!("{first}.{}.{third}", URL_SAFE.encode(other))
            }
            "head of another token" => {
                let mut other = head.clone();
                other["exp"] = json!(now.as_second() + 7200);
                format!("{}.{second}.{third}", URL_SAFE.encode(other.to_string()))
            }
            // Decodes to the same, and is not the text that was signed.
            "padding cut" => format!("{}.{}.{third}", cut(first), cut(second)),
            "padding added" => format!("{first}====.{second}.{third}"),
            "in the other alphabet" => format!("{first}.{second}.{}", STANDARD.encode([0xfb; 64])),
            "behind Bearer" => format!("Bearer {token}"),
            "with another, by a comma" => format!("{token}, {token}"),
            "in quotes" => format!("\"{token}\""),
            "with blanks around it" => format!(" {token} "),
            "with a line break" => format!("{first}.{second}.\r\n {third}"),
            "with a letter outside ASCII" => format!("{token}é"),
            "as JSON" => json!({ "protected": first, "payload": second, "signature": third }).to_string(),
            other => unreachable!("forge.rs does not know {other:?}"),
        };
        headers[HEADER] = json!([one]);
    }

    fn head(&self, changes: &Map<String, Value>, now: Timestamp) -> Value {
        let head = json!({
            "typ": "JWT", "alg": "ES256", "kid": KID, "signer": self.load_balancer, "iss": self.issuer,
            "client": self.client, "exp": now.as_second() + 120,
        });
        self.changed(head, changes, now)
    }

    fn claims(&self, changes: &Map<String, Value>, now: Timestamp) -> Value {
        let claims = json!({ "sub": "an-employee", "iss": self.issuer, "exp": now.as_second() + 120 });
        self.changed(claims, changes, now)
    }

    /// With other members: null takes one away, `now+60` is a time, and `{signer}` and the like are what is right.
    fn changed(&self, mut of: Value, changes: &Map<String, Value>, now: Timestamp) -> Value {
        for (name, value) in changes {
            let value = match value {
                Value::Null => {
                    of.as_object_mut().expect("an object").remove(name);
                    continue;
                }
                Value::String(text) if text.starts_with("now") => {
                    let seconds: i64 = text["now".len()..].parse().unwrap_or(0);
                    json!(now.as_second() + seconds)
                }
                Value::String(text) => {
                    let text = text.replace("{signer}", &self.load_balancer).replace("{issuer}", &self.issuer);
                    json!(crate::row::expanded(&text.replace("{client}", &self.client)))
                }
                other => other.clone(),
            };
            of[name] = value;
        }
        of
    }
}
