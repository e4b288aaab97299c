//! Tags of what is here, in VPC Lattice's API.

use serde_json::{Value, json};

use super::state::{Call, Kind, Lattice, missing};
use crate::{operation::Operation, refuse::Refusal};

/// The words of ARNs that are ours; moto has services, listeners and so on.
pub(super) fn is_about_ours(operation: &Operation) -> bool {
    let arn = operation.text("resourceArn");
    [Kind::Gateway, Kind::Configuration, Kind::Verification]
        .iter()
        .any(|kind| arn.contains(&format!(":{}/", kind.words().1)))
}

pub(super) fn answer(lattice: &mut Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    let arn = call.text("resourceArn");
    let Some(thing) = lattice.things.values_mut().find(|it| it.arn == arn && it.owner == call.account) else {
        return Err(missing(Kind::Gateway, arn));
    };
    match call.operation.name.as_str() {
        "TagResource" => thing.tags.extend(super::tags(call)),
        "UntagResource" => {
            let keys = call.operation.fields["tagKeys"].as_array().cloned().unwrap_or_default();
            thing.tags.retain(|key, _| !keys.iter().any(|gone| gone == key));
        }
        _ => return Ok(json!({ "tags": thing.tags })),
    }
    Ok(json!({}))
}
