//! Every call to the AWS endpoint: whose it is, who answers it, what is remembered of it.

use axum::{
    Json,
    body::{Body, Bytes, to_bytes},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{
    Failed, Upstream,
    aws_like::{delays, not_played, order, tags},
    certificates, control, fork, groups, instead, invoke, keep,
    operation::Operation,
    people, read,
    refuse::Refusal,
    session, tagging,
};
use crate::{
    authorize::{Context, Decision, Principal, authorize, may_be_assumed},
    cloudwatch, ec2, timeline,
    world::{Shared, lock, read as locked, write},
};

/// CloudWatch's operations on what is measured and how an alarm stands; what an alarm is, the upstream knows.
const MEASURED: [&str; 6] =
    ["DescribeAlarmHistory", "GetMetricData", "GetMetricStatistics", "ListMetrics", "PutMetricData", "SetAlarmState"];

/// Answers one call.
pub(crate) async fn answer(
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
        upstream.state().stale = true;
        return match upstream.client.pass(parts, body).await {
            Ok(response) => response.map(Body::from),
            Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        };
    };
    let operation = Operation::of(parts, &body);
    let response = match decide(world, upstream, &principal, &operation, parts, &body).await {
        Ok(response) => response,
        Err(refusal) => refusal.response(&operation, parts, &body),
    };
    let status = response.status().as_u16();
    let mut state = upstream.state();
    state.calls.push(control::Call::new(&operation, principal.to_string(), status));
    response
}

