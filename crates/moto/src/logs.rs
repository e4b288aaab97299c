//! Log groups: what functions wrote is here, what others put there is upstream. Whoever reads gets both.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use local::{
    functions::logs::Line,
    this_computer::{ACCOUNT, PARTITION, REGION},
    world::Shared,
};

use crate::{
    aws_like::pattern::Pattern,
    client::{Client, Failed},
    operation::Operation,
    refuse::Refusal,
    upstream::Upstream,
};

/// Answers what reads log lines; `None` for what the upstream answers alone, its refusals too.
pub(crate) async fn answer(
    world: &Shared,
    upstream: &Upstream,
    operation: &Operation,
) -> Result<Option<Value>, Refusal> {
    const READ: [&str; 3] = ["FilterLogEvents", "GetLogEvents", "DescribeLogStreams"];
    if operation.service != "logs" || !READ.contains(&operation.name.as_str()) {
        return Ok(None);
    }
    let group = group(operation);
    let since = if operation.name == "DescribeLogStreams" { 0 } else { number(operation, "startTime").unwrap_or(0) };
    let since = Timestamp::from_millisecond(since).unwrap_or(Timestamp::MIN);
    let Some(ours) = world.logs.of(&group, since) else {
        return Err(not_emulated(operation, "lines as old as these are forgotten here: give a later startTime"));
    };
    match operation.name.as_str() {
        "FilterLogEvents" => filtered(&upstream.client, operation, &group, &ours).await,
        // Every other stream is the upstream's.
        "GetLogEvents" if !world.logs.has(&group, operation.text("logStreamName")) => Ok(None),
        "GetLogEvents" => Ok(Some(of_stream(operation, &ours))),
        _ => streams(&upstream.client, operation, &group, &ours).await,
    }
}

/// After a call that succeeded.
pub(crate) fn after(world: &Shared, operation: &Operation) {
    match operation.full_name().as_str() {
        "logs:DeleteLogGroup" => world.logs.delete(&group(operation), None),
        "logs:DeleteLogStream" => world.logs.delete(&group(operation), Some(operation.text("logStreamName"))),
        _ => {}
    }
}

async fn filtered(
    client: &Client,
    operation: &Operation,
    group: &str,
    ours: &[Line],
) -> Result<Option<Value>, Refusal> {
    let Some(pattern) = Pattern::of(operation.text("filterPattern")) else {
        return Err(not_emulated(operation, "this filterPattern"));
    };
    let asked = input(operation, group, &["startTime", "endTime"]);
    let Some(theirs) = all(client, "FilterLogEvents", asked, "events", ours.is_empty()).await? else { return Ok(None) };
    let names = operation.fields["logStreamNames"].as_array();
    let is_wanted = |event: &Value| {
        let stream = event["logStreamName"].as_str().unwrap_or_default();
        stream.starts_with(operation.text("logStreamNamePrefix"))
            && names.is_none_or(|names| names.iter().any(|name| name == stream))
            && number(operation, "endTime").is_none_or(|end| event["timestamp"].as_i64().is_some_and(|at| at <= end))
            && pattern.takes(event["message"].as_str().unwrap_or_default())
    };
    let mut events: Vec<_> = theirs.into_iter().chain(ours.iter().map(event)).filter(is_wanted).collect();
    // Each part is in order already: those of the same time stay as they are.
    events.sort_by_key(|event| event["timestamp"].as_i64());
    let (events, next) = page(operation, events, 10_000)?;
    Ok(Some(with_token(json!({ "events": events, "searchedLogStreams": [] }), next)))
}

