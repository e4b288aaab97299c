//! One field changed in the account, by the call that changes it on AWS.

use harness::Vpn as _;
use serde_json::{Map, Value, json};

use crate::{
    Account, others,
    table::Cut,
    writes::{Field, Write, as_sent},
};

/// A call: service, operation, input.
type Call = (String, String, Value);

fn call(service: &str, operation: &str, input: Value) -> Call {
    (service.to_owned(), operation.to_owned(), input)
}

/// Makes the cut.
///
/// # Errors
/// What AWS says, and cuts that there is no call for.
pub async fn make(account: &Account, write: &Write, field: &Field, cut: &Cut) -> Result<(), String> {
    let calls = match cut {
        Cut::None => return Err("there is no cut".to_owned()),
        Cut::Delete => delete(account, write, &field.pointer).await?,
        Cut::Remove => change(account, write, removed(&write.input, &field.pointer)?).await?,
        Cut::Empty => {
            let list = field.pointer.rsplit_once('/').ok_or("the whole input is no list")?.0;
            change(account, write, with(&write.input, list, json!([]))?).await?
        }
        Cut::To(value) => {
            let value = others::stand_in(account, write, value).await?;
            let mut input = with(&write.input, &field.pointer, value.clone())?;
            // AWS takes no alarm whose metrics differ in their period.
            if field.pointer.ends_with("/MetricStat/Period") {
                let metrics = input["Metrics"].as_array_mut().into_iter().flatten();
                metrics.filter(|metric| metric["MetricStat"].is_object()).for_each(|metric| {
                    metric["MetricStat"]["Period"] = value.clone();
                });
            }
            change(account, write, input).await?
        }
    };
    for (service, operation, input) in calls {
        account.call(&service, &operation, &as_sent(input)).await?;
    }
    Ok(())
}

/// An input with another value of a field.
fn with(input: &Value, pointer: &str, value: Value) -> Result<Value, String> {
    let mut input = input.clone();
    *input.pointer_mut(pointer).ok_or("there is no such field")? = value;
    Ok(input)
}

/// An input without a field. What is empty then goes too, where AWS would not take it: a condition, a list.
fn removed(input: &Value, pointer: &str) -> Result<Value, String> {
    let mut input = input.clone();
    let mut pointer = pointer.to_owned();
    // A statement is nothing without these.
    for whole in ["/Action", "/Resource", "/Effect"] {
        if let Some(statement) = pointer.strip_suffix(whole) {
            pointer = statement.to_owned();
        }
    }
    loop {
        let (of, last) = pointer.rsplit_once('/').ok_or("the whole input cannot be removed")?;
        let parent = input.pointer_mut(of).ok_or("there is no such field")?;
        let key = last.replace("~1", "/").replace("~0", "~");
        let is_empty = match parent {
            Value::Object(fields) => {
                fields.remove(&key).ok_or("there is no such field")?;
                fields.is_empty()
            }
            Value::Array(items) => {
                items.remove(key.parse::<usize>().map_err(|error| error.to_string())?);
                items.is_empty()
            }
            _ => return Err("there is no such field".to_owned()),
        };
        if !is_empty || of.is_empty() || of.ends_with("/Variables") {
            return Ok(input);
        }
        pointer = of.to_owned();
    }
}

fn only(input: &Value, names: &[&str]) -> Value {
    Value::Object(names.iter().filter_map(|name| Some(((*name).to_owned(), input.get(*name)?.clone()))).collect())
}

fn without(input: &Value, names: &[&str]) -> Value {
    let mut fields: Map<String, Value> = input.as_object().cloned().unwrap_or_default();
    fields.retain(|name, _| !names.contains(&name.as_str()));
    Value::Object(fields)
}

fn text<'a>(input: &'a Value, name: &str) -> &'a str {
    input[name].as_str().unwrap_or_default()
}

