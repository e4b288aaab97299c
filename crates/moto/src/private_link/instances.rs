//! What Auto Scaling knows of the proxies' groups.

use crate::{
    client::Client,
    operation::Operation,
    read::{list, text},
    refuse::Refusal,
};

/// The version of Auto Scaling's Query API.
const VERSION: &str = "2011-01-01";

/// The version of its launch template that a group has; the group must be there.
pub(crate) async fn version(client: &Client, operation: &Operation) -> Result<String, Refusal> {
    let name = operation.text("AutoScalingGroupName");
    let asked = [("AutoScalingGroupNames.member.1", name)];
    let told = client.query("autoscaling", VERSION, "DescribeAutoScalingGroups", &asked).await?;
    let Some(group) = list(&told, "AutoScalingGroups").next() else {
        let message = format!("AutoScalingGroup name not found - AutoScalingGroup: {name} not found");
        return Err(Refusal::new(400, "ValidationError", message));
    };
    Ok(text(&group["LaunchTemplate"], "Version"))
}
