//! The page. It is rendered here only, whole or in the parts that its script puts in place: the script has no words of
//! its own.

pub mod answer;
mod guide;
pub mod icon;
mod mention;
mod more;
pub mod packing;
mod parts;
mod phrases;
mod policy;
mod sentence;
mod state;
mod words;

use std::collections::BTreeMap;

use askama::Template;
use http::{HeaderValue, StatusCode, header};
use jiff::SignedDuration;
use serde_json::json;

use crate::{
    Response,
    again::Again,
    config::{Config, Link},
    request,
    texts::{self, Texts},
    visitor::{PARAMETER, Visitor},
};

pub use parts::Parts;
pub use state::{Ask, Pacing, PageState, Reported, Unchanged};
pub use words::word;

const SCRIPT: &str = include_str!("../../templates/page.js");
const STYLE: &str = include_str!("../../templates/page.css");
const HTML: &str = "text/html; charset=utf-8";
/// The load balancer spreads a session over as many cookies as it needs, four at most (fact 5.11).
const SESSION_COOKIES: [&str; 4] = [
    "AWSELBAuthSessionCookie-0",
    "AWSELBAuthSessionCookie-1",
    "AWSELBAuthSessionCookie-2",
    "AWSELBAuthSessionCookie-3",
];

/// Everything about pages that does not change from one to the next.
#[derive(Debug)]
pub struct Pages {
    config: Config,
    script: String,
    style: String,
    content_policy: HeaderValue,
    sign_out: HeaderValue,
    /// What the script needs, by language: texts of times.
    script_data: BTreeMap<&'static str, String>,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    texts: &'a Texts,
    languages: [&'static Texts; 4],
    parameter: &'a str,
    name: String,
    state: &'a PageState,
    phase: &'a str,
    problem: &'a str,
    script_state: String,
    script_data: &'a str,
    script: &'a str,
    style: &'a str,
    facts: &'a str,
    more: &'a str,
    guide: String,
    looked: String,
    looked_room: String,
    /// What the page's own links send back.
    since: String,
    ended: PageState,
    support: Option<&'a Link>,
    signed_in: bool,
}

impl Pages {
    /// The pages of a deployment.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let leave = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &config.client)
            .append_pair("logout_uri", &format!("{}{}", config.origin, request::SIGNED_OUT))
            .finish();
        let (script, style) = (slim(SCRIPT), slim(STYLE));
        Self {
            content_policy: value(&policy::content_policy(&script, &style, &config.origin)),
            sign_out: value(&format!("{}?{leave}", config.sign_out)),
            script_data: texts::all().map(|texts| (texts.language, script_data(texts, config))).into(),
            config: config.clone(),
            script,
            style,
        }
    }

    /// A page that shows a state.
    #[must_use]
    pub fn page(&self, visitor: &Visitor, status: StatusCode, state: &PageState) -> Response {
        self.render(visitor, status, state, true)
    }

    /// After signing out. The load balancer answers this itself; this is for a rule that forwards it.
    #[must_use]
    pub fn signed_out(&self, visitor: &Visitor) -> Response {
        self.render(visitor, StatusCode::OK, &PageState::signed_out(visitor.texts, &self.config), false)
    }

    fn render(&self, visitor: &Visitor, status: StatusCode, state: &PageState, signed_in: bool) -> Response {
        let (texts, config) = (visitor.texts, &self.config);
        // A page that has seen nothing but goes on looking has the places for what it will see.
        let blank = state.ask.as_ref().map(|_| parts::blank(texts, config));
        let (blank_facts, blank_more) = blank.as_ref().map_or(("", ""), |(facts, more)| (facts, more));
        let facts = state.parts.facts.as_deref().unwrap_or(blank_facts);
        let page = Page {
            texts,
            languages: texts::all(),
            parameter: PARAMETER,
            name: state::name(config),
            state,
            phase: state.phase.map_or("unknown", word),
            problem: state.problem.as_ref().map_or("", |problem| problem.code),
            script_state: in_quotes(
                &json!({ "phase": state.phase, "ask": state.ask, "again": state.again.map(Again::word), "pace": state.pace, "seen": state.seen, "age": state.age }),
            ),
            script_data: self.script_data.get(texts.language).map_or("", String::as_str),
            script: &self.script,
            style: &self.style,
            facts,
            more: state.parts.more.as_deref().unwrap_or(blank_more),
            guide: if facts.is_empty() { String::new() } else { guide::guide(visitor, config) },
            looked: looked(texts, state.age),
            looked_room: looked_room(texts),
            since: state.seen.map_or_else(String::new, |seen| format!("{}={seen}", request::SEEN)),
            ended: PageState::ended(texts, config),
            support: config.company.support.as_ref(),
            signed_in,
        };
        match page.render() {
            Ok(html) => {
                let mut response = answer::with(status, HTML, html);
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_SECURITY_POLICY, self.content_policy.clone());
                visitor.remember(headers, self.is_secure());
                response
            }
            Err(error) => answer::broken(&error),
        }
    }

    /// Ends the load balancer's session, then Cognito's.
    #[must_use]
    pub fn sign_out(&self) -> Response {
        let mut response = answer::leads_to(self.sign_out.clone());
        let secure = if self.is_secure() { "; Secure" } else { "" };
        for name in SESSION_COOKIES {
            let cookie = format!("{name}=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly{secure}");
            response.headers_mut().append(header::SET_COOKIE, value(&cookie));
        }
        response
    }

    fn is_secure(&self) -> bool {
        self.config.origin.starts_with("https://")
    }
}

fn script_data(texts: &Texts, config: &Config) -> String {
    in_quotes(&json!({
        "page": request::PAGE,
        "state": "/state",
        "language": PARAMETER,
        "name": state::name(config),
        "noIcon": icon::UNKNOWN.address(),
        "moment": texts.moment,
        "minutes": texts.minutes,
        "fullHours": texts.full_hours,
        "hours": texts.hours,
        "lookedNow": texts.looked_now,
        "lookedAgo": texts.looked_ago,
        // A space that is there before would be moved by it.
        "lost": format!(" {}", texts.lost),
    }))
}

/// JSON for an attribute in single quotes: its own double quotes need no escape then, which is most of it.
fn in_quotes(json: &serde_json::Value) -> String {
    json.to_string().replace('&', "&amp;").replace('\'', "&#39;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The line of the last look, as long as no script counts on.
fn looked(texts: &Texts, age: i64) -> String {
    match age {
        0..60 => texts.looked_at_load.to_owned(),
        age => texts::fill(texts.looked_ago, &[("time", &texts.time(SignedDuration::from_secs(age)))]),
    }
}

/// The widest that the line of the last look gets.
fn looked_room(texts: &Texts) -> String {
    let hours = texts::fill(texts.hours, &[("hours", "00"), ("minutes", "00")]);
    let lost = format!("{} {}", texts::fill(texts.looked_ago, &[("time", &hours)]), texts.lost);
    if words::width(&lost) < words::width(texts.looked_at_load) { texts.looked_at_load.to_owned() } else { lost }
}

/// Without indentation and lines of comment: they help whoever reads the file, not whoever waits for the page.
fn slim(text: &str) -> String {
    let is_comment = |line: &&str| line.starts_with("//") || (line.starts_with("/*") && line.ends_with("*/"));
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !is_comment(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// All of it comes from settings that were checked to be addresses and ids.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|error| {
        tracing::error!(%error, text, "a header of the page's answer could not be written");
        HeaderValue::from_static("")
    })
}
