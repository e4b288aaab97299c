//! CloudWatch through the SDK for Rust (CBOR), and what the SDK does not speak by hand: JSON and Query.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod more_than_ours;
mod protocols;

use std::sync::Arc;

use aws::authorize::Principal;
use aws_sdk_cloudwatch::{
    Client,
    config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider, retry::RetryConfig},
    error::{ProvideErrorMetadata, SdkError},
    primitives::DateTime,
    types::{
        ComparisonOperator, Dimension, DimensionFilter, Metric, MetricDataQuery, MetricDatum, MetricStat, ScanBy,
        StandardUnit, StateValue, Statistic, StatisticSet,
    },
};
use axum::{Router, body::to_bytes, extract, response::Response};
use disassociator::watch::{CloudWatch, Watch as _};
use http::{Request, request::Parts};
use jiff::{SignedDuration, Timestamp};
use local::{
    api,
    this_computer::{self, ALARM, DISASSOCIATOR, Settings},
    world::{Shared, World},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const START: &str = "2026-11-21T12:00:00Z";

fn start() -> Timestamp {
    START.parse().unwrap()
}

fn minutes(count: i64) -> Timestamp {
    start() + SignedDuration::from_mins(count)
}

/// A world with this computer's deployment, and CloudWatch behind a port.
struct Aws {
    world: Shared,
    url: String,
}

impl Aws {
    async fn new(principal: Principal) -> Self {
        let deployment = this_computer::deployment(&Settings::default()).unwrap();
        let world = Arc::new(World::new(deployment, start()).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state((Arc::clone(&world), principal));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { world, url }
    }

    fn client(&self) -> Client {
        let config = aws_sdk_cloudwatch::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(&self.url)
            .credentials_provider(Credentials::new("AKIALOCAL", "secret", None, None, "test"))
            .http_client(vpn_core::aws::https::client("us-east-1"))
            .retry_config(RetryConfig::disabled())
            .build();
        Client::from_conf(config)
    }

    fn of_kind(&self, kind: &str) -> Vec<String> {
        self.world.journal.after(0).into_iter().filter(|h| h.kind == kind).map(|h| h.text).collect()
    }

    /// One call as today's AWS CLI makes it.
    async fn json(&self, operation: &str, input: &Value) -> (u16, Value) {
        let target = format!("GraniteServiceVersion20100801.{operation}");
        let request = Request::post("/").header("x-amz-target", target).header("x-amzn-query-mode", "true");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let (status, body) = self.raw(&parts, input.to_string().as_bytes()).await;
        (status, if body.is_empty() { Value::Null } else { serde_json::from_str(&body).unwrap() })
    }

    /// One call of the Query protocol.
    async fn query(&self, form: &[(&str, &str)]) -> (u16, String) {
        let (parts, ()) = Request::post("/").body(()).unwrap().into_parts();
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.raw(&parts, body.as_bytes()).await
    }

    async fn raw(&self, parts: &Parts, body: &[u8]) -> (u16, String) {
        let response = api::cloudwatch::answer(&self.world, &Principal::Administrator, parts, body).await;
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }
}

async fn answer(
    extract::State((world, principal)): extract::State<(Shared, Principal)>,
    request: extract::Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    api::cloudwatch::answer(&world, &principal, &parts, &body).await
}

fn sdk(time: Timestamp) -> DateTime {
    DateTime::from_millis(time.as_millisecond())
}

fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    error.code().unwrap_or_default().to_owned()
}

fn gauge(at: Timestamp, value: f64) -> MetricDatum {
    let endpoint = Dimension::builder().name("Endpoint").value("cvpn-endpoint-1").build();
    let datum = MetricDatum::builder().metric_name("AssociatedSubnets").dimensions(endpoint).timestamp(sdk(at));
    datum.value(value).unit(StandardUnit::Count).build()
}

fn query(id: &str, metric: &str) -> MetricDataQuery {
    let endpoint = Dimension::builder().name("Endpoint").value("cvpn-endpoint-1").build();
    let metric = Metric::builder().namespace("ClientVpnOnDemand").metric_name(metric).dimensions(endpoint).build();
    let stat = MetricStat::builder().metric(metric).period(300).stat("Maximum").build();
    MetricDataQuery::builder().id(id).metric_stat(stat).return_data(false).build()
}

#[tokio::test]
async fn metrics_are_put_and_read() {
    let aws = Aws::new(Principal::Administrator).await;
    let client = aws.client();
    let put = client.put_metric_data().namespace("ClientVpnOnDemand");
    put.clone().metric_data(gauge(minutes(-8), 1.0)).metric_data(gauge(minutes(-1), 2.0)).send().await.unwrap();
    let set = StatisticSet::builder().sample_count(4.0).sum(10.0).minimum(1.0).maximum(4.0).build();
    let datum = MetricDatum::builder().metric_name("Set").statistic_values(set).build();
    put.clone().metric_data(datum).send().await.unwrap();
    let datum = MetricDatum::builder().metric_name("List").values(2.0).values(3.0).counts(1.0).counts(3.0).build();
    put.clone().metric_data(datum).send().await.unwrap();

    let data = client
        .get_metric_data()
        .metric_data_queries(query("m1", "AssociatedSubnets"))
        .metric_data_queries(query("m2", "Nothing"))
        .metric_data_queries(MetricDataQuery::builder().id("e1").expression("m1+m2").label("On").build())
        .start_time(sdk(minutes(-15)))
        .end_time(sdk(start()));
    let results = data.clone().send().await.unwrap();
    let [result] = results.metric_data_results() else { panic!("{results:?}") };
    assert_eq!((result.id(), result.label()), (Some("e1"), Some("On")));
    assert_eq!(result.values(), [2.0, 1.0], "newest first");
    assert_eq!(result.timestamps(), [sdk(minutes(-5)), sdk(minutes(-10))], "aligned to the period");
    let results = data.scan_by(ScanBy::TimestampAscending).send().await.unwrap();
    assert_eq!(results.metric_data_results()[0].values(), [1.0, 2.0]);

    for (name, expected) in [("Set", [10.0, 2.5, 1.0, 4.0, 4.0]), ("List", [11.0, 2.75, 2.0, 3.0, 4.0])] {
        use Statistic::{Average, Maximum, Minimum, SampleCount, Sum};
        let statistics = client.get_metric_statistics().namespace("ClientVpnOnDemand").metric_name(name);
        let statistics = statistics.set_statistics(Some(vec![Sum, Average, Minimum, Maximum, SampleCount]));
        let times = statistics.start_time(sdk(start())).end_time(sdk(minutes(5))).period(300);
        let answer = times.send().await.unwrap();
        let [point] = answer.datapoints() else { panic!("{answer:?}") };
        let got = [point.sum(), point.average(), point.minimum(), point.maximum(), point.sample_count()];
        assert_eq!(got, expected.map(Some), "{name}");
        assert_eq!(point.timestamp(), Some(&sdk(start())));
    }

    let filter = DimensionFilter::builder().name("Endpoint").value("cvpn-endpoint-1").build();
    let listed = client.list_metrics().dimensions(filter).send().await.unwrap();
    let [metric] = listed.metrics() else { panic!("{listed:?}") };
    assert_eq!(metric.metric_name(), Some("AssociatedSubnets"));
    assert_eq!(client.list_metrics().namespace("ClientVpnOnDemand").send().await.unwrap().metrics().len(), 3);
}

#[tokio::test]
async fn bad_metrics_are_refused_and_nothing_of_them_is_kept() {
    let aws = Aws::new(Principal::Administrator).await;
    let client = aws.client();
    for (namespace, data, expected) in [
        ("AWS/Lambda", vec![gauge(start(), 1.0)], "InvalidParameterValue"),
        ("N", vec![], "MissingParameter"),
        ("N", vec![gauge(start(), 1.0), gauge(minutes(-60 * 24 * 15), 1.0)], "InvalidParameterValue"),
        ("N", vec![gauge(minutes(121), 1.0)], "InvalidParameterValue"),
        ("N", vec![MetricDatum::builder().metric_name("M").build()], "InvalidParameterCombination"),
    ] {
        let put = client.put_metric_data().namespace(namespace).set_metric_data(Some(data));
        let error = put.send().await.unwrap_err();
        assert_eq!(code(&error), expected, "{error:?}");
    }
    assert!(client.list_metrics().send().await.unwrap().metrics().is_empty());
}

#[tokio::test]
async fn an_alarm_is_put_described_changed_and_deleted() {
    let aws = Aws::new(Principal::Administrator).await;
    let client = aws.client();
    let put = |threshold: f64| {
        client
            .put_metric_alarm()
            .alarm_name("notice")
            .namespace("ClientVpnOnDemand")
            .metric_name("AssociatedSubnets")
            .statistic(Statistic::Minimum)
            .period(300)
            .evaluation_periods(3)
            .threshold(threshold)
            .comparison_operator(ComparisonOperator::GreaterThanThreshold)
            .treat_missing_data("breaching")
    };
    put(0.0).send().await.unwrap();
    let described = client.describe_alarms().send().await.unwrap();
    let [idle, notice] = described.metric_alarms() else { panic!("{described:?}") };
    assert_eq!(idle.alarm_name(), Some(ALARM));
    assert_eq!(idle.alarm_arn(), Some(format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{ALARM}").as_str()));
    assert_eq!(idle.metrics().len(), 3);
    assert_eq!(idle.threshold(), Some(1.0));
    assert_eq!((idle.evaluation_periods(), idle.datapoints_to_alarm()), (Some(6), Some(6)));
    assert_eq!(idle.state_value(), Some(&StateValue::InsufficientData));
    assert_eq!(idle.state_updated_timestamp(), Some(&sdk(start())));
    assert_eq!(notice.statistic(), Some(&Statistic::Minimum));
    assert_eq!(notice.treat_missing_data(), Some("breaching"));

    // An update replaces everything and keeps the state.
    aws.world.cloudwatch.lock().unwrap().evaluate(start());
    put(5.0).send().await.unwrap();
    let described = client.describe_alarms().alarm_names("notice").send().await.unwrap();
    let [notice] = described.metric_alarms() else { panic!("{described:?}") };
    assert_eq!((notice.threshold(), notice.state_value()), (Some(5.0), Some(&StateValue::Alarm)));

    client.disable_alarm_actions().alarm_names("notice").alarm_names("nobody").send().await.unwrap();
    let page = client.describe_alarms().max_records(1).send().await.unwrap();
    assert_eq!(page.metric_alarms().len(), 1);
    let page = client.describe_alarms().max_records(1).next_token(page.next_token().unwrap()).send().await.unwrap();
    assert_eq!(page.metric_alarms()[0].actions_enabled(), Some(false));
    assert_eq!(page.next_token(), None);
    client.enable_alarm_actions().alarm_names("notice").send().await.unwrap();
    let alarms = client.describe_alarms().state_value(StateValue::Alarm).send().await.unwrap();
    assert_eq!(alarms.metric_alarms()[0].actions_enabled(), Some(true));

    let error = client.delete_alarms().alarm_names("notice").alarm_names("nobody").send().await.unwrap_err();
    assert!(error.as_service_error().unwrap().is_resource_not_found(), "{error:?}");
    assert_eq!(client.describe_alarms().send().await.unwrap().metric_alarms().len(), 1);
}

#[tokio::test]
async fn a_state_that_is_set_runs_the_actions_once_and_is_judged_again() {
    let aws = Aws::new(Principal::Administrator).await;
    let client = aws.client();
    let set = |name: &str, state: StateValue, data: &str| {
        let input = client.set_alarm_state().alarm_name(name).state_value(state);
        input.state_reason("by hand").state_reason_data(data).send()
    };
    set(ALARM, StateValue::Alarm, "{\"why\": 1}").await.unwrap();
    set(ALARM, StateValue::Alarm, "{}").await.unwrap();
    let said: Vec<_> = aws.of_kind("alarm").into_iter().filter(|text| text.contains("is now")).collect();
    let [said] = said.as_slice() else { panic!("{said:?}") };
    // Whether the function takes it is another matter; that it was called, once, is this one's.
    assert!(said.starts_with(&format!("alarm {ALARM} is now ALARM and ")), "{said}");
    assert!(said.contains(&format!("arn:aws:lambda:us-east-1:123456789012:function:{DISASSOCIATOR}")), "{said}");

    assert!(aws.world.cloudwatch.lock().unwrap().evaluate(minutes(1)).is_empty(), "to OK, which has no action");
    let history = client.describe_alarm_history().alarm_name(ALARM).send().await.unwrap();
    let summaries: Vec<_> = history.alarm_history_items().iter().filter_map(|item| item.history_summary()).collect();
    assert_eq!(summaries[0], "Alarm updated from ALARM to OK");
    assert!(summaries.contains(&"Alarm updated from INSUFFICIENT_DATA to ALARM"), "{summaries:?}");

    let error = set("nobody", StateValue::Ok, "{}").await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 404);
    assert!(error.as_service_error().unwrap().is_resource_not_found(), "{error:?}");
    let error = set(ALARM, StateValue::Ok, "{").await.unwrap_err();
    assert!(error.as_service_error().unwrap().is_invalid_format_fault(), "{error:?}");
}

#[tokio::test]
async fn a_role_may_only_what_its_policy_says() {
    let aws = Aws::new(Principal::Role("LambdaRole-ClientVPN-Disassociator".to_owned())).await;
    let client = aws.client();
    let put = |namespace: &str| client.put_metric_data().namespace(namespace).metric_data(gauge(start(), 1.0)).send();
    let set = |alarm: &str| {
        client.set_alarm_state().alarm_name(alarm).state_value(StateValue::Ok).state_reason("judge again").send()
    };
    put("ClientVpnOnDemand").await.unwrap();
    set(ALARM).await.unwrap();
    let error = set("another").await.unwrap_err();
    let message = error.message().unwrap_or_default();
    assert!(message.contains("is not authorized to perform: cloudwatch:SetAlarmState on resource:"), "{message}");
    for error in [
        code(&error),
        code(&put("N").await.unwrap_err()),
        code(&client.describe_alarms().send().await.unwrap_err()),
        code(&client.delete_alarms().alarm_names(ALARM).send().await.unwrap_err()),
    ] {
        assert_eq!(error, "AccessDenied");
    }
}

/// The disassociator's own tests have no server: here its calls are made.
#[tokio::test]
async fn the_disassociators_calls_are_taken_and_their_ids_known() {
    let aws = Aws::new(Principal::Role("LambdaRole-ClientVPN-Disassociator".to_owned())).await;
    let config = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(&aws.url)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "AKIALOCAL",
            "secret",
            None,
            None,
            "test",
        )))
        .http_client(vpn_core::aws::https::client("us-east-1"))
        .retry_config(RetryConfig::disabled())
        .build();
    let watch = CloudWatch::new(&config);
    watch.put_gauge("cvpn-endpoint-0123456789abcdef0", 2).await.unwrap();
    let taken = watch.set_alarm_ok(ALARM, "judge again").await.unwrap();
    assert!(taken.request_id.is_some_and(|id| !id.is_empty()));
    let refused = watch.set_alarm_ok("another", "judge again").await.unwrap_err();
    assert_eq!((refused.operation, refused.code.as_deref()), ("SetAlarmState", Some("AccessDenied")));
    assert!(refused.request_id.is_some_and(|id| !id.is_empty()), "{}", refused.message);
}