async fn decide(
    world: &Shared,
    upstream: &Upstream,
    principal: &Principal,
    operation: &Operation,
    parts: &Parts,
    body: &Bytes,
) -> Result<Response, Refusal> {
    if *principal != Principal::Administrator {
        world.fresh().await;
    }
    let lacks = session::lacks(&parts.headers);
    if lacks.contains(&operation.action()) {
        let message = format!("The session is not authorized to perform: {}", operation.action());
        return Err(Refusal::denied(&operation.service, message));
    }
    if let Some(why) = not_played::why(operation) {
        let refusal = Refusal::unknown(&operation.name);
        return Err(Refusal { message: format!("{}: {why}", refusal.message), ..refusal });
    }
    if ["ec2:CreateTags", "ec2:DeleteTags"].contains(&operation.full_name().as_str())
        && let Some(response) = tagging::write(world, upstream, principal, parts, body).await
    {
        return response;
    }
    if operation.service == "ec2" && operation.name.contains("ClientVpn") {
        let response = ec2::http::answer(world, Some(principal), ec2::form(body)).await;
        if operation.name == "ModifyClientVpnEndpoint" {
            let endpoint = lock(&world.ec2).endpoint().clone();
            write(&world.deployment).endpoint = endpoint;
        }
        return Ok(response);
    }
    if operation.service == "cloudwatch" && MEASURED.contains(&operation.name.as_str()) {
        world.fresh().await;
        return Ok(cloudwatch::http::answer(world, principal, parts, body).await);
    }
    if operation.service == "lambda" && operation.name == "Invoke" {
        return Ok(invoke::answer(world, principal, operation, parts, body.clone()).await);
    }
    // What is not played here in detail is allowed or denied for everything.
    if let Decision::Denied(reason) = world.may(principal, &operation.action(), "*", &Context::new()) {
        return Err(Refusal::denied(&operation.service, reason));
    }
    if operation.service == "cognito-idp" {
        let refusal = people::refusal(&upstream.client, operation).await;
        if let Some((_, refusal)) = refusal.map_err(|error| Refusal::unreachable(&error.to_string()))? {
            return Err(refusal);
        }
    }
    if let Some(refusal) = expect_there(world, upstream, operation).await? {
        return Err(refusal);
    }
    let answered = instead::answer(&mut upstream.state(), operation);
    if let Some(answered) = answered {
        let (status, value) = answered?;
        upstream.state().stale |= operation.writes();
        return Ok(told(status, value));
    }
    expect_in_force(world, upstream, operation).await?;
    if ["CreateFunction", "UpdateFunctionConfiguration"].contains(&operation.name.as_str()) {
        expect_assumable(world, upstream, operation).await?;
    }
    match operation.full_name().as_str() {
        "elbv2:RegisterTargets" => expect_invocable(world, operation).await?,
        "lambda:PutFunctionEventInvokeConfig" => {
            expect_may_publish(world, operation).await?;
            // moto keeps a list of them, and tells the first.
            let mut before = parts.clone();
            before.method = Method::DELETE;
            before.headers.remove(header::CONTENT_LENGTH);
            let gone = upstream.client.pass(&before, Bytes::new()).await;
            gone.map_err(|error| Refusal::unreachable(&error.to_string()))?;
        }
        "elbv2:CreateRule" | "elbv2:ModifyRule" | "elbv2:CreateListener" | "elbv2:ModifyListener" => {
            let refusal = groups::refusal(&upstream.client, operation).await;
            if let Some(refusal) = refusal.map_err(|error| unreachable(&error))? {
                return Err(refusal);
            }
        }
        _ => {}
    }
    expect_certificate(world, upstream, operation).await?;
    let response = forward(world, upstream, operation, parts, body).await?;
    if operation.full_name() == "cognito-idp:DescribeUserPoolDomain"
        && is_delayed(world, upstream, (delays::Kind::Domain, operation.text("Domain").to_owned())).await
    {
        return rewrite(response, delays::creating).await;
    }
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

/// What ACM and the load balancer look at before they do something with a certificate (facts 14.1 to 14.4).
async fn expect_certificate(world: &Shared, upstream: &Upstream, operation: &Operation) -> Result<(), Refusal> {
    let arn = operation.text("CertificateArn");
    let used = operation.full_name() == "acm:DeleteCertificate" && {
        let used = certificates::is_used(&upstream.client, arn).await;
        used.map_err(|error| Refusal::unreachable(&error.to_string()))?
    };
    let now = world.clock.now();
    let (refusal, looks) = {
        let certificates = &upstream.state().certificates;
        let looks = operation.name == "DescribeCertificate" && certificates.waits_for_record(arn, now);
        (certificates.refusal(operation, now, used), looks)
    };
    if let Some(refusal) = refusal {
        if !used {
            let_wait(world).await;
        }
        return Err(refusal);
    }
    if looks {
        let proof = certificates::proof(&upstream.client, arn).await;
        let proof = proof.map_err(|error| Refusal::unreachable(&error.to_string()))?;
        upstream.state().certificates.proven(arn, proof, now);
    }
    Ok(())
}

/// The answer as ACM gives it; whoever looks at one that is not ready waits before looking again.
async fn tell_certificate(
    world: &Shared,
    upstream: &Upstream,
    operation: &Operation,
    response: Response,
) -> Result<Response, Refusal> {
    if !response.status().is_success()
        || !["DescribeCertificate", "ListCertificates"].contains(&operation.name.as_str())
    {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|error| Refusal::unreachable(&error.to_string()))?;
    let answer = serde_json::from_slice(&body).map_err(|error| Refusal::unreachable(&error.to_string()))?;
    let now = world.clock.now();
    let (told, is_awaited) = {
        let certificates = &upstream.state().certificates;
        let is_awaited = certificates.is_awaited(operation.text("CertificateArn"), now);
        (certificates.told(operation, answer, now), is_awaited)
    };
    if is_awaited {
        let_wait(world).await;
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(parts, Body::from(told.to_string())))
}

/// Somebody waits before trying again; a clock that stands is moved by that.
async fn let_wait(world: &Shared) {
    if world.timeline.speed() <= 0.0 {
        timeline::advance(world, delays::TRY_AGAIN).await;
    }
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

/// What is answered here is about things that stand upstream: they must be there.
async fn expect_there(world: &Shared, upstream: &Upstream, operation: &Operation) -> Result<Option<Refusal>, Refusal> {
    let Some(thing) = instead::about(operation) else { return Ok(None) };
    world.fresh().await;
    let is_there = match &thing {
        instead::Thing::Function(name) => locked(&world.deployment).functions.contains_key(name),
        instead::Thing::Pool(id) => people::has_pool(&upstream.client, id).await.map_err(|e| unreachable(&e))?,
        instead::Thing::Client(pool, id) => {
            people::has_client(&upstream.client, pool, id).await.map_err(|e| unreachable(&e))?
        }
    };
    Ok((!is_there).then(|| {
        Refusal::new(
            if operation.service == "lambda" { 404 } else { 400 },
            "ResourceNotFoundException",
            thing.is_missing(),
        )
    }))
}

fn unreachable(error: &Failed) -> Refusal {
    Refusal::unreachable(&error.to_string())
}

/// What was done a moment ago may not be known everywhere yet (fact 11.5).
async fn expect_in_force(world: &Shared, upstream: &Upstream, operation: &Operation) -> Result<(), Refusal> {
    if operation.full_name() == "lambda:PutFunctionEventInvokeConfig" {
        world.fresh().await;
    }
    let role = |function: &str| locked(&world.deployment).functions.get(function).map(|it| it.role.clone());
    let Some((kind, thing)) = delays::awaited(operation, role) else { return Ok(()) };
    if is_delayed(world, upstream, (kind, thing)).await { Err(delays::refusal(kind, operation)) } else { Ok(()) }
}

/// Whether that is still to be waited for; then whoever is told so waits a little.
async fn is_delayed(world: &Shared, upstream: &Upstream, what: (delays::Kind, String)) -> bool {
    let until = {
        let state = upstream.state();
        state.delayed.get(&what).copied().filter(|_| !state.no_delays)
    };
    let is_delayed = until.is_some_and(|until| world.clock.now() < until);
    if is_delayed {
        let_wait(world).await;
    }
    is_delayed
}

/// Lambda looks whether it can assume the role.
async fn expect_assumable(world: &Shared, upstream: &Upstream, operation: &Operation) -> Result<(), Refusal> {
    let Some(name) = operation.fields["Role"].as_str().and_then(|arn| arn.rsplit('/').next()) else { return Ok(()) };
    let role = read::role(&upstream.client, name).await.map_err(|error| Refusal::unreachable(&error.to_string()))?;
    let function = locked(&world.deployment).function_arn(operation.text("FunctionName"));
    match role {
        Some(role) if may_be_assumed(&locked(&world.deployment), &role, &function) == Decision::Allowed => Ok(()),
        _ => Err(delays::refusal(delays::Kind::Role, operation)),
    }
}

/// A function becomes a target only when its policy lets the target group in (fact 5.4).
async fn expect_invocable(world: &Shared, operation: &Operation) -> Result<(), Refusal> {
    let (group, function) = (operation.text("TargetGroupArn"), operation.text("Targets.member.1.Id"));
    if !function.contains(":lambda:") {
        return Ok(());
    }
    world.fresh().await;
    let service = Principal::Service("elasticloadbalancing.amazonaws.com".to_owned());
    let context = Context::from([
        ("aws:SourceArn".to_owned(), vec![group.to_owned()]),
        ("aws:SourceAccount".to_owned(), vec![locked(&world.deployment).account.clone()]),
    ]);
    let decision = authorize(&locked(&world.deployment), &service, "lambda:InvokeFunction", function, &context);
    if decision == Decision::Allowed {
        return Ok(());
    }
    Err(delays::refusal(delays::Kind::Permission, operation))
}

/// Lambda looks whether the function's role may write to the destination when that is set (fact 9.3).
async fn expect_may_publish(world: &Shared, operation: &Operation) -> Result<(), Refusal> {
    let destination = operation.fields["DestinationConfig"]["OnFailure"]["Destination"].as_str().unwrap_or_default();
    if !destination.contains(":sns:") {
        return Ok(());
    }
    world.fresh().await;
    let deployment = locked(&world.deployment);
    let Some(function) = deployment.functions.get(operation.text("FunctionName")) else { return Ok(()) };
    let role = Principal::Role(function.role.clone());
    match authorize(&deployment, &role, "sns:Publish", destination, &Context::new()) {
        Decision::Allowed => Ok(()),
        Decision::Denied(_) => Err(delays::refusal(delays::Kind::Rights, operation)),
    }
}

async fn forward(
    world: &Shared,
    upstream: &Upstream,
    operation: &Operation,
    parts: &Parts,
    body: &Bytes,
) -> Result<Response, Refusal> {
    if let Some(zip) = package(operation) {
        let zip = STANDARD.decode(zip).map_err(|error| not_a_package(&error.to_string()))?;
        upstream.state().packages.add(&zip).map_err(|problem| not_a_package(&problem))?;
    }
    if operation.full_name() == "cloudwatch:DescribeAlarms" {
        tell_states(world, upstream).await.map_err(|error| Refusal::unreachable(&error.to_string()))?;
    }
    let response =
        upstream.client.pass(parts, body.clone()).await.map_err(|error| Refusal::unreachable(&error.to_string()))?;
    let mut state = upstream.state();
    if operation.writes() {
        state.stale = true;
        let now = world.clock.now();
        let text = format!("{}: {}", operation.full_name(), response.status().as_u16());
        world.happenings.note(now, "aws-call", text, json!({ "operation": operation.full_name() }));
        if operation.service == "cloudwatch" {
            // An alarm that is put again stands as moto thinks.
            state.told.clear();
        }
        if response.status().is_success() {
            let begun = delays::begun(operation).map(|(kind, thing, lasts)| ((kind, thing), now + lasts));
            state.delayed.extend(begun);
        }
    }
    let (mut parts, mut body) = response.into_parts();
    if parts.status.is_success() {
        instead::after(&mut state, operation);
        state.certificates.after(operation, &body, world.clock.now());
        let kept = keep::after(&mut state, operation, body.clone(), &upstream.addresses.aws);
        let kept = order::told(operation, &kept);
        if kept != body {
            parts.headers.remove(header::CONTENT_LENGTH);
            body = kept;
        }
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// How alarms stand is known here, and told there when it has changed.
async fn tell_states(world: &Shared, upstream: &Upstream) -> Result<(), Failed> {
    world.fresh().await;
    let states = lock(&world.cloudwatch).states();
    for (name, value, reason) in states {
        let stands = (value.name(), reason);
        if upstream.state().told.get(&name) == Some(&stands) {
            continue;
        }
        let input = json!({ "AlarmName": name, "StateValue": stands.0, "StateReason": stands.1 });
        upstream.client.json("monitoring", "GraniteServiceVersion20100801.SetAlarmState", &input).await?;
        upstream.state().told.insert(name, stands);
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
