//! The control panel's JSON calls, as far as they need no function.

use http::StatusCode;
use serde_json::{Value, json};

use crate::browser::Browser;

const JSON: (&str, &str) = ("content-type", "application/json");

async fn post(browser: &Browser, path: &str, body: &Value) -> (u16, Value) {
    let response = browser.send("POST", path, &[JSON], body.to_string()).await;
    (response.status().as_u16(), serde_json::from_str(response.body()).expect("JSON"))
}

async fn get(browser: &Browser, path: &str) -> Value {
    let response = browser.get(path, "").await;
    assert_eq!(response.status(), StatusCode::OK, "{path}: {}", response.body());
    serde_json::from_str(response.body()).expect("JSON")
}

#[tokio::test]
async fn the_page_comes_with_all_it_needs_and_a_strict_policy() {
    let browser = Browser::at_the_panel().await;
    for (path, kind) in [("/", "text/html"), ("/panel.css", "text/css"), ("/panel.js", "text/javascript")] {
        let response = browser.get(path, "").await;
        assert_eq!(response.status(), StatusCode::OK);
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with(kind));
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'") && policy.contains("frame-ancestors 'none'")
        );
    }
    let page = browser.get("/", "").await;
    assert!(!page.body().contains("<script>") && !page.body().contains("style="), "the policy would refuse them");
    assert_eq!(browser.world.alb.page(), None, "only the load balancer's listener says where the page is");
}

#[tokio::test]
async fn everything_is_there_to_see() {
    let browser = Browser::at_the_panel().await;
    let state = get(&browser, "/api/state").await;
    for part in ["now", "speed", "deployment", "ec2", "cloudwatch", "functions", "build", "bill", "banner", "timeline"]
    {
        assert!(state.get(part).is_some(), "{part}");
    }
    assert_eq!(state["now"], "2026-11-02T12:00:00Z");
    assert_eq!(state["deployment"]["schedules"][0]["enabled"], true);
    assert_eq!(state["deployment"]["alarms"], json!(["idle"]));
    assert_eq!(state["deployment"]["users"][1]["name"], "Ben");
}

#[tokio::test]
async fn entries_go_on_from_a_number() {
    let browser = Browser::at_the_panel().await;
    for _ in 0..2 {
        let (status, answer) = post(&browser, "/api/clients", &json!({"common_name": "ipad-07", "minutes": 5})).await;
        assert_eq!((status, &answer["connected"], &answer["reason"]), (200, &json!(false), &json!("no-answer")));
    }
    let all = get(&browser, "/api/journal").await;
    assert_eq!(all["entries"].as_array().unwrap().len(), 2);
    assert_eq!(all["entries"][0]["data"]["common_name"], "ipad-07");
    let rest = get(&browser, "/api/journal?after=1").await;
    assert_eq!(rest["entries"].as_array().unwrap().len(), 1);
    assert_eq!(rest["entries"][0]["number"], 2);
}

#[tokio::test]
async fn schedule_and_banner_are_switched() {
    let browser = Browser::at_the_panel().await;
    let off = json!({"name": "every-five-minutes", "enabled": false});
    assert_eq!(post(&browser, "/api/schedule", &off).await, (200, json!({})));
    assert!(!browser.world.deployment.read().unwrap().schedules[0].enabled);
    assert_eq!(post(&browser, "/api/banner", &json!({"shown": false})).await, (200, json!({})));
    assert_eq!(get(&browser, "/api/state").await["banner"], false);
    let (status, _) = post(&browser, "/api/metrics", &json!({"published": false})).await;
    assert_eq!(status, 200);
    assert!(!browser.world.timeline.metrics_published.load(std::sync::atomic::Ordering::Relaxed));
}

#[tokio::test]
async fn what_cannot_be_done_is_said_in_json() {
    let browser = Browser::at_the_panel().await;
    for (path, body) in [
        ("/api/step", json!({"seconds": -1})),
        ("/api/step", json!({"seconds": 1e9})),
        ("/api/step", json!({"seconds": 1, "minutes": 1})),
        ("/api/step", json!([])),
        ("/api/speed", json!({"speed": -1})),
        ("/api/speed", json!({"speed": "60"})),
        ("/api/clients", json!({"commonname": "x"})),
        ("/api/clients", json!({"minutes": 0})),
        ("/api/invoke", json!({"function": "nobody"})),
        ("/api/associate", json!({"subnet": "subnet-none"})),
        ("/api/disassociate", json!({"association": "cvpn-assoc-none"})),
        ("/api/tags", json!({"key": 1})),
        ("/api/alarm", json!({"name": "idle", "do": "explode"})),
        ("/api/alarm", json!({"name": "unknown", "do": "delete"})),
        ("/api/alarm", json!({"name": "unknown", "do": "restore"})),
        ("/api/schedule", json!({"name": "unknown", "enabled": true})),
        ("/api/delays", json!({"assoziate": "1m"})),
        ("/api/hold", json!({})),
        ("/api/release", json!({"all": true})),
        ("/api/banner", json!({"shown": "no"})),
    ] {
        let (status, answer) = post(&browser, path, &body).await;
        assert_eq!(status, 400, "{path} {body}: {answer}");
        assert!(answer["error"].as_str().is_some_and(|error| !error.is_empty()), "{path} {body}: {answer}");
    }
    for (method, path, status) in [
        ("GET", "/api/elsewhere", 404),
        ("DELETE", "/api/clients/cvpn-connection-none", 404),
        ("DELETE", "/api/faults/7", 404),
        ("PUT", "/api/state", 405),
    ] {
        let response = browser.send(method, path, &[], "").await;
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        assert!(serde_json::from_str::<Value>(response.body()).unwrap()["error"].is_string());
    }
}

#[tokio::test]
async fn other_sites_cannot_act_through_somebodys_browser() {
    let browser = Browser::at_the_panel().await;
    let body = json!({"shown": false}).to_string();
    let own = format!("http://{}", browser.address);
    for (headers, status) in [
        (vec![("content-type", "text/plain")], 415),
        (vec![JSON, ("origin", "http://evil.example")], 403),
        (vec![JSON, ("host", "evil.example")], 403),
    ] {
        let response = browser.send("POST", "/api/banner", &headers, body.clone()).await;
        assert_eq!(response.status().as_u16(), status, "{headers:?}");
    }
    assert!(browser.world.alb.shows_banner());
    let response = browser.send("POST", "/api/banner", &[JSON, ("origin", &own)], body).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(!browser.world.alb.shows_banner());
}
