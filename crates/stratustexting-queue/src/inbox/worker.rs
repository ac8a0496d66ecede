//! The loop that takes events and has them handled.

mod attempt;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
    time,
};

use self::attempt::Attempt;
use super::{ClaimId, ClaimRequest, Handler, Inbox, Settlement, Store};
use crate::Error;

/// A running worker; from [`Inbox::run`].
///
/// When it is dropped, no more events are taken, and what has begun goes on by itself as long
/// as the runtime does.
#[derive(Debug)]
#[must_use = "a worker that is dropped stops"]
pub struct Worker {
    stop: watch::Sender<Stop>,
    task: Option<JoinHandle<()>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    No,
    /// Finish what has begun.
    Gracefully,
    /// Give back what has begun.
    Now,
}

impl Worker {
    /// Takes no more events, and waits until those that it has are handled.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(Stop::Gracefully);
        if let Some(task) = &mut self.task {
            // It has no panics of its own: a handler's are caught.
            let _ = task.await;
        }
    }

    /// As [`shutdown`](Self::shutdown), but waits no longer than this. The handlers that are
    /// still at work are then cancelled, and their events are due at once for another worker.
    pub async fn shutdown_within(mut self, limit: Duration) {
        self.stop.send_replace(Stop::Gracefully);
        if let Some(mut task) = self.task.take()
            && time::timeout(limit, &mut task).await.is_err()
        {
            self.stop.send_replace(Stop::Now);
            let _ = task.await;
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.send_if_modified(|stop| {
            let runs = *stop == Stop::No;
            if runs {
                *stop = Stop::Gracefully;
            }
            runs
        });
    }
}

pub(super) fn start<S: Store, H: Handler<S>>(inbox: Inbox<S>, handler: H) -> Worker {
    let (stop, stopped) = watch::channel(Stop::No);
    let run = Run {
        inbox,
        handler: Arc::new(handler),
        stopped,
        attempts: JoinSet::new(),
        claims: Claims::default(),
        outage: Outage::default(),
    };
    Worker {
        stop,
        task: Some(tokio::spawn(run.run())),
    }
}

/// The worker's own state.
struct Run<S: Store, H> {
    inbox: Inbox<S>,
    handler: Arc<H>,
    stopped: watch::Receiver<Stop>,
    /// Each says whether its end lets another event have its turn.
    attempts: JoinSet<bool>,
    claims: Claims,
    outage: Outage,
}

/// When to claim events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// When something happens: there was nothing more.
    Later,
    /// When there is room for several, since there are more: each claim is a write to the disk.
    WithRoom,
    Now,
}

impl Next {
    fn is_due(self, room: usize, concurrency: usize) -> bool {
        let several = (concurrency / 4).max(1);
        match self {
            Self::Later => false,
            Self::WithRoom => room >= several,
            Self::Now => room > 0,
        }
    }
}

impl<S: Store, H: Handler<S>> Run<S, H> {
    async fn run(mut self) {
        // In tasks of their own: a claim must not end because another statement takes long.
        let mut chores = JoinSet::new();
        chores.spawn(keep_alive(self.inbox.clone(), self.claims.clone()));
        chores.spawn(forget(self.inbox.clone()));
        let shared = Arc::clone(&self.inbox.shared);
        let settings = &shared.settings;
        let mut next = Next::Now;
        loop {
            let stop = *self.stopped.borrow_and_update();
            match stop {
                Stop::No => {}
                Stop::Gracefully if self.attempts.is_empty() => return,
                Stop::Gracefully => next = Next::Later,
                Stop::Now => return self.give_back().await,
            }
            // Registered before the claim, so that nothing is missed in between.
            let arrived = shared.arrived.notified();
            let room = settings.concurrency.saturating_sub(self.attempts.len());
            if next.is_due(room, settings.concurrency) {
                next = self.take(room).await;
            }
            let takes = stop == Stop::No && room > 0;
            tokio::select! {
                biased;
                _ = self.stopped.changed() => {}
                Some(done) = self.attempts.join_next(), if !self.attempts.is_empty() => {
                    // Its handler's panics were caught, so it says so itself.
                    if done.unwrap_or_default() && next == Next::Later {
                        next = Next::WithRoom;
                    }
                }
                () = arrived, if takes => next = Next::Now,
                () = time::sleep(settings.poll), if takes => next = Next::Now,
            }
        }
    }

