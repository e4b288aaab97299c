//! What it costs: on demand, and always on. Every price stands in `infra/prices.json`, with its date and source.

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// The fewest public addresses that an internet-facing load balancer has: one in each of its subnets, and AWS wants two.
pub const LEAST_ADDRESSES: u32 = 2;
/// The gauge `AssociatedSubnets`.
const CUSTOM_METRICS: f64 = 1.0;
/// What alarms watch is billed per metric: the idle alarm two; the notices that the gauge is missing and that it has
/// been on for long, and what a month cost, one each, and the one about errors one for each of the three functions.
const ALARM_METRICS: f64 = 2.0 + 1.0 + 1.0 + 1.0 + 3.0;

/// The table of prices.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Prices {
    /// When they were looked up.
    pub date: String,
    /// Where.
    pub source: String,
    /// What of them nobody has seen on an invoice, in a sentence.
    pub sure: String,
    /// AWS's own average.
    pub hours_per_month: f64,
    /// Days on which somebody works.
    pub working_days_per_month: f64,
    /// By region.
    pub regions: BTreeMap<String, Region>,
    /// What is off unless it is asked for.
    pub options: Options,
    /// What people would use instead.
    pub alternatives: Alternatives,
}

/// Prices of what is off unless it is asked for, in US dollars.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Options {
    /// A gigabyte of an execution environment on Arm that is kept ready for a second.
    pub provisioned_gigabyte_second: f64,
    /// A dashboard, beyond an account's first three.
    pub dashboard_month: f64,
}

/// Prices of what people would use instead, in US dollars.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Alternatives {
    /// An instance that is large enough for `WireGuard`.
    pub small_instance_hour: f64,
    /// A gigabyte of its disk.
    pub gigabyte_month: f64,
    /// How many it has.
    pub instance_gigabytes: f64,
    /// A VPN as a service, for each person.
    pub service_person_month: Range,
}

/// Between two prices.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Range {
    /// The lower.
    pub from: f64,
    /// The higher.
    pub to: f64,
}

/// One region's prices, in US dollars.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Region {
    /// Its city or country.
    pub name: String,
    /// One subnet, associated for an hour, used or not.
    pub association_hour: f64,
    /// One client, connected for an hour; the same on demand and always on.
    pub connection_hour: f64,
    /// The load balancer itself.
    pub load_balancer_hour: f64,
    /// One public IPv4 address.
    pub public_address_hour: f64,
    /// One metric of our own.
    pub custom_metric_month: f64,
    /// One metric that an alarm watches.
    pub alarm_metric_month: f64,
}

static PRICES: LazyLock<Result<Prices, String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../infra/prices.json")).map_err(|error| error.to_string())
});

/// The table of prices.
///
/// # Errors
/// What is wrong with the file.
pub fn prices() -> Result<&'static Prices, &'static str> {
    PRICES.as_ref().map_err(String::as_str)
}

impl Region {
    /// One subnet, associated for an hour: the public address that the association gets is billed too (fact 7.4a).
    #[must_use]
    pub fn associated_hour(&self) -> f64 {
        self.association_hour + self.public_address_hour
    }
}

impl Prices {
    /// What stands there whether it is on or not, for a month, with a load balancer that has so many public addresses.
    #[must_use]
    pub fn standing(&self, region: &Region, addresses: u32) -> f64 {
        self.load_balancer(region, addresses)
            + CUSTOM_METRICS * region.custom_metric_month
            + ALARM_METRICS * region.alarm_metric_month
    }

    /// The load balancer with its public addresses, for a month.
    #[must_use]
    pub fn load_balancer(&self, region: &Region, addresses: u32) -> f64 {
        self.hours_per_month * (region.load_balancer_hour + f64::from(addresses) * region.public_address_hour)
    }

    /// So many people, connected for so many hours on each working day of a month: the same on demand and always on.
    #[must_use]
    pub fn connected(&self, region: &Region, people: u32, hours_a_day: f64) -> f64 {
        f64::from(people) * self.working_days_per_month * hours_a_day * region.connection_hour
    }

    /// A month on demand, associated for so many hours on each working day, with the smallest load balancer.
    #[must_use]
    pub fn on_demand(&self, region: &Region, subnets: u32, hours_a_day: f64) -> f64 {
        let hours = self.working_days_per_month * hours_a_day;
        self.standing(region, LEAST_ADDRESSES) + f64::from(subnets) * region.associated_hour() * hours
    }

    /// A month associated all the time, without any of this.
    #[must_use]
    pub fn always_on(&self, region: &Region, subnets: u32) -> f64 {
        f64::from(subnets) * region.associated_hour() * self.hours_per_month
    }

    /// So many associated hours a month cost the same either way, with a load balancer that has so many public addresses;
    /// fewer, and this pays.
    #[must_use]
    pub fn break_even_hours(&self, region: &Region, subnets: u32, addresses: u32) -> f64 {
        self.hours_per_month - self.standing(region, addresses) / (f64::from(subnets) * region.associated_hour())
    }
}

