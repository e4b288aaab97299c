//! Tags of alarms: put with a new alarm, and by the operations that are only about them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    CloudWatch, ServiceError,
    alarm::Alarm,
    definition::Tag,
    inputs::{ListTagsForResource, TagResource, UntagResource},
};

/// Tags on one alarm.
const TAGS_AT_MOST: usize = 50;

impl Alarm {
    /// Adds tags, and replaces those of the same key.
    ///
    /// # Errors
    /// A tag of AWS's own, or more of them than an alarm has.
    pub(super) fn tag(&mut self, tags: &[Tag]) -> Result<(), ServiceError> {
        if let Some(reserved) = tags.iter().find(|tag| tag.key.to_ascii_lowercase().starts_with("aws:")) {
            let message = format!("The tag key {:?} begins with aws:, which is reserved.", reserved.key);
            return Err(ServiceError::new("InvalidParameterValue", message));
        }
        let mut changed = self.tags.clone();
        changed.extend(tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
        if changed.len() > TAGS_AT_MOST {
            let message = format!("A resource has at most {TAGS_AT_MOST} tags.");
            return Err(ServiceError::new("InvalidParameterValue", message));
        }
        self.tags = changed;
        Ok(())
    }
}

impl CloudWatch {
    pub(super) fn list_tags(&self, input: &ListTagsForResource) -> Result<Value, ServiceError> {
        let name = self.alarm_of(&input.resource_arn);
        let alarm = name.and_then(|name| self.alarms.get(name)).ok_or_else(unknown)?;
        let told = |(key, value): (&String, &String)| json!({ "Key": key, "Value": value });
        Ok(json!({ "Tags": alarm.tags.iter().map(told).collect::<Value>() }))
    }

    pub(super) fn tag(&mut self, input: &TagResource) -> Result<(), ServiceError> {
        self.tagged(&input.resource_arn)?.tag(&input.tags)
    }

    pub(super) fn untag(&mut self, input: &UntagResource) -> Result<(), ServiceError> {
        let tags: &mut BTreeMap<_, _> = &mut self.tagged(&input.resource_arn)?.tags;
        tags.retain(|key, _| !input.tag_keys.contains(key));
        Ok(())
    }

    fn tagged(&mut self, arn: &str) -> Result<&mut Alarm, ServiceError> {
        let name = self.alarm_of(arn).map(ToOwned::to_owned);
        name.and_then(|name| self.alarms.get_mut(&name)).ok_or_else(unknown)
    }

    fn alarm_of<'a>(&self, arn: &'a str) -> Option<&'a str> {
        arn.strip_prefix(&self.alarm_arn(""))
    }
}

fn unknown() -> ServiceError {
    let message = "Unknown resource: only alarms have tags here".to_owned();
    ServiceError { code: "ResourceNotFoundException", message, status: 404 }
}
