//! Not sending faster than the caller allows: over all, and per sending number.
//!
//! The service publishes no limits. Accounts that ride on another carrier are said to
//! have about 40 SMS per minute and number.

mod bucket;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use governor::Quota;
use tokio::time::Instant;

use self::bucket::{Bucket, MOST_HALVED};
use crate::{Error, Result};

/// A rate: so many requests in a time, and how many of them may come at once.
///
/// ```
/// use std::time::Duration;
/// use stratustexting::RateLimit;
///
/// let per_number = RateLimit::new(40, Duration::from_secs(60)).burst(5);
/// ```
///
/// A request that has to wait does so within its call's time; if that isn't enough, it
/// fails at once, and nothing was sent. An answer 429 halves the rate, and lets nothing
/// through until what the service asks for is over; after a minute without another one
/// it is doubled again, up to what was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    requests: u32,
    per: Duration,
    burst: u32,
}

impl RateLimit {
    /// So many requests in a time, evenly spread: without a burst. The client's builder
    /// refuses zero of either.
    #[must_use]
    pub fn new(requests: u32, per: Duration) -> Self {
        Self {
            requests,
            per,
            burst: 1,
        }
    }

    /// How many requests may come at once after a pause. Default: 1.
    #[must_use]
    pub fn burst(mut self, burst: u32) -> Self {
        self.burst = burst;
        self
    }

    /// # Errors
    ///
    /// When it lets nothing through, or everything.
    pub(crate) fn check(&self, field: &'static str) -> Result<()> {
        if self.quota(0).is_none() {
            return Err(Error::configuration(
                field,
                "has to let at least one request through in a time that is not zero",
            ));
        }
        // What the slowest of its forms reckons with, in nanoseconds, far from any overflow.
        let period = self.per.as_nanos() / u128::from(self.requests);
        let most = period.checked_mul(u128::from(self.burst) << MOST_HALVED);
        if most.is_none_or(|most| most > u128::from(u64::MAX / 8)) {
            return Err(Error::configuration(
                field,
                "has to fill its whole burst within 2 years",
            ));
        }
        Ok(())
    }

    /// The rate, halved so many times.
    fn quota(&self, halved: u32) -> Option<Quota> {
        let each = self
            .per
            .checked_div(self.requests)?
            .checked_mul(1 << halved)?;
        let burst = self.burst_of(halved).try_into().ok()?;
        Some(Quota::with_period(each)?.allow_burst(burst))
    }

    /// How many may come at once: of a rate that was halved, one.
    fn burst_of(&self, halved: u32) -> u32 {
        if halved == 0 { self.burst } else { 1 }
    }
}

/// The limits of a client.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    client: Option<Bucket>,
    pub(crate) per_number: Option<RateLimit>,
    numbers: Mutex<HashMap<String, Arc<Bucket>>>,
}

impl Limits {
    pub(crate) fn new(client: Option<RateLimit>, per_number: Option<RateLimit>) -> Self {
        Self {
            client: client.map(Bucket::new),
            per_number,
            numbers: Mutex::default(),
        }
    }

    /// Waits until a request may go; whether there was anything to wait for. The number's
    /// turn comes first: waiting for it must not use up the turn that another number could
    /// have taken.
    pub(crate) async fn pass(&self, number: Option<&str>, deadline: Instant) -> Result<bool> {
        let mut waited = false;
        if let Some(bucket) = number.and_then(|number| self.of(number)) {
            waited |= bucket.pass(deadline).await?;
        }
        if let Some(bucket) = &self.client {
            waited |= bucket.pass(deadline).await?;
        }
        Ok(waited)
    }

    /// The service said 429.
    pub(crate) fn slow_down(&self, number: Option<&str>, asked: Option<Duration>) {
        if let Some(bucket) = number.and_then(|number| self.of(number)) {
            bucket.slow_down(asked);
        }
        if let Some(bucket) = &self.client {
            bucket.slow_down(asked);
        }
    }

    fn of(&self, number: &str) -> Option<Arc<Bucket>> {
        let limit = self.per_number?;
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = numbers.get(number) {
            return Some(Arc::clone(bucket));
        }
        let bucket = Arc::new(Bucket::new(limit));
        numbers.insert(number.to_owned(), Arc::clone(&bucket));
        Some(bucket)
    }
}

#[cfg(test)]
mod tests;
