//! The function's settings.

mod company;
mod profiles;

use http::Uri;
use jiff::SignedDuration;
use vpn_core::{
    Error, aws,
    config::{Reader, Vars, Vpn, duration},
};

pub use company::{Company, Link};
pub use profiles::Bucket;

/// `VPN_HOST`: where the page is served, in lower case, with the port if it is not the usual one.
pub const HOST: &str = "VPN_HOST";
/// `VPN_LOAD_BALANCER_ARN`: the load balancer whose signature counts.
pub const LOAD_BALANCER_ARN: &str = "VPN_LOAD_BALANCER_ARN";
/// `VPN_KEY_SERVER`: where its public keys are, `https://public-keys.auth.elb.REGION.amazonaws.com` on AWS.
pub const KEY_SERVER: &str = "VPN_KEY_SERVER";
/// `VPN_OIDC_ISSUER`: the user pool.
pub const OIDC_ISSUER: &str = "VPN_OIDC_ISSUER";
/// `VPN_OIDC_CLIENT_ID`: the load balancer's app client in it.
pub const OIDC_CLIENT_ID: &str = "VPN_OIDC_CLIENT_ID";
/// `VPN_SIGN_OUT_URL`: Cognito's logout, `https://DOMAIN/logout`.
pub const SIGN_OUT_URL: &str = "VPN_SIGN_OUT_URL";
/// `VPN_COMPANY_NAME`: whose VPN it is, for the page. Optional.
pub const COMPANY_NAME: &str = "VPN_COMPANY_NAME";
/// `VPN_SUPPORT_CONTACT`: whom employees ask: an e-mail address, a telephone number, an https address or any words.
/// Optional.
pub const SUPPORT_CONTACT: &str = "VPN_SUPPORT_CONTACT";
/// `VPN_LINKS`: links of the page, such as to the profile: `TITLE=https://…`, separated by semicolons. Optional.
pub const LINKS: &str = "VPN_LINKS";
/// `VPN_PAGE_INTERVAL`: how often a waiting page asks while it is visible. Default `15s`.
pub const PAGE_INTERVAL: &str = "VPN_PAGE_INTERVAL";
/// `VPN_PAGE_INTERVAL_HIDDEN`: how often while it is hidden. Default `60s`.
pub const PAGE_INTERVAL_HIDDEN: &str = "VPN_PAGE_INTERVAL_HIDDEN";
/// `VPN_PAGE_LIMIT`: for how long at most. Default `30m`: every question counts as use for the idle alarm.
pub const PAGE_LIMIT: &str = "VPN_PAGE_LIMIT";
/// `VPN_PAGE_LIMIT_READY`: for how long once the VPN is ready. Default `2m`.
pub const PAGE_LIMIT_READY: &str = "VPN_PAGE_LIMIT_READY";
/// `VPN_PAGE_MINUTE`: how long a minute of the page's countdown lasts. Default `1m`; `local` shortens it.
pub const PAGE_MINUTE: &str = "VPN_PAGE_MINUTE";

/// `VPN_PROFILES_BUCKET`: the bucket in which profiles wait for people. Optional: without it the page offers none.
pub const PROFILES_BUCKET: &str = "VPN_PROFILES_BUCKET";

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The endpoint and its rules.
    pub vpn: Vpn,
    /// The AWS region.
    pub region: String,
    /// Where the page is served, `https://HOST`.
    pub origin: String,
    /// The `signer` of identities.
    pub load_balancer: String,
    /// Where public keys are, without a slash at the end.
    pub key_server: String,
    /// The `iss` of identities.
    pub issuer: String,
    /// The `client` of identities.
    pub client: String,
    /// Where signing out leads.
    pub sign_out: String,
    /// What the company puts on the page.
    pub company: Company,
    /// How often the page asks.
    pub pace: Pace,
    /// Where profiles wait for people, if any do.
    pub profiles: Option<Bucket>,
}

