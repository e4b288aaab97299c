//! The list of revoked client certificates. It is imported whole, and importing one ends all connections (fact 7.17). It
//! is in force from when it is `active`; one that has expired lets nobody in any more (facts 7.8, 7.13).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use super::{ClientVpn, associations::Status, connections::ClientConnect, endpoint::VpnEndpoint};
use crate::ec2::AwsError;

/// A list as it was imported, and what stands in it. Its signature is not looked at.
#[derive(Debug, Clone)]
pub(super) struct RevocationList {
    pem: String,
    content: Content,
    active_from: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Content {
    /// When the next list was to come: then this one has expired.
    next_update: Option<Timestamp>,
    /// Serial numbers in hexadecimal digits, as OpenSSL writes them.
    serials: Vec<String>,
}

impl ClientVpn {
    /// `ImportClientVpnClientCertificateRevocationList`.
    ///
    /// # Errors
    /// AWS's: unknown endpoint, no such list, too many in it.
    pub fn import_revocation_list(&mut self, now: Timestamp, endpoint: &str, pem: &str) -> Result<(), AwsError> {
        const ACTION: &str = "ImportClientVpnClientCertificateRevocationList";
        self.attempt(now, ACTION, &[endpoint], |state, effects| {
            let place = state.expect_kept(endpoint)?;
            state.expect_not_pending(now, place)?;
            let Some(content) = read(pem) else {
                let message = "The certificate revocation list is no X.509 list in PEM format.";
                return Err(AwsError::new("InvalidParameterValue", message));
            };
            if content.serials.len() > state.settings.limits.revoked {
                let message =
                    "You've reached the limit on the number of entries of a client certificate revocation list.";
                return Err(AwsError::new("ClientVpnCertificateRevocationListLimitExceeded", message));
            }
            let active_from = now + effects.takes.unwrap_or(state.settings.delays.import_list);
            state.end_all_connections(now, place);
            let lists = &mut state.endpoints[place].revocation_lists;
            // Of those that are in force already only the last is.
            let in_force = lists.iter().rposition(|list| list.active_from <= now).unwrap_or(0);
            lists.drain(..in_force);
            lists.push(RevocationList { pem: pem.to_owned(), content, active_from });
            Ok(())
        })
    }

    /// `ExportClientVpnClientCertificateRevocationList`: the list that was imported last, and its state; nothing where none
    /// was (uncertain).
    ///
    /// # Errors
    /// AWS's: unknown endpoint.
    pub fn export_revocation_list(
        &mut self,
        now: Timestamp,
        endpoint: &str,
    ) -> Result<Option<(String, Status)>, AwsError> {
        const ACTION: &str = "ExportClientVpnClientCertificateRevocationList";
        self.attempt(now, ACTION, &[endpoint], |state, _| {
            let place = state.expect_endpoint(endpoint)?;
            let told = |list: &RevocationList| {
                let code = if now < list.active_from { "pending" } else { "active" };
                (list.pem.clone(), Status::new(code))
            };
            Ok(state.endpoints[place].revocation_lists.last().map(told))
        })
    }

    /// Why the handshake with a client fails, if it does. What AWS logs of that nobody says.
    #[must_use]
    pub fn refuses(&self, now: Timestamp, client: &ClientConnect) -> Option<String> {
        let endpoint = &self.endpoints[self.dialled(client)?];
        let list = &endpoint.list_in_force(now)?.content;
        if list.next_update.is_some_and(|next| now >= next) {
            return Some("the endpoint's list of revoked certificates has expired: nobody gets in".to_owned());
        }
        let serial = client.serial.as_ref()?;
        // As others write it: in small letters, with a zero in front.
        let digits = |text: &str| text.trim_start_matches('0').to_ascii_uppercase();
        let is_revoked = list.serials.iter().any(|revoked| digits(revoked) == digits(serial));
        is_revoked.then(|| format!("the certificate {serial} is revoked"))
    }

    /// Refuses while nothing is associated, where that is set.
    pub(super) fn expect_not_pending(&self, now: Timestamp, place: usize) -> Result<(), AwsError> {
        let is_pending = !self.endpoints[place].takes_connections(now);
        if is_pending && self.settings.quirks.refuse_while_pending_associate {
            return Err(AwsError::no_active_association());
        }
        Ok(())
    }
}

impl VpnEndpoint {
    /// The list in force, as it was imported.
    pub(super) fn list_in_force_as_pem(&self, now: Timestamp) -> Option<&str> {
        Some(&self.list_in_force(now)?.pem)
    }

    fn list_in_force(&self, now: Timestamp) -> Option<&RevocationList> {
        self.revocation_lists.iter().rfind(|list| list.active_from <= now)
    }

