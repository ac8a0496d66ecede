//! The lock of a token store: who may renew now.
//!
//! Of several processes with one login, only one may use the refresh token at a time: a
//! service that rotates refresh tokens takes a second use for theft, and ends the login. The
//! store decides how it keeps the others out. This file has what a renewal needs of a lock:
//! how it is released, how it is told from an older one, and how long it lasts.

use std::{
    any::Any,
    fmt,
    future::Future,
    time::{Duration, Instant},
};

use futures::future::{BoxFuture, FutureExt};

/// How it is released.
enum Release {
    /// By dropping this.
    Guard(Box<dyn Any + Send + Sync>),
    /// By running this.
    Task(Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send + Sync>),
}

/// A lock that is held, from [`TokenStore::lock`](super::TokenStore::lock). Dropping it
/// releases it.
///
/// ```
/// use std::time::{Duration, Instant};
/// use stratustexting::auth::StoreLock;
///
/// // A guard whose drop releases it is all that most stores need.
/// let mutex = std::sync::Arc::new(tokio::sync::Mutex::new(()));
/// let guard = mutex.clone().try_lock_owned()?;
/// let lock = StoreLock::holding(guard)
///     .with_fence(7)
///     .expiring_at(Instant::now() + Duration::from_secs(45));
/// assert_eq!(lock.fence(), Some(7));
///
/// drop(lock);
/// assert!(mutex.try_lock().is_ok());
/// # Ok::<(), tokio::sync::TryLockError>(())
/// ```
#[must_use = "a lock that isn't kept is released"]
pub struct StoreLock {
    excludes: bool,
    fence: Option<u64>,
    work_until: Option<Instant>,
    release: Option<Release>,
}

impl StoreLock {
    /// No lock at all: nobody is kept out. It is for stores without locks.
    pub fn none() -> Self {
        Self {
            excludes: false,
            fence: None,
            work_until: None,
            release: None,
        }
    }

    fn excluding(release: Release) -> Self {
        let mut lock = Self::none();
        lock.excludes = true;
        lock.release = Some(release);
        lock
    }

    /// A lock that is held for as long as this value exists.
    pub fn holding(guard: impl Send + Sync + 'static) -> Self {
        Self::excluding(Release::Guard(Box::new(guard)))
    }

    /// A lock that is released by running this.
    ///
    /// A renewal waits for it. Where the lock is dropped instead, because the renewal
    /// was cut off, it runs in a task of its own. Without a runtime it doesn't run, so such a
    /// lock must end by itself at some time.
    pub fn released_by<F>(release: impl FnOnce() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::excluding(Release::Task(Box::new(move || release().boxed())))
    }

    /// Adds a number that is larger than those of all earlier holders.
    ///
    /// [`TokenStore::save_locked`](super::TokenStore::save_locked) can see by it that there
    /// was a newer holder.
    pub fn with_fence(mut self, fence: u64) -> Self {
        self.fence = Some(fence);
        self
    }

    /// Says that the lock ends by itself at this time.
    ///
    /// A renewal then gives up the request for a token after three quarters of the time that
    /// is left now, so that the response can still be stored.
    pub fn expiring_at(mut self, time: Instant) -> Self {
        let now = Instant::now();
        let left = time.saturating_duration_since(now);
        self.work_until = Some(now + left / 4 * 3);
        self
    }

    /// The number given by [`with_fence`](Self::with_fence).
    #[must_use]
    pub fn fence(&self) -> Option<u64> {
        self.fence
    }

    /// Whether it keeps others out.
    pub(super) fn excludes(&self) -> bool {
        self.excludes
    }

    /// How long a request for a token may still take; `None` means no limit.
    pub(super) fn time_left(&self) -> Option<Duration> {
        let until = self.work_until?;
        Some(until.saturating_duration_since(Instant::now()))
    }

    /// Releases it, and waits until that is done.
    pub(super) async fn release(mut self) {
        match self.release.take() {
            Some(Release::Task(release)) => release().await,
            Some(Release::Guard(guard)) => drop(guard),
            None => {}
        }
    }
}

impl Drop for StoreLock {
    fn drop(&mut self) {
        if let Some(Release::Task(release)) = self.release.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(release());
        }
    }
}

impl fmt::Debug for StoreLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreLock")
            .field("excludes", &self.excludes)
            .field("fence", &self.fence)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_dropped_lock_releases_its_guard_without_a_runtime() {
        let guard = Arc::new(());

        drop(StoreLock::holding(Arc::clone(&guard)));

        assert_eq!(Arc::strong_count(&guard), 1);
    }

    #[tokio::test]
    async fn a_lock_is_released_once_by_hand_or_by_dropping_it() {
        for dropped in [false, true] {
            let (done, mut released) = tokio::sync::mpsc::unbounded_channel();
            let lock = StoreLock::released_by(move || async move {
                tokio::task::yield_now().await;
                done.send(()).unwrap();
            });

            if dropped {
                drop(lock);
                assert_eq!(released.recv().await, Some(()));
            } else {
                lock.release().await;
                assert_eq!(released.try_recv(), Ok(()), "it is done by then");
            }

            assert_eq!(released.recv().await, None);
        }
    }

    #[test]
    fn a_lock_that_expires_leaves_time_to_store_the_response() {
        let lock = StoreLock::none().expiring_at(Instant::now() + Duration::from_secs(40));

        let left = lock.time_left().unwrap();

        assert!(left <= Duration::from_secs(30) && left > Duration::from_secs(29));
        assert_eq!(StoreLock::none().time_left(), None);
    }
}
