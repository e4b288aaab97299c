//! Resource Access Manager, between two accounts that are in no organization: whoever is shared with is invited.

use serde_json::{Value, json};

use super::state::{Call, Kind, Lattice, Phase, Thing};
use crate::refuse::Refusal;

fn refused(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(400, code, message)
}

impl Lattice {
    /// Whether a resource is shared with an account that has accepted.
    pub(super) fn is_shared(&self, arn: &str, account: &str) -> bool {
        let has = |share: &Thing, list: &str, value: &str| {
            share.fields.get(list).and_then(Value::as_array).into_iter().flatten().any(|it| it == value)
        };
        let mut shares = self.all(Kind::Share).filter(|it| it.text("status") == "ACTIVE");
        shares.any(|it| {
            has(it, "_resources", arn) && has(it, "_principals", account) && self.has_accepted(&it.arn, account)
        })
    }

    fn has_accepted(&self, share: &str, account: &str) -> bool {
        self.invitation(share, account).is_some_and(|(_, it)| it.text("status") == "ACCEPTED")
    }

    fn invitation(&self, share: &str, account: &str) -> Option<(&str, &Thing)> {
        let of = |it: &Thing| it.text("resourceShareArn") == share && it.text("receiverAccountId") == account;
        let found =
            self.things.iter().find(|(_, it)| it.kind == Kind::Invitation && it.text("status") != "REJECTED" && of(it));
        found.map(|(key, it)| (key.as_str(), it))
    }
}

pub(super) fn answer(lattice: &mut Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    match call.operation.name.as_str() {
        "CreateResourceShare" => create(lattice, call),
        "AssociateResourceShare" => {
            let key = own(lattice, call)?;
            associate(lattice, call, &key)?;
            Ok(json!({ "resourceShareAssociations": changed(call, &key, "ASSOCIATING") }))
        }
        "DisassociateResourceShare" => {
            let key = own(lattice, call)?;
            disassociate(lattice, call, &key);
            Ok(json!({ "resourceShareAssociations": changed(call, &key, "DISASSOCIATING") }))
        }
        "DeleteResourceShare" => {
            let key = own(lattice, call)?;
            // AWS tells it as deleted for some hours; what it let in is out at once.
            if let Some(share) = lattice.things.get_mut(&key) {
                share.fields.insert("status".to_owned(), json!("DELETED"));
            }
            lattice.things.retain(|_, it| it.kind != Kind::Invitation || it.text("resourceShareArn") != key);
            Ok(json!({ "returnValue": true }))
        }
        "GetResourceShares" => Ok(json!({ "resourceShares": shares(lattice, call) })),
        "GetResourceShareAssociations" => Ok(json!({ "resourceShareAssociations": associations(lattice, call) })),
        "GetResourceShareInvitations" => {
            let mine = lattice.all(Kind::Invitation).filter(|it| it.text("receiverAccountId") == call.account);
            let asked = |it: &&Thing| {
                given(call, "resourceShareArns", it.text("resourceShareArn"))
                    && given(call, "resourceShareInvitationArns", &it.arn)
            };
            Ok(json!({ "resourceShareInvitations": mine.filter(asked).map(told).collect::<Vec<_>>() }))
        }
        "ListPendingInvitationResources" => pending(lattice, call),
        "ListResources" => Ok(json!({ "resources": resources(lattice, call) })),
        _ => decide(lattice, call),
    }
}

/// Whether a list of the input, if there is one, has this value.
fn given(call: &Call<'_>, list: &str, value: &str) -> bool {
    call.operation.fields[list].as_array().is_none_or(|list| list.is_empty() || list.iter().any(|it| it == value))
}

