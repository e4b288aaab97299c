use std::sync::Mutex;

use tracing_subscriber::fmt::MakeWriter as _;

use super::super::{Notice, log};
use crate::marks::{BadMark, Mark};

/// What no rule can mend, an administrator is told: a line for each.
#[test]
fn every_notice_is_a_line_of_the_log() {
    static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    let (subnet, destination) = ("subnet-1".to_owned(), "10.20.0.0/16".to_owned());
    let bad = BadMark { mark: Mark::KeepUntil, text: "soon".to_owned(), reason: "not an RFC 3339 time" };
    let notices = [
        (Notice::BadMark(bad), ["vpn-on-demand:keep-until", "soon"]),
        (Notice::UnknownState { subnet: subnet.clone(), state: "resting".to_owned() }, ["subnet-1", "resting"]),
        (
            Notice::AssociationFailed { subnet: subnet.clone(), message: Some("no addresses left".to_owned()) },
            ["subnet-1", "no addresses left"],
        ),
        (
            Notice::RouteFailed { destination: destination.clone(), subnet: subnet.clone() },
            ["10.20.0.0/16", "AWS could not make a route"],
        ),
        (Notice::RouteLost { destination, subnet }, ["10.20.0.0/16", "VPN_ROUTES"]),
        (Notice::UnreadableEnd { text: "yesterday".to_owned(), connections: 7 }, ["yesterday", "the VPN stays on"]),
        (Notice::NoMarks, ["terraform apply", "a keep is lost"]),
        (Notice::OfTransitGateway { id: "tgw-1".to_owned() }, ["tgw-1", "VPN_ENDPOINT_ID"]),
    ];
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(|| LOG.make_writer()).finish();
    tracing::subscriber::with_default(subscriber, || notices.iter().for_each(|(notice, _)| log(notice)));
    let text = String::from_utf8(LOG.lock().expect("the log").clone()).expect("text");
    assert_eq!(text.lines().count(), notices.len(), "{text}");
    for (line, (_, words)) in text.lines().zip(&notices) {
        let level = if words[0] == "tgw-1" { "ERROR" } else { "WARN" };
        assert!(line.contains(level) && words.iter().all(|word| line.contains(word)), "{words:?} in {line}");
    }
}
