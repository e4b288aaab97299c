//! The answer: `statusCode`, and a `body` that is a JSON string, as the articles this project started from have it.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use vpn_core::{
    Error,
    apply::{Applied, Failure, is_only_later},
    error::CallError,
    meaning::Meaning,
    model::EndpointId,
    plan::{ADMIN_KEEP_LIMIT, Change, Held, HeldBy, Verdict},
};

/// The function behind the page: without it nobody turns the VPN on.
const ASSOCIATOR: &str = "AWSClientVPN-AssociatingSubnets";

/// What the function answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// 200; 404 when nothing is associated; 409 when what an administrator orders cannot be.
    #[serde(rename = "statusCode")]
    pub status_code: u16,
    /// A JSON document as a string.
    pub body: String,
}

impl Answer {
    fn new(status_code: u16, body: &Value) -> Self {
        Self { status_code, body: body.to_string() }
    }

    /// The event asked for nothing.
    #[must_use]
    pub fn nothing_to_do(why: &str) -> Self {
        Self::new(200, &json!({ "Message": format!("Nothing to do: {why}.") }))
    }

    /// AWS had no time even to look, or to write down what must stand first: no association was changed.
    #[must_use]
    pub fn too_busy(error: &CallError) -> Self {
        let message = "AWS throttles the calls; nothing was turned on or off, and the next run goes on.";
        Self::new(200, &json!({ "Message": message, "Error": error.to_string() }))
    }

    #[must_use]
    pub fn nothing_associated(endpoint: &EndpointId) -> Self {
        Self::new(
            404,
            &json!({ "Message": "Nothing is associated with the endpoint.", "ClientVpnEndpointId": endpoint }),
        )
    }

    /// Everything that was associated goes.
    ///
    /// That AWS has no room now is a failure only where `comes_again` is false: nobody goes on with what an administrator
    /// forces.
    ///
    /// # Errors
    /// [`Error::Incomplete`] with the same body, where an association could not be disassociated.
    pub fn turned_off(applied: &[Applied], comes_again: bool) -> Result<Self, Error> {
        let no_room = comes_again && applied.iter().any(has_no_room);
        let incomplete = applied.iter().filter(|one| !(comes_again && has_no_room(one))).any(is_failure);
        let message = match (incomplete, no_room) {
            (true, _) => "Not every subnet could be disassociated; the next run goes on.",
            (false, true) => "AWS has no room for every disassociation now; the next run goes on.",
            (false, false) => "Every associated subnet is being disassociated.",
        };
        let body = json!({ "Message": message, "Results": applied.iter().map(result).collect::<Vec<_>>() });
        match incomplete {
            true => Err(Error::Incomplete(body.to_string())),
            false => Ok(Self::new(200, &body)),
        }
    }

    /// The same answer to an administrator who closed it: until when, and what that is worth.
    #[must_use]
    pub fn closed(self, until: Timestamp) -> Self {
        let mut body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["Closed"] = closing(until);
        Self { body: body.to_string(), ..self }
    }

    /// An administrator turns it on: what was begun now.
    ///
    /// # Errors
    /// [`Error::Unfinished`] with the same body, where AWS did not take one of the changes.
    pub fn turning_on(applied: &[Applied]) -> Result<Self, Error> {
        let message = match applied.is_empty() {
            true => "Everything is on, or on its way.",
            false => "The VPN is being turned on.",
        };
        let body = json!({ "Message": message, "Changes": applied.iter().map(change).collect::<Vec<_>>() });
        match applied.iter().any(is_failure) {
            true => Err(Error::Unfinished(body.to_string())),
            false => Ok(Self::new(200, &body)),
        }
    }

    /// An administrator opens it.
    #[must_use]
    pub fn open(it_was: bool) -> Self {
        let message = if it_was { "The VPN was not closed." } else { "The VPN is open: people can turn it on again." };
        Self::new(200, &json!({ "Message": message }))
    }