fn metric(id: &str, period: u32) -> Value {
    let metric = json!({ "Namespace": "N", "MetricName": "M", "Dimensions": [] });
    json!({ "Id": id, "ReturnData": false, "MetricStat": { "Metric": metric, "Period": period, "Stat": "Sum" } })
}

fn alarm_with(metrics: &Value) -> Value {
    json!({
        "AlarmName": "a", "EvaluationPeriods": 6, "Threshold": 1.0, "ComparisonOperator": "LessThanThreshold",
        "Metrics": metrics,
    })
}

#[tokio::test]
async fn what_is_not_emulated_is_an_error_of_aws() {
    let aws = Aws::new(Principal::Administrator).await;
    let error = aws.client().list_dashboards().send().await.unwrap_err();
    assert_eq!(code(&error), "InvalidAction", "{error:?}");
    let refused = json!("com.amazonaws.cloudwatch#ValidationError");
    for (what, metrics) in [
        ("an expression", json!([{ "Id": "e1", "Expression": "RATE(m1)" }, metric("m1", 300)])),
        ("another period", json!([{ "Id": "e1", "Expression": "m1+m2" }, metric("m1", 60), metric("m2", 300)])),
        ("a metric that is not there", json!([{ "Id": "e1", "Expression": "m1+m3" }, metric("m1", 300)])),
        ("nothing returned", json!([metric("m1", 300)])),
        ("an odd period", json!([{ "Id": "e1", "Expression": "m1" }, metric("m1", 90)])),
        ("one id twice", json!([{ "Id": "m1", "Expression": "m1" }, metric("m1", 300)])),
    ] {
        let (status, body) = aws.json("PutMetricAlarm", &alarm_with(&metrics)).await;
        assert_eq!((status, &body["__type"]), (400, &refused), "{what}: {body}");
    }
    let good = alarm_with(&json!([{ "Id": "e1", "Expression": "m1" }, metric("m1", 300)]));
    assert_eq!(aws.json("PutMetricAlarm", &good).await.0, 200);
    for (member, value) in [
        ("DatapointsToAlarm", json!(7)),
        ("EvaluationPeriods", json!(289)),
        ("AlarmActions", json!(["not an ARN"])),
        ("ComparisonOperator", json!("LessThanLowerThreshold")),
        ("TreatMissingData", json!("maybe")),
        ("WarmUpConfiguration", json!({})),
        ("Namespace", json!("N")),
    ] {
        let mut alarm = good.clone();
        alarm[member] = value;
        let (status, body) = aws.json("PutMetricAlarm", &alarm).await;
        assert_eq!((status, &body["__type"]), (400, &refused), "{member}: {body}");
    }
}
