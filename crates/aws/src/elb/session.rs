//! Who is signed in: the load balancer's session cookies. All times are this world's.

use std::{collections::HashMap, time::Duration};

use http::{HeaderMap, header};
use jiff::{SignedDuration, Timestamp};

use crate::deployment::{Authenticate, User, UserPool};
use crate::identifiers::random_hex;

/// A sign-in that lasts until the rule's session timeout.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who.
    pub user: User,
    /// Since when.
    pub since: Timestamp,
    /// When Cognito gave its access token.
    pub refreshed: Timestamp,
    /// What the target gets as access token. It means nothing to anybody.
    pub access_token: String,
}

/// What a request's cookies say.
#[derive(Debug, Clone)]
pub enum SignedIn {
    /// It comes with a session that lasts.
    Yes(Session),
    /// It comes with a session that is over: AWS asks to sign in again, whatever the rule says of strangers.
    Expired,
    /// It comes with none that we gave out.
    No,
}

/// Every session given out.
#[derive(Debug, Default)]
pub struct Sessions(HashMap<String, Session>);

impl Sessions {
    /// Begins one and gives its cookie's value. It is opaque; AWS encrypts, we remember.
    pub fn begin(&mut self, user: User, now: Timestamp) -> String {
        let value = random_hex(32);
        let session = Session { user, since: now, refreshed: now, access_token: format!("local.{}", random_hex(24)) };
        self.0.insert(value.clone(), session);
        value
    }

    /// What the cookies of a request say. A copied cookie is as good as the original. Where the access token is as old as it may
    /// be, Cognito is asked for another, and gives none for whoever may not sign in any more: that session is over.
    #[must_use]
    pub fn of(&mut self, headers: &HeaderMap, rule: &Authenticate, pool: &UserPool, now: Timestamp) -> SignedIn {
        let name = cookie_name(rule);
        let Some(value) = cookies(headers, &name).find(|value| self.0.contains_key(*value)) else {
            return SignedIn::No;
        };
        let Some(session) = self.0.get_mut(value) else { return SignedIn::No };
        let is_over = |since: Timestamp, lasts: Duration| {
            now.duration_since(since) >= SignedDuration::try_from(lasts).unwrap_or(SignedDuration::MAX)
        };
        if is_over(session.since, rule.session_timeout) {
            return SignedIn::Expired;
        }
        if is_over(session.refreshed, pool.access_token) {
            if pool.users.iter().all(|user| user.sub != session.user.sub) {
                return SignedIn::Expired;
            }
            session.refreshed = now;
        }
        SignedIn::Yes(session.clone())
    }
}

/// The first shard's name. AWS adds further ones when the claims are longer than a cookie may be; ours never are.
#[must_use]
pub fn cookie_name(rule: &Authenticate) -> String {
    format!("{}-0", rule.session_cookie_name)
}

fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(move |(key, _)| *key == name).map(|(_, value)| value)
}
