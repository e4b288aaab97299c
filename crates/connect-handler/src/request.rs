//! What AWS asks: schema v1, v2 and v3 (fact 6.2), read so that nothing in it can make reading fail.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

/// The field that says how request and answer are spelled.
const SCHEMA_VERSION: &str = "schema-version";

/// The payload of an invocation, as far as it can be read.
///
/// Reading it never fails, because AWS takes an error for a broken handler instead of a denial with a message.
#[derive(Clone)]
pub struct Event {
    /// JSON, or why it is none.
    pub payload: Result<Value, String>,
    /// The version that the answer has to have.
    pub version: SchemaVersion,
}

impl Event {
    /// Reads what was sent.
    #[must_use]
    pub fn read(sent: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(sent) {
            Ok(payload) => Self::from(payload),
            Err(error) => {
                let mut version = SchemaVersion::default();
                let mut json = serde_json::Deserializer::from_slice(sent);
                // It may well fail again: what counts is what stands before that, or beside a text or number that is none.
                drop(Said(&mut version).deserialize(&mut json));
                Self { payload: Err(error.to_string()), version }
            }
        }
    }
}

impl From<Value> for Event {
    fn from(payload: Value) -> Self {
        let version = payload.get(SCHEMA_VERSION).and_then(Value::as_str).map(SchemaVersion::of).unwrap_or_default();
        Self { payload: Ok(payload), version }
    }
}

/// Finds the version in what is no JSON for us: a lone surrogate in a name, or a number that is too large.
struct Said<'a>(&'a mut SchemaVersion);

impl<'de> DeserializeSeed<'de> for Said<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Said<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(IsVersion(is_version)) = fields.next_key()? {
            if is_version {
                let said = fields.next_value::<Value>()?;
                *self.0 = said.as_str().map(SchemaVersion::of).unwrap_or_default();
            } else {
                // Skipped without a look at what it is.
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Whether a field is the version; as bytes, since its name may be no text either.
struct IsVersion(bool);

impl<'de> serde::Deserialize<'de> for IsVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = IsVersion;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("the name of a field")
            }

            fn visit_bytes<E>(self, name: &[u8]) -> Result<IsVersion, E> {
                Ok(IsVersion(name == SCHEMA_VERSION.as_bytes()))
            }
        }
        deserializer.deserialize_bytes(Name)
    }
}

/// The version of request and answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SchemaVersion {
    /// The first one, without groups.
    V1,
    /// With groups, and another name for the answer's message.
    V2,
    /// With the version of AWS's own client. AWS's default, and so ours where a request says nothing that is known.
    #[default]
    V3,
}

impl SchemaVersion {
    fn of(said: &str) -> Self {
        match said {
            "v1" => Self::V1,
            "v2" => Self::V2,
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
        let fields = match &event.payload {
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

    /// Whether it can be about a connection that AWS authenticated: to an endpoint, by a device or a user. AWS always names
    /// both (fact 6.2); a test event, another service's event and an object of nothing but nulls do not.
    ///
    /// # Errors
    /// What it does not name.
    pub fn is_authenticated(&self) -> Result<(), &'static str> {
        if self.endpoint.is_none() {
            return Err("it names no endpoint, so it is not about a connection");
        }
        if self.common_name.is_none() && self.username.is_none() {
            return Err("it names neither a device nor a user, so nobody was authenticated");
        }
        Ok(())
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
        Event::read(text.as_bytes())
    }

    #[test]
    fn an_event_is_had_from_anything() {
        for text in ["", "{", "{\"common-name\": \"\\ud800\"}", "[1e999]", "\u{7f}", "nul", &"[".repeat(500), "{} {}"] {
            let event = event(text);
            assert!(event.payload.is_err(), "{text}");
            assert!(Request::read(&event).is_err(), "{text}");
            assert_eq!(event.version, SchemaVersion::V3, "{text}");
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
            assert_eq!(event(text).version.as_str(), version, "{text}");
        }
    }

    #[test]
    fn the_version_is_known_where_the_rest_cannot_be_read() {
        for (text, version) in [
            (&br#"{"common-name": "\ud800", "schema-version": "v1"}"#[..], "v1"),
            (br#"{"schema-version": "v1", "common-name": "\udc00\ud800"}"#, "v1"),
            (br#"{"\ud800": null, "schema-version": "v2"}"#, "v2"),
            (br#"{"schema\u002dversion": "v1", "platform-version": 1e999}"#, "v1"),
            (br#"{"platform-version": [{"a": -1e999}], "schema-version": "v1"}"#, "v1"),
            (b"{\"username\": \"\xff\", \"\xff\": 1, \"schema-version\": \"v2\"}", "v2"),
            (br#"{"a": {"schema-version": "v2"}, "b": 1e999, "schema-version": "v1"}"#, "v1"),
            (br#"{"schema-version": "v2", "b": 1e999, "schema-version": "v1"}"#, "v1"),
            (br#"{"schema-version": "v1", "b": 1e999, "schema-version": null}"#, "v3"),
            (br#"{"schema-version": "v1"} {}"#, "v1"),
            (br#"{"schema-version": "v1", "common-name": "ab"#, "v1"),
            (br#"{"b": {"schema-version": "v1"}, "c": 1e999}"#, "v3"),
            (br#"{"schema-version": "\ud800"}"#, "v3"),
            (br#"{"schema-version": 1e999}"#, "v3"),
            (br#"[{"schema-version": "v1"}, 1e999]"#, "v3"),
            (br#""\ud800""#, "v3"),
        ] {
            let event = Event::read(text);
            let shown = String::from_utf8_lossy(text);
            assert!(event.payload.is_err(), "{shown}");
            assert_eq!(event.version.as_str(), version, "{shown}");
        }
        // Nothing nested is looked into, however deep.
        let deep = format!(r#"{{"groups": {}, "schema-version": "v1"}}"#, "[".repeat(9_000) + &"]".repeat(9_000));
        assert_eq!(event(&deep).version, SchemaVersion::V1);
    }

    #[test]
    fn a_connection_names_an_endpoint_and_somebody() {
        let judged = |text: &str| Request::read(&event(text)).expect("an object").is_authenticated();
        for text in [
            r#"{"endpoint-id": "e", "common-name": "ipad-7"}"#,
            r#"{"endpoint-id": "e", "username": "anna", "common-name": ""}"#,
        ] {
            assert_eq!(judged(text), Ok(()), "{text}");
        }
        for (text, named) in [
            ("{}", "no endpoint"),
            (r#"{"connection-id": null, "endpoint-id": null, "common-name": null, "username": null}"#, "no endpoint"),
            (r#"{"common-name": "ipad-7", "username": "anna"}"#, "no endpoint"),
            (r#"{"endpoint-id": " ", "common-name": "ipad-7"}"#, "no endpoint"),
            (r#"{"endpoint-id": "e", "connection-id": "c"}"#, "neither a device nor a user"),
            (r#"{"endpoint-id": "e", "common-name": "", "username": " ", "groups": ["staff"]}"#, "neither a device"),
        ] {
            let why = judged(text).expect_err(text);
            assert!(why.contains(named), "{text}: {why}");
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
