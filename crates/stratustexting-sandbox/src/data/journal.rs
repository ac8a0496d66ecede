//! Who waits for which commit, and the thread that makes them.
//!
//! Everybody who waits has a ticket. The thread takes all tickets so far, collects what has
//! changed by then, and commits it at once; meanwhile others wait for the next commit. A
//! change that nobody waits for is written a moment later.

use std::{
    fmt, io,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use http::StatusCode;
use serde_json::json;
use tokio::sync::watch;

use super::{Change, Parts, Rows};
use crate::{
    response::{self, Response},
    shared::Shared,
};

/// How long a change that nobody waits for may wait for others. Mostly a request is being
/// carried out that will wait.
const UNHURRIED: Duration = Duration::from_millis(10);

/// Where changes are kept.
pub(crate) trait Store: Send {
    /// Writes all changes, or none.
    ///
    /// # Errors
    ///
    /// When they can't be written: why.
    fn write(&mut self, changes: &[Change]) -> Result<(), String>;

    /// Everything that was written so far.
    ///
    /// # Errors
    ///
    /// When it can't be read: why.
    fn read(&mut self) -> Result<Rows, String>;
}

/// Writes changes, as long as it isn't closed.
pub(crate) struct Journal {
    inner: Arc<Inner>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Inner {
    queue: Mutex<Queue>,
    arrived: Condvar,
    /// Whether something may have changed since the last commit.
    poked: AtomicBool,
    progress: watch::Sender<Progress>,
}

#[derive(Default)]
struct Queue {
    /// The last ticket that was given.
    given: u64,
    /// The last ticket whose commit has begun.
    taken: u64,
    closing: bool,
}

#[derive(Clone, Default)]
struct Progress {
    /// The last ticket whose commit was made.
    done: u64,
    /// How many commits failed.
    failures: u64,
    /// The last ticket whose commit was made before the last failure.
    done_before_failure: u64,
    /// Why the last one did.
    reason: Option<Arc<str>>,
    closed: bool,
}

/// What a request has begun and may have to wait for.
pub(crate) struct Pending {
    /// `None` without a file.
    inner: Option<Arc<Inner>>,
    /// How many commits had failed before.
    failures: u64,
}

/// Why changes weren't stored.
#[derive(Clone, Debug)]
pub(crate) struct NotStored(Arc<str>);

impl fmt::Display for NotStored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the sandbox couldn't keep everything, so this may not have been carried out: {}",
            self.0
        )
    }
}

impl NotStored {
    pub(crate) fn into_response(self) -> Response {
        let body = json!({"message": self.to_string()});
        response::json(StatusCode::INTERNAL_SERVER_ERROR, &body)
    }
}

impl Pending {
    /// For a sandbox without a file.
    pub(crate) fn none() -> Self {
        Self {
            inner: None,
            failures: 0,
        }
    }

    /// Waits until every change so far is stored.
    ///
    /// # Errors
    ///
    /// When a commit has failed since this was begun. Then none of the changes is left, unless
    /// they were made after that.
    pub(crate) async fn stored(&self) -> Result<(), NotStored> {
        let Some(inner) = &self.inner else {
            return Ok(());
        };
        let ticket = inner.ticket();
        let mut progress = inner.progress.subscribe();
        let ended = progress
            .wait_for(|it| it.done >= ticket || it.failures != self.failures || it.closed)
            .await;
        // The sender lives as long as `inner`, so there is always a value.
        let ended = ended.map(|it| it.clone()).unwrap_or_default();
        let is_stored = match ended.failures - self.failures {
            0 => ended.done >= ticket,
            // A later commit failed before anybody here noticed.
            1 => ended.done_before_failure >= ticket,
            _ => false,
        };
        if is_stored {
            return Ok(());
        }
        let reason = ended.reason.unwrap_or_else(|| "it is stopping".into());
        Err(NotStored(reason))
    }
}

impl Inner {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ticket(&self) -> u64 {
        let mut queue = self.queue();
        queue.given += 1;
        self.arrived.notify_one();
        queue.given
    }

