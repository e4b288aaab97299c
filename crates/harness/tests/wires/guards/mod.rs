//! Negative cases: what must not work.

mod acts;

use std::sync::{Arc, Mutex};

use aws::{
    authorize::{Context, Decision, Principal, denied_by},
    lambda::NotInvoked,
};
use bytes::Bytes;
use harness::Vpn as _;
use local::{
    invocations,
    locks::{lock, read, write},
};
use serde_json::{Value, json};

use crate::{
    Account,
    scenes::{ASSOCIATOR, Outcome},
};
use acts::{FAILURE, INVOKES, PASSWORDS, PEOPLE, PLAIN, PUBLISHES, ROLES, WEB};

/// The names of all.
pub fn all() -> Vec<&'static str> {
    let invokes = INVOKES.iter().map(|it| it.0);
    invokes
        .chain(ROLES.iter().map(|it| it.0))
        .chain(PUBLISHES.iter().map(|it| it.0))
        .chain([FAILURE])
        .chain(PLAIN.iter().map(|it| it.0))
        .chain(WEB)
        .chain(PASSWORDS.iter().map(|it| it.0))
        .chain(PEOPLE)
        .collect()
}

/// Fails if what must not work works.
pub async fn run(account: &Account, name: &str) -> Outcome {
    if WEB.contains(&name) {
        return web(account, name).await;
    }
    if let Some((_, password)) = PASSWORDS.iter().find(|it| it.0 == name) {
        account.add_person("guard@example.com").await?;
        return refused(name, "InvalidPassword", account.set_password("guard@example.com", password).await);
    }
    if let Some((_, action, of_bucket)) = PLAIN.iter().find(|it| it.0 == name) {
        return without_tls(account, name, action, of_bucket).await;
    }
    if PEOPLE.contains(&name) {
        return people(account, name).await;
    }
    let works = if let Some((_, function, service, source, of)) = INVOKES.iter().find(|it| it.0 == name) {
        invokes(account, function, service, source, of).await?
    } else if let Some((_, role, action, resource, context)) = ROLES.iter().find(|it| it.0 == name) {
        let role = Principal::Role(format!("LambdaRole-ClientVPN-{role}"));
        account.world().may(&role, action, resource, &with(context)) == Decision::Allowed
    } else if let Some((_, source, of)) = PUBLISHES.iter().find(|it| it.0 == name) {
        let alarms = Principal::Service("cloudwatch.amazonaws.com".to_owned());
        let context = with(&[("aws:SourceArn", source), ("aws:SourceAccount", of)]);
        let topic = "arn:aws:sns:us-east-1:123456789012:AWSClientVPN-Notices";
        account.world().may(&alarms, "sns:Publish", topic, &context) == Decision::Allowed
    } else if name == FAILURE {
        another_function_publishes(account).await?
    } else {
        panic!("there is no scene {name:?}");
    };
    if works { Err(format!("{name} works")) } else { Ok(()) }
}

async fn another_function_publishes(account: &Account) -> Result<bool, String> {
    let role = "LambdaRole-ClientVPN-ConnectHandler";
    let document = json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": "Allow", "Action": "sns:Publish", "Resource": "*" },
    });
    let input = json!({ "RoleName": role, "PolicyName": "wide", "PolicyDocument": document.to_string() });
    account.call("iam", "put-role-policy", &input).await?;
    account.world().refresh_deployment().await;
    let (role, context) = (Principal::Role(role.to_owned()), Context::new());
    let may = |topic: &str| {
        let topic = format!("arn:aws:sns:us-east-1:123456789012:{topic}");
        account.world().may(&role, "sns:Publish", &topic, &context) == Decision::Allowed
    };
    assert!(may("Other"), "the role may publish elsewhere");
    Ok(may("AWSClientVPN-Failures"))
}

async fn without_tls(account: &Account, name: &str, action: &str, of_bucket: &str) -> Outcome {
    let bucket = "vpn-on-demand-123456789012-us-east-1";
    let read = account.call("s3api", "get-bucket-policy", &json!({ "Bucket": bucket })).await;
    let policy = match read {
        Ok(read) => read["Policy"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null),
        Err(error) if error.contains("NoSuchBucketPolicy") => return Err(format!("{name} works")),
        Err(error) => return Err(error),
    };
    let resource = format!("arn:aws:s3:::{bucket}{of_bucket}");
    let administrator = "arn:aws:iam::123456789012:user/administrator";
    let denied = denied_by(&policy, administrator, action, &resource, &with(&[("aws:SecureTransport", "false")]));
    if denied.is_some() { Ok(()) } else { Err(format!("{name} works")) }
}

/// It must be refused, and for this reason.
fn refused(name: &str, code: &str, done: Outcome) -> Outcome {
    match done {
        Ok(()) => Err(format!("{name} works")),
        Err(error) if error.contains(code) => Ok(()),
        Err(error) => Err(format!("{name} is refused for another reason: {error}")),
    }
}

async fn people(account: &Account, name: &str) -> Outcome {
    let pool = account.pool();
    if name == "everybody is deleted" {
        let done = account.call("cognito-idp", "delete-user-pool", &json!({ "UserPoolId": pool })).await;
        return refused(name, "deletion protection", done.map(drop));
    }
    // As Cognito's own page does it for whoever asks: that page knows the secret.
    let client = {
        let deployment = read(&account.world().deployment);
        deployment.user_pool.client_id.clone()
    };
    let input = json!({ "ClientId": client, "SecretHash": "known", "Username": "guard@example.com", "Password": "CorrectHorse42" });
    refused(name, "SignUp is not permitted", account.call("cognito-idp", "sign-up", &input).await.map(drop))
}

