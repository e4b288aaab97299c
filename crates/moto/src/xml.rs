//! XML answers of AWS's Query APIs as JSON values: elements become objects, `member` and `item` make lists.

use quick_xml::{Reader, events::Event};
use serde_json::{Map, Value, json};

/// What stands inside the outermost element.
pub fn read(text: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(_) => open.push(Element::default()),
            Event::Empty(start) => {
                let name = start.local_name().as_ref().to_owned();
                top(&mut open)?.children.push((name, Value::String(String::new())));
            }
            Event::End(end) => {
                let element = open.pop().ok_or("an element ends that did not begin")?;
                let name = end.local_name().as_ref().to_owned();
                top(&mut open)?.children.push((name, element.value()));
            }
            Event::Text(text) => {
                top(&mut open)?.text.push_str(&text.xml10_content());
            }
            Event::CData(data) => {
                top(&mut open)?.text.push_str(&data.xml10_content());
            }
            Event::GeneralRef(reference) => {
                let text = format!("&{};", &*reference);
                let text = quick_xml::escape::unescape(&text).map_err(|error| error.to_string())?.into_owned();
                top(&mut open)?.text.push_str(&text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let outermost = top(&mut open)?.children.pop();
    outermost.map(|(_, value)| value).ok_or_else(|| "no XML".to_owned())
}

#[derive(Default)]
struct Element {
    text: String,
    children: Vec<(String, Value)>,
}

impl Element {
    fn value(self) -> Value {
        if self.children.is_empty() {
            return Value::String(self.text);
        }
        if self.children.iter().all(|(name, _)| name == "member" || name == "item") {
            return self.children.into_iter().map(|(_, value)| value).collect();
        }
        let mut object = Map::new();
        for (name, value) in self.children {
            match object.get_mut(&name) {
                None => {
                    object.insert(name, value);
                }
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = json!([first.take(), value]),
            }
        }
        Value::Object(object)
    }
}

fn top(open: &mut [Element]) -> Result<&mut Element, String> {
    open.last_mut().ok_or_else(|| "an element ends that did not begin".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_objects_and_escapes() {
        let text = br#"<?xml version="1.0"?>
            <R xmlns="x"><A><member><K>a&amp;b &#39;</K></member><member><K/></member></A><B> 1 </B><C><item>x</item></C><D></D></R>"#;
        let expected = json!({ "A": [{ "K": "a&b '" }, { "K": "" }], "B": " 1 ", "C": ["x"], "D": "" });
        assert_eq!(read(text), Ok(expected));
        assert!(read(b"<a><b></a>").is_err());
        assert!(read(b"").is_err());
    }
}
