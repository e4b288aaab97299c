//! What the properties of every crate are tried on. Each includes this file: a crate of its own would be built for them.

#![allow(dead_code, reason = "each crate uses its part")]

use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

/// `PROPTEST_CASES` asks for more of them than 256. Nothing is written: what is found goes into a corpus, by hand.
pub fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Any JSON, and among its texts those that mean something to whom it is for.
pub fn any_json(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[0-9]{1,19}(\\.[0-9]{1,19}){0,4}".prop_map(Value::from),
        prop::sample::select(words).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// An object with any of these fields, and anything in them.
pub fn any_object(names: &'static [&'static str], words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::collection::vec((prop::sample::select(names), any_json(words)), 0..2 * names.len())
        .prop_map(|fields| Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()))
}

/// A text, with bytes taken out and put in.
pub fn changed(text: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<Index>(), 0..8_usize, prop::collection::vec(any::<u8>(), 0..4));
    prop::collection::vec(change, 1..4).prop_map(move |changes| {
        let mut text = text.clone();
        for (at, out, put) in changes {
            let from = at.index(text.len() + 1);
            let to = (from + out).min(text.len());
            text.splice(from..to, put);
        }
        text
    })
}

/// A JSON value, of which something is something else, or gone.
pub fn nearly(whole: Value, words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::collection::vec((any::<Index>(), prop::option::weighted(0.8, any_json(words))), 1..4).prop_map(
        move |changes| {
            let mut whole = whole.clone();
            for (at, put) in changes {
                let places = places(&whole, "");
                let place = &places[at.index(places.len())];
                match (put, place.rsplit_once('/')) {
                    (Some(put), _) => *whole.pointer_mut(place).expect("a place of it") = put,
                    (None, Some((parent, name))) => match whole.pointer_mut(parent).expect("a place of it") {
                        Value::Object(members) => drop(members.remove(&name.replace("~1", "/").replace("~0", "~"))),
                        other => *other = json!([]),
                    },
                    (None, None) => whole = json!({}),
                }
            }
            whole
        },
    )
}

/// The pointers to all that is in a value, itself included.
fn places(value: &Value, at: &str) -> Vec<String> {
    let mut found = vec![at.to_owned()];
    match value {
        Value::Object(members) => {
            found.extend(members.iter().flat_map(|(name, value)| {
                places(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")))
            }))
        }
        Value::Array(items) => {
            found.extend(items.iter().enumerate().flat_map(|(n, item)| places(item, &format!("{at}/{n}"))))
        }
        _ => {}
    }
    found
}
