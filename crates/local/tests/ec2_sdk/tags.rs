//! Tags, where the product keeps its only memory.

use aws_sdk_ec2::types::{Filter, Tag};

use crate::fixture::{A, Aws, ENDPOINT, outcome};

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

async fn create(aws: &Aws, resource: &str, tags: Vec<Tag>) -> String {
    outcome(aws.ec2.create_tags().resources(resource).set_tags(Some(tags)).send().await)
}

async fn tags(aws: &Aws) -> Vec<(String, String)> {
    let tags = aws.endpoint().await.tags.unwrap_or_default();
    tags.into_iter().map(|tag| (tag.key.unwrap(), tag.value.unwrap())).collect()
}

#[tokio::test]
async fn tags_are_written_overwritten_and_deleted() {
    let aws = Aws::start().await;
    let odd = "a & b <c> \"東京\" +%";
    assert_eq!(create(&aws, ENDPOINT, vec![tag("one", "1"), tag("odd", odd), tag("empty", "")]).await, "OK");
    assert_eq!(create(&aws, ENDPOINT, vec![tag("one", "2")]).await, "OK");
    let expected = [("empty", ""), ("odd", odd), ("one", "2")];
    assert_eq!(tags(&aws).await, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));

    let delete = async |key: &str, value: Option<&str>| {
        let tag = Tag::builder().key(key).set_value(value.map(str::to_owned)).build();
        outcome(aws.ec2.delete_tags().resources(ENDPOINT).tags(tag).send().await)
    };
    assert_eq!(delete("one", Some("1")).await, "OK");
    assert_eq!(tags(&aws).await.len(), 3, "another value stays");
    assert_eq!(delete("odd", Some("")).await, "OK");
    assert_eq!(tags(&aws).await.len(), 3, "the empty value is a value");
    assert_eq!(delete("one", Some("2")).await, "OK");
    assert_eq!(delete("odd", None).await, "OK");
    assert_eq!(delete("never", None).await, "OK");
    assert_eq!(tags(&aws).await, [("empty".to_owned(), String::new())]);
    assert_eq!(outcome(aws.ec2.delete_tags().resources(ENDPOINT).send().await), "OK");
    assert!(tags(&aws).await.is_empty(), "no tag named: all go");
}

#[tokio::test]
async fn tags_have_awss_limits() {
    let aws = Aws::start().await;
    let limit = |key: usize, value: usize| vec![tag(&"東".repeat(key), &"京".repeat(value))];
    assert_eq!(create(&aws, ENDPOINT, limit(128, 256)).await, "OK");
    assert_eq!(create(&aws, ENDPOINT, limit(129, 1)).await, "InvalidParameterValue");
    assert_eq!(create(&aws, ENDPOINT, limit(1, 257)).await, "InvalidParameterValue");
    assert_eq!(create(&aws, ENDPOINT, vec![tag("aws:mine", "x")]).await, "InvalidParameterValue");
    assert_eq!(create(&aws, ENDPOINT, vec![tag("twice", "x"), tag("twice", "y")]).await, "InvalidParameterValue");
    let many = |count: usize| (0..count).map(|number| tag(&format!("key-{number}"), "x")).collect();
    assert_eq!(create(&aws, ENDPOINT, many(50)).await, "TagLimitExceeded");
    assert_eq!(tags(&aws).await.len(), 1, "all or nothing");
    assert_eq!(create(&aws, ENDPOINT, many(49)).await, "OK");
    assert_eq!(create(&aws, ENDPOINT, vec![tag("key-0", "over")]).await, "OK", "overwriting adds none");
}

#[tokio::test]
async fn only_what_exists_is_tagged() {
    let aws = Aws::start().await;
    let one = || vec![tag("one", "1")];
    assert_eq!(create(&aws, "cvpn-endpoint-0x", one()).await, "InvalidClientVpnEndpointId.NotFound");
    assert_eq!(create(&aws, "subnet-0x", one()).await, "InvalidSubnetID.NotFound");
    assert_eq!(create(&aws, "thing", one()).await, "InvalidID");
    assert_eq!(outcome(aws.ec2.create_tags().resources(ENDPOINT).send().await), "MissingParameter");
    assert_eq!(outcome(aws.ec2.create_tags().tags(tag("a", "b")).send().await), "MissingParameter");
}

#[tokio::test]
async fn tags_are_described_and_filtered() {
    let aws = Aws::start().await;
    assert_eq!(create(&aws, ENDPOINT, vec![tag("vpn:a", "1"), tag("vpn:b", "2")]).await, "OK");
    assert_eq!(create(&aws, A, vec![tag("vpn:a", "2")]).await, "OK");
    for (name, value, found) in [
        ("resource-id", ENDPOINT, 2),
        ("resource-type", "subnet", 1),
        ("resource-type", "client-vpn-endpoint", 2),
        ("key", "vpn:*", 3),
        ("value", "2", 2),
        ("tag:vpn:a", "1", 1),
    ] {
        let call = aws.ec2.describe_tags().filters(Filter::builder().name(name).values(value).build());
        assert_eq!(call.send().await.unwrap().tags().len(), found, "{name}={value}");
    }
    let call = aws.ec2.describe_subnets().filters(Filter::builder().name("tag:vpn:a").values("2").build());
    let subnets = call.send().await.unwrap();
    assert_eq!(subnets.subnets()[0].tags()[0].value(), Some("2"));
}
