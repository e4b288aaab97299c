//! Certificates of ACM, as far as Client VPN looks at them. What stands in ACM is not known to EC2's state: whoever stands
//! in front of it may tell, and where nobody does, any ARN is a certificate that Client VPN takes.

use std::collections::BTreeMap;

use super::ClientVpn;
use crate::ec2::AwsError;

/// A certificate in ACM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Certificate {
    /// ACM's `DomainName`; empty where the certificate names none.
    pub domain: String,
    /// The common name of its subject.
    pub common_name: String,
    /// ACM's `KeyAlgorithm`, for example `RSA-2048` or `RSA_2048`.
    pub key_algorithm: String,
    /// The certificates of those that issued it, as PEM, or itself where it was imported without.
    pub chain: String,
}

impl ClientVpn {
    /// Tells which certificates there are in ACM, by their ARNs, and with `None` which there are not. What was told of others
    /// stays: calls that name different ones are made at once.
    pub fn set_certificates(&mut self, told: BTreeMap<String, Option<Certificate>>) {
        let known = self.certificates.get_or_insert_default();
        for (arn, certificate) in told {
            match certificate {
                Some(certificate) => known.insert(arn, certificate),
                None => known.remove(&arn),
            };
        }
    }

    /// Refuses what is no server certificate: one without a domain (fact 7.15), or with another key than RSA of 1024 or 2048
    /// bits (fact 7.8).
    pub(super) fn expect_server_certificate(&self, arn: &str) -> Result<(), AwsError> {
        let Some(certificate) = self.certificate(arn)? else { return Ok(()) };
        if certificate.domain.is_empty() {
            return Err(invalid(format!("Certificate {arn} does not have a domain")));
        }
        expect_key(arn, certificate)
    }

    /// Refuses a client root that is not there, or whose key Client VPN does not take.
    pub(super) fn expect_client_root(&self, arn: &str) -> Result<(), AwsError> {
        self.certificate(arn)?.map_or(Ok(()), |certificate| expect_key(arn, certificate))
    }

    /// The certificate of an ARN; `None` where nobody told which there are.
    pub(super) fn certificate(&self, arn: &str) -> Result<Option<&Certificate>, AwsError> {
        if !arn.starts_with("arn:") {
            return Err(AwsError::value("certificateArn", arn, "Expecting the ARN of a certificate."));
        }
        let Some(certificates) = &self.certificates else { return Ok(None) };
        certificates.get(arn).map(Some).ok_or_else(|| invalid(format!("Certificate {arn} does not exist")))
    }
}

fn expect_key(arn: &str, certificate: &Certificate) -> Result<(), AwsError> {
    let algorithm = certificate.key_algorithm.replace('_', "-");
    if ["RSA-1024", "RSA-2048"].contains(&algorithm.as_str()) {
        return Ok(());
    }
    Err(invalid(format!("Certificate {arn} has the key algorithm {algorithm}: expecting RSA-1024 or RSA-2048")))
}

fn invalid(message: String) -> AwsError {
    AwsError::new("InvalidParameterValue", message)
}
