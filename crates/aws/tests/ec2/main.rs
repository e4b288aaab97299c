//! EC2's Client VPN through its wire and without a server: forms in, XML out, time passed in. The SDK asks the same in
//! `crates/local/tests/ec2_sdk`.

mod configuration;
mod endpoints;
mod given;
mod revocation;
mod rules;

use aws::{
    deployment,
    ec2::{ClientVpn, wire},
};
use jiff::{SignedDuration, Timestamp};

const ENDPOINT: &str = "cvpn-endpoint-0123456789abcdef0";
/// In the endpoint's VPC, in zones a and b.
const A: &str = "subnet-0a";
const B: &str = "subnet-0b";
/// In another VPC.
const ELSEWHERE: &str = "subnet-0elsewhere";

struct Ec2 {
    state: ClientVpn,
    now: Timestamp,
}

fn deployed() -> deployment::Endpoint {
    let subnet = |id: &str, vpc: &str, zone: &str, cidr: &str| deployment::Subnet {
        id: id.to_owned(),
        vpc: vpc.to_owned(),
        availability_zone: format!("us-east-1{zone}"),
        cidr: cidr.to_owned(),
        ipv6_cidr: None,
    };
    deployment::Endpoint {
        id: ENDPOINT.to_owned(),
        vpc: "vpc-01".to_owned(),
        vpc_cidr: "10.0.0.0/16".to_owned(),
        client_cidr: "10.200.0.0/22".to_owned(),
        vpcs: [("vpc-02".to_owned(), "10.1.0.0/16".to_owned())].into(),
        subnets: vec![
            subnet(A, "vpc-01", "a", "10.0.0.0/24"),
            subnet(B, "vpc-01", "b", "10.0.1.0/24"),
            subnet(ELSEWHERE, "vpc-02", "c", "10.1.0.0/24"),
        ],
        ..deployment::Endpoint::default()
    }
}

impl Ec2 {
    fn with(endpoint: &deployment::Endpoint) -> Self {
        let state = ClientVpn::new(endpoint, "us-east-1", "123456789012");
        Self { state, now: "2026-01-05T08:00:00Z".parse().expect("a time") }
    }

    fn new() -> Self {
        Self::with(&deployed())
    }

    /// Answers a call: XML, or AWS's code and message.
    fn call(&mut self, action: &str, parameters: &[(&str, &str)]) -> Result<String, (String, String)> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", wire::VERSION).extend_pairs(parameters);
        let request = wire::parse(wire::form(form.finish().as_bytes()));
        let answer = request.and_then(|request| self.state.call(self.now, &request.call));
        match answer {
            Ok(answer) => Ok(wire::answer(action, &answer, "id")),
            Err(error) => Err((error.code, error.message)),
        }
    }

    /// The same about the endpoint of the deployment: `OK` or AWS's code.
    fn outcome(&mut self, action: &str, parameters: &[(&str, &str)]) -> String {
        let whole = [&[("ClientVpnEndpointId", ENDPOINT)], parameters].concat();
        self.call(action, &whole).map_or_else(|(code, _)| code, |_| "OK".to_owned())
    }

    fn pass(&mut self, time: SignedDuration) {
        self.now += time;
    }
}

/// What stands in the elements of a name, in order.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).filter_map(|rest| Some(rest.split_once(&close)?.0.to_owned())).collect()
}