    /// Takes as many events as there is room for, and says when to claim more.
    async fn take(&mut self, room: usize) -> Next {
        let settings = &self.inbox.shared.settings;
        let request = ClaimRequest {
            limit: u32::try_from(room).unwrap_or(u32::MAX),
            lease: settings.lease,
        };
        let claimed = match self.inbox.store.claim(request).await {
            Ok(claimed) => claimed,
            Err(error) => {
                self.outage
                    .tell("events can't be taken from the store", &error);
                return Next::Later;
            }
        };
        self.outage.is_over();
        let took_all = claimed.len() < room;
        for claimed in claimed {
            let kept = self.claims.keep(claimed.claim);
            let attempt = Attempt::new(self.inbox.clone(), Arc::clone(&self.handler), claimed);
            self.attempts.spawn(async move {
                let frees = attempt.run().await;
                kept.end();
                frees
            });
        }
        if took_all {
            Next::Later
        } else {
            Next::WithRoom
        }
    }

    async fn give_back(mut self) {
        self.attempts.shutdown().await;
        for claim in self.claims.all() {
            // What can't be given back is due at the end of its lease.
            let _ = self.inbox.store.settle(claim, Settlement::Release).await;
        }
    }
}

/// The claims that somebody works on.
#[derive(Clone, Debug, Default)]
struct Claims(Arc<Mutex<HashSet<ClaimId>>>);

impl Claims {
    fn lock(&self) -> MutexGuard<'_, HashSet<ClaimId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, claim: ClaimId) -> Kept {
        self.lock().insert(claim);
        Kept {
            claims: self.clone(),
            claim,
        }
    }

    fn all(&self) -> Vec<ClaimId> {
        self.lock().iter().copied().collect()
    }
}

/// A claim that is kept alive until its end.
struct Kept {
    claims: Claims,
    claim: ClaimId,
}

impl Kept {
    fn end(self) {
        self.claims.lock().remove(&self.claim);
    }
}

/// Says three times in a lease that the worker is still at it.
async fn keep_alive<S: Store>(inbox: Inbox<S>, claims: Claims) {
    let lease = inbox.shared.settings.lease;
    let mut outage = Outage::default();
    loop {
        time::sleep(lease / 3).await;
        let claims = claims.all();
        if claims.is_empty() {
            continue;
        }
        match inbox.store.extend(claims, lease).await {
            Ok(()) => outage.is_over(),
            Err(error) => outage.tell("claims can't be extended", &error),
        }
    }
}

/// How often events that were handled long ago are removed.
const FORGET: Duration = Duration::from_secs(600);

async fn forget<S: Store>(inbox: Inbox<S>) {
    let keep = inbox.shared.settings.keep_handled;
    let mut outage = Outage::default();
    loop {
        match inbox.forget(keep).await {
            Ok(_) => outage.is_over(),
            Err(error) => outage.tell("handled events can't be removed", &error),
        }
        time::sleep(FORGET).await;
    }
}

/// Warns once of a store that is away, not at every poll.
#[derive(Debug, Default)]
struct Outage {
    was_told: bool,
}

impl Outage {
    fn tell(&mut self, what: &'static str, error: &Error) {
        let error = error as &dyn std::error::Error;
        if self.was_told {
            tracing::debug!(error, "{what}");
        } else {
            tracing::warn!(error, "{what}");
        }
        self.was_told = true;
    }

    fn is_over(&mut self) {
        self.was_told = false;
    }
}
