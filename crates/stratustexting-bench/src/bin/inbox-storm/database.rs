//! The databases from outside: where they are, and what the handlers wrote.

use std::{future::Future, path::PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use stratustexting_queue::inbox::{Inbox, Numbers, PostgresStore, SqliteStore, Store};
use tempfile::TempDir;
use test_postgres::Server;

use super::Kind;

/// Where a process finds the events. It goes to the process as a line of JSON.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) enum Location {
    Sqlite(PathBuf),
    Postgres(String),
}

/// A database for the storm, which ends with it.
pub(crate) struct Database {
    pub(crate) location: Location,
    pub(crate) server: Option<Server>,
    _folder: TempDir,
}

impl Database {
    pub(crate) fn new(kind: Kind) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (location, server) = match kind {
            Kind::Sqlite => (Location::Sqlite(folder.path().join("inbox.db")), None),
            Kind::Postgres => {
                let server = Server::start()?;
                (Location::Postgres(server.url()), Some(server))
            }
        };
        Ok(Self {
            location,
            server,
            _folder: folder,
        })
    }
}

/// A store in whose database a handler counts.
pub(crate) trait Counted: Store {
    /// Makes the table, if there is none.
    fn make(&self) -> impl Future<Output = anyhow::Result<()>> + Send;
    /// Counts one handling.
    fn count(
        transaction: &mut Self::Transaction,
        id: &str,
    ) -> impl Future<Output = anyhow::Result<()>> + Send;
    /// All that was counted: an id as often as it was.
    fn counted(&self) -> impl Future<Output = anyhow::Result<Vec<String>>> + Send;
}

macro_rules! counted {
    ($store:ty) => {
        impl Counted for $store {
            async fn make(&self) -> anyhow::Result<()> {
                sqlx::query("CREATE TABLE IF NOT EXISTS effects (id TEXT NOT NULL)")
                    .execute(self.pool())
                    .await?;
                Ok(())
            }

            async fn count(transaction: &mut Self::Transaction, id: &str) -> anyhow::Result<()> {
                sqlx::query("INSERT INTO effects (id) VALUES ($1)")
                    .bind(id)
                    .execute(&mut **transaction)
                    .await?;
                Ok(())
            }

            async fn counted(&self) -> anyhow::Result<Vec<String>> {
                Ok(sqlx::query_scalar("SELECT id FROM effects")
                    .fetch_all(self.pool())
                    .await?)
            }
        }
    };
}

counted!(SqliteStore);
counted!(PostgresStore);

/// What the parent asks at the end.
pub(crate) struct Look {
    pub(crate) numbers: Numbers,
    pub(crate) counted: Vec<String>,
}

impl Location {
    pub(crate) async fn numbers(&self) -> anyhow::Result<Numbers> {
        Ok(match self {
            Self::Sqlite(path) => Inbox::new(SqliteStore::open(path).await?).numbers().await?,
            Self::Postgres(url) => {
                Inbox::new(PostgresStore::connect(url).await?)
                    .numbers()
                    .await?
            }
        })
    }

    pub(crate) async fn look(&self) -> anyhow::Result<Look> {
        async fn look<S: Counted>(store: S) -> anyhow::Result<Look> {
            Ok(Look {
                counted: store.counted().await?,
                numbers: Inbox::new(store).numbers().await?,
            })
        }
        match self {
            Self::Sqlite(path) => look(SqliteStore::open(path).await?).await,
            Self::Postgres(url) => look(PostgresStore::connect(url).await?).await,
        }
        .context("the database can't be read")
    }
}
