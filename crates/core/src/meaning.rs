//! What AWS's error codes mean, in one table. Sources: EC2's list of error codes and the Terraform provider (fact 4.17).

use serde::Serialize;

use crate::error::CallError;

/// What an error means for what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// It is already so: success.
    Already,
    /// Another subnet of that availability zone is associated. Success only if the wanted subnet itself is then
    /// listed, else the settings name two subnets of one zone.
    ZoneTaken,
    /// The subnet is not associated far enough: a later step tries again.
    NotYet,
    /// What should be changed is no longer there: success when it was to go.
    Gone,
    /// AWS has no time now: a later step tries again.
    Throttled,
    /// AWS will not do it in the present state.
    Refused,
    /// The function's role lacks a permission.
    Forbidden,
    /// The settings do not fit what is there, or a quota is reached: only an administrator can help.
    Misconfigured,
    /// AWS gave no answer, or failed inside: a later step tries again.
    Unavailable,
    /// A code this version does not know.
    Unknown,
}

/// Reads an error. A pure function of AWS's code: messages are for people.
#[must_use]
pub fn meaning(error: &CallError) -> Meaning {
    error.code.as_deref().map_or(Meaning::Unavailable, meaning_of)
}

/// The same of the code alone.
#[must_use]
pub fn meaning_of(code: &str) -> Meaning {
    match code {
        // The suffix "Exception" is documented; code in the field matches without it.
        _ if code.starts_with("InvalidClientVpnDuplicateAssociation") => Meaning::Already,
        "ClientVpnEndpointAssociationExists"
        | "InvalidClientVpnDuplicateRoute"
        | "InvalidClientVpnDuplicateAuthorizationRule" => Meaning::Already,
        "InvalidClientVpnSubnetId.DuplicateAz" => Meaning::ZoneTaken,
        "InvalidClientVpnActiveAssociationNotFound" => Meaning::NotYet,
        // Documented without the point, and seen with it.
        "InvalidClientVpnAssociationIdNotFound"
        | "InvalidClientVpnAssociationId.NotFound"
        | "InvalidClientVpnRouteNotFound"
        | "InvalidClientVpnRoute.NotFound"
        | "InvalidClientVpnEndpointAuthorizationRuleNotFound"
        | "InvalidClientVpnEndpointAuthorizationRule.NotFound"
        | "InvalidClientVpnConnection.IdNotFound"
        | "InvalidClientVpnConnection.UserNotFound" => Meaning::Gone,
        "RequestLimitExceeded"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "ConcurrentMutationLimitExceeded" => Meaning::Throttled,
        "IncorrectState" | "IdempotentParameterMismatch" | "DryRunOperation" => Meaning::Refused,
        "UnauthorizedOperation"
        | "AccessDenied"
        | "AccessDeniedException"
        | "AuthFailure"
        | "OptInRequired"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "MissingAuthenticationToken" => Meaning::Forbidden,
        "InvalidClientVpnEndpointId.NotFound"
        | "InvalidClientVpnEndpointIdNotFound"
        | "InvalidClientVpnSubnetId.NotFound"
        | "InvalidClientVpnSubnetId.DifferentAccount"
        | "InvalidClientVpnSubnetId.OverlappingCidr"
        | "InvalidClientVpnSubnetId.DifferentVpc"
        | "InvalidSubnetID.NotFound"
        | "InvalidParameterValue"
        | "InvalidParameterCombination"
        | "MissingParameter"
        | "ClientVpnEndpointLimitExceeded"
        | "ClientVpnRouteLimitExceeded"
        | "ClientVpnAuthorizationRuleLimitExceeded"
        | "ClientVpnCertificateRevocationListLimitExceeded"
        | "ClientVpnTerminateConnectionsLimitExceeded"
        | "TagLimitExceeded" => Meaning::Misconfigured,
        "InternalError" | "InternalFailure" | "ServiceUnavailable" | "Unavailable" => Meaning::Unavailable,
        _ => Meaning::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: Option<&str>) -> Meaning {
        meaning(&CallError {
            operation: "Any",
            code: code.map(str::to_owned),
            message: String::new(),
            request_id: None,
        })
    }

    /// Every code of facts 4.17, and what the plan's tables say of it.
    #[test]
    fn every_code_of_the_facts_has_its_meaning() {
        for (meaning, codes) in [
            (
                Meaning::Already,
                &[
                    "InvalidClientVpnDuplicateAssociationException",
                    "InvalidClientVpnDuplicateAssociation",
                    "ClientVpnEndpointAssociationExists",
                    "InvalidClientVpnDuplicateRoute",
                    "InvalidClientVpnDuplicateAuthorizationRule",
                ][..],
            ),
            (Meaning::ZoneTaken, &["InvalidClientVpnSubnetId.DuplicateAz"]),
            (Meaning::NotYet, &["InvalidClientVpnActiveAssociationNotFound"]),
            (
                Meaning::Gone,
                &[
                    "InvalidClientVpnAssociationIdNotFound",
                    "InvalidClientVpnAssociationId.NotFound",
                    "InvalidClientVpnRouteNotFound",
                    "InvalidClientVpnRoute.NotFound",
                    "InvalidClientVpnEndpointAuthorizationRule.NotFound",
                    "InvalidClientVpnConnection.IdNotFound",
                    "InvalidClientVpnConnection.UserNotFound",
                    "InvalidClientVpnEndpointAuthorizationRuleNotFound",
                ],
            ),
            (Meaning::Throttled, &["RequestLimitExceeded", "ConcurrentMutationLimitExceeded"]),
            (Meaning::Refused, &["IncorrectState", "IdempotentParameterMismatch", "DryRunOperation"]),
            (Meaning::Forbidden, &["UnauthorizedOperation"]),
            (
                Meaning::Misconfigured,
                &[
                    "InvalidClientVpnEndpointId.NotFound",
                    "InvalidClientVpnEndpointIdNotFound",
                    "InvalidClientVpnSubnetId.NotFound",
                    "InvalidClientVpnSubnetId.DifferentAccount",
                    "InvalidClientVpnSubnetId.OverlappingCidr",
                    "InvalidSubnetID.NotFound",
                    "ClientVpnEndpointLimitExceeded",
                    "ClientVpnRouteLimitExceeded",
                    "ClientVpnAuthorizationRuleLimitExceeded",
                    "ClientVpnCertificateRevocationListLimitExceeded",
                    "ClientVpnTerminateConnectionsLimitExceeded",
                ],
            ),
            (Meaning::Unavailable, &["InternalError", "Unavailable"]),
            (Meaning::Unknown, &["NeverHeardOf", ""]),
        ] {
            for code in codes {
                assert_eq!(of(Some(code)), meaning, "{code}");
            }
        }
        assert_eq!(of(None), Meaning::Unavailable);
    }
}
