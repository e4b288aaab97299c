//! The settings: what is bad is named, and what is taken can be used.

use std::collections::HashMap;

use associator::{
    config::{
        COMPANY_NAME, Config, HOST, KEY_SERVER, LINKS, LOAD_BALANCER_ARN, OIDC_CLIENT_ID, OIDC_ISSUER, PAGE_INTERVAL,
        PAGE_LIMIT, SIGN_OUT_URL, SUPPORT_CONTACT,
    },
    page::{PageState, Pages},
    texts,
    visitor::{Device, Visitor},
};
use http::{StatusCode, Uri, header};
use proptest::prelude::*;

use crate::{
    common::{rendered, signer, vars, view},
    odd,
};
use vpn_core::plan::Phase;

/// Odd values, and whether they are taken.
const CORPUS: [(&str, &str, bool); 40] = [
    (HOST, "vpn.example.com", true),
    (HOST, "vpn.example.com:8443", true),
    (HOST, "[::1]:8080", true),
    (HOST, "vpn.example.com:443", false),
    (HOST, "vpn.example.com:08443", false),
    (HOST, "vpn.example.com:", false),
    (HOST, "vpn.example.com:0", false),
    (HOST, "vpn.example.com:65536", false),
    (HOST, ":8443", false),
    (HOST, "vpn.example.com#", false),
    (HOST, "vpn example.com", false),
    (HOST, "vpn.example.com\n", false),
    (HOST, "vpn.exämple.com", false),
    (SIGN_OUT_URL, "https://a.example/logout", true),
    (SIGN_OUT_URL, "https://a.example", true),
    (SIGN_OUT_URL, "https://a.example/logout#x", false),
    (SIGN_OUT_URL, "https://a.example/logout?x", false),
    (SIGN_OUT_URL, "https://a.example/лог", false),
    (SIGN_OUT_URL, "https://a.example/ logout", false),
    (SIGN_OUT_URL, "https://me@a.example/logout", false),
    (SIGN_OUT_URL, "https:a.example", false),
    (SIGN_OUT_URL, "https://", false),
    (SIGN_OUT_URL, "https://a;b/", false),
    (SIGN_OUT_URL, "https://a,b/", false),
    (KEY_SERVER, "https://keys.example/a/", true),
    (KEY_SERVER, "https://keys.example/#", false),
    (KEY_SERVER, "https://keys.example/é", false),
    (KEY_SERVER, "http://127.1:80", false),
    (KEY_SERVER, "http://[::1]:8083", true),
    (KEY_SERVER, "http://localhost.example", false),
    (OIDC_ISSUER, "https://a.example/x#", false),
    (LOAD_BALANCER_ARN, "arn:aws:elasticloadbalancing:::loadbalancer/app/", true),
    (LOAD_BALANCER_ARN, "arn:aws:elasticloadbalancing:::loadbalancer/app", false),
    (OIDC_CLIENT_ID, "é", false),
    (COMPANY_NAME, "<script>alert(1)</script>", true),
    (COMPANY_NAME, "a\u{85}b", false),
    (SUPPORT_CONTACT, "\"><script>", true),
    (LINKS, "a=https://a.example/'\"><script>", false),
    (LINKS, "<script>=https://a.example/#b", true),
    (PAGE_LIMIT, "8785h", false),
];

fn with(changes: &[(&str, &str)]) -> HashMap<String, String> {
    let mut vars = vars();
    vars.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    vars
}

/// Whatever is taken is of use: what is made of it can be sent, and leads where it should.
fn use_it(config: &Config) {
    let visitor = Visitor::reading(texts::english(), Device::Ipad);
    let state = PageState::of(texts::english(), config, &view(Phase::Ready), None, "ref-1");
    let pages = Pages::new(config);
    let answer = pages.page(&visitor, StatusCode::OK, &state);
    let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("ASCII");
    assert_eq!(policy.split(';').count(), 8, "{policy}");
    assert!(!policy.contains(','), "a comma begins another policy: {policy}");
    let leads_to: Uri =
        pages.sign_out().headers()[header::LOCATION].to_str().expect("ASCII").parse().expect("an address");
    let sign_out: Uri = config.sign_out.parse().expect("an address");
    assert_eq!((leads_to.authority(), leads_to.path()), (sign_out.authority(), sign_out.path()));
    assert!(leads_to.query().is_some_and(|query| query.contains("client_id=")), "{leads_to}");
    let key = format!("{}/{}", config.key_server, signer::KID);
    assert!(key.is_ascii() && !key.contains('#'), "{key}");
    assert!(key.parse::<Uri>().is_ok_and(|uri| uri.path().ends_with(signer::KID)), "{key}");
    // As a browser says it: without the usual port.
    let origin: Uri = config.origin.parse().expect("an address");
    let port = origin.port_u16().map_or_else(String::new, |port| format!(":{port}"));
    assert_eq!(config.origin, format!("{}://{}{port}", origin.scheme_str().unwrap_or(""), origin.host().unwrap_or("")));
    assert!(origin.port_u16() != Some(443) || !config.origin.starts_with("https"), "{}", config.origin);
    let html = rendered(config, visitor, &state);
    assert_eq!(html.matches("<script").count(), 1, "{html}");
    for href in html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        let is_safe =
            ["/", "?", "#", "https://", "mailto:", "tel:", "data:image/"].iter().any(|start| href.starts_with(start));
        assert!(is_safe || href.starts_with("http://127.") || href.starts_with("http://localhost"), "{href}");
    }
}