/// A stream of a function.
fn of_stream(operation: &Operation, ours: &[Line]) -> Value {
    let end = number(operation, "endTime").unwrap_or(i64::MAX);
    let stream = ours.iter().filter(|line| line.stream == operation.text("logStreamName"));
    let lines: Vec<_> = stream.filter(|line| line.at.as_millisecond() < end).collect();
    let limit = number(operation, "limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(10_000);
    let from_here = |token: &str| token.parse::<usize>().ok().map(|at| at.min(lines.len()));
    let token = operation.text("nextToken");
    let forward = token.strip_prefix("f/").and_then(from_here);
    let backward = token.strip_prefix("b/").and_then(from_here);
    let (from, to) = match (forward, backward) {
        (Some(from), _) => (from, (from + limit).min(lines.len())),
        (None, Some(to)) => (to.saturating_sub(limit), to),
        (None, None) if operation.fields["startFromHead"] == true => (0, limit.min(lines.len())),
        (None, None) => (lines.len().saturating_sub(limit), lines.len()),
    };
    let told = |line: &&Line| {
        let at = line.at.as_millisecond();
        json!({ "timestamp": at, "message": line.text, "ingestionTime": at })
    };
    let events: Vec<_> = lines[from..to].iter().map(told).collect();
    json!({ "events": events, "nextForwardToken": format!("f/{to}"), "nextBackwardToken": format!("b/{from}") })
}

async fn streams(client: &Client, operation: &Operation, group: &str, ours: &[Line]) -> Result<Option<Value>, Refusal> {
    let asked = input(operation, group, &["logStreamNamePrefix"]);
    let theirs = all(client, "DescribeLogStreams", asked, "logStreams", ours.is_empty()).await?;
    let Some(mut found) = theirs else { return Ok(None) };
    for line in ours.iter().filter(|line| line.stream.starts_with(operation.text("logStreamNamePrefix"))) {
        let at = line.at.as_millisecond();
        match found.iter_mut().find(|stream| stream["logStreamName"] == line.stream.as_str()) {
            Some(stream) => stream["lastEventTimestamp"] = at.into(),
            None => found.push(json!({
                "logStreamName": line.stream, "creationTime": at, "firstEventTimestamp": at, "lastEventTimestamp": at,
                "lastIngestionTime": at, "storedBytes": 0,
                "arn": format!("arn:{PARTITION}:logs:{REGION}:{ACCOUNT}:log-group:{group}:log-stream:{}", line.stream),
            })),
        }
    }
    if operation.text("orderBy") == "LastEventTime" {
        found.sort_by_key(|stream| stream["lastEventTimestamp"].as_i64());
    } else {
        found.sort_by_key(|stream| stream["logStreamName"].to_string());
    }
    if operation.fields["descending"] == true {
        found.reverse();
    }
    let (found, next) = page(operation, found, 50)?;
    Ok(Some(with_token(json!({ "logStreams": found }), next)))
}

/// Everything that the upstream lists. Where it refuses, `None`, unless there is something of ours: a function makes its
/// group itself where it may.
async fn all(
    client: &Client,
    call: &str,
    mut input: Map<String, Value>,
    list: &str,
    alone: bool,
) -> Result<Option<Vec<Value>>, Failed> {
    let mut found = Vec::new();
    loop {
        let answer = client.json("logs", &format!("Logs_20140328.{call}"), &Value::Object(input.clone())).await;
        let answer = match answer {
            Err(Failed::Answered { code, .. }) if code == "ResourceNotFoundException" && !alone => break,
            Err(Failed::Answered { .. }) => return Ok(None),
            answer => answer?,
        };
        found.extend(answer[list].as_array().into_iter().flatten().cloned());
        match &answer["nextToken"] {
            Value::String(next) if input.get("nextToken") != Some(&answer["nextToken"]) => {
                input.insert("nextToken".to_owned(), next.as_str().into());
            }
            _ => break,
        }
    }
    Ok(Some(found))
}

fn input(operation: &Operation, group: &str, names: &[&str]) -> Map<String, Value> {
    let given = names.iter().filter_map(|name| Some(((*name).to_owned(), operation.fields.get(*name)?.clone())));
    given.chain([("logGroupName".to_owned(), group.into())]).collect()
}

/// A page of it, and where the next one begins.
fn page(operation: &Operation, all: Vec<Value>, usual: usize) -> Result<(Vec<Value>, Option<usize>), Refusal> {
    let limit = number(operation, "limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usual);
    let from = match operation.text("nextToken") {
        "" => 0,
        token => token
            .parse()
            .map_err(|_| Refusal::new(400, "InvalidParameterException", "The specified nextToken is invalid."))?,
    };
    let next = from + limit;
    let next = (next < all.len()).then_some(next);
    Ok((all.into_iter().skip(from).take(limit).collect(), next))
}

fn with_token(mut answer: Value, next: Option<usize>) -> Value {
    if let Some(next) = next {
        answer["nextToken"] = next.to_string().into();
    }
    answer
}

fn event(line: &Line) -> Value {
    let at = line.at.as_millisecond();
    json!({ "logStreamName": line.stream, "timestamp": at, "message": line.text, "ingestionTime": at,
        "eventId": format!("{at:016}{:040}", line.number) })
}

/// By its name or its ARN.
fn group(operation: &Operation) -> String {
    let given = ["logGroupName", "logGroupIdentifier"].map(|name| operation.text(name));
    let given = given.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let name = given.split_once(":log-group:").map_or(given, |(_, name)| name);
    name.trim_end_matches(":*").to_owned()
}

fn number(operation: &Operation, name: &str) -> Option<i64> {
    operation.fields[name].as_i64()
}

fn not_emulated(operation: &Operation, what: &str) -> Refusal {
    let refusal = Refusal::unknown(&operation.name);
    Refusal { message: format!("{}: {what}", refusal.message), ..refusal }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::call;

    fn lines() -> Vec<Line> {
        let at = |second| Timestamp::from_second(second).unwrap();
        let line = |number: u64, stream: &str| Line {
            at: at(100 + i64::try_from(number).unwrap()),
            group: "g".to_owned(),
            stream: stream.to_owned(),
            text: format!("line {number}"),
            number,
        };
        vec![line(1, "a"), line(2, "b"), line(3, "a"), line(4, "a")]
    }

    #[test]
    fn a_stream_is_read_from_both_ends() {
        let read = |fields: Value| {
            let mut all = json!({ "logGroupName": "g", "logStreamName": "a" });
            all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            let told = of_stream(&call("logs:GetLogEvents", all), &lines());
            let texts: Vec<_> = told["events"].as_array().unwrap().iter().map(|it| it["message"].to_string()).collect();
            (texts.join(" ").replace('"', ""), told)
        };
        let (texts, told) = read(json!({ "limit": 2 }));
        assert_eq!((texts.as_str(), &told["nextBackwardToken"]), ("line 3 line 4", &json!("b/1")));
        assert_eq!(read(json!({ "limit": 2, "nextToken": "b/1" })).0, "line 1");
        let (texts, told) = read(json!({ "limit": 2, "startFromHead": true }));
        assert_eq!((texts.as_str(), &told["nextForwardToken"]), ("line 1 line 3", &json!("f/2")));
        let (texts, told) = read(json!({ "nextToken": "f/3" }));
        assert_eq!((texts.as_str(), &told["nextForwardToken"]), ("", &json!("f/3")), "the end says the same again");
        assert_eq!(read(json!({ "endTime": 104_000 })).0, "line 1 line 3");
    }

    #[test]
    fn a_group_is_known_by_name_and_by_arn() {
        for fields in
            [json!({ "logGroupName": "/g" }), json!({ "logGroupIdentifier": "arn:aws:logs:r:1:log-group:/g:*" })]
        {
            assert_eq!(group(&call("logs:FilterLogEvents", fields)), "/g");
        }
    }
}
