#![doc = include_str!("README.md")]

pub mod banner;
pub(crate) mod pages;

use std::sync::{
    Mutex, MutexGuard, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use aws::elb::{session::Sessions, token};
use bytes::Bytes;
use http::Response;

use crate::locks::lock;

/// What the load balancer and the user pool remember.
#[derive(Debug)]
pub struct LoadBalancer {
    key: token::Key,
    sessions: Mutex<Sessions>,
    no_banner: AtomicBool,
    pub(crate) panel: OnceLock<String>,
    pub(crate) page: OnceLock<String>,
}

impl Default for LoadBalancer {
    fn default() -> Self {
        Self {
            key: token::Key::generate(),
            sessions: Mutex::default(),
            no_banner: AtomicBool::new(false),
            panel: OnceLock::new(),
            page: OnceLock::new(),
        }
    }
}

impl LoadBalancer {
    /// Whether HTML pages say that this is a trial.
    #[must_use]
    pub fn shows_banner(&self) -> bool {
        !self.no_banner.load(Ordering::Relaxed)
    }

    /// Switches the banner on or off.
    pub fn show_banner(&self, shown: bool) {
        self.no_banner.store(!shown, Ordering::Relaxed);
    }

    /// Where the banner's link leads; said once, by the control panel when it starts.
    pub fn set_panel(&self, url: String) {
        self.panel.get_or_init(|| url);
    }

    /// Where the employee's page is, once the listener serves.
    #[must_use]
    pub fn page(&self) -> Option<&str> {
        self.page.get().map(String::as_str)
    }

    /// The key that signs, which the key server gives out.
    #[must_use]
    pub fn key(&self) -> &token::Key {
        &self.key
    }

    pub(crate) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        lock(&self.sessions)
    }
}

/// What everything in this module answers with: a whole body, and for the log the reason of an error.
pub(crate) struct ListenerAnswer {
    pub(crate) response: Response<Bytes>,
    pub(crate) reason: Option<String>,
}

impl From<Response<Bytes>> for ListenerAnswer {
    fn from(response: Response<Bytes>) -> Self {
        Self { response, reason: None }
    }
}
