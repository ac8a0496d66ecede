//! Not sending faster than the caller allows: over all, and per sending number.
//!
//! The service publishes no limits. Accounts that ride on another carrier are said to
//! have about 40 SMS per minute and number.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use tokio::time::{Instant, sleep_until};

use crate::{Error, Result, error::Kind};

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
        Ok(())
    }

    /// The rate, halved so many times.
    fn quota(&self, halved: u32) -> Option<Quota> {
        let each = self
            .per
            .checked_div(self.requests)?
            .checked_mul(1 << halved)?;
        let burst = if halved == 0 { self.burst } else { 1 };
        Some(Quota::with_period(each)?.allow_burst(burst.try_into().ok()?))
    }
}

/// The limits of a client.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    pub(crate) client: Option<Bucket>,
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

    /// Waits until a request may go. The number's turn comes first: waiting for it must
    /// not use up the turn that another number could have taken.
    pub(crate) async fn pass(&self, number: Option<&str>, deadline: Instant) -> Result<()> {
        if let Some(bucket) = number.and_then(|number| self.of(number)) {
            bucket.pass(deadline).await?;
        }
        if let Some(bucket) = &self.client {
            bucket.pass(deadline).await?;
        }
        Ok(())
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

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Nanos>>;

/// The time of the runtime, so that tests can move it.
#[derive(Clone, Debug)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

#[derive(Debug)]
pub(crate) struct Bucket {
    limit: RateLimit,
    clock: TokioClock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// None where the limit is one that the builder refuses.
    limiter: Option<Arc<Limiter>>,
    halved: u32,
    /// When it was halved or doubled last.
    changed: Instant,
    /// Nothing goes before.
    closed_until: Option<Instant>,
}

/// How long there must be no 429 before the rate is doubled again.
const RECOVERY: Duration = Duration::from_secs(60);
/// How often the rate is halved at most: to a thirty-second.
const MOST_HALVED: u32 = 5;
/// Many requests may be under way when the service says 429; together they say it once.
const ONE_COMPLAINT: Duration = Duration::from_secs(1);

impl Bucket {
    fn new(limit: RateLimit) -> Self {
        let clock = TokioClock(Instant::now());
        let limiter = limiter(&limit, 0, &clock);
        Self {
            limit,
            state: Mutex::new(State {
                limiter,
                halved: 0,
                changed: Instant::now(),
                closed_until: None,
            }),
            clock,
        }
    }

    async fn pass(&self, deadline: Instant) -> Result<()> {
        while let Some(ready) = self.not_before() {
            if ready >= deadline {
                let while_ = "waiting for its turn under the rate limit";
                return Err(Error::new(Kind::Timeout { while_ }).before_sending());
            }
            sleep_until(ready).await;
        }
        Ok(())
    }

    /// Takes a turn, or says when to ask again.
    fn not_before(&self) -> Option<Instant> {
        let mut state = self.lock();
        let now = Instant::now();
        if let Some(until) = state.closed_until.filter(|until| now < *until) {
            return Some(until);
        }
        if state.halved > 0 && now.duration_since(state.changed) >= RECOVERY {
            let halved = state.halved - 1;
            self.change(&mut state, halved);
        }
        let not_until = state.limiter.as_ref()?.check().err()?;
        // Asked again a moment too early it would say so again, with nothing left to
        // wait for.
        let wait = not_until
            .wait_time_from(self.clock.now())
            .max(Duration::from_millis(1));
        Some(now + wait)
    }

    fn slow_down(&self, asked: Option<Duration>) {
        let mut state = self.lock();
        let now = Instant::now();
        if let Some(until) = asked.and_then(|asked| now.checked_add(asked)) {
            state.closed_until = state.closed_until.max(Some(until));
        }
        let complained = state.halved > 0 && now.duration_since(state.changed) < ONE_COMPLAINT;
        if !complained {
            let halved = (state.halved + 1).min(MOST_HALVED);
            self.change(&mut state, halved);
        }
    }

    fn change(&self, state: &mut State, halved: u32) {
        state.halved = halved;
        state.changed = Instant::now();
        state.limiter = limiter(&self.limit, halved, &self.clock);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn limiter(limit: &RateLimit, halved: u32, clock: &TokioClock) -> Option<Arc<Limiter>> {
    let quota = limit.quota(halved)?;
    Some(Arc::new(RateLimiter::direct_with_clock(
        quota,
        clock.clone(),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(3_600)
    }

    async fn took(limits: &Limits, number: Option<&str>, requests: u32) -> Duration {
        let start = Instant::now();
        for _ in 0..requests {
            limits.pass(number, soon()).await.unwrap();
        }
        start.elapsed()
    }

    fn about(duration: Duration, seconds: f64) -> bool {
        (duration.as_secs_f64() - seconds).abs() < 0.1
    }

    #[tokio::test(start_paused = true)]
    async fn requests_are_spread_after_the_burst() {
        let limit = RateLimit::new(60, Duration::from_secs(60)).burst(5);
        let limits = Limits::new(Some(limit), None);

        assert!(about(took(&limits, None, 5).await, 0.0));
        assert!(about(took(&limits, None, 10).await, 10.0));
    }

    #[tokio::test(start_paused = true)]
    async fn each_number_has_its_own() {
        let limits = Limits::new(None, Some(RateLimit::new(1, Duration::from_secs(10))));

        assert!(about(took(&limits, Some("a"), 1).await, 0.0));
        assert!(about(took(&limits, Some("b"), 1).await, 0.0));
        assert!(about(took(&limits, Some("a"), 1).await, 10.0));
        assert!(
            about(took(&limits, None, 100).await, 0.0),
            "reads have no number"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_would_outlast_the_call_fails_at_once() {
        let limits = Limits::new(Some(RateLimit::new(1, Duration::from_secs(10))), None);
        took(&limits, None, 1).await;

        let start = Instant::now();
        let deadline = start + Duration::from_secs(9);
        let error = limits.pass(None, deadline).await.unwrap_err();

        assert!(error.is_timeout() && !error.may_have_been_sent());
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_complaint_halves_the_rate_until_there_was_none_for_a_minute() {
        let limits = Limits::new(Some(RateLimit::new(1, Duration::from_secs(1))), None);
        took(&limits, None, 1).await;

        // Of many at once, one counts.
        for _ in 0..10 {
            limits.slow_down(None, Some(Duration::from_secs(7)));
        }
        assert!(
            about(took(&limits, None, 1).await, 7.0),
            "what was asked for"
        );
        assert!(about(took(&limits, None, 10).await, 20.0), "half the rate");
        tokio::time::advance(RECOVERY).await;
        took(&limits, None, 1).await;
        assert!(
            about(took(&limits, None, 10).await, 10.0),
            "the whole rate again"
        );
    }

    #[test]
    fn limits_that_make_no_sense_are_refused() {
        for limit in [
            RateLimit::new(0, Duration::from_secs(1)),
            RateLimit::new(1, Duration::ZERO),
            RateLimit::new(1, Duration::from_secs(1)).burst(0),
        ] {
            assert_eq!(
                limit.check("rate_limit").unwrap_err().field(),
                Some("rate_limit")
            );
        }
    }
}
