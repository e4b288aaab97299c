//! The page: signing in and out, its buttons, and what is none of it.

use ::http::Response;
use harness::{HOST, Vpn as _, http};
use local::locks::read;
use serde_json::json;

use super::{ASSOCIATOR, Outcome, brief, expect};
use crate::Account;

/// A request that each rule behind the sign-in takes, and none but that.
const RULES: [(&str, &str, &str); 9] = [
    ("GET", "/vpn", "en"),
    ("GET", "/vpn", "ja"),
    ("GET", "/vpn", "ko"),
    ("GET", "/vpn", "zh"),
    ("GET", "/state", "en"),
    ("GET", "/keep", "en"),
    ("GET", "/progress", "en"),
    ("POST", "/keep", "en"),
    ("POST", "/progress", "en"),
];

impl Account {
    /// From the address everybody has to the sign-in and back: the cookie.
    pub async fn enter(&self, more: &[(&str, &str)]) -> Result<String, String> {
        let mut headers = http::NAVIGATION.to_vec();
        headers.extend(more);
        let first = self.send("GET", "/vpn", &headers, "").await;
        let to = first.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
        let leads = first.status() == 302 && to.starts_with("/local/sign-in");
        expect(leads, format!("nobody is led to the sign-in: {} {}", first.status(), brief(first.body())))?;
        let page = self.send("GET", &to, &headers, "").await;
        expect(page.status() == 200, format!("no sign-in page: {} {}", page.status(), brief(page.body())))?;
        let user = self.user(0).ok_or("the user pool has no people")?;
        let mut headers = vec![("host", HOST)];
        headers.extend(more);
        let answer = http::sign_in(&self.running.urls.employee, &headers, &user, "/vpn").await;
        expect(answer.status() == 303, format!("no sign-in: {} {}", answer.status(), brief(answer.body())))?;
        Ok(http::cookies(&answer))
    }

    /// A sign-in lasts an hour, wherever one signs in or goes.
    pub(super) async fn session(&self) -> Outcome {
        let cookie = self.enter(&[]).await?;
        self.pass(50).await;
        for (method, path, language) in RULES {
            let answer = self.visit(&cookie, method, path, language).await;
            let status = answer.status();
            expect(
                status != 302 && status != 401,
                format!("{method} {path} in {language} after 50 minutes: {status}"),
            )?;
        }
        self.pass(15).await;
        for (method, path, language) in RULES {
            let answer = self.visit(&cookie, method, path, language).await;
            let status = answer.status();
            expect(status == 302, format!("{method} {path} in {language} after 65 minutes: {status}"))?;
            // To a page of Cognito that works.
            let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
            let page = self.visit("", "GET", to, language).await;
            let words = brief(page.body());
            expect(page.status() == 200, format!("{method} {path} in {language} leads to {}: {words}", page.status()))?;
        }
        Ok(())
    }

    async fn visit(&self, cookie: &str, method: &str, path: &str, language: &str) -> Response<String> {
        if method == "POST" {
            return self.post(cookie, path, "hours=1").await;
        }
        self.get(cookie, path, &[("accept-language", language)]).await
    }

    pub(super) async fn state(&self) -> Outcome {
        let cookie = self.enter(&[]).await?;
        let answer = self.send("GET", "/state", &[("cookie", &cookie), ("accept", "application/json")], "").await;
        let works = answer.status() == 200 && answer.body().starts_with('{');
        expect(works, format!("/state: {} {}", answer.status(), brief(answer.body())))
    }

