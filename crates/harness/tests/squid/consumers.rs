//! Two projects whose VPCs have the same ranges, and the lists of where they may go.

use serde_json::json;

use crate::{
    proxy::{Proxy, library, settings},
    world::{GATEWAY, RECORD, World},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_consumers_reach_http_and_https_by_the_same_name() {
    let world = World::begin([RECORD; 2], &json!({RECORD: {"A": ["10.0.1.11"]}}), &[]).await;
    let lists = [
        ("ALLOWED_DESTINATIONS", ".example.com site.example.com"),
        ("DENIED_DESTINATIONS", "denied.example.com .Example.net"),
    ];
    let proxy = Proxy::begin(&world, 1, &lists).await;
    for consumer in [0, 1] {
        for url in ["http://site.example.com/page?secret=1", "https://site.example.com/page?secret=1"] {
            let output = world
                .curl(consumer, &["--fail", "--header", "X-Forwarded-For: 192.0.2.7", "--user", "me:password", url])
                .await;
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.contains("reached GET /page?secret=1"), "{consumer} {url}: {output:?}");
            let seen = said.to_lowercase();
            let hides = ["via:", "forwarded", "proxy-", "10.0.", "squid"]
                .iter()
                .all(|it| !seen.contains(it) || (url.contains("https") && *it == "forwarded"));
            assert!(hides, "the site does not learn who asked: {said}");
        }
        // What is denied stays so where it is allowed too, and an address has no name that could be held against a list.
        for url in [
            "http://denied.example.com/",
            "https://denied.example.com/",
            "http://other.example.org/",
            "http://93.184.216.34/",
            "https://93.184.216.34/",
        ] {
            let output = world
                .curl(consumer, &["--output", "/dev/null", "--write-out", "%{http_code} %{http_connect}", url])
                .await;
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.contains("403"), "{consumer} {url}: {output:?}");
        }
    }
    let log = proxy.log();
    assert_eq!(log.len(), 14, "{log:?}");
    for line in &log {
        assert_eq!(line["client"], GATEWAY, "all that the provider sees is the gateway: {line}");
    }
    let tunnel = log.iter().find(|it| it["method"] == "CONNECT").expect("a tunnel");
    assert_eq!(
        [&tunnel["host"], &tunnel["port"], &tunnel["status"], &tunnel["decision"]],
        [&json!("site.example.com"), &json!("443"), &json!(200), &json!("TCP_TUNNEL")]
    );
    assert!(tunnel["bytes"].as_u64() > Some(100), "{tunnel}");
    assert!(tunnel["time"].as_str().is_some_and(|it| it.ends_with('Z') && it.len() == 24), "{tunnel}");
    let text = proxy.text("/var/log/squid/access.log");
    assert!(!text.contains("secret") && !text.contains("page") && !text.contains("password"), "{text}");

    // Once more, as cloud-init would: nothing ends.
    let first = proxy.text("/run/squid.main");
    let again = proxy.set_up(&world, &lists).await;
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(proxy.text("/run/squid.main"), first);
    proxy.answers(&world).await;
    assert!(world.serves(1).await);
    let asked = proxy.text("/run/dnf");
    assert_eq!(
        asked.lines().next(),
        Some("--assumeyes --quiet install squid nftables logrotate amazon-cloudwatch-agent")
    );
    assert!(proxy.text("/run/agent").contains("-a fetch-config"));
    let agent: serde_json::Value =
        serde_json::from_str(&proxy.text("/usr/local/lib/egress/agent.filled.json")).expect("JSON");
    let collected = &agent["logs"]["logs_collected"]["files"]["collect_list"];
    assert_eq!(collected[0]["file_path"], "/var/log/squid/access.log");
    assert_eq!(collected[0]["log_group_name"], "/egress/access");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn user_data_keeps_what_is_odd_as_it_is_and_fits() {
    let odd = "$(touch /tmp/made) `id` \"quoted\" 'x' \\ * ; & # é\n--end-of-this-file--\nend";
    let written = library(
        &settings(&[("LOG_GROUP", odd), ("REGION", odd)]),
        "bash -c 'source /dev/stdin; printf %s \"$LOG_GROUP|$REGION\"' < <(user_data::settings)",
    )
    .await;
    assert_eq!(String::from_utf8_lossy(&written.stdout), format!("{odd}|{odd}"));
    let script = library(&settings(&[]), "user_data::script").await;
    let own = String::from_utf8_lossy(&script.stdout).into_owned();
    assert_eq!(own.matches("\n--end-of-this-file--\n").count(), 11, "each file ends once");
    let size =
        library(&settings(&[]), "file=$(mktemp); user_data::write \"$file\"; wc -c <\"$file\"; rm \"$file\"").await;
    let size = String::from_utf8_lossy(&size.stdout).trim().parse::<u32>().expect("a number");
    assert!(size < 12_000, "{size} bytes of the 16,384 that EC2 takes");
    // Long lists are told of before EC2 refuses them.
    let long: String = (0..4000).map(|_| format!(".{:x}.example.com ", fastrand::u64(..))).collect();
    let refused = library(
        &settings(&[("ALLOWED_DESTINATIONS", &long)]),
        "file=$(mktemp); trap 'rm \"$file\"' EXIT; user_data::write \"$file\"",
    )
    .await;
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("and EC2 takes 16384") && said.contains("Shorten ALLOWED_DESTINATIONS"), "{said}");
}
