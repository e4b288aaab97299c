//! Resource gateways.

use serde_json::{Value, json};

use super::{
    input::invalid,
    state::{Call, Kind, Lattice, Phase, Thing, conflict, missing, quota},
};
use crate::refuse::Refusal;

/// Addresses in a row that it takes in each subnet (fact 8.9).
const ADDRESSES: u64 = 16;
/// Quotas as AWS gives them to a new account.
const IN_A_VPC: usize = 500;

pub(super) fn answer(lattice: &mut Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    let named = call.text("resourceGatewayIdentifier");
    match call.operation.name.as_str() {
        "CreateResourceGateway" => create(lattice, call),
        "ListResourceGateways" => {
            let items: Vec<_> = lattice.all(Kind::Gateway).filter(|it| it.owner == call.account).map(summary).collect();
            Ok(json!({ "items": items }))
        }
        "GetResourceGateway" => Ok(told(&lattice.own(call, Kind::Gateway, named)?.1)),
        "UpdateResourceGateway" => {
            let (key, thing) = lattice.own(call, Kind::Gateway, named)?;
            stands(&thing)?;
            groups(call, thing.text("vpcIdentifier"))?;
            if let Some(thing) = lattice.things.get_mut(&key) {
                thing.fields.extend(call.given(&["securityGroupIds", "resourceConfigDnsResolution"]));
            }
            lattice.begin(call, &key, Phase::Updating);
            Ok(told(&lattice.own(call, Kind::Gateway, named)?.1))
        }
        _ => {
            let (key, thing) = lattice.own(call, Kind::Gateway, named)?;
            if thing.phase() != Phase::Failed {
                stands(&thing)?;
            }
            if lattice.all(Kind::Configuration).any(|it| it.text("resourceGatewayId") == key) {
                return Err(conflict(&format!("ResourceGateway {key} has resource configurations associated"), &thing));
            }
            let before =
                json!({ "id": key, "arn": thing.arn, "name": thing.text("name"), "status": "DELETE_IN_PROGRESS" });
            lattice.begin(call, &key, Phase::Deleting);
            Ok(before)
        }
    }
}

fn create(lattice: &mut Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    if let Some(made) = lattice.replayed(call)? {
        return Ok(summary(made));
    }
    let vpc = call.text("vpcIdentifier");
    super::check_name(call, "rgw-")?;
    if !call.ground.vpcs.iter().any(|it| it == vpc) {
        return Err(Refusal {
            details: json!({ "resourceId": vpc, "resourceType": "VPC" }),
            ..missing(Kind::Gateway, vpc)
        });
    }
    let subnets = call.operation.fields["subnetIds"].as_array().cloned().unwrap_or_default();
    let mut zones = Vec::new();
    for id in subnets.iter().filter_map(Value::as_str) {
        let subnet = call.ground.subnets.get(id).filter(|it| it.vpc == vpc);
        let why = match subnet {
            None => format!("{id} is not in {vpc}"),
            Some(it) if zones.contains(&it.zone) => format!("{id} is in the zone of another one"),
            Some(it) if it.free < ADDRESSES => format!("{id} has no {ADDRESSES} consecutive free addresses"),
            Some(it) => {
                zones.push(it.zone.clone());
                continue;
            }
        };
        return Err(invalid(&why, [("subnetIds", why.as_str())].into_iter()));
    }
    if zones.is_empty() {
        return Err(invalid("subnetIds is empty", [("subnetIds", "must not be empty")].into_iter()));
    }
    groups(call, vpc)?;
    let own = lattice.of_caller(call, Kind::Gateway);
    if let Some(other) = own.iter().find(|it| it.fields.get("name") == call.operation.fields.get("name")) {
        return Err(conflict("A resource gateway of this name exists", other));
    }
    if lattice.all(Kind::Gateway).filter(|it| it.text("vpcIdentifier") == vpc).count() >= IN_A_VPC {
        return Err(quota("resource gateway", "L-0AD9D5F7", IN_A_VPC));
    }
    let mut fields =
        json!({ "ipAddressType": "IPV4", "ipv4AddressesPerEni": 16, "resourceConfigDnsResolution": "PUBLIC",
        "securityGroupIds": [] })
        .as_object()
        .cloned()
        .unwrap_or_default();
    fields.extend(call.given(&[
        "name",
        "vpcIdentifier",
        "subnetIds",
        "securityGroupIds",
        "ipAddressType",
        "ipv4AddressesPerEni",
        "resourceConfigDnsResolution",
    ]));
    Ok(summary(lattice.make(call, Kind::Gateway, fields, super::tags(call))))
}

/// Each security group that is given must be in the VPC.
fn groups(call: &Call<'_>, vpc: &str) -> Result<(), Refusal> {
    for id in call.operation.fields["securityGroupIds"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if call.ground.groups.get(id).is_none_or(|of| of != vpc) {
            let why = format!("{id} is not in {vpc}");
            return Err(invalid(&why, [("securityGroupIds", why.as_str())].into_iter()));
        }
    }
    Ok(())
}

/// While something is done with it nothing else is.
fn stands(thing: &Thing) -> Result<(), Refusal> {
    if thing.phase() == Phase::Standing {
        return Ok(());
    }
    Err(conflict(&format!("ResourceGateway {} is in status {}", thing.text("id"), thing.status()), thing))
}

fn summary(thing: &Thing) -> Value {
    let mut told = thing.fields.clone();
    told.insert("status".to_owned(), json!(thing.status()));
    Value::Object(told)
}

/// `Get` calls the VPC by another name than all the others.
fn told(thing: &Thing) -> Value {
    let mut told = summary(thing);
    if let Some(fields) = told.as_object_mut()
        && let Some(vpc) = fields.remove("vpcIdentifier")
    {
        fields.insert("vpcId".to_owned(), vpc);
    }
    told
}
