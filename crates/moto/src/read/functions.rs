//! Lambda: functions with their versions and aliases, each with its policy and what happens to its events.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use aws::deployment::{Deployment, EventInvoke, Function, Logging};
use serde_json::Value;

use super::{list, text};
use crate::{
    client::{Client, Failed, if_there},
    memory::{Addresses, Memory},
    missing_fields,
};

const FUNCTIONS: &str = "/2015-03-31/functions";
const EVENT_INVOKE: &str = "/2019-09-25/functions";
const ABSENT: [&str; 1] = ["ResourceNotFoundException"];

/// Every function under its name, and each version and alias under `NAME:QUALIFIER`.
pub(super) async fn all(
    client: &Client,
    memory: &Memory,
    addresses: &Addresses,
    deployment: &Deployment,
) -> Result<BTreeMap<String, Function>, Failed> {
    let mut functions = BTreeMap::new();
    let answer = client.get("lambda", &format!("{FUNCTIONS}/")).await?;
    for configuration in list(&answer, "Functions") {
        let name = text(configuration, "FunctionName");
        let read = |configuration: &Value| {
            let mut function = function(configuration, addresses, deployment);
            function.logging = logging(&missing_fields::logging(memory, &name, &function.version));
            place(&mut function, memory, &text(configuration, "CodeSha256"));
            function
        };
        let mut versions = BTreeMap::from([("$LATEST".to_owned(), read(configuration))]);
        let answer = client.get("lambda", &format!("{FUNCTIONS}/{name}/versions")).await?;
        for configuration in list(&answer, "Versions").filter(|version| version["Version"] != "$LATEST") {
            versions.insert(text(configuration, "Version"), read(configuration));
        }
        let answer = client.get("lambda", &format!("{FUNCTIONS}/{name}/aliases")).await?;
        let aliases: Vec<_> =
            list(&answer, "Aliases").map(|it| (text(it, "Name"), text(it, "FunctionVersion"))).collect();
        for (alias, version) in aliases {
            if let Some(function) = versions.get(&version).cloned() {
                versions.insert(alias, function);
            }
        }
        for (qualifier, mut function) in versions {
            let key = if qualifier == "$LATEST" { name.clone() } else { format!("{name}:{qualifier}") };
            let query = if qualifier == "$LATEST" { String::new() } else { format!("?Qualifier={qualifier}") };
            let policy = client.get("lambda", &format!("{FUNCTIONS}/{name}/policy{query}")).await;
            if let Some(policy) = if_there(policy, &ABSENT)? {
                let policy = super::document(&text(&policy, "Policy"));
                function.resource_policy = only_for(policy, &deployment.function_arn(&key));
            }
            let invoke = client.get("lambda", &format!("{EVENT_INVOKE}/{name}/event-invoke-config{query}")).await;
            if let Some(settings) = if_there(invoke, &ABSENT)? {
                function.event_invoke = event_invoke(&settings);
            }
            functions.insert(key, function);
        }
    }
    Ok(functions)
}

/// A qualifier has a policy of its own; a server that keeps one list for all of them answers with the whole list.
fn only_for(mut policy: Value, arn: &str) -> Value {
    if let Some(statements) = policy["Statement"].as_array_mut() {
        statements.retain(|statement| statement["Resource"] == arn);
    }
    policy
}

fn function(configuration: &Value, addresses: &Addresses, deployment: &Deployment) -> Function {
    let number = |name: &str, default: u64| configuration[name].as_u64().unwrap_or(default);
    let variables = configuration["Environment"]["Variables"].as_object().into_iter().flatten();
    let keys = format!("https://public-keys.auth.elb.{}.amazonaws.com", deployment.region);
    let mut environment: BTreeMap<String, String> = variables
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        // Where that name leads, no network of this computer goes: this program has the keys.
        .map(
            |(name, value)| {
                if value == keys { (name, format!("{}/local/keys", addresses.employee)) } else { (name, value) }
            },
        )
        .collect();
    environment.insert("AWS_ENDPOINT_URL".to_owned(), addresses.aws.clone());
    let version = text(configuration, "Version");
    Function {
        environment,
        timeout: Duration::from_secs(number("Timeout", 3)),
        memory: u32::try_from(number("MemorySize", 128)).unwrap_or(u32::MAX),
        role: text(configuration, "Role").rsplit('/').next().unwrap_or_default().to_owned(),
        version: if version == "$LATEST" { String::new() } else { version },
        architecture: list(configuration, "Architectures")
            .next()
            .and_then(Value::as_str)
            .unwrap_or("x86_64")
            .to_owned(),
        ..Function::default()
    }
}

