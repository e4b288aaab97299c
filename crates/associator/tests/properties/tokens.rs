//! The load balancer's word for who asks.

use std::sync::LazyLock;

use associator::identity::{
    Expected, Unverified,
    keys::{Keys, Refusal},
};
use base64::{Engine, engine::general_purpose::URL_SAFE};
use proptest::{prelude::*, sample::Index};
use serde_json::Value;

use crate::{
    common::{KeyBox, Signer, now, signer},
    odd::{self, any_json, changed, nearly},
};

const WORDS: [&str; 8] =
    ["ES256", "none", signer::KID, signer::LOAD_BALANCER, signer::ISSUER, signer::CLIENT, "", "../secret"];

const EXPECTED: Expected<'_> =
    Expected { signer: signer::LOAD_BALANCER, issuer: signer::ISSUER, client: signer::CLIENT };

static SIGNER: LazyLock<Signer> = LazyLock::new(Signer::new);
static TOKEN: LazyLock<String> = LazyLock::new(|| SIGNER.token());

/// Whom a token is of; nobody where it is not accepted. No key server fails here.
fn accepted(token: &str) -> Option<String> {
    let keys = Keys::new(KeyBox::knowing(&SIGNER));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    match runtime.block_on(keys.identify(token, EXPECTED, now())) {
        Ok(subject) => Some(subject.as_str().to_owned()),
        Err(Refusal::Rejected(_)) => None,
        Err(other) => panic!("{other:?}"),
    }
}

/// Odd ones; none is accepted.
#[test]
fn the_corpus_is_refused() {
    let [head, claims, signature] = TOKEN.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    assert_eq!(accepted(&TOKEN).as_deref(), Some(signer::SUBJECT));
    for odd in [
        String::new(),
        "..".to_owned(),
        "...".to_owned(),
        format!(" {}", *TOKEN),
        format!("{}\n", *TOKEN),
        format!("{}.", *TOKEN),
        format!("{}=", *TOKEN),
        format!("{head}.{claims}."),
        format!("{head}.{claims}.{claims}"),
        format!("{head}.{claims}.{}", URL_SAFE.encode([0; 64])),
        format!("{head}.{claims}.{signature}{signature}"),
        format!("{claims}.{head}.{signature}"),
        format!("{head}..{signature}"),
        // The last character of 64 bytes has two bits that say nothing: only zeros are taken.
        TOKEN
            .replace("==", "")
            .chars()
            .rev()
            .skip(1)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .chain("_==".chars())
            .collect(),
        TOKEN.replace('.', "%2e"),
        "x".repeat(20_000),
    ] {
        assert_eq!(accepted(&odd), None, "{odd}");
    }
}

#[test]
fn no_byte_of_a_token_may_be_another() {
    // One of each kind of character, instead of each.
    for at in 0..TOKEN.len() {
        for byte in *b"Ag7_-.=+ {" {
            let mut odd = TOKEN.clone().into_bytes();
            if std::mem::replace(&mut odd[at], byte) == byte {
                continue;
            }
            assert_eq!(accepted(&String::from_utf8(odd).expect("ASCII")), None, "{} at {at}", char::from(byte));
        }
    }
}

proptest! {
    #![proptest_config(odd::config())]

    #[test]
    fn a_changed_token_is_never_accepted(at in any::<Index>(), c: char, changed in changed(TOKEN.clone().into_bytes())) {
        let mut odd: Vec<char> = TOKEN.chars().collect();
        let at = at.index(odd.len());
        odd[at] = c;
        for odd in [odd.into_iter().collect(), String::from_utf8_lossy(&changed).into_owned()] {
            // Other signers do not pad, and padding of the signature is not signed.
            let is_it = odd.trim_end_matches('=') == TOKEN.trim_end_matches('=');
            prop_assert!(is_it || accepted(&odd).is_none(), "{}", odd);
        }
    }

    /// What our load balancer itself signed is accepted where it is what the settings name, and of now.
    #[test]
    fn what_is_signed_has_to_be_right_too(head in prop_oneof![nearly(Signer::head(), &WORDS), any_json(&WORDS)], claims in prop_oneof![nearly(Signer::claims(), &WORDS), any_json(&WORDS)]) {
        for (head, claims) in [(&head, &claims), (&Signer::head(), &claims), (&head, &Signer::claims())] {
            let accepted = accepted(&SIGNER.sign_unpadded(head, claims));
            let ended = |part: &Value| part["exp"].as_f64().is_some_and(|end| end <= f64::from(u32::try_from(signer::NOW).expect("of this century")));
            let right = head["alg"] == "ES256" && head["kid"] == signer::KID && head["signer"] == signer::LOAD_BALANCER
                && head["iss"] == signer::ISSUER && head["client"] == signer::CLIENT && head["exp"].is_number()
                && !ended(head) && !ended(claims) && (claims["iss"].is_null() || claims["iss"] == signer::ISSUER);
            if let Some(subject) = accepted {
                prop_assert!(right, "{} {}", head, claims);
                prop_assert_eq!(Some(subject.as_str()), claims["sub"].as_str());
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..5)) {
        let encoded: Vec<_> = parts.iter().map(|part| URL_SAFE.encode(part)).collect();
        for text in [text, encoded.join(".")] {
            prop_assert!(Unverified::read(&text, EXPECTED, now()).is_err());
        }
    }
}
