//! The vocabulary: AWS's own words for a Client VPN endpoint, checked once at the boundary.

use std::fmt;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::marks::RawMarks;

/// A string that is not the id it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a valid {what}: expected {expected}")]
pub struct BadId {
    text: String,
    what: &'static str,
    expected: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the id over after checking its prefix and its characters.
            ///
            /// # Errors
            /// When the text does not start with the prefix AWS gives this kind of id, or goes on with
            /// anything but lower-case letters, digits and hyphens.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                let rest = text.strip_prefix($prefix).unwrap_or("");
                let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                if rest.is_empty() || !rest.chars().all(legal) {
                    return Err(BadId {
                        text: text.to_owned(),
                        what: $what,
                        expected: concat!($prefix, "…"),
                    });
                }
                Ok(Self(text.to_owned()))
            }

            /// The id as AWS writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A Client VPN endpoint, for example `cvpn-endpoint-0123456789abcdef0`.
    EndpointId, "Client VPN endpoint id", "cvpn-endpoint-"
}
id! {
    /// A subnet, the *target network* of an association, for example `subnet-0a1b2c3d`.
    SubnetId, "subnet id", "subnet-"
}
id! {
    /// The association of one subnet with the endpoint: what is billed by the hour. AWS gives it, usually as
    /// `cvpn-assoc-…`; the prefix is not demanded, since an association that cannot be named cannot be turned off.
    AssociationId, "target network association id", ""
}

/// The destination of a route, an IPv4 or IPv6 block in canonical form, for example `10.20.0.0/16`.
///
/// A block with host bits set is refused: AWS would list another one, and it would be created again at every look.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Cidr(String);

impl Cidr {
    /// Checks the block.
    ///
    /// # Errors
    /// When it is no address with a prefix length, or has bits set beyond the prefix.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        let bad = || BadId {
            text: text.to_owned(),
            what: "CIDR block",
            expected: "an address block without host bits, such as 10.20.0.0/16",
        };
        let (address, length) = text.split_once('/').ok_or_else(bad)?;
        let address: std::net::IpAddr = address.parse().map_err(|_| bad())?;
        // Rust reads +8 and 08 too; AWS need not, and writes neither.
        let length: u32 = length.parse().ok().filter(|read: &u32| read.to_string() == length).ok_or_else(bad)?;
        let (bits, width) = match address {
            std::net::IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, 32),
            std::net::IpAddr::V6(v6) => (v6.to_bits(), 128),
        };
        let host_bits = bits.checked_shl(length).unwrap_or(0);
        if length > width || host_bits != 0 {
            return Err(bad());
        }
        Ok(Self(format!("{address}/{length}")))
    }

    /// The block in canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text says the same block: IPv6 has many spellings, and AWS need not use ours. IPv4 has one, and hundreds of
    /// routes are compared at every look.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        text == self.0 || text.contains(':') && Self::parse(text).is_ok_and(|other| other == *self)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! state {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        ///
        /// Open: a word AWS adds later becomes `Unknown` instead of an error.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the variants are AWS's own words")]
        pub enum $name {
            $($variant,)*
            Unknown(String),
        }

        impl $name {
            /// Reads AWS's word.
            #[must_use]
            pub fn parse(word: &str) -> Self {
                match word {
                    $($text => Self::$variant,)*
                    other => Self::Unknown(other.to_owned()),
                }
            }

            /// AWS's word.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown(word) => word,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

state! {
    /// The state of an association. Billed in every state but `disassociated`.
    AssociationState {
        Associating = "associating",
        Associated = "associated",
        AssociationFailed = "association-failed",
        Disassociating = "disassociating",
        Disassociated = "disassociated",
    }
}
state! {
    /// The state of a route.
    RouteState {
        Creating = "creating",
        Active = "active",
        Failed = "failed",
        Deleting = "deleting",
    }
}
state! {
    /// The state of the endpoint itself.
    EndpointState {
        PendingAssociate = "pending-associate",
        Available = "available",
        Deleting = "deleting",
        Deleted = "deleted",
        Pending = "pending",
    }
}
state! {
    /// The state of a client's connection. Everything but `terminated` is in use.
    ConnectionState {
        Active = "active",
        FailedToTerminate = "failed-to-terminate",
        Terminating = "terminating",
        Terminated = "terminated",
    }
}

/// The endpoint, with the marks on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// As EC2 reports it; one that is deleting or deleted is never turned on.
    pub state: EndpointState,
    /// The VPC its subnets are in, once AWS knows it.
    pub vpc: Option<String>,
    /// The Transit Gateway it belongs to instead of a VPC: then availability zones are associated with it, and not subnets
    /// (fact 7.2).
    pub transit_gateway: Option<String>,
    /// Our tags, as they stand there.
    pub marks: RawMarks,
}

