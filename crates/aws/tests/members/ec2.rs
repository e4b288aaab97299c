//! EC2's actions, by the names of its form.

use std::collections::BTreeMap;

use aws::ec2::wire::{
    form, parse,
    table::{ACTIONS, Kind as Parameter},
};
use serde_json::json;

use crate::modelled;

#[test]
fn the_table_is_the_model() {
    let modelled = modelled("ec2");
    assert!(ACTIONS.iter().map(|(name, _)| *name).eq(modelled.keys().map(String::as_str)), "the actions");
    for (action, known) in ACTIONS {
        let model = &modelled[*action];
        for (name, kind) in *known {
            let said = model.get(*name).unwrap_or_else(|| panic!("{action}: the model has no {name}"));
            let expected = match kind {
                Parameter::NotEmulated(..) => continue,
                Parameter::Text => json!({ "type": "string" }),
                Parameter::Flag => json!({ "type": "boolean" }),
                Parameter::Integer => json!({ "type": "integer" }),
                Parameter::Word(words) => json!({ "type": "string", "enum": words }),
                Parameter::Only(word) => {
                    assert!(
                        said["enum"].as_array().is_some_and(|words| words.contains(&json!(word))),
                        "{action}: {name}"
                    );
                    json!({ "type": "string", "enum": said["enum"] })
                }
            };
            assert_eq!((&said["type"], &said["enum"]), (&expected["type"], &expected["enum"]), "{action}: {name}");
        }
        let missing: Vec<_> = model.keys().filter(|name| known.iter().all(|(known, _)| known != name)).collect();
        assert!(missing.is_empty(), "{action}: {missing:?} are not in the table");
    }
}

/// What an action needs in any case.
fn needed(action: &str) -> BTreeMap<&'static str, &'static str> {
    let several = [
        "CreateClientVpnEndpoint",
        "CreateTags",
        "DeleteTags",
        "DescribeClientVpnEndpoints",
        "DescribeSubnets",
        "DescribeTags",
    ];
    let mut needed = BTreeMap::new();
    if !several.contains(&action) {
        needed.insert("ClientVpnEndpointId", "cvpn-endpoint-1");
    }
    needed.extend(match action {
        "AssociateClientVpnTargetNetwork" => vec![("SubnetId", "subnet-1")],
        "CreateClientVpnRoute" | "DeleteClientVpnRoute" => {
            vec![("DestinationCidrBlock", "10.0.0.0/8"), ("TargetVpcSubnetId", "subnet-1")]
        }
        "CreateClientVpnEndpoint" => vec![
            ("ServerCertificateArn", "arn:1"),
            ("Authentication.1.Type", "certificate-authentication"),
            ("ConnectionLogOptions.Enabled", "false"),
        ],
        "ApplySecurityGroupsToClientVpnTargetNetwork" => vec![("VpcId", "vpc-1")],
        "ImportClientVpnClientCertificateRevocationList" => vec![("CertificateRevocationList", "list")],
        "AuthorizeClientVpnIngress" => vec![("TargetNetworkCidr", "10.0.0.0/8"), ("AuthorizeAllGroups", "true")],
        "RevokeClientVpnIngress" => vec![("TargetNetworkCidr", "10.0.0.0/8"), ("RevokeAllGroups", "true")],
        "CreateTags" => vec![("ResourceId.1", "subnet-1"), ("Tag.1.Key", "k")],
        "DeleteTags" => vec![("ResourceId.1", "subnet-1")],
        "DisassociateClientVpnTargetNetwork" => vec![("AssociationId", "cvpn-assoc-1")],
        "TerminateClientVpnConnections" => vec![("ConnectionId", "cvpn-connection-1")],
        _ => vec![],
    });
    needed
}

fn read(action: &str, parameters: &BTreeMap<&str, &str>) -> Result<aws::ec2::Request, aws::ec2::AwsError> {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.append_pair("Action", action).append_pair("Version", "2016-11-15").extend_pairs(parameters);
    parse(form(body.finish().as_bytes()))
}

