//! The log, in a process of its own because a subscriber is global.

mod common;

use std::sync::Mutex;

use common::{REFERENCE, Setup};
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter as _;
use vpn_core::model::AssociationState;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// The fields of the one line with a message, of all that were written since the last time.
fn only_line(message: &str, written: &[Value]) -> Value {
    let mut lines = written.iter().map(|line| &line["fields"]).filter(|fields| fields["message"] == message);
    let line = lines.next().unwrap_or_else(|| panic!("{message}: {written:?}")).clone();
    assert_eq!(lines.next(), None, "{written:?}");
    assert_eq!(line["reference"], REFERENCE, "{line}");
    line
}

fn written() -> Vec<Value> {
    let text = String::from_utf8(std::mem::take(&mut *LOG.lock().expect("not poisoned"))).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("json")).collect()
}

#[tokio::test]
async fn the_reference_leads_to_aws_s_own_words() {
    const WRONG: &str = "the page says that something is wrong";
    let subscriber = tracing_subscriber::fmt().json().with_writer(|| LOG.make_writer()).finish();
    tracing::subscriber::set_global_default(subscriber).expect("the only one");
    let setup = Setup::new();
    setup.aws.turn_on();
    setup.aws.put_association("subnet-b", AssociationState::AssociationFailed);
    setup.get("/vpn").await;
    let lines = written();
    let failed = only_line("AWS could not associate a subnet", &lines);
    assert_eq!((&failed["subnet.id"], &failed["aws.message"]), (&"subnet-b".into(), &"AWS's own <words>".into()));
    assert_eq!(only_line(WRONG, &lines)["problem"], "association-failed");

    // What the endpoint is, and what to do, is for the administrator.
    for path in ["/", "/vpn"] {
        let setup = Setup::new();
        setup.aws.belong_to("tgw-0123456789abcdef0");
        setup.get(path).await;
        let lines = written();
        assert_eq!(only_line(WRONG, &lines)["problem"], "subnet");
        let named = lines.iter().find(|line| line["fields"]["transit_gateway.id"] == "tgw-0123456789abcdef0");
        let words = named.expect("the gateway is named")["fields"]["message"].as_str().unwrap_or_default().to_owned();
        assert!(words.contains("VPN_ENDPOINT_ID"), "{words}");
    }

    // A look that failed, a mark that could not be written, a change that was refused.
    for (call, code, problem) in [
        ("read", "InternalError", "unreachable"),
        ("set ", "UnauthorizedOperation", "forbidden"),
        ("set ", "RequestLimitExceeded", "busy"),
        ("associate", "InvalidSubnetID.NotFound", "subnet"),
    ] {
        let setup = Setup::new();
        setup.aws.fail(call, code);
        setup.get("/").await;
        let line = only_line(WRONG, &written());
        assert_eq!((&line["problem"], &line["aws.code"]), (&problem.into(), &code.into()), "{line}");
        assert_eq!(line["aws.message"], "AWS's own <words>", "{line}");
        assert_eq!(line["aws.request_id"], "aws-request", "{line}");
    }
}
