//! NAT gateways take AWS a minute to be made, and another one to be gone; moto has both at once.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::delays::Kind;
use crate::operation::Operation;

const ID: &str = "<natGatewayId>";

/// What a call begins: the gateway is in its answer, or was named.
pub fn begun(operation: &Operation, answer: &[u8]) -> Option<(Kind, String)> {
    let text = String::from_utf8_lossy(answer);
    match operation.full_name().as_str() {
        "ec2:CreateNatGateway" => Some((Kind::NatPending, ids(&text).next()?.to_owned())),
        "ec2:DeleteNatGateway" => Some((Kind::NatDeleting, operation.text("NatGatewayId").to_owned())),
        _ => None,
    }
}

fn ids(answer: &str) -> impl Iterator<Item = &str> {
    answer.split(ID).skip(1).filter_map(|rest| rest.split('<').next())
}

/// A list of them with their states as AWS has them; the state stands behind the id.
pub fn told(delayed: &BTreeMap<(Kind, String), Timestamp>, answer: &str, now: Timestamp) -> String {
    let mut parts = answer.split(ID);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |told, part| {
        let id = part.split('<').next().unwrap_or_default();
        let is = |kind: Kind| delayed.get(&(kind, id.to_owned())).is_some_and(|until| now < *until);
        let part = if is(Kind::NatDeleting) {
            part.replacen("<state>deleted</state>", "<state>deleting</state>", 1)
        } else if is(Kind::NatPending) {
            part.replacen("<state>available</state>", "<state>pending</state>", 1)
        } else {
            part.to_owned()
        };
        format!("{told}{ID}{part}")
    })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;
    use crate::{aws_like::delays::until, operation::call};

    #[test]
    fn each_has_its_own_state() {
        let now: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
        let made = begun(&call("ec2:CreateNatGateway", json!({})), b"<natGatewayId>nat-1</natGatewayId>").unwrap();
        let gone = begun(&call("ec2:DeleteNatGateway", json!({ "NatGatewayId": "nat-2" })), b"").unwrap();
        let delayed: BTreeMap<_, _> = [made, gone].map(|it| (it.clone(), until(it.0, now))).into();
        let one =
            |id: &str, state: &str| format!("<item><natGatewayId>{id}</natGatewayId><state>{state}</state></item>");
        let upstream = [one("nat-1", "available"), one("nat-2", "deleted"), one("nat-3", "available")].concat();
        let meanwhile = [one("nat-1", "pending"), one("nat-2", "deleting"), one("nat-3", "available")].concat();
        assert_eq!(told(&delayed, &upstream, now), meanwhile);
        assert_eq!(told(&delayed, &upstream, now + SignedDuration::from_secs(60)), upstream);
        assert!(begun(&call("ec2:DescribeNatGateways", json!({})), b"").is_none());
    }
}
