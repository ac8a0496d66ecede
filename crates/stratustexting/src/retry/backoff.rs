//! The default policy: a few attempts, after random waits that grow.

use std::time::Duration;

use super::{FailedAttempt, RetryPolicy};

/// Exponential backoff with full jitter: before the second attempt a random wait of up
/// to [`base`](Self::base), before the third of up to twice as much, and so on, up to
/// [`cap`](Self::cap).
///
/// The waits are random from zero, because many programs that failed at the same moment
/// should not retry at the same moment.
#[derive(Clone, Debug)]
pub struct Backoff {
    attempts: u32,
    base: Duration,
    cap: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            attempts: 3,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(20),
        }
    }
}

impl Backoff {
    /// The default: three attempts, 500 ms, 20 s.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One attempt, without a retry even after a 401.
    #[must_use]
    pub fn never() -> Self {
        Self::default().attempts(1)
    }

    /// How many attempts are made at most, the first one included; at least 1. Default: 3.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The longest wait before the second attempt. Default: 500 ms.
    #[must_use]
    pub fn base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// The longest wait before any attempt. Default: 20 s. It doesn't shorten the wait that
    /// the service asks for.
    #[must_use]
    pub fn cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// The longest wait after this many attempts.
    fn longest(&self, attempts: u32) -> Duration {
        let doubled = 1_u32.checked_shl(attempts.saturating_sub(1));
        let longest = doubled.and_then(|factor| self.base.checked_mul(factor));
        longest.unwrap_or(self.cap).min(self.cap)
    }
}

impl RetryPolicy for Backoff {
    fn wait(&self, failed: &FailedAttempt<'_>) -> Option<Duration> {
        let longest = self.longest(failed.attempts);
        (failed.attempts < self.attempts).then(|| longest.mul_f64(fastrand::f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, error::Kind};

    fn wait(policy: &Backoff, attempts: u32) -> Option<Duration> {
        let error = &Error::new(Kind::Transport);
        policy.wait(&FailedAttempt { attempts, error })
    }

    #[test]
    fn waits_grow_up_to_the_cap_and_are_spread_from_zero() {
        let policy = Backoff::new().attempts(u32::MAX);
        let ms = Duration::from_millis;
        for (attempts, longest) in [(1, 500), (2, 1_000), (3, 2_000), (6, 16_000), (7, 20_000)] {
            let waits: Vec<_> = (0..500).filter_map(|_| wait(&policy, attempts)).collect();
            assert_eq!(waits.len(), 500);
            assert!(waits.iter().all(|wait| *wait <= ms(longest)), "{attempts}");
            assert!(waits.iter().any(|wait| *wait < ms(longest / 4)));
            assert!(waits.iter().any(|wait| *wait > ms(longest / 4 * 3)));
        }
        assert!(wait(&policy, 4_000_000_000).is_some_and(|wait| wait <= ms(20_000)));
    }

    #[test]
    fn no_wait_is_longer_than_the_cap() {
        let cap = Duration::from_millis(100);
        let policy = Backoff::new().attempts(9).cap(cap);

        assert!((0..500).all(|_| wait(&policy, 1).is_some_and(|wait| wait <= cap)));
        assert!(wait(&policy, 8).is_some(), "other settings stay");
    }

    #[test]
    fn the_base_is_kept_and_changes_no_other_setting() {
        let policy = Backoff::new().attempts(9).base(Duration::ZERO);

        assert_eq!(wait(&policy, 8), Some(Duration::ZERO));
        assert_eq!(wait(&policy, 9), None);
    }

    #[test]
    fn after_the_last_attempt_there_is_none() {
        assert!(wait(&Backoff::new(), 2).is_some());
        assert_eq!(wait(&Backoff::new(), 3), None);
        assert_eq!(wait(&Backoff::never(), 1), None);
        assert_eq!(wait(&Backoff::new().attempts(0), 1), None);
    }
}
