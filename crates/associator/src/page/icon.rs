//! The state as a symbol, on the page and in the browser's tab. Shapes differ, not only colours.

use base64::{Engine, engine::general_purpose::STANDARD};
use vpn_core::plan::Phase;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    /// The class of its colour on the page.
    pub class: &'static str,
    /// Its colour in the tab, which is seen on light and on dark.
    colour: &'static str,
    /// Whether the disc is filled.
    pub filled: bool,
    /// What is drawn in the disc.
    pub path: &'static str,
}

const GREY: &str = "#7a828c";
const AMBER: &str = "#c77700";

/// Of what is not known, or no longer.
pub const UNKNOWN: Symbol =
    Symbol { class: "grey", colour: GREY, filled: false, path: "M12 13a4 4 0 1 1 4 4v2M16 23v.1" };
/// Of what is wrong.
pub const WRONG: Symbol = Symbol { class: "red", colour: "#d13438", filled: true, path: "M16 8v10M16 23v.1" };

impl Symbol {
    /// Of a phase.
    #[must_use]
    pub fn of(phase: Phase) -> Self {
        let moving = Self { class: "amber", colour: AMBER, filled: true, path: "M16 9v7l4.5 3" };
        match phase {
            Phase::Off => {
                Self { class: "grey", colour: GREY, filled: false, path: "M16 9v6.5M11.6 12a6 6 0 1 0 8.8 0" }
            }
            Phase::Starting | Phase::TurningOnAgain => moving,
            Phase::Ready => Self { class: "green", colour: "#1a8f3c", path: "M9.5 16.5l4.5 4.5 8.5-9", ..moving },
            Phase::TurningOff => Self { filled: false, path: "M16 10v11.5M11 16.8l5 5 5-5", ..moving },
            Phase::Incomplete => Self { path: "M9.5 16h13", ..moving },
            Phase::Failed => WRONG,
            Phase::Closed => Self { class: "grey", colour: GREY, filled: true, path: "M11 11l10 10M21 11L11 21" },
        }
    }

    /// For `<link rel="icon">`: the load balancer answers requests for icons itself, so the page carries its own.
    #[must_use]
    pub fn address(self) -> String {
        let Self { colour, filled, path, .. } = self;
        let (fill, line) = if filled { (colour, "#fff") } else { ("#fff", colour) };
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32' stroke-width='3'>\
             <circle cx='16' cy='16' r='14' fill='{fill}' stroke='{colour}'/>\
             <path d='{path}' fill='none' stroke='{line}'/></svg>"
        );
        format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg))
    }
}
