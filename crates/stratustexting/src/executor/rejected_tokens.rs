//! Whether a rejected token is worth replacing.
//!
//! If the reason is a scope, a role, the API key or the authorizer itself, the service rejects
//! the next token as well. Without this check, each call would then request one more token for
//! as long as that lasts.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::AccessToken;

/// How long after a rejected token another rejected one isn't replaced. The time is short,
/// because a token that was revoked before its first use looks the same.
pub(super) const PAUSE: Duration = Duration::from_secs(10);

/// The last token that was rejected, until one is accepted.
#[derive(Default)]
pub(crate) struct RejectedTokens(Mutex<Option<(AccessToken, Instant)>>);

impl RejectedTokens {
    /// Whether another token could help: not if this one replaced a rejected one, and none was
    /// accepted since.
    pub(super) fn is_worth_replacing(&self, token: &AccessToken) -> bool {
        let mut last = self.last();
        if let Some((before, at)) = &*last
            && before != token
            && at.elapsed() < PAUSE
        {
            return false;
        }
        *last = Some((token.clone(), Instant::now()));
        true
    }

    /// The service accepted a token.
    pub(super) fn clear(&self) {
        *self.last() = None;
    }

    fn last(&self) -> MutexGuard<'_, Option<(AccessToken, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> AccessToken {
        AccessToken::new(text).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_rejected_token_is_replaced_once_in_ten_seconds_unless_one_was_accepted() {
        let rejected = RejectedTokens::default();

        assert!(rejected.is_worth_replacing(&token("one")));
        assert!(rejected.is_worth_replacing(&token("one")), "another call");
        assert!(!rejected.is_worth_replacing(&token("two")));
        tokio::time::advance(PAUSE).await;
        assert!(rejected.is_worth_replacing(&token("two")));
        assert!(!rejected.is_worth_replacing(&token("three")));
        rejected.clear();
        assert!(rejected.is_worth_replacing(&token("three")));
    }
}
