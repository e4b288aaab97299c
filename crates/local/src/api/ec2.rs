//! The server's part: wait if the call is held, ask for permission, lock, call, answer, note what happened.

use std::collections::BTreeMap;

use aws::{
    authorize::{Context, Decision, Principal},
    deployment::Deployment,
    ec2::{ActionResponse, AwsError, Call, Request, wire},
    identifiers,
};
use axum::{
    body::{Body, Bytes},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::{
    locks::{lock, read, write},
    world::World,
};

/// Answers one call of EC2's Query API. `principal` is `None` for a request that is not signed.
pub async fn answer(world: &World, principal: Option<&Principal>, parameters: BTreeMap<String, String>) -> Response {
    let action = parameters.get("Action").cloned().unwrap_or_default();
    let request_id = identifiers::uuid();
    let parsed = wire::parse(parameters);
    if parsed.is_ok() {
        world.holds.pass(&action).await;
    }
    let outcome = perform(world, principal, parsed.as_ref());
    note(world, principal, &action, parsed.ok().as_ref(), outcome.as_ref().err(), &request_id);
    match outcome {
        Ok(answer) => xml(StatusCode::OK, wire::answer(&action, &answer, &request_id), &request_id),
        Err(error) if error.is_no_answer() => no_answer(),
        Err(error) => {
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
            xml(status, wire::error(&error, &request_id), &request_id)
        }
    }
}

/// AWS's order: who is it, what is it, may they, and only then does it matter whether it would work.
fn perform(
    world: &World,
    principal: Option<&Principal>,
    request: Result<&Request, &AwsError>,
) -> Result<ActionResponse, AwsError> {
    let principal = principal.ok_or_else(|| {
        AwsError::with_status("MissingAuthenticationToken", "The request must contain valid credentials.", 403)
    })?;
    let request = request.map_err(AwsError::clone)?;
    permit(world, principal, &request.call)?;
    if request.dry_run {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(AwsError::with_status("DryRunOperation", message, 412));
    }
    let mut ec2 = lock(&world.ec2);
    let answer = ec2.call(world.clock.now(), &request.call)?;
    if request.call.changes_endpoints() {
        // What is deployed is about the oldest one.
        let endpoint = ec2.endpoint();
        drop(ec2);
        write(&world.deployment).endpoint = endpoint;
    }
    Ok(answer)
}

/// Asks for every resource the call touches.
fn permit(world: &World, principal: &Principal, call: &Call) -> Result<(), AwsError> {
    let tags: Vec<_> = {
        let state = lock(&world.ec2);
        let id = |resource: &String| resource.rsplit('/').next().unwrap_or_default().to_owned();
        call.resources().iter().map(|resource| state.tags_of(&id(resource))).collect()
    };
    let (questions, who) = {
        let deployment = read(&world.deployment);
        (questions(&deployment, call, tags), arn(&deployment, principal))
    };
    for (action, resource, context) in questions {
        if let Decision::Denied(reason) = world.may(principal, &action, &resource, &context) {
            let message = format!(
                "You are not authorized to perform this operation. User: {who} is not authorized to perform: {action} \
                 on resource: {resource} ({reason})"
            );
            return Err(AwsError::with_status("UnauthorizedOperation", message, 403));
        }
    }
    Ok(())
}

/// The action and the ARNs of the resources a call touches, `*` if IAM knows none for it, each with its condition keys (fact
/// 9.3); and the right to tag what it makes with tags.
fn questions(
    deployment: &Deployment,
    call: &Call,
    tags_of_resources: Vec<BTreeMap<String, String>>,
) -> Vec<(String, String, Context)> {
    let resources = call.resources();
    let action = format!("ec2:{}", call.action());
    if resources.is_empty() {
        return vec![(action, "*".to_owned(), context(deployment, call))];
    }
    let question = |(resource, tags): (&String, BTreeMap<String, String>)| {
        let mut context = context(deployment, call);
        for (key, value) in tags {
            context.insert(format!("aws:ResourceTag/{key}"), vec![value.clone()]);
            context.insert(format!("ec2:ResourceTag/{key}"), vec![value]);
        }
        (action.clone(), deployment.arn("ec2", resource), context)
    };
    let tagging = |resource: String| {
        let mut context = context(deployment, call);
        context.insert("ec2:CreateAction".to_owned(), vec![call.action().to_owned()]);
        ("ec2:CreateTags".to_owned(), deployment.arn("ec2", &resource), context)
    };
    let tagging = call.tagged().into_iter().map(tagging);
    resources.iter().zip(tags_of_resources).map(question).chain(tagging).collect()
}

fn context(deployment: &Deployment, call: &Call) -> Context {
    let mut context = Context::new();
    context.insert("ec2:Region".to_owned(), vec![deployment.region.clone()]);
    context.insert("aws:RequestedRegion".to_owned(), vec![deployment.region.clone()]);
    let tags = call.tags();
    if !tags.is_empty() {
        context.insert("aws:TagKeys".to_owned(), tags.iter().map(|(key, _)| (*key).to_owned()).collect());
    }
    for (key, value) in tags {
        if let Some(value) = value {
            context.insert(format!("aws:RequestTag/{key}"), vec![value.to_owned()]);
        }
    }
    context
}

fn arn(deployment: &Deployment, principal: &Principal) -> String {
    let Deployment { partition, account, .. } = deployment;
    match principal {
        Principal::Administrator => format!("arn:{partition}:iam::{account}:user/administrator"),
        Principal::Role(role) => format!("arn:{partition}:sts::{account}:assumed-role/{role}/local"),
        Principal::Service(service) => service.clone(),
    }
}

fn note(
    world: &World,
    principal: Option<&Principal>,
    action: &str,
    request: Option<&Request>,
    error: Option<&AwsError>,
    request_id: &str,
) {
    let principal = principal.map_or_else(|| "nobody".to_owned(), ToString::to_string);
    let outcome = error.map_or("OK", |error| &error.code);
    let resources = request.map(|request| request.call.resources()).unwrap_or_default();
    let data = json!({
        "principal": principal,
        "service": "ec2",
        "action": action,
        "resources": resources,
        "dry_run": request.is_some_and(|request| request.dry_run),
        "outcome": outcome,
        "request_id": request_id,
    });
    world.journal.note(world.clock.now(), "aws-call", format!("{principal}: ec2:{action}: {outcome}"), data);
}

fn xml(status: StatusCode, body: String, request_id: &str) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml;charset=UTF-8"));
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", value);
    }
    response
}

