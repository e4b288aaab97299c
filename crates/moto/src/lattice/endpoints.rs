//! VPC endpoints of type Resource, in EC2's API, and their associations, which the provider sees in VPC Lattice's.

use local::this_computer::{PARTITION, REGION};
use serde_json::{Map, Value, json};

use super::{
    ground::numbered,
    state::{Call, Kind, Lattice, Phase, Thing, missing},
};
use crate::refuse::Refusal;

/// The zone that names of resource endpoints are in; AWS's own.
const ZONE: &str = "Z03265862FOUNWMZOKUF4";

pub(super) fn answer(lattice: &mut Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    match call.operation.name.as_str() {
        "CreateVpcEndpoint" => create(lattice, call),
        "ModifyVpcEndpoint" => modify(lattice, call),
        "DescribeVpcEndpoints" => Ok(json!({ "vpcEndpointSet": described(lattice, call)? })),
        "DescribeVpcEndpointAssociations" => Ok(json!({ "vpcEndpointAssociationSet": associations(lattice, call)? })),
        "DeleteVpcEndpoints" => Ok(json!({ "unsuccessful": delete(lattice, call) })),
        "ListResourceEndpointAssociations" => list(lattice, call),
        _ => {
            let named = call.text("resourceEndpointAssociationIdentifier");
            let found = lattice.all(Kind::Endpoint).find(|it| {
                let id = association(it);
                (id == named || named.ends_with(&format!("/{id}"))) && provider(lattice, it) == Some(call.account)
            });
            let Some((endpoint, told)) = found.map(|it| (it.text("id").to_owned(), summary(lattice, it))) else {
                let details = json!({ "resourceId": named, "resourceType": "resourceendpointassociation" });
                return Err(Refusal { details, ..missing(Kind::Endpoint, named) });
            };
            // The endpoint stays with whoever has it, and reaches nothing any more.
            if let Some(thing) = lattice.things.get_mut(&endpoint) {
                thing.fields.remove("resourceConfigurationArn");
            }
            Ok(told)
        }
    }
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidParameter", message)
}

fn create(lattice: &mut Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    if let Some(made) = lattice.replayed(call)? {
        return Ok(json!({ "vpcEndpoint": told(made) }));
    }
    let (vpc, arn) = (call.text("VpcId"), call.text("ResourceConfigurationArn"));
    if !call.ground.vpcs.iter().any(|it| it == vpc) {
        return Err(Refusal::new(400, "InvalidVpcId.NotFound", format!("The Vpc Id {vpc} does not exist")));
    }
    let shared = lattice.find(Kind::Configuration, arn).filter(|(_, it)| it.arn == arn).map(|(_, it)| it.clone());
    let shared = shared.filter(|it| it.owner == call.account || lattice.is_shared(arn, call.account));
    let Some(configuration) = shared.filter(|it| it.status() == "ACTIVE") else {
        return Err(bad(format!("The resource configuration {arn} does not exist or is not accessible")));
    };
    let subnets = zoned(lattice, call, &configuration, vpc, numbered(&call.operation.fields, "SubnetId"))?;
    let groups = numbered(&call.operation.fields, "SecurityGroupId");
    check_groups(call, vpc, &groups)?;
    let is_private = call.text("PrivateDnsEnabled") == "true";
    if is_private {
        check_name(lattice, call, vpc, &configuration, "")?;
    }
    let preference = Some(call.text("DnsOptions.PrivateDnsPreference")).filter(|it| !it.is_empty());
    let options = json!({ "privateDnsPreference": preference.unwrap_or("VERIFIED_DOMAINS_ONLY"),
        "privateDnsSpecifiedDomainSet": numbered(&call.operation.fields, "DnsOptions.PrivateDnsSpecifiedDomain") });
    let fields = json!({
        "vpcEndpointType": "Resource", "vpcId": vpc, "subnetIdSet": subnets, "ownerId": call.account,
        "groupSet": groups.iter().map(|id| json!({ "groupId": id })).collect::<Vec<_>>(), "ipAddressType": "ipv4",
        "dnsOptions": options, "privateDnsEnabled": is_private, "requesterManaged": false,
        "resourceConfigurationArn": arn,
        "networkInterfaceIdSet": subnets.iter().map(|_| format!("eni-{}", &aws::identifiers::random_hex(9)[..17])).collect::<Vec<_>>(),
    });
    let fields = fields.as_object().cloned().unwrap_or_default();
    Ok(json!({ "vpcEndpoint": told(lattice.make(call, Kind::Endpoint, fields, form_tags(call))) }))
}

