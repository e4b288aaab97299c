//! EC2's tags on resource endpoints.

use super::{
    ground::numbered,
    state::{Call, Kind, Lattice},
};
use crate::{operation::Operation, refuse::Refusal};

/// The resource endpoints that a call names which puts tags on things, or takes them off.
pub(crate) fn named(lattice: &Lattice, operation: &Operation) -> Vec<String> {
    if !["ec2:CreateTags", "ec2:DeleteTags"].contains(&operation.full_name().as_str()) {
        return Vec::new();
    }
    let ids = numbered(&operation.fields, "ResourceId").into_iter();
    ids.filter(|id| lattice.find(Kind::Endpoint, id).is_some()).collect()
}

/// Whether all of these are the caller's.
pub(crate) fn check(lattice: &Lattice, account: &str, ids: &[String]) -> Result<(), Refusal> {
    let own = |id: &&String| lattice.find(Kind::Endpoint, id).is_some_and(|(_, it)| it.owner == account);
    match ids.iter().find(|id| !own(id)) {
        None => Ok(()),
        Some(id) => Err(Refusal::new(
            400,
            "InvalidVpcEndpointId.NotFound",
            format!("The Vpc Endpoint Id '{id}' does not exist"),
        )),
    }
}

/// Puts tags on these, or takes them off: with a value only where it is that one, and all of them where none is named.
pub(crate) fn write(lattice: &mut Lattice, call: &Call<'_>, ids: &[String]) {
    let fields = &call.operation.fields;
    let mut given = Vec::new();
    for number in 1.. {
        let Some(key) = fields[format!("Tag.{number}.Key")].as_str() else { break };
        given.push((key, fields[format!("Tag.{number}.Value")].as_str()));
    }
    for id in ids {
        let Some(thing) = lattice.things.get_mut(id) else { continue };
        if call.operation.name == "CreateTags" {
            let tags = given.iter().map(|(key, value)| ((*key).to_owned(), value.unwrap_or_default().into()));
            thing.tags.extend(tags);
        } else if given.is_empty() {
            thing.tags.clear();
        } else {
            let goes = |key: &str, value: &serde_json::Value| {
                given.iter().any(|(name, only)| *name == key && only.is_none_or(|only| value == only))
            };
            thing.tags.retain(|key, value| !goes(key, value));
        }
    }
}
