//! What AWS answers where moto is kinder, and what the scripts make of it.

use std::collections::BTreeSet;

use harness::{Account, Script, Vpn as _};
use serde_json::{Value, json};

use crate::{DISASSOCIATOR, SCHEDULE};

/// `GetFunction` tells no tags to whoever lacks `lambda:ListTags` (fact 11.1): our own functions are not taken for foreign,
/// and nothing is changed; the right is named.
pub async fn a_missing_right_is_no_absent_tag(account: &Account) {
    let session = "lacks lambda:ListTags";
    let deployed = account.deploy_in(session, &[]).await;
    let status = account.run_in(session, "status.sh", &[]).await;
    let destroyed = account.run_in(session, "destroy.sh", &["--yes"]).await;
    for script in [deployed, status, destroyed] {
        assert_eq!((script.status, script.writes.len()), (1, 0), "{}", script.text);
        assert!(!script.text.contains("is not ours") && !script.text.contains("not ours:"), "{}", script.text);
        for named in ["lambda:ListTags", "You may not do this."] {
            assert!(script.text.contains(named), "{named} in {}", script.text);
        }
    }
}

/// EventBridge gives no account (fact 11.6): a permission that asks for it, as it was once made here, is put right.
pub async fn the_schedule_is_let_in_without_an_account(account: &Account) {
    let statement = async || -> Value {
        let policy = account.aws(&format!("lambda get-policy --function-name {DISASSOCIATOR}")).await;
        let policy: Value = serde_json::from_str(policy["Policy"].as_str().expect("a policy")).expect("JSON");
        let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
        statements.into_iter().find(|it| it["Sid"] == "AllowSchedule").expect("the schedule's permission")
    };
    let ours = statement().await;
    assert!(!ours.to_string().contains("SourceAccount") && ours.to_string().contains(SCHEDULE), "{ours}");
    let of_function = format!("--function-name {DISASSOCIATOR} --statement-id AllowSchedule");
    account.aws(&format!("lambda remove-permission {of_function}")).await;
    let source = ours["Condition"]["ArnLike"]["AWS:SourceArn"].as_str().expect("a source");
    let from = format!("--principal events.amazonaws.com --source-arn {source} --source-account 123456789012");
    account.aws(&format!("lambda add-permission {of_function} --action lambda:InvokeFunction {from}")).await;
    let before = account.happened_but_calls().len();
    account.pass(6).await;
    let happened = account.happened_but_calls().split_off(before);
    let refused = format!("rule {SCHEDULE} cannot invoke");
    assert!(happened.iter().any(|text| text.contains(&refused)), "{happened:?}");

    let mended = account.deploy(&["--only", "disassociator"]).await;
    assert_eq!((mended.status, mended.writes.len()), (0, 2), "{}", mended.text);
    assert_eq!(statement().await, ours);
}

/// What AWS does not know of at once was refused for some time, tried again until it was taken, and said (fact 11.5): the
/// calls, each with what is waited for. An empty call is a read.
pub fn is_waited_for(script: &Script, expected: &[(&str, &str)]) {
    let refused: BTreeSet<_> = script.refused.iter().map(String::as_str).collect();
    let wanted: BTreeSet<_> = expected.iter().map(|(call, _)| *call).filter(|call| !call.is_empty()).collect();
    assert_eq!(refused, wanted, "{}", script.text);
    for (call, what) in expected {
        assert!(script.text.contains(&format!("waiting for {what}")), "{call}: {what} in {}", script.text);
    }
}

