//! All writes of this process, one transaction for those that come at the same time.
//!
//! SQLite has one writer at a time and waits for the disk at each commit. With a transaction
//! per event, that wait would be the limit, and connections that meet would poll for the lock.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::BoxFuture;
use sqlx::{SqliteConnection, SqlitePool};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard, oneshot};

use super::transaction::Writing;
use crate::{Error, Result, error::Kind};

pub(super) struct Writer {
    pool: SqlitePool,
    queue: Arc<Mutex<Vec<Pending>>>,
    turn: Arc<Turn<()>>,
}

/// A write that waits for its transaction, and how its caller hears of a failure.
struct Pending {
    write: Write,
    fail: Box<dyn FnOnce(Error) + Send>,
}

/// Writes, and gives what will tell the caller that it was committed.
type Write =
    Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, sqlx::Result<Tell>> + Send>;
type Tell = Box<dyn FnOnce() + Send>;

/// How many writes go into one transaction: enough to share the disk's wait, few enough that
/// the first of them doesn't wait long for the last.
const TOGETHER: usize = 256;

impl Writer {
    pub(super) fn new(pool: SqlitePool) -> Self {
        Self {
            pool,
            queue: Arc::default(),
            turn: Arc::default(),
        }
    }

    /// Waits until nobody else in this process writes.
    pub(super) async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }

    /// Writes in the next transaction, and returns when that is on the disk. The write goes on
    /// when the caller stops waiting.
    pub(super) async fn write<T, W>(&self, write: W) -> Result<T>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, sqlx::Result<T>>
            + Send
            + 'static,
    {
        let (pending, result) = pending(write);
        {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.push(pending);
        }
        let (pool, queue, turn) = (
            self.pool.clone(),
            Arc::clone(&self.queue),
            Arc::clone(&self.turn),
        );
        tokio::spawn(async move {
            let _turn = turn.lock_owned().await;
            flush(&pool, &queue).await;
        });
        // The sender is lost only with the runtime.
        result.await.unwrap_or(Err(Error::new(Kind::Stopped)))
    }
}

fn pending<T, W>(write: W) -> (Pending, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    W: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, sqlx::Result<T>> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let sender = Arc::new(Mutex::new(Some(sender)));
    let tell = {
        let sender = Arc::clone(&sender);
        move |result: Result<T>| {
            let mut sender = sender.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(sender) = sender.take() {
                // A caller that waits no longer needs no result.
                let _ = sender.send(result);
            }
        }
    };
    let fail = tell.clone();
    let pending = Pending {
        write: Box::new(move |connection| {
            let written = write(connection);
            Box::pin(async move {
                let value = written.await?;
                Ok(Box::new(move || tell(Ok(value))) as Tell)
            })
        }),
        fail: Box::new(move |error| fail(Err(error))),
    };
    (pending, receiver)
}

/// Does what waits, up to the limit; whoever asked for the rest has a turn of its own.
async fn flush(pool: &SqlitePool, queue: &Mutex<Vec<Pending>>) {
    let pending = {
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        let now = TOGETHER.min(queue.len());
        let rest = queue.split_off(now);
        mem::replace(&mut *queue, rest)
    };
    if pending.is_empty() {
        return;
    }
    let (writes, fails): (Vec<_>, Vec<_>) = pending
        .into_iter()
        .map(|pending| (pending.write, pending.fail))
        .unzip();
    match write_all(pool, writes).await {
        Ok(tell) => tell.into_iter().for_each(|tell| tell()),
        Err(error) => {
            let error = Error::from(error);
            fails.into_iter().for_each(|fail| fail(error.clone()));
        }
    }
}

async fn write_all(pool: &SqlitePool, writes: Vec<Write>) -> sqlx::Result<Vec<Tell>> {
    let mut transaction = Writing::begin(pool).await?;
    let mut tell = Vec::with_capacity(writes.len());
    for write in writes {
        tell.push(write(&mut transaction).await?);
    }
    transaction.commit().await?;
    Ok(tell)
}
