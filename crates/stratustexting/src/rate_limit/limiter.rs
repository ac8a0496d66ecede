//! One limit at work: its queue, and how it slows down after a 429.
//!
//! The crate governor keeps the rate. The rest is what a call needs: to fail at once if its
//! turn would come too late, to go in order, and to slow down.

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

type Governor = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Nanos>>;

/// The runtime's clock, so that tests can move it.
#[derive(Clone, Debug)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

#[derive(Debug)]
pub(super) struct Limiter {
    limit: RateLimit,
    clock: TokioClock,
    state: Mutex<State>,
    /// Held by the first in the queue. It is fair.
    turn: tokio::sync::Mutex<()>,
    /// How many are in the queue, the first included.
    queued: AtomicU32,
}

/// A request in the queue, until it is dropped.
struct Queued<'a> {
    queued: &'a AtomicU32,
    ahead: u32,
}

impl<'a> Queued<'a> {
    fn join(queued: &'a AtomicU32) -> Self {
        let ahead = queued.fetch_add(1, Ordering::Relaxed);
        Self { queued, ahead }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.queued.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Debug)]
pub(super) struct State {
    /// `None` for a limit that the builder refuses.
    governor: Option<Arc<Governor>>,
    halved: u32,
    /// When it was halved or doubled last.
    pub(super) changed: Instant,
    /// No request is sent before.
    closed_until: Option<Instant>,
    /// Until when the turns that were taken last, each as long as the rate's interval.
    taken_until: Instant,
}

/// How long there must be no 429 before the rate is doubled again.
pub(super) const RECOVERY: Duration = Duration::from_secs(60);
/// How often the rate is halved at most: to a thirty-second.
pub(super) const MAX_HALVED: u32 = 5;
/// Many requests may be in flight when the service begins to respond with 429. Within this
/// time, all their 429s count once.
pub(super) const ONE_SLOWDOWN: Duration = Duration::from_secs(1);

impl Limiter {
    pub(super) fn new(limit: RateLimit) -> Self {
        let clock = TokioClock(Instant::now());
        let governor = governor(&limit, 0, &clock);
        Self {
            limit,
            state: Mutex::new(State {
                governor,
                halved: 0,
                changed: Instant::now(),
                closed_until: None,
                taken_until: Instant::now(),
            }),
            clock,
            turn: tokio::sync::Mutex::default(),
            queued: AtomicU32::new(0),
        }
    }

    /// Waits for a turn, and returns whether there was a wait.
    pub(super) async fn pass(&self, deadline: Instant) -> Result<bool> {
        let too_late = || {
            let while_ = "waiting for its turn under the rate limit";
            Error::new(Kind::Timeout { while_ }).before_sending()
        };
        let queued = Queued::join(&self.queued);
        if self.earliest(queued.ahead) >= Some(deadline) {
            return Err(too_late());
        }
        // The first waits for the limit and the others wait for the first, in order of arrival.
        let mut waited = queued.ahead > 0;
        let turn = timeout_at(deadline, self.turn.lock()).await;
        let _turn = turn.map_err(|_| too_late())?;
        while let Some(ready) = self.take_turn() {
            if ready >= deadline {
                return Err(too_late());
            }
            waited = true;
            sleep_until(ready).await;
        }
        Ok(waited)
    }

    /// When a request gets its turn that has this many ahead of it.
    pub(super) fn earliest(&self, ahead: u32) -> Option<Instant> {
        let state = self.lock();
        let now = Instant::now();
        let turns_at_once = self.limit.burst_of(state.halved) - 1;
        let each = self.limit.quota(state.halved)?.replenish_interval();
        let last = state
            .taken_until
            .max(now)
            .checked_add(each.checked_mul(ahead)?)?;
        let ready = last.checked_sub(each * turns_at_once).unwrap_or(now);
        Some(ready.max(state.closed_until.unwrap_or(now)))
    }

    /// Takes a turn; `Some` is when to try again, if it is too early for one.
    pub(super) fn take_turn(&self) -> Option<Instant> {
        let mut state = self.lock();
        let now = Instant::now();
        if let Some(until) = state.closed_until.filter(|until| now < *until) {
            return Some(until);
        }
        if state.halved > 0 && now.duration_since(state.changed) >= RECOVERY {
            let halved = state.halved - 1;
            self.change(&mut state, halved);
        }
        let Err(not_until) = state.governor.as_ref()?.check() else {
            self.count(&mut state, 1);
            return None;
        };
        // A moment too early, it would say so again and ask for a wait of zero.
        let wait = not_until
            .wait_time_from(self.clock.now())
            .max(Duration::from_millis(1));
        Some(now + wait)
    }

    pub(super) fn slow_down(&self, wait: Option<Duration>) {
        let mut state = self.lock();
        let now = Instant::now();
        if let Some(wait) = wait {
            let for_ever = now + FOREVER;
            let until = now.checked_add(wait).unwrap_or(for_ever);
            state.closed_until = state.closed_until.max(Some(until));
        }
        let counted = state.halved > 0 && now.duration_since(state.changed) < ONE_SLOWDOWN;
        if !counted {
            let halved = (state.halved + 1).min(MAX_HALVED);
            self.change(&mut state, halved);
        }
    }

    fn change(&self, state: &mut State, halved: u32) {
        state.halved = halved;
        state.changed = Instant::now();
        state.governor = governor(&self.limit, halved, &self.clock);
        // A new governor has its whole burst. The one before it let a request through a moment
        // ago, so this one begins without any.
        let all = self.limit.burst_of(halved);
        if let (Some(governor), Some(count)) = (&state.governor, NonZeroU32::new(all)) {
            let _ = governor.check_n(count);
        }
        state.taken_until = Instant::now();
        self.count(state, all);
    }

    /// Notes for `earliest` that this many turns were taken.
    fn count(&self, state: &mut State, turns: u32) {
        let each = self
            .limit
            .quota(state.halved)
            .map(|quota| quota.replenish_interval());
        let from = state.taken_until.max(Instant::now());
        state.taken_until = from + each.unwrap_or_default() * turns;
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn governor(limit: &RateLimit, halved: u32, clock: &TokioClock) -> Option<Arc<Governor>> {
    let quota = limit.quota(halved)?;
    Some(Arc::new(RateLimiter::direct_with_clock(
        quota,
        clock.clone(),
    )))
}
