//! English.

use vpn_core::plan::Phase;

use super::{Labels, Presses, Saying, Texts};
use crate::problem::Kind;

/// The English texts.
#[must_use]
pub const fn english() -> &'static Texts {
    &ENGLISH
}

const ENGLISH: Texts = Texts {
    language: "en",
    name: "VPN",
    phase,
    problem,
    nothing_changed: "Nothing was changed.",
    reference: "Reference: {reference}",
    share: "{done} of {of}",
    moment: "less than a minute",
    minutes: "{minutes} min",
    hours: "{hours} h {minutes} min",
    label: Labels {
        subnets: "Network parts connected",
        routes: "Routes ready",
        connected: "Devices connected",
        starting_for: "Starting for",
        on_for: "On for",
        turns_off_in: "Turns off by itself in",
        kept_for: "Kept on for another",
        closed_for: "Opens again in",
    },
    press: Presses {
        on: "Turn on",
        on_again: "Try again",
        keep: "Keep it on, also while nobody is connected:",
        keep_hour: "1 hour",
        keep_hours: "{hours} hours",
        off: "Turn off for everyone",
        off_means: "This turns the VPN off for everyone who uses it. Turning it on again takes some minutes.",
        off_really: "Turn off now",
        off_not: "It cannot be turned off while a device is connected. It turns off by itself later.",
        look: "Look again",
        sign_in: "Sign in again",
        sign_out: "Sign out",
    },
    looked_now: "Looked just now",
    looked_ago: "Looked {time} ago",
    looked_at_load: "As it was when this page was loaded",
    no_script: "This page does not change by itself. Press “Look again” to see how things are.",
    lost: "This page cannot reach the server at the moment. What it shows may have changed.",
    ended: "You are no longer signed in, so this page cannot look any more. The VPN itself is not affected.",
    signed_out: Saying {
        headline: "You are signed out.",
        next: "You can close this page. The VPN turns off by itself when nobody uses it.",
    },
};

fn phase(phase: Phase) -> Saying {
    let (headline, next) = match phase {
        Phase::Off => ("The VPN is off.", "Turn it on if you need it. This usually takes {from} to {to} minutes."),
        Phase::Starting => (
            "The VPN is starting.",
            "This usually takes {from} to {to} minutes. You may leave or close this page: it goes on by itself. \
             Connect in your VPN app when it is ready.",
        ),
        Phase::Ready => (
            "The VPN is ready.",
            "Connect in your VPN app. The VPN turns off by itself when nobody has been connected for {idle}.",
        ),
        Phase::TurningOff => (
            "The VPN is turning off.",
            "This takes some minutes. If you need it again, turn it on: it starts as soon as it is off.",
        ),
        Phase::TurningOnAgain => (
            "The VPN is still turning off, then it starts again.",
            "Together this usually takes some minutes more than {from} to {to}. You may leave or close this page: it \
             goes on by itself.",
        ),
        Phase::Failed => (
            "The VPN could not be turned on.",
            "Nobody can use it as it is. Turning it on again is tried only when somebody asks for it.",
        ),
        Phase::Incomplete => {
            ("Only a part of the VPN is on.", "It may work for some things only. Turn it on to have all of it.")
        }
        Phase::Closed => (
            "The VPN is closed.",
            "Your administrator has turned it off for some time. Until then it cannot be turned on.",
        ),
    };
    Saying { headline, next }
}

fn problem(kind: Kind) -> Saying {
    let (headline, next) = match kind {
        Kind::BadRequest => ("This request was not understood.", "Go back to the page and use its buttons."),
        Kind::Identity => (
            "You are not signed in.",
            "Open this page again and sign in. If you see this again, close the browser, open the page anew, or give \
             the reference to your administrator.",
        ),
        Kind::KeyServer => (
            "Your sign-in cannot be checked at the moment.",
            "Try again in a minute. If it stays like this, give the reference to your administrator.",
        ),
        Kind::OtherOrigin => {
            ("This request did not come from this page.", "Nothing was changed. Open the page and use its buttons.")
        }
        Kind::NotFound => ("There is no such page.", "Open the VPN page instead."),
        Kind::Method => ("This request was not understood.", "Open the VPN page and use its buttons."),
        Kind::Unreachable => (
            "AWS does not answer at the moment.",
            "Try again in a minute. If it stays like this, give the reference to your administrator.",
        ),
        Kind::Busy => ("AWS is too busy at the moment.", "Try again in a minute."),
        Kind::Forbidden => (
            "This service is not permitted to control the VPN.",
            "Only your administrator can mend this: a permission is missing in AWS. Give them the reference.",
        ),
        Kind::Endpoint => (
            "The VPN that this page should turn on does not exist.",
            "Only your administrator can mend this: AWS does not know the VPN endpoint in the settings, or it is being \
             deleted. Give them the reference.",
        ),
        Kind::Subnet => (
            "AWS does not accept a part of the network for this VPN.",
            "Only your administrator can mend this: a subnet in the settings does not exist, belongs to another VPC, \
             or a limit of the account is reached. Give them the reference.",
        ),
        Kind::SameZone => (
            "Two parts of the network are in the same place.",
            "Only your administrator can mend this: two subnets in the settings are in one availability zone, and AWS \
             takes only one of them. Give them the reference.",
        ),
        Kind::Route => (
            "AWS does not accept a route of this VPN.",
            "Only your administrator can mend this: a route in the settings does not fit, or a limit of the account is \
             reached. Give them the reference.",
        ),
        Kind::AssociationFailed => (
            "A part of the network could not be connected.",
            "You can try again. If that does not help, give the reference to your administrator.",
        ),
        Kind::RouteFailed => (
            "A route of the VPN could not be made.",
            "Some things may not be reachable. Give the reference to your administrator.",
        ),
        Kind::Unknown => (
            "AWS refused, for a reason this page does not know.",
            "Try again. If that does not help, give the reference to your administrator.",
        ),
        Kind::InUse => (
            "The VPN was not turned off: a device is connected.",
            "It can only be turned off while nobody is connected. It turns off by itself later.",
        ),
        Kind::NotOn => ("The VPN is not on, so it cannot be kept on.", "Turn it on first."),
        Kind::PartlyOff => (
            "Not all of the VPN could be turned off.",
            "Try again in some minutes. Otherwise it turns off by itself when nobody uses it.",
        ),
    };
    Saying { headline, next }
}
