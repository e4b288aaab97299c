//! CloudWatch: the gauge that is heartbeat and bill, and the alarm that is to judge again.

use std::future::Future;

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::{
    Client,
    operation::RequestId as _,
    types::{MetricDatum, StandardUnit, StateValue},
};
use vpn_core::{
    aws::call_error,
    port::{Accepted, CallResult},
};

/// The namespace of our own metric; the function's role may write to no other.
pub const NAMESPACE: &str = "ClientVpnOnDemand";
/// How many subnets are associated, and so billed, at a scheduled run.
pub const GAUGE: &str = "AssociatedSubnets";
/// The gauge's dimension.
pub const DIMENSION: &str = "Endpoint";

/// What the disassociator asks of CloudWatch.
pub trait Watch: Send + Sync {
    fn put_gauge(&self, endpoint: &str, subnets: usize) -> impl Future<Output = CallResult<()>> + Send;
    /// Sets the alarm to OK: CloudWatch acts only on a change of state, so it judges, and calls, again.
    fn set_alarm_ok(&self, alarm: &str, reason: &str) -> impl Future<Output = CallResult<Accepted>> + Send;
}

/// CloudWatch itself.
#[derive(Debug, Clone)]
pub struct CloudWatch(Client);

impl CloudWatch {
    /// In the account and region of the configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config))
    }
}

impl Watch for CloudWatch {
    async fn put_gauge(&self, endpoint: &str, subnets: usize) -> CallResult<()> {
        let dimension = aws_sdk_cloudwatch::types::Dimension::builder().name(DIMENSION).value(endpoint).build();
        #[expect(clippy::cast_precision_loss, reason = "a handful of subnets")]
        let value = subnets as f64;
        let datum =
            MetricDatum::builder().metric_name(GAUGE).dimensions(dimension).unit(StandardUnit::Count).value(value);
        self.0
            .put_metric_data()
            .namespace(NAMESPACE)
            .metric_data(datum.build())
            .send()
            .await
            .map_err(|error| call_error("PutMetricData", &error))?;
        Ok(())
    }

    async fn set_alarm_ok(&self, alarm: &str, reason: &str) -> CallResult<Accepted> {
        let answer = self
            .0
            .set_alarm_state()
            .alarm_name(alarm)
            .state_value(StateValue::Ok)
            .state_reason(reason)
            .send()
            .await
            .map_err(|error| call_error("SetAlarmState", &error))?;
        Ok(Accepted { request_id: answer.request_id().map(str::to_owned), ..Accepted::default() })
    }
}
