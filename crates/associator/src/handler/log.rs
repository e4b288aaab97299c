//! What the log tells of a request on which something is wrong.

use vpn_core::model::{AssociationState, Snapshot};

use crate::problem::Problem;

/// The line that a person's reference leads to.
pub(super) fn problem(reference: &str, problem: Option<&Problem>) {
    let Some(problem) = problem else {
        return;
    };
    let error = problem.error.as_ref();
    tracing::warn!(
        reference,
        problem = problem.kind.word(),
        aws.operation = error.map(|error| error.operation),
        aws.code = error.and_then(|error| error.code.as_deref()),
        aws.message = error.map(|error| error.message.as_str()),
        aws.request_id = error.and_then(|error| error.request_id.as_deref()),
        "the page says that something is wrong"
    );
}

/// AWS's words on what failed stand in the log only.
pub(super) fn failures(snapshot: &Snapshot, reference: &str) {
    for association in &snapshot.associations {
        if association.state == AssociationState::AssociationFailed {
            tracing::warn!(
                reference,
                association.id = %association.id,
                subnet.id = association.subnet,
                aws.message = association.message,
                "AWS could not associate a subnet"
            );
        }
    }
}
