//! What there is of VPC Lattice, resource endpoints and resource shares, and how it stands at a time. Nothing here asks or
//! waits: the time is given.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use local::this_computer::{PARTITION, REGION};
use serde_json::{Map, Value, json};

use crate::{operation::Operation, refuse::Refusal};

/// What a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Gateway,
    Configuration,
    Verification,
    Endpoint,
    Share,
    Invitation,
}

impl Kind {
    /// How its ids begin, and what it is called in ARNs and errors.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Gateway => ("rgw-", "resourcegateway"),
            Self::Configuration => ("rcfg-", "resourceconfiguration"),
            Self::Verification => ("dv-", "domainverification"),
            Self::Endpoint => ("vpce-", "vpc-endpoint"),
            Self::Share => ("", "resource-share"),
            Self::Invitation => ("", "resource-share-invitation"),
        }
    }

    /// Seconds that AWS takes to make, change or delete one.
    fn lasts(self) -> i64 {
        match self {
            Self::Gateway | Self::Endpoint => 60,
            Self::Configuration => 20,
            Self::Verification | Self::Share | Self::Invitation => 0,
        }
    }
}

/// What is done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Creating,
    Updating,
    Deleting,
    Standing,
    Failed,
}

/// One of them.
#[derive(Debug, Clone)]
pub(crate) struct Thing {
    pub kind: Kind,
    pub owner: String,
    pub arn: String,
    /// As its `Get` tells it, without its state and tags.
    pub fields: Map<String, Value>,
    pub tags: Map<String, Value>,
    phase: Phase,
    until: Timestamp,
    /// Why it cannot be made, as it turns out at the end.
    fails: Option<String>,
    /// The token and the input that it was made with.
    made_by: (String, Value),
}

impl Thing {
    /// VPC Lattice's word for how it stands.
    pub fn status(&self) -> &'static str {
        match self.phase {
            Phase::Creating => "CREATE_IN_PROGRESS",
            Phase::Updating => "UPDATE_IN_PROGRESS",
            Phase::Deleting => "DELETE_IN_PROGRESS",
            Phase::Standing => "ACTIVE",
            Phase::Failed => "CREATE_FAILED",
        }
    }

    pub fn phase(&self) -> Phase {
        self.phase
    }

    pub fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// All of them, by their ids; shares and invitations by their ARNs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lattice {
    pub(crate) things: BTreeMap<String, Thing>,
    /// Why the next one that is made of a kind fails; a test says so.
    pub(crate) failing: Vec<(Kind, String)>,
}

/// A call, with all that an answer depends on.
pub(crate) struct Call<'a> {
    pub operation: &'a Operation,
    pub account: &'a str,
    pub now: Timestamp,
    /// AWS does everything at once: not as it is.
    pub at_once: bool,
    /// What stands upstream.
    pub ground: super::ground::Ground,
}

impl Call<'_> {
    pub fn text(&self, name: &str) -> &str {
        self.operation.text(name)
    }

    /// These members of the input, as far as they were given.
    pub fn given(&self, names: &[&str]) -> Map<String, Value> {
        let fields = names.iter().map(|name| ((*name).to_owned(), self.operation.fields[*name].clone()));
        fields.filter(|(_, value)| !value.is_null()).collect()
    }

    pub fn time(&self) -> Value {
        json!(self.now.to_string())
    }
}

