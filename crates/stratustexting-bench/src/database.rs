//! The databases that the inbox is tried on, and what a program writes there beside it.

use std::{future::Future, path::PathBuf};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use stratustexting_queue::inbox::{PostgresStore, SqliteStore, Store};
use tempfile::TempDir;
use test_postgres::Server;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A server of its own.
    Postgres,
}

/// Where a process finds the database.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum Location {
    /// The file.
    Sqlite(PathBuf),
    /// The server's URL.
    Postgres(String),
}

/// An empty database, which ends with this.
#[derive(Debug)]
pub struct Database {
    /// Where it is.
    pub location: Location,
    /// Its server, if it has one.
    pub server: Option<Server>,
    _folder: TempDir,
}

impl Database {
    /// Makes it.
    ///
    /// # Errors
    ///
    /// Without PostgreSQL's server programs, if they are needed.
    pub fn new(kind: Kind) -> anyhow::Result<Self> {
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

/// A store in whose database a program has a table of its own.
pub trait OwnTable: Store {
    /// Makes the table, if there is none.
    fn make_table(&self) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Writes a row, in a transaction of its own.
    fn write(&self, text: &str) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Writes a row in an event's transaction.
    fn write_in(
        transaction: &mut Self::Transaction,
        text: &str,
    ) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// All that was written.
    fn written(&self) -> impl Future<Output = anyhow::Result<Vec<String>>> + Send;
}

macro_rules! own_table {
    ($store:ty) => {
        impl OwnTable for $store {
            async fn make_table(&self) -> anyhow::Result<()> {
                sqlx::query("CREATE TABLE IF NOT EXISTS own (text TEXT NOT NULL)")
                    .execute(self.pool())
                    .await?;
                Ok(())
            }

            async fn write(&self, text: &str) -> anyhow::Result<()> {
                sqlx::query(INSERT).bind(text).execute(self.pool()).await?;
                Ok(())
            }

            async fn write_in(
                transaction: &mut Self::Transaction,
                text: &str,
            ) -> anyhow::Result<()> {
                sqlx::query(INSERT)
                    .bind(text)
                    .execute(&mut **transaction)
                    .await?;
                Ok(())
            }

            async fn written(&self) -> anyhow::Result<Vec<String>> {
                Ok(sqlx::query_scalar("SELECT text FROM own")
                    .fetch_all(self.pool())
                    .await?)
            }
        }
    };
}

const INSERT: &str = "INSERT INTO own (text) VALUES ($1)";

own_table!(SqliteStore);
own_table!(PostgresStore);
