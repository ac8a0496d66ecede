//! The databases, and a bare insert in each.

use std::future::Future;

use stratustexting_queue::inbox::{PostgresStore, SqliteStore, Store};
use tempfile::TempDir;
use test_postgres::Server;

use super::Kind;

/// A database, with what must live as long.
pub(crate) enum Database {
    Sqlite(SqliteStore, TempDir),
    Postgres(PostgresStore, Server),
}

impl Database {
    pub(crate) async fn new(kind: Kind) -> anyhow::Result<Self> {
        Ok(match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir()?;
                let store = SqliteStore::open(folder.path().join("inbox.db")).await?;
                Self::Sqlite(store, folder)
            }
            Kind::Postgres => {
                let server = Server::start()?;
                Self::Postgres(PostgresStore::connect(&server.url()).await?, server)
            }
        })
    }
}

/// A store whose database takes rows without an inbox.
pub(crate) trait Bare: Store {
    /// Makes the table.
    fn make(&self) -> impl Future<Output = anyhow::Result<()>> + Send;
    /// Inserts a row, in a transaction of its own.
    fn insert(&self, body: String) -> impl Future<Output = anyhow::Result<()>> + Send;
}

macro_rules! bare {
    ($store:ty) => {
        impl Bare for $store {
            async fn make(&self) -> anyhow::Result<()> {
                sqlx::query("CREATE TABLE bare (body TEXT NOT NULL)")
                    .execute(self.pool())
                    .await?;
                Ok(())
            }

            async fn insert(&self, body: String) -> anyhow::Result<()> {
                sqlx::query("INSERT INTO bare (body) VALUES ($1)")
                    .bind(body)
                    .execute(self.pool())
                    .await?;
                Ok(())
            }
        }
    };
}

bare!(SqliteStore);
bare!(PostgresStore);
