//! Three engines behind one browser: each knows `WebDriver`'s commands, and how to be what those have no words for.
//!
//! `ENGINE` chooses: `chromium` if it is not there, `webkit`, `firefox`. What only one of them can tell stands in
//! `only-chromium.txt`, with the reason.

use ::http::Method;
use harness::http;
use serde_json::{Value, json};
use vpn_core::config::{Process, Vars as _};

use crate::{chromium::Chromium, firefox::Firefox, webkit::WebKit};

/// What a person's device is, and what becomes of it, beyond `WebDriver`'s commands.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wish<'a> {
    /// How it calls itself, and the languages that its owner reads; it is touched.
    Device {
        agent: &'a str,
        languages: &'a str,
    },
    /// Of the page, in CSS pixels.
    Size(u32, u32),
    Dark(bool),
    Still(bool),
    Offline(bool),
    /// Another app is in front of it.
    Hidden(bool),
    Scripts(bool),
}

pub(crate) enum Engine {
    Chromium(Chromium),
    WebKit(WebKit),
    Firefox(Box<Firefox>),
}

impl Engine {
    pub(crate) async fn start() -> Self {
        match Process.get("ENGINE").as_deref() {
            None | Some("chromium") => Self::Chromium(Chromium::start().await),
            Some("webkit") => Self::WebKit(WebKit::start().await),
            Some("firefox") => Self::Firefox(Box::new(Firefox::start().await)),
            Some(other) => panic!("ENGINE is chromium, webkit or firefox: {other}"),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Chromium(_) => "chromium",
            Self::WebKit(_) => "webkit",
            Self::Firefox(_) => "firefox",
        }
    }

    pub(crate) fn is_chromium(&self) -> bool {
        matches!(self, Self::Chromium(_))
    }

    /// The browser's own process.
    pub(crate) fn process(&self) -> u64 {
        match self {
            Self::Chromium(it) => it.process,
            Self::WebKit(it) => it.process,
            Self::Firefox(it) => it.process,
        }
    }

    /// A command of `WebDriver`, by its path below the session's.
    pub(crate) async fn command(&self, method: Method, path: &str, body: Value) -> Result<Value, String> {
        match self {
            Self::Chromium(Chromium { session, .. }) | Self::WebKit(WebKit { session, .. }) => {
                send(method, &format!("{session}{path}"), &body).await
            }
            Self::Firefox(it) => it.command(&method, path, body).await,
        }
    }

    pub(crate) async fn be(&self, wish: Wish<'_>) -> Result<(), String> {
        match self {
            Self::Chromium(it) => it.be(wish).await,
            Self::WebKit(it) => it.be(wish).await,
            Self::Firefox(it) => it.be(wish).await,
        }
    }
}

/// Begins a session at a driver: its address, and what it says of itself.
pub(crate) async fn session(port: u16, capabilities: Value) -> Result<(String, Value), String> {
    let base = format!("http://127.0.0.1:{port}/session");
    let mut created = send(Method::POST, &base, &json!({"capabilities": {"alwaysMatch": capabilities}})).await?;
    let session = created["sessionId"].as_str().ok_or("no session")?;
    Ok((format!("{base}/{session}"), created["capabilities"].take()))
}

pub(crate) async fn send(method: Method, url: &str, body: &Value) -> Result<Value, String> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = http::try_send(method.as_str(), url, &[("content-type", "application/json")], body).await?;
    let mut said: Value = serde_json::from_str(answer.body()).map_err(|error| error.to_string())?;
    let value = said["value"].take();
    if answer.status().is_success() { Ok(value) } else { Err(format!("{}: {}", value["error"], value["message"])) }
}
