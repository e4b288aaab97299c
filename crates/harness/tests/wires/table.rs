//! Every field in exactly one class: `wires.json`.

use std::{collections::BTreeMap, fs};

use serde::Deserialize;
use serde_json::Value;

use crate::writes::Field;

/// Read when the test runs: a row is tried without building anything.
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wires/wires.json");

/// Some fields, and what they are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Patterns of names; `*` stands for anything.
    pub fields: Vec<String>,
    /// But not these.
    #[serde(default)]
    pub but: Vec<String>,
    pub class: Class,
    /// What is done to each.
    #[serde(default)]
    pub cut: Cut,
    /// The scene that fails then; behind a colon words of its failure.
    #[serde(default)]
    pub breaks: String,
    /// Why nothing fails.
    #[serde(default)]
    pub because: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Removed or changed: a scene of the story fails.
    Behaviour,
    /// Widened: something that must not work works.
    Guard,
    /// Nothing depends on it here.
    Form,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cut {
    /// It is left as it is.
    #[default]
    None,
    /// The field is left out.
    Remove,
    /// The list that it is in is left empty.
    Empty,
    /// It gets another value.
    To(Value),
    /// The whole thing is deleted.
    Delete,
}

/// The row of each field, and what is wrong with the table.
type Table = (Vec<(Field, Row)>, Vec<String>);

/// The row of each field; and what is in no row or in several, and patterns that are of no use.
///
/// # Errors
/// A table that is none.
pub fn read(fields: &[Field]) -> Result<Table, String> {
    let table = fs::read_to_string(TABLE).map_err(|error| format!("{TABLE}: {error}"))?;
    let rows: Vec<Row> = serde_json::from_str(&table).map_err(|error| format!("wires.json: {error}"))?;
    let mut problems = Vec::new();
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    let mut chosen = Vec::new();
    for field in fields {
        let mut of_field = Vec::new();
        for row in &rows {
            let by = row.fields.iter().find(|pattern| matches(pattern, &field.name));
            let but = row.but.iter().find(|pattern| matches(pattern, &field.name));
            if let Some(but) = but {
                *used.entry(but).or_default() += 1;
            } else if let Some(by) = by {
                *used.entry(by).or_default() += 1;
                of_field.push((by, row));
            }
        }
        match of_field.as_slice() {
            [(_, row)] => chosen.push((field.clone(), (*row).clone())),
            [] => problems.push(format!("in no class: {}", field.name)),
            several => {
                let patterns: Vec<_> = several.iter().map(|(by, _)| by.as_str()).collect();
                problems.push(format!("in several classes: {}: {}", field.name, patterns.join(", ")));
            }
        }
    }
    for row in &rows {
        let unused = row.fields.iter().chain(&row.but).filter(|pattern| !used.contains_key(pattern.as_str()));
        problems.extend(unused.map(|pattern| format!("no field is {pattern}")));
        let fits = match row.class {
            Class::Behaviour | Class::Guard => !row.breaks.is_empty() && row.cut != Cut::None,
            Class::Form => row.breaks.is_empty() && !row.because.is_empty(),
        };
        if !fits {
            problems.push(format!("not complete for its class: {}", row.fields.join(", ")));
        }
    }
    Ok((chosen, problems))
}

/// Whether a name is as a pattern with `*` says.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.len() >= last.len() && rest.ends_with(last)
}
