//! What OpenVPN is told: the server's options and files, and what each client gets.

use std::{collections::BTreeMap, net::Ipv4Addr};

use aws::ec2::{EndpointOptions, Given};

/// A certificate as it was imported into ACM, in PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    pub certificate: String,
    /// Not encrypted, as ACM takes it.
    pub private_key: String,
    /// Whoever issued it; empty for one that issued itself.
    pub chain: String,
}

/// What was imported, by its ARNs.
pub type Certificates = BTreeMap<String, Imported>;

/// What a server has from its start: with anything else it is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Its options, without where it listens and what is its own directory's.
    pub options: Vec<String>,
    /// Its files, by the names that the options use.
    pub files: BTreeMap<&'static str, String>,
    /// `udp` or `tcp`.
    pub transport: String,
    /// The endpoint's.
    pub port: u16,
}

/// Why an endpoint cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("the endpoint names the certificate {0:?}, and nobody imported it here")]
    NoCertificate(String),
    #[error("clients of the endpoint do not come with certificates of a client root")]
    NoClientRoot,
    #[error("{0:?} is no block of IPv4 addresses")]
    NoBlock(String),
    #[error("{0} is no port")]
    NoPort(i64),
}

impl Setup {
    /// # Errors
    /// [`Unfit`].
    pub fn new(given: &Given, certificates: &Certificates) -> Result<Self, Unfit> {
        let options = &given.options;
        let imported = |arn: &str| certificates.get(arn).ok_or_else(|| Unfit::NoCertificate(arn.to_owned()));
        let server = imported(&options.server_certificate)?;
        let root = options.authentication.iter().find_map(|way| way.client_root.as_deref());
        let root = imported(root.ok_or(Unfit::NoClientRoot)?)?;
        // Where both have one CA, the server's certificate may be named for the root: then its issuer is meant (fact 7.8).
        let root = if root.chain.is_empty() { &root.certificate } else { &root.chain };
        let (network, mask) = block(&given.client_cidr)?;
        let mut files = BTreeMap::from([
            ("server.crt", format!("{}\n{}", server.certificate.trim_end(), server.chain)),
            ("server.key", server.private_key.clone()),
            ("client-root.crt", root.clone()),
        ]);
        let mut lines = vec![
            "mode server".to_owned(),
            "tls-server".to_owned(),
            format!("server {network} {mask}"),
            "topology subnet".to_owned(),
            "dh none".to_owned(),
            // With 1.3 a client takes its handshake for done before the server has looked at its certificate, and is left
            // waiting. What AWS speaks is not documented.
            "tls-version-max 1.2".to_owned(),
            "cert server.crt".to_owned(),
            "key server.key".to_owned(),
            "ca client-root.crt".to_owned(),
            "data-ciphers AES-256-GCM".to_owned(),
            // One certificate may be used by several devices at once, as at AWS.
            "duplicate-cn".to_owned(),
            // Nobody has a user name; every client is asked about all the same.
            "auth-user-pass-optional".to_owned(),
            "management management unix".to_owned(),
            "management-client".to_owned(),
            "management-client-auth".to_owned(),
            "reneg-sec 0".to_owned(),
            // The client leaves one that is silent, and this the client; AWS does not say after how long.
            "ping 1".to_owned(),
            "ping-restart 5".to_owned(),
            "push \"ping 1\"".to_owned(),
            "push \"ping-restart 20\"".to_owned(),
            "suppress-timestamps".to_owned(),
            "verb 3".to_owned(),
        ];
        if let Some(list) = &given.revocation_list {
            files.insert("revoked.pem", list.clone());
            lines.push("crl-verify revoked.pem".to_owned());
        }
        let port = u16::try_from(options.vpn_port).map_err(|_| Unfit::NoPort(options.vpn_port))?;
        Ok(Self { options: lines, files, transport: options.transport_protocol.clone(), port })
    }
}

/// What a client gets when it is let in: its address, and what goes through the tunnel.
///
/// # Errors
/// [`Unfit`].
pub fn for_client(given: &Given, address: &str) -> Result<Vec<String>, Unfit> {
    let (_, mask) = block(&given.client_cidr)?;
    let mut lines = vec![format!("ifconfig-push {address} {mask}")];
    let EndpointOptions { split_tunnel, dns_servers, .. } = &given.options;
    if *split_tunnel {
        for route in given.routes.iter().filter(|route| is_ipv4(route)) {
            let (network, mask) = block(route)?;
            lines.push(format!("push \"route {network} {mask}\""));
        }
    } else {
        lines.push("push \"redirect-gateway def1 bypass-dhcp\"".to_owned());
    }
    lines.extend(dns_servers.iter().map(|server| format!("push \"dhcp-option DNS {server}\"")));
    Ok(lines)
}

