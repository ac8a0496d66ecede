//! All writes of this process, one transaction for those that come at the same time.
//!
//! SQLite has one writer at a time. Connections that meet would poll for its lock, so the
//! writes of a process take turns before they come to the file.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use sqlx::{SqliteConnection, SqlitePool};
use tokio::sync::OwnedMutexGuard;

use super::{outbox, transaction::Writing};
use crate::{
    Error, Result,
    clock::Clock,
    error::Kind,
    outbox::journal::{Step, Taken},
    store::together::{Together, Work},
};

pub(super) struct Writer(Together<Writes>);

struct Writes {
    pool: SqlitePool,
    /// The last lot's, whose connection has in its cache what was written: each other one would
    /// have to read it from the file.
    kept: Mutex<Option<Writing>>,
}

/// One of the writes of a transaction.
enum Item {
    Write(Write),
    /// Of the outbox. All of a transaction are taken together.
    Step(Step, Clock),
}

/// A write, which keeps what it has come to for its caller.
type Write =
    Box<dyn for<'c> Fn(&'c mut SqliteConnection) -> BoxFuture<'c, sqlx::Result<()>> + Send + Sync>;

impl Writer {
    pub(super) fn new(pool: SqlitePool) -> Self {
        Self(Together::new(Writes {
            pool,
            kept: Mutex::default(),
        }))
    }

    /// Waits until nobody else in this process writes.
    pub(super) async fn turn(&self) -> OwnedMutexGuard<()> {
        self.0.turn().await
    }

    /// Takes a step of the outbox in the next transaction.
    pub(super) async fn step(&self, step: Step, clock: Clock) -> Result<Taken> {
        let taken = self.0.add(Item::Step(step, clock)).await?;
        taken.ok_or(Error::new(Kind::Stopped))
    }

    /// Writes in the next transaction, and returns when that is on the disk. The write goes on
    /// when the caller stops waiting. It is done again, from a clone, if the transaction fails
    /// because of another write.
    pub(super) async fn write<T, W>(&self, write: W) -> Result<T>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, sqlx::Result<T>>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        let value = Arc::new(Mutex::new(None));
        let kept = Arc::clone(&value);
        let write: Write = Box::new(move |connection| {
            let (written, kept) = (write.clone()(connection), Arc::clone(&kept));
            Box::pin(async move {
                let value = written.await?;
                *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
                Ok(())
            })
        });
        self.0.add(Item::Write(write)).await?;
        let value = value.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or(Error::new(Kind::Stopped))
    }
}

impl Writes {
    fn kept(&self) -> MutexGuard<'_, Option<Writing>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Work for Writes {
    type Item = Item;
    /// What a step has come to. A write keeps it for its caller.
    type Done = Option<Taken>;

    async fn all(&self, items: &[Item]) -> sqlx::Result<Vec<Option<Taken>>> {
        let kept = self.kept().take();
        let mut transaction = match kept {
            Some(mut kept) => {
                kept.begin_again().await?;
                kept
            }
            None => Writing::begin(&self.pool).await?,
        };
        let (mut steps, mut now) = (Vec::new(), 0);
        for item in items {
            match item {
                Item::Write(write) => write(&mut transaction).await?,
                Item::Step(step, clock) => {
                    steps.push(step);
                    now = clock.now();
                }
            }
        }
        let mut taken = outbox::take(&mut transaction, &steps, now)
            .await?
            .into_iter();
        transaction.commit().await?;
        *self.kept() = Some(transaction);
        let done = items.iter().map(|item| match item {
            Item::Write(_) => None,
            Item::Step(..) => taken.next(),
        });
        Ok(done.collect())
    }

    fn rest(&self) {
        drop(self.kept().take());
    }

    /// Values that are too large, or that a constraint or a trigger of the program's own
    /// forbids. A full or broken disk isn't among them.
    fn is_of_some(error: &sqlx::Error) -> bool {
        const TOO_BIG: u32 = 18;
        const CONSTRAINT: u32 = 19;
        const MISMATCH: u32 = 20;
        let Some(code) = error.as_database_error().and_then(|error| error.code()) else {
            return false;
        };
        // The lowest byte; the others say more about it.
        let code = code.parse::<u32>().map(|code| code & 0xff);
        matches!(code, Ok(TOO_BIG | CONSTRAINT | MISMATCH))
    }
}
