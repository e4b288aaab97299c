//! What stands upstream, as one [`Deployment`]. Each part fetches and then reads: the reading knows no network.

mod certificates;
mod functions;
mod listener;
mod network;
mod roles;
mod sign_in;
mod watch;

use std::collections::{BTreeMap, BTreeSet};

use aws::deployment::{Deployment, Endpoint};
use serde_json::Value;

use local::this_computer;

use crate::{
    client::{Client, Failed},
    memory::{Addresses, Memory},
};

pub use certificates::{certificates, named_certificates};
pub use network::endpoint;
pub use roles::{boundary, role};

/// What was read, and what of it is not emulated.
#[derive(Debug)]
pub struct Found {
    pub deployment: Deployment,
    /// What could not be read as something that is emulated here, in sentences.
    pub remarks: Vec<String>,
}

/// Reads everything. The endpoint is this program's own.
///
/// # Errors
/// What the upstream refuses.
pub async fn everything(
    client: &Client,
    memory: &Memory,
    addresses: &Addresses,
    mut endpoint: Endpoint,
) -> Result<Found, Failed> {
    let mut remarks = Vec::new();
    endpoint.subnets = network::subnets(client).await?;
    endpoint.vpcs = network::vpcs(client).await?;
    let mut deployment = this_computer::nothing_but(endpoint);
    deployment.functions = functions::all(client, memory, addresses, &deployment).await?;
    let names: BTreeSet<String> = deployment.functions.values().map(|function| function.role.clone()).collect();
    for name in names {
        if let Some(role) = role(client, &name).await? {
            deployment.roles.insert(name, role);
        }
    }
    deployment.target_groups = listener::target_groups(client).await?;
    let listeners = listener::all(client, &mut remarks).await?;
    deployment.http_listener = listeners.http;
    deployment.listener = listeners.https;
    deployment.user_pool = sign_in::fill(client, memory, &mut deployment.listener, listeners.asked).await?;
    deployment.alarms = watch::alarms(client).await?;
    deployment.schedules = watch::schedules(client, &mut remarks).await?;
    deployment.topics = watch::topics(client).await?;
    deployment.log_groups = Some(watch::log_groups(client).await?);
    Ok(Found { deployment, remarks })
}

/// A list, empty where there is none.
pub(crate) fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

pub(crate) fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value, name: &str) -> Vec<String> {
    list(value, name).filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

/// A policy document, which some APIs encode for URLs.
fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| {
        let decoded = text.replace('+', "%2B");
        let decoded = form_urlencoded::parse(decoded.as_bytes()).next().map(|(key, _)| key.into_owned());
        // What is no JSON is a document that nobody can evaluate, and so allows nothing.
        decoded.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_else(|| Value::String(text.to_owned()))
    })
}

/// Key and value of the lists that AWS writes attributes as.
fn attributes(value: &Value, name: &str) -> BTreeMap<String, String> {
    list(value, name).map(|attribute| (text(attribute, "Key"), text(attribute, "Value"))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::document;

    #[test]
    fn documents_come_plain_or_encoded() {
        let plain = r#"{"Statement": [{"Action": "a:B", "Resource": "*+x"}]}"#;
        let encoded: String = form_urlencoded::byte_serialize(plain.as_bytes()).collect::<String>().replace('+', "%20");
        let expected = json!({ "Statement": [{ "Action": "a:B", "Resource": "*+x" }] });
        assert_eq!(document(plain), expected);
        assert_eq!(document(&encoded), expected);
        assert_eq!(document("no policy"), json!("no policy"));
    }
}
