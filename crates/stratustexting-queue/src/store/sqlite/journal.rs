//! The journal of the outbox in this database.

use futures::future::BoxFuture;
use sqlx::SqliteConnection;

use super::SqliteStore;

crate::store::sql_journal::journal!(SqliteStore);

impl SqliteStore {
    /// Writes in the next transaction.
    async fn write<T, W>(&self, write: W) -> Result<T>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut SqliteConnection, i64) -> BoxFuture<'c, sqlx::Result<T>>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        let now = self.clock.now();
        self.writer
            .write(move |connection| write(connection, now))
            .await
    }

    /// Takes a step in the next transaction, together with others.
    async fn step(&self, step: Step) -> Result<Taken> {
        self.writer.step(step, self.clock.clone()).await
    }

    async fn read<T, R>(&self, read: R) -> Result<T>
    where
        R: for<'c> FnOnce(&'c mut SqliteConnection, i64) -> BoxFuture<'c, sqlx::Result<T>> + Send,
    {
        let mut connection = self.pool.acquire().await?;
        Ok(read(&mut connection, self.clock.now()).await?)
    }
}
