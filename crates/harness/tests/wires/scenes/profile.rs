//! A profile goes from the bucket by the page onto a device: hers alone, and for a minute.

use ::http::Response;
use harness::{Vpn as _, http};
use serde_json::{Value, json};

use super::{Outcome, brief, expect};
use crate::Account;

const BUCKET: &str = "vpn-on-demand-123456789012-us-east-1";
/// By these a browser says that a link of the page was followed.
const LINK: [(&str, &str); 4] = [
    ("accept", "text/html"),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
];

impl Account {
    pub(super) async fn profile(&self) -> Outcome {
        let mei = self.sign_up("mei@example.com").await?;
        let ann = self.sign_up("ann@example.com").await?;
        for (sub, text) in [(&mei.0, "of mei"), (&ann.0, "of ann")] {
            self.leave(sub, text).await?;
        }
        // Back from a sign-in she is led to the page.
        let first = self.send("GET", "/profile", &LINK, "").await;
        expect(leads(&first).starts_with("/local/sign-in"), format!("/profile: no sign-in: {}", first.status()))?;
        for ((sub, cookie), text) in [(&mei, "of mei"), (&ann, "of ann")] {
            let answer = self.follow(cookie).await;
            let to = leads(&answer);
            let hers = to.contains(&format!("/{BUCKET}/profiles/{sub}/ipad.ovpn?"));
            expect(
                answer.status() == 303 && hers,
                format!("{} leads to {to:?}: {}", answer.status(), brief(answer.body())),
            )?;
            let profile = http::send("GET", &to, &[], "").await;
            let words = brief(profile.body());
            expect(
                profile.status() == 200 && profile.body() == text,
                format!("the profile: {} {words}", profile.status()),
            )?;
            let header = |name: &str| profile.headers().get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
            expect(
                header("content-disposition") == "attachment; filename=\"ipad.ovpn\""
                    && header("content-type") == "application/x-openvpn-profile"
                    && header("cache-control") == "no-store",
                format!("the profile's headers: {:?}", profile.headers()),
            )?;
            // The same address for somebody else, a minute and a half later.
            self.pass_seconds(90).await;
            let late = http::send("GET", &to, &[], "").await;
            expect(late.status() == 403, format!("the address a minute and a half later: {}", late.status()))?;
        }
        self.take_away(&mei.0).await?;
        let answer = self.follow(&mei.1).await;
        expect(answer.status() == 404, format!("after it was taken away: {}", answer.status()))
    }

    /// Somebody who signs in: her subject and her cookie.
    async fn sign_up(&self, name: &str) -> Result<(String, String), String> {
        self.add_person(name).await?;
        self.set_password(name, "CorrectHorse42").await?;
        let of = json!({ "UserPoolId": self.pool(), "Username": name });
        let user = self.call("cognito-idp", "admin-get-user", &of).await?;
        let attributes = user["UserAttributes"].as_array().into_iter().flatten();
        let sub = attributes.into_iter().find(|it| it["Name"] == "sub").and_then(|it| it["Value"].as_str());
        let sub = sub.ok_or("Cognito tells no subject")?.to_owned();
        self.world().refresh_deployment().await;
        let answer = http::sign_in(&self.running.urls.employee, &[("host", harness::HOST)], &sub, "/vpn").await;
        expect(answer.status() == 303, format!("no sign-in: {} {}", answer.status(), brief(answer.body())))?;
        Ok((sub, http::cookies(&answer)))
    }

    async fn follow(&self, cookie: &str) -> Response<String> {
        let mut headers = LINK.to_vec();
        headers.push(("cookie", cookie));
        self.send("GET", "/profile", &headers, "").await
    }

    async fn leave(&self, sub: &str, text: &str) -> Outcome {
        let key = json!(format!("profiles/{sub}/ipad.ovpn"));
        let input = json!({ "Bucket": BUCKET, "Key": key, "Body": text });
        self.call("s3api", "put-object", &input).await.map(drop)
    }

    async fn take_away(&self, sub: &str) -> Outcome {
        let key: Value = json!(format!("profiles/{sub}/ipad.ovpn"));
        self.call("s3api", "delete-object", &json!({ "Bucket": BUCKET, "Key": key })).await.map(drop)
    }
}

fn leads(answer: &Response<String>) -> String {
    answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned()
}
