//! What of the clients' traffic goes on into the VPC: what has both a route and an authorization rule. In words of nftables.

use aws::ec2::Given;

use crate::configuration::is_ipv4;

/// The table, in place of the one that was there. What goes on does so from the address in the subnet, which is all that the
/// VPC sees of clients.
#[must_use]
pub fn rules(given: &Given) -> String {
    let blocks = |blocks: &[String]| blocks.iter().filter(|block| is_ipv4(block)).cloned().collect::<Vec<_>>();
    let (routes, authorized) = (blocks(&given.routes), blocks(&given.authorized));
    // A set of nothing cannot be written; nothing is let through by the policy.
    let accept = if routes.is_empty() || authorized.is_empty() {
        String::new()
    } else {
        format!("iifname \"tun*\" ip saddr {} ip daddr @routes ip daddr @authorized accept\n", given.client_cidr)
    };
    let set = |name: &str, blocks: &[String]| {
        let elements = match blocks {
            [] => String::new(),
            blocks => format!("elements = {{ {} }}; ", blocks.join(", ")),
        };
        // Blocks may overlap.
        format!("set {name} {{ type ipv4_addr; flags interval; auto-merge; {elements}}}\n")
    };
    format!(
        "table inet endpoint\ndelete table inet endpoint\ntable inet endpoint {{\n{}{}\
         chain forward {{ type filter hook forward priority 0; policy drop;\nct state established,related accept\n{accept}}}\n\
         chain postrouting {{ type nat hook postrouting priority 100;\nip saddr {} masquerade\n}}\n}}\n",
        set("routes", &routes),
        set("authorized", &authorized),
        given.client_cidr,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(routes: &[&str], authorized: &[&str]) -> String {
        let blocks = |blocks: &[&str]| blocks.iter().map(ToString::to_string).collect();
        rules(&Given {
            client_cidr: "10.100.0.0/22".to_owned(),
            options: aws::ec2::EndpointOptions::default(),
            routes: blocks(routes),
            authorized: blocks(authorized),
            revocation_list: None,
        })
    }

    #[test]
    fn both_a_route_and_a_rule_are_wanted() {
        let both = written(&["10.0.0.0/16", "2001:db8::/32"], &["10.0.0.0/8", "10.20.0.0/16"]);
        assert!(both.contains("elements = { 10.0.0.0/16 };"), "{both}");
        assert!(both.contains("elements = { 10.0.0.0/8, 10.20.0.0/16 };"), "{both}");
        assert!(both.contains("ip daddr @routes ip daddr @authorized accept"), "{both}");
        for neither in [written(&[], &["10.0.0.0/8"]), written(&["10.0.0.0/16"], &[])] {
            assert!(!neither.contains("@"), "{neither}");
        }
    }
}