/// A sign-in domain is not usable at once: a rule with it is refused until the load balancer knows of it (fact 11.5).
pub async fn a_rule_waits_for_its_domain(account: &Account) {
    let pool = account.aws("cognito-idp create-user-pool --pool-name other").await["UserPool"]["Id"].clone();
    let pool = pool.as_str().expect("an id");
    account.aws(&format!("cognito-idp create-user-pool-domain --user-pool-id {pool} --domain other")).await;
    let status = async || {
        let domain = account.aws("cognito-idp describe-user-pool-domain --domain other").await;
        domain["DomainDescription"]["Status"].clone()
    };
    assert_eq!(status().await, "CREATING");
    let listener = account.aws("elbv2 describe-load-balancers").await["LoadBalancers"][0]["LoadBalancerArn"].clone();
    let listener = listener.as_str().expect("an ARN");
    let listeners = account.aws(&format!("elbv2 describe-listeners --load-balancer-arn {listener}")).await;
    let listener = listeners["Listeners"][0]["ListenerArn"].as_str().expect("an ARN").to_owned();
    let config = json!({ "UserPoolArn": format!("arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool}"),
        "UserPoolClientId": "c", "UserPoolDomain": "other" });
    let actions = json!([{ "Type": "authenticate-cognito", "Order": 1, "AuthenticateCognitoConfig": config },
        { "Type": "fixed-response", "Order": 2, "FixedResponseConfig": { "StatusCode": "404" } }]);
    let actions = actions.to_string();
    let create = ["elbv2", "create-rule", "--listener-arn", &listener, "--priority", "999", "--conditions"];
    let create: Vec<_> =
        create.into_iter().chain(["Field=path-pattern,Values=/other", "--actions", &actions]).collect();
    let refused = account.command("aws", &create).output().await.expect("the CLI");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("The user pool domain 'other' is not associated with the provided user pool"), "{said}");
    account.pass(1).await;
    assert_eq!(status().await, "ACTIVE");
    let rule: Value = serde_json::from_slice(&account.succeeds("aws", &create).await).expect("JSON");
    let rule = rule["Rules"][0]["RuleArn"].as_str().expect("an ARN").to_owned();
    account.succeeds("aws", &["elbv2", "delete-rule", "--rule-arn", &rule]).await;
    account
        .succeeds("aws", &["cognito-idp", "delete-user-pool-domain", "--user-pool-id", pool, "--domain", "other"])
        .await;
    account.succeeds("aws", &["cognito-idp", "delete-user-pool", "--user-pool-id", pool]).await;
}

