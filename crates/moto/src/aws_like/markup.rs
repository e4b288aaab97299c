//! XML answers with their lists backwards and their policies in other words: everything else stays as it was written.

use quick_xml::{
    Reader, Writer,
    escape::unescape,
    events::{BytesStart, BytesText, Event},
};
use serde_json::Value;

use super::order;

/// A list's elements in AWS's Query APIs.
const LISTED: [&str; 3] = ["member", "item", "entry"];
/// Elements that hold a policy, in a URL's encoding.
const DOCUMENTS: [&str; 2] = ["AssumeRolePolicyDocument", "PolicyDocument"];

enum Node {
    Element(BytesStart<'static>, Vec<Node>),
    Other(Event<'static>),
}

/// The same with every list backwards; `None` where it is no XML.
pub(super) fn backwards(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<(Option<BytesStart<'static>>, Vec<Node>)> = vec![(None, Vec::new())];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => open.push((Some(start.into_owned()), Vec::new())),
            Event::End(_) => {
                let (start, children) = open.pop()?;
                let node = element(start?, children);
                open.last_mut()?.1.push(node);
            }
            Event::Eof => break,
            other => open.last_mut()?.1.push(Node::Other(other.into_owned())),
        }
    }
    let (None, nodes) = open.pop()? else { return None };
    let mut writer = Writer::new(Vec::new());
    for node in nodes {
        write(&mut writer, node)?;
    }
    String::from_utf8(writer.into_inner()).ok()
}

fn element(start: BytesStart<'static>, mut children: Vec<Node>) -> Node {
    let is_listed =
        |node: &Node| matches!(node, Node::Element(start, _) if LISTED.contains(&start.local_name().as_ref()));
    if children.iter().any(is_listed) {
        children.retain(is_listed);
        children.reverse();
    } else if DOCUMENTS.contains(&start.local_name().as_ref()) {
        let encoded = text_of(&children).replace('+', "%2B");
        let decoded = form_urlencoded::parse(encoded.as_bytes()).next().map(|(key, _)| key.into_owned());
        if let Some(document) = decoded.as_deref().and_then(reworded) {
            let text: String = form_urlencoded::byte_serialize(document.as_bytes()).collect();
            children = vec![text_node(&text.replace('+', "%20"))];
        }
    } else if start.local_name().as_ref() == "entry" && text_of(&of(&children, "key")) == "Policy" {
        let document = reworded(&text_of(&of(&children, "value")));
        for child in &mut children {
            if let (Node::Element(start, inside), Some(document)) = (child, &document)
                && start.local_name().as_ref() == "value"
            {
                *inside = vec![text_node(document)];
            }
        }
    }
    Node::Element(start, children)
}

fn reworded(text: &str) -> Option<String> {
    serde_json::from_str::<Value>(text).ok().map(|document| order::reworded(document).to_string())
}

fn text_node(text: &str) -> Node {
    Node::Other(Event::Text(BytesText::new(text).into_owned()))
}

/// What stands in the child of this name, as an element of nothing.
fn of(children: &[Node], name: &str) -> Vec<Node> {
    let found = children.iter().find_map(|child| match child {
        Node::Element(start, inside) if start.local_name().as_ref() == name => Some(text_of(inside)),
        _ => None,
    });
    found.iter().map(|text| text_node(text)).collect()
}

fn text_of(children: &[Node]) -> String {
    let mut text = String::new();
    for child in children {
        match child {
            Node::Other(Event::Text(part)) => {
                let part = part.xml10_content();
                text.push_str(&unescape(&part).map_or_else(|_| part.to_string(), |part| part.into_owned()));
            }
            Node::Other(Event::CData(part)) => text.push_str(&part.xml10_content()),
            Node::Other(Event::GeneralRef(reference)) => {
                let reference = format!("&{};", &**reference);
                text.push_str(&unescape(&reference).map_or_else(|_| reference.clone(), |part| part.into_owned()));
            }
            _ => {}
        }
    }
    text
}

fn write(writer: &mut Writer<Vec<u8>>, node: Node) -> Option<()> {
    match node {
        Node::Other(event) => writer.write_event(event).ok(),
        Node::Element(start, children) => {
            let end = start.to_end().into_owned();
            writer.write_event(Event::Start(start)).ok()?;
            for child in children {
                write(writer, child)?;
            }
            writer.write_event(Event::End(end)).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_backwards_and_the_rest_is_as_it_was() {
        let text = r#"<?xml version="1.0"?><R xmlns="x"><A>
            <member><B>1 &amp; 2</B></member> <member><item>a</item><item>b</item></member></A><C/> t </R>"#;
        let expected = r#"<?xml version="1.0"?><R xmlns="x"><A><member><item>b</item><item>a</item></member><member><B>1 &amp; 2</B></member></A><C/> t </R>"#;
        assert_eq!(backwards(text).as_deref(), Some(expected));
        assert_eq!(backwards("<a><b></a>"), None);
    }

    #[test]
    fn policies_are_reworded_as_they_are_written() {
        let text = "<R><PolicyDocument>%7B%22Action%22%3A%20%22a%22%7D</PolicyDocument></R>";
        let expected = "<R><PolicyDocument>%7B%22Action%22%3A%5B%22a%22%5D%7D</PolicyDocument></R>";
        assert_eq!(backwards(text).as_deref(), Some(expected));
        let text = "<A><entry><key>Owner</key><value>1</value></entry>\
                    <entry><key>Policy</key><value>{&quot;Action&quot;: &quot;a&quot;}</value></entry></A>";
        let told = backwards(text).unwrap();
        assert!(told.starts_with("<A><entry><key>Policy</key><value>{"), "{told}");
        assert!(unescape(&told).unwrap().contains(r#"<value>{"Action":["a"]}</value>"#), "{told}");
    }
}