/// How often the page asks, and for how long. The page only obeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// While visible.
    pub interval: SignedDuration,
    /// While hidden.
    pub interval_hidden: SignedDuration,
    /// For how long at most.
    pub limit: SignedDuration,
    /// For how long beyond ready.
    pub limit_ready: SignedDuration,
    /// How long a minute of the countdown lasts.
    pub minute: SignedDuration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            interval: SignedDuration::from_secs(15),
            interval_hidden: SignedDuration::from_secs(60),
            limit: SignedDuration::from_mins(30),
            limit_ready: SignedDuration::from_mins(2),
            minute: SignedDuration::from_mins(1),
        }
    }
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// When a variable is missing or bad: every one of them is named.
    pub fn from_vars(vars: &dyn Vars) -> Result<Self, Error> {
        let mut reader = Reader::new(vars);
        let config = Self::read(&mut reader);
        reader.finish(config)
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        // All are read before the first `?`, so that every bad one is named.
        let vpn = Vpn::read(reader);
        let region = aws::read_region(reader);
        let origin = reader.required(HOST, origin);
        let load_balancer = reader.required(LOAD_BALANCER_ARN, load_balancer);
        let key_server = reader.required(KEY_SERVER, |text| {
            address(text, "https://public-keys.auth.elb.REGION.amazonaws.com")
                .map(|address| address.trim_end_matches('/').to_owned())
        });
        let issuer =
            reader.required(OIDC_ISSUER, |text| address(text, "https://cognito-idp.REGION.amazonaws.com/USER_POOL_ID"));
        let client = reader.required(OIDC_CLIENT_ID, client);
        let sign_out = reader.required(SIGN_OUT_URL, |text| address(text, "https://DOMAIN/logout"));
        let company = Company::read(reader);
        let pace = Pace::read(reader);
        let profiles = Bucket::read(reader, region.as_deref());
        Some(Self {
            vpn: vpn?,
            region: region?,
            origin: origin?,
            load_balancer: load_balancer?,
            key_server: key_server?,
            issuer: issuer?,
            client: client?,
            sign_out: sign_out?,
            company: company?,
            pace: pace?,
            profiles: profiles?,
        })
    }
}

impl Pace {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let usual = Self::default();
        let mut one = |name, usual| reader.optional(name, duration).map(|read| read.unwrap_or(usual));
        let interval = one(PAGE_INTERVAL, usual.interval);
        let interval_hidden = one(PAGE_INTERVAL_HIDDEN, usual.interval_hidden);
        let limit = one(PAGE_LIMIT, usual.limit);
        let limit_ready = one(PAGE_LIMIT_READY, usual.limit_ready);
        let minute = one(PAGE_MINUTE, usual.minute);
        Some(Self {
            interval: interval?,
            interval_hidden: interval_hidden?,
            limit: limit?,
            limit_ready: limit_ready?,
            minute: minute?,
        })
    }
}

/// Everything but loopback is served over HTTPS.
fn origin(host: &str) -> Result<String, &'static str> {
    let expected = "a host name in lower case, with a port where it is not 443, such as vpn.example.com";
    let uri: Uri = format!("https://{host}/").parse().map_err(|_| expected)?;
    // A browser names no port that is the usual one, and writes any other in one way: else no form of the page would count.
    let port =
        uri.port_u16().filter(|port| ![0, 443].contains(port)).map_or_else(String::new, |port| format!(":{port}"));
    let name = uri.host().unwrap_or_default();
    let is_legal = !name.is_empty() && name.chars().all(|c| is_of_host(c) && !c.is_ascii_uppercase());
    if !is_legal || format!("{name}{port}") != host {
        return Err(expected);
    }
    let scheme = if is_loopback(&uri) { "http" } else { "https" };
    Ok(format!("{scheme}://{host}"))
}

/// What the name or address of a host is written with, in an address beside its port.
fn is_of_host(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".-:[]".contains(c)
}

/// An address that may be trusted: HTTPS, or on this computer. More is put behind it, and its host into the page's
/// Content-Security-Policy: there is nothing in it that would end either.
fn address(text: &str, example: &str) -> Result<String, String> {
    let uri: Option<Uri> = text.parse().ok();
    let trusted = uri.is_some_and(|uri| {
        // `Uri` reads an address up to the `#`, and lets a path have letters that no header has.
        let plain = text.is_ascii()
            && !text.contains('#')
            && uri.query().is_none()
            && uri.authority().is_some_and(|a| a.as_str().chars().all(is_of_host));
        plain && (uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && is_loopback(&uri)))
    });
    if trusted { Ok(text.to_owned()) } else { Err(format!("an https address, such as {example}")) }
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn load_balancer(text: &str) -> Result<String, &'static str> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "elasticloadbalancing", _, _, resource] if resource.starts_with("loadbalancer/app/") => {
            Ok(text.to_owned())
        }
        _ => Err("the ARN of an application load balancer, arn:…:elasticloadbalancing:…:loadbalancer/app/…"),
    }
}