fn check_groups(call: &Call<'_>, vpc: &str, groups: &[String]) -> Result<(), Refusal> {
    let Some(id) = groups.iter().find(|id| call.ground.groups.get(*id).is_none_or(|of| of != vpc)) else {
        return Ok(());
    };
    let message = format!("The security group '{id}' does not exist in VPC '{vpc}'");
    Err(Refusal::new(400, "InvalidGroup.NotFound", message))
}

/// Whether the VPC can have the configuration's name: it resolves names, and no other endpoint has it there.
fn check_name(
    lattice: &Lattice,
    call: &Call<'_>,
    vpc: &str,
    configuration: &Thing,
    endpoint: &str,
) -> Result<(), Refusal> {
    if !call.ground.with_names.iter().any(|it| it == vpc) {
        return Err(bad(format!(
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for {vpc}"
        )));
    }
    let name = configuration.text("customDomainName");
    let taken = |it: &Thing| {
        let other = it.fields.get("resourceConfigurationArn").and_then(Value::as_str).unwrap_or_default();
        let other = lattice.find(Kind::Configuration, other).map(|(_, it)| it.text("customDomainName"));
        it.text("id") != endpoint
            && it.text("vpcId") == vpc
            && it.fields["privateDnsEnabled"] == true
            && other == Some(name)
    };
    if !name.is_empty() && lattice.all(Kind::Endpoint).any(taken) {
        return Err(bad(format!(
            "private-dns-enabled cannot be set because there is already a conflicting DNS domain for {name} in the VPC {vpc}"
        )));
    }
    Ok(())
}

/// Subnets and groups come and go by their ids; private names are switched on and off.
fn modify(lattice: &mut Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    let id = call.text("VpcEndpointId");
    let Ok((key, endpoint)) = lattice.own(call, Kind::Endpoint, id) else {
        return Err(Refusal::new(
            400,
            "InvalidVpcEndpointId.NotFound",
            format!("The Vpc Endpoint Id '{id}' does not exist"),
        ));
    };
    if endpoint.phase() != Phase::Standing {
        return Err(Refusal::new(400, "IncorrectState", format!("The VPC endpoint {id} is not in a valid state")));
    }
    let vpc = endpoint.text("vpcId").to_owned();
    let found = lattice.find(Kind::Configuration, endpoint.text("resourceConfigurationArn"));
    let Some(configuration) = found.map(|(_, it)| it.clone()) else {
        return Err(bad("The resource configuration of the endpoint is not accessible"));
    };
    let numbers = |name: &str| numbered(&call.operation.fields, name);
    let texts = |field: &str, key: Option<&str>| -> Vec<String> {
        let all = endpoint.fields[field].as_array().into_iter().flatten();
        let text = |it: &Value| key.map_or(it, |key| &it[key]).as_str().map(ToOwned::to_owned);
        all.filter_map(text).collect()
    };
    let changed = |mut now: Vec<String>, add: Vec<String>, remove: &[String]| {
        now.retain(|it| !remove.contains(it));
        now.extend(add);
        now
    };
    let (more, fewer) = (numbers("AddSecurityGroupId"), numbers("RemoveSecurityGroupId"));
    check_groups(call, &vpc, &more)?;
    let groups = changed(texts("groupSet", Some("groupId")), more, &fewer);
    let given = changed(texts("subnetIdSet", None), numbers("AddSubnetId"), &numbers("RemoveSubnetId"));
    let subnets = zoned(lattice, call, &configuration, &vpc, given)?;
    let is_private = match call.text("PrivateDnsEnabled") {
        "" => endpoint.fields["privateDnsEnabled"] == true,
        given => given == "true",
    };
    if call.text("PrivateDnsEnabled") == "true" {
        check_name(lattice, call, &vpc, &configuration, endpoint.text("id"))?;
    }
    let preference = Some(call.text("DnsOptions.PrivateDnsPreference")).filter(|it| !it.is_empty()).map(|it| json!(it));
    if let Some(thing) = lattice.things.get_mut(&key) {
        thing.fields.insert("subnetIdSet".to_owned(), json!(subnets));
        let groups = groups.iter().map(|id| json!({ "groupId": id })).collect();
        thing.fields.insert("groupSet".to_owned(), groups);
        thing.fields.insert("privateDnsEnabled".to_owned(), json!(is_private));
        if let Some(preference) = preference {
            thing.fields["dnsOptions"]["privateDnsPreference"] = preference;
        }
    }
    lattice.begin(call, &key, Phase::Updating);
    Ok(json!({ "return": true }))
}

