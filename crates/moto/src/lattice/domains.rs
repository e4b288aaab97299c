//! Domain verifications: a TXT record in public DNS proves that the domain is the caller's.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::state::{Call, Kind, Lattice, Phase, conflict, quota};
use crate::refuse::Refusal;

/// As AWS gives a new account.
const IN_A_REGION: usize = 5;
/// AWS looks for the record again and again; how long after it is there nobody has measured.
const TAKES: SignedDuration = SignedDuration::from_secs(60);
/// AWS tells no number; certificates have this one.
const GIVEN_UP: SignedDuration = SignedDuration::from_hours(72);
/// Not told to anybody: since when the record is there.
const SEEN: &str = "_seen";

pub(crate) fn answer(lattice: &mut Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    let named = call.text("domainVerificationIdentifier");
    match call.operation.name.as_str() {
        "StartDomainVerification" => start(lattice, call),
        "ListDomainVerifications" => {
            let items: Vec<_> =
                lattice.all(Kind::Verification).filter(|it| it.owner == call.account).map(told).collect();
            Ok(json!({ "items": items }))
        }
        "GetDomainVerification" => Ok(told(&lattice.own(call, Kind::Verification, named)?.1)),
        _ => {
            let (key, _) = lattice.own(call, Kind::Verification, named)?;
            lattice.begin(call, &key, Phase::Deleting);
            Ok(json!({}))
        }
    }
}

fn start(lattice: &mut Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    if let Some(made) = lattice.replayed(call)? {
        return Ok(told(made));
    }
    let domain = call.text("domainName");
    let own = lattice.of_caller(call, Kind::Verification);
    if let Some(other) = own.iter().find(|it| it.text("domainName") == domain) {
        return Err(conflict(&format!("A domain verification for {domain} exists"), other));
    }
    if own.len() >= IN_A_REGION {
        return Err(quota("domain verification", "L-73D0F278", IN_A_REGION));
    }
    // What the record is called, and says, is AWS's affair: nobody may count on a form of it.
    let text = json!({ "name": format!("_{}.{domain}", aws::identifiers::random_hex(8)), "value": aws::identifiers::random_hex(32) });
    let fields = json!({ "domainName": domain, "status": "PENDING", "txtMethodConfig": text });
    let fields = fields.as_object().cloned().unwrap_or_default();
    Ok(told(lattice.make(call, Kind::Verification, fields, super::tags(call))))
}

fn told(thing: &super::state::Thing) -> Value {
    let mut told = thing.fields.clone();
    told.remove(SEEN);
    told.insert("tags".to_owned(), Value::Object(thing.tags.clone()));
    Value::Object(told)
}

/// Whether AWS looks for a record.
pub(crate) fn are_pending(lattice: &Lattice) -> bool {
    lattice.all(Kind::Verification).any(|it| it.text("status") == "PENDING")
}

/// What AWS finds when it looks for the records.
pub(crate) fn look(lattice: &mut Lattice, call: &Call<'_>) {
    let pending =
        lattice.things.values_mut().filter(|it| it.kind == Kind::Verification && it.text("status") == "PENDING");
    for thing in pending {
        let text = |name: &str| thing.fields["txtMethodConfig"][name].as_str().unwrap_or_default();
        let is_there = call.ground.texts.iter().any(|(name, value)| name == text("name") && value == text("value"));
        let time = |name: &str| thing.text(name).parse().unwrap_or(call.now);
        let started = time("createdAt");
        if is_there {
            let seen = time(SEEN);
            thing.fields.entry(SEEN).or_insert(json!(call.now.to_string()));
            if call.at_once || call.now >= seen + TAKES {
                thing.fields.insert("status".to_owned(), json!("VERIFIED"));
                thing.fields.insert("lastVerifiedTime".to_owned(), call.time());
            }
        } else if call.now >= started + GIVEN_UP {
            thing.fields.insert("status".to_owned(), json!("VERIFICATION_TIMED_OUT"));
        }
    }
}
