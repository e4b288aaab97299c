//! Everything about the emulated service that can be set, with defaults from AWS's documentation.

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// What can be changed at any time, also while something is under way: it counts for what begins afterwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long things take.
    pub delays: Delays,
    /// Quotas, throttling, sizes of pages.
    pub limits: Limits,
    /// Where AWS's behaviour is uncertain: which way it goes.
    pub quirks: Quirks,
}

/// Nothing takes longer here. What takes longer than that is a mistake, and further times could not be computed with.
pub const LONGEST_DELAY: SignedDuration = SignedDuration::from_hours(31 * 24);

/// A time that something takes: from none to [`LONGEST_DELAY`].
pub(super) fn delay<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SignedDuration, D::Error> {
    let delay = SignedDuration::deserialize(deserializer)?;
    if (SignedDuration::ZERO..=LONGEST_DELAY).contains(&delay) {
        return Ok(delay);
    }
    Err(D::Error::custom(format!("{delay:#} is no time that AWS takes: expected 0s to 31 days, like 90s, 5m or 2h")))
}

/// The same, or none.
fn optional_delay<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SignedDuration>, D::Error> {
    #[derive(Deserialize)]
    struct Delay(#[serde(deserialize_with = "delay")] SignedDuration);
    Ok(Option::<Delay>::deserialize(deserializer)?.map(|Delay(delay)| delay))
}

/// Calls at once, or a second: a number that one can count with.
fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let rate = f64::deserialize(deserializer)?;
    if (0.0..=MOST_CALLS).contains(&rate) {
        return Ok(rate);
    }
    Err(D::Error::custom(format!("{rate} is no number of calls: expected 0 to {MOST_CALLS}")))
}

const MOST_CALLS: f64 = 1_000_000.0;

/// How long things take, in the emulated world's time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delays {
    /// `associating` to `associated`: 5 minutes. AWS publishes no number; 2 to 10 minutes are seen (fact 4.13).
    #[serde(deserialize_with = "delay")]
    pub associate: SignedDuration,
    /// `disassociating` to `disassociated`: 5 minutes (fact 4.13).
    #[serde(deserialize_with = "delay")]
    pub disassociate: SignedDuration,
    /// How long a `disassociated` association stays listed: 1 minute. Uncertain: AWS lists the state (fact 4.2) but
    /// says nothing about how long.
    #[serde(deserialize_with = "delay")]
    pub disassociated_listed: SignedDuration,
    /// A route's `creating` to `active`, counted from when its subnet is associated: 2 minutes; 90 to 150 seconds are seen,
    /// and up to three minutes (fact 11.10).
    #[serde(deserialize_with = "delay")]
    pub create_route: SignedDuration,
    /// A route's `deleting` until it is gone: 2 minutes, as making one. Uncertain: nobody says.
    #[serde(deserialize_with = "delay")]
    pub delete_route: SignedDuration,
    /// An authorization rule's `authorizing` to `active`, and its `revoking` until it is gone: 30 seconds. Uncertain: it is
    /// seen to take up to more than a minute.
    #[serde(deserialize_with = "delay")]
    pub authorize: SignedDuration,
    /// A connection's `terminating` to `terminated`: 5 seconds. Uncertain: AWS says nothing.
    #[serde(deserialize_with = "delay")]
    pub terminate_connection: SignedDuration,
    /// An endpoint's `deleting` until it is gone: 1 minute. Uncertain: nobody says.
    #[serde(deserialize_with = "delay")]
    pub delete_endpoint: SignedDuration,
    /// A revocation list's `pending` to `active`: 10 seconds. On AWS a change counts within up
    /// to four hours (fact 7.17).
    #[serde(deserialize_with = "delay")]
    pub import_list: SignedDuration,
    /// How far what is described lags behind what was done: nothing. On AWS it may lag (fact 4.15).
    #[serde(deserialize_with = "delay")]
    pub lag: SignedDuration,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            associate: SignedDuration::from_mins(5),
            disassociate: SignedDuration::from_mins(5),
            disassociated_listed: SignedDuration::from_mins(1),
            create_route: SignedDuration::from_secs(120),
            delete_route: SignedDuration::from_secs(120),
            authorize: SignedDuration::from_secs(30),
            terminate_connection: SignedDuration::from_secs(5),
            delete_endpoint: SignedDuration::from_mins(1),
            import_list: SignedDuration::from_secs(10),
            lag: SignedDuration::ZERO,
        }
    }
}

