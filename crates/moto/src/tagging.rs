//! EC2's tags where the endpoint, which stands here, and things that stand upstream are named in one call: both parts are
//! done, or neither; and both are told.

use std::collections::BTreeMap;

use aws::{authorize::Principal, ec2};
use axum::{
    body::{Body, Bytes, to_bytes},
    http::request::Parts,
    response::Response,
};
use http::header;

use local::{api, locks::lock, world::Shared};

use crate::{refuse::Refusal, upstream::Upstream};

/// A form's fields.
type Form = BTreeMap<String, String>;

/// The call for the endpoints among its resources, and the one for the others; `None` where there are none.
fn split(form: &Form) -> (Option<Form>, Option<Form>) {
    let is_resource = |name: &String| name.starts_with("ResourceId.");
    let rest = form.iter().filter(|(name, _)| !is_resource(name));
    let (ours, theirs): (Vec<_>, Vec<_>) =
        form.iter().filter(|(name, _)| is_resource(name)).map(|(_, id)| id).partition(|id| id.starts_with("cvpn-"));
    let part = |ids: Vec<&String>| {
        let numbered = ids.iter().enumerate().map(|(at, id)| (format!("ResourceId.{}", at + 1), (*id).clone()));
        let whole = rest.clone().map(|(name, value)| (name.clone(), value.clone())).chain(numbered);
        (!ids.is_empty()).then(|| whole.collect())
    };
    (part(ours), part(theirs))
}

/// Answers `CreateTags` or `DeleteTags` that name an endpoint; `None` for all others.
pub(crate) async fn write(
    world: &Shared,
    upstream: &Upstream,
    principal: &Principal,
    parts: &Parts,
    body: &Bytes,
) -> Option<Result<Response, Refusal>> {
    let (ours, theirs) = split(&ec2::wire::form(body));
    let before = lock(&world.ec2).clone();
    let response = api::ec2::answer(world, Some(principal), ours?).await;
    let Some(theirs) = theirs.filter(|_| response.status().is_success()) else { return Some(Ok(response)) };
    let form: Bytes = {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(&theirs).finish().into()
    };
    let mut parts = parts.clone();
    parts.headers.remove(header::CONTENT_LENGTH);
    upstream.memory().stale = true;
    let passed = upstream.client.pass(&parts, form).await;
    if !passed.as_ref().is_ok_and(|passed| passed.status().is_success()) {
        lock(&world.ec2).put_back_tags(&before);
    }
    Some(passed.map(|passed| passed.map(Body::from)).map_err(|error| Refusal::unreachable(&error.to_string())))
}

/// Answers `DescribeTags`: the upstream's with the endpoint's, which come on its last page.
pub(crate) async fn read(
    world: &Shared,
    principal: &Principal,
    theirs: Response,
    body: &Bytes,
) -> Result<Response, Refusal> {
    let mut form = ec2::wire::form(body);
    form.retain(|name, _| !["MaxResults", "NextToken"].contains(&name.as_str()));
    let ours = api::ec2::answer(world, Some(principal), form).await;
    if !theirs.status().is_success() || !ours.status().is_success() {
        return Ok(if theirs.status().is_success() { ours } else { theirs });
    }
    let (mut parts, theirs) = theirs.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(parts, Body::from(together(&text(theirs).await?, &text(ours.into_body()).await?))))
}

async fn text(body: Body) -> Result<String, Refusal> {
    let bytes = to_bytes(body, usize::MAX).await.map_err(|error| Refusal::unreachable(&error.to_string()))?;
    String::from_utf8(bytes.into()).map_err(|error| Refusal::unreachable(&error.to_string()))
}

/// One answer with the items of both.
fn together(theirs: &str, ours: &str) -> String {
    let items = ours.split_once("<tagSet>").and_then(|(_, rest)| rest.split_once("</tagSet>")).map(|(items, _)| items);
    let has_more = theirs.split_once("<nextToken>").is_some_and(|(_, token)| !token.starts_with('<'));
    let Some(items) = items.filter(|_| !has_more) else { return theirs.to_owned() };
    let whole = theirs.replacen("<tagSet/>", "<tagSet></tagSet>", 1);
    whole.replacen("</tagSet>", &format!("{items}</tagSet>"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Form {
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn each_part_is_a_call_of_its_own() {
        let call = form(&[
            ("Action", "CreateTags"),
            ("ResourceId.1", "sg-1"),
            ("ResourceId.2", "cvpn-endpoint-1"),
            ("ResourceId.3", "sg-2"),
            ("Tag.1.Key", "k"),
        ]);
        let ours = form(&[("Action", "CreateTags"), ("ResourceId.1", "cvpn-endpoint-1"), ("Tag.1.Key", "k")]);
        let theirs =
            form(&[("Action", "CreateTags"), ("ResourceId.1", "sg-1"), ("ResourceId.2", "sg-2"), ("Tag.1.Key", "k")]);
        assert_eq!(split(&call), (Some(ours.clone()), Some(theirs.clone())));
        assert_eq!(split(&ours), (Some(ours), None));
        assert_eq!(split(&theirs), (None, Some(theirs)));
    }

    #[test]
    fn the_endpoints_tags_come_on_the_last_page() {
        let ours = "<R><tagSet><item>o</item></tagSet></R>";
        let theirs = "<R><tagSet><item>t</item></tagSet></R>";
        assert_eq!(together(theirs, ours), "<R><tagSet><item>t</item><item>o</item></tagSet></R>");
        assert_eq!(
            together("<R><tagSet/><nextToken></nextToken></R>", ours),
            format!("<R>{}<nextToken></nextToken></R>", &ours[3..34])
        );
        let more = "<R><tagSet/><nextToken>x</nextToken></R>";
        assert_eq!(together(more, ours), more);
        assert_eq!(together(theirs, "<R><tagSet/></R>"), theirs);
    }
}
