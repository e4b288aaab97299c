//! The cost table in README.md is the one that the prices give.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::fmt::Write;

use local::bill::{Region, prices};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
const BEGIN: &str =
    "<!-- cost table: computed from infra/prices.json, checked by crates/local/tests/cost_table.rs -->\n";
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
            let (always, even) = (prices.always_on(region, subnets), prices.break_even_hours(region, subnets));
            writeln!(table, " ${always:.0} | {even:.0} h a month |").unwrap();
        }
    }
    table
}

#[test]
fn the_table_in_the_readme_is_what_the_prices_give() {
    let readme = std::fs::read_to_string(README).unwrap();
    let expected = table();
    let shown = readme.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map(|(shown, _)| shown);
    assert!(
        shown == Some(expected.as_str()),
        "README.md should have, between its markers:\n\n{BEGIN}{expected}{END}\n\nbut has:\n\n{}",
        shown.unwrap_or("no markers")
    );
    assert!(readme.contains(&prices().unwrap().date), "the date of the prices stands beside the table");
}
