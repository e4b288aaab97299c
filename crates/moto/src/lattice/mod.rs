//! VPC Lattice's resource gateways, resource configurations and domain verifications, VPC endpoints of type Resource, and
//! shares of Resource Access Manager: what moto lacks of them, or takes and forgets. README.md says what is not known of AWS.

mod configurations;
pub(crate) mod domains;
pub(crate) mod ec2_tags;
mod endpoints;
mod gateways;
mod ground;
pub(crate) mod input;
mod shares;
mod state;
mod tags;
#[cfg(test)]
mod tests;
pub(crate) mod xml;

use serde_json::{Map, Value};

use crate::{operation::Operation, refuse::Refusal};
pub(crate) use ground::{Ground, Subnet};
pub(crate) use state::{Call, Kind, Lattice};

/// The first part of an id of ours among EC2's.
pub(crate) const ENDPOINTS: &str = "VpcEndpointId";

/// Endpoints of every other type, and tags of other things, are the upstream's.
pub(crate) fn is_ours(lattice: &Lattice, operation: &Operation) -> bool {
    let ids = ground::numbered(&operation.fields, ENDPOINTS);
    match operation.name.as_str() {
        "CreateVpcEndpoint" => operation.text("VpcEndpointType") == "Resource",
        "DescribeVpcEndpoints" => ids.is_empty() || ids.iter().any(|id| lattice.find(Kind::Endpoint, id).is_some()),
        "ModifyVpcEndpoint" => lattice.find(Kind::Endpoint, operation.text("VpcEndpointId")).is_some(),
        "DeleteVpcEndpoints" => ids.iter().any(|id| lattice.find(Kind::Endpoint, id).is_some()),
        "TagResource" | "UntagResource" | "ListTagsForResource" => tags::is_about_ours(operation),
        _ => true,
    }
}

/// What there is, and what is told, after a call.
pub(crate) fn act(lattice: &mut Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    lattice.settle(call.now);
    domains::look(lattice, call);
    let name = call.operation.name.as_str();
    match call.operation.service.as_str() {
        "ram" => shares::answer(lattice, call),
        _ if name.contains("EndpointAssociation") || name.contains("VpcEndpoint") => endpoints::answer(lattice, call),
        _ if name.contains("ResourceGateway") => gateways::answer(lattice, call),
        _ if name.contains("ResourceConfiguration") => configurations::answer(lattice, call),
        _ if name.contains("DomainVerification") => domains::answer(lattice, call),
        _ => tags::answer(lattice, call),
    }
}

/// A name as AWS takes it: small letters, digits and single hyphens between them, and no id.
fn check_name(call: &Call<'_>, not: &str) -> Result<(), Refusal> {
    let name = call.text("name");
    let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_plain && !name.starts_with(not) && !name.starts_with('-') && !name.ends_with('-') && !name.contains("--") {
        return Ok(());
    }
    Err(input::invalid(
        "name is malformed",
        [("name", "must be small letters, digits and single hyphens between them")].into_iter(),
    ))
}

fn tags(call: &Call<'_>) -> Map<String, Value> {
    call.operation.fields["tags"].as_object().cloned().unwrap_or_default()
}
