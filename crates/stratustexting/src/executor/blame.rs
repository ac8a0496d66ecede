//! Whether a refused token is at fault.
//!
//! A service that refuses a token refuses the next one as well if what is wrong is a scope,
//! a role, the API key, or the authorizer itself. Without this each call would then ask for
//! one more token, for as long as it lasts.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::AccessToken;

/// How long after a refused token another refused one isn't replaced. Not for long: a token
/// that was revoked before anybody used it looks the same.
pub(super) const PAUSE: Duration = Duration::from_secs(10);

/// The last token that was refused, until one is accepted.
#[derive(Default)]
pub(crate) struct Blame(Mutex<Option<(AccessToken, Instant)>>);

impl Blame {
    /// Whether another token could help: not if this one took the place of a refused one,
    /// and none was accepted since.
    pub(super) fn is_the_tokens(&self, token: &AccessToken) -> bool {
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

    /// The service took a token.
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
    async fn the_token_is_blamed_once_in_a_while_unless_one_was_accepted() {
        let blame = Blame::default();

        assert!(blame.is_the_tokens(&token("one")));
        assert!(blame.is_the_tokens(&token("one")), "of another call");
        assert!(!blame.is_the_tokens(&token("two")));
        tokio::time::advance(PAUSE).await;
        assert!(blame.is_the_tokens(&token("two")));
        assert!(!blame.is_the_tokens(&token("three")));
        blame.clear();
        assert!(blame.is_the_tokens(&token("three")));
    }
}
