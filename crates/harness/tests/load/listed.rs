//! As many pages of connections as AWS lists at once (fact 7.3), read by the function's own process, over HTTP.

use std::{sync::Arc, time::Duration};

use aws::ec2::ClientConnect;
use harness::Vpn;
use local::{
    boot::{self, Running},
    executables::beside_test_executable,
    flags::Options,
    locks::{lock, write},
    this_computer::{ALARM, DISASSOCIATOR, Settings, subnets},
    world::World,
};
use tokio::time::Instant;
use vpn_core::marks::Mark;

/// 126,000 connections, of which AWS gives 1,000 a page.
const PAGES: usize = 126;
/// What is emulated here gives fewer: each that comes and leaves is held against all that did.
const A_PAGE: usize = 100;
/// The tests of core read each in 300 ms, by a clock that they advance.
const CALL: Duration = Duration::from_millis(100);

struct Listed(Running);

impl Vpn for Listed {
    fn world(&self) -> &Arc<World> {
        &self.0.world
    }
}

/// All have left, so it is idle; all are still listed, so every page has to be read, and once more before the first change.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_longest_list_is_read_twice_and_the_vpn_turned_off() {
    let directory = beside_test_executable().expect("the directory of the executables");
    let settings = Settings { subnets: subnets(2), ..Settings::default() };
    let options = Options { settings, call_takes: CALL, ..Options::stepped(directory) };
    let mut listed = Listed(boot::start(options).await.expect("started"));
    // One run: neither the schedule nor the alarm looks meanwhile.
    write(&listed.world().deployment).schedules.clear();
    let alarm = serde_json::json!({ "AlarmNames": [ALARM] });
    lock(&listed.world().cloudwatch).call(listed.now(), "DeleteAlarms", &alarm).expect("deleted");
    listed.0.provide_functions().await;
    listed.everybody_came_and_left();
    listed.pass(35).await;

    let schedule = serde_json::from_str(include_str!("../../../../events/disassociator-schedule.json")).expect("JSON");
    let began = Instant::now();
    let outcome = listed.invoke(DISASSOCIATOR, &schedule).await.expect("invoked");
    let took = began.elapsed().as_secs();
    assert_eq!(outcome.function_error, None, "{:?}", outcome.payload);
    let calls = listed.world().journal.after(0);
    let pages = calls.iter().filter(|entry| entry.data["action"] == "DescribeClientVpnConnections").count();
    println!("| {PAGES} pages of connections, {} ms each | {pages} | read in {took} s | |", CALL.as_millis());
    assert_eq!(pages, 2 * PAGES);
    listed.pass(6).await;
    assert_eq!(listed.with_ec2(|ec2, now| ec2.billed_associations(now)), 0, "it is off");
}

impl Listed {
    fn everybody_came_and_left(&self) {
        self.with_ec2(|ec2, now| {
            let endpoint = ec2.endpoint().id;
            ec2.settings.limits.page = A_PAGE;
            // EC2's bucket gets twenty reads a second (fact 4.16), but not here, where the clock stands during a run.
            ec2.settings.limits.throttle = false;
            for subnet in subnets(2) {
                ec2.associate(now, &endpoint, &subnet, None).expect("associated");
            }
            // As the function wrote it when it saw that.
            ec2.create_tags(now, &[endpoint], &[(Mark::OnSince.key().to_owned(), now.to_string())]).expect("marked");
            for number in 0..PAGES * A_PAGE {
                let id = format!("cvpn-connection-{number:017x}");
                ec2.connect(now, &id, &ClientConnect::default());
                assert!(ec2.disconnect(now, &id));
            }
        });
    }
}
