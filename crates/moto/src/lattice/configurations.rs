//! Resource configurations: what of a gateway's VPC others reach.

use serde_json::{Map, Value, json};

use super::{
    input::invalid,
    state::{Call, Kind, Lattice, Phase, Thing, conflict, missing, quota},
};
use crate::refuse::Refusal;

const IN_A_REGION: usize = 2_000;

pub(super) fn answer(lattice: &mut Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    let named = call.text("resourceConfigurationIdentifier");
    match call.operation.name.as_str() {
        "CreateResourceConfiguration" => create(lattice, call),
        "ListResourceConfigurations" => list(lattice, call),
        // Whoever it is shared with sees it too.
        "GetResourceConfiguration" => match lattice.find(Kind::Configuration, named) {
            Some((_, it)) if it.owner == call.account || lattice.is_shared(&it.arn, call.account) => {
                Ok(told(lattice, it))
            }
            _ => Err(missing(Kind::Configuration, named)),
        },
        "UpdateResourceConfiguration" => {
            let (key, _) = lattice.own(call, Kind::Configuration, named)?;
            if let Some(thing) = lattice.things.get_mut(&key) {
                thing.fields.extend(call.given(&[
                    "resourceConfigurationDefinition",
                    "allowAssociationToShareableServiceNetwork",
                    "portRanges",
                ]));
            }
            lattice.begin(call, &key, Phase::Updating);
            let (_, thing) = lattice.own(call, Kind::Configuration, named)?;
            Ok(told(lattice, &thing))
        }
        _ => {
            let (key, thing) = lattice.own(call, Kind::Configuration, named)?;
            if ![Phase::Standing, Phase::Failed].contains(&thing.phase()) {
                return Err(conflict(&format!("ResourceConfiguration {key} is in status {}", thing.status()), &thing));
            }
            if lattice.all(Kind::Endpoint).any(|it| it.text("resourceConfigurationArn") == thing.arn) {
                return Err(conflict(&format!("ResourceConfiguration {key} has VPC endpoints associated"), &thing));
            }
            lattice.begin(call, &key, Phase::Deleting);
            Ok(json!({}))
        }
    }
}

fn list(lattice: &Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    let gateway = call.text("resourceGatewayIdentifier");
    let verification = call.text("domainVerificationIdentifier");
    let is_asked = |it: &&Thing| {
        let is_own = it.owner == call.account || lattice.is_shared(&it.arn, call.account);
        let of = |given: &str, field: &str| given.is_empty() || given.rsplit('/').next() == Some(it.text(field));
        is_own && of(gateway, "resourceGatewayId") && of(verification, "domainVerificationId")
    };
    let shown = lattice.all(Kind::Configuration).filter(is_asked).map(|it| {
        let mut summary = it.fields.clone();
        for only_of_get in [
            "portRanges",
            "protocol",
            "resourceConfigurationDefinition",
            "allowAssociationToShareableServiceNetwork",
            "domainVerificationArn",
        ] {
            summary.remove(only_of_get);
        }
        summary.insert("status".to_owned(), json!(it.status()));
        Value::Object(summary)
    });
    Ok(json!({ "items": shown.collect::<Vec<_>>() }))
}

fn create(lattice: &mut Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    if let Some(made) = lattice.replayed(call)? {
        return Ok(told(lattice, made));
    }
    super::check_name(call, "rcfg-")?;
    let own = lattice.of_caller(call, Kind::Configuration);
    if let Some(other) = own.iter().find(|it| it.fields.get("name") == call.operation.fields.get("name")) {
        return Err(conflict("A resource configuration of this name exists", other));
    }
    if own.len() >= IN_A_REGION {
        return Err(quota("resource configuration", "L-8E8F49A5", IN_A_REGION));
    }
    if call.text("type") != "SINGLE" {
        return Err(Refusal::unknown(&format!("CreateResourceConfiguration of type {}", call.text("type"))));
    }
    required(call)?;
    let (gateway, thing) = lattice.own(call, Kind::Gateway, call.text("resourceGatewayIdentifier"))?;
    if thing.phase() != Phase::Standing {
        return Err(conflict(&format!("ResourceGateway {gateway} is in status {}", thing.status()), &thing));
    }
    let mut fields = call.given(&["name", "type", "portRanges", "resourceConfigurationDefinition", "customDomainName"]);
    fields.insert("protocol".to_owned(), json!("TCP"));
    fields.insert("resourceGatewayId".to_owned(), json!(gateway));
    fields.insert("amazonManaged".to_owned(), json!(false));
    fields.insert("allowAssociationToShareableServiceNetwork".to_owned(), json!(false));
    fields.extend(call.given(&["allowAssociationToShareableServiceNetwork"]));
    fields.extend(verification(lattice, call)?);
    let made = lattice.make(call, Kind::Configuration, fields, super::tags(call)).clone();
    Ok(told(lattice, &made))
}

/// What one of type SINGLE has to have, which the model cannot say.
fn required(call: &Call<'_>) -> Result<(), Refusal> {
    let lacks: Vec<_> = ["portRanges", "resourceGatewayIdentifier", "resourceConfigurationDefinition"]
        .into_iter()
        .filter(|name| call.operation.fields[*name].is_null())
        .map(|name| (name, "is required for type SINGLE"))
        .collect();
    if lacks.is_empty() { Ok(()) } else { Err(invalid("Missing attribute for type SINGLE", lacks.into_iter())) }
}

/// A verification is for its own name and for all names below it.
fn verification(lattice: &Lattice, call: &Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let (named, name) = (call.text("domainVerificationIdentifier"), call.text("customDomainName"));
    if named.is_empty() {
        return Ok(Map::new());
    }
    let (key, thing) = lattice.own(call, Kind::Verification, named)?;
    let domain = thing.text("domainName");
    if name != domain && !name.ends_with(&format!(".{domain}")) {
        let why = format!("{name} is not in the verified domain {domain}");
        return Err(invalid(&why, [("customDomainName", why.as_str())].into_iter()));
    }
    let fields =
        [("domainVerificationId".to_owned(), json!(key)), ("domainVerificationArn".to_owned(), json!(thing.arn))];
    Ok(fields.into_iter().collect())
}

fn told(lattice: &Lattice, thing: &Thing) -> Value {
    let mut told = thing.fields.clone();
    told.insert("status".to_owned(), json!(thing.status()));
    if let Some((_, verification)) = lattice.find(Kind::Verification, thing.text("domainVerificationId")) {
        told.insert("domainVerificationStatus".to_owned(), verification.fields["status"].clone());
    }
    Value::Object(told)
}
