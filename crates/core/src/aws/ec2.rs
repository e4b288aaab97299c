//! The EC2 adapter: the one file that names `aws_sdk_ec2`. It reads all pages and reports AWS's codes; it decides nothing.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_ec2::{
    Client,
    config::Builder,
    operation::{
        RequestId as _, describe_client_vpn_connections::DescribeClientVpnConnectionsError,
        describe_client_vpn_endpoints::DescribeClientVpnEndpointsError,
        describe_client_vpn_routes::DescribeClientVpnRoutesError,
        describe_client_vpn_target_networks::DescribeClientVpnTargetNetworksError,
    },
    types::{ClientVpnConnection, ClientVpnEndpoint, ClientVpnRoute, Tag, TargetNetwork},
};
use aws_smithy_runtime_api::client::{
    interceptors::context::{Error, InterceptorContext},
    orchestrator::OrchestratorError,
    retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use super::call_error;
use crate::{
    error::CallError,
    marks::{Mark, RawMarks},
    meaning::{Meaning, meaning_of},
    model::{
        Association, AssociationId, AssociationState, Cidr, Connection, ConnectionEnd, ConnectionState, Endpoint,
        EndpointId, EndpointState, Route, RouteState, SubnetId,
    },
    port::{Accepted, CallResult, Page, Port},
};

/// As many items a page as AWS allows: the page that people wait for reads one page of connections.
const PAGE: i32 = 1000;

/// One endpoint, through EC2's API.
#[derive(Debug, Clone)]
pub struct Ec2 {
    client: Client,
    reads: Client,
    endpoint: EndpointId,
}

impl Ec2 {
    /// An endpoint in the account and region of the configuration.
    #[must_use]
    pub fn new(config: &SdkConfig, endpoint: EndpointId) -> Self {
        // Whoever reads says whether a read that AWS has no time for is tried again, and for how long.
        let reads = Builder::from(config).retry_classifier(NotThrottled).build();
        Self { client: Client::new(config), reads: Client::from_conf(reads), endpoint }
    }

    fn id(&self) -> &str {
        self.endpoint.as_str()
    }
}

impl Port for Ec2 {
    async fn endpoint(&self) -> CallResult<Endpoint> {
        const OPERATION: &str = "DescribeClientVpnEndpoints";
        let answer = self
            .reads
            .describe_client_vpn_endpoints()
            .client_vpn_endpoint_ids(self.id())
            .send()
            .await
            .map_err(|error| call_error(OPERATION, &error))?;
        let request_id = answer.request_id().map(str::to_owned);
        answer.client_vpn_endpoints.unwrap_or_default().into_iter().next().map(endpoint).ok_or_else(|| CallError {
            operation: OPERATION,
            code: Some("InvalidClientVpnEndpointId.NotFound".to_owned()),
            message: format!("the answer lists no endpoint {}", self.endpoint),
            request_id,
        })
    }

    async fn associations(&self, next: Option<&str>) -> CallResult<Page<Association>> {
        let answer = self
            .reads
            .describe_client_vpn_target_networks()
            .client_vpn_endpoint_id(self.id())
            .set_next_token(next.map(str::to_owned))
            .max_results(PAGE)
            .send()
            .await
            .map_err(|error| call_error("DescribeClientVpnTargetNetworks", &error))?;
        Ok(page(answer.next_token, answer.client_vpn_target_networks, association))
    }

    async fn routes(&self, next: Option<&str>) -> CallResult<Page<Route>> {
        let answer = self
            .reads
            .describe_client_vpn_routes()
            .client_vpn_endpoint_id(self.id())
            .set_next_token(next.map(str::to_owned))
            .max_results(PAGE)
            .send()
            .await
            .map_err(|error| call_error("DescribeClientVpnRoutes", &error))?;
        Ok(page(answer.next_token, answer.routes, |listed| Some(route(listed))))
    }

    async fn connections(&self, next: Option<&str>) -> CallResult<Page<Connection>> {
        let answer = self
            .reads
            .describe_client_vpn_connections()
            .client_vpn_endpoint_id(self.id())
            .set_next_token(next.map(str::to_owned))
            .max_results(PAGE)
            .send()
            .await
            .map_err(|error| call_error("DescribeClientVpnConnections", &error))?;
        Ok(page(answer.next_token, answer.connections, |listed| Some(connection(&listed))))
    }

    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn associate(&self, subnet: &SubnetId) -> CallResult<Accepted> {
        // The SDK fills in a random client token: a constant one would replay an old success (fact 4.14).
        let answer = self
            .client
            .associate_client_vpn_target_network()
            .client_vpn_endpoint_id(self.id())
            .subnet_id(subnet.as_str())
            .send()
            .await
            .map_err(|error| call_error("AssociateClientVpnTargetNetwork", &error))?;
        Ok(Accepted {
            request_id: answer.request_id().map(str::to_owned),
            association: answer.association_id.and_then(|id| AssociationId::parse(&id).ok()),
            state: answer.status.and_then(|s| s.code).map(|code| code.as_str().to_owned()),
        })
    }

    async fn disassociate(&self, association: &AssociationId) -> CallResult<Accepted> {
        let answer = self
            .client
            .disassociate_client_vpn_target_network()
            .client_vpn_endpoint_id(self.id())
            .association_id(association.as_str())
            .send()
            .await
            .map_err(|error| call_error("DisassociateClientVpnTargetNetwork", &error))?;
        Ok(Accepted {
            request_id: answer.request_id().map(str::to_owned),
            association: Some(association.clone()),
            state: answer.status.and_then(|s| s.code).map(|code| code.as_str().to_owned()),
        })
    }

    async fn create_route(&self, destination: &Cidr, subnet: &SubnetId) -> CallResult<Accepted> {
        let answer = self
            .client
            .create_client_vpn_route()
            .client_vpn_endpoint_id(self.id())
            .destination_cidr_block(destination.as_str())
            .target_vpc_subnet_id(subnet.as_str())
            .description("vpn-on-demand")
            .send()
            .await
            .map_err(|error| call_error("CreateClientVpnRoute", &error))?;
        Ok(Accepted {
            request_id: answer.request_id().map(str::to_owned),
            association: None,
            state: answer.status.and_then(|s| s.code).map(|code| code.as_str().to_owned()),
        })
    }

    async fn set_marks(&self, marks: &[(Mark, Timestamp)]) -> CallResult<Accepted> {
        let tags = marks.iter().map(|(mark, at)| Tag::builder().key(mark.key()).value(at.to_string()).build());
        let answer = self
            .client
            .create_tags()
            .resources(self.id())
            .set_tags(Some(tags.collect()))
            .send()
            .await
            .map_err(|error| call_error("CreateTags", &error))?;
        Ok(Accepted { request_id: answer.request_id().map(str::to_owned), ..Accepted::default() })
    }

    async fn remove_marks(&self, marks: &[(Mark, Option<Timestamp>)]) -> CallResult<Accepted> {
        // DeleteTags compares the value where one is given.
        let tags = marks
            .iter()
            .map(|(mark, only)| Tag::builder().key(mark.key()).set_value(only.map(|at| at.to_string())).build());
        let answer = self
            .client
            .delete_tags()
            .resources(self.id())
            .set_tags(Some(tags.collect()))
            .send()
            .await
            .map_err(|error| call_error("DeleteTags", &error))?;
        Ok(Accepted { request_id: answer.request_id().map(str::to_owned), ..Accepted::default() })
    }
}

/// Keeps the SDK from trying again what AWS throttled.
#[derive(Debug)]
struct NotThrottled;

impl ClassifyRetry for NotThrottled {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(Result::err).and_then(OrchestratorError::as_operation_error);
        let code = error.and_then(|error| {
            code_of::<DescribeClientVpnEndpointsError>(error)
                .or_else(|| code_of::<DescribeClientVpnTargetNetworksError>(error))
                .or_else(|| code_of::<DescribeClientVpnRoutesError>(error))
                .or_else(|| code_of::<DescribeClientVpnConnectionsError>(error))
        });
        match code.map(meaning_of) {
            Some(Meaning::Throttled) => RetryAction::RetryForbidden,
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "not what AWS throttled"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

fn code_of<E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static>(error: &Error) -> Option<&str> {
    error.downcast_ref::<E>()?.code()
}

/// An empty token is none.
fn page<A, T>(next: Option<String>, listed: Option<Vec<A>>, read: impl Fn(A) -> Option<T>) -> Page<T> {
    Page {
        items: listed.unwrap_or_default().into_iter().filter_map(read).collect(),
        next: next.filter(|token| !token.is_empty()),
    }
}

fn endpoint(described: ClientVpnEndpoint) -> Endpoint {
    let state = described.status.and_then(|status| status.code);
    let tags = described.tags.unwrap_or_default();
    Endpoint {
        state: EndpointState::parse(state.as_ref().map_or("", |code| code.as_str())),
        vpc: described.vpc_id,
        transit_gateway: described.transit_gateway_configuration.and_then(|its| its.transit_gateway_id),
        marks: RawMarks::from_tags(
            tags.iter().filter_map(|tag| Some((tag.key.as_deref()?, tag.value.as_deref().unwrap_or_default()))),
        ),
    }
}

/// An association without a usable id cannot be changed; it is named in the log, since it goes on costing money.
fn association(described: TargetNetwork) -> Option<Association> {
    let id = described.association_id.unwrap_or_default();
    let status = described.status;
    let code = status.as_ref().and_then(|s| s.code.as_ref()).map_or("", |code| code.as_str());
    Some(Association {
        id: AssociationId::parse(&id)
            .inspect_err(|bad| tracing::error!(association.id = id, "{bad}; it is not turned off"))
            .ok()?,
        subnet: described.target_network_id.unwrap_or_default(),
        state: AssociationState::parse(code),
        message: status.and_then(|s| s.message),
    })
}

fn route(described: ClientVpnRoute) -> Route {
    let code = described.status.and_then(|status| status.code);
    Route {
        destination: described.destination_cidr.unwrap_or_default(),
        subnet: described.target_subnet.unwrap_or_default(),
        state: RouteState::parse(code.as_ref().map_or("", |code| code.as_str())),
        added_by_hand: described.origin.as_deref() == Some("add-route"),
    }
}

fn connection(described: &ClientVpnConnection) -> Connection {
    let code = described.status.as_ref().and_then(|status| status.code.as_ref());
    Connection {
        state: ConnectionState::parse(code.map_or("", |code| code.as_str())),
        ended: ConnectionEnd::parse(described.connection_end_time.as_deref()),
    }
}
