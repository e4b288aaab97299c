//! Tags on endpoints and subnets, with AWS's limits.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::ClientVpn;
use crate::ec2::AwsError;

type ByResource = BTreeMap<String, BTreeMap<String, String>>;

/// Tags by resource, and what they were before each change that may still be seen by somebody.
#[derive(Debug, Clone, Default)]
pub(super) struct Tags {
    current: ByResource,
    before: Vec<(Timestamp, ByResource)>,
}

impl Tags {
    /// The tags as they were at a time.
    pub(super) fn at(&self, at: Timestamp) -> &ByResource {
        self.before.iter().find(|(changed, _)| *changed > at).map_or(&self.current, |(_, before)| before)
    }
}

impl ClientVpn {
    /// `CreateTags`: all or nothing.
    ///
    /// # Errors
    /// AWS's: unknown resource, limits of keys, values and numbers.
    pub fn create_tags(
        &mut self,
        now: Timestamp,
        resources: &[String],
        tags: &[(String, String)],
    ) -> Result<(), AwsError> {
        self.attempt(now, "CreateTags", &names(resources), |state, _| {
            state.expect_taggable(resources)?;
            check_tags(tags)?;
            state.tag(now, resources, tags)
        })
    }

    /// Puts tags on resources; on none where one would have too many.
    pub(super) fn tag(
        &mut self,
        now: Timestamp,
        resources: &[String],
        tags: &[(String, String)],
    ) -> Result<(), AwsError> {
        let mut changed = self.tags.current.clone();
        for resource in resources {
            let of_resource = changed.entry(resource.clone()).or_default();
            of_resource.extend(tags.iter().cloned());
            if of_resource.len() > self.settings.limits.tags {
                let message = "You have reached the maximum number of tags that you can assign to the resource.";
                return Err(AwsError::new("TagLimitExceeded", message));
            }
        }
        self.write_tags(now, changed);
        Ok(())
    }

    /// Forgets the tags of what is gone.
    pub(super) fn untag(&mut self, now: Timestamp, resource: &str) {
        let mut changed = self.tags.current.clone();
        changed.remove(resource);
        self.write_tags(now, changed);
    }

    /// `DeleteTags`: by key, by key and value where a value is given, or all of them where no tag is named. A tag that
    /// is not there is no error.
    ///
    /// # Errors
    /// AWS's: unknown resource.
    pub fn delete_tags(
        &mut self,
        now: Timestamp,
        resources: &[String],
        tags: &[(String, Option<String>)],
    ) -> Result<(), AwsError> {
        self.attempt(now, "DeleteTags", &names(resources), |state, _| {
            state.expect_taggable(resources)?;
            let mut changed = state.tags.current.clone();
            for resource in resources {
                let of_resource = changed.entry(resource.clone()).or_default();
                of_resource.retain(|key, value| {
                    let meant = |(name, wanted): &(String, Option<String>)| {
                        name == key && wanted.as_ref().is_none_or(|wanted| wanted == value)
                    };
                    !tags.is_empty() && !tags.iter().any(meant)
                });
            }
            state.write_tags(now, changed);
            Ok(())
        })
    }

    /// The tags of an endpoint or a subnet as they are, for policies that ask for them.
    #[must_use]
    pub fn tags_of(&self, resource: &str) -> BTreeMap<String, String> {
        self.tags.current.get(resource).cloned().unwrap_or_default()
    }

    /// Makes the tags what they were before a call of which only this part was done.
    pub fn put_back_tags(&mut self, before: &Self) {
        self.tags = before.tags.clone();
    }

    fn write_tags(&mut self, now: Timestamp, changed: ByResource) {
        let before = std::mem::replace(&mut self.tags.current, changed);
        let seen_from = now - self.settings.delays.lag;
        self.tags.before.push((now, before));
        self.tags.before.retain(|(changed, _)| *changed > seen_from);
    }

    fn expect_taggable(&self, resources: &[String]) -> Result<(), AwsError> {
        for resource in resources {
            if self.expect_endpoint(resource).is_ok() || self.network.subnet(resource).is_ok() {
                continue;
            }
            return Err(match resource.as_str() {
                id if id.starts_with("cvpn-endpoint-") => AwsError::no_endpoint(id),
                id if id.starts_with("subnet-") => AwsError::no_subnet(id),
                id => AwsError::new("InvalidID", format!("The ID '{id}' is not valid")),
            });
        }
        Ok(())
    }
}

pub(super) fn check_tags(tags: &[(String, String)]) -> Result<(), AwsError> {
    let mut keys = BTreeSet::new();
    for (key, value) in tags {
        let wrong = match () {
            () if key.is_empty() => "Tag key cannot be empty.".to_owned(),
            () if key.chars().count() > LONGEST_KEY => {
                format!("Tag key exceeds the maximum length of {LONGEST_KEY} characters")
            }
            () if value.chars().count() > LONGEST_VALUE => {
                format!("Tag value exceeds the maximum length of {LONGEST_VALUE} characters")
            }
            () if key.to_ascii_lowercase().starts_with("aws:") => {
                "Tag keys starting with 'aws:' are reserved for internal use".to_owned()
            }
            () if !keys.insert(key) => format!("Duplicate tag key '{key}' specified."),
            () => continue,
        };
        return Err(AwsError::new("InvalidParameterValue", wrong));
    }
    Ok(())
}

fn names(resources: &[String]) -> Vec<&str> {
    resources.iter().map(String::as_str).collect()
}

const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;
