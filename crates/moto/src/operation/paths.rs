//! Which operation a request of VPC Lattice or of Resource Access Manager is, and what it is given: body, path and query
//! together, under the names of AWS's model.

use http::{Method, request::Parts};
use serde_json::{Map, Value, json};

/// Method, path, operation, and the member that the path's last part is.
type Path = (Method, &'static str, &'static str, &'static str);

const LATTICE: [Path; 19] = [
    (Method::POST, "resourcegateways", "CreateResourceGateway", ""),
    (Method::GET, "resourcegateways", "ListResourceGateways", ""),
    (Method::GET, "resourcegateways", "GetResourceGateway", "resourceGatewayIdentifier"),
    (Method::PATCH, "resourcegateways", "UpdateResourceGateway", "resourceGatewayIdentifier"),
    (Method::DELETE, "resourcegateways", "DeleteResourceGateway", "resourceGatewayIdentifier"),
    (Method::POST, "resourceconfigurations", "CreateResourceConfiguration", ""),
    (Method::GET, "resourceconfigurations", "ListResourceConfigurations", ""),
    (Method::GET, "resourceconfigurations", "GetResourceConfiguration", "resourceConfigurationIdentifier"),
    (Method::PATCH, "resourceconfigurations", "UpdateResourceConfiguration", "resourceConfigurationIdentifier"),
    (Method::DELETE, "resourceconfigurations", "DeleteResourceConfiguration", "resourceConfigurationIdentifier"),
    (Method::POST, "domainverifications", "StartDomainVerification", ""),
    (Method::GET, "domainverifications", "ListDomainVerifications", ""),
    (Method::GET, "domainverifications", "GetDomainVerification", "domainVerificationIdentifier"),
    (Method::DELETE, "domainverifications", "DeleteDomainVerification", "domainVerificationIdentifier"),
    (Method::GET, "resourceendpointassociations", "ListResourceEndpointAssociations", ""),
    (
        Method::DELETE,
        "resourceendpointassociations",
        "DeleteResourceEndpointAssociation",
        "resourceEndpointAssociationIdentifier",
    ),
    (Method::POST, "tags", "TagResource", "resourceArn"),
    (Method::DELETE, "tags", "UntagResource", "resourceArn"),
    (Method::GET, "tags", "ListTagsForResource", "resourceArn"),
];

/// Their paths are their names in small letters.
const RAM: [&str; 11] = [
    "CreateResourceShare",
    "DeleteResourceShare",
    "AssociateResourceShare",
    "DisassociateResourceShare",
    "GetResourceShares",
    "GetResourceShareAssociations",
    "GetResourceShareInvitations",
    "AcceptResourceShareInvitation",
    "RejectResourceShareInvitation",
    "ListPendingInvitationResources",
    "ListResources",
];

/// The operation's name, method and path where it has none that is known here, and its input.
pub fn operation(service: &str, parts: &Parts, body: &[u8]) -> (String, Value) {
    let mut fields: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    for (key, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
        match fields.get_mut(&*key) {
            Some(Value::Array(list)) => list.push(json!(value)),
            // The one list that stands in a query.
            None if key == "tagKeys" => drop(fields.insert(key.into_owned(), json!([value]))),
            _ => drop(fields.insert(key.into_owned(), json!(value))),
        }
    }
    // The parts of a path are separated before they are decoded: an ARN has slashes.
    let mut path = parts.uri.path().trim_matches('/').splitn(2, '/');
    let (start, rest) = (path.next().unwrap_or_default(), path.next().unwrap_or_default());
    let unknown = format!("{} {}", parts.method, parts.uri.path());
    if service == "ram" {
        let known = RAM.iter().find(|name| name.to_lowercase() == start && rest.is_empty());
        return (known.map_or(unknown, |name| (*name).to_owned()), Value::Object(fields));
    }
    let known = LATTICE.iter().find(|it| it.0 == parts.method && it.1 == start && it.3.is_empty() == rest.is_empty());
    let Some((_, _, name, member)) = known else { return (unknown, Value::Object(fields)) };
    if !member.is_empty() {
        let mut pairs = form_urlencoded::parse(rest.as_bytes());
        let given = pairs.next().map(|(key, _)| key.into_owned()).unwrap_or_default();
        fields.insert((*member).to_owned(), json!(given));
    }
    ((*name).to_owned(), Value::Object(fields))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn of(service: &str, method: &str, uri: &str, body: &str) -> (String, Value) {
        let request = Request::builder().method(method).uri(uri).body(()).expect("a request");
        operation(service, &request.into_parts().0, body.as_bytes())
    }

    #[test]
    fn body_path_and_query_are_one_input() {
        let arn = "arn%3Aaws%3Avpc-lattice%3Aus-east-1%3A1%3Aresourcegateway%2Frgw-1";
        for (service, method, uri, body, name, fields) in [
            (
                "vpc-lattice",
                "POST",
                "/resourcegateways",
                r#"{"name": "n"}"#,
                "CreateResourceGateway",
                json!({ "name": "n" }),
            ),
            (
                "vpc-lattice",
                "GET",
                "/resourcegateways?maxResults=2",
                "",
                "ListResourceGateways",
                json!({ "maxResults": "2" }),
            ),
            (
                "vpc-lattice",
                "PATCH",
                &format!("/resourcegateways/{arn}"),
                r#"{"securityGroupIds": []}"#,
                "UpdateResourceGateway",
                json!({
                    "securityGroupIds": [],
                    "resourceGatewayIdentifier": "arn:aws:vpc-lattice:us-east-1:1:resourcegateway/rgw-1",
                }),
            ),
            (
                "vpc-lattice",
                "DELETE",
                &format!("/tags/{arn}?tagKeys=a&tagKeys=b"),
                "",
                "UntagResource",
                json!({
                    "resourceArn": "arn:aws:vpc-lattice:us-east-1:1:resourcegateway/rgw-1", "tagKeys": ["a", "b"],
                }),
            ),
            ("vpc-lattice", "GET", "/services", "", "GET /services", json!({})),
            ("ram", "POST", "/createresourceshare", r#"{"name": "n"}"#, "CreateResourceShare", json!({ "name": "n" })),
            (
                "ram",
                "DELETE",
                "/deleteresourceshare?resourceShareArn=a",
                "",
                "DeleteResourceShare",
                json!({ "resourceShareArn": "a" }),
            ),
            ("ram", "POST", "/listpermissions", "", "POST /listpermissions", json!({})),
        ] {
            assert_eq!(of(service, method, uri, body), (name.to_owned(), fields), "{uri}");
        }
    }
}
