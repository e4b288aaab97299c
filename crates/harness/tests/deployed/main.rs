//! What `infra/deploy.sh` creates is the product: deployed with the real AWS CLI into a moto server, and then lived with,
//! where only what is deployed decides what happens. The test passes the time; nothing sleeps.

mod like_aws;

use harness::{Account, Vpn as _, http};
use local::clients;
use serde_json::Value;

const ALARM: &str = "AWSClientVPN-DisassociatingSubnets";
const DISASSOCIATOR: &str = ALARM;
const SCHEDULE: &str = "AWSClientVPN-EveryFiveMinutes";
/// The settings' default.
const IDLE: i64 = 30;

fn is_on(account: &Account) -> bool {
    let states: Vec<_> = account.states().into_values().collect();
    states == ["associated", "associated"] && account.billed() == 2
}

fn is_off(account: &Account) -> bool {
    account.states().values().all(|state| state == "disassociated") && account.billed() == 0
}

/// An employee opens the page, and the VPN goes on.
async fn turn_on(account: &Account) -> String {
    let cookie = account.sign_in().await;
    let answer = account.open(&cookie, "/").await;
    let leads_to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
    assert!(leads_to.starts_with("/vpn?seen="), "{leads_to}: {:?}", account.happened_but_calls());
    account.pass_until("it is on", 15, is_on).await;
    let page = account.open(&cookie, "/vpn").await;
    assert!(page.status() == 200 && page.body().contains("data-phase=\"ready\""), "{}", page.body());
    cookie
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_deployed_is_the_product() {
    let account = Account::begin().await;

    let planned = account.deploy(&["--dry-run"]).await;
    assert_eq!((planned.status, planned.writes.len()), (0, 0), "{}", planned.text);
    let deployed = account.deploy(&[]).await;
    assert_eq!(deployed.status, 0, "{}", deployed.text);
    assert_eq!(deployed.changes, [planned.changes.clone(), planned.changes.clone()].concat(), "as announced, in order");
    assert_eq!(deployed.writes.len(), planned.changes.len(), "{:?}\n{}", deployed.writes, planned.text);
    like_aws::is_waited_for(
        &deployed,
        &[
            ("lambda:CreateFunction", "Lambda to know the new role"),
            ("lambda:PutFunctionEventInvokeConfig", "the rights of the new role to be in force"),
            ("elbv2:RegisterTargets", "the load balancer to know the new permission"),
            ("", "the sign-in domain"),
            ("", "Lambda to be done with the function"),
        ],
    );
    let again = account.deploy(&[]).await;
    assert_eq!((again.status, again.writes.len()), (0, 0), "{}", again.text);
    assert!(again.text.contains("none: everything is as the settings say"), "{}", again.text);
    let status = account.run("status.sh", &[]).await;
    assert_eq!((status.status, status.writes.len()), (0, 0), "{}", status.text);

    like_aws::a_missing_right_is_no_absent_tag(&account).await;
    like_aws::the_schedule_is_let_in_without_an_account(&account).await;
    like_aws::a_rule_waits_for_its_domain(&account).await;
    like_aws::only_what_was_let_go_is_in_use(&account).await;
    like_aws::nothing_is_told_that_is_not_so(&account).await;
    strangers(&account).await;
    the_story(&account).await;
    logs_have_no_secrets(&account).await;
    like_aws::logs_are_found(&account).await;
    a_copy_goes_its_own_way(&account).await;
    one_wire_is_cut(&account).await;
    capitals(&account).await;

    let destroyed = account.run("destroy.sh", &["--yes"]).await;
    assert_eq!(destroyed.status, 0, "{}", destroyed.text);
    like_aws::is_waited_for(
        &destroyed,
        &[
            ("elbv2:DeleteTargetGroup", "the rules to be gone"),
            ("ec2:DeleteSecurityGroup", "the load balancer's network interfaces to be gone"),
        ],
    );
    assert_eq!(account.open("", "/").await.status(), 504, "there is no load balancer any more");
    let left = account.aws("lambda list-functions").await;
    assert_eq!(left["Functions"], Value::Array(Vec::new()));
}

/// Nobody gets anything without signing in, and only what has a rule reaches a function.
async fn strangers(account: &Account) {
    let home = account.open("", "/").await;
    assert!(home.status() == 302 && home.headers()["location"].as_bytes().starts_with(b"/local/sign-in"));
    for (method, path, status) in [
        ("POST", "/on", 302),
        ("POST", "/progress", 401),
        ("GET", "/state", 401),
        ("GET", "/favicon.ico", 404),
        ("GET", "/signed-out", 200),
    ] {
        assert_eq!(account.send(method, path, &[], "").await.status(), status, "{method} {path}");
    }
    let other = account.send("GET", "/", &[("host", "other.example.com")], "").await;
    assert_eq!(other.status(), 504, "the certificate is for another name");
    let http = account.running.http.clone();
    let plain = account.send_to(&http, "GET", "/vpn", &[], "").await;
    assert_eq!(plain.headers()["location"], "https://vpn.example.com:443/vpn");
}

/// In the pool that is deployed Ann@ and ann@ are one person; in one that is made without a word they are two (fact 11.8).
async fn capitals(account: &Account) {
    let pools = account.aws("cognito-idp list-user-pools --max-results 60").await;
    let theirs = account.aws("cognito-idp create-user-pool --pool-name staff --username-attributes email").await;
    for (pool, one) in [(&pools["UserPools"][0]["Id"], true), (&theirs["UserPool"]["Id"], false)] {
        let pool = pool.as_str().expect("a user pool");
        for (name, taken) in [("ann@example.com", false), ("Ann@example.com", one)] {
            let call = ["cognito-idp", "admin-create-user", "--user-pool-id", pool, "--username", name];
            let output = account.command("aws", &call).output().await.expect("bash");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(said.contains("UsernameExistsException"), taken, "{pool} {name}: {said}");
        }
    }
    account
        .aws(&format!(
            "cognito-idp delete-user-pool --user-pool-id {}",
            theirs["UserPool"]["Id"].as_str().expect("one")
        ))
        .await;
}

/// Sign in, on, connect, idle, off, on again.
async fn the_story(account: &Account) {
    turn_on(account).await;
    let connection = account.connect("ipad-01").await;
    let asked = account
        .happened_but_calls()
        .iter()
        .filter(|text| text.contains("AWSClientVPN-ConnectHandler answered"))
        .count();
    assert_eq!(asked, 1, "{:?}", account.happened_but_calls());
    account.pass(2 * IDLE).await;
    assert!(is_on(account), "somebody is connected");
    assert!(clients::disconnect(account.world(), &connection));
    let minutes = account.pass_until("it is off", 2 * IDLE, is_off).await;
    assert!((IDLE..=IDLE + 15).contains(&minutes), "off after {minutes} minutes");
    turn_on(account).await;
    account.pass_until("it is off", 2 * IDLE, is_off).await;
}

/// What the functions wrote says who did what, and has neither the app client's secret nor anybody's token.
async fn logs_have_no_secrets(account: &Account) {
    let (pool, client) = {
        let deployment = account.world().deployment.read().expect("deployment");
        let pool = deployment.user_pool.issuer.rsplit('/').next().expect("an issuer").to_owned();
        (pool, deployment.user_pool.client_id.clone())
    };
    let client = format!("cognito-idp describe-user-pool-client --user-pool-id {pool} --client-id {client}");
    let secret = account.aws(&client).await["UserPoolClient"]["ClientSecret"].as_str().expect("a secret").to_owned();
    let written = account.world().journal.after(0);
    let lines: Vec<_> = written.iter().filter(|it| it.kind == "function-log").map(|it| it.data.to_string()).collect();
    assert!(lines.iter().any(|line| line.contains("audit.subject")), "{lines:?}");
    // A JSON Web Token begins so: with `{"` in Base64.
    let told: Vec<_> = lines.iter().filter(|line| line.contains(&secret) || line.contains("eyJ")).collect();
    assert!(told.is_empty(), "{told:?}");
}

/// What is done to a copy of everything leaves the original as it is.
async fn a_copy_goes_its_own_way(account: &Account) {
    let aws = account.running.urls.aws.clone();
    let get =
        async |of: &str, path: &str| http::send("GET", &format!("{}{path}", of.trim_end_matches('/')), &[], "").await;
    let port = get(&aws, "/_fork").await.into_body();
    let copy = format!("http://127.0.0.1:{port}");
    account.aws(&format!("--endpoint-url {copy} events disable-rule --name {SCHEDULE}")).await;
    let read = async |of: &str| -> Value {
        let deployment = get(of, "/_local/deployment").await;
        serde_json::from_str(deployment.body()).expect("a deployment")
    };
    let (theirs, ours) = (read(&copy).await, read(&aws).await);
    assert_eq!(
        (&theirs["schedules"][0]["enabled"], &ours["schedules"][0]["enabled"]),
        (&Value::Bool(false), &Value::Bool(true))
    );
    for part in ["alarms", "roles", "target_groups", "topics", "listener", "user_pool"] {
        assert!(theirs[part] == ours[part] && !ours[part].is_null(), "{part}: {} {}", theirs[part], ours[part]);
    }
    assert_eq!(
        ours["listener"]["zones"], 2,
        "each subnet of the load balancer has a public address, which the bill counts"
    );
    assert_eq!(get(&copy, "/_end").await.status(), 200);
    assert_eq!(get(&aws, "/_end").await.status(), 404, "the original is no copy");
}

/// Without the alarm's permission and the schedule nothing turns off. status.sh names both, and deploying mends them.
async fn one_wire_is_cut(account: &Account) {
    let permission =
        format!("lambda remove-permission --function-name {DISASSOCIATOR} --statement-id AWS-CW_Invoke-alarm");
    account.aws(&permission).await;
    account.aws(&format!("events disable-rule --name {SCHEDULE}")).await;
    turn_on(account).await;
    account.pass(3 * IDLE).await;
    assert!(is_on(account), "{:?}", account.happened_but_calls());
    let could_not = format!("alarm {ALARM} is now ALARM and could not call");
    assert!(
        account.happened_but_calls().iter().any(|text| text.contains(&could_not)),
        "{:?}",
        account.happened_but_calls()
    );

    let status = account.run("status.sh", &[]).await;
    assert_eq!((status.status, status.writes.len()), (3, 0), "{}", status.text);
    for named in ["AWS-CW_Invoke-alarm", &format!("put the schedule {SCHEDULE} right")] {
        assert!(status.text.contains(named), "{named} in {}", status.text);
    }
    for (step, changes) in [("disassociator", 1), ("watch", 1)] {
        let mended = account.deploy(&["--only", step]).await;
        assert_eq!((mended.status, mended.writes.len()), (0, changes), "{}", mended.text);
    }
    account.pass_until("it is off", 15, is_off).await;
}
