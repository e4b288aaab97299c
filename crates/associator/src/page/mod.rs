//! The page. It is rendered here only, whole or in the parts that its script puts in place: the script has no words of
//! its own.

pub mod answer;
mod state;

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, StatusCode, Uri, header};
use serde_json::json;

use crate::{
    Response,
    config::Config,
    request,
    texts::{Texts, english},
};

pub use state::{Ask, Reported, State};

const SCRIPT: &str = include_str!("../../templates/page.js");
const STYLE: &str = include_str!("../../templates/page.css");
const HTML: &str = "text/html; charset=utf-8";
/// The load balancer spreads a session over as many cookies as it needs, four at most [facts 5.11].
const SESSION_COOKIES: [&str; 4] = [
    "AWSELBAuthSessionCookie-0",
    "AWSELBAuthSessionCookie-1",
    "AWSELBAuthSessionCookie-2",
    "AWSELBAuthSessionCookie-3",
];

/// Everything about pages that does not change from one to the next.
#[derive(Debug)]
pub struct Pages {
    texts: &'static Texts,
    content_policy: HeaderValue,
    sign_out: HeaderValue,
    secure: bool,
    /// What the script needs: texts of times, and how fast they pass.
    script_data: String,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    texts: &'a Texts,
    state: &'a State,
    json: String,
    script_data: &'a str,
    script: &'a str,
    style: &'a str,
    notice: &'a str,
    main: &'a str,
    signed_in: bool,
}

impl Pages {
    /// The pages of a deployment.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let texts = english();
        let leave = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &config.client)
            .append_pair("logout_uri", &format!("{}{}", config.origin, request::SIGNED_OUT))
            .finish();
        let script_data = json!({
            "page": request::PAGE,
            "state": "/state",
            "minute": config.pace.minute.as_secs_f64(),
            "limit": config.pace.limit.as_secs_f64(),
            "moment": texts.moment,
            "minutes": texts.minutes,
            "hours": texts.hours,
            "lookedNow": texts.looked_now,
            "lookedAgo": texts.looked_ago,
        });
        Self {
            texts,
            content_policy: value(&content_policy(&config.sign_out)),
            sign_out: value(&format!("{}?{leave}", config.sign_out)),
            secure: config.origin.starts_with("https://"),
            script_data: script_data.to_string(),
        }
    }

    /// The texts.
    #[must_use]
    pub fn texts(&self) -> &'static Texts {
        self.texts
    }

    /// A page that shows a state.
    #[must_use]
    pub fn page(&self, status: StatusCode, state: &State) -> Response {
        self.render(status, state, true)
    }

    /// After signing out. The load balancer answers this itself; this is for a rule that forwards it.
    #[must_use]
    pub fn signed_out(&self) -> Response {
        self.render(StatusCode::OK, &State::saying(self.texts, self.texts.signed_out), false)
    }

    fn render(&self, status: StatusCode, state: &State, signed_in: bool) -> Response {
        let json = match serde_json::to_string(&state.without_parts()) {
            Ok(json) => json,
            Err(error) => return answer::broken(&error),
        };
        let page = Page {
            texts: self.texts,
            state,
            json,
            script_data: &self.script_data,
            script: SCRIPT,
            style: STYLE,
            notice: &state.notice,
            main: state.main.as_deref().unwrap_or_default(),
            signed_in,
        };
        match page.render() {
            Ok(html) => {
                let mut response = answer::with(status, HTML, html);
                response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, self.content_policy.clone());
                response
            }
            Err(error) => answer::broken(&error),
        }
    }

    /// Ends the load balancer's session, then Cognito's.
    #[must_use]
    pub fn sign_out(&self) -> Response {
        let mut response = answer::leads_to(self.sign_out.clone());
        let secure = if self.secure { "; Secure" } else { "" };
        for name in SESSION_COOKIES {
            let cookie = format!("{name}=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly{secure}");
            response.headers_mut().append(header::SET_COOKIE, value(&cookie));
        }
        response
    }
}

/// Only our own script and style, by their hashes. A form may lead to the sign-in, when the session has ended meanwhile.
fn content_policy(sign_out: &str) -> String {
    let sign_in =
        sign_out.parse::<Uri>().ok().and_then(|uri| Some(format!(" {}://{}", uri.scheme_str()?, uri.authority()?)));
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; connect-src 'self'; form-action 'self'{}; \
         base-uri 'none'; frame-ancestors 'none'",
        hash(SCRIPT),
        hash(STYLE),
        sign_in.unwrap_or_default(),
    )
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, text.as_bytes())))
}

/// All of it comes from settings that were checked to be addresses and ids.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|error| {
        tracing::error!(%error, text, "a header could not be written");
        HeaderValue::from_static("")
    })
}
