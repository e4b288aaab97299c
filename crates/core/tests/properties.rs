//! What holds for whatever stands in tags, in settings and in EC2's answers.

mod odd;

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use vpn_core::{
    config::{ENDPOINT_ID, IDLE_TIME, KEEP_LIMIT, ROUTES, Reader, SUBNET_IDS, Vpn, duration},
    marks::{AHEAD_AT_MOST, Mark, RawMarks, round_up_to_minute},
    model::{
        Association, AssociationId, AssociationState, Cidr, Connection, ConnectionEnd, ConnectionState, Connections,
        Endpoint, EndpointId, EndpointState, Route, RouteState, Snapshot, SubnetId,
    },
    plan::{Rules, Trigger, plan, view},
};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Odd ones, and what each is; `None` is none.
const DURATIONS: [(&str, Option<i64>); 14] = [
    ("1ms", Some(1)),
    ("8784h", Some(31_622_400_000)),
    ("00001s", Some(1000)),
    ("8785h", None),
    ("0h", None),
    ("9223372036854775807ms", None),
    ("9223372036854775808ms", None),
    ("1", None),
    ("s", None),
    ("1 s", None),
    ("+1s", None),
    ("-1s", None),
    ("1s\n", None),
    ("٣m", None),
];
const BLOCKS: [(&str, Option<&str>); 20] = [
    ("0.0.0.0/0", Some("0.0.0.0/0")),
    ("10.0.0.1/32", Some("10.0.0.1/32")),
    ("::/0", Some("::/0")),
    ("2001:DB8:0:0:0::/33", Some("2001:db8::/33")),
    ("::ffff:10.0.0.0/104", Some("::ffff:10.0.0.0/104")),
    ("10.0.0.0/8/8", None),
    ("10.0.0.0/+8", None),
    ("10.0.0.0/08", None),
    ("10.0.0.0/-8", None),
    ("10.0.0.0/ 8", None),
    ("10.0.0.0/", None),
    ("10.0.0.0/4294967304", None),
    ("0.0.0.0/33", None),
    ("::/129", None),
    ("010.0.0.0/8", None),
    ("10.0.0/8", None),
    ("10.0.0.0/255.0.0.0", None),
    ("::1%eth0/128", None),
    ("/8", None),
    ("/", None),
];
const ENDS: [(&str, Option<bool>); 12] = [
    ("", None),
    (" - ", None),
    ("2026-11-02 07:58:34", Some(true)),
    (" 2026-11-02 07:58:34 ", Some(true)),
    ("2028-02-29 00:00:00", Some(true)),
    ("2027-02-29 00:00:00", Some(false)),
    ("2026-11-02T07:58:34Z", Some(false)),
    ("2026-11-02 24:00:00", Some(false)),
    ("2026-11-02 07:58:34 +09:00", Some(false)),
    ("2026-11-02", Some(false)),
    ("1793610020", Some(false)),
    ("--", Some(false)),
];
/// Of `last-request` at noon of 2026-11-02.
const MARKS: [(&str, bool); 14] = [
    ("2026-11-02T12:02:00Z", true),
    ("2026-11-02T12:02:00.000000001Z", false),
    ("2026-11-02T21:00:00+09:00", true),
    ("2026-11-02T12:00:60Z", true),
    ("-009999-01-02T01:59:59Z", true),
    ("9999-12-30T22:00:00Z", false),
    ("99999-01-01T00:00:00Z", false),
    ("2026-11-02", false),
    ("2026-11-02T12:00:00", false),
    ("1793620800", false),
    ("now", false),
    ("2026-11-02T12:00:00Z 2026-11-02T12:00:00Z", false),
    ("\u{feff}2026-11-02T12:00:00Z", false),
    ("２026-11-02T12:00:00Z", false),
];

#[test]
fn the_corpus_is_read_as_it_says() {
    for (text, milliseconds) in DURATIONS {
        assert_eq!(duration(text).ok(), milliseconds.map(SignedDuration::from_millis), "{text:?}");
    }
    for (text, block) in BLOCKS {
        assert_eq!(Cidr::parse(text).ok().as_ref().map(Cidr::as_str), block, "{text:?}");
    }
    for (text, is_time) in ENDS {
        let read = ConnectionEnd::parse(Some(text)).map(|end| matches!(end, ConnectionEnd::At(_)));
        assert_eq!(read, is_time, "{text:?}");
    }
    let noon = "2026-11-02T12:00:00Z".parse().expect("a time");
    for (text, counts) in MARKS {
        let marks = RawMarks::from_tags([(Mark::LastRequest.key(), text)]).read(noon, MINUTE);
        assert_eq!((marks.last_request.is_some(), marks.bad.is_empty()), (counts, counts), "{text:?}");
    }
}

