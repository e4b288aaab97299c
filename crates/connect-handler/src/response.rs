//! What AWS is answered: always every required field, in the version of the request (fact 6.3).

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::request::SchemaVersion;

/// The longest message and the longest posture status, in characters.
pub const TEXT_AT_MOST: usize = 255;
/// How many posture statuses an answer may have.
pub const STATUSES_AT_MOST: usize = 10;

/// An answer that AWS takes, whatever it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    version: SchemaVersion,
    allow: bool,
    message: String,
    statuses: Vec<String>,
}

impl Response {
    /// Makes it; what is too long or too much is cut off.
    #[must_use]
    pub fn new(version: SchemaVersion, allow: bool, message: &str, statuses: &[String]) -> Self {
        Self {
            version,
            allow,
            message: cut(message).to_owned(),
            statuses: statuses.iter().take(STATUSES_AT_MOST).map(|status| cut(status).to_owned()).collect(),
        }
    }

    /// Whether the connection may be made.
    #[must_use]
    pub fn allows(&self) -> bool {
        self.allow
    }
}

impl Serialize for Response {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("allow", &self.allow)?;
        let message = match self.version {
            SchemaVersion::V1 => "error-msg-on-failed-posture-compliance",
            SchemaVersion::V2 | SchemaVersion::V3 => "error-msg-on-denied-connection",
        };
        map.serialize_entry(message, &self.message)?;
        map.serialize_entry("posture-compliance-statuses", &self.statuses)?;
        map.serialize_entry("schema-version", self.version.as_str())?;
        map.end()
    }
}

/// The beginning of a text that is short enough, however "characters" are counted: no way of counting them gives more
/// than UTF-16 does, and an emoji is two of those.
fn cut(text: &str) -> &str {
    let mut length = 0;
    let end = text.char_indices().find(|(_, character)| {
        length += character.len_utf16();
        length > TEXT_AT_MOST
    });
    end.map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_version_has_its_own_name_for_the_message() {
        for (version, expected) in [
            (
                SchemaVersion::V1,
                json!({"allow": false, "error-msg-on-failed-posture-compliance": "no",
                       "posture-compliance-statuses": ["unknown"], "schema-version": "v1"}),
            ),
            (
                SchemaVersion::V2,
                json!({"allow": false, "error-msg-on-denied-connection": "no",
                       "posture-compliance-statuses": ["unknown"], "schema-version": "v2"}),
            ),
            (
                SchemaVersion::V3,
                json!({"allow": false, "error-msg-on-denied-connection": "no",
                       "posture-compliance-statuses": ["unknown"], "schema-version": "v3"}),
            ),
        ] {
            let answer = Response::new(version, false, "no", &["unknown".to_owned()]);
            assert_eq!(serde_json::to_value(&answer).expect("JSON"), expected);
        }
    }

    #[test]
    fn texts_are_cut_between_characters() {
        for (text, characters) in [
            ("a".repeat(255), 255),
            ("a".repeat(256), 255),
            ("é".repeat(300), 255),
            ("拒".repeat(300), 255),
            ("😀".repeat(300), 127),
            (format!("{}😀", "a".repeat(254)), 254),
            (String::new(), 0),
        ] {
            assert_eq!(cut(&text).chars().count(), characters, "{text}");
            assert!(text.starts_with(cut(&text)));
        }
    }

    #[test]
    fn statuses_are_at_most_ten() {
        let statuses: Vec<_> = (0..12).map(|n| format!("{n}{}", "x".repeat(300))).collect();
        let answer = Response::new(SchemaVersion::V3, true, "", &statuses);
        assert_eq!(answer.statuses.len(), STATUSES_AT_MOST);
        assert!(answer.statuses.iter().all(|status| status.chars().count() == TEXT_AT_MOST));
        assert!(answer.statuses[9].starts_with('9'));
    }
}
