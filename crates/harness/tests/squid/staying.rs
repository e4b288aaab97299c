//! What keeps running through a reload, and what does not run at all without the kernel's rules.

use std::{fs, process::Stdio};

use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};

use crate::{
    proxy::Proxy,
    world::{PROXY, RECORD, World},
};

async fn begin() -> (World, Proxy) {
    let world = World::begin([RECORD; 2], &json!({RECORD: {"A": ["10.0.1.11"]}}), &[]).await;
    let proxy = Proxy::new(&world, 1).await;
    (world, proxy)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_keeps_open_tunnels_and_takes_what_is_new() {
    let (world, proxy) = begin().await;
    assert!(proxy.set_up(&world, &[]).await.status.success());
    proxy.answers(&world).await;
    let certificate = world.directory.join("site.pem").display().to_string();
    let words = [
        "curl",
        "--silent",
        "--no-buffer",
        "--proxy",
        PROXY,
        "--cacert",
        &certificate,
        "https://site.example.com/slow",
    ];
    let words = world.in_consumer(0, &words);
    let mut curl =
        Command::new(&words[0]).args(&words[1..]).stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("curl");
    let mut lines = BufReader::new(curl.stdout.take().expect("a pipe")).lines();
    assert_eq!(lines.next_line().await.expect("a tunnel").as_deref(), Some("0"));
    fs::write(
        proxy.path("/etc/squid/egress/lists.conf"),
        "acl other dstdomain -n .example.com\nhttp_access deny !health other\n",
    )
    .expect("written");
    proxy.must(&["systemctl", "reload", "squid"]).await;
    world.until("it is read", async || !world.serves(1).await).await;
    proxy.answers(&world).await;
    for number in 1..30 {
        let line = lines.next_line().await.expect("the tunnel stays");
        assert_eq!(line, Some(number.to_string()), "through the reload, and after it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_kernels_rules_nothing_is_served() {
    let (world, proxy) = begin().await;
    // Something keeps the rules from being loaded when the machine starts.
    let nft = proxy.path("/usr/local/sbin/nft");
    fs::write(&nft, "#!/bin/sh\necho 'no such table' >&2\nexit 1\n").expect("written");
    proxy.must(&["chmod", "755", "/usr/local/sbin/nft"]).await;
    assert!(proxy.set_up(&world, &[("HEALTH_SECONDS", "1"), ("HEALTH_FAILURES", "2")]).await.status.success());
    world
        .until("squid has ended", async || {
            !proxy.run(&["sh", "-c", "kill -0 $(cat /run/squid.main)"]).await.status.success()
        })
        .await;
    assert!(proxy.text("/run/squid.log").contains("no such table"), "{}", proxy.text("/run/squid.log"));
    assert!(!world.serves(0).await);
    let listens = async || proxy.must(&["ss", "--listening", "--tcp", "--numeric"]).await.contains(":3128");
    assert!(!listens().await);
    world
        .until("Auto Scaling was told", async || !world.aws("/told").await.as_array().expect("a list").is_empty())
        .await;

    // A list that cannot be read is no list, and no start.
    fs::remove_file(&nft).expect("removed");
    let ranges = proxy.path("/etc/squid/egress/never6");
    fs::rename(&ranges, ranges.with_extension("away")).expect("moved");
    let started = proxy.run(&["/usr/local/lib/egress/serve.sh"]).await;
    assert!(!started.status.success(), "{started:?}");
    fs::rename(ranges.with_extension("away"), &ranges).expect("moved");
    proxy.must(&["systemctl", "start", "squid"]).await;
    proxy.answers(&world).await;
    assert!(world.serves(0).await && listens().await);

    // Somebody takes them away while it runs: they are there again after a look, or squid is stopped.
    proxy.must(&["nft", "delete", "table", "inet", "egress"]).await;
    world
        .until("the rules are back", async || {
            proxy.run(&["/usr/local/lib/egress/firewall.sh", "check"]).await.status.success()
        })
        .await;
    proxy.must(&["nft", "flush", "chain", "inet", "egress", "squid"]).await;
    world
        .until("they are whole again", async || {
            proxy.run(&["/usr/local/lib/egress/firewall.sh", "check"]).await.status.success()
        })
        .await;
    fs::rename(proxy.path("/usr/local/lib/egress/never.txt"), proxy.path("/usr/local/lib/egress/away.txt"))
        .expect("moved");
    proxy.must(&["nft", "delete", "table", "inet", "egress"]).await;
    world.until("squid is stopped", async || !listens().await).await;
    assert!(!world.serves(1).await);
}