fn list<'a>(call: &'a Call<'_>, name: &str) -> impl Iterator<Item = &'a str> {
    call.operation.fields[name].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// A share of the caller's that is not deleted.
fn own(lattice: &Lattice, call: &Call<'_>) -> Result<String, Refusal> {
    let arn = call.text("resourceShareArn");
    let found =
        lattice.find(Kind::Share, arn).filter(|(_, it)| it.owner == call.account && it.text("status") == "ACTIVE");
    found
        .map(|(key, _)| key.to_owned())
        .ok_or_else(|| refused("UnknownResourceException", format!("ResourceShare {arn} could not be found.")))
}

fn create(lattice: &mut Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    let tags = call.operation.fields["tags"].as_array().into_iter().flatten();
    let tags = tags.filter_map(|tag| Some((tag["key"].as_str()?.to_owned(), tag["value"].clone()))).collect();
    let mut fields = json!({ "name": call.text("name"), "owningAccountId": call.account, "status": "ACTIVE", "featureSet": "STANDARD",
        "allowExternalPrincipals": call.operation.fields["allowExternalPrincipals"] != false, "_resources": [], "_principals": [] });
    let fields = fields.as_object_mut().map(std::mem::take).unwrap_or_default();
    let key = lattice.make(call, Kind::Share, fields, tags).arn.clone();
    if let Err(refusal) = associate(lattice, call, &key) {
        lattice.things.remove(&key);
        return Err(refusal);
    }
    let told = lattice.things.get(&key).map(told).unwrap_or_default();
    Ok(json!({ "resourceShare": told }))
}

fn associate(lattice: &mut Lattice, call: &Call<'_>, key: &str) -> Result<(), Refusal> {
    for arn in list(call, "resourceArns") {
        let is_own = lattice
            .things
            .values()
            .any(|it| it.arn == arn && it.owner == call.account && it.kind == Kind::Configuration);
        if !is_own {
            return Err(refused("UnknownResourceException", format!("Resource {arn} could not be found.")));
        }
    }
    let is_external = lattice.things.get(key).is_some_and(|it| it.fields["allowExternalPrincipals"] == true);
    for principal in list(call, "principals") {
        if principal.len() != 12 || !principal.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refused(
                "InvalidParameterException",
                format!("Principal ID {principal} is malformed. Verify the ID and try again."),
            ));
        }
        if !is_external {
            let why = "The resource share does not allow external principals, and the account is in no organization of yours.";
            return Err(refused("OperationNotPermittedException", why));
        }
    }
    for (field, given) in [("_resources", "resourceArns"), ("_principals", "principals")] {
        for value in list(call, given) {
            if let Some(Value::Array(all)) = lattice.things.get_mut(key).and_then(|it| it.fields.get_mut(field))
                && !all.iter().any(|it| it == value)
            {
                all.push(json!(value));
            }
        }
    }
    let name = lattice.things.get(key).map(|it| it.text("name").to_owned()).unwrap_or_default();
    let invited: Vec<_> =
        list(call, "principals").filter(|it| lattice.invitation(key, it).is_none()).map(ToOwned::to_owned).collect();
    for account in invited {
        let fields = json!({ "resourceShareName": name, "resourceShareArn": key, "senderAccountId": call.account,
            "receiverAccountId": account, "status": "PENDING" });
        lattice.make(call, Kind::Invitation, fields.as_object().cloned().unwrap_or_default(), serde_json::Map::new());
    }
    Ok(())
}

fn disassociate(lattice: &mut Lattice, call: &Call<'_>, key: &str) {
    let Some(share) = lattice.things.get_mut(key) else { return };
    for (field, given) in [("_resources", "resourceArns"), ("_principals", "principals")] {
        if let Some(Value::Array(all)) = share.fields.get_mut(field) {
            all.retain(|it| !list(call, given).any(|gone| it == gone));
        }
    }
    lattice.things.retain(|_, it| {
        it.kind != Kind::Invitation
            || it.text("resourceShareArn") != key
            || !list(call, "principals").any(|gone| gone == it.text("receiverAccountId"))
    });
}

fn changed(call: &Call<'_>, key: &str, status: &str) -> Vec<Value> {
    let of = |name: &str, kind: &str| {
        let told = |value: &str| json!({ "resourceShareArn": key, "associatedEntity": value, "associationType": kind, "status": status, "external": true });
        list(call, name).map(told).collect::<Vec<_>>()
    };
    [of("resourceArns", "RESOURCE"), of("principals", "PRINCIPAL")].concat()
}

/// Times are numbers in this API; what is kept for ourselves is not told.
fn told(thing: &Thing) -> Value {
    let mut fields = thing.fields.clone();
    let at = thing.text("createdAt").parse::<jiff::Timestamp>().map(jiff::Timestamp::as_second).unwrap_or_default();
    fields.retain(|name, _| {
        !name.starts_with('_') && !["id", "arn", "createdAt", "lastUpdatedAt"].contains(&name.as_str())
    });
    let (arn, time) = match thing.kind {
        Kind::Invitation => ("resourceShareInvitationArn", "invitationTimestamp"),
        _ => ("resourceShareArn", "creationTime"),
    };
    fields.insert(arn.to_owned(), json!(thing.arn));
    fields.insert(time.to_owned(), json!(at));
    if thing.kind == Kind::Share {
        fields.insert(
            "tags".to_owned(),
            thing.tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect(),
        );
    }
    Value::Object(fields)
}

fn shares(lattice: &Lattice, call: &Call<'_>) -> Vec<Value> {
    let is_own = call.text("resourceOwner") == "SELF";
    let wanted = |name: &str, value: &str| call.text(name).is_empty() || call.text(name) == value;
    let has_tags = |it: &Thing| {
        let mut filters = call.operation.fields["tagFilters"].as_array().into_iter().flatten();
        filters.all(|filter| {
            let value = it.tags.get(filter["tagKey"].as_str().unwrap_or_default());
            value.is_some_and(|value| filter["tagValues"].as_array().is_none_or(|all| all.contains(value)))
        })
    };
    let asked = |it: &&Thing| {
        let is_seen = if is_own { it.owner == call.account } else { lattice.has_accepted(&it.arn, call.account) };
        is_seen
            && wanted("name", it.text("name"))
            && wanted("resourceShareStatus", it.text("status"))
            && has_tags(it)
            && given(call, "resourceShareArns", &it.arn)
    };
    lattice.all(Kind::Share).filter(asked).map(told).collect()
}

