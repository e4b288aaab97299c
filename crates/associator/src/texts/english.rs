//! English.

use vpn_core::plan::Phase;

use super::{Facts, Guide, Keep, Off, Presses, Profile, Saying, Steps, Texts};
use crate::problem::Kind;

/// The English texts.
#[must_use]
pub const fn english() -> &'static Texts {
    &TEXTS
}

const TEXTS: Texts = Texts {
    language: "en",
    own_name: "English",
    languages: "Language",
    phase,
    problem,
    nothing_changed: "Nothing was changed.",
    in_use: "If this device is not connected yet, connect in your VPN app. It turns off by itself when nobody has been connected for {idle}.",
    is_off: "The VPN is off.",
    reference: "Reference: {reference}",
    moment: "less than a minute",
    minutes: "{minutes} min",
    full_hours: "{hours} h",
    hours: "{hours} h {minutes} min",
    steps: Steps {
        label: "Steps done",
        so_many: "{done} of {of} steps done",
        so_far: "{time} so far",
        usual: "It is usually ready in {from} to {to} minutes.",
        opens_in: "It opens again in {time}.",
    },
    facts: Facts {
        connected: "Devices connected",
        on_for: "On for",
        turns_off: "Turns off",
        in_time: "in {time}",
        not_in_use: "after use",
    },
    keep: Keep {
        title: "Keep it on",
        why: "Even while nobody is connected, for the next",
        kept: "It stays on for at least {time}.",
        ready: "Connect in your VPN app now. It stays on for now, even while nobody is connected.",
        in_use: "If this device is not connected yet, connect in your VPN app. It stays on for now, even while nobody is connected.",
        not_on: "You can do this once the VPN is on.",
        hour: "1 hour",
        hours: "{hours} hours",
    },
    off: Off {
        title: "Turn the VPN off for everyone",
        means: "Nobody can use the VPN then. Turning it on again takes some minutes.",
        really: "Turn it off now",
        in_use: "A device is still connected, perhaps your own, so the VPN stays on. Disconnect it in the VPN app, wait a \
                 minute and try again. Or simply leave it: it turns off by itself {idle} after the last one has left.",
        not_on: "The VPN is not on, so there is nothing to turn off.",
    },
    guide: Guide {
        ipad: "Connect on this iPad",
        iphone: "Connect on this iPhone",
        android: "Connect on this device",
        windows: "Connect on this computer",
        mac: "Connect on this Mac",
        linux: "Connect on this computer",
        touch: "Connect on an iPad, iPhone or Android device",
        computer: "Connect on a computer",
        touch_steps: [
            "Open the OpenVPN Connect app.",
            "Tap the switch next to your company’s profile.",
            "When it says “Connected”, go on in the app you need.",
        ],
        computer_steps: [
            "Open AWS VPN Client or OpenVPN Connect.",
            "Choose your company’s profile and connect.",
            "When it says “Connected”, you can start working.",
        ],
        first: "Is this your first time on this device? Install the app, then open your company’s profile in it.",
        get: "Get {app}",
    },
    profile: Profile {
        title: "Set up the VPN on this device",
        get: "Get my profile",
        touch_steps: [
            "Install the OpenVPN Connect app.",
            "Tap “Get my profile” below, and then “Download”.",
            "Open the browser’s list of downloads, and tap the file that ends in “.ovpn”.",
            "Tap the Share symbol, and choose OpenVPN Connect. Confirm there that the profile is added.",
            "Then delete the file, and show or send it to nobody: whoever has it gets in as you.",
        ],
        computer_steps: [
            "Install AWS VPN Client: at least version {windows} on Windows or {mac} on a Mac.",
            "Press “Get my profile” below, and save the file.",
            "In AWS VPN Client choose {menu}.",
            "Give the profile a name, choose the file, and add it.",
            "Then delete the file, and show or send it to nobody: whoever has it gets in as you.",
        ],
        which: Saying {
            short: "Which device?",
            headline: "Choose this device.",
            next: "A profile is ready for each of these. Choose the one in front of you.",
        },
    },
    press: Presses {
        on: "Turn on",
        on_again: "Try again",
        again_on: "Press again to turn on",
        again_off: "Press again to turn off for everyone",
        again_keep: "Press again to keep it on for {time}",
        look: "Check again",
        open: "Open the VPN page",
        sign_in: "Sign in again",
        sign_out: "Sign out",
    },
    looked_now: "Checked just now",
    looked_ago: "Checked {time} ago",
    looked_at_load: "This is how it was when the page was opened.",
    lost: "No connection to the server.",
    help: "Questions?",
    ended: Saying {
        short: "Sign in again",
        headline: "You are no longer signed in.",
        next: "Your sign-in has run out. The VPN itself is not affected.",
    },
    signed_in: Saying {
        short: "Signed in",
        headline: "You are signed in again.",
        next: "What you pressed was not done, because you had to sign in first.",
    },
    signed_out: Saying {
        short: "Signed out",
        headline: "You are signed out.",
        next: "You can close this page. The VPN turns off by itself when nobody uses it.",
    },
};

