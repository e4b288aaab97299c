//! Connections, as they are listed and logged.

use aws::ec2::ClientConnect;
use aws_sdk_ec2::types::{ClientVpnConnection, Filter};

use crate::fixture::{Aws, ENDPOINT, minutes, seconds};

async fn connections(aws: &Aws) -> Vec<ClientVpnConnection> {
    let call = aws.ec2.describe_client_vpn_connections().client_vpn_endpoint_id(ENDPOINT);
    call.send().await.unwrap().connections.unwrap()
}

fn client(name: &str) -> ClientConnect {
    ClientConnect { common_name: name.to_owned(), public_ip: "198.51.100.7".to_owned(), ..ClientConnect::default() }
}

fn status(connection: &ClientVpnConnection) -> &str {
    connection.status().unwrap().code().unwrap().as_str()
}

#[tokio::test]
async fn a_connection_is_listed_for_an_hour_after_its_end() {
    let aws = Aws::start().await;
    aws.state(|state, now| {
        state.connect(now, "cvpn-connection-1", &client("mei"));
        state.set_posture("cvpn-connection-1", &["compliant".to_owned()]);
    });
    let listed = connections(&aws).await;
    assert_eq!(status(&listed[0]), "active");
    assert_eq!(listed[0].connection_established_time(), Some("2026-01-05 08:00:00"));
    assert_eq!(listed[0].connection_end_time(), Some("-"));
    assert_eq!(listed[0].common_name(), Some("mei"));
    assert_eq!(listed[0].client_ip(), Some("10.200.0.2"));
    assert_eq!(listed[0].posture_compliance_statuses(), ["compliant"]);

    aws.pass(minutes(30) + seconds(5)).await;
    assert!(aws.state(|state, now| state.disconnect(now, "cvpn-connection-1")));
    assert!(!aws.state(|state, now| state.disconnect(now, "cvpn-connection-1")), "only once");
    let listed = connections(&aws).await;
    assert_eq!(status(&listed[0]), "terminated");
    assert_eq!(listed[0].connection_end_time(), Some("2026-01-05 08:30:05"));
    aws.pass(minutes(60) - seconds(1)).await;
    assert_eq!(connections(&aws).await.len(), 1);
    aws.pass(seconds(1)).await;
    assert!(connections(&aws).await.is_empty());
}

#[tokio::test]
async fn connections_are_terminated_by_id_and_by_user() {
    let aws = Aws::start().await;
    let joe = ClientConnect { username: "joe".to_owned(), ..client("joe") };
    aws.state(|state, now| {
        state.connect(now, "cvpn-connection-1", &client("mei"));
        state.connect(now, "cvpn-connection-2", &joe);
        state.connect(now, "cvpn-connection-3", &joe);
    });
    let by_user = aws.ec2.describe_client_vpn_connections().client_vpn_endpoint_id(ENDPOINT);
    let by_user = by_user.filters(Filter::builder().name("username").values("joe").build()).send().await.unwrap();
    assert_eq!(by_user.connections().len(), 2);

    let terminate = || aws.ec2.terminate_client_vpn_connections().client_vpn_endpoint_id(ENDPOINT);
    let answer = terminate().connection_id("cvpn-connection-1").send().await.unwrap();
    assert_eq!(answer.client_vpn_endpoint_id(), Some(ENDPOINT));
    let terminated = &answer.connection_statuses()[0];
    assert_eq!(terminated.connection_id(), Some("cvpn-connection-1"));
    assert_eq!(terminated.previous_status().unwrap().code().unwrap().as_str(), "active");
    assert_eq!(terminated.current_status().unwrap().code().unwrap().as_str(), "terminating");
    let answer = terminate().username("joe").send().await.unwrap();
    assert_eq!((answer.username(), answer.connection_statuses().len()), (Some("joe"), 2));

    let listed = connections(&aws).await;
    assert_eq!(listed.iter().map(status).collect::<Vec<_>>(), ["terminating"; 3]);
    assert_eq!(listed[0].connection_end_time(), Some("-"), "it has not ended yet");
    aws.pass(seconds(5)).await;
    let listed = connections(&aws).await;
    assert_eq!(listed.iter().map(status).collect::<Vec<_>>(), ["terminated"; 3]);
}

#[tokio::test]
async fn the_connection_log_has_awss_fields() {
    let aws = Aws::start().await;
    aws.state(|state, now| {
        state.refuse(now, "cvpn-connection-1", &client("eve"), "client-connect-failed");
        state.connect(now, "cvpn-connection-2", &client("mei"));
    });
    aws.pass(minutes(2)).await;
    aws.state(|state, now| state.disconnect(now, "cvpn-connection-2"));
    let log: Vec<_> = aws.state(|state, _| state.connection_log().cloned().collect());
    assert_eq!(log.len(), 3);
    assert_eq!(log[0]["connection-attempt-status"], "failed");
    assert_eq!(log[0]["connection-attempt-failure-reason"], "client-connect-failed");
    assert_eq!(log[0]["connection-start-time"], "NA");
    assert_eq!(log[0]["device-ip"], "198.51.100.7");
    assert_eq!(log[1]["connection-attempt-status"], "successful");
    assert_eq!(log[1]["connection-start-time"], "2026-01-05 08:00:00");
    assert_eq!(log[1]["connection-end-time"], "NA");
    assert_eq!(log[2]["connection-log-type"], "connection-reset");
    assert_eq!(log[2]["connection-end-time"], "2026-01-05 08:02:00");
    assert_eq!(log[2]["connection-duration-seconds"], "120");
    assert!(connections(&aws).await.len() == 1, "a refused attempt is no connection");
}
