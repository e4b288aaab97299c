//! Cognito: what the listener's rules ask it, and what it would answer.

use std::{collections::BTreeMap, time::Duration};

use aws::deployment::{Action, Cognito, Listener, User, UserPool};
use serde_json::{Value, json};

use super::{list, text, texts};
use crate::{
    client::{Client, Failed, if_there},
    memory::Memory,
    missing_fields,
};
use local::this_computer;

const ABSENT: [&str; 1] = ["ResourceNotFoundException"];

/// What one rule asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Asked {
    pool: String,
    client: String,
    domain: String,
    scopes: Vec<String>,
    language: Option<String>,
}

impl Asked {
    /// From `AuthenticateCognitoActionConfig`.
    pub(super) fn read(config: &Value) -> Self {
        let scope = text(config, "Scope");
        let parameters = &config["AuthenticationRequestExtraParams"];
        let entries = match &parameters["entry"] {
            Value::Array(entries) => entries.clone(),
            Value::Null => Vec::new(),
            one => vec![one.clone()],
        };
        let language = entries.iter().find(|entry| entry["key"] == "lang").map(|entry| text(entry, "value"));
        let language = language.or_else(|| parameters["lang"].as_str().map(ToOwned::to_owned));
        Self {
            pool: text(config, "UserPoolArn").rsplit('/').next().unwrap_or_default().to_owned(),
            client: text(config, "UserPoolClientId"),
            domain: text(config, "UserPoolDomain"),
            scopes: if scope.is_empty() {
                vec!["openid".to_owned()]
            } else {
                scope.split(' ').map(ToOwned::to_owned).collect()
            },
            language,
        }
    }
}

/// What Cognito knows of it.
#[derive(Debug, Default)]
struct Known {
    pool: Option<Value>,
    client: Option<Value>,
    domain: Value,
    managed_login: bool,
    style: bool,
}

/// Puts into each rule what Cognito knows of what it asks. Gives the pool of the first.
pub(super) async fn fill(
    client: &Client,
    memory: &Memory,
    listener: &mut Listener,
    asked: Vec<Asked>,
) -> Result<UserPool, Failed> {
    let mut answers: BTreeMap<Asked, Known> = BTreeMap::new();
    for asked in &asked {
        if !answers.contains_key(asked) {
            answers.insert(asked.clone(), known(client, memory, asked).await?);
        }
    }
    let mut pool = UserPool::default();
    if let Some(first) = asked.first() {
        let told = &answers[first];
        pool = UserPool {
            issuer: issuer(first),
            client_id: first.client.clone(),
            users: users(client, &first.pool, told.pool.is_some()).await?,
            logout_urls: told.client.as_ref().map(|client| texts(client, "LogoutURLs")),
            access_token: told.client.as_ref().map_or(Duration::ZERO, access_token),
        };
    }
    let mut asked = asked.iter();
    for action in listener.rules.iter_mut().flat_map(|rule| &mut rule.actions) {
        // As many ask as there are such actions.
        if let Action::AuthenticateCognito(authenticate) = action {
            authenticate.cognito = asked.next().map(|asked| cognito(asked, &answers[asked]));
        }
    }
    Ok(pool)
}

async fn known(client: &Client, memory: &Memory, asked: &Asked) -> Result<Known, Failed> {
    let call = |operation: &'static str, input: Value| async move {
        let answer =
            client.json("cognito-idp", &format!("AWSCognitoIdentityProviderService.{operation}"), &input).await;
        if_there(answer, &ABSENT)
    };
    let pool = call("DescribeUserPool", json!({ "UserPoolId": asked.pool })).await?;
    let of_client = json!({ "UserPoolId": asked.pool, "ClientId": asked.client });
    let app_client = if pool.is_some() { call("DescribeUserPoolClient", of_client).await? } else { None };
    let domain = call("DescribeUserPoolDomain", json!({ "Domain": asked.domain })).await?.unwrap_or_default();
    Ok(Known {
        pool: pool.map(|answer| answer["UserPool"].clone()),
        client: app_client.map(|answer| answer["UserPoolClient"].clone()),
        domain: domain["DomainDescription"].clone(),
        managed_login: missing_fields::managed_login(memory, &asked.domain),
        style: memory.branding.contains_key(&asked.client),
    })
}

fn issuer(asked: &Asked) -> String {
    format!("https://cognito-idp.{}.amazonaws.com/{}", this_computer::REGION, asked.pool)
}

fn cognito(asked: &Asked, known: &Known) -> Cognito {
    Cognito {
        issuer: issuer(asked),
        client_id: asked.client.clone(),
        language: asked.language.clone(),
        callback_urls: known.client.as_ref().map(|client| texts(client, "CallbackURLs")).unwrap_or_default(),
        problem: problem(asked, known),
    }
}