/// What changes a thing to what this input says.
async fn change(account: &Account, write: &Write, input: Value) -> Result<Vec<Call>, String> {
    let Write { service, operation, input: before, .. } = write;
    let replayed = || call(service, operation, without(&input, &["Tags", "tags"]));
    Ok(match operation.as_str() {
        "put-role-policy" if input["PolicyDocument"].get("Statement").is_none_or(|it| *it == json!([])) => {
            vec![call("iam", "delete-role-policy", only(before, &["RoleName", "PolicyName"]))]
        }
        "put-role-policy"
        | "put-metric-alarm"
        | "put-rule"
        | "put-targets"
        | "put-function-event-invoke-config"
        | "set-topic-attributes"
        | "set-user-pool-mfa-config"
        | "put-retention-policy"
        | "modify-load-balancer-attributes"
        | "modify-target-group-attributes"
        | "modify-client-vpn-endpoint"
        | "update-alias"
        | "change-resource-record-sets"
        | "put-public-access-block"
        | "put-bucket-encryption"
        | "put-bucket-policy"
        | "put-bucket-lifecycle-configuration"
        | "create-tags" => vec![replayed()],
        "create-role" if input.get("PermissionsBoundary").is_none() => {
            vec![call("iam", "delete-role-permissions-boundary", only(before, &["RoleName"]))]
        }
        "create-role" => vec![call(
            "iam",
            "update-assume-role-policy",
            json!({ "RoleName": input["RoleName"], "PolicyDocument": input["AssumeRolePolicyDocument"].to_string() }),
        )],
        "create-function" => {
            let input = without(&input, &["Tags", "Architectures", "PackageType", "Code"]);
            let name = only(&input, &["FunctionName"]);
            let mut calls = vec![call("lambda", "update-function-configuration", input)];
            // The endpoint asks the alias.
            if text(&name, "FunctionName").ends_with("ConnectHandler") {
                let mut all = calls.remove(0);
                account.call(&all.0, &all.1, &all.2).await?;
                // Until then the update is in progress, and nothing is published (fact 11.12).
                account.pass(1).await;
                let published = account.call("lambda", "publish-version", &name).await?;
                all.2 = json!({ "FunctionName": name["FunctionName"], "Name": "live", "FunctionVersion": published["Version"] });
                calls.push(call("lambda", "update-alias", all.2));
            }
            calls
        }
        "add-permission" => {
            let id = only(before, &["FunctionName", "StatementId"]);
            vec![call("lambda", "remove-permission", id), call("lambda", "add-permission", input)]
        }
        "create-alias" => vec![call("lambda", "update-alias", input)],
        "create-rule" => {
            let mut calls = Vec::new();
            let mut changed = only(&input, &["Conditions", "Actions"]);
            changed["RuleArn"] = json!(rule(account, before).await?);
            if changed.get("Conditions").is_none() {
                changed["Conditions"] = json!([]);
            }
            calls.push(call("elbv2", "modify-rule", changed));
            calls
        }
        "create-listener" => {
            let mut input = without(&input, &["LoadBalancerArn", "Tags"]);
            input["ListenerArn"] = json!(listener(account, before).await?);
            vec![call("elbv2", "modify-listener", input)]
        }
        "create-target-group" => {
            let mut input = only(&input, &["HealthCheckEnabled"]);
            input["TargetGroupArn"] = json!(target_group(account, text(before, "Name")).await?);
            vec![call("elbv2", "modify-target-group", input)]
        }
        "create-load-balancer" => {
            let found = account.call("elbv2", "describe-load-balancers", &json!({ "Names": [before["Name"]] })).await?;
            let arn = found["LoadBalancers"][0]["LoadBalancerArn"].clone();
            if input["SecurityGroups"] == before["SecurityGroups"] {
                vec![call("elbv2", "set-subnets", json!({ "LoadBalancerArn": arn, "Subnets": input["Subnets"] }))]
            } else {
                let groups = input["SecurityGroups"].clone();
                vec![call("elbv2", "set-security-groups", json!({ "LoadBalancerArn": arn, "SecurityGroups": groups }))]
            }
        }
        "create-user-pool" => {
            let mut input = without(&input, &["PoolName", "UsernameAttributes", "UsernameConfiguration"]);
            input["UserPoolId"] = json!(pool(account, text(before, "PoolName")).await?);
            vec![call("cognito-idp", "update-user-pool", input)]
        }
        "create-user-pool-client" => {
            let of = json!({ "UserPoolId": before["UserPoolId"], "MaxResults": 60 });
            let clients = account.call("cognito-idp", "list-user-pool-clients", &of).await?;
            let mut input = without(&input, &["GenerateSecret"]);
            input["ClientId"] = clients["UserPoolClients"][0]["ClientId"].clone();
            vec![call("cognito-idp", "update-user-pool-client", input)]
        }
        "create-user-pool-domain" => vec![call("cognito-idp", "update-user-pool-domain", input)],
        "create-bucket" => {
            let tags = json!({ "TagSet": input["CreateBucketConfiguration"]["Tags"] });
            vec![call(service, "put-bucket-tagging", json!({ "Bucket": input["Bucket"], "Tagging": tags }))]
        }
        _ => return Err(format!("{service} {operation}: nobody knows what changes it")),
    })
}