/// Quotas, throttling, sizes of pages.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Endpoints in a region: 5 (fact 7.3).
    pub endpoints: usize,
    /// Changes under way at an endpoint at once: 10 (fact 4.15).
    pub concurrent_changes: usize,
    /// Routes per associated subnet, the automatic one included: 100 (fact 7.3).
    pub routes_per_association: usize,
    /// Authorization rules of an endpoint: 200 (fact 7.3).
    pub rules: usize,
    /// Entries of a revocation list: 20,000 (fact 7.3).
    pub revoked: usize,
    /// Connections that one call may terminate: 1,000. Uncertain: the error exists, its number is unpublished.
    pub terminated_at_once: usize,
    /// Tags on one resource: 50.
    pub tags: usize,
    /// Items of a page at most, also when the caller asks for more: 1,000. AWS may give fewer than asked for.
    pub page: usize,
    /// Whether calls are throttled at all.
    pub throttle: bool,
    /// `Describe…`: 100 at once, 20 a second (fact 4.16).
    pub describe: Bucket,
    /// Changes without a bucket of their own: 50 at once, 5 a second (fact 4.16).
    pub change: Bucket,
    /// Routes and authorization rules that are made or removed: 5 at once, 2 a second, each of the four actions for itself
    /// (fact 4.16).
    pub route: Bucket,
    /// `CreateTags` and `DeleteTags`: 100 at once, 10 a second (fact 4.16).
    pub tag: Bucket,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            endpoints: 5,
            concurrent_changes: 10,
            routes_per_association: 100,
            rules: 200,
            revoked: 20_000,
            terminated_at_once: 1_000,
            tags: 50,
            page: 1_000,
            throttle: true,
            describe: Bucket { burst: 100.0, per_second: 20.0 },
            change: Bucket { burst: 50.0, per_second: 5.0 },
            route: Bucket { burst: 5.0, per_second: 2.0 },
            tag: Bucket { burst: 100.0, per_second: 10.0 },
        }
    }
}

/// A token bucket; every action has its own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Calls at once.
    #[serde(deserialize_with = "rate")]
    pub burst: f64,
    /// Calls that come back per second of the emulated world.
    #[serde(deserialize_with = "rate")]
    pub per_second: f64,
}

/// Where AWS's behaviour is uncertain: which way it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quirks {
    /// What a second association of a subnet is called (fact 4.17).
    pub duplicate_association: DuplicateAssociation,
    /// From when on routes are accepted for a subnet that is still `associating`, counted from the beginning: at once by
    /// default. AWS's message forbids it, and functions in use live by its working (fact 4.12). `None` refuses them until it
    /// is `associated`.
    #[serde(deserialize_with = "optional_delay")]
    pub routes_while_associating: Option<SignedDuration>,
    /// Whether disassociating an association that is `associating` answers `IncorrectState`; by default it works.
    pub refuse_disassociate_while_associating: bool,
    /// Whether `DescribeClientVpnTargetNetworks` ignores `AssociationIds`, as it once did (fact 4.6).
    pub ignore_association_ids: bool,
    /// Whether a revocation list cannot be imported, and the clients' configuration not be exported, while no subnet is
    /// associated; by default both work. AWS documents the code (fact 4.17) and not of which actions it is.
    pub refuse_while_pending_associate: bool,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            duplicate_association: DuplicateAssociation::default(),
            routes_while_associating: Some(SignedDuration::ZERO),
            refuse_disassociate_while_associating: false,
            ignore_association_ids: false,
            refuse_while_pending_associate: false,
        }
    }
}

/// The two spellings of one error, both in AWS's list of codes (fact 4.17).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DuplicateAssociation {
    /// The longer one.
    #[default]
    InvalidClientVpnDuplicateAssociationException,
    /// The other one.
    ClientVpnEndpointAssociationExists,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Delays, Settings};
    use crate::ec2::Fault;

    fn refused(settings: Value) -> String {
        serde_json::from_value::<Settings>(settings).expect_err("absurd").to_string()
    }

    #[test]
    fn times_that_nobody_can_count_with_are_refused() {
        let Value::Object(delays) = serde_json::to_value(Delays::default()).expect("JSON") else {
            panic!("delays are an object")
        };
        for name in delays.keys() {
            for absurd in ["1000000000h", "745h", "-1s"] {
                let error = refused(json!({ "delays": { name: absurd } }));
                assert!(error.contains("expected 0s to 31 days"), "{name} {absurd}: {error}");
            }
            serde_json::from_value::<Settings>(json!({ "delays": { name: "744h" } })).expect("a month is taken");
        }
        refused(json!({ "quirks": { "routes_while_associating": "-1s" } }));
        refused(json!({ "limits": { "change": { "burst": -1.0, "per_second": 1.0 } } }));
        refused(json!({ "limits": { "change": { "burst": 1.0, "per_second": 1e300 } } }));
        let takes = |duration| json!({ "action": "*", "effect": "takes", "duration": duration });
        serde_json::from_value::<Fault>(takes("1000000000h")).expect_err("so may no fault take");
        serde_json::from_value::<Fault>(takes("2h")).expect("two hours are taken");
    }
}
