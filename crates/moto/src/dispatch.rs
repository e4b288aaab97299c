//! Every call to the AWS endpoint: whose it is, who answers it, what is remembered of it.

use aws::{
    authorize::{Context, Decision, Principal},
    ec2,
};
use axum::{
    Json,
    body::{Body, Bytes, to_bytes},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::future::BoxFuture;
use http::{Method, StatusCode, header};
use local::{
    api,
    locks::lock,
    world::{self, Shared, World},
};
use serde_json::{Value, json};

use crate::{
    aws_like::{delays, imported, nat, not_emulated, order, states, tags},
    client::Failed,
    control, expect, fork, groups, internet, invoke, logs, missing_fields, missing_operations,
    operation::Operation,
    people, private_link, read,
    refuse::Refusal,
    s3, session, tagging,
    upstream::Upstream,
};

/// CloudWatch's operations on what is measured and how an alarm stands; what an alarm is, the upstream knows.
const MEASURED: [&str; 6] =
    ["DescribeAlarmHistory", "GetMetricData", "GetMetricStatistics", "ListMetrics", "PutMetricData", "SetAlarmState"];

/// Client VPN's actions that look at certificates, which the upstream knows.
const LOOK_AT_CERTIFICATES: [&str; 3] =
    ["CreateClientVpnEndpoint", "ModifyClientVpnEndpoint", "ExportClientVpnClientConfiguration"];

impl world::Upstream for Upstream {
    fn refresh<'a>(&'a self, world: &'a World) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move { self.read_anew(world).await.map_err(|error| error.to_string()) })
    }

    fn answer<'a>(
        &'a self,
        world: &'a Shared,
        principal: Option<Principal>,
        parts: &'a Parts,
        body: Bytes,
    ) -> BoxFuture<'a, Response> {
        Box::pin(answer(world, self, principal, parts, body))
    }
}

/// Answers one call.
async fn answer(
    world: &Shared,
    upstream: &Upstream,
    principal: Option<Principal>,
    parts: &Parts,
    body: Bytes,
) -> Response {
    if let Some(call) = parts.uri.path().strip_prefix("/_local/") {
        return control::answer(world, upstream, parts, call, &body).await;
    }
    if let Some(answer) = fork::answer(world, upstream, parts.uri.path()).await {
        return answer;
    }
    let Some(principal) = principal else {
        match people::refusal(&upstream.client, &Operation::of(parts, &body)).await {
            Ok(None) => {}
            Ok(Some((operation, refusal))) => return refusal.response(&operation, parts, &body),
            Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        }
        // moto's own pages, and nothing of AWS.
        upstream.memory().stale = true;
        return match upstream.client.pass(parts, body).await {
            Ok(response) => response.map(Body::from),
            Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        };
    };
    let operation = Operation::of(parts, &body);
    let number = upstream.memory().begin_call(&operation, &principal);
    let lacks = match judge(upstream, &principal, &operation, parts).await {
        Ok(lacks) => lacks,
        Err(refusal) => return refusal.response(&operation, parts, &body),
    };
    let response = match decide(world, upstream, &principal, &operation, &lacks, parts, &body).await {
        Ok(response) => response,
        Err(refusal) => refusal.response(&operation, parts, &body),
    };
    upstream.memory().end_call(number, response.status().as_u16());
    response
}

/// Whether the caller may do that, and no test lets it fail. Gives the actions that the caller, or the session, lacks where
/// the call is answered all the same.
async fn judge(
    upstream: &Upstream,
    principal: &Principal,
    operation: &Operation,
    parts: &Parts,
) -> Result<Vec<String>, Refusal> {
    if *principal != Principal::Administrator {
        return Ok(session::lacks(&parts.headers));
    }
    let key = api::access_key_id(parts).unwrap_or_default();
    let callers = &upstream.callers;
    let boundary = if callers.is_asked_for_boundary(&key, operation) {
        read::boundary(&upstream.client, operation).await?
    } else {
        None
    };
    let mut memory = upstream.memory();
    let mut lacks = callers.judge(&key, operation, boundary.as_deref(), &memory.faults)?;
    if let Some(refusal) = memory.strike(operation) {
        return Err(refusal);
    }
    lacks.extend(session::lacks(&parts.headers));
    Ok(lacks)
}