/// Whether a block is of IPv4: the others are only described, and not carried.
pub(crate) fn is_ipv4(block: &str) -> bool {
    !block.contains(':')
}

/// The first address of a block, and its mask.
fn block(text: &str) -> Result<(Ipv4Addr, Ipv4Addr), Unfit> {
    let read = || {
        let (address, prefix) = text.split_once('/')?;
        let bits = 32_u32.checked_sub(prefix.parse().ok()?)?;
        let mask = u32::MAX.checked_shl(bits).unwrap_or(0);
        let address: Ipv4Addr = address.parse().ok()?;
        Some((Ipv4Addr::from(address.to_bits() & mask), Ipv4Addr::from(mask)))
    };
    read().ok_or_else(|| Unfit::NoBlock(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use aws::ec2::Authentication;

    use super::*;

    fn given() -> Given {
        let options = EndpointOptions {
            server_certificate: "server".to_owned(),
            authentication: vec![Authentication::by_certificate("root")],
            split_tunnel: true,
            ..EndpointOptions::default()
        };
        Given {
            client_cidr: "10.100.0.0/22".to_owned(),
            options,
            routes: vec!["10.0.0.0/16".to_owned(), "2001:db8::/32".to_owned()],
            authorized: Vec::new(),
            revocation_list: None,
        }
    }

    fn certificates() -> Certificates {
        let imported = |name: &str, chain: &str| Imported {
            certificate: format!("{name}\n"),
            private_key: format!("key of {name}"),
            chain: chain.to_owned(),
        };
        BTreeMap::from([("server".to_owned(), imported("server", "ca")), ("root".to_owned(), imported("root", ""))])
    }

    #[test]
    fn the_server_has_what_the_endpoint_was_given() {
        let setup = Setup::new(&given(), &certificates()).expect("fit");
        assert_eq!(setup.files["server.crt"], "server\nca");
        assert_eq!(setup.files["server.key"], "key of server");
        assert_eq!(setup.files["client-root.crt"], "root\n");
        assert!(setup.options.contains(&"server 10.100.0.0 255.255.252.0".to_owned()));
        assert!(!setup.options.iter().any(|line| line.starts_with("crl-verify")));
        let with_list = Given { revocation_list: Some("list".to_owned()), ..given() };
        let with_list = Setup::new(&with_list, &certificates()).expect("fit");
        assert_eq!(with_list.files["revoked.pem"], "list");
        assert!(with_list.options.contains(&"crl-verify revoked.pem".to_owned()));
    }

    #[test]
    fn a_root_that_is_named_by_the_servers_certificate_is_its_issuer() {
        let mut given = given();
        given.options.authentication = vec![Authentication::by_certificate("server")];
        assert_eq!(Setup::new(&given, &certificates()).expect("fit").files["client-root.crt"], "ca");
    }

    #[test]
    fn what_is_missing_is_said() {
        let unfit = |change: &dyn Fn(&mut Given)| {
            let mut given = given();
            change(&mut given);
            Setup::new(&given, &certificates()).expect_err("unfit")
        };
        assert_eq!(
            unfit(&|given| given.options.server_certificate = "other".to_owned()),
            Unfit::NoCertificate("other".to_owned())
        );
        assert_eq!(unfit(&|given| given.options.authentication.clear()), Unfit::NoClientRoot);
        for bad in ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "2001:db8::/32"] {
            assert_eq!(unfit(&|given| bad.clone_into(&mut given.client_cidr)), Unfit::NoBlock(bad.to_owned()));
        }
        assert_eq!(unfit(&|given| given.options.vpn_port = 70_000), Unfit::NoPort(70_000));
    }

    #[test]
    fn a_split_tunnel_has_the_routes_and_a_whole_one_everything() {
        let lines = for_client(&given(), "10.100.0.2").expect("fit");
        assert_eq!(lines, ["ifconfig-push 10.100.0.2 255.255.252.0", "push \"route 10.0.0.0 255.255.0.0\""]);
        let mut whole = given();
        whole.options.split_tunnel = false;
        whole.options.dns_servers = vec!["10.0.0.2".to_owned()];
        let lines = for_client(&whole, "10.100.0.2").expect("fit");
        assert_eq!(lines[1..], ["push \"redirect-gateway def1 bypass-dhcp\"", "push \"dhcp-option DNS 10.0.0.2\""]);
        assert_eq!(block("0.0.0.0/0"), Ok((Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED)));
    }
}