    /// After a sign-in the browser comes back by GET to where it was, and the page follows.
    pub(super) async fn returns(&self) -> Outcome {
        for path in ["/on", "/off", "/keep", "/progress", "/sign-out", "/vpn", "/"] {
            let first = self.get("", path, &[]).await;
            let to = first.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
            expect(
                first.status() == 302 && to.starts_with("/local/sign-in"),
                format!("{path} leads to no sign-in: {}", first.status()),
            )?;
            let page = self.get("", to, &[]).await;
            let words = brief(page.body());
            expect(page.status() == 200, format!("{path}: no sign-in page: {} {words}", page.status()))?;
        }
        let cookie = self.enter(&[]).await?;
        for (path, page) in [
            ("/on", "/vpn?again=on"),
            ("/off", "/vpn?again=off"),
            ("/keep?hours=4", "/vpn?again=4"),
            ("/keep", "/vpn"),
            ("/progress", "/vpn"),
        ] {
            let answer = self.get(&cookie, path, &[]).await;
            let to = answer.headers().get("location").is_some_and(|to| to.as_bytes() == page.as_bytes());
            expect(answer.status() == 303 && to, format!("{path} leads not to {page}: {}", answer.status()))?;
        }
        Ok(())
    }

    /// Each language has its own sign-in, which works.
    pub(super) async fn languages(&self) -> Outcome {
        for (accepted, language) in [("ja-JP,ja;q=0.9", "ja"), ("ko", "ko"), ("zh-TW", "zh-CN"), ("en", "")] {
            for path in ["/", "/vpn"] {
                let found = self.language(accepted, path);
                expect(found == language, format!("{path} in {accepted}: signs in in {found:?}"))?;
            }
            let header = ("accept-language", accepted);
            let cookie = self.enter(&[header]).await.map_err(|error| format!("in {accepted}: {error}"))?;
            // Who signed in in one language is signed in everywhere.
            for path in ["/vpn", "/state"] {
                let answer = self.get(&cookie, path, &[header]).await;
                expect(answer.status() == 200, format!("{path} in {accepted}: {}", answer.status()))?;
            }
        }
        Ok(())
    }

    /// What the rule that takes such a request asks Cognito for.
    pub(super) fn language(&self, accepted: &str, path: &str) -> String {
        use aws::deployment::Action;
        let deployment = read(&self.world().deployment);
        let takes = |rule: &&aws::deployment::Rule| {
            (rule.hosts.is_empty() || rule.hosts.iter().any(|host| host == HOST))
                && (rule.paths.is_empty() || rule.paths.iter().any(|it| it == path))
                && (rule.methods.is_empty() || rule.methods.iter().any(|method| method == "GET"))
                && rule.headers.iter().all(|(name, values)| {
                    name.eq_ignore_ascii_case("accept-language")
                        && values.iter().any(|value| accepted.starts_with(value.trim_end_matches('*')))
                })
        };
        let rule = deployment.listener.rules.iter().find(takes);
        let asked = rule.and_then(|rule| {
            rule.actions.iter().find_map(|action| match action {
                Action::AuthenticateCognito(asked) => asked.cognito.as_ref()?.language.clone(),
                _ => None,
            })
        });
        asked.unwrap_or_default()
    }

    pub(super) async fn sign_out(&self) -> Outcome {
        let cookie = self.enter(&[]).await?;
        let answer = self.get(&cookie, "/sign-out", &[]).await;
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
        let pool = read(&self.world().deployment).user_pool.clone();
        let account = "https://vpn-on-demand-123456789012.auth.us-east-1.amazoncognito.com/logout?";
        let back = "logout_uri=https%3A%2F%2Fvpn.example.com%2Fsigned-out";
        let leaves =
            to.starts_with(account) && to.contains(&format!("client_id={}", pool.client_id)) && to.contains(back);
        expect(leaves, format!("signing out leads to {to:?}: {} {}", answer.status(), brief(answer.body())))?;
        let known =
            pool.logout_urls.is_none_or(|urls| urls.iter().any(|url| url == "https://vpn.example.com/signed-out"));
        expect(known, "Cognito does not lead back to /signed-out")?;
        // The load balancer's cookies come in several headers.
        let ended = answer.headers().get_all("set-cookie").iter().count();
        expect(ended >= 2, format!("{ended} cookies end"))?;
        let last = self.get("", "/signed-out", &[]).await;
        let is_page = last.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        expect(
            last.status() == 200 && is_page && last.body().contains("href=\"/vpn\""),
            format!("/signed-out: {} {}", last.status(), brief(last.body())),
        )
    }

