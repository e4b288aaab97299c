//! CloudWatch: the gauge that is heartbeat and bill, and the alarm that is to judge again.

use std::future::Future;

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::{
    Client,
    operation::RequestId as _,
    primitives::DateTime,
    types::{Dimension, MetricDatum, StandardUnit, StateValue, Statistic},
};
use jiff::Timestamp;
use vpn_core::{
    aws::call_error,
    error::CallError,
    port::{Accepted, CallResult},
};

use crate::month::{GaugeHour, Month};

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
    /// The gauge's hours of a month, in no order; those without a value are not there.
    fn gauge(&self, endpoint: &str, month: &Month) -> impl Future<Output = CallResult<Vec<GaugeHour>>> + Send;
    /// Tells whom this alarm mails: sets it to ALARM, for this reason. It judges for itself again within minutes, and tells
    /// nobody of that.
    fn tell(&self, alarm: &str, reason: &str) -> impl Future<Output = CallResult<Accepted>> + Send;
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

    async fn set_alarm(&self, alarm: &str, state: StateValue, reason: &str) -> CallResult<Accepted> {
        let request = self.0.set_alarm_state().alarm_name(alarm).state_value(state).state_reason(reason);
        let answer = request.send().await.map_err(|error| call_error("SetAlarmState", &error))?;
        Ok(Accepted { request_id: answer.request_id().map(str::to_owned), ..Accepted::default() })
    }
}

fn of(endpoint: &str) -> Dimension {
    Dimension::builder().name(DIMENSION).value(endpoint).build()
}

impl Watch for CloudWatch {
    async fn put_gauge(&self, endpoint: &str, subnets: usize) -> CallResult<()> {
        #[expect(clippy::cast_precision_loss, reason = "a handful of subnets")]
        let value = subnets as f64;
        let datum =
            MetricDatum::builder().metric_name(GAUGE).dimensions(of(endpoint)).unit(StandardUnit::Count).value(value);
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
        self.set_alarm(alarm, StateValue::Ok, reason).await
    }

    async fn gauge(&self, endpoint: &str, month: &Month) -> CallResult<Vec<GaugeHour>> {
        const OPERATION: &str = "GetMetricStatistics";
        let time = |at: Timestamp| DateTime::from_secs(at.as_second());
        let answer = self
            .0
            .get_metric_statistics()
            .namespace(NAMESPACE)
            .metric_name(GAUGE)
            .dimensions(of(endpoint))
            .start_time(time(month.from))
            .end_time(time(month.until))
            .period(3600)
            .statistics(Statistic::Sum)
            .statistics(Statistic::Maximum)
            .send()
            .await
            .map_err(|error| call_error(OPERATION, &error))?;
        let request_id = answer.request_id().map(str::to_owned);
        let read = |point: &aws_sdk_cloudwatch::types::Datapoint| {
            let at = Timestamp::from_second(point.timestamp()?.secs()).ok()?;
            Some(GaugeHour { at, sum: point.sum()?, maximum: point.maximum()? })
        };
        let hours: Option<Vec<_>> = answer.datapoints().iter().map(read).collect();
        let message = "a datapoint without its time, sum or maximum".to_owned();
        hours.ok_or(CallError { operation: OPERATION, code: None, message, request_id })
    }

    async fn tell(&self, alarm: &str, reason: &str) -> CallResult<Accepted> {
        self.set_alarm(alarm, StateValue::Alarm, reason).await
    }
}