/// One association of a subnet, as AWS lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Association {
    /// `cvpn-assoc-…`.
    pub id: AssociationId,
    /// The subnet, as AWS writes it: associations that are not ours are listed too.
    pub subnet: String,
    /// As `DescribeClientVpnTargetNetworks` reports it.
    pub state: AssociationState,
    /// AWS's words on the state, for the log.
    pub message: Option<String>,
}

/// One route of the endpoint's route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Route {
    /// The block it leads to, as AWS writes it.
    pub destination: String,
    /// The subnet it leads through.
    pub subnet: String,
    /// As `DescribeClientVpnRoutes` reports it.
    pub state: RouteState,
    /// Whether somebody added it (`add-route`), instead of the association itself.
    pub added_by_hand: bool,
}

/// One connection of a client. AWS lists ended ones for 60 minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Connection {
    /// As `DescribeClientVpnConnections` reports it.
    pub state: ConnectionState,
    /// When it ended: `None` while it lasts (`-` on the wire).
    pub ended: Option<ConnectionEnd>,
}

impl Connection {
    /// Whether somebody may be working through it. Only `terminated` is certain not to.
    #[must_use]
    pub fn in_use(&self) -> bool {
        self.state != ConnectionState::Terminated
    }
}

/// The end of a connection as AWS writes it: `YYYY-MM-DD HH:MM:SS`, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ConnectionEnd {
    /// A time.
    At(Timestamp),
    /// Something else, which counts as "now": a connection too many keeps the VPN on, one too few turns it off
    /// under somebody.
    Unreadable(String),
}

impl ConnectionEnd {
    /// Reads AWS's text; `-`, an empty text and none at all mean that the connection lasts.
    #[must_use]
    pub fn parse(text: Option<&str>) -> Option<Self> {
        let text = text.map(str::trim).filter(|t| !t.is_empty() && *t != "-")?;
        let read = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text)
            .and_then(|civil| jiff::tz::Offset::UTC.to_timestamp(civil));
        Some(match read {
            Ok(at) => Self::At(at),
            Err(_) => Self::Unreadable(text.to_owned()),
        })
    }
}

/// The connections that were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Connections {
    /// Those on the pages that were read.
    pub listed: Vec<Connection>,
    /// Whether AWS has further pages that were not read.
    pub more: bool,
}

impl Connections {
    /// How many of the listed ones are in use.
    #[must_use]
    pub fn in_use(&self) -> usize {
        self.listed.iter().filter(|c| c.in_use()).count()
    }
}

/// Everything one invocation saw, before it decides anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// The endpoint and its marks.
    pub endpoint: Endpoint,
    /// Every association AWS lists.
    pub associations: Vec<Association>,
    /// Every route, or `None` where none had to be read.
    pub routes: Option<Vec<Route>>,
    /// Those of the last 60 minutes, as far as they were read.
    pub connections: Connections,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked_at_the_boundary() {
        assert!(EndpointId::parse("cvpn-endpoint-0123456789abcdef0").is_ok());
        for bad in ["", "cvpn-endpoint-", "subnet-1", "cvpn-endpoint-1 ", "cvpn-endpoint-A"] {
            let error = EndpointId::parse(bad).expect_err(bad).to_string();
            assert!(error.contains("expected cvpn-endpoint-…"), "{error}");
        }
        assert!(SubnetId::parse("subnet-0a1b").is_ok());
        assert!(AssociationId::parse("cvpn-assoc-0a1b").is_ok());
    }

    #[test]
    fn blocks_have_no_host_bits() {
        for good in ["0.0.0.0/0", "10.20.0.0/16", "10.0.0.1/32", "::/0", "2001:db8::/32"] {
            assert_eq!(Cidr::parse(good).expect(good).as_str(), good);
        }
        for bad in [
            "",
            "10.0.0.0",
            "10.0.0.1/8",
            "10.0.0.0/08",
            "10.0.0.0/33",
            "2001:db8::1/32",
            "::/129",
            "x/8",
            "10.0.0.0/-1",
        ] {
            assert!(Cidr::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_end_is_read_or_counts_as_unreadable() {
        assert_eq!(ConnectionEnd::parse(None), None);
        assert_eq!(ConnectionEnd::parse(Some("-")), None);
        assert_eq!(
            ConnectionEnd::parse(Some("2026-11-02 07:58:34")),
            Some(ConnectionEnd::At("2026-11-02T07:58:34Z".parse().expect("timestamp")))
        );
        for odd in ["2026-11-02T07:58:34Z", "yesterday", "2026-13-02 00:00:00"] {
            assert_eq!(ConnectionEnd::parse(Some(odd)), Some(ConnectionEnd::Unreadable(odd.to_owned())));
        }
    }

    #[test]
    fn unknown_words_are_kept() {
        assert_eq!(AssociationState::parse("associated"), AssociationState::Associated);
        assert_eq!(AssociationState::parse("resting").as_str(), "resting");
    }
}