    /// An administrator keeps it on.
    #[must_use]
    pub fn kept(until: Timestamp) -> Self {
        let message = format!("The VPN stays on until {until} at least.");
        Self::new(200, &json!({ "Message": message, "Kept": { "Until": until } }))
    }

    /// What an administrator orders cannot be.
    #[must_use]
    pub fn refused(why: &Verdict) -> Self {
        let why = match why {
            Verdict::Closed { until } => format!("an administrator closed the VPN until {until}; open it first"),
            Verdict::NotOn => "the VPN is off, and only one that is on can be kept on; turn it on first".to_owned(),
            Verdict::KeepOutOfRange => {
                let days = ADMIN_KEEP_LIMIT.as_hours() / 24;
                format!("an administrator may keep the VPN on for a minute at least, and for {days} days at most")
            }
            _ => "the endpoint is being deleted".to_owned(),
        };
        Self::new(409, &json!({ "Message": format!("Nothing was changed: {why}.") }))
    }

    /// The VPN stays on, and what is wanted was gone on with.
    ///
    /// # Errors
    /// [`Error::Unfinished`] with the same body, where AWS did not take one of the changes.
    pub fn held_back(held: &Held, applied: &[Applied]) -> Result<Self, Error> {
        let by = match held.by {
            HeldBy::Connections(connections) => json!({ "By": "connections", "Connections": connections }),
            HeldBy::Keep => json!({ "By": "keep", "Until": held.until }),
            HeldBy::RecentUse => json!({ "By": "recent-use", "Until": held.until }),
        };
        let mut body = json!({ "Message": "The VPN stays on.", "HeldBack": by });
        if !applied.is_empty() {
            body["Changes"] = applied.iter().map(change).collect();
        }
        match applied.iter().any(is_failure) {
            true => Err(Error::Unfinished(body.to_string())),
            false => Ok(Self::new(200, &body)),
        }
    }
}

/// Whether something that should have happened did not, so that the invocation must fail: Lambda retries it and the
/// administrator is told.
#[must_use]
pub fn is_failure(applied: &Applied) -> bool {
    let Err(failure) = &applied.result else {
        return false;
    };
    match (&applied.change, failure) {
        (Change::Disassociate { may_be_refused, .. }, Failure::Call(_, Meaning::Refused | Meaning::NotYet)) => {
            !may_be_refused
        }
        (change, failure) => !is_only_later(change, failure),
    }
}

fn has_no_room(applied: &Applied) -> bool {
    matches!(applied.result, Err(Failure::Call(_, Meaning::Throttled)))
}

fn result(applied: &Applied) -> Value {
    let Change::Disassociate { association, .. } = &applied.change else {
        return change(applied);
    };
    match &applied.result {
        Ok(accepted) => {
            let code = accepted.state.as_deref().unwrap_or("disassociating");
            json!({ "AssociationId": association, "Status": { "Code": code } })
        }
        Err(failure) => json!({ "AssociationId": association, "Error": words(failure) }),
    }
}

fn closing(until: Timestamp) -> Value {
    json!({
        "Until": until,
        "ForGood": format!(
            "A tag of the endpoint says so: whoever removes it, as terraform apply does without ignore_tags, opens the VPN \
             again. To close for good: aws lambda put-function-concurrency --function-name {ASSOCIATOR} \
             --reserved-concurrent-executions 0; to open: aws lambda delete-function-concurrency --function-name {ASSOCIATOR}"
        ),
    })
}

fn change(applied: &Applied) -> Value {
    match &applied.result {
        Ok(_) => json!({ "Change": applied.change.to_string() }),
        Err(failure) => json!({ "Change": applied.change.to_string(), "Error": words(failure) }),
    }
}

fn words(failure: &Failure) -> String {
    match failure {
        Failure::Call(error, _) => error.to_string(),
        Failure::OutOfTime => "there was no time left to start it; the next run goes on".to_owned(),
        Failure::NoRoom => "AWS has no room for it now; the next run goes on".to_owned(),
    }
}