fn phase(phase: Phase) -> Saying {
    let (short, headline, next) = match phase {
        Phase::Off => (
            "Off",
            "The VPN is off.",
            "Turn it on when you need it. When nobody uses it any more, it turns off by itself.",
        ),
        Phase::Starting => (
            "Starting",
            "The VPN is starting.",
            "This usually takes {from} to {to} minutes. You can leave this page: it goes on by itself.",
        ),
        Phase::Ready => (
            "Ready",
            "The VPN is ready.",
            "Connect in your VPN app now. It turns off by itself when nobody has been connected for {idle}.",
        ),
        Phase::TurningOff => (
            "Turning off",
            "The VPN is turning off.",
            "This takes a few minutes. If you still need it, turn it on: it starts again right after.",
        ),
        Phase::TurningOnAgain => (
            "Starting again",
            "The VPN will start again.",
            "It has to turn off first, so it takes a few minutes more than usual. You can leave this page.",
        ),
        Phase::Failed => (
            "Not working",
            "The VPN could not be turned on.",
            "Please try again. If that does not help, send the reference to your administrator.",
        ),
        Phase::Incomplete => (
            "Partly on",
            "Only a part of the VPN is on.",
            "Some things may not be reachable. Turn it on to have all of it.",
        ),
        Phase::Closed => (
            "Paused",
            "The VPN is paused.",
            "Your administrator has paused the VPN. Until it opens again nobody can turn it on.",
        ),
    };
    Saying { short, headline, next }
}

fn problem(kind: Kind) -> Saying {
    let (headline, next) = match kind {
        Kind::BadRequest => ("This could not be done.", "Please open the VPN page and use its buttons."),
        Kind::Identity => (
            "You are not signed in.",
            "Please sign in again. If you still see this, close the browser and open the page anew, or send the \
             reference to your administrator.",
        ),
        Kind::KeyServer => (
            "Your sign-in cannot be checked.",
            "Please check again in a minute. If it stays like this, send the reference to your administrator.",
        ),
        Kind::OtherOrigin => (
            "This request came from another page.",
            "To be safe, nothing was changed. Please open the VPN page and use its buttons.",
        ),
        Kind::NotFound => ("There is no such page.", "You may have followed an old link. Please open the VPN page."),
        Kind::Method => ("This does not work from here.", "Please open the VPN page and use its buttons."),
        Kind::Unreachable => (
            "The VPN service does not answer.",
            "Please check again in a minute. If it stays like this, send the reference to your administrator.",
        ),
        Kind::Busy => (
            "The VPN service is too busy.",
            "It got too many requests at once. Please wait a minute, then check again.",
        ),
        Kind::Forbidden => (
            "This page may not control the VPN.",
            "A permission is missing. Only your administrator can fix this: please send them the reference.",
        ),
        Kind::Endpoint => (
            "The VPN cannot be found.",
            "It does not exist or is being removed. Only your administrator can fix this: please send the reference.",
        ),
        Kind::Subnet => (
            "A network was not accepted.",
            "A network does not fit, or a limit is reached. Please send the reference to your administrator.",
        ),
        Kind::SameZone => (
            "Two networks do not go together.",
            "Two networks in the settings are in the same place. Please send the reference to your administrator.",
        ),
        Kind::Route => (
            "A route was not accepted.",
            "A route does not fit, or a limit is reached. Please send the reference to your administrator.",
        ),
        Kind::AssociationFailed => (
            "A network could not be connected.",
            "A network could not be connected. Please try again, or send the reference to your administrator.",
        ),
        Kind::RouteFailed => (
            "A route could not be set up.",
            "A route is missing, so some things may not be reachable. Please send the reference to your administrator.",
        ),
        Kind::Unknown => (
            "Something unexpected happened.",
            "This could not be completed. Please try again, or send the reference to your administrator.",
        ),
        Kind::InUse => (
            "The VPN was not turned off.",
            "A device is still connected, perhaps your own. Disconnect it in the VPN app, wait a minute and try again.",
        ),
        Kind::NotOn => ("The VPN is not on, so it cannot be kept on.", "Please turn it on first."),
        Kind::PartlyOff => (
            "Not all of the VPN could be turned off.",
            "Please try again in a few minutes. Otherwise it turns off by itself when nobody uses it.",
        ),
        Kind::NoProfile => (
            "No profile is waiting for you.",
            "It may have been there for longer than a week, or is for another device. Ask your administrator for a new one.",
        ),
    };
    Saying { short: "Problem", headline, next }
}
