//! The journal of the outbox in this database.

use futures::future::BoxFuture;
use sqlx::PgConnection;

use super::PostgresStore;

crate::store::sql_journal::journal!(PostgresStore);

impl PostgresStore {
    /// Writes in a transaction of its own.
    async fn write<T, W>(&self, write: W) -> Result<T>
    where
        W: for<'c> FnOnce(&'c mut PgConnection, i64) -> BoxFuture<'c, sqlx::Result<T>> + Send,
    {
        let mut transaction = self.pool.begin().await?;
        let now = self.clock.now(&mut transaction).await?;
        let written = write(&mut transaction, now).await?;
        transaction.commit().await?;
        Ok(written)
    }

    /// Takes a step in the next transaction, together with others.
    async fn step(&self, step: Step) -> Result<Taken> {
        self.steps.add(step).await
    }

    async fn read<T, R>(&self, read: R) -> Result<T>
    where
        R: for<'c> FnOnce(&'c mut PgConnection, i64) -> BoxFuture<'c, sqlx::Result<T>> + Send,
    {
        let mut connection = self.pool.acquire().await?;
        let now = self.clock.now(&mut connection).await?;
        Ok(read(&mut connection, now).await?)
    }
}
