//! What a call was given, against AWS's service model (`members.json`, which `infra/tests/members.py` writes): fields that
//! are missing, unknown, too long or no word of the model. All of them are named at once, as VPC Lattice does.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Map, Value, json};

use crate::{operation::Operation, refuse::Refusal};

/// Service, operation, and each member with its type, limits and words.
type Model = BTreeMap<String, BTreeMap<String, Map<String, Value>>>;

static MODEL: LazyLock<Model> =
    LazyLock::new(|| serde_json::from_str(include_str!("members.json")).unwrap_or_default());

/// Whether an operation is answered here, if only for some of its calls.
pub(crate) fn knows(operation: &Operation) -> bool {
    MODEL.get(&operation.service).is_some_and(|operations| operations.contains_key(&operation.name))
}

/// Why an input is not taken.
pub(crate) fn refusal(operation: &Operation) -> Option<Refusal> {
    let members = MODEL.get(&operation.service)?.get(&operation.name)?;
    let mut wrong = Vec::new();
    if is_form(operation) {
        form(members, &operation.fields, &mut wrong);
    } else {
        structure(members, "", &operation.fields, &mut wrong);
    }
    if wrong.is_empty() { None } else { Some(refused(operation, &wrong)) }
}

fn is_form(operation: &Operation) -> bool {
    ["ec2", "autoscaling"].contains(&operation.service.as_str())
}

/// Each with what is wrong about it.
type Wrong = Vec<(String, String)>;

fn refused(operation: &Operation, wrong: &Wrong) -> Refusal {
    let told: Vec<_> = wrong.iter().map(|(name, why)| format!("{name}: {why}")).collect();
    let message = told.join("; ");
    match operation.service.as_str() {
        "ec2" => Refusal::new(400, "InvalidParameterValue", message),
        "autoscaling" => Refusal::new(400, "ValidationError", message),
        "ram" => Refusal::new(400, "InvalidParameterException", message),
        _ => invalid(&message, wrong.iter().map(|(name, why)| (name.as_str(), why.as_str()))),
    }
}

/// VPC Lattice's refusal of fields, by name and what is wrong.
pub(super) fn invalid<'a>(message: &str, fields: impl Iterator<Item = (&'a str, &'a str)>) -> Refusal {
    let list: Vec<_> = fields.map(|(name, message)| json!({ "name": name, "message": message })).collect();
    let details = json!({ "reason": "fieldValidationFailed", "fieldList": list });
    Refusal { details, ..Refusal::new(400, "ValidationException", message) }
}

/// Each parameter of a form, by the name that it has in the model: with `N` for its numbers.
fn form(members: &Map<String, Value>, fields: &Value, wrong: &mut Wrong) {
    let mut given = Vec::new();
    for (key, value) in fields.as_object().into_iter().flatten() {
        if ["Action", "Version"].contains(&key.as_str()) {
            continue;
        }
        let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let parts = key.split('.').filter(|part| *part != "member");
        let path = parts.map(|part| if number(part) { "N" } else { part }).collect::<Vec<_>>().join(".");
        check(members, &path, value, wrong);
        given.push(path);
    }
    for (path, told) in members {
        let inside = format!("{path}.");
        if told["required"] == true
            && !path.contains('.')
            && !given.iter().any(|it| it == path || it.starts_with(&inside))
        {
            wrong.push((path.clone(), "must not be null".to_owned()));
        }
    }
}

/// A structure and all that is in it.
fn structure(members: &Map<String, Value>, path: &str, value: &Value, wrong: &mut Wrong) {
    let inside = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for (name, inner) in value.as_object().into_iter().flatten() {
        check(members, &inside(name), inner, wrong);
    }
    for (member, told) in members {
        let name = if path.is_empty() { Some(member.as_str()) } else { member.strip_prefix(&format!("{path}.")) };
        let Some(name) = name.filter(|name| !name.contains('.')) else { continue };
        if told["required"] == true && value[name].is_null() {
            wrong.push((member.clone(), "must not be null".to_owned()));
        }
    }
}