/// What takes a thing away.
async fn delete(account: &Account, write: &Write, pointer: &str) -> Result<Vec<Call>, String> {
    let Write { service, operation, input, .. } = write;
    let by = |operation: &str, names: &[&str]| vec![call(service, operation, only(input, names))];
    Ok(match operation.as_str() {
        "create-topic" => {
            let topics = account.call("sns", "list-topics", &json!({})).await?;
            let arns: Vec<_> =
                topics["Topics"].as_array().into_iter().flatten().map(|it| it["TopicArn"].clone()).collect();
            let arn = arns
                .into_iter()
                .find(|arn| arn.as_str().is_some_and(|arn| arn.ends_with(&format!(":{}", text(input, "Name")))));
            vec![call("sns", "delete-topic", json!({ "TopicArn": arn }))]
        }
        "create-bucket" => by("delete-bucket", &["Bucket"]),
        "put-public-access-block" => by("delete-public-access-block", &["Bucket"]),
        "put-bucket-encryption" => by("delete-bucket-encryption", &["Bucket"]),
        "put-bucket-policy" => by("delete-bucket-policy", &["Bucket"]),
        "put-bucket-lifecycle-configuration" => by("delete-bucket-lifecycle", &["Bucket"]),
        "create-log-group" => by("delete-log-group", &["logGroupName"]),
        "put-retention-policy" => by("delete-retention-policy", &["logGroupName"]),
        "put-role-policy" => by("delete-role-policy", &["RoleName", "PolicyName"]),
        "create-function" => by("delete-function", &["FunctionName"]),
        "create-alias" => by("delete-alias", &["FunctionName", "Name"]),
        "put-function-event-invoke-config" => by("delete-function-event-invoke-config", &["FunctionName"]),
        "add-permission" => by("remove-permission", &["FunctionName", "StatementId"]),
        "put-metric-alarm" => vec![call("cloudwatch", "delete-alarms", json!({ "AlarmNames": [input["AlarmName"]] }))],
        "put-rule" => {
            let targets = json!({ "Rule": input["Name"], "Ids": ["disassociator"] });
            vec![call("events", "remove-targets", targets), call("events", "delete-rule", only(input, &["Name"]))]
        }
        "put-targets" => {
            vec![call("events", "remove-targets", json!({ "Rule": input["Rule"], "Ids": ["disassociator"] }))]
        }
        "modify-client-vpn-endpoint" => vec![call(
            "ec2",
            "modify-client-vpn-endpoint",
            json!({ "ClientVpnEndpointId": input["ClientVpnEndpointId"], "ClientConnectOptions": { "Enabled": false } }),
        )],
        "create-tags" => vec![call("ec2", "delete-tags", input.clone())],
        "change-resource-record-sets" => {
            vec![call(service, operation, with(input, "/ChangeBatch/Changes/0/Action", json!("DELETE"))?)]
        }
        "create-user-pool-domain" => by("delete-user-pool-domain", &["Domain", "UserPoolId"]),
        "create-user-pool-client" => {
            let of = json!({ "UserPoolId": input["UserPoolId"], "MaxResults": 60 });
            let clients = account.call("cognito-idp", "list-user-pool-clients", &of).await?;
            let id = clients["UserPoolClients"][0]["ClientId"].clone();
            vec![call(
                "cognito-idp",
                "delete-user-pool-client",
                json!({ "UserPoolId": input["UserPoolId"], "ClientId": id }),
            )]
        }
        "create-managed-login-branding" => {
            let of = only(input, &["UserPoolId", "ClientId"]);
            let found = account.call("cognito-idp", "describe-managed-login-branding-by-client", &of).await?;
            let id = found["ManagedLoginBranding"]["ManagedLoginBrandingId"].clone();
            vec![call(
                "cognito-idp",
                "delete-managed-login-branding",
                json!({ "UserPoolId": input["UserPoolId"], "ManagedLoginBrandingId": id }),
            )]
        }
        "create-listener" => {
            vec![call("elbv2", "delete-listener", json!({ "ListenerArn": listener(account, input).await? }))]
        }
        "create-rule" => vec![call("elbv2", "delete-rule", json!({ "RuleArn": rule(account, input).await? }))],
        "register-targets" => vec![call("elbv2", "deregister-targets", input.clone())],
        "subscribe" => {
            let found = account.call("sns", "list-subscriptions-by-topic", &only(input, &["TopicArn"])).await?;
            vec![call("sns", "unsubscribe", json!({ "SubscriptionArn": found["Subscriptions"][0]["SubscriptionArn"] }))]
        }
        "authorize-security-group-ingress" | "authorize-security-group-egress" => {
            let index = pointer.split('/').nth(2).and_then(|index| index.parse::<usize>().ok()).ok_or("no opening")?;
            let opening = json!({ "GroupId": input["GroupId"], "IpPermissions": [input["IpPermissions"][index]] });
            vec![call("ec2", &operation.replace("authorize", "revoke"), opening)]
        }
        "revoke-security-group-egress" => vec![call("ec2", "authorize-security-group-egress", input.clone())],
        _ => return Err(format!("{service} {operation} {pointer}: nobody knows what deletes it")),
    })
}

