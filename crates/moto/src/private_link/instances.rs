//! Instance refreshes of Auto Scaling groups, which [`crate::refreshes`] keeps.

use axum::response::Response;
use local::world::Shared;

use crate::{
    client::Client,
    lattice::{input, xml},
    operation::Operation,
    read::{list, text},
    refuse::Refusal,
    upstream::Upstream,
};

/// The version of Auto Scaling's Query API.
const VERSION: &str = "2011-01-01";

/// Answers a call about instance refreshes; `None` for every other call.
pub(super) async fn answer(
    world: &Shared,
    upstream: &Upstream,
    operation: &Operation,
) -> Result<Option<Response>, Refusal> {
    if operation.service != "autoscaling" {
        return Ok(None);
    }
    let now = world.clock.now();
    match operation.name.as_str() {
        "StartInstanceRefresh" => {
            if let Some(refusal) = input::refusal(operation) {
                return Err(refusal);
            }
            let version = version(&upstream.client, operation).await?;
            let mut memory = upstream.memory();
            let at_once = memory.no_delays;
            let answer = memory.refreshes.start(operation, now, at_once, version)?;
            Ok(Some(xml::response(answer)))
        }
        "DescribeInstanceRefreshes" => {
            version(&upstream.client, operation).await?;
            Ok(Some(xml::response(upstream.memory().refreshes.described(operation, now))))
        }
        "DeleteAutoScalingGroup" => {
            upstream.memory().refreshes.forget(operation.text("AutoScalingGroupName"));
            Ok(None)
        }
        _ => Ok(None),
    }
}

/// The version of its launch template that a group has; the group must be there.
async fn version(client: &Client, operation: &Operation) -> Result<String, Refusal> {
    let name = operation.text("AutoScalingGroupName");
    let asked = [("AutoScalingGroupNames.member.1", name)];
    let told = client.query("autoscaling", VERSION, "DescribeAutoScalingGroups", &asked).await?;
    let Some(group) = list(&told, "AutoScalingGroups").next() else {
        let message = format!("AutoScalingGroup name not found - AutoScalingGroup: {name} not found");
        return Err(Refusal::new(400, "ValidationError", message));
    };
    Ok(text(&group["LaunchTemplate"], "Version"))
}
