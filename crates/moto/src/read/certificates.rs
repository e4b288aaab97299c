//! Certificates, as Client VPN looks at them.

use std::collections::BTreeMap;

use aws::ec2::Certificate;
use serde_json::{Value, json};

use super::{text, texts};
use crate::{
    client::{Client, Failed, if_there},
    operation::Operation,
};

/// The certificates that a call names, by their ARNs.
#[must_use]
pub fn named_certificates(operation: &Operation) -> Vec<String> {
    let fields = operation.fields.as_object().into_iter().flatten();
    let values = fields.filter_map(|(_, value)| value.as_str());
    values.filter(|value| value.starts_with("arn:") && value.contains(":acm:")).map(ToOwned::to_owned).collect()
}

/// Each of these ARNs, with its certificate if there is one.
///
/// # Errors
/// What the upstream refuses.
pub async fn certificates(client: &Client, arns: &[String]) -> Result<BTreeMap<String, Option<Certificate>>, Failed> {
    let mut found = BTreeMap::new();
    for arn in arns {
        let input = json!({ "CertificateArn": arn });
        let described = client.json("acm", "CertificateManager.DescribeCertificate", &input).await;
        let Some(described) = if_there(described, &["ResourceNotFoundException"])? else {
            found.insert(arn.clone(), None);
            continue;
        };
        let told = client.json("acm", "CertificateManager.GetCertificate", &input).await?;
        found.insert(arn.clone(), Some(certificate(&described["Certificate"], &told)));
    }
    Ok(found)
}

/// ACM takes a name with a dot, or a name among the alternative ones, for a certificate's domain; moto takes any.
fn certificate(described: &Value, told: &Value) -> Certificate {
    let common_name = text(described, "Subject").trim_start_matches("CN=").to_owned();
    let names = texts(described, "SubjectAlternativeNames");
    let domain = Some(&common_name).filter(|name| name.contains('.')).or(names.first()).cloned();
    let mut chain = blocks(&text(told, "CertificateChain"));
    // moto puts AWS's root at the end of each.
    chain.pop();
    if chain.is_empty() {
        chain = blocks(&text(told, "Certificate"));
    }
    Certificate {
        domain: domain.unwrap_or_default(),
        common_name,
        key_algorithm: text(described, "KeyAlgorithm"),
        chain: chain.concat(),
    }
}

/// The certificates in a PEM file.
fn blocks(pem: &str) -> Vec<String> {
    let ends = pem.split_inclusive(END).filter(|block| block.ends_with(END));
    ends.filter_map(|block| Some(format!("{}\n", &block[block.find("-----BEGIN")?..]))).collect()
}

const END: &str = "-----END CERTIFICATE-----";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::certificate;

    fn pem(text: &str) -> String {
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    #[test]
    fn a_domain_has_a_dot_or_is_an_alternative_name() {
        for (subject, names, domain) in [
            ("CN=vpn.example.com", vec![], "vpn.example.com"),
            ("CN=vpn.example.com", vec!["other.example.com"], "vpn.example.com"),
            ("CN=server", vec!["server"], "server"),
            ("CN=server", vec![], ""),
        ] {
            let described = json!({ "Subject": subject, "SubjectAlternativeNames": names, "KeyAlgorithm": "RSA_2048" });
            assert_eq!(certificate(&described, &json!({})).domain, domain, "{subject} {names:?}");
        }
    }

    #[test]
    fn the_chain_ends_before_the_root_of_aws() {
        let with = |chain: &str| json!({ "Certificate": pem("server"), "CertificateChain": chain });
        let chain = |chain: &str| certificate(&json!({}), &with(chain)).chain;
        assert_eq!(chain(&format!("{}\n{}\n", pem("ca"), pem("aws"))), pem("ca"));
        assert_eq!(chain(&pem("aws")), pem("server"), "imported without a chain");
    }
}
