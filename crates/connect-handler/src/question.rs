//! The request as a question to the policy: principal, resource and context, each only as far as AWS sent it.

use std::{net::IpAddr, str::FromStr};

use cedar_policy::{Context, EntityId, EntityTypeName, EntityUid, Request as Question, RestrictedExpression};
use jiff::{Timestamp, tz::TimeZone};

use crate::request::Request;

/// The types of entities there are, as in the schema.
pub const TYPES: [&str; 4] = [DEVICE, USER, GROUP, ENDPOINT];
const DEVICE: &str = "Device";
const USER: &str = "User";
const GROUP: &str = "Group";
const ENDPOINT: &str = "Endpoint";

/// A question to the policy.
pub struct Asked {
    /// Who, what, where, and under which circumstances.
    pub question: Question,
    /// The user and the groups AWS says they are in, which the entities have to tell as well.
    pub user: Option<(EntityUid, Vec<EntityUid>)>,
    /// The names of what the context has, for the log: a policy may have denied because one was missing.
    pub attributes: Vec<&'static str>,
}

impl Asked {
    /// Makes it.
    ///
    /// # Errors
    /// When Cedar takes a value for none, which none of the checks here lets happen.
    pub fn new(request: &Request, now: Timestamp) -> Result<Self, String> {
        let user = request.username.as_deref().map(|name| entity(USER, name)).transpose()?;
        let groups = request.groups.iter().map(|name| entity(GROUP, name)).collect::<Result<_, _>>()?;
        // Without a name at all it is a device that no list can know: an empty name is never one that was sent.
        let principal = match (&request.common_name, &user) {
            (Some(name), _) => entity(DEVICE, name)?,
            (None, Some(user)) => user.clone(),
            (None, None) => entity(DEVICE, "")?,
        };
        let long =
            |version: &Option<String>| version.as_deref().and_then(comparable).map(RestrictedExpression::new_long);
        let context: Vec<(&'static str, RestrictedExpression)> = [
            ("time", Some(RestrictedExpression::new_datetime(datetime(now)))),
            ("user", user.clone().map(RestrictedExpression::new_entity_uid)),
            ("platform", request.platform.as_deref().map(platform)),
            ("platform_version", long(&request.platform_version)),
            ("public_ip", request.public_ip.as_deref().and_then(ip)),
            ("openvpn_version", long(&request.openvpn_version)),
            ("aws_client_version", long(&request.aws_client_version)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
        let attributes = context.iter().map(|(name, _)| *name).collect();
        let context = Context::from_pairs(context.into_iter().map(|(name, value)| (name.to_owned(), value)))
            .map_err(|error| error.to_string())?;
        let resource = entity(ENDPOINT, request.endpoint.as_deref().unwrap_or_default())?;
        let question = Question::new(principal, entity("Action", "connect")?, resource, context, None)
            .map_err(|error| error.to_string())?;
        Ok(Self { question, user: user.map(|user| (user, groups)), attributes })
    }
}

fn entity(kind: &str, id: &str) -> Result<EntityUid, String> {
    let kind = EntityTypeName::from_str(kind).map_err(|error| error.to_string())?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

fn platform(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.trim().to_lowercase())
}

fn ip(text: &str) -> Option<RestrictedExpression> {
    // An IPv4 address in IPv6 clothes is to match the blocks it belongs to; Cedar would not read it.
    let address = text.trim().parse::<IpAddr>().ok()?.to_canonical();
    Some(RestrictedExpression::new_ip(address.to_string()))
}

fn datetime(now: Timestamp) -> String {
    now.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A version as a number that grows with it: `2.6.10` is 2 006 00010, `10.0.22631` is 10 000 22631.
///
/// Up to 999 for the second part and 99999 for the third (a Windows build); a fourth part does not count, and neither
/// does what follows after a space. Anything else has no number: `2.7_rc1` is neither above nor below 2.7.
#[must_use]
pub fn comparable(version: &str) -> Option<i64> {
    let number = version.split_whitespace().next()?;
    let mut parts = [0_i64; 4];
    for (place, part) in number.split('.').enumerate() {
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *parts.get_mut(place)? = part.parse().unwrap_or(i64::MAX);
    }
    let [major, minor, patch, _] = parts;
    // Only then, because what is larger does not fit a number: it would panic, or be another version.
    (major <= 99_999 && minor <= 999 && patch <= 99_999).then(|| major * 100_000_000 + minor * 100_000 + patch)
}

#[cfg(test)]
mod tests {
    use cedar_policy::EvalResult;

    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        for (text, number) in [
            ("2.6.10", Some(200_600_010)),
            ("2.6.9", Some(200_600_009)),
            ("3.8", Some(300_800_000)),
            ("14", Some(1_400_000_000)),
            ("10.0.22631", Some(1_000_022_631)),
            ("10.0.22631.4317", Some(1_000_022_631)),
            ("10.0.22631 64bit", Some(1_000_022_631)),
            ("5.02.1", Some(500_200_001)),
            ("99999.999.99999", Some(9_999_999_999_999)),
            ("2.7_rc1", None),
            ("3.git::d3f8b18b:Release", None),
            ("v2.6", None),
            ("2..6", None),
            ("2.6.", None),
            ("-2.6", None),
            ("+2.6", None),
            ("2.1000", None),
            ("2.6.100000", None),
            ("100000", None),
            ("1.2.3.4.5", None),
            ("99999999999999999999", None),
            ("92233720368547758", None),
            ("9223372036854775807.0.9223372036854775807", None),
            ("9223372036854775807", None),
            ("2.9223372036854775807", None),
            ("2.6.9223372036854775808", None),
            ("2.6.10.99999999999999999999", Some(200_600_010)),
            ("2.4_master", None),
            ("", None),
            (" ", None),
            ("٢.٦", None),
        ] {
            assert_eq!(comparable(text), number, "{text}");
        }
    }

    fn asked(change: impl FnOnce(&mut Request)) -> Asked {
        let mut request = Request::default();
        change(&mut request);
        Asked::new(&request, "2026-11-02T12:00:00.25Z".parse().expect("timestamp")).expect("asked")
    }

    fn principal(asked: &Asked) -> String {
        asked.question.principal().expect("known").to_string()
    }

    #[test]
    fn a_device_goes_before_its_user() {
        let device = asked(|r| (r.common_name, r.username) = (Some("ipad-7".to_owned()), Some("anna".to_owned())));
        assert_eq!(principal(&device), r#"Device::"ipad-7""#);
        assert_eq!(device.attributes, ["time", "user"]);
        let user = asked(|r| (r.username, r.groups) = (Some("anna".to_owned()), vec!["staff".to_owned()]));
        assert_eq!(principal(&user), r#"User::"anna""#);
        let (uid, groups) = user.user.expect("sent");
        assert_eq!((uid.to_string(), groups[0].to_string()), (r#"User::"anna""#.into(), r#"Group::"staff""#.into()));
        let nobody = asked(|r| r.groups = vec!["staff".to_owned()]);
        assert_eq!(principal(&nobody), r#"Device::"""#);
        assert!(nobody.user.is_none());
    }

    #[test]
    fn names_cannot_break_out() {
        let asked = asked(|r| r.common_name = Some("x\" in Group::\"admins".to_owned()));
        assert_eq!(principal(&asked), r#"Device::"x\" in Group::\"admins""#);
    }

    #[test]
    fn the_context_has_what_can_be_read() {
        let asked = asked(|r| {
            r.platform = Some(" iOS".to_owned());
            r.platform_version = Some("unknown".to_owned());
            r.openvpn_version = Some("3.8.4".to_owned());
            r.aws_client_version = Some("5.2.0".to_owned());
            r.public_ip = Some("::ffff:203.0.113.7".to_owned());
        });
        assert_eq!(asked.attributes, ["time", "platform", "public_ip", "openvpn_version", "aws_client_version"]);
        let context = asked.question.context().expect("known");
        assert_eq!(context.get("platform"), Some(EvalResult::String("ios".to_owned())));
        assert_eq!(context.get("openvpn_version"), Some(EvalResult::Long(300_800_004)));
        assert_eq!(context.get("platform_version"), None);
        let shown = context.to_string();
        assert!(shown.contains(r#"ip("203.0.113.7")"#), "{shown}");
        assert!(shown.contains("2026-11-02T12:00:00.250Z"), "{shown}");
    }

    #[test]
    fn an_address_that_is_none_is_not_there() {
        for text in ["203.0.113", "203.0.113.7:443", "office", "203.0.113.0/24", "fe80::1%eth0"] {
            assert_eq!(asked(|r| r.public_ip = Some(text.to_owned())).attributes, ["time"], "{text}");
        }
        for text in ["203.0.113.7", "2001:db8::7", "::", "::203.0.113.7", "1:2:3:4:5:6:7:8"] {
            assert_eq!(asked(|r| r.public_ip = Some(text.to_owned())).attributes, ["time", "public_ip"], "{text}");
        }
    }
}
