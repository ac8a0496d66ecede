//! Limits on how fast requests are sent: over all, and per sending number.
//!
//! The service publishes no limits. Accounts that send through another carrier are said to
//! have about 40 SMS per minute and number.

mod limiter;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use governor::Quota;
use tokio::time::Instant;

use self::limiter::{Limiter, MAX_HALVED};
use crate::{Error, Result};

/// A rate: a number of requests per time, and how many of them may be sent at once.
///
/// ```
/// use std::time::Duration;
/// use stratustexting::RateLimit;
///
/// let per_number = RateLimit::new(40, Duration::from_secs(60)).burst(5);
/// ```
///
/// A request waits for its turn until its call's deadline. If its turn comes later, the call
/// fails at once, and nothing was sent. A response 429 halves the rate, and stops all requests
/// for as long as the service asks to wait. After a minute without another 429 the rate is
/// doubled again, up to what was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    requests: u32,
    per: Duration,
    burst: u32,
}

impl RateLimit {
    /// A number of requests per time, evenly spread: without a burst. The client's builder
    /// refuses zero for either.
    #[must_use]
    pub fn new(requests: u32, per: Duration) -> Self {
        Self {
            requests,
            per,
            burst: 1,
        }
    }

    /// How many requests may be sent at once after a pause. Default: 1.
    #[must_use]
    pub fn burst(mut self, burst: u32) -> Self {
        self.burst = burst;
        self
    }

    /// # Errors
    ///
    /// If it stops every request, or none.
    pub(crate) fn check(&self, field: &'static str) -> Result<()> {
        if self.quota(0).is_none() {
            return Err(Error::configuration(
                field,
                "must allow at least one request, in a time that is not zero",
            ));
        }
        // The longest time that the slowest rate computes, in nanoseconds, must be far from an
        // overflow.
        let period = self.per.as_nanos() / u128::from(self.requests);
        let longest = period.checked_mul(u128::from(self.burst) << MAX_HALVED);
        if longest.is_none_or(|longest| longest > u128::from(u64::MAX / 8)) {
            return Err(Error::configuration(
                field,
                "must restore its whole burst within 2 years",
            ));
        }
        Ok(())
    }

    /// The rate, halved this many times.
    fn quota(&self, halved: u32) -> Option<Quota> {
        let each = self
            .per
            .checked_div(self.requests)?
            .checked_mul(1 << halved)?;
        let burst = self.burst_of(halved).try_into().ok()?;
        Some(Quota::with_period(each)?.allow_burst(burst))
    }

    /// How many may be sent at once: one, if the rate was halved.
    fn burst_of(&self, halved: u32) -> u32 {
        if halved == 0 { self.burst } else { 1 }
    }
}

/// The limits of a client.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    client: Option<Limiter>,
    pub(crate) per_number: Option<RateLimit>,
    numbers: Mutex<HashMap<String, Arc<Limiter>>>,
}

impl Limits {
    pub(crate) fn new(client: Option<RateLimit>, per_number: Option<RateLimit>) -> Self {
        Self {
            client: client.map(Limiter::new),
            per_number,
            numbers: Mutex::default(),
        }
    }

    /// Waits until a request may be sent, and returns whether it had to wait. The number's
    /// turn comes first: waiting for it must not use up a turn of the client that another
    /// number could have taken.
    pub(crate) async fn pass(&self, number: Option<&str>, deadline: Instant) -> Result<bool> {
        let mut waited = false;
        if let Some(limiter) = number.and_then(|number| self.of(number)) {
            waited |= limiter.pass(deadline).await?;
        }
        if let Some(limiter) = &self.client {
            waited |= limiter.pass(deadline).await?;
        }
        Ok(waited)
    }

    /// The service responded with 429, and asked for this wait.
    pub(crate) fn slow_down(&self, number: Option<&str>, wait: Option<Duration>) {
        if let Some(limiter) = number.and_then(|number| self.of(number)) {
            limiter.slow_down(wait);
        }
        if let Some(limiter) = &self.client {
            limiter.slow_down(wait);
        }
    }

    fn of(&self, number: &str) -> Option<Arc<Limiter>> {
        let limit = self.per_number?;
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(limiter) = numbers.get(number) {
            return Some(Arc::clone(limiter));
        }
        let limiter = Arc::new(Limiter::new(limit));
        numbers.insert(number.to_owned(), Arc::clone(&limiter));
        Some(limiter)
    }
}

#[cfg(test)]
mod tests;
