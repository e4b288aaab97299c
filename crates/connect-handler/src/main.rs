//! The function `AWSClientVPN-ConnectHandler`: only wiring.

use std::sync::Arc;

use connect_handler::{Event, Handler};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use vpn_core::{clock, config::Process, runtime, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init(&Process);
    let handler = Arc::new(Handler::new(&Process));
    let service = service_fn(move |event: LambdaEvent<Event>| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, vpn_core::Error>(handler.answer(&event.payload, &event.context.request_id, clock::now())) }
    });
    runtime::run(|payload| Ok(Event::read(payload)), service).await
}
