//! The cost table in README.md is the one that the prices give, and so is every other price in a text.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod texts;

use std::{collections::BTreeMap, fmt::Write, fs};

use aws::bill::{LEAST_ADDRESSES, Region, prices};
use texts::texts;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
const BEGIN: &str =
    "<!-- cost table: computed from infra/prices.json, checked by crates/harness/tests/cost_table.rs -->\n";
const END: &str = "<!-- end of cost table -->";
const HOURS_A_DAY: [f64; 4] = [1.0, 4.0, 8.0, 12.0];

fn table() -> String {
    let prices = prices().unwrap();
    let mut table = String::from("| region, subnets |");
    HOURS_A_DAY.iter().for_each(|hours| write!(table, " {hours} h a day |").unwrap());
    table.push_str(" always on | pays off below |\n| --- |");
    table.push_str(&" ---: |".repeat(HOURS_A_DAY.len() + 2));
    table.push('\n');
    // The region of the examples first.
    let mut regions: Vec<(&String, &Region)> = prices.regions.iter().collect();
    regions.sort_by_key(|(id, _)| *id != "us-east-1");
    for (id, region) in regions {
        for subnets in [1, 2] {
            let plural = if subnets == 1 { "" } else { "s" };
            write!(table, "| {} ({id}), {subnets} subnet{plural} |", region.name).unwrap();
            for hours in HOURS_A_DAY {
                write!(table, " ${:.0} |", prices.on_demand(region, subnets, hours)).unwrap();
            }
            let (always, even) =
                (prices.always_on(region, subnets), prices.break_even_hours(region, subnets, LEAST_ADDRESSES));
            writeln!(table, " ${always:.0} | {even:.0} h a month |").unwrap();
        }
    }
    table
}

#[test]
fn the_table_in_the_readme_is_what_the_prices_give() {
    let readme = fs::read_to_string(README).unwrap();
    let expected = table();
    let shown = readme.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map(|(shown, _)| shown);
    assert!(
        shown == Some(expected.as_str()),
        "README.md should have, between its markers:\n\n{BEGIN}{expected}{END}\n\nbut has:\n\n{}",
        shown.unwrap_or("no markers")
    );
    assert!(readme.contains(&prices().unwrap().date), "the date of the prices stands beside the table");
}

