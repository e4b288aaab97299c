//! Without a load balancer: the record of the proxies that serve, and how long it takes when one dies.

use std::time::Duration;

use serde_json::json;
use vpn_core::clock::Stopwatch;

use crate::{
    proxy::{Proxy, library, settings},
    world::{PATIENCE, RECORD, World},
};

/// Looks so often that the test need not wait long.
const WATCHED: [(&str, &str); 3] = [("PROXY_BALANCER", "none"), ("HEALTH_SECONDS", "2"), ("HEALTH_FAILURES", "2")];

async fn begin() -> (World, [Proxy; 2]) {
    let world = World::begin([RECORD; 2], &json!({}), &[]).await;
    let (one, other) = tokio::join!(Proxy::begin(&world, 1, &WATCHED), Proxy::begin(&world, 2, &WATCHED));
    let both = async || world.aws("/records").await.as_object().is_some_and(|it| it.len() == 2);
    let said = || one.text("/run/egress-watch.log") + &other.text("/run/egress-watch.log");
    world.until_or("both have put their records", both, said).await;
    (world, [one, other])
}

/// Its squid ends at once, with all processes.
async fn fails(proxy: &Proxy) {
    proxy.must(&["bash", "-c", "kill -KILL -- -$(cat /run/squid.main)"]).await;
}

fn identifier(number: u32) -> String {
    format!("i-{:017x}", u32::from_be_bytes([10, 0, u8::try_from(number).expect("small"), 11]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_dies_under_load_and_new_requests_work_again() {
    let (world, [mut one, other]) = begin().await;
    assert_eq!(world.aws("/records").await, json!({identifier(1): "10.0.1.11", identifier(2): "10.0.2.11"}));
    let bound = library(&settings(&WATCHED), "egress::gap; printf '%s' \"$ROUTE_53_SECONDS\"").await;
    let bound = String::from_utf8(bound.stdout).expect("text");
    let (bound, propagation) = bound.split_once('\n').expect("two numbers");
    let [bound, propagation] = [bound, propagation].map(|it| it.parse::<u64>().expect("a number"));
    // This Route 53 tells its servers at once.
    let here = Duration::from_secs(bound - propagation);

    // Somebody asks all the time; what works is written down with its time.
    let load = async |world: &World, time: Duration| {
        let (begun, mut asked) = (Stopwatch::start(), Vec::new());
        while begun.elapsed() < time {
            asked.push((begun.elapsed(), world.serves(asked.len() % 2).await));
        }
        asked
    };
    let before = load(&world, Duration::from_secs(3)).await;
    assert!(before.len() > 3 && before.iter().all(|(_, served)| *served), "both serve: {before:?}");
    one.dies().await;
    let asked = load(&world, here + Duration::from_secs(6)).await;
    let last_failure = asked.iter().rev().find(|(_, served)| !served).map(|(when, _)| *when).expect("one failed");
    let gap = last_failure.as_secs_f64();
    println!(
        "new requests work again after {gap:.1} s; at most {} s: 2 looks of 3 s at most, 2 s apart, 5 s for the change, and 10 s until the record is asked for again \
         (on AWS {propagation} s more, for its name servers: {bound} s); {} requests failed",
        here.as_secs(),
        asked.iter().filter(|(_, served)| !served).count()
    );
    let said = other.text("/run/egress-watch.log");
    assert!(last_failure <= here, "{gap} s: {said}");
    assert_eq!(world.aws("/records").await, json!({identifier(2): "10.0.2.11"}));
    assert!(said.contains(&format!("took away the record of {} at 10.0.1.11", identifier(1))), "{said}");
    assert_eq!(world.aws("/told").await, json!([]), "a dead machine is Auto Scaling's to find");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_stops_serving_says_so_and_the_last_record_stays() {
    let (world, [one, other]) = begin().await;
    // Its squid is gone, its machine is not.
    fails(&one).await;
    world
        .until("only the other is listed", async || world.aws("/records").await == json!({identifier(2): "10.0.2.11"}))
        .await;
    world
        .until("Auto Scaling was told", async || !world.aws("/told").await.as_array().expect("a list").is_empty())
        .await;
    let told = world.aws("/told").await;
    assert_eq!([&told[0]["InstanceId"], &told[0]["HealthStatus"]], [&json!(identifier(1)), &json!("Unhealthy")]);
    // The other stops too: nobody is left who could be listed instead, and that stays.
    fails(&other).await;
    let said = || other.text("/run/egress-watch.log");
    world.until("the last says so", async || said().contains("is the last, and stays")).await;
    assert_eq!(world.aws("/records").await, json!({identifier(2): "10.0.2.11"}));
    // One serves again: it is listed, and takes away the other.
    one.must(&["systemctl", "start", "squid"]).await;
    world
        .until("the one is listed alone", async || world.aws("/records").await == json!({identifier(1): "10.0.1.11"}))
        .await;
    // Both serve, and one is ended as a replacement ends it: its record goes first, its squid answers until it is forgotten.
    other.must(&["systemctl", "start", "squid"]).await;
    world
        .until("both are listed", async || world.aws("/records").await.as_object().is_some_and(|it| it.len() == 2))
        .await;
    let ends = async {
        one.must(&["systemctl", "stop", "egress-watch"]).await;
        one.must(&["systemctl", "stop", "squid"]).await;
    };
    let asks = async {
        let begun = Stopwatch::start();
        let mut failed = 0;
        while begun.elapsed() < Duration::from_secs(14) {
            failed += u32::from(!world.serves(0).await);
        }
        failed
    };
    let ((), failed) = tokio::time::timeout(PATIENCE * 2, async { tokio::join!(ends, asks) }).await.expect("it ends");
    assert_eq!(failed, 0, "nobody notices");
    assert_eq!(world.aws("/records").await, json!({identifier(2): "10.0.2.11"}));
}