    /// How long the list that is in force will be; negative where it has expired.
    pub(super) fn list_expires_in(&self, now: Timestamp) -> Option<SignedDuration> {
        Some(self.list_in_force(now)?.content.next_update?.duration_since(now))
    }
}

/// What stands in a list (RFC 5280, section 5.1).
fn read(pem: &str) -> Option<Content> {
    let (_, rest) = pem.split_once("-----BEGIN X509 CRL-----")?;
    let (body, _) = rest.split_once("-----END X509 CRL-----")?;
    let bytes = STANDARD.decode(body.split_ascii_whitespace().collect::<String>()).ok()?;
    let mut whole = Der(&bytes);
    let mut list = Der(whole.take(SEQUENCE)?);
    let mut signed = Der(list.take(SEQUENCE)?);
    list.take(SEQUENCE)?;
    list.take(BIT_STRING)?;
    if !whole.0.is_empty() || !list.0.is_empty() {
        return None;
    }
    // The version, the algorithm, the issuer.
    signed.take(INTEGER);
    signed.take(SEQUENCE)?;
    signed.take(SEQUENCE)?;
    signed.time()?;
    let next_update = match signed.0.first() {
        Some(&(UTC_TIME | GENERALIZED_TIME)) => Some(signed.time()?),
        _ => None,
    };
    let mut revoked = Der(signed.take(SEQUENCE).unwrap_or_default());
    signed.take(EXTENSIONS);
    if !signed.0.is_empty() {
        return None;
    }
    let mut serials = Vec::new();
    while !revoked.0.is_empty() {
        let serial = Der(revoked.take(SEQUENCE)?).take(INTEGER)?;
        let hex: String = serial.iter().map(|byte| format!("{byte:02X}")).collect();
        // A number that would be negative has a zero in front.
        serials.push(hex.strip_prefix("00").filter(|rest| !rest.is_empty()).unwrap_or(&hex).to_owned());
    }
    Some(Content { next_update, serials })
}

/// What is left of elements in DER.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// What is in the next element, if it is of this kind.
    fn take(&mut self, kind: u8) -> Option<&'a [u8]> {
        let [first, length, rest @ ..] = self.0 else { return None };
        let (length, rest) = match length {
            short @ ..=0x7F => (usize::from(*short), rest),
            long => {
                let bytes = usize::from(long & 0x7F);
                let (length, rest) = rest.split_at_checked(bytes).filter(|_| (1..=4).contains(&bytes))?;
                (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
        };
        let (content, rest) = rest.split_at_checked(length).filter(|_| *first == kind)?;
        self.0 = rest;
        Some(content)
    }

    /// A time, in one of its two spellings.
    fn time(&mut self) -> Option<Timestamp> {
        let (text, century) = match self.take(GENERALIZED_TIME) {
            Some(text) => (text, ""),
            None => {
                let text = self.take(UTC_TIME)?;
                (text, if text.first().is_some_and(|decade| *decade < b'5') { "20" } else { "19" })
            }
        };
        let text = format!("{century}{}", std::str::from_utf8(text).ok()?);
        Some(DateTime::strptime("%Y%m%d%H%M%SZ", text).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
    }
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const EXTENSIONS: u8 = 0xA0;

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use proptest::prelude::*;

    use super::{Content, read};

    const LIST: &str = include_str!("../../../tests/ec2/list.pem");
    const EMPTY: &str = include_str!("../../../tests/ec2/empty.pem");

    #[test]
    fn what_openssl_writes_is_read() {
        let content = |next_update: &str, serials: &[&str]| {
            let serials = serials.iter().map(|serial| (*serial).to_owned()).collect();
            Some(Content { next_update: Some(next_update.parse().expect("a time")), serials })
        };
        assert_eq!(read(LIST), content("2026-02-01T00:00:00Z", &["1001", "F3D2A1B0C4E5968778695A4B3C2D1E0F"]));
        assert_eq!(read(EMPTY), content("2056-01-01T00:00:00Z", &[]), "in the other spelling of times");
        assert_eq!(read(&format!("Certificate Revocation List (CRL):\n{LIST}")), read(LIST));
        let certificate = LIST.replace("X509 CRL", "CERTIFICATE");
        for bad in ["", "list", &certificate, &LIST.replace("MII", "MIJ"), &LIST[..LIST.len() / 2]] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// Whatever is done to a list, it is read or is none.
        #[test]
        fn any_bytes_are_a_list_or_none(place: prop::sample::Index, byte: u8, cut: prop::sample::Index, odd in prop::collection::vec(any::<u8>(), 0..40)) {
            let pem = |bytes: &[u8]| format!("-----BEGIN X509 CRL-----\n{}\n-----END X509 CRL-----", STANDARD.encode(bytes));
            let body: String = LIST.lines().filter(|line| !line.starts_with('-')).collect();
            let mut bytes = STANDARD.decode(body).expect("base64");
            let at = place.index(bytes.len());
            bytes[at] = byte;
            let _ = read(&pem(&bytes));
            prop_assert_eq!(read(&pem(&bytes[..cut.index(bytes.len())])), None);
            let _ = read(&pem(&odd));
        }
    }
}