/// One subnet in each zone, at least one of them in a zone that the gateway has too (fact 8.0).
fn zoned(
    lattice: &Lattice,
    call: &Call<'_>,
    configuration: &Thing,
    vpc: &str,
    given: Vec<String>,
) -> Result<Vec<String>, Refusal> {
    let mut zones = Vec::new();
    for id in &given {
        let found = call.ground.subnets.get(id).filter(|it| it.vpc == vpc);
        let Some(subnet) = found else {
            return Err(Refusal::new(400, "InvalidSubnetId.NotFound", format!("The subnet ID '{id}' does not exist")));
        };
        if zones.contains(&subnet.zone) {
            return Err(Refusal::new(
                400,
                "DuplicateSubnetsInSameZone",
                "Found another VPC endpoint subnet in the availability zone of it",
            ));
        }
        zones.push(subnet.zone.clone());
    }
    let gateway = lattice.find(Kind::Gateway, configuration.text("resourceGatewayId"));
    let of_gateway = gateway.and_then(|(_, it)| it.fields["subnetIds"].as_array().cloned()).unwrap_or_default();
    let zone = |id: &Value| call.ground.subnets.get(id.as_str().unwrap_or_default()).map(|it| it.zone.clone());
    let theirs: Vec<_> = of_gateway.iter().filter_map(zone).collect();
    if given.is_empty() {
        return Err(bad("At least one subnet must be given"));
    }
    if !zones.iter().any(|it| theirs.contains(it)) {
        let of = given.join(", ");
        return Err(bad(format!(
            "The resource configuration {} does not support the availability zone of the subnet: {of}",
            configuration.arn
        )));
    }
    Ok(given)
}

fn form_tags(call: &Call<'_>) -> Map<String, Value> {
    let text = |name: String| call.operation.fields[name].as_str().map(ToOwned::to_owned);
    let of = |number: usize| {
        let start = format!("TagSpecification.1.Tag.{number}");
        Some((text(format!("{start}.Key"))?, json!(text(format!("{start}.Value")).unwrap_or_default())))
    };
    (1..).map_while(of).collect()
}

fn told(thing: &Thing) -> Value {
    let mut fields = thing.fields.clone();
    for (from, to) in [("id", "vpcEndpointId"), ("createdAt", "creationTimestamp")] {
        if let Some(value) = fields.remove(from) {
            fields.insert(to.to_owned(), value);
        }
    }
    for not_told in ["arn", "lastUpdatedAt"] {
        fields.remove(not_told);
    }
    let state = match thing.phase() {
        Phase::Creating | Phase::Updating => "pending",
        Phase::Deleting => "deleting",
        _ => "available",
    };
    fields.insert("state".to_owned(), json!(state));
    let tags = thing.tags.iter().map(|(key, value)| json!({ "key": key, "value": value }));
    fields.insert("tagSet".to_owned(), tags.collect());
    Value::Object(fields)
}

/// Those that a call names and its filters leave.
fn described(lattice: &Lattice, call: &Call<'_>) -> Result<Vec<Value>, Refusal> {
    let fields = &call.operation.fields;
    let ids = numbered(fields, "VpcEndpointId");
    let mut found: Vec<_> = lattice.all(Kind::Endpoint).filter(|it| it.owner == call.account).collect();
    found.retain(|it| ids.is_empty() || ids.iter().any(|id| id == it.text("id")));
    let mut told: Vec<_> = found.into_iter().map(told).collect();
    for number in 1.. {
        let Some(name) = fields[format!("Filter.{number}.Name")].as_str() else { break };
        let wanted = numbered(fields, &format!("Filter.{number}.Value"));
        let has = |it: &Value| wanted.iter().any(|wanted| it == wanted);
        let path = match name {
            "vpc-endpoint-id" => "/vpcEndpointId",
            "vpc-id" => "/vpcId",
            "vpc-endpoint-type" => "/vpcEndpointType",
            "vpc-endpoint-state" => "/state",
            "service-name" => "/serviceName",
            name if name.starts_with("tag:") => "",
            other => {
                return Err(Refusal::new(400, "InvalidParameterValue", format!("The filter '{other}' is invalid")));
            }
        };
        told.retain(|it| match name.strip_prefix("tag:") {
            Some(key) => {
                it["tagSet"].as_array().into_iter().flatten().any(|tag| tag["key"] == key && has(&tag["value"]))
            }
            None => it.pointer(path).is_some_and(has),
        });
    }
    Ok(told)
}

