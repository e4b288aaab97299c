//! The paths under `/local/`, which never reach a function: they emulate Cognito's sign-in and sign-out, and the server of
//! the load balancer's public keys.

use std::{collections::BTreeSet, fmt::Write as _};

use aws::{
    deployment::{Action, Authenticate, Deployment},
    elb::{
        rules::{self, without_port},
        session,
    },
};
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, Uri, header, request::Parts};
use serde_json::json;

use crate::{
    alb::{ListenerAnswer, banner::escape, pages},
    locks::read,
    world::Shared,
};

/// More than a form with a subject and a URI can need.
const FORM_LIMIT: usize = 64 * 1024;

/// The server of the load balancer's public keys.
pub(super) const KEYS: &str = "/local/keys/";

pub(super) async fn answer(world: &Shared, parts: &Parts, body: Body, host: &str) -> ListenerAnswer {
    let query = form(parts.uri.query().unwrap_or_default().as_bytes());
    match (&parts.method, parts.uri.path()) {
        (&(Method::GET | Method::HEAD), "/local/sign-in") => page(world, parts, &query, host),
        (&Method::POST, "/local/sign-in") => match to_bytes(body, FORM_LIMIT).await {
            Ok(body) => sign_in(world, parts, &form(&body), host),
            Err(_) => refuse("The form is too long, or broke off."),
        },
        (&Method::GET, "/local/logout") => log_out(world, &query, host),
        (&(Method::GET | Method::HEAD), path) => match path.strip_prefix(KEYS) {
            Some(id) if id == world.alb.key().id() => {
                let kind = HeaderValue::from_static("application/x-pem-file");
                pages::with(StatusCode::OK, kind, world.alb.key().pem().to_owned()).into()
            }
            _ => pages::error(StatusCode::NOT_FOUND, "no such path of local's own"),
        },
        _ => pages::error(StatusCode::METHOD_NOT_ALLOWED, "another method than this path takes"),
    }
}

/// To the sign-in page, and from there back with GET (fact 5.10a). The method tells which rule asked.
pub(super) fn redirect(method: &Method, uri: &Uri) -> ListenerAnswer {
    let back = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("uri", back);
    if method != Method::GET {
        query.append_pair("method", method.as_str());
    }
    see(StatusCode::FOUND, &format!("/local/sign-in?{}", query.finish()))
}

/// What the rule asks that the browser came from.
fn asked<'a>(deployment: &'a Deployment, parts: &Parts, form: &Form, host: &str) -> Option<&'a Authenticate> {
    let uri = back(form);
    let path = uri.split('?').next().unwrap_or_default();
    let method = value(form, "method").and_then(|name| name.parse().ok()).unwrap_or(Method::GET);
    let rule = rules::matching(&deployment.listener.rules, host, path, &method, &parts.headers)?;
    rule.actions.iter().find_map(|action| match action {
        Action::AuthenticateCognito(authenticate) => Some(authenticate),
        _ => None,
    })
}

/// Where it is known what the rule asks Cognito and what Cognito knows: why that ends in an error of the load balancer
/// or of Cognito.
fn refusal(deployment: &Deployment, asked: Option<&Authenticate>, host: &str) -> Option<ListenerAnswer> {
    let cognito = asked?.cognito.as_ref()?;
    if let Some(reason) = &deployment.listener.no_way_out {
        return Some(pages::error(StatusCode::INTERNAL_SERVER_ERROR, reason.clone()));
    }
    let callback = format!("https://{}/oauth2/idpresponse", without_port(host));
    let problem = cognito.problem.clone().or_else(|| {
        let known = cognito.callback_urls.contains(&callback);
        (!known).then(|| format!("redirect_mismatch: {callback} is not one of the callback URLs of the app client"))
    });
    problem.map(|problem| refuse(&problem))
}

fn page(world: &Shared, parts: &Parts, query: &Form, host: &str) -> ListenerAnswer {
    let deployment = read(&world.deployment);
    if let Some(refusal) = refusal(&deployment, asked(&deployment, parts, query, host), host) {
        return refusal;
    }
    let mut body =
        String::from("<p>On AWS this is Cognito's page. Here nobody has a password: choose who you are.</p>\n");
    if deployment.user_pool.users.is_empty() {
        body.push_str("<p>The user pool has no users.</p>\n");
    }
    body.push_str("<form method=\"post\" action=\"/local/sign-in\">\n");
    let uri = escape(&back(query));
    let _ = writeln!(body, "<input type=\"hidden\" name=\"uri\" value=\"{uri}\">");
    if let Some(method) = value(query, "method") {
        let _ = writeln!(body, "<input type=\"hidden\" name=\"method\" value=\"{}\">", escape(method));
    }
    for user in &deployment.user_pool.users {
        let name = if user.name.is_empty() { &user.sub } else { &user.name };
        let (sub, name) = (escape(&user.sub), escape(name));
        let _ = writeln!(body, "<button name=\"user\" value=\"{sub}\">{name}</button>");
    }
    body.push_str("</form>");
    pages::own(StatusCode::OK, "Sign in", "", &body).into()
}

