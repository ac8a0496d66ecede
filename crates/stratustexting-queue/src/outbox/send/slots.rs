//! How many texts a worker has under way.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

/// The places of a run.
pub(super) struct Slots(Arc<Places>);

struct Places {
    free: AtomicUsize,
    freed: Notify,
}

impl Slots {
    pub(super) fn new(places: usize) -> Self {
        Self(Arc::new(Places {
            free: AtomicUsize::new(places),
            freed: Notify::new(),
        }))
    }

    pub(super) fn free(&self) -> usize {
        self.0.free.load(Ordering::Acquire)
    }

    /// Takes one of the free places. Only the run itself takes any.
    pub(super) fn take(&self) -> Slot {
        self.0.free.fetch_sub(1, Ordering::AcqRel);
        Slot(Arc::clone(&self.0))
    }

    /// Waits until a place has become free since the last time.
    pub(super) async fn freed(&self) {
        self.0.freed.notified().await;
    }
}

/// A place, until it is dropped.
pub(super) struct Slot(Arc<Places>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.free.fetch_add(1, Ordering::AcqRel);
        self.0.freed.notify_one();
    }
}
