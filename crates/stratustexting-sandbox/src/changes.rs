//! Tells open pages that something has changed.
//!
//! Nobody else has to say so: the guards of the state's locks notice when they are written
//! through. Changes that follow each other closely become one, because thousands of pages may
//! listen, and each then asks for what is new.

use std::{
    ops::{Deref, DerefMut},
    sync::MutexGuard,
    time::Duration,
};

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// The time between two announcements: a person sees no delay.
const PAUSE: Duration = Duration::from_millis(50);

/// How much longer it is for each listening page, so that ten thousand of them take a share of
/// one core, and not all of it.
const PAUSE_PER_LISTENER: Duration = Duration::from_micros(100);

#[derive(Default)]
pub(crate) struct Changes {
    noticed: Notify,
    announced: watch::Sender<u64>,
}

impl Changes {
    fn notice(&self) {
        self.noticed.notify_one();
    }

    /// Ends when the sandbox does, as its sender is dropped.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.announced.subscribe()
    }

    /// Announces changes until the sandbox ends.
    pub(crate) async fn announce(&self, end: CancellationToken) {
        let announce = async {
            loop {
                self.noticed.notified().await;
                self.announced.send_modify(|number| *number += 1);
                let listeners = u32::try_from(self.announced.receiver_count()).unwrap_or(u32::MAX);
                tokio::time::sleep(PAUSE + PAUSE_PER_LISTENER * listeners).await;
            }
        };
        end.run_until_cancelled(announce).await;
    }
}

/// A lock; what is changed through it is announced when it is released.
pub(crate) struct Watched<'a, T> {
    guard: MutexGuard<'a, T>,
    changes: &'a Changes,
    is_changed: bool,
}

impl<'a, T> Watched<'a, T> {
    pub(crate) fn new(guard: MutexGuard<'a, T>, changes: &'a Changes) -> Self {
        Self {
            guard,
            changes,
            is_changed: false,
        }
    }
}

impl<T> Deref for Watched<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for Watched<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.is_changed = true;
        &mut self.guard
    }
}

impl<T> Drop for Watched<'_, T> {
    fn drop(&mut self) {
        if self.is_changed {
            self.changes.notice();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_changes_are_announced_and_close_ones_together() {
        let changes = Arc::new(Changes::default());
        let mut announced = changes.subscribe();
        let (announcing, end) = (Arc::clone(&changes), CancellationToken::new());
        tokio::spawn(async move { announcing.announce(end).await });
        let number = Mutex::new(1);
        let lock = || Watched::new(number.lock().unwrap(), &changes);

        assert_eq!(*lock(), 1);
        tokio::time::sleep(PAUSE * 10).await;
        assert!(!announced.has_changed().unwrap(), "nothing was changed");

        *lock() = 2;
        announced.changed().await.unwrap();
        for _ in 0..100 {
            *lock() += 1;
        }
        announced.changed().await.unwrap();

        assert_eq!(*announced.borrow_and_update(), 2);
        tokio::time::sleep(PAUSE * 10).await;
        assert!(!announced.has_changed().unwrap());
    }
}