/// With a parameter a request is another one than without; or it is refused.
#[test]
fn each_parameter_is_read_or_refused() {
    for (action, known) in ACTIONS {
        for (name, kind) in *known {
            let parts: Vec<_> = name.split('.').map(|part| if part == "N" { "1" } else { part }).collect();
            let sent = parts.join(".");
            let mut without = needed(action);
            let needs = match *name {
                "Tag.N.Value" => vec![("Tag.1.Key", "k")],
                "TagSpecification.N.Tag.N.Key" => vec![("TagSpecification.1.ResourceType", "client-vpn-endpoint")],
                "TagSpecification.N.Tag.N.Value" => {
                    let tagged = ("TagSpecification.1.ResourceType", "client-vpn-endpoint");
                    vec![tagged, ("TagSpecification.1.Tag.1.Key", "k")]
                }
                "TagSpecification.N.ResourceType" => vec![("TagSpecification.1.Tag.1.Key", "k")],
                "Filter.N.Value.N" => vec![("Filter.1.Name", "key")],
                "ConnectionLogOptions.CloudwatchLogStream"
                | "ConnectionLogOptions.IncludeAuthorizationPolicyContext" => {
                    vec![("ConnectionLogOptions.Enabled", "true"), ("ConnectionLogOptions.CloudwatchLogGroup", "g")]
                }
                "ConnectionLogOptions.CloudwatchLogGroup" => vec![("ConnectionLogOptions.Enabled", "true")],
                "ClientLoginBannerOptions.BannerText" => vec![("ClientLoginBannerOptions.Enabled", "true")],
                "ClientConnectOptions.LambdaFunctionArn" => vec![("ClientConnectOptions.Enabled", "true")],
                _ => vec![],
            };
            without.extend(needs);
            let excluded: &[&str] = match *name {
                "Username" => &["ConnectionId"],
                "AccessGroupId" => &["AuthorizeAllGroups", "RevokeAllGroups"],
                _ => &[],
            };
            without.retain(|name, _| !excluded.contains(name));
            let mut with = without.clone();
            let value = match kind {
                Parameter::Text | Parameter::NotEmulated(..) => "x",
                Parameter::Flag if name.ends_with(".Enabled") => "false",
                Parameter::Flag => "true",
                Parameter::Integer => "7",
                Parameter::Word(words) => words[0],
                Parameter::Only(word) => word,
            };
            without.remove(sent.as_str());
            with.insert(&sent, value);
            let read_with = read(action, &with);
            if let Parameter::NotEmulated(code, _) = kind {
                let error = read_with.expect_err(name);
                assert!(error.code == *code && error.message.contains(&sent), "{action} with {name}: {error}");
                continue;
            }
            assert!(read_with.is_ok(), "{action} with {name}: {read_with:?}");
            assert_ne!(read_with, read(action, &without), "{action}: {name} is read and means nothing");

            let wrong = match kind {
                Parameter::Flag => "perhaps",
                Parameter::Integer => "2147483648",
                Parameter::Word(_) | Parameter::Only(_) => "neither",
                _ => continue,
            };
            with.insert(&sent, wrong);
            assert_eq!(read(action, &with).expect_err(name).code, "InvalidParameterValue", "{action}: {name}");
        }
    }
}

/// What the model requires is missed by EC2's code.
#[test]
fn what_is_required_is_missed() {
    for (action, members) in modelled("ec2") {
        assert!(read(&action, &needed(&action)).is_ok(), "{action}");
        for name in members.iter().filter(|(_, model)| model["required"] == true).map(|(name, _)| name.as_str()) {
            let mut without = needed(&action);
            without.remove(name);
            assert_eq!(read(&action, &without).expect_err(name).code, "MissingParameter", "{action} without {name}");
        }
    }
}
