//! What cannot be deleted because something stands in it: gateways, endpoints, instances and NAT gateways in a subnet or with
//! a security group; addresses behind an internet gateway. moto lets all of that go.

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    aws_like::delays,
    client::{EC2, Failed},
    lattice::Kind,
    operation::Operation,
    read::{list, text},
    refuse::Refusal,
    upstream::Upstream,
};

/// Refuses what EC2 would not delete, or detach.
pub(super) async fn check(upstream: &Upstream, operation: &Operation, now: Timestamp) -> Result<(), Refusal> {
    if operation.service != "ec2" {
        return Ok(());
    }
    let (id, message) = match operation.name.as_str() {
        "DeleteSubnet" => {
            let id = operation.text("SubnetId");
            (id, format!("The subnet '{id}' has dependencies and cannot be deleted."))
        }
        "DeleteSecurityGroup" => {
            let id = operation.text("GroupId");
            (id, format!("resource {id} has a dependent object"))
        }
        "DeleteVpc" => {
            let id = operation.text("VpcId");
            (id, format!("The vpc '{id}' has dependencies and cannot be deleted."))
        }
        "DetachInternetGateway" => {
            let id = operation.text("VpcId");
            let message = format!(
                "Network {id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
            );
            (id, message)
        }
        _ => return Ok(()),
    };
    if is_in_lattice(upstream, operation, id) || is_used(upstream, operation, id, now).await? {
        return Err(Refusal::new(400, "DependencyViolation", message));
    }
    Ok(())
}

/// Whether a gateway or an endpoint is in it; one that is being deleted still is.
fn is_in_lattice(upstream: &Upstream, operation: &Operation, id: &str) -> bool {
    let memory = upstream.memory();
    let names = |value: Option<&Value>| value.is_some_and(|value| value.to_string().contains(&format!("\"{id}\"")));
    let found = [Kind::Gateway, Kind::Endpoint].into_iter().flat_map(|kind| memory.lattice.all(kind)).any(|thing| {
        ["subnetIds", "securityGroupIds", "vpcIdentifier", "subnetIdSet", "groupSet", "vpcId"]
            .iter()
            .any(|field| names(thing.fields.get(*field)))
    });
    found && operation.name != "DetachInternetGateway"
}

async fn is_used(upstream: &Upstream, operation: &Operation, id: &str, now: Timestamp) -> Result<bool, Failed> {
    let client = &upstream.client;
    let is_leaving = |nat: String| {
        let memory = upstream.memory();
        let until = memory.delayed.get(&(delays::Kind::NatDeleting, nat));
        !memory.no_delays && until.is_some_and(|until| now < *until)
    };
    let describe = async |action: &str, filter: &str| {
        client.query("ec2", EC2, action, &[("Filter.1.Name", filter), ("Filter.1.Value.1", id)]).await
    };
    let gateways = async |filter: &str| -> Result<bool, Failed> {
        let told = describe("DescribeNatGateways", filter).await?;
        Ok(list(&told, "natGatewaySet")
            .any(|it| text(it, "state") != "deleted" || is_leaving(text(it, "natGatewayId"))))
    };
    let instances = async |filter: &str| -> Result<bool, Failed> {
        let told = describe("DescribeInstances", filter).await?;
        let mut all = list(&told, "reservationSet").flat_map(|it| list(it, "instancesSet"));
        Ok(all.any(|it| text(&it["instanceState"], "name") != "terminated"))
    };
    let named = async || -> Result<bool, Failed> {
        let told = describe("DescribeSecurityGroups", "ip-permission.group-id").await?;
        Ok(list(&told, "securityGroupInfo").any(|it| text(it, "groupId") != id))
    };
    Ok(match operation.name.as_str() {
        "DeleteSubnet" => gateways("subnet-id").await? || instances("subnet-id").await?,
        "DeleteSecurityGroup" => instances("instance.group-id").await? || named().await?,
        "DetachInternetGateway" => gateways("vpc-id").await?,
        _ => {
            let gateways = describe("DescribeInternetGateways", "attachment.vpc-id").await?;
            let groups = describe("DescribeSecurityGroups", "vpc-id").await?;
            let endpoints = describe("DescribeVpcEndpoints", "vpc-id").await?;
            list(&gateways, "internetGatewaySet").next().is_some()
                || list(&groups, "securityGroupInfo").any(|it| text(it, "groupName") != "default")
                || list(&endpoints, "vpcEndpointSet").any(|it| text(it, "state") != "deleted")
        }
    })
}