fn associations(lattice: &Lattice, call: &Call<'_>) -> Result<Vec<Value>, Refusal> {
    let ids = numbered(&call.operation.fields, "VpcEndpointId");
    let own = |it: &&Thing| it.owner == call.account;
    if let Some(id) = ids.iter().find(|id| !lattice.all(Kind::Endpoint).filter(own).any(|it| it.text("id") == **id)) {
        return Err(Refusal::new(
            400,
            "InvalidVpcEndpointId.NotFound",
            format!("The Vpc Endpoint Id '{id}' does not exist"),
        ));
    }
    let asked =
        lattice.all(Kind::Endpoint).filter(own).filter(|it| ids.is_empty() || ids.iter().any(|id| id == it.text("id")));
    let told = asked.filter_map(|it| {
        let (key, configuration) = lattice.find(Kind::Configuration, it.text("resourceConfigurationArn"))?;
        let is_there = it.phase() == Phase::Standing && configuration.status() == "ACTIVE";
        let mut told = json!({
            "id": format!("vpce-rsc-asc-{}", it.text("id").trim_start_matches("vpce-")), "vpcEndpointId": it.text("id"),
            "associatedResourceAccessibility": if is_there { "Accessible" } else { "Inaccessible" },
            "associatedResourceArn": it.text("resourceConfigurationArn"),
        });
        if it.phase() != Phase::Creating {
            let name = format!("{}.{key}.4232ccc.vpc-lattice-rsc.{REGION}.on.aws", it.text("id"));
            told["dnsEntry"] = json!({ "dnsName": name, "hostedZoneId": ZONE });
            if let Some(name) = private_name(lattice, it, configuration) {
                told["privateDnsEntry"] = json!({ "dnsName": name, "hostedZoneId": ZONE });
            }
        }
        Some(told)
    });
    Ok(told.collect())
}

/// The name that the endpoint's VPC resolves to it: by the preference of whoever made it.
fn private_name(lattice: &Lattice, endpoint: &Thing, configuration: &Thing) -> Option<String> {
    let name = Some(configuration.text("customDomainName")).filter(|name| !name.is_empty())?;
    let verification = lattice.find(Kind::Verification, configuration.text("domainVerificationId"));
    let is_verified = verification.is_some_and(|(_, it)| it.text("status") == "VERIFIED");
    let options = &endpoint.fields["dnsOptions"];
    let is_named = options["privateDnsSpecifiedDomainSet"].as_array().into_iter().flatten().any(|it| it == name);
    let is_wanted = match options["privateDnsPreference"].as_str().unwrap_or_default() {
        "ALL_DOMAINS" => true,
        "VERIFIED_DOMAINS_AND_SPECIFIED_DOMAINS" => is_verified || is_named,
        "SPECIFIED_DOMAINS_ONLY" => is_named,
        _ => is_verified,
    };
    (endpoint.fields["privateDnsEnabled"] == true && is_wanted).then(|| name.to_owned())
}

fn delete(lattice: &mut Lattice, call: &Call<'_>) -> Vec<Value> {
    let mut refused = Vec::new();
    for id in numbered(&call.operation.fields, "VpcEndpointId") {
        match lattice.own(call, Kind::Endpoint, &id) {
            Ok((key, _)) => lattice.begin(call, &key, Phase::Deleting),
            Err(_) => {
                let error = json!({ "code": "InvalidVpcEndpoint.NotFound", "message": format!("The Vpc Endpoint Id '{id}' does not exist") });
                refused.push(json!({ "resourceId": id, "error": error }));
            }
        }
    }
    refused
}

fn association(endpoint: &Thing) -> String {
    format!("rea-{}", endpoint.text("id").trim_start_matches("vpce-"))
}

/// Whose resource an endpoint leads to.
fn provider<'a>(lattice: &'a Lattice, endpoint: &Thing) -> Option<&'a str> {
    lattice.find(Kind::Configuration, endpoint.text("resourceConfigurationArn")).map(|(_, it)| it.owner.as_str())
}

fn list(lattice: &Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    let (_, configuration) = lattice.own(call, Kind::Configuration, call.text("resourceConfigurationIdentifier"))?;
    let matches = |given: &str, value: &str| given.is_empty() || given == value;
    let of = lattice.all(Kind::Endpoint).filter(|it| it.text("resourceConfigurationArn") == configuration.arn);
    let of = of.filter(|it| {
        matches(call.text("vpcEndpointId"), it.text("id")) && matches(call.text("vpcEndpointOwner"), &it.owner)
    });
    Ok(json!({ "items": of.map(|it| summary(lattice, it)).collect::<Vec<_>>() }))
}

fn summary(lattice: &Lattice, endpoint: &Thing) -> Value {
    let arn = endpoint.text("resourceConfigurationArn");
    let found = lattice.find(Kind::Configuration, arn);
    let (owner, name) = found.map_or(("", ""), |(_, it)| (it.owner.as_str(), it.text("name")));
    let id = association(endpoint);
    json!({
        "id": id, "arn": format!("arn:{PARTITION}:vpc-lattice:{REGION}:{owner}:resourceendpointassociation/{id}"),
        "resourceConfigurationId": found.map_or("", |(key, _)| key), "resourceConfigurationArn": arn,
        "resourceConfigurationName": name, "vpcEndpointId": endpoint.text("id"), "vpcEndpointOwner": endpoint.owner,
        "createdBy": endpoint.owner, "createdAt": endpoint.fields["createdAt"],
    })
}
