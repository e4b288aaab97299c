//! The policy: Cedar's decision, made strict, and the words that the policies themselves give the answer.

use std::{fs, io, path::Path};

use cedar_policy::{AuthorizationError, Authorizer, Decision, Entities, Entity, EntityUid, PolicyId, PolicySet};
use serde_json::Value;

use crate::question::{Asked, TYPES};

/// The file that says which devices and users are in which groups.
const ENTITIES: &str = "entities.json";
/// How the names of the files with policies end.
const EXTENSION: &str = "cedar";

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// A file or the directory cannot be read.
    #[error("read {0}: {1}")]
    Read(String, io::Error),
    /// There is no file with policies: somebody forgot to pack them.
    #[error("{0} has no file that ends in .{EXTENSION}")]
    Empty(String),
    /// A file is not what Cedar reads.
    #[error("parse {0}: {1}")]
    Parse(String, String),
    /// A template stands for nothing until it is linked, so a `forbid` in it would forbid nothing.
    #[error("{0} has a template, a policy with ?principal or ?resource, which never applies")]
    Template(String),
    /// Two policies have one name; the log would not say which of them decided.
    #[error("two policies have the id {0:?}")]
    SameId(String),
}

/// What the policy says about a question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the connection may be made.
    pub allow: bool,
    /// The policies that decided it, in the order of the files. None, where nothing permits it.
    pub policies: Vec<String>,
    /// The `@message` of each of them that has one.
    pub messages: Vec<String>,
    /// Their `@posture`s, each once.
    pub postures: Vec<String>,
}

/// The policies and the entities of one directory.
#[derive(Debug)]
pub struct Policy {
    policies: PolicySet,
    /// In the order of the files and within them: Cedar itself answers in no order.
    order: Vec<PolicyId>,
    entities: Entities,
}

impl Policy {
    /// Reads `*.cedar` and `entities.json`.
    ///
    /// # Errors
    /// When anything in there cannot be used: half a policy is not one.
    pub fn load(dir: &Path) -> Result<Self, Unusable> {
        let listed = fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = listed.map_err(|error| Unusable::Read(dir.display().to_string(), error))?;
        let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == EXTENSION));
        files.sort();
        if files.is_empty() {
            return Err(Unusable::Empty(dir.display().to_string()));
        }
        let mut texts = Vec::new();
        for path in files {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            texts.push((name, read(&path)?));
        }
        let texts: Vec<_> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Self::new(&texts, &read(&dir.join(ENTITIES))?)
    }

    /// Reads files that are already in memory: names and texts of the policies, and `entities.json`.
    ///
    /// # Errors
    /// As [`Policy::load`].
    pub fn new(files: &[(&str, &str)], entities: &str) -> Result<Self, Unusable> {
        let mut policies = PolicySet::new();
        let mut order = Vec::new();
        for (file, text) in files {
            let unreadable = |error: String| Unusable::Parse((*file).to_owned(), without_names(&error));
            let parsed: PolicySet = text.parse().map_err(|error: cedar_policy::ParseErrors| {
                unreadable(error.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            })?;
            if parsed.num_of_templates() > 0 {
                return Err(Unusable::Template((*file).to_owned()));
            }
            for (position, policy) in parsed.policies().enumerate() {
                let id = match policy.annotation("id") {
                    Some(id) => PolicyId::new(id),
                    None => PolicyId::new(format!("{file}#{}", position + 1)),
                };
                if policies.policy(&id).is_some() {
                    return Err(Unusable::SameId(id.to_string()));
                }
                policies.add(policy.new_id(id.clone())).map_err(|error| unreadable(error.to_string()))?;
                order.push(id);
            }
        }
        Ok(Self { policies, order, entities: parse_entities(entities)? })
    }

    /// Decides.
    ///
    /// # Errors
    /// When the evaluation of any policy fails. Cedar leaves such a policy out, so that a `forbid` which reads an
    /// attribute that was not sent would let everybody in.
    pub fn decide(&self, asked: &Asked) -> Result<Verdict, String> {
        let entities = self.entities_for(asked).map_err(|error| without_names(&error))?;
        let response = Authorizer::new().is_authorized(&asked.question, &self.policies, &entities);
        let failed: Vec<_> = response
            .diagnostics()
            .errors()
            .map(|AuthorizationError::PolicyEvaluationError(error)| {
                format!("@id({:?}): {}", error.policy_id().to_string(), without_names(&error.inner().to_string()))
            })
            .collect();
        if !failed.is_empty() {
            return Err(failed.join("; "));
        }
        let reasons: Vec<_> = response.diagnostics().reason().collect();
        let mut verdict = Verdict { allow: response.decision() == Decision::Allow, ..Verdict::default() };
        for id in self.order.iter().filter(|id| reasons.contains(id)) {
            verdict.policies.push(id.to_string());
            push_once(&mut verdict.messages, self.policies.annotation(id, "message").unwrap_or_default());
            for posture in self.policies.annotation(id, "posture").unwrap_or_default().split(',') {
                push_once(&mut verdict.postures, posture);
            }
        }
        Ok(verdict)
    }

    /// The entities of the directory, with the user in the groups that AWS says.
    fn entities_for(&self, asked: &Asked) -> Result<Entities, String> {
        let Some((user, groups)) = asked.user.as_ref().filter(|(_, groups)| !groups.is_empty()) else {
            return Ok(self.entities.clone());
        };
        let user = in_groups(self.entities.get(user), user, groups)?;
        self.entities.clone().upsert_entities([user], None).map_err(|error| error.to_string())
    }
}

fn in_groups(known: Option<&Entity>, user: &EntityUid, groups: &[EntityUid]) -> Result<Entity, String> {
    let Some(known) = known else {
        return Ok(Entity::new_no_attrs(user.clone(), groups.iter().cloned().collect()));
    };
    // By way of JSON, the one form that keeps everything: attributes, tags and parents.
    let mut json = known.to_json_value().map_err(|error| error.to_string())?;
    if let Some(Value::Array(parents)) = json.get_mut("parents") {
        for group in groups {
            parents.push(group.to_json_value().map_err(|error| error.to_string())?);
        }
    }
    Entity::from_json_value(json, None).map_err(|error| error.to_string())
}

fn parse_entities(text: &str) -> Result<Entities, Unusable> {
    let unreadable = |error: String| Unusable::Parse(ENTITIES.to_owned(), without_names(&error));
    // First as JSON: its errors say in which line, Cedar's do not.
    let json: Value = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
    let entities = Entities::from_json_value(json, None).map_err(|error| unreadable(error.to_string()))?;
    for entity in entities.iter() {
        let kind = entity.uid().type_name().to_string();
        if !TYPES.contains(&kind.as_str()) {
            return Err(unreadable(format!("there is no type {kind}, only {}", TYPES.join(", "))));
        }
    }
    Ok(entities)
}

fn read(path: &Path) -> Result<String, Unusable> {
    fs::read_to_string(path).map_err(|error| Unusable::Read(path.display().to_string(), error))
}

fn push_once(list: &mut Vec<String>, text: &str) {
    let text = text.trim();
    if !text.is_empty() && !list.iter().any(|listed| listed == text) {
        list.push(text.to_owned());
    }
}

/// Cedar's words without what stands in quotes: `Device::"…"`. Names of people and devices stay out of the log.
fn without_names(text: &str) -> String {
    let mut shown = String::new();
    let mut quoted = false;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted => shown.push_str("…\""),
            '\\' if quoted => drop(characters.next()),
            _ if quoted => {}
            _ => shown.push(character),
        }
        quoted ^= character == '"';
    }
    shown
}

#[cfg(test)]
mod tests;