async fn decide(
    world: &Shared,
    upstream: &Upstream,
    principal: &Principal,
    operation: &Operation,
    lacks: &[String],
    parts: &Parts,
    body: &Bytes,
) -> Result<Response, Refusal> {
    // Whoever is asked for a right, and the endpoint, which has to know its subnets, go by what was written last.
    let is_ours = operation.service == "ec2" && operation.name.contains("ClientVpn");
    if is_ours || *principal != Principal::Administrator {
        world.refresh_deployment().await;
    }
    if lacks.contains(&operation.action()) {
        let message = format!("The session is not authorized to perform: {}", operation.action());
        return Err(Refusal::denied(&operation.service, message));
    }
    if let Some(why) = not_emulated::why(operation) {
        let refusal = Refusal::unknown(&operation.name);
        return Err(Refusal { message: format!("{}: {why}", refusal.message), ..refusal });
    }
    if ["ec2:CreateTags", "ec2:DeleteTags"].contains(&operation.full_name().as_str())
        && let Some(response) = tagging::write(world, upstream, principal, parts, body).await
    {
        return response;
    }
    if is_ours {
        if LOOK_AT_CERTIFICATES.contains(&operation.name.as_str()) {
            let mut named = read::named_certificates(operation);
            named.extend(lock(&world.ec2).server_certificates());
            let certificates = read::certificates(&upstream.client, &named).await?;
            lock(&world.ec2).set_certificates(certificates);
        }
        return Ok(api::ec2::answer(world, Some(principal), ec2::wire::form(body)).await);
    }
    if operation.service == "cloudwatch" && MEASURED.contains(&operation.name.as_str()) {
        world.refresh_deployment().await;
        return Ok(api::cloudwatch::answer(world, principal, parts, body).await);
    }
    if operation.service == "lambda" && operation.name == "Invoke" {
        expect::in_force(world, upstream, operation).await?;
        return Ok(invoke::answer(world, principal, operation, parts, body.clone()).await);
    }
    if operation.service == "s3" {
        s3::may(world, upstream, principal, operation, parts).await?;
    // What is not emulated here in detail is allowed or denied for everything.
    } else if let Decision::Denied(reason) = world.may(principal, &operation.action(), "*", &Context::new()) {
        return Err(Refusal::denied(&operation.service, reason));
    }
    if operation.service == "cognito-idp"
        && let Some((_, refusal)) = people::refusal(&upstream.client, operation).await?
    {
        return Err(refusal);
    }
    if let Some(refusal) = expect::there(world, upstream, operation).await? {
        return Err(refusal);
    }
    if let Some(response) = private_link::answer(world, upstream, operation, parts, body).await? {
        return Ok(response);
    }
    let answered = missing_operations::answer(&mut upstream.memory(), operation);
    if let Some(answered) = answered {
        let (status, value) = answered?;
        upstream.memory().stale |= operation.writes();
        return Ok(told(status, value));
    }
    if let Some(value) = logs::answer(world, upstream, operation).await? {
        return Ok(told(200, value));
    }
    expect::in_force(world, upstream, operation).await?;
    if ["CreateFunction", "UpdateFunctionConfiguration"].contains(&operation.name.as_str()) {
        expect::assumable(world, upstream, operation).await?;
    }
    match operation.full_name().as_str() {
        "elbv2:RegisterTargets" => expect::invocable(world, operation).await?,
        "lambda:PutFunctionEventInvokeConfig" => {
            expect::may_publish(world, operation).await?;
            // moto keeps a list of them, and tells the first.
            let mut before = parts.clone();
            before.method = Method::DELETE;
            before.headers.remove(header::CONTENT_LENGTH);
            upstream.client.pass(&before, Bytes::new()).await?;
        }
        "elbv2:CreateRule" | "elbv2:ModifyRule" | "elbv2:CreateListener" | "elbv2:ModifyListener" => {
            if let Some(refusal) = groups::refusal(&upstream.client, operation).await? {
                return Err(refusal);
            }
        }
        "elbv2:CreateLoadBalancer" => {
            if let Some(refusal) = internet::refusal(&upstream.client, operation).await? {
                return Err(refusal);
            }
        }
        "acm:ImportCertificate" => {
            if let Some(refusal) = imported::refusal(operation) {
                return Err(refusal);
            }
        }
        "ec2:DeleteSecurityGroup" => {
            if let Some(refusal) = groups::in_use(&upstream.client, operation).await? {
                return Err(refusal);
            }
        }
        _ => {}
    }
    expect::certificate(world, upstream, operation).await?;
    // What is deleted tells afterwards no more what it had.
    let let_go = groups::let_go(&upstream.client, operation).await?;
    let tags = imported::tags(&upstream.client, operation).await?;
    let response = forward(world, upstream, operation, let_go, parts, body).await?;
    s3::tag_made(&upstream.client, operation, response.status()).await?;
    if let Some(tags) = tags
        && response.status().is_success()
    {
        imported::put_back(&upstream.client, operation, tags).await?;
    }
    if operation.full_name() == "cognito-idp:DescribeUserPoolDomain"
        && expect::is_delayed(world, upstream, (delays::Kind::Domain, operation.text("Domain").to_owned())).await
    {
        return rewrite(response, delays::creating).await;
    }
    let response = tell_state(world, upstream, operation, response).await?;
    if operation.service == "acm" {
        return tell_certificate(world, upstream, operation, response).await;
    }
    if operation.full_name() == "ec2:DescribeTags" {
        return tagging::read(world, principal, response, body).await;
    }
    match tags::right(operation) {
        Some(right) if lacks.iter().any(|it| it == right) || denied(world, principal, right) => {
            rewrite(response, |answer| tags::withheld(answer, right)).await
        }
        _ => Ok(response),
    }
}

