//! When an event is posted: in which order those of a callback go, which ones come late
//! or twice, and how many are under way at a time.
//!
//! Each callback has a line of its own, so that one that is slow holds up no other. What
//! is drawn at random depends on the sandbox's seed and on the event's number, not on when
//! anything happens.

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
    shared::Shared,
    settings::{Deliveries, Order},
};

/// An event to be posted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Post {
    /// Its place among the deliveries.
    pub(crate) number: usize,
    /// It was delivered, and is posted once more all the same.
    pub(crate) again: bool,
}

/// The events that wait.
pub(crate) struct Outbox {
    seed: u64,
    slots: Arc<Semaphore>,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    lines: HashMap<String, Line>,
    at_a_time: usize,
    /// How many slots are to be taken away as soon as they are free.
    too_many: usize,
}

/// The events for one callback; it is there as long as somebody works it off.
#[derive(Default)]
struct Line {
    waiting: VecDeque<Post>,
    arrived: Arc<Notify>,
}

/// The right to post, as long as this lives.
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
        if inner.too_many > 0 {
            inner.too_many -= 1;
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
            lines: HashMap::new(),
            at_a_time,
            too_many: 0,
        };
        Self {
            seed,
            slots: Arc::new(Semaphore::new(at_a_time)),
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// Changes how many posts are under way at a time. Those that are take their course.
    pub(crate) fn set_at_a_time(&self, at_a_time: usize) {
        let mut inner = lock(&self.inner);
        let before = mem::replace(&mut inner.at_a_time, at_a_time);
        if let Some(more) = at_a_time.checked_sub(before) {
            let owed = inner.too_many.min(more);
            inner.too_many -= owed;
            self.slots.add_permits(more - owed);
        } else {
            let fewer = before - at_a_time;
            inner.too_many += fewer - self.slots.forget_permits(fewer);
        }
    }

    /// Waits until another post may be under way.
    pub(crate) async fn slot(&self) -> Slot {
        // Nobody closes it, so there is always a permit.
        let permit = Arc::clone(&self.slots).acquire_owned().await.ok();
        let inner = Arc::clone(&self.inner);
        Slot { permit, inner }
    }

    fn random(&self, post: Post) -> fastrand::Rng {
        let number = post.number as u64;
        // Neighbouring seeds would draw alike at first.
        let mut random =
            fastrand::Rng::with_seed(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        if post.again {
            random.u64(..);
        }
        fastrand::Rng::with_seed(random.u64(..))
    }

    /// Puts an event into its callback's line; returns whether nobody works that off.
    fn line_up(&self, uri: &str, post: Post) -> bool {
        let mut inner = lock(&self.inner);
        let is_new = !inner.lines.contains_key(uri);
        let line = inner.lines.entry(uri.to_owned()).or_default();
        line.waiting.push_back(post);
        line.arrived.notify_one();
        is_new
    }

    /// The next events, in the order in which they go. When there are none, the line is
    /// gone.
    fn next(&self, uri: &str, settings: &Deliveries) -> Vec<Post> {
        let mut inner = lock(&self.inner);
        let Some(line) = inner.lines.get_mut(uri) else {
            return Vec::new();
        };
        let lot = match settings.order {
            Order::Shuffled => settings.shuffled_events,
            _ => 1,
        };
        let lot = lot.min(line.waiting.len());
        let mut next: Vec<Post> = line.waiting.drain(..lot).collect();
        match next.first() {
            None => {
                inner.lines.remove(uri);
            }
            Some(first) if settings.order == Order::Shuffled => {
                self.random(*first).shuffle(&mut next);
            }
            Some(_) => {}
        }
        next
    }

    /// Waits until there are enough events to be shuffled, or it took too long.
    async fn gather(&self, uri: &str, settings: &Deliveries) {
        let end = Instant::now().checked_add(settings.shuffled_within());
        loop {
            let arrived = {
                let inner = lock(&self.inner);
                match inner.lines.get(uri) {
                    // None at all: the line is to end at once.
                    Some(line) if line.waiting.is_empty() => return,
                    Some(line) if line.waiting.len() < settings.shuffled_events => {
                        Arc::clone(&line.arrived)
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

/// Sees to it that an event is posted. It isn't begun before this returns.
pub(crate) fn send(shared: &Arc<Shared>, settings: &Deliveries, uri: &str, post: Post) {
    shared.under_way.send_modify(|count| *count += 1);
    let is_late = !post.again && shared.outbox.random(post).f64() < settings.late;
    if is_late || settings.order == Order::AtOnce {
        let delay = is_late.then(|| settings.late_by());
        let alone = Arc::clone(shared);
        spawn(shared, async move {
            if let Some(delay) = delay {
                sleep(delay).await;
            }
            finish(&alone, post).await;
        });
        return;
    }
    if shared.outbox.line_up(uri, post) {
        let worker = Arc::clone(shared);
        let uri = uri.to_owned();
        spawn(shared, async move { work_off(&worker, &uri).await });
    }
}

/// Has an event that was delivered posted once more, if it meets that lot.
pub(crate) fn repeat(shared: &Arc<Shared>, settings: &Deliveries, uri: &str, post: Post) {
    let again = Post {
        again: true,
        ..post
    };
    if shared.outbox.random(again).f64() < settings.repeated {
        send(shared, settings, uri, again);
    }
}

async fn work_off(shared: &Arc<Shared>, uri: &str) {
    loop {
        let settings = shared.settings().deliveries;
        if settings.order == Order::Shuffled {
            shared.outbox.gather(uri, &settings).await;
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
    deliver(shared, post).await;
    shared.under_way.send_modify(|count| *count -= 1);
}

/// Ends with the sandbox.
fn spawn(shared: &Shared, work: impl Future<Output = ()> + Send + 'static) {
    let shutdown = shared.shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = work => {}
            () = shutdown.cancelled() => {}
        }
    });
}
