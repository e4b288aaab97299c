//! What AWS asks: schema v1, v2 and v3 (fact 6.2), read so that nothing in it can make reading fail.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// The payload of an invocation: JSON, or why it is none.
///
/// Deserializing it never fails, because the runtime would answer a failure with an error, which AWS takes for a
/// broken handler instead of a denial with a message.
#[derive(Clone)]
pub struct Event(pub Result<Value, String>);

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Value::deserialize(deserializer).map_err(|error| error.to_string())))
    }
}

/// The version of request and answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaVersion {
    /// The first one, without groups.
    V1,
    /// With groups, and another name for the answer's message.
    V2,
    /// With the version of AWS's own client.
    V3,
}

impl SchemaVersion {
    /// The version a payload says it has; v3, AWS's default, where it says nothing that is known.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        let said = event.0.as_ref().ok().and_then(|payload| payload.get("schema-version")).and_then(Value::as_str);
        match said {
            Some("v1") => Self::V1,
            Some("v2") => Self::V2,
            _ => Self::V3,
        }
    }

    /// AWS's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V3 => "v3",
        }
    }
}

/// The request, as far as it can be read. A field that is missing, null, empty or of another type was not sent.
///
/// It cannot be printed: most of it is personal data.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// `connection-id`.
    pub connection: Option<String>,
    /// `endpoint-id`.
    pub endpoint: Option<String>,
    /// `common-name` of the client's certificate; not with user-based authentication alone.
    pub common_name: Option<String>,
    /// `username`; not with certificates alone.
    pub username: Option<String>,
    /// `groups`, which AWS has for a user only.
    pub groups: Vec<String>,
    pub platform: Option<String>,
    /// `platform-version`; AWS has it for Windows only.
    pub platform_version: Option<String>,
    pub public_ip: Option<String>,
    /// `client-openvpn-version`.
    pub openvpn_version: Option<String>,
    /// `aws-client-version`; AWS's own client only, and no iPad has that.
    pub aws_client_version: Option<String>,
}

impl Request {
    /// Reads the fields of any version.
    ///
    /// # Errors
    /// When the payload is not a JSON object; the text says why.
    pub fn read(event: &Event) -> Result<Self, String> {
        let fields = match &event.0 {
            Ok(Value::Object(fields)) => fields,
            Ok(_) => return Err("it is not a JSON object".to_owned()),
            Err(error) => return Err(error.clone()),
        };
        let text = |name| text(fields, name);
        Ok(Self {
            connection: text("connection-id"),
            endpoint: text("endpoint-id"),
            common_name: text("common-name"),
            username: text("username"),
            groups: groups(fields.get("groups")),
            platform: text("platform"),
            platform_version: text("platform-version"),
            public_ip: text("public-ip"),
            openvpn_version: text("client-openvpn-version"),
            aws_client_version: text("aws-client-version"),
        })
    }
}

fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name)?.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// AWS documents "group identifier" for one and "list" for several, and no format. A list is taken as it is, and a
/// text in brackets as a list. Any other text is one group, because names of groups may hold commas and spaces.
fn groups(field: Option<&Value>) -> Vec<String> {
    let names: Vec<String> = match field {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(text)) => match text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            None => vec![text.clone()],
            Some(inner) => serde_json::from_str(text).unwrap_or_else(|_| inner.split(',').map(str::to_owned).collect()),
        },
        _ => Vec::new(),
    };
    let names = names.iter().map(|name| name.trim()).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(text: &str) -> Event {
        serde_json::from_str(text).expect("an event never fails")
    }

    #[test]
    fn an_event_is_had_from_anything() {
        for text in ["", "{", "{\"common-name\": \"\\ud800\"}", "[1e999]", "\u{7f}", "nul", &"[".repeat(500)] {
            let mut deserializer = serde_json::Deserializer::from_slice(text.as_bytes());
            let event = Event::deserialize(&mut deserializer).expect("an event never fails");
            assert!(event.0.is_err(), "{text}");
            assert!(Request::read(&event).is_err(), "{text}");
            assert_eq!(SchemaVersion::of(&event), SchemaVersion::V3, "{text}");
        }
        for text in ["null", "[]", "\"v1\"", "7"] {
            assert!(Request::read(&event(text)).is_err_and(|why| why == "it is not a JSON object"), "{text}");
        }
    }

    #[test]
    fn the_version_is_the_request_s_or_v3() {
        for (text, version) in [
            (r#"{"schema-version": "v1"}"#, "v1"),
            (r#"{"schema-version": "v2"}"#, "v2"),
            (r#"{"schema-version": "v3"}"#, "v3"),
            (r#"{"schema-version": "v4"}"#, "v3"),
            (r#"{"schema-version": 1}"#, "v3"),
            (r#"{"schema-version": null}"#, "v3"),
            ("{}", "v3"),
        ] {
            assert_eq!(SchemaVersion::of(&event(text)).as_str(), version, "{text}");
        }
    }

    #[test]
    fn what_is_no_text_was_not_sent() {
        for value in ["null", "7", "true", "[]", "{}", "\"\"", "\" \""] {
            let request = Request::read(&event(&format!(r#"{{"common-name": {value}, "groups": {value}}}"#)));
            assert!(request.is_ok_and(|request| request == Request::default()), "{value}");
        }
    }

    #[test]
    fn groups_are_a_list_or_one_name() {
        for (sent, read) in [
            (json!(["staff", " admins ", "", null, 7]), &["staff", "admins"][..]),
            (json!("staff"), &["staff"]),
            (json!("CN=Staff, all,OU=Tokyo"), &["CN=Staff, all,OU=Tokyo"]),
            (json!("[\"staff\", \"a,b\"]"), &["staff", "a,b"]),
            (json!("[staff, admins]"), &["staff", "admins"]),
            (json!("[]"), &[]),
            (json!({"staff": true}), &[]),
        ] {
            assert_eq!(groups(Some(&sent)), read, "{sent}");
        }
    }
}