/// Tags of the endpoint and of others in one call; an alarm that nobody judges; things that are not there.
pub async fn nothing_is_told_that_is_not_so(account: &Account) {
    const ENDPOINT: &str = "cvpn-endpoint-0123456789abcdef0";
    let vpc = account.aws("ec2 describe-vpcs").await["Vpcs"][0]["VpcId"].as_str().expect("a VPC").to_owned();
    let tags = async || -> Vec<String> {
        let told = account.aws("ec2 describe-tags --filters Name=key,Values=both,one").await;
        let mut found: Vec<_> =
            told["Tags"].as_array().into_iter().flatten().map(|tag| tag["ResourceId"].to_string()).collect();
        found.sort();
        found
    };
    let both = [format!("{ENDPOINT:?}"), format!("{vpc:?}")];
    account.aws(&format!("ec2 create-tags --resources {vpc} {ENDPOINT} --tags Key=both,Value=1")).await;
    assert_eq!(tags().await, both);
    let refused = async |arguments: &[&str]| -> String {
        let output = account.command("aws", arguments).output().await.expect("the CLI");
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let half = ["ec2", "create-tags", "--resources", ENDPOINT, "vpc-00000000", "--tags", "Key=one,Value=1"];
    assert!(refused(&half).await.contains("NotFound"), "neither part is done");
    assert_eq!(tags().await, both);
    account.aws(&format!("ec2 delete-tags --resources {ENDPOINT} {vpc} --tags Key=both")).await;
    assert!(tags().await.is_empty());

    account
        .aws(
            "cloudwatch put-metric-alarm --alarm-name late --namespace n --metric-name m --extended-statistic p99 --period 60 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanThreshold",
        )
        .await;
    let alarm = account.aws("cloudwatch describe-alarms --alarm-names late").await["MetricAlarms"][0].clone();
    assert_eq!(alarm["StateValue"], "INSUFFICIENT_DATA", "{alarm}");
    assert!(alarm["StateReason"].as_str().is_some_and(|why| why.contains("not emulated")), "{alarm}");
    account.aws("cloudwatch delete-alarms --alarm-names late").await;

    let composite = ["cloudwatch", "put-composite-alarm", "--alarm-name", "c", "--alarm-rule", "TRUE"];
    assert!(refused(&composite).await.contains("is not emulated"));
    let arn = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_none";
    let tag = ["cognito-idp", "tag-resource", "--resource-arn", arn, "--tags", "a=b"];
    assert!(refused(&tag).await.contains("ResourceNotFoundException"));
    let ready = ["lambda", "put-provisioned-concurrency-config", "--function-name", "none", "--qualifier", "live"];
    let ready: Vec<_> = ready.into_iter().chain(["--provisioned-concurrent-executions", "1"]).collect();
    assert!(refused(&ready).await.contains("ResourceNotFoundException"));
    let listed = ["lambda", "list-provisioned-concurrency-configs", "--function-name", "none"];
    assert!(refused(&listed).await.contains("ResourceNotFoundException"));
    let of = format!("--function-name {DISASSOCIATOR}");
    account
        .aws(&format!(
            "lambda put-provisioned-concurrency-config {of} --qualifier live --provisioned-concurrent-executions 2"
        ))
        .await;
    let told = account.aws(&format!("lambda list-provisioned-concurrency-configs {of}")).await;
    assert_eq!(told["ProvisionedConcurrencyConfigs"][0]["RequestedProvisionedConcurrentExecutions"], 2, "{told}");
    account.aws(&format!("lambda delete-provisioned-concurrency-config {of} --qualifier live")).await;

    let cron = ["events", "put-rule", "--name", "other", "--schedule-expression", "cron(0 * * * ? *)"];
    assert!(refused(&cron).await.contains("only schedules with a rate"));
    let pattern = ["events", "put-rule", "--name", "other", "--event-pattern", r#"{"source": ["aws.ec2"]}"#];
    assert!(refused(&pattern).await.contains("no event would reach it"));
    let rules = account.aws("events list-rules").await;
    assert_eq!(rules["Rules"].as_array().map(Vec::len), Some(1), "{rules}");
}

/// What the functions wrote is found in their log groups, beside what others put there, and what is not emulated is refused.
pub async fn logs_are_found(account: &Account) {
    const GROUP: &str = "/aws/lambda/AWSClientVPN-AssociatingSubnets";
    let find = async |of: &str, more: &[&str]| -> Value {
        let find = ["logs", "filter-log-events", "--log-group-name", of, "--output", "json"];
        let find: Vec<_> = find.into_iter().chain(more.iter().copied()).collect();
        serde_json::from_slice(&account.succeeds("aws", &find).await).expect("JSON")
    };
    let messages = |told: &Value| -> Vec<String> {
        let events = told["events"].as_array().into_iter().flatten();
        events.map(|event| event["message"].as_str().expect("a message").to_owned()).collect()
    };
    let now = account.world().clock.now().as_millisecond();
    // moto takes no lines of long ago, by the system's clock.
    let theirs = local::clock::system().as_millisecond();
    let put = json!([{ "timestamp": theirs, "message": r#"{"message": "audit", "from": "others"}"# }]).to_string();
    account.aws(&format!("logs create-log-stream --log-group-name {GROUP} --log-stream-name one")).await;
    let put = ["logs", "put-log-events", "--log-group-name", GROUP, "--log-stream-name", "one", "--log-events", &put];
    account.succeeds("aws", &put).await;

    let told = find(GROUP, &["--filter-pattern", r#"{ ($.message = "audit") || ($.level = "ERROR") }"#]).await;
    let found = messages(&told);
    assert!(found.iter().any(|line| line.contains("audit.subject")), "{found:?}");
    assert!(found.iter().any(|line| line.contains("others")), "{found:?}");
    let is_wanted =
        |line: &String| line.contains(r#""message":"audit""#) || line.contains("ERROR") || line.contains("others");
    assert!(found.iter().all(is_wanted), "{found:?}");
    assert!(messages(&find(GROUP, &[]).await).len() > found.len(), "without a pattern everything");
    let later = now.max(theirs) + 1;
    assert!(messages(&find(GROUP, &["--start-time", &later.to_string()]).await).is_empty());
    let begins = account.world().started.as_millisecond();
    let times = told["events"].as_array().into_iter().flatten().map(|event| event["timestamp"].as_i64());
    let is_in_time = |at: i64| (begins..=now).contains(&at) || at == theirs;
    assert!(times.clone().all(|at| at.is_some_and(is_in_time)), "{told}");
    assert!(times.is_sorted(), "{told}");

    let streams = account.aws(&format!("logs describe-log-streams --log-group-name {GROUP}")).await;
    let streams: Vec<_> = streams["logStreams"].as_array().into_iter().flatten().cloned().collect();
    let ours = streams.iter().find(|stream| stream["logStreamName"] != "one").expect("a function's stream");
    let stream = ours["logStreamName"].as_str().expect("a name");
    let read = ["logs", "get-log-events", "--log-group-name", GROUP, "--log-stream-name", stream, "--output", "json"];
    let read: Value = serde_json::from_slice(&account.succeeds("aws", &read).await).expect("JSON");
    assert!(!messages(&read).is_empty(), "{read}");

    for refused in [
        ["logs", "filter-log-events", "--log-group-name", GROUP, "--filter-pattern", "[ip, user]"],
        ["logs", "filter-log-events", "--log-group-name", "/none", "--filter-pattern", "ERROR"],
    ] {
        let output = account.command("aws", &refused).output().await.expect("the CLI");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("is not emulated") || said.contains("ResourceNotFoundException"), "{said}");
    }
}

/// What one load balancer lets go is in use for some time, and nothing else is (fact 11.5).
pub async fn only_what_was_let_go_is_in_use(account: &Account) {
    let balancer = account.aws("elbv2 describe-load-balancers").await["LoadBalancers"][0].clone();
    let vpc = balancer["VpcId"].as_str().expect("a VPC");
    let balancer = balancer["LoadBalancerArn"].as_str().expect("an ARN");
    let listeners = account.aws(&format!("elbv2 describe-listeners --load-balancer-arn {balancer}")).await;
    let listener = listeners["Listeners"][0]["ListenerArn"].as_str().expect("an ARN").to_owned();
    let group = async |name: &str| -> String {
        let made = account.aws(&format!("elbv2 create-target-group --name {name} --target-type lambda")).await;
        made["TargetGroups"][0]["TargetGroupArn"].as_str().expect("an ARN").to_owned()
    };
    let (had, other) = (group("had").await, group("other").await);
    let rule = format!("elbv2 create-rule --listener-arn {listener} --priority 998");
    let rule = account
        .aws(&format!("{rule} --conditions Field=path-pattern,Values=/had --actions Type=forward,TargetGroupArn={had}"))
        .await;
    let rule = rule["Rules"][0]["RuleArn"].as_str().expect("an ARN").to_owned();
    account.aws(&format!("elbv2 delete-rule --rule-arn {rule}")).await;
    account.aws(&format!("elbv2 delete-target-group --target-group-arn {other}")).await;
    let refused = async |call: &str| -> String {
        let arguments: Vec<_> = call.split(' ').collect();
        let output = account.command("aws", &arguments).output().await.expect("the CLI");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let delete = format!("elbv2 delete-target-group --target-group-arn {had}");
    let said = refused(&delete).await;
    assert!(said.contains(&format!("Target group '{had}' is currently in use by a listener or a rule")), "{said}");
    account.pass(1).await;
    account.aws(&delete).await;

    let security_group = async |name: &str| -> String {
        let made = format!("ec2 create-security-group --group-name {name} --description d --vpc-id {vpc}");
        account.aws(&made).await["GroupId"].as_str().expect("an id").to_owned()
    };
    let (had, other) = (security_group("had").await, security_group("other").await);
    let subnets = account.aws(&format!("ec2 describe-subnets --filters Name=vpc-id,Values={vpc}")).await;
    let subnet = |number: usize| subnets["Subnets"][number]["SubnetId"].as_str().expect("a subnet").to_owned();
    let create = format!("elbv2 create-load-balancer --name had --subnets {} {}", subnet(0), subnet(1));
    let made = account.aws(&format!("{create} --security-groups {had}")).await;
    let made = made["LoadBalancers"][0]["LoadBalancerArn"].as_str().expect("an ARN").to_owned();
    let delete = format!("ec2 delete-security-group --group-id {had}");
    assert!(refused(&delete).await.contains("DependencyViolation"), "a load balancer has it");
    account.aws(&format!("elbv2 delete-load-balancer --load-balancer-arn {made}")).await;
    account.aws(&format!("ec2 delete-security-group --group-id {other}")).await;
    assert!(refused(&delete).await.contains("DependencyViolation"), "its interfaces go away");
    account.pass(2).await;
    account.aws(&delete).await;
}
