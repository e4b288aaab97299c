//! EC2's forms and XML.

use aws::{
    deployment,
    ec2::{
        ActionResponse, AwsError, Call, ClientVpn, Page, TagDescription,
        wire::{VERSION, answer, error, form, parse, table::ACTIONS},
    },
};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::{any_text, in_xml, odd, texts};

const ENDPOINT: &str = "cvpn-endpoint-0123456789abcdef0";

/// Odd ones, and the code of the refusal; empty where it is taken.
const CORPUS: [(&str, &str); 18] = [
    ("", "MissingAction"),
    ("Action=&Version=2016-11-15", "MissingAction"),
    ("action=DescribeTags&Version=2016-11-15", "MissingAction"),
    ("Action=DescribeTags", "InvalidAction"),
    ("Action=DescribeTags&Version=2010-08-01", "InvalidAction"),
    ("Action=describeTags&Version=2016-11-15", "InvalidAction"),
    ("Action=DescribeTags&Version=2016-11-15", ""),
    ("Action=DescribeTags&Version=2016-11-15&DryRun=True", "InvalidParameterValue"),
    ("Action=DescribeTags&Version=2016-11-15&Filter.1.Value.1=x", "MissingParameter"),
    ("Action=DescribeTags&Version=2016-11-15&Filter.01.Name=key", "MissingParameter"),
    ("Action=DescribeTags&Version=2016-11-15&Filter.4294967296.Name=key", "UnknownParameter"),
    ("Action=DescribeTags&Version=2016-11-15&Filter..Name=key", "UnknownParameter"),
    ("Action=DescribeTags&Version=2016-11-15&Filter.1=key", "UnknownParameter"),
    ("Action=DescribeTags&Version=2016-11-15&MaxResults=99999999999", "InvalidParameterValue"),
    ("Action=DescribeTags&Version=2016-11-15&MaxResults=", "InvalidParameterValue"),
    ("Action=DescribeTags&Version=2016-11-15&\u{1}=<", "UnknownParameter"),
    ("Action=CreateTags&Version=2016-11-15&ResourceId.1=r&Tag.1.Value=v", "MissingParameter"),
    ("Action=CreateTags&Version=2016-11-15&ResourceId.1=r&Tag.1.Key=%00%zz%f0", ""),
];

#[test]
fn the_corpus_is_read_as_it_says() {
    for (body, code) in CORPUS {
        let refused = parse(form(body.as_bytes())).err();
        assert_eq!(refused.as_ref().map_or("", |error| &error.code), code, "{body}");
        if let Some(refused) = refused {
            texts(&error(&refused, "id"));
        }
    }
}

fn now() -> Timestamp {
    "2026-11-02T12:00:00Z".parse().expect("a time")
}

fn endpoint() -> ClientVpn {
    let subnet = |name: &str| deployment::Subnet {
        id: format!("subnet-{name}"),
        vpc: "vpc-1".to_owned(),
        availability_zone: format!("us-east-1{name}"),
        cidr: "10.0.0.0/24".to_owned(),
        ipv6_cidr: None,
    };
    let endpoint = deployment::Endpoint {
        id: ENDPOINT.to_owned(),
        vpc: "vpc-1".to_owned(),
        vpc_cidr: "10.0.0.0/16".to_owned(),
        client_cidr: "10.100.0.0/22".to_owned(),
        subnets: vec![subnet("a"), subnet("b")],
        ..deployment::Endpoint::default()
    };
    ClientVpn::new(&endpoint, "us-east-1", "123456789012")
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            ENDPOINT, "subnet-a", "subnet-b", "10.20.0.0/16", "::/0", "true", "false", "5", "1000", "443", "key", "*", "?",
            "tag:Name", "destination-cidr", "enabled", "2147483647", "-1", "", "10.0.0.0/33",
        ]).prop_map(str::to_owned),
        1 => any_text(),
    ]
}

