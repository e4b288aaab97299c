//! What to find a problem by in the log.

use super::state::name;
use crate::{
    config::Config,
    problem::{Kind, Problem},
    texts::{Texts, fill},
};

/// The reference, and how it gets to whom to ask.
pub(super) struct Mention {
    pub(super) label: String,
    pub(super) reference: String,
    /// A mail that says it already.
    pub(super) mail: Option<String>,
}

impl Mention {
    /// Only where somebody has to look into the log.
    pub(super) fn of(texts: &Texts, config: &Config, problem: &Problem, reference: &str) -> Option<Self> {
        if let Kind::NotFound | Kind::NoProfile | Kind::Method | Kind::InUse | Kind::NotOn = problem.kind {
            return None;
        }
        let label = fill(texts.reference, &[("reference", "")]);
        let address = config.company.support.as_ref().and_then(|support| support.href.as_deref());
        let mail = address.filter(|address| address.starts_with("mailto:")).map(|address| {
            // RFC 6068 knows no `+` for a space.
            let subject = form_urlencoded::Serializer::new(String::new())
                .append_pair("subject", &format!("{}: {label}{reference}", name(config)))
                .finish();
            format!("{address}?{}", subject.replace('+', "%20"))
        });
        Some(Self { label, reference: reference.to_owned(), mail })
    }
}