/// A function's state while Lambda works on it; whoever looks at it waits before looking again.
async fn tell_state(
    world: &Shared,
    upstream: &Upstream,
    operation: &Operation,
    response: Response,
) -> Result<Response, Refusal> {
    let one = states::tells_state(operation);
    if one.is_none() && operation.full_name() != "lambda:ListFunctions" {
        return Ok(response);
    }
    let work = |function: &str| {
        let kinds = [delays::Kind::Pending, delays::Kind::Updating];
        kinds.into_iter().find(|kind| expect::stands(world, upstream, &(*kind, function.to_owned())))
    };
    let is_awaited = !operation.writes() && one.is_some_and(|function| work(function).is_some());
    let response = rewrite(response, |answer| states::in_work(answer, work)).await?;
    if is_awaited {
        expect::let_wait(world).await;
    }
    Ok(response)
}

/// The answer as ACM gives it; whoever looks at one that is not ready waits before looking again.
async fn tell_certificate(
    world: &Shared,
    upstream: &Upstream,
    operation: &Operation,
    response: Response,
) -> Result<Response, Refusal> {
    if !["DescribeCertificate", "ListCertificates"].contains(&operation.name.as_str()) {
        return Ok(response);
    }
    let now = world.clock.now();
    let was_told = response.status().is_success();
    let response = rewrite(response, |answer| upstream.memory().certificates.told(operation, answer, now)).await?;
    let is_awaited = upstream.memory().certificates.is_awaited(operation.text("CertificateArn"), now);
    if was_told && is_awaited {
        expect::let_wait(world).await;
    }
    Ok(response)
}