fn check(members: &Map<String, Value>, path: &str, value: &Value, wrong: &mut Wrong) {
    let Some(told) = members.get(path) else {
        return wrong.push((path.to_owned(), "is not a member of the input".to_owned()));
    };
    let mut refuse = |why: String| wrong.push((path.to_owned(), why));
    let outside = |size: u64| {
        told["min"].as_u64().is_some_and(|least| size < least) || told["max"].as_u64().is_some_and(|most| size > most)
    };
    let (least, most) = (&told["min"], &told["max"]);
    match told["type"].as_str().unwrap_or_default() {
        "string" => match value.as_str() {
            None => refuse("must be a string".to_owned()),
            Some(text) => {
                let words = told["enum"].as_array();
                if words.is_some_and(|words| !words.iter().any(|word| word == text)) {
                    refuse(format!("must satisfy enum value set: {}", told["enum"]));
                } else if outside(text.chars().count() as u64) {
                    refuse(format!("must have length from {least} to {most}"));
                }
            }
        },
        "integer" => match value.as_u64().or_else(|| value.as_str()?.parse().ok()) {
            Some(number) if !outside(number) => {}
            _ => refuse(format!("must be a number from {least} to {most}")),
        },
        "boolean" if !value.is_boolean() && value != "true" && value != "false" => {
            refuse("must be a boolean".to_owned());
        }
        "list" => match value.as_array() {
            None => refuse("must be a list".to_owned()),
            Some(list) => {
                if outside(list.len() as u64) {
                    refuse(format!("must have {least} to {most} members"));
                }
                list.iter().for_each(|inner| check(members, &format!("{path}.N"), inner, wrong));
            }
        },
        "map" => match value.as_object() {
            None => refuse("must be a map".to_owned()),
            Some(map) if outside(map.len() as u64) => refuse(format!("must have {least} to {most} members")),
            Some(_) => {}
        },
        "structure" if value.is_object() => structure(members, path, value, wrong),
        "structure" => refuse("must be a structure".to_owned()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::call;

    #[test]
    fn every_wrong_field_is_named() {
        let gateway = json!({ "ipAddressType": "IPV5", "securityGroupIds": ["a", "sg-12345678"], "more": 1, "ipv4AddressesPerEni": 63 });
        let refusal = refusal(&call("vpc-lattice:CreateResourceGateway", gateway)).expect("a refusal");
        assert_eq!((refusal.status, refusal.code), (400, "ValidationException"));
        let list = refusal.details["fieldList"].as_array().expect("a list");
        let mut names: Vec<_> = list.iter().filter_map(|it| it["name"].as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["ipAddressType", "ipv4AddressesPerEni", "more", "name", "securityGroupIds.N"]);
        assert_eq!(refusal.details["reason"], "fieldValidationFailed");
    }

    #[test]
    fn what_is_in_the_model_is_taken() {
        for (name, fields) in [
            ("vpc-lattice:ListResourceGateways", json!({ "maxResults": "100" })),
            (
                "vpc-lattice:CreateResourceConfiguration",
                json!({
                    "name": "egress", "type": "SINGLE", "portRanges": ["3128"], "tags": { "a": "b" },
                    "resourceConfigurationDefinition": { "dnsResource": { "domainName": "a.internal", "ipAddressType": "IPV4" } },
                }),
            ),
            (
                "ec2:CreateVpcEndpoint",
                json!({
                    "Action": "CreateVpcEndpoint", "Version": "1", "VpcEndpointType": "Resource", "VpcId": "vpc-1",
                    "SubnetId.1": "subnet-1", "DnsOptions.PrivateDnsSpecifiedDomain.1": "a", "PrivateDnsEnabled": "true",
                    "TagSpecification.1.ResourceType": "vpc-endpoint", "TagSpecification.1.Tag.1.Key": "k",
                }),
            ),
            (
                "autoscaling:StartInstanceRefresh",
                json!({ "AutoScalingGroupName": "g", "Preferences.InstanceWarmup": "60" }),
            ),
        ] {
            assert_eq!(refusal(&call(name, fields)), None, "{name}");
        }
        for (name, fields, code) in [
            ("ec2:CreateVpcEndpoint", json!({ "SubnetIds.1": "s", "VpcId": "v" }), "InvalidParameterValue"),
            ("autoscaling:StartInstanceRefresh", json!({}), "ValidationError"),
            ("ram:ListResources", json!({ "resourceOwner": "ME" }), "InvalidParameterException"),
        ] {
            assert_eq!(refusal(&call(name, fields)).map(|it| it.code), Some(code), "{name}");
        }
    }
}
