//! Certificates that are requested, as ACM has them (facts 14.1 to 14.3): for some seconds it knows nothing of them, then not
//! which record proves the host, then it waits for that record, and takes minutes to issue what is proven. moto knows
//! everything at once, and issues after a minute whatever is in DNS. Somebody who finds one not ready waits before looking
//! again; a clock that stands is moved by that.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    client::{Client, ELB, Failed},
    operation::Operation,
    refuse::Refusal,
};

/// How long ACM does not know of a new request.
const UNKNOWN: SignedDuration = SignedDuration::from_secs(4);
/// How long it does not tell the record.
const WITHOUT_RECORD: SignedDuration = SignedDuration::from_secs(12);
/// How long it takes to issue once the record is in DNS.
const ISSUING: SignedDuration = SignedDuration::from_mins(3);
/// How long it waits for the record.
const WAITING: SignedDuration = SignedDuration::from_hours(72);
/// Who may be named by a CAA record for ACM to issue (fact 14.5).
const AMAZON: [&str; 4] = ["amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"];
/// How long it counts a certificate as used when its listener is gone.
const USED: SignedDuration = SignedDuration::from_secs(10);

/// What is known of them here.
#[derive(Debug, Clone, Default)]
pub struct Certificates {
    requested: BTreeMap<String, Requested>,
    /// When a listener last let go of one.
    released: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
struct Requested {
    at: Timestamp,
    /// When its record was found, and whether ACM may issue for this host.
    proven: Option<(Timestamp, bool)>,
}

impl Requested {
    /// In AWS's words.
    fn status(&self, now: Timestamp) -> &'static str {
        match self.proven {
            Some((proven, true)) if now >= proven + ISSUING => "ISSUED",
            Some((proven, false)) if now >= proven + ISSUING => "FAILED",
            None if now >= self.at + WAITING => "VALIDATION_TIMED_OUT",
            _ => "PENDING_VALIDATION",
        }
    }
}

/// What DNS says of a certificate's host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The record is not there.
    Missing,
    /// It is.
    There,
    /// It is, and another record lets only others issue.
    Forbidden,
}

impl Certificates {
    /// After a call that succeeded, with its answer.
    pub fn after(&mut self, operation: &Operation, answer: &[u8], now: Timestamp) {
        match operation.full_name().as_str() {
            "acm:RequestCertificate" => {
                let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
                if let Some(arn) = answer["CertificateArn"].as_str() {
                    self.requested.entry(arn.to_owned()).or_insert(Requested { at: now, proven: None });
                }
            }
            "acm:DeleteCertificate" => drop(self.requested.remove(operation.text("CertificateArn"))),
            "elbv2:DeleteListener" | "elbv2:ModifyListener" | "elbv2:DeleteLoadBalancer" => self.released = Some(now),
            _ => {}
        }
    }

    /// What DNS says of this one.
    pub fn proven(&mut self, arn: &str, proof: Proof, now: Timestamp) {
        if let Some(requested) = self.requested.get_mut(arn)
            && proof != Proof::Missing
        {
            requested.proven.get_or_insert((now, proof == Proof::There));
        }
    }

    /// Whether it is looked for in DNS already.
    pub fn waits_for_record(&self, arn: &str, now: Timestamp) -> bool {
        let asks = |it: &Requested| it.proven.is_none() && (it.at + WITHOUT_RECORD..it.at + WAITING).contains(&now);
        self.requested.get(arn).is_some_and(asks)
    }

    /// Whether somebody who asks for it is to look again later.
    pub fn is_awaited(&self, arn: &str, now: Timestamp) -> bool {
        self.requested.get(arn).is_some_and(|it| it.status(now) == "PENDING_VALIDATION")
    }

    /// Why ACM, or a load balancer, would not do it; `used` tells whether a listener has the certificate.
    pub fn refusal(&self, operation: &Operation, now: Timestamp, used: bool) -> Option<Refusal> {
        let arn = operation.text("CertificateArn");
        match operation.full_name().as_str() {
            "acm:DescribeCertificate" if self.requested.get(arn).is_some_and(|it| now < it.at + UNKNOWN) => {
                let message = format!("Could not find certificate {arn}.");
                Some(Refusal::new(400, "ResourceNotFoundException", message))
            }
            "acm:DeleteCertificate" if used || self.released.is_some_and(|released| now < released + USED) => {
                Some(Refusal::new(400, "ResourceInUseException", format!("Certificate {arn} is in use.")))
            }
            "elbv2:CreateListener" | "elbv2:ModifyListener" => {
                let arn = operation.text("Certificates.member.1.CertificateArn");
                let message = format!(
                    "The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a \
                     supported key size."
                );
                let is_issued = self.requested.get(arn).is_none_or(|it| it.status(now) == "ISSUED");
                (!is_issued).then(|| Refusal::new(400, "UnsupportedCertificate", message))
            }
            _ => None,
        }
    }