impl Lattice {
    /// Lets what is due be done.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        self.things.retain(|_, thing| thing.phase != Phase::Deleting || now < thing.until);
        for thing in self.things.values_mut().filter(|thing| thing.until <= now) {
            thing.phase = match thing.fails.take() {
                Some(reason) => {
                    // AWS tells why of configurations only.
                    if thing.kind == Kind::Configuration {
                        thing.fields.insert("failureReason".to_owned(), json!(reason));
                    }
                    Phase::Failed
                }
                None if thing.phase == Phase::Failed => Phase::Failed,
                None => Phase::Standing,
            };
        }
    }

    /// Changes fields of one as no call can: what AWS's account tells is another thing then. Whether it is there.
    pub(crate) fn change(&mut self, key: &str, fields: Map<String, Value>) -> bool {
        let Some(thing) = self.things.get_mut(key) else { return false };
        thing.fields.extend(fields);
        true
    }

    /// What was made with this token already; a token stands for one input.
    pub(crate) fn replayed(&self, call: &Call<'_>) -> Result<Option<&Thing>, Refusal> {
        let token = ["clientToken", "ClientToken"].map(|name| call.text(name)).concat();
        let made =
            self.things.values().find(|it| !token.is_empty() && it.owner == call.account && it.made_by.0 == token);
        match made {
            Some(thing) if thing.made_by.1 != call.operation.fields => {
                let message = "The request has the same client token as another one and different parameters";
                Err(conflict(message, thing))
            }
            made => Ok(made),
        }
    }

    /// Makes one; its id and ARN are among its fields.
    pub(crate) fn make(
        &mut self,
        call: &Call<'_>,
        kind: Kind,
        mut fields: Map<String, Value>,
        tags: Map<String, Value>,
    ) -> &Thing {
        let (start, word) = kind.words();
        let id = match kind {
            Kind::Share | Kind::Invitation => aws::identifiers::uuid(),
            _ => format!("{start}{}", &aws::identifiers::random_hex(9)[..17]),
        };
        let service = match kind {
            Kind::Endpoint => "ec2",
            Kind::Share | Kind::Invitation => "ram",
            _ => "vpc-lattice",
        };
        let arn = format!("arn:{PARTITION}:{service}:{REGION}:{}:{word}/{id}", call.account);
        fields.insert("id".to_owned(), json!(id));
        fields.insert("arn".to_owned(), json!(arn));
        fields.insert("createdAt".to_owned(), call.time());
        let token = ["clientToken", "ClientToken"].map(|name| call.text(name)).concat();
        let thing = Thing {
            kind,
            owner: call.account.to_owned(),
            arn: arn.clone(),
            fields,
            tags,
            phase: Phase::Creating,
            until: due(call, kind),
            fails: self.failing.iter().position(|(of, _)| *of == kind).map(|at| self.failing.remove(at).1),
            made_by: (token, call.operation.fields.clone()),
        };
        let key = if service == "ram" { arn } else { id };
        self.things.insert(key.clone(), thing);
        self.settle(call.now);
        &self.things[&key]
    }

    /// Begins to do something with one.
    pub(crate) fn begin(&mut self, call: &Call<'_>, key: &str, phase: Phase) {
        let Some(thing) = self.things.get_mut(key) else { return };
        (thing.phase, thing.until) = (phase, due(call, thing.kind));
        thing.fields.insert("lastUpdatedAt".to_owned(), call.time());
        self.settle(call.now);
    }

    /// One by its id or ARN, whoever's it is.
    pub(crate) fn find(&self, kind: Kind, named: &str) -> Option<(&str, &Thing)> {
        let found = self.things.iter().find(|(key, it)| it.kind == kind && (*key == named || it.arn == named));
        found.map(|(key, thing)| (key.as_str(), thing))
    }

    /// One of the caller's; AWS tells nobody of what is not his.
    pub(crate) fn own(&self, call: &Call<'_>, kind: Kind, named: &str) -> Result<(String, Thing), Refusal> {
        let found = self.find(kind, named).filter(|(_, thing)| thing.owner == call.account);
        found.map(|(key, thing)| (key.to_owned(), thing.clone())).ok_or_else(|| missing(kind, named))
    }

    /// The caller's own.
    pub(crate) fn of_caller(&self, call: &Call<'_>, kind: Kind) -> Vec<&Thing> {
        self.all(kind).filter(|thing| thing.owner == call.account).collect()
    }

    pub(crate) fn all(&self, kind: Kind) -> impl Iterator<Item = &Thing> {
        self.things.values().filter(move |thing| thing.kind == kind)
    }

    /// Everything that is left, for tests.
    pub(crate) fn inventory(&self) -> Vec<String> {
        let is_left = |thing: &&Thing| thing.text("status") != "DELETED";
        let left = self.things.iter().filter(|(_, thing)| is_left(thing));
        let told = left.map(|(key, it)| format!("lattice/{}/{key}: {}", it.owner, Value::Object(it.fields.clone())));
        told.collect()
    }
}

fn due(call: &Call<'_>, kind: Kind) -> Timestamp {
    let seconds = if call.at_once { 0 } else { kind.lasts() };
    call.now + SignedDuration::from_secs(seconds)
}

/// AWS's error for what is not there, or not the caller's.
pub(crate) fn missing(kind: Kind, named: &str) -> Refusal {
    let (_, word) = kind.words();
    let details = json!({ "resourceId": named, "resourceType": word });
    let message = format!("{word} {named} not found");
    Refusal { details, ..Refusal::new(404, "ResourceNotFoundException", message) }
}

/// AWS's error for what does not go together with how things stand.
pub(crate) fn conflict(message: &str, thing: &Thing) -> Refusal {
    let (_, word) = thing.kind.words();
    let details = json!({ "resourceId": thing.text("id"), "resourceType": word });
    Refusal { details, ..Refusal::new(409, "ConflictException", message) }
}

/// AWS's error for more than a quota.
pub(crate) fn quota(word: &str, code: &str, most: usize) -> Refusal {
    let details = json!({ "resourceType": word, "serviceCode": "vpc-lattice", "quotaCode": code });
    let message = format!("The limit of {most} {word}s is reached");
    Refusal { details, ..Refusal::new(402, "ServiceQuotaExceededException", message) }
}