/// Why Cognito refuses, in the order in which it looks: who is asked, who asks, and for what.
fn problem(asked: &Asked, known: &Known) -> Option<String> {
    let Some(pool) = &known.pool else { return Some(format!("the user pool {} does not exist", asked.pool)) };
    if known.domain["UserPoolId"] != asked.pool.as_str() {
        return Some(format!("{} is not a domain of the user pool {}", asked.domain, asked.pool));
    }
    let Some(client) = &known.client else { return Some("invalid_client: there is no such app client".to_owned()) };
    let has = |name: &str, wanted: &str| list(client, name).any(|value| value == wanted);
    if client["ClientSecret"].as_str().is_none_or(str::is_empty) {
        return Some("the app client has no secret, and a load balancer must have one".to_owned());
    }
    if client["AllowedOAuthFlowsUserPoolClient"] != true || !has("AllowedOAuthFlows", "code") {
        return Some("unauthorized_client: the app client does not allow the code grant".to_owned());
    }
    if let Some(scope) = asked.scopes.iter().find(|scope| !has("AllowedOAuthScopes", scope)) {
        return Some(format!("invalid_scope: the app client does not allow {scope}"));
    }
    if list(client, "SupportedIdentityProviders").next().is_none() {
        return Some("the app client lets nobody sign in: it has no identity provider".to_owned());
    }
    if known.managed_login && !known.style {
        return Some("Login pages unavailable: the app client has no branding style".to_owned());
    }
    if known.managed_login && pool["UserPoolTier"] == "LITE" {
        return Some("managed login is not part of the plan LITE".to_owned());
    }
    None
}

/// The pool's people, or this computer's own while it has none.
async fn users(client: &Client, pool: &str, exists: bool) -> Result<Vec<User>, Failed> {
    if !exists {
        return Ok(Vec::new());
    }
    let answer = client
        .json("cognito-idp", "AWSCognitoIdentityProviderService.ListUsers", &json!({ "UserPoolId": pool }))
        .await?;
    let users: Vec<_> = list(&answer, "Users").filter(|user| user["Enabled"] != false).map(user).collect();
    Ok(if users.is_empty() { this_computer::user_pool().users } else { users })
}

/// How long an access token of an app client is good: AWS's default is an hour, and its unit is hours where none is given.
fn access_token(client: &Value) -> Duration {
    let seconds = match client["TokenValidityUnits"]["AccessToken"].as_str() {
        Some("seconds") => 1,
        Some("minutes") => 60,
        Some("days") => 86_400,
        _ => 3600,
    };
    Duration::from_secs(seconds * client["AccessTokenValidity"].as_u64().unwrap_or(1))
}

fn user(value: &Value) -> User {
    let attribute = |name: &str| {
        let found = list(value, "Attributes").find(|attribute| attribute["Name"] == name);
        found.map(|attribute| text(attribute, "Value"))
    };
    let username = text(value, "Username");
    User {
        name: attribute("name").or_else(|| attribute("email")).unwrap_or_else(|| username.clone()),
        sub: attribute("sub").unwrap_or(username),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Asked {
        Asked::read(
            &json!({ "UserPoolArn": "arn:aws:cognito-idp:us-east-1:1:userpool/us-east-1_A", "UserPoolClientId": "c",
            "UserPoolDomain": "d", "Scope": "openid", "AuthenticationRequestExtraParams": { "entry": { "key": "lang", "value": "ja" } } }),
        )
    }

    fn good() -> Known {
        Known {
            pool: Some(json!({ "UserPoolTier": "ESSENTIALS" })),
            client: Some(
                json!({ "ClientSecret": "s", "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": ["code"],
                "AllowedOAuthScopes": ["openid"], "SupportedIdentityProviders": ["COGNITO"], "CallbackURLs": ["https://h/oauth2/idpresponse"] }),
            ),
            domain: json!({ "UserPoolId": "us-east-1_A" }),
            managed_login: true,
            style: true,
        }
    }

    #[test]
    fn what_fits_together_has_no_problem() {
        assert_eq!((asked().pool.as_str(), asked().language.as_deref()), ("us-east-1_A", Some("ja")));
        let read = cognito(&asked(), &good());
        assert_eq!((read.problem, read.callback_urls.len()), (None, 1));
        assert_eq!(read.issuer, "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_A");
    }

    #[test]
    fn each_thing_that_does_not_fit_is_one() {
        let without = |field: &str| {
            let mut known = good();
            if let Some(client) = known.client.as_mut().and_then(Value::as_object_mut) {
                client.remove(field).expect(field);
            }
            known
        };
        for (known, words) in [
            (Known { pool: None, ..good() }, "user pool us-east-1_A does not exist"),
            (Known { domain: json!({ "UserPoolId": "other" }), ..good() }, "not a domain of the user pool"),
            (Known { client: None, ..good() }, "invalid_client"),
            (without("ClientSecret"), "no secret"),
            (without("AllowedOAuthFlows"), "unauthorized_client"),
            (without("AllowedOAuthFlowsUserPoolClient"), "unauthorized_client"),
            (without("AllowedOAuthScopes"), "invalid_scope"),
            (without("SupportedIdentityProviders"), "identity provider"),
            (Known { style: false, ..good() }, "branding style"),
            (Known { pool: Some(json!({ "UserPoolTier": "LITE" })), ..good() }, "LITE"),
        ] {
            let found = problem(&asked(), &known).unwrap_or_default();
            assert!(found.contains(words), "{found}: {words}");
        }
        assert_eq!(problem(&asked(), &Known { style: false, managed_login: false, ..good() }), None);
    }

    #[test]
    fn people_are_called_by_what_the_pool_knows() {
        let read = user(
            &json!({ "Username": "u", "Attributes": [{ "Name": "sub", "Value": "s" }, { "Name": "email", "Value": "e@x" }] }),
        );
        assert_eq!((read.sub.as_str(), read.name.as_str()), ("s", "e@x"));
        assert_eq!(user(&json!({ "Username": "u" })).sub, "u");
    }
}