async fn listener(account: &Account, input: &Value) -> Result<String, String> {
    let of = only(input, &["LoadBalancerArn"]);
    let found = account.call("elbv2", "describe-listeners", &of).await?;
    let listener = found["Listeners"].as_array().into_iter().flatten().find(|it| it["Port"] == input["Port"]);
    listener
        .and_then(|it| it["ListenerArn"].as_str())
        .map(ToOwned::to_owned)
        .ok_or_else(|| "no such listener".to_owned())
}

async fn rule(account: &Account, input: &Value) -> Result<String, String> {
    let found = account.call("elbv2", "describe-rules", &only(input, &["ListenerArn"])).await?;
    let priority = input["Priority"].to_string();
    let rule = found["Rules"].as_array().into_iter().flatten().find(|it| it["Priority"] == priority.as_str());
    rule.and_then(|it| it["RuleArn"].as_str()).map(ToOwned::to_owned).ok_or_else(|| "no such rule".to_owned())
}

async fn target_group(account: &Account, name: &str) -> Result<String, String> {
    let found = account.call("elbv2", "describe-target-groups", &json!({ "Names": [name] })).await?;
    Ok(text(&found["TargetGroups"][0], "TargetGroupArn").to_owned())
}

async fn pool(account: &Account, name: &str) -> Result<String, String> {
    let found = account.call("cognito-idp", "list-user-pools", &json!({ "MaxResults": 60 })).await?;
    let pool = found["UserPools"].as_array().into_iter().flatten().find(|it| it["Name"] == name);
    pool.and_then(|it| it["Id"].as_str()).map(ToOwned::to_owned).ok_or_else(|| "no such pool".to_owned())
}
