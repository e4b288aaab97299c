//! The tower service around the handler: an event of the load balancer in, its answer out.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use lambda_http::{Adapter, Request, request::LambdaRequest, service_fn};
use lambda_runtime::LambdaEvent;
use serde_json::Value;
use vpn_core::{Error, audit::Audit, port::Port};

use crate::{
    event::{Checked, bad_request, check, in_form},
    handler::Associator,
    identity::keys::KeyServer,
};

/// The associator as Lambda's runtime calls it.
#[derive(Debug)]
pub struct Service<P, K, A>(Arc<Associator<P, K, A>>);

impl<P, K, A> Service<P, K, A> {
    /// Around a handler.
    pub fn new(associator: Associator<P, K, A>) -> Self {
        Self(Arc::new(associator))
    }
}

impl<P, K, A> Clone for Service<P, K, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P, K, A> tower::Service<LambdaEvent<Value>> for Service<P, K, A>
where
    P: Port + 'static,
    K: KeyServer + 'static,
    A: Audit + 'static,
{
    type Response = Value;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Value, Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    /// The event is JSON four times: parsed by the runtime (1), checked and put in one form (`check`), made the request of
    /// `lambda_http` (2), whose answer is made JSON again (3), gets its headers as the target group wants them (`in_form`)
    /// and is written by the runtime (4). `lambda_http` reads and writes only its own types, and panics on what `check`
    /// refuses.
    fn call(&mut self, event: LambdaEvent<Value>) -> Self::Future {
        let associator = Arc::clone(&self.0);
        Box::pin(async move {
            let LambdaEvent { payload, context } = event;
            let (form, request) = match check(payload)? {
                Checked::Request(form, request) => (form, request),
                Checked::Bad(form, why) => {
                    tracing::warn!(
                        why,
                        "the load balancer sent an event that is not an HTTP request; answered with 400"
                    );
                    return Ok(bad_request(form));
                }
            };
            let request: LambdaRequest =
                serde_json::from_value(request).map_err(|error| Error::Event(error.to_string()))?;
            let mut adapter = Adapter::from(service_fn(move |request: Request| {
                let associator = Arc::clone(&associator);
                async move { Ok::<_, Infallible>(associator.respond(&request).await) }
            }));
            let Ok(answer) = adapter.call(LambdaEvent::new(request, context)).await;
            let answer = serde_json::to_value(answer)
                .map_err(|error| Error::Internal { attempted: "write the answer", happened: error.to_string() })?;
            Ok(in_form(answer, form))
        })
    }
}