    /// Waits for something to write; returns the last ticket, and whether it is the last time.
    fn next(&self) -> (u64, bool) {
        let idle = |queue: &mut Queue| queue.given == queue.taken && !queue.closing;
        let mut queue = self.queue();
        while idle(&mut queue) {
            queue = if self.poked.load(Ordering::SeqCst) {
                let waited = self.arrived.wait_timeout_while(queue, UNHURRIED, idle);
                queue = waited.unwrap_or_else(PoisonError::into_inner).0;
                break;
            } else {
                let waited = self.arrived.wait(queue);
                waited.unwrap_or_else(PoisonError::into_inner)
            };
        }
        // Before the changes are collected, so that a later one is written the next time.
        self.poked.store(false, Ordering::SeqCst);
        queue.taken = queue.given;
        (queue.taken, queue.closing)
    }
}

impl Journal {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// When the system can't start one.
    pub(crate) fn start(
        shared: &Arc<Shared>,
        store: Box<dyn Store>,
        parts: Parts,
    ) -> io::Result<Self> {
        let inner = Arc::new(Inner {
            queue: Mutex::default(),
            arrived: Condvar::new(),
            poked: AtomicBool::new(false),
            progress: watch::Sender::default(),
        });
        let mut writer = Writer {
            inner: Arc::clone(&inner),
            shared: Arc::clone(shared),
            store,
            parts,
            is_ahead: false,
        };
        let thread = thread::Builder::new().name("sandbox-data".to_owned());
        let thread = thread.spawn(move || writer.run())?;
        Ok(Self {
            inner,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Changes may follow that have to be stored.
    pub(crate) fn begin(&self) -> Pending {
        Pending {
            failures: self.inner.progress.borrow().failures,
            inner: Some(Arc::clone(&self.inner)),
        }
    }

    /// Something may have changed; it is written soon, whether or not anybody waits. To be
    /// called while the lock is held under which it changes.
    pub(crate) fn poke(&self) {
        if !self.inner.poked.swap(true, Ordering::SeqCst) {
            let _queue = self.inner.queue();
            self.inner.arrived.notify_one();
        }
    }

    /// Writes what has changed, and waits until the file is closed.
    pub(crate) fn close(&self) {
        self.inner.queue().closing = true;
        self.inner.arrived.notify_one();
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes the data has panicked");
        }
    }
}

struct Writer {
    inner: Arc<Inner>,
    shared: Arc<Shared>,
    store: Box<dyn Store>,
    parts: Parts,
    /// Whether the memory has changes that couldn't be written, and must go.
    is_ahead: bool,
}

/// Nobody waits for a thread that has ended, even by a panic.
impl Drop for Writer {
    fn drop(&mut self) {
        self.inner
            .progress
            .send_modify(|progress| progress.closed = true);
    }
}

impl Writer {
    fn run(&mut self) {
        loop {
            let (ticket, is_last) = self.inner.next();
            let result = self.commit();
            if let Err(reason) = &result {
                tracing::error!(%reason, "the data can't be written");
            }
            self.inner.progress.send_modify(|progress| match result {
                Ok(()) => progress.done = ticket,
                Err(reason) => {
                    progress.done_before_failure = progress.done;
                    progress.failures += 1;
                    progress.reason = Some(reason.into());
                }
            });
            if is_last {
                return;
            }
        }
    }

    fn commit(&mut self) -> Result<(), String> {
        if self.is_ahead {
            self.go_back()?;
        }
        let changes = self.parts.changes(&self.shared);
        if changes.is_empty() {
            return Ok(());
        }
        let written = self.store.write(&changes);
        if written.is_err() {
            self.is_ahead = true;
            if let Err(reason) = self.go_back() {
                tracing::error!(%reason, "the data can't be read again");
            }
        }
        written
    }

    /// Replaces what is in memory by what was stored.
    fn go_back(&mut self) -> Result<(), String> {
        let rows = self.store.read()?;
        self.parts.go_back(&self.shared, rows)?;
        self.is_ahead = false;
        Ok(())
    }
}
