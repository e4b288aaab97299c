//! A world with one endpoint, eight subnets, and the SDK's client in front of it.

use std::{net::SocketAddr, sync::Arc};

use aws::{
    authorize::keys::access_key,
    deployment::{Deployment, Endpoint, Role, Subnet},
    ec2::ClientVpn,
};
use aws_sdk_ec2::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    error::{ProvideErrorMetadata, SdkError},
};
use jiff::{SignedDuration, Timestamp};
use local::{
    api, engine,
    world::{Shared, World},
};

pub const ENDPOINT: &str = "cvpn-endpoint-0123456789abcdef0";
pub const ROLE: &str = "LambdaRole-ClientVPN-Associator";
/// In zones a and b.
pub const A: &str = "subnet-0a";
pub const B: &str = "subnet-0b";
/// In zone a, like `A`.
pub const A2: &str = "subnet-0a2";
pub const ELSEWHERE: &str = "subnet-0elsewhere";
pub const OVERLAPPING: &str = "subnet-0overlapping";
pub const TINY: &str = "subnet-0tiny";
/// In zones e and f: with blocks of both families, and with IPv6 alone.
pub const BOTH: &str = "subnet-0both";
pub const IPV6_ONLY: &str = "subnet-0ipv6";

pub struct Aws {
    pub world: Shared,
    pub ec2: Client,
    pub address: SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Aws {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub fn start_time() -> Timestamp {
    "2026-01-05T08:00:00Z".parse().unwrap()
}

pub fn deployment() -> Deployment {
    let subnet = |id: &str, vpc: &str, zone: &str, cidr: &str| Subnet {
        id: id.to_owned(),
        vpc: vpc.to_owned(),
        availability_zone: format!("us-east-1{zone}"),
        cidr: cidr.to_owned(),
        ipv6_cidr: None,
    };
    let with = |ipv6: &str, subnet: Subnet| Subnet { ipv6_cidr: Some(ipv6.to_owned()), ..subnet };
    Deployment {
        partition: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        account: "123456789012".to_owned(),
        endpoint: Endpoint {
            id: ENDPOINT.to_owned(),
            vpc: "vpc-01".to_owned(),
            vpc_cidr: "10.0.0.0/16".to_owned(),
            client_cidr: "10.200.0.0/22".to_owned(),
            subnets: vec![
                subnet(A, "vpc-01", "a", "10.0.0.0/24"),
                subnet(B, "vpc-01", "b", "10.0.1.0/24"),
                subnet(A2, "vpc-01", "a", "10.0.2.0/24"),
                subnet(ELSEWHERE, "vpc-02", "c", "10.1.0.0/24"),
                subnet(OVERLAPPING, "vpc-01", "c", "10.200.1.0/24"),
                subnet(TINY, "vpc-01", "d", "10.0.3.0/28"),
                with("2001:db8:0:4::/64", subnet(BOTH, "vpc-01", "e", "10.0.4.0/24")),
                with("2001:db8:0:5::/64", subnet(IPV6_ONLY, "vpc-01", "f", "")),
            ],
            connect_handler: Some("arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-X".to_owned()),
            security_groups: None,
            vpcs: [("vpc-02".to_owned(), "10.1.0.0/16".to_owned())].into(),
        },
        roles: [(ROLE.to_owned(), Role::default())].into(),
        ..Deployment::default()
    }
}

pub fn state() -> ClientVpn {
    let deployment = deployment();
    ClientVpn::new(&deployment.endpoint, &deployment.region, &deployment.account)
}

impl Aws {
    pub async fn start() -> Self {
        let world = Arc::new(World::new(deployment(), start_time()).unwrap());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(api::serve(Arc::clone(&world), listener));
        Self { world, ec2: client(address, "AKIAADMINISTRATOR"), address, server }
    }

    /// A client with another access key.
    pub fn as_role(&self, role: &str) -> Client {
        client(self.address, &access_key(role))
    }

    pub fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    pub async fn pass(&self, time: SignedDuration) {
        engine::advance(&self.world, time).await;
    }

    /// Looks at or changes the state behind the API.
    pub fn state<T>(&self, with: impl FnOnce(&mut ClientVpn, Timestamp) -> T) -> T {
        with(&mut self.world.ec2.lock().unwrap(), self.now())
    }

    pub async fn associate(&self, subnet: &str) -> String {
        let call = self.ec2.associate_client_vpn_target_network().client_vpn_endpoint_id(ENDPOINT).subnet_id(subnet);
        call.send().await.unwrap().association_id.unwrap()
    }

    /// Associates and waits.
    pub async fn associated(&self, subnet: &str) -> String {
        let id = self.associate(subnet).await;
        self.pass(minutes(5)).await;
        id
    }

    pub async fn disassociate(&self, association: &str) -> String {
        let call = self.ec2.disassociate_client_vpn_target_network();
        outcome(call.client_vpn_endpoint_id(ENDPOINT).association_id(association).send().await)
    }

    pub async fn create_route(&self, subnet: &str, destination: &str) -> String {
        let call = self.ec2.create_client_vpn_route().client_vpn_endpoint_id(ENDPOINT);
        outcome(call.target_vpc_subnet_id(subnet).destination_cidr_block(destination).send().await)
    }

    /// `subnet state` of every association.
    pub async fn networks(&self) -> Vec<String> {
        let call = self.ec2.describe_client_vpn_target_networks().client_vpn_endpoint_id(ENDPOINT);
        let networks = call.send().await.unwrap().client_vpn_target_networks.unwrap();
        networks
            .iter()
            .map(|network| {
                let status = network.status().unwrap().code().unwrap().as_str();
                format!("{} {status}", network.target_network_id().unwrap())
            })
            .collect()
    }

    /// `subnet destination origin state` of every route.
    pub async fn routes(&self) -> Vec<String> {
        let call = self.ec2.describe_client_vpn_routes().client_vpn_endpoint_id(ENDPOINT);
        let routes = call.send().await.unwrap().routes.unwrap();
        routes
            .iter()
            .map(|route| {
                let status = route.status().unwrap().code().unwrap().as_str();
                let (subnet, to) = (route.target_subnet().unwrap(), route.destination_cidr().unwrap());
                format!("{subnet} {to} {} {status}", route.origin().unwrap())
            })
            .collect()
    }

    pub async fn endpoint(&self) -> aws_sdk_ec2::types::ClientVpnEndpoint {
        let answer = self.ec2.describe_client_vpn_endpoints().client_vpn_endpoint_ids(ENDPOINT).send().await.unwrap();
        answer.client_vpn_endpoints.unwrap().remove(0)
    }

    pub async fn endpoint_status(&self) -> String {
        self.endpoint().await.status().unwrap().code().unwrap().as_str().to_owned()
    }
}

fn client(address: SocketAddr, access_key: &str) -> Client {
    let config = aws_sdk_ec2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{address}"))
        .credentials_provider(Credentials::new(access_key, "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(vpn_core::aws::https::client("us-east-1"))
        .build();
    Client::from_conf(config)
}

/// `OK`, AWS's code, or what happened instead of an answer.
pub fn outcome<T, E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    result: Result<T, SdkError<E, R>>,
) -> String {
    match result {
        Ok(_) => "OK".to_owned(),
        Err(SdkError::ServiceError(error)) => error.err().code().unwrap_or("no code").to_owned(),
        Err(SdkError::DispatchFailure(_)) => "no answer".to_owned(),
        Err(other) => format!("{other:?}"),
    }
}

pub fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

pub fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}
