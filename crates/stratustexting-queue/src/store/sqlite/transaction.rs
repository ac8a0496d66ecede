//! A transaction that writes, on a connection of the pool.
//!
//! It isn't sqlx's own: when the disk is full, SQLite rolls a transaction back by itself, and
//! sqlx goes on counting it as open. The connection could then begin no other, and the program
//! would store nothing until it is started again, long after there is room.

use std::ops::{Deref, DerefMut};

use sqlx::{Sqlite, SqliteConnection, SqlitePool, pool::PoolConnection};

pub(super) struct Writing {
    connection: PoolConnection<Sqlite>,
    is_open: bool,
}

impl Writing {
    pub(super) async fn begin(pool: &SqlitePool) -> sqlx::Result<Self> {
        let mut writing = Self {
            connection: pool.acquire().await?,
            is_open: false,
        };
        writing.begin_again().await?;
        Ok(writing)
    }

    /// Begins another one, on the same connection.
    pub(super) async fn begin_again(&mut self) -> sqlx::Result<()> {
        // A transaction that begins by reading could not become a writing one when another
        // process has written since.
        self.execute("BEGIN IMMEDIATE").await?;
        self.is_open = true;
        Ok(())
    }

    pub(super) async fn commit(&mut self) -> sqlx::Result<()> {
        self.execute("COMMIT").await?;
        self.is_open = false;
        Ok(())
    }

    async fn execute(&mut self, statement: &'static str) -> sqlx::Result<()> {
        sqlx::raw_sql(statement)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }
}

impl Deref for Writing {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

/// To close a connection rolls back what is open in it, whatever its state.
impl Drop for Writing {
    fn drop(&mut self) {
        if self.is_open {
            self.connection.close_on_drop();
        }
    }
}
