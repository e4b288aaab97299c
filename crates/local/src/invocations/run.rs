//! One invocation of a function: its environment, what it wrote, what is counted.

use std::fs;

use aws::{
    authorize::{Context, Decision, Principal},
    deployment::Function,
    identifiers,
    lambda::{Failure, NotInvoked, Outcome, variables},
};
use bytes::Bytes;
use serde_json::json;

use crate::{
    clock,
    functions::{Environment, Lease, Work},
    locks::{lock, read},
    world::Shared,
};

/// One invocation, whoever caused it.
#[derive(Debug)]
pub(super) struct Invocation<'a> {
    pub function: &'a str,
    pub arn: &'a str,
    pub request_id: &'a str,
    pub source: &'a str,
    pub asynchronous: bool,
    pub payload: Bytes,
}

/// Runs a function once, and notes and counts that.
pub(super) async fn run_once(world: &Shared, invocation: Invocation<'_>) -> Result<Outcome, NotInvoked> {
    let Invocation { function: key, arn, request_id, source, asynchronous, payload } = invocation;
    let now = world.clock.now();
    // Versions and aliases are counted and logged under the function's name.
    let name = key.split(':').next().unwrap_or(key);
    let (function, region) = {
        let deployment = read(&world.deployment);
        let function = deployment.functions.get(key).cloned();
        (function.ok_or_else(|| NotInvoked::NoSuchFunction(arn.to_owned()))?, deployment.region.clone())
    };
    let count = |metric: &str, value: f64| {
        let mut cloudwatch = lock(&world.cloudwatch);
        cloudwatch.record(now, "AWS/Lambda", metric, &[("FunctionName", name)], value);
    };
    let Some(bootstrap) = function.bootstrap.clone() else {
        return Err(NotInvoked::NotBuilt(name.to_owned()));
    };
    let made_of = made_of(&function);
    let mut lease = world.functions.lease(name, &made_of, now).inspect_err(|_| {
        count("Throttles", 1.0);
        world.journal.note(
            now,
            "invocation",
            format!("{name} is throttled"),
            json!({ "function": name, "request_id": request_id, "source": source, "async": asynchronous, "error_type": "TooManyRequestsException", "now": now }),
        );
    })?;

    let started = clock::system();
    let work = Work {
        request_id: request_id.to_owned(),
        trace_id: identifiers::trace_id(started),
        function_arn: arn.to_owned(),
        deadline_ms: started.as_millisecond() + i64::try_from(function.timeout.as_millis()).unwrap_or(i64::MAX / 2),
        now,
        payload,
    };
    let answer = work_in(world, &mut lease, &function, &bootstrap, &region, made_of, work).await;
    drop(lease);

    let duration_ms = clock::system().duration_since(started).as_millis();
    count("Invocations", 1.0);
    count("Errors", if answer.is_err() { 1.0 } else { 0.0 });
    let mut data = json!({
        "function": name, "request_id": request_id, "source": source, "async": asynchronous,
        "duration_ms": i64::try_from(duration_ms).unwrap_or(i64::MAX), "now": now,
    });
    let (text, outcome) = match answer {
        Ok(payload) => {
            let outcome = Outcome { payload, function_error: None, request_id: request_id.to_owned() };
            (format!("{name} answered {source}"), outcome)
        }
        Err(failure) => {
            let Failure { payload, error_type, message } = failure;
            let text = format!("{name} failed for {source}: {error_type}: {message}");
            data["error_type"] = error_type.into();
            (text, Outcome { payload, function_error: Some("Unhandled"), request_id: request_id.to_owned() })
        }
    };
    world.journal.note(now, "invocation", text, data);
    Ok(outcome)
}

async fn work_in(
    world: &Shared,
    lease: &mut Lease<'_>,
    function: &Function,
    bootstrap: &std::path::Path,
    region: &str,
    made_of: String,
    work: Work,
) -> Result<Bytes, Failure> {
    let host = &world.functions;
    let (name, now) = (lease.name, work.now);
    let in_process = lock(&host.in_process).get(name).cloned();
    if let Some(handler) = in_process {
        let answer = handler(now, work.request_id.clone(), work.payload).await;
        return answer.map_err(|(error_type, message)| Failure::new(&error_type, message));
    }
    if let Some(problem) = other_machine(&function.architecture, bootstrap) {
        return Err(Failure::not_started(&work.request_id, &problem.to_string()));
    }
    let lost = lost_log(world, name, function);
    if let Some(reason) = &lost {
        let data = json!({ "function": name, "lost": reason });
        world.journal.note(now, "function-log", format!("the log of {name} is lost: {reason}"), data);
    }
    let environment = match &mut lease.environment {
        Some(environment) => environment,
        none => {
            let started = Environment::start(&host.spawner, name, function, bootstrap, region, made_of, now).await;
            let text = format!("a new environment of {name} begins");
            world.journal.note(now, "environment", text, json!({ "function": name }));
            none.insert(started.map_err(|error| Failure::not_started(&work.request_id, &error.to_string()))?)
        }
    };
    environment.used = now;
    let (group, stream) = (variables::log_group(name, function), environment.log_stream.clone());
    let log = |line: String| {
        if lost.is_some() {
            return;
        }
        world.logs.write(now, &group, &stream, &line);
        let data = json!({ "function": name, "line": line });
        world.journal.note(now, "function-log", line, data);
    };
    environment.invoke(work, host.limits.init, function.timeout, &log).await
}

/// A program that is made for another machine than the function's.
fn other_machine(architecture: &str, bootstrap: &std::path::Path) -> Option<std::io::Error> {
    let wanted: u8 = match architecture {
        "x86_64" => 62,
        "arm64" => 183,
        _ => return None,
    };
    // An ELF file names its machine in byte 18; what is no ELF file, a script, runs anywhere.
    let mut head = [0; 20];
    fs::File::open(bootstrap).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut head)).ok()?;
    let is_other = head.starts_with(b"\x7fELF") && head[18] != wanted;
    is_other.then(|| std::io::Error::other(format!("exec format error: the function is {architecture}")))
}

/// Why nobody will read what the function writes, where it is known which log groups there are.
fn lost_log(world: &Shared, name: &str, function: &Function) -> Option<String> {
    let (group, exists, arn) = {
        let deployment = read(&world.deployment);
        let groups = deployment.log_groups.as_ref()?;
        let group = variables::log_group(name, function);
        (group.clone(), groups.contains(&group), deployment.arn("logs", &format!("log-group:{group}")))
    };
    let role = Principal::Role(function.role.clone());
    let ask = |action: &str, resource: &str| world.may(&role, action, resource, &Context::new());
    if !exists && ask("logs:CreateLogGroup", &arn) != Decision::Allowed {
        return Some(format!("there is no log group {group}, and the role may not create it"));
    }
    let stream = format!("{arn}:log-stream:{}", function.version);
    ["logs:CreateLogStream", "logs:PutLogEvents"].into_iter().find_map(|action| match ask(action, &stream) {
        Decision::Allowed => None,
        Decision::Denied(reason) => Some(reason),
    })
}

/// Code and configuration: when it changes, Lambda makes new environments.
fn made_of(function: &Function) -> String {
    let Function { bootstrap, task_root, environment, timeout, memory, role, version, architecture, logging, .. } =
        function;
    // A newly built file at the same path is new code.
    let file = bootstrap.as_ref().and_then(|path| fs::metadata(path).ok());
    let file = file.map(|file| (file.len(), file.modified().ok()));
    format!(
        "{bootstrap:?} {file:?} {task_root:?} {environment:?} {timeout:?} {memory} {role} {version} {architecture} {logging:?}"
    )
}