/// A body that breaks before its first byte makes the server close the connection with nothing sent.
fn no_answer() -> Response {
    let broken = futures_util::stream::once(async {
        Err::<Bytes, _>(std::io::Error::other("a fault demands that there is no answer"))
    });
    Response::new(Body::from_stream(broken))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Context, questions};
    use aws::{
        deployment::Deployment,
        ec2::{Call, NewEndpoint, Query},
    };

    fn asked(call: &Call, tags: &[(&str, &str)]) -> Vec<(String, String, Context)> {
        let deployment =
            Deployment { partition: "aws".into(), region: "r".into(), account: "1".into(), ..Deployment::default() };
        let tags: BTreeMap<_, _> = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        questions(&deployment, call, vec![tags; call.resources().len()])
    }

    fn value<'a>(context: &'a Context, key: &str) -> Vec<&'a str> {
        context.get(key).map(|values| values.iter().map(String::as_str).collect()).unwrap_or_default()
    }

    #[test]
    fn a_call_is_asked_about_for_each_resource_it_touches() {
        let associate = Call::AssociateClientVpnTargetNetwork {
            endpoint: "cvpn-endpoint-0".into(),
            subnet: "subnet-0".into(),
            token: None,
        };
        let asked_for = asked(&associate, &[("team", "vpn")]);
        let arns: Vec<_> = asked_for.iter().map(|(_, arn, _)| arn.as_str()).collect();
        assert_eq!(arns, ["arn:aws:ec2:r:1:client-vpn-endpoint/cvpn-endpoint-0", "arn:aws:ec2:r:1:subnet/subnet-0"]);
        for key in ["aws:ResourceTag/team", "ec2:ResourceTag/team"] {
            assert_eq!(value(&asked_for[0].2, key), ["vpn"]);
        }

        for call in [
            Call::DescribeClientVpnEndpoints { query: Query::default() },
            Call::DescribeSubnets { query: Query::default() },
            Call::DescribeTags { query: Query::default() },
        ] {
            let asked_for = asked(&call, &[]);
            assert_eq!(asked_for.len(), 1);
            assert_eq!(asked_for[0].1, "*");
            assert_eq!(value(&asked_for[0].2, "ec2:Region"), ["r"]);
        }
    }

    #[test]
    fn tags_that_are_written_are_named() {
        let resources = vec!["cvpn-endpoint-0".to_owned()];
        let tags = vec![("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())];
        let create = asked(&Call::CreateTags { resources: resources.clone(), tags }, &[]);
        assert_eq!(value(&create[0].2, "aws:TagKeys"), ["a", "b"]);
        assert_eq!(value(&create[0].2, "aws:RequestTag/b"), ["2"]);
        let wanted = NewEndpoint { tags: vec![("a".to_owned(), "1".to_owned())], ..NewEndpoint::default() };
        let made = asked(&Call::CreateClientVpnEndpoint { wanted, token: None }, &[]);
        let actions: Vec<_> = made.iter().map(|(action, arn, _)| format!("{action} {arn}")).collect();
        let endpoints = "arn:aws:ec2:r:1:client-vpn-endpoint/*";
        assert_eq!(
            actions,
            [format!("ec2:CreateClientVpnEndpoint {endpoints}"), format!("ec2:CreateTags {endpoints}")]
        );
        assert_eq!(value(&made[1].2, "ec2:CreateAction"), ["CreateClientVpnEndpoint"]);
        assert_eq!(value(&made[1].2, "aws:RequestTag/a"), ["1"]);
        let delete = asked(&Call::DeleteTags { resources, tags: vec![("a".to_owned(), None)] }, &[]);
        assert_eq!(value(&delete[0].2, "aws:TagKeys"), ["a"]);
        assert!(value(&delete[0].2, "aws:RequestTag/a").is_empty());
    }
}
