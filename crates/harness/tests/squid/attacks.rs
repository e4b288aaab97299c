//! Each row of attacks.json: refused and logged; and each address once more where squid's own rules are taken out.

use std::{collections::BTreeMap, fs};

use serde_json::{Map, Value, json};
use tokio::process::Command;

use crate::{
    proxy::Proxy,
    world::{METADATA, World, file},
};

/// squid's own rules on addresses. Without them the kernel alone refuses.
const OWN_RULES: [&str; 3] = ["http_access deny never4", "http_access deny never6", "http_access deny own"];

fn rows() -> Vec<Value> {
    let text = fs::read_to_string(file("attacks.json")).expect("attacks");
    serde_json::from_str(&text).expect("attacks.json is JSON")
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

fn by_family(addresses: &Value) -> Value {
    let all = addresses.as_array().cloned().unwrap_or_default();
    let (ipv6, ipv4): (Vec<_>, Vec<_>) = all.into_iter().partition(|it| it.as_str().is_some_and(|it| it.contains(':')));
    json!({"A": ipv4, "AAAA": ipv6})
}

/// What the resolver answers for the rows with names.
fn names(rows: &[Value]) -> Value {
    let mut names = Map::new();
    for row in rows.iter().filter(|row| row.get("resolves").is_some()) {
        let target = text(row, "target").trim_start_matches("http://");
        let host = target.split([':', '/']).next().expect("a host");
        let mut answers = by_family(&row["resolves"]);
        if row.get("then").is_some() {
            answers["then"] = by_family(&row["then"]);
        }
        names.insert(host.to_owned(), answers);
    }
    names.into()
}

/// What is reached without a proxy has to be somewhere: in the VPC, unless every machine has it itself.
fn addresses(rows: &[Value]) -> Vec<String> {
    let everywhere = ["10.0.0.1", METADATA, "0.0.0.0", "::", "::1"];
    let of = rows.iter().filter(|row| row.get("unroutable").is_none()).map(|row| text(row, "address"));
    let mut all: Vec<_> =
        of.filter(|it| !it.is_empty() && !it.starts_with("127.") && !everywhere.contains(it)).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(str::to_owned).collect()
}

async fn attack(world: &World, consumer: usize, proxy: &Proxy, rows: &str) -> BTreeMap<String, Value> {
    let (script, log) = (file("attack.py"), proxy.path("/var/log/squid/access.log").display().to_string());
    let words = ["env", "python3", &script, "through", "proxy.egress.example.com", &log, rows];
    let words = world.in_consumer(consumer, &words);
    results(Command::new(&words[0]).args(&words[1..]).kill_on_drop(true).output().await.expect("nsenter"))
}

fn results(output: std::process::Output) -> BTreeMap<String, Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("text");
    let rows = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    rows.map(|row| (text(&row, "name").to_owned(), row)).collect()
}

/// What is wrong with how a row was answered.
fn wrong(row: &Value, result: &Value) -> Option<String> {
    let status = result["status"].as_u64().unwrap_or_default();
    let logged = result["log"].as_array().cloned().unwrap_or_default();
    let refused = (400..600).contains(&status) && result.get("before").is_none();
    // What comes after a request that squid could not read has a line of its own, without a status.
    let is_logged = logged.iter().any(|it| it["status"] == status)
        && logged.iter().all(|it| it["status"] == status || it["status"] == 0);
    let first = row.get("then").is_none() || result["first"] == 200;
    (!refused || !is_logged || !first).then(|| format!("{}: {result}", text(row, "name")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attack_is_refused_and_logged_and_each_address_by_the_kernel_alone() {
    let rows = rows();
    assert!(rows.len() >= 60, "{} rows", rows.len());
    let gateways = ["both.egress.internal", "kernel.egress.internal"];
    let mut known = names(&rows);
    known[gateways[0]] = json!({"A": ["10.0.1.11"]});
    known[gateways[1]] = json!({"A": ["10.0.2.11"]});
    let world = World::begin(gateways, &known, &addresses(&rows)).await;
    let (with_rules, kernel) = tokio::join!(Proxy::begin(&world, 1, &[]), Proxy::begin(&world, 2, &[]));

    // What squid refuses is taken out, and nothing else.
    let shipped = kernel.text("/etc/squid/squid.conf");
    let mut without = shipped.clone();
    for rule in OWN_RULES {
        assert!(without.contains(&format!("\n{rule}\n")), "{rule} is where it was");
        without = without.replace(&format!("\n{rule}\n"), "\n");
    }
    fs::write(kernel.path("/etc/squid/squid.conf"), without).expect("written");
    kernel.must(&["systemctl", "reload", "squid"]).await;
    world.until("squid has read it", async || kernel.text("/var/log/squid/cache.log").contains("Reconfiguring")).await;
    kernel.answers(&world).await;

    // Without a proxy everything is reached from its machine: nothing is refused because there is nothing.
    let addressed: Vec<_> = rows.iter().filter(|row| row["kind"] == "address").cloned().collect();
    assert!(addressed.len() >= 60, "{} rows with addresses", addressed.len());
    let (all, some) = (file("attacks.json"), world.write("addressed.json", &json!(addressed).to_string()));
    let direct = kernel.machine.output(&["env", "python3", &file("attack.py"), "direct", &some]).await;
    let direct = results(direct);
    let is_wrong = |row: &&Value| (direct[text(row, "name")]["reached"] == true) == (row["unroutable"] == true);
    let hidden: Vec<_> = addressed.iter().filter(is_wrong).map(|row| direct[text(row, "name")].to_string()).collect();
    assert_eq!(hidden, [""; 0], "what is to be refused is there");

    let (refused, by_the_kernel) =
        tokio::join!(attack(&world, 0, &with_rules, &all), attack(&world, 1, &kernel, &some));
    let complaints: Vec<_> = rows.iter().filter_map(|row| wrong(row, &refused[text(row, "name")])).collect();
    assert_eq!(complaints, [""; 0], "with all rules");
    let complaints: Vec<_> = addressed.iter().filter_map(|row| wrong(row, &by_the_kernel[text(row, "name")])).collect();
    assert_eq!(complaints, [""; 0], "by the kernel alone");
    let denied = by_the_kernel.values().filter(|it| it["log"][0]["decision"] == "TCP_DENIED").count();
    println!("{} rows are refused, {} of them by the kernel alone", refused.len(), by_the_kernel.len());
    assert_eq!(denied, 0, "squid itself refuses none of them");
}