#[test]
fn the_corpus_is_taken_as_it_says() {
    for (name, value, is_good) in CORPUS {
        match Config::from_vars(&with(&[(name, value)])) {
            Ok(config) => {
                assert!(is_good, "{name}={value:?}");
                use_it(&config);
            }
            Err(error) => {
                assert!(!is_good, "{name}={value:?}: {error}");
                assert!(error.to_string().contains(&format!("{name}={value:?}: expected ")), "{error}");
            }
        }
    }
}

/// One of the variables, and what is nearly a value of it.
fn variable() -> impl Strategy<Value = (&'static str, String)> {
    prop::sample::select(NAMES.as_slice()).prop_flat_map(|name| {
        let like = match name {
            HOST => "[a-z0-9.-]{1,8}(:(443|0?[1-9][0-9]{0,5})?)?|\\[[0-9a-f:]{1,6}\\](:80)?|[a-zA-Z:#@_]{1,8}",
            KEY_SERVER | OIDC_ISSUER | SIGN_OUT_URL => {
                "https://[a-z0-9.-]{1,8}[:;,@]?[0-9]{0,4}(/[a-zé;,?#'\"<> %]{0,4})?|http://(localhost|127\\.0\\.0\\.1|\\[::1\\]|a)(:[0-9]{1,5})?[/#@a]?"
            }
            LOAD_BALANCER_ARN => "arn:aws:elasticloadbalancing:[a-z:]{0,4}:loadbalancer/(app|net)/[a-z]{0,3}",
            LINKS => "([a-z<'\"&]{1,4}=https?://[a-z.@]{1,6}(/[a-z#'\"<>&]{0,4})?;?){1,3}",
            SUPPORT_CONTACT => "\\+[0-9 ()-]{1,20}|[a-z.]{1,5}@[a-z.?&]{1,8}|https://[a-z@'\"<>]{1,8}|[<>'\"&a-z]{1,8}",
            PAGE_INTERVAL => "[0-9]{1,6}(ms|s|m|h|)",
            _ => "[<>'\"&a-z -]{0,45}|cvpn-endpoint-[0-9a-f]{1,4}",
        };
        (Just(name), prop_oneof![4 => like, 1 => any::<String>()])
    })
}

const NAMES: [&str; 12] = [
    HOST,
    LOAD_BALANCER_ARN,
    KEY_SERVER,
    OIDC_ISSUER,
    OIDC_CLIENT_ID,
    SIGN_OUT_URL,
    COMPANY_NAME,
    SUPPORT_CONTACT,
    LINKS,
    PAGE_INTERVAL,
    "VPN_ENDPOINT_ID",
    "AWS_REGION",
];

proptest! {
    #![proptest_config(odd::config())]

    /// Each that is bad alone is named among others, and no other.
    #[test]
    fn every_bad_variable_is_named(given in prop::collection::vec(variable(), 0..6), missing in prop::sample::select(NAMES.as_slice())) {
        let given: HashMap<_, _> = given.into_iter().collect();
        let given: Vec<_> = given.iter().map(|(name, value)| (*name, value.as_str())).filter(|(name, _)| *name != missing).collect();
        let mut vars = with(&given);
        vars.remove(missing);
        let read = Config::from_vars(&vars);
        let told = read.as_ref().map_or_else(ToString::to_string, |_| String::new());
        for (name, value) in &given {
            let is_bad = Config::from_vars(&with(&[(*name, *value)])).is_err();
            prop_assert_eq!(told.contains(&format!("{name}={value:?}: expected ")), is_bad, "{}", told);
        }
        let optional = [COMPANY_NAME, SUPPORT_CONTACT, LINKS, PAGE_INTERVAL].contains(&missing);
        prop_assert_eq!(told.contains(&format!("{missing} is not set")), !optional, "{}", told);
    }

    #[test]
    fn what_is_taken_is_of_use((name, value) in variable()) {
        if let Ok(config) = Config::from_vars(&with(&[(name, value.as_str())])) {
            use_it(&config);
        }
    }
}
