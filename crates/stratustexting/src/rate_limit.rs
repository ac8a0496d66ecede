//! Not sending faster than the caller allows: over all, and per sending number.
//!
//! The service publishes no limits. Accounts that ride on another carrier are said to
//! have about 40 SMS per minute and number.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::{Error, Result, error::Kind, options::CallOptions};

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
    /// Held by whoever is next. It is fair.
    turn: tokio::sync::Mutex<()>,
    /// How many wait, or are about to pass.
    waiting: AtomicU32,
}

/// A place in the queue, until it is dropped.
struct Place<'a> {
    waiting: &'a AtomicU32,
    ahead: u32,
}

impl<'a> Place<'a> {
    fn behind(waiting: &'a AtomicU32) -> Self {
        let ahead = waiting.fetch_add(1, Ordering::Relaxed);
        Self { waiting, ahead }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
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
    /// How far the turns that were taken reach, each as long as its place in the rate.
    paid_until: Instant,
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
                paid_until: Instant::now(),
            }),
            clock,
            turn: tokio::sync::Mutex::default(),
            waiting: AtomicU32::new(0),
        }
    }

    async fn pass(&self, deadline: Instant) -> Result<bool> {
        let too_late = || {
            let while_ = "waiting for its turn under the rate limit";
            Error::new(Kind::Timeout { while_ }).before_sending()
        };
        let place = Place::behind(&self.waiting);
        if self.earliest(place.ahead) >= Some(deadline) {
            return Err(too_late());
        }
        // One waits for the limit and the others behind it, in the order in which they came.
        let mut waited = place.ahead > 0;
        let turn = timeout_at(deadline, self.turn.lock()).await;
        let _turn = turn.map_err(|_| too_late())?;
        while let Some(ready) = self.not_before() {
            if ready >= deadline {
                return Err(too_late());
            }
            waited = true;
            sleep_until(ready).await;
        }
        Ok(waited)
    }

    /// When one can pass who has so many before it.
    fn earliest(&self, ahead: u32) -> Option<Instant> {
        let state = self.lock();
        let now = Instant::now();
        let turns_at_once = self.limit.burst_of(state.halved) - 1;
        let each = self.limit.quota(state.halved)?.replenish_interval();
        let last = state
            .paid_until
            .max(now)
            .checked_add(each.checked_mul(ahead)?)?;
        let ready = last.checked_sub(each * turns_at_once).unwrap_or(now);
        Some(ready.max(state.closed_until.unwrap_or(now)))
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
        let Err(not_until) = state.limiter.as_ref()?.check() else {
            self.pay(&mut state, 1);
            return None;
        };
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
        if let Some(asked) = asked {
            let for_ever = now + CallOptions::FOREVER;
            let until = now.checked_add(asked).unwrap_or(for_ever);
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
        // A limiter that is new is full. This one goes on where the one before it was, which
        // let somebody through a moment ago.
        let all = self.limit.burst_of(halved);
        if let (Some(limiter), Some(count)) = (&state.limiter, NonZeroU32::new(all)) {
            let _ = limiter.check_n(count);
        }
        state.paid_until = Instant::now();
        self.pay(state, all);
    }

    /// Notes for `earliest` that so many turns were taken.
    fn pay(&self, state: &mut State, turns: u32) {
        let each = self
            .limit
            .quota(state.halved)
            .map(|quota| quota.replenish_interval());
        let from = state.paid_until.max(Instant::now());
        state.paid_until = from + each.unwrap_or_default() * turns;
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

    #[tokio::test(start_paused = true)]
    async fn a_complaint_gives_no_turn_away() {
        for burst in [1, 5] {
            let limit = RateLimit::new(1, Duration::from_secs(4)).burst(burst);
            let limits = Limits::new(Some(limit), None);
            took(&limits, None, burst).await;
            let start = Instant::now();

            for _ in 0..3 {
                limits.slow_down(None, None);
                limits.pass(None, soon()).await.unwrap();
            }

            // Half the rate, a quarter, an eighth.
            assert!(about(start.elapsed(), 8.0 + 16.0 + 32.0), "{burst}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_can_not_have_a_turn_in_time_is_told_at_once_and_the_others_go_in_order() {
        for burst in [1_u32, 3] {
            let limit = RateLimit::new(1, Duration::from_secs(1)).burst(burst);
            let limits = Limits::new(Some(limit), None);
            let start = Instant::now();
            let deadline = start + Duration::from_secs(10);
            let passed = Mutex::new(Vec::new());

            let callers = (0..500).map(|caller| {
                let (limits, passed) = (&limits, &passed);
                async move {
                    if limits.pass(None, deadline).await.is_ok() {
                        passed.lock().unwrap().push((caller, start.elapsed()));
                    } else {
                        assert_eq!(start.elapsed(), Duration::ZERO, "{caller}");
                    }
                }
            });
            futures::future::join_all(callers).await;

            let passed = passed.into_inner().unwrap();
            let order: Vec<u32> = passed.iter().map(|(caller, _)| *caller).collect();
            assert_eq!(order, (0..9 + burst).collect::<Vec<_>>());
            assert!(passed.iter().all(|(_, at)| *at < Duration::from_secs(10)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waited_is_told_so_whatever_for() {
        let slow = RateLimit::new(1, Duration::from_secs(10));
        for (client, number) in [
            (Some(slow), None),
            (None, Some(slow)),
            (Some(slow), Some(slow)),
        ] {
            let limits = Limits::new(client, number);

            assert!(!limits.pass(Some("a"), soon()).await.unwrap());
            assert!(limits.pass(Some("a"), soon()).await.unwrap());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_recovery_the_burst_has_to_be_saved_up_again() {
        let limit = RateLimit::new(1, Duration::from_secs(1)).burst(3);
        let limits = Limits::new(Some(limit), None);
        limits.slow_down(None, None);
        tokio::time::advance(RECOVERY).await;

        // The rate is doubled by whoever comes next, and goes on as it was.
        assert!(about(took(&limits, None, 4).await, 4.0));
        let start = Instant::now();
        let earliest = limits.client.as_ref().unwrap().earliest(5).unwrap();
        assert!(about(earliest - start, 6.0), "{:?}", earliest - start);
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_away_leaves_the_queue() {
        let limits = Limits::new(Some(RateLimit::new(1, Duration::from_secs(1))), None);
        took(&limits, None, 1).await;
        for _ in 0..50 {
            let mut waiting = Box::pin(limits.pass(None, soon()));
            assert!(futures::poll!(&mut waiting).is_pending());
        }

        let start = Instant::now();
        let deadline = start + Duration::from_secs(2);
        assert!(limits.pass(None, deadline).await.unwrap(), "it had to wait");
        assert!(about(start.elapsed(), 1.0));
        tokio::time::advance(Duration::from_secs(5)).await;
        assert!(
            !limits
                .pass(None, deadline + Duration::from_secs(9))
                .await
                .unwrap()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_without_end_closes() {
        let limits = Limits::new(Some(RateLimit::new(1, Duration::from_secs(1))), None);

        limits.slow_down(None, Some(Duration::MAX));

        assert!(limits.pass(None, soon()).await.is_err());
    }

    #[test]
    fn what_is_as_long_as_can_be_is_reckoned_with() {
        let years = Duration::from_secs(86_400 * 365 * 2);
        for limit in [
            RateLimit::new(1, years),
            RateLimit::new(u32::MAX, years).burst(u32::MAX),
        ] {
            limit.check("rate_limit").unwrap();
            let bucket = Bucket::new(limit);
            for _ in 0..2 * MOST_HALVED {
                bucket.lock().changed -= ONE_COMPLAINT;
                bucket.slow_down(None);
                assert!(bucket.earliest(u32::MAX - 1).is_some());
                let _ = bucket.not_before();
            }
        }
    }

    #[test]
    fn limits_that_make_no_sense_are_refused() {
        for limit in [
            RateLimit::new(1, Duration::MAX),
            RateLimit::new(1, Duration::from_secs(60)).burst(u32::MAX),
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
