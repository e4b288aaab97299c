//! Who looks at the page: in which language, and on what.

use http::{HeaderMap, HeaderValue};
use lambda_http::{Request, RequestExt};

use crate::{
    request::{readable, text},
    texts::{self, Texts},
};

/// The parameter of the page's address that chooses a language.
pub const PARAMETER: &str = "lang";
/// The cookie that keeps the choice.
const COOKIE: &str = "vpn-language";
/// For how many seconds: a year.
const KEPT_FOR: u32 = 365 * 24 * 3600;

/// Who looks at the page.
#[derive(Debug, Clone, Copy)]
pub struct Visitor {
    /// In their language.
    pub texts: &'static Texts,
    /// Whether this very request chose it.
    chosen: bool,
    /// What they look with.
    pub device: Device,
}

/// What somebody looks with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// An iPad that says so.
    Ipad,
    Iphone,
    /// A phone or tablet with Android.
    Android,
    /// A computer with Windows.
    Windows,
    /// A Mac, or an iPad: iPadOS calls itself one unless told otherwise. Only the browser can tell them apart, by
    /// whether there is a touch screen.
    Mac,
    /// A computer with Linux, such as Ubuntu.
    Linux,
    /// None of these.
    Other,
}

impl Visitor {
    /// Reads a request: what was chosen now, or earlier, or what the browser prefers.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let headers = request.headers();
        let asked =
            request.query_string_parameters_ref().and_then(|query| query.first(PARAMETER).and_then(texts::named));
        let all = |name| headers.get_all(name).iter().map(readable);
        let kept = all("cookie").find_map(|line| {
            line.split(';').find_map(|cookie| {
                let (name, value) = cookie.trim().split_once('=')?;
                texts::named(value).filter(|_| name == COOKIE)
            })
        });
        let accepted: Vec<_> = all("accept-language").collect();
        Self {
            texts: asked.or(kept).unwrap_or_else(|| texts::preferred(&accepted.join(","))),
            chosen: asked.is_some(),
            device: Device::of(&text(headers, "user-agent").unwrap_or_default()),
        }
    }

    /// Somebody whose language is known.
    #[must_use]
    pub fn reading(texts: &'static Texts, device: Device) -> Self {
        Self { texts, chosen: false, device }
    }

    /// The same, of whom nothing is kept: no person chose the language of what another site embeds.
    #[must_use]
    pub fn passing(self) -> Self {
        Self { chosen: false, ..self }
    }

    /// Keeps the language for the next time, if it was chosen.
    pub fn remember(&self, headers: &mut HeaderMap, secure: bool) {
        let secure = if secure { "; Secure" } else { "" };
        let cookie =
            format!("{COOKIE}={}; Path=/; Max-Age={KEPT_FOR}; HttpOnly; SameSite=Lax{secure}", self.texts.language);
        if let Some(cookie) = HeaderValue::from_str(&cookie).ok().filter(|_| self.chosen) {
            headers.append(http::header::SET_COOKIE, cookie);
        }
    }
}

impl Device {
    /// By the `User-Agent`. The order matters: an Android device also says Linux.
    #[must_use]
    pub fn of(agent: &str) -> Self {
        [
            ("iPad", Self::Ipad),
            ("iPhone", Self::Iphone),
            ("Android", Self::Android),
            ("Windows", Self::Windows),
            ("Macintosh", Self::Mac),
            ("Linux", Self::Linux),
        ]
        .into_iter()
        .find(|(word, _)| agent.contains(word))
        .map_or(Self::Other, |(_, device)| device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_told_by_what_browsers_say() {
        const MAC: &str =
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15";
        for (agent, device) in [
            ("Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", Device::Ipad),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Mobile/15E148", Device::Iphone),
            ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36", Device::Android),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0.0.0 Safari/537.36", Device::Windows),
            (MAC, Device::Mac),
            ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Firefox/140.0", Device::Linux),
            ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/142.0.0.0", Device::Other),
            ("", Device::Other),
        ] {
            assert_eq!(Device::of(agent), device, "{agent}");
        }
    }
}
