//! Wiring only.

use associator::{
    config::Config,
    handler::Associator,
    identity::keys::{HttpKeys, Keys},
    profiles::{Profiles, s3::S3},
    service::Service,
};
use vpn_core::{
    Error,
    audit::Log,
    aws::{ec2::Ec2, https, sdk_config},
    config::{Process, Vars},
    init, runtime, telemetry,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init(&Process);
    let service = match start(&Process).await {
        Ok(service) => service,
        Err(error) => {
            init::report_failure(error).await?;
            return Err("the function could not start".into());
        }
    };
    runtime::run(runtime::json, service).await
}

async fn start(vars: &dyn Vars) -> Result<Service<Ec2, HttpKeys, Log>, Error> {
    let config = Config::from_vars(vars)?;
    let aws = sdk_config(vars).await?;
    let keys = HttpKeys::new(https::connector(&config.region), config.key_server.clone());
    let port = Ec2::new(&aws, config.vpn.endpoint.clone());
    let profiles = config.profiles.as_ref().map(|bucket| {
        let s3 = S3::new(https::connector(&config.region), aws.credentials_provider(), bucket.clone());
        Box::new(s3) as Box<dyn Profiles>
    });
    Ok(Service::new(Associator::new(config, port, Keys::new(keys), Log).with_profiles(profiles)))
}
