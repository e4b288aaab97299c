//! How to connect, on the device in front of the visitor first.

use askama::Template;

use super::phrases::broken;
use crate::{
    config::{Config, Link},
    texts::{Texts, fill},
    visitor::{Device, Visitor},
};

const OPENVPN: &str = "OpenVPN Connect";
const AWS: &str = "AWS VPN Client";
/// Where the apps come from: their makers.
const APPLE_STORE: (&str, &str) =
    ("OpenVPN Connect (App Store)", "https://apps.apple.com/app/openvpn-connect/id590379981");
const GOOGLE_STORE: (&str, &str) =
    ("OpenVPN Connect (Google Play)", "https://play.google.com/store/apps/details?id=net.openvpn.openvpn");
/// Where AWS's own client adds a profile.
const MENU: &str = "File → Manage Profiles → Add Profile";
/// With older ones of it nobody can connect where there is a connect handler.
const LEAST_WINDOWS: &str = "1.2.6";
const LEAST_MAC: &str = "1.2.4";
const AWS_CLIENT: (&str, &str) = (AWS, "https://aws.amazon.com/vpn/client-vpn-download/");
const OPENVPN_CLIENT: (&str, &str) = (OPENVPN, "https://openvpn.net/client/");

#[derive(Template)]
#[template(path = "guide.html")]
struct GuidePart<'a> {
    first: &'static str,
    language: &'a str,
    links: &'a [Link],
    /// One, or two of which the style shows one.
    variants: Vec<Variant>,
    /// Her profile, where it may wait for her.
    profile: Option<&'static str>,
}

struct Variant {
    /// By which the style chooses, on what only calls itself a Mac.
    class: &'static str,
    own: How,
    /// How to set it up, where her profile may wait for her.
    setup: Option<Setup>,
    other: How,
}

struct Setup {
    title: &'static str,
    steps: Vec<String>,
}

struct How {
    title: &'static str,
    steps: [&'static str; 3],
    /// Where the app comes from, for the device in front of the visitor.
    apps: Vec<(String, &'static str)>,
}

/// The guide for a visitor.
pub(super) fn guide(visitor: &Visitor, config: &Config) -> String {
    let texts = visitor.texts;
    let guide = &texts.guide;
    let own = |title, with_touch| How { title, ..how(texts, with_touch, visitor.device) };
    let variant = |class, title, with_touch: bool| Variant {
        class,
        own: own(title, with_touch),
        setup: config.profiles.as_ref().map(|_| setup(texts, with_touch)),
        other: How { apps: Vec::new(), ..how(texts, !with_touch, visitor.device) },
    };
    let variants = match visitor.device {
        Device::Ipad => vec![variant("any", guide.ipad, true)],
        Device::Iphone => vec![variant("any", guide.iphone, true)],
        Device::Android => vec![variant("any", guide.android, true)],
        Device::Windows => vec![variant("any", guide.windows, false)],
        Device::Linux => vec![variant("any", guide.linux, false)],
        Device::Mac => vec![variant("mac", guide.mac, false), variant("pad", guide.ipad, true)],
        Device::Other => vec![variant("any", guide.computer, false)],
    };
    broken(&super::parts::render(&GuidePart {
        first: guide.first,
        language: texts.language,
        links: &config.company.links,
        variants,
        profile: config.profiles.as_ref().map(|_| texts.profile.get),
    }))
}

fn setup(texts: &Texts, with_touch: bool) -> Setup {
    let profile = &texts.profile;
    let steps = if with_touch { profile.touch_steps } else { profile.computer_steps };
    // AWS's own client speaks English only; versions: facts 6.5, 7.9.
    let places = [("menu", MENU), ("windows", LEAST_WINDOWS), ("mac", LEAST_MAC)];
    Setup { title: profile.title, steps: steps.map(|step| fill(step, &places)).into() }
}

fn how(texts: &Texts, with_touch: bool, device: Device) -> How {
    let guide = &texts.guide;
    let apps = match (with_touch, device) {
        (true, Device::Ipad | Device::Iphone | Device::Mac) => vec![APPLE_STORE],
        (true, Device::Android) => vec![GOOGLE_STORE],
        (true, _) => Vec::new(),
        // OpenVPN Connect has no window on Linux.
        (false, Device::Linux) => vec![AWS_CLIENT],
        (false, _) => vec![AWS_CLIENT, OPENVPN_CLIENT],
    };
    How {
        title: if with_touch { guide.touch } else { guide.computer },
        steps: if with_touch { guide.touch_steps } else { guide.computer_steps },
        apps: apps.into_iter().map(|(app, address)| (fill(guide.get, &[("app", app)]), address)).collect(),
    }
}
