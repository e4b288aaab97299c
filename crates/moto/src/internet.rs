//! Who can be reached from the internet: a load balancer that faces it needs a gateway in its VPC (fact 11.13); moto asks
//! for none, and makes none in the default VPC, which has one on AWS.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    client::{Client, EC2, Failed},
    operation::Operation,
    refuse::Refusal,
};

/// Why a load balancer would not be made, if so.
pub(crate) async fn refusal(client: &Client, operation: &Operation) -> Result<Option<Refusal>, Failed> {
    if operation.full_name() != "elbv2:CreateLoadBalancer" || operation.text("Scheme") == "internal" {
        return Ok(None);
    }
    let wanted = subnets(operation);
    let known = client.query("ec2", EC2, "DescribeSubnets", &[]).await?;
    let known = known["subnetSet"].as_array().into_iter().flatten();
    let vpcs: BTreeSet<_> = known
        .filter(|subnet| wanted.iter().any(|id| subnet["subnetId"] == **id))
        .filter_map(|subnet| subnet["vpcId"].as_str())
        .collect();
    for vpc in vpcs {
        if !has_gateway(client, vpc).await? {
            let message = format!("VPC {vpc} has no internet gateway");
            return Ok(Some(Refusal::new(400, "InvalidSubnet", message)));
        }
    }
    Ok(None)
}

/// Named in one of two ways.
fn subnets(operation: &Operation) -> Vec<&str> {
    let fields = operation.fields.as_object().into_iter().flatten();
    let is_one = |key: &str| key.starts_with("Subnets.member.") || key.ends_with(".SubnetId");
    fields.filter(|(key, _)| is_one(key)).filter_map(|(_, id)| id.as_str()).collect()
}

async fn has_gateway(client: &Client, vpc: &str) -> Result<bool, Failed> {
    let of_vpc = [("Filter.1.Name", "attachment.vpc-id"), ("Filter.1.Value.1", vpc)];
    let found = client.query("ec2", EC2, "DescribeInternetGateways", &of_vpc).await?;
    Ok(found["internetGatewaySet"].as_array().is_some_and(|gateways| !gateways.is_empty()))
}

/// Gives the default VPC its gateway, and the route there, once.
pub(crate) async fn open(client: &Client, vpc: &str) -> Result<(), Failed> {
    if has_gateway(client, vpc).await? {
        return Ok(());
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let made = client.query("ec2", EC2, "CreateInternetGateway", &[]).await?;
    let gateway = text(&made["internetGateway"]["internetGatewayId"]);
    let both = [("InternetGatewayId", gateway.as_str()), ("VpcId", vpc)];
    client.query("ec2", EC2, "AttachInternetGateway", &both).await?;
    let main = [
        ("Filter.1.Name", "vpc-id"),
        ("Filter.1.Value.1", vpc),
        ("Filter.2.Name", "association.main"),
        ("Filter.2.Value.1", "true"),
    ];
    let tables = client.query("ec2", EC2, "DescribeRouteTables", &main).await?;
    let table = text(&tables["routeTableSet"][0]["routeTableId"]);
    let route =
        [("RouteTableId", table.as_str()), ("DestinationCidrBlock", "0.0.0.0/0"), ("GatewayId", gateway.as_str())];
    client.query("ec2", EC2, "CreateRoute", &route).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::operation::call;

    #[test]
    fn subnets_are_named_in_two_ways() {
        let both = json!({ "Name": "b", "Subnets.member.1": "subnet-1", "SubnetMappings.member.1.SubnetId": "subnet-2",
            "SubnetMappings.member.1.AllocationId": "a" });
        let call = call("elbv2:CreateLoadBalancer", both);
        let mut found = subnets(&call);
        found.sort_unstable();
        assert_eq!(found, ["subnet-1", "subnet-2"]);
    }
}
