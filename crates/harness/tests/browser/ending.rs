//! The browser ends with its test.

use std::path::Path;

use crate::webdriver::{Browser, DEADLINE, LOOK};

/// As when a test panics or is killed: nobody asks the browser to end.
#[tokio::test]
async fn no_browser_outlives_its_test() {
    let browser = Browser::start().await;
    let process = format!("/proc/{}", browser.engine.process());
    assert!(Path::new(&process).exists());
    drop(browser);
    let gone = tokio::time::timeout(DEADLINE, async {
        while Path::new(&process).exists() {
            tokio::time::sleep(LOOK).await;
        }
    });
    assert!(gone.await.is_ok(), "{process} is still there");
}
