//! Instance refreshes of Auto Scaling groups, which moto lacks. One takes its time; from then on the group's instances are told
//! with the version of the launch template that the group had when it began. They keep their ids: moto cannot start one of a
//! later version.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{lattice::xml, operation::Operation, refuse::Refusal};

/// How long one takes.
const TAKES: SignedDuration = SignedDuration::from_secs(300);

/// One of them.
#[derive(Debug, Clone)]
struct Refresh {
    id: String,
    begun: Timestamp,
    ends: Timestamp,
    version: String,
}

/// By the names of their groups, the newest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refreshes(BTreeMap<String, Vec<Refresh>>);

impl Refreshes {
    /// Begins one.
    pub fn start(
        &mut self,
        operation: &Operation,
        now: Timestamp,
        at_once: bool,
        version: String,
    ) -> Result<String, Refusal> {
        let all = self.0.entry(operation.text("AutoScalingGroupName").to_owned()).or_default();
        if all.first().is_some_and(|it| now < it.ends) {
            let message =
                "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.";
            return Err(Refusal::new(400, "InstanceRefreshInProgress", message));
        }
        let ends = now + if at_once { SignedDuration::ZERO } else { TAKES };
        all.insert(0, Refresh { id: aws::identifiers::uuid(), begun: now, ends, version });
        let told = json!({ "InstanceRefreshId": all[0].id });
        Ok(xml::result(&operation.name, &told))
    }

    /// All of a group.
    pub fn described(&self, operation: &Operation, now: Timestamp) -> String {
        let name = operation.text("AutoScalingGroupName");
        let told = self.0.get(name).into_iter().flatten().map(|it| {
            let is_done = now >= it.ends;
            json!({
                "InstanceRefreshId": it.id, "AutoScalingGroupName": name, "StartTime": it.begun.to_string(),
                "Status": if is_done { "Successful" } else { "InProgress" },
                "PercentageComplete": if is_done { 100 } else { 0 },
            })
        });
        xml::result(&operation.name, &json!({ "InstanceRefreshes": { "member": told.collect::<Vec<Value>>() } }))
    }

    /// What is told of one group, with the versions that its instances have by now.
    pub fn told(&self, operation: &Operation, answer: &str, now: Timestamp) -> String {
        let name = operation.text("AutoScalingGroupNames.member.1");
        let done = self.0.get(name).and_then(|all| all.iter().find(|it| now >= it.ends));
        let Some((before, rest)) = answer.split_once("<Instances>") else { return answer.to_owned() };
        let (Some(refresh), Some((instances, after))) = (done, rest.split_once("</Instances>")) else {
            return answer.to_owned();
        };
        let mut parts = instances.split("<Version>");
        let first = parts.next().unwrap_or_default().to_owned();
        let told = parts.fold(first, |told, part| {
            let behind = part.split_once('<').map_or("", |(_, behind)| behind);
            format!("{told}<Version>{}<{behind}", refresh.version)
        });
        format!("{before}<Instances>{told}</Instances>{after}")
    }

    /// A group that is deleted has none.
    pub fn forget(&mut self, group: &str) {
        self.0.remove(group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::call;

    #[test]
    fn instances_have_the_new_version_when_it_is_done() {
        let mut all = Refreshes::default();
        let now: Timestamp = "2026-11-02T09:00:00Z".parse().expect("a time");
        let start = call("autoscaling:StartInstanceRefresh", json!({ "AutoScalingGroupName": "g" }));
        assert!(all.start(&start, now, false, "7".to_owned()).is_ok());
        let again = all.start(&start, now + SignedDuration::from_secs(299), false, "8".to_owned());
        assert_eq!(again.expect_err("one at a time").code, "InstanceRefreshInProgress");
        let asked = call("autoscaling:DescribeAutoScalingGroups", json!({ "AutoScalingGroupNames.member.1": "g" }));
        let answer = "<Version>7</Version><Instances><member><Version>1</Version></member></Instances>";
        assert_eq!(all.told(&asked, answer, now + SignedDuration::from_secs(299)), answer);
        let told = all.told(&asked, answer, now + TAKES);
        assert_eq!(told, "<Version>7</Version><Instances><member><Version>7</Version></member></Instances>");
        assert!(all.described(&start, now).contains("<Status>InProgress</Status>"));
        assert!(all.described(&start, now + TAKES).contains("<Status>Successful</Status>"));
    }
}
