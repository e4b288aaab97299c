//! What holds for whatever is sent to the emulated AWS, and whatever stands in policies.

mod cloudwatch;
mod ec2;
#[path = "../../../core/tests/odd/mod.rs"]
mod odd;
mod policies;

use proptest::prelude::*;
use quick_xml::{Reader, events::Event};

/// The texts of an XML document's elements in order, as a reader that keeps to XML 1.0 has them.
fn texts(xml: &str) -> Vec<(String, String)> {
    assert_eq!(xml.find(|c| !is_of_xml(c)), None, "a character that XML has not: {xml:?}");
    let mut reader = Reader::from_str(xml);
    let (mut open, mut found) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(start) => open.push((start.local_name().as_ref().to_owned(), String::new())),
            Event::End(_) => found.push(open.pop().expect("one that began")),
            Event::Text(text) => {
                if let Some((_, content)) = open.last_mut() {
                    content.push_str(&text.xml10_content());
                }
            }
            Event::GeneralRef(reference) => {
                let text = quick_xml::escape::unescape(&format!("&{};", &*reference)).expect("known").into_owned();
                open.last_mut().expect("inside").1.push_str(&text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?} of {xml}");
    found.into_iter().map(|(name, text)| (name.to_string(), text)).collect()
}

/// `Char` of XML 1.0.
fn is_of_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// As it is after it was written: what XML has not is replaced.
fn in_xml(text: &str) -> String {
    text.chars().map(|c| if is_of_xml(c) { c } else { '\u{fffd}' }).collect()
}

/// Any text, among them what XML means something by.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[<>&'\"\\]\\r\\n\\t \\x00-\\x1f\u{fffe}a]{0,12}",
        "(&(lt|#13|#0);|]]>|<!--|\\?>){0,4}"
    ]
}
