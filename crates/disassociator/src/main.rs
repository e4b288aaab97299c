//! Wiring only.

use std::sync::Arc;

use disassociator::{config::Config, handler::Handler, watch::CloudWatch};
use lambda_runtime::{LambdaEvent, service_fn};
use vpn_core::{
    Error,
    audit::Log,
    aws::{ec2::Ec2, sdk_config},
    config::{Process, Vars},
    init, limits, runtime, telemetry,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init(&Process);
    let handler = match start(&Process).await {
        Ok(handler) => Arc::new(handler),
        Err(error) => {
            init::report_failure(error).await?;
            return Err("the function could not start".into());
        }
    };
    let service = service_fn(move |event: LambdaEvent<serde_json::Value>| {
        let handler = Arc::clone(&handler);
        async move { handler.handle(event.payload).await }
    });
    runtime::run(runtime::json, service).await
}

async fn start(vars: &dyn Vars) -> Result<Handler<Ec2, CloudWatch, Log>, Error> {
    let config = Config::from_vars(vars)?;
    let aws = sdk_config(vars).await?;
    let (port, watch) = (Ec2::new(&aws, config.vpn.endpoint.clone()), CloudWatch::new(&aws));
    Ok(Handler { port, watch, audit: Log, config, limits: limits::DISASSOCIATOR })
}
