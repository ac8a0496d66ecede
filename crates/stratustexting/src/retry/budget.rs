//! How many retries all calls of a client may make together.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

/// A limit on the retries of all calls together, so that they don't add to the load of a
/// service in trouble.
///
/// A bucket holds ten retries and is full at first. Every call adds a tenth of a retry, time
/// adds one every two seconds, and each retry takes one out. While few calls fail, the limit
/// isn't reached. If half of the calls fail, a tenth of the calls is retried and the others
/// fail at once. A retry after a 401 isn't counted, because it isn't caused by load.
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

    /// How many retries each call adds. Default: 0.1. Negative values and NaN count as 0.
    #[must_use]
    pub fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = ratio.max(0.0);
        self
    }

    /// How many retries each second adds. Default: 0.5. Negative values and NaN count as 0.
    #[must_use]
    pub fn per_second(mut self, retries: f64) -> Self {
        self.per_second = retries.max(0.0);
        self
    }

    /// How many retries the bucket holds. Default: 10. Negative values and NaN count as 0.
    #[must_use]
    pub fn reserve(mut self, retries: f64) -> Self {
        self.reserve = retries.max(0.0);
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
    retries: f64,
    at: Instant,
}

impl Bucket {
    pub(crate) fn new(budget: RetryBudget) -> Self {
        let level = Level {
            retries: budget.reserve,
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

    /// Takes a retry out, if there is one.
    pub(crate) fn withdraw(&self) -> bool {
        let mut level = self.filled();
        let enough = level.retries >= 1.0;
        if enough {
            level.retries -= 1.0;
        }
        enough
    }

    /// The level, with what time has added since it was last asked for.
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
    fn add(&mut self, retries: f64, most: f64) {
        self.retries = (self.retries + retries).min(most);
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
    async fn calls_and_time_add_retries() {
        let bucket = Bucket::new(RetryBudget::new());
        assert_eq!(left(&bucket), 10);

        for _ in 0..29 {
            bucket.deposit();
        }
        assert_eq!(left(&bucket), 2);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(left(&bucket), 3, "2.5 of time and 0.9 of calls");
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(left(&bucket), 10, "no more than the bucket holds");
    }

    #[tokio::test(start_paused = true)]
    async fn negative_values_and_nan_count_as_zero() {
        for odd in [-1.0, f64::NAN, f64::NEG_INFINITY] {
            let budget = RetryBudget::new().reserve(odd).ratio(odd).per_second(odd);
            let bucket = Bucket::new(budget);
            bucket.deposit();
            assert_eq!(left(&bucket), 0, "{odd}");
        }
        assert_eq!(left(&Bucket::new(RetryBudget::unlimited())), 1_000);
    }
}
