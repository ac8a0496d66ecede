//! When an event is posted: the order of a callback's events, which ones are late or
//! repeated, and how many are in flight at a time.
//!
//! Each callback has its own queue, so that a slow one delays no other. Random decisions
//! depend on the sandbox's seed and on the event's number, not on when anything happens.

use std::{
    collections::{HashMap, VecDeque},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout_at},
};

use crate::{
    delivery::deliver,
    settings::{DeliverySettings, Order},
    shared::Shared,
    state::delivery::DeliveryState,
};

/// An event to be posted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Post {
    /// Its number among the deliveries.
    pub(crate) number: usize,
    /// Whether it was already delivered and is posted again.
    pub(crate) is_repeat: bool,
}

/// The events that wait to be posted.
pub(crate) struct Outbox {
    seed: u64,
    slots: Arc<Semaphore>,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    queues: HashMap<String, Queue>,
    at_a_time: usize,
    /// How many slots to remove as soon as they are free.
    surplus: usize,
}

/// The events for one callback; it exists as long as a task posts them.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<Post>,
    arrived: Arc<Notify>,
}

/// Permission to post, until it is dropped.
pub(crate) struct Slot {
    permit: Option<OwnedSemaphorePermit>,
    inner: Arc<Mutex<Inner>>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(permit) = self.permit.take() else {
            return;
        };
        let mut inner = lock(&self.inner);
        if inner.surplus > 0 {
            inner.surplus -= 1;
            permit.forget();
        }
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Outbox {
    pub(crate) fn new(seed: u64, at_a_time: usize) -> Self {
        let inner = Inner {
            queues: HashMap::new(),
            at_a_time,
            surplus: 0,
        };
        Self {
            seed,
            slots: Arc::new(Semaphore::new(at_a_time)),
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// Changes how many posts are in flight at a time. Current ones are finished.
    pub(crate) fn set_at_a_time(&self, at_a_time: usize) {
        let mut inner = lock(&self.inner);
        let before = mem::replace(&mut inner.at_a_time, at_a_time);
        if let Some(added) = at_a_time.checked_sub(before) {
            let cancelled = inner.surplus.min(added);
            inner.surplus -= cancelled;
            self.slots.add_permits(added - cancelled);
        } else {
            let removed = before - at_a_time;
            inner.surplus += removed - self.slots.forget_permits(removed);
        }
    }

    /// Waits until another post may start.
    pub(crate) async fn slot(&self) -> Slot {
        // The semaphore is never closed, so there is always a permit.
        let permit = Arc::clone(&self.slots).acquire_owned().await.ok();
        let inner = Arc::clone(&self.inner);
        Slot { permit, inner }
    }

    fn random(&self, post: Post) -> fastrand::Rng {
        let number = post.number as u64;
        // Adjacent seeds would give similar first numbers.
        let mut random =
            fastrand::Rng::with_seed(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        if post.is_repeat {
            random.u64(..);
        }
        fastrand::Rng::with_seed(random.u64(..))
    }

    /// Puts an event into its callback's queue; returns whether the queue is new and needs a
    /// task.
    fn enqueue(&self, uri: &str, post: Post) -> bool {
        let mut inner = lock(&self.inner);
        let is_new = !inner.queues.contains_key(uri);
        let queue = inner.queues.entry(uri.to_owned()).or_default();
        queue.waiting.push_back(post);
        queue.arrived.notify_one();
        is_new
    }

    /// The next events to post, in order. When there are none, the queue is removed.
    fn next(&self, uri: &str, settings: &DeliverySettings) -> Vec<Post> {
        let mut inner = lock(&self.inner);
        let Some(queue) = inner.queues.get_mut(uri) else {
            return Vec::new();
        };
        let count = match settings.order {
            Order::Shuffled => settings.shuffled_events,
            _ => 1,
        };
        let count = count.min(queue.waiting.len());
        let mut next: Vec<Post> = queue.waiting.drain(..count).collect();
        match next.first() {
            None => {
                inner.queues.remove(uri);
            }
            Some(first) if settings.order == Order::Shuffled => {
                self.random(*first).shuffle(&mut next);
            }
            Some(_) => {}
        }
        next
    }

    /// Waits until there are enough events to shuffle, or the wait times out.
    async fn wait_for_events(&self, uri: &str, settings: &DeliverySettings) {
        let end = Instant::now().checked_add(settings.shuffle_wait());
        loop {
            let arrived = {
                let inner = lock(&self.inner);
                match inner.queues.get(uri) {
                    // Without any, the queue must end at once.
                    Some(queue) if queue.waiting.is_empty() => return,
                    Some(queue) if queue.waiting.len() < settings.shuffled_events => {
                        Arc::clone(&queue.arrived)
                    }
                    _ => return,
                }
            };
            match end {
                Some(end) if timeout_at(end, arrived.notified()).await.is_err() => return,
                Some(_) => {}
                None => arrived.notified().await,
            }
        }
    }
}

/// Schedules the post of an event. It doesn't start before this returns.
pub(crate) fn send(shared: &Arc<Shared>, settings: &DeliverySettings, uri: &str, post: Post) {
    shared.deliveries_in_flight.send_modify(|count| *count += 1);
    let is_late = !post.is_repeat && shared.outbox.random(post).f64() < settings.late;
    if is_late || settings.order == Order::AtOnce {
        let delay = is_late.then(|| settings.late_delay());
        let task_shared = Arc::clone(shared);
        spawn(shared, async move {
            if let Some(delay) = delay {
                sleep(delay).await;
            }
            finish(&task_shared, post).await;
        });
        return;
    }
    if shared.outbox.enqueue(uri, post) {
        let task_shared = Arc::clone(shared);
        let uri = uri.to_owned();
        spawn(shared, async move { drain(&task_shared, &uri).await });
    }
}

/// Schedules another post of a delivered event, if the seed picks it.
pub(crate) fn repeat(shared: &Arc<Shared>, settings: &DeliverySettings, uri: &str, post: Post) {
    let repeated = Post {
        is_repeat: true,
        ..post
    };
    if shared.outbox.random(repeated).f64() < settings.repeated {
        send(shared, settings, uri, repeated);
    }
}

/// Schedules an event once more, whatever became of it; returns `false` if it is still under
/// way, or there is none.
pub(crate) fn again(shared: &Arc<Shared>, uuid: &str) -> bool {
    let mut state = shared.state();
    let state = &mut *state;
    let mut numbered = state.deliveries.numbered().rev();
    let Some((number, _)) = numbered.find(|(_, it)| it.uuid == uuid) else {
        return false;
    };
    drop(numbered);
    let Some(delivery) = state.deliveries.get_mut(number) else {
        return false;
    };
    if delivery.state == DeliveryState::UnderWay {
        return false;
    }
    delivery.state = DeliveryState::UnderWay;
    let uri = delivery.uri.clone();
    let post = Post {
        number,
        is_repeat: false,
    };
    send(shared, &shared.settings().deliveries, &uri, post);
    true
}

async fn drain(shared: &Arc<Shared>, uri: &str) {
    loop {
        let settings = shared.settings().deliveries;
        if settings.order == Order::Shuffled {
            shared.outbox.wait_for_events(uri, &settings).await;
        }
        let next = shared.outbox.next(uri, &settings);
        if next.is_empty() {
            return;
        }
        for post in next {
            finish(shared, post).await;
        }
    }
}

async fn finish(shared: &Arc<Shared>, post: Post) {
    // Nobody may learn of an event, and of its ids, that a killed program forgets. If it can't
    // be stored, it is gone.
    let _ = shared.begin().stored().await;
    deliver(shared, post).await;
    shared.deliveries_in_flight.send_modify(|count| *count -= 1);
}

/// Runs until the sandbox is dropped.
fn spawn(shared: &Shared, work: impl Future<Output = ()> + Send + 'static) {
    let shutdown = shared.shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = work => {}
            () = shutdown.cancelled() => {}
        }
    });
}