/// Every file with prices in its words, and every one of them with the words around it.
fn said() -> BTreeMap<&'static str, Vec<String>> {
    let egress: serde_json::Value =
        serde_json::from_str(&fs::read_to_string("../../infra/egress/prices.json").unwrap()).unwrap();
    let egress = |name: &str| egress[name].as_f64().unwrap();
    let prices = prices().unwrap();
    let (here, tokyo) = (&prices.regions["us-east-1"], &prices.regions["ap-northeast-1"]);
    let balancer = prices.load_balancer(here, LEAST_ADDRESSES);
    let address_month = prices.hours_per_month * here.public_address_hour;
    let standing = prices.standing(here, LEAST_ADDRESSES);
    let of_five_hours = standing * 5.0 / prices.hours_per_month;
    let metrics = standing - balancer;
    let connected = |hours: f64| prices.connected(here, 20, hours);
    // The connect handler has 256 MB; see its Cargo.toml.
    let provisioned = 0.25 * 3600.0 * prices.hours_per_month * prices.options.provisioned_gigabyte_second;
    let dashboard = prices.options.dashboard_month;
    let (hour, on) = (2.0 * here.associated_hour(), 96.0 + 50.0 / 60.0);
    let (always, stood) = (336.0 * hour, standing * 336.0 / prices.hours_per_month);
    let connections = (937.0 + 50.0 / 60.0) * here.connection_hour;
    let instead = &prices.alternatives;
    let instance = prices.hours_per_month * (instead.small_instance_hour + here.public_address_hour)
        + instead.gigabyte_month * instead.instance_gigabytes;
    let service = &instead.service_person_month;
    BTreeMap::from([
        (
            "README.md",
            vec![
                format!("public address too (${:.3} an hour)", here.public_address_hour),
                format!(
                    "${:.2} per client. For 20 people that is ${:.0} a month at one hour a day, ${:.0} at two, ${:.0} at eight",
                    here.connection_hour,
                    connected(1.0),
                    connected(2.0),
                    connected(8.0)
                ),
                format!("subtract about ${balancer:.0}."),
                format!(
                    "${:.2} for each hour that it is on (always on: ${:.2} a month), and ${standing:.2} a month, on or off.",
                    2.0 * here.associated_hour(),
                    prices.always_on(here, 2)
                ),
                // Five hours of two subnets, and associated for one hour or two begun ones.
                format!(
                    "${:.2} to ${:.2}; always on would be ${:.2}; saved ${:.2} to ${:.2}",
                    here.associated_hour() + of_five_hours,
                    2.0 * here.associated_hour() + of_five_hours,
                    10.0 * here.associated_hour(),
                    8.0 * here.associated_hour() - of_five_hours,
                    9.0 * here.associated_hour() - of_five_hours
                ),
            ],
        ),
        (
            "infra/README.md",
            vec![
                format!(
                    "about ${balancer:.0} a month with its public addresses in two subnets, ${address_month:.2} for each"
                ),
                format!("one gauge (about ${metrics:.0})"),
                format!("two more (${:.2})", 2.0 * here.alarm_metric_month),
                format!("`CONNECT_PROVISIONED` (about ${provisioned:.0} a month each)"),
                format!("`DASHBOARD` (${dashboard:.0} a month"),
                // Fourteen days of an office, two subnets: hours on, as they are and begun, and connection hours.
                format!(
                    "It would have saved ${:.2} to ${:.2}.",
                    always - 104.0 * hour - stood,
                    always - on * hour - stood
                ),
                format!("${:.2}, of which ${connections:.2} for", always + connections),
                format!(
                    "${:.2} to ${:.2}, with the same connection hours and ${stood:.2} for",
                    on * hour + stood + connections,
                    104.0 * hour + stood + connections
                ),
            ],
        ),
        (
            "infra/settings.example.env",
            vec![
                format!("about ${balancer:.0} a month; ${address_month:.2} more for each subnet"),
                format!("about ${provisioned:.0} a month each"),
                format!("${dashboard:.0} a month beyond"),
            ],
        ),
        (
            "infra/egress/README.md",
            vec![
                format!("${:.2} a month in us-east-1 beside", egress("LoadBalancerHour") * prices.hours_per_month),
                format!("${:.2} a month for each VPC", egress("TransitGatewayAttachmentHour") * prices.hours_per_month),
                format!("${:.2} by the hour and zone. It", egress("InterfaceEndpointHour")),
            ],
        ),
        (
            "infra/alternatives.md",
            vec![
                format!("(${:.2} each)", here.connection_hour),
                format!("at one hour a day ${:.0}, at eight ${:.0}.", connected(1.0), connected(8.0)),
                "| $0 | its app |".to_owned(),
                "| $0 | none |".to_owned(),
                format!("| ${:.0} to ${:.0} |", 20.0 * service.from, 20.0 * service.to),
                format!("| ${instance:.0} |"),
                format!("| ${:.0} a subnet |", prices.always_on(here, 1)),
                format!("| ${:.0} and up |", prices.on_demand(here, 1, 1.0)),
            ],
        ),
        (
            "crates/aws/aws.md",
            vec![
                format!(
                    "costs ${:.2} an hour in us-east-1 and ${:.2} in Tokyo, a connection ${:.2}.",
                    here.association_hour, tokyo.association_hour, here.connection_hour
                ),
                format!("IPv4 address (${:.3} an hour)", here.public_address_hour),
                format!(
                    "costs ${:.2} a month in us-east-1 and ${:.2} in Tokyo.",
                    prices.always_on(here, 1),
                    prices.always_on(tokyo, 1)
                ),
                format!("counts ${:.3} an hour;", here.associated_hour()),
                format!(
                    "1, 2 or 8 hours a day, are ${:.0}, ${:.0} or ${:.0} a month",
                    connected(1.0),
                    connected(2.0),
                    connected(8.0)
                ),
            ],
        ),
    ])
}

/// Every price in a text, with what follows it: a dollar with a digit. In programs `$1` is a parameter: there a price has
/// cents.
fn priced(text: &str, program: bool) -> Vec<String> {
    let is_price = |rest: &str| {
        let dollars = rest.bytes().take_while(u8::is_ascii_digit).count();
        let mut cents = rest[dollars..].bytes();
        dollars > 0 && (!program || (cents.next() == Some(b'.') && cents.next().is_some_and(|b| b.is_ascii_digit())))
    };
    let found = text.match_indices('$').filter(|(at, _)| is_price(&text[at + 1..]));
    found.map(|(at, _)| text[at..].chars().take(30).collect()).collect()
}

#[test]
fn prices_are_found() {
    assert_eq!(priced("about $24 a month, ${name}, $5", false), ["$24 a month, ${name}, $5", "$5"]);
    assert_eq!(priced("shift $1; x='$0.10 to'", true), ["$0.10 to'"]);
}

#[test]
fn every_price_in_a_text_is_what_the_prices_give() {
    let mut said = said();
    for (path, mut text) in texts() {
        let path = path.to_str().unwrap();
        // What is asserted of a computed price is no price that somebody reads.
        if path.contains("tests/") || ["crates/aws/src/bill.rs", "crates/disassociator/src/month.rs"].contains(&path) {
            continue;
        }
        if let Some((before, after)) = text.split_once(BEGIN) {
            text = format!("{before}{}", after.split_once(END).unwrap().1);
        }
        // A sentence goes on in the next line, of a comment too.
        if path.ends_with(".md") || path.ends_with(".env") {
            text = text.replace("\n# ", " ").split_whitespace().collect::<Vec<_>>().join(" ");
        }
        for words in said.remove(path).unwrap_or_default() {
            assert!(text.contains(&words), "{path} should say: {words}");
            text = text.replace(&words, "");
        }
        let program =
            [".sh", ".jq", ".awk", ".rs", ".py"].iter().any(|end| path.ends_with(end)) || path.starts_with(".ci/");
        let left = priced(&text, program);
        assert!(left.is_empty(), "{path}: prices that nothing here computes: {left:?}");
    }
    assert!(said.is_empty(), "not in the repository: {:?}", said.keys());
}
