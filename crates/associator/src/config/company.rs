//! What the company puts on the page. It is text for people, so it is only kept short, on one line, and its links safe.

use std::collections::BTreeMap;

use http::Uri;
use vpn_core::config::Reader;

use super::{COMPANY_NAME, LINKS, SUPPORT_CONTACT};

const NAME_AT_MOST: usize = 40;
const CONTACT_AT_MOST: usize = 100;
const LINKS_AT_MOST: usize = 4;
const TITLE_AT_MOST: usize = 40;
const ADDRESS_AT_MOST: usize = 200;
/// In which a title may be told beside the one for everybody; Chinese whichever.
const LANGUAGES: [&str; 4] = ["en", "zh", "ko", "ja"];

/// What the company puts on the page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Company {
    pub name: Option<String>,
    /// Whom to ask.
    pub support: Option<Link>,
    /// Where else to go, such as the profile to download.
    pub links: Vec<Link>,
}

/// Words that may lead somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The words.
    pub text: String,
    /// The same in some languages, by their codes.
    pub translated: BTreeMap<&'static str, String>,
    /// Where they lead.
    pub href: Option<String>,
}

impl Link {
    /// The words in this language, or those for everybody.
    #[must_use]
    pub fn text_in(&self, language: &str) -> &str {
        let code = language.split('-').next().unwrap_or_default();
        self.translated.get(code).unwrap_or(&self.text)
    }
}

impl Company {
    /// Reads it; problems stay in the reader.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let name = reader.optional(COMPANY_NAME, |text| line(text, NAME_AT_MOST));
        let support = reader.optional(SUPPORT_CONTACT, contact);
        let links = reader.optional(LINKS, links);
        Some(Self { name: name?, support: support?, links: links?.unwrap_or_default() })
    }
}

fn line(text: &str, at_most: usize) -> Result<String, String> {
    let text = text.trim();
    match !text.is_empty() && text.chars().count() <= at_most && !text.chars().any(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err(format!("1 to {at_most} characters on one line")),
    }
}

fn contact(text: &str) -> Result<Link, String> {
    let text = line(text, CONTACT_AT_MOST)?;
    let href = if is_https(&text) {
        Some(text.clone())
    } else if is_mail(&text) {
        Some(format!("mailto:{text}"))
    } else {
        telephone(&text).map(|number| format!("tel:{number}"))
    };
    Ok(Link { text, translated: BTreeMap::new(), href })
}

fn is_mail(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || ".-_+".contains(c);
    text.split_once('@').is_some_and(|(name, host)| {
        let parts = [name, host];
        parts.iter().all(|part| !part.is_empty() && part.chars().all(legal)) && host.contains('.')
    })
}

/// Only an international number leads to the same telephone from everywhere.
fn telephone(text: &str) -> Option<String> {
    let number: String = text.chars().filter(|c| !" -().".contains(*c)).collect();
    let digits = number.strip_prefix('+')?;
    let is_one = (6..=15).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit());
    is_one.then_some(number)
}

fn is_https(text: &str) -> bool {
    let uri: Option<Uri> = text.parse().ok();
    // Whoever reads the page must see where a link leads: no name and password before the host.
    uri.is_some_and(|uri| {
        uri.scheme_str() == Some("https") && uri.authority().is_some_and(|a| !a.as_str().contains('@'))
    })
}