fn with(pairs: &[(&str, &str)]) -> Context {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()])).collect()
}

async fn invokes(account: &Account, function: &str, service: &str, source: &str, of: &str) -> Result<bool, String> {
    let (arn, group) = {
        let deployment = read(&account.world().deployment);
        (deployment.function_arn(function), deployment.target_groups.keys().next().cloned())
    };
    let source = if source == "TARGET GROUP" { group.ok_or("there is no target group")? } else { source.to_owned() };
    let context = with(&[("aws:SourceArn", &source), ("aws:SourceAccount", of)]);
    let principal = Principal::Service(service.to_owned());
    match invocations::invoke(account.world(), &arn, Bytes::from_static(b"{}"), &principal, &context).await {
        Ok(_) => Ok(true),
        Err(NotInvoked::AccessDenied(_)) => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

async fn web(account: &Account, name: &str) -> Outcome {
    match name {
        "nobody acts without sign-in" => {
            // A form's press leads to the sign-in; a script could not follow there.
            for (method, path, status) in [
                ("POST", "/on", 302),
                ("POST", "/off", 302),
                ("POST", "/keep", 302),
                ("POST", "/progress", 401),
                ("GET", "/state", 401),
            ] {
                let answer = account.send(method, path, &[("origin", "https://vpn.example.com")], "").await;
                if answer.status() != status {
                    return Err(format!("{method} {path} without sign-in: {}", answer.status()));
                }
            }
            for path in ["/", "/vpn", "/sign-out", "/on", "/progress"] {
                for language in ["en", "ja", "ko", "zh"] {
                    let answer = account.send("GET", path, &[("accept-language", language)], "").await;
                    if answer.status() != 302 {
                        return Err(format!("GET {path} in {language} without sign-in: {}", answer.status()));
                    }
                }
            }
            // The function refuses too, but is not even to be asked: that would count as use.
            if account.world().journal.after(0).iter().any(|it| it.kind == "invocation") {
                return Err("a function was asked without sign-in".to_owned());
            }
        }
        "another host" => {
            // It shares the certificate.
            account.world().refresh_deployment().await;
            write(&account.world().deployment).listener.certificate_names = None;
            for (method, path) in [
                ("GET", "/"),
                ("GET", "/vpn"),
                ("POST", "/on"),
                ("POST", "/progress"),
                ("GET", "/state"),
                ("GET", "/on"),
                ("GET", "/progress"),
                ("GET", "/signed-out"),
            ] {
                for language in ["en", "ja", "ko", "zh"] {
                    let headers = [("host", "other.example.com"), ("accept-language", language)];
                    let answer = account.send(method, path, &headers, "").await;
                    let is_text = answer.headers().get("content-type").is_some_and(|it| it.as_bytes() == b"text/plain");
                    if answer.status() != 404 || answer.body() != "Not found" || !is_text {
                        let (status, body) = (answer.status(), answer.body());
                        return Err(format!("{method} {path} of another host: {status} {body:?}"));
                    }
                }
            }
        }
        "a header that is none" => {
            // With an underscore a name is taken for another one by many a program.
            let seen = Arc::new(Mutex::new(Vec::new()));
            let sees = Arc::clone(&seen);
            let function: local::functions::InProcess = Arc::new(move |_, _, event| {
                lock(&sees).push(event);
                Box::pin(async { Ok(Bytes::from_static(b"{\"statusCode\": 200}")) })
            });
            account.world().functions.run_in_process(ASSOCIATOR, function);
            let cookie = account.enter(&[]).await?;
            let headers = [("cookie", cookie.as_str()), ("x_amzn_oidc_data", "forged")];
            account.send("GET", "/vpn", &headers, "").await;
            let seen = lock(&seen);
            let [event] = seen.as_slice() else { return Err(format!("the function was asked {} times", seen.len())) };
            if String::from_utf8_lossy(event).contains("forged") {
                return Err("it reaches the function".to_owned());
            }
        }
        _ => {
            let answer = account.send("GET", "/", &[("host", "other.example.com")], "").await;
            if answer.status() != 504 {
                return Err(format!("GET / by another name: {}", answer.status()));
            }
        }
    }
    Ok(())
}

/// Every statement of the roles' policies that nobody used: each of its actions on something, and each of its resources.
pub fn unused(account: &Account, used: &[(String, String, String)]) -> Vec<String> {
    let deployment = read(&account.world().deployment);
    let mut unused = Vec::new();
    for (name, role) in &deployment.roles {
        for statement in role.policies.iter().flat_map(|policy| policy["Statement"].as_array().into_iter().flatten()) {
            let (actions, resources) = (texts(&statement["Action"]), texts(&statement["Resource"]));
            let id = statement["Sid"].as_str().unwrap_or_default();
            let is_used = |action: &str, resource: &str| {
                used.iter().any(|(who, did, to)| who == name && did == action && covers(resource, to))
            };
            let idle = actions.iter().filter(|action| !resources.iter().any(|resource| is_used(action, resource)));
            unused.extend(idle.map(|action| format!("{name}, {id}: {action}")));
            let idle = resources.iter().filter(|resource| !actions.iter().any(|action| is_used(action, resource)));
            unused.extend(idle.map(|resource| format!("{name}, {id}: {resource}")));
        }
    }
    unused
}

/// One text, or several.
fn texts(value: &Value) -> Vec<&str> {
    value.as_array().map_or_else(
        || value.as_str().into_iter().collect(),
        |several| several.iter().filter_map(Value::as_str).collect(),
    )
}

/// `*` stands at the end of patterns only.
fn covers(pattern: &str, arn: &str) -> bool {
    pattern.strip_suffix('*').map_or_else(|| pattern == arn, |start| arn.starts_with(start))
}
