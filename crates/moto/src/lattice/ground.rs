//! What stands upstream and matters here: subnets, security groups, what a VPC has switched on, TXT records. It is given.

use std::collections::BTreeMap;

use serde_json::Value;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Subnet {
    pub vpc: String,
    pub zone: String,
    pub free: u64,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Ground {
    /// By their ids.
    pub subnets: BTreeMap<String, Subnet>,
    /// The VPC of each security group.
    pub groups: BTreeMap<String, String>,
    /// The VPCs that resolve names, and give them to what is in them.
    pub with_names: Vec<String>,
    pub vpcs: Vec<String>,
    /// The TXT records of public zones, names without the last dot.
    pub texts: Vec<(String, String)>,
}

/// The values of a list in a form, like `SubnetId.1`.
pub(crate) fn numbered(fields: &Value, name: &str) -> Vec<String> {
    let value = |number: usize| fields[format!("{name}.{number}")].as_str().map(ToOwned::to_owned);
    (1..).map_while(value).collect()
}