fn client(text: &str) -> Result<String, &'static str> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_+-".contains(c);
    match !text.is_empty() && text.chars().all(legal) {
        true => Ok(text.to_owned()),
        false => Err("the id of the load balancer's app client in the user pool"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 9] = [
        (vpn_core::config::ENDPOINT_ID, "cvpn-endpoint-1"),
        (vpn_core::config::SUBNET_IDS, "subnet-1"),
        (aws::REGION, "us-east-1"),
        (HOST, "vpn.example.com"),
        (
            LOAD_BALANCER_ARN,
            "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/vpn/50dc6c495c0c9188",
        ),
        (KEY_SERVER, "https://public-keys.auth.elb.us-east-1.amazonaws.com/"),
        (OIDC_ISSUER, "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3"),
        (OIDC_CLIENT_ID, "7abc"),
        (SIGN_OUT_URL, "https://vpn.auth.us-east-1.amazoncognito.com/logout"),
    ];

    fn with(name: &str, value: &str) -> Result<Config, Error> {
        let mut vars: std::collections::HashMap<String, String> =
            GOOD.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        vars.insert(name.to_owned(), value.to_owned());
        Config::from_vars(&vars)
    }

    #[test]
    fn a_usual_environment_is_understood() {
        let config = Config::from_vars(&GOOD).expect("valid");
        assert_eq!(config.origin, "https://vpn.example.com");
        assert_eq!(config.key_server, "https://public-keys.auth.elb.us-east-1.amazonaws.com");
        assert_eq!(config.pace, Pace::default());
        assert_eq!(config.company, Company::default());
        assert_eq!(config.profiles, None);
    }

    #[test]
    fn on_loopback_the_page_is_served_over_http() {
        for host in ["127.0.0.1:8443", "localhost:8080", "[::1]:80"] {
            assert_eq!(with(HOST, host).expect(host).origin, format!("http://{host}"));
        }
    }

    #[test]
    fn each_bad_value_is_refused_by_name() {
        for (name, bad) in [
            (HOST, ""),
            (HOST, "VPN.example.com"),
            (HOST, "https://vpn.example.com"),
            (HOST, "vpn.example.com/"),
            (HOST, "me@vpn.example.com"),
            (LOAD_BALANCER_ARN, ""),
            (LOAD_BALANCER_ARN, "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/net/vpn/1"),
            (KEY_SERVER, "http://public-keys.example.com"),
            (KEY_SERVER, "http://127.0.0.1.example.com"),
            (KEY_SERVER, "http://127.0.0.1@example.com"),
            (KEY_SERVER, "https://127.0.0.1@example.com"),
            (KEY_SERVER, "ftp://127.0.0.1"),
            (KEY_SERVER, "/keys"),
            (KEY_SERVER, "https://keys.example.com/?kid="),
            (OIDC_ISSUER, "us-east-1_a1B2c3"),
            (OIDC_CLIENT_ID, ""),
            (OIDC_CLIENT_ID, "a b"),
            (SIGN_OUT_URL, "http://vpn.example.com/logout"),
            (COMPANY_NAME, ""),
            (SUPPORT_CONTACT, " "),
            (LINKS, "Profile=http://intranet.example.com/vpn"),
            (PAGE_INTERVAL, "15"),
            (PAGE_INTERVAL_HIDDEN, ""),
            (PAGE_LIMIT, "forever"),
            (PAGE_LIMIT_READY, "0s"),
            (PAGE_MINUTE, "1"),
            (PROFILES_BUCKET, "Bucket"),
            (PROFILES_BUCKET, "a.bucket"),
            (PROFILES_BUCKET, "b/../c"),
            (vpn_core::config::IDLE_TIME, "10m"),
        ] {
            let error = with(name, bad).expect_err(bad).to_string();
            assert!(error.contains(&format!("{name}={bad:?}: expected ")), "{error}");
        }
    }

    #[test]
    fn all_that_is_missing_is_named_at_once() {
        let error = Config::from_vars(&[("OTHER", "")]).expect_err("empty").to_string();
        for (name, _) in GOOD {
            assert!(error.contains(&format!("{name} is not set")), "{name} in {error}");
        }
    }

    #[test]
    fn an_http_address_counts_on_loopback_only() {
        for name in [KEY_SERVER, SIGN_OUT_URL, OIDC_ISSUER] {
            assert!(with(name, "http://127.0.0.1:9000/x").is_ok(), "{name}");
            assert!(with(name, "http://10.0.0.1:9000/x").is_err(), "{name}");
        }
    }
}