/// Any moment that a tag can say.
fn moment() -> impl Strategy<Value = Timestamp> {
    let (least, most) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    prop_oneof![
        (least..=most).prop_map(|second| Timestamp::from_second(second).expect("within")),
        (1_793_610_000_i64..1_793_640_000).prop_map(|second| Timestamp::from_second(second).expect("within")),
        prop::sample::select(vec![Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH]),
    ]
}

/// A moment of the years in which this runs.
fn now() -> impl Strategy<Value = Timestamp> {
    (1_600_000_000_i64..32_503_680_000).prop_map(|second| Timestamp::from_second(second).expect("within"))
}

/// Around what is too far ahead.
fn near() -> impl Strategy<Value = SignedDuration> {
    prop_oneof![-300..300_i64, 28_700..29_000_i64].prop_map(SignedDuration::from_secs)
}

fn tag() -> impl Strategy<Value = String> {
    prop_oneof![
        moment().prop_map(|at| at.to_string()),
        any::<String>(),
        "[-+0-9TZ:. ]{0,40}",
        prop::sample::select(MARKS.as_slice()).prop_map(|(text, _)| text.to_owned()),
    ]
}

fn state(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![prop::sample::select(words).prop_map(str::to_owned), any::<String>()]
}

prop_compose! {
    /// What AWS lists, in whatever words.
    fn snapshot()(
        endpoint in state(&["available", "pending-associate", "deleting"]),
        tags in prop::collection::vec((prop::sample::select(Mark::ALL.as_slice()), tag()), 0..6),
        associations in prop::collection::vec((0..3_usize, state(&["associated", "associating", "disassociating", "association-failed"])), 0..4),
        routes in prop::option::of(prop::collection::vec((0..3_usize, state(&["active", "creating", "failed"])), 0..4)),
        connections in prop::collection::vec((state(&["active", "terminated"]), prop::option::of(any::<String>())), 0..3),
        more: bool,
    ) -> Snapshot {
        let subnet = |number: usize| format!("subnet-{number}");
        Snapshot {
            endpoint: Endpoint {
                state: EndpointState::parse(&endpoint),
                vpc: None,
                transit_gateway: None,
                marks: RawMarks::from_tags(tags.iter().map(|(mark, text)| (mark.key(), text.as_str()))),
            },
            associations: associations.into_iter().enumerate().map(|(id, (number, state))| Association {
                id: AssociationId::parse(&format!("cvpn-assoc-{id}")).expect("an id"),
                subnet: subnet(number),
                state: AssociationState::parse(&state),
                message: None,
            }).collect(),
            routes: routes.map(|routes| routes.into_iter().map(|(number, state)| Route {
                destination: "10.20.0.0/16".to_owned(),
                subnet: subnet(number),
                state: RouteState::parse(&state),
                added_by_hand: true,
            }).collect()),
            connections: Connections {
                listed: connections.iter().map(|(state, ended)| Connection {
                    state: ConnectionState::parse(state),
                    ended: ConnectionEnd::parse(ended.as_deref()),
                }).collect(),
                more,
            },
        }
    }
}

fn rules(keep_limit: SignedDuration) -> Rules {
    Rules {
        subnets: vec![SubnetId::parse("subnet-0").expect("an id"), SubnetId::parse("subnet-1").expect("an id")],
        routes: vec![Cidr::parse("10.20.0.0/16").expect("a block")],
        idle_time: SignedDuration::from_mins(30),
        keep_limit,
    }
}

/// A text that is nearly one of these, or anything.
fn like(regex: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![3 => regex.prop_map(|text: String| text), 1 => any::<String>()]
}

