//! Every state that the page can be in, and how it comes to it.

use aws::ec2::{AwsError, Effect, Fault};
use harness::Vpn as _;
use local::this_computer::{DISASSOCIATOR, SUBNETS};
use serde_json::json;

use crate::{
    story::{ENDED, LOST, SELDOM, Story, sessions_last},
    webdriver::Browser,
};

const ASSOCIATE: &str = "AssociateClientVpnTargetNetwork";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageCase {
    Off,
    Starting,
    Ready,
    Used,
    Kept,
    TurningOff,
    TurningOnAgain,
    Failed,
    PartlyFailed,
    Incomplete,
    Closed,
    Misconfigured,
    Forbidden,
    Unreachable,
    Busy,
    InUse,
    NotOn,
    Lost,
    Ended,
}

impl PageCase {
    pub(crate) const ALL: [Self; 19] = [
        Self::Off,
        Self::Starting,
        Self::Ready,
        Self::Used,
        Self::Kept,
        Self::TurningOff,
        Self::TurningOnAgain,
        Self::Failed,
        Self::PartlyFailed,
        Self::Incomplete,
        Self::Closed,
        Self::Misconfigured,
        Self::Forbidden,
        Self::Unreachable,
        Self::Busy,
        Self::InUse,
        Self::NotOn,
        Self::Lost,
        Self::Ended,
    ];

    /// Its name in names of files.
    pub(crate) fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Whether it is told by what it says; the other differs in what was lost.
    pub(crate) fn has_its_own_words(self) -> bool {
        self != Self::Lost
    }

    /// Whether an administrator has to look into it.
    pub(crate) fn needs_an_administrator(self) -> bool {
        use PageCase::{Busy, Failed, Forbidden, Misconfigured, PartlyFailed, Unreachable};
        matches!(self, Failed | PartlyFailed | Misconfigured | Forbidden | Unreachable | Busy)
    }

    /// A world of its own, with the page in this state in front. The page asks so seldom that it stays so, and says
    /// nothing of a trial.
    pub(crate) async fn story(self, browser: Browser) -> Story {
        let story = Story::of(browser, &SELDOM).await;
        story.world.alb.show_banner(false);
        self.bring(&story).await;
        story
    }

    async fn bring(self, story: &Story) {
        match self {
            Self::Off => story.sign_in_at("/vpn").await,
            Self::Starting => {
                fault(
                    story,
                    Fault::new(ASSOCIATE, Effect::Takes { duration: jiff::SignedDuration::from_mins(7) }).times(1),
                );
                story.sign_in_at("/").await;
                story.pass(6).await;
                story.go("/vpn").await;
            }
            Self::Ready => story.turn_on().await,
            Self::Used => {
                story.turn_on().await;
                story.connect("ipad-01").await;
                story.pass(4).await;
                story.go("/vpn").await;
            }
            Self::Kept => {
                story.turn_on().await;
                story.browser.press("form[action='/keep'] button[value='4']").await;
            }
            Self::TurningOff => {
                story.turn_on().await;
                story.turn_off().await;
            }
            Self::TurningOnAgain => {
                story.turn_on().await;
                story.turn_off().await;
                story.browser.press("form[action='/on'] button").await;
            }
            Self::Failed | Self::PartlyFailed => {
                let message = "Insufficient addresses in the subnet".to_owned();
                let failing = Fault::new(ASSOCIATE, Effect::Fails { message });
                fault(story, if self == Self::Failed { failing } else { failing.of(SUBNETS[1].0) });
                story.sign_in_at("/").await;
                story.pass(11).await;
                story.go("/vpn").await;
            }
            Self::Incomplete => {
                let endpoint = story.endpoint();
                story.with_ec2(|ec2, now| ec2.associate(now, &endpoint, SUBNETS[0].0, None)).expect("associated");
                story.pass(6).await;
                story.sign_in_at("/vpn").await;
            }
            Self::Closed => {
                close(story).await;
                story.sign_in_at("/vpn").await;
            }
            Self::Misconfigured => {
                fault(story, Fault::error(ASSOCIATE, AwsError::new("InvalidSubnetID.NotFound", "no such subnet")));
                story.sign_in_to_a_problem("/").await;
            }
            Self::Forbidden => all_fail(story, "UnauthorizedOperation", 403).await,
            Self::Unreachable => all_fail(story, "InternalError", 500).await,
            Self::Busy => all_fail(story, "RequestLimitExceeded", 503).await,
            Self::InUse => {
                story.turn_on().await;
                story.connect("ipad-01").await;
                story.turn_off().await;
                story.reports("in-use").await;
            }
            Self::NotOn => {
                story.turn_on().await;
                story.pass(40).await;
                story.browser.press("form[action='/keep'] button[value='1']").await;
                story.reports("not-on").await;
            }
            Self::Lost => {
                story.turn_on().await;
                story.browser.be_offline(true).await;
                story.looks_now().await;
                story.browser.until(LOST).await;
            }
            Self::Ended => {
                story.turn_on().await;
                sessions_last(&story.world, std::time::Duration::ZERO);
                story.looks_now().await;
                story.browser.until(ENDED).await;
            }
        }
        if let Some(phase) = self.phase() {
            story.shows(phase).await;
        }
    }

    fn phase(self) -> Option<&'static str> {
        Some(match self {
            Self::Off => "off",
            Self::Starting => "starting",
            Self::Ready | Self::Used | Self::Kept | Self::InUse | Self::Lost => "ready",
            Self::TurningOff => "turning-off",
            Self::TurningOnAgain => "turning-on-again",
            Self::Failed => "failed",
            Self::Incomplete | Self::PartlyFailed => "incomplete",
            Self::Closed => "closed",
            Self::Misconfigured | Self::Forbidden | Self::Unreachable | Self::Busy | Self::NotOn | Self::Ended => {
                return None;
            }
        })
    }
}

fn fault(story: &Story, fault: Fault) {
    story.with_ec2(|ec2, _| ec2.add_fault(fault));
}

async fn all_fail(story: &Story, code: &str, status: u16) {
    fault(story, Fault::error("*", AwsError::with_status(code, "as ordered", status)));
    story.sign_in_to_a_problem("/vpn").await;
}

/// As an administrator who calls the function by hand.
async fn close(story: &Story) {
    let done = story.invoke(DISASSOCIATOR, &json!({"force": true, "closed_for": "2h"})).await;
    assert_eq!(done.expect("invoked").function_error, None);
}
