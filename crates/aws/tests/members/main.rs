//! Every member of the inputs of what is emulated, as AWS's models have them (`members.json`, which `infra/tests/members.py`
//! writes and `infra/tests/run.sh` compares with the models): each is in the tables with its limits, and is read, kept to
//! its limits, or refused with a code of AWS.

mod cloudwatch;
mod ec2;

use std::collections::BTreeMap;

use serde_json::Value;

type Members = BTreeMap<String, Value>;

/// What the model says of the operations of a service.
fn modelled(service: &str) -> BTreeMap<String, Members> {
    let all: Value = serde_json::from_str(include_str!("../members.json")).expect("the file is JSON");
    serde_json::from_value(all[service].clone()).expect("members of operations")
}