fn links(text: &str) -> Result<Vec<Link>, String> {
    let expected = || {
        format!(
            "at most {LINKS_AT_MOST} links, TITLE=https://ADDRESS separated by semicolons, with |zh:, |ko:, |ja: or |en: and \
             a title of that language after TITLE; titles of at most {TITLE_AT_MOST} and addresses of at most \
             {ADDRESS_AT_MOST} characters"
        )
    };
    let read = |item: &str| {
        let (titles, address) = item.split_once('=')?;
        let (text, others) = titles.split_once('|').map_or((titles, None), |(text, others)| (text, Some(others)));
        let title = |title: &str| line(title, TITLE_AT_MOST).ok();
        let mut translated = BTreeMap::new();
        for other in others.into_iter().flat_map(|others| others.split('|')) {
            let (code, words) = other.split_once(':')?;
            let language = LANGUAGES.into_iter().find(|language| *language == code.trim())?;
            if translated.insert(language, title(words)?).is_some() {
                return None;
            }
        }
        let address = line(address, ADDRESS_AT_MOST).ok().filter(|address| is_https(address))?;
        Some(Link { text: title(text)?, translated, href: Some(address) })
    };
    let items = text.split(';').filter(|item| !item.trim().is_empty());
    let links = items.map(read).collect::<Option<Vec<_>>>().ok_or_else(expected)?;
    if (1..=LINKS_AT_MOST).contains(&links.len()) { Ok(links) } else { Err(expected()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_leads_where_it_can() {
        for (text, href) in [
            ("it-help@example.com", Some("mailto:it-help@example.com")),
            ("+81 3-1234-5678", Some("tel:+81312345678")),
            ("https://help.example.com/vpn", Some("https://help.example.com/vpn")),
            ("IT desk, extension 1234", None),
            ("03-1234-5678", None),
            ("http://help.example.com", None),
            ("javascript:alert(1)", None),
            ("a@b", None),
            ("a@b.c?cc=d@e.f", None),
        ] {
            let link = contact(text).expect(text);
            assert_eq!((link.text.as_str(), link.href.as_deref()), (text, href));
        }
    }

    #[test]
    fn links_are_titles_with_https_addresses() {
        let read = links(" VPN profile = https://intranet.example.com/vpn?for=ipad ;ヘルプ=https://help.example.com/;")
            .expect("two");
        let pairs: Vec<_> = read.iter().map(|link| (link.text.as_str(), link.href.as_deref().unwrap_or(""))).collect();
        assert_eq!(
            pairs,
            [("VPN profile", "https://intranet.example.com/vpn?for=ipad"), ("ヘルプ", "https://help.example.com/")]
        );
    }

    #[test]
    fn a_title_may_be_told_in_each_language() {
        let read = links("Help|zh:帮助| ja : ヘルプ =https://help.example.com/?a|b").expect("one");
        for (language, text) in [("en", "Help"), ("ko", "Help"), ("zh-CN", "帮助"), ("ja", "ヘルプ"), ("", "Help")]
        {
            assert_eq!(read[0].text_in(language), text, "{language}");
        }
        assert_eq!(read[0].href.as_deref(), Some("https://help.example.com/?a|b"));
        for page in crate::texts::all() {
            let code = page.language.split('-').next();
            assert!(LANGUAGES.into_iter().any(|language| Some(language) == code), "{}", page.language);
        }
    }

    #[test]
    fn what_is_too_long_or_leads_elsewhere_is_refused() {
        let long = |length| "x".repeat(length);
        for bad in [
            String::new(),
            ";".to_owned(),
            "https://example.com".to_owned(),
            "Profile=".to_owned(),
            "=https://example.com".to_owned(),
            "Profile=http://example.com".to_owned(),
            "Profile=javascript:alert(1)".to_owned(),
            "Profile=data:text/html,x".to_owned(),
            "Profile=//example.com".to_owned(),
            "Profile=https://example.com@evil.example/".to_owned(),
            "Profile=https://exa mple.com".to_owned(),
            format!("{}=https://example.com", long(41)),
            format!("Help|ja:{}=https://example.com", long(41)),
            "Help|=https://example.com".to_owned(),
            "Help|ja=https://example.com".to_owned(),
            "Help|ja:=https://example.com".to_owned(),
            "Help|fr:Aide=https://example.com".to_owned(),
            "Help|ja:a|ja:b=https://example.com".to_owned(),
            "|ja:a=https://example.com".to_owned(),
            format!("Profile=https://example.com/{}", long(200)),
            "a=https://a.example;".repeat(5),
        ] {
            assert!(links(&bad).is_err(), "{bad}");
        }
        assert!(line(&long(41), NAME_AT_MOST).is_err() && line("a\nb", NAME_AT_MOST).is_err());
        assert_eq!(line("  Example Trading  ", NAME_AT_MOST).as_deref(), Ok("Example Trading"));
    }
}
