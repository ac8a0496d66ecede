//! A refresh token that is used again just after it was replaced.
//!
//! A client may lose the response that replaced its token: the connection broke, or the
//! program was killed before it stored the new one. A strict server would then treat an
//! honest client as a thief. Many real ones (Auth0's "overlap period", Okta's "grace
//! period", Cognito's for rotated tokens) therefore accept the immediately preceding token
//! for a while. So does this one: it returns the *same* successor, so that the login
//! doesn't branch.
//!
//! Once the successor was used itself, the old token is reused like any other, whatever
//! the time.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Granted, Server};
use crate::{ids::Ids, response::Response};

/// The tokens that replaced a refresh token.
#[derive(Serialize, Deserialize)]
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
    /// Records the tokens that replaced a refresh token.
    pub(super) fn replace(&mut self, token: &str, successor: Successor) {
        if let Some(record) = self.refresh.get_mut(token) {
            record.replaced = Some(successor);
        }
    }

    /// The response that replaced the token, once more, if it is within the grace period. An
    /// access token that has expired since is issued anew.
    pub(super) fn replay(
        &mut self,
        ids: &mut Ids,
        client: &str,
        token: &str,
        now: DateTime<Utc>,
    ) -> Option<Response> {
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