fn denied(world: &Shared, principal: &Principal, action: &str) -> bool {
    world.may(principal, action, "*", &Context::new()) != Decision::Allowed
}

/// A successful answer in JSON, changed.
async fn rewrite(response: Response, change: impl FnOnce(Value) -> Value) -> Result<Response, Refusal> {
    let (mut parts, body) = response.into_parts();
    if !parts.status.is_success() {
        return Ok(Response::from_parts(parts, body));
    }
    let whole = to_bytes(body, usize::MAX).await.map_err(|error| Refusal::unreachable(&error.to_string()))?;
    let answer = serde_json::from_slice(&whole).map_err(|error| Refusal::unreachable(&error.to_string()))?;
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(parts, Body::from(change(answer).to_string())))
}

fn told(status: u16, value: Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    if value.is_null() { status.into_response() } else { (status, Json(value)).into_response() }
}

async fn forward(
    world: &Shared,
    upstream: &Upstream,
    operation: &Operation,
    let_go: Vec<(delays::Kind, String)>,
    parts: &Parts,
    body: &Bytes,
) -> Result<Response, Refusal> {
    if let Some(zip) = package(operation) {
        let zip = STANDARD.decode(zip).map_err(|error| not_a_package(&error.to_string()))?;
        upstream.memory().packages.add(&zip).map_err(|problem| not_a_package(&problem))?;
    }
    if operation.full_name() == "cloudwatch:DescribeAlarms" {
        tell_states(world, upstream).await?;
    }
    let response = upstream.client.pass(parts, body.clone()).await?;
    let (mut memory, now) = (upstream.memory(), world.clock.now());
    if operation.writes() {
        memory.stale = true;
        let text = format!("{}: {}", operation.full_name(), response.status().as_u16());
        world.journal.note(now, "aws-call", text, json!({ "operation": operation.full_name() }));
        if operation.service == "cloudwatch" {
            // An alarm that is put again stands as moto thinks.
            memory.told.clear();
        }
        if response.status().is_success() {
            let begun = delays::begun(operation, let_go).chain(nat::begun(operation, response.body()));
            memory.delayed.extend(begun.map(|(kind, thing)| ((kind, thing), delays::until(kind, now))));
        }
    }
    let (mut parts, mut body) = response.into_parts();
    if parts.status.is_success() {
        missing_operations::after(&mut memory, operation);
        logs::after(world, operation);
        memory.certificates.after(operation, &body, now);
        let kept = missing_fields::after(&mut memory, operation, body.clone(), &upstream.addresses.aws);
        let kept = memory.in_its_time(operation, order::told(operation, &kept), now);
        if kept != body {
            parts.headers.remove(header::CONTENT_LENGTH);
            body = kept;
        }
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// How alarms stand is known here, and told there when it has changed.
async fn tell_states(world: &Shared, upstream: &Upstream) -> Result<(), Failed> {
    world.refresh_deployment().await;
    let states = lock(&world.cloudwatch).states();
    for (name, value, reason) in states {
        let stands = (value.name(), reason);
        if upstream.memory().told.get(&name) == Some(&stands) {
            continue;
        }
        let input = json!({ "AlarmName": name, "StateValue": stands.0, "StateReason": stands.1 });
        upstream.client.json("monitoring", "GraniteServiceVersion20100801.SetAlarmState", &input).await?;
        upstream.memory().told.insert(name, stands);
    }
    Ok(())
}

/// The package in a call, in base64.
fn package(operation: &Operation) -> Option<&str> {
    match operation.full_name().as_str() {
        "lambda:CreateFunction" => operation.fields["Code"]["ZipFile"].as_str(),
        "lambda:UpdateFunctionCode" => operation.fields["ZipFile"].as_str(),
        _ => None,
    }
}

fn not_a_package(problem: &str) -> Refusal {
    Refusal::new(400, "InvalidParameterValueException", format!("Could not unzip uploaded file: {problem}"))
}
