//! The functions inside this process: handler, SDK and emulator, without a Runtime API between them.

use std::{collections::HashMap, sync::Arc};

use associator::{
    config::Config as PageConfig,
    handler::Associator,
    identity::keys::{HttpKeys, Keys},
    service::Service,
};
use aws::{authorize::keys::access_key, deployment::Function};
use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_sdk_ec2::config::{Credentials, SharedCredentialsProvider};
use bytes::Bytes;
use connect_handler::{Event, Handler as ConnectHandler};
use disassociator::{config::Config, handler::Handler, watch::CloudWatch};
use jiff::Timestamp;
use lambda_runtime::{Context, Diagnostic, LambdaEvent, Service as _};
use local::{this_computer, world::World};
use serde::Serialize;
use vpn_core::{
    audit::Log,
    aws::{ec2::Ec2, https},
    clock, limits,
};

const REGION: &str = "us-east-1";

type InvocationResult = Result<Bytes, (String, String)>;

/// Makes the world run its functions here, with the variables and the role that they are deployed with.
pub fn install(world: &World) {
    let functions = world.deployment.read().expect("deployment").functions.clone();
    let function = |name: &str| functions.get(name).expect(name);

    let (vars, aws) = deployed(function(this_computer::ASSOCIATOR));
    let config = PageConfig::from_vars(&vars).expect("the page's configuration");
    let keys = HttpKeys::new(https::connector(REGION), config.key_server.clone());
    let port = Ec2::new(&aws, config.vpn.endpoint.clone());
    let service = Service::new(Associator::new(config, port, Keys::new(keys), Log));
    let associator = move |now: Timestamp, request_id: String, payload: Bytes| {
        let mut service = service.clone();
        answered(now, async move { service.call(event(&payload, &request_id)).await })
    };
    world.functions.run_in_process(this_computer::ASSOCIATOR, Arc::new(associator));

    let (vars, aws) = deployed(function(this_computer::DISASSOCIATOR));
    let config = Config::from_vars(&vars).expect("the disassociator's configuration");
    let port = Ec2::new(&aws, config.vpn.endpoint.clone());
    let handler =
        Arc::new(Handler { port, watch: CloudWatch::new(&aws), audit: Log, config, limits: limits::DISASSOCIATOR });
    let disassociator = move |now: Timestamp, request_id: String, payload: Bytes| {
        let handler = Arc::clone(&handler);
        answered(now, async move { handler.handle(event(&payload, &request_id).payload).await })
    };
    world.functions.run_in_process(this_computer::DISASSOCIATOR, Arc::new(disassociator));

    let (vars, _) = deployed(function(this_computer::CONNECT_HANDLER));
    let handler = Arc::new(ConnectHandler::new(&vars));
    let connect_handler = move |now: Timestamp, request_id: String, payload: Bytes| {
        let handler = Arc::clone(&handler);
        answered(
            now,
            async move { Ok::<_, Diagnostic>(handler.answer(&Event::read(&payload), &request_id, clock::now())) },
        )
    };
    world.functions.run_in_process(this_computer::CONNECT_HANDLER, Arc::new(connect_handler));
}

fn deployed(function: &Function) -> (HashMap<String, String>, SdkConfig) {
    let mut vars: HashMap<String, String> = function.environment.clone().into_iter().collect();
    vars.insert("AWS_REGION".to_owned(), REGION.to_owned());
    if let Some(root) = &function.task_root {
        vars.insert("LAMBDA_TASK_ROOT".to_owned(), root.display().to_string());
    }
    let credentials = Credentials::new(access_key(&function.role), "secret", None, None, "story");
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(vars.get("AWS_ENDPOINT_URL").cloned().unwrap_or_default())
        .http_client(https::client(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        // A failed call is a failed call: what a retry mends is proven with the real processes.
        .retry_config(RetryConfig::standard().with_max_attempts(1))
        .sleep_impl(aws_sdk_ec2::config::SharedAsyncSleep::new(Sleep))
        .build();
    (vars, aws)
}

/// The SDK asks for a way to sleep, for time limits that these stories do not reach.
#[derive(Debug)]
struct Sleep;

impl aws_sdk_ec2::config::AsyncSleep for Sleep {
    fn sleep(&self, duration: std::time::Duration) -> aws_sdk_ec2::config::Sleep {
        aws_sdk_ec2::config::Sleep::new(tokio::time::sleep(duration))
    }
}

fn event(payload: &[u8], request_id: &str) -> LambdaEvent<serde_json::Value> {
    let mut context = Context::default();
    request_id.clone_into(&mut context.request_id);
    LambdaEvent::new(serde_json::from_slice(payload).unwrap_or_default(), context)
}

/// Runs a handler at the time of the world, and writes its answer as the runtime does.
fn answered<T, E>(
    now: Timestamp,
    handler: impl Future<Output = Result<T, E>> + Send + 'static,
) -> futures_util::future::BoxFuture<'static, InvocationResult>
where
    T: Serialize + Send + 'static,
    E: Into<Diagnostic> + Send + 'static,
{
    Box::pin(async move {
        match clock::at(now, handler).await {
            Ok(answer) => Ok(serde_json::to_vec(&answer).expect("json").into()),
            Err(error) => {
                let diagnostic: Diagnostic = error.into();
                Err((diagnostic.error_type, diagnostic.error_message))
            }
        }
    })
}