fn associations(lattice: &Lattice, call: &Call<'_>) -> Vec<Value> {
    let kind = call.text("associationType");
    let field = if kind == "RESOURCE" { "_resources" } else { "_principals" };
    let own = lattice.all(Kind::Share).filter(|it| {
        it.owner == call.account && it.text("status") == "ACTIVE" && given(call, "resourceShareArns", &it.arn)
    });
    let of = |share: &Thing| {
        let values = share.fields[field].as_array().cloned().unwrap_or_default().into_iter();
        let told = values.map(|value| {
            let account = value.as_str().unwrap_or_default();
            let is_waiting = kind == "PRINCIPAL" && !lattice.has_accepted(&share.arn, account);
            json!({ "resourceShareArn": share.arn, "resourceShareName": share.text("name"), "associatedEntity": value, "associationType": kind,
                "status": if is_waiting { "ASSOCIATING" } else { "ASSOCIATED" }, "external": true })
        });
        told.collect::<Vec<_>>()
    };
    let wanted = |name: &str, value: &Value| call.text(name).is_empty() || value == call.text(name);
    own.flat_map(of)
        .filter(|it| {
            wanted("resourceArn", &it["associatedEntity"])
                && wanted("principal", &it["associatedEntity"])
                && wanted("associationStatus", &it["status"])
        })
        .collect()
}

fn resources(lattice: &Lattice, call: &Call<'_>) -> Vec<Value> {
    let is_own = call.text("resourceOwner") == "SELF";
    let seen = lattice
        .all(Kind::Share)
        .filter(|it| it.text("status") == "ACTIVE" && given(call, "resourceShareArns", &it.arn));
    let seen =
        seen.filter(|it| if is_own { it.owner == call.account } else { lattice.has_accepted(&it.arn, call.account) });
    let of = |share: &Thing| {
        let arns = share.fields["_resources"].as_array().cloned().unwrap_or_default().into_iter();
        arns.map(|arn| json!({ "arn": arn, "type": "vpc-lattice:ResourceConfiguration", "resourceShareArn": share.arn, "status": "AVAILABLE" })).collect::<Vec<_>>()
    };
    seen.flat_map(of).filter(|it| given(call, "resourceArns", it["arn"].as_str().unwrap_or_default())).collect()
}

/// What somebody is invited to, who has not decided yet.
fn pending(lattice: &Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    let (_, invitation) = invited(lattice, call)?;
    if invitation.text("status") != "PENDING" {
        let message = format!("ResourceShareInvitation {} is already decided on.", invitation.arn);
        return Err(refused("ResourceShareInvitationAlreadyRejectedException", message));
    }
    let share = lattice.find(Kind::Share, invitation.text("resourceShareArn")).map(|(_, it)| it);
    let arns = share.and_then(|it| it.fields["_resources"].as_array()).into_iter().flatten();
    let told = arns.map(|arn| json!({ "arn": arn, "type": "vpc-lattice:ResourceConfiguration", "resourceShareArn": invitation.text("resourceShareArn"), "status": "AVAILABLE" }));
    Ok(json!({ "resources": told.collect::<Vec<_>>() }))
}

/// The invitation of the caller's that a call names.
fn invited<'a>(lattice: &'a Lattice, call: &Call<'_>) -> Result<(&'a str, &'a Thing), Refusal> {
    let arn = call.text("resourceShareInvitationArn");
    let found = lattice.find(Kind::Invitation, arn).filter(|(_, it)| it.text("receiverAccountId") == call.account);
    found.ok_or_else(|| {
        refused(
            "ResourceShareInvitationArnNotFoundException",
            format!("ResourceShareInvitation {arn} could not be found."),
        )
    })
}

/// An invitation is accepted or rejected, once.
fn decide(lattice: &mut Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    let arn = call.text("resourceShareInvitationArn");
    let (key, status) = invited(lattice, call).map(|(key, it)| (key.to_owned(), it.text("status").to_owned()))?;
    match status.as_str() {
        "ACCEPTED" => {
            return Err(refused(
                "ResourceShareInvitationAlreadyAcceptedException",
                format!("ResourceShareInvitation {arn} is already accepted."),
            ));
        }
        "REJECTED" => {
            return Err(refused(
                "ResourceShareInvitationAlreadyRejectedException",
                format!("ResourceShareInvitation {arn} is already rejected."),
            ));
        }
        _ => {}
    }
    let becomes = if call.operation.name == "AcceptResourceShareInvitation" { "ACCEPTED" } else { "REJECTED" };
    if let Some(invitation) = lattice.things.get_mut(&key) {
        invitation.fields.insert("status".to_owned(), json!(becomes));
    }
    lattice.begin(call, &key, Phase::Updating);
    let told = lattice.things.get(&key).map(told).unwrap_or_default();
    Ok(json!({ "resourceShareInvitation": told }))
}
