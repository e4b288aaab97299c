//! What was pressed without a session: after the sign-in the load balancer leads there by GET, which does nothing, and the
//! page asks to press it again.

use lambda_http::{Request, RequestExt as _};

use crate::request::{HOURS, PAGE};

/// The parameter of the page's address that says what was pressed.
pub const AGAIN: &str = "again";
/// The parameter of `/keep`'s address that outlives the sign-in, as its form does not.
pub const KEEP: &str = "hours";

/// What was pressed, and is to be pressed once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    On,
    Off,
    /// For so many of the offered hours.
    Keep(u8),
}

impl Again {
    /// What a path that only takes POST was to do.
    #[must_use]
    pub fn pressed(request: &Request, path: &str) -> Option<Self> {
        match path {
            "/on" => Some(Self::On),
            "/off" => Some(Self::Off),
            "/keep" => {
                Self::read(request.query_string_parameters_ref()?.first(KEEP)?).filter(|again| again.hours().is_some())
            }
            _ => None,
        }
    }

    /// What the page's address says.
    #[must_use]
    pub fn of(request: &Request) -> Option<Self> {
        Self::read(request.query_string_parameters_ref()?.first(AGAIN)?)
    }

    fn read(word: &str) -> Option<Self> {
        [Self::On, Self::Off].into_iter().chain(HOURS.map(Self::Keep)).find(|again| again.word() == word)
    }

    /// Its word in an address.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::On => "on".to_owned(),
            Self::Off => "off".to_owned(),
            Self::Keep(hours) => hours.to_string(),
        }
    }

    /// Where it is pressed.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::On => "/on",
            Self::Off => "/off",
            Self::Keep(_) => "/keep",
        }
    }

    /// The hours that its button sends.
    #[must_use]
    pub fn hours(self) -> Option<u8> {
        match self {
            Self::Keep(hours) => Some(hours),
            Self::On | Self::Off => None,
        }
    }
}

/// The page's address after a sign-in that came between.
#[must_use]
pub fn page(pressed: Option<Again>) -> String {
    pressed.map_or_else(|| PAGE.to_owned(), |again| format!("{PAGE}?{AGAIN}={}", again.word()))
}
