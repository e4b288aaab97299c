//! What AWS looks at before it does something, and moto does not.

use aws::authorize::{Context, Decision, Principal, authorize, may_be_assumed};

use local::{engine, locks::read as locked, world::Shared};

use crate::{
    aws_like::{certificates, delays},
    missing_operations,
    operation::Operation,
    people, read,
    refuse::Refusal,
    upstream::Upstream,
};

/// What is answered here is about things that stand upstream: they must be there.
pub(crate) async fn there(
    world: &Shared,
    upstream: &Upstream,
    operation: &Operation,
) -> Result<Option<Refusal>, Refusal> {
    let Some(thing) = missing_operations::about(operation) else { return Ok(None) };
    world.refresh_deployment().await;
    let is_there = match &thing {
        missing_operations::Thing::Function(name) => locked(&world.deployment).functions.contains_key(name),
        missing_operations::Thing::Pool(id) => people::has_pool(&upstream.client, id).await?,
        missing_operations::Thing::Client(pool, id) => people::has_client(&upstream.client, pool, id).await?,
    };
    Ok((!is_there).then(|| {
        Refusal::new(
            if operation.service == "lambda" { 404 } else { 400 },
            "ResourceNotFoundException",
            thing.is_missing(),
        )
    }))
}

/// What was done a moment ago may not be known everywhere yet (fact 11.5).
pub(crate) async fn in_force(world: &Shared, upstream: &Upstream, operation: &Operation) -> Result<(), Refusal> {
    if operation.full_name() == "lambda:PutFunctionEventInvokeConfig" {
        world.refresh_deployment().await;
    }
    let role = |function: &str| locked(&world.deployment).functions.get(function).map(|it| it.role.clone());
    for (kind, thing) in delays::awaited(operation, role) {
        if is_delayed(world, upstream, (kind, thing)).await {
            return Err(delays::refusal(kind, operation));
        }
    }
    Ok(())
}

/// Whether that is still to be waited for.
pub(crate) fn stands(world: &Shared, upstream: &Upstream, what: &(delays::Kind, String)) -> bool {
    let memory = upstream.memory();
    !memory.no_delays && memory.delayed.get(what).is_some_and(|until| world.clock.now() < *until)
}

/// The same; whoever is told so waits a little.
pub(crate) async fn is_delayed(world: &Shared, upstream: &Upstream, what: (delays::Kind, String)) -> bool {
    let stands = stands(world, upstream, &what);
    if stands {
        let_wait(world).await;
    }
    stands
}

/// Lambda looks whether it can assume the role.
pub(crate) async fn assumable(world: &Shared, upstream: &Upstream, operation: &Operation) -> Result<(), Refusal> {
    let Some(name) = operation.fields["Role"].as_str().and_then(|arn| arn.rsplit('/').next()) else { return Ok(()) };
    let role = read::role(&upstream.client, name).await?;
    let function = locked(&world.deployment).function_arn(operation.text("FunctionName"));
    match role {
        Some(role) if may_be_assumed(&locked(&world.deployment), &role, &function) == Decision::Allowed => Ok(()),
        _ => Err(delays::refusal(delays::Kind::Role, operation)),
    }
}

/// A function becomes a target only when its policy lets the target group in (fact 5.4).
pub(crate) async fn invocable(world: &Shared, operation: &Operation) -> Result<(), Refusal> {
    let (group, function) = (operation.text("TargetGroupArn"), operation.text("Targets.member.1.Id"));
    if !function.contains(":lambda:") {
        return Ok(());
    }
    world.refresh_deployment().await;
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
pub(crate) async fn may_publish(world: &Shared, operation: &Operation) -> Result<(), Refusal> {
    let destination = operation.fields["DestinationConfig"]["OnFailure"]["Destination"].as_str().unwrap_or_default();
    if !destination.contains(":sns:") {
        return Ok(());
    }
    world.refresh_deployment().await;
    let deployment = locked(&world.deployment);
    let Some(function) = deployment.functions.get(operation.text("FunctionName")) else { return Ok(()) };
    let role = Principal::Role(function.role.clone());
    match authorize(&deployment, &role, "sns:Publish", destination, &Context::new()) {
        Decision::Allowed => Ok(()),
        Decision::Denied(_) => Err(delays::refusal(delays::Kind::Rights, operation)),
    }
}

/// What ACM and the load balancer look at before they do something with a certificate (facts 14.1 to 14.4).
pub(crate) async fn certificate(world: &Shared, upstream: &Upstream, operation: &Operation) -> Result<(), Refusal> {
    let arn = operation.text("CertificateArn");
    let used = operation.full_name() == "acm:DeleteCertificate" && certificates::is_used(&upstream.client, arn).await?;
    let now = world.clock.now();
    let (refusal, looks) = {
        let certificates = &upstream.memory().certificates;
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
        let proof = certificates::proof(&upstream.client, arn).await?;
        upstream.memory().certificates.proven(arn, proof, now);
    }
    Ok(())
}

/// Somebody waits before trying again; a clock that stands is moved by that.
pub(crate) async fn let_wait(world: &Shared) {
    if world.timeline.speed() <= 0.0 {
        engine::advance(world, delays::TRY_AGAIN).await;
    }
}
