//! One limit at work: its queue, and what it makes of complaints.
//!
//! The rate itself is the crate governor's. What stands around it is what a call needs: to
//! be told at once that there is no turn in time, to go in order, and to slow down.

use std::{
    num::NonZeroU32,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use governor::{
    RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::RateLimit;
use crate::{Error, Result, error::Kind, time::FOREVER};

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
pub(super) struct Bucket {
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
pub(super) struct State {
    /// None where the limit is one that the builder refuses.
    limiter: Option<Arc<Limiter>>,
    halved: u32,
    /// When it was halved or doubled last.
    pub(super) changed: Instant,
    /// Nothing goes before.
    closed_until: Option<Instant>,
    /// How far the turns that were taken reach, each as long as its place in the rate.
    paid_until: Instant,
}

/// How long there must be no 429 before the rate is doubled again.
pub(super) const RECOVERY: Duration = Duration::from_secs(60);
/// How often the rate is halved at most: to a thirty-second.
pub(super) const MOST_HALVED: u32 = 5;
/// Many requests may be under way when the service says 429; together they say it once.
pub(super) const ONE_COMPLAINT: Duration = Duration::from_secs(1);

impl Bucket {
    pub(super) fn new(limit: RateLimit) -> Self {
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

    pub(super) async fn pass(&self, deadline: Instant) -> Result<bool> {
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
    pub(super) fn earliest(&self, ahead: u32) -> Option<Instant> {
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
    pub(super) fn not_before(&self) -> Option<Instant> {
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

    pub(super) fn slow_down(&self, asked: Option<Duration>) {
        let mut state = self.lock();
        let now = Instant::now();
        if let Some(asked) = asked {
            let for_ever = now + FOREVER;
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

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
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