fn sign_in(world: &Shared, parts: &Parts, form: &Form, host: &str) -> ListenerAnswer {
    let (user, cookies) = {
        let deployment = read(&world.deployment);
        let asked = asked(&deployment, parts, form, host);
        if let Some(refusal) = refusal(&deployment, asked, host) {
            return refusal;
        }
        let user = deployment.user_pool.users.iter().find(|user| Some(&user.sub) == value(form, "user")).cloned();
        (user, cookie_names(&deployment, asked))
    };
    let Some(user) = user else { return refuse("The user pool has no such user.") };
    let now = world.clock.now();
    let data = json!({"sub": user.sub, "name": user.name});
    world.journal.note(now, "employee", format!("{} signs in", user.name), data);
    let value = world.alb.sessions().begin(user, now);
    let mut answer = see(StatusCode::SEE_OTHER, &back(form));
    for name in cookies {
        // On AWS it is `Secure` and has an expiry. Here there is no TLS, and the browser's clock is another one.
        if let Ok(cookie) = HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly")) {
            answer.response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    answer
}

/// The session cookie of the rule that asked. Where it is not known what Cognito knows, those of all rules: one sign-in is
/// good for every rule, as it is with Cognito's own session.
fn cookie_names(deployment: &Deployment, asked: Option<&Authenticate>) -> BTreeSet<String> {
    if let Some(asked) = asked.filter(|asked| asked.cognito.is_some()) {
        return BTreeSet::from([session::cookie_name(asked)]);
    }
    let actions = deployment.listener.rules.iter().flat_map(|rule| &rule.actions);
    actions
        .filter_map(|action| match action {
            Action::AuthenticateCognito(authenticate) => Some(session::cookie_name(authenticate)),
            _ => None,
        })
        .collect()
}

/// Cognito's `/logout`. Cognito wants `logout_uri` to be one of the app client's; where these are not known it has to
/// lead back to this listener or to a host of its rules.
fn log_out(world: &Shared, query: &Form, host: &str) -> ListenerAnswer {
    let deployment = read(&world.deployment);
    if value(query, "client_id") != Some(&deployment.user_pool.client_id) {
        return refuse("client_id is not the user pool's app client.");
    }
    let uri = value(query, "logout_uri").cloned().unwrap_or_default();
    if let Some(known) = &deployment.user_pool.logout_urls {
        return if known.contains(&uri) {
            see(StatusCode::FOUND, &uri)
        } else {
            refuse("logout_uri is not one of the app client's sign-out URLs.")
        };
    }
    let own = uri.parse::<Uri>().is_ok_and(|parsed| {
        let authority = parsed.authority().map_or("", http::uri::Authority::as_str);
        let hosts = deployment.listener.rules.iter().flat_map(|rule| &rule.hosts);
        matches!(parsed.scheme_str(), Some("http" | "https"))
            && (authority.eq_ignore_ascii_case(host)
                || hosts.into_iter().any(|known| known.eq_ignore_ascii_case(without_port(authority))))
    });
    if own { see(StatusCode::FOUND, &uri) } else { refuse("logout_uri is not an address that the app client may use.") }
}

fn refuse(why: &str) -> ListenerAnswer {
    let response = pages::own(StatusCode::BAD_REQUEST, "That did not work", "", &format!("<p>{}</p>", escape(why)));
    ListenerAnswer { response, reason: Some(why.to_owned()) }
}

fn see(status: StatusCode, location: &str) -> ListenerAnswer {
    let Ok(location) = HeaderValue::from_str(location) else {
        return pages::error(StatusCode::BAD_REQUEST, "the address cannot be written as the value of a header");
    };
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response.headers_mut().insert(header::LOCATION, location);
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static("awselb/2.0"));
    ListenerAnswer { response, reason: None }
}

/// Where to go after signing in: a path of this listener and nothing else, never back to a page of local's own.
fn back(form: &Form) -> String {
    let uri = value(form, "uri").map_or("/", String::as_str);
    let is_path = uri.starts_with('/') && !uri.starts_with("//") && !uri.contains(['\\', '\r', '\n', '\t']);
    if is_path && !uri.starts_with("/local/") { uri.to_owned() } else { "/".to_owned() }
}

type Form = Vec<(String, String)>;

fn form(text: &[u8]) -> Form {
    form_urlencoded::parse(text).into_owned().collect()
}

fn value<'a>(form: &'a Form, name: &str) -> Option<&'a String> {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_back_only_to_a_path_of_this_listener() {
        for (uri, leads_to) in [
            ("/vpn?a=%20", "/vpn?a=%20"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\r\nset-cookie: a=b", "/"),
            ("/local/logout", "/"),
            ("", "/"),
        ] {
            assert_eq!(back(&vec![("uri".to_owned(), uri.to_owned())]), leads_to, "{uri}");
        }
        assert_eq!(back(&Vec::new()), "/");
    }
}
