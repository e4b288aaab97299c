//! Texts in XML.

use std::borrow::Cow;

/// A text as it stands between tags. Most control characters cannot be written in XML 1.0 at all, not even as references:
/// the SDKs could not read an answer that quotes one, so each becomes `U+FFFD`.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    match text.contains(is_none_of_xml) {
        true => quick_xml::escape::escape(text.replace(is_none_of_xml, "\u{fffd}")),
        false => quick_xml::escape::escape(text),
    }
}

/// What is no `Char` of XML 1.0.
fn is_none_of_xml(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}
