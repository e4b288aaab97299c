//! Filter patterns of CloudWatch Logs, as far as they are emulated: words and quoted texts that must all be in a line, and
//! `{ ($.field = "text") || ... }` of lines in JSON. `*` stands for anything. moto takes every line for one that matches.

use serde_json::Value;

/// Which lines are wanted.
#[derive(Debug, PartialEq, Eq)]
pub enum Pattern {
    /// All of these are in it.
    Words(Vec<String>),
    /// It is JSON, and one of these fields, or each of them, has that text.
    Fields { all: bool, fields: Vec<(Vec<String>, String)> },
}

impl Pattern {
    /// `None` for what is not emulated.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let Some(inside) = text.strip_prefix('{') else { return words(text).map(Self::Words) };
        let inside = inside.strip_suffix('}')?;
        let (either, both) = (split(inside, "||"), split(inside, "&&"));
        if either.len() > 1 && both.len() > 1 {
            return None;
        }
        let all = both.len() > 1;
        let fields: Option<_> = (if all { both } else { either }).into_iter().map(field).collect();
        Some(Self::Fields { all, fields: fields? })
    }

    /// Whether a line is wanted.
    pub fn takes(&self, line: &str) -> bool {
        match self {
            Self::Words(words) => words.iter().all(|word| line.contains(word.as_str())),
            Self::Fields { all, fields } => {
                let Ok(line) = serde_json::from_str::<Value>(line) else { return false };
                let mut fields = fields.iter().map(|(path, wanted)| {
                    let value = path.iter().try_fold(&line, |value, name| value.get(name));
                    value.and_then(Value::as_str).is_some_and(|text| is_like(text, wanted))
                });
                if *all { fields.all(|it| it) } else { fields.any(|it| it) }
            }
        }
    }
}

/// Words, and texts in quotation marks, with nothing else between them.
fn words(text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        let is_plain = word.chars().all(|it| it.is_alphanumeric() || it == '_');
        if word.is_empty() || word.contains('\\') || !(rest.starts_with('"') || is_plain) {
            return None;
        }
        found.push(word.to_owned());
        rest = after.trim_start();
    }
    Some(found)
}

/// At an operator that is in no quotation marks.
fn split<'a>(text: &'a str, operator: &str) -> Vec<&'a str> {
    let (mut parts, mut from, mut quoted) = (Vec::new(), 0, false);
    for (at, letter) in text.char_indices() {
        quoted ^= letter == '"';
        if !quoted && at >= from && text[at..].starts_with(operator) {
            parts.push(&text[from..at]);
            from = at + operator.len();
        }
    }
    parts.push(&text[from..]);
    parts
}

/// `$.name.name = "text"`, in parentheses or not.
fn field(text: &str) -> Option<(Vec<String>, String)> {
    let text = text.trim();
    let inside = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    let (path, wanted) = inside.trim().strip_prefix("$.")?.split_once('=')?;
    let path: Vec<_> = path.trim().split('.').map(ToOwned::to_owned).collect();
    let is_name = |name: &String| !name.is_empty() && name.chars().all(|it| it.is_alphanumeric() || "_-".contains(it));
    let wanted = wanted.trim().strip_prefix('"')?.strip_suffix('"')?;
    (path.iter().all(is_name) && !wanted.contains(['"', '\\'])).then(|| (path, wanted.to_owned()))
}

fn is_like(text: &str, wanted: &str) -> bool {
    let Some((start, rest)) = wanted.split_once('*') else { return text == wanted };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_what_aws_would() {
        const HISTORY: &str = r#"{ ($.message = "audit") || ($.level = "ERROR") || ($.answer = "*HeldBack*") }"#;
        for (pattern, line, taken) in [
            ("", "anything", true),
            ("ERROR", "an ERROR", true),
            ("ERROR", "an error", false),
            (r#""two words" third"#, "third and two words", true),
            (r#""two words" third"#, "two words", false),
            (HISTORY, r#"{"message": "audit"}"#, true),
            (HISTORY, r#"{"message": "audits", "answer": "{\"HeldBack\": 1}"}"#, true),
            (HISTORY, r#"{"message": "audits", "level": "INFO"}"#, false),
            (HISTORY, r#"{"message": 1, "answer": {"HeldBack": 1}}"#, false),
            (HISTORY, "audit ERROR HeldBack", false),
            (r#"{ $.a.b = "x*y" && $.c = "||" }"#, r#"{"a": {"b": "x-y"}, "c": "||"}"#, true),
            (r#"{ $.a.b = "x*y" && $.c = "||" }"#, r#"{"a": {"b": "x-y"}, "c": "|"}"#, false),
        ] {
            let read = Pattern::of(pattern).unwrap_or_else(|| panic!("{pattern} is emulated"));
            assert_eq!(read.takes(line), taken, "{pattern}: {line}");
        }
    }

    #[test]
    fn what_is_not_emulated_is_known() {
        for pattern in [
            "-ERROR",
            "?a ?b",
            "[a, b]",
            "%x%",
            "{ $.a = 1 }",
            r#"{ $.a != "b" }"#,
            r#"{ $.a = "1" || $.b = "2" && $.c = "3" }"#,
            "{",
            "\"a",
        ] {
            assert_eq!(Pattern::of(pattern), None, "{pattern}");
        }
    }
}