/// A form that is nearly one of an action.
fn any_form() -> impl Strategy<Value = (String, Vec<(String, String)>)> {
    (0..ACTIONS.len()).prop_flat_map(|number| {
        let (action, known) = &ACTIONS[number];
        let name = (0..known.len()).prop_flat_map(move |number| {
            let name = known[number].0;
            prop::sample::select(vec!["1", "2", "01", "4294967295"]).prop_map(move |n| match name.contains(".N") {
                true => name.replace(".N", &format!(".{n}")),
                false => name.to_owned(),
            })
        });
        let name = prop_oneof![9 => name, 1 => any_text()];
        prop::collection::vec((name, value()), 0..6).prop_map(move |mut parameters| {
            if known.iter().any(|(name, _)| *name == "ClientVpnEndpointId") {
                parameters.insert(0, ("ClientVpnEndpointId".to_owned(), ENDPOINT.to_owned()));
            }
            ((*action).to_owned(), parameters)
        })
    })
}

fn encoded(action: &str, parameters: &[(String, String)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", action).append_pair("Version", VERSION);
    form.extend_pairs(parameters);
    form.finish()
}

proptest! {
    #![proptest_config(odd::config())]

    /// Several calls to one endpoint: each is answered, in XML that can be read.
    #[test]
    fn every_form_is_answered(calls in prop::collection::vec(any_form(), 1..6), raw in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut state = endpoint();
        let _ = parse(form(&raw));
        for (action, parameters) in calls {
            let called = parse(form(encoded(&action, &parameters).as_bytes()));
            let answered = called.and_then(|request| {
                assert_eq!(request.call.action(), action);
                state.call(now(), &request.call)
            });
            let xml = match &answered {
                Ok(response) => answer(&action, response, "id"),
                Err(refused) => {
                    assert!(!refused.code.is_empty() && refused.code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.'));
                    error(refused, "id")
                }
            };
            let texts = texts(&xml);
            let outermost = texts.last().map(|(name, _)| name.clone());
            prop_assert_eq!(outermost, Some(if answered.is_ok() { format!("{action}Response") } else { "Response".to_owned() }));
            if let Err(refused) = answered {
                prop_assert!(texts.contains(&("Code".to_owned(), refused.code)));
                prop_assert!(texts.contains(&("Message".to_owned(), in_xml(&refused.message))));
            }
        }
    }

    #[test]
    fn tags_are_read_as_they_were_sent(
        resources in prop::collection::vec("[a-z-]{1,8}", 1..4),
        tags in prop::collection::vec((any_text().prop_filter("a key", |key| !key.is_empty()), any_text()), 1..12),
    ) {
        let resource = |(n, id): (usize, &String)| (format!("ResourceId.{}", n + 1), id.clone());
        let mut parameters: Vec<_> = resources.iter().enumerate().map(resource).collect();
        for (n, (key, value)) in tags.iter().enumerate() {
            parameters.push((format!("Tag.{}.Value", n + 1), value.clone()));
            parameters.push((format!("Tag.{}.Key", n + 1), key.clone()));
        }
        let read = parse(form(encoded("CreateTags", &parameters).as_bytes())).map(|request| request.call);
        prop_assert_eq!(read, Ok(Call::CreateTags { resources, tags }));
    }

    /// Whatever stands in it, its own markup is no part of ours, and nothing is lost but what XML has not.
    #[test]
    fn texts_come_out_of_xml_as_they_went_in(tags in prop::collection::vec([any_text(), any_text()], 0..4), token in prop::option::of(any_text()), id in any_text()) {
        let item = |[key, value]: &[String; 2]| TagDescription {
            resource_id: ENDPOINT.to_owned(),
            resource_type: "client-vpn-endpoint".to_owned(),
            key: key.clone(),
            value: value.clone(),
        };
        let page = Page { items: tags.iter().map(item).collect(), next_token: token.clone() };
        let found = texts(&answer("DescribeTags", &ActionResponse::Tags(page), &id));
        let of = |name: &str| found.iter().filter(|(found, _)| found == name).map(|(_, text)| text.clone()).collect::<Vec<_>>();
        prop_assert_eq!(of("key"), tags.iter().map(|[key, _]| in_xml(key)).collect::<Vec<_>>());
        prop_assert_eq!(of("value"), tags.iter().map(|[_, value]| in_xml(value)).collect::<Vec<_>>());
        prop_assert_eq!(of("nextToken"), token.iter().map(|token| in_xml(token)).collect::<Vec<_>>());
        prop_assert_eq!(of("requestId"), vec![in_xml(&id)]);
        let refused = error(&AwsError::new(&id, id.clone()), &id);
        for name in ["Code", "Message", "RequestID"] {
            prop_assert!(texts(&refused).contains(&(name.to_owned(), in_xml(&id))));
        }
    }
}
