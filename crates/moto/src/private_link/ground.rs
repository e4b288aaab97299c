//! Reads what stands upstream and matters to VPC Lattice.

use local::this_computer::ACCOUNT;

use crate::{
    accounts::ELSEWHERE,
    client::{Client, EC2, Failed, if_there},
    lattice::{Ground, Subnet},
    operation::Operation,
    read::{list, text},
};

/// What a call in an account depends on; `is_pending` where somebody waits for a TXT record, which may be anybody's.
pub(super) async fn of(
    upstream: &Client,
    account: &'static str,
    operation: &Operation,
    is_pending: bool,
) -> Result<Ground, Failed> {
    let mut ground = Ground::default();
    let client = &upstream.in_account(account);
    let is_of_network = ["CreateResourceGateway", "UpdateResourceGateway", "CreateVpcEndpoint", "ModifyVpcEndpoint"]
        .contains(&operation.name.as_str());
    if is_of_network {
        network(client, &mut ground).await?;
        // A gateway may be in the other account.
        for other in [ACCOUNT, ELSEWHERE] {
            subnets(&upstream.in_account(other), &mut ground).await?;
        }
    }
    if operation.name.ends_with("VpcEndpoint") && operation.text("PrivateDnsEnabled") == "true" {
        for vpc in ground.vpcs.clone() {
            names(client, &vpc, &mut ground).await?;
        }
    }
    for account in [ACCOUNT, ELSEWHERE].iter().filter(|_| is_pending) {
        ground.texts.extend(texts(&upstream.in_account(account)).await?);
    }
    Ok(ground)
}

async fn subnets(client: &Client, ground: &mut Ground) -> Result<(), Failed> {
    let subnets = client.query("ec2", EC2, "DescribeSubnets", &[]).await?;
    for it in list(&subnets, "subnetSet") {
        let free = text(it, "availableIpAddressCount").parse().unwrap_or_default();
        let subnet = Subnet { vpc: text(it, "vpcId"), zone: text(it, "availabilityZoneId"), free };
        ground.subnets.insert(text(it, "subnetId"), subnet);
    }
    Ok(())
}

async fn network(client: &Client, ground: &mut Ground) -> Result<(), Failed> {
    let groups = client.query("ec2", EC2, "DescribeSecurityGroups", &[]).await?;
    ground.groups = list(&groups, "securityGroupInfo").map(|it| (text(it, "groupId"), text(it, "vpcId"))).collect();
    let vpcs = client.query("ec2", EC2, "DescribeVpcs", &[]).await?;
    ground.vpcs = list(&vpcs, "vpcSet").map(|it| text(it, "vpcId")).collect();
    Ok(())
}

/// Whether this VPC has both switched on that private names need.
async fn names(client: &Client, vpc: &str, ground: &mut Ground) -> Result<(), Failed> {
    for attribute in ["enableDnsSupport", "enableDnsHostnames"] {
        let asked = [("VpcId", vpc), ("Attribute", attribute)];
        let told =
            if_there(client.query("ec2", EC2, "DescribeVpcAttribute", &asked).await, &["InvalidVpcID.NotFound"])?;
        if told.is_none_or(|told| told[attribute]["value"] != "true") {
            return Ok(());
        }
    }
    ground.with_names.push(vpc.to_owned());
    Ok(())
}

/// A private zone proves nothing.
async fn texts(client: &Client) -> Result<Vec<(String, String)>, Failed> {
    let zones = client.text("route53", "/2013-04-01/hostedzone").await?;
    let public = zones.split("<HostedZone>").skip(1).filter(|zone| !zone.contains("<PrivateZone>true</PrivateZone>"));
    let mut found = Vec::new();
    for zone in public {
        let Some(id) = between(zone, "<Id>/hostedzone/", "<") else { continue };
        let records = client.text("route53", &format!("/2013-04-01/hostedzone/{id}/rrset")).await?;
        for record in records.split("<ResourceRecordSet>").skip(1).filter(|it| it.contains("<Type>TXT</Type>")) {
            let name = between(record, "<Name>", "<").unwrap_or_default().trim_end_matches('.').to_owned();
            for value in record.split("<Value>").skip(1).filter_map(|rest| rest.split('<').next()) {
                let plain = value.replace("&quot;", "\"");
                found.push((name.clone(), plain.trim_matches('"').to_owned()));
            }
        }
    }
    Ok(found)
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split(end).next()
}