/// Since when, and for what, the control panel's bill is.
#[derive(Debug, Clone, Copy)]
pub struct Period<'a> {
    /// The region it would be in.
    pub region: &'a str,
    /// When it began.
    pub started: Timestamp,
    pub now: Timestamp,
    /// Subnets that would be associated always.
    pub subnets: u32,
    /// Public addresses of the load balancer, one for each of its subnets; fewer than AWS takes count as its fewest.
    pub addresses: u32,
    /// Hours that subnets were associated since it began, summed over them.
    pub associated_hours: f64,
}

/// The bill so far against always on, for the control panel.
#[must_use]
pub fn report(period: &Period<'_>) -> Value {
    let prices = match prices() {
        Ok(prices) => prices,
        Err(problem) => return json!({ "error": problem }),
    };
    let Some(region) = prices.regions.get(period.region) else {
        return json!({ "error": format!("no prices are known for {}", period.region) });
    };
    let hours = period.now.duration_since(period.started).as_secs_f64().max(0.0) / 3600.0;
    let addresses = period.addresses.max(LEAST_ADDRESSES);
    let associations = period.associated_hours * region.associated_hour();
    let standing = prices.standing(region, addresses) * hours / prices.hours_per_month;
    json!({
        "region": period.region,
        "prices_of": prices.date,
        "sure": prices.sure,
        "hours": hours,
        "associated_hours": period.associated_hours,
        "associations": associations,
        "standing": standing,
        "on_demand": associations + standing,
        "always_on": f64::from(period.subnets) * region.associated_hour() * hours,
        "per_hour_now_on": f64::from(period.subnets) * region.associated_hour(),
        "break_even_hours_a_month": prices.break_even_hours(region, period.subnets.max(1), addresses),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> (&'static Prices, &'static Region) {
        let prices = prices().unwrap();
        (prices, &prices.regions[name])
    }

    /// By hand: 730 h × ($0.0225 + 2 × $0.005) + $0.30 + 8 × $0.10 = $24.825, 730 h × ($0.10 + $0.005) = $76.65, and so on.
    #[test]
    fn months() {
        for (name, subnets, hours, on_demand, always, even) in [
            ("us-east-1", 1, 8.0, 43.305, 76.65, 493.571_429),
            ("us-east-1", 2, 8.0, 61.785, 153.3, 611.785_714),
            ("ap-northeast-1", 1, 8.0, 53.419, 113.15, 561.361_290),
            ("ap-northeast-1", 2, 1.0, 32.959, 226.3, 645.680_645),
        ] {
            let (prices, region) = region(name);
            let near =
                |value: f64, expected: f64| assert!((value - expected).abs() < 1e-3, "{value} is not {expected}");
            near(prices.on_demand(region, subnets, hours), on_demand);
            near(prices.always_on(region, subnets), always);
            near(prices.break_even_hours(region, subnets, LEAST_ADDRESSES), even);
        }
    }

    /// The load balancer has one more address with each subnet: 730 h × $0.005 = $3.65.
    #[test]
    fn each_subnet_of_the_load_balancer_has_an_address() {
        let (prices, region) = region("us-east-1");
        let more = prices.standing(region, 3) - prices.standing(region, LEAST_ADDRESSES);
        assert!((more - 3.65).abs() < 1e-9, "{more}");
    }

    #[test]
    fn twenty_people_are_connected() {
        let (prices, region) = region("us-east-1");
        let months = [1.0, 2.0, 8.0].map(|hours| format!("{:.2}", prices.connected(region, 20, hours)));
        assert_eq!(months, ["22.00", "44.00", "176.00"]);
    }

    #[test]
    fn at_break_even_both_cost_the_same() {
        for (name, subnets) in [("us-east-1", 1), ("us-east-1", 2), ("ap-northeast-1", 1), ("ap-northeast-1", 2)] {
            let (prices, region) = region(name);
            let hours_a_day = prices.break_even_hours(region, subnets, LEAST_ADDRESSES) / prices.working_days_per_month;
            let difference = prices.on_demand(region, subnets, hours_a_day) - prices.always_on(region, subnets);
            assert!(difference.abs() < 1e-9, "{difference}");
        }
    }

    #[test]
    fn the_bill_so_far() {
        let started: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
        let now = started + jiff::SignedDuration::from_hours(730);
        let period = Period { region: "us-east-1", started, now, subnets: 1, addresses: 0, associated_hours: 176.0 };
        let bill = report(&period);
        assert!((bill["on_demand"].as_f64().unwrap() - 43.305).abs() < 1e-3, "{bill}");
        assert!((bill["always_on"].as_f64().unwrap() - 76.65).abs() < 1e-3, "{bill}");
        assert!(bill["sure"].as_str().unwrap().contains("no invoice was seen"), "{bill}");
        let bill = report(&Period { addresses: 4, ..period });
        assert!((bill["on_demand"].as_f64().unwrap() - 50.605).abs() < 1e-3, "{bill}");
        assert!(report(&Period { region: "nowhere", ..period })["error"].is_string());
    }
}