    pub(super) async fn http(&self) -> Outcome {
        let http = self.running.http.clone();
        let answer = self.send_to(&http, "GET", "/vpn?x=1", &[], "").await;
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
        expect(
            answer.status() == 301 && to == "https://vpn.example.com:443/vpn?x=1",
            format!("{} {to:?}", answer.status()),
        )
    }

    /// Neither icons and unknown paths nor health checks count as use, and none of them reaches a function.
    pub(super) async fn nobody_counts(&self) -> Outcome {
        let cookie = self.enter(&[]).await?;
        for path in ["/favicon.ico", "/apple-touch-icon.png", "/robots.txt", "/vpn/x"] {
            let answer = self.get(&cookie, path, &[]).await;
            expect(answer.status() == 404, format!("{path}: {}", answer.status()))?;
            let is_page =
                answer.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
            let leads_on = answer.body().contains("<a href=\"/vpn\">");
            expect(is_page && leads_on, format!("{path} says {:?}", answer.body()))?;
        }
        self.pass(10).await;
        let invoked = self.noted("invocation", ASSOCIATOR);
        expect(invoked == 0, format!("the function that turns on was invoked {invoked} times"))
    }

    /// On and off by the page's buttons, which go on by themselves while somebody looks.
    pub(super) async fn buttons(&self) -> Outcome {
        let cookie = self.enter(&[]).await?;
        let on = self.post(&cookie, "/on", "").await;
        expect(on.status() == 303, format!("the button on: {} {}", on.status(), brief(on.body())))?;
        self.try_until("it goes on", 15, Self::is_on).await?;
        let progress = self.post(&cookie, "/progress", "").await;
        let works = progress.status() == 200 && progress.body().starts_with('{');
        expect(works, format!("progress: {} {}", progress.status(), brief(progress.body())))?;
        let keep = self.post(&cookie, "/keep", "hours=1").await;
        expect(keep.status() == 303, format!("the button keep: {} {}", keep.status(), brief(keep.body())))?;
        let off = self.post(&cookie, "/off", "").await;
        expect(off.status() == 303, format!("the button off: {} {}", off.status(), brief(off.body())))?;
        self.try_until("it goes off", 15, |it| it.there().is_empty()).await.map(drop)
    }

    /// The administrator adds somebody, who signs in with a good password, and is out five minutes after she was disabled.
    pub(super) async fn people(&self) -> Outcome {
        let name = "person@example.com";
        self.add_person(name).await?;
        self.set_password(name, "CorrectHorse42").await?;
        self.world().refresh_deployment().await;
        let cookie = self.enter(&[]).await?;
        let input = json!({ "UserPoolId": self.pool(), "Username": name });
        self.call("cognito-idp", "admin-disable-user", &input).await?;
        self.world().refresh_deployment().await;
        self.pass(5).await;
        let answer = self.get(&cookie, "/state", &[]).await;
        expect(answer.status() == 302, format!("disabled five minutes ago, and sees the page: {}", answer.status()))
    }

    /// An administrator adds somebody.
    pub async fn add_person(&self, name: &str) -> Outcome {
        let input = json!({ "UserPoolId": self.pool(), "Username": name, "MessageAction": "SUPPRESS" });
        self.call("cognito-idp", "admin-create-user", &input).await.map(drop)
    }

    /// Somebody chooses a password.
    pub async fn set_password(&self, name: &str, password: &str) -> Outcome {
        let input = json!({ "UserPoolId": self.pool(), "Username": name, "Password": password, "Permanent": true });
        self.call("cognito-idp", "admin-set-user-password", &input).await.map(drop)
    }

    /// The user pool's id.
    pub fn pool(&self) -> String {
        let deployment = read(&self.world().deployment);
        deployment.user_pool.issuer.rsplit('/').next().unwrap_or_default().to_owned()
    }
}
