//! The state without HTTP: bill, lag, report, sameness.

use aws::ec2::{ClientConnect, Query, Settings};
use jiff::SignedDuration;

use crate::fixture::{A, B, ENDPOINT, deployment, minutes, seconds, start_time, state};

#[test]
fn hours_are_billed_from_the_call_to_the_end() {
    let (mut state, start) = (state(), start_time());
    let hours = |state: &aws::ec2::ClientVpn, after: SignedDuration| state.billed_hours(start + after);
    let a = state.associate(start, ENDPOINT, A, None).unwrap().association_id;
    assert_eq!(state.billed_associations(start), 1);
    state.associate(start + minutes(30), ENDPOINT, B, None).unwrap();
    assert!((hours(&state, minutes(60)) - 1.5).abs() < 1e-9);
    state.disassociate(start + minutes(60), ENDPOINT, &a).unwrap();
    assert_eq!(state.billed_associations(start + minutes(64)), 2);
    assert_eq!(state.billed_associations(start + minutes(65)), 1);
    let expected = 65.0 / 60.0 + 90.0 / 60.0;
    assert!((hours(&state, minutes(120)) - expected).abs() < 1e-9);

    // Associating again forgets the old association, not its bill.
    state.associate(start + minutes(120), ENDPOINT, A, None).unwrap();
    assert!((hours(&state, minutes(120)) - expected).abs() < 1e-9);
}

#[test]
fn what_is_described_may_lag() {
    let (mut state, start) = (state(), start_time());
    state.settings.delays.lag = seconds(10);
    let resources = [ENDPOINT.to_owned()];
    state.associate(start, ENDPOINT, A, None).unwrap();
    state.create_tags(start, &resources, &[("mark".to_owned(), "1".to_owned())]).unwrap();
    state.create_tags(start + seconds(5), &resources, &[("mark".to_owned(), "2".to_owned())]).unwrap();
    let mut seen = |after: SignedDuration| {
        let networks = state.describe_target_networks(start + after, ENDPOINT, &Query::default()).unwrap();
        let endpoint = state.describe_endpoints(start + after, &Query::default()).unwrap().items.remove(0);
        let network = networks.items.first().map(|network| network.status.code.clone());
        (network.unwrap_or_default(), endpoint.tags.get("mark").cloned().unwrap_or_default())
    };
    let expect = |network: &str, mark: &str| (network.to_owned(), mark.to_owned());
    assert_eq!(seen(seconds(9)), expect("", ""));
    assert_eq!(seen(seconds(10)), expect("associating", "1"));
    assert_eq!(seen(seconds(15)), expect("associating", "2"));
    assert_eq!(seen(minutes(5)), expect("associating", "2"));
    assert_eq!(seen(minutes(5) + seconds(10)), expect("associated", "2"));
    // What is done does not lag.
    let again = state.associate(start + seconds(1), ENDPOINT, A, None).unwrap_err();
    assert_eq!(again.code, "InvalidClientVpnDuplicateAssociationException");
}

#[test]
fn states_treated_alike_are_alike_and_seeds_make_others() {
    let start = start_time();
    let live = |mut state: aws::ec2::ClientVpn| {
        let id = state.associate(start, ENDPOINT, A, None).unwrap().association_id;
        let connection = state.new_id("cvpn-connection");
        state.connect(start + minutes(5), &connection, &ClientConnect::default());
        state.disassociate(start + minutes(6), ENDPOINT, &id).unwrap();
        state.report(start + minutes(7))
    };
    assert_eq!(live(state()), live(state()));
    assert_ne!(live(state()), live(state().seeded(1)));
    let mut one = state();
    let copy = one.clone();
    one.associate(start, ENDPOINT, A, None).unwrap();
    assert_eq!(copy.billed_associations(start), 0);
}

#[test]
fn the_report_shows_everything() {
    let (mut state, start) = (state(), start_time());
    state.associate(start, ENDPOINT, A, None).unwrap();
    let later = start + minutes(5);
    state.connect(later, "cvpn-connection-1", &ClientConnect::default());
    state.create_tags(later, &[ENDPOINT.to_owned()], &[("mark".to_owned(), "1".to_owned())]).unwrap();
    let report = state.report(later);
    assert_eq!(report["Endpoint"]["Status"]["Code"], "available");
    assert_eq!(report["Associations"][0]["TargetNetworkId"], A);
    assert_eq!(report["Routes"][0]["Origin"], "associate");
    assert_eq!(report["Connections"][0]["ConnectionEndTime"], "-");
    assert_eq!(report["ConnectionLog"][0]["connection-attempt-status"], "successful");
    assert_eq!(report["Tags"]["mark"], "1");
    assert_eq!(report["Subnets"].as_array().unwrap().len(), deployment().endpoint.subnets.len());
    assert_eq!(report["BilledAssociations"], 1);
    assert_eq!(report["Faults"].as_array().unwrap().len(), 0);
}

#[test]
fn settings_are_json_with_readable_durations() {
    let json = serde_json::to_value(Settings::default()).unwrap();
    assert_eq!(json["delays"]["associate"], "PT5M");
    let settings: Settings = serde_json::from_str(r#"{"delays": {"associate": "2m"}}"#).unwrap();
    assert_eq!(settings.delays.associate, minutes(2));
    assert_eq!(settings.delays.disassociate, minutes(5));
    assert!(serde_json::from_str::<Settings>(r#"{"delays": {"asociate": "2m"}}"#).is_err());
}
