//! `ExportClientVpnClientConfiguration`: the file that clients begin with, as AWS writes it (fact 7.12). Certificate and key
//! are for somebody else to put in.

use jiff::Timestamp;

use super::{ClientVpn, create::CERTIFICATE};
use crate::ec2::AwsError;

impl ClientVpn {
    /// `ExportClientVpnClientConfiguration`.
    ///
    /// # Errors
    /// AWS's: unknown endpoint. Ours: one where people sign in otherwise than with certificates, or whose server
    /// certificate nobody told.
    pub fn export_configuration(&mut self, now: Timestamp, endpoint: &str) -> Result<String, AwsError> {
        self.attempt(now, "ExportClientVpnClientConfiguration", &[endpoint], |state, _| {
            let place = state.expect_endpoint(endpoint)?;
            state.expect_not_pending(now, place)?;
            let options = &state.endpoints[place].options;
            if options.authentication.iter().any(|way| way.r#type != CERTIFICATE) {
                let message = "The file for a directory or an identity provider is not emulated.";
                return Err(AwsError::new("UnsupportedOperation", message));
            }
            let arn = &options.server_certificate;
            let Some(certificate) = state.certificate(arn)? else {
                let message = format!("What stands in the certificate {arn} is not known here.");
                return Err(AwsError::new("UnsupportedOperation", message));
            };
            Ok(format!(
                "client\ndev tun\nproto {}\nremote {} {}\nremote-random-hostname\nresolv-retry infinite\nnobind\n\
                 remote-cert-tls server\ncipher AES-256-GCM\nverb 3\n<ca>\n{}\n\n</ca>\n\n\nreneg-sec 0\n\n\
                 verify-x509-name {} name\n",
                options.transport_protocol,
                state.dns_name(endpoint),
                options.vpn_port,
                certificate.chain.trim_end(),
                certificate.common_name,
            ))
        })
    }

    /// The server certificates of all endpoints, by their ARNs.
    #[must_use]
    pub fn server_certificates(&self) -> Vec<String> {
        self.endpoints.iter().map(|endpoint| endpoint.options.server_certificate.clone()).collect()
    }
}
