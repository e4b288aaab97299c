//! Profiles that wait for people: one object for each device, `profiles/SUB/DEVICE.ovpn`. `people.sh add --to-page` leaves
//! them there, for seven days.
//!
//! A profile is a key. Whose it is follows from the verified sign-in alone, and no part of a request becomes part of an
//! address before it was compared with what waits.

pub mod s3;

use std::{fmt, future::Future, pin::Pin};

use jiff::Timestamp;
use vpn_core::port::CallResult;

use crate::identity::Subject;

/// The parameter of the address that names a device.
pub const DEVICE: &str = "device";
/// As `infra/endpoint/lib/people.sh` lets a device be called.
const DEVICE_AT_MOST: usize = 23;
/// More than a `sub` of Cognito has, which is a UUID.
const SUBJECT_AT_MOST: usize = 128;

/// What is done for the profiles of one person.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = CallResult<T>> + Send + 'a>>;

/// Where profiles wait.
pub trait Profiles: fmt::Debug + Send + Sync {
    /// The devices for which a profile waits there.
    fn waiting<'a>(&'a self, folder: &'a Folder, now: Timestamp) -> Asked<'a, Vec<Device>>;

    /// An address where this profile is for a minute, for whoever has the address.
    fn address<'a>(&'a self, folder: &'a Folder, device: &'a Device, now: Timestamp) -> Asked<'a, String>;
}

/// Where one person's profiles are, and nobody else's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(String);

impl Folder {
    /// Of whoever has signed in. `None` for a name that could lead elsewhere as part of an address: Cognito gives none.
    #[must_use]
    pub fn of(subject: &Subject) -> Option<Self> {
        let name = subject.as_str();
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let is_safe = (1..=SUBJECT_AT_MOST).contains(&name.len()) && name.chars().all(legal);
        is_safe.then(|| Self(format!("profiles/{name}/")))
    }

    fn key(&self, device: &Device) -> String {
        format!("{}{}.ovpn", self.0, device.0)
    }

    /// The device whose profile has this key.
    fn device(&self, key: &str) -> Option<Device> {
        Device::parse(key.strip_prefix(&self.0)?.strip_suffix(".ovpn")?)
    }
}

/// The name of a device, of which nothing means anything in an address, a header or HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device(String);

impl Device {
    /// Reads one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let legal = text.len() <= DEVICE_AT_MOST
            && text.starts_with(letter)
            && text.chars().all(|c| letter(c) || c == '.' || c == '_' || c == '-');
        legal.then(|| Self(text.to_owned()))
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_called_as_people_sh_calls_them() {
        let lib = include_str!("../../../../infra/endpoint/lib/people.sh");
        assert!(lib.contains("DEVICE='[a-z0-9][a-z0-9._-]{0,22}'"), "people.sh says something else by now");
        for good in ["ipad", "0", "mei.s-ipad_2", "a..b", &"a".repeat(23)] {
            assert_eq!(Device::parse(good).as_ref().map(Device::as_str), Some(good));
        }
        for bad in ["", ".", "..", "../x", "a/b", "-a", "_a", "iPad", "a b", "a%2fb", "a\n", "ä", &"a".repeat(24)] {
            assert_eq!(Device::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_key_of_somebody_else_s_is_no_device_of_hers() {
        let folder = Folder("profiles/her/".to_owned());
        let ipad = Device::parse("ipad").expect("a name");
        assert_eq!(folder.key(&ipad), "profiles/her/ipad.ovpn");
        assert_eq!(folder.device("profiles/her/ipad.ovpn"), Some(ipad));
        for other in ["profiles/his/ipad.ovpn", "profiles/her/../his/ipad.ovpn", "profiles/her/ipad", "ipad.ovpn"] {
            assert_eq!(folder.device(other), None, "{other}");
        }
    }
}
