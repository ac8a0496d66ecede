//! How many repeats all calls of a client may make together.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

/// A limit on the repeats of all calls together, so that a service in trouble isn't
/// given more of it.
///
/// Every call puts a tenth of a repeat into a bucket, time puts in one every two
/// seconds, and each repeat takes one out; the bucket holds ten and is full at first.
/// While all goes well nobody notices; when half of the calls fail, a tenth of the
/// calls is repeated and the others fail at once. A repeat after a 401 isn't counted,
/// because it isn't made because of load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryBudget {
    ratio: f64,
    per_second: f64,
    reserve: f64,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self {
            ratio: 0.1,
            per_second: 0.5,
            reserve: 10.0,
        }
    }
}

impl RetryBudget {
    /// The default: a tenth of the calls, one every two seconds, ten at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No limit.
    #[must_use]
    pub fn unlimited() -> Self {
        Self {
            reserve: f64::INFINITY,
            ..Self::default()
        }
    }

    /// How many repeats each call pays for. Default: 0.1. What isn't a number from 0 on
    /// counts as 0.
    #[must_use]
    pub fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = ratio.max(0.0);
        self
    }

    /// How many repeats each second pays for. Default: 0.5. What isn't a number from 0
    /// on counts as 0.
    #[must_use]
    pub fn per_second(mut self, repeats: f64) -> Self {
        self.per_second = repeats.max(0.0);
        self
    }

    /// How many repeats can be saved up. Default: 10. What isn't a number from 0 on
    /// counts as 0.
    #[must_use]
    pub fn reserve(mut self, repeats: f64) -> Self {
        self.reserve = repeats.max(0.0);
        self
    }
}

/// What is left of a budget.
#[derive(Debug)]
pub(crate) struct Bucket {
    budget: RetryBudget,
    level: Mutex<Level>,
}

#[derive(Debug)]
struct Level {
    repeats: f64,
    at: Instant,
}

impl Bucket {
    pub(crate) fn new(budget: RetryBudget) -> Self {
        let level = Level {
            repeats: budget.reserve,
            at: Instant::now(),
        };
        Self {
            budget,
            level: Mutex::new(level),
        }
    }

    /// A call begins.
    pub(crate) fn deposit(&self) {
        self.filled().add(self.budget.ratio, self.budget.reserve);
    }

    /// A call wants to repeat: takes a repeat out, if there is one.
    pub(crate) fn withdraw(&self) -> bool {
        let mut level = self.filled();
        let enough = level.repeats >= 1.0;
        if enough {
            level.repeats -= 1.0;
        }
        enough
    }

    /// The level with what the time since has put in.
    fn filled(&self) -> MutexGuard<'_, Level> {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let seconds = now.duration_since(level.at).as_secs_f64();
        level.at = now;
        level.add(seconds * self.budget.per_second, self.budget.reserve);
        level
    }
}

impl Level {
    fn add(&mut self, repeats: f64, most: f64) {
        self.repeats = (self.repeats + repeats).min(most);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn left(bucket: &Bucket) -> usize {
        std::iter::from_fn(|| bucket.withdraw().then_some(()))
            .take(1_000)
            .count()
    }

    #[tokio::test(start_paused = true)]
    async fn repeats_are_paid_for_by_calls_and_by_time() {
        let bucket = Bucket::new(RetryBudget::new());
        assert_eq!(left(&bucket), 10);

        for _ in 0..29 {
            bucket.deposit();
        }
        assert_eq!(left(&bucket), 2);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(left(&bucket), 3, "2.5 of time and 0.9 of calls");
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(left(&bucket), 10, "no more than can be saved up");
    }

    #[tokio::test(start_paused = true)]
    async fn what_makes_no_sense_is_nothing() {
        for odd in [-1.0, f64::NAN, f64::NEG_INFINITY] {
            let budget = RetryBudget::new().reserve(odd).ratio(odd).per_second(odd);
            let bucket = Bucket::new(budget);
            bucket.deposit();
            assert_eq!(left(&bucket), 0, "{odd}");
        }
        assert_eq!(left(&Bucket::new(RetryBudget::unlimited())), 1_000);
    }
}
