//! The listener's rules from `infra/rules.json`, in its order: what `infra/lib/rules.jq` makes of it for AWS.

use std::time::Duration;

use aws::deployment::{Action, Authenticate, OnUnauthenticated, Rule};
use serde::Deserialize;

use super::BadFile;

const FILE: &str = "infra/rules.json";
const TEXT: &str = include_str!("../../../../infra/rules.json");
/// In the four languages of the page, and in ASCII: a fixed response knows no visitor, and holds 1024 characters at most.
const SIGNED_OUT: &str = include_str!("../../../../infra/signed-out.html");
const NOT_FOUND: &str = include_str!("../../../../infra/not-found.html");

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    conditions: Conditions,
    then: Then,
    /// Of Cognito's own pages: there are none here.
    #[serde(rename = "Language")]
    _language: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Conditions {
    #[serde(default)]
    paths: Vec<String>,
    method: Option<String>,
    language: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Then {
    SignedOut,
    NotFound,
    Deny,
    Authenticate,
}

/// The rules of the listener for a host, whose requests the target group gets. Where profiles wait, they stand beside a path
/// that people are led back to as well.
pub(super) fn rules(host: &str, target_group: &str, profiles: bool) -> Result<Vec<Rule>, BadFile> {
    let mut written: Vec<Written> =
        serde_json::from_str(TEXT).map_err(|error| BadFile { file: FILE, problem: error.to_string() })?;
    for Written { conditions, then, .. } in &mut written {
        if profiles && conditions.paths == ["/progress"] && *then == Then::Authenticate {
            conditions.paths.push("/profile".to_owned());
        }
    }
    Ok(written.into_iter().map(|rule| read(rule, host, target_group)).collect())
}

fn read(Written { conditions, then, .. }: Written, host: &str, target_group: &str) -> Rule {
    let language = |language| ("Accept-Language".to_owned(), vec![format!("{language}*")]);
    Rule {
        hosts: vec![host.to_owned()],
        paths: conditions.paths,
        methods: conditions.method.into_iter().collect(),
        headers: conditions.language.map(language).into_iter().collect(),
        actions: match then {
            Then::SignedOut => vec![fixed(200, "text/html", SIGNED_OUT)],
            Then::NotFound => vec![fixed(404, "text/html", NOT_FOUND)],
            Then::Deny => signed_in(OnUnauthenticated::Deny, target_group),
            Then::Authenticate => signed_in(OnUnauthenticated::Authenticate, target_group),
        },
        ..Rule::default()
    }
}

fn fixed(status: u16, content_type: &str, body: &str) -> Action {
    Action::FixedResponse { status, content_type: content_type.to_owned(), body: body.to_owned() }
}

fn signed_in(on_unauthenticated: OnUnauthenticated, target_group: &str) -> Vec<Action> {
    vec![
        Action::AuthenticateCognito(Authenticate {
            on_unauthenticated,
            session_timeout: Duration::from_secs(3600),
            session_cookie_name: "AWSELBAuthSessionCookie".to_owned(),
            cognito: None,
        }),
        Action::Forward { target_group: target_group.to_owned() },
    ]
}