proptest! {
    #![proptest_config(odd::config())]

    /// A tag that anybody can write by hand must neither end an invocation nor hold the VPN on for longer than is allowed.
    #[test]
    fn a_mark_counts_or_is_reported(
        tags in prop::collection::vec((prop::sample::select(Mark::ALL.as_slice()), prop_oneof![tag().prop_map(Ok), near().prop_map(Err)]), 0..8),
        now in now(),
    ) {
        let tags: Vec<_> = tags.into_iter().map(|(mark, tag)| (mark, tag.unwrap_or_else(|near| (now + near).to_string()))).collect();
        let raw = RawMarks::from_tags(tags.iter().map(|(mark, text)| (mark.key(), text.as_str())));
        let limit = SignedDuration::from_hours(8);
        let marks = raw.read(now, limit);
        let read = [marks.last_request, marks.keep_until, marks.on_since, marks.ready_since, marks.closed_until];
        for (mark, read) in Mark::ALL.into_iter().zip(read) {
            let bad = marks.bad.iter().any(|bad| bad.mark == mark);
            prop_assert_eq!(raw.get(mark).is_some(), read.is_some() || bad);
            prop_assert!(!(read.is_some() && bad));
            let ahead = read.map_or(SignedDuration::MIN, |at| at.duration_since(now));
            match mark {
                Mark::ClosedUntil => {}
                Mark::KeepUntil => prop_assert!(ahead <= limit + MINUTE),
                Mark::LastRequest | Mark::OnSince | Mark::ReadySince => prop_assert!(ahead <= AHEAD_AT_MOST),
            }
        }
    }

    #[test]
    fn what_was_written_as_a_mark_is_read_again(at in moment()) {
        let rounded = round_up_to_minute(at);
        prop_assert!(rounded >= at && rounded.duration_since(at) < MINUTE);
        prop_assert!(rounded == at || rounded.as_second() % 60 == 0 && rounded.subsec_nanosecond() == 0);
        for at in [at, rounded] {
            let text = at.to_string();
            let raw = RawMarks::from_tags(Mark::ALL.map(|mark| (mark.key(), text.as_str())));
            let marks = raw.read(at, SignedDuration::ZERO);
            let read = [marks.last_request, marks.keep_until, marks.on_since, marks.ready_since, marks.closed_until];
            prop_assert_eq!(read, [Some(at); 5]);
        }
    }

    /// Whatever AWS lists and whoever asks, there is a decision and a view of it; only our associations go, each once.
    #[test]
    fn there_is_always_a_plan(snapshot in snapshot(), now in now(), closed in prop::option::of(1..=366 * 24_i64)) {
        let rules = rules(SignedDuration::from_hours(366 * 24));
        let closed_for = closed.map(SignedDuration::from_hours);
        let seen = view(&snapshot, &rules, now);
        prop_assert!(seen.subnets.done <= seen.subnets.of && seen.routes.done <= seen.routes.of, "{:?}", seen);
        for trigger in [
            Trigger::Opening,
            Trigger::Progress,
            Trigger::Keep(SignedDuration::from_hours(24)),
            Trigger::Off,
            Trigger::Alarm,
            Trigger::Schedule,
            Trigger::AdminOn,
            Trigger::AdminOpen,
            Trigger::AdminKeep(SignedDuration::from_hours(closed.unwrap_or(0))),
            Trigger::Force { closed_for },
        ] {
            let planned = plan(&snapshot, &rules, trigger, now);
            let mut changes: Vec<_> = planned.changes.iter().map(|change| format!("{change:?}")).collect();
            let count = changes.len();
            changes.sort_unstable();
            changes.dedup();
            prop_assert_eq!(changes.len(), count, "{:?}", planned.changes);
        }
    }

    #[test]
    fn a_duration_is_its_number_of_its_unit(number in prop_oneof![0..100_000_u64, any::<u64>()], unit in prop::sample::select(vec![("ms", 1_i128), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]), text in like("[-+0-9. ]{0,20}(ms|[smhd]|)")) {
        let milliseconds = i128::from(number) * unit.1;
        let expected = (1..=366 * 24 * 3_600_000).contains(&milliseconds).then_some(milliseconds);
        prop_assert_eq!(duration(&format!("{number}{}", unit.0)).ok().map(|time| time.as_millis()), expected);
        if let Ok(time) = duration(&text) {
            prop_assert!(text.starts_with(|first: char| first.is_ascii_digit()) && time > SignedDuration::ZERO, "{}", text);
        }
    }

    #[test]
    fn a_block_is_its_own_network(bits: u128, v6: bool, length in 0..140_u32) {
        let (address, width): (IpAddr, _) = match v6 {
            true => (IpAddr::V6(bits.into()), 128),
            #[expect(clippy::cast_possible_truncation, reason = "any 32 bits")]
            false => (IpAddr::V4((bits as u32).into()), 32),
        };
        let network = |length: u32| {
            let host = width - length;
            let kept = |bits: u128| if host == 128 { 0 } else { bits >> host << host };
            match address {
                IpAddr::V4(v4) => IpAddr::V4(u32::try_from(kept(v4.to_bits().into())).expect("32 bits").into()),
                IpAddr::V6(v6) => IpAddr::V6(kept(v6.to_bits()).into()),
            }
        };
        let text = format!("{address}/{length}");
        let expected = (length <= width && network(length) == address).then(|| text.clone());
        prop_assert_eq!(Cidr::parse(&text).ok().map(|block| block.as_str().to_owned()), expected);
        if length <= width {
            let text = format!("{}/{length}", network(length));
            let block = Cidr::parse(&text).map_err(|bad| TestCaseError::fail(bad.to_string()))?;
            prop_assert_eq!(block.as_str(), &text);
            prop_assert!(block.is(&text) && block.is(&text.to_uppercase()));
        }
    }

    #[test]
    fn what_is_read_as_a_block_is_written_so(text in like("[0-9]{1,2}\\.[0-9]{1,2}\\.0\\.0/[0-9+]{1,2}|[0-9a-f]{1,4}::/[0-9]{1,3}")) {
        if let Ok(block) = Cidr::parse(&text) {
            prop_assert_eq!(Cidr::parse(block.as_str()), Ok(block.clone()));
            let (address, length) = block.as_str().split_once('/').expect("a block");
            prop_assert!(address.parse::<IpAddr>().is_ok() && text.ends_with(&format!("/{length}")), "{}", text);
        }
    }

    #[test]
    fn an_end_is_the_time_that_aws_wrote(second in 0..253_402_207_200_i64, text in like("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}")) {
        let at = Timestamp::from_second(second).expect("within");
        let written = at.strftime("%Y-%m-%d %H:%M:%S").to_string();
        prop_assert_eq!(ConnectionEnd::parse(Some(&written)), Some(ConnectionEnd::At(at)));
        match ConnectionEnd::parse(Some(&text)) {
            None => prop_assert!(["", "-"].contains(&text.trim())),
            Some(ConnectionEnd::At(at)) => prop_assert_eq!(at.strftime("%Y-%m-%d %H:%M:%S").to_string(), text.trim()),
            Some(ConnectionEnd::Unreadable(kept)) => prop_assert_eq!(&kept, text.trim()),
        }
    }

    #[test]
    fn an_id_is_taken_as_it_is_or_not(text in like("(cvpn-endpoint-|subnet-|)[a-z0-9-]{0,20}[ A-Z.,/]?")) {
        let legal = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        let expected = |prefix: &str| text.strip_prefix(prefix).filter(|rest| legal(rest)).map(|_| text.clone());
        prop_assert_eq!(EndpointId::parse(&text).ok().map(|id| id.to_string()), expected("cvpn-endpoint-"));
        prop_assert_eq!(SubnetId::parse(&text).ok().map(|id| id.to_string()), expected("subnet-"));
        prop_assert_eq!(AssociationId::parse(&text).ok().map(|id| id.to_string()), expected(""));
    }

    #[test]
    fn a_word_of_aws_is_kept(word in like("[ a-z-]{0,20}")) {
        prop_assert_eq!(AssociationState::parse(&word).to_string(), word.clone());
        prop_assert_eq!(RouteState::parse(&word).to_string(), word.clone());
        prop_assert_eq!(EndpointState::parse(&word).to_string(), word.clone());
        prop_assert_eq!(ConnectionState::parse(&word).to_string(), word.clone());
    }

    /// A bad one is named with what was expected, and spoils no other.
    #[test]
    fn each_variable_is_read_or_named(
        endpoint in prop::option::of(like("(cvpn-endpoint-[0-9a-f]{0,17})|subnet-1")),
        subnets in prop::option::of(like("(subnet-[0-9]{0,2}[, ]{0,2}){0,7}")),
        routes in prop::option::of(like("(10\\.[0-9]\\.0\\.0/(16|8),?){0,3}")),
        idle_time in prop::option::of(like("[0-9]{1,4}(m|s|h|)")),
        keep_limit in prop::option::of(like("[0-9]{1,4}(m|s|h|)")),
    ) {
        let vars = [(ENDPOINT_ID, endpoint), (SUBNET_IDS, subnets), (ROUTES, routes), (IDLE_TIME, idle_time), (KEEP_LIMIT, keep_limit)];
        let given: std::collections::HashMap<String, String> =
            vars.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?))).collect();
        let good = [("cvpn-endpoint-1"), "subnet-1", "10.20.0.0/16", "30m", "8h"];
        let read = |given: &std::collections::HashMap<String, String>| {
            let mut reader = Reader::new(given);
            let vpn = Vpn::read(&mut reader);
            reader.finish(vpn)
        };
        let all = read(&given);
        let told = all.as_ref().map_or_else(ToString::to_string, |_| String::new());
        for ((name, value), good) in vars.iter().zip(good) {
            // Alone among good ones.
            let mut alone: std::collections::HashMap<String, String> =
                vars.iter().zip(["cvpn-endpoint-1", "subnet-1", "10.20.0.0/16", "30m", "8h"]).map(|((name, _), good)| ((*name).to_owned(), good.to_owned())).collect();
            match value {
                Some(value) => drop(alone.insert((*name).to_owned(), value.clone())),
                None => drop(alone.remove(*name)),
            }
            let is_bad = read(&alone).is_err();
            prop_assert_eq!(is_bad, told.contains(&format!("{name}=")) || told.contains(&format!("{name} is not set")), "{}, good is {}: {}", name, good, told);
        }
        if let Ok(vpn) = all {
            prop_assert!((1..=5).contains(&vpn.rules.subnets.len()));
            prop_assert!((20..=55).contains(&vpn.rules.idle_time.as_mins()) && vpn.rules.idle_time.as_secs() % 300 == 0);
        }
    }
}
