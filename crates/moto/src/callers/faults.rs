//! Calls that go wrong because a test says so: fault injection.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{operation::Operation, refuse::Refusal};

/// What goes wrong from now on; the default is nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Faults {
    /// How the calls fail that `operations` or `call` mean.
    kind: Option<Kind>,
    /// These fail, as the AWS CLI calls them: `iam:GetRole`.
    operations: Vec<String>,
    /// The call of this number fails, counted from 1.
    call: Option<usize>,
    /// So many of them fail; all of them, if nothing is said.
    times: Option<usize>,
    /// Every call after so many writes fails, as if the network were cut.
    writes: Option<usize>,
    /// The callers that are watched have no right to these actions, whatever their documents say.
    pub(crate) lacks: Vec<String>,
    /// Likewise, as AWS says why: "with an explicit deny in a service control policy".
    pub(crate) denies: BTreeMap<String, String>,
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Denied,
    Throttled,
    Broken,
}

impl Kind {
    /// How each service says so: AWS's own codes differ.
    pub(crate) fn refusal(self, service: &str, message: impl Into<String>) -> Refusal {
        let (status, code) = match (self, service) {
            (Self::Denied, _) => return Refusal::denied(service, message),
            (Self::Throttled, "ec2") => (400, "RequestLimitExceeded"),
            (Self::Throttled, "lambda" | "cognito-idp") => (400, "TooManyRequestsException"),
            (Self::Throttled, "ssm" | "events" | "logs") => (400, "ThrottlingException"),
            (Self::Throttled, "s3") => (503, "SlowDown"),
            (Self::Throttled, _) => (400, "Throttling"),
            (Self::Broken, "ec2" | "s3") => (500, "InternalError"),
            (Self::Broken, "lambda") => (500, "ServiceException"),
            (Self::Broken, "cognito-idp") => (500, "InternalErrorException"),
            (Self::Broken, "logs") => (500, "ServiceUnavailableException"),
            (Self::Broken, _) => (500, "InternalFailure"),
        };
        Refusal::new(status, code, message)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Broken => "broken",
        }
    }
}

impl Faults {
    /// Whether this call fails: the `number`-th since this was said, after so many writes, itself counted.
    pub(crate) fn strike(&mut self, operation: &Operation, number: usize, writes: usize) -> Option<Refusal> {
        let (name, service) = (operation.full_name(), operation.service.as_str());
        if let Some(kind) = self.kind
            && (self.operations.contains(&name) || self.call == Some(number))
            && self.times != Some(0)
        {
            self.times = self.times.map(|left| left - 1);
            return Some(kind.refusal(service, format!("{}: {name}", kind.name())));
        }
        let is_cut = self.writes.is_some_and(|let_through| writes > let_through);
        is_cut.then(|| Kind::Broken.refusal(service, "An internal error has occurred"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::operation::call;

    fn faults(text: Value) -> Faults {
        serde_json::from_value(text).expect("faults")
    }

    #[test]
    fn named_operations_fail_so_often() {
        let mut twice = faults(json!({ "operations": ["iam:GetRole"], "kind": "throttled", "times": 2 }));
        let mut strike = |name: &str| twice.strike(&call(name, json!({})), 1, 0).map(|refusal| refusal.code);
        assert_eq!(strike("iam:ListRoles"), None);
        assert_eq!(strike("iam:GetRole"), Some("Throttling"));
        assert_eq!(strike("iam:GetRole"), Some("Throttling"));
        assert_eq!(strike("iam:GetRole"), None);
    }

    #[test]
    fn the_call_of_a_number_fails() {
        let mut third = faults(json!({ "call": 3, "kind": "denied" }));
        let failed: Vec<_> =
            (1..=4).filter(|number| third.strike(&call("ec2:CreateTags", json!({})), *number, 0).is_some()).collect();
        assert_eq!(failed, [3]);
    }

    #[test]
    fn after_so_many_writes_the_network_is_cut() {
        let mut cut = faults(json!({ "writes": 1 }));
        let mut strike =
            |writes: usize| cut.strike(&call("lambda:GetFunction", json!({})), 9, writes).map(|refusal| refusal.status);
        assert_eq!([strike(0), strike(1), strike(2)], [None, None, Some(500)]);
    }

    #[test]
    fn nothing_else_can_be_said() {
        for wrong in [json!({ "operation": "iam:GetRole" }), json!({ "kind": "slow" }), json!({ "call": "one" })] {
            assert!(serde_json::from_value::<Faults>(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
