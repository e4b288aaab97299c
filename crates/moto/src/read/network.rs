//! The VPC: subnets, and where the endpoint is.

use std::collections::BTreeMap;

use aws::deployment::{Endpoint, Subnet};
use serde_json::Value;

use super::{list, text};
use crate::client::{Client, EC2, Failed};
use local::this_computer;

/// The block that clients get addresses from: in none of the private ranges that VPCs usually have.
const CLIENTS: &str = "100.64.0.0/22";

/// An endpoint in the default VPC, with its default security group, as somebody made it before.
///
/// # Errors
/// What the upstream refuses.
pub async fn endpoint(client: &Client) -> Result<Endpoint, Failed> {
    let vpcs =
        client.query("ec2", EC2, "DescribeVpcs", &[("Filter.1.Name", "isDefault"), ("Filter.1.Value.1", "true")]);
    let vpcs = vpcs.await?;
    let vpc = list(&vpcs, "vpcSet").next().cloned().unwrap_or_default();
    let id = text(&vpc, "vpcId");
    let filters = [
        ("Filter.1.Name", "group-name"),
        ("Filter.1.Value.1", "default"),
        ("Filter.2.Name", "vpc-id"),
        ("Filter.2.Value.1", id.as_str()),
    ];
    let groups = client.query("ec2", EC2, "DescribeSecurityGroups", &filters).await?;
    Ok(Endpoint {
        id: this_computer::ENDPOINT.to_owned(),
        vpc_cidr: text(&vpc, "cidrBlock"),
        client_cidr: CLIENTS.to_owned(),
        // Read with everything else.
        vpcs: BTreeMap::new(),
        subnets: subnets(client).await?,
        connect_handler: None,
        security_groups: Some(list(&groups, "securityGroupInfo").map(|group| text(group, "groupId")).collect()),
        vpc: id,
    })
}

/// The block of every VPC.
pub(super) async fn vpcs(client: &Client) -> Result<BTreeMap<String, String>, Failed> {
    let answer = client.query("ec2", EC2, "DescribeVpcs", &[]).await?;
    Ok(list(&answer, "vpcSet").map(|vpc| (text(vpc, "vpcId"), text(vpc, "cidrBlock"))).collect())
}

/// Every subnet.
pub(super) async fn subnets(client: &Client) -> Result<Vec<Subnet>, Failed> {
    let answer = client.query("ec2", EC2, "DescribeSubnets", &[]).await?;
    Ok(list(&answer, "subnetSet").map(subnet).collect())
}

fn subnet(value: &Value) -> Subnet {
    Subnet {
        id: text(value, "subnetId"),
        vpc: text(value, "vpcId"),
        availability_zone: text(value, "availabilityZone"),
        cidr: text(value, "cidrBlock"),
        ipv6_cidr: list(value, "ipv6CidrBlockAssociationSet").map(|block| text(block, "ipv6CidrBlock")).next(),
    }
}

/// Whether one of these groups lets TCP through to a port, from or to everywhere.
pub(super) fn open(groups: &[&Value], direction: &str, port: u16) -> bool {
    groups.iter().flat_map(|group| list(group, direction)).any(|permission| {
        let number = |name: &str| permission[name].as_str().and_then(|text| text.parse::<i64>().ok());
        let protocol = text(permission, "ipProtocol");
        let ports = match (number("fromPort"), number("toPort")) {
            (Some(from), Some(to)) => (from..=to).contains(&i64::from(port)),
            _ => true,
        };
        (protocol == "-1" || (protocol == "tcp" && ports))
            && list(permission, "ipRanges").any(|range| range["cidrIp"] == "0.0.0.0/0")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::open;

    #[test]
    fn a_security_group_lets_through_what_it_names() {
        let group = json!({ "ipPermissions": [
            { "ipProtocol": "tcp", "fromPort": "80", "toPort": "80", "ipRanges": [{ "cidrIp": "0.0.0.0/0" }] },
            { "ipProtocol": "tcp", "fromPort": "443", "toPort": "443", "ipRanges": [{ "cidrIp": "10.0.0.0/8" }] },
        ], "ipPermissionsEgress": [{ "ipProtocol": "-1", "ipRanges": [{ "cidrIp": "0.0.0.0/0" }] }] });
        assert!(open(&[&group], "ipPermissions", 80));
        assert!(!open(&[&group], "ipPermissions", 443), "from one network only");
        assert!(open(&[&group], "ipPermissionsEgress", 443));
        assert!(!open(&[], "ipPermissions", 80));
    }
}