/// The package that runs is the one that was uploaded.
fn place(function: &mut Function, memory: &Memory, digest: &str) {
    let directory = memory.packages.directory(digest).unwrap_or_else(|| PathBuf::from("/nonexistent"));
    function.bootstrap = Some(directory.join("bootstrap"));
    function.task_root = Some(directory);
}

fn logging(config: &Value) -> Logging {
    Logging {
        group: text(config, "LogGroup"),
        format: text(config, "LogFormat"),
        level: text(config, "ApplicationLogLevel"),
    }
}

fn event_invoke(settings: &Value) -> EventInvoke {
    let default = EventInvoke::default();
    let number = |name: &str| settings[name].as_u64();
    let destination = settings["DestinationConfig"]["OnFailure"]["Destination"].as_str();
    EventInvoke {
        maximum_retry_attempts: number("MaximumRetryAttempts")
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(default.maximum_retry_attempts),
        maximum_event_age: number("MaximumEventAgeInSeconds").map_or(default.maximum_event_age, Duration::from_secs),
        on_failure: destination.map(ToOwned::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_configuration_is_read() {
        let deployment = Deployment { region: "eu-west-1".to_owned(), ..Deployment::default() };
        let addresses = Addresses { aws: "http://aws".to_owned(), employee: "http://page".to_owned() };
        let read = function(
            &json!({ "Version": "3", "Timeout": 20, "MemorySize": 256, "Role": "arn:aws:iam::1:role/path/R", "Architectures": ["arm64"],
                "Environment": { "Variables": {
                    "VPN_KEY_SERVER": "https://public-keys.auth.elb.eu-west-1.amazonaws.com",
                    "VPN_OTHER": "https://public-keys.auth.elb.us-east-1.amazonaws.com" } } }),
            &addresses,
            &deployment,
        );
        assert_eq!((read.version.as_str(), read.timeout.as_secs(), read.memory), ("3", 20, 256));
        assert_eq!((read.role.as_str(), read.architecture.as_str()), ("R", "arm64"));
        let variable = |name: &str| read.environment[name].as_str();
        assert_eq!(variable("VPN_KEY_SERVER"), "http://page/local/keys");
        assert_eq!(variable("VPN_OTHER"), "https://public-keys.auth.elb.us-east-1.amazonaws.com");
        assert_eq!(variable("AWS_ENDPOINT_URL"), "http://aws");
    }

    #[test]
    fn events_are_treated_as_set_and_else_as_lambda_does() {
        let read = event_invoke(
            &json!({ "MaximumRetryAttempts": 0, "DestinationConfig": { "OnFailure": { "Destination": "arn:t" } } }),
        );
        assert_eq!((read.maximum_retry_attempts, read.on_failure.as_deref()), (0, Some("arn:t")));
        assert_eq!(read.maximum_event_age, EventInvoke::default().maximum_event_age);
        assert_eq!(event_invoke(&json!({ "MaximumEventAgeInSeconds": 60 })).maximum_event_age.as_secs(), 60);
    }

    #[test]
    fn a_policy_counts_for_its_own_qualifier() {
        let policy = json!({ "Statement": [{ "Resource": "arn:f" }, { "Resource": "arn:f:live" }] });
        assert_eq!(only_for(policy, "arn:f:live")["Statement"], json!([{ "Resource": "arn:f:live" }]));
    }
}
