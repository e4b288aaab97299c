//! What a month cost is told once it is over.

use crate::{ALARM, FORCE, SCHEDULE, aws::FakeAws, both_on, handle};

/// The first run of a month tells of the one before, whatever became of the rest; no other does.
#[tokio::test]
async fn what_a_month_cost_is_told_once_it_is_over() {
    let first = SCHEDULE.replace("2026-11-02T09:35:00Z", "2026-11-01T00:00:00Z");
    let told = "AWSClientVPN-Month tells: October 2026: $25.40; always on would be $156.24; saved $130.84.";
    let aws = FakeAws { measured: true, ..both_on() };
    assert_eq!(handle(&aws, &first).await.0, Ok(200));
    let calls = aws.calls();
    assert_eq!(calls.last().unwrap(), told, "after everything else");
    let read = "read the gauge of cvpn-endpoint-1 from 2026-10-01T00:00:00Z to 2026-11-01T00:00:00Z";
    assert_eq!(calls[calls.len() - 2], read);
    assert!(calls.contains(&"disassociate assoc-of-subnet-2".to_owned()));

    let alarm = ALARM.replace("2026-11-21T12:31:00.007+0000", "2026-11-01T00:00:00Z");
    for event in [SCHEDULE, &alarm, FORCE] {
        let aws = FakeAws { measured: true, ..both_on() };
        handle(&aws, event).await.0.unwrap();
        assert!(!aws.calls().iter().any(|call| call.contains("tells") || call.contains("read the gauge")));
    }
    // Nothing was measured: it is new.
    let aws = both_on();
    assert_eq!(handle(&aws, &first).await.0, Ok(200));
    assert!(!aws.calls().iter().any(|call| call.contains("tells")));
    for failing in ["gauge", "tell"] {
        let aws = FakeAws { measured: true, failing: vec![(failing, "InternalFailure")], ..both_on() };
        let (status, body, lines) = handle(&aws, &first).await;
        assert_eq!(status, Err("AwsCallFailed"), "{failing}: Lambda tries again");
        assert!(body.to_string().contains("InternalFailure"), "{body}");
        assert!(aws.calls().contains(&"disassociate assoc-of-subnet-2".to_owned()), "the rest was done");
        assert_eq!(lines.contains(&"SetAlarmState Failed(Unavailable)".to_owned()), failing == "tell", "{lines:?}");
    }
    // Too busy for the rest, and still told.
    let aws = FakeAws { measured: true, failing: vec![("set_marks", "RequestLimitExceeded")], ..both_on() };
    handle(&aws, &first).await.0.unwrap();
    assert_eq!(aws.calls().last().unwrap(), told);
}