    /// The answer as ACM gives it.
    pub fn told(&self, operation: &Operation, mut answer: Value, now: Timestamp) -> Value {
        if operation.name == "ListCertificates" {
            for listed in answer["CertificateSummaryList"].as_array_mut().into_iter().flatten() {
                let arn = listed["CertificateArn"].as_str().unwrap_or_default();
                if let Some(requested) = self.requested.get(arn) {
                    listed["Status"] = requested.status(now).into();
                }
            }
            return answer;
        }
        let Some(requested) = self.requested.get(operation.text("CertificateArn")) else { return answer };
        let status = requested.status(now);
        let certificate = &mut answer["Certificate"];
        certificate["Status"] = status.into();
        if status == "FAILED" {
            certificate["FailureReason"] = "CAA_ERROR".into();
        }
        if status != "ISSUED"
            && let Some(fields) = certificate.as_object_mut()
        {
            fields
                .retain(|name, _| !["IssuedAt", "NotAfter", "NotBefore", "Serial", "Issuer"].contains(&name.as_str()));
        }
        for option in certificate["DomainValidationOptions"].as_array_mut().into_iter().flatten() {
            option["ValidationStatus"] = match status {
                "ISSUED" => "SUCCESS",
                "PENDING_VALIDATION" => status,
                _ => "FAILED",
            }
            .into();
            if now < requested.at + WITHOUT_RECORD
                && let Some(fields) = option.as_object_mut()
            {
                fields.remove("ResourceRecord");
            }
        }
        answer
    }
}

/// Whether a hosted zone upstream has the record that proves a certificate, and what that zone says of who may issue it.
pub async fn proof(client: &Client, arn: &str) -> Result<Proof, Failed> {
    let described =
        client.json("acm", "CertificateManager.DescribeCertificate", &json!({ "CertificateArn": arn })).await?;
    let record = &described["Certificate"]["DomainValidationOptions"][0]["ResourceRecord"];
    let (name, value) = (record["Name"].as_str().unwrap_or_default(), record["Value"].as_str().unwrap_or_default());
    let host = described["Certificate"]["DomainName"].as_str().unwrap_or_default();
    let zones = client.text("route53", "/2013-04-01/hostedzone").await?;
    for zone in zones.split("<Id>/hostedzone/").skip(1).filter_map(|rest| rest.split('<').next()) {
        let records = client.text("route53", &format!("/2013-04-01/hostedzone/{zone}/rrset")).await?;
        let is_it = |record: &str| {
            record.contains(&format!("<Name>{name}</Name>")) && record.contains(&format!("<Value>{value}</Value>"))
        };
        let records: Vec<_> = records.split("<ResourceRecordSet>").collect();
        if records.iter().any(|record| is_it(record)) {
            return Ok(if lets_amazon_issue(&records, host) { Proof::There } else { Proof::Forbidden });
        }
    }
    Ok(Proof::Missing)
}

/// Whether the nearest CAA record, of the host or of a name above it, names Amazon; without any everybody may.
fn lets_amazon_issue(records: &[&str], host: &str) -> bool {
    let names = host.match_indices('.').map(|(dot, _)| &host[dot + 1..]);
    let nearest = std::iter::once(host).chain(names).find_map(|name| {
        let of_it = |record: &&&str| record.contains("<Type>CAA</Type>") && record.contains(&format!("<Name>{name}.<"));
        records.iter().find(of_it)
    });
    nearest.is_none_or(|record| AMAZON.iter().any(|amazon| record.contains(amazon)))
}

