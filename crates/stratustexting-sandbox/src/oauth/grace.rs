//! A refresh token that comes once more, just after it was replaced.
//!
//! A client may lose the answer that replaced its token: a broken connection, a program
//! that was killed before it wrote the new one down. A server that rotates and knows no
//! mercy then takes the honest client for a thief. Many real ones (Auth0's "overlap
//! period", Okta's "grace period", Cognito's for rotated tokens) therefore answer the
//! immediately preceding token again for a while. This does the same: the *same*
//! successor comes again, so that the login doesn't branch.
//!
//! As soon as the successor has been used itself, the old one is a re-use like any
//! other, whatever the time.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Granted, Server};
use crate::{ids::Ids, reply::Reply};

/// What took a refresh token's place.
pub(super) struct Successor {
    at: DateTime<Utc>,
    access: String,
    refresh: String,
    granted: Granted,
}

impl Successor {
    pub(super) fn new(at: DateTime<Utc>, access: &str, refresh: &str, granted: Granted) -> Self {
        Self {
            at,
            access: access.to_owned(),
            refresh: refresh.to_owned(),
            granted,
        }
    }
}

impl Server {
    /// Writes down what took a token's place.
    pub(super) fn replace(&mut self, token: &str, successor: Successor) {
        if let Some(record) = self.refresh.get_mut(token) {
            record.replaced = Some(successor);
        }
    }

    /// The answer that a replaced token brought, once more, if it is in time. An access
    /// token that is over meanwhile gives way to a new one.
    pub(super) fn again(
        &mut self,
        ids: &mut Ids,
        client: &str,
        token: &str,
        now: DateTime<Utc>,
    ) -> Option<Reply> {
        let grace = TimeDelta::from_std(self.settings.refresh_token_grace);
        let grace = grace.unwrap_or(TimeDelta::MAX);
        let record = self.refresh.get(token)?;
        let successor = record.replaced.as_ref()?;
        let unused = self.refresh.get(&successor.refresh)?.replaced.is_none();
        let in_time = now - successor.at < grace && self.can_be_renewed(&record.granted, now);
        if record.granted.client != client || !unused || !in_time {
            return None;
        }
        let (refresh, granted) = (successor.refresh.clone(), successor.granted.clone());
        let mut access = successor.access.clone();
        if self.granted(&access, now).is_none() {
            access = self.issue_access(ids, granted, now);
            if let Some(Some(successor)) = self
                .refresh
                .get_mut(token)
                .map(|record| record.replaced.as_mut())
            {
                successor.access.clone_from(&access);
            }
        }
        Some(self.tokens(&access, Some(refresh), now))
    }
}