/// Whether a listener upstream has a certificate.
pub async fn is_used(client: &Client, arn: &str) -> Result<bool, Failed> {
    let found = client.query("elasticloadbalancing", ELB, "DescribeLoadBalancers", &[]).await?;
    for balancer in found["LoadBalancers"].as_array().into_iter().flatten() {
        let of = [("LoadBalancerArn", balancer["LoadBalancerArn"].as_str().unwrap_or_default())];
        let listeners = client.query("elasticloadbalancing", ELB, "DescribeListeners", &of).await?;
        let mut listeners = listeners["Listeners"].as_array().into_iter().flatten();
        let mut with_it = |listener: &Value| {
            listener["Certificates"].as_array().into_iter().flatten().any(|it| it["CertificateArn"] == arn)
        };
        if listeners.any(&mut with_it) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::call;

    #[test]
    fn a_certificate_takes_its_time() {
        let mut all = Certificates::default();
        let start: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
        let at = |seconds: i64| start + SignedDuration::from_secs(seconds);
        all.after(&call("acm:RequestCertificate", json!({})), br#"{"CertificateArn": "c"}"#, start);
        let describe = call("acm:DescribeCertificate", json!({ "CertificateArn": "c" }));
        let listener = call("elbv2:CreateListener", json!({ "Certificates.member.1.CertificateArn": "c" }));
        let code = |all: &Certificates, call: &Operation, now| all.refusal(call, now, false).map(|it| it.code);
        assert_eq!(code(&all, &describe, at(3)), Some("ResourceNotFoundException"));
        assert_eq!(code(&all, &describe, at(4)), None);
        let moto = json!({ "Certificate": { "Status": "ISSUED", "IssuedAt": 1, "DomainValidationOptions": [{ "ResourceRecord": {} }] } });
        let told = |all: &Certificates, now| all.told(&describe, moto.clone(), now)["Certificate"].clone();
        let early = told(&all, at(5));
        assert_eq!((&early["Status"], early.get("IssuedAt")), (&json!("PENDING_VALIDATION"), None));
        assert_eq!(early["DomainValidationOptions"][0].get("ResourceRecord"), None);
        assert!(told(&all, at(12))["DomainValidationOptions"][0].get("ResourceRecord").is_some());
        assert!(!all.waits_for_record("c", at(11)) && all.waits_for_record("c", at(12)));
        assert_eq!(told(&all, at(72 * 3600 - 1))["Status"], "PENDING_VALIDATION");
        assert_eq!(told(&all, at(72 * 3600))["Status"], "VALIDATION_TIMED_OUT", "without its record");
        all.proven("c", Proof::Missing, at(50));
        let mut forbidden = all.clone();
        forbidden.proven("c", Proof::Forbidden, at(60));
        assert_eq!(told(&forbidden, at(239))["Status"], "PENDING_VALIDATION");
        let failed = told(&forbidden, at(240));
        assert_eq!((&failed["Status"], &failed["FailureReason"]), (&json!("FAILED"), &json!("CAA_ERROR")));
        assert_eq!(code(&forbidden, &listener, at(240)), Some("UnsupportedCertificate"));
        assert!(!forbidden.is_awaited("c", at(240)));
        all.proven("c", Proof::There, at(60));
        all.proven("c", Proof::Forbidden, at(100));
        assert_eq!(code(&all, &listener, at(239)), Some("UnsupportedCertificate"));
        assert_eq!((code(&all, &listener, at(240)), all.is_awaited("c", at(240))), (None, false));
        assert_eq!(told(&all, at(240))["Status"], "ISSUED");
        let list = json!({ "CertificateSummaryList": [{ "CertificateArn": "c" }, { "CertificateArn": "theirs", "Status": "ISSUED" }] });
        let listed = all.told(&call("acm:ListCertificates", json!({})), list, at(239));
        assert_eq!(listed["CertificateSummaryList"][0]["Status"], "PENDING_VALIDATION");
        assert_eq!(listed["CertificateSummaryList"][1]["Status"], "ISSUED");
        let delete = call("acm:DeleteCertificate", json!({ "CertificateArn": "c" }));
        assert_eq!(all.refusal(&delete, at(300), true).map(|it| it.code), Some("ResourceInUseException"));
        all.after(&call("elbv2:DeleteListener", json!({})), b"", at(300));
        assert_eq!(code(&all, &delete, at(309)), Some("ResourceInUseException"));
        assert_eq!(code(&all, &delete, at(310)), None);
        all.after(&delete, b"", at(310));
        assert!(all.requested.is_empty());
    }

    #[test]
    fn the_nearest_record_says_who_may_issue() {
        let caa =
            |name: &str, who: &str| format!("<Name>{name}.</Name><Type>CAA</Type><Value>0 issue \"{who}\"</Value>");
        let (above, own) = (caa("example.com", "letsencrypt.org"), caa("vpn.example.com", "amazon.com"));
        assert!(lets_amazon_issue(&[], "vpn.example.com"));
        assert!(!lets_amazon_issue(&[&above], "vpn.example.com"));
        assert!(lets_amazon_issue(&[&above, &own], "vpn.example.com"));
        assert!(lets_amazon_issue(&[&above], "example.org"));
    }
}
